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
  alongMiddle(Opcode.Sum, out, x, 1, rows, columns)
}

// @ts-ignore: decorator
@inline
function combine(opcode: i32, a: v128, b: v128): v128 {
  if (opcode == Opcode.Max) return f32x4.max(a, b)
  if (opcode == Opcode.Min) return f32x4.min(a, b)
  return f32x4.add(a, b)
}

/** Operands: out, x, outer, length, inner: out[o, i] = Σⱼ x[o, j, i], or the mean, the largest, the smallest. */
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
      let total: f32 = 0
      if (opcode == Opcode.Sum) total = sumOf(x, length)
      else if (opcode == Opcode.Mean) total = sumOf(x, length) / <f32>length
      else {
        let best = v128.load32_splat(x)
        for (let j: u32 = 1; j < length; j++) best = combine(opcode, best, v128.load32_splat(x + (j << 2)))
        total = f32x4.extract_lane(best, 0)
      }
      store<f32>(out, total)
      out += 4
      x += length << 2
    }
    return
  }
  alongMiddle(opcode, out, x, outer, length, inner)
}

// @ts-ignore: decorator
@inline
function alongMiddle(opcode: i32, out: usize, x: usize, outer: u32, length: u32, inner: u32): void {
  const row = inner << 2
  const divisor = f32x4.splat(<f32>length)
  const start = f32x4.splat(opcode == Opcode.Max ? -Infinity : opcode == Opcode.Min ? Infinity : 0)
  for (let o: u32 = 0; o < outer; o++) {
    for (let i: u32 = 0; i < inner; i += 4) {
      let total = start
      let at = x + (i << 2)
      for (let j: u32 = 0; j < length; j++) {
        total = combine(opcode, total, v128.load(at))
        at += row
      }
      if (opcode == Opcode.Mean) total = f32x4.div(total, divisor)
      storeLanes(out + (i << 2), total, inner - i)
    }
    out += row
    x += length * row
  }
}

/** Operands as for `reduce`: the position of the largest, the first at a tie; of a NaN if there is one. */
export function argMax(pc: usize): void {
  let out = load<u32>(pc, 4)
  let x = load<u32>(pc, 8)
  const outer = load<u32>(pc, 12)
  const length = load<u32>(pc, 16)
  const inner = load<u32>(pc, 20)
  for (let o: u32 = 0; o < outer; o++) {
    for (let i: u32 = 0; i < inner; i++) {
      let best: f32 = load<f32>(x + (i << 2))
      let position: u32 = 0
      for (let j: u32 = 1; j < length; j++) {
        const value = load<f32>(x + ((j * inner + i) << 2))
        if (value > best || (value != value && best == best)) {
          best = value
          position = j
        }
      }
      store<f32>(out, <f32>position)
      out += 4
    }
    x += (length * inner) << 2
  }
}
