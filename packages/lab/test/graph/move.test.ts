// Nodes can be moved anywhere, and still nothing covers anything.
import { random } from '@bp/core'
import { expect, it } from 'vitest'
import { type Box, layout, moveNodes, trace } from '../../src/index.js'
import { graphOf } from './graphs.js'

const sizes = { nodeSize: () => ({ width: 114, height: 110 }), labelSize: () => ({ width: 78, height: 26 }) }
const placed = layout(trace(graphOf('f = (a + b)*(a - b)/(c + sin(a))', { a: 1, b: 2, c: 3 })), sizes)

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

it('a moved node takes the ends of its edges and their labels along', () => {
  const [w] = placed.nodes
  const moved = moveNodes(placed, { [w!.id]: { x: -40, y: -500 } })
  const now = moved.nodes.find(({ id }) => id === w!.id)!
  expect([now.x - w!.x, now.y - w!.y]).toEqual([-40, -500])
  for (const [index, edge] of moved.edges.entries()) {
    const before = placed.edges[index]!
    if (edge.from !== w!.id && edge.to !== w!.id) expect(edge).toEqual(before)
    else expect(edge.points[0]).toEqual({ x: before.points[0]!.x - 40, y: before.points[0]!.y - 500 })
  }
})

it('wherever nodes are moved, no node or label covers another', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed)
  for (const seed of seeds) {
    const draw = random(seed).stream('moves')
    const moved = moveNodes(
      placed,
      Object.fromEntries(
        placed.nodes.map(({ id }, at) => [
          id,
          { x: draw.uniform(2 * at) * 600 - 300, y: draw.uniform(2 * at + 1) * 600 - 300 },
        ]),
      ),
    )
    const boxes = [...moved.nodes, ...moved.edges.flatMap(({ label }) => (label ? [label] : []))]
    for (const [index, box] of boxes.entries())
      for (const other of boxes.slice(index + 1)) expect(overlap(box, other), `seed ${seed}`).toBe(false)
  }
})

it('a node that would cover another stays, and one that is not there is no matter', () => {
  const [a, b] = placed.nodes
  expect(moveNodes(placed, { [a!.id]: { x: b!.x - a!.x, y: b!.y - a!.y } })).toBe(placed)
  expect(moveNodes(placed, { nobody: { x: 1, y: 1 } })).toBe(placed)
})
