// The problems given to every contender: the same float32 weights, data and matrices, from fixed seeds. A case's name
// determines its problem.
import { randomInteger, uniform } from './random.js'

/** The initial values of a parameter. */
interface Parameter {
  shape: readonly number[]
  values: Float32Array
}

export interface TrainingProblem {
  /** Number of threads; only ours runs with more than one. */
  threads: number
  /** In layer order. */
  parameters: readonly Parameter[]
  /** Elements per row of data. */
  inputs: number
  /** Elements per row of targets. */
  outputs: number
  /** Rows per step; after the last batch, steps start over at the first. */
  batch: number
  rows: number
  /** rows × inputs. */
  data: Float32Array
  /** rows × outputs; one-hot for classes. */
  targets: Float32Array
  /** Adam (Kingma and Ba 2015) with decays of 0.9 and 0.999 and ε of 1e-8. */
  optimizer: 'sgd' | 'adam'
  learningRate: number
}

/**
 * Fully connected layers. Parameters are weights and bias of each layer in turn; weights are inputs × outputs, row-major.
 * One output means sigmoid cross-entropy, several mean softmax cross-entropy.
 */
export interface MlpProblem extends TrainingProblem {
  kind: 'mlp'
  /** Of all layers except the last. */
  activation: 'sigmoid' | 'relu'
}

/**
 * Convolutions, each with ReLU and 2×2 max-pooling, then fully connected layers, with ReLU except for the last; softmax
 * cross-entropy. Rows are square greyscale images. Parameters are weights and bias of each layer in turn; convolution
 * weights are window × window × channels × filters, with "same" padding.
 */
export interface CnnProblem extends TrainingProblem {
  kind: 'cnn'
  activation: 'relu'
}

/**
 * A transformer that predicts the next character at every position of a row. Rows of data are character indices, rows of
 * targets the same shifted by one, so there are as many outputs as inputs. The model is an embedding plus a position
 * embedding; blocks of z + attention(norm(z)), then z + narrow(GELU(widen(norm(z)))), with a causal mask and GELU's tanh
 * approximation; a final norm; and a layer with an output per character. The loss is the mean softmax cross-entropy over
 * all positions. Norms are over the features of a position, with 1e-5 added to the variance. Parameters are the embedding
 * and the position embedding; for each block gamma and beta, weights and bias of queries, keys, values and output
 * projection, gamma and beta, weights and bias of widen and narrow; then gamma and beta; weights and bias.
 */
export interface TransformerProblem extends TrainingProblem {
  kind: 'transformer'
  blocks: number
  /** Attention heads, which share the features equally. */
  heads: number
}

/** A·B, A·Bᵀ or Aᵀ·B, as BLAS names them. */
export type Layout = 'nn' | 'nt' | 'tn'

/** A batch of products of square matrices, each with its own pair. */
export interface ProductProblem {
  kind: 'product'
  layout: Layout
  side: number
  stack: number
  /** With relaxed SIMD, where supported. */
  relaxed: boolean
  /** stack × side × side, as `b`. */
  a: Float32Array
  b: Float32Array
  /** Row and column weights of the checksum, which reveal swapped and missing elements. */
  rowWeights: Float32Array
  columnWeights: Float32Array
}

export type Problem = MlpProblem | CnnProblem | TransformerProblem | ProductProblem

/** The four rows of XOR, one hidden layer. */
function xorProblem(hidden: number, seed: number): MlpProblem {
  const shapes = [[2, hidden], [hidden], [hidden, 1], [1]]
  return {
    kind: 'mlp',
    parameters: shapes.map((shape, index) => ({
      shape,
      values: uniform(seed + index, shape[0]! * (shape[1] ?? 1), -1, 1),
    })),
    inputs: 2,
    outputs: 1,
    activation: 'sigmoid',
    threads: 1,
    batch: 4,
    rows: 4,
    data: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
    targets: Float32Array.of(0, 1, 1, 0),
    optimizer: 'sgd',
    learningRate: 0.5,
  }
}

/** Images in classes: each row is its class's prototype plus strong noise. */
function pictures(rows: number, inputs: number, outputs: number) {
  const prototypes = uniform(21, outputs * inputs, 0, 1)
  const data = uniform(22, rows * inputs, 0, 0.5)
  const targets = new Float32Array(rows * outputs)
  for (let row = 0; row < rows; row++) {
    const label = randomInteger(23, row) % outputs
    targets[row * outputs + label] = 1
    for (let column = 0; column < inputs; column++)
      data[row * inputs + column]! += prototypes[label * inputs + column]! / 2
  }
  return { rows, inputs, outputs, data, targets }
}

/** A layer's weights (Glorot and Bengio 2010) and zero bias. */
function layer(seed: number, shape: readonly number[]): Parameter[] {
  const [outputs, inputs, ...window] = [...shape].reverse() as [number, number, ...number[]]
  const positions = window.reduce((product, size) => product * size, 1)
  const range = Math.sqrt(6 / (positions * (inputs + outputs)))
  return [
    { shape, values: uniform(seed, positions * inputs * outputs, -range, range) },
    { shape: [outputs], values: new Float32Array(outputs) },
  ]
}

/** Number of images, or two batches if that is more. */
const pictureRows = 1024

/** A classifier with the given sizes of inputs, hidden layers and classes. */
function classifierProblem(
  sizes: readonly number[],
  batch: number,
  optimizer: TrainingProblem['optimizer'],
): MlpProblem {
  return {
    kind: 'mlp',
    parameters: sizes.slice(1).flatMap((outputs, index) => layer(24 + index, [sizes[index]!, outputs])),
    ...pictures(Math.max(pictureRows, 2 * batch), sizes[0]!, sizes.at(-1)!),
    activation: 'relu',
    threads: 1,
    batch,
    optimizer,
    learningRate: optimizer === 'adam' ? 0.001 : 0.05,
  }
}

/** 28×28 images: 5×5 convolution to 24 and 3×3 to 32 channels, 128 units, ten classes. */
function cnnProblem(batch: number): CnnProblem {
  const shapes = [
    [5, 5, 1, 24],
    [3, 3, 24, 32],
    [7 * 7 * 32, 128],
    [128, 10],
  ]
  return {
    kind: 'cnn',
    threads: 1,
    parameters: shapes.flatMap((shape, index) => layer(51 + index, shape)),
    ...pictures(Math.max(pictureRows, 2 * batch), 28 * 28, 10),
    activation: 'relu',
    batch,
    optimizer: 'sgd',
    learningRate: 0.05,
  }
}

/** Size of the character set. */
const characters = 64

/** A text in which each character has one of four successors. */
function text(rows: number, length: number): Pick<TrainingProblem, 'data' | 'targets'> {
  const data = new Float32Array(rows * length)
  const targets = new Float32Array(rows * length)
  for (let row = 0; row < rows; row++) {
    let character = randomInteger(61, row) % characters
    for (let at = row * length; at < (row + 1) * length; at++) {
      data[at] = character
      character = (5 * character + (randomInteger(62, at) % 4)) % characters
      targets[at] = character
    }
  }
  return { data, targets }
}

/** Two blocks of four heads, with hidden layers of four times the width. */
function transformerProblem(width: number, length: number, batch: number): TransformerProblem {
  const blocks = 2
  const norm = (): Parameter[] => [
    { shape: [width], values: new Float32Array(width).fill(1) },
    { shape: [width], values: new Float32Array(width) },
  ]
  const vectors = (seed: number, count: number): Parameter => ({
    shape: [count, width],
    values: uniform(seed, count * width, -1, 1),
  })
  const block = (seed: number) => [
    ...norm(),
    ...[0, 1, 2, 3].flatMap((index) => layer(seed + index, [width, width])),
    ...norm(),
    ...layer(seed + 4, [width, 4 * width]),
    ...layer(seed + 5, [4 * width, width]),
  ]
  const rows = 4 * batch
  return {
    kind: 'transformer',
    threads: 1,
    parameters: [
      vectors(63, characters),
      vectors(64, length),
      ...Array.from({ length: blocks }, (_, index) => block(70 + 10 * index)).flat(),
      ...norm(),
      ...layer(65, [width, characters]),
    ],
    ...text(rows, length),
    inputs: length,
    outputs: length,
    blocks,
    heads: 4,
    batch,
    rows,
    optimizer: 'adam',
    learningRate: 0.001,
  }
}

/** Small matrices are batched up to the element count of one of this side. */
const smallestWork = 256

function productProblem(layout: Layout, side: number, relaxed: boolean): ProductProblem {
  const stack = Math.max(1, smallestWork ** 2 / side ** 2)
  const size = stack * side * side
  return {
    kind: 'product',
    layout,
    side,
    stack,
    relaxed,
    a: uniform(31, size, -1, 1),
    b: uniform(32, size, -1, 1),
    rowWeights: uniform(33, stack * side, 0.5, 1.5),
    columnWeights: uniform(34, side, 0.5, 1.5),
  }
}

/** The problem of a training or product case. */
export function problemOf(caseId: string): Problem {
  if (caseId === 'xor-step') return xorProblem(2, 11)
  if (caseId === 'xor-8-step') return xorProblem(8, 41)
  const onThreads = /^(.+)-(\d)threads$/.exec(caseId)
  if (onThreads)
    return {
      ...(problemOf(onThreads[1]!) as Exclude<Problem, ProductProblem>),
      threads: Number(onThreads[2]),
    }
  const network = /^(adam-)?mlp-(\d+(?:-\d+)+)-b(\d+)$/.exec(caseId)
  if (network)
    return classifierProblem(
      network[2]!.split('-').map(Number),
      Number(network[3]),
      network[1] ? 'adam' : 'sgd',
    )
  const convolutional = /^cnn-28x28-b(\d+)$/.exec(caseId)
  if (convolutional) return cnnProblem(Number(convolutional[1]))
  const transformer = /^transformer-d(\d+)-t(\d+)-b(\d+)$/.exec(caseId)
  if (transformer) {
    const [width, length, batch] = transformer.slice(1).map(Number) as [number, number, number]
    return transformerProblem(width, length, batch)
  }
  const product = /^gemm-(nn|nt|tn)-(\d+)(-relaxed)?$/.exec(caseId)
  if (product) return productProblem(product[1] as Layout, Number(product[2]), product[3] !== undefined)
  throw new Error(`unknown problem '${caseId}'`)
}

/** One number for a whole batch of products: Σ rowWeight · element · columnWeight. */
export function checksum(
  { side, stack, rowWeights, columnWeights }: ProductProblem,
  product: ArrayLike<number>,
): number {
  if (product.length !== stack * side * side)
    throw new Error(`a product of ${product.length} elements, not ${stack}×${side}×${side}`)
  let sum = 0
  for (let row = 0; row < stack * side; row++) {
    let sumOfRow = 0
    for (let column = 0; column < side; column++)
      sumOfRow += product[row * side + column]! * columnWeights[column]!
    sum += rowWeights[row]! * sumOfRow
  }
  return sum
}
