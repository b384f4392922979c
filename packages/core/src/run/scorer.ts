// Predictions and scores of a model on any number of rows.
import { compile } from '../compile/function.js'
import type { Dataset } from '../data/dataset.js'
import { ShapeError } from '../errors.js'
import type { Model } from '../layers/model.js'
import { type LossName, losses } from '../losses.js'
import { sizeOf } from '../shape.js'
import { input } from '../tensor.js'

/** How good a set of rows is predicted. */
export interface Score {
  readonly loss: number
  /** Share of rows that are right; `null` where right and wrong mean nothing. */
  readonly accuracy: number | null
}

/** Rows that are predicted in one call. */
const batchSize = 256

export class Scorer {
  readonly #model: Model
  readonly #loss: LossName
  readonly #targetShape: readonly number[]
  /** Compiled functions by number of rows. */
  readonly #predictors = new Map<number, ReturnType<Scorer['compilePredictor']>>()
  readonly #scorers = new Map<number, ReturnType<Scorer['compileScorer']>>()

  constructor(model: Model, loss: LossName, targetShape: readonly number[]) {
    this.#model = model
    this.#loss = loss
    this.#targetShape = targetShape
  }

  /** Probabilities or values, by the loss. */
  predict(inputs: Float32Array): Float32Array {
    const { inputShape, outputShape } = this.#model
    const inputSize = sizeOf(inputShape)
    const outputSize = sizeOf(outputShape)
    if (inputs.length % inputSize !== 0)
      throw new ShapeError(
        `predict: a row has ${inputSize} numbers; ${inputs.length} are no whole number of rows`,
      )
    const rows = inputs.length / inputSize
    const predictions = new Float32Array(rows * outputSize)
    for (let first = 0; first < rows; first += batchSize) {
      const count = Math.min(batchSize, rows - first)
      const predict = cached(this.#predictors, count, () => this.compilePredictor(count))
      const { y } = predict({ x: inputs.subarray(first * inputSize, (first + count) * inputSize) })
      predictions.set(y, first * outputSize)
    }
    return predictions
  }

  /** Compiles what it takes to score so many rows, so that no memory is taken later. */
  prepare(rows: number): void {
    for (const count of [Math.min(batchSize, rows), rows % batchSize])
      if (count > 0) cached(this.#scorers, count, () => this.compileScorer(count))
  }

  score({ inputs, targets, rows }: Dataset): Score {
    const inputSize = sizeOf(this.#model.inputShape)
    const targetSize = sizeOf(this.#targetShape)
    let lossSum = 0
    let correctSum = 0
    for (let first = 0; first < rows; first += batchSize) {
      const count = Math.min(batchSize, rows - first)
      const score = cached(this.#scorers, count, () => this.compileScorer(count))
      const { loss, right } = score({
        x: inputs.subarray(first * inputSize, (first + count) * inputSize),
        y: targets.subarray(first * targetSize, (first + count) * targetSize),
      })
      lossSum += loss[0]! * count
      correctSum += right[0]!
    }
    return { loss: lossSum / rows, accuracy: losses[this.#loss].correct ? correctSum / rows : null }
  }

  private compilePredictor(rows: number) {
    const x = input([rows, ...this.#model.inputShape], { name: 'x' })
    const y = losses[this.#loss].predictions(this.#model.apply(x))
    return compile({ inputs: { x }, outputs: { y } })
  }

  private compileScorer(rows: number) {
    const { of, correct } = losses[this.#loss]
    const x = input([rows, ...this.#model.inputShape], { name: 'x' })
    const y = input([rows, ...this.#targetShape], { name: 'y' })
    const outputs = this.#model.apply(x)
    const loss = of(outputs, y)
    return compile({ inputs: { x, y }, outputs: { loss, right: correct?.(outputs, y).sum() ?? loss } })
  }
}

/** Compiled at most once for each number of rows. */
function cached<F>(functions: Map<number, F>, rows: number, make: () => F): F {
  const made = functions.get(rows) ?? make()
  functions.set(rows, made)
  return made
}
