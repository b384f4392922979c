// Checks every function of one number against float64 over the whole range of float32, and at special values.
import { describe, expect, test } from 'vitest'
import { ofOne } from '../src/graph/op.js'
import { evaluateReference } from '../src/graph/reference.js'
import { evaluate, input, type Op, ops, sum, variable, where } from '../src/index.js'
import { ulps } from './sampling.js'

// Every 10,007th bit pattern, a prime, so that all exponents and many mantissas come by; NaN and infinities too.
const stride = 10_007
const sample = (() => {
  const special = [0, -0, Infinity, -Infinity, Number.NaN, 1, -1, 1e-45, -1e-45, 3.4e38, -3.4e38]
  const bits = new Uint32Array(Math.ceil(2 ** 32 / stride) + special.length)
  for (let index = 0; index < bits.length; index++) bits[index] = index * stride
  const numbers = new Float32Array(bits.buffer)
  numbers.set(special, numbers.length - special.length)
  return numbers
})()

const functions = (Object.values(ops) as unknown as Op<['x']>[])
  .filter(({ definition }) => (definition.shape as unknown) === ofOne.shape)
  .map((op) => ({ name: op.name, op }))

describe('from −∞ to ∞ and for NaN it is within its error budget of float64', () => {
  test.each(functions)('$name', ({ op }) => {
    const x = input([sample.length], { name: 'x' })
    const y = op(x)
    const expected = evaluateReference([y], new Map([[x, Float64Array.from(sample)]])).get(y)!
    const found = evaluate([y], new Map([[x, sample]]))[0]!
    let worst = { error: 0, x: 0, found: 0, expected: 0 }
    for (const [index, value] of found.entries()) {
      const error = ulps(value, expected[index]!)
      if (error > worst.error) worst = { error, x: sample[index]!, found: value, expected: expected[index]! }
    }
    expect(worst.error, `at x = ${worst.x}: ${worst.found} for ${worst.expected}`).toBeLessThanOrEqual(
      op.definition.ulp as number,
    )
  })
})

test('functions that return truth values accept NaN; every other function returns NaN for it', () => {
  const x = input([1])
  const giving = functions.filter(
    ({ op }) => !Number.isNaN(evaluate([op(x)], new Map([[x, [Number.NaN]]]))[0]![0]!),
  )
  expect(giving.map(({ name }) => name)).toEqual(['logicalNot'])
})

test('truth values are taken as 1 and 0, alone and in nested arrays', () => {
  expect(where([[true, false]], variable([[1, 2]]), [[3, 4]]).toArray()).toEqual([[1, 4]])
  expect(sum([true, false, true]).add(true).item()).toBe(3)
  expect(() => sum([true, '1'] as never)).toThrow('sum, input x: expects numbers, found string')
})
