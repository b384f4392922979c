// What a network answers: a confusion matrix, predictions beside the truth, and a map over two inputs.
import type { Dataset, Run } from '@bp/core'
import { decisionGrid } from '@bp/lab'
import { inputNames } from '@bp/table'
import type { Plan } from './plan.js'
import type { DecisionMap, Matrix, Scatter } from './view.js'
import { formatCount } from './words.js'

/** More rows would take too long for every picture. */
const mostRows = 2000
/** More classes do not fit on a screen. */
const mostClasses = 10
/** Cells along each side of a map, which a screen shows in two colours for each character. */
const mapSize = 64
/** More points would cover the map. */
const mostPoints = 60
/** How far a map goes beyond the points, relative to their range. */
const margin = 0.08

export function lookAtOutcome(plan: Plan, run: Run): Matrix | Scatter | null {
  const { target, data, validation } = plan
  if (target === null) return null
  const chosen = validation ?? data
  const rows = Math.min(chosen.rows, mostRows)
  const title = `${rows < chosen.rows ? `first ${formatCount(rows)} ` : ''}${validation ? 'held-back' : 'training'} rows`
  const predictions = run.predict(chosen.inputs.subarray(0, rows * chosen.inputShape[0]!))
  const truths = chosen.targets.slice(0, predictions.length)
  if (target.task === 'regression') return { kind: 'scatter', title, truths, predictions }
  const size = target.classes.length
  if (size > mostClasses) return null
  const counts = new Uint32Array(size * size)
  for (let row = 0; row < rows; row++) {
    const of = (values: Float32Array) => largest(values.subarray(row * size, (row + 1) * size))
    counts[of(truths) * size + of(predictions)]!++
  }
  return { kind: 'matrix', title, counts }
}

const largest = (values: Float32Array): number => values.indexOf(Math.max(...values))

const gridOfUnit = decisionGrid(mapSize, 0, 1)

/** `null` where there are not two inputs. */
export function lookAtMap(plan: Plan, run: Run): DecisionMap | null {
  const { target, table, data } = plan
  if (data.inputShape[0] !== 2) return null
  const [x, y] = [rangeOf(data, 0), rangeOf(data, 1)]
  const points = gridOfUnit.map((share, at) => {
    const [low, high] = at % 2 === 0 ? x : y
    return low + share * (high - low)
  })
  const outputs = run.predict(points)
  const classes = target === null ? ['0', '1'] : target.task === 'classification' ? target.classes : null
  const truths = data.targets
  const width = data.targetShape[0]!
  const valueAt = scaleOf(width, classes, truths)
  const count = Math.min(data.rows, mostPoints)
  return {
    inputs: (table?.description.inputs.flatMap(inputNames) ?? ['x₁', 'x₂']) as [string, string],
    x,
    y,
    size: mapSize,
    cells: Float32Array.from({ length: mapSize * mapSize }, (_, at) => valueAt(outputs, at)),
    classes,
    points: Array.from({ length: count }, (_, row) => [
      data.inputs[2 * row]!,
      data.inputs[2 * row + 1]!,
      valueAt(truths, row),
    ]),
  }
}

/** What is drawn for a row of outputs or targets. */
function scaleOf(width: number, classes: readonly string[] | null, truths: Float32Array) {
  if (classes === null) {
    const [low, high] = [least(truths), greatest(truths)]
    return (values: Float32Array, at: number) =>
      Math.min(Math.max((values[at]! - low) / (high - low || 1), 0), 1)
  }
  if (width === 1) return (values: Float32Array, at: number) => values[at]!
  if (width === 2) return (values: Float32Array, at: number) => values[2 * at + 1]!
  return (values: Float32Array, at: number) => largest(values.subarray(at * width, (at + 1) * width))
}

function rangeOf({ inputs }: Dataset, column: 0 | 1): [number, number] {
  const values = inputs.filter((_, at) => at % 2 === column)
  const [low, high] = [least(values), greatest(values)]
  // The unit square of xor has room for its corners.
  const beyond = (high - low || 1) * (inputs.length === 8 ? 0.25 : margin)
  return [low - beyond, high + beyond]
}

// Not with a spread: an argument list has a limit.
const least = (values: Float32Array) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
const greatest = (values: Float32Array) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
