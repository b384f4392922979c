// Operations that turn many numbers into one, along some axes or all.
import { reduction } from '../compile/lowering.js'
import { ShapeError } from '../errors.js'
import { type Op, op } from '../op.js'
import type { Array64, Reference } from '../reference.js'
import { type Domain, uniform } from '../sample.js'
import { describeShape, normalizeAxes, normalizeAxis, reducedShape, type Shape, sizeOf } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { div, mul } from './arithmetic.js'
import { equal } from './comparison.js'
import { broadcastTo, reshape } from './shape.js'

interface Reduction {
  /** The axes to reduce, negative ones counted from the end; all unless given. */
  axes?: number | readonly number[]
  /** Keep the reduced axes with size 1. */
  keepDims?: boolean
}
interface Prepared {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

const along = (name: string) =>
  ({
    inputs: ['x'],
    attributes: {
      axes: 'The axes to reduce, negative ones counted from the end; all unless given.',
      keepDims: 'Keep the reduced axes with size 1.',
    },
    shorthand: 'axes',
    prepare: ({ axes, keepDims = false }: Reduction, { x }: { x: Shape }): Prepared => ({
      axes: normalizeAxes(name, axes, x.length),
      keepDims,
    }),
    shape: ({ x }: { x: Shape }, { axes, keepDims }: Prepared) => reducedShape(x, axes, keepDims),
  }) as const

const sampleOf = (domain: Domain, emptyToo: boolean) => ({
  domains: { x: domain },
  cases: [
    { shapes: { x: [] } },
    { shapes: { x: [1] } },
    { shapes: { x: [3] } },
    { shapes: { x: [4] } },
    { shapes: { x: [129] } },
    { shapes: { x: [3, 5] } },
    { shapes: { x: [3, 5] }, attributes: { axes: 0 } },
    { shapes: { x: [3, 5] }, attributes: { axes: -1, keepDims: true } },
    { shapes: { x: [2, 3, 4] }, attributes: { axes: [0, 2] } },
    { shapes: { x: [2, 3, 4] }, attributes: { axes: 1 } },
    { shapes: { x: [17, 9] }, attributes: { axes: 0 } },
    { shapes: { x: [5, 1] }, attributes: { axes: [] } },
    ...(emptyToo ? [{ shapes: { x: [0] } }, { shapes: { x: [0, 3] }, attributes: { axes: 0 } }] : []),
  ] as { shapes: { x: Shape }; attributes?: Reduction }[],
})

/** `dy` in the shape of `x`, repeated along the reduced axes. */
function spread(dy: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return broadcastTo(reshape(dy, reducedShape(x.shape, axes, true)), x.shape)
}

/** Sum along axes; 0 of nothing. */
export const sum: Op<['x'], Reduction, 'axes', 'reduce'> = op('sum', {
  ...along('sum'),
  summary: 'Sum along axes; 0 of nothing.',
  symbol: 'Σ',
  formula: 'y = Σᵢ xᵢ',
  vjp: { x: { formula: 'x̄ᵢ = ȳ', rule: ({ x, dy }, { axes }) => spread(dy, x, axes) } },
  lower: reduction('Sum'),
  reference: reduce((values) => values.reduce((total, value) => total + value, 0)),
  onnx: 'ReduceSum',
  ulp: ({ x }) => sizeOf(x) + 1,
  sample: sampleOf(uniform(0.1, 3), true),
})

/** Mean along axes; NaN of nothing. */
export const mean: Op<['x'], Reduction, 'axes', 'reduce'> = op('mean', {
  ...along('mean'),
  summary: 'Mean along axes.',
  symbol: 'mean',
  formula: 'y = (1/n) Σᵢ xᵢ',
  vjp: {
    x: {
      formula: 'x̄ᵢ = ȳ / n',
      rule: ({ x, y, dy }, { axes }) => spread(mul(dy, y.size / x.size), x, axes),
    },
  },
  decompose: ({ x }, { axes, keepDims }) =>
    mul(sum(x, { axes, keepDims }), sizeOf(reducedShape(x.shape, axes, false)) / x.size),
  lower: reduction('Mean'),
  reference: reduce((values) => values.reduce((total, value) => total + value, 0) / values.length),
  onnx: 'ReduceMean',
  ulp: ({ x }) => sizeOf(x) + 2,
  sample: sampleOf(uniform(0.1, 3), false),
})

const extremeSample = sampleOf(uniform(-3, 3, { distinct: 0.01 }), false)

/** Largest along axes; ties share the derivative evenly, as in PyTorch's `amax`. */
export const max: Op<['x'], Reduction, 'axes', 'reduce'> = op('max', {
  ...along('max'),
  summary: 'Largest along axes; ties share the derivative evenly.',
  symbol: 'max',
  formula: 'y = maxᵢ xᵢ',
  shape: checkedShape('max'),
  vjp: { x: { formula: 'x̄ᵢ = ȳ / (number of largest) where xᵢ = y', rule: shareAmongExtremes } },
  lower: reduction('Max'),
  reference: reduce((values) => values.reduce((a, b) => Math.max(a, b))),
  onnx: 'ReduceMax',
  ulp: 0,
  sample: extremeSample,
})

/** Smallest along axes; ties share the derivative evenly, as in PyTorch's `amin`. */
export const min: Op<['x'], Reduction, 'axes', 'reduce'> = op('min', {
  ...along('min'),
  summary: 'Smallest along axes; ties share the derivative evenly.',
  symbol: 'min',
  formula: 'y = minᵢ xᵢ',
  shape: checkedShape('min'),
  vjp: { x: { formula: 'x̄ᵢ = ȳ / (number of smallest) where xᵢ = y', rule: shareAmongExtremes } },
  lower: reduction('Min'),
  reference: reduce((values) => values.reduce((a, b) => Math.min(a, b))),
  onnx: 'ReduceMin',
  ulp: 0,
  sample: extremeSample,
})

/** Position of the largest along one axis, the first at a tie. */
export const argMax: Op<['x'], { axis?: number }, 'axis'> = op('argMax', {
  inputs: ['x'],
  summary: 'Position of the largest along one axis, the first at a tie.',
  symbol: 'argmax',
  formula: 'y = argmaxᵢ xᵢ',
  attributes: { axis: 'The axis to look along; the last unless given.' },
  shorthand: 'axis',
  prepare: ({ axis = -1 }: { axis?: number }, { x }) => ({
    axes: [normalizeAxis('argMax', axis, x.length)],
    keepDims: false,
  }),
  shape: checkedShape('argMax'),
  vjp: { x: null },
  lower: reduction('ArgMax'),
  reference: reduce((values) => values.indexOf(values.reduce((a, b) => Math.max(a, b)))),
  onnx: 'ArgMax',
  ulp: 0,
  sample: {
    domains: { x: uniform(-3, 3) },
    cases: [
      { shapes: { x: [5] } },
      { shapes: { x: [3, 5] } },
      { shapes: { x: [3, 5] }, attributes: { axis: 0 } },
      { shapes: { x: [2, 3, 4] }, attributes: { axis: 1 } },
      { shapes: { x: [1, 1] } },
    ],
  },
})

function shareAmongExtremes({ x, y, dy }: { x: Tensor; y: Tensor; dy: Tensor }, { axes }: Prepared): Tensor {
  const hit = equal(x, spread(y, x, axes))
  return mul(div(hit, sum(hit, { axes, keepDims: true })), spread(dy, x, axes))
}

function checkedShape(name: string) {
  return ({ x }: { x: Shape }, { axes, keepDims }: Prepared): Shape => {
    if (axes.some((axis) => x[axis] === 0))
      throw new ShapeError(`${name}: x is ${describeShape(x)}, and ${name} of nothing does not exist`)
    return reducedShape(x, axes, keepDims)
  }
}

/** Lifts a function of the reduced numbers. */
function reduce(f: (values: number[]) => number): Reference<Prepared> {
  return ([x], shape, { axes }) => {
    const groups = Array.from({ length: sizeOf(shape) }, (): number[] => [])
    const { data, shape: full } = x as Array64
    const counter = full.map(() => 0)
    for (let index = 0; index < data.length; index++) {
      let group = 0
      for (const [axis, dimension] of full.entries())
        if (!axes.includes(axis)) group = group * dimension + counter[axis]!
      groups[group]!.push(data[index]!)
      for (let axis = full.length - 1; axis >= 0 && ++counter[axis]! === full[axis]; axis--) counter[axis] = 0
    }
    return Float64Array.from(groups, f)
  }
}
