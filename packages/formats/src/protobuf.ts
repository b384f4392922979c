// Reads protocol buffers field by field, within their bounds: lengths in a damaged file may say anything.
import { decode } from './utf8.js'

/** Builds the error for what is wrong at a byte of the file. */
type RefuseAt = (offset: number, problem: string) => Error

/** The part of a file that holds one message. */
export interface Message {
  readonly file: Uint8Array
  readonly begin: number
  readonly end: number
  readonly refuse: RefuseAt
}

/** A field's number, and its value: a number for varints, else the bytes that it has. */
export interface Field extends Message {
  readonly number: number
  /** The bits below 2^53 of a varint; `null` for any other kind. */
  readonly varint: number | null
}

/** The fields of a message, in order. */
export function* fieldsOf(message: Message): Generator<Field> {
  const { file, end, refuse } = message
  let at = message.begin
  const varint = (): number => {
    let value = 0
    for (let power = 1, count = 0; count < 10; count++, power *= 128) {
      if (at >= end) throw refuse(at, 'a number ends outside its message')
      const byte = file[at++]!
      value += (byte & 0x7f) * power
      if (byte < 0x80) return value
    }
    throw refuse(at, 'a number has more than 10 bytes')
  }
  while (at < end) {
    const start = at
    const tag = varint()
    const number = Math.floor(tag / 8)
    const kind = tag % 8
    if (number === 0) throw refuse(start, 'a field has number 0')
    if (kind === 0) {
      const begin = at
      const value = varint()
      yield { file, refuse, number, varint: value, begin, end: at }
      continue
    }
    const length = kind === 1 ? 8 : kind === 5 ? 4 : kind === 2 ? varint() : -1
    if (length < 0) throw refuse(start, `field ${number} is of the unknown kind ${kind}`)
    if (length > end - at)
      throw refuse(start, `field ${number} has ${length} bytes where ${end - at} are left`)
    yield { file, refuse, number, varint: null, begin: at, end: at + length }
    at += length
  }
}

/** The text of a field, at most `longest` bytes. */
export function textOf({ file, begin, end, varint, refuse, number }: Field, longest: number): string {
  if (varint !== null) throw refuse(begin, `field ${number} expects text`)
  if (end - begin > longest) throw refuse(begin, `text of ${end - begin} bytes; expected at most ${longest}`)
  return decode(file, begin, end)
}

/** The little-endian number of a field of 4 or 8 bytes. */
export function floatOf({ file, begin, end, varint, refuse, number }: Field): number {
  const view = new DataView(file.buffer, file.byteOffset + begin, end - begin)
  if (varint === null && end - begin === 8) return view.getFloat64(0, true)
  if (varint === null && end - begin === 4) return view.getFloat32(0, true)
  throw refuse(begin, `field ${number} expects a number of 4 or 8 bytes, got ${end - begin}`)
}
