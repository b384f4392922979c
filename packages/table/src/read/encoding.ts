// Bytes of any common encoding to UTF-8, piece by piece.
import { TableError } from '../errors.js'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/** Bytes that decide about UTF-16 without a byte order mark. */
const sniffed = 512

/**
 * Converts a file to UTF-8. UTF-16 is recognized by its byte order mark or by its zero bytes; bytes that are not UTF-8
 * are windows-1252, of which Latin-1 is a part.
 */
export class ToUtf8 {
  encoding: Encoding = 'utf-8'
  /** Decodes all encodings but UTF-8. */
  #decoder: TextDecoder | null = null
  readonly #encoder = new TextEncoder()
  #begun = false
  /** Bytes of a character that is not complete yet. */
  #rest = new Uint8Array(0)
  /** Whether a character beyond ASCII was read as UTF-8. */
  #beyondAscii = false

  /** `bytes` must be the file's first bytes in the first call, at least `sniffed` if there are as many. */
  write(bytes: Uint8Array, last: boolean, line: number): Uint8Array {
    let from = bytes
    if (!this.#begun) {
      this.#begun = true
      const { encoding, skip } = detect(bytes)
      this.encoding = encoding
      if (encoding !== 'utf-8') this.#decoder = new TextDecoder(encoding)
      from = bytes.subarray(skip)
    }
    const text = this.#decoder ? this.#decode(from, last) : this.#utf8(from, last, line)
    const zero = text.indexOf(0)
    if (zero >= 0)
      throw new TableError(line + count(text, zero), 'contains a NUL byte; this is not a text file')
    return text
  }

  #decode(bytes: Uint8Array, last: boolean): Uint8Array {
    return this.#encoder.encode(this.#decoder!.decode(bytes, { stream: !last }))
  }

  #utf8(bytes: Uint8Array, last: boolean, line: number): Uint8Array {
    if (this.#rest.length === 0 && isAscii(bytes)) return bytes
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes)
    const { valid, end } = checkUtf8(all)
    this.#beyondAscii ||= !isAscii(all.subarray(0, end))
    if (valid && (end === all.length || !last)) {
      this.#rest = Uint8Array.from(all.subarray(end))
      return all.subarray(0, end)
    }
    if (this.#beyondAscii)
      throw new TableError(
        line + count(all, end),
        'is neither UTF-8 nor Latin-1 text; save the file as UTF-8',
      )
    this.encoding = 'windows-1252'
    this.#decoder = new TextDecoder('windows-1252')
    this.#rest = new Uint8Array(0)
    return this.#decode(all, last)
  }
}

function detect(bytes: Uint8Array): { encoding: Encoding; skip: number } {
  const [a, b, c] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', skip: 3 }
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', skip: 2 }
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', skip: 2 }
  const length = Math.min(bytes.length, sniffed) & ~1
  const zeros = [0, 0]
  for (let at = 0; at < length; at++) if (bytes[at] === 0) zeros[at % 2]!++
  // Text in Latin letters has a zero in every second byte.
  const most = length * 0.35
  if (zeros[1]! > most && zeros[0] === 0) return { encoding: 'utf-16le', skip: 0 }
  if (zeros[0]! > most && zeros[1] === 0) return { encoding: 'utf-16be', skip: 0 }
  return { encoding: 'utf-8', skip: 0 }
}

function isAscii(bytes: Uint8Array): boolean {
  const { length } = bytes
  let at = 0
  let any = 0
  while (at < length && (bytes.byteOffset + at) % 4 !== 0) any |= bytes[at++]!
  // Four at a time.
  const words =
    length - at < 4
      ? new Int32Array(0)
      : new Int32Array(bytes.buffer, bytes.byteOffset + at, (length - at) >> 2)
  for (let index = 0; index < words.length; index++) any |= words[index]!
  for (at += words.length * 4; at < length; at++) any |= bytes[at]!
  return (any & 0x80808080) === 0
}

/** Whether bytes are UTF-8 (RFC 3629), and where the last complete character, or the valid part, ends. */
function checkUtf8(bytes: Uint8Array): { valid: boolean; end: number } {
  const { length } = bytes
  for (let at = 0; at < length; ) {
    const first = bytes[at]!
    if (first < 0x80) {
      at++
      continue
    }
    const more =
      first >= 0xc2 && first <= 0xdf ? 1 : first >> 4 === 0xe ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0
    if (more === 0) return { valid: false, end: at }
    for (let index = 1; index <= more; index++) {
      if (at + index === length) return { valid: true, end: at }
      const byte = bytes[at + index]!
      // Neither longer than needed, nor surrogates, nor beyond U+10FFFF.
      const low = index > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
      const high = index > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
      if (byte < low || byte > high) return { valid: false, end: at }
    }
    at += more + 1
  }
  return { valid: true, end: length }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}

/** Line feeds before `end`, or carriage returns if there are none. */
function count(bytes: Uint8Array, end: number): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0 && at < end; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}
