// The referee: losses and products in float64, written to be obviously correct, not fast.
import type {
  CnnProblem,
  MlpProblem,
  ProductProblem,
  TrainingProblem,
  TransformerProblem,
} from './problems.js'
import { convolutionBackward, convolveAndPool } from './reference-convolution.js'
import { transformerRow } from './reference-transformer.js'

type LayeredProblem = MlpProblem | CnnProblem
export type NetworkProblem = LayeredProblem | TransformerProblem

/** A problem's parameters, in float64. */
export type Parameters = Float64Array<ArrayBuffer>[]

export const initialParameters = ({ parameters }: TrainingProblem): Parameters =>
  parameters.map(({ values }) => Float64Array.from(values))

/** Mean loss of one batch, and its gradient. */
export function lossAndGradient(
  problem: NetworkProblem,
  parameters: Parameters,
  firstRow: number,
): { loss: number; gradient: Parameters } {
  const { batch } = problem
  const gradient = parameters.map(({ length }) => new Float64Array(length))
  let loss = 0
  for (let row = firstRow; row < firstRow + batch; row++)
    loss +=
      problem.kind === 'transformer'
        ? transformerRow(problem, parameters, gradient, row)
        : layeredRow(problem, parameters, gradient, row)
  return { loss: loss / batch, gradient }
}

/**
 * Loss of one row; accumulates its share of the mean's gradient. One output means sigmoid cross-entropy, several mean
 * softmax cross-entropy; either way ∂loss/∂logit is probability − target.
 */
function layeredRow(
  problem: LayeredProblem,
  parameters: Parameters,
  gradient: Parameters,
  row: number,
): number {
  const { inputs, outputs, activation, batch, data, targets } = problem
  const layers = parameters.length / 2
  let loss = 0
  // The input of each layer, and finally the logits.
  const values = [Float64Array.from(data.subarray(row * inputs, (row + 1) * inputs))]
  // Where pooling found the maxima of a convolution's sums.
  const places: Int32Array[] = []
  for (let layer = 0; layer < layers; layer++) {
    const { shape } = problem.parameters[2 * layer]!
    const given = [values[layer]!, parameters[2 * layer]!, parameters[2 * layer + 1]!] as const
    let sums: Float64Array<ArrayBuffer>
    if (shape.length === 4) {
      const convolved = convolveAndPool(given[0], shape, given[1], given[2])
      sums = convolved.pooled
      places[layer] = convolved.places
    } else sums = weightedSums(...given)
    values.push(layer < layers - 1 ? sums.map((sum) => activate(activation, sum)) : sums)
  }
  const logits = values[layers]!
  const probabilities = outputs === 1 ? logits.map((logit) => activate('sigmoid', logit)) : softmax(logits)
  let slopes = new Float64Array(outputs)
  for (let output = 0; output < outputs; output++) {
    const target = targets[row * outputs + output]!
    const probability = probabilities[output]!
    if (target > 0) loss -= target * Math.log(probability)
    if (outputs === 1 && target < 1) loss -= (1 - target) * Math.log(1 - probability)
    slopes[output] = (probability - target) / batch
  }
  for (let layer = layers - 1; layer >= 0; layer--) {
    const value = values[layer]!
    const weights = parameters[2 * layer]!
    const into = { weights: gradient[2 * layer]!, bias: gradient[2 * layer + 1]! }
    const picked = places[layer]
    const below = picked
      ? convolutionBackward(value, problem.parameters[2 * layer]!.shape, weights, picked, slopes, into)
      : denseBackward(value, weights, slopes, into)
    // Pooling and ReLU commute.
    slopes = below.map((slope, at) => slope * steepness(activation, value[at]!))
  }
  return loss
}

function weightedSums(
  values: Float64Array,
  weights: Float64Array,
  bias: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  const sums = bias.slice()
  for (let from = 0; from < values.length; from++)
    for (let unit = 0; unit < sums.length; unit++)
      sums[unit]! += values[from]! * weights[from * sums.length + unit]!
  return sums
}

/** Accumulates the gradients of weights and bias, given that of the sums; returns that of the values. */
function denseBackward(
  values: Float64Array<ArrayBuffer>,
  weights: Float64Array,
  slopes: Float64Array,
  gradient: { weights: Float64Array; bias: Float64Array },
): Float64Array<ArrayBuffer> {
  for (let unit = 0; unit < slopes.length; unit++) gradient.bias[unit]! += slopes[unit]!
  return values.map((value, from) => {
    let back = 0
    for (let unit = 0; unit < slopes.length; unit++) {
      gradient.weights[from * slopes.length + unit]! += value * slopes[unit]!
      back += slopes[unit]! * weights[from * slopes.length + unit]!
    }
    return back
  })
}

/** Derivative of the activation, given its value. */
const steepness = (activation: LayeredProblem['activation'], value: number) =>
  activation === 'sigmoid' ? value * (1 - value) : Number(value > 0)

const activate = (activation: LayeredProblem['activation'], sum: number) =>
  activation === 'sigmoid' ? 1 / (1 + Math.exp(-sum)) : Math.max(sum, 0)

function softmax(logits: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const highest = Math.max(...logits)
  const exponentials = logits.map((logit) => Math.exp(logit - highest))
  const total = exponentials.reduce((sum, value) => sum + value, 0)
  return exponentials.map((value) => value / total)
}

/** Loss of the last of `steps` training steps, before its update, as read from every contender. */
export function lossOfStep(problem: NetworkProblem, steps: number): number {
  const parameters = initialParameters(problem)
  const update = problem.optimizer === 'adam' ? adam(problem) : sgd(problem)
  const batches = problem.rows / problem.batch
  let last = Number.NaN
  for (let step = 0; step < steps; step++) {
    const { loss, gradient } = lossAndGradient(problem, parameters, (step % batches) * problem.batch)
    last = loss
    for (const [index, parameter] of parameters.entries())
      update(index, parameter, gradient[index]!, step + 1)
  }
  return last
}

/** Updates parameter `index`; steps count from 1. */
type Update = (index: number, parameter: Float64Array, gradient: Float64Array, step: number) => void

const sgd =
  ({ learningRate }: TrainingProblem): Update =>
  (_, parameter, gradient) => {
    for (let at = 0; at < parameter.length; at++) parameter[at]! -= learningRate * gradient[at]!
  }

function adam({ learningRate, parameters }: TrainingProblem): Update {
  const means = parameters.map(({ values }) => new Float64Array(values.length))
  const squares = parameters.map(({ values }) => new Float64Array(values.length))
  return (index, parameter, gradient, step) => {
    const mean = means[index]!
    const square = squares[index]!
    for (let at = 0; at < parameter.length; at++) {
      mean[at] = 0.9 * mean[at]! + 0.1 * gradient[at]!
      square[at] = 0.999 * square[at]! + 0.001 * gradient[at]! ** 2
      const deviation = Math.sqrt(square[at]! / (1 - 0.999 ** step))
      parameter[at]! -= (learningRate * mean[at]!) / (1 - 0.9 ** step) / (deviation + 1e-8)
    }
  }
}

/** Checksum of the products, as (rowWeightsᵀ·A) · (B·columnWeights), which needs no matrix product. */
export function productChecksum(problem: ProductProblem): number {
  const { layout, side, stack, a, b, rowWeights, columnWeights } = problem
  let sum = 0
  for (let matrix = 0; matrix < stack; matrix++)
    for (let depth = 0; depth < side; depth++) {
      const start = matrix * side * side
      let left = 0
      let right = 0
      for (let at = 0; at < side; at++) {
        left +=
          rowWeights[matrix * side + at]! *
          a[start + (layout === 'tn' ? depth * side + at : at * side + depth)]!
        right += columnWeights[at]! * b[start + (layout === 'nt' ? at * side + depth : depth * side + at)]!
      }
      sum += left * right
    }
  return sum
}
