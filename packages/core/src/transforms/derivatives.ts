// Transforms functions into their derivatives: gradients, products with Jacobians and Hessians, and full Jacobians and
// Hessians.
import { checkFunction } from '../checks/check-options.js'
import { blamingCaller, GradientError } from '../checks/errors.js'
import { checkScalar, checkUpstream, passBack } from '../graph/gradients.js'
import { constant, Tensor, type TensorLike, toTensor } from '../graph/tensor.js'
import { add, mul } from '../ops/arithmetic.js'
import { broadcastTo, reshape } from '../ops/shape.js'
import { type Like, renewed, type Tensors, unpack, unpackLike } from './nested.js'
import { traced } from './tracing.js'

/**
 * A function that is differentiated with respect to its first argument: a tensor, or arrays and records of tensors.
 * Other arguments are passed through.
 */
type Differentiable<P, Rest extends unknown[]> = (x: P, ...rest: Rest) => Tensor

/** Applies the function to new nodes for the tensors of `x`; errors thrown inside `f` are left as they are. */
function trace<P, Rest extends unknown[]>(
  caller: string,
  blamed: (...args: never[]) => unknown,
  f: Differentiable<P, Rest>,
  x: Like<NoInfer<P>>,
  rest: Rest,
) {
  const unpacked = blamingCaller(blamed, () => {
    checkFunction(caller, 'f', f)
    return unpack(caller, x)
  })
  const xs = renewed(unpacked.tensors)
  const y = traced(f, unpacked.pack(xs) as P, ...rest)
  return blamingCaller(blamed, () => {
    if (!(y instanceof Tensor))
      throw new GradientError(`${caller}: the function must return a tensor; it returned ${typeof y}`)
    return { unpacked, xs, y }
  })
}

/**
 * `grad(f)(x, ...rest)` is the derivative of the scalar `f(x, ...rest)` with respect to `x`, with the structure of
 * `x`: a tensor for a tensor, a record of tensors for a record. It is a function of tensors itself, so `grad(grad(f))`
 * is the second derivative of a scalar function.
 * @throws GradientError when `f` does not return a scalar.
 */
export function grad<P = Tensor, Rest extends unknown[] = []>(
  f: Differentiable<P, Rest>,
): (x: Like<NoInfer<P>>, ...rest: Rest) => Tensors<NoInfer<P>> {
  blamingCaller(grad, () => checkFunction('grad', 'f', f))
  const call = (x: Like<NoInfer<P>>, ...rest: Rest) => valueAndGradAt('grad', call, f, x, rest).gradient
  return call
}

/**
 * Like `grad`, with the value as well; nothing is computed twice.
 * @throws GradientError when `f` does not return a scalar.
 */
export function valueAndGrad<P = Tensor, Rest extends unknown[] = []>(
  f: Differentiable<P, Rest>,
): (x: Like<NoInfer<P>>, ...rest: Rest) => { value: Tensor; gradient: Tensors<NoInfer<P>> } {
  blamingCaller(valueAndGrad, () => checkFunction('valueAndGrad', 'f', f))
  const call = (x: Like<NoInfer<P>>, ...rest: Rest) => valueAndGradAt('valueAndGrad', call, f, x, rest)
  return call
}

function valueAndGradAt<P, Rest extends unknown[]>(
  caller: string,
  blamed: (...args: never[]) => unknown,
  f: Differentiable<P, Rest>,
  x: Like<NoInfer<P>>,
  rest: Rest,
) {
  const { unpacked, xs, y } = trace(caller, blamed, f, x, rest)
  return blamingCaller(blamed, () => {
    checkScalar(caller, y)
    return { value: y, gradient: unpacked.pack(passBack([y], xs)) as Tensors<P> }
  })
}

/**
 * Vector-Jacobian product, reverse mode. `pullback(dy)` is `dyᵀ · J`, with the Jacobian `J` of `f` at `x`: what the
 * upstream derivative `dy`, of the shape of `value`, passes back to `x`.
 * @throws GradientError when `dy` has another shape than the value.
 */
export function vjp<P = Tensor>(
  f: Differentiable<P, []>,
  x: Like<NoInfer<P>>,
): { value: Tensor; pullback: (dy: TensorLike) => Tensors<P> } {
  const { unpacked, xs, y } = trace('vjp', vjp, f, x, [])
  const pullback = (dy: TensorLike) =>
    blamingCaller(pullback, () => {
      const upstream = checkUpstream('pullback', y, toTensor(dy))
      return unpacked.pack(passBack([y], xs, [upstream])) as Tensors<P>
    })
  return { value: y, pullback }
}

/**
 * Jacobian-vector product, forward mode: `tangent` is `J · dx`, the directional derivative along `dx`, which has the
 * structure of `x`.
 *
 * The pullback `uᵀ · J` is linear in `u`, so its derivative with respect to `u`, along `dx`, is `J · dx` at every `u`:
 * two reverse passes make a forward one, and no op needs a forward rule (J. Townsend, "A new trick for calculating
 * Jacobian vector products", 2017).
 * @throws ShapeError when a tensor of `dx` has another shape than that of `x`, ValueError when it has another
 * structure.
 */
export function jvp<P = Tensor>(
  f: Differentiable<P, []>,
  x: Like<NoInfer<P>>,
  dx: Like<NoInfer<P>>,
): { value: Tensor; tangent: Tensor } {
  const { unpacked, xs, y } = trace('jvp', jvp, f, x, [])
  return blamingCaller(jvp, () => {
    const directions = unpackLike('jvp', 'dx', unpacked, dx)
    return { value: y, tangent: pushForward(y, xs)(directions) }
  })
}

/** The derivative of `y` along directions for `xs`. */
function pushForward(y: Tensor, xs: readonly Tensor[]): (directions: readonly Tensor[]) => Tensor {
  const u = broadcastTo(0, y.shape)
  const passedBack = passBack([y], xs, [u])
  return (directions) => passBack(passedBack, [u], directions)[0]!
}

/**
 * Hessian-vector product of the scalar function `f` at `x`: the derivative of its gradient along `v`, at a small
 * multiple of the cost of a gradient (Pearlmutter, "Fast exact multiplication by the Hessian", 1994).
 * @throws GradientError when `f` does not return a scalar, ShapeError and ValueError when `v` does not have the
 * structure of `x`.
 */
export function hvp<P = Tensor>(
  f: Differentiable<P, []>,
  x: Like<NoInfer<P>>,
  v: Like<NoInfer<P>>,
): Tensors<P> {
  const { unpacked, xs, y } = trace('hvp', hvp, f, x, [])
  return blamingCaller(hvp, () => {
    checkScalar('hvp', y)
    const directions = unpackLike('hvp', 'v', unpacked, v)
    // The Hessian is symmetric, so H · v is vᵀ · H: a second reverse pass.
    return unpacked.pack(passBack(passBack([y], xs), xs, directions)) as Tensors<P>
  })
}

/**
 * `jacobian(f)(x)` is the matrix of all first derivatives: for each tensor of `x` a tensor whose shape is that of
 * `f(x)` followed by that of the tensor. It takes as many passes as `f(x)` or `x` has elements, whichever is fewer,
 * and its graph grows with them; for a product with it use `vjp` or `jvp`.
 */
export function jacobian<P = Tensor, Rest extends unknown[] = []>(
  f: Differentiable<P, Rest>,
): (x: Like<NoInfer<P>>, ...rest: Rest) => Tensors<NoInfer<P>> {
  blamingCaller(jacobian, () => checkFunction('jacobian', 'f', f))
  const call = (x: Like<NoInfer<P>>, ...rest: Rest) => {
    const { unpacked, xs, y } = trace('jacobian', call, f, x, rest)
    return unpacked.pack(jacobianOf(y, xs)) as Tensors<P>
  }
  return call
}

/** Second derivatives: for each tensor of `P` and each tensor of `P` again. */
type Hessian<P> = P extends TensorLike ? Tensor : { [K in keyof P]: Hessians<P[K], P> }
type Hessians<Q, P> = Q extends TensorLike ? Tensors<P> : { [K in keyof Q]: Hessians<Q[K], P> }

/**
 * `hessian(f)(x)` is the matrix of the second derivatives of the scalar function `f`: its shape is that of `x` twice.
 * For a structure it is a structure of structures: the shape of `hessian(f)({ w, b }).w.b` is that of `w` followed by
 * that of `b`. It takes as many passes as `x` has elements; for a product with it use `hvp`.
 * @throws GradientError when `f` does not return a scalar.
 */
export function hessian<P = Tensor, Rest extends unknown[] = []>(
  f: Differentiable<P, Rest>,
): (x: Like<NoInfer<P>>, ...rest: Rest) => Hessian<NoInfer<P>> {
  blamingCaller(hessian, () => checkFunction('hessian', 'f', f))
  const call = (x: Like<NoInfer<P>>, ...rest: Rest) => {
    const { unpacked, xs, y } = trace('hessian', call, f, x, rest)
    return blamingCaller(call, () => {
      checkScalar('hessian', y)
      const rows = passBack([y], xs).map((dx) => unpacked.pack(jacobianOf(dx, xs)))
      return unpacked.pack(rows) as Hessian<P>
    })
  }
  return call
}

/** The derivatives of every element of `y` with respect to every element of each of `xs`. */
function jacobianOf(y: Tensor, xs: readonly Tensor[]): Tensor[] {
  const columns = xs.reduce((total, x) => total + x.size, 0)
  if (y.size <= columns) {
    const rows = units(y).map((dy) => passBack([y], xs, [dy]))
    return xs.map((x, index) =>
      reshape(
        stacked(
          rows.map((row) => row[index]!),
          0,
          y.size,
          x.size,
        ),
        [...y.shape, ...x.shape],
      ),
    )
  }
  const along = pushForward(y, xs)
  const zeros = xs.map((x) => broadcastTo(0, x.shape))
  return xs.map((x, index) => {
    const moved = units(x).map((dx) => along(zeros.with(index, dx)))
    return reshape(stacked(moved, 1, y.size, x.size), [...y.shape, ...x.shape])
  })
}

/** Tensors of the shape of `x` that are 1 at one element and 0 elsewhere, one for each element. */
function units(x: Tensor): Tensor[] {
  return Array.from({ length: x.size }, (_, index) => {
    const values = new Float64Array(x.size)
    values[index] = 1
    return constant(values, { shape: x.shape })
  })
}

/** Rows (`axis` 0) or columns (`axis` 1) side by side in a matrix. */
function stacked(parts: readonly Tensor[], axis: 0 | 1, rows: number, columns: number): Tensor {
  const placed = parts.map((part, index) => {
    const place = new Float64Array(axis === 0 ? rows : columns)
    place[index] = 1
    return axis === 0
      ? mul(constant(place, { shape: [rows, 1] }), reshape(part, [1, columns]))
      : mul(reshape(part, [rows, 1]), constant(place, { shape: [1, columns] }))
  })
  return placed.reduce((total, part) => add(total, part), broadcastTo(0, [rows, columns]))
}
