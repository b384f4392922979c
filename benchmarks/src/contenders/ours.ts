// @bp/core: a training step, or a product, as one program in its kernel.
import {
  compile,
  compileStep,
  input,
  matmul,
  mean,
  Rows,
  sgd,
  sigmoidCrossEntropyWithLogits,
  softmaxCrossEntropyWithLogits,
  type Tensor,
  variable,
} from '@bp/core'
import { type Open, type Program, programOf } from '../contender.js'
import {
  checksum,
  classifierProblem,
  type ProductKind,
  productProblem,
  side,
  type TrainingProblem,
  xorProblem,
} from '../problems.js'

function training(problem: TrainingProblem, lossOf: (logits: Tensor, targets: Tensor) => Tensor): Program {
  const { inputs, hidden, outputs, activation, batch, weights, learningRate } = problem
  const x = input([batch, inputs])
  const y = input([batch, outputs])
  const hiddenWeights = variable(weights.hiddenWeights, { shape: [inputs, hidden] })
  const hiddenBias = variable(weights.hiddenBias)
  const outputWeights = variable(weights.outputWeights, { shape: [hidden, outputs] })
  const outputBias = variable(weights.outputBias)
  const activations = x.matmul(hiddenWeights).add(hiddenBias)[activation]()
  const logits = activations.matmul(outputWeights).add(outputBias)
  const step = compileStep({
    inputs: { x, y },
    loss: lossOf(logits, y),
    optimizer: sgd({ learningRate }),
    rows: new Rows(problem.rows, { x: problem.data, y: problem.targets }),
  })
  return {
    run: (count) => step.run(count).at(-1)!,
  }
}

const trainXor = () =>
  training(xorProblem(), (logits, targets) => mean(sigmoidCrossEntropyWithLogits(logits, targets)))

const trainClassifier = () =>
  training(classifierProblem(), (logits, targets) => mean(softmaxCrossEntropyWithLogits(logits, targets)))

/** The matrices are variables, which stay in the kernel; each call writes its product into one array. */
function products(kind: ProductKind): Program {
  const problem = productProblem()
  const a = variable(problem.a, { shape: [side, side] })
  const b = variable(problem.b, { shape: [side, side] })
  const multiply = compile({
    inputs: {},
    outputs: { product: matmul(a, b, { transposeA: kind === 'tn', transposeB: kind === 'nt' }) },
  })
  const product = new Float32Array(side * side)
  return {
    run(count) {
      for (let index = 0; index < count; index++) multiply({}, { product })
      return checksum(product)
    },
  }
}

export const open: Open = (caseId) => {
  return programOf(caseId, { trainXor, trainClassifier, products })
}
