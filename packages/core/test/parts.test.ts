// The cost of a tensor that is used in many slices is linear in its size, not in size times slices.
import { describe, expect, test } from 'vitest'
import { costOf } from '../src/compile/cost.js'
import { plan } from '../src/compile/plan.js'
import {
  checkGradients,
  concat,
  embedding,
  evaluate,
  gather,
  gradients,
  input,
  layers,
  pad,
  sequential,
  slice,
  stack,
  type Tensor,
  variable,
} from '../src/index.js'

const numbers = (length: number) =>
  Float32Array.from({ length }, (_, at) => Math.fround(((at * 37) % 19) / 19 - 0.4))
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))
const total = (parts: readonly Tensor[]) =>
  parts.reduce((sum, part, at) => sum.add(part.mul(at + 1).tanh()), parts[0]!)
const model = (layer: ReturnType<typeof layers.lstm>, steps: number) => (x: Tensor) =>
  sequential([layer], { inputShape: [steps, 3], seed: 2 }).apply(x.reshape([2, steps, 3]))

/** What is made of numbers, six for each of the parts. */
const uses: Record<string, (x: Tensor, parts: number) => Tensor> = {
  slices: (x, parts) => total(times(parts, (at) => slice(x, { begin: 6 * at, size: 6 }))),
  'slices backwards': (x, parts) =>
    total(times(parts, (at) => slice(x, { begin: -1 - 6 * at, size: 6, steps: -1 }))),
  'slices that overlap': (x, parts) => total(times(parts - 1, (at) => slice(x, { begin: 6 * at, size: 11 }))),
  columns: (x, parts) => {
    const matrix = x.reshape([6, parts])
    return total(times(parts, (at) => slice(matrix, { begin: [0, at], size: [6, 1] })))
  },
  'rows by number': (x, parts) => {
    const matrix = x.reshape([parts, 6])
    return total(times(parts, (at) => gather(matrix, at)))
  },
  'rows by numbers, some twice': (x, parts) => {
    const matrix = x.reshape([6, parts])
    return total(times(parts, (at) => gather(matrix, [at, 0, at], 1)))
  },
  'word vectors': (x, parts) => {
    const table = x.reshape([parts, 6])
    return total(times(parts, (at) => embedding(table, [at, 1])))
  },
  'slices, stacked and cut again': (x, parts) => {
    const all = stack(times(parts, (at) => slice(x, { begin: 6 * at, size: 6 }).tanh()))
    return total(times(parts, (at) => slice(all, { begin: [at], size: [1] })))
  },
  'slices side by side with a border': (x, parts) =>
    pad(concat(times(parts, (at) => slice(x, { begin: 6 * at, size: 6 }).sigmoid())), 2),
}
const recurrent: typeof uses = {
  rnn: (x, parts) => model(layers.rnn({ units: 4 }), parts)(x),
  lstm: (x, parts) => model(layers.lstm({ units: 4, returnSequences: true }), parts)(x),
  gru: (x, parts) => model(layers.gru({ units: 4 }), parts)(x),
}

/** Bytes that the derivative reads and writes, and how many instructions it has. */
function costsOf(use: (x: Tensor, parts: number) => Tensor, parts: number) {
  const x = variable(numbers(6 * parts))
  const y = use(x, parts)
  const { instructions } = plan([gradients(y.mul(y).sum(), [x])[0]])
  return {
    bytes: instructions.reduce((sum, instruction) => sum + costOf(instruction).bytes, 0),
    instructions: instructions.length,
  }
}

describe.each(Object.entries({ ...uses, ...recurrent }))('%s', (_, use) => {
  test('the derivative costs four times as much for four times as many', () => {
    const few = costsOf(use, 25)
    const many = costsOf(use, 100)
    expect(many.bytes / few.bytes).toBeLessThan(4.6)
    expect(many.instructions / few.instructions).toBeLessThan(4.6)
  })
})

describe.each(Object.entries(uses))('%s', (_, use) => {
  test('first and second derivatives are correct', () => {
    const x = input([30], { dtype: 'f64' })
    for (const order of [1, 2] as const) {
      const report = checkGradients(use(x, 5).square().sum(), [x], {
        values: new Map([[x, numbers(30)]]),
        order,
      })
      expect(report.ok, String(report)).toBe(true)
    }
  })

  test('in float32 they are those of float64', () => {
    const [found, truth] = [numbers(30), Float64Array.from(numbers(30))].map((values) => {
      const x = variable(values, { dtype: values instanceof Float64Array ? 'f64' : 'f32' })
      const y = use(x, 5)
      return evaluate([gradients(y.mul(y).sum(), [x])[0]])[0]!
    })
    for (const [at, value] of truth!.entries())
      expect(Math.abs(found![at]! - value)).toBeLessThan(2e-5 * (1 + Math.abs(value)))
  })
})
