// CSV (RFC 4180) to a table: commas, quoted cells with line breaks in them, any line ends, a byte order mark.
import { BackpropagationError, type Cell, type Cells, type Table } from '@bp/core'
import { type Bytes, textOfFile } from './bytes.js'
import { decode, piecesOf } from './utf8.js'

/** Text that is not a CSV table; the message says where and what to do. */
export class CsvError extends BackpropagationError {
  override name = 'CsvError'
  /** Line of the file, from 1. */
  readonly line: number

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
    this.line = line
  }
}

const [tab, lineFeed, carriageReturn, space, quote, comma] = [9, 10, 13, 32, 34, 44]

/** So many columns take about 10 MiB, however short the file is. */
const mostColumns = 2 ** 16

/** What places in a file are kept in. */
const largest = 2 ** 32 - 1

/**
 * The table of a CSV file whose first line names the columns. Cells stay the text that they are, empty ones
 * become `null`; lines without any character are passed over.
 *
 * The whole file is checked, and then cells are read from it when they are asked for: the bytes must stay as they are
 * while the table is used, which beside them takes no more memory than they do.
 * @throws CsvError
 */
export function parseCsv(file: string | Bytes): Table {
  const text = textOfFile('parseCsv', file, (problem) => new CsvError(1, problem))
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  if (bytes.length > largest) throw new CsvError(1, 'the file is larger than 4 GiB; split it')
  checkText(bytes)
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const begin = endOfLines(bytes, marked ? 3 : 0)
  if (begin === bytes.length) throw new CsvError(1, 'the file is empty; the first line must name the columns')
  const { names, end } = readHeader(bytes, begin)
  const places = new CellPlaces()
  const width = names.length
  let cells = 0
  for (let at = end; at < bytes.length; at = endOfLines(bytes, at)) {
    const first = cells
    const row = at
    for (; ; at++) {
      places.add(cells++, at)
      at = endOfCell(bytes, at)
      if (bytes[at] !== comma) break
    }
    if (cells - first !== width)
      throw new CsvError(
        lineAt(bytes, row),
        `${counted(cells - first, 'cell')} where the first line names ${counted(width, 'column')}; add or remove commas, or quote cells that contain some`,
      )
  }
  if (cells === 0)
    throw new CsvError(lineAt(bytes, begin), 'there are no rows under the names of the columns')
  const table = new FileTable(bytes, places, width, cells / width)
  return {
    columns: names.map((name, column) => ({ name, cells: new FileCells(table, column) })),
    lines: { at: (row) => lineAt(bytes, table.place(row, 0)) },
  }
}

/** Of so many cells, the place of the first is kept: a cell may be no longer than its comma, and a place has four bytes. */
const stride = 4
/** Places are kept in arrays of so many, so that there is never one to be copied to a larger. */
const block = 2 ** 14

/** Where the cells of a table begin, by number, row by row. */
class CellPlaces {
  readonly #blocks: Uint32Array[] = []
  /** The cell that was looked for last, and where it was: most often the next one is wanted. */
  #last = Number.NaN
  #lastAt = 0

  /** Must be told of one cell after another. */
  add(cell: number, at: number): void {
    if (cell % stride !== 0) return
    const kept = cell / stride
    if (kept % block === 0) this.#blocks.push(new Uint32Array(block))
    this.#blocks.at(-1)![kept % block] = at
  }

  find(bytes: Uint8Array, cell: number): number {
    const kept = Math.floor(cell / stride)
    const next = cell === this.#last + 1
    let at = next ? this.#lastAt : this.#blocks[Math.floor(kept / block)]![kept % block]!
    for (let past = next ? 1 : cell % stride; past > 0; past--) {
      at = endOfCell(bytes, at)
      at = bytes[at] === comma ? at + 1 : endOfLines(bytes, at)
    }
    this.#last = cell
    this.#lastAt = at
    return at
  }
}

class FileTable {
  readonly rows: number
  readonly #bytes: Uint8Array
  readonly #places: CellPlaces
  readonly #width: number

  constructor(bytes: Uint8Array, places: CellPlaces, width: number, rows: number) {
    this.rows = rows
    this.#bytes = bytes
    this.#places = places
    this.#width = width
  }

  place(row: number, column: number): number {
    return this.#places.find(this.#bytes, row * this.#width + column)
  }

  read(row: number, column: number): Cell {
    return textAt(this.#bytes, this.place(row, column)) || null
  }
}

class FileCells implements Cells {
  readonly #table: FileTable
  readonly #column: number

  constructor(table: FileTable, column: number) {
    this.#table = table
    this.#column = column
  }

  get length(): number {
    return this.#table.rows
  }

  at(row: number): Cell | undefined {
    return row >= 0 && row < this.length ? this.#table.read(row, this.#column) : undefined
  }

  *[Symbol.iterator](): Iterator<Cell> {
    for (let row = 0; row < this.length; row++) yield this.#table.read(row, this.#column)
  }
}

/** The names in the first line, which begins at `begin`, and where the next begins. */
function readHeader(bytes: Uint8Array, begin: number): { names: string[]; end: number } {
  const names: string[] = []
  let at = begin
  for (; ; at++) {
    if (names.length === mostColumns)
      throw new CsvError(
        lineAt(bytes, begin),
        `names more than ${mostColumns} columns; make rows of columns, or split the file`,
      )
    names.push(textAt(bytes, at).trim())
    at = endOfCell(bytes, at)
    if (bytes[at] !== comma) break
  }
  checkHeader(names, lineAt(bytes, begin))
  return { names, end: endOfLines(bytes, at) }
}

/** Where the cell that begins at `at` ends: at a comma, at a line end, or with the file. */
function endOfCell(bytes: Uint8Array, at: number): number {
  let end = bytes[at] === quote ? endOfQuotes(bytes, at) : at
  if (end > at) {
    while (bytes[end] === space || bytes[end] === tab) end++
    if (end < bytes.length && bytes[end] !== comma && !isLineEnd(bytes[end]!))
      throw new CsvError(
        lineAt(bytes, end),
        'text follows a closing quote; end the cell there, or write a quote inside a quoted cell twice',
      )
    return end
  }
  for (; end < bytes.length; end++) {
    const byte = bytes[end]!
    if (byte === comma || isLineEnd(byte)) break
  }
  return end
}

/** Behind the quote that closes the one at `at`. */
function endOfQuotes(bytes: Uint8Array, at: number): number {
  for (let end = at + 1; end < bytes.length; end++) {
    if (bytes[end] !== quote) continue
    if (bytes[end + 1] !== quote) return end + 1
    end++
  }
  throw new CsvError(lineAt(bytes, at), 'a quote opens here and is never closed; close it, or remove it')
}

const isLineEnd = (byte: number) => byte === lineFeed || byte === carriageReturn

/** Behind the line ends at `at`, of the line and of empty ones behind it. */
function endOfLines(bytes: Uint8Array, at: number): number {
  let end = at
  while (end < bytes.length && isLineEnd(bytes[end]!)) end++
  return end
}

/** What the cell that begins at `at` says, with one kind of line end. */
function textAt(bytes: Uint8Array, at: number): string {
  if (bytes[at] !== quote) return decode(bytes, at, endOfCell(bytes, at))
  const end = endOfQuotes(bytes, at) - 1
  const text = new Uint8Array(end - at)
  let length = 0
  for (let from = at + 1; from < end; from++) {
    // Of two quotes one is meant, and no line end has two bytes.
    if (bytes[from] === quote || (bytes[from] === carriageReturn && bytes[from + 1] === lineFeed)) from++
    text[length++] = bytes[from] === carriageReturn ? lineFeed : bytes[from]!
  }
  return decode(text, 0, length)
}

function checkText(bytes: Uint8Array): void {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new CsvError(1, 'the file is UTF-16 text; save it as UTF-8')
  const binary = bytes.indexOf(0)
  if (binary >= 0) throw new CsvError(lineAt(bytes, binary), 'holds a zero byte; this is no text file')
  for (const [begin, piece] of piecesOf(bytes)) {
    const text = decode(piece)
    const undecodable = text.indexOf('\uFFFD')
    if (undecodable >= 0) {
      const before = new TextEncoder().encode(text.slice(0, undecodable)).length
      throw new CsvError(lineAt(bytes, begin + before), 'is not UTF-8 text; save the file as UTF-8')
    }
  }
}

function checkHeader(names: readonly string[], line: number): void {
  const other = names.length === 1 ? /[;\t|]/.exec(names[0]!)?.[0] : undefined
  if (other)
    throw new CsvError(
      line,
      `cells seem to be separated by ${other === '\t' ? 'tabs' : `"${other}"`}; separate them by commas`,
    )
  const numbers = names.filter((name) => name !== '' && Number.isFinite(Number(name)))
  if (numbers.length > names.length / 2)
    throw new CsvError(
      line,
      'holds numbers, but the first line must name the columns; put names above the data',
    )
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (name === '')
      throw new CsvError(line, `column ${index + 1} has no name; name it, or remove the column`)
    if (seen.has(name))
      throw new CsvError(
        line,
        `two columns are called ${JSON.stringify(name.slice(0, 100))}; give each a name of its own`,
      )
    seen.add(name)
  }
}

/** The line of the file, from 1, that the byte at `index` stands in. */
function lineAt(bytes: Uint8Array, index: number): number {
  let line = 1
  for (let at = 0; at < index; at++)
    if (bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] !== lineFeed)) line++
  return line
}

const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
