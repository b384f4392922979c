// Copies between arrays with different strides: transposes, slices, repeats, concatenation.
import { Copy } from './opcodes'

/** The program has the two dimensions last that the loops below are fast for. */
export function copy(pc: usize, out: usize, x: usize, outOffset: u32, xOffset: u32, rank: u32): void {
  copyDimension(out + (outOffset << 2), x + (xOffset << 2), rank, pc + Copy.layout, rank << 2)
}

/** Copies along the first of `rank` dimensions, whose size is at `sizes` and strides one and two `next` behind. */
function copyDimension(out: usize, x: usize, rank: u32, sizes: usize, next: usize): void {
  const size = load<u32>(sizes)
  const outStride = load<u32>(sizes + next) << 2
  const xStride = load<u32>(sizes + 2 * next) << 2
  if (rank == 2) {
    const inner = sizes + 4
    const outInner = load<u32>(inner + next) << 2
    copyMatrix(out, x, size, load<u32>(inner), outStride, outInner, xStride, load<u32>(inner + 2 * next) << 2)
    return
  }
  for (let i: u32 = 0; i < size; i++) {
    copyDimension(out, x, rank - 1, sizes + 4, next)
    out += outStride
    x += xStride
  }
}

/** All strides in bytes. */
function copyMatrix(
  out: usize,
  x: usize,
  rows: u32,
  columns: u32,
  outRow: usize,
  outColumn: usize,
  xRow: usize,
  xColumn: usize,
): void {
  if (outColumn == 4 && xRow == 4 && xColumn != 4) {
    transpose(out, x, rows, columns, outRow, xColumn)
    return
  }
  for (let i: u32 = 0; i < rows; i++) {
    if (outColumn == 4 && xColumn == 4) copyRow(out, x, columns << 2)
    else if (outColumn == 4 && xColumn == 0) fillRow(out, load<f32>(x), columns << 2)
    else {
      let to = out
      let from = x
      for (let j: u32 = 0; j < columns; j++) {
        store<f32>(to, load<f32>(from))
        to += outColumn
        from += xColumn
      }
    }
    out += outRow
    x += xRow
  }
}

/** From this many bytes on, the engine's own copy is faster than the loop. */
const longRow: u32 = 512

/** Writes nothing past the row. */
export function copyRow(out: usize, x: usize, bytes: u32): void {
  if (bytes >= longRow) {
    memory.copy(out, x, bytes)
    return
  }
  const end = out + bytes
  for (const whole = out + (bytes & ~15); out < whole; out += 16) {
    v128.store(out, v128.load(x))
    x += 16
  }
  for (; out < end; out += 4) {
    store<f32>(out, load<f32>(x))
    x += 4
  }
}

export function fillRow(out: usize, value: f32, bytes: u32): void {
  const v = f32x4.splat(value)
  const end = out + bytes
  for (const whole = out + (bytes & ~15); out < whole; out += 16) v128.store(out, v)
  for (; out < end; out += 4) store<f32>(out, value)
}

/** Blocks of this many rows of out: one cache line of x, so that each line is read once. */
const blockRows: u32 = 16

/** out[i, j] = x[j, i]. */
function transpose(out: usize, x: usize, rows: u32, columns: u32, outRow: usize, xRow: usize): void {
  for (let top: u32 = 0; top < rows; top += blockRows) {
    const bottom = min(top + blockRows, rows)
    const whole = top + ((bottom - top) & ~3)
    let j: u32 = 0
    for (; j + 4 <= columns; j += 4) {
      let to = out + top * outRow + (j << 2)
      let from = x + j * xRow + (top << 2)
      for (let i = top; i < whole; i += 4) {
        transposeBlock(to, from, outRow, xRow)
        to += outRow << 2
        from += 16
      }
      for (let i = whole; i < bottom; i++) {
        for (let c: usize = 0; c < 4; c++) store<f32>(to + (c << 2), load<f32>(from + c * xRow))
        to += outRow
        from += 4
      }
    }
    for (; j < columns; j++)
      for (let i = top; i < bottom; i++)
        store<f32>(out + i * outRow + (j << 2), load<f32>(x + j * xRow + (i << 2)))
  }
}

// @ts-ignore: decorator
@inline
function transposeBlock(out: usize, x: usize, outRow: usize, xRow: usize): void {
  const a = v128.load(x)
  const b = v128.load(x + xRow)
  const c = v128.load(x + 2 * xRow)
  const d = v128.load(x + 3 * xRow)
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const ab2 = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const cd2 = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(out, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5))
  v128.store(out + outRow, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7))
  v128.store(out + 2 * outRow, v128.shuffle<f32>(ab2, cd2, 0, 1, 4, 5))
  v128.store(out + 3 * outRow, v128.shuffle<f32>(ab2, cd2, 2, 3, 6, 7))
}

export function fill(out: usize, size: u32, value: u32): void {
  if (value == 0) memory.fill(out, 0, size << 2)
  else fillRow(out, reinterpret<f32>(value), size << 2)
}
