// Normalization: layer, RMS, group and batch norm, and their fused gradients. Variances are biased (divided by the
// number of elements) and computed in two passes, the mean first.
import { check } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import type { Buffer, Operands } from '../compile/instruction.js'
import { type Lowering, sizesAlong } from '../compile/lowering.js'
import { type Op, op } from '../graph/op.js'
import type { Array64 } from '../graph/reference.js'
import { uniform } from '../graph/sample.js'
import { describeShape, normalizeAxis, type Shape, sameShape, sizeOf } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { add, div, mul, sub } from './arithmetic.js'
import { neg, sqrt, square } from './elementwise.js'
import { mean, sum } from './reductions.js'
import { broadcastTo, reshape, sumTo, transpose } from './shape.js'

interface Stabilized {
  /** Added to the variance, so that constant inputs do not become NaN; default 1e-5. */
  epsilon?: number
}

const epsilonText = 'Added to the variance, so that constant inputs do not become NaN; default 1e-5.'

// Beyond the range of f32 it would be infinite.
const checkRepresentable = check<number>(
  'a non-negative number in the range of f32',
  (value) => typeof value === 'number' && value >= 0 && Math.fround(value) < Infinity,
)
const checkEpsilon = (name: string, epsilon = 1e-5) => checkRepresentable(name, 'epsilon', epsilon)

function checkLike(name: string, shapes: Readonly<Record<string, Shape>>, wanted: Shape, what: string): void {
  for (const [input, shape] of Object.entries(shapes))
    if (!sameShape(shape, wanted))
      throw new ShapeError(
        `${name}: ${input} is ${describeShape(shape)}, but ${what} ${describeShape(wanted)}`,
      )
}

// Rows: the last dimensions of x, those that gamma has.

function checkRows(name: string, x: Shape, gamma: Shape): void {
  if (gamma.length === 0 || sizeOf(gamma) === 0 || !sameShape(x.slice(-gamma.length), gamma))
    throw new ShapeError(
      `${name}: x is ${describeShape(x)} and gamma ${describeShape(gamma)}; gamma must have the last dimensions of x, over which to normalize`,
    )
}

/** The input as rows to normalize, and their number. */
const rowsOf = (x: Tensor, columns: number) => reshape(x, [columns === 0 ? 0 : x.size / columns, columns])

/** Rows with mean 0 (if `centred`) and variance 1, in primitive operations, and the factor of each. */
function standardizedRows(x: Tensor, columns: number, centred: boolean, epsilon: number) {
  const rows = rowsOf(x, columns)
  const along = { axes: 1, keepDims: true }
  const deviation = centred ? sub(rows, mean(rows, along)) : rows
  const factor = div(1, sqrt(add(mean(square(deviation), along), epsilon)))
  return { y: mul(deviation, factor), factor }
}

/** The same in float64. */
function standardize(x: Float64Array, columns: number, centred: boolean, epsilon: number) {
  const y = new Float64Array(x.length)
  const factors: number[] = []
  for (let start = 0; start < x.length; start += columns) {
    const row = x.subarray(start, start + columns)
    const middle = centred ? average(row) : 0
    const factor = 1 / Math.sqrt(average(row.map((value) => (value - middle) ** 2)) + epsilon)
    y.set(
      row.map((value) => (value - middle) * factor),
      start,
    )
    factors.push(factor)
  }
  return { y, factors }
}

function average(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}

const lowerRowNorm =
  (opcode: 'NormalizeRows' | 'NormalizeRowsGrad', centred: boolean): Lowering<{ epsilon: number }> =>
  ({ inputs: [x, gamma, third], attributes: { epsilon }, output, emit }) => {
    const columns = sizeOf(gamma!.shape)
    const rows = sizeOf(x!.shape) / columns
    if (rows > 0)
      emit(opcode, {
        out: output(),
        x: x!.buffer,
        gamma: gamma!.buffer,
        [opcode === 'NormalizeRows' ? 'beta' : 'dy']: third?.buffer,
        rows,
        columns,
        epsilon,
        centred: +centred,
      } as Operands<typeof opcode>)
  }

const rowCases = (
  [
    [[1], 1],
    [[3], 1],
    [[4], 1],
    [[2, 5], 1],
    [[3, 7], 1],
    [[2, 8], 1],
    [[3, 9], 1],
    [[0, 3], 1],
    [[2, 17], 1],
    [[2, 3, 4], 1],
    [[2, 3, 4], 2],
    [[5, 1], 1],
  ] as const
).map(([shape, rank]) => ({ x: shape as Shape, gamma: shape.slice(-rank) as Shape }))

const rowDomains = {
  x: uniform(-2, 3),
  gamma: uniform(0.5, 2),
  beta: uniform(6, 8),
  upstream: uniform(-1, 1),
}

const normalizedAttributes = { epsilon: epsilonText }

/** Shared by the operations on rows; the shape of gamma is that of a row. */
const rowNorm = (name: string) =>
  ({
    attributes: normalizedAttributes,
    prepare: ({ epsilon }: Stabilized) => ({ epsilon: checkEpsilon(name, epsilon) }),
  }) as const

type OfRow = ['x', 'gamma', 'upstream']

/** Gradient of a normalization with respect to x: `r · (g − mean g − x̂ · mean g·x̂)` with `g = upstream · gamma`. */
function rowNormGrad(name: string, of: string, centred: boolean): Op<OfRow, Stabilized> {
  return op(name, {
    ...rowNorm(name),
    inputs: ['x', 'gamma', 'upstream'],
    summary: `Gradient of ${of} with respect to x.`,
    symbol: `${of}′`,
    formula: centred
      ? 'y = r · (g − mean g − x̂ · mean g·x̂), with g = upstream · gamma, r = 1 / √(variance x + ε), x̂ = r · (x − mean x)'
      : 'y = r · (g − x̂ · mean g·x̂), with g = upstream · gamma, r = 1 / √(mean x² + ε), x̂ = r · x',
    shape: ({ x, gamma, upstream }) => {
      checkRows(name, x, gamma)
      checkLike(name, { upstream }, x, 'x is')
      return x
    },
    vjp: {},
    decompose: ({ x, gamma, upstream }, { epsilon }) => {
      const { y, factor } = standardizedRows(x, gamma.size, centred, epsilon)
      const g = mul(rowsOf(upstream, gamma.size), reshape(gamma, [gamma.size]))
      const along = { axes: 1, keepDims: true }
      const projection = mul(y, mean(mul(g, y), along))
      return reshape(mul(factor, sub(centred ? sub(g, mean(g, along)) : g, projection)), x.shape)
    },
    lower: lowerRowNorm('NormalizeRowsGrad', centred),
    reference: ([x, gamma, upstream], _, { epsilon }) => {
      const columns = gamma!.data.length
      const { y, factors } = standardize(x!.data, columns, centred, epsilon)
      return y.map((_, index) => {
        const row = Math.floor(index / columns)
        const own = y.subarray(row * columns, (row + 1) * columns)
        const g = gamma!.data.map((scale, column) => scale * upstream!.data[row * columns + column]!)
        const projection = average(g.map((value, column) => value * own[column]!))
        const middle = centred ? average(g) : 0
        return factors[row]! * (g[index % columns]! - middle - y[index]! * projection)
      })
    },
    // The subtrahend is close to g, so that relative errors grow.
    ulp: ({ gamma }) => 16 * sizeOf(gamma) + 64,
    sample: {
      domains: rowDomains,
      // With a small epsilon, nearly all of g is cancelled in a short row.
      cases: rowCases.map(({ x, gamma }) => ({
        shapes: { x, gamma, upstream: x },
        attributes: { epsilon: 0.5 } as Stabilized,
      })),
    },
  })
}

/** Gradient of a normalization with respect to gamma: `Σ upstream · x̂` over the rows. */
function rowNormGammaGrad(name: string, of: string, centred: boolean): Op<OfRow, Stabilized> {
  return op(name, {
    ...rowNorm(name),
    inputs: ['x', 'gamma', 'upstream'],
    summary: `Gradient of ${of} with respect to gamma, of which only the shape matters.`,
    symbol: `${of}′`,
    formula: 'y = Σ upstream · x̂ over the rows',
    shape: ({ x, gamma, upstream }) => {
      checkRows(name, x, gamma)
      checkLike(name, { upstream }, x, 'x is')
      return gamma
    },
    vjp: { gamma: null },
    decompose: ({ x, gamma, upstream }, { epsilon }) => {
      const { y } = standardizedRows(x, gamma.size, centred, epsilon)
      return reshape(sum(mul(rowsOf(upstream, gamma.size), y), 0), gamma.shape)
    },
    lower: ({ inputs: [x, gamma, upstream], attributes: { epsilon }, output, temporary, emit }) => {
      const columns = sizeOf(gamma!.shape)
      const rows = sizeOf(x!.shape) / columns
      const arrays = { out: output(), x: x!.buffer, dy: upstream!.buffer }
      const scratch = temporary(2 * Math.ceil(columns / 4) * 4)
      emit('NormalizeRowsGammaGrad', { ...arrays, scratch, rows, columns, epsilon, centred: +centred })
    },
    reference: ([x, gamma, upstream], _, { epsilon }) => {
      const columns = gamma!.data.length
      const { y } = standardize(x!.data, columns, centred, epsilon)
      const out = new Float64Array(columns)
      for (const [index, value] of y.entries()) out[index % columns]! += value * upstream!.data[index]!
      return out
    },
    // The terms of the sum have both signs.
    ulp: ({ x }) => 16 * sizeOf(x) + 64,
    sample: {
      domains: rowDomains,
      cases: rowCases.map(({ x, gamma }) => ({ shapes: { x, gamma, upstream: x } })),
    },
  })
}

/** Gradient of `layerNorm` with respect to x. */
export const layerNormGrad: Op<OfRow, Stabilized> = rowNormGrad('layerNormGrad', 'layerNorm', true)
/** Gradient of `layerNorm` with respect to gamma. */
export const layerNormGammaGrad: Op<OfRow, Stabilized> = rowNormGammaGrad(
  'layerNormGammaGrad',
  'layerNorm',
  true,
)
/** Gradient of `rmsNorm` with respect to x. */
export const rmsNormGrad: Op<OfRow, Stabilized> = rowNormGrad('rmsNormGrad', 'rmsNorm', false)
/** Gradient of `rmsNorm` with respect to gamma. */
export const rmsNormGammaGrad: Op<OfRow, Stabilized> = rowNormGammaGrad('rmsNormGammaGrad', 'rmsNorm', false)

/**
 * Layer normalization (Ba, Kiros and Hinton 2016) over the last dimensions of x, those of gamma and beta: mean 0 and
 * variance 1, times gamma, plus beta.
 */
export const layerNorm: Op<['x', 'gamma', 'beta'], Stabilized, 'epsilon'> = op('layerNorm', {
  ...rowNorm('layerNorm'),
  inputs: ['x', 'gamma', 'beta'],
  summary:
    'Normalizes the last dimensions, those of gamma and beta, to mean 0 and variance 1, times gamma, plus beta.',
  symbol: 'layer norm',
  formula: 'y = (x − mean x) / √(variance x + ε) · gamma + beta',
  shorthand: 'epsilon',
  shape: ({ x, gamma, beta }) => {
    checkRows('layerNorm', x, gamma)
    checkLike('layerNorm', { beta }, gamma, 'gamma is')
    return x
  },
  vjp: {
    x: {
      formula: 'r · (g − mean g − x̂ · mean g·x̂), with g = ȳ · gamma',
      rule: ({ x, gamma, dy }, attributes) => layerNormGrad(x, gamma, dy, attributes),
    },
    gamma: {
      formula: 'Σ ȳ · x̂',
      rule: ({ x, gamma, dy }, attributes) => layerNormGammaGrad(x, gamma, dy, attributes),
    },
    beta: { formula: 'Σ ȳ', rule: ({ beta, dy }) => sumTo(dy, beta.shape) },
  },
  decompose: ({ x, gamma, beta }, { epsilon }) =>
    add(mul(reshape(standardizedRows(x, gamma.size, true, epsilon).y, x.shape), gamma), beta),
  lower: lowerRowNorm('NormalizeRows', true),
  reference: ([x, gamma, beta], _, { epsilon }) => {
    const columns = gamma!.data.length
    return standardize(x!.data, columns, true, epsilon).y.map(
      (value, index) => value * gamma!.data[index % columns]! + beta!.data[index % columns]!,
    )
  },
  ulp: ({ gamma }) => 3 * sizeOf(gamma) + 6,
  sample: {
    domains: rowDomains,
    cases: rowCases.map(({ x, gamma }) => ({ shapes: { x, gamma, beta: gamma } })),
  },
})

/** Root mean square normalization (Zhang and Sennrich 2019) over the last dimensions of x, those of gamma. */
export const rmsNorm: Op<['x', 'gamma'], Stabilized, 'epsilon'> = op('rmsNorm', {
  ...rowNorm('rmsNorm'),
  inputs: ['x', 'gamma'],
  summary: 'Divides the last dimensions, those of gamma, by their root mean square, times gamma.',
  symbol: 'rms norm',
  formula: 'y = x / √(mean x² + ε) · gamma',
  shorthand: 'epsilon',
  shape: ({ x, gamma }) => {
    checkRows('rmsNorm', x, gamma)
    return x
  },
  vjp: {
    x: {
      formula: 'r · (g − x̂ · mean g·x̂), with g = ȳ · gamma',
      rule: ({ x, gamma, dy }, attributes) => rmsNormGrad(x, gamma, dy, attributes),
    },
    gamma: {
      formula: 'Σ ȳ · x̂',
      rule: ({ x, gamma, dy }, attributes) => rmsNormGammaGrad(x, gamma, dy, attributes),
    },
  },
  decompose: ({ x, gamma }, { epsilon }) =>
    mul(reshape(standardizedRows(x, gamma.size, false, epsilon).y, x.shape), gamma),
  lower: lowerRowNorm('NormalizeRows', false),
  reference: ([x, gamma], _, { epsilon }) => {
    const columns = gamma!.data.length
    return standardize(x!.data, columns, false, epsilon).y.map(
      (value, index) => value * gamma!.data[index % columns]!,
    )
  },
  ulp: ({ gamma }) => sizeOf(gamma) + 6,
  sample: {
    domains: rowDomains,
    // With a small epsilon the derivative of a row of one element cancels almost completely.
    cases: rowCases.map((shapes) => ({ shapes, attributes: { epsilon: 0.5 } as Stabilized })),
  },
})

// Channels: normalization over all other dimensions of x.

interface OnAxis {
  /** The dimension of the channels; default −1, the last. */
  axis?: number
}
interface Channels {
  readonly axis: number
}

const channelAttributes = { axis: 'The dimension of the channels; default −1, the last.' }

function channelAxis(name: string, axis = -1, x: Shape): number {
  if (x.length < 2)
    throw new ShapeError(
      `${name}: x is ${describeShape(x)}; it must have a channel dimension and at least one other`,
    )
  return normalizeAxis(name, axis, x.length)
}

const channelNorm = (name: string) =>
  ({
    attributes: { ...channelAttributes, epsilon: epsilonText },
    prepare: ({ axis, epsilon }: OnAxis & Stabilized, { x }: { x: Shape }) => ({
      axis: channelAxis(name, axis, x),
      epsilon: checkEpsilon(name, epsilon),
    }),
  }) as const

function checkChannels(name: string, x: Shape, axis: number, vectors: Readonly<Record<string, Shape>>): void {
  checkLike(name, vectors, [x[axis]!], `for the channels of x, which is ${describeShape(x)}, it must be`)
}

/** All axes except that of the channels. */
const others = (shape: Shape, axis: number) =>
  shape.map((_, index) => index).filter((index) => index !== axis)

/** A value for each channel, in a shape that broadcasts along the other dimensions of x. */
const spread = (vector: Tensor, x: Tensor, axis: number) =>
  reshape(
    vector,
    x.shape.map((dimension, index) => (index === axis ? dimension : 1)),
  )

/** Sizes before the channel dimension, of it, and after it. */
function channelsOf(shape: Shape, axis: number) {
  const { outer, length: channels, inner } = sizesAlong(shape, axis)
  return { outer, channels, inner }
}

/** The buffers of inputs, as many as are asked for. */
type Buffers = [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]

/** Calls `visit` with the index of each element of x and its channel. */
function forEachChannel(
  { data, shape }: Array64,
  axis: number,
  visit: (index: number, channel: number) => void,
): void {
  const { channels, inner } = channelsOf(shape, axis)
  for (let index = 0; index < data.length; index++) visit(index, Math.floor(index / inner) % channels)
}

const channelShapes: readonly { readonly x: Shape; readonly axis?: number }[] = [
  { x: [1, 1] },
  { x: [5, 1] },
  { x: [3, 4] },
  { x: [4, 5] },
  { x: [2, 9] },
  { x: [3, 3, 1] },
  { x: [2, 3, 5] },
  { x: [2, 2, 2, 2] },
  { x: [2, 3, 4], axis: 0 },
  { x: [2, 2, 3], axis: -1 },
  { x: [3, 0] },
  { x: [1, 2, 7] },
]
const channelCases = <Name extends string>(...names: Name[]) =>
  channelShapes.map(({ x, axis = 1 }) => ({
    shapes: Object.fromEntries([
      ...names.map((name) => [name, name === 'x' || name === 'upstream' ? x : [x.at(axis)!]]),
    ]) as { [K in Name]: Shape },
    attributes: { axis } as OnAxis,
  }))
const channelDomains = {
  ...rowDomains,
  mean: uniform(-0.5, 0.5),
  variance: uniform(0.5, 2),
  gammaGrad: uniform(-1, 1),
  betaGrad: uniform(-1, 1),
}

/**
 * Mean squared deviation from `mean`, which is `x.mean(…)` over all dimensions except that of the channels: the biased
 * variance that `batchNorm` uses, for running averages.
 */
export const channelVariance: Op<['x', 'mean'], OnAxis, 'axis'> = op('channelVariance', {
  inputs: ['x', 'mean'],
  summary: 'Variance of each channel, given its mean.',
  symbol: 'variance',
  formula: 'y = (1/n) Σ (x − mean)²',
  attributes: channelAttributes,
  shorthand: 'axis',
  prepare: ({ axis }: OnAxis, { x }): Channels => ({ axis: channelAxis('channelVariance', axis, x) }),
  shape: ({ x, mean }, { axis }) => {
    checkChannels('channelVariance', x, axis, { mean })
    if (others(x, axis).some((index) => x[index] === 0))
      throw new ShapeError(
        `channelVariance: x is ${describeShape(x)}, which has no elements to take the variance of`,
      )
    return [x[axis]!]
  },
  vjp: {
    x: {
      formula: '2 · ȳ · (x − mean) / n',
      rule: ({ x, mean, dy }, { axis }) =>
        mul(spread(mul(dy, (2 * dy.size) / x.size), x, axis), sub(x, spread(mean, x, axis))),
    },
    mean: {
      formula: '−2 · ȳ · Σ (x − mean) / n',
      rule: ({ x, mean, dy }, { axis }) =>
        mul(mul(dy, (-2 * dy.size) / x.size), sum(sub(x, spread(mean, x, axis)), others(x.shape, axis))),
    },
  },
  decompose: ({ x, mean: middle }, { axis }) =>
    mean(square(sub(x, spread(middle, x, axis))), others(x.shape, axis)),
  lower: ({ inputs: [x, middle], attributes: { axis }, output, emit }) => {
    const arrays = { out: output(), x: x!.buffer, mean: middle!.buffer }
    emit('ChannelVariance', { ...arrays, ...channelsOf(x!.shape, axis) })
  },
  reference: ([x, middle], [channels], { axis }) => {
    const out = new Float64Array(channels!)
    forEachChannel(x!, axis, (index, channel) => {
      out[channel]! += (x!.data[index]! - middle!.data[channel]!) ** 2 * (channels! / x!.data.length)
    })
    return out
  },
  ulp: ({ x }) => sizeOf(x) + 4,
  sample: {
    domains: { x: uniform(1, 3), mean: uniform(-0.5, 0.5) },
    cases: channelCases('x', 'mean'),
  },
})

type WithStatistics = ['x', 'gamma', 'beta', 'mean', 'variance']

/** x̂ of channels in primitive operations. */
function standardizedChannels(x: Tensor, middle: Tensor, variance: Tensor, axis: number, epsilon: number) {
  return mul(sub(x, spread(middle, x, axis)), spread(div(1, sqrt(add(variance, epsilon))), x, axis))
}

/** Normalization of the channels with given mean and variance. */
export const batchNormInference: Op<WithStatistics, OnAxis & Stabilized> = op('batchNormInference', {
  ...channelNorm('batchNormInference'),
  inputs: ['x', 'gamma', 'beta', 'mean', 'variance'],
  summary: 'Batch normalization with a given mean and variance for each channel, e.g. running averages.',
  symbol: 'batch norm',
  formula: 'y = (x − mean) / √(variance + ε) · gamma + beta',
  shape: ({ x, ...vectors }, { axis }) => {
    checkChannels('batchNormInference', x, axis, vectors)
    return x
  },
  vjp: {
    x: {
      formula: 'ȳ · gamma · r, with r = 1 / √(variance + ε)',
      rule: ({ x, gamma, variance, dy }, { axis, epsilon }) =>
        mul(dy, spread(div(gamma, sqrt(add(variance, epsilon))), x, axis)),
    },
    gamma: {
      formula: 'Σ ȳ · x̂',
      rule: ({ x, mean, variance, dy }, attributes) => batchNormGammaGrad(x, dy, mean, variance, attributes),
    },
    beta: { formula: 'Σ ȳ', rule: ({ x, dy }, { axis }) => sum(dy, others(x.shape, axis)) },
    mean: {
      formula: '−gamma · r · Σ ȳ',
      rule: ({ x, gamma, variance, dy }, { axis, epsilon }) =>
        neg(mul(div(gamma, sqrt(add(variance, epsilon))), sum(dy, others(x.shape, axis)))),
    },
    variance: {
      formula: '−½ · gamma · r² · Σ ȳ · x̂',
      rule: ({ x, gamma, mean, variance, dy }, attributes) =>
        mul(
          mul(-0.5, div(gamma, add(variance, attributes.epsilon))),
          batchNormGammaGrad(x, dy, mean, variance, attributes),
        ),
    },
  },
  decompose: ({ x, gamma, beta, mean, variance }, { axis, epsilon }) =>
    add(
      mul(standardizedChannels(x, mean, variance, axis, epsilon), spread(gamma, x, axis)),
      spread(beta, x, axis),
    ),
  lower: ({ inputs, shape, attributes: { axis, epsilon }, output, temporary, emit }) => {
    const [x, gamma, beta, mean, variance] = inputs.map(({ buffer }) => buffer) as Buffers
    const scratch = temporary(shape[axis]!)
    const sizes = channelsOf(shape, axis)
    emit('BatchNorm', { out: output(), x, gamma, beta, mean, variance, scratch, ...sizes, epsilon })
  },
  reference: ([x, gamma, beta, mean, variance], _, { axis, epsilon }) => {
    const out = new Float64Array(x!.data.length)
    forEachChannel(x!, axis, (index, c) => {
      const standardized = (x!.data[index]! - mean!.data[c]!) / Math.sqrt(variance!.data[c]! + epsilon)
      out[index] = standardized * gamma!.data[c]! + beta!.data[c]!
    })
    return out
  },
  ulp: 12,
  sample: {
    domains: { ...channelDomains, beta: uniform(12, 14) },
    cases: channelCases('x', 'gamma', 'beta', 'mean', 'variance'),
  },
})

/** Gradient of `batchNorm` with respect to gamma: `Σ upstream · x̂` of each channel. */
export const batchNormGammaGrad: Op<['x', 'upstream', 'mean', 'variance'], OnAxis & Stabilized> = op(
  'batchNormGammaGrad',
  {
    ...channelNorm('batchNormGammaGrad'),
    inputs: ['x', 'upstream', 'mean', 'variance'],
    summary: 'Gradient of batchNorm with respect to gamma.',
    symbol: 'batch norm′',
    formula: 'y = Σ upstream · x̂ of each channel',
    shape: ({ x, upstream, ...vectors }, { axis }) => {
      checkLike('batchNormGammaGrad', { upstream }, x, 'x is')
      checkChannels('batchNormGammaGrad', x, axis, vectors)
      return [x[axis]!]
    },
    vjp: {},
    decompose: ({ x, upstream, mean, variance }, { axis, epsilon }) =>
      sum(mul(upstream, standardizedChannels(x, mean, variance, axis, epsilon)), others(x.shape, axis)),
    lower: ({ inputs, attributes: { axis, epsilon }, output, emit }) => {
      const [x, dy, mean, variance] = inputs.map(({ buffer }) => buffer) as Buffers
      const sizes = channelsOf(inputs[0]!.shape, axis)
      emit('BatchNormGammaGrad', { out: output(), x, dy, mean, variance, ...sizes, epsilon })
    },
    reference: ([x, upstream, mean, variance], [channels], { axis, epsilon }) => {
      const out = new Float64Array(channels!)
      forEachChannel(x!, axis, (index, c) => {
        const standardized = (x!.data[index]! - mean!.data[c]!) / Math.sqrt(variance!.data[c]! + epsilon)
        out[c]! += upstream!.data[index]! * standardized
      })
      return out
    },
    ulp: ({ x }) => sizeOf(x) + 12,
    sample: {
      domains: { ...channelDomains, x: uniform(1, 3), upstream: uniform(0.5, 1) },
      cases: channelCases('x', 'upstream', 'mean', 'variance'),
    },
  },
)

type GradInputs = ['x', 'upstream', 'gamma', 'mean', 'variance', 'gammaGrad', 'betaGrad']

/** Gradient of `batchNorm` with respect to x, from those with respect to gamma and beta. */
export const batchNormGrad: Op<GradInputs, OnAxis & Stabilized> = op('batchNormGrad', {
  ...channelNorm('batchNormGrad'),
  inputs: ['x', 'upstream', 'gamma', 'mean', 'variance', 'gammaGrad', 'betaGrad'],
  summary: 'Gradient of batchNorm with respect to x, from those with respect to gamma and beta.',
  symbol: 'batch norm′',
  formula: 'y = gamma · r · (upstream − betaGrad / n − x̂ · gammaGrad / n), with r = 1 / √(variance + ε)',
  shape: ({ x, upstream, ...vectors }, { axis }) => {
    checkLike('batchNormGrad', { upstream }, x, 'x is')
    checkChannels('batchNormGrad', x, axis, vectors)
    return x
  },
  vjp: {},
  decompose: ({ x, upstream, gamma, mean, variance, gammaGrad, betaGrad }, { axis, epsilon }) => {
    const share = gamma.size / x.size
    const projection = mul(
      standardizedChannels(x, mean, variance, axis, epsilon),
      spread(mul(gammaGrad, share), x, axis),
    )
    const scale = spread(div(gamma, sqrt(add(variance, epsilon))), x, axis)
    return mul(scale, sub(sub(upstream, spread(mul(betaGrad, share), x, axis)), projection))
  },
  lower: ({ inputs, shape, attributes: { axis, epsilon }, output, temporary, emit }) => {
    const [x, dy, gamma, mean, variance, gammaGrad, betaGrad] = inputs.map(({ buffer }) => buffer) as Buffers
    const arrays = { out: output(), x, dy, gamma, mean, variance, gammaGrad, betaGrad }
    const scratch = temporary(3 * Math.ceil(shape[axis]! / 4) * 4)
    emit('BatchNormGrad', { ...arrays, scratch, ...channelsOf(shape, axis), epsilon })
  },
  reference: ([x, upstream, gamma, mean, variance, gammaGrad, betaGrad], _, { axis, epsilon }) => {
    const out = new Float64Array(x!.data.length)
    const count = x!.data.length / gamma!.data.length
    forEachChannel(x!, axis, (index, c) => {
      const r = 1 / Math.sqrt(variance!.data[c]! + epsilon)
      const projection = ((x!.data[index]! - mean!.data[c]!) * r * gammaGrad!.data[c]!) / count
      out[index] = gamma!.data[c]! * r * (upstream!.data[index]! - betaGrad!.data[c]! / count - projection)
    })
    return out
  },
  ulp: 16,
  sample: {
    // Upstream is so large that the differences do not cancel.
    domains: { ...channelDomains, upstream: uniform(8, 9) },
    cases: channelCases('x', 'upstream', 'gamma', 'mean', 'variance', 'gammaGrad', 'betaGrad'),
  },
})

/** Mean and variance of the channels of a batch: nodes that the parts of batch normalization share. */
function statisticsOf(x: Tensor, axis: number) {
  const middle = mean(x, others(x.shape, axis))
  return { middle, variance: channelVariance(x, middle, { axis }) }
}

/**
 * Batch normalization in training (Ioffe and Szegedy 2015): each channel is normalized to mean 0 and variance 1 over
 * all other dimensions, times gamma, plus beta. For running averages use `mean(x, …)` and `channelVariance` of the
 * same x: compiled together they are computed once.
 */
export const batchNorm: Op<['x', 'gamma', 'beta'], OnAxis & Stabilized> = op('batchNorm', {
  ...channelNorm('batchNorm'),
  inputs: ['x', 'gamma', 'beta'],
  summary: 'Normalizes each channel to mean 0 and variance 1 over the batch, times gamma, plus beta.',
  symbol: 'batch norm',
  formula: 'y = (x − mean x) / √(variance x + ε) · gamma + beta',
  shape: ({ x, gamma, beta }, { axis }) => {
    checkChannels('batchNorm', x, axis, { gamma, beta })
    if (others(x, axis).some((index) => x[index] === 0))
      throw new ShapeError(`batchNorm: x is ${describeShape(x)}, and an empty batch has no mean`)
    return x
  },
  vjp: {
    x: {
      formula: 'gamma · r · (ȳ − mean ȳ − x̂ · mean ȳ·x̂)',
      rule: ({ x, gamma, dy }, attributes) => {
        const { middle, variance } = statisticsOf(x, attributes.axis)
        const gammaGrad = batchNormGammaGrad(x, dy, middle, variance, attributes)
        const betaGrad = sum(dy, others(x.shape, attributes.axis))
        return batchNormGrad(x, dy, gamma, middle, variance, gammaGrad, betaGrad, attributes)
      },
    },
    gamma: {
      formula: 'Σ ȳ · x̂',
      rule: ({ x, dy }, attributes) => {
        const { middle, variance } = statisticsOf(x, attributes.axis)
        return batchNormGammaGrad(x, dy, middle, variance, attributes)
      },
    },
    beta: { formula: 'Σ ȳ', rule: ({ x, dy }, { axis }) => sum(dy, others(x.shape, axis)) },
  },
  decompose: ({ x, gamma, beta }, attributes) => {
    const { middle, variance } = statisticsOf(x, attributes.axis)
    return batchNormInference(x, gamma, beta, middle, variance, attributes)
  },
  reference: ([x, gamma, beta], _, { axis, epsilon }) => {
    const { channels } = channelsOf(x!.shape, axis)
    const groups = Array.from({ length: channels }, (): number[] => [])
    forEachChannel(x!, axis, (index, channel) => groups[channel]!.push(index))
    const out = new Float64Array(x!.data.length)
    for (const [channel, group] of groups.entries()) {
      const { y } = standardize(
        Float64Array.from(group, (index) => x!.data[index]!),
        group.length,
        true,
        epsilon,
      )
      for (const [at, index] of group.entries())
        out[index] = y[at]! * gamma!.data[channel]! + beta!.data[channel]!
    }
    return out
  },
  ulp: ({ x }) => 3 * sizeOf(x) + 12,
  sample: { domains: { ...channelDomains, beta: uniform(6, 8) }, cases: channelCases('x', 'gamma', 'beta') },
})

interface Grouped extends Stabilized {
  /** Number of groups that the channels, the last dimension, are split into; each is normalized separately. */
  groups: number
}

function groupNormOf(
  { x, gamma, beta }: { x: Tensor; gamma: Tensor; beta: Tensor },
  { groups, epsilon }: { groups: number; epsilon: number },
): Tensor {
  const [batch, places, width] = groupsOf(x.shape, groups)
  const length = places * width
  if (x.size === 0) return x
  const grouped = transpose(reshape(x, [batch, places, groups, width]), [0, 2, 1, 3])
  const rows = reshape(grouped, [batch * groups, length])
  const y = layerNorm(rows, broadcastTo(1, [length]), broadcastTo(0, [length]), { epsilon })
  const back = transpose(reshape(y, [batch, groups, places, width]), [0, 2, 1, 3])
  return add(mul(reshape(back, x.shape), gamma), beta)
}

/** Number of examples, positions in each, and channels in a group. */
function groupsOf(shape: Shape, groups: number): [batch: number, places: number, width: number] {
  return [shape[0]!, sizeOf(shape.slice(1, -1)), shape[shape.length - 1]! / groups]
}

/**
 * Group normalization (Wu and He 2018): the channels, the last dimension, are normalized in groups, separately for
 * each example. With one group it is layer normalization, with one per channel instance normalization.
 */
export const groupNorm: Op<['x', 'gamma', 'beta'], Grouped, 'groups'> = op('groupNorm', {
  inputs: ['x', 'gamma', 'beta'],
  summary:
    'Normalizes groups of channels, the last dimension, of each example to mean 0 and variance 1, times gamma, plus beta.',
  symbol: 'group norm',
  formula: 'y = (x − mean x) / √(variance x + ε) · gamma + beta, with the mean and variance of each group',
  attributes: {
    groups: 'Number of groups that the channels are split into.',
    epsilon: epsilonText,
  },
  shorthand: 'groups',
  prepare: ({ groups, epsilon }: Grouped, { x }) => {
    const channels = x[channelAxis('groupNorm', -1, x)]!
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
      throw new ValueError(
        `groupNorm: groups must be an integer that divides the ${channels} channels of x, got ${groups}`,
      )
    return { groups, epsilon: checkEpsilon('groupNorm', epsilon) }
  },
  shape: ({ x, gamma, beta }) => {
    checkChannels('groupNorm', x, x.length - 1, { gamma, beta })
    return x
  },
  vjp: {},
  decompose: groupNormOf,
  reference: ([x, gamma, beta], shape, { groups, epsilon }) => {
    const [batch, places, width] = groupsOf(shape, groups)
    const channels = groups * width
    const out = new Float64Array(x!.data.length)
    for (let n = 0; n < batch; n++)
      for (let group = 0; group < groups; group++) {
        const indices = Array.from(
          { length: places * width },
          (_, i) => (n * places + Math.floor(i / width)) * channels + group * width + (i % width),
        )
        const own = Float64Array.from(indices, (index) => x!.data[index]!)
        const { y } = standardize(own, own.length, true, epsilon)
        for (const [at, index] of indices.entries())
          out[index] = y[at]! * gamma!.data[index % channels]! + beta!.data[index % channels]!
      }
    return out
  },
  ulp: ({ x }) => 3 * sizeOf(x) + 8,
  sample: {
    domains: { ...channelDomains, beta: uniform(6, 8) },
    cases: (
      [
        [[1, 4], 2],
        [[2, 4], 1],
        [[3, 6], 3],
        [[2, 3, 2], 2],
        [[2, 3, 4], 2],
        [[1, 2, 2, 6], 3],
        [[2, 5, 1], 1],
        [[0, 4], 2],
        [[2, 9], 3],
        [[1, 1, 8], 4],
        [[2, 2, 2, 2], 1],
        [[1, 7, 1], 1],
      ] as const
    ).map(([x, groups]) => ({
      shapes: { x: x as Shape, gamma: x.slice(-1) as Shape, beta: x.slice(-1) as Shape },
      // Groups of two elements may be nearly constant; this keeps their derivatives small.
      attributes: { groups, epsilon: 0.1 },
    })),
  },
})
