// Constants that hold computed values and remember their origin: no derivative flows through them.
import { GradientError } from '../checks/errors.js'
import { inputAt } from './input-names.js'
import { Constant, describeNode, type Tensor, Variable } from './tensor.js'
import { topological } from './traverse.js'

/**
 * What constants were computed from. Only variables are retained, so that a loop that feeds back its results does not
 * leak.
 */
export interface Origin {
  readonly variables: ReadonlySet<Variable>
  readonly tensors: WeakSet<Tensor>
  /** Who computed them, and what to do instead. */
  readonly cure: string
}

const origins = new WeakMap<Tensor, Origin>()

/** The origin of values computed from `sources`. */
export function originOf(sources: readonly Tensor[], cure: string): Origin {
  const tensors = topological(sources)
  const variables = tensors.flatMap((tensor) =>
    tensor instanceof Variable ? [tensor] : [...(origins.get(tensor)?.variables ?? [])],
  )
  return { variables: new Set(variables), tensors: new WeakSet(tensors), cure }
}

/** A constant of computed values; f64 values stay f64. */
export function computed(
  values: Float32Array | Float64Array,
  { shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>,
  origin: Origin,
): Constant {
  const constant = new Constant(values, shape, { dtype: values instanceof Float64Array ? 'f64' : dtype })
  origins.set(constant, origin)
  return constant
}

/**
 * Throws where a derivative with respect to `targets`, or to any trainable variable, would be cut off at a computed
 * constant. `order` is what `ys` depend on, in topological order.
 */
export function checkUncut(
  ys: readonly Tensor[],
  order: readonly Tensor[],
  targets: readonly Tensor[] | undefined,
): void {
  if (!order.some((tensor) => origins.has(tensor))) return
  const reached = new Set(ys)
  for (const tensor of order.toReversed()) {
    if (!reached.has(tensor)) continue
    for (const [index, input] of tensor.inputs.entries()) {
      const { inputs, vjp } = tensor.op!.definition
      if (vjp[inputAt(inputs, index).name]) reached.add(input)
    }
    const origin = origins.get(tensor)
    if (!origin) continue
    const { variables, tensors, cure } = origin
    const lost = targets
      ? targets.find(
          (target) =>
            target !== tensor &&
            (variables.has(target as Variable) ||
              tensors.has(target) ||
              // Intermediate tensors are not retained, but a target among them would be older and found nowhere else.
              (!(target instanceof Variable) && target.id < tensor.id && !order.includes(target))),
        )
      : [...variables].find(({ trainable }) => trainable)
    if (lost)
      throw new GradientError(
        `${targets ? 'gradients' : 'backward'}: the derivative with respect to ${describeNode(lost)} is cut off at ${describeNode(tensor)}, ${cure}`,
      )
  }
}
