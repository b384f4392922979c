// What a layer is: how it is described before its inputs are known, called in a model, and built.
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

/** What every layer can be told. */
export interface LayerOptions {
  /** Name within the model, unique there; `layer` and its number unless given. */
  name?: string
  /** False: training leaves its parameters as they are. `Layer.trainable` changes it later. */
  trainable?: boolean
}

export const layerChecks = {
  name: optional(check<string>('a non-empty string', (value) => typeof value === 'string' && value !== '')),
  trainable: optional(checkFlag),
}

export const checkInitializer = oneOf<InitializerName, Initializer>(initializers, true)

/** Rows of a model that is being described: those it is given, or those that a layer puts out. */
export class SymbolicTensor {
  /** The layer that fills it, or `null` for an input. */
  readonly plan: LayerPlan | null
  readonly inputs: readonly SymbolicTensor[]
  /** Shape of one row of an input. */
  readonly shape: Shape | null

  /** @internal Symbolic come from `modelInput` and from calls of layers. */
  constructor(plan: LayerPlan | null, inputs: readonly SymbolicTensor[], shape: Shape | null) {
    this.plan = plan
    this.inputs = inputs
    this.shape = shape
  }
}

/** An input of a model that is made with `functional`; `shape` is that of one row. */
export function modelInput(shape: Shape): SymbolicTensor {
  return new SymbolicTensor(null, [], [...checkShape('modelInput', 'shape', shape)])
}

/** The output for batches of rows, the context first. */
export interface Apply {
  (context: Context, ...inputs: Tensor[]): Tensor
  /** What is known of the output for a row, where it takes too long to make the graph to see. */
  readonly foreseen?: Foreseen
}

/** Shape of one row of an output, and the multiplications and additions that it takes. */
interface Foreseen {
  readonly outputShape: Shape
  readonly flops: number
}

/** What a layer can ask for while it is built. Names of variables begin with the name of the layer. */
export interface Builder {
  /** Draws of this layer alone. */
  readonly random: Random
  /** Numbers to learn. `fanIn` and `fanOut`, the units before and behind it, scale some initializers. */
  parameter(
    name: string,
    shape: Shape,
    begin: InitializerName | Initializer,
    fanIn?: number,
    fanOut?: number,
  ): Variable
  /** Numbers that the layer itself assigns in training, such as running means. */
  state(name: string, shape: Shape, begin: InitializerName | Initializer): Variable
  /** A layer inside of this one; `shapes` are those of one row of its inputs. */
  part(name: string, plan: LayerPlan, ...shapes: Shape[]): Apply
}

/**
 * A layer before the shapes of its inputs are known: for `sequential`, or to be called on symbolic
 * tensors for `functional`. Called twice it is one layer with one set of parameters in two places.
 */
export interface LayerPlan {
  (...inputs: SymbolicTensor[]): SymbolicTensor
  readonly kind: string
  readonly options: LayerOptions
  /** @internal Makes the parameters; `shapes` are those of one row of each input. */
  build(builder: Builder, ...shapes: Shape[]): Apply
}

const inputCounts = {
  min: integerFrom(0),
  max: check<number>('an integer or Infinity', (value) => value === Infinity || Number.isInteger(value)),
}

/**
 * A layer of one's own: `build` makes its parameters once the shapes of its inputs, of one row each, are known,
 * and returns the function of batches. `inputs` is how many it can take, 1 unless given.
 */
export function layer(
  kind: string,
  options: LayerOptions,
  build: (builder: Builder, ...shapes: Shape[]) => Apply,
  inputs: { readonly min: number; readonly max: number } = { min: 1, max: 1 },
): LayerPlan {
  checkText('layer', 'kind', kind)
  // There may be options of one's own, which only `build` understands.
  const { name, trainable } = check<LayerOptions>('an object', isRecord)(kind, 'options', options)
  checkOptions(kind, { name, trainable } as LayerOptions, layerChecks)
  checkFunction(kind, 'build', build)
  const { min, max } = checkOptions(kind, inputs, inputCounts)
  const checkCount = (count: number) => {
    if (count < min || count > max)
      throw new ValueError(
        `${kind}: takes ${min === max ? min : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`} input${max === 1 ? '' : 's'}, got ${count}`,
      )
  }
  const plan = (...tensors: SymbolicTensor[]) =>
    blamingCaller(plan, () => {
      checkCount(tensors.length)
      for (const given of tensors)
        if (!(given instanceof SymbolicTensor))
          throw new ValueError(
            `${kind}: a layer is called on what modelInput() or another layer gives; to compute with tensors call apply of a model`,
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
  /** Name within the model, which those of its variables begin with. */
  readonly name: string
  /** What training can change. */
  readonly parameters: readonly Variable[]
  /** What the layer itself changes in training. */
  readonly state: readonly Variable[]
  /** Shapes of one row of its inputs and of its output. */
  readonly inputShapes: readonly Shape[]
  readonly outputShape: Shape
  /** Multiplications and additions of matrix products and convolutions for one row. */
  readonly flops: number
  /** Whether training changes its parameters; steps that are compiled later follow it. */
  trainable: boolean
  /** The output for batches of rows. */
  readonly apply: Apply
}

/** Makes the variables of a layer; its name must be the scope already. */
export function buildLayer(plan: LayerPlan, name: string, draws: Random, shapes: readonly Shape[]): Layer {
  const parameters: Variable[] = []
  const state: Variable[] = []
  const builderFor = (random: Random): Builder => ({
    random,
    parameter(name, shape, begin, fanIn = 1, fanOut = 1) {
      const made = begun(plan.kind, random, name, shape, begin, fanIn, fanOut, plan.options.trainable ?? true)
      parameters.push(made)
      return made
    },
    state(name, shape, begin) {
      const made = begun(plan.kind, random, name, shape, begin, 1, 1, false)
      state.push(made)
      return made
    },
    part(name, inner, ...shapes) {
      const apply = scope(name, () => inner.build(builderFor(random.stream(name)), ...shapes))
      return (context, ...inputs) => scope(name, () => apply(context, ...inputs))
    },
  })
  const apply = plan.build(builderFor(draws), ...shapes)
  const { outputShape, flops } = apply.foreseen ?? outputOf(plan.kind, apply, shapes)
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

/** One row is enough to see what a layer makes of it. */
export function outputOf(kind: string, apply: Apply, shapes: readonly Shape[]): Foreseen {
  const output = apply(inference, ...shapes.map((shape) => input([1, ...shape])))
  if (output.shape[0] !== 1)
    throw new ShapeError(
      `${kind}: must put out a row for each row, but its output for 1 row is ${describeShape(output.shape)}`,
    )
  return { outputShape: output.shape.slice(1), flops: countFlops(output) }
}

function begun(
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
  // Where they come from a file, they need not be drawn.
  const draw = () => initializers[begin](shape, fanIn, fanOut, random.stream(name))
  return new Variable(draw, [...shape], name, trainable)
}

/** @throws ShapeError unless rows have this many dimensions. */
export function checkRank(kind: string, shape: Shape, rank: number, wanted: string): void {
  if (shape.length !== rank)
    throw new ShapeError(`${kind}: wants rows of ${wanted}, got rows of ${describeShape(shape)}`)
}
