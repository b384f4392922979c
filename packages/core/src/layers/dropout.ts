// Dropout, which acts in training alone.
import { checkOptions, checkShare } from '../checks/check-options.js'
import * as ops from '../ops/index.js'
import { type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

export interface DropoutOptions extends LayerOptions {
  /** How likely each number is dropped, from 0 up to but without 1. */
  rate: number
}

/**
 * In training sets numbers to 0 at random and scales the others up, in evaluation does nothing (Srivastava et al.
 * 2014). Which ones depends on the model's seed, the layer and the step; a layer that is called twice drops the
 * same ones twice.
 */
export function dropout(options: DropoutOptions): LayerPlan {
  const { rate } = checkOptions('dropout', options, { ...layerChecks, rate: checkShare })
  return layer('dropout', options, ({ random }) => {
    const seed = random.integer(0, 2 ** 32)
    return (context, x) => (context.training ? ops.dropout(x, context.key, { rate, seed }) : x)
  })
}
