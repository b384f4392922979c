// The curve of a cost of one parameter: samples, and the heights worth showing.
import type { Bowl } from './bowl.js'
import type { Range } from './frame.js'

export interface Curve {
  readonly xs: Float64Array
  readonly costs: Float64Array
  /** The heights to show. */
  readonly heights: Range
  /** The lowest sample. */
  readonly lowest: { readonly x: number; readonly cost: number }
}

/** The cost at evenly spaced values of its parameter. The heights that are shown include `cost`, that of the start. */
export function curveOf(bowl: Bowl, range: Range, cost: number, count: number): Curve {
  const [low, high] = range
  const xs = Float64Array.from({ length: count }, (_, index) => low + ((high - low) * index) / (count - 1))
  const costs = bowl.costsAt([xs])[0]!
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
