// Safetensors, the form in which weights are handed round (github.com/huggingface/safetensors): the length of a
// header, the header in JSON, then the numbers of all tensors, one behind the other.
import { BackpropagationError, type NamedValues } from '@bp/core'
import {
  bytesOf,
  bytesOfValues,
  checkSize,
  type ElementTypeName,
  mostDimensions,
  readElements,
  type Values,
} from './elements.js'

/** Bytes that are no safetensors file, or tensors that cannot be in one; the message says what is wrong. */
export class SafetensorsError extends BackpropagationError {
  override name = 'SafetensorsError'
}

/** By the names of types in a file: those that can be read. F64 and F32 are written. */
const types: Readonly<Record<string, ElementTypeName>> = {
  F64: 'f64',
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  I64: 'i64',
  I32: 'i32',
  I16: 'i16',
  I8: 'i8',
  U64: 'u64',
  U32: 'u32',
  U16: 'u16',
  U8: 'u8',
  BOOL: 'bool',
}

const longestHeader = 16 * 2 ** 20
/** Tensors of a file, and entries of the text that goes with it. */
const mostEntries = 100_000
/** The key of the header that holds no tensor, but text of the program that wrote it. */
const metadata = '__metadata__'

/**
 * A file of named tensors: `writeSafetensors(model.variables)` is one of the weights of a model. Numbers keep
 * their precision and bits. The order of the tensors does not matter: the same tensors give the same bytes, those
 * that the format's own library writes.
 * @throws SafetensorsError
 */
export function writeSafetensors(tensors: Iterable<NamedValues>): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(
    // Wide numbers first, so that all of them are aligned.
    (a, b) => b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT || (a.name < b.name ? -1 : 1),
  )
  const seen = new Set<string>([metadata])
  let size = 0
  const entries = sorted.map(({ name, shape, values }) => {
    const refuse = refusing(name)
    if (seen.has(name))
      throw refuse(
        name === metadata
          ? 'cannot have this name, which the format keeps for itself; rename it'
          : 'is there twice; give each a name of its own',
      )
    seen.add(name)
    checkSize(shape, values, refuse)
    const begin = size
    size += values.byteLength
    const dtype = values instanceof Float64Array ? 'F64' : 'F32'
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, size] })}`
  })
  const json = new TextEncoder().encode(`{${entries.join(',')}}`)
  // The numbers begin at a multiple of eight bytes; spaces fill the header up to there.
  const header = Math.ceil(json.length / 8) * 8
  const file = new Uint8Array(8 + header + size)
  new DataView(file.buffer).setBigUint64(0, BigInt(header), true)
  file.set(json, 8)
  file.fill(0x20, 8 + json.length, 8 + header)
  let at = 8 + header
  for (const { values } of sorted) {
    file.set(bytesOfValues(values), at)
    at += values.byteLength
  }
  return file
}

/**
 * The tensors of a file, in the order of their numbers: `model.setWeights(readSafetensors(file))`. F64 and integers
 * of 32 and 64 bits become float64, all other types float32, which holds each of their numbers. Everything is checked
 * before numbers are copied, and text that goes with the file is passed over.
 * @throws SafetensorsError for what is no such file: cut off, with holes, overlaps, names that are there twice, types
 * that are not known, or a header of more than 16 MiB or 100,000 tensors.
 */
export function readSafetensors(file: Uint8Array): (NamedValues & { readonly values: Values })[] {
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
  const entries = parseHeader(file.subarray(8, 8 + length))
  const data = file.subarray(8 + length)
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    const { name, dtype, type, shape } = entry
    const refuse = refusing(name)
    const bytes = shape.reduce((product, dimension) => product * dimension, bytesOf(type))
    if (entry.end - entry.begin !== bytes)
      throw refuse(
        `is ${dtype} of the shape [${shape.join(', ')}], so ${bytes} bytes, but lies from byte ${entry.begin} to ${entry.end}; the header is damaged`,
      )
    if (entry.begin !== end)
      throw refuse(
        `begins at byte ${entry.begin}, but ${end === 0 ? 'the first must begin at 0' : `the one before it ends at ${end}`}; there must be neither holes nor overlaps`,
      )
    end = entry.end
  }
  if (end !== data.length)
    throw new SafetensorsError(
      `the tensors take ${end} bytes, but ${data.length} follow the header; the file is cut off or has something behind it`,
    )
  return entries.map(({ name, type, shape, begin, end }) => {
    const refuse = refusing(name)
    return { name, shape, values: readElements(type, data.subarray(begin, end), true, refuse) }
  })
}

/** Makes the errors about one tensor. */
const refusing = (name: string) => (problem: string) =>
  new SafetensorsError(`tensor ${JSON.stringify(name)} ${problem}`)

interface Entry {
  readonly name: string
  readonly dtype: string
  readonly type: ElementTypeName
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/**
 * What the header says. JSON.parse would take keys that are there twice, and make millions of arrays of a header that
 * has them.
 */
function parseHeader(bytes: Uint8Array): Entry[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new SafetensorsError('the header is not UTF-8 text; the file is damaged or of another format')
  }
  let at = 0
  const unexpected = (wanted: string) => {
    const found = at < text.length ? JSON.stringify(text.slice(at, at + 12)) : 'the end'
    return new SafetensorsError(`the header has ${found} at character ${at}, where ${wanted} must be`)
  }
  const next = () => {
    while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++
    return text[at]
  }
  const take = (character: string) => {
    if (next() !== character) throw unexpected(JSON.stringify(character))
    at++
  }
  const string = (): string => {
    if (next() !== '"') throw unexpected('text in quotes')
    const begin = at++
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    at++
    try {
      return JSON.parse(text.slice(begin, at)) as string
    } catch {
      at = begin
      throw unexpected('text in quotes')
    }
  }
  const integer = (): number => {
    next()
    const begin = at
    while (text[at]! >= '0' && text[at]! <= '9') at++
    const digits = text.slice(begin, at)
    if (/^(0|[1-9]\d{0,15})$/.test(digits) && Number.isSafeInteger(Number(digits))) return Number(digits)
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
  const object = (member: (key: string) => void) => {
    const seen = new Set<string>()
    list('{', '}', () => {
      const key = string()
      if (seen.has(key)) throw new SafetensorsError(`the header has ${JSON.stringify(key)} twice`)
      if (seen.size === mostEntries)
        throw new SafetensorsError(`the header has more than ${mostEntries} tensors or texts; split the file`)
      seen.add(key)
      take(':')
      member(key)
    })
  }
  const integers = (most: number): number[] => {
    const numbers: number[] = []
    list('[', ']', () => {
      if (numbers.length === most) throw unexpected(`the end of at most ${most} numbers`)
      numbers.push(integer())
    })
    return numbers
  }

  const entries: Entry[] = []
  object((name) => {
    if (name === metadata) return object(string)
    const refuse = refusing(name)
    let dtype: string | undefined
    let shape: number[] | undefined
    let offsets: number[] | undefined
    object((key) => {
      if (key === 'dtype') dtype = string()
      else if (key === 'shape') shape = integers(mostDimensions)
      else if (key === 'data_offsets') offsets = integers(2)
      else throw refuse(`has ${JSON.stringify(key)}, which is not known`)
    })
    if (dtype === undefined || shape === undefined || offsets?.length !== 2)
      throw refuse('must have dtype, shape, and two data_offsets; the header is damaged')
    if (!Object.hasOwn(types, dtype))
      throw refuse(
        `is of type ${JSON.stringify(dtype)}; ${Object.keys(types).join(', ')} can be read, convert it to one of them`,
      )
    const [begin, end] = offsets as [number, number]
    entries.push({ name, dtype, type: types[dtype]!, shape, begin, end })
  })
  if (next() !== undefined) throw unexpected('the end')
  return entries
}
