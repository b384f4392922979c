// The samples of layers that core's tests have, and their layers.
import { type LayerPlan, layers } from '@bp/core'

export { samples } from '../../core/test/layer-samples.js'

export const ofKind = (kind: string, options: object) =>
  (layers as unknown as Record<string, (options: object) => LayerPlan>)[kind]!(options)
