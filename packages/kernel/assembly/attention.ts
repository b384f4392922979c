// Scaled dot-product attention, forward and backward, a block of queries at a time: the scores of a block with all
// keys are made, turned to probabilities and used while they are in the cache, so no matrix of all queries with all
// keys is ever in memory. Backward makes the probabilities anew (Dao et al., "FlashAttention", 2022, do the same).
import { multiply } from './matmul'
import { exponentials, largest, scaleRow, softmaxGradRow } from './softmax'

/** Queries to a block; core gives scratch memory for as many rows of keys. */
const blockRows: u32 = 32

/** How many keys the queries before `end` may look at: with a causal mask those that are not behind them. */
// @ts-ignore: decorator
@inline
function visible(end: u32, keys: u32, causal: u32): u32 {
  return causal ? min(end, keys) : keys
}

/**
 * Writes the probabilities of `rows` queries from number `first` on, at q, with the first `n` of `keys` keys, n
 * numbers to a row.
 */
function probabilities(
  out: usize, q: usize, k: usize, first: u32, rows: u32, n: u32, keys: u32, depth: u32, scale: f32, causal: u32,
): void {
  multiply(out, n << 2, q, depth << 2, 4, k, 4, depth << 2, rows, n, depth, 0, false)
  for (let row = first; row < first + rows; row++) {
    const seen = visible(row + 1, keys, causal)
    scaleRow(out, seen, scale)
    scaleRow(out, seen, 1 / exponentials(out, out, seen, largest(out, seen)))
    memory.fill(out + (seen << 2), 0, (n - seen) << 2)
    out += n << 2
  }
}

/** Operands: out, q, k, v, scratch, heads, queries, keys, depth, width, scale, causal. */
export function attention(pc: usize): void {
  let out = load<u32>(pc, 4)
  let q = load<u32>(pc, 8)
  let k = load<u32>(pc, 12)
  let v = load<u32>(pc, 16)
  const p = load<u32>(pc, 20)
  const heads = load<u32>(pc, 24)
  const queries = load<u32>(pc, 28)
  const keys = load<u32>(pc, 32)
  const depth = load<u32>(pc, 36)
  const width = load<u32>(pc, 40)
  const scale = load<f32>(pc, 44)
  const causal = load<u32>(pc, 48)
  for (let head: u32 = 0; head < heads; head++) {
    for (let first: u32 = 0; first < queries; first += blockRows) {
      const rows = min(blockRows, queries - first)
      const n = visible(first + rows, keys, causal)
      probabilities(p, q, k, first, rows, n, keys, depth, scale, causal)
      multiply(out, width << 2, p, n << 2, 4, v, width << 2, 4, rows, width, n, 0, false)
      q += (rows * depth) << 2
      out += (rows * width) << 2
    }
    k += (keys * depth) << 2
    v += (keys * width) << 2
  }
}

/**
 * Operands: dq, dk, dv, q, k, v, dy, scratch, heads, queries, keys, depth, width, scale, causal; of the first three
 * those that are not wanted are 0. With probabilities P: dv = Pᵀ·dy, dS = P · (dy·vᵀ − Σ P · dy·vᵀ) · scale,
 * dq = dS·k, dk = dSᵀ·q.
 */
export function attentionGrad(pc: usize): void {
  let dq = load<u32>(pc, 4)
  let dk = load<u32>(pc, 8)
  let dv = load<u32>(pc, 12)
  let q = load<u32>(pc, 16)
  let k = load<u32>(pc, 20)
  let v = load<u32>(pc, 24)
  let dy = load<u32>(pc, 28)
  const p = load<u32>(pc, 32)
  const heads = load<u32>(pc, 36)
  const queries = load<u32>(pc, 40)
  const keys = load<u32>(pc, 44)
  const depth = load<u32>(pc, 48)
  const width = load<u32>(pc, 52)
  const scale = load<f32>(pc, 56)
  const causal = load<u32>(pc, 60)
  const ds = p + ((min(blockRows, queries) * keys) << 2)
  const wantsQ = dq != 0
  const wantsK = dk != 0
  const wantsV = dv != 0
  const keysBytes = (keys * depth) << 2
  const valuesBytes = (keys * width) << 2
  for (let head: u32 = 0; head < heads; head++) {
    if (wantsK) memory.fill(dk, 0, keysBytes)
    if (wantsV) memory.fill(dv, 0, valuesBytes)
    for (let first: u32 = 0; first < queries; first += blockRows) {
      const rows = min(blockRows, queries - first)
      const n = visible(first + rows, keys, causal)
      probabilities(p, q, k, first, rows, n, keys, depth, scale, causal)
      if (wantsV) multiply(dv, width << 2, p, 4, n << 2, dy, width << 2, 4, n, width, rows, 0, true)
      if (wantsQ || wantsK) {
        multiply(ds, n << 2, dy, width << 2, 4, v, 4, width << 2, rows, n, width, 0, false)
        for (let row: usize = 0; row < rows; row++) {
          const at = (row * n) << 2
          softmaxGradRow(ds + at, p + at, ds + at, n)
          scaleRow(ds + at, n, scale)
        }
      }
      if (wantsQ) multiply(dq, depth << 2, ds, n << 2, 4, k, depth << 2, 4, rows, depth, n, 0, false)
      if (wantsK) multiply(dk, depth << 2, ds, 4, n << 2, q, depth << 2, 4, n, depth, rows, 0, true)
      q += (rows * depth) << 2
      dq += (rows * depth) << 2
      dy += (rows * width) << 2
    }
    k += keysBytes
    v += valuesBytes
    dk += keysBytes
    dv += valuesBytes
  }
}
