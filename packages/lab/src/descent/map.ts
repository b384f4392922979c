// A map of a cost of two parameters: its values on a grid, levels between them, and the regions below each level.
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
export function gridOf(bowl: Bowl, ranges: readonly [Range, Range], columns: number, rows: number): Grid {
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
  const values = bowl.costsAt([xs, ys])[0]!
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

/** A closed line, its points one after the other, in cells of the grid. */
export type Loop = readonly (readonly [column: number, row: number])[]

/**
 * The borders of the region where the values are below `level`, as closed lines; filled by the even-odd rule, they are the
 * region. Marching squares with linear interpolation, on a grid that is surrounded by a ring above every level.
 */
export function loopsBelow({ values, columns, rows }: Grid, level: number): Loop[] {
  const isBelow = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < columns && row < rows && values[row * columns + column]! < level
  /** Between a point inside the region and one outside it. */
  const crossing = (fromColumn: number, fromRow: number, toColumn: number, toRow: number) => {
    const from = valueAt(fromColumn, fromRow)
    const to = valueAt(toColumn, toRow)
    const between = (level - from) / (to - from)
    // Values that are not finite, and the ring, have no height to interpolate: the border is at the point inside.
    const share = Number.isFinite(between) ? between : from < level ? 0 : 1
    return [fromColumn + share * (toColumn - fromColumn), fromRow + share * (toRow - fromRow)] as const
  }
  const valueAt = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < columns && row < rows ? values[row * columns + column]! : Infinity

  // The border of the region crosses edges of the grid; each crossing leads to the next one of the same cell, with the
  // region on its left. Edges are numbered: those to the right of a point, then those above it.
  const width = columns + 2
  const right = (column: number, row: number) => ((row + 1) * width + column + 1) * 2
  const above = (column: number, row: number) => right(column, row) + 1
  const next = new Map<number, number>()
  const places = new Map<number, readonly [number, number]>()
  for (let row = -1; row < rows; row++)
    for (let column = -1; column < columns; column++) {
      const corners = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ] as const
      const inside = corners.map(([x, y]) => isBelow(x, y))
      if (inside.every((own) => own === inside[0])) continue
      const edges = [right(column, row), above(column + 1, row), right(column, row + 1), above(column, row)]
      // Around the cell: where an edge leaves the region, and where one enters it.
      const leaving: number[] = []
      const entering: number[] = []
      for (let index = 0; index < 4; index++) {
        const after = (index + 1) % 4
        if (inside[index] === inside[after]) continue
        places.set(edges[index]!, crossing(...corners[index]!, ...corners[after]!))
        ;(inside[index] ? leaving : entering).push(index)
      }
      // A saddle has two of each; its middle decides whether the region is connected there.
      const middle =
        leaving.length === 2 && corners.reduce((total, [x, y]) => total + valueAt(x, y), 0) / 4 < level
      for (const from of leaving) {
        const to = entering.length === 1 ? entering[0]! : (from + (middle ? 1 : 3)) % 4
        next.set(edges[from]!, edges[to]!)
      }
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
