// Evaluates tensors at many points at once, in float64: what a picture of a cost and a race need.
import { Constant, evaluate, type Op, ops, simplify, type Tensor, topological, type Variable } from '@bp/core'

/** One array of values per variable, all of the same length; gives one array per output. */
export type AtPoints = (columns: readonly Float64Array[]) => Float64Array[]

/** Values of one tensor: at all points one after the other, or the same at every point. */
interface Values {
  readonly data: Float64Array
  readonly varies: boolean
}

// These take the axis of the points as any other; an op that is not listed and does not broadcast is applied point by
// point.
const reductions = new Set<unknown>([ops.sum, ops.mean, ops.max, ops.min])

/**
 * Scalars that depend on scalar variables, as a function of these. Each op is applied to all points together, so that a
 * map of thousands of points takes milliseconds; the bits are those of `evaluate` at each of them.
 */
export function atPoints(outputs: readonly Tensor[], variables: readonly Variable[]): AtPoints {
  const keep = new Set<Tensor>(variables)
  const simple = simplify(
    outputs,
    (tensor) => keep.has(tensor),
    () => true,
    'f64',
  )
  const order = topological(simple)
  const fixed = new Map<Tensor, Values>()
  const steps: Tensor[] = []
  const varies = new Set<Tensor>(variables)
  for (const tensor of order) {
    if (keep.has(tensor)) continue
    if (tensor.inputs.some((input) => varies.has(input))) {
      varies.add(tensor)
      steps.push(tensor)
    } else fixed.set(tensor, { data: valuesOf(tensor), varies: false })
  }
  return (columns) => {
    const count = columns[0]?.length ?? 0
    const values = new Map(fixed)
    for (const [index, variable] of variables.entries())
      values.set(variable, { data: columns[index]!, varies: true })
    for (const tensor of steps) {
      const inputs = tensor.inputs.map((input) => values.get(input)!)
      values.set(tensor, { data: applyToPoints(tensor, inputs, count), varies: true })
    }
    return simple.map((tensor) => {
      const { data, varies } = values.get(tensor)!
      return varies ? data : new Float64Array(count).fill(data[0]!)
    })
  }
}

function valuesOf(tensor: Tensor): Float64Array {
  return Float64Array.from(tensor instanceof Constant ? tensor.values : evaluate([tensor])[0]!)
}

function applyToPoints(tensor: Tensor, inputs: readonly Values[], count: number): Float64Array {
  const op = tensor.op as unknown as Op
  const { broadcasts, reference } = op.definition
  const { shape, attributes } = tensor
  if (broadcasts) {
    const arrays = inputs.map(({ data, varies }, index) => {
      const own = tensor.inputs[index]!.shape
      return { data, shape: varies ? [count, ...padded(own, shape.length)] : own }
    })
    return reference(arrays, [count, ...shape], attributes)
  }
  if (reductions.has(op)) {
    const { axes, ...rest } = attributes as { readonly axes: readonly number[] }
    const array = { data: inputs[0]!.data, shape: [count, ...tensor.inputs[0]!.shape] }
    return reference([array], [count, ...shape], { ...rest, axes: axes.map((axis) => axis + 1) })
  }
  const result = new Float64Array(count * tensor.size)
  for (let point = 0; point < count; point++) {
    const arrays = inputs.map(({ data, varies }, index) => {
      const { size, shape } = tensor.inputs[index]!
      return { data: varies ? data.subarray(point * size, (point + 1) * size) : data, shape }
    })
    result.set(reference(arrays, shape, attributes), point * tensor.size)
  }
  return result
}

/** The shape with leading ones, so that the axis of the points comes before all others. */
function padded(shape: readonly number[], rank: number): readonly number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape]
}
