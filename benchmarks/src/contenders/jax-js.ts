// jax-js on its WebAssembly backend, the whole step (loss, gradient, update) under one jit.
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
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

const array = (values: Float32Array, shape: number[]) =>
  np.array(values as Float32Array<ArrayBuffer>).reshape(shape)

type Loss = (weights: np.Array[], x: np.Array, y: np.Array) => np.Array

function training(problem: TrainingProblem, loss: Loss): Program {
  const { inputs, hidden, outputs, batch, rows, data, targets, learningRate } = problem
  const batches = Array.from({ length: rows / batch }, (_, index) => ({
    x: array(data.slice(index * batch * inputs, (index + 1) * batch * inputs), [batch, inputs]),
    y: array(targets.slice(index * batch * outputs, (index + 1) * batch * outputs), [batch, outputs]),
  }))
  let weights = [
    array(problem.weights.hiddenWeights, [inputs, hidden]),
    array(problem.weights.hiddenBias, [hidden]),
    array(problem.weights.outputWeights, [hidden, outputs]),
    array(problem.weights.outputBias, [outputs]),
  ]
  const step = jit((before: np.Array[], x: np.Array, y: np.Array): [np.Array[], np.Array] => {
    const [value, gradient] = valueAndGrad(loss)(tree.ref(before), x, y)
    return [before.map((weight, index) => weight.sub(gradient[index]!.mul(learningRate))), value]
  })
  let next = 0
  return {
    async run(count) {
      let last = Number.NaN
      for (let index = 0; index < count; index++) {
        const { x, y } = batches[next]!
        const [after, value] = step(weights, x.ref, y.ref)
        weights = after
        // Reading the loss runs the step. Left to itself the library queues up steps instead, and gets twenty
        // times slower the longer the queue is.
        last = (await value.data())[0]!
        next = (next + 1) % batches.length
      }
      return last
    },
  }
}

const trainXor = () =>
  training(xorProblem(), ([hiddenWeights, hiddenBias, outputWeights, outputBias], x, y) => {
    const activations = nn.sigmoid(np.matmul(x, hiddenWeights!).add(hiddenBias!))
    const logits = np.matmul(activations, outputWeights!).add(outputBias!)
    return np.mean(nn.softplus(logits.ref).sub(y.mul(logits)))
  })

const trainClassifier = () =>
  training(classifierProblem(), ([hiddenWeights, hiddenBias, outputWeights, outputBias], x, y) => {
    const activations = nn.relu(np.matmul(x, hiddenWeights!).add(hiddenBias!))
    const logits = np.matmul(activations, outputWeights!).add(outputBias!)
    return np.mean(nn.logsumexp(logits.ref, 1).sub(np.sum(logits.mul(y), 1)))
  })

function products(kind: ProductKind): Program {
  const problem = productProblem()
  const a = array(problem.a, [side, side])
  const b = array(problem.b, [side, side])
  const multiply = jit((left: np.Array, right: np.Array) =>
    np.matmul(kind === 'tn' ? left.transpose() : left, kind === 'nt' ? right.transpose() : right),
  )
  return {
    async run(count) {
      for (let index = 1; index < count; index++) {
        const product = multiply(a.ref, b.ref)
        await product.blockUntilReady()
        product.dispose()
      }
      return checksum((await multiply(a.ref, b.ref).data()) as Float32Array)
    },
  }
}

export const open: Open = async (caseId) => {
  await init('wasm')
  defaultDevice('wasm')
  return programOf(caseId, { trainXor, trainClassifier, products })
}
