// Reductions: loops over rows and columns.
import { storeLanes, sumLanes } from './functions'
import { Opcode } from './opcodes'

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

/**
 * This many numbers of a row, or of a column, are added in float32; their sums are added in float64. The error then
 * does not grow with the number of numbers, and the additions in float64 are too few to cost time.
 */
export const block: u32 = 128
export const blockRows: u32 = 8

/** The first two of four numbers in float64. */
// @ts-ignore: decorator
@inline
export function lowOf(v: v128): v128 {
  return f64x2.promote_low_f32x4(v)
}

/** The last two. */
// @ts-ignore: decorator
@inline
export function highOf(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3))
}

/** Four numbers in float32 again. */
// @ts-ignore: decorator
@inline
export function narrowed(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
}

// Loops for a block call nothing, since functions with calls are entered more slowly; those for any number wrap them.

/** Sum of `count` numbers. */
// @ts-ignore: decorator
@inline
export function sumOf(x: usize, count: u32): f32 {
  return count > block ? sumOfBlocks(x, count) : sumOfBlock(x, count)
}

/** Four vectors at a time, then their lanes, then the rest one by one. */
export function sumOfBlock(x: usize, count: u32): f32 {
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

/** Two iterations at a time, which pays for the blocks. */
export function sumOfBlocks(x: usize, count: u32): f32 {
  let low = f64x2.splat(0)
  let high = low
  do {
    let s0 = f32x4.add(v128.load(x), v128.load(x, 64))
    let s1 = f32x4.add(v128.load(x, 16), v128.load(x, 80))
    let s2 = f32x4.add(v128.load(x, 32), v128.load(x, 96))
    let s3 = f32x4.add(v128.load(x, 48), v128.load(x, 112))
    for (const last = x + ((block - 32) << 2); x < last; ) {
      x += 128
      s0 = f32x4.add(f32x4.add(s0, v128.load(x)), v128.load(x, 64))
      s1 = f32x4.add(f32x4.add(s1, v128.load(x, 16)), v128.load(x, 80))
      s2 = f32x4.add(f32x4.add(s2, v128.load(x, 32)), v128.load(x, 96))
      s3 = f32x4.add(f32x4.add(s3, v128.load(x, 48)), v128.load(x, 112))
    }
    x += 128
    s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))
    low = f64x2.add(low, lowOf(s0))
    high = f64x2.add(high, highOf(s0))
    count -= block
  } while (count >= block)
  low = f64x2.add(low, high)
  let total = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1)
  if (count > 0) total += <f64>sumOfBlock(x, count)
  return <f32>total
}

/** The first `count` numbers of a vector, and 0 in the other lanes, also where these are NaN. */
// @ts-ignore: decorator
@inline
export function firstLanes(v: v128, count: i32): v128 {
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)))
}

/** The same for loops with a long prologue. */
export const longBlock: u32 = 4 * block

/** Σ (x − mean)² of a row. */
// @ts-ignore: decorator
@inline
export function squaresOf(x: usize, columns: u32, mean: f32): f32 {
  return columns > longBlock ? squaresOfBlocks(x, columns, mean) : squaresOfBlock(x, columns, mean)
}

export function squaresOfBlocks(x: usize, columns: u32, mean: f32): f32 {
  let total: f64 = 0
  for (; columns > longBlock; columns -= longBlock) {
    total += <f64>squaresOfBlock(x, longBlock, mean)
    x += longBlock << 2
  }
  return <f32>(total + <f64>squaresOfBlock(x, columns, mean))
}

export function squaresOfBlock(x: usize, columns: u32, mean: f32): f32 {
  const means = f32x4.splat(mean)
  let even = f32x4.splat(0)
  let odd = even
  const end = x + ((columns & ~7) << 2)
  for (; x < end; x += 32) {
    const u = f32x4.sub(v128.load(x), means)
    const v = f32x4.sub(v128.load(x, 16), means)
    even = f32x4.add(even, f32x4.mul(u, u))
    odd = f32x4.add(odd, f32x4.mul(v, v))
  }
  for (let left: i32 = columns & 7; left > 0; left -= 4) {
    const u = firstLanes(f32x4.sub(v128.load(x), means), left)
    even = f32x4.add(even, f32x4.mul(u, u))
    x += 16
  }
  return sumLanes(f32x4.add(even, odd))
}

/** Whether a variance is so large that rounding the mean to float32 does not change it. */
// @ts-ignore: decorator
@inline
export function outweighs(variance: f32, mean: f32): bool {
  return variance > mean * mean * 1e-6
}

/** The results of `moments`. */
export let exactMean: f64 = 0
export let exactVariance: f64 = 0

/**
 * Mean and variance in float64 of `count` numbers that are `step` bytes apart; if not centred, the mean counts as 0.
 * Distances are taken from the first number, and n times the square of their mean is subtracted from their squares:
 * that is at most n times what is left, so n roundings of float64 are lost, and none where all numbers are the same.
 */
export function moments(x: usize, step: usize, count: u32, centred: u32): void {
  const start = centred ? <f64>load<f32>(x) : 0
  let sum: f64 = 0
  let squares: f64 = 0
  for (let i: u32 = 0; i < count; i++) {
    const u = <f64>load<f32>(x) - start
    sum += u
    squares += u * u
    x += step
  }
  const shift = centred ? sum / <f64>count : 0
  exactMean = start + shift
  exactVariance = max(0, squares / <f64>count - shift * shift)
}

/** out[i] = Σⱼ x[j, i] over `rows` rows of `columns` numbers. */
export function sumRows(out: usize, x: usize, rows: u32, columns: u32): void {
  sumMiddle(out, x, 1, rows, columns)
}

/** One copy of the loops for all sums. */
function sumMiddle(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  if (length <= 4 * blockRows) alongMiddle(Opcode.Sum, out, x, outer, length, inner)
  else
    for (let o: u32 = 0; o < outer; o++) {
      totalRows(false, out, x, 0, 0, length, inner)
      out += inner << 2
      x += length * inner << 2
    }
}

/** A vector of what is added: x, or if they are to deviate (x − mean)², and where there is another (x − mean) · other. */
// @ts-ignore: decorator
@inline
function termOf(deviates: bool, at: usize, x: usize, other: usize, mean: usize): v128 {
  const v = v128.load(x + at)
  if (!deviates) return v
  const u = f32x4.sub(v, v128.load(mean))
  return f32x4.mul(u, other == 0 ? u : v128.load(other + at))
}

/** out[i] = Σⱼ of what `termOf` makes of x[j, i], other[j, i] and mean[i] over `rows` rows, one or more. */
// @ts-ignore: decorator
@inline
function totalRows(deviates: bool, out: usize, x: usize, other: usize, mean: usize, rows: u32, columns: u32): void {
  const row = columns << 2
  const zero = f64x2.splat(0)
  let i: u32 = 0
  // A cache line of each row at a time.
  for (; i + 16 <= columns; i += 16) {
    let low0 = zero
    let high0 = zero
    let low1 = zero
    let high1 = zero
    let low2 = zero
    let high2 = zero
    let low3 = zero
    let high3 = zero
    let at = i << 2
    const middle = mean + at
    let left = rows
    do {
      let count = min(blockRows, left)
      left -= count
      let t0 = zero
      let t1 = zero
      let t2 = zero
      let t3 = zero
      do {
        t0 = f32x4.add(t0, termOf(deviates, at, x, other, middle))
        t1 = f32x4.add(t1, termOf(deviates, at + 16, x, other, middle + 16))
        t2 = f32x4.add(t2, termOf(deviates, at + 32, x, other, middle + 32))
        t3 = f32x4.add(t3, termOf(deviates, at + 48, x, other, middle + 48))
        at += row
      } while (--count > 0)
      low0 = f64x2.add(low0, lowOf(t0))
      high0 = f64x2.add(high0, highOf(t0))
      low1 = f64x2.add(low1, lowOf(t1))
      high1 = f64x2.add(high1, highOf(t1))
      low2 = f64x2.add(low2, lowOf(t2))
      high2 = f64x2.add(high2, highOf(t2))
      low3 = f64x2.add(low3, lowOf(t3))
      high3 = f64x2.add(high3, highOf(t3))
    } while (left > 0)
    const to = out + (i << 2)
    v128.store(to, narrowed(low0, high0))
    v128.store(to, narrowed(low1, high1), 16)
    v128.store(to, narrowed(low2, high2), 32)
    v128.store(to, narrowed(low3, high3), 48)
  }
  for (; i < columns; i += 4) {
    let low = zero
    let high = zero
    let at = i << 2
    const middle = mean + at
    let left = rows
    do {
      let count = min(blockRows, left)
      left -= count
      let part = zero
      do {
        part = f32x4.add(part, termOf(deviates, at, x, other, middle))
        at += row
      } while (--count > 0)
      low = f64x2.add(low, lowOf(part))
      high = f64x2.add(high, highOf(part))
    } while (left > 0)
    storeLanes(out + (i << 2), narrowed(low, high), columns - i)
  }
}

/**
 * out[i] = Σⱼ (x[j, i] − mean[i])² over `rows` rows, one or more; with `other`, which is 0 where there is none, the sum of
 * (x[j, i] − mean[i]) · other[j, i].
 */
export function deviationsOfRows(out: usize, x: usize, other: usize, mean: usize, rows: u32, columns: u32): void {
  totalRows(true, out, x, other, mean, rows, columns)
}

// @ts-ignore: decorator
@inline
function combine(opcode: i32, a: v128, b: v128): v128 {
  if (opcode == Opcode.Max) return f32x4.max(a, b)
  if (opcode == Opcode.Min) return f32x4.min(a, b)
  if (opcode == Opcode.Prod) return f32x4.mul(a, b)
  if (opcode == Opcode.Sum) return f32x4.add(a, b)
  return unreachable()
}

/** The neutral element of the combination. */
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

/** out[o, i] = Σⱼ x[o, j, i], or the largest, … */
export function reduction(opcode: i32, out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
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

/** Apart from the other reductions, since means begin with it. */
export function sum(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  reduction(Opcode.Sum, out, x, outer, length, inner)
}

/** Sums, divided by `length`. */
export function mean(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  sum(out, x, outer, length, inner)
  const divisor = f32x4.splat(<f32>length)
  const end = out + (outer * inner << 2)
  for (; out < end; out += 16) v128.store(out, f32x4.div(v128.load(out), divisor))
}

// @ts-ignore: decorator
@inline
function squared(two: v128): v128 {
  return f64x2.mul(two, two)
}

/** Roots of sums of squares, in float64, where no square is too large or too small. */
export function norm(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
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
        s0 = f64x2.add(s0, squared(lowOf(v)))
        s1 = f64x2.add(s1, squared(highOf(v)))
        s2 = f64x2.add(s2, squared(lowOf(w)))
        s3 = f64x2.add(s3, squared(highOf(w)))
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
        s0 = f64x2.add(s0, squared(lowOf(v)))
        s1 = f64x2.add(s1, squared(highOf(v)))
        v = v128.load(at, 16)
        s2 = f64x2.add(s2, squared(lowOf(v)))
        s3 = f64x2.add(s3, squared(highOf(v)))
        v = v128.load(at, 32)
        s4 = f64x2.add(s4, squared(lowOf(v)))
        s5 = f64x2.add(s5, squared(highOf(v)))
        v = v128.load(at, 48)
        s6 = f64x2.add(s6, squared(lowOf(v)))
        s7 = f64x2.add(s7, squared(highOf(v)))
        at += row
      }
      const to = out + (i << 2)
      v128.store(to, narrowed(f64x2.sqrt(s0), f64x2.sqrt(s1)))
      v128.store(to, narrowed(f64x2.sqrt(s2), f64x2.sqrt(s3)), 16)
      v128.store(to, narrowed(f64x2.sqrt(s4), f64x2.sqrt(s5)), 32)
      v128.store(to, narrowed(f64x2.sqrt(s6), f64x2.sqrt(s7)), 48)
    }
    for (; i < inner; i += 4) {
      let low = zero
      let high = zero
      let at = x + (i << 2)
      for (let j: u32 = 0; j < length; j++) {
        const v = v128.load(at)
        low = f64x2.add(low, squared(lowOf(v)))
        high = f64x2.add(high, squared(highOf(v)))
        at += row
      }
      storeLanes(out + (i << 2), narrowed(f64x2.sqrt(low), f64x2.sqrt(high)), inner - i)
    }
    out += row
    x += length * row
  }
}

/** What `variance` makes of the squares of distances from a mean. */
// @ts-ignore: decorator
@inline
function spread(x: usize, step: usize, length: u32, mean: f32, squares: f32, share: f64, root: bool): f32 {
  let result = <f64>squares
  // Squares may also have been too large or too small for float32.
  if (!outweighs(squares / <f32>length, mean) || squares < 1e-30 || squares == Infinity) {
    moments(x, step, length, 1)
    result = exactVariance * <f64>length
  }
  result *= share
  return <f32>(root ? Math.sqrt(result) : result)
}

/**
 * Along the middle dimension, the sum of squared distances from the mean over the divisor, or the root of that.
 */
export function variance(
  out: usize, x: usize, means: usize, outer: u32, length: u32, inner: u32, divisor: f64, root: u32,
): void {
  const row = inner << 2
  const share = 1 / divisor
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      const mean = sumOf(x, length) / <f32>length
      store<f32>(out, spread(x, 4, length, mean, squaresOf(x, length, mean), share, root != 0))
    } else {
      sumMiddle(means, x, 1, length, inner)
      for (let i: u32 = 0; i < row; i += 4) store<f32>(means + i, load<f32>(means + i) / <f32>length)
      deviationsOfRows(out, x, 0, means, length, inner)
      for (let i: u32 = 0; i < row; i += 4)
        store<f32>(out + i, spread(x + i, row, length, load<f32>(means + i), load<f32>(out + i), share, root != 0))
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

/** out[o, j, i] = Σ x[o, k, i] over k ≤ j, or over k ≥ j. */
export function cumulativeSum(out: usize, x: usize, outer: u32, length: u32, inner: u32, reverse: u32): void {
  const row: isize = inner << 2
  const step = reverse ? -row : row
  const first = reverse ? (length - 1) * row : 0
  for (let o: u32 = 0; o < outer; o++) {
    if (inner == 1) {
      let total: f64 = 0
      let at = first
      for (let left = length; left > 0; ) {
        const before = <f32>total
        let part: f32 = 0
        let count = min(blockRows, left)
        left -= count
        do {
          part += load<f32>(x + at)
          store<f32>(out + at, before + part)
          at += step
        } while (--count > 0)
        total += <f64>part
      }
    } else
      for (let i: u32 = 0; i < inner; i += 4) {
        let low = f64x2.splat(0)
        let high = low
        let at = first + (i << 2)
        for (let left = length; left > 0; ) {
          const before = narrowed(low, high)
          let total = f32x4.splat(0)
          let count = min(blockRows, left)
          left -= count
          do {
            total = f32x4.add(total, v128.load(x + at))
            storeLanes(out + at, f32x4.add(before, total), inner - i)
            at += step
          } while (--count > 0)
          low = f64x2.add(low, lowOf(total))
          high = f64x2.add(high, highOf(total))
        }
      }
    out += length * row
    x += length * row
  }
}

/** out[r, j] = Π x[r, k] over k ≠ j: what is before j times what is behind it. */
export function productOfOthers(out: usize, x: usize, rows: u32, columns: u32): void {
  const bytes = columns << 2
  for (let row: u32 = 0; row < rows; row++) {
    let before: f64 = 1
    for (let j: u32 = 0; j < bytes; j += 4) {
      store<f32>(out + j, <f32>before)
      before *= <f64>load<f32>(x + j)
    }
    let behind: f64 = 1
    for (let j = bytes; j > 0; j -= 4) {
      store<f32>(out + j - 4, <f32>(<f64>load<f32>(out + j - 4) * behind))
      behind *= <f64>load<f32>(x + j - 4)
    }
    out += bytes
    x += bytes
  }
}

/** The position of the largest, the first of equal ones; of a NaN if there is one. */
export function argMax(out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
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

/** The first position of a row's largest number, or of a NaN. */
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
