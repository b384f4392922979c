// Evaluates tensors at many points at once, in float64: what a picture of a cost and a race need.
import {
  Constant,
  evaluate,
  type Op,
  ops,
  simplify,
  type Tensor,
  topological,
  type Variable,
} from '@bp/core/lean'
import type { Slices } from '../slices.js'

/** One array of values per variable, all of the same length; gives one array per output. */
export type AtPoints = (columns: readonly Float64Array[]) => Slices<Float64Array[]>

/**
 * Elements that are computed from one pause to the next: a few ms, and little enough memory to stay in the processor's
 * caches, which makes it twice as quick as all points at once.
 */
const elementsAtOnce = 1 << 15

/** Points of a block at most. */
const mostAtOnce = 256

/** Sets the values of one tensor from those of others, all by their places in one list. */
type Instruction = (values: Float64Array[]) => void

// These take the axis of the points as any other; an op that is not listed and does not broadcast is applied point by
// point.
const reductions = new Set<unknown>([ops.sum, ops.mean, ops.max, ops.min])

/**
 * Scalars that depend on scalar variables, as a function of these. Each op is applied to a block of points together, so
 * that a map of thousands of points takes milliseconds; the bits are those of `evaluate` at each of them.
 */
export function atPoints(outputs: readonly Tensor[], variables: readonly Variable[]): AtPoints {
  const keep = new Set<Tensor>(variables)
  const simple = simplify(
    outputs,
    (tensor) => keep.has(tensor),
    () => true,
    'f64',
  )
  const order = [...variables, ...topological(simple).filter((tensor) => !keep.has(tensor))]
  const places = new Map(order.map((tensor, index) => [tensor, index]))
  const varies = new Set<Tensor>(variables)
  for (const tensor of order) if (tensor.inputs.some((input) => varies.has(input))) varies.add(tensor)
  const fixed = order.map((tensor) => (varies.has(tensor) ? new Float64Array(0) : valuesOf(tensor)))

  const instructionsFor = (count: number): Instruction[] =>
    order
      .filter((tensor) => tensor.op && varies.has(tensor))
      .map((tensor) => {
        const inputs = tensor.inputs.map((input) => places.get(input)!)
        const place = places.get(tensor)!
        const apply = instruction(tensor, (input) => varies.has(input), count)
        return (values) => {
          values[place] = apply(inputs.map((input) => values[input]!))
        }
      })
  const elements = order.reduce((total, tensor) => total + (varies.has(tensor) ? tensor.size : 0), 0)
  const block = Math.min(Math.max(Math.floor(elementsAtOnce / elements), 1), mostAtOnce)
  // By the number of points: a whole block, and what is left after the last one.
  const prepared = new Map<number, Instruction[]>()
  return function* (columns) {
    const count = columns[0]?.length ?? 0
    const results = simple.map((tensor) => {
      const fixedValue = varies.has(tensor) ? 0 : fixed[places.get(tensor)!]![0]!
      return new Float64Array(count).fill(fixedValue)
    })
    for (let from = 0; from < count; from += block) {
      const size = Math.min(block, count - from)
      const instructions = prepared.get(size) ?? instructionsFor(size)
      if (size === block || prepared.size < 8) prepared.set(size, instructions)
      const values = [...fixed]
      for (const [index, column] of columns.entries()) values[index] = column.subarray(from, from + size)
      for (const run of instructions) run(values)
      for (const [index, tensor] of simple.entries())
        if (varies.has(tensor)) results[index]!.set(values[places.get(tensor)!]!, from)
      yield
    }
    return results
  }
}

function valuesOf(tensor: Tensor): Float64Array {
  return Float64Array.from(tensor instanceof Constant ? tensor.values : evaluate([tensor])[0]!)
}

/** The op of a tensor on the values of its inputs at `count` points. */
function instruction(
  tensor: Tensor,
  varies: (input: Tensor) => boolean,
  count: number,
): (inputs: Float64Array[]) => Float64Array {
  const op = tensor.op as unknown as Op
  const { broadcasts, reference } = op.definition
  const { shape, attributes } = tensor
  const whole = [count, ...shape]
  if (broadcasts) {
    const shapes = tensor.inputs.map((input) =>
      varies(input) ? [count, ...padded(input.shape, shape.length)] : input.shape,
    )
    return (inputs) =>
      reference(
        inputs.map((data, index) => ({ data, shape: shapes[index]! })),
        whole,
        attributes,
      )
  }
  if (reductions.has(op)) {
    const { axes, ...rest } = attributes as { readonly axes: readonly number[] }
    const shifted = { ...rest, axes: axes.map((axis) => axis + 1) }
    const from = [count, ...tensor.inputs[0]!.shape]
    return ([data]) => reference([{ data: data!, shape: from }], whole, shifted)
  }
  const alone = tensor.inputs.map((input) => ({ shape: input.shape, step: varies(input) ? input.size : 0 }))
  return (inputs) => {
    const result = new Float64Array(count * tensor.size)
    for (let point = 0; point < count; point++) {
      const arrays = inputs.map((data, index) => {
        const { shape, step } = alone[index]!
        return { data: step > 0 ? data.subarray(point * step, (point + 1) * step) : data, shape }
      })
      result.set(reference(arrays, shape, attributes), point * tensor.size)
    }
    return result
  }
}

/** The shape with leading ones, so that the axis of the points comes before all others. */
function padded(shape: readonly number[], rank: number): readonly number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape]
}
