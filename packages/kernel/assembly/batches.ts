// Products of stacks of matrices, one after the other in one instruction.
import { multiply } from './matmul'
import { BatchedMatmul } from './opcodes'

/** Strides are 0 where one matrix serves for many. */
export function batchedMatmul(pc: usize): void {
  let out = load<u32>(pc, BatchedMatmul.out)
  const a = load<u32>(pc, BatchedMatmul.a)
  const b = load<u32>(pc, BatchedMatmul.b)
  const m = load<u32>(pc, BatchedMatmul.m)
  const n = load<u32>(pc, BatchedMatmul.n)
  const k = load<u32>(pc, BatchedMatmul.k)
  const aRow = load<u32>(pc, BatchedMatmul.aRow)
  const aStep = load<u32>(pc, BatchedMatmul.aStep)
  const bStep = load<u32>(pc, BatchedMatmul.bStep)
  const bColumn = load<u32>(pc, BatchedMatmul.bColumn)
  const products = load<u32>(pc, BatchedMatmul.products)
  const bytes = load<u32>(pc, BatchedMatmul.rank) << 2
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
