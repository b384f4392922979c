// The TensorFlow.js programs, the same for its wasm and its cpu backend.
import * as tf from '@tensorflow/tfjs-core'
// The package registers no gradient of its own; without this line nothing can be trained.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
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

function network(problem: TrainingProblem) {
  const { inputs, hidden, outputs, weights } = problem
  return {
    hiddenWeights: tf.variable(tf.tensor2d(weights.hiddenWeights, [inputs, hidden])),
    hiddenBias: tf.variable(tf.tensor1d(weights.hiddenBias)),
    outputWeights: tf.variable(tf.tensor2d(weights.outputWeights, [hidden, outputs])),
    outputBias: tf.variable(tf.tensor1d(weights.outputBias)),
  }
}

/** Batches become tensors once, so that no step pays for an upload. */
function batches({ inputs, outputs, batch, rows, data, targets }: TrainingProblem) {
  return Array.from({ length: rows / batch }, (_, index) => ({
    x: tf.tensor2d(data.slice(index * batch * inputs, (index + 1) * batch * inputs), [batch, inputs]),
    y: tf.tensor2d(targets.slice(index * batch * outputs, (index + 1) * batch * outputs), [batch, outputs]),
  }))
}

/** `loss` is minimised batch by batch; minimize() tidies up after itself and hands over the loss. */
function training(problem: TrainingProblem, loss: (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Scalar): Program {
  const optimizer = tf.train.sgd(problem.learningRate)
  const data = batches(problem)
  let next = 0
  return {
    run(count) {
      let last: tf.Scalar | null = null
      for (let index = 0; index < count; index++) {
        const { x, y } = data[next]!
        last?.dispose()
        last = optimizer.minimize(() => loss(x, y), true)
        next = (next + 1) % data.length
      }
      const value = last!.dataSync()[0]!
      last!.dispose()
      return value
    },
  }
}

/**
 * Cross-entropy as mean(softplus(z) − y·z): the same number as tf.losses.sigmoidCrossEntropy, as safe for
 * large logits, and at least half again as fast on either backend.
 */
function trainXor(): Program {
  const problem = xorProblem()
  const { hiddenWeights, hiddenBias, outputWeights, outputBias } = network(problem)
  return training(problem, (x, y) => {
    const activations = tf.sigmoid(tf.add(tf.matMul(x, hiddenWeights), hiddenBias))
    const logits = tf.add(tf.matMul(activations, outputWeights), outputBias)
    return tf.mean(tf.sub(tf.softplus(logits), tf.mul(y, logits)))
  })
}

/** Fused products and a cross-entropy from logSumExp: the fastest of the compositions tried on wasm. */
function trainClassifier(): Program {
  const problem = classifierProblem()
  const { hiddenWeights, hiddenBias, outputWeights, outputBias } = network(problem)
  return training(problem, (x, y) => {
    const activations = tf.fused.matMul({ a: x, b: hiddenWeights, bias: hiddenBias, activation: 'relu' })
    const logits = tf.fused.matMul({ a: activations, b: outputWeights, bias: outputBias })
    return tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(y, logits), 1)))
  })
}

/**
 * A·Bᵀ and Aᵀ·B through an explicit transpose: the transposeA and transposeB flags of matMul take a scalar
 * loop on wasm, a tenth as fast.
 */
function products(kind: ProductKind): Program {
  const problem = productProblem()
  const a = tf.tensor2d(problem.a, [side, side])
  const b = tf.tensor2d(problem.b, [side, side])
  const multiply = () => tf.matMul(kind === 'tn' ? tf.transpose(a) : a, kind === 'nt' ? tf.transpose(b) : b)
  return {
    run(count) {
      for (let index = 1; index < count; index++) tf.tidy(multiply).dispose()
      const product = tf.tidy(multiply)
      const values = product.dataSync()
      product.dispose()
      return checksum(values)
    },
  }
}

/** A contender's `open` on the backend of that name, once `prepare` has made it known. */
export function openOn(backend: 'wasm' | 'cpu', prepare: () => void): Open {
  return async (caseId) => {
    prepare()
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its ${backend} backend`)
    await tf.ready()
    return programOf(caseId, { trainXor, trainClassifier, products })
  }
}
