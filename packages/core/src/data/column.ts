// The content of a column: numbers, or categories.
import { describeValue } from '../checks/check-options.js'
import { DataError } from '../checks/errors.js'
import { type Cell, type Cells, type Column, placeOf, quote, type Table } from './table.js'

/** The cells of a column by row. */
export type Content =
  /** An empty cell is NaN. */
  { readonly kind: 'numbers'; readonly values: Float64Array } | Categories

export interface Categories {
  readonly kind: 'categories'
  /** The distinct texts, in order of appearance. */
  readonly texts: readonly string[]
  /** Indices into the texts, −1 for an empty cell. */
  readonly places: Int8Array
}

/** Whether the cell of a row is not empty. */
export function isFilled(content: Content, row: number): boolean {
  return content.kind === 'numbers' ? !Number.isNaN(content.values[row]) : content.places[row]! >= 0
}

/** From this fraction of numbers on, a column is numeric, and text in it is an error. */
const mostly = 0.9

/** With more distinct texts, they are names or notes, from which nothing general can be learned. */
const mostCategories = 100

/** The square of a larger number would not be finite. */
const largest = 1e150

/** Buffered numbers of all columns that are read together: 8 MiB. */
const mostWaiting = 2 ** 20

/** Reads the cells of columns. Groups of columns are read together, row by row, since files are in row order. */
export function* readColumns(table: Table, columns: readonly Column[]): Generator<Content> {
  const rows = columns[0]?.cells.length ?? 0
  const together = Math.max(1, Math.floor(mostWaiting / rows))
  for (let begin = 0; begin < columns.length; begin += together) {
    const readings = columns.slice(begin, begin + together).map((column) => new Reading(column))
    for (let row = 0; row < rows; row++) for (const reading of readings) reading.take(row)
    for (const reading of readings) yield reading.content(table)
  }
}

/** A column being read. */
class Reading {
  readonly #column: Column
  readonly #values: Float64Array
  #filled = 0
  #numbers = 0
  /** The first row with text, or null. */
  #text: number | null = null
  /** The first row with a number that is not finite or too large, or null. */
  #wild: number | null = null

  constructor(column: Column) {
    this.#column = column
    this.#values = new Float64Array(column.cells.length).fill(Number.NaN)
  }

  take(row: number): void {
    const cell = readCell(this.#column.cells.at(row)!)
    if (cell === null || cell === undefined) return
    this.#filled++
    if (typeof cell === 'string') {
      this.#text ??= row
      return
    }
    if (typeof cell !== 'number')
      throw new DataError(
        `column ${quote(this.#column.name)}, row ${row + 1}: a cell must be a number, text or null, got ${describeValue(cell)}`,
      )
    this.#numbers++
    this.#values[row] = cell
    if (!(Math.abs(cell) <= largest)) this.#wild ??= row
  }

  content(table: Table): Content {
    const { name, cells } = this.#column
    const [filled, numbers, text, wild] = [this.#filled, this.#numbers, this.#text, this.#wild]
    const refuse = (row: number, problem: string) =>
      new DataError(
        `column ${quote(name)}, ${placeOf(table, row)}: ${quote(cells.at(row)!)} is ${problem}; correct it, or leave the cell empty`,
      )
    if (filled === 0)
      throw new DataError(`column ${quote(name)} is empty in all rows; remove it from the data`)
    if (numbers === 0 || numbers < mostly * filled) return readCategories(name, cells)
    if (text !== null && text < (wild ?? text + 1))
      throw refuse(text, `not a number, but ${numbers} of ${filled} cells of the column are`)
    if (wild !== null)
      throw refuse(wild, Number.isFinite(this.#values[wild]) ? 'too large' : 'not a finite number')
    return { kind: 'numbers', values: this.#values }
  }
}

function readCategories(name: string, cells: Cells): Categories {
  const places = new Int8Array(cells.length).fill(-1)
  const known = new Map<string, number>()
  for (let row = 0; row < places.length; row++) {
    const text = String(cells.at(row) ?? '').trim()
    if (text === '') continue
    const place = known.get(text) ?? known.size
    if (place === mostCategories)
      throw new DataError(
        `column ${quote(name)} holds more than ${mostCategories} distinct texts, the limit for categories; remove the column, or group its texts`,
      )
    known.set(text, place)
    places[row] = place
  }
  return { kind: 'categories', texts: [...known.keys()], places }
}

const finite = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
const notFinite = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i

function readCell(cell: Cell): Cell {
  if (typeof cell !== 'string') return cell
  const text = cell.trim()
  if (text === '') return null
  if (finite.test(text)) return Number(text)
  const named = notFinite.exec(text)
  if (!named) return text
  return named[2] ? Number.NaN : named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
