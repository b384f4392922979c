// Nodes of the graph: variables, constants, inputs, and the results of operations.
import {
  type Check,
  check,
  checkFlag,
  checkFunction,
  checkOptions,
  checkText,
  listOf,
  oneOf,
  optional,
} from '../checks/check-options.js'
import { blamingCaller, DtypeError, ShapeError } from '../checks/errors.js'
import { checkReadable } from '../transforms/tracing.js'
import type { Op } from './op.js'
import { checkShape, describeShape, type Shape, sameShape, sizeOf } from './shape.js'
import type { GivenShape } from './shape-types.js'
import { flatten, type Values } from './values.js'

/** Precision of a computation: `f32` runs on the WASM kernel, `f64` in plain TypeScript. */
export type Dtype = 'f32' | 'f64'

/** An argument of an operation: a tensor, or numbers that become a constant. */
export type TensorLike = Tensor | Values

interface NodeFields {
  readonly op?: Op
  readonly inputs?: readonly Tensor[]
  readonly attributes?: object
  readonly shape: Shape
  /** Undefined: that of the inputs. Null: a constant that fits either dtype. */
  readonly dtype?: Dtype | null
  readonly name?: string | undefined
}

/** Carries the shape in a tensor's type. */
export declare const shapeOf: unique symbol

let created = 0
let scopes: readonly string[] = []

/** Prefixes the names of nodes created inside `body` with `name/`; scopes nest. */
export function scope<T>(name: string, body: () => T): T {
  blamingCaller(scope, () => {
    checkText('scope', 'name', name)
    checkFunction('scope', 'body', body)
  })
  const outer = scopes
  scopes = [...outer, name]
  try {
    return body()
  } finally {
    scopes = outer
  }
}

/**
 * A node of the graph: an operation, its input tensors, and a shape. It is a value to be computed, not a computed
 * value: `item`, `toArray` and `data` compute it from the current values of its variables. Its methods are in
 * methods.ts: every operation, readers of values, and derivatives.
 *
 * `S` is what the type knows of the shape. Parameters of methods are bivariant, so a tensor of unknown shape is
 * accepted where a known one is expected, and checked when the node is created.
 */
export class Tensor<S extends Shape = Shape> {
  /** Consecutive number; inputs have smaller ones. */
  readonly id = created++
  /** The operation that computes it, or `null` for a variable, constant or input. */
  readonly op: Op | null
  readonly inputs: readonly Tensor[]
  readonly attributes: object
  readonly shape: Shape;
  /** The shape as a type; absent at run time. */
  [shapeOf]?(shape: S): void
  /**
   * `null` for constants created without a dtype, and for results that depend on these alone: computed in f32 by
   * default, and in f64 together with f64 tensors.
   */
  readonly dtype: Dtype | null
  /** Whether it depends on no variable and no input. */
  readonly isConstant: boolean
  /** The name, prefixed with those of the enclosing scopes; may be empty. */
  readonly name: string

  /** @internal Tensors are created by `variable`, `constant`, `input` and the operations. */
  constructor({ op, inputs = [], attributes = {}, shape, dtype, name }: NodeFields) {
    this.op = op ?? null
    this.inputs = inputs
    this.attributes = attributes
    this.shape = shape
    this.dtype = dtype === undefined ? commonDtype(op?.name ?? 'tensor', inputs) : dtype
    this.isConstant = op ? inputs.every(({ isConstant }) => isConstant) : this instanceof Constant
    this.name = name ? [...scopes, name].join('/') : scopes.length && op ? [...scopes, op.name].join('/') : ''
  }

  /** Number of dimensions; 0 for a scalar. */
  get rank(): number {
    return this.shape.length
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape)
  }

  /** Kind, name and shape, as in messages. */
  toString(): string {
    return describeNode(this)
  }
}

/** A leaf whose values can be changed: a parameter. */
export class Variable<S extends Shape = Shape> extends Tensor<S> {
  /** Whether training updates it. */
  get trainable(): boolean {
    return this.#trainable
  }

  set trainable(value: boolean) {
    this.#trainable = checkFlag(describeNode(this), 'trainable', value)
  }

  #trainable: boolean
  /** Held here until they move into kernel memory; a function until they are first read. */
  #values: Float32Array | Float64Array | (() => Float32Array)

  /** @internal `values` may be a function, which is called when they are first read. */
  constructor(
    values: Float32Array | Float64Array | (() => Float32Array),
    shape: Shape,
    name: string | undefined,
    trainable: boolean,
  ) {
    super({ shape, dtype: values instanceof Float64Array ? 'f64' : 'f32', name })
    this.#values = values
    this.#trainable = trainable
  }

  /** Replaces the values with as many new ones. */
  set(values: Values): void {
    blamingCaller(this.set, () => {
      const { flat, shape } = flatten('set', values)
      if (
        flat.length !== this.size ||
        (typeof values !== 'number' && !ArrayBuffer.isView(values) && !sameShape(shape, this.shape))
      )
        throw new ShapeError(
          `set: ${describeNode(this)} is ${describeShape(this.shape)}, the new values have shape ${describeShape(shape)}`,
        )
      if (typeof this.#values === 'function') this.#values = new Float32Array(this.size)
      this.#current().set(flat)
    })
  }

  /**
   * The values themselves, not a copy; valid until the next call into the library.
   * @throws ValueError in a function that is differentiated or compiled, where they would be constants.
   */
  get values(): Float32Array | Float64Array {
    checkReadable('values', this)
    return this.#current()
  }

  #current(): Float32Array | Float64Array {
    if (this.#home) return this.#home()
    if (typeof this.#values === 'function') this.#values = this.#values()
    return this.#values
  }

  #home: (() => Float32Array) | null = null

  /** @internal Moves the values into kernel memory, where `home` finds them from now on. */
  moveTo(home: () => Float32Array): void {
    home().set(this.#current())
    this.#home = home
    this.#values = new Float32Array(0)
  }
}

/** A leaf whose values never change. */
export class Constant<S extends Shape = Shape> extends Tensor<S> {
  /** Kept as float64 without a dtype, and rounded when an f32 computation reads them. */
  readonly values: Float32Array | Float64Array

  /** @internal */
  constructor(
    values: Float32Array | Float64Array,
    shape: Shape,
    { name, dtype = null }: { readonly name?: string | undefined; readonly dtype?: Dtype | null } = {},
  ) {
    super({ shape, dtype, name })
    this.values = values
  }
}

/** A leaf whose values are passed at each call of a compiled function. */
export class Input<S extends Shape = Shape> extends Tensor<S> {}

/** Options of leaves. */
const leafChecks = {
  shape: optional(checkShape),
  name: optional(checkText),
  dtype: optional(oneOf(['f32', 'f64'])),
}

export const checkTensor: Check<Tensor> = check('a tensor', (value) => value instanceof Tensor)
export const checkTensors: Check<Tensor[]> = listOf(checkTensor)

/** Options of `variable`. */
export interface VariableOptions {
  /** Shape of flat data; by default that of the nesting. */
  readonly shape?: Shape
  readonly name?: string
  readonly dtype?: Dtype
  readonly trainable?: boolean
}

type ConstantOptions = Omit<VariableOptions, 'trainable'>

/**
 * A tensor whose values can be changed, by `set` or by training.
 * @throws ShapeError for ragged nesting, or when `shape` does not match the number of values.
 */
export function variable<const V extends Values, const G extends Shape | undefined = undefined>(
  values: V,
  options: VariableOptions & { readonly shape?: G } = {},
): Variable<GivenShape<V, G>> {
  return blamingCaller(variable, () => {
    const { dtype, name, trainable, ...given } = checkOptions('variable', options as VariableOptions, {
      ...leafChecks,
      trainable: optional(checkFlag, true),
    })
    const { flat, shape } = flatten('variable', values, given.shape)
    return new Variable(arrayOf(flat, dtype ?? 'f32'), shape, name, trainable)
  })
}

/**
 * A tensor whose values never change. Without a `dtype` it fits either precision: results of such constants alone are
 * computed in f32, while together with f64 tensors they take part in f64, unrounded.
 */
export function constant<const V extends Values, const G extends Shape | undefined = undefined>(
  values: V,
  options: ConstantOptions & { readonly shape?: G } = {},
): Constant<GivenShape<V, G>> {
  return blamingCaller(constant, () => {
    const { dtype, name, ...given } = checkOptions('constant', options as ConstantOptions, leafChecks)
    const { flat, shape } = flatten('constant', values, given.shape)
    return new Constant(arrayOf(flat, dtype ?? 'f64'), shape, { dtype, name })
  })
}

/** The numbers in a new array of this dtype. */
function arrayOf(flat: ArrayLike<number>, dtype: Dtype): Float32Array | Float64Array {
  return dtype === 'f64' ? Float64Array.from(flat) : Float32Array.from(flat)
}

/** A placeholder for values that are passed when a compiled function is called. */
export function input<const S extends Shape>(
  shape: S,
  options: { readonly name?: string; readonly dtype?: Dtype } = {},
): Input<GivenShape<never, S>> {
  const { dtype = 'f32', name } = blamingCaller(input, () => {
    checkShape('input', 'shape', shape)
    const { shape: _, ...checks } = leafChecks
    return checkOptions('input', options, checks)
  })
  return new Input({ shape, dtype, name })
}

/** The tensor itself, or a constant of the numbers. */
export function toTensor(value: TensorLike, caller = 'constant'): Tensor {
  if (value instanceof Tensor) return value
  const { flat, shape } = flatten(caller, value)
  return new Constant(Float64Array.from(flat), shape)
}

/** A tensor as text for error messages. */
export function describeNode(tensor: Tensor): string {
  const kind =
    tensor.op?.name ??
    (tensor instanceof Variable ? 'variable' : tensor instanceof Constant ? 'constant' : 'input')
  return `${tensor.name ? `${kind} "${tensor.name}"` : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`} of shape [${tensor.shape.join(', ')}]`
}

function commonDtype(op: string, inputs: readonly Tensor[]): Dtype | null {
  let common: Dtype | null = null
  for (const { dtype } of inputs) {
    if (dtype === null || dtype === common) continue
    if (common !== null)
      throw new DtypeError(`${op}: f32 and f64 do not mix; give all variables and inputs the same dtype`)
    common = dtype
  }
  return common
}
