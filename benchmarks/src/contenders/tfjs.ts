// The TensorFlow.js programs, the same for its wasm and its cpu backend.
import * as tf from '@tensorflow/tfjs-core'
// The package registers no gradient of its own; without this line nothing can be trained.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { type Open, type Program, programOf } from '../contender.js'
import {
  type CnnProblem,
  checksum,
  type MlpProblem,
  type ProductProblem,
  type TrainingProblem,
} from '../problems.js'

/** Batches become tensors once, so that no step pays for an upload. */
function batches({ inputs, outputs, batch, rows, data, targets }: TrainingProblem) {
  return Array.from({ length: rows / batch }, (_, index) => ({
    x: tf.tensor2d(data.slice(index * batch * inputs, (index + 1) * batch * inputs), [batch, inputs]),
    y: tf.tensor2d(targets.slice(index * batch * outputs, (index + 1) * batch * outputs), [batch, outputs]),
  }))
}

const optimizers = {
  sgd: (learningRate: number) => tf.train.sgd(learningRate),
  adam: (learningRate: number) => tf.train.adam(learningRate, 0.9, 0.999, 1e-8),
}

type Loss = (parameters: readonly tf.Variable[], x: tf.Tensor2D, y: tf.Tensor2D) => tf.Scalar

/** `loss` is minimised batch by batch; minimize() tidies up after itself and hands over the loss. */
function training(problem: TrainingProblem, loss: Loss): Program {
  const optimizer = optimizers[problem.optimizer](problem.learningRate)
  const parameters = problem.parameters.map(({ shape, values }) =>
    tf.variable(tf.tensor(values, shape as number[])),
  )
  const data = batches(problem)
  let next = 0
  return {
    run(count) {
      let last: tf.Scalar | null = null
      for (let index = 0; index < count; index++) {
        const { x, y } = data[next]!
        last?.dispose()
        last = optimizer.minimize(() => loss(parameters, x, y), true)
        next = (next + 1) % data.length
      }
      const value = last!.dataSync()[0]!
      last!.dispose()
      return value
    },
    ...wasmMemory(),
  }
}

/** The wasm backend's memory, which the library has no public name for. */
function wasmMemory(): Pick<Program, 'wasmBytes'> {
  const { wasm } = tf.backend() as { wasm?: { HEAPU8: Uint8Array } }
  return wasm ? { wasmBytes: () => wasm.HEAPU8.byteLength } : {}
}

/**
 * Fused products with ReLU, the quickest of the compositions tried on wasm; with sigmoid, products of their own,
 * since fused ones have no gradient of a sigmoid.
 */
function dense(
  x: tf.Tensor2D,
  weights: tf.Tensor2D,
  bias: tf.Tensor1D,
  activation?: MlpProblem['activation'],
): tf.Tensor2D {
  if (activation !== 'sigmoid')
    return tf.fused.matMul({ a: x, b: weights, bias, ...(activation && { activation }) }) as tf.Tensor2D
  return tf.sigmoid(tf.add(tf.matMul(x, weights), bias)) as tf.Tensor2D
}

/**
 * Cross-entropy as mean(softplus(z) − y·z): the same number as tf.losses.sigmoidCrossEntropy, as safe for
 * large logits, and at least half again as fast on either backend.
 */
const sigmoidCrossEntropy = (logits: tf.Tensor, y: tf.Tensor): tf.Scalar =>
  tf.mean(tf.sub(tf.softplus(logits), tf.mul(y, logits)))

/** Cross-entropy from logSumExp: the fastest of the compositions tried on wasm. */
const softmaxCrossEntropy = (logits: tf.Tensor, y: tf.Tensor): tf.Scalar =>
  tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(y, logits), 1)))

const mlp = (problem: MlpProblem) =>
  training(problem, (parameters, x, y) => {
    let z: tf.Tensor2D = x
    for (let index = 0; index < parameters.length; index += 2) {
      const activation = index < parameters.length - 2 ? problem.activation : undefined
      z = dense(z, parameters[index] as tf.Tensor2D, parameters[index + 1] as tf.Tensor1D, activation)
    }
    return (problem.outputs === 1 ? sigmoidCrossEntropy : softmaxCrossEntropy)(z, y)
  })

const cnn = (problem: CnnProblem) =>
  training(problem, (parameters, x, y) => {
    let image: tf.Tensor4D = tf.reshape(x, [problem.batch, 28, 28, 1])
    let z = x
    for (let index = 0; index < parameters.length; index += 2) {
      const weights = parameters[index]!
      const bias = parameters[index + 1]!
      if (weights.rank === 4) {
        const sums = tf.add<tf.Tensor4D>(tf.conv2d(image, weights as tf.Tensor4D, 1, 'same'), bias)
        image = tf.maxPool(tf.relu(sums), 2, 2, 'valid')
        z = tf.reshape(image, [problem.batch, -1])
      } else {
        const activation = index < parameters.length - 2 ? 'relu' : undefined
        z = dense(z, weights as tf.Tensor2D, bias as tf.Tensor1D, activation)
      }
    }
    return softmaxCrossEntropy(z, y)
  })

/**
 * A·Bᵀ and Aᵀ·B through an explicit transpose: the transposeA and transposeB flags of matMul take a scalar
 * loop on wasm, a tenth as fast.
 */
function product(problem: ProductProblem): Program {
  const { layout, side, stack } = problem
  const shape = stack === 1 ? [side, side] : [stack, side, side]
  const swapped = stack === 1 ? [1, 0] : [0, 2, 1]
  const a = tf.tensor(problem.a, shape)
  const b = tf.tensor(problem.b, shape)
  const multiply = () =>
    tf.matMul(layout === 'tn' ? tf.transpose(a, swapped) : a, layout === 'nt' ? tf.transpose(b, swapped) : b)
  return {
    run(count) {
      for (let index = 1; index < count; index++) tf.tidy(multiply).dispose()
      const products = tf.tidy(multiply)
      const values = products.dataSync()
      products.dispose()
      return checksum(problem, values)
    },
  }
}

/** A contender's `open` on the backend of that name, once `prepare` has made it known. */
export function openOn(backend: 'wasm' | 'cpu', prepare: () => void): Open {
  return async (problem) => {
    prepare()
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its ${backend} backend`)
    await tf.ready()
    return programOf(problem, { mlp, cnn, product })
  }
}
