// IDX, the format of MNIST and its relatives: one array of any rank (Y. LeCun, yann.lecun.com/exdb/mnist).
import { BackpropagationError, sizeOf } from '@bp/core/lean'
import { type Bytes, bytesOfFile } from './bytes.js'
import { maxDimensions } from './elements.js'

/** Bytes that are not an IDX array; the message says what is wrong with them. */
export class IdxError extends BackpropagationError {
  override name = 'IdxError'
}

export interface IdxArray {
  readonly shape: readonly number[]
  /** The elements in row-major order, in the file's type. */
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
}

/** By the third byte of a file: bytes per element, array type, and how to read an element. */
const types = {
  8: { bytes: 1, array: Uint8Array, read: (view: DataView, at: number) => view.getUint8(at) },
  9: { bytes: 1, array: Int8Array, read: (view: DataView, at: number) => view.getInt8(at) },
  11: { bytes: 2, array: Int16Array, read: (view: DataView, at: number) => view.getInt16(at) },
  12: { bytes: 4, array: Int32Array, read: (view: DataView, at: number) => view.getInt32(at) },
  13: { bytes: 4, array: Float32Array, read: (view: DataView, at: number) => view.getFloat32(at) },
  14: { bytes: 8, array: Float64Array, read: (view: DataView, at: number) => view.getFloat64(at) },
} as const

/**
 * The array in a file: two zero bytes, the type, the rank, each dimension in four bytes, then the elements, all
 * big-endian. Sizes are checked before anything is allocated. A gzipped file must be decompressed first.
 * @throws IdxError
 */
export function parseIdx(content: Bytes): IdxArray {
  const file = bytesOfFile('parseIdx', content, 'IDX', (problem) => new IdxError(problem))
  if (file.length < 4 || file[0] !== 0 || file[1] !== 0)
    throw new IdxError('the file does not begin with two zero bytes, a type and a number of dimensions')
  const [, , code, dimensions] = file as unknown as [number, number, number, number]
  if (!Object.hasOwn(types, code))
    throw new IdxError(`unknown type 0x${code.toString(16)}; IDX has ${Object.keys(types).join(', ')}`)
  if (dimensions < 1 || dimensions > maxDimensions)
    throw new IdxError(`${dimensions} dimensions; expected 1 to ${maxDimensions}`)
  const header = 4 + 4 * dimensions
  if (file.length < header) throw new IdxError('the file ends inside its dimensions')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const shape = Array.from({ length: dimensions }, (_, index) => view.getUint32(4 + 4 * index))
  const { bytes, array, read } = types[code as keyof typeof types]
  const count = sizeOf(shape)
  if (header + count * bytes !== file.length)
    throw new IdxError(
      `${shape.join(' × ')} elements of ${bytes} bytes are ${count * bytes} bytes, but ${file.length - header} follow; the file is truncated or damaged`,
    )
  if (bytes === 1) return { shape, data: new array(file.slice(header).buffer) }
  const data = new array(count)
  for (let index = 0; index < count; index++) data[index] = read(view, header + bytes * index)
  return { shape, data }
}
