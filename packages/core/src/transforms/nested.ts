// Structures of tensors, arrays and records as deep as one likes, which JAX calls pytrees.

import { describeValue, isRecord } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { describeShape, sameShape } from '../graph/shape.js'
import type { ShapeOf } from '../graph/shape-types.js'
import { constant, Tensor, type TensorLike, type Values } from '../graph/tensor.js'
import { reshape } from '../ops/shape.js'

/** A structure that holds a tensor wherever `P` does. */
export type Tensors<P> = [P] extends [TensorLike] ? Tensor<ShapeOf<P>> : { [K in keyof P]: Tensors<P[K]> }

/** What may be given where `P` is wanted: numbers and arrays do where it holds a tensor. */
export type Like<P> = [P] extends [TensorLike] ? TensorLike : { [K in keyof P]: Like<P[K]> }

/** A structure taken apart. */
export interface Unpacked {
  readonly tensors: Tensor[]
  /** Where each stands in the structure: `w`, `layers[0].b`, empty for a lone tensor. */
  readonly paths: string[]
  /** The same structure with other things in the place of the tensors. */
  readonly pack: (values: readonly unknown[]) => unknown
}

/**
 * Takes a structure apart: its tensors, and numbers or arrays of numbers as constants.
 * @throws ValueError when something else stands in it.
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
      `${caller}: wants tensors, numbers, and arrays or records of these; got ${describeValue(value)}${path ? ` as ${path}` : ''}`,
    )
  }
  return { pack: visit(structure, ''), tensors, paths }
}

/** The tensors of a structure that must be built like another, with tensors of the same shapes. */
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
      `${caller}: ${what} must be built like x; ${own.paths.includes(strange) ? 'x' : 'it'} has no ${strange ? `"${strange}"` : 'lone tensor'}`,
    )
  return paths.map((path, index) => {
    const tensor = own.tensors[own.paths.indexOf(path)]!
    if (!sameShape(tensor.shape, tensors[index]!.shape))
      throw new ShapeError(
        `${caller}: ${what}${path && ` "${path}"`} is ${describeShape(tensor.shape)}, it must have the shape of x, ${describeShape(tensors[index]!.shape)}`,
      )
    return tensor
  })
}

/**
 * New nodes with the values of the old. Functions are differentiated by these, so that a tensor given twice, or
 * also used from outside of the function, counts only where it is that argument.
 */
export function renewed(tensors: readonly Tensor[]): Tensor[] {
  return tensors.map((tensor) => reshape(tensor, tensor.shape))
}

/** Numbers, and arrays that begin with numbers; an array of nothing is a structure. */
function isNumbers(value: unknown): boolean {
  let first = value
  while (Array.isArray(first)) first = first[0]
  return typeof first === 'number' || ArrayBuffer.isView(value)
}
