// Scaled dot-product attention, forward and backward, a block of queries at a time: the scores of a block with all
// keys are made, turned into probabilities and used while they are in the cache, so no matrix of all queries with all
// keys is ever in memory. Backward recomputes the probabilities (Dao et al., "FlashAttention", 2022, do the same).
//
// Keys that a query does not see are no factors of 0 but left out, so what is not finite in them reaches nothing.
import { multiplyAdd, storeLanes } from './functions'
import { multiply } from './matmul'
import { exponentials, largest, scaleRow, softmaxGradRow } from './softmax'

/** Queries to a block; core gives scratch memory for as many rows of keys. */
const blockRows: u32 = 32

/** How many keys the queries before `end` may look at: with a causal mask those not after them. */
// @ts-ignore: decorator
@inline
function visible(end: u32, keys: u32, causal: u32): u32 {
  return causal ? min(end, keys) : keys
}

/**
 * C += A·B for up to four rows, not all of which have a product with every row of B: number i has none with the first i
 * of `before`, all have with the `common` ones that follow, and number i has with the first i of `after`. A(i, p) is at
 * a + i·aRow + p·aStep; B and C have `columns` columns.
 */
function tile(
  c: usize, a: usize, aRow: usize, aStep: usize, b: usize, rows: u32, columns: i32, before: u32, common: u32,
  after: u32,
): void {
  const row: usize = columns << 2
  // Rows that do not exist repeat the first; they are not stored.
  const has1: usize = rows > 1 ? -1 : 0
  const has2: usize = rows > 2 ? -1 : 0
  const has3: usize = rows > 3 ? -1 : 0
  const to1 = row & has1
  const to2 = (row << 1) & has2
  const to3 = (row * 3) & has3
  const a1 = aRow & has1
  const a2 = (aRow << 1) & has2
  const a3 = (aRow * 3) & has3
  for (let left = columns; left > 0; left -= 8) {
    let c00 = v128.load(c)
    let c01 = v128.load(c, 16)
    let c10 = v128.load(c + to1)
    let c11 = v128.load(c + to1, 16)
    let c20 = v128.load(c + to2)
    let c21 = v128.load(c + to2, 16)
    let c30 = v128.load(c + to3)
    let c31 = v128.load(c + to3, 16)
    let pa = a
    let pb = b
    for (let p: u32 = 0; p < before; p++) {
      const b0 = v128.load(pb)
      const b1 = v128.load(pb, 16)
      let s = v128.load32_splat(pa)
      c00 = multiplyAdd(s, b0, c00)
      c01 = multiplyAdd(s, b1, c01)
      if (p > 0) {
        s = v128.load32_splat(pa + a1)
        c10 = multiplyAdd(s, b0, c10)
        c11 = multiplyAdd(s, b1, c11)
      }
      if (p > 1) {
        s = v128.load32_splat(pa + a2)
        c20 = multiplyAdd(s, b0, c20)
        c21 = multiplyAdd(s, b1, c21)
      }
      pa += aStep
      pb += row
    }
    for (const end = pa + common * aStep; pa != end; pa += aStep) {
      const b0 = v128.load(pb)
      const b1 = v128.load(pb, 16)
      let s = v128.load32_splat(pa)
      c00 = multiplyAdd(s, b0, c00)
      c01 = multiplyAdd(s, b1, c01)
      s = v128.load32_splat(pa + a1)
      c10 = multiplyAdd(s, b0, c10)
      c11 = multiplyAdd(s, b1, c11)
      s = v128.load32_splat(pa + a2)
      c20 = multiplyAdd(s, b0, c20)
      c21 = multiplyAdd(s, b1, c21)
      s = v128.load32_splat(pa + a3)
      c30 = multiplyAdd(s, b0, c30)
      c31 = multiplyAdd(s, b1, c31)
      pb += row
    }
    for (let p: u32 = 0; p < after; p++) {
      const b0 = v128.load(pb)
      const b1 = v128.load(pb, 16)
      let s = v128.load32_splat(pa + a3)
      c30 = multiplyAdd(s, b0, c30)
      c31 = multiplyAdd(s, b1, c31)
      if (p < 2) {
        s = v128.load32_splat(pa + a2)
        c20 = multiplyAdd(s, b0, c20)
        c21 = multiplyAdd(s, b1, c21)
      }
      if (p < 1) {
        s = v128.load32_splat(pa + a1)
        c10 = multiplyAdd(s, b0, c10)
        c11 = multiplyAdd(s, b1, c11)
      }
      pa += aStep
      pb += row
    }
    storePair(c, c00, c01, left)
    if (has1) storePair(c + to1, c10, c11, left)
    if (has2) storePair(c + to2, c20, c21, left)
    if (has3) storePair(c + to3, c30, c31, left)
    b += 32
    c += 32
  }
}

/** Up to eight numbers. */
// @ts-ignore: decorator
@inline
function storePair(to: usize, low: v128, high: v128, count: i32): void {
  storeLanes(to, low, count)
  if (count > 4) storeLanes(to + 16, high, count - 4)
}

/** C = A·B for `rows` queries, of which number r sees the first `shared` + r + 1 of `n` keys at most. */
function multiplySeen(c: usize, a: usize, b: usize, rows: u32, n: u32, columns: u32, shared: u32): void {
  const aRow = n << 2
  const row = columns << 2
  multiply(c, row, a, aRow, 4, b, row, 4, rows, columns, shared, 0, false)
  const own = n - shared
  for (let r: u32 = 0; r < rows && own > 0; r += 4) {
    const common = min(r + 1, own)
    const after = min(r + 4, own) - common
    tile(
      c + r * row, a + r * aRow + (shared << 2), aRow, 4, b + shared * row, min(4, rows - r), columns, 0, common, after,
    )
  }
}

/** C += Aᵀ·B for the keys, which are seen as for `multiplySeen`; B has a row for each query. */
function addMultiplySeeing(c: usize, a: usize, b: usize, rows: u32, n: u32, columns: u32, shared: u32): void {
  const aRow = n << 2
  const row = columns << 2
  multiply(c, row, a, 4, aRow, b, row, 4, shared, columns, rows, 0, true)
  for (let j = shared; j < n; j += 4) {
    const r = j - shared
    const before = min(3, rows - r)
    tile(
      c + j * row, a + r * aRow + (j << 2), 4, aRow, b + r * row, min(4, n - j), columns, before, rows - r - before, 0,
    )
  }
}

/** Writes the probabilities of `rows` queries, which see as for `multiplySeen`, with the first `n` keys. */
function probabilities(
  out: usize, q: usize, k: usize, rows: u32, n: u32, depth: u32, scale: f32, shared: u32,
): void {
  multiply(out, n << 2, q, depth << 2, 4, k, 4, depth << 2, rows, n, depth, 0, false)
  for (let row: u32 = 0; row < rows; row++) {
    const seen = min(shared + row + 1, n)
    scaleRow(out, seen, scale)
    scaleRow(out, seen, 1 / exponentials(out, out, seen, largest(out, seen)))
    out += n << 2
  }
}

export function attention(
  out: usize, q: usize, k: usize, v: usize, scratch: usize, heads: u32, queries: u32, keys: u32, depth: u32,
  width: u32, scale: f32, causal: u32,
): void {
  const p = scratch
  for (let head: u32 = 0; head < heads; head++) {
    for (let first: u32 = 0; first < queries; first += blockRows) {
      const rows = min(blockRows, queries - first)
      const n = visible(first + rows, keys, causal)
      const shared = visible(first, keys, causal)
      probabilities(p, q, k, rows, n, depth, scale, shared)
      multiplySeen(out, p, v, rows, n, width, shared)
      q += (rows * depth) << 2
      out += (rows * width) << 2
    }
    k += (keys * depth) << 2
    v += (keys * width) << 2
  }
}

/**
 * With probabilities P: dv = Pᵀ·dy, dS = P · (dy·vᵀ − Σ P · dy·vᵀ) · scale, dq = dS·k, dk = dSᵀ·q. Those whose address
 * is 0 are not computed.
 */
export function attentionGrad(
  dq: usize, dk: usize, dv: usize, q: usize, k: usize, v: usize, dy: usize, scratch: usize, heads: u32, queries: u32,
  keys: u32, depth: u32, width: u32, scale: f32, causal: u32,
): void {
  const p = scratch
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
      const shared = visible(first, keys, causal)
      probabilities(p, q, k, rows, n, depth, scale, shared)
      if (wantsV) addMultiplySeeing(dv, p, dy, rows, n, width, shared)
      if (wantsQ || wantsK) {
        multiply(ds, n << 2, dy, width << 2, 4, v, 4, width << 2, rows, n, width, 0, false)
        for (let row: u32 = 0; row < rows; row++) {
          const at = (row * n) << 2
          const seen = min(shared + row + 1, n)
          softmaxGradRow(ds + at, p + at, ds + at, seen)
          scaleRow(ds + at, seen, scale)
        }
      }
      if (wantsQ) multiplySeen(dq, ds, k, rows, n, depth, shared)
      if (wantsK) addMultiplySeeing(dk, ds, q, rows, n, depth, shared)
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
