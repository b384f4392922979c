// What every tensor has beside operations: its values, and its derivatives.
import { blamingCaller, GradientError, ShapeError } from '../checks/errors.js'
import { checkReadable } from '../transforms/tracing.js'
import { computed, originOf } from './computed.js'
import { evaluate } from './evaluate.js'
import { gradientNodes } from './gradients.js'
import { describeShape, type Shape } from './shape.js'
import { describeNode, Tensor, Variable } from './tensor.js'
import { type NestedArray, nest } from './values.js'

declare module './tensor.js' {
  interface Tensor<S extends Shape = Shape> {
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
}

function read(caller: string, tensor: Tensor): Float32Array | Float64Array {
  checkReadable(caller, tensor)
  return evaluate([tensor])[0]!
}

for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(own))) {
  if (get) Object.defineProperty(Tensor.prototype, name, { get: blaming(get) })
  else Object.defineProperty(Tensor.prototype, name, { value: blaming(value as Method) })
}
export type Method = (this: Tensor, ...args: unknown[]) => unknown

/** A method, with errors whose stack trace starts at the caller's line. */
export function blaming(body: Method): Method {
  return function method(...args) {
    return blamingCaller(method, () => body.apply(this, args))
  }
}
