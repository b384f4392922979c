// CSV (RFC 4180) to a table: commas, quoted cells that may contain line breaks, any line endings, a byte order mark.
import { BackpropagationError, type Cell, type Cells, type Table } from '@bp/core'
import { type Bytes, textOfFile } from './bytes.js'
import { decode, piecesOf } from './utf8.js'

/** Text that is not a CSV table; the message says where, and what to do. */
export class CsvError extends BackpropagationError {
  override name = 'CsvError'
  /** 1-based line of the file. */
  readonly line: number

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
    this.line = line
  }
}

const [tab, lineFeed, carriageReturn, space, quote, comma] = [9, 10, 13, 32, 34, 44]

/** This many columns take about 10 MiB, however short the file. */
const maxColumns = 2 ** 16

/** Offsets are stored as u32. */
const maxOffset = 2 ** 32 - 1

/**
 * The table in a CSV file whose first line names the columns. Cells stay text, empty ones become `null`; empty lines are
 * skipped.
 *
 * The whole file is validated at once; cells are read from it on access. The bytes must not change while the table is in
 * use, which takes no more memory than they do.
 * @throws CsvError
 */
export function parseCsv(file: string | Bytes): Table {
  const text = textOfFile('parseCsv', file, (problem) => new CsvError(1, problem))
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  if (bytes.length > maxOffset) throw new CsvError(1, 'the file is larger than 4 GiB; split it')
  checkText(bytes)
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const begin = endOfLines(bytes, marked ? 3 : 0)
  if (begin === bytes.length) throw new CsvError(1, 'the file is empty; the first line must name the columns')
  const { names, end } = readHeader(bytes, begin)
  const offsets = new CellOffsets()
  const width = names.length
  let cells = 0
  for (let at = end; at < bytes.length; at = endOfLines(bytes, at)) {
    const first = cells
    const row = at
    for (; ; at++) {
      offsets.add(cells++, at)
      at = endOfCell(bytes, at)
      if (bytes[at] !== comma) break
    }
    if (cells - first !== width)
      throw new CsvError(
        lineAt(bytes, row),
        `${counted(cells - first, 'cell')} where the first line names ${counted(width, 'column')}; add or remove commas, or quote cells that contain some`,
      )
  }
  if (cells === 0) throw new CsvError(lineAt(bytes, begin), 'there are no rows below the header')
  const table = new FileTable(bytes, offsets, width, cells / width)
  return {
    columns: names.map((name, column) => ({ name, cells: new FileCells(table, column) })),
    lines: { at: (row) => lineAt(bytes, table.offset(row, 0)) },
  }
}

/** One offset is stored per this many cells: a cell can be as short as its comma, and an offset takes four bytes. */
const stride = 4
/** Offsets per block, so that no array is ever grown by copying. */
const block = 2 ** 14

/** The byte offset at which each cell of a table begins, row by row. */
class CellOffsets {
  readonly #blocks: Uint32Array[] = []
  /** The cell last looked up, and its offset: the next lookup is usually for the next cell. */
  #last = Number.NaN
  #lastAt = 0

  /** Cells must be added in order. */
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
  readonly #offsets: CellOffsets
  readonly #width: number

  constructor(bytes: Uint8Array, offsets: CellOffsets, width: number, rows: number) {
    this.rows = rows
    this.#bytes = bytes
    this.#offsets = offsets
    this.#width = width
  }

  offset(row: number, column: number): number {
    return this.#offsets.find(this.#bytes, row * this.#width + column)
  }

  read(row: number, column: number): Cell {
    return textAt(this.#bytes, this.offset(row, column)) || null
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

/** The names in the first line, which begins at `begin`, and where the next line begins. */
function readHeader(bytes: Uint8Array, begin: number): { names: string[]; end: number } {
  const names: string[] = []
  let at = begin
  for (; ; at++) {
    if (names.length === maxColumns)
      throw new CsvError(
        lineAt(bytes, begin),
        `names more than ${maxColumns} columns; transpose or split the file`,
      )
    names.push(textAt(bytes, at).trim())
    at = endOfCell(bytes, at)
    if (bytes[at] !== comma) break
  }
  checkHeader(names, lineAt(bytes, begin))
  return { names, end: endOfLines(bytes, at) }
}

/** Where the cell that begins at `at` ends: at a comma, a line ending or the end of the file. */
function endOfCell(bytes: Uint8Array, at: number): number {
  let end = bytes[at] === quote ? endOfQuotes(bytes, at) : at
  if (end > at) {
    while (bytes[end] === space || bytes[end] === tab) end++
    if (end < bytes.length && bytes[end] !== comma && !isLineEnd(bytes[end]!))
      throw new CsvError(
        lineAt(bytes, end),
        'text follows a closing quote; end the cell there, or double quotes inside a quoted cell',
      )
    return end
  }
  for (; end < bytes.length; end++) {
    const byte = bytes[end]!
    if (byte === comma || isLineEnd(byte)) break
  }
  return end
}

/** Past the quote that closes the one at `at`. */
function endOfQuotes(bytes: Uint8Array, at: number): number {
  for (let end = at + 1; end < bytes.length; end++) {
    if (bytes[end] !== quote) continue
    if (bytes[end + 1] !== quote) return end + 1
    end++
  }
  throw new CsvError(lineAt(bytes, at), 'a quote is opened here and never closed; close or remove it')
}

const isLineEnd = (byte: number) => byte === lineFeed || byte === carriageReturn

/** Past the line endings at `at`, including those of empty lines. */
function endOfLines(bytes: Uint8Array, at: number): number {
  let end = at
  while (end < bytes.length && isLineEnd(bytes[end]!)) end++
  return end
}

/** The text of the cell that begins at `at`, with line endings normalized to \n. */
function textAt(bytes: Uint8Array, at: number): string {
  if (bytes[at] !== quote) return decode(bytes, at, endOfCell(bytes, at))
  const end = endOfQuotes(bytes, at) - 1
  const text = new Uint8Array(end - at)
  let length = 0
  for (let from = at + 1; from < end; from++) {
    // A doubled quote stands for one, CRLF for LF.
    if (bytes[from] === quote || (bytes[from] === carriageReturn && bytes[from + 1] === lineFeed)) from++
    text[length++] = bytes[from] === carriageReturn ? lineFeed : bytes[from]!
  }
  return decode(text, 0, length)
}

function checkText(bytes: Uint8Array): void {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new CsvError(1, 'the file is UTF-16 text; save it as UTF-8')
  const binary = bytes.indexOf(0)
  if (binary >= 0) throw new CsvError(lineAt(bytes, binary), 'contains a NUL byte; this is not a text file')
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
      `cells seem to be separated by ${other === '\t' ? 'tabs' : `"${other}"`}; separate them with commas`,
    )
  const numbers = names.filter((name) => name !== '' && Number.isFinite(Number(name)))
  if (numbers.length > names.length / 2)
    throw new CsvError(line, 'contains numbers, but the first line must name the columns; add a header line')
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (name === '')
      throw new CsvError(line, `column ${index + 1} has no name; name it, or remove the column`)
    if (seen.has(name))
      throw new CsvError(
        line,
        `duplicate column name ${JSON.stringify(name.slice(0, 100))}; names must be unique`,
      )
    seen.add(name)
  }
}

/** The 1-based line that contains the byte at `index`. */
function lineAt(bytes: Uint8Array, index: number): number {
  let line = 1
  for (let at = 0; at < index; at++)
    if (bytes[at] === lineFeed || (bytes[at] === carriageReturn && bytes[at + 1] !== lineFeed)) line++
  return line
}

const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
