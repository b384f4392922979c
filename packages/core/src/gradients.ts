// Reverse-mode differentiation: makes the graph of the derivatives from the rules in the op table.
import { GradientError } from './errors.js'
import { byName } from './op.js'
import { add } from './ops/arithmetic.js'
import { broadcastTo, sumTo } from './ops/shape.js'
import { describeShape, sameShape } from './shape.js'
import { constant, describeNode, scope, type Tensor, type TensorLike, toTensor } from './tensor.js'
import { topological } from './traverse.js'

/**
 * The derivatives of `y` by every tensor on the way to `targets`, as nodes; by everything that is not
 * constant when no targets are given. `upstream` is the derivative that arrives at `y`, 1 unless given.
 *
 * One pass from the back. Each node multiplies what arrives by its own local derivative; what several uses of
 * a tensor send back adds up (Werbos 1974; Rumelhart, Hinton, Williams 1986).
 */
export function gradientNodes(
  y: Tensor,
  targets: readonly Tensor[] | undefined,
  upstream?: Tensor,
): Map<Tensor, Tensor> {
  const order = topological([y])
  const wanted = new Set<Tensor>(targets)
  if (targets)
    for (const tensor of order) if (tensor.inputs.some((input) => wanted.has(input))) wanted.add(tensor)
  const needed = (tensor: Tensor) => (targets ? wanted.has(tensor) : tensor.dtype !== null)

  return scope('gradients', () => {
    const gradients = new Map<Tensor, Tensor>([[y, upstream ?? broadcastOne(y)]])
    for (const tensor of order.reverse()) {
      const dy = gradients.get(tensor)
      if (!dy || !tensor.op) continue
      const { inputs: names, vjp } = tensor.op.definition
      const context = { ...byName(names, tensor.inputs), y: tensor, dy }
      for (const [index, input] of tensor.inputs.entries()) {
        const gradient = vjp[names[index]]
        if (!gradient || !needed(input)) continue
        const product = gradient.rule(context, tensor.attributes) as Tensor
        const share = sameShape(product.shape, input.shape) ? product : sumTo(product, input.shape)
        const before = gradients.get(input)
        gradients.set(input, before ? add(before, share) : share)
      }
    }
    return gradients
  })
}

function broadcastOne(y: Tensor): Tensor {
  return y.rank === 0 ? constant(1) : broadcastTo(1, y.shape)
}

/**
 * The derivatives of the scalar `y` by each of `xs`, as tensors of their shapes, from which derivatives can be
 * taken again. An `x` that `y` does not depend on has derivative 0.
 * @throws GradientError when `y` is not a scalar and no `upstream` of its shape is given.
 */
export function gradients(y: Tensor, xs: readonly Tensor[], upstream?: TensorLike): Tensor[] {
  if (upstream === undefined && y.size !== 1)
    throw new GradientError(
      `gradients: ${describeNode(y)} is ${describeShape(y.shape)}, not a scalar; take its sum or mean, or give the upstream derivative`,
    )
  const seed = upstream === undefined ? undefined : toTensor(upstream)
  if (seed && !sameShape(seed.shape, y.shape))
    throw new GradientError(
      `gradients: the upstream derivative is ${describeShape(seed.shape)}, it must have the shape of y, ${describeShape(y.shape)}`,
    )
  const nodes = gradientNodes(y, xs, seed)
  return xs.map((x) => nodes.get(x) ?? broadcastTo(0, x.shape))
}

/** A function of tensors to a scalar. */
type ScalarFunction = (...xs: Tensor[]) => Tensor

/** `grad(f)(...xs)` is the list of the derivatives of `f` by each of its arguments. */
export function grad(f: ScalarFunction): (...xs: TensorLike[]) => Tensor[] {
  return (...xs) => valueAndGrad(f)(...xs).gradients
}

/** Like `grad`, and the value too. */
export function valueAndGrad(
  f: ScalarFunction,
): (...xs: TensorLike[]) => { value: Tensor; gradients: Tensor[] } {
  return (...xs) => {
    const tensors = xs.map(toTensor)
    const value = f(...tensors)
    return { value, gradients: gradients(value, tensors) }
  }
}
