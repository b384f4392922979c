// Nested structures of tensors, arrays and records, which JAX calls pytrees.

import { describeValue, isRecord } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { describeShape, sameShape } from '../graph/shape.js'
import type { ShapeOf } from '../graph/shape-types.js'
import { constant, Tensor, type TensorLike } from '../graph/tensor.js'
import type { Values } from '../graph/values.js'
import { reshape } from '../ops/shape.js'

/** A structure that holds a tensor wherever `P` does. */
export type Tensors<P> = [P] extends [TensorLike] ? Tensor<ShapeOf<P>> : { [K in keyof P]: Tensors<P[K]> }

/** What may be passed for `P`: numbers and arrays in place of tensors. */
export type Like<P> = [P] extends [TensorLike] ? TensorLike : { [K in keyof P]: Like<P[K]> }

/** A flattened structure. */
export interface Unpacked {
  readonly tensors: Tensor[]
  /** The path of each: `w`, `layers[0].b`, empty for a lone tensor. */
  readonly paths: string[]
  /** The same structure with other values in place of the tensors. */
  readonly pack: (values: readonly unknown[]) => unknown
}

/**
 * Flattens a structure: its tensors, and numbers or arrays of numbers as constants.
 * @throws ValueError for anything else in it.
 */
export function unpack(caller: string, structure: unknown): Unpacked {
  const tensors: Tensor[] = []
  const paths: string[] = []
  const visit = (value: unknown, path: string): ((values: readonly unknown[]) => unknown) => {
    if (value instanceof Tensor || isNumbers(value)) {
      const index = tensors.push(value instanceof Tensor ? value : constant(value as Values)) - 1
      paths.push(path)
      return (values) => values[index]
    }
    if (Array.isArray(value)) {
      const parts = value.map((entry, index) => visit(entry, `${path}[${index}]`))
      return (values) => parts.map((part) => part(values))
    }
    if (isRecord(value)) {
      const parts = Object.entries(value).map(
        ([name, entry]) => [name, visit(entry, path ? `${path}.${name}` : name)] as const,
      )
      return (values) => Object.fromEntries(parts.map(([name, part]) => [name, part(values)]))
    }
    throw new ValueError(
      `${caller}: expects tensors, numbers, and arrays or records of these; got ${describeValue(value)}${path ? ` at ${path}` : ''}`,
    )
  }
  return { pack: visit(structure, ''), tensors, paths }
}

/** The tensors of a structure that must match another, with tensors of the same shapes. */
export function unpackLike(
  caller: string,
  what: string,
  { tensors, paths }: Unpacked,
  given: unknown,
): Tensor[] {
  const own = unpack(caller, given)
  const strange =
    own.paths.find((path) => !paths.includes(path)) ?? paths.find((path) => !own.paths.includes(path))
  if (strange !== undefined)
    throw new ValueError(
      `${caller}: ${what} must have the structure of x; ${own.paths.includes(strange) ? 'x' : 'it'} has no ${strange ? `"${strange}"` : 'lone tensor'}`,
    )
  return paths.map((path, index) => {
    const tensor = own.tensors[own.paths.indexOf(path)]!
    if (!sameShape(tensor.shape, tensors[index]!.shape))
      throw new ShapeError(
        `${caller}: ${what}${path && ` "${path}"`} is ${describeShape(tensor.shape)}; it must have the shape of x, ${describeShape(tensors[index]!.shape)}`,
      )
    return tensor
  })
}

/**
 * New nodes with the same values. Functions are differentiated with respect to these, so that a tensor that is passed
 * twice, or captured too, counts only as that argument.
 */
export function renewed(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => reshape(tensor, tensor.shape))
}

/** Whether it is a number or an array that begins with numbers; an empty array is a structure. */
function isNumbers(value: unknown): boolean {
  let first = value
  while (Array.isArray(first)) first = first[0]
  return typeof first === 'number' || ArrayBuffer.isView(value)
}
