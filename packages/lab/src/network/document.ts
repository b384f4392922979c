// The document of the network place: with the step number it says everything of a run, since runs are the same to the
// bit everywhere.
import { type Codec, LinkError, shortened } from '../link/codec.js'
import { type DrawnDigit, digitClasses, digitSide, paperSide, readPixels, type Stroke } from './digits.js'
import { xorSettings } from './xor.js'

export const dataKinds = [
  'xor',
  'circle',
  'gauss',
  'spiral',
  'moons',
  'rings',
  'formula',
  'points',
  'digits',
] as const
export const activationNames = ['sigmoid', 'tanh', 'relu', 'leakyRelu', 'linear'] as const
export const lossKinds = ['crossEntropy', 'squaredError'] as const
export const optimizerKinds = ['sgd', 'momentum', 'nesterov', 'rmsProp', 'adagrad', 'adam', 'adamW'] as const
export const initializations = ['xavier', 'he', 'normal', 'zeros'] as const

export const networkTabs = ['answers', 'loss', 'layers', 'data', 'code'] as const

export type NetworkTab = (typeof networkTabs)[number]
type DataKind = (typeof dataKinds)[number]
type NetworkActivation = (typeof activationNames)[number]
type NetworkLoss = (typeof lossKinds)[number]
type OptimizerKind = (typeof optimizerKinds)[number]
type Initialization = (typeof initializations)[number]

/** A row of own data: two inputs and the number of its class. */
export type LabelledPoint = readonly [x1: number, x2: number, label: number]

export interface HiddenLayer {
  readonly units: number
  readonly activation: NetworkActivation
  /** Share of its outputs that each step drops at random, in (0, 0.9]; without it none. */
  readonly dropout?: number
}

/** A weight set by hand after `step` steps. */
export interface WeightEdit {
  readonly step: number
  /** Index of the layer, from 0. */
  readonly layer: number
  /** Index of the unit it comes from; −1 is the bias. */
  readonly from: number
  readonly to: number
  readonly value: number
}

/** From `step` steps on a weight, or a whole layer, stays as it is; or is trained again. */
export interface Freeze {
  readonly step: number
  /** Index of the layer, from 0. */
  readonly layer: number
  /** Index of the unit it comes from; −1 is the bias. */
  readonly from: number
  /** −1 for all weights and biases of the layer. */
  readonly to: number
  readonly frozen: boolean
}

export interface NetworkDocument {
  readonly data: {
    readonly kind: DataKind
    /** Rows of a generated data set; XOR has four. */
    readonly rows: number
    /** Standard deviation of what is added to each input of a generated data set. */
    readonly noise: number
    /** For `formula`: class 1 is where x₂ exceeds this expression of x. */
    readonly formula: string
    /** For `points`. */
    readonly points: readonly LabelledPoint[]
    /** For `digits`: drawn by hand, and trained on with the set. */
    readonly drawn: readonly DrawnDigit[]
    /** Fraction of the rows that are not trained on. */
    readonly heldBack: number
  }
  readonly layers: readonly HiddenLayer[]
  readonly loss: NetworkLoss
  readonly optimizer: {
    readonly kind: OptimizerKind
    readonly learningRate: number
    /** For `momentum` and `nesterov`: decay of the velocity. */
    readonly momentum: number
  }
  /** Factors of the penalties λ·Σ|w| and λ/2·Σw² on all weights but biases. */
  readonly l1: number
  readonly l2: number
  /** Rows per step; 0 for all. */
  readonly batch: number
  readonly initialization: Initialization
  readonly seed: number
  /** When training ends. */
  readonly until: {
    readonly steps: number
    /** Ends below this loss; 0 for never. */
    readonly loss: number
    /** Ends below this norm of the gradient; 0 for never. */
    readonly gradient: number
  }
  /** In order of their steps. */
  readonly edits: readonly WeightEdit[]
  /** In order of their steps. */
  readonly freezes: readonly Freeze[]
  /** Steps done. */
  readonly step: number
  /** Steps per second; 0 for as fast as possible. */
  readonly speed: number
  /** Index of the training row that is followed through the network. */
  readonly row: number
  /** Parts done of the step that is taken apart; 0 where none is. */
  readonly part: number
  /** What is drawn on the paper for the network to read, for `digits`. */
  readonly paper: readonly Stroke[]
  /** Other runs at their steps, to compare with; these have none themselves. */
  readonly compared: readonly NetworkDocument[]
  /** Name of the unit or weight that is looked at, `h1` or `w21`. */
  readonly selected: string | null
  readonly tab: NetworkTab
}

export const limits = {
  rows: 2000,
  points: 1000,
  layers: 8,
  units: 16,
  classes: 8,
  steps: 10_000_000,
  edits: 64,
  freezes: 64,
  drawn: 40,
  compared: 6,
  strokes: 20,
  /** Points of one stroke. */
  stroke: 200,
} as const

export const initialNetwork: NetworkDocument = {
  data: { kind: 'xor', rows: 200, noise: 0.1, formula: 'sin(3*x)/2', points: [], drawn: [], heldBack: 0 },
  layers: [{ units: xorSettings.hiddenUnits, activation: 'sigmoid' }],
  loss: 'crossEntropy',
  optimizer: { kind: 'sgd', learningRate: xorSettings.learningRate, momentum: 0.9 },
  l1: 0,
  l2: 0,
  batch: 0,
  initialization: 'xavier',
  seed: xorSettings.seed,
  until: { steps: xorSettings.epochs, loss: 0, gradient: 0 },
  edits: [],
  freezes: [],
  step: 0,
  speed: 100,
  row: 0,
  part: 0,
  paper: [],
  compared: [],
  selected: null,
  tab: 'answers',
}

/** How one value is written and read; `read` returns undefined for what is not one. */
interface Field<T> {
  readonly write: (value: T) => string
  readonly read: (text: string) => T | undefined
  readonly expected: string
}

const decimal = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

function number(text: string): number | undefined {
  const value = Number(text)
  return decimal.test(text) && Number.isFinite(value) ? value : undefined
}

function real(low: number, high: number, above = false): Field<number> {
  const bounded = Number.isFinite(high)
  return {
    write: String,
    read: (text) => {
      const value = number(text)
      return value !== undefined && (above ? value > low : value >= low) && value <= high ? value : undefined
    },
    expected: bounded
      ? `a number in ${above ? '(' : '['}${low}, ${high}]`
      : `a number of ${above ? 'more than' : 'at least'} ${low}`,
  }
}

function whole(low: number, high: number): Field<number> {
  return {
    write: String,
    read: (text) => {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
      return value >= low && value <= high ? value : undefined
    },
    expected: `an integer in [${low}, ${high}]`,
  }
}

function oneOf<T extends string>(names: readonly T[]): Field<T> {
  return {
    write: (name) => name,
    read: (text) => names.find((name) => name === text),
    expected: `one of ${names.join(', ')}`,
  }
}

function list<T>(item: Field<T>, separator: string, most: number): Field<readonly T[]> {
  return {
    write: (items) => items.map(item.write).join(separator),
    read: (text) => {
      const items = text === '' ? [] : text.split(separator).map(item.read)
      return items.length <= most && items.every((one) => one !== undefined) ? (items as T[]) : undefined
    },
    expected: `at most ${most} of ${item.expected}, joined by ${separator}`,
  }
}

const hiddenLayer: Field<HiddenLayer> = {
  write: ({ units, activation, dropout }) => `${units}.${activation}${dropout ? `~${dropout}` : ''}`,
  read: (text) => {
    const [layer, share, ...more] = text.split('~')
    const dropout = share === undefined ? 0 : real(0, 0.9, true).read(share)
    const [units, activation, ...rest] = layer!.split('.')
    const count = whole(1, limits.units).read(units ?? '')
    const name = oneOf(activationNames).read(activation ?? '')
    if (count === undefined || !name || dropout === undefined || rest.length + more.length > 0)
      return undefined
    return { units: count, activation: name, ...(dropout > 0 && { dropout }) }
  },
  expected: `units.activation with 1 to ${limits.units} units and one of ${activationNames.join(', ')}, and for dropout ~ and a share in (0, 0.9]`,
}

const point: Field<LabelledPoint> = {
  write: ([x1, x2, label]) => `${x1},${x2},${label}`,
  read: (text) => {
    const numbers = text.split(',').map(number)
    const label = numbers[2]
    return numbers.length === 3 &&
      numbers.every((one) => one !== undefined) &&
      Number.isInteger(label) &&
      label! >= 0 &&
      label! < limits.classes
      ? (numbers as unknown as LabelledPoint)
      : undefined
  },
  expected: `x1,x2,class with a class in [0, ${limits.classes})`,
}

const edit: Field<WeightEdit> = {
  write: ({ step, layer, from, to, value }) => `${step},${layer},${from},${to},${value}`,
  read: (text) => {
    const numbers = text.split(',').map(number)
    if (numbers.length !== 5 || numbers.some((one) => one === undefined)) return undefined
    const [step, layer, from, to, value] = numbers as [number, number, number, number, number]
    return [step, layer, from, to].every(Number.isInteger) &&
      step >= 0 &&
      layer >= 0 &&
      from >= -1 &&
      to >= 0 &&
      Math.fround(value) === value
      ? { step, layer, from, to, value }
      : undefined
  },
  expected: 'step,layer,from,to,value with a value in float32',
}

const drawnDigit: Field<DrawnDigit> = {
  write: ({ pixels, label }) => `${label}${pixels}`,
  read: (text) => {
    const [label, pixels] = [text.slice(0, 1), text.slice(1)]
    return /^\d$/.test(label) && readPixels(pixels) ? { label: Number(label), pixels } : undefined
  },
  expected: 'a digit and 64 letters from 0 to g, one for each cell',
}

/** Coordinates of the paper as letters. */
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~'

const stroke: Field<Stroke> = {
  write: (points) => points.map(([x, y]) => letters[x]! + letters[y]!).join(''),
  read: (text) => {
    const places = Array.from(text, (letter) => letters.indexOf(letter))
    if (places.length < 2 || places.length % 2 === 1 || places.length > 2 * limits.stroke) return undefined
    if (places.some((place) => place < 0 || place >= paperSide)) return undefined
    return Array.from(
      { length: places.length / 2 },
      (_, at) => [places[2 * at]!, places[2 * at + 1]!] as const,
    )
  },
  expected: `pairs of letters, at most ${limits.stroke}`,
}

const freeze: Field<Freeze> = {
  write: ({ step, layer, from, to, frozen }) => `${step},${layer},${from},${to},${Number(frozen)}`,
  read: (text) => {
    const numbers = text.split(',').map(number)
    if (numbers.length !== 5 || !numbers.every((one) => one !== undefined && Number.isInteger(one)))
      return undefined
    const [step, layer, from, to, frozen] = numbers as [number, number, number, number, number]
    return step >= 0 && layer >= 0 && from >= -1 && to >= -1 && (frozen === 0 || frozen === 1)
      ? { step, layer, from, to, frozen: frozen === 1 }
      : undefined
  },
  expected: 'step,layer,from,to,1 to freeze or 0 to train',
}

/** Largest number of float32. */
const largest = 3.4028234663852886e38

type Tree = { readonly [key: string]: unknown }

/** A field of the address and its place in the document. */
interface Place {
  readonly path: readonly string[]
  readonly write: (document: NetworkDocument) => string
  readonly read: (text: string) => unknown
  readonly expected: string
}

const place = <T>(path: string, { write, read, expected }: Field<T>): Place => {
  const keys = path.split('.')
  return {
    path: keys,
    write: (document) => write(keys.reduce((value: unknown, key) => (value as Tree)[key], document) as T),
    read,
    expected,
  }
}

const formula: Field<string> = {
  write: (text) => text,
  read: (text) => (text.length <= 200 ? text : undefined),
  expected: 'an expression of x, at most 200 letters',
}

const name: Field<string | null> = {
  write: (text) => text ?? '',
  read: (text) => (/^[a-zA-Z]?[\d_]*$/.test(text) ? text || null : undefined),
  expected: 'the name of a unit or a weight, such as h1 or w21',
}

/** A run to compare with, as an address inside the address. */
const comparedRun: Field<NetworkDocument> = {
  // The step is always there, so that none is empty.
  write: (document) =>
    Object.entries({ step: String(document.step), ...networkCodec.write(document) })
      .map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
      .join('&'),
  read: (text) => {
    const fields = text.split('&').filter((field) => field !== '')
    const pairs = fields.map((field) => field.split('='))
    if (pairs.some((pair) => pair.length !== 2 || pair[0] === 'compared')) return undefined
    try {
      return networkCodec.read(new Map(pairs.map(([name, value]) => [name!, decodeURIComponent(value!)])))
    } catch (error) {
      // Not encoded as it should be.
      if (error instanceof URIError) return undefined
      throw error
    }
  },
  expected: 'fields of a network, joined by &',
}

/** Every field of the address. */
const places: { readonly [name: string]: Place } = {
  data: place('data.kind', oneOf(dataKinds)),
  rows: place('data.rows', whole(4, limits.rows)),
  noise: place('data.noise', real(0, 10)),
  formula: place('data.formula', formula),
  points: place('data.points', list(point, '_', limits.points)),
  drawn: place('data.drawn', list(drawnDigit, '_', limits.drawn)),
  held: place('data.heldBack', real(0, 0.9)),
  layers: place('layers', list(hiddenLayer, '_', limits.layers)),
  loss: place('loss', oneOf(lossKinds)),
  optimizer: place('optimizer.kind', oneOf(optimizerKinds)),
  rate: place('optimizer.learningRate', real(0, largest, true)),
  momentum: place('optimizer.momentum', real(0, 0.9999)),
  l1: place('l1', real(0, 10)),
  l2: place('l2', real(0, 10)),
  batch: place('batch', whole(0, limits.rows)),
  init: place('initialization', oneOf(initializations)),
  seed: place('seed', whole(0, 2 ** 32 - 1)),
  steps: place('until.steps', whole(1, limits.steps)),
  untilLoss: place('until.loss', real(0, largest)),
  untilGradient: place('until.gradient', real(0, largest)),
  edits: place('edits', list(edit, '_', limits.edits)),
  freezes: place('freezes', list(freeze, '_', limits.freezes)),
  step: place('step', whole(0, limits.steps)),
  speed: place('speed', whole(0, 1_000_000)),
  row: place('row', whole(0, limits.rows)),
  part: place('part', whole(0, 2 * limits.layers + 4)),
  paper: place('paper', list(stroke, '_', limits.strokes)),
  compared: place('compared', list(comparedRun, '|', limits.compared)),
  at: place('selected', name),
  tab: place('tab', oneOf(networkTabs)),
}

function withValue(tree: Tree, [key, ...rest]: readonly string[], value: unknown): Tree {
  return { ...tree, [key!]: rest.length === 0 ? value : withValue(tree[key!] as Tree, rest, value) }
}

/** What is expected of a field of the address, and whether a text is that: for the fields of the page. */
export function readNetworkField(name: string, text: string): { value: unknown } | { expected: string } {
  const { read, expected } = places[name]!
  const value = read(text.trim())
  return value === undefined ? { expected } : { value }
}

/** The document with one field of the address changed. */
export function withNetworkField(document: NetworkDocument, name: string, value: unknown): NetworkDocument {
  return withValue(document as unknown as Tree, places[name]!.path, value) as unknown as NetworkDocument
}

/** Numbers of a row. */
export const inputsOf = ({ data }: Pick<NetworkDocument, 'data'>): number =>
  data.kind === 'digits' ? digitSide ** 2 : 2

const classesOf = ({ data }: NetworkDocument) => (data.kind === 'digits' ? digitClasses : limits.classes)

const refused = (name: string, given: string, expected: string) =>
  new LinkError(`the link's field ${name} expects ${expected}, got ${shortened(given)}`)

export const networkCodec: Codec<NetworkDocument> = {
  initial: initialNetwork,
  write(document) {
    return Object.fromEntries(
      Object.entries(places).flatMap(([name, { write }]) => {
        const text = write(document)
        return text === write(initialNetwork) ? [] : [[name, text]]
      }),
    )
  },
  read(given) {
    let document = initialNetwork
    for (const [name, text] of given) {
      const field = Object.hasOwn(places, name) ? places[name] : undefined
      if (!field)
        throw new LinkError(
          `the link's field ${shortened(name)} is not one of ${Object.keys(places).join(', ')}`,
        )
      const value = field.read(text)
      if (value === undefined) throw refused(name, text, field.expected)
      document = withNetworkField(document, name, value)
    }
    const { edits, freezes, step, until } = document
    for (const [name, changes] of Object.entries({ edits, freezes }))
      if (changes.some((change, index) => index > 0 && change.step < changes[index - 1]!.step))
        throw refused(name, given.get(name)!, `${name} in the order of their steps`)
    for (const change of [...edits, ...freezes]) {
      const { layer, from, to } = change
      const sizes = [inputsOf(document), ...document.layers.map(({ units }) => units)]
      const inputs = sizes[layer]
      const units = sizes[layer + 1] ?? (layer === sizes.length - 1 ? classesOf(document) : 0)
      if (inputs === undefined || from >= inputs || to >= units)
        throw refused(
          'value' in change ? 'edits' : 'freezes',
          `${layer},${from},${to}`,
          'weights that the network has',
        )
    }
    if (step > until.steps) throw refused('step', String(step), `at most ${until.steps}, the last step`)
    return document
  },
}

/** Fields that do not decide what is trained. */
const looks = new Set([
  'step',
  'speed',
  'row',
  'part',
  'paper',
  'compared',
  'at',
  'tab',
  'drawn',
  'points',
  'edits',
  'freezes',
])

/** What of the settings is otherwise, as fields of the address with the texts of `one`; their steps, if nothing else. */
export function differencesOf(
  one: NetworkDocument,
  other: NetworkDocument,
): { field: string; text: string }[] {
  const differing = Object.entries(places).flatMap(([field, { write }]) =>
    write(one) === write(other) ? [] : [{ field, text: write(one) }],
  )
  const settings = differing.filter(({ field }) => !looks.has(field))
  const data = differing.filter(({ field }) => ['drawn', 'points', 'edits', 'freezes'].includes(field))
  const shown = [...settings, ...data.map(({ field }) => ({ field, text: '' }))]
  return shown.length > 0 ? shown : [{ field: 'step', text: String(one.step) }]
}
