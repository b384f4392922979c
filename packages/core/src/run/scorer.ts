// Computes predictions and scores of a model on any number of rows.
import { compile } from '../compile/function.js'
import type { Columns, Dataset } from '../data/dataset.js'
import type { Shape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { mapNamed, type Named, pick } from '../layers/named.js'
import { Predictor } from '../layers/predictor.js'
import type { Objective } from './objective.js'
import { addBatch, nameOf, type Score, scoreOf } from './score.js'

/** Rows per call. */
const batchSize = 256

export class Scorer {
  readonly #objective: Objective
  readonly #targetShape: Named<Shape>
  readonly #predictor: Predictor
  /** Compiled functions by number of rows. */
  readonly #scorers = new Map<number, ReturnType<Scorer['compileScorer']>>()

  constructor(objective: Objective, targetShape: Named<Shape>) {
    this.#objective = objective
    this.#targetShape = targetShape
    const { model } = objective
    this.#predictor = new Predictor(model, (x) =>
      mapNamed<Tensor, Tensor>(model.apply(x), (output, name) => objective.lossOf(name).predictions(output)),
    )
  }

  /** Probabilities or values, according to the loss. */
  predict(inputs: Columns): Columns {
    return this.#predictor.predict(inputs)
  }

  /** Compiles for this number of rows, so that no memory is allocated later. */
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
    const made = this.#scorers.get(rows) ?? this.compileScorer(rows)
    this.#scorers.set(rows, made)
    return made
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
