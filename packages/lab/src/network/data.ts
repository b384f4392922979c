// The data of a network: generated from its seed, from a formula, or the user's own points.
import {
  circle,
  type Dataset,
  evaluate,
  gauss,
  moons,
  random,
  rings,
  spiral,
  split,
  ValueError,
  xor,
} from '@bp/core/lean'
import { build, parse } from '@bp/expression'
import { digits, drawnDigits } from './digits.js'
import { inputsOf, type LabelledPoint, type NetworkDocument } from './document.js'

/** Lowest and highest value that the maps show of each input. */
export interface MapRange {
  readonly x1: readonly [number, number]
  readonly x2: readonly [number, number]
}

export interface NetworkData {
  readonly training: Dataset
  /** `null` where nothing is held back. */
  readonly heldBack: Dataset | null
  /** Numbers of a row. */
  readonly inputs: number
  readonly classes: number
  /** `null` for rows that are no points of a plane. */
  readonly range: MapRange | null
}

const square = (low: number, high: number): MapRange => ({ x1: [low, high], x2: [low, high] })

const ranges: { readonly [kind in NetworkDocument['data']['kind']]: MapRange | null } = {
  xor: square(-0.5, 1.5),
  circle: square(-1.25, 1.25),
  gauss: square(-3, 3),
  spiral: square(-1.25, 1.25),
  moons: { x1: [-1.5, 2.5], x2: [-1.75, 2.25] },
  rings: square(-1.25, 1.25),
  formula: square(-1, 1),
  points: square(-1, 1),
  digits: null,
}

/**
 * The rows that a document trains on and holds back.
 * @throws ValueError for own points without two classes, ExpressionError for a formula that is none, DataError where
 * too few rows are left.
 */
export function networkData(document: NetworkDocument): NetworkData {
  const { data, seed } = document
  const all = rowsOf(data, seed)
  const { heldBack } = data
  const parts =
    heldBack > 0
      ? split(all, { validationSplit: heldBack, seed, stratified: true })
      : { training: all, validation: null }
  const width = all.targetShape[0]!
  return {
    // What was drawn by hand is trained on, all of it.
    training: data.kind === 'digits' ? joined(parts.training, drawnDigits(data.drawn)) : parts.training,
    heldBack: parts.validation,
    inputs: inputsOf(document),
    classes: width === 1 ? 2 : width,
    range: data.kind === 'points' ? rangeOf(data.points) : ranges[data.kind],
  }
}

const joined = (one: Dataset, other: Dataset): Dataset => ({
  ...one,
  rows: one.rows + other.rows,
  inputs: appended(one.inputs, other.inputs),
  targets: appended(one.targets, other.targets),
})

function appended(one: Float32Array, other: Float32Array): Float32Array {
  const all = new Float32Array(one.length + other.length)
  all.set(one)
  all.set(other, one.length)
  return all
}

function rowsOf({ kind, rows, noise, formula, points }: NetworkDocument['data'], seed: number): Dataset {
  const options = { rows, noise, seed }
  switch (kind) {
    case 'xor':
      return xor()
    case 'circle':
      return circle(options)
    case 'gauss':
      return gauss(options)
    case 'spiral':
      return spiral(options)
    case 'moons':
      return moons(options)
    case 'rings':
      return rings(options)
    case 'formula':
      return aboveFormula(formula, options)
    case 'points':
      return ownPoints(points)
    case 'digits':
      return digits(rows)
  }
}

/** Points spread evenly at random over [−1, 1]²; class 1 where x₂ exceeds the formula, before the noise. */
function aboveFormula(
  formula: string,
  { rows, noise, seed }: { rows: number; noise: number; seed: number },
): Dataset {
  const draws = random(seed).stream('formula')
  const noises = draws.stream('noise')
  const x = Array.from({ length: rows }, (_, row) => 2 * draws.uniform(2 * row) - 1)
  const heights = formulaAt(formula, x)
  const inputs = new Float32Array(2 * rows)
  const targets = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    const y = 2 * draws.uniform(2 * row + 1) - 1
    targets[row] = Number(y > heights[row]!)
    inputs[2 * row] = x[row]! + noise * noises.normal(2 * row)
    inputs[2 * row + 1] = y + noise * noises.normal(2 * row + 1)
  }
  return { rows, inputs, inputShape: [2], targets, targetShape: [1] }
}

/**
 * The values of an expression of `x` at many points.
 * @throws ExpressionError for anything but an expression of x.
 */
function formulaAt(formula: string, x: readonly number[]): ArrayLike<number> {
  const { output } = build(parse(formula), { x })
  const [values] = evaluate([output])
  // A constant is the same everywhere.
  const heights = output.size === 1 ? x.map(() => values![0]!) : values!
  if (heights.length !== x.length)
    throw new ValueError(
      `the formula is an array of ${output.shape.join('×')}; expected one number for each x`,
    )
  return heights
}

function ownPoints(points: readonly LabelledPoint[]): Dataset {
  const labels = points.map(([, , label]) => label)
  const classes = Math.max(1, ...labels) + 1
  const missing = Array.from({ length: classes }, (_, label) => label).find(
    (label) => !labels.includes(label),
  )
  if (missing !== undefined)
    throw new ValueError(
      `there is no point of class ${missing}; each class from 0 to ${classes - 1} needs at least one`,
    )
  const width = classes === 2 ? 1 : classes
  const targets = new Float32Array(width * points.length)
  for (const [row, label] of labels.entries()) {
    if (width === 1) targets[row] = label
    else targets[width * row + label] = 1
  }
  return {
    rows: points.length,
    inputs: Float32Array.from(points.flatMap((point) => point.slice(0, 2))),
    inputShape: [2],
    targets,
    targetShape: [width],
  }
}

/** A round square, or the smallest range with some room around points outside of it. */
function rangeOf(points: readonly LabelledPoint[]): MapRange {
  const along = (axis: 0 | 1): readonly [number, number] => {
    const values = points.map((point) => point[axis])
    const [low, high] = [Math.min(...values), Math.max(...values)]
    if (!(low < -1 || high > 1)) return [-1, 1]
    const room = (high - low || Math.abs(high) || 1) * 0.15
    return [low - room, high + room]
  }
  return { x1: along(0), x2: along(1) }
}

/** The class of each row. */
export function labelsOf({ rows, targets, targetShape }: Dataset): number[] {
  const width = targetShape[0]!
  return Array.from({ length: rows }, (_, row) =>
    width === 1 ? targets[row]! : largest(targets.subarray(row * width, (row + 1) * width)),
  )
}

/** The class that predictions of a row name: from 0.5 on it is 1, or the first of the largest. */
export function largest(probabilities: ArrayLike<number>): number {
  if (probabilities.length === 1) return Number(probabilities[0]! >= 0.5)
  let best = 0
  for (let index = 1; index < probabilities.length; index++)
    if (probabilities[index]! > probabilities[best]!) best = index
  return best
}
