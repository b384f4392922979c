// The TensorFlow.js programs, shared by its wasm and cpu backends.
import * as tf from '@tensorflow/tfjs-core'
// The package does not register gradients by itself; without this import nothing can be trained.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
import { type Open, type Program, programOf } from '../contender.js'
import {
  type CnnProblem,
  checksum,
  type MlpProblem,
  type ProductProblem,
  type TrainingProblem,
  type TransformerProblem,
} from '../problems.js'

/** Batches become tensors once, so that no step pays for the upload. */
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

/** Minimises `loss` batch by batch; minimize() tidies up after itself and returns the loss. */
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

/** The wasm backend's memory, which has no public API. */
function wasmMemory(): Pick<Program, 'wasmBytes'> {
  const { wasm } = tf.backend() as { wasm?: { HEAPU8: Uint8Array } }
  return wasm ? { wasmBytes: () => wasm.HEAPU8.byteLength } : {}
}

/**
 * Products fused with ReLU, the fastest composition tried on wasm; separate ones with sigmoid, since fused sigmoid has no
 * gradient.
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
 * Cross-entropy as mean(softplus(z) − y·z): the same value as tf.losses.sigmoidCrossEntropy, equally stable for large
 * logits, and at least 1.5 times as fast on either backend.
 */
const sigmoidCrossEntropy = (logits: tf.Tensor, y: tf.Tensor): tf.Scalar =>
  tf.mean(tf.sub(tf.softplus(logits), tf.mul(y, logits)))

/** Cross-entropy from logSumExp, the fastest composition tried on wasm. */
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
 * Positions are rows of one matrix except in attention. The embedding is a product with one-hot rows: the gradient of
 * gather needs an operation that the wasm backend lacks.
 */
const transformer = (problem: TransformerProblem) => {
  const { batch, inputs, blocks, heads } = problem
  const [characters, width] = problem.parameters[0]!.shape as [number, number]
  // Added to the scores: 0 for keys up to the query, otherwise a value whose exponential is 0.
  const mask = tf.tensor2d(
    Float32Array.from({ length: inputs * inputs }, (_, at) =>
      at % inputs <= Math.floor(at / inputs) ? 0 : -1e9,
    ),
    [inputs, inputs],
  )
  return training(problem, (parameters, x, y) => {
    const rest = parameters.values()
    const take = <T extends tf.Tensor>() => rest.next().value as tf.Tensor as T
    const norm = (x: tf.Tensor2D) => {
      const centred = tf.sub(x, tf.mean(x, 1, true))
      const variance = tf.mean(tf.square(centred), 1, true)
      return tf.add<tf.Tensor2D>(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), take()), take())
    }
    const apart = (x: tf.Tensor2D) =>
      tf.transpose(tf.reshape(x, [batch, inputs, heads, width / heads]), [0, 2, 1, 3])
    const layer = (x: tf.Tensor2D) => dense(x, take(), take())
    // The wasm backend returns integers, whatever type is requested.
    const oneHot = (codes: tf.Tensor2D) =>
      tf.cast(tf.oneHot(tf.cast(tf.reshape(codes, [-1]), 'int32'), characters), 'float32') as tf.Tensor2D
    const words = tf.reshape(tf.matMul(oneHot(x), take()), [batch, inputs, width])
    let z: tf.Tensor2D = tf.reshape(tf.add(words, take()), [-1, width])
    for (let block = 0; block < blocks; block++) {
      const normed = norm(z)
      const [q, k, v] = [apart(layer(normed)), apart(layer(normed)), apart(layer(normed))]
      const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads))
      const heard = tf.transpose(tf.matMul(tf.softmax(tf.add(scores, mask)), v), [0, 2, 1, 3])
      z = tf.add(z, layer(tf.reshape(heard, [-1, width])))
      z = tf.add(z, layer(gelu(layer(norm(z)))))
    }
    return softmaxCrossEntropy(layer(norm(z)), oneHot(y))
  })
}

/** The tanh form, as there is no such operation. */
function gelu(x: tf.Tensor2D): tf.Tensor2D {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(x, tf.square(x)), 0.044715)), Math.sqrt(2 / Math.PI))
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1))
}

/**
 * A·Bᵀ and Aᵀ·B through an explicit transpose: the transposeA and transposeB flags of matMul use a scalar loop on wasm, at
 * a tenth of the speed.
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

/** A contender's `open` on the named backend, once `prepare` has registered it. */
export function openOn(backend: 'wasm' | 'cpu', prepare: () => void): Open {
  return async (problem) => {
    prepare()
    if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its ${backend} backend`)
    await tf.ready()
    return programOf(problem, { mlp, cnn, transformer, product })
  }
}
