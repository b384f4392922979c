// Products of stacks of matrices, one after the other in one instruction.
import { multiply } from './matmul'
import { BatchedMatmul } from './opcodes'

/** Strides are 0 where one matrix serves for many. */
export function batchedMatmul(
  pc: usize, out: usize, a: usize, b: usize, m: u32, n: u32, k: u32, aRow: u32, aStep: u32, bStep: u32, bColumn: u32,
  products: u32, rank: u32,
): void {
  const bytes = rank << 2
  const sizes = pc + BatchedMatmul.layout
  for (let i: u32 = 0; i < products; i++) {
    let rest = i
    let left = a
    let right = b
    for (let axis = sizes + bytes; axis > sizes; ) {
      axis -= 4
      const size = load<u32>(axis)
      const at = rest % size
      left += at * load<u32>(axis + bytes)
      right += at * load<u32>(axis + 2 * bytes)
      rest /= size
    }
    multiply(out, n << 2, left, aRow, aStep, right, bStep, bColumn, m, n, k, 0, false)
    out += m * n << 2
  }
}
