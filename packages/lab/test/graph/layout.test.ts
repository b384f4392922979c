// Positions of nodes and lines, as properties that any drawing needs.
import { describe, expect, it } from 'vitest'
import { type Layout, layout, type Trace } from '../../src/index.js'
import { traced } from './graphs.js'

const ones = (names: string): Record<string, number> =>
  Object.fromEntries([...names].map((name) => [name, 1]))

const graphs: [title: string, trace: Trace][] = [
  ['the lecture', traced('f = w*x + b', ones('wxb'))],
  ['one variable', traced('x = 5')],
  ['a square', traced('f = x*x', ones('x'))],
  ['a fan-out over layers', traced('f = ((x*x + x)*x + x)*x', ones('x'))],
  [
    'the XOR network',
    traced(
      'h = sigmoid(a*x + b*y + c); k = sigmoid(d*x + e*y + g); o = sigmoid(u*h + v*k + w); cost = -(t*log(o) + (1 - t)*log(1 - o))',
      ones('abcdegtuvwxy'),
    ),
  ],
  ['products of shared factors', traced(`f = ${'a*b+c*d+a*d+c*b+b*d+a*c+'.repeat(6)}a`, ones('abcd'))],
  [
    'names of JavaScript objects',
    traced('f = constructor*__proto__ + toString', { constructor: 1, ['__proto__']: 1, toString: 1 }),
  ],
]

describe.each(graphs)('the layout of %s', (_, trace) => {
  describe.each(['LR', 'TB'] as const)('%s', (direction) => {
    const { nodes, edges, width, height } = layout(trace, { direction, nodeWidth: 80, nodeHeight: 40 })
    const node = new Map(nodes.map((placed) => [placed.id, placed]))
    const depth = (point: { x: number; y: number }) => (direction === 'LR' ? point.x : point.y)

    it('places every node and edge of the trace once, within its bounds', () => {
      expect(nodes.map(({ id }) => id)).toEqual(trace.nodes.map(({ id }) => id))
      expect(edges.map(({ from, to, input }) => [from, to, input])).toEqual(
        trace.edges.map(({ from, to, input }) => [from, to, input]),
      )
      for (const { x, y } of [
        ...nodes.map(({ x, y }) => ({ x: x + 80, y: y + 40 })),
        ...nodes,
        ...edges.flatMap(({ points }) => points),
      ]) {
        expect(x).toBeGreaterThanOrEqual(0)
        expect(y).toBeGreaterThanOrEqual(0)
        expect(x).toBeLessThanOrEqual(width + 0.01)
        expect(y).toBeLessThanOrEqual(height + 0.01)
      }
    })

    it('keeps nodes apart', () => {
      for (const a of nodes)
        for (const b of nodes)
          if (a.id < b.id)
            expect(Math.abs(a.x - b.x) >= 80 || Math.abs(a.y - b.y) >= 40, `${a.id} over ${b.id}`).toBe(true)
    })

    it('puts inputs before their uses', () => {
      for (const { from, to } of trace.edges)
        expect(depth(node.get(from)!)).toBeLessThan(depth(node.get(to)!))
    })

    it('routes each edge forward from border to border, through no other node', () => {
      for (const { from, to, points } of edges) {
        const [a, b] = [node.get(from)!, node.get(to)!]
        const [first, last] = [points[0]!, points.at(-1)!]
        expect(depth(first)).toBe(depth(a) + (direction === 'LR' ? 80 : 40))
        expect(depth(last)).toBe(depth(b))
        const along = direction === 'LR' ? 'y' : 'x'
        for (const [point, owner] of [
          [first, a],
          [last, b],
        ] as const) {
          expect(point[along]).toBeGreaterThan(owner[along])
          expect(point[along]).toBeLessThan(owner[along] + (direction === 'LR' ? 40 : 80))
        }
        const depths = points.map(depth)
        expect(depths).toEqual([...depths].sort((p, q) => p - q))
        const inside = points
          .slice(1, -1)
          .flatMap(({ x, y }) =>
            nodes.filter((other) => x > other.x && x < other.x + 80 && y > other.y && y < other.y + 40),
          )
        expect(inside, `${from} to ${to}`).toEqual([])
      }
    })

    it('ends edges into the same node at different points', () => {
      const ends = edges.map(({ to, points }) => `${to} ${points.at(-1)!.x} ${points.at(-1)!.y}`)
      expect(new Set(ends).size).toBe(ends.length)
    })
  })
})

describe('a layout', () => {
  it('depends on connections, not on values', () => {
    const at = (x: number): Layout => layout(traced('f = sigmoid(w*x + b)*x', { w: 1, x, b: 2 }))
    expect(at(3)).toEqual(at(-0.5))
  })

  it('draws a tree without crossings, the first operand above the second', () => {
    const { nodes } = layout(traced('f = (a*b + c*d)*(p*q - r*s)', ones('abcdpqrs')))
    const order = [...'abcdpqrs'].map((id) => nodes.find((node) => node.id === id)!.y)
    expect(order).toEqual([...order].sort((p, q) => p - q))
  })

  it('moves a shared factor between the others, where its lines cross nothing', () => {
    const { nodes } = layout(traced('f = a*b + c*a', ones('abc')))
    const [a, b, c] = [...'abc'].map((id) => nodes.find((node) => node.id === id)!.y)
    expect((a! - b!) * (c! - a!)).toBeGreaterThan(0)
  })

  it('puts a chain in a straight line', () => {
    const { nodes } = layout(traced('f = exp(tanh(sigmoid(x)))', ones('x')))
    expect(new Set(nodes.map(({ y }) => y)).size).toBe(1)
  })

  it('copes with the longest sources', () => {
    const trace = traced(`f = ${Array(900).fill('x').join('*')}`, ones('x'))
    expect(layout(trace).nodes).toHaveLength(900)
  })
})
