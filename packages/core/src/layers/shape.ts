// Layers that change the shape of rows, and functions of tensors as layers.
import { checkFunction, checkOptions } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { checkShape, describeShape, type Shape, sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import * as ops from '../ops/index.js'
import { type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

/** Makes one long row of each row's numbers. */
export function flatten(options: LayerOptions = {}): LayerPlan {
  checkOptions('flatten', options, layerChecks)
  return layer('flatten', options, (_, shape) => {
    return (_, x) => ops.reshape(x, [x.shape[0]!, sizeOf(shape)])
  })
}

export interface ReshapeOptions extends LayerOptions {
  /** Shape of one row. */
  shape: Shape
}

/** Reads each row's numbers as another shape. */
export function reshape(options: ReshapeOptions): LayerPlan {
  const { shape } = checkOptions('reshape', options, { ...layerChecks, shape: checkShape })
  return layer('reshape', options, (_, before) => {
    if (sizeOf(before) !== sizeOf(shape))
      throw new ShapeError(
        `reshape: rows of ${describeShape(before)} are ${sizeOf(before)} numbers, ${describeShape(shape)} wants ${sizeOf(shape)}`,
      )
    return (_, x) => ops.reshape(x, [x.shape[0]!, ...shape])
  })
}

/**
 * Any function of batches without parameters: `compute((a, b) => a.add(b))` joins two branches of a model. Its
 * output must have a row for each row.
 */
export function compute(f: (...inputs: Tensor[]) => Tensor, options: LayerOptions = {}): LayerPlan {
  checkFunction('compute', 'f', f)
  checkOptions('compute', options, layerChecks)
  return layer(
    'compute',
    options,
    () =>
      (_, ...inputs) =>
        f(...inputs),
    {
      min: 1,
      max: Number.POSITIVE_INFINITY,
    },
  )
}
