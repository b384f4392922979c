// What training makes small, and what a network's outputs mean under each loss.
import { checkPositive, checkShare } from './check-options.js'
import { blamingCaller, ShapeError, ValueError } from './errors.js'
import {
  abs,
  argMax,
  broadcastTo,
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
} from './ops/index.js'
import { describeShape, type Shape, sameShape } from './shape.js'
import { type Tensor, type TensorLike, toTensor } from './tensor.js'

/** How the losses of rows or numbers become the loss. */
export interface LossOptions {
  /**
   * `mean` unless given: with weights Σ w·loss / Σ w, and 0 where all weights are 0. `sum`: Σ w·loss. `none`: the
   * losses as they are, w·loss.
   */
  reduction?: 'mean' | 'sum' | 'none'
  /** How much each row counts: one number a row, or any shape that broadcasts to that of the losses. */
  weights?: TensorLike
}

/** Options of losses whose targets are classes. */
export interface ClassLossOptions extends LossOptions {
  /** This share of each target is spread evenly over the classes, 0 unless given (Szegedy et al. 2016). */
  labelSmoothing?: number
  /** How much each class counts: a row's weight is that of its class, Σ target·weight for mixed ones. */
  classWeights?: TensorLike
}

/** What a sum of weights is at least, so that a batch without weight has the loss 0. */
const leastWeight = 1e-30

function reduce(
  name: string,
  losses: Tensor,
  { reduction = 'mean', weights }: LossOptions,
  classWeights?: Tensor,
): Tensor {
  if (!['mean', 'sum', 'none'].includes(reduction))
    throw new ValueError(`${name}: reduction must be mean, sum or none, got ${reduction}`)
  const given = weights === undefined ? undefined : alongRows(name, toTensor(weights), losses)
  const factors = [given, classWeights].filter((factor) => factor !== undefined)
  const weight = factors.length > 0 ? factors.reduce((product, factor) => mul(product, factor)) : undefined
  const weighted = weight ? mul(weight, losses) : losses
  if (!sameShape(weighted.shape, losses.shape))
    throw new ShapeError(
      `${name}: weights are ${describeShape(weight!.shape)}, the losses ${describeShape(losses.shape)}; give one weight for each row`,
    )
  if (reduction === 'none') return weighted
  if (reduction === 'sum') return sum(weighted)
  if (!weight) return mean(losses)
  // Each number of the losses has its weight, however few were given.
  const total = mul(sum(weight), losses.size / weight.size)
  return div(sum(weighted), maximum(total, leastWeight))
}

/** One weight for each row counts for all numbers of its row. */
function alongRows(name: string, weights: Tensor, losses: Tensor): Tensor {
  if (weights.rank !== 1 || losses.rank <= 1) return weights
  if (weights.shape[0] !== losses.shape[0])
    throw new ShapeError(
      `${name}: weights are ${describeShape(weights.shape)}, the losses ${describeShape(losses.shape)}; give one weight for each row`,
    )
  return reshape(weights, [weights.size, ...losses.shape.slice(1).map(() => 1)])
}

/** Mean of the squared differences. */
export function meanSquaredError(
  predictions: TensorLike,
  targets: TensorLike,
  options: LossOptions = {},
): Tensor {
  return blamingCaller(meanSquaredError, () =>
    reduce('meanSquaredError', squaredDifference(predictions, targets), options),
  )
}

/** Mean of the absolute differences; the derivative where they are 0 is 0. */
export function meanAbsoluteError(
  predictions: TensorLike,
  targets: TensorLike,
  options: LossOptions = {},
): Tensor {
  return blamingCaller(meanAbsoluteError, () =>
    reduce('meanAbsoluteError', abs(sub(predictions, targets)), options),
  )
}

/**
 * Half the square of small differences d, and in a straight line from |d| = delta on: ½d², then
 * delta·(|d| − ½delta) (Huber 1964). `delta` is 1 unless given.
 * @throws ValueError unless delta is above 0.
 */
export function huberLoss(
  predictions: TensorLike,
  targets: TensorLike,
  { delta = 1, ...options }: LossOptions & { delta?: number } = {},
): Tensor {
  return blamingCaller(huberLoss, () => {
    checkPositive('huberLoss', 'delta', delta)
    const distance = abs(sub(predictions, targets))
    // With q = min(|d|, delta) both pieces are q·(|d| − ½q), and no large number is squared.
    const q = minimum(distance, delta)
    return reduce('huberLoss', mul(q, sub(distance, mul(0.5, q))), options)
  })
}

/**
 * How far scores are on the wrong side of a margin: max(0, 1 − t·score), with t = 1 for targets of 1 and t = −1
 * for targets of 0 (Cortes and Vapnik 1995). The derivative on the margin is 0.
 */
export function hingeLoss(scores: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return blamingCaller(hingeLoss, () => {
    const side = sub(mul(2, targets), 1)
    return reduce('hingeLoss', relu(sub(1, mul(side, scores))), options)
  })
}

/**
 * Of counts that follow Poisson's law, without the constant: rate − target · ln rate, for rates above 0, such as
 * `softplus` gives. Rates below 1e-30 count as that in the logarithm.
 */
export function poissonLoss(rates: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return blamingCaller(poissonLoss, () =>
    reduce('poissonLoss', sub(rates, mul(targets, log(maximum(rates, 1e-30)))), options),
  )
}

/**
 * One minus the cosine of the angle between vectors along the last axis: 1 − x·y / (‖x‖·‖y‖). A vector of zeros
 * has the loss 1.
 */
export function cosineLoss(predictions: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return blamingCaller(cosineLoss, () => {
    const [x, y] = [toTensor(predictions), toTensor(targets)].map(towardsUnit) as [Tensor, Tensor]
    return reduce('cosineLoss', sub(1, sum(mul(x, y), -1)), options)
  })
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
export function binaryCrossEntropy(probabilities: TensorLike, targets: TensorLike): Tensor {
  const h = toTensor(probabilities)
  const y = toTensor(targets)
  return neg(mean(y.mul(log(h)).add(sub(1, y).mul(log(sub(1, h))))))
}

/**
 * Cross-entropy of `σ(logits)` against probabilities of 0 to 1, finite for every logit. With label smoothing ε
 * targets are z·(1 − ε) + ε/2.
 * @throws ValueError for options out of range.
 */
export function sigmoidCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  { labelSmoothing, ...options }: LossOptions & Pick<ClassLossOptions, 'labelSmoothing'> = {},
): Tensor {
  return blamingCaller(sigmoidCrossEntropy, () => {
    const labels = smooth('sigmoidCrossEntropy', toTensor(targets), labelSmoothing, 2)
    return reduce('sigmoidCrossEntropy', sigmoidCrossEntropyWithLogits(logits, labels), options)
  })
}

/**
 * Cross-entropy of the rows' softmax against rows of probabilities, such as one-hot labels; finite for every
 * logit. With label smoothing ε targets are z·(1 − ε) + ε/n for n classes.
 * @throws ValueError for options out of range.
 */
export function softmaxCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  { labelSmoothing, classWeights, ...options }: ClassLossOptions = {},
): Tensor {
  return blamingCaller(softmaxCrossEntropy, () => {
    const [rows, rowsOfTargets] = [toTensor(logits), toTensor(targets)]
    const labels = smooth('softmaxCrossEntropy', rowsOfTargets, labelSmoothing, rows.shape.at(-1) ?? 1)
    return reduce(
      'softmaxCrossEntropy',
      softmaxCrossEntropyWithLogits(rows, labels),
      options,
      classWeights === undefined ? undefined : sum(mul(rowsOfTargets, classWeights), -1),
    )
  })
}

/**
 * Cross-entropy of the rows' softmax against class numbers from 0, one for each row. −1 is padding: it gives its row
 * the loss 0, but the row counts in the mean, so give it the weight 0 as well.
 * @throws ShapeError unless targets have the shape of logits without its last dimension.
 * @throws IndexError, when it is computed, for any other number that is no class.
 */
export function sparseSoftmaxCrossEntropy(
  logits: TensorLike,
  targets: TensorLike,
  { labelSmoothing = 0, classWeights, ...options }: ClassLossOptions = {},
): Tensor {
  return blamingCaller(sparseSoftmaxCrossEntropy, () => {
    const rows = toTensor(logits)
    const classes = toTensor(targets)
    if (rows.rank === 0 || !sameShape(classes.shape, rows.shape.slice(0, -1)))
      throw new ShapeError(
        `sparseSoftmaxCrossEntropy: logits are ${describeShape(rows.shape)}, targets ${describeShape(classes.shape)}; wants one class number for each row of logits`,
      )
    checkShare('sparseSoftmaxCrossEntropy', 'labelSmoothing', labelSmoothing)
    const padding = equal(classes, -1)
    const known = where(padding, 0, classes)
    const hard = sparseSoftmaxCrossEntropyWithLogits(rows, known)
    const losses =
      labelSmoothing === 0
        ? hard
        : hard.mul(1 - labelSmoothing).sub(mean(logSoftmax(rows), -1).mul(labelSmoothing))
    return reduce(
      'sparseSoftmaxCrossEntropy',
      where(padding, 0, losses),
      options,
      classWeights === undefined
        ? undefined
        : where(padding, 0, gather(broadcastTo(classWeights, rows.shape.slice(-1)), known)),
    )
  })
}

function smooth(name: string, targets: Tensor, share = 0, classes: number): Tensor {
  checkShare(name, 'labelSmoothing', share)
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
  return blamingCaller(negativeLogLikelihood, () =>
    reduce('negativeLogLikelihood', neg(sum(mul(targets, logProbabilities), -1)), options),
  )
}

/**
 * Kullback and Leibler's divergence of the rows' softmax from rows of probabilities t: Σ t · (ln t − log
 * softmax(logits)), with 0 · ln 0 = 0. Finite for every logit.
 */
export function klDivergence(logits: TensorLike, targets: TensorLike, options: LossOptions = {}): Tensor {
  return blamingCaller(klDivergence, () => {
    const t = toTensor(targets)
    const logs = log(where(greater(t, 0), t, 1))
    return reduce('klDivergence', sum(mul(t, sub(logs, logSoftmax(logits))), -1), options)
  })
}

/** L1 regularisation, to be added to a loss: factor · Σ |p| over all parameters, which makes many of them 0. */
export function l1Penalty(parameters: readonly Tensor[], factor: number): Tensor {
  return penalty(l1Penalty, parameters, factor, abs)
}

/** L2 regularisation, to be added to a loss: factor · Σ p² over all parameters. */
export function l2Penalty(parameters: readonly Tensor[], factor: number): Tensor {
  return penalty(l2Penalty, parameters, factor, square)
}

function penalty(
  caller: (...args: never[]) => unknown,
  parameters: readonly Tensor[],
  factor: number,
  of: (x: TensorLike) => Tensor,
): Tensor {
  return blamingCaller(caller, () => {
    checkPositive(caller.name, 'factor', factor)
    if (parameters.length === 0) throw new ValueError(`${caller.name}: wants at least one parameter`)
    return parameters
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
  /** 1 for each answer that counts, 0 for one that is ignored, such as padding; all count where it is absent. */
  readonly counted?: (outputs: Tensor, targets: Tensor) => Tensor
  /** Shape of a row of targets for a row of outputs; for losses by name the same unless given. */
  readonly targetShape?: (outputShape: Shape) => Shape
}

const asTheyAre = (outputs: Tensor) => outputs
const sameSide = (probability: (outputs: Tensor) => Tensor) => (outputs: Tensor, targets: Tensor) =>
  equal(greaterEqual(probability(outputs), 0.5), greaterEqual(targets, 0.5))
const sameClass = (outputs: Tensor, targets: Tensor) => equal(argMax(outputs), argMax(targets))

/** Losses by name. */
export const losses = {
  meanSquaredError: { of: meanSquaredError, predictions: asTheyAre, correct: null },
  meanAbsoluteError: { of: meanAbsoluteError, predictions: asTheyAre, correct: null },
  huberLoss: { of: huberLoss, predictions: asTheyAre, correct: null },
  poissonLoss: { of: poissonLoss, predictions: asTheyAre, correct: null },
  cosineLoss: { of: cosineLoss, predictions: asTheyAre, correct: null },
  hingeLoss: {
    of: hingeLoss,
    predictions: asTheyAre,
    correct: (scores, targets) => equal(greaterEqual(scores, 0), greaterEqual(targets, 0.5)),
  },
  binaryCrossEntropy: { of: binaryCrossEntropy, predictions: asTheyAre, correct: sameSide(asTheyAre) },
  sigmoidCrossEntropy: { of: sigmoidCrossEntropy, predictions: sigmoid, correct: sameSide(sigmoid) },
  softmaxCrossEntropy: { of: softmaxCrossEntropy, predictions: softmax, correct: sameClass },
  sparseSoftmaxCrossEntropy: {
    of: sparseSoftmaxCrossEntropy,
    predictions: softmax,
    correct: (logits, classes) => equal(argMax(logits), classes),
    targetShape: (logits) => logits.slice(0, -1),
  },
  negativeLogLikelihood: { of: negativeLogLikelihood, predictions: exp, correct: sameClass },
  klDivergence: { of: klDivergence, predictions: softmax, correct: sameClass },
} satisfies Readonly<Record<string, Loss>>

/** Name of a loss. */
export type LossName = keyof typeof losses
