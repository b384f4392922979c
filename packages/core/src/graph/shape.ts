// Arithmetic on shapes: sizes, strides, axes and NumPy broadcasting.
import { describeValue } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'

/** Sizes of the dimensions, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** The number of elements of a shape: the product of its dimensions, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const dimension of shape) size *= dimension
  return size
}

/** Elements to skip for one step along each dimension of a contiguous (row-major) array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis])
}

/** `3×4`, or `a scalar`. */
export function describeShape(shape: Shape): string {
  return shape.length === 0 ? 'a scalar' : shape.length === 1 ? `[${shape[0]}]` : shape.join('×')
}

/**
 * Returns the shape.
 * @throws ShapeError unless every dimension is an integer of at least 0, ValueError for anything but an array.
 */
export function checkShape(caller: string, name: string, value: unknown): Shape {
  const wrong = `${caller}: ${name} must be an array of non-negative integers, got`
  if (!Array.isArray(value)) throw new ValueError(`${wrong} ${describeValue(value)}`)
  // Spread, so that holes are seen.
  if (![...value].every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0))
    throw new ShapeError(`${wrong} ${describeValue(value)}`)
  return value
}

/** Beyond this, two tensors take half of the 4 GiB of kernel memory, and one exceeds 2 GiB in float64. */
const mostElements = 2 ** 28

/** Throws when a tensor, called `what` in the message, would have too many elements. */
export function checkFits(name: string, what: string, shape: Shape): void {
  if (sizeOf(shape) > mostElements)
    throw new ShapeError(
      `${name}: ${what} would be ${describeShape(shape)}, more elements than fit into memory`,
    )
}

/** The shape that both are broadcast to: aligned at the last dimension, equal or 1 (NumPy's rule). */
export function broadcastShapes(op: string, names: readonly string[], shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  const result: number[] = []
  for (let axis = 0; axis < rank; axis++) {
    let dimension = 1
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length]
      if (own === undefined || own === 1 || own === dimension) continue
      if (dimension === 1) dimension = own
      else {
        const given = names.map((name, index) => `${name} is ${describeShape(shapes[index]!)}`).join(', ')
        throw new ShapeError(
          `${op}: ${given}; dimensions, counted from the last, must be equal or 1 (${dimension} vs ${own})`,
        )
      }
    }
    result.push(dimension)
  }
  return result
}

/** Strides that read `shape` broadcast to `target`: 0 where a dimension repeats. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape)
  const offset = target.length - shape.length
  return target.map((dimension, axis) => {
    const at = axis - offset
    return at < 0 || (shape[at] === 1 && dimension !== 1) ? 0 : own[at]!
  })
}

/** Normalizes `undefined` (all axes), one axis or several, negative ones counted from the end, to sorted axes. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis)
  const list = (Array.isArray(axes) ? [...axes] : [axes]).map((axis) => normalizeAxis(op, axis, rank))
  const sorted = [...new Set(list)].sort((a, b) => a - b)
  if (sorted.length !== list.length) throw new ValueError(`${op}: axes [${list.join(', ')}] must be unique`)
  return sorted
}

export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new ValueError(
      rank === 0
        ? `${op}: axis ${describeValue(axis)} does not exist, x is a scalar`
        : `${op}: axis ${describeValue(axis)} does not exist; x has axes 0 to ${rank - 1}, or -1 to ${-rank} from the end`,
    )
  return axis < 0 ? axis + rank : axis
}

/** The shape after reducing `axes`, which remain as 1 with `keepDims`. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return shape.flatMap((dimension, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [dimension]))
}

/** Which sides of a matrix product are transposed. */
export interface Transposition {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/**
 * Both sides of a product as matrices or batches of them, m×k and k×n after transposition, and the batch shape of the
 * product. A vector is a row on the left and a column on the right, and is never transposed.
 * @throws ShapeError when they do not fit.
 */
export function matrixSides(op: string, a: Shape, b: Shape, given: Transposition) {
  if (a.length === 0 || b.length === 0)
    throw new ShapeError(
      `${op}: a is ${describeShape(a)} and b is ${describeShape(b)}; both must have at least one dimension; use mul for a scalar`,
    )
  const left = a.length === 1 ? [1, ...a] : a
  const right = b.length === 1 ? [...b, 1] : b
  const transposeA = given.transposeA && a.length > 1
  const transposeB = given.transposeB && b.length > 1
  const lastTwo = (shape: Shape, transposed: boolean) =>
    (transposed ? [...shape.slice(-2)].reverse() : shape.slice(-2)) as [number, number]
  const [m, k] = lastTwo(left, transposeA)
  const [rows, n] = lastTwo(right, transposeB)
  if (rows !== k)
    throw new ShapeError(
      `${op}: a is ${describeShape(a)}${transposeA ? ' transposed' : ''}, so b must have ${k} ${b.length === 1 ? 'elements' : transposeB ? 'columns' : 'rows'}; got ${describeShape(b)}`,
    )
  const batch = broadcastShapes(
    op,
    ['the batch of a', 'the batch of b'],
    [left.slice(0, -2), right.slice(0, -2)],
  )
  return { left, right, transposeA, transposeB, batch, m, k, n }
}
