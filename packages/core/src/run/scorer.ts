// Predictions and scores of a model on any number of rows.
import { compile } from '../compile/function.js'
import type { Dataset } from '../data/dataset.js'
import { ShapeError } from '../errors.js'
import type { Model } from '../layers/model.js'
import type { Loss } from '../losses.js'
import type { Metric } from '../metrics.js'
import { sizeOf } from '../shape.js'
import { input } from '../tensor.js'

/** How good a set of rows is predicted. */
export interface Score {
  readonly loss: number
  /** Share of answers that are right, one to a row or more; `null` where right and wrong mean nothing. */
  readonly accuracy: number | null
  /** The metrics that the run was given, by name. */
  readonly metrics?: Readonly<Record<string, number>>
}

/** Rows that are predicted in one call. */
const batchSize = 256

export class Scorer {
  readonly #model: Model
  readonly #loss: Loss
  readonly #metrics: readonly (readonly [name: string, metric: Metric])[]
  readonly #targetShape: readonly number[]
  /** Compiled functions by number of rows. */
  readonly #predictors = new Map<number, ReturnType<Scorer['compilePredictor']>>()
  readonly #scorers = new Map<number, ReturnType<Scorer['compileScorer']>>()

  constructor(
    model: Model,
    loss: Loss,
    metrics: Readonly<Record<string, Metric>>,
    targetShape: readonly number[],
  ) {
    this.#model = model
    this.#loss = loss
    this.#metrics = Object.entries(metrics)
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
    let rightSum = 0
    let judged = 0
    for (const [, metric] of this.#metrics) metric.reset()
    for (let first = 0; first < rows; first += batchSize) {
      const count = Math.min(batchSize, rows - first)
      const { score, answers } = cached(this.#scorers, count, () => this.compileScorer(count))
      const y = targets.subarray(first * targetSize, (first + count) * targetSize)
      const x = inputs.subarray(first * inputSize, (first + count) * inputSize)
      const { loss, right, predictions } = score({ x, y })
      lossSum += loss[0]! * count
      rightSum += right[0]!
      judged += answers
      for (const [, metric] of this.#metrics) metric.add(predictions, y)
    }
    const values = this.#metrics.map(([name, metric]) => [name, metric.value] as const)
    return {
      loss: lossSum / rows,
      accuracy: this.#loss.correct ? rightSum / judged : null,
      ...(values.length > 0 && { metrics: Object.fromEntries(values) }),
    }
  }

  private compilePredictor(rows: number) {
    const x = input([rows, ...this.#model.inputShape], { name: 'x' })
    const y = this.#loss.predictions(this.#model.apply(x))
    return compile({ inputs: { x }, outputs: { y } })
  }

  private compileScorer(rows: number) {
    const { of, correct, predictions } = this.#loss
    const x = input([rows, ...this.#model.inputShape], { name: 'x' })
    const y = input([rows, ...this.#targetShape], { name: 'y' })
    const outputs = this.#model.apply(x)
    const loss = of(outputs, y)
    const right = correct?.(outputs, y)
    const score = compile({
      inputs: { x, y },
      outputs: {
        loss,
        right: right?.sum() ?? loss,
        predictions: this.#metrics.length > 0 ? predictions(outputs) : loss,
      },
    })
    // A row may hold many answers, such as one for each position of a text.
    return { score, answers: right?.size ?? rows }
  }
}

/** Compiled at most once for each number of rows. */
function cached<F>(functions: Map<number, F>, rows: number, make: () => F): F {
  const made = functions.get(rows) ?? make()
  functions.set(rows, made)
  return made
}
