// The document of the Training graph place: a network at a step, or the graph of a file, and how it is looked at.
import { type Codec, choiceField, LinkError, shortened } from '../link/codec.js'
import { initialNetwork, type NetworkDocument, networkCodec } from '../network/document.js'
import type { Histogram } from '../network/histogram.js'

export const trainingGraphTabs = ['node', 'program', 'curves'] as const
export type TrainingGraphTab = (typeof trainingGraphTabs)[number]

/** What is kept of a file: all that is drawn of it. */
export interface GraphFile {
  readonly name: string
  readonly nodes: readonly {
    readonly name: string
    readonly op: string
    readonly inputs: readonly string[]
    readonly shape: readonly number[] | null
  }[]
  readonly scalars: readonly ScalarCurve[]
  readonly histograms: readonly HistogramCurve[]
}

/** Parts of each histogram of a file: as many as TensorBoard's own writer makes. */
export const histogramBins = 30

/** Histograms at steps, under one name. */
export interface HistogramCurve {
  readonly tag: string
  readonly steps: readonly number[]
  readonly histograms: readonly Histogram[]
}

/** Numbers at steps, under one name. */
export interface ScalarCurve {
  readonly tag: string
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

export interface TrainingGraphDocument {
  /** The network whose step it is. */
  readonly network: NetworkDocument
  /** Instead of the network's. */
  readonly file: GraphFile | null
  /** Scopes that are open; `null` for as many as are readable at once. */
  readonly opened: readonly string[] | null
  readonly gradients: boolean
  readonly update: boolean
  readonly search: string
  /** Name of an operation or a scope. */
  readonly selected: string | null
  /** Index of the instruction that is looked at. */
  readonly instruction: number | null
  readonly tab: TrainingGraphTab
}

export const initialTrainingGraph: TrainingGraphDocument = {
  network: initialNetwork,
  file: null,
  opened: null,
  gradients: true,
  update: true,
  search: '',
  selected: null,
  instruction: null,
  tab: 'node',
}

/** Fields of this place; all others are those of the network. */
const own = {
  file: 'file',
  opened: 'open',
  gradients: 'gradients',
  update: 'update',
  search: 'find',
  selected: 'node',
  instruction: 'instruction',
  tab: 'card',
} as const

const names = new Set<string>(Object.values(own))

const mostOpened = 5000
const longestName = 5000

const yesOrNo = (fields: ReadonlyMap<string, string>, name: string) =>
  choiceField(fields, name, 'yes', ['yes', 'no']) === 'yes'

export const trainingGraphCodec: Codec<TrainingGraphDocument> = {
  initial: initialTrainingGraph,

  write({ network, file, opened, gradients, update, search, selected, instruction, tab }) {
    return {
      ...networkCodec.write(network),
      ...(file && { [own.file]: JSON.stringify(packed(file)) }),
      ...(opened && { [own.opened]: opened.join(',') }),
      ...(!gradients && { [own.gradients]: 'no' }),
      ...(!update && { [own.update]: 'no' }),
      ...(search !== '' && { [own.search]: search }),
      ...(selected !== null && { [own.selected]: selected }),
      ...(instruction !== null && { [own.instruction]: String(instruction) }),
      ...(tab !== initialTrainingGraph.tab && { [own.tab]: tab }),
    }
  },

  read(fields) {
    const opened = fields.get(own.opened)
    const instruction = fields.get(own.instruction)
    const file = fields.get(own.file)
    const short = (name: string) => {
      const text = fields.get(name) ?? ''
      if (text.length > longestName)
        throw new LinkError(
          `the link's field ${name} expects at most ${longestName} characters, got ${text.length}`,
        )
      return text
    }
    if (instruction !== undefined && !/^\d{1,5}$/.test(instruction))
      throw new LinkError(
        `the link's field ${own.instruction} expects the number of an instruction, got ${shortened(instruction)}`,
      )
    const scopes = opened === undefined ? null : opened.split(',').filter((scope) => scope !== '')
    if (scopes && scopes.length > mostOpened)
      throw new LinkError(
        `the link's field ${own.opened} expects at most ${mostOpened} scopes, got ${scopes.length}`,
      )
    return {
      network: networkCodec.read(new Map([...fields].filter(([name]) => !names.has(name)))),
      file: file === undefined ? null : unpacked(file),
      opened: scopes,
      gradients: yesOrNo(fields, own.gradients),
      update: yesOrNo(fields, own.update),
      search: short(own.search),
      selected: short(own.selected) || null,
      instruction: instruction === undefined ? null : Number(instruction),
      tab: choiceField(fields, own.tab, initialTrainingGraph.tab, trainingGraphTabs),
    }
  },
}

type PackedNode = readonly [
  name: string,
  op: string,
  inputs: readonly (number | string)[],
  shape: readonly number[] | null,
]

interface PackedFile {
  readonly name: string
  readonly nodes: readonly PackedNode[]
  readonly scalars: readonly (readonly [
    tag: string,
    steps: readonly number[],
    values: readonly (number | null)[],
  ])[]
  /** Absent where there are none. */
  readonly histograms?: readonly (readonly [
    tag: string,
    steps: readonly number[],
    histograms: readonly (readonly [low: number, high: number, ...counts: number[]])[],
  ])[]
}

/** Inputs are numbers of nodes where they can be; JSON has no NaN. */
function packed({ name, nodes, scalars, histograms }: GraphFile): PackedFile {
  const numbers = new Map(nodes.map((node, index) => [node.name, index]))
  return {
    name,
    nodes: nodes.map(({ name, op, inputs, shape }) => [
      name,
      op,
      inputs.map((input) => numbers.get(input) ?? input),
      shape,
    ]),
    scalars: scalars.map(({ tag, steps, values }) => [
      tag,
      steps,
      values.map((value) => (Number.isFinite(value) ? value : null)),
    ]),
    ...(histograms.length > 0 && {
      histograms: histograms.map(
        ({ tag, steps, histograms }) =>
          [tag, steps, histograms.map(({ low, high, counts }) => [low, high, ...counts] as const)] as const,
      ),
    }),
  }
}

const isList = (value: unknown, holds: (item: unknown) => boolean): value is readonly never[] =>
  Array.isArray(value) && value.every(holds)
const isText = (value: unknown): value is string => typeof value === 'string'
const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= -1

function unpacked(text: string): GraphFile {
  const wrong = () =>
    new LinkError(`the link's field ${own.file} expects the nodes of a graph, got ${shortened(text)}`)
  let parsed: Partial<PackedFile> | null
  try {
    parsed = JSON.parse(text)
  } catch {
    throw wrong()
  }
  const { name, nodes, scalars, histograms = [] } = parsed ?? {}
  const isNode = (value: unknown) =>
    Array.isArray(value) &&
    isText(value[0]) &&
    value[0] !== '' &&
    isText(value[1]) &&
    isList(value[2], (input) => isText(input) || Number.isSafeInteger(input)) &&
    (value[3] === null || isList(value[3], isSize))
  const isCurve = (value: unknown) =>
    Array.isArray(value) &&
    isText(value[0]) &&
    isList(value[1], Number.isFinite) &&
    isList(value[2], (one) => one === null || Number.isFinite(one)) &&
    value[1].length === value[2].length
  const isHistogram = (value: unknown) =>
    isList(value, Number.isFinite) &&
    value.length === histogramBins + 2 &&
    value[0]! <= value[1]! &&
    value.slice(2).every((count) => count >= 0)
  const isHistograms = (value: unknown) =>
    Array.isArray(value) &&
    isText(value[0]) &&
    isList(value[1], Number.isFinite) &&
    isList(value[2], isHistogram) &&
    value[1].length === value[2].length
  if (!isList(histograms, isHistograms)) throw wrong()
  if (!isText(name) || !isList(nodes, isNode) || !isList(scalars, isCurve)) throw wrong()
  const list = nodes as readonly PackedNode[]
  if (new Set(list.map(([name]) => name)).size < list.length) throw wrong()
  return {
    name,
    nodes: list.map(([name, op, inputs, shape]) => ({
      name,
      op,
      inputs: inputs.map((input) => {
        const found = typeof input === 'number' ? list[input]?.[0] : input
        if (found === undefined) throw wrong()
        return found
      }),
      shape,
    })),
    scalars: (scalars as PackedFile['scalars']).map(([tag, steps, values]) => ({
      tag,
      steps,
      values: values.map((value) => value ?? Number.NaN),
    })),
    histograms: (histograms as NonNullable<PackedFile['histograms']>).map(([tag, steps, histograms]) => ({
      tag,
      steps,
      histograms: histograms.map(([low, high, ...counts]) => ({ low, high, counts })),
    })),
  }
}
