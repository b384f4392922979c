// A case's weights and data in the form in which they are sent to a contender written in Python.
import {
  checksumWeights,
  classifierProblem,
  productProblem,
  side,
  type TrainingProblem,
  xorProblem,
} from './problems.js'

const encode = (values: Float32Array, ...shape: number[]) => ({
  shape,
  values: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'),
})

function training(problem: TrainingProblem) {
  const { inputs, hidden, outputs, activation, batch, rows, learningRate, weights } = problem
  return {
    activation,
    batch,
    learningRate,
    weights: {
      hiddenWeights: encode(weights.hiddenWeights, inputs, hidden),
      hiddenBias: encode(weights.hiddenBias, hidden),
      outputWeights: encode(weights.outputWeights, hidden, outputs),
      outputBias: encode(weights.outputBias, outputs),
    },
    data: encode(problem.data, rows, inputs),
    targets: encode(problem.targets, rows, outputs),
  }
}

export function pythonProblem(caseId: string): object {
  if (caseId === 'xor-step') return training(xorProblem())
  if (caseId === 'mlp-784-128-10-b32') return training(classifierProblem())
  const { a, b } = productProblem()
  return {
    kind: caseId.slice('gemm-'.length, 'gemm-nn'.length),
    a: encode(a, side, side),
    b: encode(b, side, side),
    checksumWeights: encode(checksumWeights(), side * side),
  }
}
