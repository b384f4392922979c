// The pages of the training screen, each drawn into a number of columns and rows.
import type { RunRecord, Score } from '@bp/core'
import { figureBins, isOver, smoothed } from '@bp/lab'
import { palette } from '../appearance.js'
import { cut, visible, wrap } from '../fit.js'
import { beside, fit, type Piece, widthOf } from '../text.js'
import { drawChart, type Series } from './chart.js'
import { drawDecisionMap, mapLegend } from './decision-map.js'
import { drawMatrix, drawScatter, matrixWidth } from './outcome.js'
import { formatFixed } from './summary.js'
import type { LayerView, View } from './view.js'
import {
  describeBaseline,
  describeScore,
  formatCount,
  formatDuration,
  formatShare,
  rootMeanSquaredError,
  scoresOf,
  threeDigits,
} from './words.js'

export const pageNames = ['run', 'charts', 'layers', 'outcome', 'table', 'log'] as const
export type PageName = (typeof pageNames)[number]

/** How the charts are looked at. */
export interface Look {
  readonly logarithmic: boolean
  readonly xLogarithmic: boolean
  /** Share of the past in each point, in [0, 1). */
  readonly smoothing: number
  /** Each doubles what is seen of the epochs, around the cursor, or else at the end. */
  readonly zoom: number
  /** Which record the cursor is at; `null` for none. */
  readonly cursor: number | null
}

export interface PageProps {
  readonly view: View
  readonly columns: number
  readonly rows: number
  readonly look: Look
  readonly colours: boolean
}

type Rows = Piece[][]

export const pages: Readonly<Record<PageName, (props: PageProps) => Rows>> = {
  run: drawRun,
  charts: drawCharts,
  layers: drawLayers,
  outcome: drawOutcome,
  table: drawTable,
  log: drawLog,
}

const columnsOf = (rows: Rows): number => Math.max(...rows.map(widthOf))

/** Columns between the chart and the picture beside it. */
const gap = 3

function drawRun({ view, columns, rows, look, colours }: PageProps): Rows {
  const side = sideRows(view, columns, rows, colours)
  const sideColumns = side ? columnsOf(side) : 0
  const chartColumns = columns - (side ? sideColumns + gap : 0)
  const chart = [lossLegend(view, look), ...lossChart(view, look, chartColumns, rows - 1)]
  return side ? beside(chart, chartColumns, gap, side) : chart
}

/** Layers and the picture of the outcome, or `null` if there is no room for them. */
function sideRows(view: View, columns: number, rows: number, colours: boolean): Rows | null {
  const most = Math.floor(columns * 0.5)
  const layers = columns >= 100 && view.layers ? layerStrip(view, most) : []
  // A picture needs about as many rows as this.
  const withLayers = layers.length > 0 && rows - layers.length - 1 >= 12
  const room = withLayers ? rows - layers.length - 1 : rows
  const picture = pictureRows(view, most, room, colours)
  if (withLayers) return picture ? [...layers, [], ...picture] : layers
  return picture
}

function pictureRows(view: View, most: number, rows: number, colours: boolean): Rows | null {
  const { target } = view.outline
  if (view.map && view.predictions) {
    const table = hasRoomForTable(rows)
    const map = mapRows(view, Math.min(rows - (table ? 6 : 1), Math.floor(most / 2)), colours)
    return map && [...map, ...(table ? [[], ...predictionRows(view)] : [])]
  }
  if (view.map) return mapRows(view, Math.min(rows - 1, Math.floor(most / 2)), colours)
  if (!view.outcome || !target) return null
  if (target.task === 'regression') {
    const size = Math.min(rows, Math.floor(most / 2))
    return view.outcome.kind === 'scatter' && size >= 8
      ? drawScatter(view.outcome, target, size * 2, size)
      : null
  }
  return view.outcome.kind === 'matrix' &&
    target.classes.length + 3 <= rows &&
    matrixWidth(view.outcome, target, most) <= most
    ? drawMatrix(view.outcome, target, most)
    : null
}

/** A map with its legend, or `null` where it would be too small. */
function mapRows({ map }: View, rows: number, colours: boolean): Rows | null {
  if (!map || rows < 6) return null
  const [x, y] = map.inputs
  const axes = `${visible(x)} → ${visible(y)} ↑`
  return [
    fit([...mapLegend(map, colours), ...(rows >= 12 ? [{ text: axes, dim: true }] : [])], 2 * rows),
    ...drawDecisionMap(map, rows, colours),
  ]
}

/** Whether the predictions for xor are under the map rather than in a line of their own. */
function hasRoomForTable(bodyRows: number): boolean {
  return bodyRows >= 19
}

function predictionRows({ predictions }: View): Rows {
  return predictions!.map(({ inputs, target, probability, correct }) => [
    { text: `${inputs.join(' xor ')} = ${target}  `, dim: true },
    { text: `${formatFixed(probability)} ` },
    verdict(correct),
  ])
}

export function verdict(correct: boolean): Piece {
  return { text: correct ? '✓' : '✗', colour: correct ? palette.green : palette.red, bold: true }
}

const blocks = '▁▂▃▄▅▆▇█'

/** Counts as bars, the greatest one full. */
function bars(counts: readonly number[], columns: number): string {
  const bins = Array.from({ length: columns }, (_, at) =>
    counts
      .slice(Math.floor((at * counts.length) / columns), Math.floor(((at + 1) * counts.length) / columns))
      .reduce((a, b) => a + b, 0),
  )
  const most = Math.max(...bins)
  return bins
    .map((count) => (count === 0 ? ' ' : blocks[Math.round((count / most) * (blocks.length - 1))]!))
    .join('')
}

const norm = (value: number | null) => (value === null ? '—' : threeDigits(value))

/** What is wrong with a layer. */
function ailment({ dead, saturated, units }: LayerView): Piece[] {
  if (dead > 0) return [{ text: `${formatCount(dead)} of ${formatCount(units)} dead`, colour: palette.red }]
  if (saturated > 0)
    return [{ text: `${formatCount(saturated)} of ${formatCount(units)} saturated`, colour: palette.red }]
  return []
}

/** A row for each layer: its name, and its figures; with the width that names take. */
function layerColumns(of: readonly LayerView[]): { width: number; head: Piece; rows: [Piece, Piece][] } {
  const names = of.map(({ name, inputs, units }) => `${name} ${inputs}→${units}`)
  const width = Math.max(8, ...names.map((name) => name.length)) + 1
  const cells = (texts: readonly string[]) => texts.map((text) => text.padStart(10)).join('')
  return {
    width,
    head: { text: cells(['‖w‖', '‖∂‖', 'step/w']), dim: true },
    rows: of.map(({ weightNorm, gradientNorm, updateRatio }, at) => [
      { text: names[at]!.padEnd(width) },
      { text: cells([weightNorm, gradientNorm, updateRatio].map(norm)) },
    ]),
  }
}

function layerStrip({ layers }: View, columns: number): Rows {
  const { width, head, rows } = layerColumns(layers!.of)
  return [
    [{ text: 'layers'.padEnd(width), bold: true }, head],
    ...rows.map((row, at): Piece[] => [...row, { text: '  ' }, ...ailment(layers!.of[at]!)]),
  ].map((pieces) => fit(pieces, columns))
}

function drawLayers({ view, columns, rows }: PageProps): Rows {
  const { layers } = view
  if (!layers) return [[{ text: 'the layers are looked at after the first step', dim: true }]]
  const table = layerColumns(layers.of)
  const { width, head } = table
  // Names, three figures, and the ends of the histogram; more columns than it has bins would have gaps.
  const room = columns - width - 30 - 24
  const barColumns = columns >= 76 && room > 8 ? Math.min(figureBins, room) : 0
  const body = table.rows.map(([name, figures], at): Piece[] => {
    const layer = layers.of[at]!
    return [
      { ...name, bold: true },
      figures,
      ...(layer.weights && barColumns > 0
        ? [
            { text: threeDigits(layer.weights.low).padStart(9), dim: true },
            { text: ` ${bars(layer.weights.counts, barColumns)} `, colour: palette.blue },
            { text: threeDigits(layer.weights.high), dim: true },
          ]
        : []),
      { text: '  ' },
      ...ailment(layer),
    ]
  })
  const foot = wrap(
    `After step ${formatCount(layers.step)}, on ${formatCount(layers.rows)} training rows. w are weights and biases, ∂ the derivatives of the loss; step/w is how far a step moves them, about 1e-3 is usual. A dead unit gives 0, a saturated one its limit, for all of these rows.`,
    columns,
  )
  const shown = body.slice(0, Math.max(1, rows - foot.length - 2))
  return [
    [
      { text: 'layer'.padEnd(width), dim: true },
      head,
      ...(barColumns > 0 ? [{ text: `${' '.repeat(10)}weights`, dim: true }] : []),
    ],
    ...shown,
    ...(shown.length < body.length
      ? [[{ text: `and ${body.length - shown.length} more`, dim: true }]]
      : [[]]),
    ...foot.map((text): Piece[] => [{ text, dim: true }]),
  ].map((pieces) => fit(pieces, columns))
}

function lossLegend({ outline: { validation } }: View, look: Look): Piece[] {
  const how = [
    ...(look.logarithmic ? ['logarithmic'] : []),
    ...(look.smoothing > 0 ? [`smoothed ${look.smoothing}`] : []),
  ]
  return [
    { text: `loss${how.map((one) => `, ${one}`).join('')}  `, bold: true },
    ...(validation
      ? [
          { text: '── training', colour: palette.blue },
          { text: '  ' },
          { text: '·· held back', colour: palette.orange },
        ]
      : []),
  ]
}

interface Point {
  readonly x: number
  readonly y: number
}

function seriesOf(training: readonly Point[], heldBack: readonly Point[], { smoothing }: Look): Series[] {
  const soft = (points: readonly Point[]) => {
    const values =
      smoothing === 0
        ? null
        : smoothed(
            points.map(({ y }) => y),
            smoothing,
          )
    return values ? points.map(({ x }, at) => ({ x, y: values[at]! })) : points
  }
  return [
    { points: soft(training), colour: palette.blue, dotted: false },
    ...(heldBack.length > 0 ? [{ points: soft(heldBack), colour: palette.orange, dotted: true }] : []),
  ]
}

/** What part of the epochs is seen, with the cursor in it. */
function span({ epochs, history }: View, { zoom, cursor }: Look): { xStart: number; xEnd: number } {
  if (zoom === 0) return { xStart: 0, xEnd: epochs }
  const length = epochs / 2 ** zoom
  const last = history.at(-1)?.epoch ?? 0
  const middle = cursor === null ? last - length / 2 : (history[cursor]?.epoch ?? last)
  const xStart = Math.min(Math.max(middle - length / 2, 0), epochs - length)
  return { xStart, xEnd: xStart + length }
}

function chartOf(view: View, look: Look, series: Series[], columns: number, rows: number): Rows {
  const { best, changes, outline, steps, epochs, history } = view
  const stops = outline.validation !== null && outline.settings.patience > 0
  return drawChart({
    series,
    ...span(view, look),
    xLogarithmic: look.xLogarithmic,
    columns,
    rows,
    logarithmic: look.logarithmic,
    cursor: look.cursor === null ? null : (history[look.cursor]?.epoch ?? null),
    marks: [
      ...(best && stops ? [{ x: best.epoch, name: `best ${formatCount(best.epoch)}` }] : []),
      ...changes.map(({ step, learningRate }) => ({
        x: (step / steps) * epochs,
        name: `rate ${threeDigits(learningRate)}`,
      })),
    ],
  })
}

function lossChart(view: View, look: Look, columns: number, rows: number): Rows {
  const { history, initial, step, steps, epochs, loss, outline } = view
  const training = [
    { x: 0, y: initial.loss },
    ...history.map((record) => ({ x: record.epoch, y: record.loss })),
    ...(loss === null || view.status === 'done' ? [] : [{ x: (step / steps) * epochs, y: loss }]),
  ]
  const heldBack = outline.validation
    ? history.flatMap(({ epoch, validation }) => (validation ? [{ x: epoch, y: validation.loss }] : []))
    : []
  return chartOf(view, look, seriesOf(training, heldBack, look), columns, rows)
}

/** The second chart: the share that is right, or the error in the unit of the target. */
function scoreChart(view: View, look: Look, columns: number, rows: number): { title: string; rows: Rows } {
  const { target } = view.outline
  const regression = target?.task === 'regression'
  const of = (score: Score) =>
    regression ? rootMeanSquaredError(score, target)! : (score.accuracy ?? Number.NaN)
  const points = (pick: (record: RunRecord) => Score | null) =>
    view.history.flatMap((record) => {
      const score = pick(record)
      return score ? [{ x: record.epoch, y: of(score) }] : []
    })
  const training = [{ x: 0, y: of(view.initial) }, ...points((record) => record)]
  const heldBack = points(({ validation }) => validation)
  return {
    title: regression ? `off by (RMSE), ${visible(target.name)}` : 'share that is right',
    rows: chartOf(
      view,
      { ...look, logarithmic: regression && look.logarithmic },
      seriesOf(training, heldBack, look),
      columns,
      rows,
    ),
  }
}

function drawCharts({ view, columns, rows, look }: PageProps): Rows {
  const note = cursorLine(view, look)
  const height = rows - 1
  if (columns >= 110) {
    const half = Math.floor((columns - gap) / 2)
    const score = scoreChart(view, look, half, height - 1)
    return [
      ...beside([lossLegend(view, look), ...lossChart(view, look, half, height - 1)], half, gap, [
        [{ text: score.title, bold: true }],
        ...score.rows,
      ]),
      fit(note, columns),
    ]
  }
  const upper = Math.ceil(height / 2)
  if (upper < 7)
    return [lossLegend(view, look), ...lossChart(view, look, columns, height - 1), fit(note, columns)]
  const score = scoreChart(view, look, columns, height - upper - 1)
  return [
    lossLegend(view, look),
    ...lossChart(view, look, columns, upper - 1),
    [{ text: score.title, bold: true }],
    ...score.rows,
    fit(note, columns),
  ]
}

/** The figures at the cursor, or how to have them. */
function cursorLine({ history, outline, best }: View, { cursor, zoom, xLogarithmic }: Look): Piece[] {
  const record = cursor === null ? undefined : history[cursor]
  if (!record) {
    const seen = [...(zoom > 0 ? [`×${2 ** zoom}`] : []), ...(xLogarithmic ? ['epochs logarithmic'] : [])]
    return [{ text: [...seen, 'c cursor · z Z zoom · y e logarithmic · m smooth'].join(' · '), dim: true }]
  }
  const { epoch, validation } = record
  const score = (title: string, of: typeof record | typeof validation, extent: typeof outline.data) =>
    of
      ? [
          { text: `  ${title} `, dim: true },
          { text: `${threeDigits(of.loss)} `, bold: true },
          { text: describeScore(of, extent, outline.target).replace(/^.* correct, /, '') },
        ]
      : []
  return [
    { text: `epoch ${formatCount(epoch)}`, bold: true },
    ...score('training', record, outline.data),
    ...(outline.validation ? score('held back', validation, outline.validation) : []),
    ...(best?.epoch === epoch ? [{ text: '  the best so far', colour: palette.green }] : []),
    { text: '  ← → move, esc ends', dim: true },
  ]
}

function drawOutcome(props: PageProps): Rows {
  const { view, columns, rows, colours } = props
  const { target } = view.outline
  const picture = view.outcome ? pictureRows({ ...view, map: null }, columns, rows, colours) : null
  const map = mapRows(
    view,
    Math.min(rows - 1, Math.floor((picture ? columns - widthOf(picture[0]!) - gap : columns) / 2)),
    colours,
  )
  if (map && picture) {
    const width = columnsOf(map)
    return width + gap + columnsOf(picture) <= columns ? beside(map, width, gap, picture) : map
  }
  if (map) return view.predictions ? beside(map, columnsOf(map), gap, [[], ...predictionRows(view)]) : map
  if (picture) return picture
  const classes = target?.task === 'classification' ? target.classes.length : 0
  return [
    [
      {
        text:
          classes > 0
            ? `${formatCount(classes)} classes do not fit here; bp eval ${view.savedAs ?? 'RUN'} FILE lists them`
            : 'there is no room for a picture; make the terminal larger',
        dim: true,
      },
    ],
  ]
}

/** What the table is read as, as much as fits, and what is right without a network. */
function drawTable({ view, columns, rows }: PageProps): Rows {
  const { table, target } = view.outline
  if (!table || !target) return [[{ text: 'xor: the four rows of exclusive or', dim: true }]]
  const lines = [...table.lines, `  without a network: ${describeBaseline(table.baseline, target)}`]
  const shown = lines.length > rows ? [...lines.slice(0, rows - 1), '  … bp inspect shows all'] : lines
  return shown.map((text) => [{ text: cut(text, columns) }])
}

function drawLog({ view, columns, rows }: PageProps): Rows {
  return view.log
    .slice(-rows)
    .map(({ at, text }) =>
      fit([{ text: `${formatDuration(at)}  `, dim: true }, { text: visible(text) }], columns),
    )
}

/** Training, held back, the best, and what is right without a network, side by side. */
export function metricTable(view: View): Rows {
  const { outline, initial, best } = view
  const { target, table, validation } = outline
  const scores = scoresOf(outline, view, initial)
  const bestScore = best?.validation ?? best
  const cell = (text: string) => text.padStart(14)
  const titles = [
    'training',
    ...(validation ? ['held back'] : []),
    ...(best ? [`best (${formatCount(best.epoch)})`] : []),
    ...(table ? ['baseline'] : []),
  ]
  const all = [scores.training, ...(validation ? [scores.heldBack] : []), ...(best ? [bestScore] : [])]
  const second = all.map((score) => {
    if (!score) return '—'
    const error = rootMeanSquaredError(score, target)
    return error === null ? formatShare(score.accuracy ?? 0) : threeDigits(error)
  })
  const baseline = table
    ? [target?.task === 'regression' ? threeDigits(table.baseline.score) : formatShare(table.baseline.score)]
    : []
  return [
    [{ text: `${' '.repeat(8)}${titles.map(cell).join('')}`, dim: true }],
    [
      { text: 'loss'.padEnd(8), dim: true },
      { text: all.map((score) => cell(score ? threeDigits(score.loss) : '—')).join(''), bold: true },
    ],
    [
      { text: (target?.task === 'regression' ? 'off by' : 'right').padEnd(8), dim: true },
      { text: [...second, ...baseline].map(cell).join(''), bold: true },
    ],
  ]
}

export const isEnded = (status: View['status']): boolean => isOver(status) || status === 'stopped'
