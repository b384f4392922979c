// What a training run is given: rows of numbers and what should come out for each.
import { blamingCaller, DataError } from '../errors.js'
import { sizeOf } from '../shape.js'
import { flatten, type Values } from '../tensor.js'

/** Rows of inputs and targets, one behind the other. */
export interface Dataset {
  /** Number of rows. */
  readonly rows: number
  readonly inputs: Float32Array
  /** Shape of one row of inputs, `[2]` for two numbers. */
  readonly inputShape: readonly number[]
  readonly targets: Float32Array
  /** Shape of one row of targets. */
  readonly targetShape: readonly number[]
}

/**
 * A set of rows: nested arrays, or typed arrays with the number of rows that they hold.
 * @throws DataError when inputs and targets have different numbers of rows, or numbers are not finite.
 */
export function dataset(inputs: Values, targets: Values, rows?: number): Dataset {
  return blamingCaller(dataset, () => {
    const part = (name: string, values: Values) => {
      const { flat, shape } = flatten(`dataset, ${name}`, values)
      if (rows === undefined) return { flat, count: shape[0] ?? 0, shape: shape.slice(1) }
      if (flat.length % rows !== 0)
        throw new DataError(`dataset: ${flat.length} numbers of ${name} are not ${rows} rows`)
      return { flat, count: rows, shape: shape.length > 1 ? shape.slice(1) : [flat.length / rows] }
    }
    const x = part('inputs', inputs)
    const y = part('targets', targets)
    if (x.count !== y.count)
      throw new DataError(`dataset: there are ${x.count} rows of inputs and ${y.count} of targets`)
    const data: Dataset = {
      rows: x.count,
      inputs: Float32Array.from(x.flat),
      inputShape: x.shape,
      targets: Float32Array.from(y.flat),
      targetShape: y.shape,
    }
    checkDataset('dataset', data)
    return data
  })
}

/**
 * Throws unless the arrays hold as many numbers as rows and shapes say, all of them finite.
 * @throws DataError naming the row.
 */
export function checkDataset(name: string, data: Dataset): void {
  if (!Number.isInteger(data.rows) || data.rows < 1)
    throw new DataError(`${name}: has ${data.rows} rows; at least 1 is needed`)
  for (const [part, numbers, shape] of [
    ['inputs', data.inputs, data.inputShape],
    ['targets', data.targets, data.targetShape],
  ] as const) {
    const size = sizeOf(shape)
    if (numbers.length !== data.rows * size)
      throw new DataError(
        `${name}: ${data.rows} rows of ${size} ${part} are ${data.rows * size} numbers, but there are ${numbers.length}`,
      )
    const at = numbers.findIndex((value) => !Number.isFinite(value))
    if (at >= 0)
      throw new DataError(
        `${name}: ${part} hold ${numbers[at]} in row ${Math.floor(at / size)}, number ${at % size}; fill or drop such rows first`,
      )
  }
}
