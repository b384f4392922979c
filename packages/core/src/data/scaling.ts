// Transforms that are fitted to training rows and applied to any: scalers, imputer, one-hot encoder.
import { check, checkCount, checkNumbers, listOf } from '../checks/check-options.js'
import { DataError } from '../checks/errors.js'

/** Scales each column. Rows are flat, one after the other. */
export interface Scaler {
  /** What is subtracted from each column, and what it is then divided by. */
  readonly offsets: readonly number[]
  readonly divisors: readonly number[]
  apply(rows: ArrayLike<number>): Float32Array
  /** The inverse of `apply`. */
  invert(rows: ArrayLike<number>): Float32Array
}

/** Scales to mean 0 and variance 1. Fit it to the training rows, and apply it to all. */
export function standardizer(training: ArrayLike<number>, columns: number): Scaler {
  return scaler(
    finiteColumnsOf('standardizer', training, columns).map((values) => {
      const { mean, standardDeviation } = standard(values)
      return [mean, standardDeviation]
    }),
  )
}

/** Scales the training rows to [0, 1]; others may lie outside. */
export function normalizer(training: ArrayLike<number>, columns: number): Scaler {
  return scaler(
    finiteColumnsOf('normalizer', training, columns).map((values) => {
      const [least, most] = values.reduce(
        ([a, b], v) => [Math.min(a!, v), Math.max(b!, v)],
        [Infinity, -Infinity],
      )
      return [least!, most! - least! || 1]
    }),
  )
}

function scaler(found: readonly (readonly [offset: number, divisor: number])[]): Scaler {
  const offsets = found.map(([offset]) => offset)
  const divisors = found.map(([, divisor]) => divisor)
  const columns = found.length
  return {
    offsets,
    divisors,
    apply: (rows) =>
      mapped('apply', rows, columns, (value, column) => (value - offsets[column]!) / divisors[column]!),
    invert: (rows) =>
      mapped('invert', rows, columns, (value, column) => value * divisors[column]! + offsets[column]!),
  }
}

/** Ten times as fast as `Float32Array.from` with a function. */
function mapped(
  caller: string,
  rows: ArrayLike<number>,
  columns: number,
  change: (value: number, column: number) => number,
): Float32Array {
  checkRows(caller, rows, columns)
  const out = new Float32Array(rows.length)
  for (let at = 0; at < out.length; at++) out[at] = change(rows[at]!, at % columns)
  return out
}

function checkRows(caller: string, rows: ArrayLike<number>, columns: number): void {
  checkNumbers(caller, 'rows', rows)
  if (rows.length % columns !== 0)
    throw new DataError(`${caller}: ${rows.length} numbers are not a multiple of ${columns} columns`)
}

/** Replaces missing values, NaN, with the mean of the column in the training rows. */
export function imputer(
  training: ArrayLike<number>,
  columns: number,
): { readonly fillings: readonly number[]; apply(rows: ArrayLike<number>): Float32Array } {
  const fillings = columnsOf('imputer', training, columns).map((values, column) => {
    const known = values.filter((value) => !Number.isNaN(value))
    if (known.length === 0)
      throw new DataError(`imputer: column ${column} has no number in any row; leave it out`)
    return standard(known).mean
  })
  return {
    fillings,
    apply: (rows) =>
      mapped('apply', rows, columns, (value, column) => (Number.isNaN(value) ? fillings[column]! : value)),
  }
}

/** One-hot encodes labels, with the classes of the training labels. `apply` throws DataError for any other label. */
export function oneHotEncoder(training: readonly (string | number)[]): {
  /** In the order of the encoding. */
  readonly classes: readonly string[]
  apply(labels: readonly (string | number)[]): Float32Array
} {
  checkLabels('oneHotEncoder', 'training', training)
  if (training.length === 0) throw new DataError('oneHotEncoder: there are no labels')
  const classes = classesOf(training.map(String))
  const positions = positionsOf(classes)
  return {
    classes,
    apply(labels) {
      checkLabels('apply', 'labels', labels)
      const out = new Float32Array(labels.length * classes.length)
      for (const [row, label] of labels.entries()) {
        const position = positions.get(String(label))
        if (position === undefined)
          throw new DataError(
            `oneHotEncoder: "${label}" is not one of the classes ${classes.slice(0, 40).join(', ')}`,
          )
        out[row * classes.length + position] = 1
      }
      return out
    },
  }
}

const checkLabels = listOf(
  check<string | number>(
    'a string or a number',
    (value) => typeof value === 'string' || typeof value === 'number',
  ),
)

function columnsOf(caller: string, rows: ArrayLike<number>, columns: number): number[][] {
  checkCount(caller, 'columns', columns)
  checkRows(caller, rows, columns)
  if (rows.length === 0) throw new DataError(`${caller}: there are no rows`)
  const values = Array.from({ length: columns }, (): number[] => [])
  for (let at = 0; at < rows.length; at++) values[at % columns]!.push(rows[at]!)
  return values
}

function finiteColumnsOf(caller: string, rows: ArrayLike<number>, columns: number): number[][] {
  const values = columnsOf(caller, rows, columns)
  for (let at = 0; at < rows.length; at++)
    if (!Number.isFinite(rows[at]))
      throw new DataError(
        `${caller}: row ${Math.floor(at / columns)} has ${rows[at]} in column ${at % columns}; impute it, e.g. with imputer, or drop the row`,
      )
  return values
}

/** Mean and standard deviation; 1 in place of a standard deviation of 0, so that it can be divided by. */
function standard(values: ArrayLike<number>): { mean: number; standardDeviation: number } {
  const { length } = values
  let [mean, variance, equal] = [0, 0, true]
  for (let at = 0; at < length; at++) {
    mean += values[at]! / length
    equal &&= values[at] === values[0]
  }
  // Exact: the rounded mean of equal numbers may differ from them, which would count as variance.
  if (equal) return { mean: values[0]!, standardDeviation: 1 }
  for (let at = 0; at < length; at++) variance += (values[at]! - mean) ** 2 / length
  return { mean, standardDeviation: Math.sqrt(variance) || 1 }
}

/** The distinct texts, numbers sorted by value before other texts. */
function classesOf(values: Iterable<string>): string[] {
  return [...new Set(values)].sort(
    (a, b) => Number(Number.isNaN(+a)) - Number(Number.isNaN(+b)) || +a - +b || (a < b ? -1 : 1),
  )
}

/** The index of each name. */
function positionsOf(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, position) => [name, position]))
}
