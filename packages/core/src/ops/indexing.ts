// Gather and scatter. Indices are integers; one out of range throws an IndexError.
import { checkCount, integerFrom } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'
import type { Lowering } from '../compile/lowering.js'
import { type Op, op } from '../graph/op.js'
import { uniform } from '../graph/sample.js'
import { describeShape, normalizeAxis, type Shape, sizeOf } from '../graph/shape.js'

interface Along {
  /** The dimension of x; negative ones count from the end; default 0. */
  axis?: number
}

/** Number of elements before and after the axis. */
function around(shape: Shape, axis: number): { outer: number; inner: number } {
  const outer = sizeOf(shape.slice(0, axis))
  // For an empty tensor, one row of no elements, so that the indices are checked.
  return outer === 0 ? { outer: 1, inner: 0 } : { outer, inner: sizeOf(shape.slice(axis + 1)) }
}

// Emitted for empty results too: their indices must still be checked.
const lowerGather: Lowering<{ axis: number }> = ({ inputs, attributes: { axis }, output, emit }) => {
  const [x, indices] = inputs
  const arrays = { out: output(), table: x!.buffer, indices: indices!.buffer }
  const counts = { count: sizeOf(indices!.shape), limit: x!.shape[axis]!, ...around(x!.shape, axis) }
  emit('Gather', { ...arrays, ...counts })
}

const below = (high: number) => uniform(0, high, { whole: true })

/** Slices of x at indices along a dimension, which is replaced by the dimensions of the indices. */
export const gather: Op<['x', 'indices'], Along, 'axis'> = op('gather', {
  inputs: ['x', 'indices'],
  summary: 'Slices of x at indices along a dimension, which is replaced by the dimensions of the indices.',
  symbol: 'gather',
  formula: 'y[i, j] = x[indices[i], j]',
  attributes: { axis: 'The dimension of x; negative ones count from the end; default 0.' },
  shorthand: 'axis',
  prepare: ({ axis = 0 }: Along, { x }) => ({ axis: normalizeAxis('gather', axis, x.length) }),
  shape: ({ x, indices }, { axis }): Shape => [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)],
  indices: { indices: ({ x }, { axis }) => x[axis]! },
  vjp: {
    x: {
      formula: 'x̄[indices[i], j] = Σ ȳ[i, j]',
      rule: ({ x, indices, dy }, { axis }) => scatterAdd(dy, indices, { size: x.shape[axis]!, axis }),
    },
    indices: null,
  },
  lower: lowerGather,
  reference: ([x, indices], shape, { axis }) => {
    const { outer, inner } = around(x!.shape, axis)
    const limit = x!.shape[axis]!
    const out = new Float64Array(sizeOf(shape))
    let to = 0
    for (let o = 0; o < outer; o++)
      for (const index of indices!.data)
        for (let j = 0; j < inner; j++) out[to++] = x!.data[(o * limit + index) * inner + j]!
    return out
  },
  ulp: 0,
  sample: {
    domains: { x: uniform(-3, 3), indices: below(3) },
    cases: [
      { shapes: { x: [3], indices: [] } },
      { shapes: { x: [4], indices: [1] } },
      { shapes: { x: [5], indices: [7] } },
      { shapes: { x: [9], indices: [8] } },
      { shapes: { x: [3], indices: [0] } },
      { shapes: { x: [3, 0], indices: [2] } },
      { shapes: { x: [3, 5], indices: [4] } },
      { shapes: { x: [4, 8], indices: [2, 3] } },
      { shapes: { x: [5, 3], indices: [4] }, attributes: { axis: 1 } },
      { shapes: { x: [2, 4, 3], indices: [2, 2] }, attributes: { axis: 1 } },
      { shapes: { x: [2, 4, 9], indices: [] }, attributes: { axis: -2 } },
      { shapes: { x: [2, 3, 4], indices: [5] }, attributes: { axis: -1 } },
      { shapes: { x: [3, 129], indices: [3] } },
    ],
  },
})

/** Zeros to which slices of x are added at indices along a dimension: the gradient of `gather`. */
export const scatterAdd: Op<['x', 'indices'], { size: number; axis?: number }, 'size'> = op('scatterAdd', {
  inputs: ['x', 'indices'],
  summary: 'Zeros to which slices of x are added, in order, at indices along a dimension.',
  symbol: 'scatter',
  formula: 'y[indices[i], j] = Σ x[i, j]',
  attributes: {
    size: 'Size of the dimension.',
    axis: 'The dimension of y, which in x is replaced by those of the indices; default 0.',
  },
  shorthand: 'size',
  prepare: ({ size, axis = 0 }: { size: number; axis?: number }, { x, indices }) => {
    integerFrom(0)('scatterAdd', 'size', size)
    const at = normalizeAxis('scatterAdd', axis, Math.max(0, x.length - indices.length + 1))
    return { size, axis: at }
  },
  shape: ({ x, indices }, { size, axis }): Shape => {
    const own = x.slice(axis, axis + indices.length)
    if (describeShape(own) !== describeShape(indices))
      throw new ShapeError(
        `scatterAdd: x is ${describeShape(x)} and indices are ${describeShape(indices)}; from axis ${axis} on, x must have the dimensions of the indices`,
      )
    return [...x.slice(0, axis), size, ...x.slice(axis + indices.length)]
  },
  indices: { indices: (_, { size }) => size },
  vjp: {
    x: {
      formula: 'x̄[i, j] = ȳ[indices[i], j]',
      rule: ({ indices, dy }, { axis }) => gather(dy, indices, axis),
    },
    indices: null,
  },
  lower: ({ inputs, shape, attributes: { size, axis }, output, emit }) => {
    const [x, indices] = inputs
    const arrays = { out: output(), x: x!.buffer, indices: indices!.buffer }
    const counts = { count: sizeOf(indices!.shape), limit: size, ...around(shape, axis), places: size }
    emit('ScatterAdd', { ...arrays, ...counts })
  },
  reference: ([x, indices], shape, { size, axis }) => {
    const { outer, inner } = around(shape, axis)
    const out = new Float64Array(sizeOf(shape))
    let from = 0
    for (let o = 0; o < outer; o++)
      for (const index of indices!.data)
        for (let j = 0; j < inner; j++) out[(o * size + index) * inner + j]! += x!.data[from++]!
    return out
  },
  ulp: ({ indices }) => sizeOf(indices),
  sample: {
    domains: { x: uniform(0.1, 3), indices: below(3) },
    cases: [
      { shapes: { x: [], indices: [] }, attributes: { size: 3 } },
      { shapes: { x: [1], indices: [1] }, attributes: { size: 4 } },
      { shapes: { x: [7], indices: [7] }, attributes: { size: 3 } },
      { shapes: { x: [8], indices: [8] }, attributes: { size: 5 } },
      { shapes: { x: [0], indices: [0] }, attributes: { size: 3 } },
      { shapes: { x: [2, 0], indices: [2] }, attributes: { size: 3 } },
      { shapes: { x: [0, 5], indices: [0] }, attributes: { size: 4 } },
      { shapes: { x: [4, 5], indices: [4] }, attributes: { size: 3 } },
      { shapes: { x: [2, 3, 8], indices: [2, 3] }, attributes: { size: 4 } },
      { shapes: { x: [5, 4], indices: [4] }, attributes: { size: 3, axis: 1 } },
      { shapes: { x: [2, 2, 2, 3], indices: [2, 2] }, attributes: { size: 4, axis: 1 } },
      { shapes: { x: [2, 9], indices: [] }, attributes: { size: 4, axis: 1 } },
      { shapes: { x: [5, 129], indices: [5] }, attributes: { size: 3 } },
    ],
  },
})

/** Rows of a table at indices, e.g. token embeddings. */
export const embedding: Op<['table', 'indices']> = op('embedding', {
  inputs: ['table', 'indices'],
  summary: 'Rows of a table at indices, e.g. token embeddings.',
  symbol: 'embed',
  formula: 'y[i, j] = table[indices[i], j]',
  prepare: (_, { table }) => {
    if (table.length !== 2)
      throw new ShapeError(
        `embedding: table is ${describeShape(table)}; it must be a matrix, a row for each index`,
      )
    return { axis: 0 }
  },
  shape: ({ table, indices }): Shape => [...indices, table[1]!],
  indices: { indices: ({ table }) => table[0]! },
  vjp: {
    table: {
      formula: 'table̅[indices[i], j] = Σ ȳ[i, j]',
      rule: ({ table, indices, dy }) => scatterAdd(dy, indices, table.shape[0]!),
    },
    indices: null,
  },
  decompose: ({ table, indices }) => gather(table, indices, 0),
  lower: lowerGather,
  reference: (inputs, shape) => gather.definition.reference(inputs, shape, { axis: 0 }),
  ulp: 0,
  sample: {
    domains: { table: uniform(-3, 3), indices: below(3) },
    cases: [
      { shapes: { table: [3, 4], indices: [] } },
      { shapes: { table: [3, 4], indices: [1] } },
      { shapes: { table: [3, 4], indices: [7] } },
      { shapes: { table: [4, 1], indices: [5] } },
      { shapes: { table: [5, 3], indices: [8] } },
      { shapes: { table: [5, 5], indices: [9] } },
      { shapes: { table: [3, 0], indices: [2] } },
      { shapes: { table: [3, 4], indices: [0] } },
      { shapes: { table: [3, 8], indices: [2, 3] } },
      { shapes: { table: [7, 7], indices: [2, 1, 3] } },
      { shapes: { table: [3, 9], indices: [1, 4] } },
      { shapes: { table: [3, 129], indices: [4] } },
    ],
  },
})

/**
 * One-hot rows of class indices: 1 at the index and 0 elsewhere; all 0 for a number that is not a class, such as −1.
 */
export const oneHot: Op<['x'], { depth: number }, 'depth'> = op('oneHot', {
  inputs: ['x'],
  summary:
    'One-hot rows of class indices: 1 at the index and 0 elsewhere; all 0 for a number that is not a class.',
  symbol: 'one-hot',
  formula: 'y[i, j] = 1 if j = x[i], else 0',
  attributes: { depth: 'Number of classes: the length of a row.' },
  shorthand: 'depth',
  prepare: ({ depth }: { depth: number }) => ({ depth: checkCount('oneHot', 'depth', depth) }),
  shape: ({ x }, { depth }): Shape => [...x, depth],
  vjp: { x: null },
  lower: ({ inputs: [x], attributes: { depth }, output, emit }) => {
    emit('OneHot', { out: output(), x: x!.buffer, rows: sizeOf(x!.shape), depth })
  },
  reference: ([x], shape, { depth }) => {
    const out = new Float64Array(sizeOf(shape))
    for (const [row, value] of x!.data.entries())
      if (value >= 0 && value < depth && Number.isInteger(value)) out[row * depth + value] = 1
    return out
  },
  ulp: 0,
  sample: {
    domains: { x: uniform(-1, 5, { whole: true }) },
    cases: [
      { shapes: { x: [] }, attributes: { depth: 3 } },
      { shapes: { x: [1] }, attributes: { depth: 3 } },
      { shapes: { x: [0] }, attributes: { depth: 3 } },
      { shapes: { x: [3] }, attributes: { depth: 4 } },
      { shapes: { x: [4] }, attributes: { depth: 5 } },
      { shapes: { x: [5] }, attributes: { depth: 8 } },
      { shapes: { x: [2, 3] }, attributes: { depth: 3 } },
      { shapes: { x: [2, 3, 4] }, attributes: { depth: 7 } },
      { shapes: { x: [4, 0] }, attributes: { depth: 3 } },
      { shapes: { x: [129] }, attributes: { depth: 9 } },
      { shapes: { x: [1, 1] }, attributes: { depth: 17 } },
      { shapes: { x: [9] }, attributes: { depth: 10 } },
    ],
  },
})
