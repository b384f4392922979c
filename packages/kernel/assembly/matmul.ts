// Matrix products C = A·B, A·Bᵀ and Aᵀ·B, with bias and activation after the last block, and the sums of B's
// columns beside: with C the gradient of a layer's weights, they are the gradient of its bias.
//
// Large ones go block by block, so that a panel of B stays in the first cache and a block of A in the second (Goto and
// van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008). A tile of C, 2 × 16 numbers in eight vector
// registers, reads numbers of A along k and vectors of B across; what does not lie so in memory, and what lies too far
// apart, is copied first:
//
//   packed A, blockM × blockK: rows, a vector apart
//   packed B, blockK × blockN: panels of 16 columns, each k × 16 numbers in a row
//
// Every number of C adds its products in the order of k, whatever the sizes, so results do not depend on how
// the work is cut.
import { Activation } from '../src/activation'
import { sigmoid, storeLanes, tanh } from './functions'
import { Opcode } from './opcodes'
import { sumRows } from './rows'
import { beginParallel, endParallel, first, isFirst, last } from './threads'
import { tile1x16, tile2x16, tile2x16Packed, tile4x4, tile4x8 } from './tiles'

const panelWidth: u32 = 16
const blockM: u32 = 64
const blockN: u32 = 512
const blockK: u32 = 256
const packedABytes: usize = 64 * 260 * 4
/** What a thread needs for its panels. */
export const matmulBytes: usize = packedABytes + 256 * 512 * 4
let packedA: usize = memory.data(64 * 260 * 4 + 256 * 512 * 4, 16)
let packedB: usize = packedA + packedABytes

/** Every thread packs into memory of its own. */
export function movePanels(to: usize): void {
  packedA = to
  packedB = to + packedABytes
}

/** Rows of B this many bytes apart are packed: they would map to the same lines of the cache. */
const farApart: usize = 256
/** Those half as far apart are packed where a product, which goes through k rows m times, reads past more bytes. */
const manyBytes: u64 = 1 << 20
/** Fewer rows of A than this do not repay packing B. */
const repaysPacking: u32 = 16

/**
 * Opcode.MatmulNN reads both matrices as they are. Threads share the longer side of the output, cut at tiles.
 */
export function matmul(
  opcode: i32, pc: usize, out: usize, a: usize, b: usize, m: u32, n: u32, k: u32, bias: usize, activation: u32,
  gate: usize, sums: usize,
): void {
  const transposeA = opcode == Opcode.MatmulTN
  const transposeB = opcode == Opcode.MatmulNT
  const row: usize = n << 2
  const aRow: usize = transposeA ? 4 : k << 2
  const bColumn: usize = transposeB ? k << 2 : 4
  beginParallel(pc, <u64>m * n * k)
  const byRows = m >= n
  const i: u32 = byRows ? first(m, 4) : 0
  const j: u32 = byRows ? 0 : first(n, panelWidth)
  const rows = byRows ? last(m, 4) - i : m
  const columns = byRows ? n : last(n, panelWidth) - j
  const at = i * row + (j << 2)
  multiply(
    out + at, row,
    a + i * aRow, aRow, transposeA ? m << 2 : 4,
    b + j * bColumn, transposeB ? 4 : row, bColumn,
    rows, columns, k, bias == 0 ? 0 : bias + (j << 2), false, activation, gate == 0 ? 0 : gate + at,
  )
  if (sums != 0 && isFirst()) sumRows(sums, b, k, n)
  endParallel()
}

/**
 * Small products, straight from the matrices, four rows and four columns at a time. All strides come with the program:
 * in networks of a few units, computing them would take longer than the product.
 */
export function matmulSmall(
  out: usize, a: usize, b: usize, m: i32, n: i32, k: u32, bias: usize, activation: u32, gate: usize, sums: usize,
  aRow: u32, aStep: u32, bStep: u32,
): void {
  let c = out
  let rows = m
  const aBytes = aStep * k
  const cRow = n << 2
  do {
    // Rows that do not exist repeat the first; they are not stored.
    const r1 = rows > 1 ? aRow : 0
    const r2 = rows > 2 ? aRow << 1 : 0
    const r3 = rows > 3 ? aRow * 3 : 0
    const end = a + aBytes
    let from = b
    let to = c
    let columns = n
    let shift = bias
    do {
      let c0 = f32x4.splat(0)
      if (bias != 0) c0 = v128.load(shift)
      let c1 = c0
      let c2 = c0
      let c3 = c0
      let pb = from
      for (let pa = a; pa != end; pa += aStep) {
        const v = v128.load(pb)
        c0 = f32x4.add(c0, f32x4.mul(v128.load32_splat(pa), v))
        c1 = f32x4.add(c1, f32x4.mul(v128.load32_splat(pa + r1), v))
        c2 = f32x4.add(c2, f32x4.mul(v128.load32_splat(pa + r2), v))
        c3 = f32x4.add(c3, f32x4.mul(v128.load32_splat(pa + r3), v))
        pb += bStep
      }
      let at = to
      storeLanes(at, c0, columns)
      if (rows > 1) storeLanes((at += cRow), c1, columns)
      if (rows > 2) storeLanes((at += cRow), c2, columns)
      if (rows > 3) storeLanes((at += cRow), c3, columns)
      from += 16
      to += 16
      shift += 16
      columns -= 4
    } while (columns > 0)
    a += aRow << 2
    c += cRow << 2
    rows -= 4
  } while (rows > 0)
  if (sums != 0) sumRows(sums, b, k, n)
  if (activation != Activation.None) activate(out, cRow, gate, activation, m, n)
}

/**
 * Products of at most 4 × 4 whose only loop is along k. Rows of less than four numbers are packed into whole vectors
 * before they are stored.
 */
export function matmulTile(
  out: usize, a: usize, b: usize, m: u32, n: u32, k: i32, bias: usize, activation: u32, gate: usize, sums: usize,
  aRow1: u32, aRow2: u32, aRow3: u32, aStep: u32, bStep: u32,
): void {
  let total = f32x4.splat(0)
  let c0 = f32x4.splat(0)
  if (bias != 0) c0 = v128.load(bias)
  let c1 = c0
  let c2 = c0
  let c3 = c0
  do {
    const v = v128.load(b)
    total = f32x4.add(total, v)
    c0 = f32x4.add(c0, f32x4.mul(v128.load32_splat(a), v))
    c1 = f32x4.add(c1, f32x4.mul(v128.load32_splat(a + aRow1), v))
    c2 = f32x4.add(c2, f32x4.mul(v128.load32_splat(a + aRow2), v))
    c3 = f32x4.add(c3, f32x4.mul(v128.load32_splat(a + aRow3), v))
    a += aStep
    b += bStep
  } while (--k > 0)
  if (sums != 0) storeLanes(sums, total, n)
  if (n == 1) {
    const c01 = v128.shuffle<f32>(c0, c1, 0, 4, 0, 4)
    c0 = v128.shuffle<f32>(c01, v128.shuffle<f32>(c2, c3, 0, 4, 0, 4), 0, 1, 4, 5)
  } else if (n == 2) {
    c0 = v128.shuffle<f32>(c0, c1, 0, 1, 4, 5)
    c1 = v128.shuffle<f32>(c2, c3, 0, 1, 4, 5)
  }
  const row: usize = n << 2
  // Bytes from vector to vector of the output, and how many vectors there are.
  const next: usize = n <= 2 ? 16 : row
  const count: u32 = n == 1 ? 1 : n == 2 ? (m + 1) >> 1 : m
  if (activation != Activation.None) {
    c0 = finished(c0, gate, activation)
    if (count > 1) c1 = finished(c1, gate == 0 ? 0 : gate + next, activation)
    if (count > 2) c2 = finished(c2, gate == 0 ? 0 : gate + 2 * next, activation)
    if (count > 3) c3 = finished(c3, gate == 0 ? 0 : gate + 3 * next, activation)
  }
  if (n <= 2) {
    v128.store(out, c0)
    if (count > 1) v128.store(out, c1, 16)
    return
  }
  storeLanes(out, c0, n)
  if (count > 1) storeLanes(out + row, c1, n)
  if (count > 2) storeLanes(out + 2 * row, c2, n)
  if (count > 3) storeLanes(out + 3 * row, c3, n)
}

/** One vector of a product after its activation, or times its derivative. */
function finished(x: v128, gate: usize, activation: u32): v128 {
  if (gate != 0) {
    const y = v128.load(gate)
    if (activation == Activation.Relu) return derivative(Activation.Relu, y, x)
    return activation == Activation.Sigmoid ? derivative(Activation.Sigmoid, y, x) : derivative(Activation.Tanh, y, x)
  }
  if (activation == Activation.Relu) return activationOf(Activation.Relu, x)
  return activation == Activation.Sigmoid ? activationOf(Activation.Sigmoid, x) : activationOf(Activation.Tanh, x)
}

/**
 * C = A·B, or C += A·B, all strides in bytes: A(i, p) is at a + i·aRow + p·aStep, B(p, j) at b + p·bStep + j·bColumn,
 * C(i, j) at c + i·cRow + 4j. In each of A and B one of the two strides must be 4. With a `bias`, n numbers or 0, each
 * row of C begins with it. Every number of C adds its products in the order of p, after what it begins with. Then
 * the activation is applied; or, with a `gate`, its output laid out like C, C is multiplied by its
 * derivative.
 */
export function multiply(
  c: usize, cRow: usize, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bColumn: usize,
  m: u32, n: u32, k: u32, bias: usize, accumulate: bool, activation: u32 = Activation.None, gate: usize = 0,
): void {
  if (k == 0) {
    for (let i: u32 = 0; i < m && !accumulate; i++)
      if (bias != 0) memory.copy(c + i * cRow, bias, n << 2)
      else memory.fill(c + i * cRow, 0, n << 2)
    if (activation != Activation.None) activate(c, cRow, gate, activation, m, n)
    return
  }
  const relu = activation == Activation.Relu
  const turnsA = aStep != 4 && k > 1
  const turnsB = bColumn != 4 && n > 1
  const repays = bStep > farApart || (bStep > farApart >> 1 && <u64>m * k * bStep > manyBytes)
  const packsB = turnsB || (m >= repaysPacking && repays)
  if (m == 0) return
  for (let jc: u32 = 0; jc < n; jc += blockN) {
    const nc = min(blockN, n - jc)
    for (let kc: u32 = 0; kc < k; kc += blockK) {
      const depth = min(blockK, k - kc)
      const blockB = b + kc * bStep + jc * bColumn
      if (turnsB) packTransposed(blockB, bColumn, nc, depth)
      else if (packsB) packStraight(blockB, bStep, nc, depth)
      for (let ic: u32 = 0; ic < m; ic += blockM) {
        const mc = min(blockM, m - ic)
        let blockA = a + ic * aRow + kc * aStep
        // A vector more than a row, since rows of a power of two would fall on the same lines of the cache.
        const rowA: usize = turnsA ? (depth << 2) + 16 : aRow
        if (turnsA) {
          for (let p: u32 = 0; p < depth; p += 4)
            transpose(packedA + (p << 2), rowA, blockA + p * aStep, aStep, min(4, depth - p), mc)
          blockA = packedA
        }
        for (let j: u32 = 0; j < nc; j += panelWidth) {
          const to = c + ic * cRow + ((jc + j) << 2)
          const more = accumulate || kc != 0
          panel(
            to, cRow, more ? to : bias != 0 ? bias + ((jc + j) << 2) : 0, more ? cRow : 0, blockA, rowA,
            packsB ? packedB + ((j * depth) << 2) : blockB + (j << 2), packsB ? panelWidth << 2 : bStep,
            depth, mc, min(panelWidth, nc - j), relu && kc + depth == k ? (gate == 0 ? 1 : gate + (to - c)) : 0,
          )
        }
        // While the block is in the second cache.
        if (activation != Activation.None && !relu && kc + depth == k) {
          const at = ic * cRow + (jc << 2)
          activate(c + at, cRow, gate == 0 ? 0 : gate + at, activation, mc, nc)
        }
      }
    }
  }
}

/** `rows` × `columns` numbers of C, in the tiles that waste least. What they begin with is at `from`, or 0. */
// @ts-ignore: decorator
@inline
function panel(
  c: usize, cRow: usize, from: usize, fromRow: usize, a: usize, aRow: usize, b: usize, bStep: usize, depth: u32,
  rows: i32, columns: i32, relu: usize,
): void {
  if (columns > 12) {
    const pairs = rows & ~1
    if (pairs > 0 && bStep == panelWidth << 2)
      tile2x16Packed(c, cRow, from, fromRow, a, aRow, b, bStep, depth, pairs, columns, relu)
    else if (pairs > 0) tile2x16(c, cRow, from, fromRow, a, aRow, b, bStep, depth, pairs, columns, relu)
    if (pairs < rows) {
      const skipped = pairs * cRow
      const gate = relu > 1 ? relu + skipped : relu
      tile1x16(
        c + skipped, 0, from + pairs * fromRow, 0, a + pairs * aRow, 0, b, bStep, depth, 1, columns, gate,
      )
    }
    return
  }
  if (columns > 4) {
    tile4x8(c, cRow, from, fromRow, a, aRow, b, bStep, depth, rows, min(8, columns), relu)
    if (columns <= 8) return
    c += 32
    if (from != 0) from += 32
    if (relu > 1) relu += 32
    b += 32
    columns -= 8
  }
  tile4x4(c, cRow, from, fromRow, a, aRow, b, bStep, depth, rows, columns, relu)
}

/** Panels out of `depth` rows that are `row` bytes apart. */
function packStraight(from: usize, row: usize, columns: u32, depth: u32): void {
  let to = packedB
  for (let j: u32 = 0; j < columns; j += panelWidth) {
    let at = from + (j << 2)
    const bytes = min(panelWidth, columns - j) << 2
    for (let p: u32 = 0; p < depth; p++) {
      for (let i: u32 = 0; i < bytes; i += 16) v128.store(to + i, v128.load(at + i))
      to += panelWidth << 2
      at += row
    }
  }
}

/** Panels from a transposed matrix: `columns` rows of `depth` numbers, `row` bytes apart. */
function packTransposed(from: usize, row: usize, columns: u32, depth: u32): void {
  for (let j: u32 = 0; j < columns; j += 4) {
    const to = packedB + (((j & ~15) * depth + (j & 15)) << 2)
    transpose(to, panelWidth << 2, from + j * row, row, min(4, columns - j), depth)
  }
}

/** Writes up to 4 rows of `length` numbers as columns. Strides in bytes. */
function transpose(to: usize, toRow: usize, from: usize, fromRow: usize, rows: u32, length: u32): void {
  let p: u32 = 0
  if (rows == 4)
    for (; p + 4 <= length; p += 4) {
      const v0 = v128.load(from)
      const v1 = v128.load(from + fromRow)
      const v2 = v128.load(from + 2 * fromRow)
      const v3 = v128.load(from + 3 * fromRow)
      // Pairs of lanes first, then pairs of pairs.
      const low01 = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5)
      const high01 = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7)
      const low23 = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5)
      const high23 = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7)
      v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5))
      v128.store(to + toRow, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7))
      v128.store(to + 2 * toRow, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5))
      v128.store(to + 3 * toRow, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7))
      to += 4 * toRow
      from += 16
    }
  for (; p < length; p++) {
    for (let i: u32 = 0; i < rows; i++) store<f32>(to + (i << 2), load<f32>(from + i * fromRow))
    to += toRow
    from += 4
  }
}

/** Applies the activation, or with a gate multiplies by its derivative, to `m` rows of `n` numbers. */
export function activate(c: usize, row: usize, gate: usize, activation: u32, m: u32, n: u32): void {
  if (row == n << 2) {
    n *= m
    m = 1
  }
  for (let i: u32 = 0; i < m; i++) {
    if (gate != 0) {
      if (activation == Activation.Relu) gated(Activation.Relu, c, gate, n)
      else if (activation == Activation.Sigmoid) gated(Activation.Sigmoid, c, gate, n)
      else gated(Activation.Tanh, c, gate, n)
      gate += row
    } else if (activation == Activation.Relu) activated(Activation.Relu, c, n)
    else if (activation == Activation.Sigmoid) activated(Activation.Sigmoid, c, n)
    else activated(Activation.Tanh, c, n)
    c += row
  }
}

// @ts-ignore: decorator
@inline
function activated(activation: u32, c: usize, count: u32): void {
  const whole = c + ((count & ~3) << 2)
  for (; c < whole; c += 16) v128.store(c, activationOf(activation, v128.load(c)))
  if (count & 3) storeLanes(c, activationOf(activation, v128.load(c)), count & 3)
}

// @ts-ignore: decorator
@inline
function gated(activation: u32, c: usize, gate: usize, count: u32): void {
  const whole = c + ((count & ~3) << 2)
  for (; c < whole; c += 16) {
    v128.store(c, derivative(activation, v128.load(gate), v128.load(c)))
    gate += 16
  }
  if (count & 3) storeLanes(c, derivative(activation, v128.load(gate), v128.load(c)), count & 3)
}

// @ts-ignore: decorator
@inline
function activationOf(activation: u32, x: v128): v128 {
  const zero = f32x4.splat(0)
  // One machine instruction, where `max` takes seven; NaN stays, and the addition makes −0 to 0 as `max` does.
  if (activation == Activation.Relu) return f32x4.add(f32x4.pmax(x, zero), zero)
  return activation == Activation.Sigmoid ? sigmoid(x) : tanh(x)
}

/** `dy` times the derivative of the activation, which each of them tells from its output `y`. */
// @ts-ignore: decorator
@inline
function derivative(activation: u32, y: v128, dy: v128): v128 {
  const one = f32x4.splat(1)
  if (activation == Activation.Relu) return v128.and(dy, f32x4.gt(y, f32x4.splat(0)))
  if (activation == Activation.Sigmoid) return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one, y)))
  return f32x4.mul(dy, f32x4.mul(f32x4.sub(one, y), f32x4.add(one, y)))
}
