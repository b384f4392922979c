// What a model is made of, as JSON: its layers by kind and options, and what each is called on. Its numbers go beside
// it, in safetensors.
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
} from '@bp/core'
import { type Bytes, textOfFile } from './bytes.js'
import { deepest, isTooLarge } from './json.js'

/** Text that describes no model, or a model that cannot be described; the message says where and why. */
export class ModelFileError extends BackpropagationError {
  override name = 'ModelFileError'
}

type Constructor = (options: object) => LayerPlan

/** The layers of the library that options alone make, by kind; activations have kinds of their own. */
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

const mostValues = 50_000
/** Layers take five KiB each, however little of the file. */
const mostLayers = 2000
/** For how many layers those count that are made of others, or whose graph is. */
const sizes = new Map(Object.entries({ multiHeadAttention: 4, transformerBlock: 8, rnn: 8, lstm: 8, gru: 8 }))
/** Calls of layers, and inputs. */
const mostTensors = 5000

/**
 * A model as JSON. What `readModel` makes of it has the same layers and names, and begins with the same numbers; those
 * that it has learnt are in `writeSafetensors(model)`. The file also says what the outputs stand for, which `createRun` has
 * set by the loss, so that `predict` of the model that is read gives the same bits; a function of your own is left out, and
 * `predict` then asks for it.
 * @throws ModelFileError for layers that options alone do not make: functions, and layers of one's own; and for more
 * layers than `readModel` reads.
 */
export function writeModel<I extends Symbolic, O extends Symbolic>(model: Model<I, O>): string {
  const { inputs, outputs, seed } = checkModel('writeModel', 'model', model).made as typeof model.made
  const tensors = [...new Set([...listed(inputs), ...topological(listed(outputs))])]
  const plans = [...new Set(tensors.flatMap(({ plan }) => plan ?? []))]
  const places = new Map(tensors.map((tensor, place) => [tensor, place]))
  const place = (tensor: SymbolicTensor) => places.get(tensor)!
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
      plan ? { layer: plans.indexOf(plan), inputs: inputs.map(place) } : { shape },
    ),
    inputs: mapped(inputs, place),
    outputs: mapped(outputs, place),
    ...(activations.every((activation) => typeof activation === 'string') && { outputActivation }),
  })
  if (isTooLarge(text, mostValues)) throw tooLarge()
  return text
}

/** @throws ModelFileError for a model whose making would take more than its file lets expect. */
function checkCounts(kinds: readonly unknown[], tensors: number): void {
  const layers = kinds.reduce((total: number, kind) => total + (sizes.get(kind as string) ?? 1), 0)
  if (layers > mostLayers || tensors > mostTensors)
    throw new ModelFileError(
      `the model counts as ${layers} layers and ${tensors} inputs and calls of layers; a file can have ${mostLayers} and ${mostTensors}, make larger ones in code`,
    )
}

/** The options of a layer, with whether training changes it at present. */
function optionsOf({ kind, options }: LayerPlan, { name, parameters, trainable }: Layer): object {
  const refuse = (problem: string) => new ModelFileError(`layer ${JSON.stringify(name)}, ${kind}, ${problem}`)
  if (!constructors.has(kind))
    throw refuse(
      'is not one of the layers that a file can name; save the numbers alone, and make the model in code',
    )
  const { trainable: _, ...rest } = options
  const written: Record<string, unknown> = {
    ...rest,
    ...(parameters.length > 0 && !trainable && { trainable }),
  }
  for (const [option, value] of Object.entries(written))
    if (value !== undefined && !isPlain(value))
      throw refuse(
        `has ${typeof value === 'function' ? 'a function' : String(value)} as ${option}, which JSON cannot hold; give it a name or a number`,
      )
  return written
}

function isPlain(value: unknown): boolean {
  return Array.isArray(value)
    ? value.every(isPlain)
    : typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

/**
 * The model that `writeModel` wrote, with the numbers that its seed gives:
 * `readModel(text).setWeights(readSafetensors(file))`. The types of inputs and outputs are for the caller to say.
 *
 * How much a file asks for is checked before any of it is made: up to 2,000 layers, of which one with attention counts
 * for 4, a transformer's block and a recurrent one for 8; and up to 5,000 inputs and calls of layers.
 * @throws ModelFileError for text that is no such JSON, names layers that do not exist, or layers that do not fit.
 */
export function readModel<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor>(
  content: string | Bytes,
): Model<I, O> {
  const given = textOfFile('readModel', content, (problem) => new ModelFileError(problem))
  // A mark of the order of bytes is passed over.
  const text = typeof given === 'string' ? given.replace(/^\uFEFF/, '') : new TextDecoder().decode(given)
  if (isTooLarge(text, mostValues)) throw tooLarge()
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    throw new ModelFileError(`the file is no JSON (${(error as Error).message})`)
  }
  if (field(file, 'format') !== format)
    throw new ModelFileError(`the file has no "format": "${format}"; it was not written by writeModel`)
  if (field(file, 'version') !== version)
    throw new ModelFileError(
      `the file is of version ${shown(field(file, 'version'))}; version ${version} can be read`,
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
    if (!make) throw new ModelFileError(`layers[${index}]: there is no layer ${shown(kind)}`)
    const options = field(given, 'options')
    if (!isRecord(options)) throw new ModelFileError(`layers[${index}]: wants options as an object`)
    return within(`layers[${index}]`, () => make(options))
  })
  const tensors: SymbolicTensor[] = []
  const tensor = (where: string, place: unknown) => {
    const found = Number.isInteger(place) ? tensors[place as number] : undefined
    if (!found)
      throw new ModelFileError(
        `${where}: wants the place of one of ${tensors.length} tensors, got ${shown(place)}`,
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
      throw new ModelFileError(`${where}: wants a shape, or the place of one of ${plans.length} layers`)
    const taken = list(`${where}.inputs`, field(given, 'inputs')).map((place) =>
      tensor(`${where}.inputs`, place),
    )
    tensors.push(within(where, () => plan(...taken)))
  }
  const named = (key: 'inputs' | 'outputs') => mapped(field(file, key), (place) => tensor(key, place))
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

/** What the file says that the outputs stand for; null where it says nothing. */
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

const checkModel = check<Model>('a model that sequential() or functional() made', (value) =>
  isRecord((value as Model | null)?.made),
)

const tooLarge = () =>
  new ModelFileError(
    `a file of a model has up to ${mostValues} values, within up to ${deepest} brackets; this one has more`,
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
  if (!Array.isArray(value)) throw new ModelFileError(`${where}: wants a list, got ${shown(value)}`)
  return value
}

/** What `body` makes; whatever it throws is the fault of what the file says. */
function within<T>(where: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof ModelFileError) throw error
    throw new ModelFileError(`${where}: ${(error as Error).message}`)
  }
}

/** One tensor alone, or those that have names. */
function listed(symbolic: Symbolic): SymbolicTensor[] {
  return symbolic instanceof SymbolicTensor ? [symbolic] : Object.values(symbolic)
}

/** What `f` makes of one alone, or of each that has a name, under its name. */
function mapped<T, R>(one: T | Readonly<Record<string, T>>, f: (one: T) => R): R | Record<string, R> {
  return isRecord(one) && !(one instanceof SymbolicTensor)
    ? Object.fromEntries(Object.entries(one).map(([name, value]) => [name, f(value as T)]))
    : f(one as T)
}
