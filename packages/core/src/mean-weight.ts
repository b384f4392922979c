// Over what the mean in a loss is taken, which is what means of batches count when they are joined to one.
import type { Tensor } from './tensor.js'
import { topological } from './traverse.js'

/**
 * What the mean in a loss divides by: the number of its numbers, or a scalar that is computed, the sum of their weights.
 * `sum` for a loss that is a sum over its rows and no mean.
 */
export type MeanWeight = number | Tensor | 'sum'

const weights = new WeakMap<Tensor, MeanWeight>()

/** Says what the mean in `loss` divides by; returns the loss. */
export function withMeanWeight<T extends Tensor>(loss: T, weight: MeanWeight): T {
  weights.set(loss, weight)
  return loss
}

/**
 * What the mean in `loss` divides by. A loss that is made of one, such as with a penalty added, has that one's; where
 * that is not said, or several are in it that differ, it is `rows`.
 */
export function meanWeightOf(loss: Tensor, rows: number): MeanWeight {
  const own = weights.get(loss)
  if (own !== undefined) return own
  const found = new Set(topological([loss]).flatMap((tensor) => weights.get(tensor) ?? []))
  const [only] = found
  return found.size === 1 && only !== 'sum' ? only! : rows
}
