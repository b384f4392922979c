// What a good JavaScript programmer writes without a library: float32 arrays, plain loops, no allocation.
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

/** XOR written out for 2-2-1: no inner loops, one exponential for each sigmoid, the loss from the same one. */
function trainXor({ weights, data, targets, learningRate }: TrainingProblem): Program {
  const hiddenWeights = weights.hiddenWeights.slice()
  const hiddenBias = weights.hiddenBias.slice()
  const outputWeights = weights.outputWeights.slice()
  const outputBias = weights.outputBias.slice()
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

/** A matrix as the product reads it: where it starts, and how far apart its rows and columns lie. */
interface View {
  values: Float32Array
  start: number
  row: number
  column: number
}

/**
 * c ← keep · c + scale · a·b, by tiles of 4×4 sums, which the engine keeps in registers over the whole depth.
 * Doubles on purpose: rounding every sum to float32 with Math.fround was measured to be slower.
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
  for (let row = 0; row < rows; row += 4)
    for (let column = 0; column < columns; column += 4) {
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
}

/** A classifier with ReLU and softmax; weights are updated where their derivative is made. */
function trainClassifier(problem: TrainingProblem): Program {
  const { inputs, hidden, outputs, batch, rows, data, targets, learningRate } = problem
  if (inputs % 4 !== 0 || batch % 4 !== 0 || hidden % 4 !== 0)
    throw new Error('trainClassifier: inputs, hidden and batch must be multiples of 4, the side of a tile')
  const hiddenWeights = problem.weights.hiddenWeights.slice()
  const hiddenBias = problem.weights.hiddenBias.slice()
  const outputWeights = problem.weights.outputWeights.slice()
  const outputBias = problem.weights.outputBias.slice()
  const activations = new Float32Array(batch * hidden)
  const slopes = new Float32Array(batch * outputs)
  const backs = new Float32Array(batch * hidden)
  const logits = new Float32Array(outputs)
  const rate = learningRate / batch
  const weightsView: View = { values: hiddenWeights, start: 0, row: hidden, column: 1 }
  const backsView: View = { values: backs, start: 0, row: hidden, column: 1 }

  function forwardHidden(firstRow: number) {
    const dataView: View = { values: data, start: firstRow * inputs, row: inputs, column: 1 }
    addProduct(activations, batch, hidden, inputs, 0, 1, dataView, weightsView)
    for (let row = 0; row < batch; row++)
      for (let unit = 0; unit < hidden; unit++) {
        const sum = activations[row * hidden + unit]! + hiddenBias[unit]!
        activations[row * hidden + unit] = Math.max(sum, 0)
      }
  }

  /** Leaves learning rate / batch · (probability − target) in `slopes`; returns the mean loss. */
  function forwardOutput(firstRow: number): number {
    let loss = 0
    for (let row = 0; row < batch; row++) {
      for (let output = 0; output < outputs; output++) logits[output] = outputBias[output]!
      for (let unit = 0; unit < hidden; unit++) {
        const value = activations[row * hidden + unit]!
        const from = unit * outputs
        for (let output = 0; output < outputs; output++)
          logits[output] = logits[output]! + value * outputWeights[from + output]!
      }
      let highest = logits[0]!
      for (let output = 1; output < outputs; output++)
        if (logits[output]! > highest) highest = logits[output]!
      let total = 0
      let chosen = 0
      const to = row * outputs
      const from = (firstRow + row) * outputs
      for (let output = 0; output < outputs; output++) {
        const logit = logits[output]! - highest
        const exponential = Math.exp(logit)
        chosen += targets[from + output]! * logit
        slopes[to + output] = exponential
        total += exponential
      }
      loss += Math.log(total) - chosen
      for (let output = 0; output < outputs; output++)
        slopes[to + output] = rate * (slopes[to + output]! / total - targets[from + output]!)
    }
    return loss / batch
  }

  function backwardOutput() {
    for (let row = 0; row < batch; row++)
      for (let unit = 0; unit < hidden; unit++) {
        let sum = 0
        if (activations[row * hidden + unit]! > 0)
          for (let output = 0; output < outputs; output++)
            sum += slopes[row * outputs + output]! * outputWeights[unit * outputs + output]!
        backs[row * hidden + unit] = sum
      }
    for (let row = 0; row < batch; row++) {
      const from = row * outputs
      for (let unit = 0; unit < hidden; unit++) {
        const value = activations[row * hidden + unit]!
        const to = unit * outputs
        for (let output = 0; output < outputs; output++)
          outputWeights[to + output] = outputWeights[to + output]! - value * slopes[from + output]!
      }
      for (let output = 0; output < outputs; output++)
        outputBias[output] = outputBias[output]! - slopes[from + output]!
    }
  }

  function backwardHidden(firstRow: number) {
    const dataTransposed: View = { values: data, start: firstRow * inputs, row: 1, column: inputs }
    addProduct(hiddenWeights, inputs, hidden, batch, 1, -1, dataTransposed, backsView)
    for (let row = 0; row < batch; row++)
      for (let unit = 0; unit < hidden; unit++)
        hiddenBias[unit] = hiddenBias[unit]! - backs[row * hidden + unit]!
  }

  let firstRow = 0
  return {
    run(count) {
      let loss = Number.NaN
      for (let index = 0; index < count; index++) {
        forwardHidden(firstRow)
        loss = forwardOutput(firstRow)
        backwardOutput()
        backwardHidden(firstRow)
        firstRow = (firstRow + batch) % rows
      }
      return loss
    },
  }
}

function products(kind: ProductKind): Program {
  const problem = productProblem()
  const a = { values: problem.a, start: 0, row: kind === 'tn' ? 1 : side, column: kind === 'tn' ? side : 1 }
  const b = { values: problem.b, start: 0, row: kind === 'nt' ? 1 : side, column: kind === 'nt' ? side : 1 }
  const c = new Float32Array(side * side)
  return {
    run(count) {
      for (let index = 0; index < count; index++) addProduct(c, side, side, side, 0, 1, a, b)
      return checksum(c)
    },
  }
}

export const open: Open = (caseId) => {
  return programOf(caseId, {
    trainXor: () => trainXor(xorProblem()),
    trainClassifier: () => trainClassifier(classifierProblem()),
    products,
  })
}
