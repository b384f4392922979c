// brain.js's NeuralNetwork, the plain JavaScript one that needs no native build.
import { createRequire } from 'node:module'
import type { INeuralNetworkJSON, NeuralNetwork as Network } from 'brain.js'
import { CannotRun, type Open, type Program } from '../contender.js'
import type { MlpProblem } from '../problems.js'

// The module itself instead of the package's index, which would also load gpu.js; it has no types.
const { default: NeuralNetwork } = createRequire(import.meta.url)('brain.js/dist/neural-network.js') as {
  default: new () => Network
}

/** A layer's weights in brain.js's format: units by index, each with its incoming weights. */
function layer(weights: Float32Array, bias: Float32Array): object {
  const units = bias.length
  return Object.fromEntries(
    Array.from(bias, (unitBias, unit) => [
      unit,
      { bias: unitBias, weights: { ...weights.filter((_, index) => index % units === unit) } },
    ]),
  )
}

/**
 * One step is one pass over the four rows. It differs from the others' step: brain.js updates after every row, minimises
 * the squared error and reports that error, so the referee only requires that it learns.
 */
function trainXor({ parameters, data, targets, learningRate }: MlpProblem): Program {
  const network = new NeuralNetwork()
  const [hiddenWeights, hiddenBias, outputWeights, outputBias] = parameters.map(({ values }) => values)
  const json: Partial<INeuralNetworkJSON> = {
    sizes: [2, hiddenBias!.length, 1],
    layers: [{ 0: {}, 1: {} }, layer(hiddenWeights!, hiddenBias!), layer(outputWeights!, outputBias!)],
    activation: 'sigmoid',
  }
  network.fromJSON(json as INeuralNetworkJSON)
  const rows = Array.from(targets, (target, row) => ({
    input: [data[2 * row]!, data[2 * row + 1]!],
    output: [target],
  }))
  return {
    run(count) {
      // brain.js rejects 0 for momentum and error threshold, so both get a tiny value.
      const { error, iterations } = network.train(rows, {
        iterations: count,
        errorThresh: 1e-30,
        learningRate,
        momentum: 1e-9,
        log: false,
      })
      if (iterations !== count) throw new Error(`brain.js stopped after ${iterations} of ${count} passes`)
      return error
    },
  }
}

export const open: Open = (problem) => {
  if (problem.kind === 'product') throw new CannotRun('has no matrix product')
  if (problem.kind !== 'mlp' || problem.outputs > 1)
    throw new CannotRun('has no softmax, no cross-entropy and no batches')
  return trainXor(problem)
}
