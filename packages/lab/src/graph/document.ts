// The document of the Graph place: all that its picture follows from, and how an address holds it.
import type { NestedArray } from '@bp/core/lean'
import { type Codec, choiceField, LinkError, numberField, shortened } from '../link/codec.js'
import type { MovedNodes } from './move.js'
import type { Numbers } from './numbers.js'

export const graphTabs = ['steps', 'nudge', 'check', 'maths', 'code'] as const
export type GraphTab = (typeof graphTabs)[number]

export interface GraphDocument {
  /** What is typed. */
  readonly source: string
  /** Values of variables by name; one that the source itself gives a value keeps that one. */
  readonly values: Readonly<Record<string, Numbers>>
  /** Ids of the composites shown as the chains they stand for. */
  readonly opened: readonly string[]
  /** Id of the node that is differentiated; `null` for the output. */
  readonly target: string | null
  readonly mode: 'reverse' | 'forward'
  /** What forward mode differentiates by: a variable, `w`, or an element of one, `W[0,1]`; `null` for the first. */
  readonly along: string | null
  /** Ids of the nodes at which playing stops. */
  readonly breakpoints: readonly string[]
  /** How far nodes were moved from where the layout has them, by id. */
  readonly moved: MovedNodes
  /** Whether each use of a node overwrites its derivative instead of adding to it. */
  readonly broken: boolean
  /** Steps done. */
  readonly position: number
  /** Id of a node or of an edge. */
  readonly selected: string | null
  readonly tab: GraphTab
}

/** The lecture's first graph, before the first step. */
export const initialGraph: GraphDocument = {
  source: 'f = w*x + b',
  values: { w: -2, x: 5, b: 3 },
  opened: [],
  target: null,
  mode: 'reverse',
  along: null,
  breakpoints: [],
  moved: {},
  broken: false,
  position: 0,
  selected: null,
  tab: 'steps',
}

/** As in the language, which refuses longer sources and larger graphs. */
const longestSource = 4096
const mostNumbers = 250_000
const mostIds = 2000

const name = /^[\p{L}_][\p{L}\p{M}\d_₀-₉]*$/u
const field = {
  source: 'e',
  opened: 'open',
  target: 'of',
  mode: 'mode',
  along: 'by',
  breakpoints: 'stop',
  moved: 'moved',
  broken: 'broken',
  position: 'step',
  selected: 'at',
  tab: 'tab',
} as const
/** Fields of ours or of the address; a variable of such a name is written with a dot before it. */
const reserved = new Set<string>([...Object.values(field), 'v', 'z', 'embed', 'lang'])

/** Addresses such as `e=f=w*x+b&w=-2&x=5&step=3`: each variable is a field of its own. */
export const graphCodec: Codec<GraphDocument> = {
  initial: initialGraph,

  write(document) {
    // A variable may have the name of a property of every object.
    const fields = new Map<string, string>()
    const names = (values: object) => Object.keys(values).sort().join()
    const initial =
      document.source === initialGraph.source && names(document.values) === names(initialGraph.values)
    if (!initial) fields.set(field.source, document.source)
    for (const [variable, value] of Object.entries(document.values)) {
      if (initial && Object.is(initialGraph.values[variable], value)) continue
      fields.set(reserved.has(variable) ? `.${variable}` : variable, writeNumbers(value))
    }
    for (const key of ['opened', 'breakpoints'] as const)
      if (document[key].length > 0) fields.set(field[key], document[key].join(','))
    const moved = Object.entries(document.moved)
    if (moved.length > 0) fields.set(field.moved, moved.map(([id, { x, y }]) => `${id}:${x}:${y}`).join(','))
    for (const key of ['target', 'along', 'selected'] as const) {
      const id = document[key]
      if (id !== null) fields.set(field[key], id)
    }
    if (document.mode !== initialGraph.mode) fields.set(field.mode, document.mode)
    if (document.broken) fields.set(field.broken, 'yes')
    if (document.position !== 0) fields.set(field.position, String(document.position))
    if (document.tab !== initialGraph.tab) fields.set(field.tab, document.tab)
    return Object.fromEntries(fields)
  },

  read(fields) {
    const source = fields.get(field.source) ?? initialGraph.source
    if (source.length > longestSource)
      throw new LinkError(
        `the link's field ${field.source} expects at most ${longestSource} characters, got ${source.length}`,
      )
    const values = new Map(fields.has(field.source) ? [] : Object.entries(initialGraph.values))
    for (const [key, text] of fields) {
      const variable = key.startsWith('.') ? key.slice(1) : key
      if (!key.startsWith('.') && reserved.has(key)) continue
      if (!name.test(variable))
        throw new LinkError(`the link's field ${shortened(key)} is none of the graph's, nor a variable`)
      values.set(variable, readNumbers(key, text))
    }
    return {
      source,
      values: Object.fromEntries(values),
      opened: readIds(fields, field.opened),
      target: fields.get(field.target) ?? null,
      mode: choiceField(fields, field.mode, initialGraph.mode, ['reverse', 'forward']),
      along: fields.get(field.along) ?? null,
      breakpoints: readIds(fields, field.breakpoints),
      moved: readMoved(fields),
      broken: choiceField(fields, field.broken, 'no', ['yes', 'no']) === 'yes',
      position: numberField(fields, field.position, 0, { low: 0, integer: true }),
      selected: fields.get(field.selected) ?? null,
      tab: choiceField(fields, field.tab, initialGraph.tab, graphTabs),
    }
  },
}

function writeNumbers(value: Numbers): string {
  if (typeof value !== 'number') return `[${value.map(writeNumbers).join(',')}]`
  return Object.is(value, -0) ? '-0' : String(value)
}

function readNumbers(key: string, text: string): Numbers {
  const wrong = () =>
    new LinkError(
      `the link's field ${key} expects a finite number or an array such as [[1,2],[3,4]], got ${shortened(text)}`,
    )
  let value: unknown
  try {
    // JSON has neither .5 nor 5., which people type.
    value = text.trim().startsWith('[') ? JSON.parse(text) : text.trim() === '' ? Number.NaN : Number(text)
  } catch {
    throw wrong()
  }
  let count = 0
  const shape = (entry: unknown): number[] | null => {
    if (typeof entry === 'number') return Number.isFinite(entry) && ++count <= mostNumbers ? [] : null
    if (!Array.isArray(entry) || entry.length === 0) return null
    const [first, ...rest] = entry.map(shape)
    return first && rest.every((other) => other?.join() === first.join()) ? [entry.length, ...first] : null
  }
  if (!shape(value)) throw wrong()
  return value as number | NestedArray
}

function readIds(fields: ReadonlyMap<string, string>, key: string): string[] {
  const ids = (fields.get(key) ?? '').split(',').filter((id) => id !== '')
  if (ids.length > mostIds)
    throw new LinkError(`the link's field ${key} expects at most ${mostIds} nodes, got ${ids.length}`)
  return ids
}

/** Farther than any drawing is large. */
const farthest = 100_000

/** `w:12:-30,g:0:40`: how far nodes were moved to the right and down, in pixels. */
function readMoved(fields: ReadonlyMap<string, string>): MovedNodes {
  return Object.fromEntries(
    readIds(fields, field.moved).map((entry) => {
      const [, id, ...by] = /^(.+):(-?\d+):(-?\d+)$/.exec(entry) ?? []
      const [x, y] = by.map(Number)
      if (id === undefined || Math.abs(x!) > farthest || Math.abs(y!) > farthest)
        throw new LinkError(
          `the link's field ${field.moved} expects nodes with two whole numbers of pixels, such as w:12:-30, got ${shortened(entry)}`,
        )
      return [id, { x: x!, y: y! }]
    }),
  )
}
