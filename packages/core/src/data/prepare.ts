// Prepares a table for training: encoding, standardization, and a validation split.
import { check, checkOptions, checkSeed, checkShare, checkText, listOf } from '../checks/check-options.js'
import { DataError } from '../checks/errors.js'
import { didYouMean } from '../checks/nearest.js'
import { type Categories, type Content, isFilled, readColumns } from './column.js'
import type { Dataset } from './dataset.js'
import { countCategories, standard } from './scaling.js'
import { splitRows } from './split.js'
import { type Column, quote, type Table } from './table.js'

/** Options of `prepare`. */
export interface PrepareOptions {
  /** Name of the column to predict. */
  readonly target: string
  /** Fraction of the rows to hold out for validation, in [0, 1). */
  readonly validationSplit: number
  /** Seed of the split. */
  readonly seed: number
}

/** How an input column was encoded. */
export type PreparedColumn = {
  readonly name: string
  /** Number of empty cells, validation rows included. */
  readonly missing: number
} & (
  | {
      readonly kind: 'numbers'
      /** Mean of the training rows, which was subtracted, and which replaces empty cells. */
      readonly mean: number
      /** Standard deviation of the training rows, by which numbers were divided; 1 where they are constant. */
      readonly standardDeviation: number
    }
  | {
      readonly kind: 'categories'
      /** The texts of the training rows, each of which became an input that is 0 or 1. */
      readonly categories: readonly string[]
      /** The most frequent category, which replaces empty cells. */
      readonly mostFrequent: string
    }
)

/** The column to predict. */
export type PreparedTarget =
  | {
      readonly task: 'classification'
      readonly name: string
      /** In the order of targets and predictions. */
      readonly classes: readonly string[]
    }
  | {
      readonly task: 'regression'
      readonly name: string
      /** A prediction p means `mean + standardDeviation * p`. */
      readonly mean: number
      readonly standardDeviation: number
    }

/** A table prepared for training. */
export interface Prepared {
  readonly target: PreparedTarget
  readonly columns: readonly PreparedColumn[]
  readonly training: Dataset
  /** The rows held out for validation, or `null` with a `validationSplit` of 0. */
  readonly validation: Dataset | null
  /** Number of rows left out because their target is empty. */
  readonly withoutTarget: number
}

/** A numeric target with at most this many distinct integers is taken for class indices. */
const mostNumberedClasses = 20

/**
 * Prepares a table for training. Numbers are standardized to mean 0 and variance 1, categories are one-hot encoded,
 * and empty cells become the mean or the most frequent category: all statistics are of the training rows, so that
 * nothing leaks from the validation rows. The split is stratified by class.
 *
 * A target is a classification when it is text, or at most 20 distinct integers that occur twice on average; other
 * numbers are a regression, with the target standardized too.
 * @throws DataError when the data is unsuitable.
 */
export function prepare(table: Table, options: PrepareOptions): Prepared {
  const {
    target: name,
    validationSplit,
    seed,
  } = checkOptions('prepare', options, { target: checkText, validationSplit: checkShare, seed: checkSeed })
  checkTable(table)
  const names = table.columns.map((column) => column.name)
  const targetColumn = table.columns.find((column) => column.name === name)
  if (!targetColumn)
    throw new DataError(
      `no column ${quote(name)} among ${listed(names.map(quote))}${didYouMean(name, names)}`,
    )
  if (names.length === 1)
    throw new DataError(`${quote(name)} is the only column; there is nothing to predict it from`)

  const labels = readLabels(readColumns(table, [targetColumn]).next().value!)
  const rows = [...Array(targetColumn.cells.length).keys()].filter((row) => isFilled(labels, row))
  const groups = labels.kind === 'numbers' ? [rows] : groupsOf(labels.places, rows)
  const first = labels.kind === 'numbers' ? labels.values[rows[0]!]! : labels.texts[labels.places[rows[0]!]!]!
  if (labels.kind === 'numbers' ? rows.every((row) => labels.values[row] === first) : groups.length === 1)
    throw new DataError(
      `column ${quote(name)} is ${quote(first)} in every row; the target must have different values`,
    )
  const { kept, held } = splitRows(groups, { validationSplit, seed })
  const tooFew = kept.length < 2 || (validationSplit > 0 && held.length === 0)
  const inputColumns = table.columns.filter((column) => column !== targetColumn)
  const columns: Encoded<PreparedColumn>[] = []
  // One at a time, so that few are held in float64. Errors in cells are reported first.
  for (const content of readColumns(table, inputColumns))
    if (!tooFew) columns.push(encodeColumn(inputColumns[columns.length]!.name, content, kept))
  if (tooFew)
    throw new DataError(
      `${rows.length} rows with a target are too few to hold out ${validationSplit} of them; provide more rows, or hold out ${validationSplit > 0 ? 'none' : 'fewer'}`,
    )
  const target = encodeTarget(name, labels, kept)
  const dataset = (rows: readonly number[]): Dataset => ({
    rows: rows.length,
    ...fill('input', columns, rows),
    ...fill('target', [target], rows),
  })
  return {
    target: target.description,
    columns: columns.map(({ description }) => description),
    training: dataset(kept),
    validation: validationSplit > 0 ? dataset(held) : null,
    withoutTarget: targetColumn.cells.length - rows.length,
  }
}

const checkColumns = listOf(
  check<Column>('a column, { name, cells }', (value) => {
    const { name, cells } = Object(value)
    return typeof name === 'string' && typeof cells?.at === 'function' && Number.isInteger(cells.length)
  }),
)

function checkTable(table: Table): void {
  const columns = checkColumns('prepare', 'table.columns', table?.columns)
  const rows = columns[0]?.cells.length ?? 0
  if (rows === 0) throw new DataError('the table has no rows')
  const seen = new Set<string>()
  for (const { name, cells } of columns) {
    if (seen.has(name)) throw new DataError(`duplicate column name ${quote(name)}; names must be unique`)
    seen.add(name)
    if (cells.length !== rows)
      throw new DataError(
        `columns must have the same length; ${quote(columns[0]!.name)} has ${rows} cells, ${quote(name)} has ${cells.length}`,
      )
  }
}

/** The first forty, to keep messages readable. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 40).join(', ')
  return names.length > 40 ? `${shown} and ${names.length - 40} more` : shown
}

/** The cells of the target, with class indices as categories. */
function readLabels(content: Content): Content {
  if (content.kind === 'categories') return content
  const { values } = content
  const places = new Int8Array(values.length).fill(-1)
  const classes = new Map<number, number>()
  let filled = 0
  for (const [row, value] of values.entries()) {
    if (Number.isNaN(value)) continue
    const place = classes.get(value) ?? classes.size
    if (place === mostNumberedClasses || !Number.isInteger(value)) return content
    classes.set(value, place)
    places[row] = place
    filled++
  }
  if (classes.size * 2 > filled) return content
  return { kind: 'categories', texts: Array.from(classes.keys(), String), places }
}

/** Rows grouped by content, in order of appearance. */
function groupsOf(places: Int8Array, rows: readonly number[]): number[][] {
  const groups = new Map<number, number[]>()
  for (const row of rows) {
    const group = groups.get(places[row]!)
    if (group) group.push(row)
    else groups.set(places[row]!, [row])
  }
  return [...groups.values()]
}

/** A column that writes `width` numbers into a row. */
interface Encoded<Description> {
  readonly description: Description
  readonly width: number
  readonly write: (row: number, out: Float32Array, at: number) => void
}

function encodeColumn(name: string, content: Content, training: readonly number[]): Encoded<PreparedColumn> {
  const missing = countEmpty(content)
  const known = missing === 0 ? training : training.filter((row) => isFilled(content, row))
  if (known.length === 0)
    throw new DataError(
      `column ${quote(name)} is empty in all ${training.length} training rows; remove it, or use another seed`,
    )
  if (content.kind === 'numbers') {
    const { mean, standardDeviation, write } = scaled(content.values, known)
    return { description: { name, missing, kind: 'numbers', mean, standardDeviation }, width: 1, write }
  }
  const { places } = content
  const { categories, mostFrequent, positions } = ranked(content, known)
  const mostFrequentPosition = categories.indexOf(mostFrequent)
  return {
    description: { name, missing, kind: 'categories', categories, mostFrequent },
    width: categories.length,
    write: (row, out, at) => {
      const place = places[row]!
      const position = place < 0 ? mostFrequentPosition : positions[place]!
      // A text that no training row has stays all zeros.
      if (position >= 0) out[at + position] = 1
    },
  }
}

function encodeTarget(name: string, labels: Content, training: readonly number[]): Encoded<PreparedTarget> {
  if (labels.kind === 'numbers') {
    const { mean, standardDeviation, write } = scaled(labels.values, training)
    return { description: { name, task: 'regression', mean, standardDeviation }, width: 1, write }
  }
  const { categories: classes, positions } = ranked(labels, training)
  return {
    description: { name, task: 'classification', classes },
    width: classes.length,
    write: (row, out, at) => {
      out[at + positions[labels.places[row]!]!] = 1
    },
  }
}

function countEmpty(content: Content): number {
  const { length } = content.kind === 'numbers' ? content.values : content.places
  let missing = 0
  for (let row = 0; row < length; row++) if (!isFilled(content, row)) missing++
  return missing
}

/** Numbers standardized by some of the rows, with their mean in empty cells. */
function scaled(values: Float64Array, rows: readonly number[]) {
  const { mean, standardDeviation } = standard(rows.map((row) => values[row]!))
  const numbers = new Float32Array(values.length)
  for (let row = 0; row < numbers.length; row++)
    numbers[row] = Number.isNaN(values[row]) ? 0 : (values[row]! - mean) / standardDeviation
  const write = (row: number, out: Float32Array, at: number) => {
    out[at] = numbers[row]!
  }
  return { mean, standardDeviation, write }
}

/** The categories of some of the rows, and the index of each text of the column among them, or −1. */
function ranked({ texts, places }: Categories, rows: readonly number[]) {
  const { categories, mostFrequent } = countCategories(rows.map((row) => texts[places[row]!]!))
  return { categories, mostFrequent, positions: texts.map((text) => categories.indexOf(text)) }
}

function fill<Prefix extends string>(
  prefix: Prefix,
  columns: readonly Encoded<unknown>[],
  rows: readonly number[],
) {
  const width = columns.reduce((total, column) => total + column.width, 0)
  const numbers = new Float32Array(rows.length * width)
  for (const [index, row] of rows.entries()) {
    let at = index * width
    for (const column of columns) {
      column.write(row, numbers, at)
      at += column.width
    }
  }
  return { [`${prefix}s`]: numbers, [`${prefix}Shape`]: [width] } as {
    [K in `${Prefix}s`]: Float32Array
  } & { [K in `${Prefix}Shape`]: number[] }
}
