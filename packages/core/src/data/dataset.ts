// Datasets: rows of inputs and targets.
import { checkCount, describeValue } from '../checks/check-options.js'
import { blamingCaller, DataError } from '../checks/errors.js'
import { checkShape, type Shape, sizeOf } from '../graph/shape.js'
import { flatten, type Values } from '../graph/values.js'
import { listed, mapNamed, type Named, pick } from '../layers/named.js'
import { findNonFinite } from '../numbers/finite.js'

/** The values of all rows, row by row: in one array, or in several by name. */
export type Columns = Named<Float32Array>
/** The shape of one row of each. */
type ShapesOf<C extends Columns> = C extends Float32Array ? Shape : { readonly [K in keyof C]: Shape }
/** The columns that values become. */
type ColumnsOf<V> = V extends Values ? Float32Array : { readonly [K in keyof V]: Float32Array }

/**
 * Inputs and targets, row by row. For a model with several inputs or outputs these are records, by the names in the
 * model.
 */
export interface Dataset<I extends Columns = Float32Array, T extends Columns = Float32Array> {
  /** Number of rows. */
  readonly rows: number
  readonly inputs: I
  /** Shape of one row of inputs, `[2]` for two numbers. */
  readonly inputShape: ShapesOf<I>
  readonly targets: T
  /** Shape of one row of targets. */
  readonly targetShape: ShapesOf<T>
}

/**
 * Creates a dataset from nested arrays, or from flat arrays and their number of rows; plain, or several by name.
 * @throws DataError when inputs and targets have different numbers of rows, or values are not finite.
 */
export function dataset<I extends Named<Values>, T extends Named<Values>>(
  inputs: I,
  targets: T,
  rows?: number,
): Dataset<ColumnsOf<I>, ColumnsOf<T>> {
  return blamingCaller(dataset, () => {
    if (rows !== undefined) checkCount('dataset', 'rows', rows)
    let first: { label: string; count: number } | undefined
    const read = (part: string, given: Named<Values>) => {
      const shapes = new Map<string, Shape>()
      const numbers = mapNamed<Values, Float32Array>(given, (values, name) => {
        const label = labelOf(part, name)
        const { flat, shape } = flatten(`dataset, ${label}`, values)
        if (rows !== undefined && flat.length % rows !== 0)
          throw new DataError(
            `dataset: ${flat.length} numbers of ${label} are not a multiple of ${rows} rows`,
          )
        const count = rows ?? shape[0] ?? 0
        first ??= { label, count }
        if (count !== first.count)
          throw new DataError(
            `dataset: there are ${first.count} rows of ${first.label} and ${count} of ${label}`,
          )
        shapes.set(name, rows === undefined || shape.length > 1 ? shape.slice(1) : [flat.length / rows])
        return Float32Array.from(flat)
      })
      return [numbers, mapNamed<Float32Array, Shape>(numbers, (_, name) => shapes.get(name)!)] as const
    }
    const [x, inputShape] = read('inputs', inputs)
    const [y, targetShape] = read('targets', targets)
    const data = { rows: first?.count ?? 0, inputs: x, inputShape, targets: y, targetShape }
    checkDataset('dataset', data)
    return data as unknown as Dataset<ColumnsOf<I>, ColumnsOf<T>>
  })
}

/** Label of inputs or targets in messages. */
function labelOf(part: string, name: string): string {
  return name === '' ? part : `${part} "${name}"`
}

/**
 * Throws unless the lengths of the arrays match rows and shapes, and all values are finite.
 * @throws DataError naming the row.
 */
export function checkDataset(caller: string, data: Dataset<Columns, Columns>): void {
  if (!data?.inputs || !data.targets)
    throw new DataError(
      `${caller}: expects a dataset, e.g. dataset(inputs, targets); got ${describeValue(data)}`,
    )
  if (!Number.isInteger(data.rows) || data.rows < 1)
    throw new DataError(`${caller}: has ${data.rows} rows; expects at least 1`)
  for (const [part, columns, shapes] of [
    ['inputs', data.inputs, data.inputShape],
    ['targets', data.targets, data.targetShape],
  ] as const) {
    if (listed(columns).length === 0) throw new DataError(`${caller}: there are no ${part}`)
    for (const [name, numbers] of listed<Float32Array>(columns)) {
      const label = labelOf(part, name)
      const shape = pick<Shape>(shapes, name)
      if (!shape) throw new DataError(`${caller}: the shape of a row of ${label} is missing`)
      checkShape(caller, `the shape of a row of ${label}`, shape)
      // An array from another realm is not an instance of this class.
      if (Object.prototype.toString.call(numbers) !== '[object Float32Array]')
        throw new DataError(`${caller}: ${label} must be a Float32Array, got ${describeValue(numbers)}`)
      const size = sizeOf(shape)
      if (numbers.length !== data.rows * size)
        throw new DataError(
          `${caller}: ${data.rows} rows of ${size} ${label} are ${data.rows * size} numbers, but there are ${numbers.length}`,
        )
      const at = findNonFinite(numbers)
      if (at >= 0)
        throw new DataError(
          `${caller}: ${label} hold ${numbers[at]} in row ${Math.floor(at / size)}, element ${at % size}; impute or drop such rows first`,
        )
    }
  }
}

/** A dataset whose columns are those of another, mapped by `f`. */
export function mapColumns<I extends Columns, T extends Columns>(
  data: Dataset<I, T>,
  rows: number,
  f: (numbers: Float32Array, rowSize: number) => Float32Array,
): Dataset<I, T> {
  const map = <C extends Columns>(columns: C, shapes: Named<Shape>) =>
    mapNamed<Float32Array, Float32Array>(columns, (numbers, name) =>
      f(numbers, sizeOf(pick(shapes, name)!)),
    ) as C
  return {
    ...data,
    rows,
    inputs: map(data.inputs, data.inputShape),
    targets: map(data.targets, data.targetShape),
  }
}
