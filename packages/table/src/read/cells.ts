// The cells of one column as UTF-8 bytes, one after the other: no object per cell.

import { TableError } from '../errors.js'

/** Offsets are u32. */
const maxBytes = 2 ** 32 - 1

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export class Cells {
  /** The text of all cells, without the spaces around it. */
  bytes = new Uint8Array(32)
  /** The offset at which each cell ends, and the next begins. */
  ends = new Uint32Array(8)
  /** Number of completed cells. */
  length = 0
  /** Bytes in use, those of an unfinished cell included. */
  used = 0

  /** Adds bytes to the unfinished cell. */
  append(from: Uint8Array, begin: number, end: number): void {
    const { used } = this
    const next = used + end - begin
    if (next > this.bytes.length) this.grow(end - begin)
    const { bytes } = this
    // Calling `set` takes longer than copying the few bytes of most cells.
    if (end - begin > 24) bytes.set(from.subarray(begin, end), used)
    else for (let at = begin, to = used; at < end; at++, to++) bytes[to] = from[at]!
    this.used = next
  }

  appendByte(byte: number): void {
    if (this.used === this.bytes.length) this.grow(1)
    this.bytes[this.used++] = byte
  }

  /** Completes a cell. */
  end(): void {
    const { bytes, length } = this
    const begin = length === 0 ? 0 : this.ends[length - 1]!
    let { used } = this
    while (used > begin && isSpace(bytes[used - 1]!)) used--
    if (used > begin && isSpace(bytes[begin]!)) {
      // Within quotes.
      let first = begin + 1
      while (isSpace(bytes[first]!)) first++
      bytes.copyWithin(begin, first, used)
      used -= first - begin
    }
    this.used = used
    if (length === this.ends.length) {
      const grown = new Uint32Array(Math.ceil(length * 1.5) + 8)
      grown.set(this.ends)
      this.ends = grown
    }
    this.ends[length] = used
    this.length = length + 1
  }

  /** Makes room for this many cells and bytes, so that nothing is copied until then. */
  reserve(cells: number, bytes: number): void {
    if (cells > this.ends.length) {
      const grown = new Uint32Array(cells)
      grown.set(this.ends.subarray(0, this.length))
      this.ends = grown
    }
    if (bytes > this.bytes.length && bytes <= maxBytes) this.#resize(bytes)
  }

  begin(cell: number): number {
    return cell === 0 ? 0 : this.ends[cell - 1]!
  }

  isEmpty(cell: number): boolean {
    return this.begin(cell) === this.ends[cell]
  }

  /** The text of a cell. */
  at(cell: number): string {
    const [begin, end] = [this.begin(cell), this.ends[cell]!]
    // Calling the decoder takes longer than decoding short text.
    if (end - begin > 12) return decoder.decode(this.bytes.subarray(begin, end))
    let text = ''
    for (let at = begin; at < end; at++) {
      const byte = this.bytes[at]!
      if (byte > 127) return decoder.decode(this.bytes.subarray(begin, end))
      text += String.fromCharCode(byte)
    }
    return text
  }

  *[Symbol.iterator](): Iterator<string> {
    for (let cell = 0; cell < this.length; cell++) yield this.at(cell)
  }

  /** Makes room for more bytes, and returns where they go. */
  grow(bytes: number): Uint8Array<ArrayBuffer> {
    const needed = this.used + bytes
    if (needed > maxBytes) throw new TableError(null, 'a column has more than 4 GiB of text; split the file')
    this.#resize(Math.min(maxBytes, Math.max(needed, Math.ceil(this.bytes.length * 1.5))))
    return this.bytes
  }

  /** Takes the last cells away, or all. */
  cut(length: number): void {
    this.length = length
    this.used = this.begin(length)
  }

  #resize(size: number): void {
    const grown = new Uint8Array(size)
    grown.set(this.bytes.subarray(0, this.used))
    this.bytes = grown
  }
}

/** Cells with these texts. */
export function cellsFrom(texts: Iterable<string>): Cells {
  const cells = new Cells()
  const encoder = new TextEncoder()
  for (const text of texts) {
    const bytes = encoder.encode(text)
    cells.append(bytes, 0, bytes.length)
    cells.end()
  }
  return cells
}

const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13)
