// What is known of a loss besides its graph: its outputs and targets, and what its mean divides by.

import type { Tensor } from '../graph/tensor.js'
import { topological } from '../graph/traverse.js'
import type { LossName } from './losses.js'

/**
 * The divisor of the mean in a loss, which is the weight of a batch when means of batches are combined: the number of
 * elements, or a computed scalar, the sum of their weights. `sum` for a loss that is a sum.
 */
export type MeanWeight = number | Tensor | 'sum'

/** Where a loss comes from. */
export interface Judged {
  readonly name: LossName
  readonly outputs: Tensor
  readonly targets: Tensor
  /** 1 for each position that counts, 0 for each that is ignored; undefined where all count. */
  readonly counted: Tensor | undefined
  /** The target of ignored positions. */
  readonly ignoreIndex: number | undefined
  /** Undefined where the losses were not reduced. */
  readonly meanWeight: MeanWeight | undefined
}

const judged = new WeakMap<Tensor, Judged>()

/** Records where `loss` comes from; returns the loss. */
export function withJudged(loss: Tensor, made: Judged): Tensor {
  judged.set(loss, made)
  return loss
}

/** The losses of the library among the nodes that `loss` depends on. */
export function judgedIn(loss: Tensor): readonly Judged[] {
  return topological([loss], (tensor) => judged.has(tensor)).flatMap((tensor) => judged.get(tensor) ?? [])
}

/**
 * The divisor of the mean in `loss`. A loss that builds on one, such as with a penalty added, has the same; where it
 * is unknown, or several differ, it is `rows`.
 */
export function meanWeightOf(loss: Tensor, rows: number): MeanWeight {
  const found = new Set(judgedIn(loss).flatMap(({ meanWeight }) => meanWeight ?? []))
  const [only] = found
  if (only === undefined || found.size > 1) return rows
  // A function of a sum may be a mean again.
  return only === 'sum' && !judged.has(loss) ? rows : only
}
