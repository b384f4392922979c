// Element types of array files: read as f32 or f64, the types of tensors; written as given.
import { type Model, type Shape, sizeOf } from '@bp/core/lean'

/** The elements of an array, exactly as in the file. */
export type Values = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>

interface ElementType {
  readonly bytes: number
  /** Represents every value of the type exactly; of 64-bit integers, the safe ones. */
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
  // Exact for safe integers; `checkElements` rejects all others.
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

/** Bytes per element. */
export const bytesOf = (type: ElementTypeName): number => elementTypes[type].bytes

/** @throws what `refuse` builds, if an element of `bytes` cannot be read exactly. */
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
      throw refuse(`contains ${value}, and integers of 2^53 or more are not exact; save it as floating point`)
  }
}

/** The elements of `bytes`, which have passed `checkElements`. */
export function readElements(type: ElementTypeName, bytes: Uint8Array, littleEndian: boolean): Values {
  const { array, bytes: size, read }: ElementType = elementTypes[type]
  const values = new array(bytes.length / size)
  // As bytes, which preserves NaN payloads; typed arrays are little-endian wherever WebAssembly runs.
  if (littleEndian && (type === 'f32' || type === 'f64')) new Uint8Array(values.buffer).set(bytes)
  else if (type === 'u8') values.set(bytes)
  else {
    const view = viewOf(bytes)
    for (let index = 0; index < values.length; index++) values[index] = read(view, size * index, littleEndian)
  }
  return values
}

/** The same for an array in Fortran order, the first index varying fastest; the result is row-major. */
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

/** A typed array of any type that files can hold. */
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
  // Float16Array, which older type declarations lack.
  | (ArrayBufferView & {
      readonly [Symbol.toStringTag]: 'Float16Array'
      readonly BYTES_PER_ELEMENT: number
      readonly length: number
    })

/** An array with a name and a shape, to be written in its own element type. */
export interface NamedArray {
  readonly name: string
  readonly shape: Shape
  readonly values: NumberArray
}

/** By typed array name. */
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
 * The element type of a typed array, in which it is written.
 * @throws what `refuse` builds, for anything but a typed array.
 */
export function typeOf(values: unknown, refuse: (problem: string) => Error): ElementTypeName {
  // Buffers and arrays from another realm have the tag too.
  const type = ArrayBuffer.isView(values) && typesWritten[(values as NumberArray)[Symbol.toStringTag]]
  if (type) return type
  throw refuse(
    Array.isArray(values)
      ? 'has a plain array as values; pass a typed array, e.g. Float32Array.from(values)'
      : `expects a typed array as values, e.g. a Float32Array; got ${Object.prototype.toString.call(values).slice(8, -1)}`,
  )
}

/**
 * The tensors passed to a writer; a model's variables if it is passed a model.
 * @throws what `refuse` builds, for anything else.
 */
export function tensorsOf(
  caller: string,
  given: Iterable<NamedArray> | Pick<Model, 'variables'>,
  refuse: (problem: string) => Error,
): readonly NamedArray[] {
  const tensors: unknown = (given as Partial<Model>)?.variables ?? given
  const expected = `${caller} expects a model, or a list of { name, shape, values }`
  if (typeof tensors !== 'object' || tensors === null) throw refuse(`${expected}; got ${typeof tensors}`)
  if (!(Symbol.iterator in tensors))
    throw refuse(
      `${expected}; got an object${Object.values(tensors).every(ArrayBuffer.isView) ? ' of arrays without shapes: pass the model itself, not model.getWeights()' : ''}`,
    )
  const list = [...(tensors as Iterable<NamedArray>)]
  for (const [index, one] of list.entries())
    if (typeof one?.name !== 'string' || !Array.isArray(one.shape))
      throw refuse(`${expected}; entry ${index} has no ${typeof one?.name === 'string' ? 'shape' : 'name'}`)
  return list
}

/** The array's bytes, little-endian, not copied. */
export function bytesOfValues({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** @throws what `refuse` builds, unless the shape is valid and its size is the number of values. */
export function checkSize(
  shape: readonly number[],
  values: { readonly length: number },
  refuse: (problem: string) => Error,
): void {
  const size = sizeOf(shape)
  if (
    shape.length > maxDimensions ||
    !shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)
  )
    throw refuse(`has shape [${shape.join(', ')}]; expected at most ${maxDimensions} non-negative integers`)
  if (size !== values.length)
    throw refuse(`has shape [${shape.join(', ')}], i.e. ${size} values, but got ${values.length}`)
}

/** The largest rank read or written. */
export const maxDimensions = 8

const float = new Float32Array(1)
const floatBits = new Uint32Array(float.buffer)

function asFloat(bits: number): number {
  floatBits[0] = bits
  return float[0]!
}

/** IEEE 754 binary16: a sign bit, five exponent bits with bias 15, ten fraction bits. */
function halfToFloat(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 31
  const fraction = half & 0x3ff
  if (exponent === 31) return asFloat(sign | 0x7f800000 | (fraction << 13))
  // 127 is the exponent bias of f32.
  if (exponent > 0) return asFloat(sign | ((exponent - 15 + 127) << 23) | (fraction << 13))
  return (sign ? -1 : 1) * fraction * 2 ** -24
}
