// What a column holds: numbers, or texts that name categories.
import { DataError } from '../errors.js'
import { type Cell, type Column, placeOf, quote, type Table } from './table.js'

export type Content =
  | { readonly kind: 'numbers'; readonly values: readonly (number | null)[] }
  | { readonly kind: 'categories'; readonly values: readonly (string | null)[] }

/** From this share of numbers on, a column is one of numbers, and text in it is a mistake. */
const mostly = 0.9

/** More distinct texts than this are names or notes, of which nothing general can be learned. */
const mostCategories = 100

/** The square of a larger number would not be finite. */
const largest = 1e150

/** Reads the cells of a column; empty ones are `null`. */
export function readColumn(table: Table, { name, cells }: Column): Content {
  const read = cells.map(readCell)
  const filled = read.filter((cell) => cell !== null)
  if (filled.length === 0)
    throw new DataError(`column ${quote(name)} is empty in all rows; remove it from the data`)
  const numbers = filled.filter((cell) => typeof cell === 'number').length
  if (numbers > 0 && numbers >= mostly * filled.length) {
    for (const [row, cell] of read.entries()) {
      if (typeof cell === 'string')
        throw new DataError(
          `column ${quote(name)}, ${placeOf(table, row)}: ${quote(cell)} is not a number, but ${numbers} of ${filled.length} cells of the column are; correct it, or leave the cell empty`,
        )
      if (cell !== null && !(Math.abs(cell) <= largest))
        throw new DataError(
          `column ${quote(name)}, ${placeOf(table, row)}: ${quote(cells[row]!)} is ${Number.isFinite(cell) ? 'too large' : 'not a finite number'}; correct it, or leave the cell empty`,
        )
    }
    return { kind: 'numbers', values: read as (number | null)[] }
  }
  const values = cells.map((cell) => (cell === null ? null : String(cell).trim() || null))
  const distinct = new Set(values).size - Number(values.includes(null))
  if (distinct > mostCategories)
    throw new DataError(
      `column ${quote(name)} holds ${distinct} different texts; at most ${mostCategories} can serve as categories; remove the column, or group its texts`,
    )
  return { kind: 'categories', values }
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
