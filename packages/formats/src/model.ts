// What a model is made of, as JSON: its layers by kind and options, and what each is called on. Its numbers go beside
// it, in safetensors.
import {
  BackpropagationError,
  functional,
  type Layer,
  type LayerPlan,
  layers,
  type Model,
  modelInput,
  type Symbolic,
  SymbolicTensor,
  topological,
} from '@bp/core'

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

/**
 * A model as JSON. What `readModel` makes of it has the same layers and names, and begins with the same numbers; those
 * that it has learnt are in `writeSafetensors(model.variables)`.
 * @throws ModelFileError for layers that options alone do not make: functions, and layers of one's own.
 */
export function writeModel<I extends Symbolic, O extends Symbolic>(model: Model<I, O>): string {
  const { inputs, outputs, seed } = model.made
  const tensors = [...new Set([...listed(inputs), ...topological(listed(outputs))])]
  const plans = [...new Set(tensors.flatMap(({ plan }) => plan ?? []))]
  const places = new Map(tensors.map((tensor, place) => [tensor, place]))
  const place = (tensor: SymbolicTensor) => places.get(tensor)!
  return JSON.stringify({
    format,
    version,
    seed,
    layers: plans.map((plan, index) => ({ kind: plan.kind, options: optionsOf(plan, model.layers[index]!) })),
    tensors: tensors.map(({ plan, inputs, shape }) =>
      plan ? { layer: plans.indexOf(plan), inputs: inputs.map(place) } : { shape },
    ),
    inputs: mapped(inputs, place),
    outputs: mapped(outputs, place),
  })
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
 * @throws ModelFileError for text that is no such JSON, names layers that do not exist, or layers that do not fit.
 */
export function readModel<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor>(
  text: string,
): Model<I, O> {
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
      `the file is of version ${field(file, 'version')}; version ${version} can be read`,
    )
  const plans = list('layers', field(file, 'layers')).map((given, index) => {
    const kind = field(given, 'kind')
    const make = constructors.get(kind as string)
    if (!make) throw new ModelFileError(`layers[${index}]: there is no layer ${JSON.stringify(kind)}`)
    const options = field(given, 'options')
    if (!isRecord(options)) throw new ModelFileError(`layers[${index}]: wants options as an object`)
    return within(`layers[${index}]`, () => make(options))
  })
  const tensors: SymbolicTensor[] = []
  const tensor = (where: string, place: unknown) => {
    const found = Number.isInteger(place) ? tensors[place as number] : undefined
    if (!found)
      throw new ModelFileError(
        `${where}: wants the place of one of ${tensors.length} tensors, got ${JSON.stringify(place)}`,
      )
    return found
  }
  for (const [index, given] of list('tensors', field(file, 'tensors')).entries()) {
    const where = `tensors[${index}]`
    const shape = field(given, 'shape')
    if (shape !== undefined) {
      tensors.push(modelInput(list(`${where}.shape`, shape) as number[]))
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
  return within('the model', () =>
    functional({
      inputs: named('inputs') as I,
      outputs: named('outputs') as O,
      seed: field(file, 'seed') as number,
    }),
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function field(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

function list(where: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new ModelFileError(`${where}: wants a list, got ${JSON.stringify(value)}`)
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
