// Handwritten digits: the data set, as counts of dark points in 8×8 cells, and a digit drawn by hand made into the same.
import { type Dataset, ValueError } from '@bp/core/lean'

/** A line drawn without lifting the pen: points of a paper of `paperSide` × `paperSide`, from the top left. */
export type Stroke = readonly (readonly [x: number, y: number])[]

/** A digit that was drawn by hand and is in the data. */
export interface DrawnDigit {
  /** 64 letters, row by row: how many of the 16 points of each cell are dark, 0 to g in base 17. */
  readonly pixels: string
  readonly label: number
}

export const paperSide = 64
export const digitSide = 8
export const digitClasses = 10
/** Dark points of a full cell. */
const full = 16

const cells = digitSide ** 2

let provided: Dataset | null = null

/**
 * Gives the data set, `data/digits.csv`, whose file is read in another way by every app; data of digits needs it.
 * @throws ValueError for another file.
 */
export function provideDigits(csv: string): void {
  const rows = csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number))
  const isDigit = (row: readonly number[]) =>
    row.length === cells + 1 &&
    row.every((value) => Number.isInteger(value) && value >= 0 && value <= full) &&
    row[cells]! < digitClasses
  const wrong = rows.findIndex((row) => !isDigit(row))
  if (rows.length === 0 || wrong >= 0)
    throw new ValueError(
      `digits: line ${wrong + 2} is not a digit of data/digits.csv: 64 integers in [0, 16] and a digit`,
    )
  provided = digitsOf(
    rows.map((row) => row.slice(0, cells)),
    rows.map((row) => row[cells]!),
  )
}

/** The first rows of the data set. */
export function digits(rows: number): Dataset {
  if (!provided) throw new ValueError('digits: the data set is not loaded; call provideDigits first')
  const count = Math.min(rows, provided.rows)
  return {
    ...provided,
    rows: count,
    inputs: provided.inputs.slice(0, count * cells),
    targets: provided.targets.slice(0, count * digitClasses),
  }
}

/** Digits drawn by hand as rows. */
export const drawnDigits = (drawn: readonly DrawnDigit[]): Dataset =>
  digitsOf(
    drawn.map(({ pixels }) => readPixels(pixels)!),
    drawn.map(({ label }) => label),
  )

function digitsOf(counts: readonly (readonly number[])[], labels: readonly number[]): Dataset {
  const targets = new Float32Array(labels.length * digitClasses)
  for (const [row, label] of labels.entries()) targets[row * digitClasses + label] = 1
  return {
    rows: labels.length,
    inputs: Float32Array.from(counts.flat(), (count) => count / full),
    inputShape: [cells],
    targets,
    targetShape: [digitClasses],
  }
}

/** Counts as letters. */
export const writePixels = (counts: readonly number[]): string =>
  counts.map((count) => count.toString(full + 1)).join('')

/** The counts of 64 letters, or undefined for anything else. */
export const readPixels = (text: string): number[] | undefined =>
  /^[0-9a-g]{64}$/.test(text) ? Array.from(text, (letter) => Number.parseInt(letter, full + 1)) : undefined

/** Points along each side of the picture whose cells are counted. */
const fine = 32
/** Half the width of a line on it: with this, drawn digits have as much ink as those of the set. */
const reach = 2.1
/** Where the dark points of the set lie on average, from the left. */
const middle = 15.6

/**
 * What was drawn as the set was made: scaled to the full height of a picture of 32 × 32 points with its proportions kept,
 * centred, and counted in cells of 4 × 4. `null` for an empty paper.
 */
export function countsOf(strokes: readonly Stroke[]): number[] | null {
  const points = strokes.flat()
  if (points.length === 0) return null
  const along = (axis: 0 | 1) => {
    const values = points.map((point) => point[axis])
    return [Math.min(...values), Math.max(...values)] as const
  }
  const [left, right] = along(0)
  const [top, bottom] = along(1)
  const room = fine - 2 * reach
  // A dot, or a line that lies, is not blown up to the whole height.
  const scale = room / Math.max(bottom - top, right - left, paperSide / 6)
  const [midX, midY] = [(left + right) / 2, (top + bottom) / 2]
  const placed = strokes.map((stroke) =>
    stroke.map(([x, y]) => [middle + (x - midX) * scale, fine / 2 + (y - midY) * scale] as const),
  )
  const counts = new Array<number>(cells).fill(0)
  for (let row = 0; row < fine; row++)
    for (let column = 0; column < fine; column++)
      if (placed.some((stroke) => distance(stroke, column + 0.5, row + 0.5) <= reach))
        counts[digitSide * Math.floor(row / 4) + Math.floor(column / 4)]!++
  return counts
}

/** From a point to a line through points. */
function distance(stroke: Stroke, x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY
  for (const [index, [x2, y2]] of stroke.entries()) {
    const [x1, y1] = stroke[Math.max(0, index - 1)]!
    const [dx, dy] = [x2 - x1, y2 - y1]
    const squared = dx * dx + dy * dy
    const share = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / squared))
    const [ax, ay] = [x1 + share * dx - x, y1 + share * dy - y]
    least = Math.min(least, Math.sqrt(ax * ax + ay * ay))
  }
  return least
}
