// A surface over a grid, seen from a side: its patches in the order in which they are painted, and where points appear.
import type { Grid } from './map.js'

/** From where one looks, in radians: around the vertical axis, and down from the horizon. */
export interface ViewFrom {
  readonly turn: number
  readonly tilt: number
}

/** A patch of the surface, its corners one after the other, x to the right and y down, in [−1, 1] around the middle. */
export interface Patch {
  readonly corners: readonly (readonly [x: number, y: number])[]
  /** Mean height of its corners, in [0, 1]. */
  readonly height: number
  /** How much light falls on it, in [0, 1]. */
  readonly light: number
}

/** Heights in [0, 1] for costs. Where most of a map is far below its highest point, they are logarithmic. */
export interface Heights {
  readonly logarithmic: boolean
  readonly of: (cost: number) => number
}

/** Costs beyond this many times the median are shown on a logarithmic scale. */
const steep = 12

export function heightsOf({ values, low, high }: Grid): Heights {
  const sorted = values.filter(Number.isFinite).sort()
  const median = (sorted[sorted.length >> 1] ?? low) - low
  const span = high - low
  const logarithmic = median > 0 && span > steep * median
  const of = (cost: number) => {
    if (!(span > 0)) return 0
    if (Number.isNaN(cost)) return 1
    const share = Math.min(Math.max((cost - low) / span, 0), 1)
    // Pixels only: the engine's own logarithm may differ in its last bit.
    return logarithmic
      ? Math.log1p((share * span * steep) / median) / Math.log1p((span * steep) / median)
      : share
  }
  return { logarithmic, of }
}

export type Project = (x: number, y: number, height: number) => readonly [x: number, y: number, depth: number]

/** Parallel projection of the cube in which x and y are in [−1, 1] and height in [0, 1]. */
export function projection({ turn, tilt }: ViewFrom): Project {
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)]
  const [down, level] = [Math.sin(tilt), Math.cos(tilt)]
  const scale = 0.68
  return (x, y, height) => {
    const across = x * cosine - y * sine
    const away = x * sine + y * cosine
    const up = (height - 0.5) * 1.25
    return [across * scale, -(away * down + up * level) * scale, away * level - up * down]
  }
}

/** The patches between neighbouring points of the grid, the farthest first. */
export function patchesOf(grid: Grid, heights: Heights, project: Project): Patch[] {
  const { columns, rows, values } = grid
  const levels = Float64Array.from(values, heights.of)
  const corner = (column: number, row: number) => {
    const height = levels[row * columns + column]!
    const x = (2 * column) / (columns - 1) - 1
    const y = (2 * row) / (rows - 1) - 1
    return { height, at: project(x, y, height) }
  }
  const patches: (Patch & { readonly depth: number })[] = []
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const corners = [
        corner(column, row),
        corner(column + 1, row),
        corner(column + 1, row + 1),
        corner(column, row + 1),
      ]
      const [a, b, , d] = corners.map(({ height }) => height) as [number, number, number, number]
      // Lambert's law, for light from the upper left.
      const slopeX = ((b - a) * (columns - 1)) / 2
      const slopeY = ((d - a) * (rows - 1)) / 2
      const light = (0.35 * slopeX - 0.35 * slopeY + 1) / (1.15 * Math.sqrt(slopeX ** 2 + slopeY ** 2 + 1))
      patches.push({
        corners: corners.map(({ at: [x, y] }) => [x, y] as const),
        height: corners.reduce((total, { height }) => total + height, 0) / 4,
        light: Math.min(Math.max(light, 0), 1),
        depth: corners.reduce((total, { at }) => total + at[2], 0),
      })
    }
  return patches.sort((one, other) => other.depth - one.depth)
}
