// Layers: described before their input shapes are known, called in a model, then built.
import {
  check,
  checkFlag,
  checkFunction,
  checkOptions,
  checkText,
  integerFrom,
  isRecord,
  oneOf,
  optional,
} from '../checks/check-options.js'
import { blamingCaller, ShapeError, ValueError } from '../checks/errors.js'
import { checkFits, checkShape, describeShape, type Shape } from '../graph/shape.js'
import { input, scope, type Tensor, Variable, variable } from '../graph/tensor.js'
import type { Random } from '../numbers/random.js'
import { countFlops } from './flops.js'
import { checkMatrix, type Initializer, type InitializerName, initializers } from './initializers.js'
import { type Context, inference } from './training-context.js'

/** Options of every layer. */
export interface LayerOptions {
  /** Name, unique within the model; default `layer` and its index. */
  name?: string
  /** Whether training updates its parameters. `Layer.trainable` changes it later. */
  trainable?: boolean
}

export const layerChecks = {
  name: optional(check<string>('a non-empty string', (value) => typeof value === 'string' && value !== '')),
  trainable: optional(checkFlag),
}

export const checkInitializer = oneOf<InitializerName, Initializer>(initializers, true)

/** A placeholder in the description of a model: an input, or the output of a layer. */
export class SymbolicTensor {
  /** The layer whose output it is, or `null` for an input. */
  readonly plan: LayerPlan | null
  readonly inputs: readonly SymbolicTensor[]
  /** Shape of one row of an input. */
  readonly shape: Shape | null

  /** @internal Created by `modelInput` and by calls of layers. */
  constructor(plan: LayerPlan | null, inputs: readonly SymbolicTensor[], shape: Shape | null) {
    this.plan = plan
    this.inputs = inputs
    this.shape = shape
  }
}

/** An input of a functional model; `shape` is that of one row. */
export function modelInput(shape: Shape): SymbolicTensor {
  return new SymbolicTensor(null, [], [...checkShape('modelInput', 'shape', shape)])
}

/** Computes the output for a batch. */
export interface Apply {
  (context: Context, ...inputs: Tensor[]): Tensor
  /** The output for one row, where building a graph to find out would take too long. */
  readonly outputInfo?: OutputInfo
}

/** Shape of one row of an output, and its multiplications and additions. */
interface OutputInfo {
  readonly outputShape: Shape
  readonly flops: number
}

/** Creates the variables of a layer. Their names are prefixed with that of the layer. */
export interface Builder {
  /** Random numbers for this layer. */
  readonly random: Random
  /** A trainable variable. `fanIn` and `fanOut`, its numbers of inputs and outputs, scale some initializers. */
  parameter(
    name: string,
    shape: Shape,
    begin: InitializerName | Initializer,
    fanIn?: number,
    fanOut?: number,
  ): Variable
  /** A variable that the layer itself assigns in training, such as a running mean. */
  state(name: string, shape: Shape, begin: InitializerName | Initializer): Variable
  /** A layer inside this one; `shapes` are those of one row of its inputs. */
  part(name: string, plan: LayerPlan, ...shapes: Shape[]): Apply
}

/**
 * A layer before the shapes of its inputs are known: for `sequential`, or to be called on symbolic tensors for
 * `functional`. Called twice, it shares its parameters.
 */
export interface LayerPlan {
  (...inputs: SymbolicTensor[]): SymbolicTensor
  readonly kind: string
  readonly options: LayerOptions
  /** @internal Creates the parameters; `shapes` are those of one row of each input. */
  build(builder: Builder, ...shapes: Shape[]): Apply
}

const inputCounts = {
  min: integerFrom(0),
  max: check<number>('an integer or Infinity', (value) => value === Infinity || Number.isInteger(value)),
}

/**
 * A custom layer: `build` gets the shapes of one row of each input, creates the parameters, and returns the function
 * of batches. `inputs` is how many inputs it can take; default 1.
 */
export function layer(
  kind: string,
  options: LayerOptions,
  build: (builder: Builder, ...shapes: Shape[]) => Apply,
  inputs: { readonly min: number; readonly max: number } = { min: 1, max: 1 },
): LayerPlan {
  checkText('layer', 'kind', kind)
  // There may be custom options, which only `build` knows.
  const { name, trainable } = check<LayerOptions>('an object', isRecord)(kind, 'options', options)
  checkOptions(kind, { name, trainable } as LayerOptions, layerChecks)
  checkFunction(kind, 'build', build)
  const { min, max } = checkOptions(kind, inputs, inputCounts)
  const checkCount = (count: number) => {
    if (count < min || count > max)
      throw new ValueError(
        `${kind}: expects ${min === max ? min : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`} input${max === 1 ? '' : 's'}, got ${count}`,
      )
  }
  const plan = (...tensors: SymbolicTensor[]) =>
    blamingCaller(plan, () => {
      checkCount(tensors.length)
      for (const given of tensors)
        if (!(given instanceof SymbolicTensor))
          throw new ValueError(
            `${kind}: call a layer on the result of modelInput() or of another layer; to compute with tensors call apply of a model`,
          )
      return new SymbolicTensor(result, tensors, null)
    })
  const result: LayerPlan = Object.assign(plan, {
    kind,
    options,
    build: (builder: Builder, ...shapes: Shape[]) => {
      checkCount(shapes.length)
      return build(builder, ...shapes)
    },
  })
  return result
}

/** A layer in a model: it owns parameters and is a function of tensors. */
export interface Layer {
  /** For the summary: `dense`. */
  readonly kind: string
  /** Name within the model, which prefixes those of its variables. */
  readonly name: string
  /** Trainable variables. */
  readonly parameters: readonly Variable[]
  /** Variables that the layer itself assigns in training. */
  readonly state: readonly Variable[]
  /** Shapes of one row of its inputs and of its output. */
  readonly inputShapes: readonly Shape[]
  readonly outputShape: Shape
  /** Multiplications and additions of matrix products and convolutions for one row. */
  readonly flops: number
  /** Whether training updates its parameters; takes effect in steps that are compiled later. */
  trainable: boolean
  /** The output for batches of rows. */
  readonly apply: Apply
}

/** Creates the variables of a layer; the current scope must be its name. */
export function buildLayer(plan: LayerPlan, name: string, draws: Random, shapes: readonly Shape[]): Layer {
  const parameters: Variable[] = []
  const state: Variable[] = []
  const builderFor = (random: Random): Builder => ({
    random,
    parameter(name, shape, begin, fanIn = 1, fanOut = 1) {
      const made = createVariable(
        plan.kind,
        random,
        name,
        shape,
        begin,
        fanIn,
        fanOut,
        plan.options.trainable ?? true,
      )
      parameters.push(made)
      return made
    },
    state(name, shape, begin) {
      const made = createVariable(plan.kind, random, name, shape, begin, 1, 1, false)
      state.push(made)
      return made
    },
    part(name, inner, ...shapes) {
      const apply = scope(name, () => inner.build(builderFor(random.stream(name)), ...shapes))
      return (context, ...inputs) => scope(name, () => apply(context, ...inputs))
    },
  })
  const apply = plan.build(builderFor(draws), ...shapes)
  const { outputShape, flops } = apply.outputInfo ?? outputOf(plan.kind, apply, shapes)
  return {
    kind: plan.kind,
    name,
    parameters,
    state,
    inputShapes: shapes,
    outputShape,
    flops,
    get trainable() {
      return parameters.some(({ trainable }) => trainable)
    },
    set trainable(value) {
      for (const parameter of parameters) parameter.trainable = value
    },
    apply,
  }
}

/** Applies a layer to one row, to find the shape of its output. */
export function outputOf(kind: string, apply: Apply, shapes: readonly Shape[]): OutputInfo {
  const output = apply(inference, ...shapes.map((shape) => input([1, ...shape])))
  if (output.shape[0] !== 1)
    throw new ShapeError(
      `${kind}: must return a row for each row, but its output for 1 row is ${describeShape(output.shape)}`,
    )
  return { outputShape: output.shape.slice(1), flops: countFlops(output) }
}

function createVariable(
  kind: string,
  random: Random,
  name: string,
  shape: Shape,
  begin: InitializerName | Initializer,
  fanIn: number,
  fanOut: number,
  trainable: boolean,
): Variable {
  if (typeof begin === 'function')
    return variable(begin(shape, fanIn, fanOut, random.stream(name)), { shape, name, trainable })
  checkFits(kind, name, shape)
  if (begin === 'identity') checkMatrix(shape)
  // Lazy: values that are replaced by those of a file are never drawn.
  const draw = () => initializers[begin](shape, fanIn, fanOut, random.stream(name))
  return new Variable(draw, [...shape], name, trainable)
}

/** @throws ShapeError unless rows have this rank. */
export function checkRank(kind: string, shape: Shape, rank: number, wanted: string): void {
  if (shape.length !== rank)
    throw new ShapeError(`${kind}: expects rows of ${wanted}, got rows of ${describeShape(shape)}`)
}
