// Predictions of a model for any number of rows, computed in batches.
import { describeValue, isRecord } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { didYouMean } from '../checks/nearest.js'
import { compile } from '../compile/function.js'
import { describeShape, type Shape, sameShape, sizeOf } from '../graph/shape.js'
import { type Input, input, type Tensor } from '../graph/tensor.js'
import { flatten, type Values } from '../graph/values.js'
import { type OutputActivation, outputActivations } from '../training/losses.js'
import { listed, mapNamed, type Named, pick } from './named.js'

/** @throws ValueError for a name that does not exist. */
function activationOf(activation: OutputActivation): (outputs: Tensor) => Tensor {
  if (typeof activation === 'function') return activation
  const names = Object.keys(outputActivations)
  if (names.includes(activation)) return outputActivations[activation]
  throw new ValueError(
    `predict: outputActivation must be ${names.join(', ')} or a function of the outputs; got ${describeValue(activation)}${didYouMean(String(activation), names)}`,
  )
}

/**
 * The predictions of each output.
 * @throws ValueError when the output activation is unknown.
 */
export function predictionsOf(
  outputs: Named<Tensor>,
  activations: Named<OutputActivation> | null,
): Named<Tensor> {
  return mapNamed<Tensor, Tensor>(outputs, (output, name) => {
    const activation = activations !== null && pick<OutputActivation>(activations, name)
    if (!activation)
      throw new ValueError(
        `predict: the activation of the outputs${name && ` "${name}"`} is unknown; createRun sets it according to the loss, or set model.outputActivation, to 'linear' for outputs as they are`,
      )
    return activationOf(activation)(output)
  })
}

/** Graph inputs for a batch: a single one as `x`, or several as `x.left` and so on. */
export function batchOf(key: string, rows: number, shapes: Named<Shape>): Named<Input> {
  return mapNamed<Shape, Input>(shapes, (shape, name) => input([rows, ...shape], { name: keyOf(key, name) }))
}

/** A single value by the key, or several by the key and their names. */
export function byKey<T>(key: string, named: Named<T>): Record<string, T> {
  return Object.fromEntries(listed(named).map(([name, one]) => [keyOf(key, name), one]))
}

function keyOf(key: string, name: string): string {
  return name === '' ? key : `${key}.${name}`
}

/** Rows per call. */
const batchSize = 256

interface Shapes {
  readonly inputShape: Named<Shape>
  readonly outputShape: Named<Shape>
}

/** Computes predictions, with the graph of a batch from `graph` and the current values of the variables. */
export class Predictor {
  readonly #shapes: Shapes
  readonly #graph: (x: Named<Input>) => Named<Tensor>
  /** Compiled functions by number of rows. */
  readonly #compiled = new Map<number, ReturnType<Predictor['compile']>>()

  constructor(shapes: Shapes, graph: (x: Named<Input>) => Named<Tensor>) {
    this.#shapes = shapes
    this.#graph = graph
  }

  /**
   * Predictions for rows of inputs, flat or nested.
   * @throws ValueError for inputs that are missing or not numbers, ShapeError for incomplete rows.
   */
  predict(given: Named<Values>): Named<Float32Array> {
    const { inputShape, outputShape } = this.#shapes
    const { inputs, rows } = checkedRows(given, inputShape)
    const predictions = mapNamed<Shape, Float32Array>(
      outputShape,
      (shape) => new Float32Array(rows * sizeOf(shape)),
    )
    for (let first = 0; first < rows; first += batchSize) {
      const count = Math.min(batchSize, rows - first)
      const predict = this.#compiled.get(count) ?? this.compile(count)
      this.#compiled.set(count, predict)
      const batch = mapNamed<Float32Array, Float32Array>(inputs, (numbers) =>
        numbers.subarray((first * numbers.length) / rows, ((first + count) * numbers.length) / rows),
      )
      const outputs = predict(byKey('x', batch))
      for (const [key, all] of Object.entries(byKey<Float32Array>('y', predictions)))
        all.set(outputs[key]!, (first * all.length) / rows)
    }
    return predictions
  }

  private compile(rows: number) {
    const x = batchOf('x', rows, this.#shapes.inputShape)
    return compile({ inputs: byKey('x', x), outputs: byKey('y', this.#graph(x)) })
  }
}

function checkedRows(given: Named<Values>, shapes: Named<Shape>) {
  const named = isRecord(given) && !ArrayBuffer.isView(given)
  if (isRecord(shapes) !== named && given !== undefined)
    throw new ValueError(
      isRecord(shapes)
        ? `predict: inputs must be given by name: ${Object.keys(shapes).join(', ')}`
        : `predict: expects the rows of one input, got ${describeValue(given)}`,
    )
  if (named)
    for (const name of Object.keys(given))
      if (!Object.hasOwn(shapes, name))
        throw new ValueError(
          `predict: the model has no input "${name}"${didYouMean(name, Object.keys(shapes))}`,
        )
  const counts = new Set<number>()
  const inputs = mapNamed<Shape, Float32Array>(shapes, (row, name) => {
    const of = name && ` of "${name}"`
    const values = pick<Values>(given, name)
    if (values === undefined) throw new ValueError(`predict: the rows${of} are missing`)
    const { flat, shape } = flatten('predict', values)
    const size = sizeOf(row)
    if (shape.length > 1 ? !sameShape(shape.slice(1), row) : size === 0 || flat.length % size !== 0)
      throw new ShapeError(
        `predict: a row${of} is ${describeShape(row)}, ${size} numbers; got ${describeShape(shape)}`,
      )
    counts.add(shape.length > 1 ? shape[0]! : flat.length / size)
    return flat instanceof Float32Array ? flat : Float32Array.from(flat)
  })
  if (counts.size > 1)
    throw new ShapeError(`predict: inputs must have the same number of rows, got ${[...counts].join(', ')}`)
  return { inputs, rows: [...counts][0]! }
}
