// The loss curves, as rows of text with axes.
import { decades, formatNumber, ticks } from '@bp/lab'
import { palette } from '../appearance.js'
import { DotCanvas } from '../dot-canvas.js'
import type { Piece } from '../text.js'

export interface Series {
  readonly points: readonly { readonly x: number; readonly y: number }[]
  readonly colour: string
  /** Drawn with gaps, so that lines can be told apart without colour. */
  readonly dotted: boolean
}

export interface ChartOptions {
  readonly series: readonly Series[]
  /** Where the x axis begins; 0 by default. */
  readonly xStart?: number
  /** Where the x axis ends. */
  readonly xEnd: number
  /** Logarithmic x axis, which begins at 1 or later. */
  readonly xLogarithmic?: boolean
  /** Places on the x axis: an arrow with a name under it. */
  readonly marks?: readonly { readonly x: number; readonly name: string }[]
  /** Where a line stands across the chart. */
  readonly cursor?: number | null
  /** Size in characters, axes and their labels included. */
  readonly columns: number
  readonly rows: number
  /** Logarithmic y axis. */
  readonly logarithmic: boolean
}

interface Scale {
  readonly low: number
  readonly high: number
  readonly marks: readonly number[]
  /** Position of a value: 0 at `low`, 1 at `high`. */
  readonly place: (value: number) => number
}

/** Rows for the labels of the x axis. */
const axisRows = 2

export function drawChart(options: ChartOptions): Piece[][] {
  const { series, columns, rows, logarithmic, marks = [], cursor = null } = options
  const height = rows - axisRows
  const along = xScale(options)
  const shown = series.map((each) => ({
    ...each,
    points: each.points.filter(({ x }) => x >= along.low && x <= along.high),
  }))
  const values = shown.flatMap(({ points }) => points.map(({ y }) => y)).filter(Number.isFinite)
  const scale = logarithmic ? logScale(values) : linearScale(values, Math.max(2, Math.floor(height / 2)))
  const labels = new Map<number, string>()
  for (const mark of scale.marks) {
    const row = Math.round((1 - scale.place(mark)) * (height - 1))
    if (row >= 0 && row < height && !labels.has(row)) labels.set(row, formatNumber(mark))
  }
  const margin = Math.max(...[...labels.values()].map((label) => label.length), 1)
  const canvas = new DotCanvas(columns - margin - 2, height)
  const toX = (x: number) => along.place(x) * (canvas.width - 1)
  // A label is at the middle of its row of dots.
  const toY = (y: number) => (canvas.down - 1) / 2 + (1 - scale.place(y)) * (canvas.height - canvas.down)
  const atCursor = cursor !== null && cursor >= along.low && cursor <= along.high ? toX(cursor) : null
  if (atCursor !== null) canvas.line(atCursor, 0, atCursor, canvas.height - 1, undefined)
  // The first series is drawn last, over the others.
  for (const { points, colour, dotted } of shown.reverse()) {
    let before: { x: number; y: number } | null = null
    for (const { x, y } of points) {
      const drawable = Number.isFinite(y) && (!logarithmic || y > 0)
      const point = drawable ? { x: toX(x), y: toY(y) } : null
      if (point) canvas.line((before ?? point).x, (before ?? point).y, point.x, point.y, colour, dotted)
      before = point
    }
  }
  return [
    ...canvas.pieces().map((pieces, row) => {
      const label = labels.get(row)
      return [
        { text: `${(label ?? '').padStart(margin)} ${label === undefined ? '│' : '┤'}`, dim: true },
        ...pieces,
      ]
    }),
    ...xAxis(along, marks, margin, canvas.columns),
  ]
}

function xScale({ xStart = 0, xEnd, xLogarithmic = false }: ChartOptions): Scale {
  if (!xLogarithmic)
    return {
      low: xStart,
      high: xEnd,
      marks: [],
      place: (x) => (xEnd > xStart ? (x - xStart) / (xEnd - xStart) : 0),
    }
  const [low, high] = [Math.log10(Math.max(xStart, 1)), Math.log10(Math.max(xEnd, 2))]
  return {
    low: 10 ** low,
    high: 10 ** high,
    marks: decades(10 ** low, 10 ** high).map((power) => Number(`1e${power}`)),
    place: (x) => (Math.log10(x) - low) / (high - low),
  }
}

function xAxis(
  scale: Scale,
  marks: NonNullable<ChartOptions['marks']>,
  margin: number,
  columns: number,
): Piece[][] {
  const axis = Array.from({ length: columns }, () => '─')
  const labels = Array.from({ length: columns }, () => ' ')
  const name = (x: number, text: string, tick: string) => {
    const at = Math.round(scale.place(x) * (columns - 1))
    if (!(at >= 0 && at < columns)) return
    // The last label ends where the axis does.
    const from = Math.min(Math.max(at - Math.floor(text.length / 2), 0), columns - text.length)
    if (
      from < 0 ||
      labels.slice(Math.max(from - 1, 0), from + text.length + 1).some((letter) => letter !== ' ')
    )
      return
    axis[at] = tick
    labels.splice(from, text.length, ...text)
  }
  for (const mark of marks) name(mark.x, mark.name, '▲')
  const round =
    scale.marks.length > 0 ? scale.marks : ticks(scale.low, scale.high, Math.max(2, Math.floor(columns / 7)))
  for (const x of round) name(x, formatNumber(x), '┬')
  const arrows = axis.join('').split(/(▲)/)
  return [
    [
      { text: `${' '.repeat(margin)} └`, dim: true },
      ...arrows.map((text) => (text === '▲' ? { text, colour: palette.green } : { text, dim: true })),
    ],
    [{ text: `${' '.repeat(margin)}  ${labels.join('')}`, dim: true }],
  ]
}

function linearScale(values: readonly number[], most: number): Scale {
  const largest = Math.max(0, ...values)
  const rough = ticks(0, largest > 0 ? largest : 1, most)
  const step = rough.length > 1 ? rough[1]! : 1
  const high = Math.ceil(largest / step - 1e-9) * step || 1
  return { low: 0, high, marks: ticks(0, high, most), place: (value) => value / high }
}

function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0)
  if (positive.length === 0) return { low: 0.1, high: 1, marks: [0.1, 1], place: () => 0 }
  const powers = decades(Math.min(...positive), Math.max(...positive))
  const [bottom, top] = [powers[0]!, powers.at(-1)!]
  const marks = ticks(bottom, top, 6)
    .filter(Number.isInteger)
    .map((power) => Number(`1e${power}`))
  return {
    low: 10 ** bottom,
    high: 10 ** top,
    marks,
    place: (value) => (Math.log10(value) - bottom) / (top - bottom),
  }
}
