// What a training run is given: rows of numbers and what should come out for each.
import { DataError } from '../errors.js'
import { sizeOf } from '../shape.js'

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

/** The four rows of exclusive or: 1 where exactly one of two inputs is 1. */
export function xor(): Dataset {
  return {
    rows: 4,
    inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
    inputShape: [2],
    targets: Float32Array.of(0, 1, 1, 0),
    targetShape: [1],
  }
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
