// Matrix products against a plain float64 triple loop, over all sizes at which the blocking changes course.
import { describe, expect, test } from 'vitest'
import { Activation } from '../src/index.js'
import { runInstruction } from './run-instruction.js'

const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, index) => ((Math.imul(index + seed, 2654435761) >>> 8) % 2001) / 1000 - 1)

const sizes = [
  [1, 1, 1],
  [4, 2, 2],
  [3, 5, 7],
  [16, 16, 16],
  [17, 15, 18],
  [4, 8, 200],
  [5, 9, 300],
  [64, 8, 256],
  [65, 8, 257],
  [63, 513, 40],
  [7, 1030, 5],
  [130, 20, 513],
  [1, 300, 100],
  [300, 1, 100],
  [32, 10, 128],
  [784, 128, 3],
  [2, 2, 5000],
  [1, 13, 40],
  [3, 9, 4],
  [6, 12, 33],
  [5, 1, 300],
  [2, 100, 70],
] as const

describe.each(['MatmulNN', 'MatmulNT', 'MatmulTN'] as const)('%s', (opcode) => {
  test.each(sizes)(
    '%i×%i over %i is the sum of products, with bias and activation after the last',
    (m, n, k) => {
      const a = numbers(m * k, 1)
      const b = numbers(k * n, 2)
      const bias = numbers(n, 3)
      for (const [activation, f] of [
        [Activation.None, (x: number) => x],
        [Activation.Relu, (x: number) => Math.max(x, 0)],
        [Activation.Sigmoid, (x: number) => 1 / (1 + Math.exp(-x))],
        [Activation.Tanh, Math.tanh],
      ] as const) {
        const found = runInstruction(opcode, {
          out: new Float32Array(m * n),
          a,
          b,
          m,
          n,
          k,
          bias,
          activation,
        })
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let total = bias[j]!
            let size = Math.abs(total)
            for (let p = 0; p < k; p++) {
              const product =
                a[opcode === 'MatmulTN' ? p * m + i : i * k + p]! *
                b[opcode === 'MatmulNT' ? j * k + p : p * n + j]!
              total += product
              size += Math.abs(product)
            }
            // 2K units in the last place of the sum of magnitudes, and those of the activation.
            const tolerance = 2 * (k + 1) * size * 2 ** -24 + 4 * 2 ** -24
            const value = found[i * n + j]!
            if (!(Math.abs(value - f(total)) <= tolerance))
              expect.fail(`C(${i}, ${j}) is ${value}; expected ${f(total)} ± ${tolerance}`)
          }
      }
    },
  )
})

test.each(sizes)('MatmulSmall: %i×%i over %i, read by strides', (m, n, k) => {
  const a = numbers(m * k, 1)
  const b = numbers(k * n, 2)
  const out = new Float32Array(m * n)
  const plain = runInstruction('MatmulNN', { out, a, b, m, n, k })
  const small = runInstruction('MatmulSmall', { out, a, b, m, n, k, aRow: 4 * k, aStep: 4, bStep: 4 * n })
  const transposed = Float32Array.from(
    { length: m * k },
    (_, index) => a[(index % m) * k + Math.floor(index / m)]!,
  )
  const strides = { aRow: 4, aStep: 4 * m, bStep: 4 * n }
  expect(runInstruction('MatmulSmall', { out, a: transposed, b, m, n, k, ...strides })).toEqual(small)
  for (const [index, value] of small.entries()) expect(value).toBeCloseTo(plain[index]!, 3)
})

test('a product over nothing is the bias', () => {
  expect([
    ...runInstruction('MatmulNN', {
      out: new Float32Array(2),
      a: Float32Array.of(0),
      b: Float32Array.of(0),
      m: 1,
      n: 2,
      k: 0,
      bias: Float32Array.of(3, 4),
    }),
  ]).toEqual([3, 4])
})
