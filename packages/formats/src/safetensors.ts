// Safetensors, the form in which weights are handed round (github.com/huggingface/safetensors): the length of a
// header, the header in JSON, then the numbers of all tensors, one behind the other.
import { BackpropagationError, type Model, type NamedValues } from '@bp/core'
import { type Bytes, bytesOfFile } from './bytes.js'
import {
  bytesOf,
  bytesOfValues,
  checkElements,
  checkSize,
  type ElementTypeName,
  mostDimensions,
  type NamedNumbers,
  readElements,
  tensorsOf,
  typeOf,
  type Values,
} from './elements.js'
import { decode, piecesOf } from './utf8.js'

/** Bytes that are no safetensors file, or tensors that cannot be in one; the message says what is wrong. */
export class SafetensorsError extends BackpropagationError {
  override name = 'SafetensorsError'
}

/** By the names of types in a file, in the order in which their tensors are written, which is that of the format's own library. */
const types: Readonly<Record<string, ElementTypeName>> = {
  U64: 'u64',
  I64: 'i64',
  F64: 'f64',
  F32: 'f32',
  U32: 'u32',
  I32: 'i32',
  BF16: 'bf16',
  F16: 'f16',
  U16: 'u16',
  I16: 'i16',
  I8: 'i8',
  U8: 'u8',
  BOOL: 'bool',
}
const dtypes = Object.keys(types)

const longestHeader = 16 * 2 ** 20
/** Tensors of a file, and entries of the text that goes with it. */
const mostEntries = 100_000
/** Bytes of a name; text that goes with the file may be longer. */
const longestName = 4096
/** The key of the header that holds no tensor, but text of the program that wrote it. */
const metadata = '__metadata__'

/**
 * A file of named tensors: `writeSafetensors(model)` is one of the weights of a model. Numbers keep their type and
 * bits. The order of the tensors does not matter: the same tensors give the same bytes, those that the format's own
 * library writes. `text` goes with them, by keys of your choice.
 * @throws SafetensorsError
 */
export function writeSafetensors(
  tensors: Iterable<NamedNumbers> | Pick<Model, 'variables'>,
  text?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { header, arrays, size } = safetensorsParts(tensors, text)
  const file = new Uint8Array(size)
  file.set(header)
  let at = header.length
  for (const bytes of arrays) {
    file.set(bytes, at)
    at += bytes.length
  }
  return file
}

/** The same in parts, of which the arrays are not copied: what a file of `size` bytes begins with, and the numbers. */
export function safetensorsParts(
  tensors: Iterable<NamedNumbers> | Pick<Model, 'variables'>,
  text: Readonly<Record<string, string>> = {},
) {
  const misused = (problem: string) => new SafetensorsError(problem)
  for (const [key, value] of Object.entries(text))
    if (typeof value !== 'string')
      throw misused(
        `writeSafetensors: text.${key} must be a string, got ${typeof value}; write JSON.stringify(value)`,
      )
  const sorted = tensorsOf('writeSafetensors', tensors, misused)
    .map(({ name, shape, values }) => {
      const type = typeOf(values, refusing(name))
      return { name, shape, values, dtype: dtypes.find((dtype) => types[dtype] === type)! }
    })
    // Wide numbers come first, so that all of them are aligned.
    .sort((a, b) => dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype) || (a.name < b.name ? -1 : 1))
  const seen = new Set<string>([metadata])
  let size = 0
  const entries = sorted.map(({ name, shape, values, dtype }) => {
    const refuse = refusing(name)
    if (seen.has(name))
      throw refuse(
        name === metadata
          ? 'cannot have this name, which the format keeps for itself; rename it'
          : 'is there twice; give each a name of its own',
      )
    seen.add(name)
    const title = JSON.stringify(name)
    if (new TextEncoder().encode(title).length > longestName)
      throw new SafetensorsError(
        `the name that begins with ${title.slice(0, 40)} is too long; names of up to ${longestName} bytes are written`,
      )
    checkSize(shape, values, refuse)
    const begin = size
    size += values.byteLength
    return `${title}:${JSON.stringify({ dtype, shape, data_offsets: [begin, size] })}`
  })
  if (Object.keys(text).length > 0) entries.unshift(`${JSON.stringify(metadata)}:${JSON.stringify(text)}`)
  const json = new TextEncoder().encode(`{${entries.join(',')}}`)
  if (sorted.length > mostEntries || json.length + 7 > longestHeader)
    throw new SafetensorsError(
      `a file has up to ${mostEntries} tensors, and ${longestHeader} bytes to name them; these are ${sorted.length} in ${json.length}, write several files`,
    )
  // The numbers begin at a multiple of eight bytes; spaces fill the header up to there.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true)
  header.set(json, 8)
  return { header, arrays: sorted.map(({ values }) => bytesOfValues(values)), size: header.length + size }
}

/**
 * The tensors of a file, in the order of their numbers: `model.setWeights(readSafetensors(file))`. F64 and integers
 * of 32 and 64 bits become float64, all other types float32, which holds each of their numbers. Text that goes with the
 * file is passed over.
 *
 * All of the file is checked. A tensor's array of numbers, which has up to four times their bytes in the file, is made
 * when its `values` are first asked for; until then the file must stay as it is.
 * @throws SafetensorsError for what is no such file: cut off, with holes, overlaps, names that are there twice, types
 * that are not known, or a header of more than 16 MiB or 100,000 tensors.
 */
export function readSafetensors(content: Bytes): (NamedValues & { readonly values: Values })[] {
  const refuse = (problem: string) => new SafetensorsError(problem)
  return readSafetensorsWithText(bytesOfFile('readSafetensors', content, 'safetensors', refuse), []).tensors
}

/** The same, and the text under those of some keys that are there. */
export function readSafetensorsWithText(file: Uint8Array, keys: readonly string[]) {
  if (file.length < 8)
    throw new SafetensorsError(
      `the file has ${file.length} bytes, but 8 must say how long its header is; it is cut off or of another format`,
    )
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true))
  if (length > file.length - 8)
    throw new SafetensorsError(
      `the header should have ${length} bytes, but ${file.length - 8} follow; the file is cut off or of another format`,
    )
  if (length > longestHeader)
    throw new SafetensorsError(
      `the header has ${length} bytes; headers of up to ${longestHeader} are read, split the file`,
    )
  const data = file.subarray(8 + length)
  const { tensors, text } = parseHeader(file.subarray(8, 8 + length), data, keys)
  // They mostly are in order, and sorting takes memory.
  if (tensors.some((tensor, index) => index > 0 && tensors[index - 1]!.follows(tensor) > 0))
    tensors.sort((a, b) => a.follows(b))
  const end = tensors.reduce((end, tensor) => tensor.endBehind(end), 0)
  if (end !== data.length)
    throw new SafetensorsError(
      `the tensors take ${end} bytes, but ${data.length} follow the header; the file is cut off or has something behind it`,
    )
  for (const tensor of tensors) tensor.checkNumbers()
  return { tensors, text }
}

/** Makes the errors about one tensor. */
const refusing = (name: string) => (problem: string) =>
  new SafetensorsError(`tensor ${JSON.stringify(name)} ${problem}`)

/** What all tensors of one type in a file have in common. */
interface Source {
  readonly dtype: string
  readonly type: ElementTypeName
  /** Of the file, behind the header. */
  readonly data: Uint8Array
}

/** A tensor as it lies in a file; there may be very many, so it holds no more than it must. */
class StoredTensor implements NamedValues {
  readonly name: string
  readonly shape: readonly number[]
  declare readonly values: Values
  readonly #source: Source
  readonly #begin: number
  #values: Values | undefined
  /** Each tensor has its values itself, so that a copy, `{ ...tensor, name }`, has them too. */
  static readonly #property = {
    enumerable: true,
    get(this: StoredTensor): Values {
      this.#values ??= readElements(this.#source.type, this.#bytes(), true)
      return this.#values
    },
  }

  constructor(name: string, shape: readonly number[], source: Source, begin: number, end: number) {
    this.name = name
    this.shape = shape
    this.#source = source
    this.#begin = begin
    Object.defineProperty(this, 'values', StoredTensor.#property)
    const bytes = this.#length
    if (end - begin !== bytes)
      throw refusing(name)(
        `is ${source.dtype} of the shape [${shape.join(', ')}], so ${bytes} bytes, but lies from byte ${begin} to ${end}; the header is damaged`,
      )
  }

  /** Positive if it lies behind the other. Of two that begin at one place the first has no numbers. */
  follows(other: StoredTensor): number {
    return this.#begin - other.#begin || this.#length - other.#length
  }

  /** Where it ends, if it begins where the one before ends. */
  endBehind(endBefore: number): number {
    if (this.#begin !== endBefore)
      throw refusing(this.name)(
        `begins at byte ${this.#begin}, but ${endBefore === 0 ? 'the first must begin at 0' : `the one before it ends at ${endBefore}`}; there must be neither holes nor overlaps`,
      )
    return endBefore + this.#length
  }

  checkNumbers(): void {
    checkElements(this.#source.type, this.#bytes(), true, refusing(this.name))
  }

  #bytes(): Uint8Array {
    return this.#source.data.subarray(this.#begin, this.#begin + this.#length)
  }

  /** In bytes. */
  get #length(): number {
    return this.shape.reduce((product, dimension) => product * dimension, bytesOf(this.#source.type))
  }
}

const [quote, backslash] = [0x22, 0x5c]
const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 9 || byte === 10 || byte === 13
/** What JSON has behind a backslash, beside u and four digits. */
const escapes = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)))
const isDigit = (byte: number | undefined) => byte! >= 0x30 && byte! <= 0x39
const isHexadecimal = (byte: number | undefined) =>
  isDigit(byte) || (byte! >= 0x41 && byte! <= 0x46) || (byte! >= 0x61 && byte! <= 0x66)

/**
 * What the header says of the tensors in `data`. JSON.parse would take keys that are there twice, and make millions of
 * arrays of a header that has them. It is read as bytes, since as text it may take twice as many.
 */
function parseHeader(bytes: Uint8Array, data: Uint8Array, keys: readonly string[]) {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    for (const [, piece] of piecesOf(bytes)) decoder.decode(piece)
  } catch {
    throw new SafetensorsError('the header is not UTF-8 text; the file is damaged or of another format')
  }
  let at = 0
  const unexpected = (wanted: string) => {
    const found = at < bytes.length ? JSON.stringify(ascii(at, at + 12)) : 'the end'
    return new SafetensorsError(`the header has ${found} at byte ${at}, where ${wanted} must be`)
  }
  const ascii = (begin: number, end: number) => String.fromCharCode(...bytes.subarray(begin, end))
  const next = () => {
    while (isSpace(bytes[at])) at++
    return at < bytes.length ? String.fromCharCode(bytes[at]!) : undefined
  }
  const take = (character: string) => {
    if (next() !== character) throw unexpected(JSON.stringify(character))
    at++
  }
  /** Goes past text in quotes; whether there are escapes in it. */
  const skipText = (): boolean => {
    next()
    const begin = at
    const refuse = () => {
      at = begin
      return unexpected('text in quotes')
    }
    let escaped = false
    if (bytes[at] !== quote) throw refuse()
    for (at++; bytes[at] !== quote; at++) {
      if (at >= bytes.length || bytes[at]! < 0x20) throw refuse()
      if (bytes[at] !== backslash) continue
      escaped = true
      at++
      if (escapes.has(bytes[at]!)) continue
      if (bytes[at] !== 0x75 || ![1, 2, 3, 4].every((digit) => isHexadecimal(bytes[at + digit])))
        throw refuse()
      at += 4
    }
    at++
    return escaped
  }
  const name = (): string => {
    next()
    const begin = at
    const escaped = skipText()
    if (at - begin > longestName)
      throw new SafetensorsError(
        `the header has a name of ${at - begin} bytes; names of up to ${longestName} are read`,
      )
    return escaped ? JSON.parse(decode(bytes, begin, at)) : decode(bytes, begin + 1, at - 1)
  }
  const integer = (): number => {
    next()
    const begin = at
    let value = 0
    for (; isDigit(bytes[at]); at++) value = 10 * value + bytes[at]! - 0x30
    if (at > begin && (bytes[begin] !== 0x30 || at === begin + 1) && Number.isSafeInteger(value)) return value
    at = begin
    throw unexpected('a whole number below 2^53')
  }
  /** What stands between brackets, with commas between. */
  const list = (open: string, close: string, element: () => void) => {
    take(open)
    if (next() !== close)
      for (;;) {
        element()
        if (next() === close) break
        take(',')
      }
    take(close)
  }
  const object = (member: (key: string) => void) =>
    list('{', '}', () => {
      const key = name()
      take(':')
      member(key)
    })
  /** As an array that has room for no more, since one that grows has room for as many again. */
  const integers = (most: number): number[] => {
    let count = 0
    list('[', ']', () => {
      if (count === most) throw unexpected(`the end of at most ${most} numbers`)
      found[count++] = integer()
    })
    return Array.from({ length: count }, (_, index) => found[index]!)
  }
  const found = new Float64Array(mostDimensions)
  /** Makes a check that a key is not there twice, nor one of too many. */
  const distinct = () => {
    const seen = new Set<string>()
    return (key: string) => {
      if (seen.has(key)) throw twice(key)
      if (seen.size === mostEntries)
        throw new SafetensorsError(`the header has more than ${mostEntries} tensors or texts; split the file`)
      seen.add(key)
    }
  }
  const twice = (key: string) => new SafetensorsError(`the header has ${JSON.stringify(key)} twice`)

  const sources = new Map<string, Source>(
    Object.entries(types).map(([dtype, type]) => [dtype, { dtype, type, data }]),
  )
  const tensors: StoredTensor[] = []
  const text = new Map<string, string>()
  const checkName = distinct()
  object((name) => {
    checkName(name)
    if (name === metadata) {
      const checkKey = distinct()
      return object((key) => {
        checkKey(key)
        next()
        const begin = at
        skipText()
        if (keys.includes(key)) text.set(key, JSON.parse(decode(bytes, begin, at)))
      })
    }
    tensors.push(tensor(name))
  })
  if (next() !== undefined) throw unexpected('the end')
  return { tensors, text }

  function tensor(title: string): StoredTensor {
    let dtype: string | undefined
    let shape: number[] | undefined
    let offsets: number[] | undefined
    object((key) => {
      if (key === 'dtype' && dtype === undefined) dtype = name()
      else if (key === 'shape' && shape === undefined) shape = integers(mostDimensions)
      else if (key === 'data_offsets' && offsets === undefined) offsets = integers(2)
      else if (key === 'dtype' || key === 'shape' || key === 'data_offsets') throw twice(key)
      else throw refusing(title)(`has ${JSON.stringify(key)}, which is not known`)
    })
    if (dtype === undefined || shape === undefined || offsets?.length !== 2)
      throw refusing(title)('must have dtype, shape, and two data_offsets; the header is damaged')
    const source = sources.get(dtype)
    if (!source)
      throw refusing(title)(
        `is of type ${JSON.stringify(dtype)}; ${Object.keys(types).join(', ')} can be read, convert it to one of them`,
      )
    const [begin, end] = offsets as [number, number]
    return new StoredTensor(title, shape, source, begin, end)
  }
}
