// Dropout, which is active only in training.
import { checkOptions, checkShare } from '../checks/check-options.js'
import * as ops from '../ops/index.js'
import { type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

export interface DropoutOptions extends LayerOptions {
  /** Probability of dropping an element, in [0, 1). */
  rate: number
}

/**
 * Sets elements to 0 at random in training and scales up the others; the identity in evaluation (Srivastava et al.
 * 2014). The mask depends on the seed of the model, the layer and the step; a layer that is called twice applies the
 * same mask twice.
 */
export function dropout(options: DropoutOptions): LayerPlan {
  const { rate } = checkOptions('dropout', options, { ...layerChecks, rate: checkShare })
  return layer('dropout', options, ({ random }) => {
    const seed = random.integer(0, 2 ** 32)
    return (context, x) => (context.training ? ops.dropout(x, context.key, { rate, seed }) : x)
  })
}
