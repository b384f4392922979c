// Triangular parts of matrices: one side of a diagonal is kept, the other becomes 0.
import { checkInteger } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { type Op, op } from '../graph/op.js'
import type { Reference } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import { describeShape, type Shape } from '../graph/shape.js'
import { constant, type Tensor } from '../graph/tensor.js'
import { greaterEqual, where } from './comparison.js'
import { expandDims } from './shape.js'

interface Diagonal {
  /** The diagonal: default 0, the main one; positive ones are above it, negative ones below. */
  diagonal?: number
}

const triangle = (name: string) =>
  ({
    inputs: ['x'],
    attributes: { diagonal: 'The diagonal: default 0, the main one; positive ones are above it.' },
    shorthand: 'diagonal',
    prepare: ({ diagonal = 0 }: Diagonal) => ({ diagonal: checkInteger(name, 'diagonal', diagonal) }),
    shape: ({ x }: { x: Shape }) => {
      if (x.length < 2)
        throw new ShapeError(`${name}: x is ${describeShape(x)}; it must have at least two dimensions`)
      return x
    },
    ulp: 0,
    sample: {
      domains: { x: uniform(-3, 3) },
      cases: [
        { shapes: { x: [1, 1] } },
        { shapes: { x: [3, 3] } },
        { shapes: { x: [4, 4] }, attributes: { diagonal: 1 } },
        { shapes: { x: [4, 4] }, attributes: { diagonal: -1 } },
        { shapes: { x: [3, 5] } },
        { shapes: { x: [5, 3] }, attributes: { diagonal: 2 } },
        { shapes: { x: [2, 3, 4] } },
        { shapes: { x: [2, 2, 3, 3] }, attributes: { diagonal: -1 } },
        { shapes: { x: [3, 3] }, attributes: { diagonal: 7 } },
        { shapes: { x: [3, 3] }, attributes: { diagonal: -7 } },
        { shapes: { x: [0, 3] } },
        { shapes: { x: [1, 9] } },
        { shapes: { x: [9, 1] } },
      ] as { shapes: { x: Shape }; attributes?: Diagonal }[],
    },
  }) as const

/** `x` on and below a diagonal of its last two dimensions, 0 above it. */
export const tril: Op<['x'], Diagonal, 'diagonal'> = op('tril', {
  ...triangle('tril'),
  summary: 'The elements on and below a diagonal of the last two dimensions; 0 above it.',
  symbol: '◣',
  formula: 'y[i, j] = x[i, j] where j ≤ i + diagonal, else 0',
  vjp: {
    x: {
      formula: 'x̄[i, j] = ȳ[i, j] where j ≤ i + diagonal, else 0',
      rule: ({ dy }, { diagonal }) => tril(dy, diagonal),
    },
  },
  decompose: ({ x }, { diagonal }) => where(greaterEqual(rowNumbers(x, diagonal), columnNumbers(x)), x, 0),
  reference: keep((row, column, diagonal) => column <= row + diagonal),
})

/** `x` on and above a diagonal of its last two dimensions, 0 below it. */
export const triu: Op<['x'], Diagonal, 'diagonal'> = op('triu', {
  ...triangle('triu'),
  summary: 'The elements on and above a diagonal of the last two dimensions; 0 below it.',
  symbol: '◥',
  formula: 'y[i, j] = x[i, j] where j ≥ i + diagonal, else 0',
  vjp: {
    x: {
      formula: 'x̄[i, j] = ȳ[i, j] where j ≥ i + diagonal, else 0',
      rule: ({ dy }, { diagonal }) => triu(dy, diagonal),
    },
  },
  decompose: ({ x }, { diagonal }) => where(greaterEqual(columnNumbers(x), rowNumbers(x, diagonal)), x, 0),
  reference: keep((row, column, diagonal) => column >= row + diagonal),
})

/** Row indices from `first` on, as a column. */
const rowNumbers = (x: Tensor, first: number) => expandDims(numbers(x.shape[x.rank - 2]!, first), 1)
/** Column indices, as a row. */
const columnNumbers = (x: Tensor) => numbers(x.shape[x.rank - 1]!, 0)
const numbers = (length: number, first: number) =>
  constant(Array.from({ length }, (_, index) => first + index))

function keep(
  inside: (row: number, column: number, diagonal: number) => boolean,
): Reference<{ readonly diagonal: number }> {
  return ([x], shape, { diagonal }) => {
    const columns = shape[shape.length - 1]!
    const rows = shape[shape.length - 2]!
    return x!.data.map((value, index) =>
      inside(Math.floor(index / columns) % rows, index % columns, diagonal) ? value : 0,
    )
  }
}
