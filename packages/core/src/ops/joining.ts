// Operations that join tensors.

import { ShapeError } from '../checks/errors.js'
import { copyOperands } from '../compile/lowering.js'
import { type Op, op } from '../graph/op.js'
import { forEachStrided } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import { describeShape, normalizeAxis, type Shape, sizeOf, stridesOf } from '../graph/shape.js'
import { expandDims, reshape } from './shape.js'
import { slice } from './slicing.js'

interface Along {
  /** The dimension; negative ones count from the end; default 0. */
  axis?: number
}

/** The offset of each shape along the axis. */
function starts(xs: readonly Shape[], axis: number): number[] {
  let start = 0
  return xs.map((x) => {
    start += x[axis]!
    return start - x[axis]!
  })
}

/** A sample with an axis. */
const alongAxis = (axis: number, ...xs: Shape[]) => ({ shapes: { xs }, attributes: { axis } })

function describeAll(xs: readonly Shape[]): string {
  return xs.map((x, place) => `xs[${place}] is ${describeShape(x)}`).join(', ')
}

/** Concatenates tensors along a dimension, in which alone they may differ. */
export const concat: Op<['...xs'], Along, 'axis'> = op('concat', {
  inputs: ['...xs'],
  summary: 'Concatenates tensors along a dimension, in which alone they may differ.',
  symbol: 'concat',
  formula: 'y = [x₀, x₁, …]',
  attributes: { axis: 'The dimension; negative ones count from the end; default 0.' },
  shorthand: 'axis',
  prepare: ({ axis = 0 }: Along, { xs }) => ({ axis: normalizeAxis('concat', axis, xs[0]!.length) }),
  shape: ({ xs }, { axis }): Shape => {
    const [first] = xs
    for (const x of xs)
      if (x.length !== first!.length || x.some((dimension, at) => at !== axis && dimension !== first![at]))
        throw new ShapeError(
          `concat: ${describeAll(xs)}; all must have the same dimensions except for axis ${axis}`,
        )
    return first!.with(
      axis,
      xs.reduce((total, x) => total + x[axis]!, 0),
    )
  },
  vjp: {
    xs: {
      formula: 'x̄ᵢ = the slice of ȳ at xᵢ',
      rule: ({ xs, dy }, { axis }, place) => {
        const shapes = xs.map(({ shape }) => shape)
        const size = shapes[place]!
        return slice(dy, {
          begin: size.map((_, at) => (at === axis ? starts(shapes, axis)[place]! : 0)),
          size,
        })
      },
    },
  },
  lower: ({ inputs, shape, attributes: { axis }, output, alias, emit }) => {
    if (sizeOf(inputs[0]!.shape) === sizeOf(shape)) return alias()
    const strides = stridesOf(shape)
    const begin = starts(
      inputs.map((input) => input.shape),
      axis,
    )
    for (const [place, { buffer, shape: sizes }] of inputs.entries())
      if (sizeOf(sizes) > 0)
        emit(
          'Copy',
          copyOperands(output(), { strides, offset: begin[place]! * strides[axis]! }, buffer, {
            sizes,
            strides: stridesOf(sizes),
          }),
        )
  },
  reference: (inputs, shape, { axis }) => {
    const out = new Float64Array(sizeOf(shape))
    const strides = stridesOf(shape)
    const begin = starts(
      inputs.map((input) => input.shape),
      axis,
    )
    for (const [place, x] of inputs.entries())
      forEachStrided(x.shape, [strides], (index, [at]) => {
        out[begin[place]! * strides[axis]! + at!] = x.data[index]!
      })
    return out
  },
  ulp: 0,
  sample: {
    domains: { xs: uniform(-3, 3) },
    cases: [
      { shapes: { xs: [[3]] } },
      { shapes: { xs: [[2], [5]] } },
      { shapes: { xs: [[1], [1], [1]] } },
      { shapes: { xs: [[0], [4]] } },
      { shapes: { xs: [[4], [0], [0]] } },
      { shapes: { xs: [[0], [0]] } },
      alongAxis(0, [3, 5], [2, 5]),
      alongAxis(1, [3, 5], [3, 2], [3, 1]),
      alongAxis(-1, [3, 1], [3, 1]),
      alongAxis(1, [2, 3, 4], [2, 1, 4], [2, 2, 4]),
      alongAxis(2, [2, 3, 0], [2, 3, 5]),
      alongAxis(-2, [2, 2, 2, 3], [2, 2, 2, 3]),
      {
        shapes: {
          xs: [
            [1, 7],
            [8, 7],
            [9, 7],
          ],
        },
      },
    ],
  },
})

/** Stacks tensors of the same shape along a new dimension. */
export const stack: Op<['...xs'], Along, 'axis'> = op('stack', {
  inputs: ['...xs'],
  summary: 'Stacks tensors of the same shape along a new dimension.',
  symbol: 'stack',
  formula: 'y[i] = xᵢ',
  attributes: { axis: 'Position of the new dimension; default 0; −1 is the last.' },
  shorthand: 'axis',
  prepare: ({ axis = 0 }: Along, { xs }) => ({ axis: normalizeAxis('stack', axis, xs[0]!.length + 1) }),
  shape: ({ xs }, { axis }): Shape => {
    const [first] = xs
    if (xs.some((x) => describeShape(x) !== describeShape(first!)))
      throw new ShapeError(`stack: ${describeAll(xs)}; all must have the same shape`)
    return first!.toSpliced(axis, 0, xs.length)
  },
  vjp: {
    xs: {
      formula: 'x̄ᵢ = ȳ[i]',
      rule: ({ xs, dy }, { axis }, place) => {
        const { shape } = xs[place]!
        const part = slice(dy, {
          begin: dy.shape.map((_, at) => (at === axis ? place : 0)),
          size: shape.toSpliced(axis, 0, 1),
        })
        return reshape(part, shape)
      },
    },
  },
  decompose: ({ xs }, { axis }) =>
    concat(
      xs.map((x) => expandDims(x, axis)),
      axis,
    ),
  reference: (inputs, shape, { axis }) => {
    const out = new Float64Array(sizeOf(shape))
    const strides = stridesOf(shape)
    for (const [place, x] of inputs.entries())
      forEachStrided(x.shape, [strides.toSpliced(axis, 1)], (index, [at]) => {
        out[place * strides[axis]! + at!] = x.data[index]!
      })
    return out
  },
  ulp: 0,
  sample: {
    domains: { xs: uniform(-3, 3) },
    cases: [
      { shapes: { xs: [[]] } },
      { shapes: { xs: [[], []] } },
      { shapes: { xs: [[1], [1], [1]] } },
      { shapes: { xs: [[3], [3]] } },
      { shapes: { xs: [[3], [3]] }, attributes: { axis: 1 } },
      { shapes: { xs: [[4], [4], [4], [4]] }, attributes: { axis: -1 } },
      { shapes: { xs: [[5], [5]] }, attributes: { axis: -2 } },
      { shapes: { xs: [[0], [0]] } },
      alongAxis(1, [3, 5], [3, 5], [3, 5]),
      { shapes: { xs: [[3, 5]] }, attributes: { axis: 2 } },
      alongAxis(2, [2, 3, 4], [2, 3, 4]),
      { shapes: { xs: [[9], [9]] }, attributes: { axis: 0 } },
    ],
  },
})
