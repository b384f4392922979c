// A step of a network for one row as an expression with the real weights, to be followed in the graph place.
import type { NestedArray } from '@bp/core/lean'
import { layerLetters, layerSizes, unitName, weightName } from './names.js'
import type { NetworkRun } from './run.js'

export interface InsideStep {
  /** In the expression language; the last statement is the loss of the row, without penalties. */
  readonly source: string
  /** The weights, the row and its target by name. */
  readonly values: Readonly<Record<string, number | NestedArray>>
  /** Where each weight is in the model: `w21` is layer 0, from 1, to 0. */
  readonly weights: readonly {
    readonly name: string
    readonly layer: number
    readonly from: number
    readonly to: number
  }[]
}

/** Up to this many weights and biases each has a name of its own; beyond, a layer is a matrix and a vector. */
const mostScalars = 40

/**
 * The loss of one training row at the current weights, as a source whose names are those of the picture. In float64 its
 * value and derivatives are those of the run but for float32 rounding.
 */
export function lookInside(run: NetworkRun, row: number): InsideStep {
  const { classes } = run.data
  const sizes = layerSizes(run.document, classes)
  const count = run.model.parameters.reduce((total, { size }) => total + size, 0)
  return classes === 2 && count <= mostScalars ? scalars(run, row, sizes) : matrices(run, row, sizes)
}

function applied(activation: string, sum: string): string {
  return activation === 'linear' ? sum : `${activation}(${sum})`
}

function scalars(run: NetworkRun, row: number, sizes: readonly number[]): InsideStep {
  const { document, model } = run
  const { inputs, targets } = run.data.training
  const values: Record<string, number> = {
    x1: inputs[2 * row]!,
    x2: inputs[2 * row + 1]!,
    t: targets[row]!,
  }
  const weights: { name: string; layer: number; from: number; to: number }[] = []
  const lines: string[] = []
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const [matrix, biases] = [model.parameters[2 * layer]!, model.parameters[2 * layer + 1]!]
    const units = sizes[layer + 1]!
    for (let to = 0; to < units; to++) {
      const terms: string[] = []
      for (const from of [...Array(sizes[layer]!).keys(), -1]) {
        const name = weightName(sizes, layer, from, to)
        values[name] = from < 0 ? biases.values[to]! : matrix.values[from * units + to]!
        weights.push({ name, layer, from, to })
        terms.push(from < 0 ? name : `${name}*${unitName(sizes, layer, from)}`)
      }
      const activation = document.layers[layer]?.activation ?? 'sigmoid'
      lines.push(`${unitName(sizes, layer + 1, to)} = ${applied(activation, terms.join(' + '))}`)
    }
  }
  lines.push(document.loss === 'squaredError' ? 'loss = (y - t)^2' : 'loss = -(t*ln(y) + (1 - t)*ln(1 - y))')
  return { source: lines.join('; '), values, weights }
}

function matrices(run: NetworkRun, row: number, sizes: readonly number[]): InsideStep {
  const { document, model } = run
  const { inputs, targets, targetShape } = run.data.training
  const width = targetShape[0]!
  const values: Record<string, number | NestedArray> = {
    x: [Array.from(inputs.subarray(sizes[0]! * row, sizes[0]! * (row + 1)))],
    t: [Array.from(targets.subarray(width * row, width * (row + 1)))],
  }
  const lines: string[] = []
  let before = 'x'
  for (let layer = 0; layer + 1 < sizes.length; layer++) {
    const letters = layerLetters(layer)
    const [matrix, biases] = [model.parameters[2 * layer]!, model.parameters[2 * layer + 1]!]
    const units = sizes[layer + 1]!
    values[letters.weights] = Array.from({ length: sizes[layer]! }, (_, from) =>
      Array.from(matrix.values.slice(from * units, (from + 1) * units)),
    )
    values[letters.biases] = Array.from(biases.values)
    const last = layer + 2 === sizes.length
    const activation = last ? (width === 1 ? 'sigmoid' : 'softmax') : document.layers[layer]!.activation
    const name = last ? 'y' : letters.units
    lines.push(
      `${name} = ${applied(activation, `matmul(${before}, ${letters.weights}) + ${letters.biases}`)}`,
    )
    before = name
  }
  const crossEntropy = width === 1 ? 'loss = -sum(t*ln(y) + (1 - t)*ln(1 - y))' : 'loss = -sum(t*ln(y))'
  lines.push(document.loss === 'squaredError' ? 'loss = mean((y - t)^2)' : crossEntropy)
  return { source: lines.join('; '), values, weights: [] }
}
