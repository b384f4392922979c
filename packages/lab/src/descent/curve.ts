// The curve of a cost along one of its parameters: samples, and the heights worth showing.
import type { Slices } from '../slices.js'
import type { Bowl, Position } from './bowl.js'
import type { Range } from './frame.js'

export interface Curve {
  readonly xs: Float64Array
  readonly costs: Float64Array
  /** The heights to show. */
  readonly heights: Range
  /** The lowest sample. */
  readonly lowest: { readonly x: number; readonly cost: number }
}

/** Along which parameter; the others are held where they are in `position`. */
export interface Along {
  readonly axis: number
  readonly position: Position
}

/** The cost at evenly spaced values of one parameter. The heights that are shown include `cost`, that of the ball. */
export function* curveOf(
  bowl: Bowl,
  { axis, position }: Along,
  [low, high]: Range,
  cost: number,
  count: number,
): Slices<Curve> {
  const xs = Float64Array.from({ length: count }, (_, index) => low + ((high - low) * index) / (count - 1))
  const columns = position.map((held, own) => (own === axis ? xs : new Float64Array(count).fill(held)))
  const costs = (yield* bowl.costsAt(columns))[0]!
  const sorted = costs.filter(Number.isFinite).sort()
  if (sorted.length === 0) return { xs, costs, heights: [0, 1], lowest: { x: low, cost: Number.NaN } }
  const floor = sorted[0]!
  const start = Number.isFinite(cost) ? cost : floor
  // A pole or an exponential must not flatten the rest: what is above nine tenths of the samples is shown only as far as
  // the start is.
  const most = sorted.at(-1)!
  const usual = sorted[Math.floor(0.9 * (sorted.length - 1))]!
  const top = Math.max(Math.min(most, floor + 1.6 * (usual - floor)), start + 0.12 * (start - floor))
  const height = top > floor ? top - floor : 1
  const at = costs.indexOf(floor)
  return {
    xs,
    costs,
    heights: [floor - 0.08 * height, floor + 1.04 * height],
    lowest: { x: xs[at]!, cost: floor },
  }
}
