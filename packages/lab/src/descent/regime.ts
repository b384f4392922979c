// What a learning rate does where the cost is a bowl: creeps, goes straight in, zigzags or flies out.
import type { Racer } from './racers.js'

/**
 * `creeps`: goes straight in, and less than a tenth of the way per step. `zigzags`: lands on the other side, yet lower.
 * `flies`: every step ends higher than the last.
 */
export type Regime = 'creeps' | 'straight' | 'zigzags' | 'flies'

/** Learning rates at which one regime ends and the next begins; two may coincide. */
export interface Regimes {
  readonly creeps: number
  readonly straight: number
  /** The bound: 2/λ for plain descent, with the largest curvature λ. */
  readonly zigzags: number
}

/** Part of the way that is left after a step, from which on one speaks of creeping. */
const creeping = 0.9

/**
 * The regimes of a rule in a bowl of curvature λ in its steepest direction; `null` where the cost does not bend upwards
 * and for rules whose steps do not shrink with the slope.
 *
 * With error e, plain descent is e ← (1 − αλ)e. With momentum, e obeys a recursion of two terms, whose characteristic
 * roots z decide: z² − (1 + μ − αλ)z + μ = 0, and z² − (1 + μ)(1 − αλ)z + μ(1 − αλ) = 0 for Nesterov's (Polyak 1964;
 * O'Donoghue and Candès 2015). Real positive roots go straight in, complex or negative ones swing across, and from 1 on
 * they fly out.
 */
export function regimes({ rule, settings }: Racer, lambda: number): Regimes | null {
  if (!(lambda > 0 && Number.isFinite(lambda))) return null
  const mu = rule === 'sgd' ? 0 : settings[0]!
  const z = creeping
  if (rule === 'sgd' || rule === 'momentum')
    return inOrder(1 + mu - z - mu / z, (1 - Math.sqrt(mu)) ** 2, 2 * (1 + mu), lambda)
  if (rule === 'nesterov')
    return inOrder(
      1 - z ** 2 / ((1 + mu) * z - mu),
      ((1 - mu) / (1 + mu)) ** 2,
      (2 * (1 + mu)) / (1 + 2 * mu),
      lambda,
    )
  return null
}

/** Where the slower of two real roots is above 0.9 all the way, it creeps until it swings. */
function inOrder(creeps: number, straight: number, zigzags: number, lambda: number): Regimes {
  const slow = creeps > 0 && creeps < straight ? creeps : straight
  return { creeps: slow / lambda, straight: straight / lambda, zigzags: zigzags / lambda }
}

/** The regime of a learning rate. */
export function regimeAt({ creeps, straight, zigzags }: Regimes, rate: number): Regime {
  if (rate >= zigzags) return 'flies'
  if (rate > straight) return 'zigzags'
  return rate < creeps ? 'creeps' : 'straight'
}
