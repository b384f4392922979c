// Operations that move or repeat elements without changing them.

import { ShapeError, ValueError } from '../checks/errors.js'
import { stridedCopy } from '../compile/lowering.js'
import { type Op, op } from '../graph/op.js'
import { forEachStrided } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import {
  broadcastShapes,
  broadcastStrides,
  checkShape,
  describeShape,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
} from '../graph/shape.js'
import { sum } from './reductions.js'

const domains = { x: uniform(-3, 3) }

/** The same elements in the same order in another shape; one dimension may be −1, which is inferred. */
export const reshape: Op<['x'], { shape: Shape }, 'shape', 'reshape'> = op('reshape', {
  inputs: ['x'],
  summary: 'The same elements in the same order in another shape.',
  symbol: 'reshape',
  formula: 'y[i] = x[i], in row-major order',
  attributes: { shape: 'The new shape; one dimension may be −1, which is inferred.' },
  shorthand: 'shape',
  prepare: ({ shape }: { shape: Shape }, { x }) => {
    if (!Array.isArray(shape)) throw new ValueError('reshape: the new shape must be an array of integers')
    const known = sizeOf(shape.filter((dimension) => dimension !== -1))
    const resolved = shape.map((dimension) => (dimension === -1 ? sizeOf(x) / known : dimension))
    if (
      shape.filter((dimension) => dimension === -1).length > 1 ||
      resolved.some((dimension) => !Number.isInteger(dimension) || dimension < 0) ||
      sizeOf(resolved) !== sizeOf(x)
    )
      throw new ShapeError(
        `reshape: x is ${describeShape(x)}, ${sizeOf(x)} numbers; shape [${shape.join(', ')}] has a different number`,
      )
    return { shape: resolved }
  },
  shape: (_, { shape }) => shape,
  vjp: { x: { formula: 'x̄ = ȳ, in the shape of x', rule: ({ x, dy }) => reshape(dy, x.shape) } },
  lower: ({ alias }) => alias(),
  reference: ([x]) => x!.data,
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [6] }, attributes: { shape: [2, 3] } },
      { shapes: { x: [2, 3] }, attributes: { shape: [-1] } },
      { shapes: { x: [] }, attributes: { shape: [1, 1] } },
      { shapes: { x: [0, 3] }, attributes: { shape: [3, 0] } },
      { shapes: { x: [4, 3] }, attributes: { shape: [2, -1, 3] } },
      { shapes: { x: [1] }, attributes: { shape: [] } },
      { shapes: { x: [5] }, attributes: { shape: [5, 1] } },
      { shapes: { x: [7] }, attributes: { shape: [1, 7] } },
      { shapes: { x: [8] }, attributes: { shape: [2, 4] } },
      { shapes: { x: [3, 3] }, attributes: { shape: [9] } },
      { shapes: { x: [2, 3, 4] }, attributes: { shape: [-1, 6] } },
      { shapes: { x: [129] }, attributes: { shape: [3, 43] } },
    ],
  },
})

/** Permutes the dimensions; reverses them by default. */
export const transpose: Op<['x'], { permutation?: readonly number[] }, 'permutation', 'transpose'> = op(
  'transpose',
  {
    inputs: ['x'],
    summary: 'Permutes the dimensions; reverses them by default.',
    symbol: 'ᵀ',
    formula: 'y[i, j] = x[j, i]',
    attributes: { permutation: 'For each dimension of the output, that of x.' },
    shorthand: 'permutation',
    prepare: ({ permutation }: { permutation?: readonly number[] }, { x }) => {
      if (permutation !== undefined && !Array.isArray(permutation))
        throw new ValueError(`transpose: permutation must be an array of axes, got ${permutation}`)
      const order =
        permutation?.map((axis) => normalizeAxis('transpose', axis, x.length)) ??
        x.map((_, axis) => x.length - 1 - axis)
      if (new Set(order).size !== x.length || order.length !== x.length)
        throw new ValueError(
          `transpose: permutation [${order.join(', ')}] must have each of the ${x.length} axes of x once`,
        )
      return { permutation: order }
    },
    shape: ({ x }, { permutation }) => permutation.map((axis) => x[axis]!),
    vjp: {
      x: {
        formula: 'x̄ = ȳ, permuted back',
        rule: ({ dy }, { permutation }) =>
          transpose(
            dy,
            permutation.map((_, axis) => permutation.indexOf(axis)),
          ),
      },
    },
    lower: stridedCopy(({ permutation }, x) => {
      const strides = stridesOf(x)
      return permutation.map((axis) => strides[axis]!)
    }),
    reference: ([x], shape, { permutation }) => {
      const strides = stridesOf(x!.shape)
      return copyStrided(
        x!.data,
        shape,
        permutation.map((axis) => strides[axis]!),
      )
    },
    ulp: 0,
    sample: {
      domains,
      cases: [
        { shapes: { x: [] } },
        { shapes: { x: [5] } },
        { shapes: { x: [3, 5] } },
        { shapes: { x: [1, 4] } },
        { shapes: { x: [0, 2] } },
        { shapes: { x: [2, 3, 4] } },
        { shapes: { x: [2, 3, 4] }, attributes: { permutation: [1, 0, 2] } },
        { shapes: { x: [2, 1, 3, 2] }, attributes: { permutation: [0, 3, -2, 1] } },
        { shapes: { x: [17, 9] } },
        { shapes: { x: [5, 1] } },
        { shapes: { x: [4, 8] } },
        { shapes: { x: [2, 3, 5] }, attributes: { permutation: [2, 0, 1] } },
      ],
    },
  },
)

/** Broadcasts the tensor to a larger shape, by NumPy's rule. */
export const broadcastTo: Op<['x'], { shape: Shape }, 'shape', 'reshape'> = op('broadcastTo', {
  inputs: ['x'],
  summary: 'Broadcasts the tensor to a larger shape.',
  symbol: 'repeat',
  formula: 'y[i, j] = x[j]',
  attributes: { shape: 'The larger shape.' },
  shorthand: 'shape',
  prepare: ({ shape }: { shape: Shape }, { x }) => {
    checkShape('broadcastTo', 'shape', shape)
    if (!sameShape(broadcastShapes('broadcastTo', ['x', 'shape'], [x, shape]), shape))
      throw new ShapeError(
        `broadcastTo: x is ${describeShape(x)}, which cannot be broadcast to ${describeShape(shape)}`,
      )
    return { shape: [...shape] }
  },
  shape: (_, { shape }) => shape,
  vjp: { x: { formula: 'x̄ = Σ ȳ over the repeats', rule: ({ x, dy }) => sumTo(dy, x.shape) } },
  lower: stridedCopy(({ shape }, x) => broadcastStrides(x, shape)),
  reference: ([x], shape) => copyStrided(x!.data, shape, broadcastStrides(x!.shape, shape)),
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [] }, attributes: { shape: [3] } },
      { shapes: { x: [1] }, attributes: { shape: [2, 5] } },
      { shapes: { x: [3, 1] }, attributes: { shape: [3, 4] } },
      { shapes: { x: [4] }, attributes: { shape: [3, 4] } },
      { shapes: { x: [2, 1, 3] }, attributes: { shape: [2, 2, 2, 3] } },
      { shapes: { x: [1] }, attributes: { shape: [0] } },
      { shapes: { x: [2] }, attributes: { shape: [2] } },
      { shapes: { x: [0] }, attributes: { shape: [3, 0] } },
      { shapes: { x: [5] }, attributes: { shape: [2, 5] } },
      { shapes: { x: [3, 1] }, attributes: { shape: [3, 8] } },
      { shapes: { x: [1, 9] }, attributes: { shape: [4, 9] } },
      { shapes: { x: [1, 1] }, attributes: { shape: [7, 17] } },
    ],
  },
})

/** Sums over what broadcasting repeated, back to the smaller shape: the gradient of `broadcastTo`. */
export const sumTo: Op<['x'], { shape: Shape }, 'shape', 'reshape'> = op('sumTo', {
  inputs: ['x'],
  summary: 'Sums over what broadcasting repeated, back to the smaller shape.',
  symbol: 'Σ',
  formula: 'y[j] = Σᵢ x[i, j]',
  attributes: { shape: 'The smaller shape.' },
  shorthand: 'shape',
  prepare: ({ shape }: { shape: Shape }, { x }) => {
    checkShape('sumTo', 'shape', shape)
    if (!sameShape(broadcastShapes('sumTo', ['shape', 'x'], [shape, x]), x))
      throw new ShapeError(
        `sumTo: ${describeShape(shape)} does not broadcast to x, which is ${describeShape(x)}`,
      )
    return { shape: [...shape] }
  },
  shape: (_, { shape }) => shape,
  vjp: { x: { formula: 'x̄ = ȳ, repeated', rule: ({ x, dy }) => broadcastTo(dy, x.shape) } },
  decompose: ({ x }, { shape }) => {
    const offset = x.rank - shape.length
    const axes = x.shape.flatMap((dimension, axis) =>
      axis < offset || (shape[axis - offset] === 1 && dimension !== 1) ? [axis] : [],
    )
    return reshape(axes.length === 0 ? x : sum(x, axes), shape)
  },
  reference: ([x], shape) => {
    const out = new Float64Array(sizeOf(shape))
    forEachStrided(x!.shape, [broadcastStrides(shape, x!.shape)], (index, [at]) => {
      out[at!]! += x!.data[index]!
    })
    return out
  },
  ulp: ({ x }) => sizeOf(x),
  sample: {
    domains,
    cases: [
      { shapes: { x: [3] }, attributes: { shape: [] } },
      { shapes: { x: [2, 5] }, attributes: { shape: [1] } },
      { shapes: { x: [3, 4] }, attributes: { shape: [3, 1] } },
      { shapes: { x: [3, 4] }, attributes: { shape: [4] } },
      { shapes: { x: [2, 2, 2, 3] }, attributes: { shape: [2, 1, 3] } },
      { shapes: { x: [0] }, attributes: { shape: [1] } },
      { shapes: { x: [2] }, attributes: { shape: [2] } },
      { shapes: { x: [] }, attributes: { shape: [] } },
      { shapes: { x: [1, 1] }, attributes: { shape: [1] } },
      { shapes: { x: [4, 5] }, attributes: { shape: [1, 5] } },
      { shapes: { x: [2, 3, 4] }, attributes: { shape: [3, 1] } },
      { shapes: { x: [3, 17] }, attributes: { shape: [17] } },
    ],
  },
})

/** Inserts a dimension of 1 at `axis`. */
export const expandDims: Op<['x'], { axis?: number }, 'axis'> = op('expandDims', {
  inputs: ['x'],
  summary: 'Inserts a dimension of 1.',
  symbol: 'expand',
  formula: 'y[0, i] = x[i]',
  attributes: { axis: 'Position of the new dimension; default 0; −1 is the last.' },
  shorthand: 'axis',
  prepare: ({ axis = 0 }: { axis?: number }, { x }) => ({
    axis: normalizeAxis('expandDims', axis, x.length + 1),
  }),
  shape: ({ x }, { axis }) => [...x.slice(0, axis), 1, ...x.slice(axis)],
  vjp: { x: { formula: 'x̄ = ȳ, in the shape of x', rule: ({ x, dy }) => reshape(dy, x.shape) } },
  lower: ({ alias }) => alias(),
  reference: ([x]) => x!.data,
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [] } },
      { shapes: { x: [3] } },
      { shapes: { x: [2, 3] }, attributes: { axis: 1 } },
      { shapes: { x: [2, 3] }, attributes: { axis: -1 } },
      { shapes: { x: [0] } },
      { shapes: { x: [1] } },
      { shapes: { x: [4] } },
      { shapes: { x: [5] }, attributes: { axis: 1 } },
      { shapes: { x: [8] }, attributes: { axis: -1 } },
      { shapes: { x: [3, 9] } },
      { shapes: { x: [2, 3, 4] }, attributes: { axis: 2 } },
      { shapes: { x: [3, 0] }, attributes: { axis: -2 } },
    ],
  },
})

/** Removes dimensions of 1: all, or those in `axes`. */
export const squeeze: Op<['x'], { axes?: number | readonly number[] }, 'axes'> = op('squeeze', {
  inputs: ['x'],
  summary: 'Removes dimensions of 1: all, or those in `axes`.',
  symbol: 'squeeze',
  formula: 'y[i] = x[0, i]',
  attributes: { axes: 'The dimensions to remove, each of size 1.' },
  shorthand: 'axes',
  prepare: ({ axes }: { axes?: number | readonly number[] }, { x }) => {
    const list =
      axes === undefined
        ? x.flatMap((dimension, axis) => (dimension === 1 ? [axis] : []))
        : normalizeAxes('squeeze', axes, x.length)
    for (const axis of list)
      if (x[axis] !== 1)
        throw new ShapeError(`squeeze: axis ${axis} of x, which is ${describeShape(x)}, is not 1`)
    return { axes: list }
  },
  shape: ({ x }, { axes }) => reducedShape(x, axes, false),
  vjp: { x: { formula: 'x̄ = ȳ, in the shape of x', rule: ({ x, dy }) => reshape(dy, x.shape) } },
  lower: ({ alias }) => alias(),
  reference: ([x]) => x!.data,
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [1] } },
      { shapes: { x: [1, 3, 1] } },
      { shapes: { x: [1, 3, 1] }, attributes: { axes: -1 } },
      { shapes: { x: [3] } },
      { shapes: { x: [1, 0] } },
      { shapes: { x: [] } },
      { shapes: { x: [1, 4] } },
      { shapes: { x: [5, 1] } },
      { shapes: { x: [1, 1, 1] } },
      { shapes: { x: [4, 1, 8] }, attributes: { axes: 1 } },
      { shapes: { x: [1, 9, 1] }, attributes: { axes: [0, 2] } },
      { shapes: { x: [2, 1, 3] }, attributes: { axes: -2 } },
    ],
  },
})

/** Repeats the tensor as a whole along each dimension. */
export const tile: Op<['x'], { repeats: readonly number[] }, 'repeats'> = op('tile', {
  inputs: ['x'],
  summary: 'Repeats the tensor as a whole along each dimension.',
  symbol: 'tile',
  formula: 'y[i] = x[i mod n]',
  attributes: { repeats: 'The number of times, for each dimension.' },
  shorthand: 'repeats',
  prepare: ({ repeats }: { repeats: readonly number[] }, { x }) => {
    if (
      !Array.isArray(repeats) ||
      repeats.length !== x.length ||
      !repeats.every((count) => Number.isInteger(count) && count >= 0)
    )
      throw new ValueError(
        `tile: repeats must be a non-negative integer for each of the ${x.length} dimensions of x, which is ${describeShape(x)}; got ${JSON.stringify(repeats)}`,
      )
    return { repeats: [...repeats] }
  },
  shape: ({ x }, { repeats }): Shape => x.map((length, axis) => length * repeats[axis]!),
  vjp: {
    x: {
      formula: 'x̄ = Σ ȳ over the repeats',
      rule: ({ x, dy }, { repeats }) =>
        sum(
          reshape(
            dy,
            x.shape.flatMap((length, axis) => [repeats[axis]!, length]),
          ),
          x.shape.map((_, axis) => 2 * axis),
        ),
    },
  },
  decompose: ({ x }, { repeats }) => {
    const apart = reshape(
      x,
      x.shape.flatMap((length) => [1, length]),
    )
    const repeated = broadcastTo(
      apart,
      x.shape.flatMap((length, axis) => [repeats[axis]!, length]),
    )
    return reshape(
      repeated,
      x.shape.map((length, axis) => length * repeats[axis]!),
    )
  },
  reference: ([x], shape) => {
    const [strides, own] = [stridesOf(shape), stridesOf(x!.shape)]
    return Float64Array.from({ length: sizeOf(shape) }, (_, index) => {
      const at = own.map((stride, axis) => (Math.floor(index / strides[axis]!) % x!.shape[axis]!) * stride)
      return x!.data[at.reduce((total, part) => total + part, 0)]!
    })
  },
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [] }, attributes: { repeats: [] } },
      { shapes: { x: [1] }, attributes: { repeats: [5] } },
      { shapes: { x: [3] }, attributes: { repeats: [1] } },
      { shapes: { x: [4] }, attributes: { repeats: [3] } },
      { shapes: { x: [5] }, attributes: { repeats: [2] } },
      { shapes: { x: [3] }, attributes: { repeats: [0] } },
      { shapes: { x: [0] }, attributes: { repeats: [2] } },
      { shapes: { x: [3, 5] }, attributes: { repeats: [2, 1] } },
      { shapes: { x: [3, 5] }, attributes: { repeats: [1, 3] } },
      { shapes: { x: [2, 4] }, attributes: { repeats: [3, 2] } },
      { shapes: { x: [2, 1, 3] }, attributes: { repeats: [2, 4, 2] } },
      { shapes: { x: [7, 9] }, attributes: { repeats: [2, 2] } },
    ],
  },
})

/** Swaps two dimensions. */
export const swapAxes: Op<['x'], { axes: readonly [number, number] }, 'axes'> = op('swapAxes', {
  inputs: ['x'],
  summary: 'Swaps two dimensions.',
  symbol: 'swap',
  formula: 'y[i, j] = x[j, i]',
  attributes: { axes: 'The two dimensions; negative ones count from the end.' },
  shorthand: 'axes',
  prepare: ({ axes }: { axes: readonly [number, number] }, { x }) => {
    if (!Array.isArray(axes) || axes.length !== 2)
      throw new ValueError(`swapAxes: axes must be two dimensions, as in [0, 1]; got ${JSON.stringify(axes)}`)
    return { axes: axes.map((axis) => normalizeAxis('swapAxes', axis, x.length)) as [number, number] }
  },
  shape: ({ x }, { axes }): Shape => swapped(x, axes),
  vjp: { x: { formula: 'x̄ = ȳ, swapped back', rule: ({ dy }, { axes }) => swapAxes(dy, axes) } },
  decompose: ({ x }, { axes }) =>
    transpose(
      x,
      swapped(
        x.shape.map((_, axis) => axis),
        axes,
      ),
    ),
  reference: ([x], shape, { axes }) => copyStrided(x!.data, shape, swapped(stridesOf(x!.shape), axes)),
  ulp: 0,
  sample: {
    domains,
    cases: [
      { shapes: { x: [3] }, attributes: { axes: [0, 0] } },
      { shapes: { x: [1, 1] }, attributes: { axes: [0, 1] } },
      { shapes: { x: [3, 5] }, attributes: { axes: [0, 1] } },
      { shapes: { x: [4, 4] }, attributes: { axes: [1, 0] } },
      { shapes: { x: [0, 3] }, attributes: { axes: [0, 1] } },
      { shapes: { x: [7, 9] }, attributes: { axes: [-1, -2] } },
      { shapes: { x: [2, 3, 4] }, attributes: { axes: [0, 2] } },
      { shapes: { x: [2, 3, 4] }, attributes: { axes: [1, 2] } },
      { shapes: { x: [2, 3, 5] }, attributes: { axes: [0, 1] } },
      { shapes: { x: [2, 1, 3] }, attributes: { axes: [1, -1] } },
      { shapes: { x: [2, 3, 2, 5] }, attributes: { axes: [1, 2] } },
      { shapes: { x: [8, 17] }, attributes: { axes: [0, 1] } },
    ],
  },
})

function swapped(list: readonly number[], [a, b]: readonly [number, number]): number[] {
  return list.map((item, at) => (at === a ? list[b]! : at === b ? list[a]! : item))
}

function copyStrided(data: Float64Array, shape: Shape, strides: readonly number[]): Float64Array {
  const out = new Float64Array(sizeOf(shape))
  forEachStrided(shape, [strides], (index, [at]) => {
    out[index] = data[at!]!
  })
  return out
}
