// IDX, the form of MNIST and its kin: one array of numbers of any number of dimensions (Y. LeCun, yann.lecun.com/exdb/mnist).
import { BackpropagationError, sizeOf } from '@bp/core'
import { type Bytes, bytesOfFile } from './bytes.js'
import { mostDimensions } from './elements.js'

/** Bytes that are not an IDX array; the message says what is wrong with them. */
export class IdxError extends BackpropagationError {
  override name = 'IdxError'
}

export interface IdxArray {
  readonly shape: readonly number[]
  /** The numbers row by row, in the type that the file holds. */
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
}

/** By the third byte of a file: how many bytes a number takes, an array for them, and how to read one. */
const types = {
  8: { bytes: 1, array: Uint8Array, read: (view: DataView, at: number) => view.getUint8(at) },
  9: { bytes: 1, array: Int8Array, read: (view: DataView, at: number) => view.getInt8(at) },
  11: { bytes: 2, array: Int16Array, read: (view: DataView, at: number) => view.getInt16(at) },
  12: { bytes: 4, array: Int32Array, read: (view: DataView, at: number) => view.getInt32(at) },
  13: { bytes: 4, array: Float32Array, read: (view: DataView, at: number) => view.getFloat32(at) },
  14: { bytes: 8, array: Float64Array, read: (view: DataView, at: number) => view.getFloat64(at) },
} as const

/**
 * The array in a file: two zero bytes, the type, the number of dimensions, each dimension in four bytes, then the
 * numbers, all of them big-endian. Lengths are checked before anything is allocated. A gzipped file must be
 * unpacked first.
 * @throws IdxError
 */
export function parseIdx(content: Bytes): IdxArray {
  const file = bytesOfFile('parseIdx', content, 'IDX', (problem) => new IdxError(problem))
  if (file.length < 4 || file[0] !== 0 || file[1] !== 0)
    throw new IdxError('the file does not begin with two zero bytes, a type and a number of dimensions')
  const [, , code, dimensions] = file as unknown as [number, number, number, number]
  if (!Object.hasOwn(types, code))
    throw new IdxError(`type 0x${code.toString(16)} is not known; IDX has ${Object.keys(types).join(', ')}`)
  if (dimensions < 1 || dimensions > mostDimensions)
    throw new IdxError(`${dimensions} dimensions; from 1 to ${mostDimensions} can be read`)
  const header = 4 + 4 * dimensions
  if (file.length < header) throw new IdxError('the file ends within its dimensions')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const shape = Array.from({ length: dimensions }, (_, index) => view.getUint32(4 + 4 * index))
  const { bytes, array, read } = types[code as keyof typeof types]
  const count = sizeOf(shape)
  if (header + count * bytes !== file.length)
    throw new IdxError(
      `${shape.join(' × ')} numbers of ${bytes} bytes are ${count * bytes} bytes, but ${file.length - header} follow; the file is cut off or damaged`,
    )
  if (bytes === 1) return { shape, data: new array(file.slice(header).buffer) }
  const data = new array(count)
  for (let index = 0; index < count; index++) data[index] = read(view, header + bytes * index)
  return { shape, data }
}
