// Rows in batches and in random order, from memory or as they arrive.
import { checkCount } from '../check-options.js'
import { blamingCaller, DataError, ShapeError } from '../errors.js'
import { random } from '../random.js'
import { flatten, type Values } from '../tensor.js'
import { type Columns, checkDataset, type Dataset, mapColumns } from './dataset.js'
import { pickRows } from './split.js'

/** The rows of a set in random order, each order equally likely. */
export function shuffle<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  seed: number,
): Dataset<I, T> {
  checkDataset('shuffle', data)
  return pickRows(data, [...random(seed).stream('order').permutation(data.rows)])
}

/** A set cut into smaller ones of `batchSize` rows each, but for a smaller last one. */
export function* batches<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  batchSize: number,
): Generator<Dataset<I, T>> {
  checkCount('batches', 'batchSize', batchSize)
  checkDataset('batches', data)
  for (let first = 0; first < data.rows; first += batchSize) {
    const end = Math.min(first + batchSize, data.rows)
    yield mapColumns(data, end - first, (numbers, size) => numbers.subarray(first * size, end * size))
  }
}

/** One row as it arrives, of a file or of the network. */
export interface Row {
  readonly inputs: Values
  readonly targets: Values
}

/** Rows, or sets of rows. */
export type RowSource = AsyncIterable<Row | Dataset> | Iterable<Row | Dataset>

/**
 * Rows in batches of equal size but for a smaller last one, whatever pieces they arrive in. No more than a batch
 * and a piece are in memory at a time.
 * @throws ShapeError when rows have different shapes.
 */
export async function* streamBatches(source: RowSource, batchSize: number): AsyncGenerator<Dataset> {
  checkCount('streamBatches', 'batchSize', batchSize)
  let pieces: Dataset[] = []
  let rows = 0
  for await (const piece of source) {
    const set = asDataset(piece)
    pieces.push(set)
    rows += set.rows
    if (rows < batchSize) continue
    const whole = rows - (rows % batchSize)
    const all = joined(pieces)
    pieces = []
    for (const batch of batches(all, batchSize))
      if (batch.rows === batchSize) yield batch
      else pieces.push(batch)
    rows -= whole
  }
  if (rows > 0) yield joined(pieces)
}

/**
 * The same items, of which up to `count` are made while the one before is in use: batches are read and prepared while
 * the network trains.
 */
export async function* prefetch<T>(source: AsyncIterable<T>, count = 1): AsyncGenerator<T> {
  checkCount('prefetch', 'count', count)
  const iterator = source[Symbol.asyncIterator]()
  const ahead: Promise<IteratorResult<T>>[] = []
  try {
    for (;;) {
      while (ahead.length <= count) {
        const next = iterator.next()
        // An error is thrown when its turn comes; until then it is not unhandled.
        next.catch(() => {})
        ahead.push(next)
      }
      const { done, value } = await ahead.shift()!
      if (done) return
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

/**
 * All rows of a source in one set.
 * @throws DataError when there are none, ShapeError when rows have different shapes.
 */
export async function collect(source: RowSource): Promise<Dataset> {
  const pieces: Dataset[] = []
  for await (const piece of source) pieces.push(asDataset(piece))
  return blamingCaller(collect, () => {
    if (pieces.length === 0) throw new DataError('collect: the source has no rows')
    return joined(pieces)
  })
}

function asDataset(piece: Row | Dataset): Dataset {
  if ('rows' in piece) return piece
  const x = flatten('a row of inputs', piece.inputs)
  const y = flatten('a row of targets', piece.targets)
  return {
    rows: 1,
    inputs: Float32Array.from(x.flat),
    inputShape: x.shape,
    targets: Float32Array.from(y.flat),
    targetShape: y.shape,
  }
}

function joined(sets: readonly Dataset[]): Dataset {
  const [first] = sets as [Dataset]
  const join = (part: 'inputs' | 'targets', shape: 'inputShape' | 'targetShape') => {
    const numbers = new Float32Array(sets.reduce((total, set) => total + set[part].length, 0))
    let at = 0
    for (const set of sets) {
      if (set[shape].join() !== first[shape].join())
        throw new ShapeError(
          `rows must have one shape; the first has ${part} of [${first[shape]}], another of [${set[shape]}]`,
        )
      numbers.set(set[part], at)
      at += set[part].length
    }
    return numbers
  }
  return {
    ...first,
    rows: sets.reduce((total, { rows }) => total + rows, 0),
    inputs: join('inputs', 'inputShape'),
    targets: join('targets', 'targetShape'),
  }
}
