// Activation functions by name.
import { relu, sigmoid, softplus, tanh } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { checkName, type LayerOptions, type LayerPlan, layer } from './layer.js'

/** Activations by name. */
export const activations = {
  linear: (x: Tensor) => x,
  sigmoid,
  tanh,
  relu,
  softplus,
} satisfies Readonly<Record<string, (x: Tensor) => Tensor>>

/** Name of an activation. */
export type ActivationName = keyof typeof activations

/** An activation function as a layer of its own. */
export function activation(name: ActivationName, options: LayerOptions = {}): LayerPlan {
  checkName('activation', 'activation', name, activations)
  return layer(name, options, () => (_, x) => activations[name](x))
}
