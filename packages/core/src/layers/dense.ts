// The fully connected layer.

import { checkCount, checkOptions, optional } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { matmul, reshape } from '../ops/index.js'
import { type ActivationName, activations, checkActivation } from './activation.js'
import type { Initializer, InitializerName } from './initializers.js'
import { checkInitializer, type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

/** What layers with weights, a bias and an activation can be told. */
export interface WeightsOptions extends LayerOptions {
  /** Function applied to each output; none unless given. */
  activation?: ActivationName
  /** Beginning of the weights: `heUniform` before relu and `glorotUniform` else, unless given. */
  weights?: InitializerName | Initializer
  /** Beginning of the biases, zeros unless given; `false` for no biases. */
  bias?: InitializerName | Initializer | false
}

export interface DenseOptions extends WeightsOptions {
  /** How many numbers it puts out for each row. */
  units: number
}

/**
 * Fully connected layer: `activation(x · weights + bias)`. Rows of several dimensions, such as the positions of
 * a sequence, are taken along their last: `[…, n]` becomes `[…, units]`.
 */
export function dense(options: DenseOptions): LayerPlan {
  const { units, weights, bias, activation } = withWeights(
    checkOptions('dense', options, { ...weightsChecks, units: checkCount }),
  )
  return layer('dense', options, (builder, shape) => {
    const inputs = shape.at(-1)
    if (inputs === undefined)
      throw new ShapeError('dense: wants rows of at least one dimension, got rows of a scalar')
    const w = builder.parameter('weights', [inputs, units], weights, inputs, units)
    const b = bias && builder.parameter('bias', [units], bias, inputs, units)
    return (_, x) => {
      const product = matmul(asMatrix(x), w)
      const sums = b ? product.add(b) : product
      return asRows(activations[activation](sums), x)
    }
  })
}

/** All but the last dimension as rows of a matrix. */
export function asMatrix(x: Tensor): Tensor {
  return x.rank === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])
}

/** A matrix with the rows that `asMatrix` made of x, as x has them. */
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

/** The options with weights that suit the activation, unless they are given. */
export function withWeights<O extends { activation: ActivationName; weights: WeightsOptions['weights'] }>(
  options: O,
) {
  const { activation, weights = activation === 'relu' ? 'heUniform' : 'glorotUniform' } = options
  return { ...options, weights }
}
