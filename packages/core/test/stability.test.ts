// Softmax and normalization where naive formulas fail: large numbers, numbers far from 0, and constants.
import { describe, expect, test } from 'vitest'
import { evaluateReference } from '../src/graph/reference.js'
import {
  evaluate,
  globalMaxPool,
  gradients,
  layerNorm,
  logSoftmax,
  reshape,
  rmsNorm,
  softmax,
  softmaxCrossEntropyWithLogits,
  type Tensor,
  variable,
} from '../src/index.js'

const numbers = (y: Tensor) => [...evaluate([y])[0]!]
const inFloat64 = (y: Tensor) => [...evaluateReference([y]).get(y)!]

const rows = {
  'logits 10000 to 10003': [10000, 10001, 10002, 10003],
  'logits −10003 to −10000': [-10003, -10002, -10001, -10000],
  'logits of ±1e30': [1e30, -1e30, 0, 1e30],
  'one impossible class': [0, 1, Number.NEGATIVE_INFINITY, 2, 3],
  'equal logits': [5, 5, 5, 5, 5, 5, 5],
}

describe.each(Object.entries(rows))('of %s', (_, logits) => {
  const x = variable(logits)
  test.each([
    ['softmax', softmax(x)],
    [
      'the derivative of softmax',
      gradients(softmax(x).mul([1, 2, 3, 4, 5, 6, 7].slice(0, logits.length)).sum(), [x])[0]!,
    ],
    ['softmax along the first axis', softmax(x.expandDims(1), 0)],
    ['logSoftmax', logSoftmax(x)],
    ['logSoftmax along the first axis', logSoftmax(x.expandDims(1), 0)],
    [
      'cross-entropy',
      softmaxCrossEntropyWithLogits(
        x,
        logits.map((_, index) => Number(index === 1)),
      ),
    ],
    [
      'the derivative of cross-entropy',
      gradients(
        softmaxCrossEntropyWithLogits(
          x,
          logits.map((_, index) => Number(index === 1)),
        ),
        [x],
      )[0]!,
    ],
  ])('%s agrees with float64', (_, y) => {
    const expected = inFloat64(y)
    for (const [index, value] of numbers(y).entries())
      if (Number.isFinite(expected[index]!))
        expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(
          1e-6 * Math.max(1, Math.abs(expected[index]!)),
        )
      else expect(value).toBe(expected[index])
  })
})

test('a row without a possible class, or with a NaN, is NaN as a whole', () => {
  const nothing = variable([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])
  expect(numbers(softmax(nothing))).toEqual([Number.NaN, Number.NaN])
  expect(numbers(softmax(variable([1, Number.NaN, 3, 2, 1])))).toEqual(Array(5).fill(Number.NaN))
})

test.each([1e-30, 1, 1e25])('lengths and deviations are of numbers times %s as of the numbers', (scale) => {
  const numbersOf = [3, -4, 12, 0.5, 7, -1, 2, 2, 9, 1, -6]
  const x = variable(numbersOf.map((value) => value * scale))
  const columns = x.expandDims(1).mul([1, 2, 4, 8, 16])
  for (const y of [x.norm(), x.std(), columns.norm({ axes: 0 }), columns.std(0), columns.norm({ axes: 1 })])
    for (const tensor of [y, gradients(y.sum(), [x])[0]!]) {
      const expected = inFloat64(tensor)
      for (const [index, value] of numbers(tensor).entries())
        expect(Math.abs(value / expected[index]! - 1)).toBeLessThan(3e-6)
    }
})

test('layer norm of numbers far from 0 keeps their differences', () => {
  // The mean of the squares less the square of the mean would be 0 here.
  const x = variable([10000, 10001, 10002, 10003])
  const y = layerNorm(x, [1, 1, 1, 1], [0, 0, 0, 0], 0)
  for (const [index, value] of numbers(y).entries())
    expect(value).toBeCloseTo([-1.3416408, -0.4472136, 0.4472136, 1.3416408][index]!, 6)
})

test.each([
  [[1e20, -1e20, 1e19, 3e37]],
  [[1e30, -2e30, 3e29, 5e30, -1e28]],
  [[1e20, 2e20, -1e20, 0, 3e20, 1e19, 1]],
])('rows whose variance no float32 holds, such as %j, are normalized, with derivatives', (row) => {
  const x = variable(row)
  const gamma = row.map((_, index) => 1 + index / 8)
  for (const y of [
    layerNorm(
      x,
      gamma,
      row.map(() => 0.5),
    ),
    rmsNorm(x, gamma),
  ]) {
    const dx = gradients(y.mul(row.map((_, index) => (index % 3) - 0.9)).sum(), [x])[0]!
    for (const tensor of [y, dx]) {
      const expected = inFloat64(tensor)
      const largest = Math.max(...expected.map(Math.abs))
      for (const [index, value] of numbers(tensor).entries())
        expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(2e-6 * largest)
    }
  }
})

test('constants are normalized to 0 with finite derivatives', () => {
  const x = variable([[7, 7, 7]])
  const y = layerNorm(x, [1, 2, 3], [0, 0, 0])
  expect(numbers(y)).toEqual([0, 0, 0])
  expect(numbers(gradients(y.sum(), [x])[0]!).every(Number.isFinite)).toBe(true)
  const zero = variable([[0, 0, 0]])
  const z = rmsNorm(zero, [1, 2, 3])
  expect(numbers(z)).toEqual([0, 0, 0])
  expect(numbers(gradients(z.sum(), [zero])[0]!).every(Number.isFinite)).toBe(true)
})

// A list of arguments, as of Math.max(...), has a limit of some 100,000.
describe('of rows of 200,000 numbers, in float64,', () => {
  const size = 200_000
  const x = variable(Array.from({ length: size }, (_, at) => at / size))
  test('softmax sums to 1', () => {
    expect(inFloat64(softmax(x)).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10)
  })
  test('the maximum of an image is found', () => {
    const image = reshape(x, [1, 400, 500, 1])
    expect(inFloat64(globalMaxPool(image))).toEqual([Math.fround((size - 1) / size)])
  })
})
