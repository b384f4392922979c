// How well the network does: a confusion matrix, or predictions against true values, as rows of text.
import { type Target, writeValue } from '@bp/table'
import stringWidth from 'string-width'
import { palette } from '../appearance.js'
import { DotCanvas } from '../dot-canvas.js'
import { cut, padEnd, padStart, visible } from '../fit.js'
import type { Piece } from '../text.js'
import type { Matrix, Scatter } from './view.js'

type Classes = Extract<Target, { task: 'classification' }>

/** Width of the confusion matrix in characters, where `most` are available. */
export function matrixWidth(matrix: Matrix, target: Classes, most: number): number {
  const { cell, label } = matrixSizes(matrix, target, most)
  return label + target.classes.length * cell
}

function matrixSizes(
  { counts }: Matrix,
  { classes }: Classes,
  most: number,
): { cell: number; label: number } {
  const size = classes.length
  const perClass = classes.map((_, at) => counts.slice(at * size, (at + 1) * size).reduce((a, b) => a + b, 0))
  const longest = Math.max(...classes.map((name) => stringWidth(visible(name))))
  const label = Math.min(longest, 12) + 1
  const room = Math.floor((most - label) / classes.length) - 1
  // As wide as the class names, where there is room; at least as the numbers.
  return { cell: Math.max(String(Math.max(...perClass)).length, Math.min(longest, room)) + 1, label }
}

/** The confusion matrix: for each true class, how many of its rows were predicted to be of which. */
export function drawMatrix(matrix: Matrix, target: Classes, most: number): Piece[][] {
  const { classes } = target
  const { counts, title } = matrix
  const { cell, label } = matrixSizes(matrix, target, most)
  const size = classes.length
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

/** A dot for each row: true value to the right, prediction upwards; on the diagonal both are equal. */
export function drawScatter(
  { title, truths, predictions }: Scatter,
  target: Extract<Target, { task: 'regression' }>,
  columns: number,
  rows: number,
): Piece[][] {
  const low = Math.min(...truths)
  const high = Math.max(...truths)
  const canvas = new DotCanvas(columns, rows - 3)
  const place = (value: number) => (value - low) / (high - low || 1)
  const toX = (value: number) => place(value) * (canvas.width - 1)
  const toY = (value: number) => (1 - place(value)) * (canvas.height - 1)
  canvas.line(toX(low), toY(low), toX(high), toY(high), undefined, true)
  for (let row = 0; row < truths.length; row++) {
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
