// Random operations: pure functions of a seed and a key, so that a graph with them is reproducible on any engine.
// Operations that draw uniform numbers draw the same ones for the same seed and key.
import { checkFinite, checkNotNegative, checkSeed, checkShare } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import type { Buffer } from '../compile/instruction.js'
import type { Value } from '../compile/lowering.js'
import { type Definition, type Op, op } from '../graph/op.js'
import type { Array64 } from '../graph/reference.js'
import { type Domain, uniform } from '../graph/sample.js'
import { checkShape, describeShape, type Shape, sameShape, sizeOf } from '../graph/shape.js'
import { logarithm } from '../numbers/elementary.js'
import {
  belowTwoDeviations,
  integerOf,
  normalQuantile,
  shuffleBy,
  tensorBits,
  tensorPurposes,
} from '../numbers/random.js'
import { add, maximum, mul, sub } from './arithmetic.js'
import { less, where } from './comparison.js'
import { log, neg } from './elementwise.js'
import { argMax } from './reductions.js'

interface Seeded {
  /** An integer in [0, 2⁵³). */
  seed: number
}
interface Drawn extends Seeded {
  /** The shape of the result. */
  shape: Shape
}
interface Interval extends Drawn {
  /** Lower bound, included; default 0. */
  low?: number
  /** Upper bound, excluded except for rounding; default 1. */
  high?: number
}
interface Normal extends Drawn {
  /** The mean; default 0. */
  mean?: number
  /** The standard deviation; default 1. */
  standardDeviation?: number
}

const seedText = 'An integer in [0, 2⁵³); different seeds give independent numbers.'
const keyDomain: Domain = uniform(0, 2 ** 24, { whole: true })

const drawnShapes: readonly Shape[] = [
  [],
  [0],
  [1],
  [3],
  [4],
  [5],
  [7, 9],
  [2, 3, 4],
  [15],
  [16],
  [17],
  [129],
]
const drawnSample = <Given extends Seeded>(attributes: Omit<Given, 'seed' | 'shape'>) => ({
  domains: { key: keyDomain },
  cases: drawnShapes.map((shape, index) => ({
    shapes: { key: [2] },
    attributes: { shape, seed: index * 2 ** 33 + 7, ...attributes } as unknown as Given,
  })),
})

function checkKey(name: string, key: Shape): void {
  if (!sameShape(key, [2]))
    throw new ShapeError(
      `${name}: key is ${describeShape(key)}; it must be two integers below 2²⁴, e.g. the low and high parts of the step number`,
    )
}

/** Shared by operations that draw a whole tensor. */
const drawing = (name: string) =>
  ({
    inputs: ['key'],
    shape: ({ key }: { key: Shape }, { shape }: Drawn) => {
      checkKey(name, key)
      return shape
    },
    vjp: { key: null },
  }) as const

function checkDrawn(name: string, { shape, seed }: Drawn): Drawn {
  checkShape(name, 'shape', shape)
  checkSeed(name, 'seed', seed)
  return { shape: [...shape], seed }
}

/** Number of steps of 2⁻²⁴ below it. */
const stepsBelow = (share: number) => Math.ceil(share * 2 ** 24)

/** The first operands of every instruction that draws. */
function drawn(out: Buffer, key: Value, size: number, seed: number, purpose: number) {
  return { out, key: key.buffer, size, seedLow: seed >>> 0, seedHigh: Math.floor(seed / 2 ** 32), purpose }
}

/** The two words of a key, as the kernel reads them: non-negative integers. */
function keyOf({ data }: Array64): number[] {
  return [...data].map((value) => Math.min(Math.max(Math.trunc(value) || 0, 0), 2 ** 32 - 1))
}

function uniformNumbers(seed: number, key: Array64, size: number): Float64Array {
  return Float64Array.from(
    tensorBits(tensorPurposes.uniform, seed, keyOf(key), size),
    (bits) => (bits >>> 8) / 2 ** 24,
  )
}

/** Uniform numbers in [`low`, `high`), of 2²⁴ equally likely values. */
export const randomUniform: Op<['key'], Interval> = op('randomUniform', {
  ...drawing('randomUniform'),
  summary: 'Uniform numbers in [low, high); the same for the same seed and key.',
  symbol: 'random',
  formula: 'y = low + (high − low) · k / 2²⁴, with k from Philox4x32-10 of seed, key and index',
  attributes: {
    shape: 'The shape of the result.',
    seed: seedText,
    low: 'Lower bound, included; default 0.',
    high: 'Upper bound, excluded except for rounding; default 1.',
  },
  prepare: ({ low = 0, high = 1, ...drawn }: Interval) => {
    checkFinite('randomUniform', 'low', low)
    checkFinite('randomUniform', 'high', high)
    if (low > high)
      throw new ValueError(`randomUniform: low must be at most high, got low ${low} and high ${high}`)
    return { ...checkDrawn('randomUniform', drawn), low, high }
  },
  lower: ({ inputs: [key], size, attributes: { seed, low, high }, output, emit }) => {
    const operands = drawn(output(), key!, size, seed, tensorPurposes.uniform)
    emit('RandomUniform', { ...operands, low, range: high - low })
  },
  reference: ([key], shape, { seed, low, high }) =>
    uniformNumbers(seed, key!, sizeOf(shape)).map((unit) => low + (high - low) * unit),
  ulp: 1,
  sample: drawnSample<Interval>({ low: -2, high: 0.7 }),
})

/** Normal quantiles of probabilities that are uniform in [`from`, `from + range`]. */
const normal = (
  name: string,
  from: number,
  range: number,
): Omit<Definition<readonly ['key'], Normal, Required<Normal>>, 'summary' | 'symbol' | 'formula'> => ({
  ...drawing(name),
  attributes: {
    shape: 'The shape of the result.',
    seed: seedText,
    mean: 'The mean; default 0.',
    standardDeviation: 'The standard deviation; default 1.',
  },
  prepare: ({ mean = 0, standardDeviation = 1, ...drawn }: Normal) => {
    checkFinite(name, 'mean', mean)
    checkNotNegative(name, 'standardDeviation', standardDeviation)
    return { ...checkDrawn(name, drawn), mean, standardDeviation }
  },
  lower: ({ inputs: [key], size, attributes: { seed, mean, standardDeviation }, output, emit }) => {
    const operands = drawn(output(), key!, size, seed, tensorPurposes.normal)
    emit('RandomNormal', { ...operands, from, range, mean, deviation: standardDeviation })
  },
  reference: ([key], shape, { seed, mean, standardDeviation }) =>
    Float64Array.from(
      tensorBits(tensorPurposes.normal, seed, keyOf(key!), sizeOf(shape)),
      (bits) => mean + standardDeviation * normalQuantile(from + range * ((bits + 0.5) / 2 ** 32)),
    ),
  ulp: 1,
  sample: drawnSample<Normal>({ mean: 0.5, standardDeviation: 3 }),
})

/** Normally distributed numbers, computed in float64 and rounded once. */
export const randomNormal: Op<['key'], Normal> = op('randomNormal', {
  ...normal('randomNormal', 0, 1),
  summary: 'Normally distributed numbers; the same for the same seed and key.',
  symbol: 'normal',
  formula:
    'y = mean + standardDeviation · Φ⁻¹((k + ½) / 2³²), with k from Philox4x32-10 of seed, key and index',
})

/** Numbers of a normal distribution truncated at two standard deviations. */
export const truncatedNormal: Op<['key'], Normal> = op('truncatedNormal', {
  ...normal('truncatedNormal', belowTwoDeviations, 1 - 2 * belowTwoDeviations),
  summary:
    'Numbers of a normal distribution truncated at two standard deviations from its mean; the same for the same seed and key.',
  symbol: 'truncated normal',
  formula: 'y = mean + standardDeviation · Φ⁻¹(Φ(−2) + (Φ(2) − Φ(−2)) · (k + ½) / 2³²)',
})

/** 1 with the given probability, else 0. */
export const bernoulli: Op<['key'], Drawn & { probability: number }> = op('bernoulli', {
  ...drawing('bernoulli'),
  summary: '1 with the given probability, else 0; the same for the same seed and key.',
  symbol: 'coin',
  formula: 'y = [uniform < probability]',
  attributes: {
    shape: 'The shape of the result.',
    seed: seedText,
    probability: 'Probability of a 1, in [0, 1).',
  },
  prepare: ({ probability, ...drawn }: Drawn & { probability: number }) => {
    const steps = stepsBelow(checkShare('bernoulli', 'probability', probability))
    return { ...checkDrawn('bernoulli', drawn), threshold: steps / 2 ** 24 }
  },
  decompose: ({ key }, { shape, seed, threshold }) => less(randomUniform(key, { shape, seed }), threshold),
  reference: ([key], shape, { seed, threshold }) =>
    uniformNumbers(seed, key!, sizeOf(shape)).map((unit) => Number(unit < threshold)),
  ulp: 0,
  sample: drawnSample<Drawn & { probability: number }>({ probability: 0.3 }),
})

/** A uniformly random permutation of 0 to `length − 1`. */
export const randomPermutation: Op<['key'], Seeded & { length: number }> = op('randomPermutation', {
  inputs: ['key'],
  summary: 'A random permutation of 0 to length − 1; the same for the same seed and key.',
  symbol: 'shuffle',
  formula: 'y = (0, 1, … length − 1), each swapped with a random one at or before it',
  attributes: { length: 'The length, at most 2²⁴.', seed: seedText },
  prepare: ({ length, seed }: Seeded & { length: number }) => {
    if (!Number.isInteger(length) || length < 0 || length > 2 ** 24)
      throw new ValueError(
        `randomPermutation: length must be an integer in [0, 2²⁴], got ${length}; larger numbers are not exact in float32`,
      )
    checkSeed('randomPermutation', 'seed', seed)
    return { length, seed }
  },
  shape: ({ key }, { length }) => {
    checkKey('randomPermutation', key)
    return [length]
  },
  vjp: { key: null },
  lower: ({ inputs: [key], attributes: { length, seed }, output, emit }) => {
    if (length > 0) emit('RandomPermutation', drawn(output(), key!, length, seed, tensorPurposes.permutation))
  },
  reference: ([key], _, { length, seed }) => {
    const order = Float64Array.from({ length }, (_, index) => index)
    const attempts: Uint32Array[] = []
    shuffleBy(order, (last) =>
      integerOf(last + 1, (attempt) => {
        attempts[attempt] ??= tensorBits(tensorPurposes.permutation, seed, keyOf(key!), length, attempt)
        return attempts[attempt][last]!
      }),
    )
    return order
  },
  ulp: 0,
  sample: {
    domains: { key: keyDomain },
    cases: [0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 129].map((length) => ({
      shapes: { key: [2] },
      attributes: { length, seed: length },
    })),
  },
})

/** Sets elements to 0 with probability `rate` and divides the others by `1 − rate`, so that the mean is preserved. */
export const dropout: Op<['x', 'key'], Seeded & { rate: number }> = op('dropout', {
  inputs: ['x', 'key'],
  summary:
    'Sets elements to 0 at random and scales the others up to preserve the mean (Srivastava et al. 2014); the same for the same seed and key.',
  symbol: 'dropout',
  formula: 'y = 0 where uniform < rate, else x / (1 − rate)',
  attributes: { rate: 'Probability of a 0, in [0, 1).', seed: seedText },
  prepare: ({ rate, seed }: Seeded & { rate: number }) => {
    checkShare('dropout', 'rate', rate)
    checkSeed('dropout', 'seed', seed)
    return { rate, seed }
  },
  shape: ({ x, key }) => {
    checkKey('dropout', key)
    return x
  },
  vjp: {
    x: {
      formula: 'x̄ = 0 where uniform < rate, else ȳ / (1 − rate)',
      rule: ({ key, dy }, { rate, seed }) => dropout(dy, key, { rate, seed }),
    },
    key: null,
  },
  decompose: ({ x, key }, { rate, seed }) => {
    const dropped = bernoulli(key, { shape: x.shape, seed, probability: rate })
    return where(dropped, 0, mul(x, 1 / (1 - rate)))
  },
  lower: ({ inputs: [x, key], size, attributes: { rate, seed }, output, alias, emit }) => {
    if (rate === 0) return alias()
    const operands = drawn(output(), key!, size, seed, tensorPurposes.uniform)
    emit('Dropout', { ...operands, x: x!.buffer, threshold: stepsBelow(rate), scale: 1 / (1 - rate) })
  },
  reference: ([x, key], shape, { rate, seed }) => {
    const units = uniformNumbers(seed, key!, sizeOf(shape))
    return x!.data.map((value, index) => (units[index]! < rate ? 0 : value / (1 - rate)))
  },
  ulp: 2,
  sample: {
    domains: { x: uniform(-3, 3), key: keyDomain },
    cases: drawnShapes.map((shape, index) => ({
      shapes: { x: shape, key: [2] },
      attributes: { rate: [0.5, 0.1, 0, 0.999][index % 4]!, seed: index },
    })),
  },
})

/** A class index for each row, drawn with probabilities `softmax(logits)` along the last axis. */
export const categorical: Op<['logits', 'key'], Seeded> = op('categorical', {
  inputs: ['logits', 'key'],
  summary:
    'A class index for each row of logits, drawn with the probabilities of their softmax; that of a NaN if there is one.',
  symbol: 'draw',
  formula: 'y = argmaxᵢ (logitsᵢ − ln(−ln uniformᵢ)), the Gumbel-max trick',
  attributes: { seed: seedText },
  prepare: ({ seed }: Seeded) => {
    checkSeed('categorical', 'seed', seed)
    return { seed }
  },
  shape: ({ logits, key }) => {
    checkKey('categorical', key)
    if (logits.length === 0 || logits[logits.length - 1] === 0)
      throw new ShapeError(
        `categorical: logits are ${describeShape(logits)}; the last dimension, the classes, must be at least 1`,
      )
    return logits.slice(0, -1)
  },
  vjp: { logits: null, key: null },
  decompose: ({ logits, key }, { seed }) => {
    const waiting = neg(log(sub(1, randomUniform(key, { shape: logits.shape, seed }))))
    // 2⁻²⁵ replaces the one draw in 2²⁴ that would be 0.
    return argMax(add(logits, neg(log(maximum(waiting, 2 ** -25)))), -1)
  },
  reference: ([logits, key], shape, { seed }) => {
    const n = logits!.shape[logits!.shape.length - 1]!
    const scores = uniformNumbers(seed, key!, logits!.data.length).map(
      (unit, index) => logits!.data[index]! - logarithm(Math.max(-logarithm(1 - unit), 2 ** -25)),
    )
    return Float64Array.from({ length: sizeOf(shape) }, (_, row) => {
      const own = scores.subarray(row * n, (row + 1) * n)
      const missing = own.findIndex(Number.isNaN)
      return missing >= 0 ? missing : own.indexOf(Math.max(...own))
    })
  },
  ulp: 0,
  sample: {
    domains: { logits: uniform(-3, 3), key: keyDomain },
    cases: (
      [[1], [2], [3], [4], [5], [0, 3], [1, 4], [3, 5], [7, 9], [2, 3, 4], [16, 2], [2, 17]] as Shape[]
    ).map((shape, index) => ({ shapes: { logits: shape, key: [2] }, attributes: { seed: index } })),
  },
})
