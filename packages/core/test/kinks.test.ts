// Derivatives at kinks, ties and zeros, as documented and as in PyTorch; and values far from 0.
import { describe, expect, test } from 'vitest'
import { buffersOf } from '../src/compile/instruction.js'
import { plan } from '../src/compile/plan.js'
import * as bp from '../src/index.js'

const { gradients, variable } = bp
const derivative = (f: (x: bp.Tensor) => bp.Tensor, x: readonly number[]) => {
  const at = variable(x)
  return [...gradients(f(at).sum(), [at])[0]!.data()]
}

describe('at a kink', () => {
  test.each<[string, (x: bp.Tensor) => bp.Tensor, number[], number[]]>([
    ['relu', bp.relu, [0], [0]],
    ['abs', bp.abs, [0], [0]],
    ['leakyRelu', (x) => bp.leakyRelu(x, 0.25), [0], [0.25]],
    ['elu', (x) => bp.elu(x, 0.5), [0], [0.5]],
    ['relu6', bp.relu6, [0, 6], [0, 0]],
    ['hardSigmoid', bp.hardSigmoid, [-3, 3], [0, 0]],
    ['hardSwish', bp.hardSwish, [-3, 3], [0, 1]],
    ['clip', (x) => bp.clip(x, { min: -1, max: 1 }), [-1, 1, -2, 2], [1, 1, 0, 0]],
    ['maximum', (x) => bp.maximum(x, 1), [1], [0.5]],
    ['max', bp.max, [2, 1, 2], [0.5, 0, 0.5]],
    ['std', bp.std, [2, 2, 2], [0, 0, 0]],
    ['norm of 0', bp.norm, [0, 0], [0, 0]],
    ['norm, order 1', (x) => bp.norm(x, 1), [0, -2], [0, -1]],
    ['norm, order ∞', (x) => bp.norm(x, Infinity), [-3, 3, 1], [-0.5, 0.5, 0]],
    ['pow 0', (x) => bp.pow(x, 0), [0, 2, -3], [0, 0, 0]],
    ['pow 1', (x) => bp.pow(x, 1), [0, -2], [1, 1]],
    ['pow ½', (x) => bp.pow(x, 0.5), [0, 4], [Infinity, 0.25]],
    ['steps', (x) => bp.floor(x).add(bp.ceil(x)).add(bp.round(x)), [0.5, 2], [0, 0]],
  ])('%s has the documented derivative', (_, f, x, expected) => {
    expect(derivative(f, x).map((value) => value + 0)).toEqual(expected)
  })
})

test.each([
  [[2, 3, 4]],
  [[2, 0, 4]],
  [[0, 3, 0]],
  [[0, 0, 0]],
  [[2, 3, 0, 5, 0.5, 4, 3]],
  [[0, 3, -1, 2, 0.5, 0]],
])('first and second derivatives of the product of %j are correct', (x) => {
  const at = variable(x, { dtype: 'f64' })
  for (const order of [1, 2] as const) expect(bp.checkGradients(bp.prod(at), [at], { order }).ok).toBe(true)
  const others = x.map((_, i) => x.reduce((product, value, j) => (i === j ? product : product * value), 1))
  expect(derivative(bp.prod, x)).toEqual(others)
})

test('second derivatives of the product of n numbers take memory linear in n, and are exact where one is 0', () => {
  const n = 5000
  const zero = 1234
  const numbers = Array.from({ length: n }, (_, i) => (i === zero ? 0 : [1, -1, 2, -0.5][i % 4]!))
  const x = bp.variable(numbers)
  const [first] = gradients(bp.prod(x), [x])
  const [second] = gradients(first!.square().sum(), [x])
  // Of the first derivatives only that at the 0 is not 0: the product of all others.
  const product = numbers.reduce((product, value) => (value === 0 ? product : product * value), 1)
  expect([...second!.data()]).toEqual(numbers.map((value) => (value === 0 ? 0 : (2 * product ** 2) / value)))
  const sizes = plan([second!]).instructions.flatMap((instruction) =>
    buffersOf(instruction, 'in', 'out', 'update').map(({ size }) => size),
  )
  expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(100 * n)
})

test('argmax returns the first of ties and the first NaN, along rows and columns', () => {
  const rows = [
    [1, 5, 2, 5, 0, 5, 1],
    [3, 3, Number.NaN, 9, Number.NaN, 1, 2],
    [-0, 0, -1, 0, -0, -2, -3],
    [Number.NaN, 8, 1, Number.NaN, 2, 3, 4],
    [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    [0, 1, 2, 3, 4, 5, 6],
  ]
  const x = variable(rows)
  expect([...bp.argMax(x, 1).data()]).toEqual([1, 2, 0, 0, 0, 6])
  expect([...bp.argMax(x.transpose(), 0).data()]).toEqual([1, 2, 0, 0, 0, 6])
  expect([...bp.argMin(x, 1).data()]).toEqual([4, 2, 6, 0, 0, 0])
  expect([...bp.argMin(x.transpose(), 0).data()]).toEqual([4, 2, 6, 0, 0, 0])
})

test('the remainder has the sign of the divisor, exactly, however large the quotient', () => {
  const a = variable([7, -7, 7, -7, 1e30, -1])
  expect([...bp.mod(a, [3, 3, -3, -3, 7, Infinity]).data()]).toEqual([
    1,
    2,
    -2,
    -1,
    Math.fround(1e30) % 7,
    Infinity,
  ])
  expect(bp.mod(variable(1), 0).item()).toBeNaN()
  // Of 0 it has the sign of a, whatever stands beside.
  expect([...bp.mod(variable([-0, -6, 0, 1, -0, 1e30]), [1, 3, -2, 0, 2, 0.1]).data()].slice(0, 5)).toEqual([
    -0,
    -0,
    0,
    Number.NaN,
    -0,
  ])
})

test('logSumExp does not overflow, and its gradient is the softmax', () => {
  const x = [10000, 10001, 10002, 10003]
  const total = Math.log(x.reduce((sum, value) => sum + Math.exp(value - 10003), 0))
  expect(Math.abs(bp.logSumExp(variable(x)).item() - (10003 + total))).toBeLessThan(1e-3)
  const shares = derivative(bp.logSumExp, x)
  expect(Math.abs(shares.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-6)
  expect(derivative(bp.logSumExp, [1e10, 0, 1e10])).toEqual([0.5, 0, 0.5])
  expect(bp.logSumExp(variable([-Infinity, -Infinity])).item()).toBe(-Infinity)
  expect(derivative(bp.logSumExp, [-Infinity, -Infinity])).toEqual([0, 0])
  expect(bp.logSumExp(variable([1, Infinity])).item()).toBe(Infinity)
})

test.each<[string, (x: bp.Tensor) => bp.Tensor]>([
  ['gelu', bp.gelu],
  ['gelu, approximated', (x) => bp.gelu(x, 'tanh')],
  ['silu', bp.silu],
  ['mish', bp.mish],
])('%s has no second derivative far from 0', (_, f) => {
  const x = variable([-1e30, -1e10, -1000, 100, 1e10, 3e38])
  const [first] = gradients(f(x).sum(), [x])
  const [second] = gradients(first!.sum(), [x])
  expect([...first!.data()].map((value) => value + 0)).toEqual([0, 0, 0, 1, 1, 1])
  expect([...second!.data()].map((value) => value + 0)).toEqual([0, 0, 0, 0, 0, 0])
})

test('the variance of small differences far from 0 is accurate', () => {
  const x = variable([10000, 10000.5, 10001, 10001.5])
  expect(bp.variance(x).item()).toBe(0.3125)
})

test('losses from logits are finite in value and derivative up to 1e30', () => {
  for (const logit of [-1e30, -1e4, 0, 1e4, 1e30])
    for (const loss of [
      (x: bp.Tensor) => bp.sigmoidCrossEntropyWithLogits(x, bp.broadcastTo(0.5, x.shape)),
      (x: bp.Tensor) => bp.softmaxCrossEntropyWithLogits(x.mul([1, -1]), [0.25, 0.75]),
    ]) {
      const x = variable([logit])
      const y = loss(x).sum()
      expect(Number.isFinite(y.item()) && Number.isFinite(gradients(y, [x])[0]!.item())).toBe(true)
    }
})

test('options that JSON cannot tell apart, 0 and −0, make different nodes', () => {
  const x = variable([-1])
  const [below, above] = bp.evaluate([bp.leakyRelu(x, 0), bp.leakyRelu(x, -0)])
  expect([...below!, ...above!]).toEqual([-0, 0])
})
