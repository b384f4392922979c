// Initializers: moments, orthogonality and structure, by their definitions.
import { describe, expect, test } from 'vitest'
import {
  constantInitializer,
  type Initializer,
  initializers,
  layers,
  random,
  sequential,
} from '../src/index.js'

const draw = () => random(1).stream('weights')
const [fanIn, fanOut] = [300, 200]

test.each<[keyof typeof initializers, deviation: number, most: number]>([
  ['glorotUniform', Math.sqrt(2 / 500), Math.sqrt(6 / 500)],
  ['glorotNormal', Math.sqrt(2 / 500), Infinity],
  ['heUniform', Math.sqrt(2 / 300), Math.sqrt(6 / 300)],
  ['heNormal', Math.sqrt(2 / 300), Infinity],
  ['lecunUniform', Math.sqrt(1 / 300), Math.sqrt(3 / 300)],
  ['lecunNormal', Math.sqrt(1 / 300), Infinity],
  ['uniform', Math.sqrt(1 / 3), 1],
  ['normal', 1, Infinity],
  // The standard deviation of what is left of the normal distribution between −2 and 2.
  ['truncatedNormal', 0.87962566, 2],
])('%s has mean 0 and the variance of its formula', (name, deviation, most) => {
  const numbers = initializers[name]([fanIn, fanOut], fanIn, fanOut, draw())
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length
  // Four standard errors of 60,000 numbers.
  expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(60_000))
  expect(Math.abs(Math.sqrt(variance) / deviation - 1)).toBeLessThan(4 / Math.sqrt(2 * 60_000))
  expect(Math.max(...numbers.map(Math.abs))).toBeLessThanOrEqual(most)
})

describe('orthogonal', () => {
  test.each([[[5, 5]], [[3, 40]], [[40, 3]], [[8, 2, 3, 3]], [[1, 1]], [[64, 64]]])(
    '%j has an orthonormal shorter side',
    (shape) => {
      const numbers = initializers.orthogonal(shape, 1, 1, draw())
      const rows = shape[0]!
      const columns = numbers.length / rows
      const vectors = Array.from({ length: Math.min(rows, columns) }, (_, v) =>
        rows <= columns
          ? [...numbers.subarray(v * columns, (v + 1) * columns)]
          : Array.from({ length: rows }, (_, row) => numbers[row * columns + v]!),
      )
      for (const [i, a] of vectors.entries())
        for (const [j, b] of vectors.entries()) {
          const product = a.reduce((sum, value, at) => sum + value * b[at]!, 0)
          expect(product).toBeCloseTo(Number(i === j), 6)
        }
    },
  )

  test('is the same for the same seed, and empty for an empty shape', () => {
    expect(initializers.orthogonal([9, 4], 1, 1, draw())).toEqual(
      initializers.orthogonal([9, 4], 1, 1, draw()),
    )
    expect(initializers.orthogonal([0, 4], 1, 1, draw())).toHaveLength(0)
  })
})

test('identity has ones on the diagonal of any matrix, and refuses other shapes', () => {
  expect([...initializers.identity([2, 3])]).toEqual([1, 0, 0, 0, 1, 0])
  expect([...initializers.identity([3, 2])]).toEqual([1, 0, 0, 1, 0, 0])
  expect([...initializers.identity([4, 1])]).toEqual([1, 0, 0, 0])
  expect(() => initializers.identity([3])).toThrow(
    'identity: initializes matrices only, this parameter is [3]',
  )
})

test('a constant is the same number everywhere', () => {
  expect([...constantInitializer(0.5)([2, 1], 1, 1, draw())]).toEqual([0.5, 0.5])
  expect(() => constantInitializer(Infinity)).toThrow('constantInitializer: value must be a finite number')
})

test('layers accept any initializer', () => {
  const byFans: Initializer = (shape, fanIn, fanOut) =>
    new Float32Array(shape.reduce((a, b) => a * b)).fill(fanIn / fanOut)
  const plan = layers.dense({ units: 2, weights: byFans, bias: constantInitializer(0.25) })
  const [weights, bias] = sequential([plan], { inputShape: [3], seed: 1 }).parameters
  expect([...weights!.values]).toEqual([1.5, 1.5, 1.5, 1.5, 1.5, 1.5])
  expect([...bias!.values]).toEqual([0.25, 0.25])
  expect(() => layers.dense({ units: 2, bias: 'heUnifrom' as never })).toThrow('did you mean "heUniform"?')
})
