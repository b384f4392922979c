// NPY, NumPy's form of one array (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a header that is
// a dictionary in Python, then the numbers.
import { BackpropagationError, sizeOf } from '@bp/core'
import { type Bytes, bytesOfFile } from './bytes.js'
import {
  bytesOf,
  bytesOfValues,
  checkElements,
  checkSize,
  type ElementTypeName,
  mostDimensions,
  type NumberArray,
  readColumns,
  readElements,
  typeOf,
  type Values,
} from './elements.js'

/** Bytes that are no NPY file, or numbers that cannot be in one; the message says what is wrong. */
export class NpyError extends BackpropagationError {
  override name = 'NpyError'
}

/** Numbers, row by row, and their shape. */
export interface NpyArray {
  readonly shape: readonly number[]
  readonly values: NumberArray
}

/** By NumPy's names of types, without the order of bytes. */
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
const longestHeader = 2 ** 16

/**
 * A file for `numpy.load`, of the type that the values have: `writeNpy({ shape: y.shape, values: y.data() })`.
 * @throws NpyError unless the shape holds as many numbers, and they are a typed array.
 */
export function writeNpy(array: NpyArray): Uint8Array<ArrayBuffer> {
  const { shape, values } = array ?? {}
  const refuse = (problem: string) => new NpyError(`the array ${problem}`)
  if (!Array.isArray(shape))
    throw refuse(
      'has no shape; writeNpy expects { shape, values }, such as { shape: [2, 3], values: numbers }',
    )
  const type = typeOf(values, refuse)
  checkSize(shape, values, refuse)
  // One dimension is a tuple with a comma, or Python would take it for a number.
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  // A single byte has no order.
  const descr = `${bytesOf(type) === 1 ? '|' : '<'}${Object.keys(types).find((name) => types[name] === type)}`
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`
  // The numbers begin at a multiple of 64 bytes, after a line end.
  const begin = Math.ceil((10 + dictionary.length + 1) / 64) * 64
  const file = new Uint8Array(begin + values.byteLength)
  file.set([...magic, 1, 0])
  new DataView(file.buffer).setUint16(8, begin - 10, true)
  file.set(new TextEncoder().encode(`${dictionary.padEnd(begin - 11)}\n`), 10)
  file.set(bytesOfValues(values), begin)
  return file
}

/**
 * The array in a file. Floating-point numbers, integers of 8 to 64 bits and truth values are read, of either order of
 * bytes and of dimensions: as float64 what has 64 bits or is an integer of 32, as float32 all else.
 *
 * All of the file is checked, before anything is allocated. The array of numbers, which has up to four times the bytes
 * of the file, is made when `values` is first asked for; until then the file must stay as it is.
 * @throws NpyError for what is no such file, is cut off, or holds objects, text, records or complex numbers.
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

/** More bytes of a file are not looked at before its numbers. */
export const longestNpyBeginning = 12 + longestHeader

/**
 * How the numbers of a file of `length` bytes lie, of which at least so many are given as are looked at.
 * @throws NpyError unless there are as many numbers.
 */
export function readNpyHeader(file: Uint8Array, fileLength: number) {
  if (file.length < 10 || magic.some((byte, index) => file[index] !== byte))
    throw new NpyError('the file does not begin with \\x93NUMPY; it is not one that numpy.save wrote')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const version = file[6]!
  if (version < 1 || version > 3)
    throw new NpyError(`the file is of version ${version}; versions 1 to 3 are read, save it as one of them`)
  if (version > 1 && file.length < 12) throw new NpyError('the file ends within the length of its header')
  const headerBegin = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > longestHeader)
    throw new NpyError(`the header has ${length} bytes; headers of up to ${longestHeader} are read`)
  const begin = headerBegin + length
  if (begin > file.length)
    throw new NpyError(
      `the header should have ${length} bytes, but ${file.length - headerBegin} follow; the file is cut off`,
    )
  const header = parseHeader(new TextDecoder().decode(file.subarray(headerBegin, begin)))
  const size = bytesOf(header.type)
  const count = sizeOf(header.shape)
  if (count * size !== fileLength - begin)
    throw new NpyError(
      `${header.shape.join(' × ') || 'one'} numbers of ${size} bytes are ${count * size} bytes, but ${fileLength - begin} follow; the file is cut off or has something behind it`,
    )
  return { begin, ...header }
}

/** An entry of the dictionary: a key, then text, a truth value, a tuple of numbers, or the beginning of another value. */
const headerEntry = /\s*'(\w{1,20})'\s*:\s*('[^']{0,40}'|True|False|\([\d\s,L]*\)|[^\s}])\s*(,|(?=\}))/y

function parseHeader(text: string) {
  const damaged = (wanted: string) =>
    new NpyError(
      `the header is ${JSON.stringify(text.trimEnd().slice(0, 120))}, but must have ${wanted}; the file is damaged`,
    )
  const entries = new Map<string, string>()
  if (text[0] !== '{') throw damaged('a dictionary')
  headerEntry.lastIndex = 1
  let end = 1
  for (let match = headerEntry.exec(text); match; match = headerEntry.exec(text)) {
    const [, key, value] = match as unknown as [string, string, string]
    if (entries.has(key)) throw damaged(`"${key}" but once`)
    entries.set(key, value)
    end = headerEntry.lastIndex
  }
  const descr = entries.get('descr')
  if (descr === undefined && /'descr'\s*:\s*[[(]/.test(text))
    throw new NpyError('the array holds records of several values; save each of them as an array of its own')
  const fortran = entries.get('fortran_order')
  const tuple = entries.get('shape')
  if (descr === undefined || (fortran !== 'True' && fortran !== 'False') || tuple?.[0] !== '(')
    throw damaged('descr, fortran_order and shape')
  if (entries.size !== 3 || !/^\s*\}\s*$/.test(text.slice(end))) throw damaged('nothing else')
  const [, order, name] = /^'([<>|])(\w+)'$/.exec(descr) ?? []
  if (!name || !Object.hasOwn(types, name) || (order === '|' && bytesOf(types[name]!) > 1))
    throw new NpyError(
      `the array is of type ${descr}; ${Object.keys(types).join(', ')} can be read, convert it with astype`,
    )
  const parts = tuple.slice(1, -1).split(',')
  // As a tuple of one number ends with a comma, any may; Python 2 wrote an L behind large numbers.
  if (parts.at(-1)!.trim() === '') parts.pop()
  const shape = parts.map((part) =>
    /^\s*\d{1,16}L?\s*$/.test(part) ? Number.parseInt(part, 10) : Number.NaN,
  )
  if (!shape.every(Number.isSafeInteger)) throw damaged('whole numbers below 2^53 as its shape')
  if (shape.length > mostDimensions)
    throw new NpyError(`the array has ${shape.length} dimensions; up to ${mostDimensions} can be read`)
  return { littleEndian: order !== '>', type: types[name]!, fortranOrder: fortran === 'True', shape }
}
