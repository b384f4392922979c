// Tables of named columns, as read from a file, and how messages refer to their cells.

/** Text that spells a number counts as that number. Empty cells are `null`. */
export type Cell = number | string | null

/** The cells of a column, one for each row: an array, or an object that reads them on demand. */
export interface Cells extends Iterable<Cell> {
  readonly length: number
  /** The cell of a row, counted from 0. */
  at(row: number): Cell | undefined
}

/** A column of a table. */
export interface Column {
  readonly name: string
  readonly cells: Cells
}

/** Rows of cells under named columns. */
export interface Table {
  readonly columns: readonly Column[]
  /** The line of the file on which each row begins, for messages. */
  readonly lines?: { at(row: number): number | undefined }
}

/** `line 12`, or `row 11` for a table that is not from a file. */
export function placeOf(table: Table, row: number): string {
  return table.lines ? `line ${table.lines.at(row)}` : `row ${row + 1}`
}

/** A cell as text for messages: on one line, without control characters, and shortened. */
export function quote(cell: Cell): string {
  const text = String(cell).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text)
}
