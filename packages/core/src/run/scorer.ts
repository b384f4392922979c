// Predictions and scores of a model on any number of rows.
import { isRecord } from '../check-options.js'
import { compile } from '../compile/function.js'
import type { Columns, Dataset } from '../data/dataset.js'
import { ShapeError } from '../errors.js'
import { listed, mapNamed, type Named, pick } from '../named.js'
import { type Shape, sizeOf } from '../shape.js'
import { Tensor } from '../tensor.js'
import { byKey, type Objective } from './objective.js'
import { addBatch, nameOf, type Score, scoreOf } from './score.js'

/** Rows that are predicted in one call. */
const batchSize = 256

export class Scorer {
  readonly #objective: Objective
  readonly #targetShape: Named<Shape>
  /** Compiled functions by number of rows. */
  readonly #predictors = new Map<number, ReturnType<Scorer['compilePredictor']>>()
  readonly #scorers = new Map<number, ReturnType<Scorer['compileScorer']>>()

  constructor(objective: Objective, targetShape: Named<Shape>) {
    this.#objective = objective
    this.#targetShape = targetShape
  }

  /** Probabilities or values, by the loss. */
  predict(inputs: Columns): Columns {
    const { inputShape, outputShape } = this.#objective.model
    const rows = rowsOf(inputs, inputShape)
    const predictions = mapNamed<Shape, Float32Array>(
      outputShape,
      (shape) => new Float32Array(rows * sizeOf(shape)),
    )
    for (let first = 0; first < rows; first += batchSize) {
      const count = Math.min(batchSize, rows - first)
      const predict = cached(this.#predictors, count, () => this.compilePredictor(count))
      const batch = mapNamed<Float32Array, Float32Array>(inputs, (numbers, name) => {
        const size = sizeOf(pick<Shape>(inputShape, name)!)
        return numbers.subarray(first * size, (first + count) * size)
      })
      const outputs = predict(byKey('x', batch))
      for (const [key, all] of Object.entries(byKey<Float32Array>('y', predictions)))
        all.set(outputs[key]!, (first * all.length) / rows)
    }
    return predictions
  }

  /** Compiles what it takes to score so many rows, so that no memory is taken later. */
  prepare(rows: number): void {
    for (const count of [Math.min(batchSize, rows), rows % batchSize]) if (count > 0) this.#scorerOf(count)
  }

  score(data: Dataset<Columns, Columns>): Score {
    const columns = Object.entries(this.#objective.columns(data))
    const { judgements } = this.#objective
    for (const { metrics } of judgements) for (const [, metric] of metrics) metric.reset()
    const sums: Record<string, number> = {}
    for (let first = 0; first < data.rows; first += batchSize) {
      const rows = Math.min(batchSize, data.rows - first)
      const ofBatch = (numbers: Float32Array) => {
        const size = numbers.length / data.rows
        return numbers.subarray(first * size, (first + rows) * size)
      }
      const { score, parts } = this.#scorerOf(rows)
      const results = score(Object.fromEntries(columns.map(([key, numbers]) => [key, ofBatch(numbers)])))
      for (const part of parts) {
        addBatch(sums, part, (name) => results[name]![0]!, true)
        const targets = ofBatch(pick<Float32Array>(data.targets, part.name)!)
        for (const [, metric] of part.metrics) metric.add(results[nameOf(part.name, 'predicted')]!, targets)
      }
    }
    const measured = judgements.flatMap(({ name, metrics }) =>
      metrics.map(([metric, { value }]) => [nameOf(name, metric), value] as const),
    )
    return scoreOf(this.#scorerOf(Math.min(batchSize, data.rows)).parts, sums, Object.fromEntries(measured))
  }

  #scorerOf(rows: number) {
    return cached(this.#scorers, rows, () => this.compileScorer(rows))
  }

  private compilePredictor(rows: number) {
    const x = this.#objective.inputs(rows)
    const outputs = this.#objective.model.apply(x)
    const predictions = this.#objective.judgements.map(
      ({ name, loss }) => [name, loss.predictions(pick<Tensor>(outputs, name)!)] as const,
    )
    return compile({
      inputs: byKey('x', x),
      outputs: byKey('y', isRecord(outputs) ? Object.fromEntries(predictions) : predictions[0]![1]),
    })
  }

  private compileScorer(rows: number) {
    const { inputs, parts } = this.#objective.graph(rows, this.#targetShape)
    const outputs: Record<string, Tensor> = {}
    for (const { name, loss, output, lossOfBatch, meanWeight, answers, metrics } of parts) {
      outputs[nameOf(name, 'loss')] = lossOfBatch
      if (meanWeight instanceof Tensor) outputs[nameOf(name, 'weight')] = meanWeight
      if (answers) outputs[nameOf(name, 'right')] = answers.right
      if (answers?.counted instanceof Tensor) outputs[nameOf(name, 'counted')] = answers.counted
      if (metrics.length > 0) outputs[nameOf(name, 'predicted')] = loss.predictions(output)
    }
    return { score: compile({ inputs, outputs }), parts }
  }
}

/** @throws ShapeError unless every input is there, in whole rows, as many of each. */
function rowsOf(inputs: Columns, shapes: Named<Shape>): number {
  const counts = listed<Shape>(shapes).map(([name, shape]) => {
    const numbers = pick<Float32Array>(inputs, name)
    const size = sizeOf(shape)
    if (!numbers) throw new ShapeError(`predict: the numbers of input "${name}" were not given`)
    if (numbers.length % size !== 0)
      throw new ShapeError(
        `predict: a row${name && ` of "${name}"`} has ${size} numbers; ${numbers.length} are no whole number of rows`,
      )
    return numbers.length / size
  })
  if (counts.some((count) => count !== counts[0]))
    throw new ShapeError(`predict: inputs must have one number of rows, got ${counts.join(', ')}`)
  return counts[0]!
}

/** Compiled at most once for each number of rows. */
function cached<F>(functions: Map<number, F>, rows: number, make: () => F): F {
  const made = functions.get(rows) ?? make()
  functions.set(rows, made)
  return made
}
