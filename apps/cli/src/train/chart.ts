// The loss curves, as rows of text with axes.
import { decades, formatNumber, ticks } from '@bp/lab'
import { BrailleCanvas } from '../braille-canvas.js'
import type { Piece } from '../text.js'

export interface Series {
  readonly points: readonly { readonly x: number; readonly y: number }[]
  readonly colour: string
  /** Drawn with gaps, so that lines can be told apart without colour. */
  readonly dotted: boolean
}

export interface ChartOptions {
  readonly series: readonly Series[]
  /** Where the x axis ends; it begins at 0. */
  readonly xEnd: number
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

export function drawChart({ series, xEnd, columns, rows, logarithmic }: ChartOptions): Piece[][] {
  const height = rows - axisRows
  const values = series.flatMap(({ points }) => points.map(({ y }) => y)).filter(Number.isFinite)
  const scale = logarithmic ? logScale(values) : linearScale(values, Math.max(2, Math.floor(height / 2)))
  const labels = new Map<number, string>()
  for (const mark of scale.marks) {
    const row = Math.round((1 - scale.place(mark)) * (height - 1))
    if (row >= 0 && row < height && !labels.has(row)) labels.set(row, formatNumber(mark))
  }
  const margin = Math.max(...[...labels.values()].map((label) => label.length), 1)
  const canvas = new BrailleCanvas(columns - margin - 2, height)
  const toX = (x: number) => (x / xEnd) * (canvas.width - 1)
  // A label is at the middle of its row of four dots, hence 1.5.
  const toY = (y: number) => 1.5 + (1 - scale.place(y)) * (canvas.height - 4)
  // The first series is drawn last, over the others.
  for (const { points, colour, dotted } of [...series].reverse()) {
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
    ...xAxis(xEnd, margin, canvas.columns),
  ]
}

function xAxis(end: number, margin: number, columns: number): Piece[][] {
  const axis = Array.from({ length: columns }, () => '─')
  const labels = Array.from({ length: columns }, () => ' ')
  for (const mark of ticks(0, end, Math.max(2, Math.floor(columns / 7)))) {
    const at = Math.round((mark / end) * (columns - 1))
    const text = formatNumber(mark)
    // The last label ends where the axis does.
    const from = Math.min(Math.max(at - Math.floor(text.length / 2), 0), columns - text.length)
    if (
      from < 0 ||
      labels.slice(Math.max(from - 1, 0), from + text.length + 1).some((letter) => letter !== ' ')
    )
      continue
    axis[at] = '┬'
    labels.splice(from, text.length, ...text)
  }
  return [
    [{ text: `${' '.repeat(margin)} └${axis.join('')}`, dim: true }],
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
