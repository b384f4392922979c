// From a table to rows that a network can be trained on, and rows held back to test it.
import { check, checkOptions, checkSeed, checkShare, checkText, listOf } from '../checks/check-options.js'
import { DataError } from '../checks/errors.js'
import { didYouMean } from '../checks/nearest.js'
import { random } from '../numbers/random.js'
import { type Categories, type Content, isFilled, readColumns } from './column.js'
import type { Dataset } from './dataset.js'
import { countCategories, standard } from './scaling.js'
import { splitGroups } from './split.js'
import { type Column, quote, type Table } from './table.js'

/** Which column to learn, and how to treat the others. */
export interface PrepareOptions {
  /** Name of the column to predict. */
  readonly target: string
  /** Share of the rows that is not trained on, from 0 up to but without 1. */
  readonly validationSplit: number
  /** Decides which rows are held back. */
  readonly seed: number
}

/** What became of an input column. */
export type PreparedColumn = {
  readonly name: string
  /** How many cells were empty, held-back rows included. */
  readonly missing: number
} & (
  | {
      readonly kind: 'numbers'
      /** Of the training rows: what was subtracted, and what empty cells became. */
      readonly mean: number
      /** Of the training rows: what the numbers were divided by, 1 where they are all the same. */
      readonly standardDeviation: number
    }
  | {
      readonly kind: 'categories'
      /** The texts of the training rows, each of which became an input of 0 or 1. */
      readonly categories: readonly string[]
      /** The most frequent one, which empty cells became. */
      readonly mostFrequent: string
    }
)

/** What is to be predicted. */
export type PreparedTarget =
  | {
      readonly task: 'classification'
      readonly name: string
      /** In the order in which targets and predictions hold them. */
      readonly classes: readonly string[]
    }
  | {
      readonly task: 'regression'
      readonly name: string
      /** A prediction p means `mean + standardDeviation * p`. */
      readonly mean: number
      readonly standardDeviation: number
    }

/** A table made ready for training. */
export interface Prepared {
  readonly target: PreparedTarget
  readonly columns: readonly PreparedColumn[]
  readonly training: Dataset
  /** The rows that were held back, or `null` when none were to be. */
  readonly validation: Dataset | null
  /** Rows that were left out since their target is empty. */
  readonly withoutTarget: number
}

/** A numeric target of so few whole numbers is taken for numbered classes. */
const mostNumberedClasses = 20

/**
 * Makes training rows of a table. Numbers are standardised to mean 0 and variance 1, categories become an input
 * each (one-hot), empty cells the mean or the most frequent category: all as found in the training rows alone,
 * so that nothing of the held-back rows leaks into training. The split is stratified by class.
 *
 * A target is classified when it is text, or at most 20 different whole numbers that come up twice on average;
 * other numbers are a regression, with the target standardised too.
 * @throws DataError when the data does not fit.
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
      `there is no column ${quote(name)} among ${listed(names.map(quote))}${didYouMean(name, names)}`,
    )
  if (names.length === 1)
    throw new DataError(`${quote(name)} is the only column; there is nothing to predict it from`)

  const labels = readLabels(readColumns(table, [targetColumn]).next().value!)
  const rows = [...Array(targetColumn.cells.length).keys()].filter((row) => isFilled(labels, row))
  const groups = labels.kind === 'numbers' ? [rows] : groupsOf(labels.places, rows)
  const first = labels.kind === 'numbers' ? labels.values[rows[0]!]! : labels.texts[labels.places[rows[0]!]!]!
  if (labels.kind === 'numbers' ? rows.every((row) => labels.values[row] === first) : groups.length === 1)
    throw new DataError(
      `column ${quote(name)} is ${quote(first)} in every row; to learn from, the target needs different values`,
    )
  const { kept, held } = splitGroups(groups, validationSplit, random(seed).stream('held back'))
  const tooFew = kept.length < 2 || (validationSplit > 0 && held.length === 0)
  const inputColumns = table.columns.filter((column) => column !== targetColumn)
  const columns: Encoded<PreparedColumn>[] = []
  // One after the other, so that few are there with all of their digits. A mistake in a cell is said first.
  for (const content of readColumns(table, inputColumns))
    if (!tooFew) columns.push(encodeColumn(inputColumns[columns.length]!.name, content, kept))
  if (tooFew)
    throw new DataError(
      `${rows.length} rows with a target are too few to hold back ${validationSplit} of them; give more rows, or hold back ${validationSplit > 0 ? 'none' : 'fewer'}`,
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
    if (seen.has(name))
      throw new DataError(`two columns are called ${quote(name)}; give each a name of its own`)
    seen.add(name)
    if (cells.length !== rows)
      throw new DataError(
        `columns must be equally long; ${quote(columns[0]!.name)} has ${rows} cells, ${quote(name)} has ${cells.length}`,
      )
  }
}

/** The first forty, so that a message stays readable. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 40).join(', ')
  return names.length > 40 ? `${shown} and ${names.length - 40} more` : shown
}

/** The target's cells, with numbered classes as categories. */
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

/** Rows by what stands in them, in the order in which it appears. */
function groupsOf(places: Int8Array, rows: readonly number[]): number[][] {
  const groups = new Map<number, number[]>()
  for (const row of rows) {
    const group = groups.get(places[row]!)
    if (group) group.push(row)
    else groups.set(places[row]!, [row])
  }
  return [...groups.values()]
}

/** A column that can write itself into a row, `width` numbers wide. */
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
      `column ${quote(name)} is empty in all ${training.length} rows that are trained on; remove it, or hold back other rows with another seed`,
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

/** Numbers in the scale of some of the rows, with the mean of these where a cell is empty. */
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

/** The texts of some of the rows, in their order, and where each of all texts stands there, or −1. */
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
