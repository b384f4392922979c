// What every contender gets: the same float32 weights, data and matrices, made from fixed seeds.
import { randomInteger, uniform } from './random.js'

/** A network with one hidden layer; weights are inputs × outputs, row by row. */
interface Weights {
  hiddenWeights: Float32Array
  hiddenBias: Float32Array
  outputWeights: Float32Array
  outputBias: Float32Array
}

export interface TrainingProblem {
  inputs: number
  hidden: number
  outputs: number
  /** Of the hidden layer. */
  activation: 'sigmoid' | 'relu'
  /** Rows of one step; the step after the last batch begins at the first again. */
  batch: number
  rows: number
  learningRate: number
  weights: Weights
  /** rows × inputs. */
  data: Float32Array
  /** rows × outputs; for more than one class a single 1 in each row. */
  targets: Float32Array
}

/** The four rows of XOR, sigmoid hidden and output, mean cross-entropy. */
export function xorProblem(): TrainingProblem {
  return {
    inputs: 2,
    hidden: 2,
    outputs: 1,
    activation: 'sigmoid',
    batch: 4,
    rows: 4,
    learningRate: 0.5,
    weights: {
      hiddenWeights: uniform(11, 4, -1, 1),
      hiddenBias: uniform(12, 2, -1, 1),
      outputWeights: uniform(13, 2, -1, 1),
      outputBias: uniform(14, 1, -1, 1),
    },
    data: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
    targets: Float32Array.of(0, 1, 1, 0),
  }
}

/** A classifier of 28×28 pictures in ten classes: each row is its class's prototype, half drowned in noise. */
export function classifierProblem(): TrainingProblem {
  const inputs = 784
  const hidden = 128
  const outputs = 10
  const rows = 1024
  const prototypes = uniform(21, outputs * inputs, 0, 1)
  const data = uniform(22, rows * inputs, 0, 0.5)
  const targets = new Float32Array(rows * outputs)
  for (let row = 0; row < rows; row++) {
    const label = randomInteger(23, row) % outputs
    targets[row * outputs + label] = 1
    for (let column = 0; column < inputs; column++)
      data[row * inputs + column]! += prototypes[label * inputs + column]! / 2
  }
  const hiddenRange = Math.sqrt(6 / (inputs + hidden))
  const outputRange = Math.sqrt(6 / (hidden + outputs))
  return {
    inputs,
    hidden,
    outputs,
    activation: 'relu',
    batch: 32,
    rows,
    learningRate: 0.05,
    weights: {
      hiddenWeights: uniform(24, inputs * hidden, -hiddenRange, hiddenRange),
      hiddenBias: new Float32Array(hidden),
      outputWeights: uniform(25, hidden * outputs, -outputRange, outputRange),
      outputBias: new Float32Array(outputs),
    },
    data,
    targets,
  }
}

/** Side of the square matrices of the products. */
export const side = 256

/** A·B, A·Bᵀ or Aᵀ·B, as BLAS names them. */
export type ProductKind = 'nn' | 'nt' | 'tn'

export interface ProductProblem {
  a: Float32Array
  b: Float32Array
}

export function productProblem(): ProductProblem {
  return { a: uniform(31, side * side, -1, 1), b: uniform(32, side * side, -1, 1) }
}

/** Weights of the checksum, apart from it so that a contender in another language can get them too. */
export function checksumWeights(): Float32Array {
  return uniform(33, side * side, -1, 1)
}

let weightsOfChecksum: Float32Array | undefined

/** One number for a whole product; random weights, so that swapped or missing elements show. */
export function checksum(product: ArrayLike<number>): number {
  weightsOfChecksum ??= checksumWeights()
  if (product.length !== side * side) throw new Error(`a product of ${product.length} elements, not ${side}²`)
  let sum = 0
  for (let index = 0; index < side * side; index++) sum += product[index]! * weightsOfChecksum[index]!
  return sum
}
