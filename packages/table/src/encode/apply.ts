// Reads another file in the way of a description, and turns predictions into answers in the words of its file.
import { didYouMean } from '@bp/core/lean'
import { writeDate, writeTime } from '../columns/date.js'
import { isMissing } from '../columns/missing.js'
import { writeNumber } from '../columns/number.js'
import { readValues } from '../columns/values.js'
import { counted, listed, quote, TableError } from '../errors.js'
import { type Cells, cellsFrom } from '../read/cells.js'
import type { ReadOptions, Table } from '../read/read.js'
import { contentOf, widthOf, writeInputs } from './columns.js'
import type { InputColumn, TableDescription, Target } from './description.js'
import { targetsOf } from './prepare.js'

/** Options of `readTable` for a file that is like the one of a description: columns may be in any order. */
export function readOptionsFor({ layout, inputs, target }: TableDescription): ReadOptions {
  const expected = [...inputs.map(({ reading }) => reading.name), target.name]
  return layout.header ? { expected } : { header: false, delimiter: layout.delimiter }
}

export interface EncodedRows {
  readonly rows: number
  readonly inputs: Float32Array
  readonly inputShape: readonly number[]
  /** What the network has not seen, in words: unknown categories, texts where numbers should be. */
  readonly notes: readonly string[]
}

/**
 * Encodes the rows of another file, which must have all columns that became inputs.
 * @throws TableError naming the columns that are missing.
 */
export function encodeInputs(table: Table, { inputs: columns }: TableDescription): EncodedRows {
  const names = table.columns.map(({ name }) => name)
  const known = columns.map(({ reading }) => reading.name)
  const absent = columns
    .filter(({ reading }) => !names.includes(reading.name))
    .map(({ reading }) => reading.name)
  if (absent.length > 0)
    throw new TableError(
      null,
      `no ${absent.length === 1 ? 'column' : 'columns'} ${listed(absent.map(quote), 10)} among ${listed(names.map(quote))}${didYouMean(
        absent[0]!,
        names.filter((name) => !known.includes(name)),
      )}`,
    )
  const width = columns.reduce((total, { encoding }) => total + widthOf(encoding), 0)
  const inputs = new Float32Array(table.rows * width)
  const all = Uint32Array.from({ length: table.rows }, (_, row) => row)
  const notes: string[] = []
  let at = 0
  for (const column of columns) {
    const { reading, encoding } = column
    const content = contentOf(cellsOf(table, reading.name), reading)
    writeInputs(content, encoding, all, inputs, at, width)
    at += widthOf(encoding)
    const note =
      'codes' in content
        ? unknownCategories(column, content.codes, content.texts)
        : unreadable(column, content.unreadable)
    if (note) notes.push(note)
  }
  return { rows: table.rows, inputs, inputShape: [width], notes }
}

function cellsOf(table: Table, name: string): Cells {
  return table.columns.find((column) => column.name === name)!.cells
}

function unknownCategories(
  { reading, encoding }: InputColumn,
  codes: Int32Array,
  texts: readonly string[],
): string | null {
  if (encoding.as !== 'categories' || encoding.other) return null
  const unknown = texts.map((text) => !encoding.categories.includes(text))
  let rows = 0
  for (let row = 0; row < codes.length; row++) if (codes[row]! >= 0 && unknown[codes[row]!]) rows++
  if (rows === 0) return null
  const names = texts.filter((_, code) => unknown[code]).map(quote)
  return `${reading.name}: ${listed(names, 5)} in ${counted(rows, 'row')} ${names.length === 1 ? 'is a category' : 'are categories'} that no training row has; read as none of those known`
}

function unreadable({ reading }: InputColumn, texts: ReadonlyMap<string, number>): string | null {
  if (texts.size === 0) return null
  const rows = [...texts.values()].reduce((total, count) => total + count, 0)
  return `${reading.name}: ${listed([...texts.keys()].map(quote), 5)} in ${counted(rows, 'row')} cannot be read as a ${reading.kind}; taken as missing`
}

/** Targets of the rows of a file that have one. */
export interface EncodedTargets {
  readonly targets: Float32Array
  readonly targetShape: readonly number[]
  /** The rows of the table that have a known target, in order. */
  readonly rows: Uint32Array
  /** Why others have none, in words. */
  readonly notes: readonly string[]
}

/**
 * Encodes the targets of another file, to score predictions.
 * @throws TableError if there is no such column.
 */
export function encodeTargets(table: Table, { target }: TableDescription): EncodedTargets {
  const names = table.columns.map(({ name }) => name)
  if (!names.includes(target.name))
    throw new TableError(
      null,
      `no column ${quote(target.name)} among ${listed(names.map(quote))}${didYouMean(target.name, names)}`,
    )
  const cells = cellsOf(table, target.name)
  const { values, unknown } =
    target.task === 'regression' ? valuesOf(cells, target) : classesOf(cells, target)
  const known: number[] = []
  for (let row = 0; row < table.rows; row++)
    if (target.task === 'regression' ? !Number.isNaN(values[row]) : values[row]! >= 0) known.push(row)
  const rows = Uint32Array.from(known)
  const notes: string[] = []
  const unknownRows = [...unknown.values()].reduce((total, count) => total + count, 0)
  const missing = table.rows - rows.length - unknownRows
  if (missing > 0) notes.push(`${counted(missing, 'row')} without ${target.name} left out`)
  if (unknownRows > 0)
    notes.push(
      `${target.name}: ${listed([...unknown.keys()].map(quote), 5)} in ${counted(unknownRows, 'row')} ${target.task === 'regression' ? `cannot be read as a ${target.reading.kind}` : 'is no class of the training rows'}; left out`,
    )
  const targetShape = [target.task === 'regression' ? 1 : target.classes.length]
  return { targets: targetsOf(target, values, rows), targetShape, rows, notes }
}

function valuesOf(cells: Cells, { reading }: Target) {
  const unknown = new Map<string, number>()
  const values = readValues(cells, reading, (text) => unknown.set(text, (unknown.get(text) ?? 0) + 1))
  return { values, unknown }
}

function classesOf(cells: Cells, target: Target & { task: 'classification' }) {
  const { reading, classes } = target
  const unknown = new Map<string, number>()
  const numeric = reading.kind === 'number' ? readValues(cells, reading) : null
  const places = new Map<string, number>()
  // Classes that are numbers are the same however they are spelled.
  const byValue = new Map<number, number>()
  const keyOf = (text: string) => (reading.kind === 'yes/no' ? text.toLowerCase() : text)
  for (const [place, text] of classes.entries()) places.set(keyOf(text), place)
  if (numeric) {
    for (const [place, value] of readValues(cellsFrom(classes), reading).entries()) byValue.set(value, place)
  }
  const values = new Int32Array(cells.length).fill(-1)
  for (let row = 0; row < values.length; row++) {
    const text = cells.at(row)
    if (isMissing(text, !numeric, reading.markers)) continue
    const place = numeric ? byValue.get(numeric[row]!) : places.get(keyOf(text))
    if (place === undefined) unknown.set(text, (unknown.get(text) ?? 0) + 1)
    else values[row] = place
  }
  return { values, unknown }
}

/** An answer of the network. */
export interface Answer {
  /** In the words and units of the file. */
  readonly text: string
  /** Of the class; `null` for a number. */
  readonly probability: number | null
  /** The number, or the index of the class. */
  readonly value: number
}

/** The answer in the predictions of `run.predict` or `model.predict` for a row. */
export function answerOf(target: Target, predictions: ArrayLike<number>, row: number): Answer {
  if (target.task === 'classification') {
    const size = target.classes.length
    let best = 0
    for (let place = 1; place < size; place++)
      if (predictions[row * size + place]! > predictions[row * size + best]!) best = place
    return { text: target.classes[best]!, probability: predictions[row * size + best]!, value: best }
  }
  const value = target.mean + target.standardDeviation * predictions[row]!
  return { text: writeValue(value, target), probability: null, value }
}

/** Significant digits of a number that comes from float32. */
const digits = 6

/** A number of the target as the file writes it. */
export function writeValue(value: number, { reading }: Target): string {
  if (reading.kind === 'date') return writeDate(value, reading.form)
  if (reading.kind === 'time') return writeTime(value, reading.form)
  return reading.kind === 'number' ? writeNumber(value, reading.form, digits) : String(value)
}
