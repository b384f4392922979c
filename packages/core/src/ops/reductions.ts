// Reductions, along some axes or all.
import { check, checkFlag } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { copyOperands, type Lowering, reduction, sizesAlong, sizesOfRows } from '../compile/lowering.js'
import { type Elementwise, type Op, op } from '../graph/op.js'
import { type Array64, forEachStrided, type Reference } from '../graph/reference.js'
import { type Domain, uniform } from '../graph/sample.js'
import {
  describeShape,
  normalizeAxes,
  normalizeAxis,
  reducedShape,
  type Shape,
  sizeOf,
  stridesOf,
} from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { exponential, logarithm } from '../numbers/elementary.js'
import { add, div, mul, sub } from './arithmetic.js'
import { equal, notEqual, where } from './comparison.js'
import { abs, exp, log, neg, sign, sqrt, square, stopGradient } from './elementwise.js'
import { concat } from './joining.js'
import { broadcastTo, reshape, transpose } from './shape.js'
import { slice } from './slicing.js'

interface Reduction {
  /** The axes to reduce; negative ones count from the end; default all. */
  axes?: number | readonly number[]
  /** Whether to keep the reduced axes with size 1. */
  keepDims?: boolean
}
interface Prepared {
  readonly axes: readonly number[]
  readonly keepDims: boolean
}

const axesAttributes = {
  axes: 'The axes to reduce; negative ones count from the end; default all.',
  keepDims: 'Whether to keep the reduced axes with size 1.',
}

const along = (name: string) =>
  ({
    inputs: ['x'],
    attributes: axesAttributes,
    shorthand: 'axes',
    prepare: ({ axes, keepDims = false }: Reduction, { x }: { x: Shape }): Prepared => ({
      axes: normalizeAxes(name, axes, x.length),
      keepDims: checkFlag(name, 'keepDims', keepDims),
    }),
    shape: ({ x }: { x: Shape }, { axes, keepDims }: Prepared) => reducedShape(x, axes, keepDims),
  }) as const

/** `long` and `tall` exceed what one iteration over SIMD vectors covers. */
const sampleOf = (domain: Domain, emptyToo: boolean, long = 129, tall: Shape = [17, 9]) => ({
  domains: { x: domain },
  cases: [
    { shapes: { x: [] } },
    { shapes: { x: [1] } },
    { shapes: { x: [3] } },
    { shapes: { x: [4] } },
    { shapes: { x: [long] } },
    { shapes: { x: [3, 5] } },
    { shapes: { x: [3, 5] }, attributes: { axes: 0 } },
    { shapes: { x: [3, 5] }, attributes: { axes: -1, keepDims: true } },
    { shapes: { x: [2, 3, 4] }, attributes: { axes: [0, 2] } },
    { shapes: { x: [2, 3, 4] }, attributes: { axes: 1 } },
    { shapes: { x: tall }, attributes: { axes: 0 } },
    { shapes: { x: [3, 19] }, attributes: { axes: 0 } },
    { shapes: { x: [5, 1] }, attributes: { axes: [] } },
    { shapes: { x: [0, 3] }, attributes: { axes: 1 } },
    ...(emptyToo ? [{ shapes: { x: [0] } }, { shapes: { x: [0, 3] }, attributes: { axes: 0 } }] : []),
  ] as { shapes: { x: Shape }; attributes?: Reduction }[],
})

/** Shared by operations that return positions along one axis. */
const axisCases: { shapes: { x: Shape }; attributes?: { axis?: number } }[] = [
  { shapes: { x: [1] } },
  { shapes: { x: [3] } },
  { shapes: { x: [5] } },
  { shapes: { x: [17] } },
  { shapes: { x: [3, 5] } },
  { shapes: { x: [3, 5] }, attributes: { axis: 0 } },
  { shapes: { x: [4, 8] }, attributes: { axis: -2 } },
  { shapes: { x: [2, 3, 4] }, attributes: { axis: 0 } },
  { shapes: { x: [2, 3, 4] }, attributes: { axis: 1 } },
  { shapes: { x: [2, 3, 4] }, attributes: { axis: -1 } },
  { shapes: { x: [1, 1] } },
  { shapes: { x: [0, 3] } },
  { shapes: { x: [5, 1, 9] }, attributes: { axis: 0 } },
]

/** `dy` in the shape of `x`, repeated along the reduced axes. */
function spread(dy: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return broadcastTo(reshape(dy, reducedShape(x.shape, axes, true)), x.shape)
}

/** Sum along axes; 0 for no elements. */
export const sum: Op<['x'], Reduction, 'axes', 'reduce'> = op('sum', {
  ...along('sum'),
  summary: 'Sum along axes; 0 for no elements.',
  symbol: 'Σ',
  formula: 'y = Σᵢ xᵢ',
  vjp: { x: { formula: 'x̄ᵢ = ȳ', rule: ({ x, dy }, { axes }) => spread(dy, x, axes) } },
  lower: reduction('Sum'),
  reference: reduce((values) => values.reduce((total, value) => total + value, 0)),
  ulp: ({ x }) => sizeOf(x),
  sample: sampleOf(uniform(0.1, 3), true),
})

/** Mean along axes; NaN for no elements. */
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
  ulp: ({ x }) => sizeOf(x) + 2,
  sample: sampleOf(uniform(0.1, 3), false),
})

const extremeSample = sampleOf(uniform(-3, 3, { distinct: 0.01 }), false)

/** Maximum along axes; ties share the derivative evenly, as in PyTorch's `amax`. */
export const max: Op<['x'], Reduction, 'axes', 'reduce'> = op('max', {
  ...along('max'),
  summary: 'Maximum along axes; ties share the derivative evenly.',
  symbol: 'max',
  formula: 'y = maxᵢ xᵢ',
  shape: checkedShape('max'),
  vjp: { x: { formula: 'x̄ᵢ = ȳ / (number of maxima) where xᵢ = y', rule: shareAmongExtremes } },
  lower: reduction('Max'),
  reference: reduce((values) => values.reduce((a, b) => Math.max(a, b))),
  ulp: 0,
  sample: extremeSample,
})

/** Minimum along axes; ties share the derivative evenly, as in PyTorch's `amin`. */
export const min: Op<['x'], Reduction, 'axes', 'reduce'> = op('min', {
  ...along('min'),
  summary: 'Minimum along axes; ties share the derivative evenly.',
  symbol: 'min',
  formula: 'y = minᵢ xᵢ',
  shape: checkedShape('min'),
  vjp: { x: { formula: 'x̄ᵢ = ȳ / (number of minima) where xᵢ = y', rule: shareAmongExtremes } },
  lower: reduction('Min'),
  reference: reduce((values) => values.reduce((a, b) => Math.min(a, b))),
  ulp: 0,
  sample: extremeSample,
})

const positionOf = (name: string) =>
  ({
    inputs: ['x'],
    attributes: { axis: 'The axis; default −1, the last.' },
    shorthand: 'axis',
    prepare: ({ axis = -1 }: { axis?: number }, { x }: { x: Shape }) => ({
      axes: [normalizeAxis(name, axis, x.length)],
      keepDims: false,
    }),
    shape: checkedShape(name),
    vjp: { x: null },
    ulp: 0,
    sample: { domains: { x: uniform(-3, 3) }, cases: axisCases },
  }) as const

/** Index of the maximum along one axis, the first of ties. */
export const argMax: Op<['x'], { axis?: number }, 'axis'> = op('argMax', {
  ...positionOf('argMax'),
  summary: 'Index of the maximum along one axis, the first of ties; of a NaN if there is one.',
  symbol: 'argmax',
  formula: 'y = argmaxᵢ xᵢ',
  lower: reduction('ArgMax'),
  reference: reduce((values) => positionWhere(values, (value, best) => value > best)),
})

/** Index of the minimum along one axis, the first of ties. */
export const argMin: Op<['x'], { axis?: number }, 'axis'> = op('argMin', {
  ...positionOf('argMin'),
  summary: 'Index of the minimum along one axis, the first of ties; of a NaN if there is one.',
  symbol: 'argmin',
  formula: 'y = argminᵢ xᵢ',
  decompose: ({ x }, { axes }) => argMax(neg(x), axes[0]!),
  reference: reduce((values) => positionWhere(values, (value, best) => value < best)),
})

function positionWhere(values: Float64Array, better: (value: number, best: number) => boolean): number {
  const missing = values.findIndex(Number.isNaN)
  if (missing >= 0) return missing
  return values.indexOf(values.reduce((best, value) => (better(value, best) ? value : best)))
}

/** Product along axes; 1 for no elements. Derivatives are correct where factors are 0, too. */
export const prod: Op<['x'], Reduction, 'axes', 'reduce'> = op('prod', {
  ...along('prod'),
  summary: 'Product along axes; 1 for no elements. Derivatives are correct where factors are 0, too.',
  symbol: 'Π',
  formula: 'y = Πᵢ xᵢ',
  vjp: {
    x: {
      formula: 'x̄ᵢ = ȳ · Πⱼ xⱼ over j ≠ i',
      rule: ({ x, dy }, { axes }) => mul(spread(dy, x, axes), othersAlong(x, axes)),
    },
  },
  lower: reduction('Prod'),
  reference: reduce((values) => values.reduce((total, value) => total * value, 1)),
  ulp: ({ x }) => sizeOf(x) + 1,
  sample: sampleOf(uniform(0.5, 1.5), true, 13, [6, 5]),
})

/** `productOfOthers` along several axes, which are moved to the end and merged. */
function othersAlong(x: Tensor, axes: readonly number[]): Tensor {
  const order = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  const kept = order.map((axis) => x.shape[axis]!)
  order.push(...axes)
  const length = sizeOf(axes.map((axis) => x.shape[axis]!))
  const others = productOfOthers(reshape(transpose(x, order), [...kept, length]))
  const back = order.map((_, axis) => order.indexOf(axis))
  return transpose(
    reshape(
      others,
      order.map((axis) => x.shape[axis]!),
    ),
    back,
  )
}

/** For each element the product of all others along the last axis: the gradient of `prod`. */
export const productOfOthers: Elementwise<['x']> = op('productOfOthers', {
  inputs: ['x'],
  summary: 'For each element the product of all others along the last axis: the gradient of prod.',
  symbol: 'Π others',
  formula: 'yᵢ = Πⱼ xⱼ over j ≠ i',
  shape: ({ x }) => {
    if (x.length === 0) throw new ShapeError('productOfOthers: x is a scalar; it must have an axis')
    return x
  },
  vjp: {
    x: { formula: 'x̄ₖ = Σᵢ ȳᵢ · Πⱼ xⱼ over i ≠ k and j ≠ i, k' },
  },
  decompose: othersByPairs,
  lower: ({ inputs: [x], output, emit }) => {
    emit('ProductOfOthers', { out: output(), x: x!.buffer, ...sizesOfRows(x!.shape) })
  },
  reference: ([x], shape) => {
    const n = shape[shape.length - 1]!
    return x!.data.map((_, index) => {
      const row = index - (index % n)
      let product = 1
      for (let other = row; other < row + n; other++) if (other !== index) product *= x!.data[other]!
      return product
    })
  },
  ulp: ({ x }) => x[x.length - 1]! + 1,
  sample: {
    domains: { x: uniform(0.5, 1.5) },
    cases: [[1], [2], [3], [4], [5], [9], [0], [2, 3], [3, 0], [0, 3], [2, 1], [2, 2, 4]].map((x) => ({
      shapes: { x },
    })),
  },
})

/**
 * The row is halved, and each element is paired with the one at the same index of the other half: the others of an
 * element are its partner and all other pairs. There is no division, so 0 is not special, and neither this nor any of
 * its derivatives takes more than a few times the memory of `x`.
 */
function othersByPairs({ x }: { x: Tensor }): Tensor {
  const rows = x.shape.slice(0, -1)
  const length = x.shape[rows.length]!
  if (length <= 1) return broadcastTo(1, x.shape)
  const half = Math.ceil(length / 2)
  const part = (of: Tensor, begin: number, size: number) =>
    slice(of, { begin: [...rows.map(() => 0), begin], size: [...rows, size] })
  const left = part(x, 0, half)
  const rest = part(x, half, length - half)
  const right = length % 2 === 0 ? rest : concat([rest, broadcastTo(1, [...rows, 1])], -1)
  const others = othersByPairs({ x: mul(left, right) })
  return concat([mul(right, others), part(mul(left, others), 0, length - half)], -1)
}

interface Spread extends Reduction {
  /** Subtracted from the count n: 0 (default), or 1 for the unbiased estimate. */
  correction?: number
}
interface PreparedSpread extends Prepared {
  readonly correction: number
  /** Divisor of the sum of squares. */
  readonly divisor: number
}

const spreadAlong = (name: string) =>
  ({
    ...along(name),
    attributes: {
      ...axesAttributes,
      correction: 'Subtracted from the count n: 0 (default), or 1 for the unbiased estimate.',
    },
    prepare: ({ correction = 0, ...given }: Spread, { x }: { x: Shape }): PreparedSpread => {
      const prepared = along(name).prepare(given, { x })
      const divisor = sizeOf(prepared.axes.map((axis) => x[axis]!)) - correction
      if (!(divisor > 0))
        throw new ValueError(
          `${name}: x is ${describeShape(x)}; undefined for ${divisor + correction} elements with correction ${correction}; use a smaller correction, or more axes`,
        )
      return { ...prepared, correction, divisor }
    },
  }) as const

const spreadSample = {
  domains: { x: uniform(0.1, 3) },
  cases: [
    ...sampleOf(uniform(0.1, 3), false).cases,
    { shapes: { x: [7] as Shape }, attributes: { correction: 1 } as Spread },
    { shapes: { x: [3, 5] as Shape }, attributes: { axes: 1, correction: 1, keepDims: true } as Spread },
  ],
}

/** One pass over the axes, which are moved to the end where they are not adjacent. */
const lowerSpread =
  (root: boolean): Lowering<PreparedSpread> =>
  ({ inputs: [x], attributes: { axes, divisor }, output, temporary, emit }) => {
    const full = x!.shape
    const length = sizeOf(axes.map((axis) => full[axis]!))
    const [first = full.length, last = first] = [axes[0], axes.at(-1)]
    let from = x!.buffer
    let inner = sizeOf(full.slice(last + 1))
    if (last - first >= Math.max(1, axes.length)) {
      const order = [...full.keys()].filter((axis) => !axes.includes(axis)).concat(axes)
      const sizes = order.map((axis) => full[axis]!)
      const strides = stridesOf(full)
      from = temporary(x!.buffer.size)
      const layout = { sizes, strides: order.map((axis) => strides[axis]!) }
      emit('Copy', copyOperands(from, { strides: stridesOf(sizes) }, x!.buffer, layout))
      inner = 1
    }
    const outer = sizeOf(full) / length / inner
    const sizes = { outer, length, inner }
    emit('Variance', { out: output(), x: from, means: temporary(inner), ...sizes, divisor, root: +root })
  }

/** `x` minus its mean along axes. */
const centred = (x: Tensor, axes: readonly number[]) => sub(x, mean(x, { axes, keepDims: true }))

/** Variance along axes, in two passes. */
export const variance: Op<['x'], Spread, 'axes', 'reduce'> = op('variance', {
  ...spreadAlong('variance'),
  summary: 'Variance along axes, in two passes.',
  symbol: 'var',
  formula: 'y = Σᵢ (xᵢ − mean)² / (n − correction)',
  vjp: {
    x: {
      formula: 'x̄ᵢ = 2 · ȳ · (xᵢ − mean) / (n − correction)',
      rule: ({ x, dy }, { axes, divisor }) => mul(spread(mul(2 / divisor, dy), x, axes), centred(x, axes)),
    },
  },
  decompose: ({ x }, { axes, keepDims, divisor }) =>
    div(sum(square(centred(x, axes)), { axes, keepDims }), divisor),
  lower: lowerSpread(false),
  reference: reduce(varianceOf),
  ulp: ({ x }) => 2 * sizeOf(x) + 8,
  sample: spreadSample,
})

/** Square root of the variance; its derivative at 0 is 0, as in PyTorch. */
export const std: Op<['x'], Spread, 'axes', 'reduce'> = op('std', {
  ...spreadAlong('std'),
  summary: 'Standard deviation along axes, the square root of the variance; its derivative at 0 is 0.',
  symbol: 'std',
  formula: 'y = √(Σᵢ (xᵢ − mean)² / (n − correction))',
  vjp: {
    x: {
      formula: 'x̄ᵢ = ȳ · (xᵢ − mean) / (y · (n − correction)), 0 where y = 0',
      rule: ({ x, y, dy }, { axes, divisor }) =>
        mul(spread(overPositive(dy, mul(y, divisor)), x, axes), centred(x, axes)),
    },
  },
  // Not the square root of the variance, which may overflow or underflow where the result does not.
  decompose: ({ x }, { axes, keepDims, divisor }) =>
    div(norm(centred(x, axes), { axes, keepDims }), Math.sqrt(divisor)),
  lower: lowerSpread(true),
  reference: reduce((values, attributes) => Math.sqrt(varianceOf(values, attributes))),
  ulp: ({ x }) => sizeOf(x) + 8,
  sample: spreadSample,
})

/** `a / b`, and 0 where `b` is 0. */
const overPositive = (a: Tensor, b: Tensor) => where(b, div(a, where(b, b, 1)), 0)

function varianceOf(values: Float64Array, { divisor }: PreparedSpread): number {
  const mean = values.reduce((total, value) => total + value, 0) / values.length
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / divisor
}

/** Logarithm of the sum of exponentials along axes; the maximum is subtracted first, so it does not overflow. */
export const logSumExp: Op<['x'], Reduction, 'axes', 'reduce'> = op('logSumExp', {
  ...along('logSumExp'),
  summary: 'Logarithm of the sum of exponentials along axes, without overflow.',
  symbol: 'ln Σ exp',
  formula: 'y = ln Σᵢ eˣⁱ',
  shape: checkedShape('logSumExp'),
  vjp: {
    x: {
      formula: 'x̄ᵢ = ȳ · eˣⁱ / Σⱼ eˣʲ',
      // Not e^(xᵢ − y), which amplifies the rounding of y: by a factor of 2 for two numbers of 10⁸.
      rule: ({ x, dy }, { axes }) => {
        const { exponentials, total } = shiftedExponentials(x, axes)
        return mul(spread(dy, x, axes), div(exponentials, where(total, total, 1)))
      },
    },
  },
  decompose: ({ x }, { axes, keepDims }) => {
    const { total, shift } = shiftedExponentials(x, axes)
    return reshape(add(log(total), shift), reducedShape(x.shape, axes, keepDims))
  },
  reference: reduce((values) => {
    const largest = values.reduce((a, b) => Math.max(a, b))
    if (Math.abs(largest) === Infinity) return largest
    return largest + logarithm(values.reduce((total, value) => total + exponential(value - largest), 0))
  }),
  ulp: ({ x }) => 2 * sizeOf(x) + 18,
  sample: sampleOf(uniform(-3, 3), false),
})

/** exp(x − max) along axes, its sum, and the maximum. */
function shiftedExponentials(x: Tensor, axes: readonly number[]) {
  const largest = stopGradient(max(x, { axes, keepDims: true }))
  // An infinite maximum would be subtracted from itself.
  const shift = where(equal(abs(largest), Infinity), 0, largest)
  const exponentials = exp(sub(x, shift))
  return { exponentials, total: sum(exponentials, { axes, keepDims: true }), shift }
}

interface Norm extends Reduction {
  /** 1 for the sum of magnitudes, 2 for the Euclidean norm, Infinity for the largest magnitude; default 2. */
  order?: 1 | 2 | typeof Infinity
}

const checkOrder = check('1, 2 or Infinity', (value) => [1, 2, Infinity].includes(value as number))

/** Norm along axes: Euclidean, the sum of magnitudes, or the largest magnitude. */
export const norm: Op<['x'], Norm, 'order', 'reduceByName'> = op('norm', {
  ...along('norm'),
  summary:
    'Norm along axes: Euclidean, the sum of magnitudes, or the largest magnitude; its derivative at 0 is 0, and ties of the maximum share it evenly.',
  symbol: '‖x‖',
  formula: 'y = √(Σᵢ xᵢ²), Σᵢ |xᵢ| or maxᵢ |xᵢ|',
  attributes: {
    order:
      '1 for the sum of magnitudes, 2 for the Euclidean norm, Infinity for the largest magnitude; default 2.',
    ...axesAttributes,
  },
  shorthand: 'order',
  prepare: ({ order = 2, ...given }: Norm, { x }) => {
    checkOrder('norm', 'order', order)
    return { ...along('norm').prepare(given, { x }), order }
  },
  shape: ({ x }, attributes) =>
    attributes.order === Infinity
      ? checkedShape('norm')({ x }, attributes)
      : reducedShape(x, attributes.axes, attributes.keepDims),
  vjp: {
    x: {
      formula: 'x̄ᵢ = ȳ · xᵢ / y, ȳ · sign xᵢ, or that divided by the number of ties where |xᵢ| = y',
      rule: ({ x, y, dy }, { axes, order }) => {
        if (order === 2) return mul(spread(overPositive(dy, y), x, axes), x)
        if (order === 1) return mul(spread(dy, x, axes), sign(x))
        const magnitudes = abs(x)
        const largest = max(magnitudes, { axes, keepDims: true })
        return mul(shareAmongExtremes({ x: magnitudes, y: largest, dy }, { axes }), sign(x))
      },
    },
  },
  decompose: ({ x }, { axes, keepDims, order }) => {
    if (order === 2) return sqrt(sum(square(x), { axes, keepDims }))
    return order === 1 ? sum(abs(x), { axes, keepDims }) : max(abs(x), { axes, keepDims })
  },
  lower: (context) => {
    const { shape, attributes, output, temporary, emit } = context
    const [x] = context.inputs
    if (attributes.axes.length === 0) return emit('Abs', { out: output(), x: x!.buffer, size: sizeOf(shape) })
    // Squares are added in float64, where none overflows or underflows.
    if (attributes.order === 2) return reduction('Norm')(context)
    const magnitudes = temporary(sizeOf(x!.shape))
    emit('Abs', { out: magnitudes, x: x!.buffer, size: magnitudes.size })
    const inputs = [{ buffer: magnitudes, shape: x!.shape }]
    reduction(attributes.order === 1 ? 'Sum' : 'Max')({ ...context, inputs })
  },
  reference: reduce((values, { order }) => {
    if (order === 2) return Math.sqrt(values.reduce((total, value) => total + value * value, 0))
    const magnitudes = values.map(Math.abs)
    return order === 1
      ? magnitudes.reduce((total, value) => total + value, 0)
      : magnitudes.reduce((a, b) => Math.max(a, b))
  }),
  ulp: ({ x }) => sizeOf(x) + 3,
  sample: {
    domains: { x: uniform(0.2, 3, { distinct: 0.01 }) },
    cases: sampleOf(uniform(0.2, 3), false).cases.flatMap(({ shapes, attributes }, index) => [
      { shapes, attributes: { ...attributes, order: ([1, 2, Infinity] as const)[index % 3]! } },
      { shapes, attributes: attributes as Norm },
    ]),
  },
})

const truths = sampleOf(uniform(0, 2, { whole: true }), true)

/** 1 where any element along axes is nonzero, else 0. */
export const any: Op<['x'], Reduction, 'axes', 'reduce'> = op('any', {
  ...along('any'),
  summary: '1 where any element along axes is nonzero, else 0; 0 for no elements.',
  symbol: '∃',
  formula: 'y = [∃i: xᵢ ≠ 0]',
  vjp: { x: null },
  decompose: ({ x }, { axes, keepDims }) => notEqual(sum(notEqual(x, 0), { axes, keepDims }), 0),
  reference: reduce((values) => Number(values.some((value) => value !== 0))),
  ulp: 0,
  sample: truths,
})

/** 1 where all elements along axes are nonzero, else 0. */
export const all: Op<['x'], Reduction, 'axes', 'reduce'> = op('all', {
  ...along('all'),
  summary: '1 where all elements along axes are nonzero, else 0; 1 for no elements.',
  symbol: '∀',
  formula: 'y = [∀i: xᵢ ≠ 0]',
  vjp: { x: null },
  decompose: ({ x }, { axes, keepDims }) => equal(sum(equal(x, 0), { axes, keepDims }), 0),
  reference: reduce((values) => Number(values.every((value) => value !== 0))),
  ulp: 0,
  sample: truths,
})

interface Running {
  /** The axis; default −1, the last. */
  axis?: number
  /** Whether to sum from the end; default false. */
  reverse?: boolean
}

/** Cumulative sum along one axis, from its start or, reversed, from its end. */
export const cumsum: Elementwise<['x'], Running, 'axis'> = op('cumsum', {
  inputs: ['x'],
  summary: 'Cumulative sum along one axis, from its start or from its end.',
  symbol: 'cumsum',
  formula: 'yᵢ = Σⱼ xⱼ over j ≤ i, or over j ≥ i',
  attributes: {
    axis: 'The axis; default −1, the last.',
    reverse: 'Whether to sum from the end; default false.',
  },
  shorthand: 'axis',
  prepare: ({ axis = -1, reverse = false }: Running, { x }) => ({
    axis: normalizeAxis('cumsum', axis, x.length),
    reverse: checkFlag('cumsum', 'reverse', reverse),
  }),
  shape: ({ x }) => x,
  vjp: {
    x: {
      formula: 'x̄ᵢ = Σⱼ ȳⱼ over j ≥ i, or over j ≤ i',
      rule: ({ dy }, { axis, reverse }) => cumsum(dy, { axis, reverse: !reverse }),
    },
  },
  lower: ({ inputs: [x], shape, attributes: { axis, reverse }, output, emit }) => {
    const sizes = sizesAlong(shape, axis)
    emit('CumulativeSum', { out: output(), x: x!.buffer, ...sizes, reverse: Number(reverse) })
  },
  reference: ([x], shape, { axis, reverse }) => {
    const out = x!.data.slice()
    const step = sizeOf(shape.slice(axis + 1))
    const position = (index: number) => Math.floor(index / step) % shape[axis]!
    const visit = (index: number, before: number) => {
      if (position(index) !== (reverse ? shape[axis]! - 1 : 0)) out[index]! += out[before]!
    }
    if (reverse) for (let index = out.length - 1; index >= 0; index--) visit(index, index + step)
    else for (let index = 0; index < out.length; index++) visit(index, index - step)
    return out
  },
  ulp: ({ x }) => sizeOf(x) + 1,
  sample: {
    domains: { x: uniform(0.1, 3) },
    cases: [
      ...axisCases,
      { shapes: { x: [0] } },
      { shapes: { x: [5] }, attributes: { reverse: true } },
      { shapes: { x: [2, 3, 4] }, attributes: { axis: 0, reverse: true } },
      { shapes: { x: [2, 3, 4] }, attributes: { axis: 1, reverse: true } },
    ] as { shapes: { x: Shape }; attributes?: Running }[],
  },
})

function shareAmongExtremes(
  { x, y, dy }: { x: Tensor; y: Tensor; dy: Tensor },
  { axes }: { readonly axes: readonly number[] },
): Tensor {
  const hit = equal(x, spread(y, x, axes))
  return mul(div(hit, sum(hit, { axes, keepDims: true })), spread(dy, x, axes))
}

function checkedShape(name: string) {
  return ({ x }: { x: Shape }, { axes, keepDims }: Prepared): Shape => {
    if (axes.some((axis) => x[axis] === 0))
      throw new ShapeError(`${name}: x is ${describeShape(x)}, and ${name} of no elements is undefined`)
    return reducedShape(x, axes, keepDims)
  }
}

/** Lifts a function of the reduced elements. */
function reduce<Attributes extends { readonly axes: readonly number[] }>(
  f: (values: Float64Array, attributes: Attributes) => number,
): Reference<Attributes> {
  return ([x], shape, attributes) => {
    const { data, shape: full } = x as Array64
    const strides = stridesOf(full)
    const along = full.map((_, axis) => axis).filter((axis) => attributes.axes.includes(axis))
    const kept = full.map((_, axis) => axis).filter((axis) => !attributes.axes.includes(axis))
    const sizes = (axes: readonly number[]) => axes.map((axis) => full[axis]!)
    const steps = (axes: readonly number[]) => [axes.map((axis) => strides[axis]!)]
    const out = new Float64Array(sizeOf(shape))
    const values = new Float64Array(sizeOf(sizes(along)))
    forEachStrided(sizes(kept), steps(kept), (index, [first]) => {
      forEachStrided(sizes(along), steps(along), (place, [offset]) => {
        values[place] = data[first! + offset!]!
      })
      out[index] = f(values, attributes)
    })
    return out
  }
}
