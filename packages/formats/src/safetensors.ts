// Safetensors, the common exchange format for weights (github.com/huggingface/safetensors): the length of a header, the
// header in JSON, then the elements of all tensors, back to back.
import { BackpropagationError, type Model, type NamedValues } from '@bp/core/lean'
import { type Bytes, bytesOfFile } from './bytes.js'
import {
  bytesOf,
  bytesOfValues,
  checkElements,
  checkSize,
  type ElementTypeName,
  maxDimensions,
  type NamedArray,
  readElements,
  tensorsOf,
  typeOf,
  type Values,
} from './elements.js'
import { decode, piecesOf } from './utf8.js'

/** Bytes that are not a safetensors file, or tensors that cannot be written as one; the message says what is wrong. */
export class SafetensorsError extends BackpropagationError {
  override name = 'SafetensorsError'
}

/** By type name in the file, in the order in which their tensors are written, that of the reference library. */
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

const maxHeaderBytes = 16 * 2 ** 20
/** Tensors in a file, and entries of its metadata. */
const maxEntries = 100_000
/** Of a tensor's name; metadata may be longer. */
const maxNameBytes = 4096
/** The header key that holds free-form text instead of a tensor. */
const metadata = '__metadata__'

/**
 * A file of named tensors: `writeSafetensors(model)` writes a model's weights. Elements keep their type and bits. The
 * order of the tensors does not matter: the same tensors give the same bytes, those of the reference library. `text` is
 * stored as metadata, under keys of your choice.
 * @throws SafetensorsError
 */
export function writeSafetensors(
  tensors: Iterable<NamedArray> | Pick<Model, 'variables'>,
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

/** The same in parts, without copying arrays: the start of a file of `size` bytes, then the elements. */
export function safetensorsParts(
  tensors: Iterable<NamedArray> | Pick<Model, 'variables'>,
  text: Readonly<Record<string, string>> = {},
) {
  const misused = (problem: string) => new SafetensorsError(problem)
  for (const [key, value] of Object.entries(text))
    if (typeof value !== 'string')
      throw misused(
        `writeSafetensors: text.${key} must be a string, got ${typeof value}; pass JSON.stringify(value)`,
      )
  const sorted = tensorsOf('writeSafetensors', tensors, misused)
    .map(({ name, shape, values }) => {
      const type = typeOf(values, refusing(name))
      return { name, shape, values, dtype: dtypes.find((dtype) => types[dtype] === type)! }
    })
    // Wide types come first, so that every tensor is aligned.
    .sort((a, b) => dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype) || (a.name < b.name ? -1 : 1))
  const seen = new Set<string>([metadata])
  let size = 0
  const entries = sorted.map(({ name, shape, values, dtype }) => {
    const refuse = refusing(name)
    if (seen.has(name))
      throw new SafetensorsError(
        name === metadata
          ? `tensor name "${name}" is reserved by the format; rename the tensor`
          : `duplicate tensor name ${JSON.stringify(name)}; names must be unique`,
      )
    seen.add(name)
    const title = JSON.stringify(name)
    if (new TextEncoder().encode(title).length > maxNameBytes)
      throw new SafetensorsError(
        `the name that begins with ${title.slice(0, 40)} is too long; at most ${maxNameBytes} bytes are allowed`,
      )
    checkSize(shape, values, refuse)
    const begin = size
    size += values.byteLength
    return `${title}:${JSON.stringify({ dtype, shape, data_offsets: [begin, size] })}`
  })
  if (Object.keys(text).length > 0) entries.unshift(`${JSON.stringify(metadata)}:${JSON.stringify(text)}`)
  const json = new TextEncoder().encode(`{${entries.join(',')}}`)
  if (sorted.length > maxEntries || json.length + 7 > maxHeaderBytes)
    throw new SafetensorsError(
      `a file holds at most ${maxEntries} tensors and a header of ${maxHeaderBytes} bytes; got ${sorted.length} and ${json.length}; write several files`,
    )
  // The elements begin at a multiple of eight bytes; the header is padded with spaces.
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true)
  header.set(json, 8)
  return { header, arrays: sorted.map(({ values }) => bytesOfValues(values)), size: header.length + size }
}

/**
 * The tensors in a file, in storage order: `model.setWeights(readSafetensors(file))`. F64 and integers of 32 and 64 bits
 * become float64, all other types float32, each exactly. Metadata is skipped.
 *
 * The whole file is validated. A tensor's array of elements, up to four times their size in the file, is created when
 * its `values` are first read; until then the file must not change.
 * @throws SafetensorsError for anything but such a file: truncated, with gaps, overlaps, duplicate names, unknown types,
 * or a header of more than 16 MiB or 100,000 tensors.
 */
export function readSafetensors(content: Bytes): (NamedValues & { readonly values: Values })[] {
  const refuse = (problem: string) => new SafetensorsError(problem)
  return readSafetensorsWithText(bytesOfFile('readSafetensors', content, 'safetensors', refuse), []).tensors
}

/** The same, with the metadata under those of `keys` that are present. */
export function readSafetensorsWithText(file: Uint8Array, keys: readonly string[]) {
  if (file.length < 8)
    throw new SafetensorsError(
      `the file has ${file.length} bytes, fewer than the 8 of its header length; it is truncated or in another format`,
    )
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true))
  if (length > file.length - 8)
    throw new SafetensorsError(
      `the header should have ${length} bytes, but ${file.length - 8} follow; the file is truncated or in another format`,
    )
  if (length > maxHeaderBytes)
    throw new SafetensorsError(`the header has ${length} bytes, more than ${maxHeaderBytes}; split the file`)
  const data = file.subarray(8 + length)
  const { tensors, text } = parseHeader(file.subarray(8, 8 + length), data, keys)
  // They are usually in order, and sorting takes memory.
  if (tensors.some((tensor, index) => index > 0 && tensors[index - 1]!.follows(tensor) > 0))
    tensors.sort((a, b) => a.follows(b))
  const end = tensors.reduce((end, tensor) => tensor.endBehind(end), 0)
  if (end !== data.length)
    throw new SafetensorsError(
      `the tensors take ${end} bytes, but ${data.length} follow the header; the file is truncated or has trailing bytes`,
    )
  for (const tensor of tensors) tensor.checkNumbers()
  return { tensors, text }
}

/** Builds errors about one tensor. */
const refusing = (name: string) => (problem: string) =>
  new SafetensorsError(`tensor ${JSON.stringify(name)} ${problem}`)

/** Shared by all tensors of one type in a file. */
interface Source {
  readonly dtype: string
  readonly type: ElementTypeName
  /** The file after the header. */
  readonly data: Uint8Array
}

/** A tensor inside a file. There may be very many, so it stores as little as possible. */
class StoredTensor implements NamedValues {
  readonly name: string
  readonly shape: readonly number[]
  declare readonly values: Values
  readonly #source: Source
  readonly #begin: number
  #values: Values | undefined
  /** An own property of each tensor, so that a copy, `{ ...tensor, name }`, has it too. */
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
        `is ${source.dtype} of shape [${shape.join(', ')}], i.e. ${bytes} bytes, but spans bytes ${begin} to ${end}; the header is damaged`,
      )
  }

  /** Positive if it is stored after the other. Of two at the same offset, the first is empty. */
  follows(other: StoredTensor): number {
    return this.#begin - other.#begin || this.#length - other.#length
  }

  /** Where it ends, provided it begins where the previous one ends. */
  endBehind(endBefore: number): number {
    if (this.#begin !== endBefore)
      throw refusing(this.name)(
        `begins at byte ${this.#begin}, but ${endBefore === 0 ? 'the first must begin at 0' : `the previous one ends at ${endBefore}`}; gaps and overlaps are not allowed`,
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
/** What may follow a backslash in JSON, besides u and four digits. */
const escapes = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)))
const isDigit = (byte: number | undefined) => byte! >= 0x30 && byte! <= 0x39
const isHexadecimal = (byte: number | undefined) =>
  isDigit(byte) || (byte! >= 0x41 && byte! <= 0x46) || (byte! >= 0x61 && byte! <= 0x66)

/**
 * The tensors in `data` that the header describes. JSON.parse would accept duplicate keys, and allocate millions of
 * arrays if the header has them. The header is read as bytes, since a string may take twice as many.
 */
function parseHeader(bytes: Uint8Array, data: Uint8Array, keys: readonly string[]) {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    for (const [, piece] of piecesOf(bytes)) decoder.decode(piece)
  } catch {
    throw new SafetensorsError('the header is not UTF-8; the file is damaged or in another format')
  }
  let at = 0
  const unexpected = (expected: string) => {
    const found = at < bytes.length ? JSON.stringify(ascii(at, at + 12)) : 'the end'
    return new SafetensorsError(`the header has ${found} at byte ${at}, expected ${expected}`)
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
  /** Skips a quoted string; returns whether it contains escapes. */
  const skipText = (): boolean => {
    next()
    const begin = at
    const refuse = () => {
      at = begin
      return unexpected('a quoted string')
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
    if (at - begin > maxNameBytes)
      throw new SafetensorsError(
        `the header has a name of ${at - begin} bytes; at most ${maxNameBytes} are allowed`,
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
    throw unexpected('an integer in [0, 2^53)')
  }
  /** Comma-separated elements between brackets. */
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
  /** As an array of exact capacity, since one that grew has spare room. */
  const integers = (most: number): number[] => {
    let count = 0
    list('[', ']', () => {
      if (count === most) throw unexpected(`at most ${most} numbers`)
      found[count++] = integer()
    })
    return Array.from({ length: count }, (_, index) => found[index]!)
  }
  const found = new Float64Array(maxDimensions)
  /** Builds a check that keys are unique and not too many. */
  const distinct = () => {
    const seen = new Set<string>()
    return (key: string) => {
      if (seen.has(key)) throw duplicate(key)
      if (seen.size === maxEntries)
        throw new SafetensorsError(`the header has more than ${maxEntries} tensors or texts; split the file`)
      seen.add(key)
    }
  }
  const duplicate = (key: string) =>
    new SafetensorsError(`the header has a duplicate key ${JSON.stringify(key)}`)

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
      else if (key === 'shape' && shape === undefined) shape = integers(maxDimensions)
      else if (key === 'data_offsets' && offsets === undefined) offsets = integers(2)
      else if (key === 'dtype' || key === 'shape' || key === 'data_offsets') throw duplicate(key)
      else throw refusing(title)(`has an unknown key ${JSON.stringify(key)}`)
    })
    if (dtype === undefined || shape === undefined || offsets?.length !== 2)
      throw refusing(title)('must have dtype, shape and two data_offsets; the header is damaged')
    const source = sources.get(dtype)
    if (!source)
      throw refusing(title)(
        `has type ${JSON.stringify(dtype)}; convert it to one of ${Object.keys(types).join(', ')}`,
      )
    const [begin, end] = offsets as [number, number]
    return new StoredTensor(title, shape, source, begin, end)
  }
}
