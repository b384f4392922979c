// Reads a table from a file as people have it: text or bytes, whole or in pieces, of any encoding, gzip or not.
import { type Bytes, textOfFile } from '@bp/formats/bytes'
import { counted, TableError } from '../errors.js'
import { Cells } from './cells.js'
import { type Encoding, ToUtf8 } from './encoding.js'
import { findLayout, type Layout, type LayoutOptions } from './layout.js'
import { type Sink, Tokenizer } from './tokens.js'

/** A file: text, its bytes, or pieces of it that may be cut anywhere. */
export type TableFile = string | Bytes | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export interface ReadOptions extends LayoutOptions {
  /** Size of the file in bytes, if known: memory is then reserved once. */
  readonly size?: number
  /** Called now and then. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  /** Bytes of the file that were read so far. */
  readonly bytes: number
  readonly rows: number
}

export interface TableColumn {
  readonly name: string
  readonly cells: Cells
}

/** Rows of text under named columns, in memory column by column. */
export interface Table {
  readonly columns: readonly TableColumn[]
  readonly rows: number
  readonly layout: Layout
  readonly encoding: Encoding
  /** What was made of the file that its owner may not expect, in words. */
  readonly notes: readonly string[]
  /** The 1-based line of the file on which a row begins. */
  lineOf(row: number): number
}

/** Bytes at the beginning of a file from which its layout is found. */
const beginning = 2 ** 18
/** In the beginning, longer rows are none: not a table, or a quote that is never closed. */
const longest = 2 ** 22
/** Bytes between two reports of progress. */
const piece = 2 ** 20

/**
 * Reads a file that is in memory.
 * @throws TableError saying in which line the problem is, and what to do.
 */
export function parseTable(file: string | Bytes, options: ReadOptions = {}): Table {
  const text = textOfFile('parseTable', file, (problem) => new TableError(null, problem))
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const reader = new TableReader({ size: bytes.length, ...options })
  for (let at = 0; at < bytes.length; at += piece) reader.write(bytes.subarray(at, at + piece))
  return reader.end()
}

/**
 * Reads a file, also in pieces such as `process.stdin` or the body of a response, and also when compressed by gzip.
 * @throws TableError saying in which line the problem is, and what to do.
 */
export async function readTable(file: TableFile, options: ReadOptions = {}): Promise<Table> {
  const pieces = piecesOf(file)
  if (pieces === null) {
    const bytes = file as string | Bytes
    return isGzip(bytes) ? readTable([viewOf(bytes)], options) : parseTable(bytes, options)
  }
  const iterator = (
    Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]()
  ) as AsyncIterator<Uint8Array> | Iterator<Uint8Array>
  const first = await firstPieces(iterator)
  const all = resumed(first, iterator)
  const { size, ...rest } = options
  if (isGzip(first)) {
    // The size of the contents is not known.
    const reader = new TableReader(rest)
    for await (const bytes of gunzip(all)) reader.write(bytes)
    return reader.end()
  }
  textOfFile('readTable', first, (problem) => new TableError(null, problem))
  const reader = new TableReader(options)
  for await (const bytes of all) reader.write(bytes)
  return reader.end()
}

/** `null` for a file that is in memory. */
function piecesOf(file: TableFile): Iterable<Uint8Array> | AsyncIterable<Uint8Array> | null {
  if (typeof file !== 'object' || file === null || ArrayBuffer.isView(file)) return null
  return Symbol.asyncIterator in file || Symbol.iterator in file
    ? (file as Iterable<Uint8Array> | AsyncIterable<Uint8Array>)
    : null
}

/** Enough bytes to tell what kind of file it is. */
async function firstPieces(iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  while (length < 64) {
    const { done, value } = await iterator.next()
    if (done) break
    pieces.push(bytesOf(value))
    length += value.length
  }
  return joined(pieces, length)
}

async function* resumed(
  first: Uint8Array,
  iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield first as Uint8Array<ArrayBuffer>
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return
    yield bytesOf(value) as Uint8Array<ArrayBuffer>
  }
}

function bytesOf(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return new TextEncoder().encode(piece)
  if (ArrayBuffer.isView(piece)) return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
  throw new TableError(null, `readTable expects pieces that are Uint8Arrays, got ${typeof piece}`)
}

function viewOf(file: string | Bytes): Uint8Array {
  return typeof file === 'string' || ArrayBuffer.isView(file) ? bytesOf(file) : new Uint8Array(file)
}

function isGzip(file: string | Bytes): boolean {
  if (typeof file === 'string' || !(ArrayBuffer.isView(file) || file instanceof ArrayBuffer)) return false
  const bytes = viewOf(file)
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8
}

/** A small file that becomes this many times its size, and this many bytes, is a trap rather than a table. */
const mostInflation = 200
const muchInflated = 2 ** 26

/** `DecompressionStream` is in Node and browsers. */
async function* gunzip(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream('gzip')
  let [taken, given] = [0, 0]
  const writer = stream.writable.getWriter()
  const writing = (async () => {
    for await (const bytes of pieces) {
      taken += bytes.length
      await writer.write(bytes)
    }
    await writer.close()
  })()
  // Errors of either side are seen where the other reads.
  writing.catch((error) => stream.writable.abort(error).catch(() => {}))
  const reader = stream.readable.getReader()
  for (;;) {
    let next: ReadableStreamReadResult<Uint8Array>
    try {
      next = await reader.read()
    } catch (error) {
      throw new TableError(
        null,
        `the file is damaged: it cannot be decompressed (${(error as Error).message}); get it again`,
      )
    }
    if (next.done) break
    given += next.value.length
    if (given > muchInflated && given > mostInflation * taken)
      throw new TableError(
        null,
        `it becomes over ${mostInflation} times its size when decompressed; if that is meant, decompress it first: gunzip`,
      )
    yield next.value
  }
  await writing
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Collects the columns of a table from pieces of its file. */
class TableReader {
  readonly #options: ReadOptions
  #toUtf8 = new ToUtf8()
  /** The beginning, until there is enough of it. */
  #begin: Uint8Array[] = []
  #begun = 0
  #wanted = beginning
  #sink: ColumnSink | null = null
  #tokenizer: Tokenizer | null = null
  #layout: Layout | null = null
  #notes: string[] = []
  #bytes = 0
  #reported = 0
  #reserved = false

  constructor(options: ReadOptions) {
    this.#options = options
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    if (this.#tokenizer) this.#tokenizer.write(this.#toUtf8.write(bytes, false, this.#tokenizer.line))
    else {
      this.#begin.push(Uint8Array.from(bytes))
      this.#begun += bytes.length
      if (this.#begun >= this.#wanted) this.#start(false)
    }
    if (this.#sink && !this.#reserved && this.#bytes >= piece) {
      this.#reserved = true
      const { size } = this.#options
      if (size !== undefined && size > this.#bytes) this.#sink.reserve((size / this.#bytes) * 1.02)
    }
    if (this.#bytes - this.#reported >= piece) {
      this.#reported = this.#bytes
      this.#options.onProgress?.({ bytes: this.#bytes, rows: this.#sink?.rows ?? 0 })
    }
  }

  end(): Table {
    if (!this.#tokenizer) this.#start(true)
    else this.#tokenizer.write(this.#toUtf8.write(new Uint8Array(0), true, this.#tokenizer.line))
    this.#tokenizer!.end()
    const sink = this.#sink!
    const { rows } = sink
    if (rows === 0)
      throw new TableError(
        null,
        sink.begun === 0
          ? 'the file is empty; expected a table'
          : 'there are no rows below the header; if the first line is a row, say --header no',
      )
    this.#options.onProgress?.({ bytes: this.#bytes, rows })
    const { encoding } = this.#toUtf8
    return {
      columns: sink.names.map((name, column) => ({ name, cells: sink.columns[column]! })),
      rows,
      layout: this.#layout!,
      encoding,
      notes: [
        ...(encoding === 'windows-1252'
          ? ['the text is not UTF-8; it is read as Latin-1 (windows-1252)']
          : []),
        ...this.#notes,
        ...sink.notes(),
      ],
      lineOf: (row) => sink.lineOf(row),
    }
  }

  #start(complete: boolean): void {
    const bytes = joined(this.#begin, this.#begun)
    const text = this.#toUtf8.write(bytes, complete, 1)
    const found = findLayout(text, complete, this.#options)
    if (!found) {
      // A line is longer than this.
      if (this.#begun >= longest)
        throw new TableError(
          1,
          `the first rows are longer than ${longest / 2 ** 20} MiB; expected a table, with a line for each row`,
        )
      this.#toUtf8 = new ToUtf8()
      this.#begin = [bytes]
      this.#wanted = 2 * this.#begun
      return
    }
    this.#begin = []
    const { layout, skip, names, notes } = found
    this.#layout = layout
    this.#notes = [...notes]
    this.#sink = new ColumnSink(names, skip)
    this.#tokenizer = new Tokenizer(this.#sink, layout.delimiter, layout.comment)
    this.#tokenizer.write(text)
  }
}

class ColumnSink implements Sink {
  readonly names: readonly string[]
  readonly columns: readonly Cells[]
  rows = 0
  /** Records so far, those that are skipped included. */
  begun = 0
  readonly #skip: number
  row: readonly Cells[]
  /** What is skipped, or follows the last column. */
  readonly rest = new Cells()
  /** Rows whose line is not one after the last: row, line, row, line … */
  #lines = new Uint32Array(16)
  #lineCount = 0
  #lastLine = Number.NaN
  #short = { rows: 0, line: 0 }

  constructor(names: readonly string[], skip: number) {
    this.names = names
    this.columns = names.map(() => new Cells())
    this.#skip = skip
    this.row = skip === 0 ? this.columns : []
  }

  endRecord(line: number, cells: number, quoted: boolean): void {
    const { columns } = this
    const beyond = this.rest.used > 0
    if (this.rest.length > 0) this.rest.cut(0)
    if (this.begun < this.#skip) {
      // A blank line is no record.
      if (beyond || cells > 1 || quoted) this.begun++
      if (this.begun === this.#skip) this.row = columns
      return
    }
    if (cells === 1 && !quoted && columns[0]?.isEmpty(this.rows)) {
      columns[0].cut(this.rows)
      return
    }
    this.begun++
    if (cells > columns.length && beyond)
      throw new TableError(
        line,
        `${counted(cells, 'cell')} where there ${columns.length === 1 ? 'is' : 'are'} ${counted(columns.length, 'column')}; quote cells that contain delimiters, or say what separates cells with --delimiter`,
      )
    if (cells < columns.length) {
      if (this.#short.rows++ === 0) this.#short.line = line
      for (let column = cells; column < columns.length; column++) columns[column]!.end()
    }
    if (line !== this.#lastLine + 1) this.#addLine(line)
    this.#lastLine = line
    this.rows++
  }

  reserve(times: number): void {
    for (const cells of this.columns)
      cells.reserve(Math.ceil(cells.length * times), Math.ceil(cells.used * times))
  }

  #addLine(line: number): void {
    if (this.#lineCount === this.#lines.length) {
      const grown = new Uint32Array(2 * Math.ceil(0.75 * this.#lines.length))
      grown.set(this.#lines)
      this.#lines = grown
    }
    this.#lines[this.#lineCount++] = this.rows
    this.#lines[this.#lineCount++] = line
  }

  lineOf(row: number): number {
    let [low, high] = [0, this.#lineCount / 2 - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lines[2 * middle]! <= row) low = middle
      else high = middle - 1
    }
    return this.#lines[2 * low + 1]! + row - this.#lines[2 * low]!
  }

  notes(): string[] {
    const { rows, line } = this.#short
    return rows === 0
      ? []
      : [
          `${counted(rows, 'row')} with fewer cells than there are columns (first in line ${line}): the rest is empty`,
        ]
  }
}
