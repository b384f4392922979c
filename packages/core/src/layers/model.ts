// Models: connected layers with unique names.
import {
  type Check,
  check,
  checkNumbers,
  checkOptions,
  checkSeed,
  checkText,
  describeValue,
  isRecord,
} from '../checks/check-options.js'
import { blamingCaller, ShapeError, ValueError } from '../checks/errors.js'
import { didYouMean } from '../checks/nearest.js'
import { checkShape, describeShape, type Shape, sameShape } from '../graph/shape.js'
import { scope, type Tensor, type TensorLike, toTensor, type Variable } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import type { Values } from '../graph/values.js'
import { random } from '../numbers/random.js'
import type { OutputActivation } from '../training/losses.js'
import { buildLayer, type Layer, type LayerPlan, modelInput, SymbolicTensor } from './layer.js'
import { listed, mapNamed, type Named, pick } from './named.js'
import { Predictor, predictionsOf } from './predictor.js'
import { summarize } from './summary.js'
import { type Context, inference } from './training-context.js'

/** One tensor, or several by name. */
export type Symbolic = Named<SymbolicTensor>
/** The same structure with another value in place of each tensor. */
export type Each<P extends Symbolic, T> = P extends SymbolicTensor ? T : { readonly [K in keyof P]: T }

/** Values by variable name. */
export type Weights = Readonly<Record<string, Float32Array>>

/** Values with a name and a shape, as in variables and files. */
export interface NamedValues {
  readonly name: string
  readonly shape: Shape
  readonly values: Float32Array | Float64Array
}

/** A function of batches with parameters. A single input or output is plain, several are named. */
export interface Model<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor> {
  /** What it was created from. */
  readonly made: Readonly<FunctionalOptions<I, O>>
  /** Shape of one row of the input. */
  readonly inputShape: Each<I, Shape>
  /** Shape of one row of the output. */
  readonly outputShape: Each<O, Shape>
  /** Each layer once, in topological order. */
  readonly layers: readonly Layer[]
  /** All trainable variables, in order. */
  readonly parameters: readonly Variable[]
  /** The parameters and the variables that layers assign in training, such as running means. */
  readonly variables: readonly Variable[]
  /**
   * The output for a batch; in inference mode by default, in training mode with the context of a training step.
   * @throws ShapeError unless x is a batch of rows of `inputShape`.
   */
  apply(x: Each<I, TensorLike>, context?: Context): Each<O, Tensor>
  /**
   * Maps outputs to predictions: `sigmoid` and `softmax` for logits, `exp` for log-probabilities, `linear` where they
   * are the predictions. `createRun` sets it according to the loss, `readModel` to that of the file; initially `null`.
   */
  outputActivation: Each<O, OutputActivation> | null
  /**
   * Predictions for rows of inputs, flat or nested: probabilities or values, not logits. The same bits as `predict` of
   * the run that trained it.
   * @throws ValueError when `outputActivation` is not set, and for missing inputs; ShapeError for incomplete rows.
   */
  predict(inputs: Each<I, Values>): Each<O, Float32Array>
  /** The same as a graph of a batch, e.g. for `writeOnnx` and `writeJavaScript`. */
  predictions(x: Each<I, TensorLike>): Each<O, Tensor>
  /** Copies of the values of all variables, by name. */
  getWeights(): Weights
  /**
   * Sets the values of all variables, by name; shapes, where given, must match.
   * @throws ValueError for a missing or unknown name, ShapeError for another shape or length.
   */
  setWeights(weights: Weights | Iterable<NamedValues>): void
  /** A table of layers, output shapes, parameter counts and floating-point operations per row. */
  summary(): string
}

const checkContext = check<Context>(
  'a StepContext, or { training: false }',
  (value) => typeof (value as Context | null)?.training === 'boolean',
)

/** Options of a functional model. */
export interface FunctionalOptions<I extends Symbolic, O extends Symbolic> {
  inputs: I
  /** Outputs of layers. */
  outputs: O
  /** Seed of the initializers. */
  seed: number
}

const checkSymbolic: Check<Symbolic> = (caller, name, value) => {
  const all = Object.entries(isRecord(value) ? value : { '': value })
  for (const [key, one] of all)
    check('the result of modelInput() or of a layer', (value) => value instanceof SymbolicTensor)(
      caller,
      key ? `${name}.${key}` : name,
      one,
    )
  if (all.length === 0) throw new ValueError(`${caller}: ${name} must have at least one entry`)
  return value as Symbolic
}

/**
 * A model of symbolic tensors: `x = modelInput([4])`, `y = dense({ units: 2 })(x)`. Layers may branch, join, and be
 * called several times, which shares their parameters.
 * @throws ValueError when an output depends on an input that is not listed, or names of layers are not unique.
 */
export function functional<I extends Symbolic, O extends Symbolic>(
  options: FunctionalOptions<I, O>,
): Model<I, O> {
  return blamingCaller(functional, () => {
    const { inputs, outputs, seed } = checkOptions(
      'functional',
      options as FunctionalOptions<Symbolic, Symbolic>,
      {
        inputs: checkSymbolic,
        outputs: checkSymbolic,
        seed: checkSeed,
      },
    )
    const given = listed<SymbolicTensor>(inputs)
    for (const [name, { plan }] of given)
      if (plan)
        throw new ValueError(
          `functional: ${name ? `input "${name}"` : 'the input'} is the output of a ${plan.kind} layer; create inputs with modelInput`,
        )
    const order = topological(listed<SymbolicTensor>(outputs).map(([, output]) => output))
    const shapes = new Map<SymbolicTensor, Shape>(given.map(([, input]) => [input, input.shape!]))
    const layers = new Map<LayerPlan, Layer>()
    const names = new Set<string>()
    const draws = random(seed).stream('initialization')
    for (const node of order) {
      if (!node.plan) {
        if (!shapes.has(node))
          throw new ValueError(
            `functional: an output depends on an input of rows of ${describeShape(node.shape!)} that is not among the inputs; add it`,
          )
        continue
      }
      const rows = node.inputs.map((input) => shapes.get(input)!)
      const known = layers.get(node.plan)
      const layer = known ?? build(node.plan, rows, names, draws)
      if (rows.some((shape, index) => !sameShape(shape, layer.inputShapes[index] ?? [])))
        throw new ShapeError(
          `functional: layer "${layer.name}" is shared and takes rows of ${layer.inputShapes.map(describeShape).join(', ')}, but here it is called on rows of ${rows.map(describeShape).join(', ')}`,
        )
      layers.set(node.plan, layer)
      shapes.set(node, layer.outputShape)
    }
    const built = [...layers.values()]
    const parameters = built.flatMap((layer) => layer.parameters)
    const variables = built.flatMap((layer) => [...layer.parameters, ...layer.state])
    checkNames(variables)

    const compute = (x: unknown, context: Context) => {
      const values = new Map<SymbolicTensor, Tensor>()
      let batch: number | undefined
      for (const [name, node] of given) {
        const rows = pick(x as Named<TensorLike>, name)
        if (rows === undefined) throw new ValueError(`model: input "${name}" is missing`)
        const tensor = toTensor(rows)
        if (tensor.rank === 0 || !sameShape(tensor.shape.slice(1), node.shape!))
          throw new ShapeError(
            `model: expects a batch of rows of ${describeShape(node.shape!)}${name && ` as "${name}"`}, got ${describeShape(tensor.shape)}`,
          )
        batch ??= tensor.shape[0]!
        if (tensor.shape[0] !== batch)
          throw new ShapeError(`model: "${name}" has ${tensor.shape[0]} rows, another input has ${batch}`)
        values.set(node, tensor)
      }
      for (const node of order) {
        if (!node.plan) continue
        const layer = layers.get(node.plan)!
        const taken = node.inputs.map((input) => values.get(input)!)
        values.set(
          node,
          scope(layer.name, () => layer.apply(context, ...taken)),
        )
      }
      return each(outputs as O, (node) => values.get(node)!)
    }
    const predictions = (x: unknown) =>
      predictionsOf(compute(x, inference) as Named<Tensor>, model.outputActivation) as Each<O, Tensor>
    let predictor: { readonly of: unknown; readonly made: Predictor } | null = null
    const predict = (rows: Each<I, Values>) => {
      if (predictor?.of !== model.outputActivation)
        predictor = {
          of: model.outputActivation,
          made: new Predictor(
            model as Pick<Model<Symbolic, Symbolic>, 'inputShape' | 'outputShape'>,
            predictions,
          ),
        }
      return predictor!.made.predict(rows as Named<Values>) as Each<O, Float32Array>
    }
    const model: Model<I, O> = {
      made: options,
      inputShape: each(inputs as I, (tensor) => shapes.get(tensor)!),
      outputShape: each(outputs as O, (tensor) => shapes.get(tensor)!),
      layers: built,
      parameters,
      variables,
      apply: (x, context = inference) =>
        blamingCaller(model.apply, () => compute(x, checkContext('apply', 'context', context))),
      outputActivation: null,
      predict: (rows) => blamingCaller(model.predict, () => predict(rows)),
      predictions: (x) => blamingCaller(model.predictions, () => predictions(x)),
      getWeights: () =>
        Object.fromEntries(variables.map(({ name, values }) => [name, Float32Array.from(values)])),
      setWeights: (weights) => blamingCaller(model.setWeights, () => setWeights(variables, weights)),
      summary: () => summarize(given, built),
    }
    return model
  })
}

/** Options of a model. */
export interface ModelOptions {
  /** Shape of one row of the input. */
  inputShape: Shape
  /** Seed of the initializers. */
  seed: number
}

/** A model in which each layer takes the output of the one before. */
export function sequential(plans: readonly LayerPlan[], options: ModelOptions): Model {
  return blamingCaller(sequential, () => {
    if (!Array.isArray(plans) || plans.length === 0)
      throw new ValueError('sequential: expects an array of at least one layer')
    for (const [index, plan] of plans.entries()) {
      if (!(typeof plan === 'function' && 'build' in plan))
        throw new ValueError(
          `sequential: plans[${index}] must be a layer, e.g. layers.dense({ units: 8 }); got ${describeValue(plan)}`,
        )
      if (plans.indexOf(plan) < index)
        throw new ValueError(
          `sequential: plans[${plans.indexOf(plan)}] and plans[${index}] are the same layer; create one for each, or share it by calling it twice in functional()`,
        )
    }
    const { inputShape, seed } = checkOptions('sequential', options, {
      inputShape: checkShape,
      seed: checkSeed,
    })
    const inputs = modelInput(inputShape)
    const outputs = plans.reduce((rows, plan) => plan(rows), inputs)
    return functional({ inputs, outputs, seed })
  })
}

function build(
  plan: LayerPlan,
  shapes: readonly Shape[],
  names: Set<string>,
  draws: ReturnType<typeof random>,
): Layer {
  const place = names.size
  const name = plan.options.name ?? `layer${place + 1}`
  if (names.has(name))
    throw new ValueError(
      `functional: duplicate layer name "${name}"; names must be unique, since they prefix those of parameters`,
    )
  names.add(name)
  return scope(name, () => buildLayer(plan, name, draws.stream(place), shapes))
}

const checkWeights = check<Weights>(
  'numbers by the names of variables, or a list of tensors with names',
  isRecord,
)

/** Puts numbers into variables, by name: all of them or none. */
function setWeights(variables: readonly Variable[], weights: Weights | Iterable<NamedValues>): void {
  const names = variables.map(({ name }) => name)
  const isList = typeof weights === 'object' && weights !== null && Symbol.iterator in weights
  const given = new Map<string, Partial<NamedValues>>(
    isList
      ? Array.from(weights, (one) => [checkText('setWeights', 'the name of each tensor', one?.name), one])
      : Object.entries(checkWeights('setWeights', 'weights', weights)).map(([name, values]) => [
          name,
          { values: values as Float32Array },
        ]),
  )
  for (const name of given.keys())
    if (!names.includes(name))
      throw new ValueError(`setWeights: the model has no variable "${name}"${didYouMean(name, names)}`)
  for (const { name, size, shape } of variables) {
    const one = given.get(name)
    if (one === undefined) throw new ValueError(`setWeights: the values of "${name}" are missing`)
    if (one.shape && !sameShape(one.shape, shape))
      throw new ShapeError(
        `setWeights: "${name}" is ${describeShape(shape)}, got ${describeShape(one.shape)}`,
      )
    const { length } = checkNumbers('setWeights', `"${name}"`, one.values)
    if (length !== size) throw new ShapeError(`setWeights: "${name}" holds ${size} numbers, got ${length}`)
  }
  for (const variable of variables) variable.set(given.get(variable.name)!.values!)
}

function checkNames(variables: readonly Variable[]): void {
  const seen = new Set<string>()
  for (const { name } of variables) {
    if (seen.has(name))
      throw new ValueError(`functional: duplicate variable name "${name}"; rename their layers`)
    seen.add(name)
  }
}

function each<P extends Symbolic, T>(symbolic: P, f: (tensor: SymbolicTensor) => T): Each<P, T> {
  return mapNamed<SymbolicTensor, T>(symbolic, f) as Each<P, T>
}
