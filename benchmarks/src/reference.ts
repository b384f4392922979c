// The referee: losses and products in float64, written for being obviously right, not for speed.
import { checksum, type ProductKind, type ProductProblem, side, type TrainingProblem } from './problems.js'

/** A network's weights in float64. */
export interface Parameters {
  hiddenWeights: Float64Array
  hiddenBias: Float64Array
  outputWeights: Float64Array
  outputBias: Float64Array
}

export function initialParameters({ weights }: TrainingProblem): Parameters {
  return {
    hiddenWeights: Float64Array.from(weights.hiddenWeights),
    hiddenBias: Float64Array.from(weights.hiddenBias),
    outputWeights: Float64Array.from(weights.outputWeights),
    outputBias: Float64Array.from(weights.outputBias),
  }
}

/**
 * Mean loss of one batch, and the derivative by every parameter. One output means sigmoid with
 * cross-entropy, several mean softmax with cross-entropy; either way ∂loss/∂logit is probability − target.
 */
export function lossAndGradient(
  problem: TrainingProblem,
  parameters: Parameters,
  firstRow: number,
): { loss: number; gradient: Parameters } {
  const { inputs, hidden, outputs, activation, batch, data, targets } = problem
  const { hiddenWeights, hiddenBias, outputWeights, outputBias } = parameters
  const gradient: Parameters = {
    hiddenWeights: new Float64Array(hiddenWeights.length),
    hiddenBias: new Float64Array(hiddenBias.length),
    outputWeights: new Float64Array(outputWeights.length),
    outputBias: new Float64Array(outputBias.length),
  }
  const activations = new Float64Array(hidden)
  const logits = new Float64Array(outputs)
  const slopes = new Float64Array(outputs)
  let loss = 0
  for (let row = firstRow; row < firstRow + batch; row++) {
    for (let unit = 0; unit < hidden; unit++) {
      let sum = hiddenBias[unit]!
      for (let input = 0; input < inputs; input++)
        sum += data[row * inputs + input]! * hiddenWeights[input * hidden + unit]!
      activations[unit] = activation === 'sigmoid' ? 1 / (1 + Math.exp(-sum)) : Math.max(sum, 0)
    }
    for (let output = 0; output < outputs; output++) {
      let sum = outputBias[output]!
      for (let unit = 0; unit < hidden; unit++)
        sum += activations[unit]! * outputWeights[unit * outputs + output]!
      logits[output] = sum
    }
    const probabilities = outputs === 1 ? [1 / (1 + Math.exp(-logits[0]!))] : softmax(logits)
    for (let output = 0; output < outputs; output++) {
      const target = targets[row * outputs + output]!
      const probability = probabilities[output]!
      if (target > 0) loss -= target * Math.log(probability)
      if (outputs === 1 && target < 1) loss -= (1 - target) * Math.log(1 - probability)
      slopes[output] = (probability - target) / batch
      gradient.outputBias[output]! += slopes[output]!
    }
    for (let unit = 0; unit < hidden; unit++) {
      const value = activations[unit]!
      let back = 0
      for (let output = 0; output < outputs; output++) {
        gradient.outputWeights[unit * outputs + output]! += value * slopes[output]!
        back += slopes[output]! * outputWeights[unit * outputs + output]!
      }
      back *= activation === 'sigmoid' ? value * (1 - value) : value > 0 ? 1 : 0
      gradient.hiddenBias[unit]! += back
      for (let input = 0; input < inputs; input++)
        gradient.hiddenWeights[input * hidden + unit]! += data[row * inputs + input]! * back
    }
  }
  return { loss: loss / batch, gradient }
}

function softmax(logits: Float64Array): Float64Array {
  const highest = Math.max(...logits)
  const exponentials = logits.map((logit) => Math.exp(logit - highest))
  const total = exponentials.reduce((sum, value) => sum + value, 0)
  return exponentials.map((value) => value / total)
}

/** Loss that the last of `steps` steps of plain SGD computes, before its update, as every contender reads it. */
export function lossOfStep(problem: TrainingProblem, steps: number): number {
  const parameters = initialParameters(problem)
  const batches = problem.rows / problem.batch
  let last = Number.NaN
  for (let step = 0; step < steps; step++) {
    const { loss, gradient } = lossAndGradient(problem, parameters, (step % batches) * problem.batch)
    last = loss
    for (const name of Object.keys(parameters) as (keyof Parameters)[])
      for (let index = 0; index < parameters[name].length; index++)
        parameters[name][index]! -= problem.learningRate * gradient[name][index]!
  }
  return last
}

/** Checksum of the product in float64. */
export function productChecksum({ a, b }: ProductProblem, kind: ProductKind): number {
  const product = new Float64Array(side * side)
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      let sum = 0
      for (let depth = 0; depth < side; depth++)
        sum +=
          a[kind === 'tn' ? depth * side + row : row * side + depth]! *
          b[kind === 'nt' ? column * side + depth : depth * side + column]!
      product[row * side + column] = sum
    }
  return checksum(product)
}
