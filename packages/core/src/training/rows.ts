// Rows of data in kernel memory, from which training steps take batches.

import type { Block } from '@bp/kernel'
import { checkCount, checkNumbers } from '../checks/check-options.js'
import { ShapeError, ValueError } from '../checks/errors.js'
import { checkRecord, type Inputs } from '../compile/function.js'
import { paddedBytes } from '../compile/instruction.js'
import { allocate } from '../compile/memory.js'
import { describeShape, sizeOf } from '../graph/shape.js'

/** Rows of data in kernel memory, one array for each input, from which training steps take batches. */
export class Rows {
  readonly count: number
  readonly #columns: ReadonlyMap<string, { block: Block; size: number }>

  /** `arrays` hold `count` rows each, row by row. */
  constructor(count: number, arrays: Readonly<Record<string, Float32Array>>) {
    this.count = checkCount('Rows', 'count', count)
    checkRecord('Rows', 'arrays', arrays)
    this.#columns = new Map(
      Object.entries(arrays).map(([name, array]) => {
        checkNumbers('Rows', name, array)
        if (array.length % count !== 0)
          throw new ShapeError(`Rows: "${name}" has ${array.length} numbers, not a multiple of ${count} rows`)
        const block = allocate(paddedBytes(array.length), () => `Rows: ${count} rows of "${name}"`)
        block.floats(0, array.length).set(array)
        return [name, { block, size: array.length / count }]
      }),
    )
  }

  /** @internal */
  address(name: string): number {
    return this.#column(name).block.address
  }

  /** The data of all rows; the view is valid until the next call into the library. */
  values(name: string): Float32Array {
    const { block, size } = this.#column(name)
    return block.floats(0, this.count * size)
  }

  /** Numbers per row of one of the arrays. */
  size(name: string): number {
    return this.#column(name).size
  }

  #column(name: string): { block: Block; size: number } {
    const column = this.#columns.get(name)
    if (!column)
      throw new ValueError(`Rows: unknown name "${name}"; names are ${[...this.#columns.keys()].join(', ')}`)
    return column
  }
}

/** The size of a batch: the first dimension, which all inputs share. */
export function batchOf(inputs: Inputs, rows: Rows): number {
  let batch: number | undefined
  for (const [name, { shape }] of Object.entries(inputs)) {
    const rowSize = sizeOf(shape.slice(1))
    if (shape.length === 0 || rowSize !== rows.size(name))
      throw new ShapeError(
        `compileStep: input "${name}" is ${describeShape(shape)}, but a row of "${name}" has ${rows.size(name)} numbers`,
      )
    batch ??= shape[0]!
    if (shape[0] !== batch)
      throw new ShapeError(
        `compileStep: inputs must share their first dimension, the batch; "${name}" has ${shape[0]}, another ${batch}`,
      )
  }
  if (batch === undefined || batch < 1 || batch > rows.count)
    throw new ShapeError(`compileStep: a batch of ${batch} rows cannot be taken from ${rows.count}`)
  return batch
}
