// What training makes small, and what a network's outputs mean under each loss.
import {
  type Checks,
  check,
  checkInteger,
  checkOptions,
  checkPositive,
  checkShare,
  listOf,
  oneOf,
  optional,
} from '../checks/check-options.js'
import { blamingCaller, ShapeError, ValueError } from '../checks/errors.js'
import { describeShape, type Shape, sameShape, sizeOf } from '../graph/shape.js'
import { Constant, scope, Tensor, type TensorLike, toTensor, Variable } from '../graph/tensor.js'
import {
  abs,
  argMax,
  div,
  equal,
  exp,
  gather,
  greater,
  greaterEqual,
  log,
  logSoftmax,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  notEqual,
  relu,
  reshape,
  sigmoid,
  sigmoidCrossEntropyWithLogits,
  softmax,
  softmaxCrossEntropyWithLogits,
  sparseSoftmaxCrossEntropyWithLogits,
  sqrt,
  square,
  squaredDifference,
  stopGradient,
  sub,
  sum,
  where,
} from '../ops/index.js'
import { type MeanWeight, withJudged } from './judged.js'

/** How the losses of rows or numbers become the loss. */
export interface LossOptions {
  /**
   * `mean`, the default: with weights Σ w·loss / Σ w, and 0 where all weights are 0. `sum`: Σ w·loss. `none`: the
   * losses as they are, w·loss.
   */
  reduction?: 'mean' | 'sum' | 'none'
  /**
   * How much each loss counts, from 0 up: a flat list holds one number for each row, a tensor of more dimensions
   * broadcasts to the losses (`[1, n]` weighs n columns), and a single number counts for all.
   */
  weights?: TensorLike
}

/** Options of losses whose targets are rows of probabilities of classes. */
export interface ClassLossOptions extends LossOptions {
  /** This share of each target is spread evenly over the classes, in [0, 1), default 0 (Szegedy et al. 2016). */
  labelSmoothing?: number
  /** How much each class counts, from 0 up: a row's weight is that of its class, Σ target·weight for mixed ones. */
  classWeights?: TensorLike
}

/** Options of losses whose targets are class numbers. */
export interface SparseLossOptions extends ClassLossOptions {
  /**
   * The target of positions to ignore, such as padding, default −1: they have the loss 0, pass nothing back, and count
   * neither in the mean nor in the accuracy of a run.
   */
  ignoreIndex?: number
}

/** The losses of rows or numbers, and what they count besides the weights that every loss can be given. */
interface Terms {
  readonly losses: Tensor
  readonly counted?: Tensor
  /** The weight of each row, from those of the classes. */
  readonly perRow?: (classWeights: Tensor) => Tensor
  /** The mean, where it is of another graph than `mean(losses)`. */
  readonly reduced?: (losses: Tensor) => Tensor
}

/** Numbers and tensors are read where their shapes are known. */
const numbers = (_caller: string, _name: string, value: unknown) => value as TensorLike | undefined

const lossOptions: Checks<LossOptions> = {
  reduction: optional(oneOf(['mean', 'sum', 'none']), 'mean'),
  weights: numbers,
}
const labelSmoothing = { labelSmoothing: optional(checkShare, 0) }
const classLossOptions: Checks<ClassLossOptions> = {
  ...lossOptions,
  ...labelSmoothing,
  classWeights: numbers,
}

/**
 * What all losses go through. Outputs and targets must have the same shape, but that class numbers have none of the last
 * dimension: [n, 1] against [n] would repeat to n×n.
 */
function judge<O extends LossOptions>(
  caller: (...args: never[]) => unknown,
  name: LossName,
  given: readonly [outputs: TensorLike, targets: TensorLike],
  options: O,
  checks: Checks<O>,
  of: (outputs: Tensor, targets: Tensor, options: O) => Tensor | Terms,
): Tensor {
  return blamingCaller(caller, () => {
    const [outputs, targets] = given.map((one) => toTensor(one, name)) as [Tensor, Tensor]
    const checked = checkOptions(name, options, checks) as O
    checkPair(name, outputs.shape, targets.shape)
    const made = of(outputs, targets, checked)
    const terms = made instanceof Tensor ? { losses: made } : made
    const { loss, meanWeight } = reduce(name, checked, terms, outputs.shape.slice(-1))
    const { ignoreIndex } = checked as SparseLossOptions
    return withJudged(loss, { name, outputs, targets, counted: terms.counted, ignoreIndex, meanWeight })
  })
}

function checkPair(name: LossName, outputs: Shape, targets: Shape): void {
  const { targetShape } = losses[name] as Pick<Loss, 'targetShape'>
  const wanted = targetShape ? targetShape(outputs) : outputs
  if (sameShape(targets, wanted) && !(targetShape && outputs.length === 0)) return
  const cure = targetShape
    ? 'give one class number for each row of outputs'
    : sizeOf(targets) === sizeOf(outputs)
      ? `reshape the targets to [${outputs.join(', ')}], or the outputs to [${targets.join(', ')}]`
      : sameShape(targets, outputs.slice(0, -1))
        ? 'class numbers become rows by oneHot, or are for sparseSoftmaxCrossEntropy'
        : 'give each output its own target'
  throw new ShapeError(
    `${name}: outputs are ${describeShape(outputs)}, targets ${describeShape(targets)}, but must be ${describeShape(wanted)}; ${cure}`,
  )
}

/** The loss that those of rows or numbers become, and over what its mean is; `classes` is the shape of a row of outputs. */
function reduce(
  name: string,
  { reduction, weights, classWeights }: ClassLossOptions,
  { losses, counted, perRow, reduced = mean }: Terms,
  classes: Shape,
): { readonly loss: Tensor; readonly meanWeight: MeanWeight | undefined } {
  const own =
    weights === undefined ? undefined : alongRows(name, atLeastZero(name, 'weights', weights), losses)
  const table = classWeights === undefined ? undefined : atLeastZero(name, 'classWeights', classWeights)
  if (table && !sameShape(table.shape, classes))
    throw new ShapeError(
      `${name}: classWeights are ${describeShape(table.shape)}, but must be ${describeShape(classes)}: one number for each class`,
    )
  /** The weights of all losses, each of `scale`. */
  const product = (scale: (weights: Tensor) => Tensor) => {
    const ofRows = table && perRow!(scale(table))
    const factors = [own, ofRows].filter((one) => one !== undefined).map(scale)
    const all = factors.length > 1 ? scale(mul(factors[0]!, factors[1]!)) : factors[0]
    return all && counted ? where(counted, all, 0) : (all ?? counted)
  }
  // What is ignored has the loss 0 already.
  const weighted = (weight: Tensor | undefined) =>
    weight && weight !== counted ? mul(weight, losses) : losses
  const raw = product((given) => given)
  if (reduction === 'none') return { loss: weighted(raw), meanWeight: undefined }
  if (reduction === 'sum') return { loss: sum(weighted(raw)), meanWeight: 'sum' }
  if (!raw) return { loss: reduced(losses), meanWeight: losses.size }
  // Each number of the losses has its weight, however few were given.
  const total = (weight: Tensor) => mul(sum(weight), losses.size / weight.size)
  const weight = product(proportions)!
  const divisor = total(weight)
  return { loss: div(sum(weighted(weight)), where(divisor, divisor, 1)), meanWeight: total(raw) }
}

/** Weights over the largest of them, so that no sum of them overflows or vanishes; all 0 stay so. */
function proportions(weights: Tensor): Tensor {
  if (weights.size === 0) return weights
  const largest = stopGradient(max(weights))
  return div(weights, where(largest, largest, 1))
}

/**
 * Weights of at least 0. Numbers that are there are checked now; of those that are computed later a negative one becomes
 * −∞, for which a run stops and names what was expected.
 */
function atLeastZero(name: string, option: string, given: TensorLike): Tensor {
  const weights = toTensor(given, `${name}, ${option}`)
  if (weights instanceof Constant || weights instanceof Variable)
    for (const [place, value] of weights.values.entries())
      if (!(value >= 0 && value < Infinity))
        throw new ValueError(
          `${name}: ${option} must be finite numbers of at least 0; number ${place} is ${value}`,
        )
  if (weights instanceof Constant) return weights
  return scope(`${option} of at least 0`, () => div(weights, greaterEqual(weights, 0)))
}

/** Weights in the dimensions of the losses; a flat list has one for each row. */
function alongRows(name: string, weights: Tensor, losses: Tensor): Tensor {
  const flat = weights.rank === 1 && weights.size !== 1
  const placed = flat ? [weights.size, ...losses.shape.slice(1).map(() => 1)] : weights.shape
  const fits =
    placed.length <= losses.rank &&
    placed.every((size, place) => size === 1 || size === losses.shape[losses.rank - placed.length + place])
  if (!fits && weights.size !== 1)
    throw new ShapeError(
      `${name}: weights are ${describeShape(weights.shape)}, the losses ${describeShape(losses.shape)}; give one weight for each row, or weights that broadcast to the losses`,
    )
  return reshape(weights, weights.size === 1 ? [] : placed)
}

/** Mean of the squared differences. */
export function meanSquaredError(
  predictions: TensorLike,
  targets: TensorLike,
  options: LossOptions = {},
): Tensor {
  return judge(meanSquaredError, 'meanSquaredError', [predictions, targets], options, lossOptions, (p, t) =>
    squaredDifference(p, t),
  )
}

/** Mean of the absolute differences; the derivative where they are 0 is 0. */
export function meanAbsoluteError(
  predictions: TensorLike,
  targets: TensorLike,
  options: LossOptions = {},
): Tensor {
  return judge(meanAbsoluteError, 'meanAbsoluteError', [predictions, targets], options, lossOptions, (p, t) =>
    abs(sub(p, t)),
  )
}

/**
 * Half the square of small differences d, and in a straight line from |d| = delta on: ½d², then
 * delta·(|d| − ½delta) (Huber 1964). `delta` is above 0, default 1.
 * @throws ValueError unless delta is above 0.
 */
export function huberLoss(
  predictions: TensorLike,
  targets: TensorLike,
  options: LossOptions & { delta?: number } = {},
): Tensor {
  const checks = { ...lossOptions, delta: optional(checkPositive, 1) }
  return judge(huberLoss, 'huberLoss', [predictions, targets], options, checks, (p, t, { delta }) => {
    const distance = abs(sub(p, t))
    // With q = min(|d|, delta) both pieces are q·(|d| − ½q), and no large number is squared.
    const q = minimum(distance, delta!)
    return mul(q, sub(distance, mul(0.5, q)))
  })
}

/**
 * How far scores are on the wrong side of a margin: max(0, 1 − t·score), with t = 1 for targets of 1 and t = −1
 * for targets of 0 (Cortes and Vapnik 1995). The derivative on the margin is 0.
 */
export function hingeLoss(scores: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return judge(hingeLoss, 'hingeLoss', [scores, targets], options, lossOptions, (x, t) =>
    relu(sub(1, mul(sub(mul(2, t), 1), x))),
  )
}

/**
 * Of counts that follow Poisson's law, without the constant: rate − target · ln rate, for rates above 0, such as
 * `softplus` gives. Rates below 1e-30 count as that in the logarithm.
 */
export function poissonLoss(rates: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return judge(poissonLoss, 'poissonLoss', [rates, targets], options, lossOptions, (rate, t) =>
    sub(rate, mul(t, log(maximum(rate, 1e-30)))),
  )
}

/**
 * One minus the cosine of the angle between vectors along the last axis: 1 − x·y / (‖x‖·‖y‖). A vector of zeros
 * has the loss 1.
 */
export function cosineLoss(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return judge(cosineLoss, 'cosineLoss', [predictions, targets], options, lossOptions, (p, t) =>
    sub(1, sum(mul(towardsUnit(p), towardsUnit(t)), -1)),
  )
}

/** The vectors along the last axis divided by their norms; zeros stay. */
function towardsUnit(x: Tensor): Tensor {
  if (x.rank === 0 || x.shape.at(-1) === 0)
    throw new ShapeError(`cosineLoss: wants vectors along the last axis, got ${describeShape(x.shape)}`)
  // Direction does not depend on scale, so the scale is taken out first and no square overflows.
  const largest = stopGradient(max(abs(x), { axes: -1, keepDims: true }))
  const scaled = div(x, where(largest, largest, 1))
  const squares = sum(square(scaled), { axes: -1, keepDims: true })
  return div(scaled, sqrt(maximum(squares, 1e-12)))
}

/**
 * `−mean(Y · ln H + (1 − Y) · ln(1 − H))` for probabilities H, the cost of the lecture, as its graph of log,
 * mul, sub, mean and neg. It is infinite when a probability is rounded to 0 or 1 on the wrong side, and NaN, from
 * 0 · ln 0, on the right one; train with `sigmoidCrossEntropy`, which is always finite.
 */
export function binaryCrossEntropy(
  probabilities: TensorLike,
  targets: TensorLike,
  options: Record<string, never> = {},
): Tensor {
  return judge(binaryCrossEntropy, 'binaryCrossEntropy', [probabilities, targets], options, {}, (h, y) => ({
    losses: y.mul(log(h)).add(sub(1, y).mul(log(sub(1, h)))),
    reduced: (losses) => neg(mean(losses)),
  }))
}

/**
 * Cross-entropy of `σ(logits)` against probabilities of 0 to 1, finite for every logit. With label smoothing ε
 * targets are z·(1 − ε) + ε/2.
 * @throws ValueError for options out of range.
 */
export function sigmoidCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  options: LossOptions & Pick<ClassLossOptions, 'labelSmoothing'> = {},
): Tensor {
  const checks = { ...lossOptions, ...labelSmoothing }
  return judge(
    sigmoidCrossEntropy,
    'sigmoidCrossEntropy',
    [logits, targets],
    options,
    checks,
    (x, t, { labelSmoothing }) => sigmoidCrossEntropyWithLogits(x, smooth(t, labelSmoothing!, 2)),
  )
}

/**
 * Cross-entropy of the rows' softmax against rows of probabilities, such as one-hot labels; finite for every
 * logit. With label smoothing ε targets are z·(1 − ε) + ε/n for n classes.
 * @throws ValueError for options out of range.
 */
export function softmaxCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  options: ClassLossOptions = {},
): Tensor {
  return judge(
    softmaxCrossEntropy,
    'softmaxCrossEntropy',
    [logits, targets],
    options,
    classLossOptions,
    (x, t, { labelSmoothing }) => ({
      losses: softmaxCrossEntropyWithLogits(x, smooth(t, labelSmoothing!, x.shape.at(-1) ?? 1)),
      perRow: (ofClasses) => sum(mul(t, ofClasses), -1),
    }),
  )
}

/**
 * Cross-entropy of the rows' softmax against class numbers from 0, one for each row. Rows whose target is
 * `ignoreIndex` do not count: the mean is over the others, and 0 where there are none.
 * @throws ShapeError unless targets have the shape of logits without its last dimension.
 * @throws IndexError, when it is computed, for any other number that is no class.
 */
export function sparseSoftmaxCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  options: SparseLossOptions = {},
): Tensor {
  const name = 'sparseSoftmaxCrossEntropy'
  const checks = { ...classLossOptions, ignoreIndex: optional(checkInteger, -1) }
  return judge(sparseSoftmaxCrossEntropy, name, [logits, targets], options, checks, (x, t, given) => {
    const [smoothing, ignored] = [given.labelSmoothing!, given.ignoreIndex!]
    const counted = notEqual(t, ignored)
    const classes = where(counted, t, 0)
    const hard = sparseSoftmaxCrossEntropyWithLogits(x, classes)
    const smoothed =
      smoothing === 0 ? hard : hard.mul(1 - smoothing).sub(mean(logSoftmax(x), -1).mul(smoothing))
    return {
      losses: where(counted, smoothed, 0),
      counted,
      perRow: (ofClasses) => gather(ofClasses, classes),
    }
  })
}

function smooth(targets: Tensor, share: number, classes: number): Tensor {
  return share === 0 ? targets : targets.mul(1 - share).add(share / classes)
}

/**
 * Negative log-likelihood: −Σ target · log-probability along the last axis, for the logarithms that `logSoftmax`
 * gives and rows of probabilities, such as one-hot labels.
 */
export function negativeLogLikelihood(
  logProbabilities: TensorLike,
  targets: TensorLike,
  options: LossOptions = {},
): Tensor {
  return judge(
    negativeLogLikelihood,
    'negativeLogLikelihood',
    [logProbabilities, targets],
    options,
    lossOptions,
    (logs, t) => neg(sum(mul(t, logs), -1)),
  )
}

/**
 * Kullback and Leibler's divergence of the rows' softmax from rows of probabilities t: Σ t · (ln t − log
 * softmax(logits)), with 0 · ln 0 = 0. Finite for every logit.
 */
export function klDivergence(logits: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return judge(klDivergence, 'klDivergence', [logits, targets], options, lossOptions, (x, t) => {
    const logs = log(where(greater(t, 0), t, 1))
    return sum(mul(t, sub(logs, logSoftmax(x))), -1)
  })
}

/** L1 regularisation, to be added to a loss: factor · Σ |p| over all parameters, which makes many of them 0. */
export function l1Penalty(parameters: readonly Tensor[], factor: number): Tensor {
  return penalty(l1Penalty, 'l1Penalty', parameters, factor, abs)
}

/** L2 regularisation, to be added to a loss: factor · Σ p² over all parameters. */
export function l2Penalty(parameters: readonly Tensor[], factor: number): Tensor {
  return penalty(l2Penalty, 'l2Penalty', parameters, factor, square)
}

function penalty(
  caller: (...args: never[]) => unknown,
  name: string,
  parameters: readonly Tensor[],
  factor: number,
  of: (x: TensorLike) => Tensor,
): Tensor {
  return blamingCaller(caller, () => {
    checkPositive(name, 'factor', factor)
    const list = listOf(check<Tensor>('a tensor', (value) => value instanceof Tensor))(
      name,
      'parameters',
      parameters,
    )
    if (list.length === 0) throw new ValueError(`${name}: parameters must not be empty`)
    return list
      .map((parameter) => sum(of(parameter)))
      .reduce((total, term) => total.add(term))
      .mul(factor)
  })
}

/** What a run makes small, and how it is to be read. */
export interface Loss {
  readonly of: (outputs: Tensor, targets: Tensor) => Tensor
  /** What the network predicts, from what it puts out. */
  readonly predictions: (outputs: Tensor) => Tensor
  /** 1 for each row that is right, 0 for each that is wrong; `null` where right and wrong mean nothing. */
  readonly correct: ((outputs: Tensor, targets: Tensor) => Tensor) | null
  /** 1 for each answer that counts, 0 for one that is not; where it is absent, those that `of` ignores do not count. */
  readonly counted?: (outputs: Tensor, targets: Tensor) => Tensor
  /** Shape of a row of targets for a row of outputs; for losses by name the same unless given. */
  readonly targetShape?: (outputShape: Shape) => Shape
}

/** What the outputs of a model must be. */
export type OutputKind =
  | 'values'
  | 'vectors'
  | 'logits'
  | 'scores'
  | 'logits of classes'
  | 'probabilities'
  | 'log-probabilities'
  | 'rates'

/** What targets must be. */
export type TargetKind =
  | 'numbers'
  | '0 or 1'
  | 'numbers in [0, 1]'
  | 'rows that add up to 1'
  | 'class numbers'
  | 'counts'

/** A loss that says what it is for, which is checked before a run. */
interface NamedLoss extends Loss {
  readonly outputs: OutputKind
  readonly targets: TargetKind
}

const asTheyAre = (outputs: Tensor) => outputs

/** What makes predictions of outputs, by name; `linear` leaves them as they are. */
export const outputActivations = { linear: asTheyAre, sigmoid, softmax, exp } satisfies Readonly<
  Record<string, Loss['predictions']>
>

/** By name, or one of your own. */
export type OutputActivation = keyof typeof outputActivations | Loss['predictions']

const sameSide = (probability: (outputs: Tensor) => Tensor) => (outputs: Tensor, targets: Tensor) =>
  equal(greaterEqual(probability(outputs), 0.5), greaterEqual(targets, 0.5))
const sameClass = (outputs: Tensor, targets: Tensor) => equal(argMax(outputs), argMax(targets))

/** Losses by name. */
export const losses = {
  meanSquaredError: {
    of: meanSquaredError,
    outputs: 'values',
    targets: 'numbers',
    predictions: asTheyAre,
    correct: null,
  },
  meanAbsoluteError: {
    of: meanAbsoluteError,
    outputs: 'values',
    targets: 'numbers',
    predictions: asTheyAre,
    correct: null,
  },
  huberLoss: { of: huberLoss, outputs: 'values', targets: 'numbers', predictions: asTheyAre, correct: null },
  poissonLoss: {
    of: poissonLoss,
    outputs: 'rates',
    targets: 'counts',
    predictions: asTheyAre,
    correct: null,
  },
  cosineLoss: {
    of: cosineLoss,
    outputs: 'vectors',
    targets: 'numbers',
    predictions: asTheyAre,
    correct: null,
  },
  hingeLoss: {
    of: hingeLoss,
    outputs: 'scores',
    targets: '0 or 1',
    predictions: asTheyAre,
    correct: (scores, targets) => equal(greaterEqual(scores, 0), greaterEqual(targets, 0.5)),
  },
  binaryCrossEntropy: {
    of: binaryCrossEntropy,
    outputs: 'probabilities',
    targets: 'numbers in [0, 1]',
    predictions: asTheyAre,
    correct: sameSide(asTheyAre),
  },
  sigmoidCrossEntropy: {
    of: sigmoidCrossEntropy,
    outputs: 'logits',
    targets: 'numbers in [0, 1]',
    predictions: sigmoid,
    correct: sameSide(sigmoid),
  },
  softmaxCrossEntropy: {
    of: softmaxCrossEntropy,
    outputs: 'logits of classes',
    targets: 'rows that add up to 1',
    predictions: softmax,
    correct: sameClass,
  },
  sparseSoftmaxCrossEntropy: {
    of: sparseSoftmaxCrossEntropy,
    outputs: 'logits of classes',
    targets: 'class numbers',
    predictions: softmax,
    correct: (logits, classes) => equal(argMax(logits), classes),
    targetShape: (logits) => logits.slice(0, -1),
  },
  negativeLogLikelihood: {
    of: negativeLogLikelihood,
    outputs: 'log-probabilities',
    targets: 'rows that add up to 1',
    predictions: exp,
    correct: sameClass,
  },
  klDivergence: {
    of: klDivergence,
    outputs: 'logits of classes',
    targets: 'rows that add up to 1',
    predictions: softmax,
    correct: sameClass,
  },
} satisfies Readonly<Record<string, NamedLoss>>

/** Name of a loss. */
export type LossName = keyof typeof losses
