// Split, joined, gathered and scattered tensors, in programs and training steps.
import { expect, test } from 'vitest'
import * as bp from '../src/index.js'

const matrix = () =>
  bp.variable([
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ])

test('equal parts and parts of given sizes join to the original', () => {
  const x = matrix()
  expect(x.split(2, 1).map((part) => part.toArray())).toEqual([
    [
      [1, 2],
      [5, 6],
    ],
    [
      [3, 4],
      [7, 8],
    ],
  ])
  expect(bp.concat(x.split([1, 0, 3], -1), 1).toArray()).toEqual(x.toArray())
  expect(x.split(2).map(({ shape }) => shape)).toEqual([
    [1, 4],
    [1, 4],
  ])
})

test('each part passes its derivative to its own slice', () => {
  const x = matrix()
  const [left, right] = x.split([1, 3], 1)
  const [dx] = bp.gradients(left!.sum().mul(10).add(right!.square().sum()), [x])
  expect(dx!.toArray()).toEqual([
    [10, 4, 6, 8],
    [10, 12, 14, 16],
  ])
})

test.each([3, 0, 1.5, [1, 2], [5, -1]])('a split of four into %j is refused', (parts) => {
  expect(() => matrix().split(parts, 1)).toThrow(
    /^split: (axis 1 of x, which is 2×4, cannot be split into .*(equal parts|parts of)|parts\[1\] must be an integer)/,
  )
})

test('gradients of repeated embedding rows are added in the order of the indices', () => {
  // In float32 1e8 + 1 is 1e8, so that another order would give another sum.
  const table = bp.variable([[0], [0]])
  const upstream = bp.variable([[1], [1e8], [-1e8], [1]])
  const [gradient] = bp.gradients(bp.embedding(table, [1, 1, 1, 1]), [table], upstream)
  expect(gradient!.toArray()).toEqual([[0], [1]])
})

test('an index out of range stops a training step, which names the operation and goes on with right ones', () => {
  const table = bp.variable([[1], [2], [3]])
  const ids = bp.input([2], { name: 'ids' })
  const loss = bp.scope('words', () => bp.embedding(table, ids).square().mean())
  const step = bp.compileStep({ inputs: { ids }, loss, optimizer: bp.sgd({ learningRate: 0.1 }) })
  expect(() => step.run(1, { ids: [0, 3] })).toThrow(
    'embedding: indices[1] is 3, which must be an integer in [0, 3); correct the indices, or make what they index larger (in embedding "words/embedding" of shape [2, 1])',
  )
  expect([...table.values]).toEqual([1, 2, 3])
  expect([...step.run(1, { ids: [0, 2] })]).toEqual([5])
  expect(table.values[2]).toBeCloseTo(2.7, 6)
})

test('an einsum is the matrix products that its letters say', () => {
  const q = bp.variable(
    Float64Array.from({ length: 24 }, (_, at) => Math.sin(at)),
    { shape: [2, 3, 4], dtype: 'f64' },
  )
  const k = bp.variable(
    Float64Array.from({ length: 40 }, (_, at) => Math.cos(at)),
    { shape: [2, 5, 4], dtype: 'f64' },
  )
  const scores = bp.einsum([q, k], 'bqd, bkd -> bqk').data()
  const products = bp.matmul(q, k, { transposeB: true }).data()
  for (const [at, score] of scores.entries()) expect(score).toBeCloseTo(products[at]!, 13)
})
