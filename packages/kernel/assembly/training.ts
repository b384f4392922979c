// What a training step does besides computing: gathers its rows, records its loss, and prepares gradients for the update
// of the parameters, which is in optimizers.ts.
import { Record } from './opcodes'

export function gatherRows(out: usize, table: usize, order: usize, cursor: usize, rows: u32, columns: u32): void {
  let at = order + (load<u32>(cursor) << 2)
  const bytes = columns << 2
  for (let row: u32 = 0; row < rows; row++) {
    memory.copy(out, table + load<u32>(at) * bytes, bytes)
    out += bytes
    at += 4
  }
}

export function nextBatch(cursor: usize, rows: u32): void {
  const next = load<u32>(cursor) + rows
  store<u32>(cursor, next == load<u32>(cursor, 4) ? 0 : next)
}

export function nextKey(key: usize): void {
  const low = load<f32>(key) + 1
  if (low < 16777216) store<f32>(key, low)
  else {
    store<f32>(key, 0)
    store<f32>(key, load<f32>(key, 4) + 1, 4)
  }
}

export function watch(value: usize, history: usize, status: usize): void {
  store<f32>(history + (load<u32>(status) << 2), load<f32>(value))
}

/**
 * Returns whether value and gradients are finite: the sum of them all tells, except for overflow and what lies between
 * the arrays.
 */
export function record(pc: usize, value: usize, history: usize, status: usize, arrays: usize, pieces: u32): bool {
  const loss = load<f32>(value)
  const steps = load<u32>(status)
  store<f32>(history + (steps << 2), loss)
  store<u32>(status, steps + 1)
  let s0 = f32x4.splat(loss)
  let s1 = f32x4.splat(0)
  let s2 = s1
  let s3 = s1
  let piece = pc + Record.layout
  for (const end = piece + (pieces << 3); piece < end; piece += 8) {
    let at: usize = load<u32>(piece)
    const end = load<u32>(piece, 4)
    for (; at + 64 <= end; at += 64) {
      s0 = f32x4.add(s0, v128.load(at))
      s1 = f32x4.add(s1, v128.load(at, 16))
      s2 = f32x4.add(s2, v128.load(at, 32))
      s3 = f32x4.add(s3, v128.load(at, 48))
    }
    for (; at < end; at += 16) s0 = f32x4.add(s0, v128.load(at))
  }
  s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3))
  // 0 for what is finite, NaN for what is not.
  return !v128.any_true(f32x4.sub(s0, s0)) || (loss - loss == 0 && areFinite(arrays))
}

/** Whether arrays are finite. `table`: how many there are, and for each its address and size. */
function areFinite(table: usize): bool {
  const end = table + 4 + (load<u32>(table) << 3)
  for (let entry = table + 4; entry < end; entry += 8) {
    let at: usize = load<u32>(entry)
    const end = at + (load<u32>(entry, 4) << 2)
    for (; at < end; at += 4) if (load<f32>(at) - load<f32>(at) != 0) return false
  }
  return true
}

export function nextRate(settings: usize, rates: usize, cursor: usize, factor: usize): void {
  const at = load<u32>(cursor)
  store<f64>(settings, load<f64>(rates + (at << 3)) * load<f64>(factor))
  store<u32>(cursor, at + 1)
}

export function accumulate(
  gradients: usize, sums: usize, group: usize, weight: usize, mean: u32, size: u32,
): void {
  const bytes = size << 2
  const first = load<u32>(group) == 0
  const last = load<u32>(group) + 1 == load<u32>(group, 4)
  const own = v128.load32_splat(weight)
  let share = f32x4.splat(1)
  if (last && mean != 0) {
    const total = load<f64>(group, 8) + <f64>load<f32>(weight)
    // Where nothing counts all gradients are 0.
    if (total > 0) share = f32x4.splat(<f32>(1 / total))
  }
  for (let i: u32 = 0; i < bytes; i += 16) {
    let sum = f32x4.mul(own, v128.load(gradients + i))
    if (!first) sum = f32x4.add(v128.load(sums + i), sum)
    if (last) v128.store(gradients + i, f32x4.mul(share, sum))
    else v128.store(sums + i, sum)
  }
}

/** Returns whether the micro-batch was the last before an update. */
export function updateEvery(group: usize, weight: usize): bool {
  const next = load<u32>(group) + 1
  const last = next == load<u32>(group, 4)
  store<u32>(group, last ? 0 : next)
  store<f64>(group, last ? 0 : load<f64>(group, 8) + <f64>load<f32>(weight), 8)
  return last
}

/** Sums in float64, where the square of no float32 is infinite. */
export function squaredNorm(out: usize, x: usize, size: u32): void {
  const bytes = size << 2
  const whole = bytes & ~15
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  for (let i: u32 = 0; i < whole; i += 16) {
    const four = v128.load(x + i)
    const two = f64x2.promote_low_f32x4(four)
    const others = f64x2.promote_low_f32x4(i8x16.shuffle(four, four, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7))
    low = f64x2.add(low, f64x2.mul(two, two))
    high = f64x2.add(high, f64x2.mul(others, others))
  }
  const both = f64x2.add(low, high)
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1)
  for (let i = whole; i < bytes; i += 4) {
    const value = <f64>load<f32>(x + i)
    sum += value * value
  }
  store<f64>(out, sum)
}

/**
 * The root of the sum of `count` squared norms is a norm; where it is above the limit, gradients are scaled by
 * limit / norm.
 */
export function clipByNorm(gradients: usize, squares: usize, count: u32, limit: usize, size: u32): void {
  const most = load<f64>(limit)
  const bytes = size << 2
  let sum: f64 = 0
  for (let i: u32 = 0; i < count; i++) sum += load<f64>(squares + (i << 3))
  const norm = Math.sqrt(sum)
  if (norm <= most) return
  const scale = f32x4.splat(<f32>(most / norm))
  for (let i: u32 = 0; i < bytes; i += 16)
    v128.store(gradients + i, f32x4.mul(scale, v128.load(gradients + i)))
}

/** Clips each gradient to [−limit, limit]. What is not finite becomes NaN, as it does in a clipped norm. */
export function clipByValue(gradients: usize, limit: usize, size: u32): void {
  const most = f32x4.splat(<f32>load<f64>(limit))
  const bytes = size << 2
  const least = f32x4.neg(most)
  for (let i: u32 = 0; i < bytes; i += 16) {
    const g = v128.load(gradients + i)
    v128.store(gradients + i, f32x4.add(f32x4.min(most, f32x4.max(least, g)), f32x4.sub(g, g)))
  }
}

export function average(averages: usize, parameters: usize, decay: usize, size: u32): void {
  const take = f32x4.splat(<f32>(1 - load<f64>(decay)))
  const bytes = size << 2
  for (let i: u32 = 0; i < bytes; i += 16) {
    const a = v128.load(averages + i)
    const step = f32x4.mul(take, f32x4.sub(v128.load(parameters + i), a))
    v128.store(averages + i, f32x4.add(a, step))
  }
}
