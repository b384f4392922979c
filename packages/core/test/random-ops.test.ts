// Random operations: their numbers, and what statistics say of them.
import { describe, expect, test } from 'vitest'
import { evaluateReference } from '../src/graph/reference.js'
import {
  bernoulli,
  categorical,
  dropout,
  evaluate,
  gradients,
  input,
  randomNormal,
  randomPermutation,
  randomUniform,
  type Tensor,
  truncatedNormal,
  variable,
} from '../src/index.js'

const key = input([2])
const at = (y: Tensor, ...words: [number, number]) => [...evaluate([y], new Map([[key, words]]))[0]!]
const inFloat64 = (y: Tensor, ...words: [number, number]) => [
  ...evaluateReference([y], new Map([[key, Float64Array.from(words)]])).get(y)!,
]

const size = 40_000
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const moment = (values: readonly number[], power: number) => mean(values.map((value) => value ** power))
const correlation = (a: readonly number[], b: readonly number[]) => {
  const [ma, mb] = [mean(a), mean(b)]
  const deviation = Math.sqrt(mean(a.map((v) => (v - ma) ** 2)) * mean(b.map((v) => (v - mb) ** 2)))
  return mean(a.map((value, index) => (value - ma) * (b[index]! - mb))) / deviation
}
/** Five standard errors of the mean of `size` numbers of this variance: passed once in two million draws. */
const margin = (variance: number) => 5 * Math.sqrt(variance / size)

const draws = {
  uniform: (seed: number) => randomUniform(key, { shape: [size], seed }),
  'uniform between limits': (seed: number) =>
    randomUniform(key, { shape: [size], seed, low: -3.3, high: 0.1 }),
  normal: (seed: number) => randomNormal(key, { shape: [size], seed }),
  'normal with a mean': (seed: number) =>
    randomNormal(key, { shape: [size], seed, mean: -7, standardDeviation: 0.3 }),
  'truncated normal': (seed: number) => truncatedNormal(key, { shape: [size], seed }),
  bernoulli: (seed: number) => bernoulli(key, { shape: [size], seed, probability: 1 / 3 }),
  permutation: (seed: number) => randomPermutation(key, { length: size, seed }),
}

describe.each(Object.entries(draws))('%s', (_, draw) => {
  test('has the bits of float64, rounded once', () => {
    for (const [seed, low, high] of [
      [0, 0, 0],
      [2 ** 53 - 1, 2 ** 24 - 1, 2 ** 24 - 1],
      [12345, 17, 3],
    ] as const)
      expect(at(draw(seed), low, high)).toEqual(inFloat64(draw(seed), low, high).map(Math.fround))
  })

  test('is the same for the same seed and key, and independent for others', () => {
    const first = at(draw(1), 1, 0)
    expect(at(draw(1), 1, 0)).toEqual(first)
    for (const other of [
      at(draw(2), 1, 0),
      at(draw(1 + 2 ** 32), 1, 0),
      at(draw(1), 2, 0),
      at(draw(1), 1, 1),
    ])
      expect(Math.abs(correlation(first, other))).toBeLessThan(5 / Math.sqrt(size))
    for (const lag of [1, 2, 4, 16])
      expect(Math.abs(correlation(first.slice(lag), first.slice(0, -lag)))).toBeLessThan(
        5 / Math.sqrt(size - lag),
      )
  })
})

test('a longer draw begins with the numbers of a shorter one', () => {
  const shapes = [[5], [3, 7], [17], [1000]].map((shape) => at(randomUniform(key, { shape, seed: 3 }), 4, 5))
  for (const shorter of shapes) expect(shapes[3]!.slice(0, shorter.length)).toEqual(shorter)
})

test('uniform numbers are multiples of 2⁻²⁴ with the moments of the uniform distribution', () => {
  const values = at(draws.uniform(5), 0, 0)
  expect(values.every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24))).toBe(true)
  expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(margin(1 / 12))
  expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(margin(4 / 45))
})

test('normal numbers have the moments of the normal distribution, to the fourth', () => {
  const values = at(draws.normal(5), 0, 0)
  expect(Math.abs(mean(values))).toBeLessThan(margin(1))
  expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(margin(2))
  expect(Math.abs(moment(values, 3))).toBeLessThan(margin(15))
  expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(margin(96))
})

test('truncated normal numbers stay within two standard deviations, with the variance that is left', () => {
  const values = at(truncatedNormal(key, { shape: [size], seed: 5, mean: 10, standardDeviation: 0.5 }), 0, 0)
  expect(values.every((value) => value >= 9 && value <= 11)).toBe(true)
  expect(Math.abs(mean(values) - 10)).toBeLessThan(margin(0.25))
  // 1 − 2·2·φ(2) / (Φ(2) − Φ(−2)) of the variance.
  expect(
    Math.abs(
      moment(
        values.map((value) => value - 10),
        2,
      ) /
        0.25 -
        0.7737413,
    ),
  ).toBeLessThan(margin(1))
})

test('a permutation has each number once, and each order is equally likely', () => {
  expect(at(draws.permutation(9), 1, 1).sort((a, b) => a - b)).toEqual(
    Array.from({ length: size }, (_, i) => i),
  )
  const counts = new Map<string, number>()
  const order = randomPermutation(key, { length: 4, seed: 0 })
  for (let step = 0; step < 2400; step++) {
    const found = at(order, step, 0).join('')
    counts.set(found, (counts.get(found) ?? 0) + 1)
  }
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)
  expect(counts.size).toBe(24)
  // Of 23 degrees of freedom: above 62 once in a hundred thousand.
  expect(chiSquare).toBeLessThan(62)
})

test('classes are drawn as often as their softmax says, and impossible ones never', () => {
  const logits = [1, 2, -1, Number.NEGATIVE_INFINITY, 0.5]
  const rows = variable(
    new Float32Array(size * 5).map((_, index) => logits[index % 5]!),
    { shape: [size, 5] },
  )
  const found = at(categorical(rows, key, { seed: 3 }), 8, 0)
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0)
  for (const [index, logit] of logits.entries()) {
    const share = found.filter((value) => value === index).length / size
    const p = Math.exp(logit) / total
    expect(Math.abs(share - p)).toBeLessThanOrEqual(margin(p * (1 - p)))
  }
})

describe('dropout', () => {
  const ones = variable(new Float32Array(size).fill(1))

  test.each([0.001, 0.1, 0.5, 0.9, 0.999])('at rate %d drops that fraction and keeps the mean', (rate) => {
    const values = at(dropout(ones, key, { rate, seed: 2 }), 3, 0)
    const kept = values.filter((value) => value !== 0)
    expect(Math.abs(kept.length / size - (1 - rate))).toBeLessThan(margin(rate * (1 - rate)))
    expect(kept.every((value) => value === Math.fround(1 / (1 - rate)))).toBe(true)
    expect(Math.abs(mean(values) - 1)).toBeLessThan(margin(rate / (1 - rate)))
  })

  test('at rate 0 is its input, and a rate that leaves less than a step of 2⁻²⁴ drops all', () => {
    expect(at(dropout(ones, key, { rate: 0, seed: 2 }), 3, 0).every((value) => value === 1)).toBe(true)
    expect(at(dropout(ones, key, { rate: 1 - 2 ** -30, seed: 2 }), 3, 0).every((value) => value === 0)).toBe(
      true,
    )
  })

  test('passes derivatives back through the elements that it kept', () => {
    const y = dropout(ones, key, { rate: 0.3, seed: 4 })
    expect(at(gradients(y.sum(), [ones])[0]!, 6, 1)).toEqual(at(y, 6, 1))
  })

  test('drops non-finite numbers as well', () => {
    const values = at(dropout(ones.mul(Number.POSITIVE_INFINITY), key, { rate: 0.5, seed: 4 }), 6, 1)
    expect(new Set(values)).toEqual(new Set([0, Number.POSITIVE_INFINITY]))
  })
})

test.each([
  [
    'a seed',
    () => randomUniform(key, { shape: [1], seed: 0.5 }),
    'randomUniform: seed must be an integer in [0, 2^53), got 0.5',
  ],
  [
    'a key',
    () => randomNormal([1, 2, 3], { shape: [1], seed: 0 }),
    'randomNormal: key is [3]; it must be two integers below 2²⁴, e.g. the low and high parts of the step number',
  ],
  [
    'a rate of 1',
    () => dropout([1], key, { rate: 1, seed: 0 }),
    'dropout: rate must be a number in [0, 1), got 1',
  ],
  [
    'a probability',
    () => bernoulli(key, { shape: [1], probability: -0.1, seed: 0 }),
    'bernoulli: probability must be a number in [0, 1), got -0.1',
  ],
  [
    'a shape',
    () => truncatedNormal(key, { shape: [-1], seed: 0 }),
    'truncatedNormal: shape must be an array of non-negative integers, got [-1]',
  ],
  [
    'a limit',
    () => randomUniform(key, { shape: [1], low: Number.NaN, seed: 0 }),
    'randomUniform: low must be a finite number, got NaN',
  ],
  [
    'a length',
    () => randomPermutation(key, { length: 2 ** 25, seed: 0 }),
    'randomPermutation: length must be an integer in [0, 2²⁴], got 33554432; larger numbers are not exact in float32',
  ],
  [
    'rows without classes',
    () => categorical(variable([]), key, { seed: 0 }),
    'categorical: logits are [0]; the last dimension, the classes, must be at least 1',
  ],
])('%s that is not allowed is refused', (_, make, message) => {
  expect(make).toThrow(message)
})
