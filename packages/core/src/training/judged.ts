// What is known of a loss beside its graph: what it was made of, and over what its mean is taken.

import type { Tensor } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import type { LossName } from './losses.js'

/**
 * What the mean in a loss divides by, which is what means of batches count when they are joined to one: the number of
 * its numbers, or a scalar that is computed, the sum of their weights. `sum` for a loss that is a sum and no mean.
 */
export type MeanWeight = number | Tensor | 'sum'

/** What a loss was made of. */
export interface Judged {
  readonly name: LossName
  readonly outputs: Tensor
  readonly targets: Tensor
  /** 1 for each position that counts, 0 for each that is ignored; nothing where all count. */
  readonly counted: Tensor | undefined
  /** The target of those that are ignored. */
  readonly ignoreIndex: number | undefined
  /** Nothing where the losses were left as they are. */
  readonly meanWeight: MeanWeight | undefined
}

const judged = new WeakMap<Tensor, Judged>()

/** Says what `loss` was made of; returns the loss. */
export function withJudged(loss: Tensor, made: Judged): Tensor {
  judged.set(loss, made)
  return loss
}

/** What losses of the library made of outputs and targets, among what `loss` is computed from. */
export function judgedIn(loss: Tensor): readonly Judged[] {
  return topological([loss], (tensor) => judged.has(tensor)).flatMap((tensor) => judged.get(tensor) ?? [])
}

/**
 * What the mean in `loss` divides by. A loss that is made of one, such as with a penalty added, has that one's; where
 * that is not said, or several are in it that differ, it is `rows`.
 */
export function meanWeightOf(loss: Tensor, rows: number): MeanWeight {
  const found = new Set(judgedIn(loss).flatMap(({ meanWeight }) => meanWeight ?? []))
  const [only] = found
  if (only === undefined || found.size > 1) return rows
  // What is made of a sum may be a mean again.
  return only === 'sum' && !judged.has(loss) ? rows : only
}
