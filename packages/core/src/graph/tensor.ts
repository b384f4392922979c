// Nodes of the graph: variables, constants, inputs, and what operations make of them.
import {
  type Check,
  check,
  checkFlag,
  checkFunction,
  checkOptions,
  checkText,
  describeValue,
  listOf,
  oneOf,
  optional,
} from '../checks/check-options.js'
import { blamingCaller, DtypeError, ShapeError, ValueError } from '../checks/errors.js'
import type { Op } from './op.js'
import { checkShape, describeShape, type Shape, sameShape, sizeOf } from './shape.js'
import type { GivenShape } from './shape-types.js'

/** Precision of a computation: `f32` runs on the WASM kernel, `f64` on the plain TypeScript executor. */
export type Dtype = 'f32' | 'f64'

/** Arrays of numbers in arrays, all of one depth and with equal lengths at each. */
export type NestedArray<Entry = number> = readonly (Entry | NestedArray<Entry>)[]
/** A typed array of numbers. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array
/** Whatever can be made into a tensor; of truth values `true` is 1 and `false` is 0. */
export type Values = number | boolean | NestedArray<number | boolean> | NumberArray
/** Where an operation wants a tensor, plain numbers and arrays do as well. */
export type TensorLike = Tensor | Values

interface NodeFields {
  readonly op?: Op
  readonly inputs?: readonly Tensor[]
  readonly attributes?: object
  readonly shape: Shape
  /** Undefined: taken from the inputs. Null: a constant that fits either precision. */
  readonly dtype?: Dtype | null
  readonly name?: string | undefined
}

/** Where a tensor's type keeps its shape. */
export declare const shapeOf: unique symbol

let created = 0
let scopes: readonly string[] = []

/** Names made inside `body` begin with `name/`; scopes nest. */
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
 * A node of the graph: an operation, the tensors it takes, and a shape. It is a value to be computed, not a
 * computed value: `item`, `toArray` and `data` compute it, always from what its variables hold at that time.
 * Its methods are in methods.ts: every operation, and what reads values and takes derivatives.
 *
 * `S` is what is known of the shape in types. As a method's parameter it fits both ways, so a tensor whose shape
 * is not known goes where a known one is wanted, and is checked when the node is made.
 */
export class Tensor<S extends Shape = Shape> {
  /** Number in order of creation; inputs have smaller ones. */
  readonly id = created++
  /** The operation that makes it, or `null` for a variable, constant or input. */
  readonly op: Op | null
  readonly inputs: readonly Tensor[]
  readonly attributes: object
  readonly shape: Shape;
  /** The shape in types; nothing when the program runs. */
  [shapeOf]?(shape: S): void
  /**
   * `null` for constants made without a dtype, and for what is made of these alone: they are computed in f32 like
   * everything else, but beside f64 tensors take part in f64.
   */
  readonly dtype: Dtype | null
  /** True when there is no variable and no input in it. */
  readonly isConstant: boolean
  /** The given name behind those of the scopes around it, or empty. */
  readonly name: string

  /** @internal Tensors come from `variable`, `constant`, `input` and the operations. */
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

/** A leaf whose numbers can be changed: what training learns. */
export class Variable<S extends Shape = Shape> extends Tensor<S> {
  /** False: gradients are not asked for and training leaves it as it is. */
  get trainable(): boolean {
    return this.#trainable
  }

  set trainable(value: boolean) {
    this.#trainable = checkFlag(describeNode(this), 'trainable', value)
  }

  #trainable: boolean
  /** Here, until they move into kernel memory; a function until they are first asked for. */
  #values: Float32Array | Float64Array | (() => Float32Array)

  /** @internal `values` may be a function, which is called if and when they are first asked for. */
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

  /** Puts new numbers in, as many as there are. */
  set(values: Values): void {
    blamingCaller(this.set, () => {
      const { flat, shape } = flatten('set', values)
      if (
        flat.length !== this.size ||
        (typeof values !== 'number' && !ArrayBuffer.isView(values) && !sameShape(shape, this.shape))
      )
        throw new ShapeError(
          `set: ${describeNode(this)} is ${describeShape(this.shape)}, the new values are ${describeShape(shape)}`,
        )
      if (typeof this.#values === 'function') this.#values = new Float32Array(this.size)
      this.values.set(flat)
    })
  }

  /** The numbers themselves, not a copy. Valid until the next call into the library. */
  get values(): Float32Array | Float64Array {
    if (this.#home) return this.#home()
    if (typeof this.#values === 'function') this.#values = this.#values()
    return this.#values
  }

  #home: (() => Float32Array) | null = null

  /** @internal Moves the numbers into kernel memory, where `home` finds them from now on. */
  moveTo(home: () => Float32Array): void {
    home().set(this.values)
    this.#home = home
    this.#values = new Float32Array(0)
  }
}

/** A leaf whose numbers never change. */
export class Constant<S extends Shape = Shape> extends Tensor<S> {
  /** Without a dtype kept as float64, and rounded when a computation in f32 reads them. */
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

/** A leaf whose numbers are given anew at each call of a compiled function. */
export class Input<S extends Shape = Shape> extends Tensor<S> {}

/** What tensors with numbers of their own can be told. */
const leafChecks = {
  shape: optional(checkShape),
  name: optional(checkText),
  dtype: optional(oneOf(['f32', 'f64'])),
}

export const checkTensor: Check<Tensor> = check('a tensor', (value) => value instanceof Tensor)
export const checkTensors: Check<Tensor[]> = listOf(checkTensor)

/** Shape, name, precision of a variable, and whether it is trained. */
export interface VariableOptions {
  /** For flat data: the shape; otherwise taken from the nesting. */
  readonly shape?: Shape
  readonly name?: string
  readonly dtype?: Dtype
  readonly trainable?: boolean
}

type ConstantOptions = Omit<VariableOptions, 'trainable'>

/**
 * A tensor whose numbers can be changed, by `set` or by training.
 * @throws ShapeError for ragged nesting or when `shape` does not hold as many numbers.
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
 * A tensor whose numbers never change. Without a `dtype` it fits either precision: what consists of such constants
 * alone is computed in f32, beside f64 tensors they take part in f64, unrounded.
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

/** The numbers in a new array of this precision. */
function arrayOf(flat: ArrayLike<number>, dtype: Dtype): Float32Array | Float64Array {
  return dtype === 'f64' ? Float64Array.from(flat) : Float32Array.from(flat)
}

/** A place for numbers that are given when a compiled function is called. */
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

/** The tensor itself, or a constant of the numbers; errors name the caller. */
export function toTensor(value: TensorLike, caller = 'constant'): Tensor {
  if (value instanceof Tensor) return value
  const { flat, shape } = flatten(caller, value)
  return new Constant(Float64Array.from(flat), shape)
}

/** How error messages call a tensor. */
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
      throw new DtypeError(`${op}: f32 and f64 do not mix; make all variables and inputs of one dtype`)
    common = dtype
  }
  return common
}

/** Numbers in a row and their shape, of whatever form they were given in. */
export function flatten(
  caller: string,
  values: Values,
  shape?: Shape,
): { flat: ArrayLike<number>; shape: Shape } {
  let flat: ArrayLike<number>
  let found: Shape
  if (isNumber(values)) {
    flat = [Number(values)]
    found = []
  } else if (isNumberArray(values)) {
    flat = values
    found = [values.length]
  } else if (Array.isArray(values)) {
    const dimensions: number[] = []
    for (let level: unknown = values; Array.isArray(level); level = level[0]) dimensions.push(level.length)
    const out: number[] = []
    unnest(caller, values, dimensions, 0, out)
    flat = out
    found = dimensions
  } else {
    throw new ValueError(
      `${caller}: wants a number, nested arrays of numbers or a typed array; got ${describeValue(values)}`,
    )
  }
  if (!shape) return { flat, shape: found }
  checkShape(caller, 'shape', shape)
  if (sizeOf(shape) !== flat.length)
    throw new ShapeError(
      `${caller}: shape ${describeShape(shape)} holds ${sizeOf(shape)} numbers, ${flat.length} were given`,
    )
  return { flat, shape: [...shape] }
}

function isNumber(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

/** A typed array of numbers; those of bigints are not, nor is a `DataView`. */
function isNumberArray(values: unknown): values is NumberArray {
  return ArrayBuffer.isView(values) && 'length' in values && typeof (values as NumberArray)[0] !== 'bigint'
}

function unnest(
  caller: string,
  value: unknown,
  dimensions: readonly number[],
  depth: number,
  out: number[],
): void {
  if (depth === dimensions.length) {
    if (!isNumber(value))
      throw new ValueError(
        `${caller}: wants numbers, found ${Array.isArray(value) ? 'a deeper array' : typeof value}`,
      )
    out.push(Number(value))
    return
  }
  if (!Array.isArray(value) || value.length !== dimensions[depth])
    throw new ShapeError(
      `${caller}: nested arrays must be regular; expected ${dimensions[depth]} entries at depth ${depth + 1}, found ${Array.isArray(value) ? value.length : typeof value}`,
    )
  for (const entry of value) unnest(caller, entry, dimensions, depth + 1, out)
}
