// Loss functions, and how each interprets the outputs of a network.
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
  add,
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
import { type MeanWeight, withLossOrigin } from './loss-origin.js'

/** How the losses of rows or elements are reduced. */
export interface LossOptions {
  /**
   * `mean`, the default: with weights Σ w·loss / Σ w, and 0 where all weights are 0. `sum`: Σ w·loss. `none`: no
   * reduction, w·loss.
   */
  reduction?: 'mean' | 'sum' | 'none'
  /**
   * Non-negative weights of the losses: a flat list holds one number for each row, a tensor of more dimensions is
   * broadcast to the losses (`[1, n]` weights n columns), and a single number applies to all.
   */
  weights?: TensorLike
}

/** Options of losses whose targets are rows of class probabilities. */
export interface ClassLossOptions extends LossOptions {
  /** This share of each target is spread evenly over the classes, in [0, 1), default 0 (Szegedy et al. 2016). */
  labelSmoothing?: number
  /** Non-negative weights of the classes: the weight of a row is that of its class, or Σ target·weight. */
  classWeights?: TensorLike
}

/** Options of losses whose targets are class indices. */
export interface SparseLossOptions extends ClassLossOptions {
  /**
   * The target of positions to ignore, such as padding, default −1: their loss and gradient are 0, and they count
   * neither in the mean nor in the accuracy of a run.
   */
  ignoreIndex?: number
}

/** The losses of rows or elements, and their weights besides the option `weights`. */
interface Terms {
  readonly losses: Tensor
  readonly counted?: Tensor
  /** The weight of each row, by its class. */
  readonly perRow?: (classWeights: Tensor) => Tensor
  /** The mean, where its graph is not `mean(losses)`. */
  readonly reduced?: (losses: Tensor) => Tensor
}

/** Numbers and tensors are checked where their shapes are known. */
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

type HuberOptions = LossOptions & { delta?: number }
type SmoothedOptions = LossOptions & Pick<ClassLossOptions, 'labelSmoothing'>

/** A function that judges outputs by targets. */
type LossFunction<O> = (outputs: TensorLike, targets: TensorLike, options?: O) => Tensor

/**
 * A loss function. Outputs and targets must have the same shape, except that class indices lack the last dimension:
 * [n, 1] with [n] would be broadcast to n×n.
 */
function lossOf<O extends LossOptions>(
  name: LossName,
  checks: Checks<O>,
  of: (outputs: Tensor, targets: Tensor, options: O) => Tensor | Terms,
): LossFunction<O> {
  const loss: LossFunction<O> = (first, second, options = {} as O) =>
    blamingCaller(loss, () => {
      const [outputs, targets] = [toTensor(first, name), toTensor(second, name)]
      const checked = checkOptions(name, options, checks) as O
      checkPair(name, outputs.shape, targets.shape)
      const made = of(outputs, targets, checked)
      const terms = made instanceof Tensor ? { losses: made } : made
      const { loss, meanWeight } = reduce(name, checked, terms, outputs.shape.slice(-1))
      const { ignoreIndex } = checked as SparseLossOptions
      return withLossOrigin(loss, { name, outputs, targets, counted: terms.counted, ignoreIndex, meanWeight })
    })
  return loss
}

function checkPair(name: LossName, outputs: Shape, targets: Shape): void {
  const { targetShape } = losses[name] as Pick<Loss, 'targetShape'>
  const wanted = targetShape ? targetShape(outputs) : outputs
  if (sameShape(targets, wanted) && !(targetShape && outputs.length === 0)) return
  const cure = targetShape
    ? 'pass one class index for each row of outputs'
    : sizeOf(targets) === sizeOf(outputs)
      ? `reshape the targets to [${outputs.join(', ')}], or the outputs to [${targets.join(', ')}]`
      : sameShape(targets, outputs.slice(0, -1))
        ? 'turn class indices into rows with oneHot, or use sparseSoftmaxCrossEntropy'
        : 'pass a target for each output'
  throw new ShapeError(
    `${name}: outputs are ${describeShape(outputs)}, targets ${describeShape(targets)}, but must be ${describeShape(wanted)}; ${cure}`,
  )
}

/** The reduced loss and the divisor of its mean; `classes` is the shape of a row of outputs. */
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
  // Ignored positions have loss 0 already.
  const weighted = (weight: Tensor | undefined) =>
    weight && weight !== counted ? mul(weight, losses) : losses
  const raw = product((given) => given)
  if (reduction === 'none') return { loss: weighted(raw), meanWeight: undefined }
  if (reduction === 'sum') return { loss: sum(weighted(raw)), meanWeight: 'sum' }
  if (!raw) return { loss: reduced(losses), meanWeight: losses.size }
  // Weights are broadcast to the losses, so that each element has its weight.
  const total = (weight: Tensor) => mul(sum(weight), losses.size / weight.size)
  const weight = product(proportions)!
  const divisor = total(weight)
  return { loss: div(sum(weighted(weight)), where(divisor, divisor, 1)), meanWeight: total(raw) }
}

/** Weights divided by the largest, so that no sum of them overflows or underflows; all zeros stay zeros. */
function proportions(weights: Tensor): Tensor {
  if (weights.size === 0) return weights
  const largest = stopGradient(max(weights))
  return div(weights, where(largest, largest, 1))
}

/**
 * Non-negative weights. Known values are checked now; a negative value that is computed later becomes −∞, which stops
 * a run with the name of this node.
 */
function atLeastZero(name: string, option: string, given: TensorLike): Tensor {
  const weights = toTensor(given, `${name}, ${option}`)
  if (weights instanceof Constant || weights instanceof Variable)
    for (const [place, value] of weights.values.entries())
      if (!(value >= 0 && value < Infinity))
        throw new ValueError(
          `${name}: ${option} must be non-negative finite numbers; element ${place} is ${value}`,
        )
  if (weights instanceof Constant) return weights
  return scope(`non-negative ${option}`, () => div(weights, greaterEqual(weights, 0)))
}

/** Weights with the rank of the losses; a flat list has one for each row. */
function alongRows(name: string, weights: Tensor, losses: Tensor): Tensor {
  const flat = weights.rank === 1 && weights.size !== 1
  const placed = flat ? [weights.size, ...losses.shape.slice(1).map(() => 1)] : weights.shape
  const fits =
    placed.length <= losses.rank &&
    placed.every((size, place) => size === 1 || size === losses.shape[losses.rank - placed.length + place])
  if (!fits && weights.size !== 1)
    throw new ShapeError(
      `${name}: weights are ${describeShape(weights.shape)}, the losses ${describeShape(losses.shape)}; pass one weight for each row, or weights that can be broadcast to the losses`,
    )
  return reshape(weights, weights.size === 1 ? [] : placed)
}

/** Mean of squared differences. */
export const meanSquaredError: LossFunction<LossOptions> = lossOf('meanSquaredError', lossOptions, (p, t) =>
  squaredDifference(p, t),
)

/** Mean of absolute differences; the derivative is 0 where they are 0. */
export const meanAbsoluteError: LossFunction<LossOptions> = lossOf('meanAbsoluteError', lossOptions, (p, t) =>
  abs(sub(p, t)),
)

/**
 * Quadratic for small differences d and linear from |d| = delta on: ½d², then delta·(|d| − ½delta) (Huber 1964).
 * `delta` is positive, default 1.
 * @throws ValueError unless delta is positive.
 */
export const huberLoss: LossFunction<HuberOptions> = lossOf<HuberOptions>(
  'huberLoss',
  { ...lossOptions, delta: optional(checkPositive, 1) },
  (p, t, { delta }) => {
    const distance = abs(sub(p, t))
    // With q = min(|d|, delta) both pieces are q·(|d| − ½q), and no large number is squared.
    const q = minimum(distance, delta!)
    return mul(q, sub(distance, mul(0.5, q)))
  },
)

/**
 * Hinge loss max(0, 1 − t·score), with t = 1 for targets of 1 and t = −1 for targets of 0 (Cortes and Vapnik 1995).
 * The derivative at the margin is 0.
 */
export const hingeLoss: LossFunction<LossOptions> = lossOf('hingeLoss', lossOptions, (scores, t) =>
  relu(sub(1, mul(sub(mul(2, t), 1), scores))),
)

/**
 * Negative log-likelihood of Poisson counts, up to a constant: rate − target · ln rate, for positive rates, such as
 * those of `softplus`. In the logarithm rates are at least 1e-30.
 */
export const poissonLoss: LossFunction<LossOptions> = lossOf('poissonLoss', lossOptions, (rates, t) =>
  sub(rates, mul(t, log(maximum(rates, 1e-30)))),
)

/**
 * One minus the cosine of the angle between vectors along the last axis: 1 − x·y / (‖x‖·‖y‖). The loss of a zero
 * vector is 1.
 */
export const cosineLoss: LossFunction<LossOptions> = lossOf('cosineLoss', lossOptions, (p, t) =>
  sub(1, sum(mul(towardsUnit(p), towardsUnit(t)), -1)),
)

/** The vectors along the last axis divided by their norms; zero vectors stay zero. */
function towardsUnit(x: Tensor): Tensor {
  if (x.rank === 0 || x.shape.at(-1) === 0)
    throw new ShapeError(`cosineLoss: expects vectors along the last axis, got ${describeShape(x.shape)}`)
  // Direction is independent of scale, so vectors are rescaled first and no square overflows.
  const largest = stopGradient(max(abs(x), { axes: -1, keepDims: true }))
  const scaled = div(x, where(largest, largest, 1))
  const squares = sum(square(scaled), { axes: -1, keepDims: true })
  return div(scaled, sqrt(maximum(squares, 1e-12)))
}

/**
 * `−mean(Y · ln H + (1 − Y) · ln(1 − H))` for probabilities H, as a graph of log, mul, sub, mean and neg. It is
 * infinite when a probability rounds to the wrong one of 0 and 1, and NaN, from 0 · ln 0, when it rounds to the right
 * one; train with `sigmoidCrossEntropy`, which is always finite.
 */
export const binaryCrossEntropy: LossFunction<Record<string, never>> = lossOf(
  'binaryCrossEntropy',
  {},
  (h, y) => ({
    losses: add(mul(y, log(h)), mul(sub(1, y), log(sub(1, h)))),
    reduced: (losses) => neg(mean(losses)),
  }),
)

/**
 * Cross-entropy of `σ(logits)` against targets z in [0, 1], finite for every logit. With label smoothing ε targets are
 * z·(1 − ε) + ε/2.
 * @throws ValueError for options out of range.
 */
export const sigmoidCrossEntropy: LossFunction<SmoothedOptions> = lossOf<SmoothedOptions>(
  'sigmoidCrossEntropy',
  { ...lossOptions, ...labelSmoothing },
  (x, t, { labelSmoothing }) => sigmoidCrossEntropyWithLogits(x, smooth(t, labelSmoothing!, 2)),
)

/**
 * Cross-entropy of the row-wise softmax against rows of probabilities z, such as one-hot labels; finite for every
 * logit. With label smoothing ε targets are z·(1 − ε) + ε/n for n classes.
 * @throws ValueError for options out of range.
 */
export const softmaxCrossEntropy: LossFunction<ClassLossOptions> = lossOf(
  'softmaxCrossEntropy',
  classLossOptions,
  (x, t, { labelSmoothing }) => ({
    losses: softmaxCrossEntropyWithLogits(x, smooth(t, labelSmoothing!, x.shape.at(-1) ?? 1)),
    perRow: (ofClasses) => sum(mul(t, ofClasses), -1),
  }),
)

/**
 * Cross-entropy of the row-wise softmax against class indices, one for each row. Rows whose target is `ignoreIndex` do
 * not count: the mean is over the others, and 0 where there are none.
 * @throws ShapeError unless targets have the shape of the logits without its last dimension.
 * @throws IndexError at evaluation for any other target that is not a class.
 */
export const sparseSoftmaxCrossEntropy: LossFunction<SparseLossOptions> = lossOf<SparseLossOptions>(
  'sparseSoftmaxCrossEntropy',
  { ...classLossOptions, ignoreIndex: optional(checkInteger, -1) },
  (x, t, given) => {
    const [smoothing, ignored] = [given.labelSmoothing!, given.ignoreIndex!]
    const counted = notEqual(t, ignored)
    const classes = where(counted, t, 0)
    const hard = sparseSoftmaxCrossEntropyWithLogits(x, classes)
    const smoothed =
      smoothing === 0 ? hard : sub(mul(hard, 1 - smoothing), mul(mean(logSoftmax(x), -1), smoothing))
    return {
      losses: where(counted, smoothed, 0),
      counted,
      perRow: (ofClasses) => gather(ofClasses, classes),
    }
  },
)

function smooth(targets: Tensor, share: number, classes: number): Tensor {
  return share === 0 ? targets : add(mul(targets, 1 - share), share / classes)
}

/**
 * Negative log-likelihood: −Σ target · log-probability along the last axis, for the outputs of `logSoftmax` and rows
 * of probabilities, such as one-hot labels.
 */
export const negativeLogLikelihood: LossFunction<LossOptions> = lossOf(
  'negativeLogLikelihood',
  lossOptions,
  (logs, t) => neg(sum(mul(t, logs), -1)),
)

/**
 * Kullback–Leibler divergence of rows of probabilities t from the row-wise softmax: Σ t · (ln t − log
 * softmax(logits)), with 0 · ln 0 = 0. Finite for every logit.
 */
export const klDivergence: LossFunction<LossOptions> = lossOf('klDivergence', lossOptions, (x, t) => {
  const logs = log(where(greater(t, 0), t, 1))
  return sum(mul(t, sub(logs, logSoftmax(x))), -1)
})

/** L1 regularization, to be added to a loss: factor · Σ |p| over all parameters, which makes many of them 0. */
export function l1Penalty(parameters: readonly Tensor[], factor: number): Tensor {
  return penalty(l1Penalty, 'l1Penalty', parameters, factor, abs)
}

/** L2 regularization, to be added to a loss: factor · Σ p² over all parameters. */
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
    const total = list.map((parameter) => sum(of(parameter))).reduce((all, term) => add(all, term))
    return mul(total, factor)
  })
}

/** The loss that a run minimizes, and how to interpret it. */
export interface Loss {
  readonly of: (outputs: Tensor, targets: Tensor) => Tensor
  /** The predictions of the network, from its outputs. */
  readonly predictions: (outputs: Tensor) => Tensor
  /** 1 for each correct row, 0 for each other; `null` where there is no notion of correct. */
  readonly correct: ((outputs: Tensor, targets: Tensor) => Tensor) | null
  /** 1 for each prediction that counts, 0 for the others; if absent, those that `of` ignores do not count. */
  readonly counted?: (outputs: Tensor, targets: Tensor) => Tensor
  /** Shape of a row of targets for that of a row of outputs; for losses by name the same by default. */
  readonly targetShape?: (outputShape: Shape) => Shape
}

/** What the outputs of a model must be under a loss. */
export type OutputKind =
  | 'values'
  | 'vectors'
  | 'logits'
  | 'scores'
  | 'class logits'
  | 'probabilities'
  | 'log-probabilities'
  | 'rates'

/** What the targets must be under a loss. */
export type TargetKind =
  | 'numbers'
  | '0 or 1'
  | 'numbers in [0, 1]'
  | 'rows that sum to 1'
  | 'class indices'
  | 'counts'

/** A loss that declares its outputs and targets, which are checked before a run. */
interface NamedLoss extends Loss {
  readonly outputs: OutputKind
  readonly targets: TargetKind
}

const asTheyAre = (outputs: Tensor) => outputs

/** Functions from outputs to predictions, by name; `linear` is the identity. */
export const outputActivations = { linear: asTheyAre, sigmoid, softmax, exp } satisfies Readonly<
  Record<string, Loss['predictions']>
>

/** By name, or a custom function. */
export type OutputActivation = keyof typeof outputActivations | Loss['predictions']

const sameSide = (probability: (outputs: Tensor) => Tensor) => (outputs: Tensor, targets: Tensor) =>
  equal(greaterEqual(probability(outputs), 0.5), greaterEqual(targets, 0.5))
const sameClass = (outputs: Tensor, targets: Tensor) => equal(argMax(outputs), argMax(targets))

const ofNumbers = { targets: 'numbers', predictions: asTheyAre, correct: null } as const
const ofRows = { targets: 'rows that sum to 1', correct: sameClass } as const

/** Losses by name. */
export const losses = {
  meanSquaredError: { of: meanSquaredError, outputs: 'values', ...ofNumbers },
  meanAbsoluteError: { of: meanAbsoluteError, outputs: 'values', ...ofNumbers },
  huberLoss: { of: huberLoss, outputs: 'values', ...ofNumbers },
  poissonLoss: { of: poissonLoss, outputs: 'rates', ...ofNumbers, targets: 'counts' },
  cosineLoss: { of: cosineLoss, outputs: 'vectors', ...ofNumbers },
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
  softmaxCrossEntropy: { of: softmaxCrossEntropy, outputs: 'class logits', predictions: softmax, ...ofRows },
  sparseSoftmaxCrossEntropy: {
    of: sparseSoftmaxCrossEntropy,
    outputs: 'class logits',
    targets: 'class indices',
    predictions: softmax,
    correct: (logits, classes) => equal(argMax(logits), classes),
    targetShape: (logits) => logits.slice(0, -1),
  },
  negativeLogLikelihood: {
    of: negativeLogLikelihood,
    outputs: 'log-probabilities',
    predictions: exp,
    ...ofRows,
  },
  klDivergence: { of: klDivergence, outputs: 'class logits', predictions: softmax, ...ofRows },
} satisfies Readonly<Record<string, NamedLoss>>

/** Name of a loss. */
export type LossName = keyof typeof losses
