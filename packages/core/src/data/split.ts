// Splits rows into training and validation.
import {
  check,
  checkFlag,
  checkFraction,
  checkOptions,
  checkSeed,
  checkShare,
  listOf,
  optional,
} from '../checks/check-options.js'
import { DataError } from '../checks/errors.js'
import { listed } from '../layers/named.js'
import { random } from '../numbers/random.js'
import { type Columns, checkDataset, type Dataset, mapColumns } from './dataset.js'

/** Row indices, in order. */
export interface SplitRows {
  readonly kept: number[]
  readonly held: number[]
}

const checkGroups = listOf(
  check<ArrayLike<number>>('row indices', (value) => Array.isArray(value) || ArrayBuffer.isView(value)),
)

/**
 * Holds out a fraction of each group of rows, such as those of a class, such that together they are that fraction of
 * all rows; at least one row of each group is kept. With a `validationSplit` of 0, all are kept.
 */
export function splitRows(
  groups: readonly ArrayLike<number>[],
  options: { readonly validationSplit: number; readonly seed: number },
): SplitRows {
  const { validationSplit, seed } = checkOptions('splitRows', options, {
    validationSplit: checkShare,
    seed: checkSeed,
  })
  const source = random(seed).stream('held back')
  const held: number[] = []
  const kept: number[] = []
  let seen = 0
  for (const [index, group] of checkGroups('splitRows', 'groups', groups).entries()) {
    const order = source.stream(index).permutation(group.length)
    seen += group.length
    // Never a whole group: a class that is not trained on cannot be recognized.
    const count = Math.min(Math.max(Math.round(validationSplit * seen) - held.length, 0), group.length - 1)
    for (const [position, at] of order.entries()) (position < count ? held : kept).push(group[at]!)
  }
  return { kept: kept.sort((a, b) => a - b), held: held.sort((a, b) => a - b) }
}

/** Options of `split`. */
export interface SplitOptions {
  /** Fraction of the rows to hold out for validation, in (0, 1). */
  validationSplit: number
  /** Seed of the split. */
  seed: number
  /** Holds out the same fraction of each class, i.e. of rows with equal targets. */
  stratified?: boolean
}

/**
 * Splits a dataset into training and validation rows, both in their original order.
 * @throws DataError when one of them would be empty.
 */
export function split<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  options: SplitOptions,
): { training: Dataset<I, T>; validation: Dataset<I, T> } {
  checkDataset('split', data)
  return splitChecked(data, options)
}

/** The same for rows that were already checked. */
export function splitChecked<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  options: SplitOptions,
): { training: Dataset<I, T>; validation: Dataset<I, T> } {
  const { validationSplit, seed, stratified } = checkOptions('split', options, {
    validationSplit: checkFraction,
    seed: checkSeed,
    stratified: optional(checkFlag, false),
  })
  const rowOf = (numbers: Float32Array, row: number) => {
    const size = numbers.length / data.rows
    return numbers.subarray(row * size, (row + 1) * size)
  }
  const groups = new Map<string, number[]>()
  const targets = listed<Float32Array>(data.targets)
  for (let row = 0; row < data.rows; row++) {
    const key = stratified ? targets.map(([, numbers]) => rowOf(numbers, row)).join() : ''
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  const { kept, held } = splitRows([...groups.values()], { validationSplit, seed })
  if (held.length === 0)
    throw new DataError(
      `split: ${data.rows} rows${stratified ? ` in ${groups.size} classes` : ''} are too few to hold out ${validationSplit} of them; provide more rows, or hold out more`,
    )
  return { training: pickRows(data, kept), validation: pickRows(data, held) }
}

/** Selects rows of a dataset, in the given order. */
export function pickRows<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  rows: readonly number[],
): Dataset<I, T> {
  return mapColumns(data, rows.length, (numbers, size) => {
    const picked = new Float32Array(rows.length * size)
    for (const [index, row] of rows.entries())
      picked.set(numbers.subarray(row * size, (row + 1) * size), index * size)
    return picked
  })
}
