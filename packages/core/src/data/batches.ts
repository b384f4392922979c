// Batching and shuffling, of rows in memory or from a stream.
import { check, checkCount, describeValue } from '../checks/check-options.js'
import { blamingCaller, DataError, ShapeError } from '../checks/errors.js'
import { flatten, type Values } from '../graph/values.js'
import { random } from '../numbers/random.js'
import { type Columns, checkDataset, type Dataset, mapColumns } from './dataset.js'
import { pickRows } from './split.js'

/** The rows of a dataset in uniformly random order. */
export function shuffle<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  seed: number,
): Dataset<I, T> {
  checkDataset('shuffle', data)
  return pickRows(data, [...random(seed).stream('order').permutation(data.rows)])
}

/** Splits a dataset into batches of `batchSize` rows; the last may be smaller. */
export function batches<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  batchSize: number,
): Generator<Dataset<I, T>> {
  checkCount('batches', 'batchSize', batchSize)
  checkDataset('batches', data)
  return cut(data, batchSize)
}

function* cut<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  batchSize: number,
): Generator<Dataset<I, T>> {
  for (let first = 0; first < data.rows; first += batchSize) {
    const end = Math.min(first + batchSize, data.rows)
    yield mapColumns(data, end - first, (numbers, size) => numbers.subarray(first * size, end * size))
  }
}

/** One row of a stream, e.g. from a file or the network. */
export interface Row {
  readonly inputs: Values
  readonly targets: Values
}

/** Rows, or datasets. */
export type RowSource = AsyncIterable<Row | Dataset> | Iterable<Row | Dataset>

const has = (value: unknown, key: string | symbol) =>
  typeof value === 'object' && value !== null && key in value

const checkAsync = check<AsyncIterable<never>>('an async iterable', (value) =>
  has(value, Symbol.asyncIterator),
)

const checkSource = check<RowSource>(
  'an iterable of rows or datasets',
  (value) => has(value, Symbol.asyncIterator) || has(value, Symbol.iterator),
)

/**
 * Batches of equal size (the last may be smaller), whatever pieces the rows arrive in. At most a batch and a piece are
 * in memory at a time.
 * @throws ShapeError when rows have different shapes.
 */
export function streamBatches(source: RowSource, batchSize: number): AsyncGenerator<Dataset> {
  checkCount('streamBatches', 'batchSize', batchSize)
  return cutStream(checkSource('streamBatches', 'source', source), batchSize)
}

async function* cutStream(source: RowSource, batchSize: number): AsyncGenerator<Dataset> {
  let pieces: Dataset[] = []
  let rows = 0
  for await (const piece of source) {
    const set = asDataset('streamBatches', piece)
    pieces.push(set)
    rows += set.rows
    if (rows < batchSize) continue
    const whole = rows - (rows % batchSize)
    const all = joined(pieces)
    pieces = []
    for (const batch of cut(all, batchSize))
      if (batch.rows === batchSize) yield batch
      else pieces.push(batch)
    rows -= whole
  }
  if (rows > 0) yield joined(pieces)
}

/** The same items, with up to `count` requested ahead: batches are read and prepared while the network trains. */
export function prefetch<T>(source: AsyncIterable<T>, count = 1): AsyncGenerator<T> {
  checkCount('prefetch', 'count', count)
  return ahead(checkAsync('prefetch', 'source', source), count)
}

async function* ahead<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  const waiting: Promise<IteratorResult<T>>[] = []
  try {
    for (;;) {
      while (waiting.length <= count) {
        const next = iterator.next()
        // An error is thrown in its turn; until then it must not count as unhandled.
        next.catch(() => {})
        waiting.push(next)
      }
      const { done, value } = await waiting.shift()!
      if (done) return
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}

/**
 * All rows of a source in one dataset.
 * @throws DataError when there are none, ShapeError when rows have different shapes.
 */
export async function collect(source: RowSource): Promise<Dataset> {
  const pieces: Dataset[] = []
  for await (const piece of checkSource('collect', 'source', source)) pieces.push(asDataset('collect', piece))
  return blamingCaller(collect, () => {
    if (pieces.length === 0) throw new DataError('collect: the source has no rows')
    return joined(pieces)
  })
}

function asDataset(caller: string, piece: Row | Dataset): Dataset {
  if (!has(piece, 'inputs') || !has(piece, 'targets'))
    throw new DataError(
      `${caller}: expects rows, { inputs, targets }, or datasets; got ${describeValue(piece)}`,
    )
  if ('rows' in piece) {
    checkDataset(caller, piece)
    return piece
  }
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
          `rows must have the same shape; the first has ${part} of [${first[shape]}], another of [${set[shape]}]`,
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
