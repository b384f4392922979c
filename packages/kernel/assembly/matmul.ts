// Matrix products C = A·B, A·Bᵀ and Aᵀ·B, with bias and activation after the last block, and the sums of B's
// columns beside: with C the gradient of a layer's weights, they are the gradient of its bias.
//
// Large ones follow Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication, 2008): blocks of B
// and A are copied into panels, 16 columns and 2 rows wide, in the order in which the tile reads them.
//
//   packed B, blockK × blockN: panels of 16 columns, each k × 16 numbers in a row   (a panel in L1, all in L2)
//   packed A, blockM × blockK: panels of 2 rows, each k × 2 numbers in a row        (in L1)
//   tile: 2 × 16 numbers of C in eight vector registers
//
// docs/decisions/2026-11-24-matmul-tile.md says why this tile.
//
// Every number of C adds its products in the order of k, whatever the sizes, so results do not depend on how
// the work is cut.
import { Activation } from '../src/opcodes'
import { sigmoid, storeLanes, tanh } from './functions'
import { sumRows } from './rows'

const tileRows: u32 = 2
const tileColumns: u32 = 16
const blockM: u32 = 64
const blockN: u32 = 512
const blockK: u32 = 256
const packedA: usize = memory.data(64 * 256 * 4, 16)
const packedB: usize = memory.data(256 * 512 * 4, 16)
/** A tile at the ragged edge is made here, and the part of it that exists is copied. */
const edgeTile: usize = memory.data(2 * 16 * 4, 16)

/** Operands: out, a, b, m, n, k, bias, activation, gate, sums. */
export function matmul(transposeA: bool, transposeB: bool, pc: usize): void {
  const out = load<u32>(pc, 4)
  const b = load<u32>(pc, 12)
  const m = load<u32>(pc, 16)
  const n = load<u32>(pc, 20)
  const k = load<u32>(pc, 24)
  const activation = load<u32>(pc, 32)
  const sums = load<u32>(pc, 40)
  multiply(
    out, n << 2,
    load<u32>(pc, 8), transposeA ? 4 : k << 2, transposeA ? m << 2 : 4,
    b, transposeB ? 4 : n << 2, transposeB ? k << 2 : 4,
    m, n, k, load<u32>(pc, 28), false,
  )
  if (sums != 0) sumRows(sums, b, k, n)
  if (activation != Activation.None) activate(out, load<u32>(pc, 36), activation, m * n)
}

/**
 * Small products, straight from the matrices, four rows and four columns at a time. Operands: out, a, b, m, n, k,
 * bias, activation, gate, sums, then in bytes: from one row of A to the next, along k in A, along k in B. All strides
 * come with the program: in networks of a few units, working them out would take longer than the product.
 */
export function matmulSmall(pc: usize): void {
  let out = load<u32>(pc, 4)
  let a = load<u32>(pc, 8)
  let rows = load<i32>(pc, 16)
  const n = load<i32>(pc, 20)
  const bias = load<u32>(pc, 28)
  const aRow = load<u32>(pc, 44)
  const aStep = load<u32>(pc, 48)
  const bStep = load<u32>(pc, 52)
  const aBytes = aStep * load<u32>(pc, 24)
  const cRow = n << 2
  do {
    // Rows that do not exist repeat the first; nobody stores them.
    const r1 = rows > 1 ? aRow : 0
    const r2 = rows > 2 ? aRow << 1 : 0
    const r3 = rows > 3 ? aRow * 3 : 0
    const end = a + aBytes
    let b = load<u32>(pc, 12)
    let to = out
    let columns = n
    let shift = bias
    do {
      let c0 = f32x4.splat(0)
      if (bias != 0) c0 = v128.load(shift)
      let c1 = c0
      let c2 = c0
      let c3 = c0
      let pb = b
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
      b += 16
      to += 16
      shift += 16
      columns -= 4
    } while (columns > 0)
    a += aRow << 2
    out += cRow << 2
    rows -= 4
  } while (rows > 0)
  const sums = load<u32>(pc, 40)
  if (sums != 0) sumRows(sums, load<u32>(pc, 12), load<u32>(pc, 24), n)
  const activation = load<u32>(pc, 32)
  if (activation != Activation.None)
    activate(load<u32>(pc, 4), load<u32>(pc, 36), activation, load<u32>(pc, 16) * n)
}

/**
 * Products of at most 4 × 4 without any loop but that along k. Operands: out, a, b, m, n, k, bias, activation, gate,
 * sums, then in bytes: from the first row of A to its second, third and fourth (0 where there is none), along k in A,
 * along k in B. Rows of less than four numbers are packed into whole vectors before they are stored.
 */
export function matmulTile(pc: usize): void {
  const out = load<u32>(pc, 4)
  let a = load<u32>(pc, 8)
  let b = load<u32>(pc, 12)
  const m = load<u32>(pc, 16)
  const n = load<u32>(pc, 20)
  let k = load<i32>(pc, 24)
  const bias = load<u32>(pc, 28)
  const sums = load<u32>(pc, 40)
  const r1 = load<u32>(pc, 44)
  const r2 = load<u32>(pc, 48)
  const r3 = load<u32>(pc, 52)
  const aStep = load<u32>(pc, 56)
  const bStep = load<u32>(pc, 60)
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
    c1 = f32x4.add(c1, f32x4.mul(v128.load32_splat(a + r1), v))
    c2 = f32x4.add(c2, f32x4.mul(v128.load32_splat(a + r2), v))
    c3 = f32x4.add(c3, f32x4.mul(v128.load32_splat(a + r3), v))
    a += aStep
    b += bStep
  } while (--k > 0)
  if (sums != 0) storeLanes(sums, total, n)
  if (n == 1) {
    const c01 = v128.shuffle<f32>(c0, c1, 0, 4, 0, 4)
    v128.store(out, v128.shuffle<f32>(c01, v128.shuffle<f32>(c2, c3, 0, 4, 0, 4), 0, 1, 4, 5))
  } else if (n == 2) {
    v128.store(out, v128.shuffle<f32>(c0, c1, 0, 1, 4, 5))
    if (m > 2) v128.store(out, v128.shuffle<f32>(c2, c3, 0, 1, 4, 5), 16)
  } else {
    const row = n << 2
    storeLanes(out, c0, n)
    if (m > 1) storeLanes(out + row, c1, n)
    if (m > 2) storeLanes(out + 2 * row, c2, n)
    if (m > 3) storeLanes(out + 3 * row, c3, n)
  }
  const activation = load<u32>(pc, 32)
  if (activation != Activation.None) activate(out, load<u32>(pc, 36), activation, m * n)
}

/**
 * C = A·B, or C += A·B, all strides in bytes: A(i, p) is at a + i·aRow + p·aStep, B(p, j) at b + p·bStep + j·bColumn,
 * C(i, j) at c + i·cRow + 4j. In each of A and B one of the two strides must be 4. With a `bias`, n numbers or 0, each
 * row of C begins with it. Every number of C adds its products in the order of p, after what it begins with.
 */
export function multiply(
  c: usize, cRow: usize, a: usize, aRow: usize, aStep: usize, b: usize, bStep: usize, bColumn: usize,
  m: u32, n: u32, k: u32, bias: usize, accumulate: bool,
): void {
  if (bias != 0 || (k == 0 && !accumulate)) {
    for (let i: u32 = 0; i < m; i++)
      if (bias != 0) memory.copy(c + i * cRow, bias, n << 2)
      else memory.fill(c + i * cRow, 0, n << 2)
    accumulate = true
  }
  for (let jc: u32 = 0; jc < n; jc += blockN) {
    const nc = min(blockN, n - jc)
    for (let kc: u32 = 0; kc < k; kc += blockK) {
      const depth = min(blockK, k - kc)
      const more = accumulate || kc != 0
      const blockB = b + kc * bStep + jc * bColumn
      if (bColumn == 4) packStraight(packedB, blockB, nc, depth, bStep, tileColumns)
      else packTransposed(packedB, blockB, nc, depth, bColumn, tileColumns)
      for (let ic: u32 = 0; ic < m; ic += blockM) {
        const mc = min(blockM, m - ic)
        const blockA = a + ic * aRow + kc * aStep
        if (aRow == 4) packStraight(packedA, blockA, mc, depth, aStep, tileRows)
        else packTransposed(packedA, blockA, mc, depth, aRow, tileRows)
        for (let j: u32 = 0; j < nc; j += tileColumns) {
          const panelB = packedB + ((j * depth) << 2)
          for (let i: u32 = 0; i < mc; i += tileRows) {
            const panelA = packedA + ((i * depth) << 2)
            const to = c + (ic + i) * cRow + ((jc + j) << 2)
            if (i + tileRows <= mc && j + tileColumns <= nc) tile(to, cRow, panelA, panelB, depth, more)
            else edge(to, cRow, panelA, panelB, depth, more, min(tileRows, mc - i), min(tileColumns, nc - j))
          }
        }
      }
    }
  }
}

/** C, 2 × 16, = or += the product of a panel of A and a panel of B; `depth` is at least 1. */
function tile(c: usize, row: usize, a: usize, b: usize, depth: u32, accumulate: bool): void {
  const d = c + row
  const zero = f32x4.splat(0)
  let c00 = zero
  let c01 = zero
  let c02 = zero
  let c03 = zero
  let c10 = zero
  let c11 = zero
  let c12 = zero
  let c13 = zero
  if (accumulate) {
    c00 = v128.load(c)
    c01 = v128.load(c, 16)
    c02 = v128.load(c, 32)
    c03 = v128.load(c, 48)
    c10 = v128.load(d)
    c11 = v128.load(d, 16)
    c12 = v128.load(d, 32)
    c13 = v128.load(d, 48)
  }
  // Four steps to a turn. The exits between them keep the engine from loading for all four at once, for which
  // there are not registers enough.
  const end = a + (depth << 3)
  while (a < end) {
    let b0 = v128.load(b)
    let b1 = v128.load(b, 16)
    let b2 = v128.load(b, 32)
    let b3 = v128.load(b, 48)
    let s = v128.load32_splat(a)
    c00 = f32x4.add(c00, f32x4.mul(s, b0))
    c01 = f32x4.add(c01, f32x4.mul(s, b1))
    c02 = f32x4.add(c02, f32x4.mul(s, b2))
    c03 = f32x4.add(c03, f32x4.mul(s, b3))
    s = v128.load32_splat(a, 4)
    c10 = f32x4.add(c10, f32x4.mul(s, b0))
    c11 = f32x4.add(c11, f32x4.mul(s, b1))
    c12 = f32x4.add(c12, f32x4.mul(s, b2))
    c13 = f32x4.add(c13, f32x4.mul(s, b3))
    if (a + 8 == end) break
    b0 = v128.load(b, 64)
    b1 = v128.load(b, 80)
    b2 = v128.load(b, 96)
    b3 = v128.load(b, 112)
    s = v128.load32_splat(a, 8)
    c00 = f32x4.add(c00, f32x4.mul(s, b0))
    c01 = f32x4.add(c01, f32x4.mul(s, b1))
    c02 = f32x4.add(c02, f32x4.mul(s, b2))
    c03 = f32x4.add(c03, f32x4.mul(s, b3))
    s = v128.load32_splat(a, 12)
    c10 = f32x4.add(c10, f32x4.mul(s, b0))
    c11 = f32x4.add(c11, f32x4.mul(s, b1))
    c12 = f32x4.add(c12, f32x4.mul(s, b2))
    c13 = f32x4.add(c13, f32x4.mul(s, b3))
    if (a + 16 == end) break
    b0 = v128.load(b, 128)
    b1 = v128.load(b, 144)
    b2 = v128.load(b, 160)
    b3 = v128.load(b, 176)
    s = v128.load32_splat(a, 16)
    c00 = f32x4.add(c00, f32x4.mul(s, b0))
    c01 = f32x4.add(c01, f32x4.mul(s, b1))
    c02 = f32x4.add(c02, f32x4.mul(s, b2))
    c03 = f32x4.add(c03, f32x4.mul(s, b3))
    s = v128.load32_splat(a, 20)
    c10 = f32x4.add(c10, f32x4.mul(s, b0))
    c11 = f32x4.add(c11, f32x4.mul(s, b1))
    c12 = f32x4.add(c12, f32x4.mul(s, b2))
    c13 = f32x4.add(c13, f32x4.mul(s, b3))
    if (a + 24 == end) break
    b0 = v128.load(b, 192)
    b1 = v128.load(b, 208)
    b2 = v128.load(b, 224)
    b3 = v128.load(b, 240)
    s = v128.load32_splat(a, 24)
    c00 = f32x4.add(c00, f32x4.mul(s, b0))
    c01 = f32x4.add(c01, f32x4.mul(s, b1))
    c02 = f32x4.add(c02, f32x4.mul(s, b2))
    c03 = f32x4.add(c03, f32x4.mul(s, b3))
    s = v128.load32_splat(a, 28)
    c10 = f32x4.add(c10, f32x4.mul(s, b0))
    c11 = f32x4.add(c11, f32x4.mul(s, b1))
    c12 = f32x4.add(c12, f32x4.mul(s, b2))
    c13 = f32x4.add(c13, f32x4.mul(s, b3))
    a += 32
    b += 256
  }
  v128.store(c, c00)
  v128.store(c, c01, 16)
  v128.store(c, c02, 32)
  v128.store(c, c03, 48)
  v128.store(d, c10)
  v128.store(d, c11, 16)
  v128.store(d, c12, 32)
  v128.store(d, c13, 48)
}

function edge(
  c: usize, row: usize, a: usize, b: usize, depth: u32, accumulate: bool, rows: u32, columns: u32,
): void {
  if (accumulate)
    for (let i: u32 = 0; i < rows; i++) memory.copy(edgeTile + ((i * tileColumns) << 2), c + i * row, columns << 2)
  tile(edgeTile, tileColumns << 2, a, b, depth, accumulate)
  for (let i: u32 = 0; i < rows; i++) memory.copy(c + i * row, edgeTile + ((i * tileColumns) << 2), columns << 2)
}

/**
 * Makes panels of `width` numbers side by side out of a matrix in which they stand side by side already: `count` of
 * them in each of `depth` rows, `row` bytes apart. Numbers that do not exist are 0.
 */
// @ts-ignore: decorator
@inline
function packStraight(to: usize, from: usize, count: u32, depth: u32, row: usize, width: u32): void {
  for (let j: u32 = 0; j < count; j += width) {
    let at = from + (j << 2)
    const there = min(width, count - j)
    for (let p: u32 = 0; p < depth; p++) {
      if (there < width)
        for (let i: u32 = 0; i < width; i++) store<f32>(to + (i << 2), i < there ? load<f32>(at + (i << 2)) : 0)
      else if (width == 2) store<u64>(to, load<u64>(at))
      else for (let i: u32 = 0; i < width; i += 4) v128.store(to + (i << 2), v128.load(at + (i << 2)))
      to += width << 2
      at += row
    }
  }
}

/** The same out of a matrix in which they stand one below the other: `count` rows of `depth` numbers. */
// @ts-ignore: decorator
@inline
function packTransposed(to: usize, from: usize, count: u32, depth: u32, row: usize, width: u32): void {
  for (let j: u32 = 0; j < count; j += width) {
    for (let i: u32 = 0; i < width; i += 4) {
      const there = j + i < count ? min(min(4, width), count - j - i) : 0
      interleave(to + (i << 2), from + (j + i) * row, there, depth, row, width)
    }
    to += (width * depth) << 2
  }
}

/** Takes up to 4 rows of numbers, the rest being 0, and writes their columns `width` numbers apart. */
function interleave(to: usize, from: usize, rows: u32, depth: u32, row: usize, width: u32): void {
  const step: usize = width << 2
  const columns = min(4, width)
  let p: u32 = 0
  const r1 = row
  const r2 = row << 1
  const r3 = row * 3
  if (rows == 4)
    for (; p + 4 <= depth; p += 4) {
      const v0 = v128.load(from)
      const v1 = v128.load(from + r1)
      const v2 = v128.load(from + r2)
      const v3 = v128.load(from + r3)
      // A 4 × 4 transpose: pairs of lanes first, then pairs of pairs.
      const low01 = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5)
      const high01 = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7)
      const low23 = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5)
      const high23 = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7)
      v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5))
      v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7))
      v128.store(to + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5))
      v128.store(to + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7))
      to += 4 * step
      from += 16
    }
  else if (rows == 2 && width == 2)
    for (; p + 4 <= depth; p += 4) {
      const v0 = v128.load(from)
      const v1 = v128.load(from + r1)
      v128.store(to, v128.shuffle<f32>(v0, v1, 0, 4, 1, 5))
      v128.store(to, v128.shuffle<f32>(v0, v1, 2, 6, 3, 7), 16)
      to += 32
      from += 16
    }
  for (; p < depth; p++) {
    for (let i: u32 = 0; i < columns; i++) store<f32>(to + (i << 2), i < rows ? load<f32>(from + i * row) : 0)
    to += step
    from += 4
  }
}

/** Applies the activation, or with a gate multiplies by its derivative, over `size` numbers. */
function activate(out: usize, gate: usize, activation: u32, size: u32): void {
  const end = out + (size << 2)
  if (gate != 0) applyGate(out, gate, activation, end)
  else if (activation == Activation.Relu)
    for (; out < end; out += 16) v128.store(out, f32x4.max(v128.load(out), f32x4.splat(0)))
  else if (activation == Activation.Sigmoid)
    for (; out < end; out += 16) v128.store(out, sigmoid(v128.load(out)))
  else for (; out < end; out += 16) v128.store(out, tanh(v128.load(out)))
}

/** Multiplies by the derivative of the activation, which each of them tells from its output. */
function applyGate(out: usize, gate: usize, activation: u32, end: usize): void {
  const one = f32x4.splat(1)
  for (; out < end; out += 16) {
    const y = v128.load(gate)
    const dy = v128.load(out)
    let dx = dy
    if (activation == Activation.Relu) dx = v128.and(dy, f32x4.gt(y, f32x4.splat(0)))
    else if (activation == Activation.Sigmoid) dx = f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one, y)))
    else dx = f32x4.mul(dy, f32x4.mul(f32x4.sub(one, y), f32x4.add(one, y)))
    v128.store(out, dx)
    gate += 16
  }
}
