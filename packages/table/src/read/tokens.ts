// Splits delimited text (RFC 4180 and its dialects) into cells. Bytes may be cut anywhere; none are kept or changed.
import { TableError } from '../errors.js'
import type { Cells } from './cells.js'

/** Receives cells in the order of the file. */
export interface Sink {
  /** Where the cells of a record go, by position, and where those after them go. */
  readonly row: readonly Cells[]
  readonly rest: Cells
  /** Ends a record of `cells` cells, that began on the 1-based line `line`; `quoted`: whether its last cell was. */
  endRecord(line: number, cells: number, quoted: boolean): void
}

const [tab, lineFeed, carriageReturn, space, quote] = [9, 10, 13, 32, 34]

// Numbers, since one is compared for each cell.
const lineStart = 0
const cellStart = 1
const plain = 2
const quoted = 3
const quoteInQuotes = 4
const afterQuotes = 5
const comment = 6

/** This many columns take some 20 MiB, however short the file. */
export const maxColumns = 2 ** 16

/** A longer row is none: a quote was left open, or the file is no table. In bytes. */
const longestRow = 2 ** 24

export class Tokenizer {
  readonly #sink: Sink
  readonly #delimiter: number
  readonly #comment: number
  #state = lineStart
  /** Cells of the record so far, and where the next one goes. */
  #position = 0
  #cells: Cells
  /** The 1-based line that is being read, and those on which the record and the quoted cell in it began. */
  line = 1
  #recordLine = 1
  #quoteLine = 1
  /** Whether a line feed would belong to the carriage return before it. */
  #afterReturn = false
  /** Bytes of pieces in which no row ended, and whether one did in this piece. */
  #unended = 0
  #ended = false

  /** `comment`: what lines begin with that are skipped, or `null`. */
  constructor(sink: Sink, delimiter: string, comment: string | null) {
    this.#sink = sink
    this.#delimiter = delimiter.charCodeAt(0)
    this.#comment = comment === null ? -1 : comment.charCodeAt(0)
    this.#cells = sink.row[0] ?? sink.rest
  }

  /** @throws TableError where text follows a closing quote, or a row does not end. */
  write(bytes: Uint8Array): void {
    this.#ended = false
    this.#tokens(bytes)
    this.#unended = this.#ended ? 0 : this.#unended + bytes.length
    if (this.#unended <= longestRow || this.#state === comment) return
    const open = this.#state === quoted || this.#state === quoteInQuotes
    throw new TableError(
      open ? this.#quoteLine : this.#recordLine,
      open
        ? `a quote is opened here and not closed within ${longestRow / 2 ** 20} MiB; close or remove it`
        : `this row is longer than ${longestRow / 2 ** 20} MiB; expected a table, with a line for each row`,
    )
  }

  #tokens(bytes: Uint8Array): void {
    const delimiter = this.#delimiter
    const { length } = bytes
    let at = 0
    while (at < length) {
      const byte = bytes[at]!
      switch (this.#state) {
        case lineStart:
          if (byte === lineFeed && this.#afterReturn) this.#afterReturn = false
          else if (byte === lineFeed || byte === carriageReturn) this.#endLine(byte)
          else {
            this.#afterReturn = false
            this.#recordLine = this.line
            this.#state = byte === this.#comment ? comment : cellStart
            continue
          }
          at++
          break
        case comment:
          if (byte === lineFeed || byte === carriageReturn) this.#endLine(byte)
          at++
          break
        case cellStart:
          if (byte === quote) {
            this.#state = quoted
            this.#quoteLine = this.line
            at++
          } else if ((byte === space || byte === tab) && byte !== delimiter) at++
          else this.#state = plain
          break
        case plain:
          at = this.#plainCells(bytes, at)
          break
        case quoted: {
          let end = at
          while (end < length) {
            const next = bytes[end]!
            if (next === quote || next === carriageReturn || next === lineFeed) break
            end++
          }
          if (end > at) {
            this.#cells.append(bytes, at, end)
            this.#afterReturn = false
          }
          at = end
          if (end === length) break
          at++
          const next = bytes[end]!
          if (next === quote) {
            this.#state = quoteInQuotes
            this.#afterReturn = false
          } else {
            // All line endings become \n.
            if (next === carriageReturn || !this.#afterReturn) {
              this.#cells.appendByte(lineFeed)
              this.line++
            }
            this.#afterReturn = next === carriageReturn
          }
          break
        }
        case quoteInQuotes:
          if (byte === quote) {
            this.#cells.appendByte(quote)
            this.#state = quoted
            at++
          } else this.#state = afterQuotes
          break
        case afterQuotes:
          if (byte === delimiter || byte === lineFeed || byte === carriageReturn) this.#endCell(byte, true)
          else if (byte !== space && byte !== tab)
            throw new TableError(
              this.line,
              'text follows a closing quote; end the cell there, or double quotes inside a quoted cell',
            )
          at++
          break
      }
    }
  }

  /** Takes cells without quotes from `at` on, and returns where it stopped. It takes most of the time. */
  #plainCells(bytes: Uint8Array, begin: number): number {
    const delimiter = this.#delimiter
    const sink = this.#sink
    const { length } = bytes
    let at = begin
    for (;;) {
      const cells = this.#cells
      let { bytes: to, used } = cells
      let next = -1
      while (at < length) {
        // Finds the end and copies, up to where the cell's memory ends.
        const stop = Math.min(length, at + to.length - used)
        while (at < stop) {
          next = bytes[at]!
          if (
            next === delimiter ||
            (next <= carriageReturn && (next === lineFeed || next === carriageReturn))
          )
            break
          to[used++] = next
          at++
        }
        if (at < stop || at === length) break
        cells.used = used
        to = cells.grow(1)
      }
      cells.used = used
      if (at === length) return at
      if (next !== delimiter) {
        this.#endCell(next, false)
        return at + 1
      }
      cells.end()
      const position = ++this.#position
      if (position === maxColumns) this.#refuse()
      const { row } = sink
      this.#cells = position < row.length ? row[position]! : sink.rest
      at++
      const first = at < length ? bytes[at]! : space
      if (first === quote || first === space || first === tab) {
        this.#state = cellStart
        return at
      }
    }
  }

  /** @throws TableError if a quote was never closed. */
  end(): void {
    if (this.#state === quoted)
      throw new TableError(this.#quoteLine, 'a quote is opened here and never closed; close or remove it')
    if (this.#state !== lineStart && this.#state !== comment)
      this.#endCell(lineFeed, this.#state === quoteInQuotes || this.#state === afterQuotes)
  }

  #endCell(byte: number, isQuoted: boolean): void {
    this.#cells.end()
    if (++this.#position > maxColumns) this.#refuse()
    if (byte === this.#delimiter) this.#state = cellStart
    else {
      this.#sink.endRecord(this.#recordLine, this.#position, isQuoted)
      this.#ended = true
      this.#position = 0
      this.#endLine(byte)
    }
    this.#cells = this.#sink.row[this.#position] ?? this.#sink.rest
  }

  #refuse(): never {
    throw new TableError(
      this.#recordLine,
      `has more than ${maxColumns} columns; transpose or split the file, or say what separates cells with --delimiter`,
    )
  }

  #endLine(byte: number): void {
    this.line++
    this.#afterReturn = byte === carriageReturn
    this.#state = lineStart
  }
}
