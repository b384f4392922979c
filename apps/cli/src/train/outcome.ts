// How well the network does: a confusion matrix, or predictions against true values, as rows of text.
import type { Dataset, Run } from '@bp/core'
import { type Target, writeValue } from '@bp/table'
import stringWidth from 'string-width'
import { BrailleCanvas } from '../braille-canvas.js'
import { cut, padEnd, padStart, visible } from '../fit.js'
import { type Piece, palette } from '../text.js'
import type { Plan } from './plan.js'
import { formatCount } from './words.js'

/** More rows would take too long for every picture. */
const maxRows = 2000
/** More classes do not fit beside a chart. */
export const maxClasses = 10

type Classes = Extract<Target, { task: 'classification' }>

/** The rows to evaluate: those held back, or all if there are none. */
function evaluated({ data, validation }: Plan): { rows: number; data: Dataset; title: string } {
  const chosen = validation ?? data
  const rows = Math.min(chosen.rows, maxRows)
  const kind = validation ? 'held-back' : 'training'
  return {
    rows,
    data: chosen,
    title: `${rows < chosen.rows ? `first ${formatCount(rows)} ` : ''}${kind} rows`,
  }
}

/** Width of the confusion matrix in characters, where `most` are available. */
export function matrixWidth(plan: Plan, target: Classes, most: number): number {
  const { cell, label } = matrixSizes(plan, target, most)
  return label + target.classes.length * cell
}

function matrixSizes(plan: Plan, { classes }: Classes, most: number): { cell: number; label: number } {
  const { rows, data } = evaluated(plan)
  const perClass = new Uint32Array(classes.length)
  for (let at = 0; at < rows * classes.length; at++) perClass[at % classes.length]! += data.targets[at]!
  const longest = Math.max(...classes.map((name) => stringWidth(visible(name))))
  const label = Math.min(longest, 12) + 1
  const room = Math.floor((most - label) / classes.length) - 1
  // As wide as the class names, where there is room; at least as the numbers.
  return { cell: Math.max(String(Math.max(...perClass)).length, Math.min(longest, room)) + 1, label }
}

/** The confusion matrix: for each true class, how many of its rows were predicted to be of which. */
export function drawMatrix(plan: Plan, target: Classes, run: Run, most: number): Piece[][] {
  const { classes } = target
  const { rows, data, title } = evaluated(plan)
  const { cell, label } = matrixSizes(plan, target, most)
  const size = classes.length
  const predictions = run.predict(data.inputs.subarray(0, rows * data.inputShape[0]!))
  const counts = new Uint32Array(size * size)
  for (let row = 0; row < rows; row++) {
    const from = row * size
    const actual = largest(data.targets.subarray(from, from + size))
    counts[actual * size + largest(predictions.subarray(from, from + size))]!++
  }
  const head = classes.map((name) => padStart(cut(visible(name), cell - 1), cell)).join('')
  return [
    [{ text: `${title}, by class` }],
    [{ text: 'true ↓  predicted →', dim: true }],
    [{ text: ' '.repeat(label) + head, dim: true }],
    ...classes.map((name, actual) => [
      { text: padEnd(cut(visible(name), label - 1), label), dim: true },
      ...classes.map((_, predicted): Piece => {
        const count = counts[actual * size + predicted]!
        const text = (count === 0 ? '·' : String(count)).padStart(cell)
        if (count === 0) return { text, dim: true }
        return actual === predicted
          ? { text, colour: palette.blue }
          : { text, colour: palette.orange, bold: true }
      }),
    ]),
  ]
}

function largest(values: Float32Array): number {
  return values.indexOf(Math.max(...values))
}

/** A dot for each row: true value to the right, prediction upwards; on the diagonal both are equal. */
export function drawScatter(
  plan: Plan,
  target: Extract<Target, { task: 'regression' }>,
  run: Run,
  columns: number,
  rows: number,
): Piece[][] {
  const { rows: count, data, title } = evaluated(plan)
  const predictions = run.predict(data.inputs.subarray(0, count * data.inputShape[0]!))
  const truths = data.targets.subarray(0, count)
  const low = Math.min(...truths)
  const high = Math.max(...truths)
  const canvas = new BrailleCanvas(columns, rows - 3)
  const place = (value: number) => (value - low) / (high - low || 1)
  const toX = (value: number) => place(value) * (canvas.width - 1)
  const toY = (value: number) => (1 - place(value)) * (canvas.height - 1)
  canvas.line(toX(low), toY(low), toX(high), toY(high), undefined, true)
  for (let row = 0; row < count; row++) {
    const [x, y] = [toX(truths[row]!), Math.min(Math.max(toY(predictions[row]!), 0), canvas.height - 1)]
    // Two dots each, to stand out from the diagonal.
    for (const beside of [0, 1]) canvas.dot(x + beside, y, palette.orange)
  }
  const ends = [low, high].map((value) =>
    writeValue(Number((target.mean + target.standardDeviation * value).toPrecision(3)), target),
  ) as [string, string]
  return [
    [{ text: title }],
    [{ text: 'true →  predicted ↑', dim: true }],
    ...canvas.pieces(),
    [{ text: ends[0] + ends[1].padStart(columns - ends[0].length), dim: true }],
  ]
}
