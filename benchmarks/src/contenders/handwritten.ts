// What a good JavaScript programmer would write without a library: float32 arrays, plain loops, no allocation.
import { type Open, type Program, programOf } from '../contender.js'
import { checksum, type MlpProblem, type ProductProblem, type TrainingProblem } from '../problems.js'

/** XOR unrolled for 2-2-1: no inner loops, one exponential per sigmoid, shared with the loss. */
function trainXor({ parameters, data, targets, learningRate }: MlpProblem): Program {
  const [hiddenWeights, hiddenBias, outputWeights, outputBias] = parameters.map(({ values }) =>
    values.slice(),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array]
  const rate = learningRate / 4
  function step(): number {
    const w00 = hiddenWeights[0]!
    const w01 = hiddenWeights[1]!
    const w10 = hiddenWeights[2]!
    const w11 = hiddenWeights[3]!
    const b0 = hiddenBias[0]!
    const b1 = hiddenBias[1]!
    const v0 = outputWeights[0]!
    const v1 = outputWeights[1]!
    const c = outputBias[0]!
    let dw00 = 0
    let dw01 = 0
    let dw10 = 0
    let dw11 = 0
    let db0 = 0
    let db1 = 0
    let dv0 = 0
    let dv1 = 0
    let dc = 0
    let loss = 0
    for (let row = 0; row < 4; row++) {
      const x0 = data[2 * row]!
      const x1 = data[2 * row + 1]!
      const target = targets[row]!
      const h0 = 1 / (1 + Math.exp(-(x0 * w00 + x1 * w10 + b0)))
      const h1 = 1 / (1 + Math.exp(-(x0 * w01 + x1 * w11 + b1)))
      const logit = h0 * v0 + h1 * v1 + c
      const small = Math.exp(-Math.abs(logit))
      loss += Math.max(logit, 0) - logit * target + Math.log(1 + small)
      const slope = (logit >= 0 ? 1 : small) / (1 + small) - target
      dc += slope
      dv0 += slope * h0
      dv1 += slope * h1
      const s0 = slope * v0 * h0 * (1 - h0)
      const s1 = slope * v1 * h1 * (1 - h1)
      db0 += s0
      db1 += s1
      dw00 += x0 * s0
      dw01 += x0 * s1
      dw10 += x1 * s0
      dw11 += x1 * s1
    }
    hiddenWeights[0] = w00 - rate * dw00
    hiddenWeights[1] = w01 - rate * dw01
    hiddenWeights[2] = w10 - rate * dw10
    hiddenWeights[3] = w11 - rate * dw11
    hiddenBias[0] = b0 - rate * db0
    hiddenBias[1] = b1 - rate * db1
    outputWeights[0] = v0 - rate * dv0
    outputWeights[1] = v1 - rate * dv1
    outputBias[0] = c - rate * dc
    return loss / 4
  }
  return {
    run(count) {
      let loss = Number.NaN
      for (let index = 0; index < count; index++) loss = step()
      return loss
    },
  }
}

/** A matrix view: offset, row stride and column stride. */
interface View {
  values: Float32Array
  start: number
  row: number
  column: number
}

/**
 * c ← keep · c + scale · a·b, in 4×4 tiles, which the engine keeps in registers over the whole depth, and single sums at
 * the edges. Doubles on purpose: rounding every sum with Math.fround was measured to be slower.
 */
export function addProduct(
  c: Float32Array,
  rows: number,
  columns: number,
  depth: number,
  keep: number,
  scale: number,
  a: View,
  b: View,
) {
  const aValues = a.values
  const bValues = b.values
  const aRow = a.row
  const aColumn = a.column
  const bRow = b.row
  const bColumn = b.column
  const tiledRows = rows - (rows % 4)
  const tiledColumns = columns - (columns % 4)
  for (let row = 0; row < tiledRows; row += 4)
    for (let column = 0; column < tiledColumns; column += 4) {
      let c00 = 0
      let c01 = 0
      let c02 = 0
      let c03 = 0
      let c10 = 0
      let c11 = 0
      let c12 = 0
      let c13 = 0
      let c20 = 0
      let c21 = 0
      let c22 = 0
      let c23 = 0
      let c30 = 0
      let c31 = 0
      let c32 = 0
      let c33 = 0
      let fromA = a.start + row * aRow
      let fromB = b.start + column * bColumn
      for (let index = 0; index < depth; index++) {
        const a0 = aValues[fromA]!
        const a1 = aValues[fromA + aRow]!
        const a2 = aValues[fromA + 2 * aRow]!
        const a3 = aValues[fromA + 3 * aRow]!
        const b0 = bValues[fromB]!
        const b1 = bValues[fromB + bColumn]!
        const b2 = bValues[fromB + 2 * bColumn]!
        const b3 = bValues[fromB + 3 * bColumn]!
        c00 += a0 * b0
        c01 += a0 * b1
        c02 += a0 * b2
        c03 += a0 * b3
        c10 += a1 * b0
        c11 += a1 * b1
        c12 += a1 * b2
        c13 += a1 * b3
        c20 += a2 * b0
        c21 += a2 * b1
        c22 += a2 * b2
        c23 += a2 * b3
        c30 += a3 * b0
        c31 += a3 * b1
        c32 += a3 * b2
        c33 += a3 * b3
        fromA += aColumn
        fromB += bRow
      }
      const to0 = row * columns + column
      const to1 = to0 + columns
      const to2 = to1 + columns
      const to3 = to2 + columns
      c[to0] = keep * c[to0]! + scale * c00
      c[to0 + 1] = keep * c[to0 + 1]! + scale * c01
      c[to0 + 2] = keep * c[to0 + 2]! + scale * c02
      c[to0 + 3] = keep * c[to0 + 3]! + scale * c03
      c[to1] = keep * c[to1]! + scale * c10
      c[to1 + 1] = keep * c[to1 + 1]! + scale * c11
      c[to1 + 2] = keep * c[to1 + 2]! + scale * c12
      c[to1 + 3] = keep * c[to1 + 3]! + scale * c13
      c[to2] = keep * c[to2]! + scale * c20
      c[to2 + 1] = keep * c[to2 + 1]! + scale * c21
      c[to2 + 2] = keep * c[to2 + 2]! + scale * c22
      c[to2 + 3] = keep * c[to2 + 3]! + scale * c23
      c[to3] = keep * c[to3]! + scale * c30
      c[to3 + 1] = keep * c[to3 + 1]! + scale * c31
      c[to3 + 2] = keep * c[to3 + 2]! + scale * c32
      c[to3 + 3] = keep * c[to3 + 3]! + scale * c33
    }
  for (let row = 0; row < rows; row++)
    for (let column = row < tiledRows ? tiledColumns : 0; column < columns; column++) {
      let sum = 0
      let fromA = a.start + row * aRow
      let fromB = b.start + column * bColumn
      for (let index = 0; index < depth; index++) {
        sum += aValues[fromA]! * bValues[fromB]!
        fromA += aColumn
        fromB += bRow
      }
      const to = row * columns + column
      c[to] = keep * c[to]! + scale * sum
    }
}

/** A fully connected layer, and its state during a step. */
interface Layer {
  inputs: number
  outputs: number
  weights: Float32Array
  bias: Float32Array
  /** batch × outputs. */
  values: Float32Array
  /** ∂loss/∂(weighted sums), batch × outputs. */
  slopes: Float32Array
}

/** Fully connected layers; SGD is fused with the weight gradient. */
function trainLayers(problem: MlpProblem): Program {
  const { parameters, inputs, outputs, activation, batch, rows, data } = problem
  const layers: Layer[] = []
  for (let index = 0; index < parameters.length; index += 2) {
    const [from, to] = parameters[index]!.shape as [number, number]
    layers.push({
      inputs: from,
      outputs: to,
      weights: parameters[index]!.values.slice(),
      bias: parameters[index + 1]!.values.slice(),
      values: new Float32Array(batch * to),
      slopes: new Float32Array(batch * to),
    })
  }
  const update = problem.optimizer === 'adam' ? adam(problem, layers) : sgd(problem)
  const top = layers.at(-1)!
  const loss = outputs === 1 ? sigmoidCrossEntropy : softmaxCrossEntropy

  function step(firstRow: number): number {
    let x: View = { values: data, start: firstRow * inputs, row: inputs, column: 1 }
    for (const layer of layers) {
      forward(layer, x, batch, layer === top ? undefined : activation)
      x = { values: layer.values, start: 0, row: layer.outputs, column: 1 }
    }
    const mean = loss(problem, top, firstRow)
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = layers[index]!
      const below = layers[index - 1]
      if (below) backward(layer, below, batch, activation)
      update(
        layer,
        below
          ? { values: below.values, start: 0, row: 1, column: below.outputs }
          : { values: data, start: firstRow * inputs, row: 1, column: inputs },
      )
    }
    return mean
  }

  let firstRow = 0
  return {
    run(count) {
      let last = Number.NaN
      for (let index = 0; index < count; index++) {
        last = step(firstRow)
        firstRow = (firstRow + batch) % rows
      }
      return last
    },
  }
}

function forward(layer: Layer, x: View, batch: number, activation: MlpProblem['activation'] | undefined) {
  const { inputs, outputs, weights, bias, values } = layer
  addProduct(values, batch, outputs, inputs, 0, 1, x, { values: weights, start: 0, row: outputs, column: 1 })
  for (let row = 0; row < batch; row++)
    for (let unit = 0; unit < outputs; unit++) {
      const at = row * outputs + unit
      const sum = values[at]! + bias[unit]!
      if (activation === 'relu') values[at] = Math.max(sum, 0)
      else values[at] = activation ? 1 / (1 + Math.exp(-sum)) : sum
    }
}

/** The gradient of the layer below, from that of `layer`. */
function backward(layer: Layer, below: Layer, batch: number, activation: MlpProblem['activation']) {
  const { outputs, weights } = layer
  const { values, slopes } = below
  const dy: View = { values: layer.slopes, start: 0, row: outputs, column: 1 }
  const transposed: View = { values: weights, start: 0, row: 1, column: outputs }
  addProduct(slopes, batch, below.outputs, outputs, 0, 1, dy, transposed)
  if (activation === 'relu') {
    for (let at = 0; at < slopes.length; at++) if (!(values[at]! > 0)) slopes[at] = 0
  } else for (let at = 0; at < slopes.length; at++) slopes[at] = slopes[at]! * values[at]! * (1 - values[at]!)
}

/** Writes (probability − target) / batch as the gradient; returns the mean loss. */
function sigmoidCrossEntropy(
  { batch, targets }: TrainingProblem,
  { values, slopes }: Layer,
  firstRow: number,
) {
  let loss = 0
  for (let row = 0; row < batch; row++) {
    const logit = values[row]!
    const target = targets[firstRow + row]!
    const small = Math.exp(-Math.abs(logit))
    loss += Math.max(logit, 0) - logit * target + Math.log(1 + small)
    slopes[row] = ((logit >= 0 ? 1 : small) / (1 + small) - target) / batch
  }
  return loss / batch
}

/** Like sigmoidCrossEntropy, for several classes. */
function softmaxCrossEntropy(
  { batch, outputs, targets }: TrainingProblem,
  { values, slopes }: Layer,
  firstRow: number,
) {
  let loss = 0
  for (let row = 0; row < batch; row++) {
    const to = row * outputs
    const from = (firstRow + row) * outputs
    let highest = values[to]!
    for (let output = 1; output < outputs; output++)
      if (values[to + output]! > highest) highest = values[to + output]!
    let total = 0
    let chosen = 0
    for (let output = 0; output < outputs; output++) {
      const logit = values[to + output]! - highest
      const exponential = Math.exp(logit)
      chosen += targets[from + output]! * logit
      slopes[to + output] = exponential
      total += exponential
    }
    loss += Math.log(total) - chosen
    for (let output = 0; output < outputs; output++)
      slopes[to + output] = (slopes[to + output]! / total - targets[from + output]!) / batch
  }
  return loss / batch
}

/** Updates a layer's parameters, given its gradient and its transposed inputs. */
type Update = (layer: Layer, transposedInputs: View) => void

const sgd =
  ({ batch, learningRate }: TrainingProblem): Update =>
  ({ inputs, outputs, weights, bias, slopes }, transposedInputs) => {
    const dy: View = { values: slopes, start: 0, row: outputs, column: 1 }
    addProduct(weights, inputs, outputs, batch, 1, -learningRate, transposedInputs, dy)
    for (let row = 0; row < batch; row++)
      for (let unit = 0; unit < outputs; unit++)
        bias[unit] = bias[unit]! - learningRate * slopes[row * outputs + unit]!
  }

function adam({ batch, learningRate }: TrainingProblem, layers: readonly Layer[]): Update {
  const slots = new Map(
    layers.map((layer) => [layer, { weights: moments(layer.weights), bias: moments(layer.bias) }]),
  )
  let step = 0
  return (layer, transposedInputs) => {
    // The last layer is updated first.
    if (layer === layers.at(-1)) step++
    const { inputs, outputs, slopes } = layer
    const { weights, bias } = slots.get(layer)!
    const dy: View = { values: slopes, start: 0, row: outputs, column: 1 }
    addProduct(weights.gradient, inputs, outputs, batch, 0, 1, transposedInputs, dy)
    bias.gradient.fill(0)
    for (let row = 0; row < batch; row++)
      for (let unit = 0; unit < outputs; unit++)
        bias.gradient[unit] = bias.gradient[unit]! + slopes[row * outputs + unit]!
    moveByAdam(layer.weights, weights, learningRate, step)
    moveByAdam(layer.bias, bias, learningRate, step)
  }
}

interface Moments {
  gradient: Float32Array
  mean: Float32Array
  square: Float32Array
}

const moments = ({ length }: Float32Array): Moments => ({
  gradient: new Float32Array(length),
  mean: new Float32Array(length),
  square: new Float32Array(length),
})

function moveByAdam(
  parameter: Float32Array,
  { gradient, mean, square }: Moments,
  learningRate: number,
  step: number,
) {
  const rate = learningRate / (1 - 0.9 ** step)
  const scale = 1 / (1 - 0.999 ** step)
  for (let at = 0; at < parameter.length; at++) {
    const slope = gradient[at]!
    const m = 0.9 * mean[at]! + 0.1 * slope
    const v = 0.999 * square[at]! + 0.001 * slope * slope
    mean[at] = m
    square[at] = v
    parameter[at] = parameter[at]! - (rate * m) / (Math.sqrt(v * scale) + 1e-8)
  }
}

function product(problem: ProductProblem): Program {
  const { layout, side, stack } = problem
  const straight = { row: side, column: 1 }
  const transposed = { row: 1, column: side }
  const size = side * side
  const products = new Float32Array(stack * size)
  const stacked = Array.from({ length: stack }, (_, index) => ({
    a: { values: problem.a, start: index * size, ...(layout === 'tn' ? transposed : straight) },
    b: { values: problem.b, start: index * size, ...(layout === 'nt' ? transposed : straight) },
    c: products.subarray(index * size, (index + 1) * size),
  }))
  return {
    run(count) {
      for (let index = 0; index < count; index++)
        for (const { a, b, c } of stacked) addProduct(c, side, side, side, 0, 1, a, b)
      return checksum(problem, products)
    },
  }
}

const isXor = ({ parameters }: MlpProblem) => parameters.length === 4 && parameters[0]!.values.length === 4

export const open: Open = (problem) =>
  programOf(problem, {
    mlp: (mlp) => (isXor(mlp) ? trainXor(mlp) : trainLayers(mlp)),
    product,
  })
