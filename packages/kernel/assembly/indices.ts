// Picks rows by index, adds to rows by index. What returns a flag says whether every index is whole and inside the
// limit, and stops at the first that is not: then nothing outside of the arrays has been touched.
import { copyRow } from './copy'

/** What `indexAt` returns for a number that is not an index. */
export const none: u32 = 0xffffffff

// @ts-ignore: decorator
@inline
export function indexAt(at: usize, limit: u32): u32 {
  const value = load<f32>(at)
  const index = <i32>value
  return <f32>index == value && <u32>index < limit ? <u32>index : none
}

/** The four indices at an address, in bytes from the first element. */
// @ts-ignore: decorator
@inline
function offsetsAt(at: usize): v128 {
  return i32x4.shl(i32x4.trunc_sat_f32x4_s(v128.load(at)), 2)
}

/** Whether `indexAt` would find all four. */
// @ts-ignore: decorator
@inline
function allInside(at: usize, limit: u32): bool {
  const values = v128.load(at)
  const indices = i32x4.trunc_sat_f32x4_s(values)
  const whole = f32x4.eq(f32x4.convert_i32x4_s(indices), values)
  return i32x4.all_true(v128.and(whole, i32x4.lt_u(indices, i32x4.splat(limit))))
}

/** out[o, i, …] = table[o, indices[i], …]. */
export function gather(out: usize, table: usize, indices: usize, count: u32, limit: u32, outer: u32, inner: u32): bool {
  const end = indices + (count << 2)
  const bytes = inner << 2
  for (let o: u32 = 0; o < outer; o++) {
    let at = indices
    if (bytes == 4)
      for (; at + 16 <= end; at += 16) {
        if (!allInside(at, limit)) return false
        const offsets = offsetsAt(at)
        store<f32>(out, load<f32>(table + i32x4.extract_lane(offsets, 0)))
        store<f32>(out, load<f32>(table + i32x4.extract_lane(offsets, 1)), 4)
        store<f32>(out, load<f32>(table + i32x4.extract_lane(offsets, 2)), 8)
        store<f32>(out, load<f32>(table + i32x4.extract_lane(offsets, 3)), 12)
        out += 16
      }
    for (; at < end; at += 4) {
      const index = indexAt(at, limit)
      if (index == none) return false
      copyRow(out, table + index * bytes, bytes)
      out += bytes
    }
    table += limit * bytes
  }
  return true
}

/**
 * out is 0 except out[o, indices[i], …] += x[o, i, …], in the order of i, so that the bits do not depend on how rows
 * repeat. Only `places` rows of out, from `firstPlace` on, are written.
 */
export function scatterAdd(
  out: usize, x: usize, indices: usize, count: u32, limit: u32, outer: u32, inner: u32, firstPlace: u32, places: u32,
): bool {
  const end = indices + (count << 2)
  const bytes = inner << 2
  memory.fill(out, 0, outer * places * bytes)
  for (let o: u32 = 0; o < outer; o++) {
    let at = indices
    if (bytes == 4 && places == limit)
      for (; at + 16 <= end; at += 16) {
        if (!allInside(at, limit)) return false
        const offsets = offsetsAt(at)
        addNumber(out + i32x4.extract_lane(offsets, 0), x)
        addNumber(out + i32x4.extract_lane(offsets, 1), x + 4)
        addNumber(out + i32x4.extract_lane(offsets, 2), x + 8)
        addNumber(out + i32x4.extract_lane(offsets, 3), x + 12)
        x += 16
      }
    for (; at < end; at += 4) {
      const index = indexAt(at, limit)
      if (index == none) return false
      const place = index - firstPlace
      if (place < places) addRow(out + place * bytes, x, bytes)
      x += bytes
    }
    out += places * bytes
  }
  return true
}

// @ts-ignore: decorator
@inline
function addRow(out: usize, x: usize, bytes: u32): void {
  const end = out + bytes
  for (const whole = out + (bytes & ~15); out < whole; out += 16) {
    v128.store(out, f32x4.add(v128.load(out), v128.load(x)))
    x += 16
  }
  for (; out < end; out += 4) {
    addNumber(out, x)
    x += 4
  }
}

// @ts-ignore: decorator
@inline
function addNumber(out: usize, x: usize): void {
  store<f32>(out, load<f32>(out) + load<f32>(x))
}

/** Row i of out is 0 except for a 1 at x[i], if that is an index into it. */
export function oneHot(out: usize, x: usize, rows: u32, depth: u32): void {
  memory.fill(out, 0, rows * depth << 2)
  for (let at = x; at < x + (rows << 2); at += 4) {
    const place = indexAt(at, depth)
    if (place != none) store<f32>(out + (place << 2), 1)
    out += depth << 2
  }
}
