// The structure of a model as JSON: its layers by kind and options, and what each is called on. Its weights are stored
// separately, as safetensors.
import {
  BackpropagationError,
  check,
  functional,
  isRecord,
  type Layer,
  type LayerPlan,
  layers,
  type Model,
  modelInput,
  type OutputActivation,
  outputActivations,
  type Symbolic,
  SymbolicTensor,
  topological,
} from '@bp/core/lean'
import { type Bytes, textOfFile } from './bytes.js'
import { isTooLarge, maxDepth } from './json.js'

/** Text that does not describe a model, or a model that cannot be described; the message says where and why. */
export class ModelFileError extends BackpropagationError {
  override name = 'ModelFileError'
}

type Constructor = (options: object) => LayerPlan

/** The built-in layers that options alone define, by kind; each activation is its own kind. */
const constructors = new Map<string, Constructor>([
  ...Object.entries(layers.activations).map(([kind]) => [kind, activationOf(kind)] as const),
  ...Object.entries(layers).filter(
    (entry): entry is [string, Constructor] =>
      typeof entry[1] === 'function' && entry[0] !== 'activation' && entry[0] !== 'compute',
  ),
])

function activationOf(kind: string): Constructor {
  return (options) => layers.activation(kind as layers.ActivationName, options)
}

const format = 'backpropagation-model'
const version = 1

const maxValues = 50_000
/** A layer takes 5 KiB, however little of the file. */
const maxLayers = 2000
/** How many layers a composite layer counts for, or one whose graph is large. */
export const sizes = new Map(
  Object.entries({ multiHeadAttention: 4, transformerBlock: 8, rnn: 8, lstm: 8, gru: 8 }),
)
/** Layer calls and inputs. */
const maxTensors = 5000

/**
 * A model as JSON. `readModel` rebuilds it with the same layers, names and initial weights; the trained weights are in
 * `writeSafetensors(model)`. The file also stores the output activation, which `createRun` sets from the loss, so that
 * `predict` of the model read back gives the same bits; a custom function is left out, and `predict` then asks for it.
 * @throws ModelFileError for layers that options alone do not define: functions, and custom layers; and for more layers
 * than `readModel` accepts.
 */
export function writeModel<I extends Symbolic, O extends Symbolic>(model: Model<I, O>): string {
  const { inputs, outputs, seed } = checkModel('writeModel', 'model', model).made as typeof model.made
  const tensors = [...new Set([...listed(inputs), ...topological(listed(outputs))])]
  const plans = [...new Set(tensors.flatMap(({ plan }) => plan ?? []))]
  const indices = new Map(tensors.map((tensor, index) => [tensor, index]))
  const indexOf = (tensor: SymbolicTensor) => indices.get(tensor)!
  checkCounts(
    plans.map(({ kind }) => kind),
    tensors.length,
  )
  const { outputActivation } = model
  const activations: unknown[] = isRecord(outputActivation)
    ? Object.values(outputActivation)
    : [outputActivation]
  const text = JSON.stringify({
    format,
    version,
    seed,
    layers: plans.map((plan, index) => ({ kind: plan.kind, options: optionsOf(plan, model.layers[index]!) })),
    tensors: tensors.map(({ plan, inputs, shape }) =>
      plan ? { layer: plans.indexOf(plan), inputs: inputs.map(indexOf) } : { shape },
    ),
    inputs: mapped(inputs, indexOf),
    outputs: mapped(outputs, indexOf),
    ...(activations.every((activation) => typeof activation === 'string') && { outputActivation }),
  })
  if (isTooLarge(text, maxValues)) throw tooLarge()
  return text
}

/** @throws ModelFileError for a model that would cost far more to build than the size of its file suggests. */
function checkCounts(kinds: readonly unknown[], tensors: number): void {
  const layers = kinds.reduce((total: number, kind) => total + (sizes.get(kind as string) ?? 1), 0)
  if (layers > maxLayers || tensors > maxTensors)
    throw new ModelFileError(
      `the model counts as ${layers} layers and ${tensors} inputs and layer calls; a file can have at most ${maxLayers} and ${maxTensors}; build larger models in code`,
    )
}

/** The options of a layer, including whether it is currently trainable. */
function optionsOf({ kind, options }: LayerPlan, { name, parameters, trainable }: Layer): object {
  const refuse = (problem: string) => new ModelFileError(`layer ${JSON.stringify(name)}, ${kind}, ${problem}`)
  if (!constructors.has(kind))
    throw refuse('is not a built-in layer; save only the weights, and build the model in code')
  const { trainable: _, ...rest } = options
  const written: Record<string, unknown> = {
    ...rest,
    ...(parameters.length > 0 && !trainable && { trainable }),
  }
  for (const [option, value] of Object.entries(written))
    if (value !== undefined && !isPlain(value))
      throw refuse(
        `has ${typeof value === 'function' ? 'a function' : String(value)} as ${option}, which JSON cannot represent; use a name or a number`,
      )
  return written
}

function isPlain(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every(isPlain)
    : typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

/**
 * The model in text written by `writeModel`, initialized from its seed:
 * `readModel(text).setWeights(readSafetensors(file))`. The caller declares the types of inputs and outputs.
 *
 * The size is checked before anything is built: at most 2,000 layers, where multi-head attention counts as 4, and a
 * transformer block or a recurrent layer as 8; and at most 5,000 inputs and layer calls.
 * @throws ModelFileError for text that is not such JSON, unknown layers, or layers whose shapes do not match.
 */
export function readModel<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor>(
  content: string | Bytes,
): Model<I, O> {
  const given = textOfFile('readModel', content, (problem) => new ModelFileError(problem))
  // A byte order mark is skipped.
  const text = typeof given === 'string' ? given.replace(/^\uFEFF/, '') : new TextDecoder().decode(given)
  if (isTooLarge(text, maxValues)) throw tooLarge()
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    throw new ModelFileError(`the file is not JSON (${(error as Error).message})`)
  }
  if (field(file, 'format') !== format)
    throw new ModelFileError(`the file has no "format": "${format}"; it was not written by writeModel`)
  if (field(file, 'version') !== version)
    throw new ModelFileError(
      `the file has version ${shown(field(file, 'version'))}; only version ${version} can be read`,
    )
  const described = list('layers', field(file, 'layers'))
  const calls = list('tensors', field(file, 'tensors'))
  checkCounts(
    described.map((given) => field(given, 'kind')),
    calls.length,
  )
  const plans = described.map((given, index) => {
    const kind = field(given, 'kind')
    const make = constructors.get(kind as string)
    if (!make) throw new ModelFileError(`layers[${index}]: unknown layer ${shown(kind)}`)
    const options = field(given, 'options')
    if (!isRecord(options)) throw new ModelFileError(`layers[${index}]: options must be an object`)
    return within(`layers[${index}]`, () => make(options))
  })
  const tensors: SymbolicTensor[] = []
  const tensor = (where: string, index: unknown) => {
    const found = Number.isInteger(index) ? tensors[index as number] : undefined
    if (!found)
      throw new ModelFileError(
        `${where}: expects the index of one of ${tensors.length} tensors, got ${shown(index)}`,
      )
    return found
  }
  for (const [index, given] of calls.entries()) {
    const where = `tensors[${index}]`
    const shape = field(given, 'shape')
    if (shape !== undefined) {
      tensors.push(within(where, () => modelInput(shape as number[])))
      continue
    }
    const plan = plans[field(given, 'layer') as number]
    if (!plan)
      throw new ModelFileError(`${where}: expects a shape, or the index of one of ${plans.length} layers`)
    const inputs = list(`${where}.inputs`, field(given, 'inputs')).map((index) =>
      tensor(`${where}.inputs`, index),
    )
    tensors.push(within(where, () => plan(...inputs)))
  }
  const named = (key: 'inputs' | 'outputs') => mapped(field(file, key), (index) => tensor(key, index))
  const model = within('the model', () =>
    functional({
      inputs: named('inputs') as I,
      outputs: named('outputs') as O,
      seed: field(file, 'seed') as number,
    }),
  )
  model.outputActivation = activationsOf(field(file, 'outputActivation'), model)
  return model
}

/** The output activations that the file names; null where it names none. */
function activationsOf<I extends Symbolic, O extends Symbolic>(
  given: unknown,
  { outputShape }: Model<I, O>,
): Model<I, O>['outputActivation'] {
  if (given === undefined) return null
  const names = Object.keys(outputActivations)
  const check = (activation: unknown, output: string) => {
    if (!names.includes(activation as string))
      throw new ModelFileError(
        `outputActivation${output}: expects one of ${names.join(', ')}, got ${shown(activation)}`,
      )
    return activation as OutputActivation
  }
  return (
    isRecord(outputShape)
      ? Object.fromEntries(
          Object.keys(outputShape).map((name) => [name, check(field(given, name), `.${name}`)]),
        )
      : check(given, '')
  ) as Model<I, O>['outputActivation']
}

const checkModel = check<Model>('a model built by sequential() or functional()', (value) =>
  isRecord((value as Model | null)?.made),
)

const tooLarge = () =>
  new ModelFileError(
    `a model file has at most ${maxValues} values, nested at most ${maxDepth} deep; this one exceeds that`,
  )

/** A value as messages show it. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

function field(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function list(where: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new ModelFileError(`${where}: expects an array, got ${shown(value)}`)
  return value
}

/** The result of `body`; whatever it throws is the file's fault. */
function within<T>(where: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof ModelFileError) throw error
    throw new ModelFileError(`${where}: ${(error as Error).message}`)
  }
}

/** A single tensor, or the named ones. */
function listed(symbolic: Symbolic): SymbolicTensor[] {
  return symbolic instanceof SymbolicTensor ? [symbolic] : Object.values(symbolic)
}

/** Applies `f` to a single value, or to each named one. */
function mapped<T, R>(one: T | Readonly<Record<string, T>>, f: (one: T) => R): R | Record<string, R> {
  return isRecord(one) && !(one instanceof SymbolicTensor)
    ? Object.fromEntries(Object.entries(one).map(([name, value]) => [name, f(value as T)]))
    : f(one as T)
}
