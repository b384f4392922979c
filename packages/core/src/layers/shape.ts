// Layers that change the shape of rows, and functions as layers.
import { checkFunction, checkOptions } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import { checkShape, describeShape, type Shape, sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import * as ops from '../ops/index.js'
import { type LayerOptions, type LayerPlan, layer, layerChecks } from './layer.js'

/** Flattens each row to one dimension. */
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

/** Changes the shape of each row. */
export function reshape(options: ReshapeOptions): LayerPlan {
  const { shape } = checkOptions('reshape', options, { ...layerChecks, shape: checkShape })
  return layer('reshape', options, (_, before) => {
    if (sizeOf(before) !== sizeOf(shape))
      throw new ShapeError(
        `reshape: rows of ${describeShape(before)} have ${sizeOf(before)} elements, but ${describeShape(shape)} has ${sizeOf(shape)}`,
      )
    return (_, x) => ops.reshape(x, [x.shape[0]!, ...shape])
  })
}

/**
 * A function of batches as a layer without parameters: `compute((a, b) => a.add(b))` joins two branches of a model. It
 * must return a row for each row.
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
