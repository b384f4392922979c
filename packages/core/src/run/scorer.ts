// Predictions and scores of a model on any number of rows.
import { compile } from '../compile/function.js'
import { batches } from '../data/batches.js'
import type { Columns, Dataset } from '../data/dataset.js'
import { ShapeError } from '../errors.js'
import { listed, mapNamed, type Named, pick } from '../named.js'
import { type Shape, sizeOf } from '../shape.js'
import { isRecord, type Tensor } from '../tensor.js'
import { byKey, nameOf, type Objective } from './objective.js'

/** How good a set of rows is predicted. */
export interface Score {
  /** Of several outputs the weighted sum of their losses. */
  readonly loss: number
  /** Share of answers that are right, one to a row or more; `null` where right and wrong mean nothing. */
  readonly accuracy: number | null
  /**
   * The metrics that the run was given, by name. For several outputs also the loss and accuracy of each, and all
   * names begin with that of the output: `left.loss`.
   */
  readonly metrics?: Readonly<Record<string, number>>
}

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
    for (const count of [Math.min(batchSize, rows), rows % batchSize])
      if (count > 0) cached(this.#scorers, count, () => this.compileScorer(count))
  }

  score(data: Dataset<Columns, Columns>): Score {
    const { judgements } = this.#objective
    const sums = judgements.map(() => ({ loss: 0, right: 0, answers: 0 }))
    let lossSum = 0
    for (const { metrics } of judgements) for (const [, metric] of metrics) metric.reset()
    for (const batch of batches(data, batchSize)) {
      const { score, answers } = cached(this.#scorers, batch.rows, () => this.compileScorer(batch.rows))
      const results = score(this.#objective.columns(batch))
      lossSum += results.loss![0]! * batch.rows
      for (const [index, { name, metrics }] of judgements.entries()) {
        const sum = sums[index]!
        sum.loss += results[`loss${index}`]![0]! * batch.rows
        sum.right += results[`right${index}`]![0]!
        sum.answers += answers[index]!
        const targets = pick<Float32Array>(batch.targets, name)!
        for (const [, metric] of metrics) metric.add(results[`predictions${index}`]!, targets)
      }
    }
    const several = isRecord(this.#targetShape)
    const accuracies = judgements.map(({ loss }, index) =>
      loss.correct ? sums[index]!.right / sums[index]!.answers : null,
    )
    const values = judgements.flatMap(({ name, metrics }, index) => [
      ...(several ? [[nameOf(name, 'loss'), sums[index]!.loss / data.rows] as const] : []),
      ...(several && accuracies[index] !== null
        ? [[nameOf(name, 'accuracy'), accuracies[index]!] as const]
        : []),
      ...metrics.map(([metric, { value }]) => [nameOf(name, metric), value] as const),
    ])
    return {
      loss: lossSum / data.rows,
      accuracy: several ? null : accuracies[0]!,
      ...(values.length > 0 && { metrics: Object.fromEntries(values) }),
    }
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
    const { inputs, parts, loss: total } = this.#objective.graph(rows, this.#targetShape)
    const outputs: Record<string, Tensor> = { loss: total }
    const answers = parts.map(({ loss, output, target, lossOfBatch, metrics }, index) => {
      const right = loss.correct?.(output, target)
      outputs[`loss${index}`] = lossOfBatch
      outputs[`right${index}`] = right?.sum() ?? lossOfBatch
      outputs[`predictions${index}`] = metrics.length > 0 ? loss.predictions(output) : lossOfBatch
      // A row may hold many answers, such as one for each position of a text.
      return right?.size ?? rows
    })
    return { score: compile({ inputs, outputs }), answers }
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
