// Where a cost is lowest, as far as can be known, and by which curvature a learning rate is judged there.
import type { Slices } from '../slices.js'
import type { Bowl, Position } from './bowl.js'
import { curvatureOf } from './curvature.js'
import { frameOf } from './frame.js'

export interface Lowest {
  readonly position: Position
  readonly cost: number
  /** It is the lowest of all, since the cost is quadratic; otherwise the lowest that was found in the frame. */
  readonly proved: boolean
}

/** Points along each axis at which a bottom is searched. */
const searched = 61

/** The lowest point of the cost; `null` where it has none, or none was found. */
export function* lowestOf(bowl: Bowl): Slices<Lowest | null> {
  const { quadratic, parameters } = bowl
  if (quadratic) {
    const { lowest } = quadratic
    return lowest && { position: lowest, cost: bowl.at(lowest).cost, proved: true }
  }
  const ranges = frameOf(
    bowl,
    parameters.map(() => 0),
  )
  const count = searched ** parameters.length
  const columns = ranges.map(([low, high], axis) =>
    Float64Array.from({ length: count }, (_, index) => {
      const along = axis === 0 ? index % searched : Math.floor(index / searched)
      return low + ((high - low) * along) / (searched - 1)
    }),
  )
  const costs = (yield* bowl.costsAt(columns))[0]!
  let best = -1
  for (const [index, cost] of costs.entries())
    if (Number.isFinite(cost) && !(cost >= costs[best]!)) best = index
  if (best < 0) return null
  const position = yield* bottomNear(
    bowl,
    columns.map((column) => column[best]!),
  )
  // A bottom outside the frame would not be the lowest of what was searched.
  if (!position?.every((value, axis) => value >= ranges[axis]![0] && value <= ranges[axis]![1])) return null
  return { position, cost: bowl.at(position).cost, proved: false }
}

/** The curvature in the steepest direction by which a learning rate is judged, and where it was measured. */
export interface Steepest {
  readonly value: number
  readonly where: 'everywhere' | 'bottom' | 'start'
}

/** `null` where the cost does not bend upwards. */
export function steepestOf(bowl: Bowl, lowest: Lowest | null, start: Position): Steepest | null {
  const where = bowl.quadratic ? 'everywhere' : lowest ? 'bottom' : 'start'
  const value = curvatureOf(bowl.at(lowest?.position ?? start).hessian).values.at(-1)!
  return value > 0 && Number.isFinite(value) ? { value, where } : null
}

/** The lowest point near `from`: Newton's steps, as long as they lead down. `null` where there is no bottom nearby. */
export function* bottomNear(bowl: Bowl, from: Position): Slices<Position | null> {
  let position = from
  let local = bowl.at(position)
  for (let round = 0; round < 60; round++) {
    yield
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
