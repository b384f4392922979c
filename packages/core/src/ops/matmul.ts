// The matrix product.
import { lowerMatmul } from '../compile/lowering.js'
import { ShapeError } from '../errors.js'
import { type Op, op } from '../op.js'
import { uniform } from '../sample.js'
import { describeShape, type Shape } from '../shape.js'

interface Transposition {
  /** Use the transpose of `a`, without making it. */
  transposeA?: boolean
  /** Use the transpose of `b`, without making it. */
  transposeB?: boolean
}

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

/** Matrix product of `a`, m×k, and `b`, k×n; either may be taken as its transpose. */
export const matmul: Op<['a', 'b'], Transposition, never, 'matmul'> = op('matmul', {
  inputs: ['a', 'b'],
  summary: 'Matrix product; either side may be taken as its transpose.',
  symbol: '@',
  formula: 'y[i, j] = Σₖ a[i, k] · b[k, j]',
  attributes: {
    transposeA: 'Use the transpose of a, without making it.',
    transposeB: 'Use the transpose of b, without making it.',
  },
  prepare: ({ transposeA = false, transposeB = false }: Transposition) => ({ transposeA, transposeB }),
  shape: ({ a, b }, { transposeA, transposeB }): Shape => {
    if (a.length !== 2 || b.length !== 2)
      throw new ShapeError(
        `matmul: a is ${describeShape(a)} and b is ${describeShape(b)}; both must be matrices`,
      )
    const [m, k] = transposeA ? [a[1]!, a[0]!] : [a[0]!, a[1]!]
    const [rows, n] = transposeB ? [b[1]!, b[0]!] : [b[0]!, b[1]!]
    if (rows !== k) {
      const left = `${describeShape(a)}${transposeA ? ' transposed' : ''}`
      throw new ShapeError(
        `matmul: a is ${left}, so b must have ${k} ${transposeB ? 'columns' : 'rows'}; got ${describeShape(b)}`,
      )
    }
    return [m, n]
  },
  vjp: {
    a: {
      formula: 'ā = ȳ · bᵀ',
      rule: ({ b, dy }, { transposeA, transposeB }) =>
        transposeA
          ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
          : matmul(dy, b, { transposeB: !transposeB }),
    },
    b: {
      formula: 'b̄ = aᵀ · ȳ',
      rule: ({ a, dy }, { transposeA, transposeB }) =>
        transposeB
          ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
          : matmul(a, dy, { transposeA: !transposeA }),
    },
  },
  lower: lowerMatmul,
  reference: ([a, b], [m, n], { transposeA, transposeB }) => {
    const k = a!.shape[transposeA ? 0 : 1]!
    const out = new Float64Array(m! * n!)
    for (let i = 0; i < m!; i++)
      for (let j = 0; j < n!; j++) {
        let total = 0
        for (let p = 0; p < k; p++)
          total +=
            a!.data[transposeA ? p * m! + i : i * k + p]! * b!.data[transposeB ? j * k + p : p * n! + j]!
        out[i * n! + j] = total
      }
    return out
  },
  onnx: 'MatMul',
  ulp: ({ a, b }) => 2 * Math.max(...a, ...b, 1),
  sample: {
    domains: { a: uniform(0.1, 2), b: uniform(0.1, 2) },
    cases: sizes.flatMap(([m, k, n]) => [
      { shapes: { a: [m, k], b: [k, n] } },
      { shapes: { a: [m, k], b: [n, k] }, attributes: { transposeB: true } },
      { shapes: { a: [k, m], b: [k, n] }, attributes: { transposeA: true } },
      { shapes: { a: [k, m], b: [n, k] }, attributes: { transposeA: true, transposeB: true } },
    ]),
  },
})
