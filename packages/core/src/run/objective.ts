// The objective of a run: the loss of the output of a model, or the weighted sum of the losses of several.
import { check, checkFinite, describeValue, isRecord } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { didYouMean } from '../checks/nearest.js'
import { type Columns, checkDataset, type Dataset } from '../data/dataset.js'
import { type Shape, sameShape } from '../graph/shape.js'
import type { Input, Tensor } from '../graph/tensor.js'
import type { SymbolicTensor } from '../layers/layer.js'
import type { Each, Model, Symbolic } from '../layers/model.js'
import { describeShapes, listed, mapNamed, type Named, pick, sameShapes } from '../layers/named.js'
import { batchOf, byKey } from '../layers/predictor.js'
import type { Context } from '../layers/training-context.js'
import { add, mul } from '../ops/arithmetic.js'
import { sum } from '../ops/reductions.js'
import { type LossOrigin, meanWeightOf } from '../training/loss-origin.js'
import {
  type Loss,
  type LossName,
  losses,
  type OutputActivation,
  outputActivations,
} from '../training/losses.js'
import type { Metric } from '../training/metrics.js'
import { checkOutputs } from './agreement.js'
import { nameOf } from './score.js'

/** A dataset for a model with these inputs and outputs. */
export type DatasetFor<I extends Symbolic, O extends Symbolic> = Dataset<
  Each<I, Float32Array>,
  Each<O, Float32Array>
>

/** Losses and metrics of the outputs of a model. */
export interface ObjectiveOptions<O extends Symbolic> {
  /**
   * By name, or a custom one, e.g. with label smoothing or a penalty on weights. For several outputs, one for each by
   * name.
   */
  loss: Each<O, LossName | Loss>
  /** For several outputs: the weight of the loss of each in the sum; default 1. */
  lossWeights?: O extends SymbolicTensor ? never : { readonly [K in keyof O]?: number }
  /** Metrics to evaluate at each record, by names of your choice; for several outputs, those of each by name. */
  metrics?: O extends SymbolicTensor
    ? Readonly<Record<string, Metric>>
    : { readonly [K in keyof O]?: Readonly<Record<string, Metric>> }
}

/** Loss and metrics of one output. */
interface Judgement {
  /** Name of the output; empty for a single one. */
  readonly name: string
  readonly loss: Loss
  /** Weight of its loss in the sum of all. */
  readonly lossWeight: number
  readonly metrics: readonly (readonly [name: string, metric: Metric])[]
}

const checkMetrics = check<Readonly<Record<string, Metric>>>('an object of metrics by name', isRecord)
const checkMetric = check<Metric>(
  'a metric, e.g. metrics.auc()',
  (value) => typeof (value as Metric | null)?.add === 'function',
)

export class Objective {
  readonly model: Model<Symbolic, Symbolic>
  readonly judgements: readonly Judgement[]
  readonly #options: ObjectiveOptions<Symbolic>

  /** @throws ValueError for an unknown loss, and for names that are not those of outputs. */
  constructor(model: Model<Symbolic, Symbolic>, options: ObjectiveOptions<Symbolic>) {
    this.model = model
    this.#options = options
    if (options.lossWeights !== undefined && !isRecord(model.outputShape))
      throw new ValueError('createRun: lossWeights require several outputs; the model has one')
    const loss = this.#byOutput<LossName | Loss>('loss', options.loss)
    const weights = this.#byOutput<number>('lossWeights', options.lossWeights ?? {})
    const metrics = this.#byOutput<Readonly<Record<string, Metric>>>('metrics', options.metrics ?? {})
    const names = new Map<Metric, string>()
    for (const [output, own] of metrics)
      for (const [metric, object] of Object.entries(checkMetrics('createRun', `metrics of ${output}`, own))) {
        checkMetric('createRun', `metrics.${nameOf(output, metric)}`, object)
        const twin = names.get(object)
        const name = nameOf(output, metric)
        if (twin !== undefined)
          throw new ValueError(
            `createRun: metrics ${twin} and ${name} are the same object, and metrics are stateful; create one for each`,
          )
        names.set(object, name)
      }
    this.judgements = listed<Shape>(model.outputShape).map(([name]) => ({
      name,
      loss: namedLoss(loss.get(name), name),
      lossWeight: name === '' ? 1 : checkFinite('createRun', `lossWeights.${name}`, weights.get(name) ?? 1),
      metrics: Object.entries(metrics.get(name) ?? {}),
    }))
    model.outputActivation = mapNamed<Shape, OutputActivation>(model.outputShape, (_, name) => {
      const { predictions } = this.lossOf(name)
      const known = Object.entries(outputActivations).find(([, activation]) => activation === predictions)
      return (known?.[0] as keyof typeof outputActivations | undefined) ?? predictions
    })
  }

  /** The values of an option by output. */
  #byOutput<T>(option: string, given: unknown): ReadonlyMap<string, T> {
    const outputs = listed<Shape>(this.model.outputShape).map(([name]) => name)
    if (outputs[0] === '') return new Map([['', given as T]])
    if (!isRecord(given))
      throw new ValueError(`createRun: ${option} must be given by name of output: ${outputs.join(', ')}`)
    for (const name of Object.keys(given))
      if (!outputs.includes(name))
        throw new ValueError(
          `createRun: ${option} is given for "${name}", which is not an output of the model; outputs are ${outputs.join(', ')}${didYouMean(name, outputs)}`,
        )
    return new Map(Object.entries(given) as [string, T][])
  }

  /** @throws ShapeError unless the shapes and names of rows match those of the model. */
  checkFit(caller: string, data: Dataset<Columns, Columns>): void {
    const { inputShape, outputShape } = this.model
    checkDataset(caller, data)
    if (!sameShapes(data.inputShape, inputShape))
      throw new ShapeError(
        `${caller}: a row of inputs is ${describeShapes(data.inputShape)}, the model expects ${describeShapes(inputShape)}`,
      )
    // A custom loss may take targets of another shape, such as class indices; but where only dimensions of 1 differ,
    // targets would be broadcast.
    const wanted = mapNamed<Shape, Shape>(outputShape, (shape, name) => {
      const { targetShape } = this.lossOf(name)
      if (targetShape) return targetShape(shape)
      const own = typeof pick<LossName | Loss>(this.#options.loss, name) !== 'string'
      const given = pick<Shape>(data.targetShape, name)
      return own && given && !sameShape(withoutOnes(given), withoutOnes(shape)) ? given : shape
    })
    if (!sameShapes(data.targetShape, wanted))
      throw new ShapeError(
        `${caller}: a row of targets is ${describeShapes(data.targetShape)}, the outputs of the model are ${describeShapes(outputShape)}${sameShapes(wanted, outputShape) ? '; use targets of that shape' : `, for which the loss expects targets of ${describeShapes(wanted)}`}`,
      )
  }

  /** The loss of an output. */
  lossOf(output: string): Loss {
    return this.judgements.find(({ name }) => name === output)!.loss
  }

  /** The values that can be monitored, and those of them that are losses. */
  get monitors(): { readonly all: readonly string[]; readonly losses: readonly string[] } {
    const several = this.judgements[0]?.name !== ''
    const losses = ['loss', ...(several ? this.judgements.map(({ name }) => nameOf(name, 'loss')) : [])]
    const others = this.judgements.flatMap(({ name, loss, metrics }) => [
      ...(loss.correct ? [nameOf(name, 'accuracy')] : []),
      ...metrics.map(([metric]) => nameOf(name, metric)),
    ])
    return { losses, all: [...losses, ...others] }
  }

  /** Graph inputs for a batch. */
  inputs(rows: number): Named<Input> {
    return batchOf('x', rows, this.model.inputShape)
  }

  /** The graph of a batch: its inputs by key, the loss, and for each output what scores need. */
  graph(rows: number, targetShape: Named<Shape>, context?: Context) {
    const x = this.inputs(rows)
    const y = batchOf('y', rows, targetShape)
    const outputs = this.model.apply(x, context)
    const parts = this.judgements.map((judgement) => {
      const { name, loss } = judgement
      const output = pick<Tensor>(outputs, name)!
      const target = pick(y, name)!
      const lossOfBatch = loss.of(output, target)
      const found = checkOutputs(name, lossOfBatch)
      const correct = loss.correct?.(output, target)
      const counted = correct && (loss.counted?.(output, target) ?? countedIn(found, correct.shape))
      return {
        ...judgement,
        output,
        target,
        lossOfBatch,
        found,
        meanWeight: meanWeightOf(lossOfBatch, rows),
        answers: correct
          ? {
              right: sum(counted ? mul(correct, counted) : correct),
              // A row may hold many predictions, such as one for each position of a text.
              counted: counted ? sum(counted) : correct.size,
            }
          : null,
      }
    })
    const loss = parts
      .map(({ lossOfBatch, lossWeight }) => (lossWeight === 1 ? lossOfBatch : mul(lossOfBatch, lossWeight)))
      .reduce((total, term) => add(total, term))
    return { inputs: { ...byKey('x', x), ...byKey('y', y) }, parts, loss }
  }

  /** The values of the inputs of a graph, by key. */
  columns({ inputs, targets }: Dataset<Columns, Columns>): Record<string, Float32Array> {
    return { ...byKey<Float32Array>('x', inputs), ...byKey<Float32Array>('y', targets) }
  }
}

/** Which predictions count in the one loss of the library, if the shapes agree. */
function countedIn(found: readonly LossOrigin[], answers: Shape): Tensor | undefined {
  const counted = found.length === 1 ? found[0]!.counted : undefined
  return counted && sameShape(counted.shape, answers) ? counted : undefined
}

const withoutOnes = (shape: Shape): Shape => shape.filter((size) => size !== 1)

function namedLoss(given: LossName | Loss | undefined, output: string): Loss {
  if (typeof given === 'object' && typeof given?.of === 'function') return given
  if (typeof given === 'string' && Object.hasOwn(losses, given)) return losses[given]
  const missing = output === '' ? describeValue(given) : `${describeValue(given)} for output "${output}"`
  throw new ValueError(
    `createRun: unknown loss ${missing}; use a custom one, or one of ${Object.keys(losses).join(', ')}`,
  )
}
