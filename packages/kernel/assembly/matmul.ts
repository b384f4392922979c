// Matrix products C = A·B, A·Bᵀ and Aᵀ·B, with bias and activation after the last block, and the sums of B's
// columns beside: with C the gradient of a layer's weights, they are the gradient of its bias.
//
// Large ones follow Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication, 2008): blocks of B
// and A are copied into panels, 8 columns and 5 rows wide, in the order in which the tile reads them.
//
//   packed B, blockK × blockN: panels of 8 columns, each k × 8 numbers in a row                     (in L2)
//   packed A, blockM × blockK: panels of 5 rows, each k × 5 vectors of one number, four times over  (in L1)
//   tile: 5 × 8 numbers of C in ten vector registers
//
// A is repeated because a load with a broadcast takes an address computation of its own in V8, a plain load does
// not; docs/decisions/2026-11-24-matmul-tile.md has the figures.
//
// Every number of C adds its products in the order of k, whatever the sizes, so results do not depend on how
// the work is cut.
import { Activation } from '../src/opcodes'
import { sigmoid, storeLanes, tanh } from './functions'
import { sumRows } from './rows'

const tileRows: u32 = 5
const tileColumns: u32 = 8
const blockM: u32 = 40
const blockN: u32 = 512
const blockK: u32 = 192
const packedA: usize = memory.data(122880, 16)
const packedB: usize = memory.data(393216, 16)
/** A tile at the ragged edge is made here, and the part of it that exists is copied. */
const edgeTile: usize = memory.data(160, 16)

/** Operands: out, a, b, m, n, k, bias, activation, gate, sums. */
export function matmul(transposeA: bool, transposeB: bool, pc: usize): void {
  const out = load<u32>(pc, 4)
  const m = load<u32>(pc, 16)
  const n = load<u32>(pc, 20)
  const bias = load<u32>(pc, 28)
  const activation = load<u32>(pc, 32)
  const b = load<u32>(pc, 12)
  const k = load<u32>(pc, 24)
  const sums = load<u32>(pc, 40)
  blocked(out, load<u32>(pc, 8), b, m, n, k, transposeA, transposeB)
  if (sums != 0) sumRows(sums, b, k, n)
  if (bias != 0) addBias(out, bias, m, n)
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

function blocked(
  out: usize, a: usize, b: usize, m: u32, n: u32, k: u32, transposeA: bool, transposeB: bool,
): void {
  // From one row of A to the next, and from one number to the next along k.
  const aRow = transposeA ? 4 : k << 2
  const aStep = transposeA ? m << 2 : 4
  for (let jc: u32 = 0; jc < n; jc += blockN) {
    const nc = min(blockN, n - jc)
    for (let kc: u32 = 0; kc < k; kc += blockK) {
      const depth = min(blockK, k - kc)
      if (transposeB) packRowsAsColumns(packedB, b + ((jc * k + kc) << 2), nc, depth, k << 2)
      else packColumns(packedB, b + ((kc * n + jc) << 2), nc, depth, n << 2)
      for (let ic: u32 = 0; ic < m; ic += blockM) {
        const mc = min(blockM, m - ic)
        packRows(packedA, a + ic * aRow + kc * aStep, mc, depth, aRow, aStep)
        for (let i: u32 = 0; i < mc; i += tileRows) {
          const panelA = packedA + ((i * depth) << 4)
          for (let j: u32 = 0; j < nc; j += tileColumns) {
            const panelB = packedB + ((j * depth) << 2)
            const c = out + (((ic + i) * n + jc + j) << 2)
            if (i + tileRows <= mc && j + tileColumns <= nc) tile(c, n << 2, panelA, panelB, depth, kc != 0)
            else edge(c, n << 2, panelA, panelB, depth, kc != 0, min(tileRows, mc - i), min(tileColumns, nc - j))
          }
        }
      }
    }
  }
}

/** C, 5 × 8, = or += the product of a panel of A and a panel of B. */
function tile(c: usize, row: usize, a: usize, b: usize, depth: u32, accumulate: bool): void {
  const d1 = c + row
  const d2 = d1 + row
  const d3 = d2 + row
  const d4 = d3 + row
  const zero = f32x4.splat(0)
  let c00 = zero
  let c01 = zero
  let c10 = zero
  let c11 = zero
  let c20 = zero
  let c21 = zero
  let c30 = zero
  let c31 = zero
  let c40 = zero
  let c41 = zero
  if (accumulate) {
    c00 = v128.load(c)
    c01 = v128.load(c, 16)
    c10 = v128.load(d1)
    c11 = v128.load(d1, 16)
    c20 = v128.load(d2)
    c21 = v128.load(d2, 16)
    c30 = v128.load(d3)
    c31 = v128.load(d3, 16)
    c40 = v128.load(d4)
    c41 = v128.load(d4, 16)
  }
  const end = a + depth * 80
  while (a < end) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    let s = v128.load(a)
    c00 = f32x4.add(c00, f32x4.mul(s, b0))
    c01 = f32x4.add(c01, f32x4.mul(s, b1))
    s = v128.load(a, 16)
    c10 = f32x4.add(c10, f32x4.mul(s, b0))
    c11 = f32x4.add(c11, f32x4.mul(s, b1))
    s = v128.load(a, 32)
    c20 = f32x4.add(c20, f32x4.mul(s, b0))
    c21 = f32x4.add(c21, f32x4.mul(s, b1))
    s = v128.load(a, 48)
    c30 = f32x4.add(c30, f32x4.mul(s, b0))
    c31 = f32x4.add(c31, f32x4.mul(s, b1))
    s = v128.load(a, 64)
    c40 = f32x4.add(c40, f32x4.mul(s, b0))
    c41 = f32x4.add(c41, f32x4.mul(s, b1))
    a += 80
    b += 32
  }
  v128.store(c, c00)
  v128.store(c, c01, 16)
  v128.store(d1, c10)
  v128.store(d1, c11, 16)
  v128.store(d2, c20)
  v128.store(d2, c21, 16)
  v128.store(d3, c30)
  v128.store(d3, c31, 16)
  v128.store(d4, c40)
  v128.store(d4, c41, 16)
}

function edge(
  c: usize, row: usize, a: usize, b: usize, depth: u32, accumulate: bool, rows: u32, columns: u32,
): void {
  tile(edgeTile, tileColumns << 2, a, b, depth, false)
  let from = edgeTile
  for (let i: u32 = 0; i < rows; i++) {
    for (let j: u32 = 0; j < columns; j += 4) {
      let v = v128.load(from + (j << 2))
      // Behind the last column this reads numbers of the next row, and does not store them.
      if (accumulate) v = f32x4.add(v128.load(c + (j << 2)), v)
      storeLanes(c + (j << 2), v, columns - j)
    }
    from += tileColumns << 2
    c += row
  }
}

/** Panels of rows of A, each number four times over; rows that do not exist are 0. */
function packRows(to: usize, a: usize, rows: u32, depth: u32, row: usize, step: usize): void {
  for (let i: u32 = 0; i < rows; i++) {
    let from = a + i * row
    let at = to + (i % tileRows << 4)
    for (let p: u32 = 0; p < depth; p++) {
      v128.store(at, v128.load32_splat(from))
      at += 80
      from += step
    }
    if (i % tileRows == tileRows - 1) to += depth * 80
  }
  for (let i = rows; i % tileRows != 0; i++) {
    let at = to + (i % tileRows << 4)
    for (let p: u32 = 0; p < depth; p++) {
      v128.store(at, f32x4.splat(0))
      at += 80
    }
  }
}

/** Panels of columns of a matrix whose rows run along its columns: straight copies. */
function packColumns(to: usize, b: usize, columns: u32, depth: u32, row: usize): void {
  for (let j: u32 = 0; j < columns; j += tileColumns) {
    let from = b + (j << 2)
    const width = min(tileColumns, columns - j)
    for (let p: u32 = 0; p < depth; p++) {
      if (width == tileColumns) {
        v128.store(to, v128.load(from))
        v128.store(to, v128.load(from, 16), 16)
      } else
        for (let jj: u32 = 0; jj < tileColumns; jj++)
          store<f32>(to + (jj << 2), jj < width ? load<f32>(from + (jj << 2)) : 0)
      to += 32
      from += row
    }
  }
}

/** Panels of columns of Bᵀ, whose columns are the rows of B. */
function packRowsAsColumns(to: usize, b: usize, columns: u32, depth: u32, row: usize): void {
  for (let j: u32 = 0; j < columns; j += tileColumns) {
    for (let jj: u32 = 0; jj < tileColumns; jj += 4) {
      const rows = j + jj < columns ? min(4, columns - j - jj) : 0
      interleave(to + (jj << 2), b + (j + jj) * row, rows, depth, row)
    }
    to += depth * 32
  }
}

/** Takes up to 4 rows of numbers, the rest being 0, and writes their columns into a panel. */
function interleave(to: usize, from: usize, rows: u32, depth: u32, row: usize): void {
  const step: usize = 32
  let p: u32 = 0
  if (rows == 4) {
    let r0 = from
    let r1 = r0 + row
    let r2 = r1 + row
    let r3 = r2 + row
    for (; p + 4 <= depth; p += 4) {
      const v0 = v128.load(r0)
      const v1 = v128.load(r1)
      const v2 = v128.load(r2)
      const v3 = v128.load(r3)
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
      r0 += 16
      r1 += 16
      r2 += 16
      r3 += 16
    }
  }
  for (; p < depth; p++) {
    for (let i: u32 = 0; i < 4; i++)
      store<f32>(to + (i << 2), i < rows ? load<f32>(from + i * row + (p << 2)) : 0)
    to += step
  }
}

/** Adds the bias to each row. */
function addBias(out: usize, bias: usize, m: u32, n: u32): void {
  for (let i: u32 = 0; i < m; i++) {
    let j: u32 = 0
    for (; j < n; j += 4)
      storeLanes(out + (j << 2), f32x4.add(v128.load(out + (j << 2)), v128.load(bias + (j << 2))), n - j)
    out += n << 2
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
