// The fully connected layer.

import { checkCount, checkOptions, optional } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { add, matmul, reshape } from '../ops/index.js'
import { type ActivationName, activations, checkActivation } from './activation.js'
import type { Initializer, InitializerName } from './initializers.js'
import { checkInitializer, type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

/** Options of layers with weights, a bias and an activation. */
export interface WeightsOptions extends LayerOptions {
  /** Activation function; none by default. */
  activation?: ActivationName
  /** Initializer of the weights; by default `heUniform` with relu, otherwise `glorotUniform`. */
  weights?: InitializerName | Initializer
  /** Initializer of the bias, default `zeros`; `false` for no bias. */
  bias?: InitializerName | Initializer | false
}

export interface DenseOptions extends WeightsOptions {
  /** Number of outputs. */
  units: number
}

/**
 * Fully connected layer: `activation(x · weights + bias)`. Applies along the last dimension of rows of several, such
 * as the positions of a sequence: `[…, n]` becomes `[…, units]`.
 */
export function dense(options: DenseOptions): LayerPlan {
  const { units, weights, bias, activation } = withWeights(
    checkOptions('dense', options, { ...weightsChecks, units: checkCount }),
  )
  return layer('dense', options, (builder, shape) => {
    const inputs = shape.at(-1)
    if (inputs === undefined)
      throw new ShapeError('dense: expects rows of at least one dimension, got scalar rows')
    const w = builder.parameter('weights', [inputs, units], weights, inputs, units)
    const b = bias && builder.parameter('bias', [units], bias, inputs, units)
    return (_, x) => {
      const product = matmul(asMatrix(x), w)
      const sums = b ? add(product, b) : product
      return asRows(activations[activation](sums), x)
    }
  })
}

/** Flattens all but the last dimension into the rows of a matrix. */
export function asMatrix(x: Tensor): Tensor {
  return x.rank === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])
}

/** The inverse of `asMatrix` for x. */
function asRows(matrix: Tensor, x: Tensor): Tensor {
  return x.rank === 2 ? matrix : reshape(matrix, [...x.shape.slice(0, -1), matrix.shape[1]!])
}

export const weightsChecks = {
  ...layerChecks,
  activation: optional(checkActivation, 'linear'),
  weights: optional(checkInitializer),
  bias: optional<NonNullable<WeightsOptions['bias']>, 'zeros'>(
    (caller, name, value) => (value === false ? value : checkInitializer(caller, name, value)),
    'zeros',
  ),
}

/** The options with the default initializer for the activation. */
export function withWeights<O extends { activation: ActivationName; weights: WeightsOptions['weights'] }>(
  options: O,
) {
  const { activation, weights = activation === 'relu' ? 'heUniform' : 'glorotUniform' } = options
  return { ...options, weights }
}
