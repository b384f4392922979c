// A map of a cost of two parameters: its values on a grid, levels between them, and the regions below each level.
import type { Slices } from '../slices.js'
import type { Bowl, Position } from './bowl.js'
import type { Range } from './frame.js'

/** Values on a regular grid, row by row from the low end of the second parameter. */
export interface Grid {
  readonly ranges: readonly [Range, Range]
  readonly columns: number
  readonly rows: number
  readonly values: Float64Array
  /** Where on the grid the cost is lowest. */
  readonly lowest: Position
  readonly low: number
  readonly high: number
}

/** The cost on a grid of points, the outermost on the borders of the ranges. */
export function* gridOf(
  bowl: Bowl,
  ranges: readonly [Range, Range],
  columns: number,
  rows: number,
): Slices<Grid> {
  const [x, y] = ranges
  const along = ([low, high]: Range, index: number, count: number) =>
    low + ((high - low) * index) / (count - 1)
  const xs = new Float64Array(columns * rows)
  const ys = new Float64Array(columns * rows)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      xs[row * columns + column] = along(x, column, columns)
      ys[row * columns + column] = along(y, row, rows)
    }
  const values = (yield* bowl.costsAt([xs, ys]))[0]!
  let lowest = 0
  let low = Infinity
  let high = -Infinity
  for (const [index, value] of values.entries()) {
    if (!Number.isFinite(value)) continue
    if (value < low) {
      low = value
      lowest = index
    }
    high = Math.max(high, value)
  }
  return { ranges, columns, rows, values, lowest: [xs[lowest]!, ys[lowest]!], low, high }
}

/**
 * About `count` levels between the lowest and the highest value, rounded to two digits. They are quantiles, closer at the
 * bottom, so that any cost, however steep or flat, fills the map with bands: those of a round bowl are equally wide. Where
 * the bottom takes up less than its share of the map, levels that shrink by thirds lead down to it.
 */
export function levelsOf({ values, low, high }: Grid, count: number): number[] {
  const sorted = values.filter(Number.isFinite).sort()
  if (!(high > low)) return []
  const quantiles = Array.from({ length: count }, (_, index) => {
    const share = ((index + 1) / (count + 1)) ** 2
    return sorted[Math.floor(share * (sorted.length - 1))]! - low
  })
  const levels = quantiles.filter((height) => height > 0)
  const first = levels[0] ?? high - low
  if (first > (high - low) * 0.02) levels.unshift(first / 9, first / 3)
  return [...new Set(levels.map((height) => rounded(low + height, height)))]
    .filter((level) => level > low && level < high)
    .sort((a, b) => a - b)
}

/** The value, rounded to two digits of `height`. */
function rounded(value: number, height: number): number {
  const unit = 10 ** (Math.floor(Math.log10(height)) - 1)
  return Number((Math.round(value / unit) * unit).toPrecision(12))
}

type Corner = readonly [column: number, row: number]

/** A closed line, its points one after the other, in cells of the grid. */
export type Loop = readonly (readonly [column: number, row: number])[]

/**
 * The borders of the region where the values are below `level`, as closed lines; filled by the even-odd rule, they are the
 * region. Marching squares with linear interpolation, on a grid that is surrounded by a ring above every level.
 */
export function loopsBelow({ values, columns, rows }: Grid, level: number): Loop[] {
  const inGrid = (column: number, row: number) => column >= 0 && row >= 0 && column < columns && row < rows
  const valueAt = (column: number, row: number) =>
    inGrid(column, row) ? values[row * columns + column]! : Infinity
  // With the ring, so that a cell has four points wherever it is.
  const width = columns + 2
  const below = new Uint8Array(width * (rows + 2))
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (values[row * columns + column]! < level) below[(row + 1) * width + column + 1] = 1

  /** Where the border is between a point inside the region and one outside it. */
  const crossing = ([fromColumn, fromRow]: Corner, [toColumn, toRow]: Corner) => {
    const from = valueAt(fromColumn, fromRow)
    const between = (level - from) / (valueAt(toColumn, toRow) - from)
    // Values that are not finite, and the ring, have no height to interpolate: the border is at the point inside.
    const share = Number.isFinite(between) ? between : from < level ? 0 : 1
    return [fromColumn + share * (toColumn - fromColumn), fromRow + share * (toRow - fromRow)] as const
  }

  // The border crosses edges of the grid. Each crossing leads to the next one of the same cell, with the region on its
  // left. An edge has the number of its lower left point: twice that for the edge to the right, one more for that above.
  const next = new Map<number, number>()
  const places = new Map<number, readonly [number, number]>()
  for (let row = 0; row <= rows; row++)
    for (let column = 0; column <= columns; column++) {
      const at = row * width + column
      const count = below[at]! + below[at + 1]! + below[at + width]! + below[at + width + 1]!
      if (count === 0 || count === 4) continue
      const corners: readonly Corner[] = [
        [column - 1, row - 1],
        [column, row - 1],
        [column, row],
        [column - 1, row],
      ]
      const inside = [below[at]!, below[at + 1]!, below[at + width + 1]!, below[at + width]!]
      const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + width), 2 * at + 1]
      // Around the cell: where an edge leaves the region, and where one enters it.
      const leaving: number[] = []
      const entering: number[] = []
      for (let index = 0; index < 4; index++) {
        const after = (index + 1) % 4
        if (inside[index] === inside[after]) continue
        if (inside[index]) {
          leaving.push(index)
          places.set(edges[index]!, crossing(corners[index]!, corners[after]!))
        } else entering.push(index)
      }
      // A saddle has two of each; its middle decides whether the region is connected there.
      const connected =
        leaving.length === 2 &&
        corners.reduce((total, [column, row]) => total + valueAt(column, row), 0) / 4 < level
      for (const from of leaving)
        next.set(
          edges[from]!,
          edges[entering.length === 1 ? entering[0]! : (from + (connected ? 1 : 3)) % 4]!,
        )
    }
  const loops: Loop[] = []
  for (const start of next.keys()) {
    if (!next.has(start)) continue
    const loop: (readonly [number, number])[] = []
    for (let edge: number | undefined = start; edge !== undefined && next.has(edge); ) {
      loop.push(places.get(edge)!)
      const following: number = next.get(edge)!
      next.delete(edge)
      edge = following
    }
    loops.push(loop)
  }
  return loops
}
