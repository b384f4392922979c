// What training makes small, and what a network's outputs mean under each loss.
import {
  argMax,
  equal,
  greaterEqual,
  log,
  mean,
  neg,
  sigmoid,
  sigmoidCrossEntropyWithLogits,
  softmax,
  softmaxCrossEntropyWithLogits,
  squaredDifference,
  sub,
} from './ops/index.js'
import { type Tensor, type TensorLike, toTensor } from './tensor.js'

/** Mean of the squared differences. */
export function meanSquaredError(predictions: TensorLike, targets: TensorLike): Tensor {
  return mean(squaredDifference(predictions, targets))
}

/**
 * `−mean(Y · ln H + (1 − Y) · ln(1 − H))` for probabilities H, the cost of the lecture, as its graph of log,
 * mul, sub, mean and neg. It is infinite when a probability is rounded to 0 or 1 on the wrong side; train with
 * `sigmoidCrossEntropy`, which cannot be.
 */
export function binaryCrossEntropy(probabilities: TensorLike, targets: TensorLike): Tensor {
  const h = toTensor(probabilities)
  const y = toTensor(targets)
  return neg(mean(y.mul(log(h)).add(sub(1, y).mul(log(sub(1, h))))))
}

/** Mean cross-entropy of `σ(logits)` against probabilities of 0 to 1. */
export function sigmoidCrossEntropy(logits: TensorLike, targets: TensorLike): Tensor {
  return mean(sigmoidCrossEntropyWithLogits(logits, targets))
}

/** Mean cross-entropy of the rows' softmax against rows of probabilities, such as one-hot labels. */
export function softmaxCrossEntropy(logits: TensorLike, targets: TensorLike): Tensor {
  return mean(softmaxCrossEntropyWithLogits(logits, targets))
}

interface Loss {
  readonly of: (outputs: Tensor, targets: Tensor) => Tensor
  /** What the network predicts, from what it puts out. */
  readonly predictions: (outputs: Tensor) => Tensor
  /** 1 for each row that is right, 0 for each that is wrong; `null` where right and wrong mean nothing. */
  readonly correct: ((outputs: Tensor, targets: Tensor) => Tensor) | null
}

const sameSide = (probability: (outputs: Tensor) => Tensor) => (outputs: Tensor, targets: Tensor) =>
  equal(greaterEqual(probability(outputs), 0.5), greaterEqual(targets, 0.5))

/** Losses by name. */
export const losses = {
  meanSquaredError: { of: meanSquaredError, predictions: (outputs) => outputs, correct: null },
  binaryCrossEntropy: {
    of: binaryCrossEntropy,
    predictions: (outputs) => outputs,
    correct: sameSide((outputs) => outputs),
  },
  sigmoidCrossEntropy: { of: sigmoidCrossEntropy, predictions: sigmoid, correct: sameSide(sigmoid) },
  softmaxCrossEntropy: {
    of: softmaxCrossEntropy,
    predictions: softmax,
    correct: (outputs, targets) => equal(argMax(outputs), argMax(targets)),
  },
} satisfies Readonly<Record<string, Loss>>

export type LossName = keyof typeof losses
