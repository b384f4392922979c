// What is seen of a training graph, and where: scopes, repeated blocks, search, and boxes that never overlap.
import { describe, expect, test } from 'vitest'
import { initialNetwork } from '../../src/network/document.js'
import { placeGraph } from '../../src/training-graph/arrange.js'
import { NetworkOperations } from '../../src/training-graph/of-network.js'
import { type Operations, operationsOf, scopesOf, search } from '../../src/training-graph/operations.js'
import { type SeenNode, type SeenOptions, seen } from '../../src/training-graph/scopes.js'

const xor = new NetworkOperations(initialNetwork).graph.operations
const deep = new NetworkOperations({
  ...initialNetwork,
  layers: Array(6).fill({ units: 4, activation: 'sigmoid' }),
}).graph.operations

/** A deep network of so many layers as a file has it, with derivatives. */
function network(layers: number): Operations {
  const nodes: { name: string; op: string; inputs: string[]; shape: number[] }[] = []
  const add = (name: string, op: string, ...inputs: string[]) => {
    nodes.push({ name, op, inputs, shape: [8, 8] })
    return name
  }
  let at = add('X', 'Placeholder')
  const outputs: string[] = []
  for (let layer = 1; layer <= layers; layer++) {
    const w = add(`layer${layer}/weights`, 'VariableV2')
    const b = add(`layer${layer}/bias`, 'VariableV2')
    at = add(
      `layer${layer}/Relu`,
      'Relu',
      add(`layer${layer}/Add`, 'Add', add(`layer${layer}/MatMul`, 'MatMul', at, w), b),
    )
    outputs.push(at)
  }
  let back = add('gradients/cost/Grad', 'Grad', add('cost/Mean', 'Mean', at))
  for (let layer = layers; layer >= 1; layer--) {
    const scope = `gradients/layer${layer}`
    const relu = add(`${scope}/ReluGrad`, 'ReluGrad', back, outputs[layer - 1]!)
    const dw = add(`${scope}/MatMul`, 'MatMul', relu, layer > 1 ? outputs[layer - 2]! : 'X')
    const db = add(`${scope}/Sum`, 'Sum', relu)
    add(`update/layer${layer}_weights`, 'Sgd', dw, `layer${layer}/weights`)
    add(`update/layer${layer}_bias`, 'Sgd', db, `layer${layer}/bias`)
    back = add(`${scope}/MatMul_1`, 'MatMul', relu, `layer${layer}/weights`)
  }
  return operationsOf(nodes)
}

const whole: SeenOptions = { opened: null, gradients: true, update: true }
const allScopes = (operations: Operations) => [...new Set([...operations.keys()].flatMap(scopesOf))]
const sizeOf = ({ attached, kind }: SeenNode) => {
  const above = 60 * attached.filter((one) => one.kind === 'variable').length
  return { width: kind === 'operation' ? 70 : 110, height: 58 + above, above }
}
const ids = ({ nodes }: { readonly nodes: readonly SeenNode[] }) => nodes.map(({ id }) => id)

test('a scope that is closed is one node with its count, and lines to it are bundled', () => {
  const { nodes, scopes, edges } = seen(xor, { ...whole, opened: [] })
  expect(nodes.map(({ id, count }) => [id, count])).toEqual([
    ['X', 1],
    ['layer1', 5],
    ['layer2', 5],
    ['Y', 1],
    ['cost', 11],
    ['gradients', 8],
    ['update', 4],
  ])
  expect(scopes).toEqual([])
  expect(edges).toContainEqual({ from: 'layer1', to: 'layer2', label: '4×2', count: 1 })
  expect(edges).toContainEqual({ from: 'gradients', to: 'update', label: '', count: 4 })
})

test('an open scope shows its operations, with leaves and what derivatives take at them', () => {
  const view = seen(xor, { ...whole, opened: ['layer1', 'gradients', 'gradients/layer1'] })
  expect(ids(view)).toEqual(expect.arrayContaining(['layer1/MatMul', 'layer2', 'gradients/layer1/MatMul']))
  expect(ids(view)).not.toContain('layer1/weights')
  const attached = (id: string) => view.nodes.find((node) => node.id === id)!.attached
  expect(attached('layer1/MatMul')).toEqual([{ name: 'layer1/weights', kind: 'variable', label: 'weights' }])
  expect(attached('gradients/layer1/MatMul')).toEqual([{ name: 'X', kind: 'reference', label: 'X' }])
})

test('gradients and update are left out when they are hidden', () => {
  const view = seen(xor, { opened: null, gradients: false, update: false })
  expect(view.nodes.every(({ part }) => part === 'forward')).toBe(true)
  expect(seen(xor, { ...whole, gradients: false }).nodes.some(({ part }) => part === 'update')).toBe(true)
})

test('scopes that are alike are one node, which opens into them', () => {
  const closed = seen(deep, { ...whole, opened: ['gradients'] })
  const run = closed.nodes.find(({ kind, part }) => kind === 'repeated' && part === 'forward')!
  expect([run.id, run.times, run.label]).toEqual(['layer2‥layer6', 5, 'layer2 … layer6'])
  expect(closed.nodes.filter(({ kind }) => kind === 'repeated').map(({ times }) => times)).toEqual([5, 5])
  const opened = seen(deep, { ...whole, opened: [run.id] })
  expect(ids(opened)).toEqual(expect.arrayContaining(['layer2', 'layer3', 'layer4', 'layer5', 'layer6']))
})

test('by itself only as much opens as is readable, however large the graph is', () => {
  expect(ids(seen(xor, whole)).length).toBeGreaterThan(25)
  for (const operations of [deep, network(100), network(1000)])
    expect(seen(operations, whole).nodes.length).toBeLessThanOrEqual(44)
})

describe('search', () => {
  test('finds text in names and operations, and patterns between slashes', () => {
    expect(search(xor, 'log')).toEqual(['cost/Log', 'cost/Log_1'])
    expect(search(xor, 'PLACEHOLDER')).toEqual(['X', 'Y'])
    expect(search(xor, '/^layer\\d\\/bias$/')).toEqual(['layer1/bias', 'layer2/bias'])
    expect(search(xor, '  ')).toEqual([])
    expect(search(xor, 'nothing like it')).toEqual([])
  })
  test('says of a pattern that is none', () => {
    expect(search(xor, '/(/')).toBeNull()
  })
})

test('a file’s graph may have circles, outputs with numbers and control inputs', () => {
  const operations = operationsOf([
    { name: 'a', op: 'Merge', inputs: ['c:1'], shape: null },
    { name: 'b', op: 'Add', inputs: ['a', 'a:1', '^c'], shape: null },
    { name: 'c', op: 'NextIteration', inputs: ['b'], shape: null },
  ])
  expect([...operations.keys()].sort()).toEqual(['a', 'b', 'c'])
  const before = new Set<string>()
  for (const { name, inputs } of operations.values()) {
    expect(inputs.filter((input) => !before.has(input))).toEqual([])
    before.add(name)
  }
  expect(() => placeGraph(seen(operations, whole), sizeOf)).not.toThrow()
})

const cases: readonly [string, Operations, readonly string[] | null][] = [
  ['XOR, as much as is readable', xor, null],
  ['XOR, all closed', xor, []],
  ['XOR, all open', xor, allScopes(xor)],
  ['six layers', deep, null],
  ['six layers, all open', deep, allScopes(deep)],
  ['1,000 operations, all open', network(83), allScopes(network(83))],
  ['1,000 operations without scopes', operationsOf(flattened(network(83))), null],
]

function flattened(operations: Operations) {
  const plain = (name: string) => name.replaceAll('/', '.')
  return [...operations.values()].map(({ name, op, inputs, shape }) => ({
    name: plain(name),
    op,
    inputs: inputs.map(plain),
    shape,
  }))
}

describe.each(cases)('%s', (_, operations, opened) => {
  const placed = placeGraph(seen(operations, { ...whole, opened }), sizeOf)
  const inside = (id: string, scope: string) => id.startsWith(`${scope}/`)

  test('no two boxes overlap, but a scope and what is in it', () => {
    const boxes = [
      ...placed.nodes.map(({ id, ...box }) => ({ id, ...box })),
      ...placed.scopes.map(({ name, ...box }) => ({ id: name, ...box })),
    ].sort((a, b) => a.x - b.x)
    const overlaps: string[] = []
    for (const [index, a] of boxes.entries())
      for (const b of boxes.slice(index + 1)) {
        if (b.x >= a.x + a.width - 0.5) break
        if (inside(a.id, b.id) || inside(b.id, a.id)) continue
        if (Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 0.5)
          overlaps.push(`${a.id} ${b.id}`)
      }
    expect(overlaps).toEqual([])
  })

  test('everything is in the drawing, and nodes are in their scopes', () => {
    for (const { id, x, y, width, height, scope } of placed.nodes) {
      const box = placed.scopes.find(({ name }) => name === scope) ?? { x: 0, y: 0, ...placed }
      expect(x, id).toBeGreaterThanOrEqual(box.x - 0.5)
      expect(y, id).toBeGreaterThanOrEqual(box.y - 0.5)
      expect(x + width, id).toBeLessThanOrEqual(box.x + box.width + 0.5)
      expect(y + height, id).toBeLessThanOrEqual(box.y + box.height + 0.5)
    }
  })

  test('every line begins and ends at the side of its node', () => {
    const boxes = new Map(placed.nodes.map((node) => [node.id, node]))
    for (const { from, to, points } of placed.edges) {
      for (const [id, point] of [
        [from, points[0]!],
        [to, points.at(-1)!],
      ] as const) {
        const { x, y, width, height } = boxes.get(id)!
        const near = (a: number, low: number, size: number) => a >= low - 1 && a <= low + size + 1
        expect(near(point.x, x, width) && near(point.y, y, height), `${from} ${to} at ${id}`).toBe(true)
      }
    }
  })
})
