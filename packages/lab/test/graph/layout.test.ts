// Places of nodes, labels, lines and opened composites, as properties that any drawing needs.
import { random } from '@bp/core'
import { build, parse } from '@bp/expression'
import { describe, expect, it } from 'vitest'
import {
  type Box,
  type Layout,
  type LayoutOptions,
  layout,
  openComposites,
  type Trace,
  trace,
} from '../../src/index.js'
import { traced } from './graphs.js'

const ones = (names: string): Record<string, number> =>
  Object.fromEntries([...names].map((name) => [name, 1]))

/** With all composites of the ids given opened. */
const opened = (source: string, ids: string[], values = ones('abcdefwxyz')): Trace =>
  trace(openComposites(build(parse(source), values), ids))

const network =
  'h = sigmoid(a*x + b*y + c); k = sigmoid(d*x + e*y + g); o = sigmoid(u*h + v*k + w); cost = -(t*log(o) + (1 - t)*log(1 - o))'

const graphs: [title: string, trace: Trace][] = [
  ['the lecture', traced('f = w*x + b', ones('wxb'))],
  ['one variable', traced('x = 5')],
  ['a square', traced('f = x*x', ones('x'))],
  ['a use of three kinds', traced('f = x*x + x', ones('x'))],
  ['a fan-out over layers', traced('f = ((x*x + x)*x + x)*x', ones('x'))],
  ['sigmoid', traced('y = sigmoid(w*x + b)', ones('wxb'))],
  ['sigmoid, opened', opened('y = sigmoid(w*x + b)', ['y'])],
  ['two composites, one opened', opened('h = sigmoid(w*x); f = tanh(h + x)', ['h'])],
  ['two composites, both opened', opened('h = sigmoid(w*x); f = tanh(h + x)', ['h', 'f'])],
  ['a composite inside a composite', opened('y = x*softplus(mish(x) + 1)', ['g', 'g₂', 'g₂₂', 'k', 'y'])],
  ['mish, which uses its input twice', opened('y = mish(w*x)', ['y'])],
  ['composites side by side', opened('f = sigmoid(a)*sigmoid(b) + sigmoid(c)', ['g', 'h', 'm'])],
  ['the XOR network', traced(network, ones('abcdegtuvwxy'))],
  ['the XOR network, opened', opened(network, ['h', 'k', 'o'], ones('abcdegtuvwxy'))],
  [
    'the network of the lecture',
    traced(
      'L2 = tf.sigmoid(tf.matmul(X, W1) + b1)\nH = tf.sigmoid(tf.matmul(L2, W2) + b2)\ncost = -tf.reduce_mean(Y*tf.log(H) + (1-Y)*tf.log(1-H))',
      {
        X: [[0, 1]],
        Y: [[1]],
        W1: [
          [1, 2],
          [3, 4],
        ],
        b1: [0, 0],
        W2: [[1], [2]],
        b2: [0],
      },
    ),
  ],
  ['products of shared factors', traced(`f = ${'a*b+c*d+a*d+c*b+b*d+a*c+'.repeat(6)}a`, ones('abcd'))],
  ['a long chain', traced('f = exp(tanh(sin(cos(exp(sqrt(abs(x)))))))', ones('x'))],
  ['a quotient of sums', traced('f = (a + b)/(c + d)^2 - |e - 1|', { ...ones('abcd'), e: 2 })],
  ['a softmax by hand', traced('p = e^a/(e^a + e^b + e^c); f = -ln(p)', ones('abc'))],
  [
    'names of JavaScript objects',
    traced('f = constructor*__proto__ + toString', { constructor: 1, ['__proto__']: 1, toString: 1 }),
  ],
]

/** Sizes as of texts: longer names make wider nodes and labels. */
const sizes: Pick<LayoutOptions, 'nodeSize' | 'labelSize'> = {
  nodeSize: (id) => ({ width: 64 + 9 * id.length, height: 92, ports: 40 }),
  labelSize: ({ id, rule }) => (rule === '' ? null : { width: 40 + 3 * id.length, height: 22 }),
}

const overlaps = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
const contains = (outer: Box, inner: Box) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height

/** Everything that is wrong with a layout, in words. */
function faults(traced: Trace, placed: Layout, direction: 'LR' | 'TB'): string[] {
  const found: string[] = []
  const { nodes, edges, composites } = placed
  const members = new Map(traced.composites.map(({ id, nodes: inside }) => [id, new Set(inside)]))
  const boxes: (Box & { title: string })[] = [
    ...nodes.map((node) => ({ title: `node ${node.id}`, ...node })),
    ...edges.flatMap(({ id, label }) => (label ? [{ title: `label ${id}`, ...label }] : [])),
  ]
  for (const [index, a] of boxes.entries())
    for (const b of boxes.slice(index + 1)) if (overlaps(a, b)) found.push(`${a.title} over ${b.title}`)
  const whole = { x: -0.01, y: -0.01, width: placed.width + 0.02, height: placed.height + 0.02 }
  for (const box of [...boxes, ...composites.map((one) => ({ title: `composite ${one.id}`, ...one }))])
    if (!contains(whole, box)) found.push(`${box.title} is outside`)
  for (const composite of composites) {
    const inside = members.get(composite.id)!
    for (const node of nodes)
      if (inside.has(node.id) ? !contains(composite, node) : overlaps(composite, node))
        found.push(`composite ${composite.id} and node ${node.id}`)
    for (const { id, to, label } of edges)
      if (label && (inside.has(to) ? !contains(composite, label) : overlaps(composite, label)))
        found.push(`composite ${composite.id} and label ${id}`)
    for (const other of composites)
      if (
        other.id < composite.id &&
        overlaps(other, composite) &&
        !contains(other, composite) &&
        !contains(composite, other)
      )
        found.push(`composite ${composite.id} over ${other.id}`)
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const forward = direction === 'LR' ? 'x' : 'y'
  const along = direction === 'LR' ? 'y' : 'x'
  const [length, breadth] =
    direction === 'LR' ? (['width', 'height'] as const) : (['height', 'width'] as const)
  for (const { id, from, to, points, label } of edges) {
    const [a, b] = [byId.get(from)!, byId.get(to)!]
    const [first, last] = [points[0]!, points.at(-1)!]
    if (Math.abs(first[forward] - a[forward] - a[length]) > 0.02)
      found.push(`${id} does not begin at its border`)
    if (Math.abs(last[forward] - b[forward]) > 0.02) found.push(`${id} does not end at its border`)
    for (const [point, owner] of [
      [first, a],
      [last, b],
    ] as const)
      if (point[along] <= owner[along] || point[along] >= owner[along] + owner[breadth])
        found.push(`${id} ends beside its node`)
    for (const [index, point] of points.entries())
      if (index > 0 && point[forward] < points[index - 1]![forward] - 0.02) found.push(`${id} goes back`)
    for (const [index, point] of points.slice(1).entries()) {
      const between = points[index]!
      const swept = {
        x: Math.min(between.x, point.x) - 1,
        y: Math.min(between.y, point.y) - 1,
        width: Math.abs(between.x - point.x) + 2,
        height: Math.abs(between.y - point.y) + 2,
      }
      const near = boxes.filter((box) => box.title !== `label ${id}` && overlaps(box, swept))
      for (let step = 1; step < 100; step++) {
        const at = {
          x: between.x + ((point.x - between.x) * step) / 100,
          y: between.y + ((point.y - between.y) * step) / 100,
        }
        for (const box of near)
          if (
            at.x > box.x + 0.1 &&
            at.x < box.x + box.width - 0.1 &&
            at.y > box.y + 0.1 &&
            at.y < box.y + box.height - 0.1
          )
            found.push(`${id} passes through ${box.title}`)
      }
    }
    if (label) {
      const middle = label[along] + label[breadth] / 2
      if (!points.some((point) => Math.abs(point[along] - middle) < 0.03))
        found.push(`${id} misses its label`)
    }
  }
  const ends = edges.map(({ to, points }) => `${to} ${points.at(-1)!.x} ${points.at(-1)!.y}`)
  if (new Set(ends).size < ends.length) found.push('two lines end at one point')
  return [...new Set(found)]
}

describe.each(['LR', 'TB'] as const)('a layout %s', (direction) => {
  it.each(graphs)('of %s has nothing over anything', (_, graph) => {
    const placed = layout(graph, { direction, ...sizes })
    expect(placed.nodes.map(({ id }) => id)).toEqual(graph.nodes.map(({ id }) => id))
    expect(placed.edges.map(({ id }) => id)).toEqual(graph.edges.map(({ id }) => id))
    expect(faults(graph, placed, direction)).toEqual([])
    expect(faults(graph, layout(graph, { direction, nodeSize: sizes.nodeSize }), direction)).toEqual([])
  })

  it('of 30 random expressions with random composites opened has nothing over anything', () => {
    const draw = random(3)
    let drawn = 0
    const below = (limit: number) => draw.integer(drawn++, limit)
    const piece = (depth: number): string => {
      if (depth === 0) return ['x', 'w', 'b', '2', 'x', 'y'][below(6)]!
      const inner = () => piece(Math.max(0, depth - 1 - below(2)))
      return [
        () => `(${inner()} + ${inner()})`,
        () => `${inner()}*${inner()}`,
        () => `sigmoid(${inner()})`,
        () => `softplus(${inner()})`,
        () => `mish(${inner()})`,
        () => `(${inner()} - ${inner()})`,
        () => `exp(${inner()})`,
      ][below(7)]!()
    }
    for (let number = 0; number < 30; number++) {
      const source = `f = ${piece(4)} + x`
      const program = parse(source)
      const graph = build(program, Object.fromEntries(program.names.map((name) => [name, 0.5])))
      const composites = trace(graph).nodes.filter(({ expandable }) => expandable && below(2) === 0)
      const shown = trace(
        openComposites(
          graph,
          composites.map(({ id }) => id),
        ),
      )
      const random = {
        nodeSize: (id: string) => ({
          width: 40 + ((id.codePointAt(0)! * 37) % 90),
          height: 50 + ((id.length * 31) % 60),
          ports: 30,
        }),
        labelSize: ({ id }: { id: string }) => ({ width: 30 + ((id.length * 17) % 50), height: 16 }),
      }
      expect(faults(shown, layout(shown, { direction, ...random }), direction), source).toEqual([])
    }
  })
})

describe('a layout', () => {
  it('depends on connections and sizes, not on values', () => {
    const at = (x: number): Layout => layout(traced('f = sigmoid(w*x + b)*x', { w: 1, x, b: 2 }), sizes)
    expect(at(3)).toEqual(at(-0.5))
    expect(at(3)).toEqual(at(1e300))
  })

  it('draws a tree without crossings, the first operand above the second', () => {
    const { nodes } = layout(traced('f = (a*b + c*d)*(p*q - r*s)', ones('abcdpqrs')), sizes)
    const order = [...'abcdpqrs'].map((id) => nodes.find((node) => node.id === id)!.y)
    expect(order).toEqual([...order].sort((p, q) => p - q))
  })

  it('moves a shared factor between the others, where its lines cross nothing', () => {
    const { nodes } = layout(traced('f = a*b + c*a', ones('abc')), sizes)
    const [a, b, c] = [...'abc'].map((id) => nodes.find((node) => node.id === id)!.y)
    expect((a! - b!) * (c! - a!)).toBeGreaterThan(0)
  })

  it('puts a chain in a straight line, opened or not', () => {
    const chain = 'f = exp(tanh(sigmoid(x)))'
    expect(new Set(layout(traced(chain, ones('x')), sizes).nodes.map(({ y }) => y)).size).toBe(1)
    const shown = layout(opened(chain, ['g']), sizes)
    const line = shown.nodes.filter(({ id }) => !id.includes('#')).map(({ y }) => y)
    expect(Math.max(...line) - Math.min(...line)).toBeLessThan(0.1)
  })

  it('keeps what comes before a composite in its order when it opens', () => {
    const order = (ids: string[]) => {
      const { nodes } = layout(opened(network, ids, ones('abcdegtuvwxy')), sizes)
      return nodes
        .filter(({ id }) => !/[₀-₉#]/.test(id))
        .sort((a, b) => a.y - b.y || a.x - b.x)
        .map(({ id }) => id)
        .filter((id) => 'abcdegxy'.includes(id))
    }
    expect(order(['o'])).toEqual(order([]))
  })

  it('copes with the longest sources', () => {
    const long = traced(`f = ${Array(900).fill('x').join('*')}`, ones('x'))
    const { nodes } = layout(long, sizes)
    expect(nodes).toHaveLength(900)
  })
})
