// NPY, NumPy's format for one array (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a header that is
// a Python dictionary, then the elements.
import { BackpropagationError, sizeOf } from '@bp/core/lean'
import { type Bytes, bytesOfFile } from './bytes.js'
import {
  bytesOf,
  bytesOfValues,
  checkElements,
  checkSize,
  type ElementTypeName,
  maxDimensions,
  type NumberArray,
  readColumns,
  readElements,
  typeOf,
  type Values,
} from './elements.js'

/** Bytes that are not an NPY file, or an array that cannot be written as one; the message says what is wrong. */
export class NpyError extends BackpropagationError {
  override name = 'NpyError'
}

/** Elements in row-major order, and their shape. */
export interface NpyArray {
  readonly shape: readonly number[]
  readonly values: NumberArray
}

/** By NumPy's type names, without byte order. */
const types: Readonly<Record<string, ElementTypeName>> = {
  f2: 'f16',
  f4: 'f32',
  f8: 'f64',
  i1: 'i8',
  i2: 'i16',
  i4: 'i32',
  i8: 'i64',
  u1: 'u8',
  u2: 'u16',
  u4: 'u32',
  u8: 'u64',
  b1: 'bool',
}

const magic = [0x93, ...new TextEncoder().encode('NUMPY')]
const maxHeaderBytes = 2 ** 16

/**
 * A file for `numpy.load`, in the type of the values: `writeNpy({ shape: y.shape, values: y.data() })`.
 * @throws NpyError unless the values are a typed array whose length is the size of the shape.
 */
export function writeNpy(array: NpyArray): Uint8Array<ArrayBuffer> {
  const { shape, values } = array ?? {}
  const refuse = (problem: string) => new NpyError(`the array ${problem}`)
  if (!Array.isArray(shape))
    throw refuse('has no shape; writeNpy expects { shape, values }, e.g. { shape: [2, 3], values: numbers }')
  const type = typeOf(values, refuse)
  checkSize(shape, values, refuse)
  // A tuple of one needs its comma, or Python reads a number.
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  // A single byte has no byte order.
  const descr = `${bytesOf(type) === 1 ? '|' : '<'}${Object.keys(types).find((name) => types[name] === type)}`
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`
  // The elements begin at a multiple of 64 bytes, after a newline.
  const begin = Math.ceil((10 + dictionary.length + 1) / 64) * 64
  const file = new Uint8Array(begin + values.byteLength)
  file.set([...magic, 1, 0])
  new DataView(file.buffer).setUint16(8, begin - 10, true)
  file.set(new TextEncoder().encode(`${dictionary.padEnd(begin - 11)}\n`), 10)
  file.set(bytesOfValues(values), begin)
  return file
}

/**
 * The array in a file. It reads floats, integers of 8 to 64 bits and booleans, in either byte order, row- or
 * column-major: 64-bit types and 32-bit integers as float64, all others as float32.
 *
 * The whole file is validated before anything is allocated. The array of elements, up to four times the size of the
 * file, is created when `values` is first read; until then the file must not change.
 * @throws NpyError for anything but such a file, a truncated one, or one of objects, strings, records or complex numbers.
 */
export function readNpy(content: Bytes): NpyArray & { readonly values: Values } {
  const file = bytesOfFile('readNpy', content, 'NPY', (problem) => new NpyError(problem))
  const { begin, type, littleEndian, fortranOrder, shape } = readNpyHeader(file, file.length)
  const bytes = file.subarray(begin)
  checkElements(type, bytes, littleEndian, (problem) => new NpyError(`the array ${problem}`))
  let values: Values | undefined
  return {
    shape,
    get values() {
      values ??=
        fortranOrder && shape.length > 1
          ? readColumns(type, bytes, littleEndian, shape)
          : readElements(type, bytes, littleEndian)
      return values
    },
  }
}

/** The most bytes that can precede the elements. */
export const maxNpyHeaderBytes = 12 + maxHeaderBytes

/**
 * The layout of a file of `fileLength` bytes; `file` need hold no more than `maxNpyHeaderBytes` of them.
 * @throws NpyError unless the length of the file matches.
 */
export function readNpyHeader(file: Uint8Array, fileLength: number) {
  if (file.length < 10 || magic.some((byte, index) => file[index] !== byte))
    throw new NpyError('the file does not begin with \\x93NUMPY; it was not written by numpy.save')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const version = file[6]!
  if (version < 1 || version > 3)
    throw new NpyError(`the file has version ${version}; save it as version 1 to 3`)
  if (version > 1 && file.length < 12) throw new NpyError('the file ends inside the length of its header')
  const headerBegin = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > maxHeaderBytes)
    throw new NpyError(`the header has ${length} bytes; at most ${maxHeaderBytes} are supported`)
  const begin = headerBegin + length
  if (begin > file.length)
    throw new NpyError(
      `the header should have ${length} bytes, but ${file.length - headerBegin} follow; the file is truncated`,
    )
  const header = parseHeader(new TextDecoder().decode(file.subarray(headerBegin, begin)))
  const size = bytesOf(header.type)
  const count = sizeOf(header.shape)
  if (count * size !== fileLength - begin)
    throw new NpyError(
      `${header.shape.join(' × ') || 'one'} elements of ${size} bytes are ${count * size} bytes, but ${fileLength - begin} follow; the file is truncated or has trailing bytes`,
    )
  return { begin, ...header }
}

/** An entry of the dictionary: a key, then a string, a boolean, a tuple of integers, or the start of another value. */
const headerEntry = /\s*'(\w{1,20})'\s*:\s*('[^']{0,40}'|True|False|\([\d\s,L]*\)|[^\s}])\s*(,|(?=\}))/y

function parseHeader(text: string) {
  const damaged = (expected: string) =>
    new NpyError(
      `the header is ${JSON.stringify(text.trimEnd().slice(0, 120))}, expected ${expected}; the file is damaged`,
    )
  const entries = new Map<string, string>()
  if (text[0] !== '{') throw damaged('a dictionary')
  headerEntry.lastIndex = 1
  let end = 1
  for (let match = headerEntry.exec(text); match; match = headerEntry.exec(text)) {
    const [, key, value] = match as unknown as [string, string, string]
    if (entries.has(key)) throw damaged(`"${key}" only once`)
    entries.set(key, value)
    end = headerEntry.lastIndex
  }
  const descr = entries.get('descr')
  if (descr === undefined && /'descr'\s*:\s*[[(]/.test(text))
    throw new NpyError('the array contains records of several fields; save each field as its own array')
  const fortran = entries.get('fortran_order')
  const tuple = entries.get('shape')
  if (descr === undefined || (fortran !== 'True' && fortran !== 'False') || tuple?.[0] !== '(')
    throw damaged('descr, fortran_order and shape')
  if (entries.size !== 3 || !/^\s*\}\s*$/.test(text.slice(end))) throw damaged('no other keys')
  const [, order, name] = /^'([<>|])(\w+)'$/.exec(descr) ?? []
  if (!name || !Object.hasOwn(types, name) || (order === '|' && bytesOf(types[name]!) > 1))
    throw new NpyError(
      `the array has type ${descr}; convert it with astype to one of ${Object.keys(types).join(', ')}`,
    )
  const parts = tuple.slice(1, -1).split(',')
  // Any tuple may end with a comma, as a tuple of one must; Python 2 wrote an L after large numbers.
  if (parts.at(-1)!.trim() === '') parts.pop()
  const shape = parts.map((part) =>
    /^\s*\d{1,16}L?\s*$/.test(part) ? Number.parseInt(part, 10) : Number.NaN,
  )
  if (!shape.every(Number.isSafeInteger)) throw damaged('integers in [0, 2^53) as its shape')
  if (shape.length > maxDimensions)
    throw new NpyError(`the array has ${shape.length} dimensions; at most ${maxDimensions} can be read`)
  return { littleEndian: order !== '>', type: types[name]!, fortranOrder: fortran === 'True', shape }
}
