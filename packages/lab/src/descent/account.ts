// The account of one step: the update in numbers, and the one reason for what it did.
import { directionOf, type Path, type Step } from './descend.js'

/** What a step did, by what was measured. */
export type Reason =
  /** The slope shrank to this share of itself, as measured along the step: it is still on the same side. */
  | { readonly kind: 'approached'; readonly left: number }
  /** It landed beyond the lowest point along its way, at a lower cost. */
  | { readonly kind: 'overshot' }
  /** It landed beyond the lowest point, at a higher cost, or as high. */
  | { readonly kind: 'climbed' }
  /** The slope grew: the cost bends downwards along this step, or is straight. */
  | { readonly kind: 'steepened' }
  /** What is kept of earlier slopes outweighs the slope here: the ball goes on uphill. */
  | { readonly kind: 'carried' }
  /** Earlier slopes add to the one here: the move is this many times as long as plain descent's. */
  | { readonly kind: 'gathered'; readonly times: number }
  /** The slope is divided by its usual size: the move is this many times the learning rate, however steep it is. */
  | { readonly kind: 'scaled'; readonly times: number }

export interface Account {
  /** From where the step went. */
  readonly from: Step
  readonly to: Step
  /** What is multiplied by the learning rate: the slopes, or what the rule makes of them. */
  readonly direction: readonly number[]
  /** The mean second derivative of the cost along the step. */
  readonly curvature: number
  readonly reason: Reason
}

/** The account of the step that led to step number `index` of a path, from 1. */
export function accountOf(path: Path, index: number, rate: number): Account {
  const [from, to] = [path.steps[index - 1]!, path.steps[index]!]
  const direction = directionOf(path.racer, from, to, rate)
  const squared = dot(from.slopes, from.slopes)
  const move = to.position.map((value, axis) => value - from.position[axis]!)
  const change = to.slopes.map((value, axis) => value - from.slopes[axis]!)
  const curvature = dot(change, move) / dot(move, move)
  return { from, to, direction, curvature, reason: reasonOf() }

  function reasonOf(): Reason {
    const { rule } = path.racer
    if (rule === 'rmsProp' || rule === 'adam')
      return { kind: 'scaled', times: Math.max(...direction.map(Math.abs)) }
    const along = dot(direction, from.slopes)
    if (rule !== 'sgd') {
      if (along < 0) return { kind: 'carried' }
      const times = along / squared
      if (times > 1.005) return { kind: 'gathered', times }
    }
    // With plain descent the slope along the step becomes 1 − αc times what it was, with the mean curvature c along it.
    const left = dot(to.slopes, from.slopes) / squared
    if (left > 1) return { kind: 'steepened' }
    if (left >= 0) return { kind: 'approached', left }
    return { kind: to.cost < from.cost ? 'overshot' : 'climbed' }
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, axis) => total + value * b[axis]!, 0)
}
