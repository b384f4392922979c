// Values as users write them: numbers, nested arrays and typed arrays, flattened.
import { describeValue } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { checkShape, describeShape, type Shape, sizeOf } from './shape.js'

/** Nested arrays of numbers, of equal depth and equal lengths at each level. */
export type NestedArray<Entry = number> = readonly (Entry | NestedArray<Entry>)[]
/** A typed array of numbers. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array
/** Values that a tensor can be made from; `true` is 1 and `false` is 0. */
export type Values = number | boolean | NestedArray<number | boolean> | NumberArray

/** The values as a flat array, with their shape. */
export function flatten(
  caller: string,
  values: Values,
  shape?: Shape,
): { flat: ArrayLike<number>; shape: Shape } {
  let flat: ArrayLike<number>
  let found: Shape
  if (isNumber(values)) {
    flat = [Number(values)]
    found = []
  } else if (isNumberArray(values)) {
    flat = values
    found = [values.length]
  } else if (Array.isArray(values)) {
    const dimensions: number[] = []
    for (let level: unknown = values; Array.isArray(level); level = level[0]) dimensions.push(level.length)
    const out: number[] = []
    unnest(caller, values, dimensions, 0, out)
    flat = out
    found = dimensions
  } else {
    throw new ValueError(
      `${caller}: expects a number, nested arrays of numbers or a typed array; got ${describeValue(values)}`,
    )
  }
  if (!shape) return { flat, shape: found }
  checkShape(caller, 'shape', shape)
  if (sizeOf(shape) !== flat.length)
    throw new ShapeError(
      `${caller}: shape ${describeShape(shape)} holds ${sizeOf(shape)} numbers, got ${flat.length}`,
    )
  return { flat, shape: [...shape] }
}

function isNumber(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

/** Whether it is a typed array of numbers: not of bigints, and not a `DataView`. */
function isNumberArray(values: unknown): values is NumberArray {
  return ArrayBuffer.isView(values) && 'length' in values && typeof (values as NumberArray)[0] !== 'bigint'
}

function unnest(
  caller: string,
  value: unknown,
  dimensions: readonly number[],
  depth: number,
  out: number[],
): void {
  if (depth === dimensions.length) {
    if (!isNumber(value))
      throw new ValueError(
        `${caller}: expects numbers, found ${Array.isArray(value) ? 'a deeper array' : typeof value}`,
      )
    out.push(Number(value))
    return
  }
  if (!Array.isArray(value) || value.length !== dimensions[depth])
    throw new ShapeError(
      `${caller}: nested arrays must be regular; expected ${dimensions[depth]} entries at depth ${depth + 1}, found ${Array.isArray(value) ? value.length : typeof value}`,
    )
  for (const entry of value) unnest(caller, entry, dimensions, depth + 1, out)
}

/** Flat data as nested arrays of a shape; a number for a scalar. */
export function nest(data: ArrayLike<number>, shape: Shape): number | NestedArray {
  let offset = 0
  const build = (depth: number): number | NestedArray =>
    depth === shape.length ? data[offset++]! : Array.from({ length: shape[depth]! }, () => build(depth + 1))
  return build(0)
}
