// A step of a network for one row as an expression with the real weights, to be followed in the graph place.
import type { NestedArray } from '@bp/core/lean'
import { layerLetters, mostNamedLayers, unitName, weightName } from './names.js'
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

/** A row of data and the network that answers for it. */
export interface NetworkRow {
  readonly layers: readonly NetworkLayer[]
  readonly loss: 'crossEntropy' | 'squaredError'
  readonly inputs: ArrayLike<number>
  readonly targets: ArrayLike<number>
}

/** A dense layer. */
export interface NetworkLayer {
  /** Row-major, a row for each of its inputs. */
  readonly weights: ArrayLike<number>
  readonly biases: ArrayLike<number>
  /** A function of the expression language, or `linear`. */
  readonly activation: string
}

/** More weights and biases are not a graph that can be followed, and the language takes no more. */
export const mostNumbersInside = 100_000

/** Up to this many weights and biases each has a name of its own; beyond, a layer is a matrix and a vector. */
const mostScalars = 40

/**
 * The loss of one training row at the current weights, as a source whose names are those of the picture. In float64 its
 * value and derivatives are those of the run but for float32 rounding.
 */
export function lookInside(run: NetworkRun, row: number): InsideStep {
  const { document, model, sizes } = run
  const { inputs, targets, targetShape } = run.data.training
  const width = targetShape[0]!
  return insideRow({
    layers: sizes.slice(1).map((_, layer) => ({
      weights: model.parameters[2 * layer]!.values,
      biases: model.parameters[2 * layer + 1]!.values,
      activation: document.layers[layer]?.activation ?? (width === 1 ? 'sigmoid' : 'softmax'),
    })),
    loss: document.loss,
    inputs: inputs.subarray(sizes[0]! * row, sizes[0]! * (row + 1)),
    targets: targets.subarray(width * row, width * (row + 1)),
  })
}

/** The same of any network of dense layers. */
export function insideRow(row: NetworkRow): InsideStep {
  const sizes = [row.inputs.length, ...row.layers.map(({ biases }) => biases.length)]
  const count = row.layers.reduce((total, { weights, biases }) => total + weights.length + biases.length, 0)
  const named = sizes.at(-1) === 1 && count <= mostScalars && row.layers.length <= mostNamedLayers
  return named ? scalars(row, sizes) : matrices(row, sizes)
}

function applied(activation: string, sum: string): string {
  return activation === 'linear' ? sum : `${activation}(${sum})`
}

function scalars({ layers, loss, inputs, targets }: NetworkRow, sizes: readonly number[]): InsideStep {
  const values: Record<string, number> = { t: targets[0]! }
  for (let unit = 0; unit < inputs.length; unit++) values[unitName(sizes, 0, unit)] = inputs[unit]!
  const weights: { name: string; layer: number; from: number; to: number }[] = []
  const lines: string[] = []
  for (const [layer, { weights: matrix, biases, activation }] of layers.entries()) {
    const units = biases.length
    for (let to = 0; to < units; to++) {
      const terms: string[] = []
      for (const from of [...Array(sizes[layer]!).keys(), -1]) {
        const name = weightName(sizes, layer, from, to)
        values[name] = from < 0 ? biases[to]! : matrix[from * units + to]!
        weights.push({ name, layer, from, to })
        terms.push(from < 0 ? name : `${name}*${unitName(sizes, layer, from)}`)
      }
      lines.push(`${unitName(sizes, layer + 1, to)} = ${applied(activation, terms.join(' + '))}`)
    }
  }
  lines.push(loss === 'squaredError' ? 'loss = (y - t)^2' : 'loss = -(t*ln(y) + (1 - t)*ln(1 - y))')
  return { source: lines.join('; '), values, weights }
}

function matrices({ layers, loss, inputs, targets }: NetworkRow, sizes: readonly number[]): InsideStep {
  const width = sizes.at(-1)!
  const values: Record<string, number | NestedArray> = { x: [Array.from(inputs)], t: [Array.from(targets)] }
  const lines: string[] = []
  let before = 'x'
  for (const [layer, { weights, biases, activation }] of layers.entries()) {
    const letters = layerLetters(layer)
    const units = biases.length
    values[letters.weights] = Array.from({ length: sizes[layer]! }, (_, from) =>
      Array.from({ length: units }, (_, to) => weights[from * units + to]!),
    )
    values[letters.biases] = Array.from(biases)
    const name = layer === layers.length - 1 ? 'y' : letters.units
    lines.push(
      `${name} = ${applied(activation, `matmul(${before}, ${letters.weights}) + ${letters.biases}`)}`,
    )
    before = name
  }
  const crossEntropy = width === 1 ? 'loss = -sum(t*ln(y) + (1 - t)*ln(1 - y))' : 'loss = -sum(t*ln(y))'
  lines.push(loss === 'squaredError' ? 'loss = mean((y - t)^2)' : crossEntropy)
  return { source: lines.join('; '), values, weights: [] }
}
