// Holds exp, log and their kin against float64 over the whole range of float32.
import { expect, test } from 'vitest'
import { runInstruction } from './run-instruction.js'

// Every 4,099th bit pattern, a prime, so that all exponents and many mantissas come by.
const stride = 4099
const sample = (() => {
  const bits = new Uint32Array(Math.ceil(2 ** 32 / stride))
  for (let index = 0; index < bits.length; index++) bits[index] = index * stride
  return new Float32Array(bits.buffer)
})()

/** Distance in units in the last place of the expected number as a float32; infinity counts as the next. */
function ulps(found: number, expected: number): number {
  if (Number.isNaN(expected)) return Number.isNaN(found) ? 0 : Number.POSITIVE_INFINITY
  const rounded = Math.fround(expected)
  if (found === rounded) return 0
  if (!Number.isFinite(found))
    return Number.isNaN(found) || Math.abs(expected) < 3.4e38 ? Number.POSITIVE_INFINITY : 1
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(expected) || Number.MIN_VALUE)))
  return Math.abs(found - expected) / 2 ** (exponent - 23)
}

const functions = [
  { opcode: 'Exp', truth: Math.exp, budget: 4 },
  { opcode: 'Log', truth: Math.log, budget: 4 },
  { opcode: 'Log1p', truth: Math.log1p, budget: 4 },
  { opcode: 'Tanh', truth: Math.tanh, budget: 4 },
  {
    opcode: 'Sigmoid',
    truth: (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    budget: 4,
  },
  {
    opcode: 'Softplus',
    truth: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    budget: 4,
  },
  { opcode: 'Expm1', truth: Math.expm1, budget: 4 },
  {
    opcode: 'Silu',
    truth: (x: number) => (x === -Infinity ? 0 : x / (1 + Math.exp(-x))),
    budget: 4,
  },
  { opcode: 'Sin', truth: Math.sin, budget: 2 },
  { opcode: 'Cos', truth: Math.cos, budget: 2 },
  { opcode: 'Floor', truth: Math.floor, budget: 0 },
  { opcode: 'Ceil', truth: Math.ceil, budget: 0 },
  { opcode: 'Rsqrt', truth: (x: number) => 1 / Math.sqrt(x), budget: 2 },
  { opcode: 'Sqrt', truth: Math.sqrt, budget: 1 },
  { opcode: 'Reciprocal', truth: (x: number) => 1 / x, budget: 2 },
  { opcode: 'Relu', truth: (x: number) => (Number.isNaN(x) ? x : Math.max(x, 0)), budget: 0 },
  { opcode: 'Abs', truth: Math.abs, budget: 0 },
  { opcode: 'Sign', truth: Math.sign, budget: 0 },
  { opcode: 'Neg', truth: (x: number) => -x, budget: 0 },
] as const

test.each(functions)(
  '$opcode is within its error budget of float64, from −∞ to ∞ and for NaN',
  ({ opcode, truth, budget }) => {
    const size = sample.length
    const found = runInstruction(opcode, { out: new Float32Array(size), x: sample, size })
    let worst = { error: 0, x: 0, found: 0 }
    for (const [index, x] of sample.entries()) {
      const error = ulps(found[index]!, truth(x))
      if (error > worst.error) worst = { error, x, found: found[index]! }
    }
    const { x, found: value, error } = worst
    expect(
      error,
      `${opcode}(${x}) is ${value}; expected ${truth(x)} within ${budget} units in the last place`,
    ).toBeLessThanOrEqual(budget)
  },
)

test('special values come out as IEEE 754 says', () => {
  const x = Float32Array.of(0, -0, Infinity, -Infinity, NaN, 1, -1, 1e-45, 3.4e38)
  const run = (opcode: 'Exp' | 'Log' | 'Tanh' | 'Sigmoid') => [
    ...runInstruction(opcode, { out: new Float32Array(x.length), x, size: x.length }),
  ]
  expect(run('Exp').slice(0, 5)).toEqual([1, 1, Infinity, 0, NaN])
  expect(run('Log').slice(0, 5)).toEqual([-Infinity, -Infinity, Infinity, NaN, NaN])
  expect(run('Tanh').slice(0, 5)).toEqual([0, -0, 1, -1, NaN])
  expect(run('Sigmoid').slice(0, 5)).toEqual([0.5, 0.5, 1, 0, NaN])
  expect(run('Sigmoid')[8]).toBe(1)
})
