// Attention over several blocks of queries, behind a causal mask, and of large scores.
import { describe, expect, test } from 'vitest'
import { buffersOf } from '../src/compile/instruction.js'
import { plan } from '../src/compile/plan.js'
import { evaluateReference } from '../src/graph/reference.js'
import {
  evaluate,
  gradients,
  scaledDotProductAttention,
  type Tensor,
  type Variable,
  variable,
} from '../src/index.js'
import { draw, generator } from './sampling.js'

const next = generator(5)
const random = (...shape: number[]) => {
  const size = shape.reduce((a, b) => a * b, 1)
  return variable(Float32Array.from(draw({ low: -1, high: 1 }, size, next)), { shape })
}
const worst = (tensors: Tensor[]) => {
  const expected = evaluateReference(tensors)
  return Math.max(
    ...evaluate(tensors).flatMap((found, index) =>
      Array.from(found, (value, at) => Math.abs(value - expected.get(tensors[index]!)![at]!)),
    ),
  )
}

describe.each([
  ['one block', 32, 32],
  ['two blocks, the second short', 45, 45],
  ['three blocks, more keys than queries', 70, 90],
  ['three blocks, fewer keys than queries', 90, 37],
])('%s', (_, queries, keys) => {
  test.each([false, true])('agrees with float64, forward and backward, causal %s', (causal) => {
    const [q, k, v] = [random(2, queries, 8), random(2, keys, 8), random(2, keys, 5)]
    const y = scaledDotProductAttention(q!, k!, v!, { causal })
    expect(worst([y, ...gradients(y.mul(y).sum(), [q!, k!, v!])])).toBeLessThan(2e-5)
  })
})

describe.each([1e30, Number.NaN, Number.POSITIVE_INFINITY])('through a causal mask, %s', (special) => {
  const [q, k, v, dy] = [random(40, 9), random(40, 9), random(40, 19), random(40, 19)] as const
  const replaced = (x: Variable, begin: number, end: number) => {
    const width = x.shape[1]!
    return variable(x.values.slice().fill(special, begin * width, end * width), { shape: x.shape })
  }
  const attention = (...[q, k, v]: [Tensor, Tensor, Tensor]) =>
    scaledDotProductAttention(q, k, v, { causal: true })
  const composed: typeof attention = (q, k, v) =>
    scaledDotProductAttention.definition.decompose!({ q, k, v }, attention(q, k, v).attributes)
  const rows = (x: Tensor, begin: number, end: number) => [
    ...x.data().slice(begin * x.shape[1]!, end * x.shape[1]!),
  ]

  test.each([
    ['the kernel', attention],
    ['the decomposition', composed],
  ])('lets no query depend on a later key or value, or the reverse in gradients, by %s', (_, of) => {
    const forward = (k: Variable, v: Variable) => {
      const y = of(q, k, v)
      const [dq] = gradients(y, [q], dy)
      return [y, dq!, gradients(dq!, [q], q)[0]!].map((x) => rows(x, 0, 35))
    }
    expect(forward(replaced(k, 35, 40), replaced(v, 35, 40))).toEqual(forward(k, v))
    const backward = (q: Variable, dy: Variable) =>
      gradients(of(q, k, v), [k, v], dy).map((x) => rows(x, 7, 40))
    expect(backward(replaced(q, 0, 7), replaced(dy, 0, 7))).toEqual(backward(q, dy))
  })
})

test('scores of thousands give weights of 0 and 1, not NaN', () => {
  const q = variable([[100, 0]])
  const k = variable([
    [100, 0],
    [-100, 0],
    [99, 5],
  ])
  const v = variable([[1], [2], [3]])
  const y = scaledDotProductAttention(q, k, v, { scale: 1 })
  expect(y.item()).toBe(1)
  for (const gradient of gradients(y.sum(), [q, k, v]))
    expect([...gradient.data()].every(Number.isFinite)).toBe(true)
})

test('one instruction computes the gradients of queries, keys and values', () => {
  const [q, k, v] = [random(3, 6, 4), random(3, 6, 4), random(3, 6, 4)]
  const y = scaledDotProductAttention(q!, k!, v!, { causal: true })
  const { instructions } = plan(gradients(y.sum(), [q!, k!, v!]))
  expect(instructions.filter(({ opcode }) => opcode === 'AttentionGrad')).toHaveLength(1)
})

test('memory grows with keys, not with queries times keys', () => {
  const [q, k, v] = [random(1024, 4), random(1024, 4), random(1024, 4)]
  const { instructions } = plan([scaledDotProductAttention(q!, k!, v!)])
  const sizes = instructions
    .flatMap((instruction) => buffersOf(instruction, 'in', 'out', 'update'))
    .map(({ size }) => size)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(32 * 1024)
})

test.each([
  [
    'keys of another depth',
    () => scaledDotProductAttention(random(3, 4), random(3, 5), random(3, 2)),
    'scaledDotProductAttention: q is 3×4, k 3×5, v 3×2; they must be [..., queries, d], [..., keys, d] and [..., keys, e] with the same leading dimensions',
  ],
  [
    'no keys',
    () => scaledDotProductAttention(random(3, 4), random(0, 4), random(0, 2)),
    'scaledDotProductAttention: k is 0×4, v 0×2; attention needs at least one key and one value',
  ],
  [
    'a scale',
    () => scaledDotProductAttention(random(3, 4), random(3, 4), random(3, 4), { scale: Number.NaN }),
    'scaledDotProductAttention: scale must be a finite number, got NaN',
  ],
])('%s that does not match is refused', (_, make, message) => {
  expect(make).toThrow(message)
})
