// Layers over sequences, against plain float64 programs that say what their equations say.
import { describe, expect, test } from 'vitest'
import {
  adam,
  createRun,
  functional,
  layers,
  type Model,
  modelInput,
  random,
  sequential,
} from '../src/index.js'

const sigma = (x: number) => 1 / (1 + Math.exp(-x))
const steps = 5
const inputs = 3
const units = 4
const x = Array.from({ length: steps }, (_, t) =>
  Array.from({ length: inputs }, (_, i) => Math.sin(3 * t + 2 * i) + 0.1 * t),
)

/** Parameters by the last part of their names, with other numbers than zeros in the biases. */
function parametersOf(model: Model): Record<string, number[]> {
  for (const { name, values } of model.parameters)
    if (/bias/i.test(name)) for (let i = 0; i < values.length; i++) values[i] = Math.cos(i) / 3
  return Object.fromEntries(
    model.parameters.map(({ name, values }) => [name.split('/').at(-1)!, [...values]]),
  )
}

/** Row vector times matrix, plus a bias. */
const affine = (row: readonly number[], matrix: readonly number[], bias?: readonly number[]) => {
  const width = matrix.length / row.length
  return Array.from({ length: width }, (_, j) =>
    row.reduce((sum, value, i) => sum + value * matrix[i * width + j]!, bias?.[j] ?? 0),
  )
}

const equations: Record<string, (p: Record<string, number[]>) => number[][]> = {
  rnn: (p) => {
    let h = new Array<number>(units).fill(0)
    return x.map((row) => {
      const [a, b] = [affine(row, p.weights!, p.bias), affine(h, p.recurrentWeights!)]
      h = h.map((_, j) => Math.tanh(a[j]! + b[j]!))
      return h
    })
  },
  lstm: (p) => {
    let h = new Array<number>(units).fill(0)
    let c = [...h]
    return x.map((row) => {
      const [a, b] = [affine(row, p.weights!, p.bias), affine(h, p.recurrentWeights!)]
      const at = (gate: number, j: number) => a[gate * units + j]! + b[gate * units + j]!
      c = c.map((cell, j) => sigma(at(1, j)) * cell + sigma(at(0, j)) * Math.tanh(at(2, j)))
      h = c.map((cell, j) => sigma(at(3, j)) * Math.tanh(cell))
      return h
    })
  },
  gru: (p) => {
    let h = new Array<number>(units).fill(0)
    return x.map((row) => {
      const [a, b] = [affine(row, p.weights!, p.bias), affine(h, p.recurrentWeights!, p.recurrentBias)]
      h = h.map((before, j) => {
        const z = sigma(a[j]! + b[j]!)
        const r = sigma(a[units + j]! + b[units + j]!)
        const n = Math.tanh(a[2 * units + j]! + r * b[2 * units + j]!)
        return (1 - z) * n + z * before
      })
      return h
    })
  },
}

describe.each(['rnn', 'lstm', 'gru'] as const)('%s', (kind) => {
  test('follows its equations, for every step and for the last alone', () => {
    const make = (returnSequences: boolean) =>
      sequential([layers[kind]({ units, returnSequences })], { inputShape: [steps, inputs], seed: 5 })
    const [all, last] = [make(true), make(false)]
    const expected = equations[kind]!(parametersOf(all)).flat()
    parametersOf(last)
    expect(all.outputShape).toEqual([steps, units])
    expect(last.outputShape).toEqual([units])
    const states = all.apply([x]).data()
    for (const [at, value] of states.entries()) expect(value).toBeCloseTo(expected[at]!, 5)
    for (const [at, value] of last.apply([x, x]).data().entries())
      expect(value).toBeCloseTo(expected[(steps - 1) * units + (at % units)]!, 5)
  })
})

describe('multi-head attention', () => {
  const positions = 5
  const width = 6
  const heads = 2
  const rows = (count: number, phase: number) =>
    Array.from({ length: count }, (_, t) =>
      Array.from({ length: width }, (_, i) => Math.sin(5 * t + 3 * i + phase)),
    )

  /** The same in plain float64. */
  function expected(model: Model, x: number[][], memory: number[][], causal: boolean): number[][] {
    for (const { name, values } of model.parameters)
      if (name.endsWith('bias')) for (let i = 0; i < values.length; i++) values[i] = Math.cos(i) / 3
    const p = Object.fromEntries(
      model.parameters.map(({ name, values }) => [name.split('/').slice(1).join('/'), [...values]]),
    )
    const project = (part: string, from: number[][]) =>
      from.map((row) => affine(row, p[`${part}/weights`]!, p[`${part}/bias`]))
    const [q, k, v] = [project('queries', x), project('keys', memory), project('values', memory)]
    const size = width / heads
    const heard = q.map((query, t) =>
      Array.from({ length: heads }, (_, head) => {
        const scores = k.map((key, s) => {
          let score = 0
          for (let i = head * size; i < (head + 1) * size; i++) score += query[i]! * key[i]!
          return causal && s > t ? Number.NEGATIVE_INFINITY : score / Math.sqrt(size)
        })
        const exps = scores.map((score) => Math.exp(score - Math.max(...scores)))
        const total = exps.reduce((sum, e) => sum + e, 0)
        return Array.from({ length: size }, (_, i) =>
          exps.reduce((sum, e, s) => sum + (e / total) * v[s]![head * size + i]!, 0),
        )
      }).flat(),
    )
    return project('output', heard)
  }

  test.each([false, true])('follows its equations, causal %s', (causal) => {
    const model = sequential([layers.multiHeadAttention({ heads, causal })], {
      inputShape: [positions, width],
      seed: 3,
    })
    const x = rows(positions, 0)
    const wanted = expected(model, x, x, causal).flat()
    for (const [at, value] of model.apply([x]).data().entries()) expect(value).toBeCloseTo(wanted[at]!, 5)
  })

  test('takes keys and values from a second input', () => {
    const [x, memory] = [modelInput([positions, width]), modelInput([3, width])]
    const outputs = layers.multiHeadAttention({ heads })(x, memory)
    // A model whose parameters the float64 program can find.
    const model = functional({ inputs: { x, memory }, outputs, seed: 4 })
    const numbers = { x: rows(positions, 0), memory: rows(3, 1) }
    const wanted = expected(model as unknown as Model, numbers.x, numbers.memory, false).flat()
    const found = model.apply({ x: [numbers.x], memory: [numbers.memory] }).data()
    for (const [at, value] of found.entries()) expect(value).toBeCloseTo(wanted[at]!, 5)
  })

  test('with units that are not a multiple of the heads is refused', () => {
    expect(() =>
      sequential([layers.multiHeadAttention({ heads: 4 })], { inputShape: [5, 6], seed: 0 }),
    ).toThrow('a multiple of the 4 heads')
  })
})

describe('a transformer block', () => {
  const model = () =>
    sequential(
      [
        layers.embedding({ vocabularySize: 7, units: 8 }),
        layers.positionalEmbedding(),
        layers.transformerBlock({ heads: 2, causal: true, name: 'block' }),
        layers.transformerBlock({ heads: 2, causal: true, hidden: 16, dropout: 0.1 }),
        layers.dense({ units: 7 }),
      ],
      { inputShape: [6], seed: 2 },
    )

  test('that is causal does not depend on later positions', () => {
    const [a, b] = [
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 0, 0, 0],
    ].map((row) => [...model().apply([row]).data()])
    expect(a!.slice(0, 3 * 7)).toEqual(b!.slice(0, 3 * 7))
    expect(a!.slice(3 * 7)).not.toEqual(b!.slice(3 * 7))
  })

  test('has parameters by name, and as many as its parts', () => {
    const block = model().layers[2]!
    expect(block.parameters.map(({ name }) => name).slice(0, 3)).toEqual([
      'block/attention/queries/weights',
      'block/attention/queries/bias',
      'block/attention/keys/weights',
    ])
    const count = block.parameters.reduce((total, { size }) => total + size, 0)
    expect(count).toBe(4 * (64 + 8) + 2 * 16 + (8 * 32 + 32) + (32 * 8 + 8))
  })

  test('learns to repeat the word before', async () => {
    const draws = random(1)
    const words = Float32Array.from({ length: 64 * 7 }, (_, index) => draws.integer(index, 7))
    const inputs = words.filter((_, index) => index % 7 !== 6)
    // Before the first word there is none.
    const targets = inputs.map((_, at) => (at % 6 > 0 ? inputs[at - 1]! : -1))
    const run = createRun({
      model: model(),
      loss: 'sparseSoftmaxCrossEntropy',
      optimizer: adam({ learningRate: 0.01 }),
      data: { rows: 64, inputs, inputShape: [6], targets, targetShape: [6] },
      batchSize: 16,
      epochs: 40,
      seed: 1,
    })
    const { loss } = await run.start()
    expect(loss).toBeLessThan(0.1)
  })
})

test.each<[kind: 'rnn' | 'lstm' | 'gru', gates: number]>([
  ['rnn', 1],
  ['lstm', 4],
  ['gru', 3],
])(
  '%s has the shapes and FLOPs of its formula, without a graph of 10,000 steps to see them',
  (kind, gates) => {
    for (const steps of [1, 2, 7, 10_000])
      for (const returnSequences of [false, true]) {
        const [inputs, units] = [5, 3]
        const model = sequential([layers[kind]({ units, returnSequences })], {
          inputShape: [steps, inputs],
          seed: 1,
        })
        const [layer] = model.layers
        expect(layer!.flops).toBe(2 * steps * gates * units * (inputs + units))
        expect(model.outputShape).toEqual(returnSequences ? [steps, units] : [units])
        if (steps < 10)
          expect(model.apply(new Array(2).fill(Array(steps).fill(Array(inputs).fill(0)))).shape).toEqual([
            2,
            ...model.outputShape,
          ])
      }
  },
)

test('a sequence of more elements than fit into memory is refused before a graph is made of it', () => {
  expect(() => sequential([layers.lstm({ units: 10_000 })], { inputShape: [10_000, 1], seed: 1 })).toThrow(
    'lstm: the sums of all steps would be 10000×40000, more elements than fit into memory',
  )
})

test('positions are sines and cosines, or learned', () => {
  const model = sequential([layers.positionalEmbedding({ kind: 'sinusoidal' })], {
    inputShape: [9, 6],
    seed: 0,
  })
  expect(model.parameters).toHaveLength(0)
  for (const [at, value] of model
    .apply([Array.from({ length: 9 }, () => [0, 0, 0, 0, 0, 0])])
    .data()
    .entries()) {
    const [t, i] = [Math.floor(at / 6), at % 6]
    const angle = t / 10_000 ** ((i - (i % 2)) / 6)
    expect(value).toBeCloseTo(i % 2 ? Math.cos(angle) : Math.sin(angle), 6)
  }
})
