// Products of two vectors.
import { ShapeError } from '../errors.js'
import { type Op, op } from '../op.js'
import { uniform } from '../sample.js'
import { describeShape, type Shape } from '../shape.js'
import { mul } from './arithmetic.js'
import { sum } from './reductions.js'
import { expandDims } from './shape.js'

type Pair = ['a', 'b']

/** Scalar product of two vectors of the same length; 0 of nothing. */
export const dot: Op<Pair> = op('dot', {
  inputs: ['a', 'b'],
  summary: 'Scalar product of two vectors of the same length; 0 of nothing.',
  symbol: '·',
  formula: 'y = Σᵢ aᵢ · bᵢ',
  shape: ({ a, b }) => {
    if (a.length !== 1 || b.length !== 1 || a[0] !== b[0])
      throw new ShapeError(
        `dot: a is ${describeShape(a)}, b is ${describeShape(b)}; both must be vectors of the same length. For matrices there is matmul`,
      )
    return []
  },
  vjp: {
    a: { formula: 'ā = ȳ · b', rule: ({ b, dy }) => mul(dy, b) },
    b: { formula: 'b̄ = ȳ · a', rule: ({ a, dy }) => mul(dy, a) },
  },
  decompose: ({ a, b }) => sum(mul(a, b)),
  reference: ([a, b]) => Float64Array.of(a!.data.reduce((total, value, i) => total + value * b!.data[i]!, 0)),
  onnx: null,
  ulp: ({ a }) => 2 * a[0]!,
  sample: {
    domains: { a: uniform(0.2, 2), b: uniform(0.2, 2) },
    cases: [0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 129].map((n) => ({ shapes: { a: [n], b: [n] } })),
  },
})

const pairs: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 5],
  [5, 1],
  [2, 3],
  [3, 4],
  [4, 3],
  [4, 8],
  [7, 9],
  [9, 7],
  [0, 3],
  [3, 0],
  [17, 5],
]

/** Matrix of all products of a number of `a` and a number of `b`. */
export const outer: Op<Pair> = op('outer', {
  inputs: ['a', 'b'],
  summary: 'Matrix of all products of a number of a and a number of b.',
  symbol: '⊗',
  formula: 'y[i, j] = a[i] · b[j]',
  shape: ({ a, b }) => {
    if (a.length !== 1 || b.length !== 1)
      throw new ShapeError(
        `outer: a is ${describeShape(a)}, b is ${describeShape(b)}; both must be vectors. Flatten them with reshape(x, [-1])`,
      )
    return [a[0]!, b[0]!]
  },
  vjp: {
    a: { formula: 'āᵢ = Σⱼ ȳ[i, j] · b[j]', rule: ({ b, dy }) => sum(mul(dy, b), 1) },
    b: { formula: 'b̄ⱼ = Σᵢ ȳ[i, j] · a[i]', rule: ({ a, dy }) => sum(mul(dy, expandDims(a, 1)), 0) },
  },
  decompose: ({ a, b }) => mul(expandDims(a, 1), b),
  reference: ([a, b], [rows, columns]) =>
    Float64Array.from(
      { length: rows! * columns! },
      (_, index) => a!.data[Math.floor(index / columns!)]! * b!.data[index % columns!]!,
    ),
  onnx: null,
  ulp: 1,
  sample: {
    domains: { a: uniform(-2, 2), b: uniform(-2, 2) },
    cases: pairs.map(([m, n]) => ({ shapes: { a: [m] as Shape, b: [n] as Shape } })),
  },
})
