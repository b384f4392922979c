// The curve of a cost of one parameter, or of one of two along a line: samples, and the heights worth showing.
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

/** The lowest point near `from`: Newton's steps, as long as they lead down. `null` where there is no bottom nearby. */
export function bottomNear(bowl: Bowl, from: Position): Position | null {
  let position = from
  let local = bowl.at(position)
  for (let round = 0; round < 60; round++) {
    const move = newtonStep(local.slopes, local.hessian)
    if (!move) return null
    // Halved until it leads down: a full step may overshoot where the curvature changes.
    let next = position
    let reached = local
    for (let part = 1; part > 1e-4; part /= 2) {
      next = position.map((value, axis) => value - part * move[axis]!)
      reached = bowl.at(next)
      if (reached.cost <= local.cost) break
    }
    if (!(reached.cost <= local.cost)) break
    const moved = next.some(
      (value, axis) => Math.abs(value - position[axis]!) > 1e-12 * Math.max(1, Math.abs(value)),
    )
    position = next
    local = reached
    if (!moved) break
  }
  return local.slopes.every((slope) => Math.abs(slope) <= 1e-6)
    ? position.map((value) => Number(value.toFixed(9)) + 0)
    : null
}

/** H⁻¹ · g, where H is positive definite. */
function newtonStep(slopes: readonly number[], hessian: readonly number[]): number[] | null {
  if (slopes.length === 1) return hessian[0]! > 0 ? [slopes[0]! / hessian[0]!] : null
  const [a, b, , d] = hessian as [number, number, number, number]
  const determinant = a * d - b * b
  if (!(a > 0 && determinant > 0)) return null
  const [x, y] = slopes as [number, number]
  return [(d * x - b * y) / determinant, (a * y - b * x) / determinant]
}
