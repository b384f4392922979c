// The document of the Descent place: which cost, from where, how fast, by which rules; and its fields in an address.
import { type Codec, choiceField, LinkError, numberField, shortened } from '../link/codec.js'
import type { DataPoints, Position } from './bowl.js'
import type { Range } from './frame.js'
import { presets } from './presets.js'
import { type Racer, racer, rules, settingsOf } from './racers.js'
import type { ViewFrom } from './surface.js'

export interface DescentDocument {
  /** In the language of `@bp/expression`; names without a value are its parameters. */
  readonly cost: string
  /** Columns `x` and `y` of the cost; without any, `x` and `y` are names as any other. */
  readonly points: DataPoints
  /** Where the ball is dropped. */
  readonly start: Position
  readonly rate: number
  /** The first is the one that the card explains. */
  readonly racers: readonly Racer[]
  readonly step: number
  /** For a cost of two parameters. */
  readonly view: 'map' | 'surface'
  /** From where the surface is seen. */
  readonly look: ViewFrom
  /** The part of the plane that is shown; null for one that is chosen. */
  readonly ranges: readonly Range[] | null
}

/** No path has more steps than this. */
export const longestPath = 400

/** Points of a document, so that a pasted table does not stall the page. */
export const mostPoints = 200

/** Enough for any cost that fits a line; a link may not make the page parse more. */
const longestCost = 1000

const initial: DescentDocument = {
  cost: presets.lecture.cost,
  points: presets.lecture.points,
  start: presets.lecture.start,
  rate: presets.lecture.rate,
  racers: [racer('sgd')],
  step: 0,
  view: 'map',
  look: { turn: 0.55, tilt: 0.6 },
  ranges: null,
}

/** Tilts from which one sees a surface from above, in radians. */
export const tilts: Range = [0.15, 1.45]

const number = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

const writeRows = (rows: readonly (readonly number[])[]): string =>
  rows.map((row) => row.map(number).join(',')).join(';')

const writeRacers = (racers: readonly Racer[]): string =>
  racers
    .map(({ rule, settings }) => {
      const changed = settingsOf(rule).some(([, initial], index) => settings[index] !== initial)
      return changed ? [rule, ...settings].join(':') : rule
    })
    .join(',')

const written = (document: DescentDocument): Record<string, string> => ({
  e: document.cost,
  data: writeRows(document.points),
  at: writeRows([document.start]),
  rate: String(document.rate),
  race: writeRacers(document.racers),
  step: String(document.step),
  view: document.view,
  look: writeRows([[document.look.turn, document.look.tilt]]),
  range: writeRows(document.ranges ?? []),
})

export const descentCodec: Codec<DescentDocument> = {
  initial,
  write(document) {
    const [fields, usual] = [written(document), written(initial)]
    return Object.fromEntries(Object.entries(fields).filter(([name, text]) => text !== usual[name]))
  },
  read(fields) {
    const cost = fields.get('e') ?? initial.cost
    if (cost.length > longestCost)
      throw new LinkError(`the link's field e expects at most ${longestCost} characters, got ${cost.length}`)
    return {
      cost,
      points: rowsField(fields, 'data', initial.points, 2, [0, mostPoints]) as DataPoints,
      start: rowsField(fields, 'at', [initial.start], null, [1, 1])[0]!,
      rate: numberField(fields, 'rate', initial.rate, { low: Number.MIN_VALUE }),
      racers: racersField(fields),
      step: numberField(fields, 'step', 0, { low: 0, high: longestPath, integer: true }),
      view: choiceField(fields, 'view', 'map', ['map', 'surface']),
      look: lookField(fields),
      ranges: rangesField(fields),
    }
  },
}

/** Rows of numbers, `1,1;2,2`: each of `width` numbers, or of one or two where it is null. */
function rowsField(
  fields: ReadonlyMap<string, string>,
  name: string,
  usual: readonly (readonly number[])[],
  width: number | null,
  [least, most]: Range,
): readonly (readonly number[])[] {
  const text = fields.get(name)
  if (text === undefined) return usual
  const rows = text === '' ? [] : text.split(';').map((row) => row.split(',').map(readNumber))
  const fits = (row: readonly number[]) =>
    row.every(Number.isFinite) &&
    (width === null ? row.length === 1 || row.length === 2 : row.length === width)
  if (rows.length >= least && rows.length <= most && rows.every(fits)) return rows
  const what =
    width === null
      ? 'one or two numbers, as -1 or -1,2'
      : `up to ${most} rows of ${width} numbers, as 1,1;2,2`
  throw new LinkError(`the link's field ${name} expects ${what}, got ${shortened(text)}`)
}

const readNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

function lookField(fields: ReadonlyMap<string, string>): ViewFrom {
  const { turn, tilt } = initial.look
  const row = rowsField(fields, 'look', [[turn, tilt]], 2, [1, 1])[0]!
  if (row[1]! >= tilts[0] && row[1]! <= tilts[1]) return { turn: row[0]!, tilt: row[1]! }
  throw new LinkError(
    `the link's field look expects a turn and a tilt in [${tilts.join(', ')}] in radians, got ${shortened(fields.get('look')!)}`,
  )
}

function rangesField(fields: ReadonlyMap<string, string>): readonly Range[] | null {
  const rows = rowsField(fields, 'range', [], 2, [0, 2]) as readonly Range[]
  if (rows.length === 0) return null
  if (rows.every(([low, high]) => low < high && Number.isFinite(high - low))) return rows
  throw new LinkError(
    `the link's field range expects a low and a higher number for each parameter, as -1,3;0,2, got ${shortened(fields.get('range')!)}`,
  )
}

function racersField(fields: ReadonlyMap<string, string>): readonly Racer[] {
  const text = fields.get('race')
  if (text === undefined) return initial.racers
  const racers = text.split(',').map((part): Racer | null => {
    const [name, ...numbers] = part.split(':')
    const rule = rules.find((known) => known === name)
    if (!rule) return null
    if (numbers.length === 0) return racer(rule)
    const settings = numbers.map(readNumber)
    const valid =
      settings.length === settingsOf(rule).length && settings.every((setting) => setting >= 0 && setting < 1)
    return valid ? { rule, settings } : null
  })
  const found = racers.filter((one) => one !== null)
  if (found.length === racers.length && new Set(found.map(({ rule }) => rule)).size === found.length)
    return found
  throw new LinkError(
    `the link's field race expects each of ${rules.join(', ')} at most once, with settings in [0, 1) as in momentum:0.9, got ${shortened(text)}`,
  )
}
