// Reductions and strided copies: loops that know rows and columns.
import { Opcode } from '../src/opcodes'
import { storeLanes, sumLanes } from './functions'

/** The last `count` numbers, 1 to 3, of a row, and those of `fill` in the other lanes. */
export function loadLast(x: usize, count: u32, fill: v128): v128 {
  if (count == 1) return v128.load32_lane(x, fill, 0)
  const two = v128.load64_lane(x, fill, 0)
  return count == 2 ? two : v128.load32_lane(x, two, 2, 8)
}

/** Four numbers of a row, or the last ones, if `left` are less than four, and those of `fill`. */
// @ts-ignore: decorator
@inline
export function loadUpTo(x: usize, left: i32, fill: v128): v128 {
  return left >= 4 ? v128.load(x) : loadLast(x, left, fill)
}

/** Sum of `count` numbers: four vectors side by side, then their lanes, then what is left one by one. */
export function sumOf(x: usize, count: u32): f32 {
  let s0 = f32x4.splat(0)
  const end = x + (count << 2)
  if (count >= 16) {
    let s1 = s0
    let s2 = s0
    let s3 = s0
    for (; x + 64 <= end; x += 64) {
      s0 = f32x4.add(s0, v128.load(x))
      s1 = f32x4.add(s1, v128.load(x, 16))
      s2 = f32x4.add(s2, v128.load(x, 32))
      s3 = f32x4.add(s3, v128.load(x, 48))
    }
    s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))
  }
  for (; x + 16 <= end; x += 16) s0 = f32x4.add(s0, v128.load(x))
  let total = sumLanes(s0)
  for (; x < end; x += 4) total += load<f32>(x)
  return total
}

/** out[i] = Σⱼ x[j, i] over `rows` rows of `columns` numbers. */
export function sumRows(out: usize, x: usize, rows: u32, columns: u32): void {
  sumMiddle(out, x, 1, rows, columns)
}

/** One copy of the loop for all sums. */
function sumMiddle(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  alongMiddle(Opcode.Sum, out, x, outer, length, inner)
}

// @ts-ignore: decorator
@inline
function combine(opcode: i32, a: v128, b: v128): v128 {
  if (opcode == Opcode.Max) return f32x4.max(a, b)
  if (opcode == Opcode.Min) return f32x4.min(a, b)
  if (opcode == Opcode.Prod) return f32x4.mul(a, b)
  return f32x4.add(a, b)
}

/** What leaves every number as it is when combined with it. */
// @ts-ignore: decorator
@inline
function neutral(opcode: i32): v128 {
  const number: f32 =
    opcode == Opcode.Max ? -Infinity : opcode == Opcode.Min ? Infinity : opcode == Opcode.Prod ? 1 : 0
  return f32x4.splat(number)
}

/** The largest, the smallest or the product of `count` numbers. */
// @ts-ignore: decorator
@inline
function combined(opcode: i32, x: usize, count: u32): f32 {
  const end = x + (count << 2)
  let total = neutral(opcode)
  let second = total
  for (; x + 32 <= end; x += 32) {
    total = combine(opcode, total, v128.load(x))
    second = combine(opcode, second, v128.load(x, 16))
  }
  total = combine(opcode, total, second)
  total = combine(opcode, total, v128.shuffle<f32>(total, total, 2, 3, 0, 1))
  total = combine(opcode, total, v128.shuffle<f32>(total, total, 1, 0, 3, 2))
  for (; x < end; x += 4) total = combine(opcode, total, v128.load32_splat(x))
  return f32x4.extract_lane(total, 0)
}

/** Operands: out, x, outer, length, inner: out[o, i] = Σⱼ x[o, j, i], or the largest, … */
// @ts-ignore: decorator
@inline
export function reduce(opcode: i32, pc: usize): void {
  let out = load<u32>(pc, 4)
  let x = load<u32>(pc, 8)
  const outer = load<u32>(pc, 12)
  const length = load<u32>(pc, 16)
  const inner = load<u32>(pc, 20)
  if (inner == 1) {
    for (let o: u32 = 0; o < outer; o++) {
      store<f32>(out, opcode == Opcode.Sum ? sumOf(x, length) : combined(opcode, x, length))
      out += 4
      x += length << 2
    }
    return
  }
  if (opcode == Opcode.Sum) sumMiddle(out, x, outer, length, inner)
  else alongMiddle(opcode, out, x, outer, length, inner)
}

/** Operands as for `reduce`: divides the sums in out by `length`. */
export function divideSums(pc: usize): void {
  const divisor = f32x4.splat(<f32>load<u32>(pc, 16))
  let out = load<u32>(pc, 4)
  const end = out + (load<u32>(pc, 12) * load<u32>(pc, 20) << 2)
  for (; out < end; out += 16) v128.store(out, f32x4.div(v128.load(out), divisor))
}

/** The squares of the first two of four numbers, in float64. */
// @ts-ignore: decorator
@inline
function lowSquares(v: v128): v128 {
  const two = f64x2.promote_low_f32x4(v)
  return f64x2.mul(two, two)
}

// @ts-ignore: decorator
@inline
function highSquares(v: v128): v128 {
  return lowSquares(v128.shuffle<f32>(v, v, 2, 3, 2, 3))
}

/** Four roots in float32. */
// @ts-ignore: decorator
@inline
function roots(low: v128, high: v128): v128 {
  const second = f32x4.demote_f64x2_zero(f64x2.sqrt(high))
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(f64x2.sqrt(low)), second, 0, 1, 4, 5)
}

/** Operands as for `reduce`: roots of sums of squares, in float64, where no square is too large or too small. */
export function norm(pc: usize): void {
  let out = load<u32>(pc, 4)
  let x = load<u32>(pc, 8)
  const outer = load<u32>(pc, 12)
  const length = load<u32>(pc, 16)
  const inner = load<u32>(pc, 20)
  const row = inner << 2
  const zero = f64x2.splat(0)
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      let s0 = zero
      let s1 = zero
      let s2 = zero
      let s3 = zero
      let left: i32 = length
      for (; left >= 8; left -= 8) {
        const v = v128.load(x)
        const w = v128.load(x, 16)
        s0 = f64x2.add(s0, lowSquares(v))
        s1 = f64x2.add(s1, highSquares(v))
        s2 = f64x2.add(s2, lowSquares(w))
        s3 = f64x2.add(s3, highSquares(w))
        x += 32
      }
      const sum = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3))
      let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
      for (; left > 0; left--) {
        const value = <f64>load<f32>(x)
        total += value * value
        x += 4
      }
      store<f32>(out, <f32>sqrt(total))
      out += 4
      continue
    }
    let i: u32 = 0
    // A cache line of each row at a time.
    for (; i + 16 <= inner; i += 16) {
      let s0 = zero
      let s1 = zero
      let s2 = zero
      let s3 = zero
      let s4 = zero
      let s5 = zero
      let s6 = zero
      let s7 = zero
      let at = x + (i << 2)
      for (let j: u32 = 0; j < length; j++) {
        let v = v128.load(at)
        s0 = f64x2.add(s0, lowSquares(v))
        s1 = f64x2.add(s1, highSquares(v))
        v = v128.load(at, 16)
        s2 = f64x2.add(s2, lowSquares(v))
        s3 = f64x2.add(s3, highSquares(v))
        v = v128.load(at, 32)
        s4 = f64x2.add(s4, lowSquares(v))
        s5 = f64x2.add(s5, highSquares(v))
        v = v128.load(at, 48)
        s6 = f64x2.add(s6, lowSquares(v))
        s7 = f64x2.add(s7, highSquares(v))
        at += row
      }
      const to = out + (i << 2)
      v128.store(to, roots(s0, s1))
      v128.store(to, roots(s2, s3), 16)
      v128.store(to, roots(s4, s5), 32)
      v128.store(to, roots(s6, s7), 48)
    }
    for (; i < inner; i += 4) {
      let low = zero
      let high = zero
      let at = x + (i << 2)
      for (let j: u32 = 0; j < length; j++) {
        const v = v128.load(at)
        low = f64x2.add(low, lowSquares(v))
        high = f64x2.add(high, highSquares(v))
        at += row
      }
      storeLanes(out + (i << 2), roots(low, high), inner - i)
    }
    out += row
    x += length * row
  }
}

// @ts-ignore: decorator
@inline
function alongMiddle(opcode: i32, out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  const row = inner << 2
  const start = neutral(opcode)
  for (let o: u32 = 0; o < outer; o++) {
    let i: u32 = 0
    // A cache line of each row at a time.
    for (; i + 16 <= inner; i += 16) {
      let t0 = start
      let t1 = start
      let t2 = start
      let t3 = start
      let at = x + (i << 2)
      for (let j: u32 = 0; j < length; j++) {
        t0 = combine(opcode, t0, v128.load(at))
        t1 = combine(opcode, t1, v128.load(at, 16))
        t2 = combine(opcode, t2, v128.load(at, 32))
        t3 = combine(opcode, t3, v128.load(at, 48))
        at += row
      }
      const to = out + (i << 2)
      v128.store(to, t0)
      v128.store(to, t1, 16)
      v128.store(to, t2, 32)
      v128.store(to, t3, 48)
    }
    for (; i < inner; i += 4) {
      let total = start
      let at = x + (i << 2)
      for (let j: u32 = 0; j < length; j++) {
        total = combine(opcode, total, v128.load(at))
        at += row
      }
      storeLanes(out + (i << 2), total, inner - i)
    }
    out += row
    x += length * row
  }
}

/** Operands: out, x, outer, length, inner, reverse: out[o, j, i] = Σ x[o, k, i] over k ≤ j, or over k ≥ j. */
export function cumulativeSum(pc: usize): void {
  let out = load<u32>(pc, 4)
  let x = load<u32>(pc, 8)
  const outer = load<u32>(pc, 12)
  const length = load<u32>(pc, 16)
  const inner = load<u32>(pc, 20)
  const row: isize = inner << 2
  const reverse = load<u32>(pc, 24) != 0
  const step = reverse ? -row : row
  const first = reverse ? (length - 1) * row : 0
  for (let o: u32 = 0; o < outer; o++) {
    for (let i: u32 = 0; i < inner; i += 4) {
      let total = f32x4.splat(0)
      let at = first + (i << 2)
      for (let j: u32 = 0; j < length; j++) {
        total = f32x4.add(total, v128.load(x + at))
        storeLanes(out + at, total, inner - i)
        at += step
      }
    }
    out += length * row
    x += length * row
  }
}

/** Operands: out, x, rows, columns: out[r, j] = Π x[r, k] over k ≠ j, as what stands before times what stands behind. */
export function productOfOthers(pc: usize): void {
  let out = load<u32>(pc, 4)
  let x = load<u32>(pc, 8)
  const rows = load<u32>(pc, 12)
  const bytes = load<u32>(pc, 16) << 2
  for (let row: u32 = 0; row < rows; row++) {
    let before: f32 = 1
    for (let j: u32 = 0; j < bytes; j += 4) {
      store<f32>(out + j, before)
      before *= load<f32>(x + j)
    }
    let behind: f32 = 1
    for (let j = bytes; j > 0; j -= 4) {
      store<f32>(out + j - 4, load<f32>(out + j - 4) * behind)
      behind *= load<f32>(x + j - 4)
    }
    out += bytes
    x += bytes
  }
}

/** Operands as for `reduce`: the position of the largest, the first at a tie; of a NaN if there is one. */
export function argMax(pc: usize): void {
  let out = load<u32>(pc, 4)
  let x = load<u32>(pc, 8)
  const outer = load<u32>(pc, 12)
  const length = load<u32>(pc, 16)
  const inner = load<u32>(pc, 20)
  const row = inner << 2
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) store<f32>(out, <f32>firstLargest(x, length))
    else
      for (let i: u32 = 0; i < inner; i += 4) {
        let at = x + (i << 2)
        let best = v128.load(at)
        let place = f32x4.splat(0)
        for (let j: u32 = 1; j < length; j++) {
          at += row
          const v = v128.load(at)
          // v is larger or NaN, and there was no NaN before.
          const better = v128.andnot(f32x4.eq(best, best), f32x4.le(v, best))
          best = v128.bitselect(v, best, better)
          place = v128.bitselect(f32x4.splat(<f32>j), place, better)
        }
        storeLanes(out + (i << 2), place, inner - i)
      }
    out += row
    x += length * row
  }
}

/** Where in a row its largest number, or a NaN, stands first. */
function firstLargest(x: usize, count: i32): u32 {
  const lowest = f32x4.splat(-Infinity)
  let best = lowest
  let nan = f32x4.splat(0)
  for (let i = 0; i < count; i += 4) {
    const v = loadUpTo(x + (i << 2), count - i, lowest)
    best = f32x4.pmax(best, v)
    nan = v128.or(nan, f32x4.ne(v, v))
  }
  best = f32x4.pmax(best, v128.shuffle<f32>(best, best, 2, 3, 0, 1))
  best = f32x4.pmax(best, v128.shuffle<f32>(best, best, 1, 0, 3, 2))
  const missing = v128.any_true(nan)
  const first = x
  let found = 0
  while (found == 0) {
    const v = v128.load(x)
    found = i32x4.bitmask(missing ? f32x4.ne(v, v) : f32x4.eq(v, best))
    x += 16
  }
  return (<u32>(x - first) >>> 2) - 4 + <u32>ctz(found)
}
