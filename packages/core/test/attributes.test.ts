// Invalid attributes of every operation are refused by a typed error; one that passes means the same to the kernel and
// to float64.
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../src/graph/shape.js'
import { BackpropagationError, constant, evaluate, ops, type Tensor } from '../src/index.js'
import { draw, generator, ulps } from './sampling.js'
import { call, table, trials } from './trials.js'

const sparse = (length: number) => new Array(length)
const odd: readonly unknown[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -0, 0, 0.5, 1e9, 2 ** 53, 1e300],
  ...['', 'x', '1', true, false, null, {}, 1n, () => 1, Symbol.iterator, new Date(0)],
  ...[[], ['1'], [Number.NaN], [0.5], [-1], [-1, -1], [1, [2]], sparse(1), sparse(2)],
  ...[[[0.5, 0]], [[0]], [sparse(2)], [1e9, 1e9], [2 ** 53]],
]

const show = (value: unknown) => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

const withAttributes = table.filter(({ definition }) => definition.attributes)

describe('an invalid attribute is refused by name, or means the same in both precisions', () => {
  test.each(withAttributes)('$name', (op) => {
    const { sample, attributes } = op.definition
    const strange: string[] = []
    // The first and the last of the samples are of different ranks.
    const own = trials.filter((trial) => trial.op === op)
    const examples = [...new Set([own[0]!, own[Math.floor(own.length / 2)]!, own.at(-1)!])]
    for (const { inputs, attributes: usual } of examples) {
      const values = inputs.map(({ shape, name }, index) =>
        Float32Array.from(draw(sample.domains[name]!, sizeOf(shape), generator(index + 1))),
      )
      const tensors = (dtype: 'f32' | 'f64') =>
        inputs.map(({ shape }, index) => constant(values[index]!, { shape, dtype }))
      for (const name of Object.keys(attributes!))
        for (const value of odd) {
          const given = { ...usual, [name]: value }
          const about = `${name}: ${show(value)}`
          let single: Tensor
          try {
            single = call(op, tensors('f32'), given)
          } catch (error) {
            if (!(error instanceof BackpropagationError)) strange.push(`${about}: ${error}`)
            else if (
              !error.message.includes(op.name) ||
              /[Cc]annot take the options|TypeError/.test(error.message)
            )
              strange.push(`${about}: ${error.message}`)
            continue
          }
          if (!single.shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
            strange.push(`${about}: of shape [${single.shape}]`)
            continue
          }
          if (single.size > 1e5) continue
          const results = (['f32', 'f64'] as const).map((dtype) => {
            try {
              return evaluate([call(op, tensors(dtype), given)])[0]!
            } catch (error) {
              return String(error)
            }
          })
          const [a, b] = results
          if (typeof a === 'string' || typeof b === 'string') {
            if (String(a) !== String(b)) strange.push(`${about}: f32 ${a}, f64 ${b}`)
          } else if (
            a!.some((found, index) => ulps(found, b![index]!) > 1e6 && Math.abs(found - b![index]!) > 1e-4)
          )
            strange.push(`${about}: f32 ${a}, f64 ${b}`.slice(0, 160))
        }
    }
    expect([...new Set(strange)]).toEqual([])
  })
})

test.each([
  ['randomUniform', () => ops.randomUniform([0, 0], { shape: [2], seed: 1, low: 3, high: -1 })],
  ['randomNormal', () => ops.randomNormal([0, 0], { shape: [2], seed: 1, standardDeviation: -1 })],
  ['truncatedNormal', () => ops.truncatedNormal([0, 0], { shape: [2], seed: 1, standardDeviation: -1 })],
  ['clip', () => ops.clip([0], { min: 3, max: -1 })],
  ['tile', () => ops.tile([1, 2], new Array(1))],
  ['sum', () => ops.sum([1, 2], '' as never)],
])('%s: an invalid combination, or a value mistaken for none, is refused', (name, make) => {
  expect(make).toThrow(BackpropagationError)
  expect(make).toThrow(name)
})
