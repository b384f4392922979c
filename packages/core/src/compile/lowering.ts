// How operations become kernel instructions: the few patterns that the op table names in `lower`.
import type { Opcode } from '@bp/kernel'
import {
  broadcastStrides,
  matrixSides,
  type Shape,
  sameShape,
  sizeOf,
  stridesOf,
  type Transposition,
} from '../graph/shape.js'

export type OpcodeName = keyof typeof Opcode

/** A row of numbers that an instruction reads or writes; where it lies is decided later. */
export interface Buffer {
  /** Elements. */
  readonly size: number
}

/** A buffer and how to read it. */
export interface Value {
  readonly buffer: Buffer
  readonly shape: Shape
}

export type Operand = Buffer | number | null

interface LoweringContext<Attributes> {
  readonly inputs: readonly Value[]
  readonly shape: Shape
  readonly attributes: Attributes
  /** The buffer to write the result to. */
  readonly output: () => Buffer
  /** Says that the result is the first input's numbers, unmoved. */
  readonly alias: () => void
  readonly temporary: (size: number) => Buffer
  /** Operands in the order of the kernel's instruction table; `null` for an address that is not given. */
  readonly emit: (opcode: OpcodeName, ...operands: Operand[]) => void
}

export type Lowering<Attributes = object> = (context: LoweringContext<Attributes>) => void

/** The numbers that an instruction has besides, of the attributes. */
type Parameters<Attributes> = (attributes: Attributes) => readonly number[]

export function unary<Attributes>(
  opcode: OpcodeName,
  parameters: Parameters<Attributes> = () => [],
): Lowering<Attributes> {
  return ({ inputs: [x], shape, attributes, output, emit }) => {
    if (sizeOf(shape) > 0) emit(opcode, output(), x!.buffer, sizeOf(shape), ...parameters(attributes))
  }
}

export function binary<Attributes>(
  opcode: OpcodeName,
  parameters: Parameters<Attributes> = () => [],
): Lowering<Attributes> {
  return (context) => {
    const { inputs, shape, output } = context
    const emit = (...operands: [OpcodeName, ...Operand[]]) =>
      context.emit(...operands, ...parameters(context.attributes))
    const size = sizeOf(shape)
    if (size === 0) return
    const [a, b] = inputs as [Value, Value]
    if (sizeOf(a.shape) === size && sizeOf(b.shape) === size) {
      emit(opcode, output(), a.buffer, b.buffer, size, 0, 0, 0, 0, 0)
      return
    }
    for (let split = 0; split <= shape.length; split++) {
      const left = asMatrix(a.shape, shape, split)
      const right = asMatrix(b.shape, shape, split)
      if (!left || !right) continue
      const columns = sizeOf(shape.slice(split))
      emit(opcode, output(), a.buffer, b.buffer, columns, size / columns, ...left, ...right)
      return
    }
    emit(opcode, output(), repeated(a, context), repeated(b, context), size, 0, 0, 0, 0, 0)
  }
}

export function ternary(opcode: OpcodeName): Lowering {
  return (context) => {
    const size = sizeOf(context.shape)
    if (size === 0) return
    const moves = context.inputs.map(({ shape }) => Number(sizeOf(shape) > 1))
    const buffers = context.inputs.map((value, index) =>
      moves[index] ? repeated(value, context) : value.buffer,
    )
    context.emit(opcode, context.output(), ...buffers, size, ...moves)
  }
}

/** Long functions, whose loop does not repeat inputs: those that are smaller than the output are copied. */
export function widened<Attributes>(opcode: OpcodeName): Lowering<Attributes> {
  return (context) => {
    const size = sizeOf(context.shape)
    if (size === 0) return
    context.emit(opcode, context.output(), ...context.inputs.map((value) => repeated(value, context)), size)
  }
}

/** Sizes of dimensions, and where they lie in an array: first element, and elements to skip along each. */
export interface Layout {
  readonly sizes: Shape
  readonly strides: readonly number[]
  readonly offset?: number
}

/**
 * Operands of `Copy`: from x, laid out by `from`, to out. Dimensions that lie behind each other in both are made one,
 * and the two that the kernel walks fastest are put last.
 */
export function copyOperands(
  out: Buffer,
  to: { readonly strides: readonly number[]; readonly offset?: number },
  x: Buffer,
  from: Layout,
): Operand[] {
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
  // Rows that lie in one piece, or columns of x that do: last but one, for the transposing loop.
  const longest = Math.max(...dimensions.map(({ size }) => size))
  moveLast(dimensions.findIndex((dimension) => dimension.x === 1 && dimension.out !== 1))
  moveLast(dimensions.findIndex((dimension) => dimension.out === 1 && dimension.size >= Math.min(4, longest)))
  if (dimensions[dimensions.length - 1]!.size < 4)
    moveLast(dimensions.findIndex(({ size }) => size === longest))
  return [
    out,
    x,
    to.offset ?? 0,
    from.offset ?? 0,
    dimensions.length,
    ...dimensions.map(({ size }) => size),
    ...dimensions.map((dimension) => dimension.out),
    ...dimensions.map((dimension) => dimension.x),
  ]
}

/** Operands of `Copy` for all of x. */
export function contiguousCopy(out: Buffer, x: Buffer): Operand[] {
  return copyOperands(out, { strides: [1] }, x, { sizes: [x.size], strides: [1] })
}

/** The strides of x along the dimensions of the output, as a function of attributes and the shape of x. */
export function stridedCopy<Attributes>(
  stridesFor: (attributes: Attributes, x: Shape) => readonly number[],
): Lowering<Attributes> {
  return ({ inputs: [x], shape, attributes, output, alias, emit }) => {
    if (sizeOf(shape) === 0) return
    const strides = stridesFor(attributes, x!.shape)
    const own = stridesOf(shape)
    if (shape.every((dimension, axis) => dimension === 1 || strides[axis] === own[axis])) alias()
    else emit('Copy', ...copyOperands(output(), { strides: own }, x!.buffer, { sizes: shape, strides }))
  }
}

/** Along each run of neighbouring axes in turn, from the last, since the kernel reduces one run at a time. */
export function reduction(opcode: OpcodeName): Lowering<{ readonly axes: readonly number[] }> {
  return ({ inputs: [x], shape, attributes: { axes }, output, alias, temporary, emit }) => {
    if (sizeOf(shape) === 0) return
    const sizes = [...x!.shape]
    const runs: [first: number, last: number][] = []
    for (const axis of axes) {
      const run = runs[runs.length - 1]
      if (run && run[1] === axis - 1) run[1] = axis
      else runs.push([axis, axis])
    }
    if (runs.length === 0) {
      alias()
      return
    }
    let from = x!.buffer
    for (const [first, last] of runs.reverse()) {
      const outer = sizeOf(sizes.slice(0, first))
      const length = sizeOf(sizes.slice(first, last + 1))
      const inner = sizeOf(sizes.slice(last + 1))
      const to = first === axes[0] ? output() : temporary(outer * inner)
      emit(opcode, to, from, outer, length, inner)
      sizes.fill(1, first, last + 1)
      from = to
    }
  }
}

/** Along one axis: the output, all inputs, then what is before the axis, its length, and what is behind it. */
export function lowerAlong(opcode: OpcodeName): Lowering<{ readonly axis: number }> {
  return ({ inputs, shape, attributes: { axis }, output, emit }) => {
    if (sizeOf(shape) === 0) return
    const outer = sizeOf(shape.slice(0, axis))
    const inner = sizeOf(shape.slice(axis + 1))
    emit(opcode, output(), ...inputs.map(({ buffer }) => buffer), outer, shape[axis]!, inner)
  }
}

/** Operations on rows: the output, all inputs, then the sizes of the first input as rows and columns. */
export function lowerRows(opcode: OpcodeName): Lowering {
  return ({ inputs, output, emit }) => {
    const { shape } = inputs[0]!
    if (sizeOf(shape) === 0) return
    const columns = shape[shape.length - 1]!
    emit(opcode, output(), ...inputs.map(({ buffer }) => buffer), sizeOf(shape) / columns, columns)
  }
}

/** Up to this many multiplications a product is quicker without blocks, if it has more than one tile. */
const smallProduct = 256
/** Up to so many products are added in one go, in larger ones and here: rounding grows with their number. */
const smallDepth = 256

export const lowerMatmul: Lowering<Transposition> = ({
  inputs,
  shape,
  attributes,
  output,
  temporary,
  emit,
}) => {
  if (sizeOf(shape) === 0) return
  const [a, b] = inputs as [Value, Value]
  const sides = matrixSides('matmul', a.shape, b.shape, attributes)
  const { transposeA, transposeB, n, k, batch } = sides
  const stacks = [sides.left, sides.right].map((side) => side.slice(0, -2))
  // One matrix for all on the right: the stack on the left is one matrix of more rows.
  const single = sizeOf(stacks[1]!) === 1 && (!transposeA || sizeOf(batch) === 1)
  const m = single ? sides.m * sizeOf(batch) : sides.m
  if (!single) {
    const ofA = transposeA ? [4, 4 * m] : [4 * k, 4]
    const ofB = transposeB ? [4, 4 * k] : [4 * n, 4]
    const [aStrides, bStrides] = stacks.map((stack) => broadcastStrides(stack, batch))
    const layout = [
      ...batch,
      ...aStrides!.map((stride) => 4 * m * k * stride),
      ...bStrides!.map((stride) => 4 * k * n * stride),
    ]
    const stack = [sizeOf(batch), batch.length, ...layout]
    emit('BatchedMatmul', output(), a.buffer, b.buffer, m, n, k, ...ofA, ...ofB, ...stack)
    return
  }
  const fresh = [null, 0, null, null] as const // no bias, activation, gate or sums as yet
  let left = a.buffer
  let right = b.buffer
  const [row, step] = transposeA ? [4, 4 * m] : [4 * k, 4]
  // Both small ones read columns of b side by side, which a matrix of one row or column has anyway.
  const turned = transposeB && n > 1 && k > 1
  if (m <= 4 && n <= 4 && k > 0 && k <= smallDepth) {
    if (turned) {
      right = temporary(k * n)
      emit('Copy', ...copyOperands(right, { strides: [n, 1] }, b.buffer, { sizes: [k, n], strides: [1, k] }))
    }
    const rows = [1, 2, 3].map((i) => (i < m ? i * row : 0))
    emit('MatmulTile', output(), left, right, m, n, k, ...fresh, ...rows, step, 4 * n)
    return
  }
  if (m * n * k <= smallProduct && k > 0 && !turned) {
    emit('MatmulSmall', output(), left, right, m, n, k, ...fresh, row, step, 4 * n)
    return
  }
  // Aᵀ·Bᵀ does not occur in a network, so it has no kernel: A is turned first.
  if (transposeA && transposeB) {
    left = temporary(m * k)
    emit('Copy', ...copyOperands(left, { strides: [k, 1] }, a.buffer, { sizes: [m, k], strides: [1, m] }))
  }
  const opcode = transposeB ? 'MatmulNT' : transposeA ? 'MatmulTN' : 'MatmulNN'
  emit(opcode, output(), left, right, m, n, k, ...fresh)
}

/**
 * Row and column stride with which `shape` is read as `target` cut into rows before, columns from `split`; or
 * undefined when two strides cannot say it.
 */
function asMatrix(shape: Shape, target: Shape, split: number): [row: number, column: number] | undefined {
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
  return row === undefined || column === undefined || column > 1 ? undefined : [row, column]
}

function repeated<Attributes>({ buffer, shape }: Value, context: LoweringContext<Attributes>): Buffer {
  if (sameShape(shape, context.shape) || sizeOf(shape) === sizeOf(context.shape)) return buffer
  const copy = context.temporary(sizeOf(context.shape))
  const strides = broadcastStrides(shape, context.shape)
  const to = { strides: stridesOf(context.shape) }
  context.emit('Copy', ...copyOperands(copy, to, buffer, { sizes: context.shape, strides }))
  return copy
}
