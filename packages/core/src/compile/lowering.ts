// How operations become kernel instructions: the patterns that the op table names in `lower`.
import {
  broadcastStrides,
  matrixSides,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
  type Transposition,
} from '../graph/shape.js'
import type { Buffer, OpcodeName, Operands } from './instruction.js'

/** A buffer and how to read it. */
export interface Value {
  readonly buffer: Buffer
  readonly shape: Shape
}

interface LoweringContext<Attributes> {
  readonly inputs: readonly Value[]
  readonly shape: Shape
  /** The number of elements, at least 1 except for an op that takes indices: without any there is nothing to compute. */
  readonly size: number
  readonly attributes: Attributes
  /** The buffer to write the result to. */
  readonly output: () => Buffer
  /** Makes the first input's buffer the result. */
  readonly alias: () => void
  readonly temporary: (size: number) => Buffer
  /** Appends an instruction; operands are those of the kernel's table. */
  readonly emit: <Name extends OpcodeName>(opcode: Name, operands: Operands<Name>) => void
}

export type Lowering<Attributes = object> = (context: LoweringContext<Attributes>) => void

/** Opcodes that have these operands, and maybe more. */
export type OpcodeWith<Names extends string> = {
  [Name in OpcodeName]: Names extends keyof Operands<Name> ? Name : never
}[OpcodeName]

/** A function of the attributes that gives the other operands; none where there are no others. */
type Rest<Name extends OpcodeName, Given extends string, Attributes> =
  object extends Omit<Operands<Name>, Given>
    ? []
    : [parameters: (attributes: Attributes) => Omit<Operands<Name>, Given>]

type UnaryNames = 'out' | 'x' | 'size'

export function unary<Name extends OpcodeWith<UnaryNames>, Attributes = object>(
  opcode: Name,
  ...[parameters]: Rest<Name, UnaryNames, Attributes>
): Lowering<Attributes> {
  return ({ inputs: [x], size, attributes, output, emit }) => {
    emit(opcode, { out: output(), x: x!.buffer, size, ...parameters?.(attributes) } as Operands<Name>)
  }
}

type BinaryNames = 'out' | 'a' | 'b' | 'columns' | 'rows' | 'aRow' | 'aColumn' | 'bRow' | 'bColumn'

export function binary<Name extends OpcodeWith<BinaryNames>, Attributes = object>(
  opcode: Name,
  ...[parameters]: Rest<Name, BinaryNames, Attributes>
): Lowering<Attributes> {
  return (context) => {
    const { inputs, shape, size, attributes, output, emit } = context
    const rest = parameters?.(attributes)
    const emitPlain = (a: Buffer, b: Buffer) =>
      emit(opcode, { out: output(), a, b, columns: size, ...rest } as Operands<Name>)
    const [a, b] = inputs as [Value, Value]
    if (sizeOf(a.shape) === size && sizeOf(b.shape) === size) return emitPlain(a.buffer, b.buffer)
    for (let split = 0; split <= shape.length; split++) {
      const left = asMatrix(a.shape, shape, split)
      const right = asMatrix(b.shape, shape, split)
      if (!left || !right) continue
      const columns = sizeOf(shape.slice(split))
      const strides = { aRow: left.row, aColumn: left.column, bRow: right.row, bColumn: right.column }
      const arrays = { out: output(), a: a.buffer, b: b.buffer }
      emit(opcode, { ...arrays, columns, rows: size / columns, ...strides, ...rest } as Operands<Name>)
      return
    }
    emitPlain(repeated(a, context), repeated(b, context))
  }
}

export function ternary(opcode: OpcodeWith<'cMoves'>): Lowering {
  return (context) => {
    const moves = context.inputs.map(({ shape }) => Number(sizeOf(shape) > 1))
    const buffers = context.inputs.map((value, index) =>
      moves[index] ? repeated(value, context) : value.buffer,
    )
    const [a, b, c] = buffers as [Buffer, Buffer, Buffer]
    const [aMoves, bMoves, cMoves] = moves as [number, number, number]
    context.emit(opcode, { out: context.output(), a, b, c, size: context.size, aMoves, bMoves, cMoves })
  }
}

/** Gradients of long functions, whose loop does not broadcast: inputs smaller than the output are copied. */
export function backward<Attributes>(opcode: OpcodeWith<'dy' | 'size'>): Lowering<Attributes> {
  return (context) => {
    const [x, dy] = context.inputs.map((value) => repeated(value, context)) as [Buffer, Buffer]
    context.emit(opcode, { out: context.output(), x, dy, size: context.size })
  }
}

/** Sizes of dimensions, and their strides and offset in an array, in elements. */
export interface Layout {
  readonly sizes: Shape
  readonly strides: readonly number[]
  readonly offset?: number
}

/**
 * Operands of `Copy`: from x, laid out by `from`, to out. Dimensions that are contiguous in both are merged, and the two
 * for which the kernel has fast loops are put last.
 */
export function copyOperands(
  out: Buffer,
  to: { readonly strides: readonly number[]; readonly offset?: number },
  x: Buffer,
  from: Layout,
): Operands<'Copy'> {
  const dimensions: { size: number; out: number; x: number }[] = []
  for (const [axis, size] of from.sizes.entries()) {
    if (size === 1) continue
    const next = { size, out: to.strides[axis]!, x: from.strides[axis]! }
    const last = dimensions[dimensions.length - 1]
    if (last && last.out === next.out * size && last.x === next.x * size) {
      dimensions.pop()
      next.size *= last.size
    }
    dimensions.push(next)
  }
  while (dimensions.length < 2) dimensions.unshift({ size: 1, out: 0, x: 0 })
  const moveLast = (index: number) => {
    if (index >= 0) dimensions.push(...dimensions.splice(index, 1))
  }
  // Contiguous rows last; contiguous columns of x last but one, for the transposing loop.
  const longest = Math.max(...dimensions.map(({ size }) => size))
  moveLast(dimensions.findIndex((dimension) => dimension.x === 1 && dimension.out !== 1))
  moveLast(dimensions.findIndex((dimension) => dimension.out === 1 && dimension.size >= Math.min(4, longest)))
  if (dimensions[dimensions.length - 1]!.size < 4)
    moveLast(dimensions.findIndex(({ size }) => size === longest))
  return {
    out,
    x,
    outOffset: to.offset,
    xOffset: from.offset,
    rank: dimensions.length,
    layout: [
      ...dimensions.map(({ size }) => size),
      ...dimensions.map((dimension) => dimension.out),
      ...dimensions.map((dimension) => dimension.x),
    ],
  }
}

/** Operands of `Copy` for all of x. */
export function contiguousCopy(out: Buffer, x: Buffer): Operands<'Copy'> {
  return copyOperands(out, { strides: [1] }, x, { sizes: [x.size], strides: [1] })
}

/** The strides of x along the dimensions of the output, as a function of attributes and the shape of x. */
export function stridedCopy<Attributes>(
  stridesFor: (attributes: Attributes, x: Shape) => readonly number[],
): Lowering<Attributes> {
  return ({ inputs: [x], shape, attributes, output, alias, emit }) => {
    const strides = stridesFor(attributes, x!.shape)
    const own = stridesOf(shape)
    if (shape.every((dimension, axis) => dimension === 1 || strides[axis] === own[axis])) alias()
    else emit('Copy', copyOperands(output(), { strides: own }, x!.buffer, { sizes: shape, strides }))
  }
}

type Reduction = 'Sum' | 'Mean' | 'Max' | 'Min' | 'Prod' | 'Norm' | 'ArgMax'

/** Along each run of neighbouring axes in turn, from the last, since the kernel reduces one run at a time. */
export function reduction(opcode: Reduction): Lowering<{ readonly axes: readonly number[] }> {
  return ({ inputs: [x], attributes: { axes }, output, alias, temporary, emit }) => {
    const sizes = [...x!.shape]
    const runs: [first: number, last: number][] = []
    for (const axis of axes) {
      const run = runs[runs.length - 1]
      if (run && run[1] === axis - 1) run[1] = axis
      else runs.push([axis, axis])
    }
    if (runs.length === 0) return alias()
    let from = x!.buffer
    for (const [first, last] of runs.reverse()) {
      const outer = sizeOf(sizes.slice(0, first))
      const length = sizeOf(sizes.slice(first, last + 1))
      const inner = sizeOf(sizes.slice(last + 1))
      const to = first === axes[0] ? output() : temporary(outer * inner)
      emit(opcode, { out: to, x: from, outer, length, inner })
      sizes.fill(1, first, last + 1)
      from = to
    }
  }
}

/** The three dimensions that the kernel sees along an axis: what is before it, its length, and what is behind it. */
export function sizesAlong(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) }
}

/** What the kernel sees along the last dimension. */
export function sizesOfRows(shape: Shape): { rows: number; columns: number } {
  return { rows: sizeOf(shape.slice(0, -1)), columns: shape[shape.length - 1]! }
}

/** Up to this many multiplications a product of several tiles is quicker without blocks. */
const smallProduct = 256
/** Most products that are added in one go, here as in larger ones: rounding grows with their number. */
const smallDepth = 256

export const lowerMatmul: Lowering<Transposition> = ({ inputs, attributes, output, temporary, emit }) => {
  const [a, b] = inputs as [Value, Value]
  const sides = matrixSides('matmul', a.shape, b.shape, attributes)
  const { transposeA, transposeB, n, k, batch } = sides
  const stacks = [sides.left, sides.right].map((side) => side.slice(0, -2))
  // One matrix for all on the right: the stack on the left is one matrix of more rows.
  const single = sizeOf(stacks[1]!) === 1 && (!transposeA || sizeOf(batch) === 1)
  const m = single ? sides.m * sizeOf(batch) : sides.m
  const [aRow, aStep] = transposeA ? [4, 4 * m] : [4 * k, 4]
  if (!single) {
    const [bStep, bColumn] = transposeB ? [4, 4 * k] : [4 * n, 4]
    const [aStrides, bStrides] = stacks.map((stack) => broadcastStrides(stack, batch))
    const layout = [
      ...batch,
      ...aStrides!.map((stride) => 4 * m * k * stride),
      ...bStrides!.map((stride) => 4 * k * n * stride),
    ]
    const strides = { aRow, aStep, bStep, bColumn }
    const stack = { products: sizeOf(batch), rank: batch.length, layout }
    emit('BatchedMatmul', { out: output(), a: a.buffer, b: b.buffer, m, n, k, ...strides, ...stack })
    return
  }
  let left = a.buffer
  let right = b.buffer
  // Both small ones read adjacent columns of b; a matrix of one row or column has them however it is transposed.
  const transposed = transposeB && n > 1 && k > 1
  const bStep = 4 * n
  if (m <= 4 && n <= 4 && k > 0 && k <= smallDepth) {
    if (transposed) {
      right = temporary(k * n)
      emit('Copy', copyOperands(right, { strides: [n, 1] }, b.buffer, { sizes: [k, n], strides: [1, k] }))
    }
    const [aRow1, aRow2, aRow3] = [1, 2, 3].map((i) => (i < m ? i * aRow : 0)) as [number, number, number]
    const strides = { aRow1, aRow2, aRow3, aStep, bStep }
    emit('MatmulTile', { out: output(), a: left, b: right, m, n, k, ...strides })
    return
  }
  if (m * n * k <= smallProduct && k > 0 && !transposed)
    return emit('MatmulSmall', { out: output(), a: left, b: right, m, n, k, aRow, aStep, bStep })
  // Aᵀ·Bᵀ does not occur in a network, so it has no kernel: A is transposed first.
  if (transposeA && transposeB) {
    left = temporary(m * k)
    emit('Copy', copyOperands(left, { strides: [k, 1] }, a.buffer, { sizes: [m, k], strides: [1, m] }))
  }
  const opcode = transposeB ? 'MatmulNT' : transposeA ? 'MatmulTN' : 'MatmulNN'
  emit(opcode, { out: output(), a: left, b: right, m, n, k })
}

/**
 * Row and column stride with which `shape` is read as `target` split into rows before, columns from `split`; undefined
 * where two strides do not suffice.
 */
function asMatrix(shape: Shape, target: Shape, split: number): { row: number; column: number } | undefined {
  const strides = broadcastStrides(shape, target)
  const merge = (from: number, to: number): number | undefined => {
    let merged: number | undefined
    let span = 1
    for (let axis = to - 1; axis >= from; axis--) {
      if (target[axis] === 1) continue
      if (merged === undefined) merged = strides[axis]!
      else if (strides[axis] !== merged * span) return undefined
      span *= target[axis]!
    }
    return merged ?? 0
  }
  const row = merge(0, split)
  const column = merge(split, target.length)
  return row === undefined || column === undefined || column > 1 ? undefined : { row, column }
}

function repeated<Attributes>({ buffer, shape }: Value, context: LoweringContext<Attributes>): Buffer {
  if (sameShape(shape, context.shape) || sizeOf(shape) === sizeOf(context.shape)) return buffer
  const copy = context.temporary(sizeOf(context.shape))
  const strides = broadcastStrides(shape, context.shape)
  const to = { strides: stridesOf(context.shape) }
  context.emit('Copy', copyOperands(copy, to, buffer, { sizes: context.shape, strides }))
  return copy
}
