// Activation functions by name.
import { checkOptions, oneOf } from '../checks/check-options.js'
import type { Tensor } from '../graph/tensor.js'
import * as ops from '../ops/index.js'
import { type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

/** Activations by name. */
export const activations = {
  linear: (x) => x,
  sigmoid: (x) => ops.sigmoid(x),
  tanh: (x) => ops.tanh(x),
  relu: (x) => ops.relu(x),
  softplus: (x) => ops.softplus(x),
  gelu: (x) => ops.gelu(x),
  silu: (x) => ops.silu(x),
  mish: (x) => ops.mish(x),
  logSigmoid: (x) => ops.logSigmoid(x),
  leakyRelu: (x) => ops.leakyRelu(x),
  elu: (x) => ops.elu(x),
  selu: (x) => ops.selu(x),
  relu6: (x) => ops.relu6(x),
  hardSigmoid: (x) => ops.hardSigmoid(x),
  hardSwish: (x) => ops.hardSwish(x),
  softmax: (x) => ops.softmax(x),
  logSoftmax: (x) => ops.logSoftmax(x),
} satisfies Readonly<Record<string, (x: Tensor) => Tensor>>

/** Name of an activation. */
export type ActivationName = keyof typeof activations

export const checkActivation = oneOf(activations)

/** An activation function as a layer. */
export function activation(name: ActivationName, options: LayerOptions = {}): LayerPlan {
  checkActivation('activation', 'name', name)
  checkOptions(name, options, layerChecks)
  return layer(name, options, () => (_, x) => activations[name](x))
}
