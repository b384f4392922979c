// From a table to rows that a network can be trained on, and rows held back to test it.
import { DataError, ValueError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import { random } from '../random.js'
import { type Content, readColumn } from './column.js'
import type { Dataset } from './dataset.js'
import { countCategories, positionsOf, standard } from './scaling.js'
import { splitGroups } from './split.js'
import { quote, type Table } from './table.js'

/** Which column to learn, and how to treat the others. */
export interface PrepareOptions {
  /** Name of the column to predict. */
  readonly target: string
  /** Share of the rows that is not trained on, from 0 up to but without 1. */
  readonly heldBack: number
  /** Decides which rows are held back. */
  readonly seed: number
}

/** What became of an input column. */
export type PreparedColumn = {
  readonly name: string
  /** How many cells were empty, held-back rows included. */
  readonly empty: number
} & (
  | {
      readonly kind: 'numbers'
      /** Of the training rows: what was subtracted, and what empty cells became. */
      readonly mean: number
      /** Of the training rows: what the numbers were divided by, 1 where they are all the same. */
      readonly deviation: number
    }
  | {
      readonly kind: 'categories'
      /** The texts of the training rows, each of which became an input of 0 or 1. */
      readonly categories: readonly string[]
      /** The most frequent one, which empty cells became. */
      readonly usual: string
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
      /** A prediction p means `mean + deviation * p`. */
      readonly mean: number
      readonly deviation: number
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
export function prepare(table: Table, { target: name, heldBack, seed }: PrepareOptions): Prepared {
  if (!(heldBack >= 0 && heldBack < 1))
    throw new ValueError(`prepare: heldBack must be from 0 up to but without 1, got ${heldBack}`)
  checkTable(table)
  const names = table.columns.map((column) => column.name)
  const targetColumn = table.columns.find((column) => column.name === name)
  if (!targetColumn)
    throw new DataError(
      `there is no column ${quote(name)} among ${listed(names.map(quote))}${didYouMean(name, names)}`,
    )
  if (names.length === 1)
    throw new DataError(`${quote(name)} is the only column; there is nothing to predict it from`)

  const labels = readLabels(readColumn(table, targetColumn))
  const rows = [...targetColumn.cells.keys()].filter((row) => labels.values[row] !== null)
  const distinct = new Set(rows.map((row) => labels.values[row]!))
  if (distinct.size < 2)
    throw new DataError(
      `column ${quote(name)} is ${quote([...distinct][0]!)} in every row; to learn from, the target needs different values`,
    )

  const contents = table.columns
    .filter((column) => column !== targetColumn)
    .map((column) => ({ name: column.name, content: readColumn(table, column) }))
  const groups =
    labels.kind === 'numbers'
      ? [rows]
      : [...distinct].map((label) => rows.filter((row) => labels.values[row] === label))
  const { kept, held } = splitGroups(groups, heldBack, random(seed).stream('held back'))
  if (kept.length < 2 || (heldBack > 0 && held.length === 0))
    throw new DataError(
      `${rows.length} rows with a target are too few to hold back ${heldBack} of them; give more rows, or hold back ${heldBack > 0 ? 'none' : 'fewer'}`,
    )

  const target = encodeTarget(name, labels, kept)
  const columns = contents.map(({ name, content }) => encodeColumn(name, content, kept))
  const dataset = (rows: readonly number[]): Dataset => ({
    rows: rows.length,
    ...fill('input', columns, rows),
    ...fill('target', [target], rows),
  })
  return {
    target: target.description,
    columns: columns.map(({ description }) => description),
    training: dataset(kept),
    validation: heldBack > 0 ? dataset(held) : null,
    withoutTarget: targetColumn.cells.length - rows.length,
  }
}

function checkTable({ columns }: Table): void {
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
  const filled = content.values.filter((value) => value !== null)
  const distinct = new Set(filled)
  const numbered =
    filled.every(Number.isInteger) &&
    distinct.size <= mostNumberedClasses &&
    distinct.size * 2 <= filled.length
  return numbered
    ? { kind: 'categories', values: content.values.map((value) => (value === null ? null : String(value))) }
    : content
}

/** A column that can write itself into a row, `width` numbers wide. */
interface Encoded<Description> {
  readonly description: Description
  readonly width: number
  readonly write: (row: number, out: Float32Array, at: number) => void
}

function encodeColumn(name: string, content: Content, training: readonly number[]): Encoded<PreparedColumn> {
  const empty = content.values.filter((value) => value === null).length
  const known = <T>(values: readonly (T | null)[]) => {
    const found = training.map((row) => values[row]!).filter((value) => value !== null)
    if (found.length === 0)
      throw new DataError(
        `column ${quote(name)} is empty in all ${training.length} rows that are trained on; remove it, or hold back other rows with another seed`,
      )
    return found
  }
  if (content.kind === 'numbers') {
    const { values } = content
    const { mean, deviation } = standard(known(values))
    return {
      description: { name, empty, kind: 'numbers', mean, deviation },
      width: 1,
      write: (row, out, at) => {
        out[at] = ((values[row] ?? mean) - mean) / deviation
      },
    }
  }
  const { values } = content
  const { categories, usual } = countCategories(known(values))
  const positions = positionsOf(categories)
  return {
    description: { name, empty, kind: 'categories', categories, usual },
    width: categories.length,
    write: (row, out, at) => {
      const position = positions.get(values[row] ?? usual)
      // A text that no training row has stays all zeros.
      if (position !== undefined) out[at + position] = 1
    },
  }
}

function encodeTarget(name: string, labels: Content, training: readonly number[]): Encoded<PreparedTarget> {
  if (labels.kind === 'numbers') {
    const { mean, deviation } = standard(training.map((row) => labels.values[row]!))
    return {
      description: { name, task: 'regression', mean, deviation },
      width: 1,
      write: (row, out, at) => {
        out[at] = (labels.values[row]! - mean) / deviation
      },
    }
  }
  const { categories: classes } = countCategories(training.map((row) => labels.values[row]!))
  const positions = positionsOf(classes)
  return {
    description: { name, task: 'classification', classes },
    width: classes.length,
    write: (row, out, at) => {
      out[at + positions.get(labels.values[row]!)!] = 1
    },
  }
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
