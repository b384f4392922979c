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
export interface LossOrigin {
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

const origins = new WeakMap<Tensor, LossOrigin>()

/** Records where `loss` comes from; returns the loss. */
export function withLossOrigin(loss: Tensor, origin: LossOrigin): Tensor {
  origins.set(loss, origin)
  return loss
}

/** The losses of the library among the nodes that `loss` depends on. */
export function lossOriginsIn(loss: Tensor): readonly LossOrigin[] {
  return topological([loss], (tensor) => origins.has(tensor)).flatMap((tensor) => origins.get(tensor) ?? [])
}

/**
 * The divisor of the mean in `loss`. A loss that builds on one, such as with a penalty added, has the same; where it
 * is unknown, or several differ, it is `rows`.
 */
export function meanWeightOf(loss: Tensor, rows: number): MeanWeight {
  const found = new Set(lossOriginsIn(loss).flatMap(({ meanWeight }) => meanWeight ?? []))
  const [only] = found
  if (only === undefined || found.size > 1) return rows
  // A function of a sum may be a mean again.
  return only === 'sum' && !origins.has(loss) ? rows : only
}
