// Parts of graphs that are too large to be drawn whole, and graphs as lists.
import { describe, expect, it } from 'vitest'
import { layout, neighbourhoodOf, nextPhase, outlineOf } from '../../src/index.js'
import { traced } from './graphs.js'

const lecture = traced('f = w*x + b', { w: -2, x: 5, b: 3 })
/** x₀ + x₁ + …: every sum has two inputs and one use. */
const long = traced(
  Array.from({ length: 300 }, (_, index) => `x${index}`).join('+'),
  Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x${index}`, index])),
)

describe('a neighbourhood', () => {
  it('is the whole graph where that is small enough', () => {
    const { nodes, edges, hidden } = neighbourhoodOf(lecture, 'g', 5)
    expect([nodes, edges]).toEqual([lecture.nodes, lecture.edges])
    expect([...hidden.values()].every(({ inputs, uses }) => inputs + uses === 0)).toBe(true)
  })

  it('has the nodes nearest to its focus, in the order of the graph, and counts what is beyond', () => {
    const { nodes, edges, hidden } = neighbourhoodOf(lecture, 'b', 2)
    expect(nodes.map(({ id }) => id)).toEqual(['b', 'f'])
    expect(edges.map(({ id }) => id)).toEqual(['b>f.b'])
    expect(Object.fromEntries(hidden)).toEqual({ b: { inputs: 0, uses: 0 }, f: { inputs: 1, uses: 0 } })
  })

  it.each([1, 2, 40, 598])('of any focus has %i nodes, is connected, and can be laid out', (most) => {
    for (const { id } of long.nodes.filter((_, index) => index % 97 === 0)) {
      const part = neighbourhoodOf(long, id, most)
      expect(part.nodes).toHaveLength(most)
      expect(part.nodes.some((node) => node.id === id)).toBe(true)
      // A tree, whose parts have one edge less than nodes.
      expect(part.edges).toHaveLength(most - 1)
      if (most <= 40)
        expect(layout(part, { nodeSize: () => ({ width: 20, height: 4 }) }).nodes).toHaveLength(most)
    }
  })

  it('is around the output if the focus is no longer in the graph', () => {
    expect(neighbourhoodOf(lecture, 'gone', 1).nodes.map(({ id }) => id)).toEqual(['f'])
  })
})

describe('an outline', () => {
  it('has the output first and every node under what it is used by', () => {
    expect(outlineOf(lecture).map(({ node, depth }) => `${depth} ${node.id}`)).toEqual([
      '0 f',
      '1 g',
      '2 w',
      '2 x',
      '1 b',
    ])
  })

  it('lists a node once, however often it is used', () => {
    const shared = traced('h = x*x; h + sin(h)', { x: 2 })
    const rows = outlineOf(shared)
    expect(rows.filter(({ node, repeated }) => node.id === 'h' && !repeated)).toHaveLength(1)
    expect(rows.filter(({ node }) => node.id === 'h')).toHaveLength(2)
    expect(rows.filter(({ node }) => node.id === 'x')).toHaveLength(1)
  })

  it('of 299 nested sums has all 599 nodes', () => {
    expect(outlineOf(long)).toHaveLength(599)
  })
})

it('the next phase begins with the seed, the backward pass and the end', () => {
  const from = (position: number) => nextPhase(lecture, position)
  expect([from(0), from(2), from(3), from(7)]).toEqual([2, 3, 7, 7])
})
