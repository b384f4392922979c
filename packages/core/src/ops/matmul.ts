// Matrix products, of single matrices and of batches.
import { checkFlag } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { lowerMatmul } from '../compile/lowering.js'
import { type Op, op } from '../graph/op.js'
import { forEachStrided } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import {
  broadcastStrides,
  describeShape,
  matrixSides,
  type Shape,
  sizeOf,
  type Transposition,
} from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { add, mul } from './arithmetic.js'
import { sum } from './reductions.js'
import { expandDims, reshape, sumTo } from './shape.js'

const sizes: readonly (readonly [m: number, k: number, n: number])[] = [
  [1, 1, 1],
  [2, 3, 4],
  [3, 4, 5],
  [4, 2, 1],
  [1, 7, 9],
  [5, 8, 16],
  [17, 9, 8],
  [8, 33, 24],
  [0, 3, 2],
  [2, 0, 3],
  [3, 2, 0],
  [33, 18, 29],
]

/** Vectors, and batches of matrices that are broadcast. */
const stacked: readonly (readonly [a: Shape, b: Shape, transposition?: Partial<Transposition>])[] = [
  [[5], [5]],
  [[3], [3, 4]],
  [[4, 3], [3]],
  [[2, 3, 4], [2, 4, 5], {}],
  [[2, 3, 4], [4, 5], {}],
  [[3, 4], [2, 4, 5], {}],
  [[2, 1, 3, 4], [3, 4, 2], {}],
  [[1, 3, 4], [2, 4, 1], {}],
  [[2, 3, 4], [4]],
  [[4], [2, 4, 3]],
  [[0, 3, 4], [4, 5], {}],
  [[2, 3, 0], [2, 0, 5], {}],
  [[2, 4, 3], [2, 4, 5], { transposeA: true }],
  [[2, 3, 4], [2, 5, 4], { transposeB: true }],
  [[2, 4, 3], [2, 5, 4], { transposeA: true, transposeB: true }],
  [[2, 3, 4], [5, 4], { transposeB: true }],
  [[2, 4, 3], [4, 5], { transposeA: true }],
  [[2, 9, 17], [2, 17, 18], {}],
]

/**
 * Matrix product of `a`, …×m×k, and `b`, …×k×n; either may be transposed. Batch dimensions are broadcast; a vector is
 * a row on the left and a column on the right, and the added dimension is removed.
 */
export const matmul: Op<['a', 'b'], Partial<Transposition>, never, 'matmul'> = op('matmul', {
  inputs: ['a', 'b'],
  summary:
    'Matrix product; either side may be transposed, batch dimensions are broadcast, and a vector is a row on the left, a column on the right.',
  symbol: '@',
  formula: 'y[i, j] = Σₖ a[i, k] · b[k, j]',
  attributes: {
    transposeA: 'Whether to transpose a.',
    transposeB: 'Whether to transpose b.',
  },
  prepare: ({ transposeA = false, transposeB = false }: Partial<Transposition>) => ({
    transposeA: checkFlag('matmul', 'transposeA', transposeA),
    transposeB: checkFlag('matmul', 'transposeB', transposeB),
  }),
  shape: ({ a, b }, transposition): Shape => {
    const { batch, m, n } = matrixSides('matmul', a, b, transposition)
    return [...batch, ...(a.length === 1 ? [] : [m]), ...(b.length === 1 ? [] : [n])]
  },
  vjp: {
    a: {
      formula: 'ā = ȳ · bᵀ',
      rule: ({ a, b, dy }, transposition) => {
        const { left, right, upstream, transposeA, transposeB } = matrices(a, b, dy, transposition)
        const product = transposeA
          ? matmul(right, upstream, { transposeA: transposeB, transposeB: true })
          : matmul(upstream, right, { transposeB: !transposeB })
        return reshape(sumTo(product, left.shape), a.shape)
      },
    },
    b: {
      formula: 'b̄ = aᵀ · ȳ',
      rule: ({ a, b, dy }, transposition) => {
        const { left, right, upstream, transposeA, transposeB } = matrices(a, b, dy, transposition)
        // One matrix for a batch: the sum over the batch is part of one product.
        const single = right.rank === 2 && !transposeA
        const rows = single ? asRows(left) : left
        const shares = single ? asRows(upstream) : upstream
        const product = transposeB
          ? matmul(shares, rows, { transposeA: true, transposeB: transposeA })
          : matmul(rows, shares, { transposeA: !transposeA })
        return reshape(sumTo(product, right.shape), b.shape)
      },
    },
  },
  lower: lowerMatmul,
  reference: ([a, b], shape, transposition) => {
    const sides = matrixSides('matmul', a!.shape, b!.shape, transposition)
    const { batch, m, n, k, left, right, transposeA, transposeB } = sides
    const out = new Float64Array(sizeOf(shape))
    const strides = [left, right].map((side) => broadcastStrides(side.slice(0, -2), batch))
    const [aRow, aColumn] = transposeA ? [1, m] : [k, 1]
    const [bRow, bColumn] = transposeB ? [1, k] : [n, 1]
    forEachStrided(batch, strides, (index, [aAt, bAt]) => {
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let total = 0
          let left = aAt! * m * k + i * aRow
          let right = bAt! * k * n + j * bColumn
          for (let p = 0; p < k; p++, left += aColumn, right += bRow)
            total += a!.data[left]! * b!.data[right]!
          out[(index * m + i) * n + j] = total
        }
    })
    return out
  },
  // Twice the dimension that is summed over.
  ulp: ({ a, b }) => 2 * Math.max(1, ...a.slice(-2).filter((size) => b.slice(-2).includes(size))),
  sample: {
    domains: { a: uniform(0.1, 2), b: uniform(0.1, 2) },
    cases: [
      ...sizes.flatMap(([m, k, n]) => [
        { shapes: { a: [m, k], b: [k, n] } },
        { shapes: { a: [m, k], b: [n, k] }, attributes: { transposeB: true } },
        { shapes: { a: [k, m], b: [k, n] }, attributes: { transposeA: true } },
        { shapes: { a: [k, m], b: [n, k] }, attributes: { transposeA: true, transposeB: true } },
      ]),
      ...stacked.map(([a, b, attributes]) => ({ shapes: { a, b }, ...(attributes && { attributes }) })),
    ],
  },
})

/** All rows of a batch of matrices as one matrix. */
function asRows(x: Tensor): Tensor {
  return reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]!])
}

/** Inputs and upstream derivative of a product as matrices, or batches of them. */
function matrices(a: Tensor, b: Tensor, dy: Tensor, transposition: Transposition) {
  const sides = matrixSides('matmul', a.shape, b.shape, transposition)
  return {
    ...sides,
    left: reshape(a, sides.left),
    right: reshape(b, sides.right),
    upstream: reshape(dy, [...sides.batch, sides.m, sides.n]),
  }
}

/** `x · w + bias`, what a dense layer computes: x …×k, w k×n, bias n. */
export const linear: Op<['x', 'w', 'bias']> = op('linear', {
  inputs: ['x', 'w', 'bias'],
  summary: 'Product of rows with a weight matrix, plus a bias: what a dense layer computes.',
  symbol: 'linear',
  formula: 'y[i, j] = Σₖ x[i, k] · w[k, j] + bias[j]',
  shape: ({ x, w, bias }): Shape => {
    const k = x[x.length - 1]
    if (w.length !== 2 || k !== w[0] || bias.length !== 1 || bias[0] !== w[1])
      throw new ShapeError(
        `linear: x is ${describeShape(x)}, w is ${describeShape(w)}, bias is ${describeShape(bias)}; w must be a matrix with as many rows as x has columns, and as many columns as there are biases`,
      )
    return [...x.slice(0, -1), w[1]!]
  },
  vjp: {
    x: { formula: 'x̄ = ȳ · wᵀ', rule: ({ w, dy }) => matmul(dy, w, { transposeB: true }) },
    w: {
      formula: 'w̄ = xᵀ · ȳ',
      rule: ({ x, dy }) => matmul(asRows(x), asRows(dy), { transposeA: true }),
    },
    bias: { formula: 'b̄ = Σᵢ ȳ[i, j]', rule: ({ dy }) => dy },
  },
  decompose: ({ x, w, bias }) => add(matmul(x, w), bias),
  reference: ([x, w, bias], shape) => {
    const [k, n] = w!.shape as [number, number]
    return Float64Array.from({ length: sizeOf(shape) }, (_, index) => {
      const [i, j] = [Math.floor(index / n), index % n]
      let total = 0
      for (let p = 0; p < k; p++) total += x!.data[i * k + p]! * w!.data[p * n + j]!
      return total + bias!.data[j]!
    })
  },
  ulp: ({ w }) => 2 * w[0]! + 2,
  sample: {
    domains: { x: uniform(0.1, 2), w: uniform(0.1, 2), bias: uniform(0.1, 2) },
    cases: [
      { shapes: { x: [1], w: [1, 1], bias: [1] } },
      { shapes: { x: [3], w: [3, 4], bias: [4] } },
      { shapes: { x: [2, 3], w: [3, 4], bias: [4] } },
      { shapes: { x: [0, 3], w: [3, 4], bias: [4] } },
      { shapes: { x: [4, 1], w: [1, 3], bias: [3] } },
      { shapes: { x: [3, 5], w: [5, 1], bias: [1] } },
      { shapes: { x: [2, 3], w: [3, 0], bias: [0] } },
      { shapes: { x: [5, 7], w: [7, 9], bias: [9] } },
      { shapes: { x: [8, 8], w: [8, 8], bias: [8] } },
      { shapes: { x: [2, 3, 4], w: [4, 5], bias: [5] } },
      { shapes: { x: [2, 1, 3, 2], w: [2, 3], bias: [3] } },
      { shapes: { x: [17, 15], w: [15, 18], bias: [18] } },
    ],
  },
})

const ofVectors = (name: string, shapes: { a: Shape; b: Shape }) => {
  const { a, b } = shapes
  if (a.length !== 1 || b.length !== 1)
    throw new ShapeError(
      `${name}: a is ${describeShape(a)} and b is ${describeShape(b)}; both must be vectors; for more dimensions use matmul or einsum`,
    )
}

/** Dot product of two vectors. */
export const dot: Op<['a', 'b']> = op('dot', {
  inputs: ['a', 'b'],
  summary: 'Dot product of two vectors.',
  symbol: '·',
  formula: 'y = Σᵢ a[i] · b[i]',
  shape: ({ a, b }): Shape => {
    ofVectors('dot', { a, b })
    if (a[0] !== b[0])
      throw new ShapeError(
        `dot: a is ${describeShape(a)}, b is ${describeShape(b)}; both must have the same length`,
      )
    return []
  },
  vjp: {
    a: { formula: 'ā = ȳ · b', rule: ({ b, dy }) => mul(dy, b) },
    b: { formula: 'b̄ = ȳ · a', rule: ({ a, dy }) => mul(dy, a) },
  },
  decompose: ({ a, b }) => sum(mul(a, b)),
  reference: ([a, b]) => Float64Array.of(a!.data.reduce((total, value, i) => total + value * b!.data[i]!, 0)),
  ulp: ({ a }) => a[0]! + 1,
  sample: {
    domains: { a: uniform(0.1, 2), b: uniform(0.1, 2) },
    cases: [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 129].map((length) => ({
      shapes: { a: [length], b: [length] },
    })),
  },
})

/** Outer product of two vectors: a matrix. */
export const outer: Op<['a', 'b']> = op('outer', {
  inputs: ['a', 'b'],
  summary: 'Outer product of two vectors: a matrix.',
  symbol: '⊗',
  formula: 'y[i, j] = a[i] · b[j]',
  shape: ({ a, b }): Shape => {
    ofVectors('outer', { a, b })
    return [a[0]!, b[0]!]
  },
  vjp: {
    a: { formula: 'ā[i] = Σⱼ ȳ[i, j] · b[j]', rule: ({ b, dy }) => matmul(dy, b) },
    b: { formula: 'b̄[j] = Σᵢ ȳ[i, j] · a[i]', rule: ({ a, dy }) => matmul(a, dy) },
  },
  decompose: ({ a, b }) => mul(expandDims(a, 1), b),
  reference: ([a, b], [, n]) =>
    Float64Array.from(
      { length: a!.data.length * n! },
      (_, index) => a!.data[Math.floor(index / n!)]! * b!.data[index % n!]!,
    ),
  ulp: 0.5,
  sample: {
    domains: { a: uniform(-2, 2), b: uniform(-2, 2) },
    cases: (
      [
        [1, 1],
        [1, 5],
        [3, 1],
        [3, 4],
        [4, 3],
        [5, 7],
        [0, 3],
        [3, 0],
        [8, 8],
        [9, 2],
        [7, 9],
        [17, 15],
      ] as const
    ).map(([m, n]) => ({ shapes: { a: [m], b: [n] } })),
  },
})
