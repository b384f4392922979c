// The methods of a tensor: every operation of the table, its values, and its derivatives.

import { integerFrom, listOf } from '../checks/check-options.js'
import { blamingCaller, GradientError, ShapeError } from '../checks/errors.js'
import * as ops from '../ops/index.js'
import { checkReadable } from '../transforms/tracing.js'
import { computed, originOf } from './computed.js'
import { evaluate } from './evaluate.js'
import { gradientNodes } from './gradients.js'
import { isList } from './input-names.js'
import { type InternalName, isInternal, type MethodOf } from './op.js'
import { describeShape, normalizeAxis, type Shape } from './shape.js'
import { describeNode, Tensor, Variable } from './tensor.js'
import type { NestedArray } from './values.js'

type Table = typeof ops
type OpMethods = {
  [Name in keyof Table as Name extends InternalName ? never : Name]: MethodOf<Table[Name]>
}

declare module './tensor.js' {
  interface Tensor<S extends Shape = Shape> extends OpMethods {
    /**
     * The derivative with respect to this tensor that the last `backward()` computed: a constant of the same shape,
     * which does not change when variables are set.
     * @throws GradientError when there was no such call: a missing derivative is not 0.
     */
    readonly grad: Tensor<S>
    /**
     * Computes the derivative of this scalar with respect to every tensor that it depends on, at the current values of
     * the variables, and stores it as their `grad`, replacing that of an earlier call. The values stay in memory with
     * the tensors. For second derivatives use `gradients(y, [w])`, which gives tensors that follow the variables and
     * can be differentiated again.
     * @throws GradientError when this is not a scalar, or when no derivative reaches a variable.
     */
    backward(): void
    /** The values in row-major order, in a new array: Float64Array for f64, otherwise Float32Array. */
    data(): Float32Array | Float64Array
    /**
     * The value of a scalar, or of any tensor of one element.
     * @throws ShapeError unless there is exactly one element, ValueError in a function that is differentiated or
     * compiled, where it would be a constant.
     */
    item(): number
    /** The values as nested arrays of the tensor's shape; a plain number for a scalar. */
    toArray(): number | NestedArray
    /**
     * Splits the tensor along a dimension (default 0) into a number of equal parts, or into parts of the given sizes.
     * `concat` is the inverse.
     * @throws ShapeError when the parts do not make up the dimension.
     */
    split(parts: number | readonly number[], axis?: number): Tensor[]
  }
}

const grads = new WeakMap<Tensor, Tensor>()

const own = {
  get grad(): Tensor {
    const tensor = this as unknown as Tensor
    const grad = grads.get(tensor)
    if (!grad)
      throw new GradientError(
        `grad: no derivative was computed for ${describeNode(tensor)}; call backward() on a scalar that depends on it`,
      )
    return grad
  },
  backward(this: Tensor): void {
    checkReadable('backward', this)
    if (this.size !== 1)
      throw new GradientError(
        `backward: expects a scalar, this is ${describeShape(this.shape)}; take its sum or mean first, or use gradients with an upstream derivative`,
      )
    const nodes = gradientNodes([this], undefined)
    if (![...nodes.keys()].some((tensor) => tensor instanceof Variable))
      throw new GradientError(
        `backward: no derivative of ${describeNode(this)} reaches a variable; create what to differentiate with respect to with variable()`,
      )
    const origin = originOf(
      [this],
      'the grad that backward() stored; for second derivatives use gradients(y, [x])',
    )
    const distinct = [...new Set(nodes.values())]
    const constants = new Map(
      evaluate(distinct).map((values, index) => [
        distinct[index]!,
        computed(values, distinct[index]!, origin),
      ]),
    )
    for (const [tensor, node] of nodes) grads.set(tensor, constants.get(node)!)
  },
  data(this: Tensor) {
    return read('data', this)
  },
  item(this: Tensor): number {
    if (this.size !== 1)
      throw new ShapeError(
        `item: expects exactly one element, this is ${describeShape(this.shape)}; use toArray() or data()`,
      )
    return read('item', this)[0]!
  },
  toArray(this: Tensor) {
    return nest(read('toArray', this), this.shape)
  },
  split(this: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
    const along = normalizeAxis('split', axis, this.rank)
    const length = this.shape[along]!
    const sizes =
      typeof parts === 'number' ? equalParts(length, parts) : listOf(integerFrom(0))('split', 'parts', parts)
    if (sizes.reduce((total, size) => total + size, 0) !== length)
      throw new ShapeError(
        `split: axis ${along} of x, which is ${describeShape(this.shape)}, cannot be split into ${typeof parts === 'number' ? `${parts} equal parts` : `parts of [${parts.join(', ')}]`}`,
      )
    let start = 0
    return sizes.map((size) => {
      const begin = this.shape.map((_, at) => (at === along ? start : 0))
      start += size
      return ops.slice(this, { begin, size: this.shape.with(along, size) })
    })
  },
}

function read(caller: string, tensor: Tensor): Float32Array | Float64Array {
  checkReadable(caller, tensor)
  return evaluate([tensor])[0]!
}

function equalParts(length: number, count: number): number[] {
  return Number.isInteger(count) && count > 0 && length % count === 0
    ? new Array<number>(count).fill(length / count)
    : []
}

for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(own))) {
  if (get) Object.defineProperty(Tensor.prototype, name, { get: blaming(get) })
  else Object.defineProperty(Tensor.prototype, name, { value: blaming(value as Method) })
}
for (const op of Object.values(ops)) {
  if (isInternal(op.name)) continue
  const call = op as (...args: unknown[]) => Tensor
  const ofList = isList(op.definition.inputs[0])
  Object.defineProperty(Tensor.prototype, op.name, {
    value: blaming(function (...rest) {
      if (!ofList) return call(this, ...rest)
      const [others, ...more] = rest
      return call(Array.isArray(others) ? [this, ...others] : others, ...more)
    }),
  })
}

type Method = (this: Tensor, ...args: unknown[]) => unknown

/** The method, with errors whose stack trace starts at the caller's line. */
function blaming(body: Method): Method {
  return function method(...args) {
    return blamingCaller(method, () => body.apply(this, args))
  }
}

/** Flat data as nested arrays of a shape; a number for a scalar. */
export function nest(data: ArrayLike<number>, shape: Shape): number | NestedArray {
  let offset = 0
  const build = (depth: number): number | NestedArray =>
    depth === shape.length ? data[offset++]! : Array.from({ length: shape[depth]! }, () => build(depth + 1))
  return build(0)
}
