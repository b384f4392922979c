// The graph of a network's step: the lecture's operations, the numbers of the network itself, and its program.
import { expect, test } from 'vitest'
import { initialNetwork, type NetworkDocument } from '../../src/network/document.js'
import { createNetworkRun } from '../../src/network/run.js'
import { networkView } from '../../src/network/view.js'
import { type ArrayNumbers, NetworkOperations } from '../../src/training-graph/of-network.js'

const opened = (document: NetworkDocument) => {
  const graph = new NetworkOperations(document)
  graph.run.goTo(document.step)
  return { graph, ...graph.graph, ...graph.numbers() }
}
const flat = (numbers: ArrayNumbers | null | undefined) => Float32Array.from(numbers!.cells.flat())

const xor = opened({ ...initialNetwork, step: 950 })

test('XOR has the operations of the lecture, in their scopes', () => {
  const ops = (scope: string) =>
    [...xor.operations.values()]
      .filter(({ name, inputs }) => name.startsWith(`${scope}/`) && inputs.length > 0)
      .map(({ op }) => op)
  expect(ops('layer1')).toEqual(['MatMul', 'Add', 'Sigmoid'])
  expect(ops('layer2')).toEqual(['MatMul', 'Add', 'Sigmoid'])
  // -reduce_mean(Y*log(h) + (1 - Y)*log(1 - h))
  expect(ops('cost').sort()).toEqual(['Add', 'Log', 'Log', 'Mean', 'Mul', 'Mul', 'Neg', 'Sub', 'Sub'])
  expect(ops('gradients/cost')).toEqual(['SigmoidCrossEntropyGrad'])
  expect(ops('gradients/layer1').sort()).toEqual(['MatMul', 'SigmoidGrad', 'Sum'])
  expect(ops('gradients/layer2').sort()).toEqual(['MatMul', 'MatMul', 'Sum'])
  expect(ops('update')).toEqual(['Sgd', 'Sgd', 'Sgd', 'Sgd'])
})

test('each operation comes after those that it takes', () => {
  const before = new Set<string>()
  for (const { name, inputs } of xor.operations.values()) {
    expect(inputs.filter((input) => !before.has(input))).toEqual([])
    before.add(name)
  }
})

test('values and derivatives are those of the network at the same step, to the bit', () => {
  const run = createNetworkRun(initialNetwork)
  run.goTo(950)
  const view = networkView(run)
  for (const [layer, own] of view.layers.entries()) {
    const scope = `layer${layer + 1}`
    for (const [name, values, gradients] of [
      ['weights', own.weights, own.weightGradients],
      ['bias', own.biases, own.biasGradients],
    ] as const) {
      const { value, derivative } = xor.numbers.get(`${scope}/${name}`)!
      expect(flat(value)).toEqual(values)
      expect(flat(derivative)).toEqual(gradients)
      expect(flat(xor.numbers.get(xor.operations.get(`${scope}/${name}`)!.derivative!)!.value)).toEqual(
        gradients,
      )
    }
  }
  expect(flat(xor.numbers.get('layer1/Sigmoid')!.value).slice(0, 2)).toEqual(view.sample.outputs[0])
  expect(xor.numbers.get('cost/Neg')!.value!.mean).toBeCloseTo(view.loss, 7)
  run.step()
  const after = [...run.weights()]
  const updated = ['layer1_weights', 'layer1_bias', 'layer2_weights', 'layer2_bias'].flatMap((name) => [
    ...flat(xor.numbers.get(`update/${name}`)!.value),
  ])
  expect(updated).toEqual(after)
})

test('derivatives within the cost are those of its formula', () => {
  const h = flat(xor.numbers.get('layer2/Sigmoid')!.value)
  const y = flat(xor.numbers.get('Y')!.value)
  const dh = flat(xor.numbers.get('layer2/Sigmoid')!.derivative)
  for (const [row, probability] of h.entries())
    expect(dh[row]).toBeCloseTo((probability - y[row]!) / (4 * probability * (1 - probability)), 5)
  expect(xor.numbers.get('cost/Neg')!.derivative!.mean).toBe(1)
  expect(xor.numbers.get('cost/Mean')!.derivative!.mean).toBe(-1)
})

test('the program of XOR has eight instructions, and each operation that is computed is in one', () => {
  expect(xor.program.map(({ name }) => name)).toEqual([
    'MatmulTile',
    'MatmulTile',
    'SigmoidCrossEntropyMean',
    'MatmulTile',
    'MatmulTile',
    'MatmulTile',
    'Record',
    'Sgd',
  ])
  expect(xor.program[0]!.nodes).toEqual(['layer1/MatMul', 'layer1/Add', 'layer1/Sigmoid'])
  const computed = new Set(xor.program.flatMap(({ nodes }) => nodes))
  for (const { name, inputs } of xor.operations.values()) expect(computed.has(name)).toBe(inputs.length > 0)
})

const hidden = { units: 3, activation: 'tanh' } as const
const others: readonly [string, Partial<NetworkDocument>][] = [
  ['no hidden layer', { layers: [] }],
  ['five layers alike', { layers: Array(5).fill(hidden) }],
  [
    'squared error, relu and Adam',
    {
      loss: 'squaredError',
      layers: [{ units: 2, activation: 'relu' }],
      optimizer: { ...initialNetwork.optimizer, kind: 'adam' },
    },
  ],
  ['three classes', { data: { ...initialNetwork.data, kind: 'rings' } }],
  ['penalties', { l1: 0.01, l2: 0.1 }],
  [
    'small batches, the last one smaller',
    { data: { ...initialNetwork.data, kind: 'moons', rows: 50 }, batch: 16 },
  ],
  [
    'linear and leaky layers',
    {
      layers: [
        { units: 2, activation: 'linear' },
        { units: 2, activation: 'leakyRelu' },
      ],
    },
  ],
]

test.each(others)(
  '%s: the cost is the loss of the step, and every operation that has a value shows it',
  (_, own) => {
    const step = 3
    const { graph, operations, numbers, program } = opened({ ...initialNetwork, ...own, step })
    const { loss } = graph.run.gradients()
    const cost = [...operations.values()].findLast(({ part }) => part === 'forward')!
    expect(numbers.get(cost.name)!.value!.mean).toBeCloseTo(loss, 5)
    for (const { name, shape } of operations.values()) {
      const { value, derivative } = numbers.get(name)!
      expect(value!.shape, name).toEqual(shape)
      if (derivative) expect(derivative.shape, name).toEqual(shape)
      expect(Number.isFinite(value!.mean), name).toBe(true)
    }
    const computed = new Set(program.flatMap(({ nodes }) => nodes))
    for (const { name, part } of operations.values())
      if (part === 'update') expect(computed, name).toContain(name)
  },
)
