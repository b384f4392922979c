// Rows that are trained on, and rows that are held back to judge by.
import { checkFlag, checkFraction, checkOptions, checkSeed, optional } from '../checks/check-options.js'
import { DataError } from '../checks/errors.js'
import { listed } from '../layers/named.js'
import { type Random, random } from '../numbers/random.js'
import { type Columns, checkDataset, type Dataset, mapColumns } from './dataset.js'

/** Rows by number, in order. */
export interface SplitRows {
  readonly kept: number[]
  readonly held: number[]
}

/** Holds back a share of each group of rows, so that together they are as many as the share of all rows. */
export function splitGroups(
  groups: readonly (readonly number[])[],
  validationSplit: number,
  source: Random,
): SplitRows {
  const held: number[] = []
  const kept: number[] = []
  let seen = 0
  for (const [index, group] of groups.entries()) {
    const order = source.stream(index).permutation(group.length)
    seen += group.length
    // Never a whole group: what is not trained on cannot be recognised.
    const count = Math.min(Math.max(Math.round(validationSplit * seen) - held.length, 0), group.length - 1)
    for (const [position, at] of order.entries()) (position < count ? held : kept).push(group[at]!)
  }
  return { kept: kept.sort((a, b) => a - b), held: held.sort((a, b) => a - b) }
}

/** How much to hold back, and with which seed. */
export interface SplitOptions {
  /** Share of the rows that is not trained on, above 0 and below 1. */
  validationSplit: number
  /** Decides which rows are held back. */
  seed: number
  /** Holds back the same share of each class: of rows whose targets are the same. */
  stratified?: boolean
}

/**
 * Two sets of the rows of one, both in their order.
 * @throws DataError when one of the two would be empty.
 */
export function split<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  options: SplitOptions,
): { training: Dataset<I, T>; validation: Dataset<I, T> } {
  checkDataset('split', data)
  return splitChecked(data, options)
}

/** The same for rows that were checked. */
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
  const { kept, held } = splitGroups([...groups.values()], validationSplit, random(seed).stream('held back'))
  if (held.length === 0)
    throw new DataError(
      `split: ${data.rows} rows${stratified ? ` in ${groups.size} classes` : ''} are too few to hold back ${validationSplit} of them; give more rows, or hold back more`,
    )
  return { training: pickRows(data, kept), validation: pickRows(data, held) }
}

/** A set of some rows of another, in the order given. */
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
