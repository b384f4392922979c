// The float64 executor: every operation in plain TypeScript, slow and obviously correct.
import { ValueError } from '../checks/errors.js'
import { checkIndices } from './indices.js'
import { broadcastStrides, type Shape, sizeOf } from './shape.js'
import { Constant, type Input, type Tensor, Variable } from './tensor.js'
import { topological } from './traverse.js'

/** Flat numbers and their shape. */
export interface Array64 {
  readonly data: Float64Array
  readonly shape: Shape
}

/** An operation on float64 arrays; returns the values of the output. */
export type Reference<Attributes = object> = (
  inputs: readonly Array64[],
  shape: Shape,
  attributes: Attributes,
) => Float64Array

/** Evaluates tensors in float64; `given` holds the values of inputs, and may replace those of any tensor. */
export function evaluateReference(
  tensors: readonly Tensor[],
  given: ReadonlyMap<Tensor, Float64Array> = new Map(),
): Map<Tensor, Float64Array> {
  const values = new Map<Tensor, Float64Array>(given)
  for (const tensor of topological(tensors, (node) => given.has(node))) {
    if (values.has(tensor)) continue
    values.set(
      tensor,
      tensor.op ? applyReference(tensor, arraysOf(tensor.inputs, values)) : leafValues(tensor as Input),
    )
  }
  return values
}

export function arraysOf(
  tensors: readonly Tensor[],
  values: ReadonlyMap<Tensor, Float64Array>,
): readonly Array64[] {
  return tensors.map((tensor) => ({ data: values.get(tensor)!, shape: tensor.shape }))
}

/**
 * The operation of `tensor` applied to other inputs of the same shapes.
 * @throws IndexError for an index out of range.
 */
export function applyReference(tensor: Tensor, inputs: readonly Array64[]): Float64Array {
  checkIndices(tensor, inputs)
  return tensor.op!.definition.reference(inputs, tensor.shape, tensor.attributes)
}

function leafValues(tensor: Variable | Constant | Input): Float64Array {
  if (tensor instanceof Constant || tensor instanceof Variable) return Float64Array.from(tensor.values)
  throw new ValueError(`${tensor} has no values; compile the function and pass them at each call`)
}

/** Visits each element of `shape` with its offset in each of several strided arrays. */
export function forEachStrided(
  shape: Shape,
  strides: readonly (readonly number[])[],
  visit: (index: number, positions: readonly number[]) => void,
): void {
  const size = sizeOf(shape)
  const counter = new Array<number>(shape.length).fill(0)
  const positions = new Array<number>(strides.length).fill(0)
  for (let index = 0; index < size; index++) {
    visit(index, positions)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      counter[axis]!++
      for (let array = 0; array < strides.length; array++) positions[array]! += strides[array]![axis]!
      if (counter[axis]! < shape[axis]!) break
      for (let array = 0; array < strides.length; array++)
        positions[array]! -= strides[array]![axis]! * shape[axis]!
      counter[axis] = 0
    }
  }
}

/** Lifts a function of numbers to arrays, with broadcasting. */
export function elementwise(f: (...values: number[]) => number): Reference {
  return (inputs, shape) => {
    const out = new Float64Array(sizeOf(shape))
    const strides = inputs.map((array) => broadcastStrides(array.shape, shape))
    const values = new Array<number>(inputs.length)
    forEachStrided(shape, strides, (index, positions) => {
      for (let input = 0; input < inputs.length; input++)
        values[input] = inputs[input]!.data[positions[input]!]!
      out[index] = f(...values)
    })
    return out
  }
}

/** The same for a function that depends on attributes. */
export function elementwiseWith<Attributes>(
  f: (attributes: Attributes, ...values: number[]) => number,
): Reference<Attributes> {
  return (inputs, shape, attributes) =>
    elementwise((...values) => f(attributes, ...values))(inputs, shape, {})
}
