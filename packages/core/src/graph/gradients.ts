// Reverse-mode differentiation: builds the graph of the derivatives from the gradient rules of the op table.

import { blamingCaller, GradientError } from '../checks/errors.js'
import { add, mul } from '../ops/arithmetic.js'
import { scatterAdd } from '../ops/indexing.js'
import { concat } from '../ops/joining.js'
import { broadcastTo, reshape, sumTo } from '../ops/shape.js'
import { type Placed, sliceGrad } from '../ops/slicing.js'
import { checkUncut } from './computed.js'
import { byName, inputAt } from './input-names.js'
import { describeShape, sameShape } from './shape.js'
import type { ShapeOf } from './shape-types.js'
import {
  checkTensor,
  checkTensors,
  constant,
  describeNode,
  scope,
  Tensor,
  type TensorLike,
  toTensor,
} from './tensor.js'
import { topological } from './traverse.js'

/**
 * The derivatives of `ys`, as nodes, with respect to every tensor on a path to `targets`, or to everything that is not
 * constant when there are no targets. `upstreams` are the derivatives that arrive at `ys`, default 1; contributions of
 * several `ys` add up.
 *
 * One backward pass: each node multiplies the derivative that arrives by its local derivative, and contributions of
 * all uses of a tensor add up (Werbos 1974; Rumelhart, Hinton, Williams 1986).
 */
export function gradientNodes(
  ys: readonly Tensor[],
  targets: readonly Tensor[] | undefined,
  upstreams: readonly (Tensor | undefined)[] = [],
): Map<Tensor, Tensor> {
  const order = topological(ys)
  checkUncut(ys, order, targets)
  const wanted = new Set<Tensor>(targets)
  if (targets)
    for (const tensor of order) if (tensor.inputs.some((input) => wanted.has(input))) wanted.add(tensor)
  const needed = (tensor: Tensor) => (targets ? wanted.has(tensor) : !tensor.isConstant)

  return scope('gradients', () => {
    const gradients = new Map<Tensor, Tensor>()
    const shares = new Map<Tensor, Tensor[]>()
    const accumulate = (tensor: Tensor, share: Tensor) => {
      const before = shares.get(tensor)
      if (before) before.push(share)
      else shares.set(tensor, [share])
    }
    for (const [index, y] of ys.entries()) accumulate(y, inPrecisionOf(y, upstreams[index] ?? 1))
    for (const tensor of order.reverse()) {
      const own = shares.get(tensor)
      if (!own) continue
      const dy = total(own)
      gradients.set(tensor, dy)
      if (!tensor.op) continue
      const product = productsOf(tensor, dy)
      for (const [index, input] of tensor.inputs.entries()) {
        const share = needed(input) ? product(index) : null
        if (share) accumulate(input, share)
      }
    }
    return gradients
  })
}

/**
 * The derivative that a node passes back to its input `index`, given `dy`, the one that arrives at the node: in the
 * shape of that input, or null when none flows there.
 */
export function localProduct(node: Tensor, index: number, dy: Tensor): Tensor | null {
  return productsOf(node, dy)(index)
}

function productsOf(node: Tensor, dy: Tensor): (index: number) => Tensor | null {
  const { inputs: names, vjp } = node.op!.definition
  const context = { ...byName(names, node.inputs), y: node, dy }
  return (index) => {
    const { name, place } = inputAt(names, index)
    const own = vjp[name]
    if (!own) return null
    const product: Tensor = own.rule
      ? own.rule(context, node.attributes, place)
      : byDecomposition(node, index, dy)
    const { shape } = node.inputs[index]!
    return sameShape(product.shape, shape) ? product : sumTo(product, shape)
  }
}

/**
 * The sum of the contributions of all uses of one tensor. A use of a slice contributes a tensor of full size that is 0
 * elsewhere: these are merged, so that a tensor used in n slices does not cost n times its size.
 */
function total(shares: readonly Tensor[]): Tensor {
  const groups: Tensor[][] = []
  const ofParts = new Map<unknown, Tensor[]>()
  for (const share of shares) {
    const { op, attributes } = share
    const kind = op === scatterAdd ? (attributes as Scattered).axis : op === sliceGrad ? op : share
    const alike = kind === share ? undefined : ofParts.get(kind)
    if (alike) alike.push(share)
    else {
      groups.push([share])
      ofParts.set(kind, groups.at(-1)!)
    }
  }
  return groups
    .map((alike) =>
      alike.length === 1
        ? alike[0]!
        : alike[0]!.op === sliceGrad
          ? oneOfSlices(alike)
          : oneOfScattered(alike),
    )
    .reduce((sum, share) => add(sum, share))
}

function oneOfSlices(parts: readonly Tensor[]): Tensor {
  const placed = parts.map(({ attributes }) => attributes as Placed)
  return sliceGrad(
    parts.flatMap(({ inputs }) => inputs),
    {
      begin: placed.flatMap(({ begin }) => begin),
      steps: placed.flatMap(({ steps }) => steps),
      shape: parts[0]!.shape,
    },
  )
}

type Scattered = { readonly axis: number; readonly size: number }

/** All with the same axis. */
function oneOfScattered(parts: readonly Tensor[]): Tensor {
  const { axis, size } = parts[0]!.attributes as Scattered
  const xs = parts.map(({ inputs: [x, indices] }) =>
    reshape(x!, x!.shape.toSpliced(axis, indices!.rank, indices!.size)),
  )
  const indices = parts.map(({ inputs }) => reshape(inputs[1]!, [-1]))
  return scatterAdd(concat(xs, axis), concat(indices), { size, axis })
}

/**
 * `value` in the shape and dtype of `y`, so that derivatives are f64 where `y` is, even if they depend on constants
 * alone.
 */
function inPrecisionOf(y: Tensor, value: Tensor | number): Tensor {
  const inPrecision = (factor: number) => constant(factor, y.dtype === 'f64' ? { dtype: 'f64' } : {})
  if (value instanceof Tensor)
    return y.dtype === 'f64' && value.dtype === null ? mul(value, inPrecision(1)) : value
  return y.rank === 0 ? inPrecision(value) : broadcastTo(inPrecision(value), y.shape)
}

/** The derivatives that `ys` pass back to `xs` given `upstreams`; 0 for an `x` that they do not depend on. */
export function passBack(
  ys: readonly Tensor[],
  xs: readonly Tensor[],
  upstreams?: readonly (Tensor | undefined)[],
): Tensor[] {
  const nodes = gradientNodes(ys, xs, upstreams)
  return xs.map((x) => nodes.get(x) ?? inPrecisionOf(x, 0))
}

/** The derivative passed back to an input without a gradient rule: that of the decomposition. */
function byDecomposition(node: Tensor, index: number, dy: Tensor): Tensor {
  const { inputs: names, decompose } = node.op!.definition
  // Copies, so that differentiation stops at them even where one input depends on another.
  const copies = node.inputs.map((input) => reshape(input, input.shape))
  return passBack([decompose!(byName(names, copies), node.attributes)], [copies[index]!], [dy])[0]!
}

/**
 * The derivatives of the scalar `y` with respect to each of `xs`, as tensors of their shapes, which can be
 * differentiated again; 0 for an `x` that `y` does not depend on.
 * @throws GradientError when `y` is not a scalar and no `upstream` of its shape is given.
 */
export function gradients<const Xs extends readonly Tensor[]>(
  y: Tensor,
  xs: Xs,
  upstream?: TensorLike,
): { -readonly [K in keyof Xs]: Tensor<ShapeOf<Xs[K]>> } {
  return blamingCaller(gradients, () => {
    checkTensor('gradients', 'y', y)
    checkTensors('gradients', 'xs', xs)
    const dy = upstream === undefined ? undefined : checkUpstream('gradients', y, toTensor(upstream))
    if (!dy) checkScalar('gradients', y, ', or pass the upstream derivative')
    return passBack([y], xs, [dy]) as { -readonly [K in keyof Xs]: Tensor<ShapeOf<Xs[K]>> }
  })
}

/** Throws unless `y` has one element. */
export function checkScalar(caller: string, y: Tensor, orElse = ''): void {
  if (y.size !== 1)
    throw new GradientError(
      `${caller}: ${describeNode(y)} is ${describeShape(y.shape)}, not a scalar; take its sum or mean${orElse}`,
    )
}

/** Throws unless `dy` has the shape of `y`; returns it. */
export function checkUpstream(caller: string, y: Tensor, dy: Tensor): Tensor {
  if (!sameShape(dy.shape, y.shape))
    throw new GradientError(
      `${caller}: the upstream derivative is ${describeShape(dy.shape)}; it must have the shape of y, ${describeShape(y.shape)}`,
    )
  return dy
}
