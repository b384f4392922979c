// The types of number that files of arrays hold: read as the two that tensors have, written as they are given.
import { type Model, type Shape, sizeOf } from '@bp/core'

/** Numbers of an array, each as the file has it. */
export type Values = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

interface ElementType {
  readonly bytes: number
  /** Holds every number of the type exactly, integers of 64 bits as far as whole numbers go. */
  readonly array: Float32ArrayConstructor | Float64ArrayConstructor
  readonly read: (view: DataView, at: number, littleEndian: boolean) => number
}

const elementTypes = {
  f64: { bytes: 8, array: Float64Array, read: (view, at, little) => view.getFloat64(at, little) },
  f32: { bytes: 4, array: Float32Array, read: (view, at, little) => view.getFloat32(at, little) },
  f16: { bytes: 2, array: Float32Array, read: (view, at, little) => halfToFloat(view.getUint16(at, little)) },
  // The upper half of an f32.
  bf16: {
    bytes: 2,
    array: Float32Array,
    read: (view, at, little) => asFloat(view.getUint16(at, little) << 16),
  },
  // Exact where both halves together are a whole number that can be told apart, and nothing else is read.
  i64: {
    bytes: 8,
    array: Float64Array,
    read: (view, at, little) =>
      view.getInt32(little ? at + 4 : at, little) * 2 ** 32 + view.getUint32(little ? at : at + 4, little),
  },
  u64: {
    bytes: 8,
    array: Float64Array,
    read: (view, at, little) =>
      view.getUint32(little ? at + 4 : at, little) * 2 ** 32 + view.getUint32(little ? at : at + 4, little),
  },
  i32: { bytes: 4, array: Float64Array, read: (view, at, little) => view.getInt32(at, little) },
  u32: { bytes: 4, array: Float64Array, read: (view, at, little) => view.getUint32(at, little) },
  i16: { bytes: 2, array: Float32Array, read: (view, at, little) => view.getInt16(at, little) },
  u16: { bytes: 2, array: Float32Array, read: (view, at, little) => view.getUint16(at, little) },
  i8: { bytes: 1, array: Float32Array, read: (view, at) => view.getInt8(at) },
  u8: { bytes: 1, array: Float32Array, read: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, array: Float32Array, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
} as const satisfies Record<string, ElementType>

export type ElementTypeName = keyof typeof elementTypes

/** How many bytes a number takes. */
export const bytesOf = (type: ElementTypeName): number => elementTypes[type].bytes

/** @throws what `refuse` makes, if one of the numbers in `bytes` would be another one when it is read. */
export function checkElements(
  type: ElementTypeName,
  bytes: Uint8Array,
  littleEndian: boolean,
  refuse: (problem: string) => Error,
): void {
  if (type !== 'i64' && type !== 'u64') return
  const { read }: ElementType = elementTypes[type]
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; at += 8) {
    const value = read(view, at, littleEndian)
    if (!Number.isSafeInteger(value))
      throw refuse(
        `holds ${value}, and whole numbers from 2^53 on cannot be told apart; save it as floating-point numbers`,
      )
  }
}

/** The numbers in `bytes`, of which there are whole ones that have been checked. */
export function readElements(type: ElementTypeName, bytes: Uint8Array, littleEndian: boolean): Values {
  const { array, bytes: size, read }: ElementType = elementTypes[type]
  const values = new array(bytes.length / size)
  // As bytes, so that NaN keeps its own; typed arrays are little-endian wherever WebAssembly runs.
  if (littleEndian && (type === 'f32' || type === 'f64')) new Uint8Array(values.buffer).set(bytes)
  else if (type === 'u8') values.set(bytes)
  else {
    const view = viewOf(bytes)
    for (let index = 0; index < values.length; index++) values[index] = read(view, size * index, littleEndian)
  }
  return values
}

/** The same of an array whose numbers lie as Fortran has them, the first index running fastest; row by row. */
export function readColumns(
  type: ElementTypeName,
  bytes: Uint8Array,
  littleEndian: boolean,
  shape: readonly number[],
): Values {
  const { array, bytes: size, read }: ElementType = elementTypes[type]
  const values = new array(bytes.length / size)
  const view = viewOf(bytes)
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => size * sizeOf(shape.slice(0, axis)))
  let from = 0
  for (let to = 0; to < values.length; to++) {
    values[to] = read(view, from, littleEndian)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return values
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength)

/** Numbers of any type that files can hold. */
export type NumberArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  // Float16Array, which older declarations of the language do not have.
  | (ArrayBufferView & {
      readonly [Symbol.toStringTag]: 'Float16Array'
      readonly BYTES_PER_ELEMENT: number
      readonly length: number
    })

/** Numbers with a name and a shape, to be written in the type that they have. */
export interface NamedNumbers {
  readonly name: string
  readonly shape: Shape
  readonly values: NumberArray
}

/** By the names of typed arrays. */
const typesWritten: Readonly<Record<string, ElementTypeName>> = {
  Float64Array: 'f64',
  Float32Array: 'f32',
  Float16Array: 'f16',
  BigInt64Array: 'i64',
  BigUint64Array: 'u64',
  Int32Array: 'i32',
  Uint32Array: 'u32',
  Int16Array: 'i16',
  Uint16Array: 'u16',
  Int8Array: 'i8',
  Uint8Array: 'u8',
  Uint8ClampedArray: 'u8',
}

/**
 * The type in which numbers are written, that of their array.
 * @throws what `refuse` makes, for anything but a typed array.
 */
export function typeOf(values: unknown, refuse: (problem: string) => Error): ElementTypeName {
  // A Buffer, and an array of another realm, have the tag too.
  const type = ArrayBuffer.isView(values) && typesWritten[(values as NumberArray)[Symbol.toStringTag]]
  if (type) return type
  throw refuse(
    Array.isArray(values)
      ? 'has an array as its values; give a typed array, such as Float32Array.from(values)'
      : `must have a typed array as its values, such as a Float32Array; got ${Object.prototype.toString.call(values).slice(8, -1)}`,
  )
}

/**
 * The tensors that a writer is given, those of a model where it is given one.
 * @throws what `refuse` makes, for anything else.
 */
export function tensorsOf(
  caller: string,
  given: Iterable<NamedNumbers> | Pick<Model, 'variables'>,
  refuse: (problem: string) => Error,
): readonly NamedNumbers[] {
  const tensors: unknown = (given as Partial<Model>)?.variables ?? given
  const wanted = `${caller} expects a model, or a list of { name, shape, values }`
  if (typeof tensors !== 'object' || tensors === null) throw refuse(`${wanted}; got ${typeof tensors}`)
  if (!(Symbol.iterator in tensors))
    throw refuse(
      `${wanted}; got a record${Object.values(tensors).every(ArrayBuffer.isView) ? ' of arrays, which have no shapes: give the model itself in place of model.getWeights()' : ''}`,
    )
  const list = [...(tensors as Iterable<NamedNumbers>)]
  for (const [index, one] of list.entries())
    if (typeof one?.name !== 'string' || !Array.isArray(one.shape))
      throw refuse(`${wanted}; entry ${index} has no ${typeof one?.name === 'string' ? 'shape' : 'name'}`)
  return list
}

/** The little-endian bytes of the numbers, not a copy. */
export function bytesOfValues({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** @throws what `refuse` makes, unless the shape is one and holds so many numbers. */
export function checkSize(
  shape: readonly number[],
  values: { readonly length: number },
  refuse: (problem: string) => Error,
): void {
  const size = sizeOf(shape)
  if (
    shape.length > mostDimensions ||
    !shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)
  )
    throw refuse(
      `has the shape [${shape.join(', ')}]; at most ${mostDimensions} whole numbers can be written`,
    )
  if (size !== values.length)
    throw refuse(`has the shape [${shape.join(', ')}], so ${size} numbers, but ${values.length} were given`)
}

/** More dimensions are neither read nor written. */
export const mostDimensions = 8

const float = new Float32Array(1)
const floatBits = new Uint32Array(float.buffer)

function asFloat(bits: number): number {
  floatBits[0] = bits
  return float[0]!
}

/** IEEE 754 binary16: a sign, five bits of exponent with bias 15, ten of fraction. */
function halfToFloat(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 31
  const fraction = half & 0x3ff
  if (exponent === 31) return asFloat(sign | 0x7f800000 | (fraction << 13))
  // 127 is the bias of an f32.
  if (exponent > 0) return asFloat(sign | ((exponent - 15 + 127) << 23) | (fraction << 13))
  return (sign ? -1 : 1) * fraction * 2 ** -24
}
