// Random numbers without state: each depends on seed, key, purpose and its index alone, and is the number that
// core's random.ts gives in float64, rounded.
import { Dropout, Random, RandomNormal, RandomUniform } from './opcodes'

/** Bytes of one draw: sixteen words, of four blocks of Philox. */
export const drawnBytes: usize = 64
/** On lines of the cache of its own: one thread writes there while others read constants. */
let drawn: usize = memory.data(64 + 64 + 64, 16) + 64

/** Every thread draws into memory of its own. */
export function moveDrawn(to: usize): void {
  drawn = to
}

/** The number of the block with which an instruction that draws numbers begins. */
// @ts-ignore: decorator
@inline
function firstBlock(pc: usize): u32 {
  return load<u32>(pc, Random.firstIndex) >>> 2
}

// @ts-ignore: decorator
@inline
function keyWord(key: usize): u32 {
  return <u32>i32x4.extract_lane(i32x4.trunc_sat_f32x4_u(v128.load32_splat(key)), 0)
}

/** Its two multipliers and what is added to the two words of its key; from memory V8 loads them before the rounds. */
const philox: usize = memory.data<u32>([0xd2511f53, 0xcd9e8d57, 0x9e3779b9, 0xbb67ae85])

/**
 * Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011) of four blocks side by side: the random bits of sixteen indices
 * from 4 · `first` on.
 */
function draw(pc: usize, first: u32, attempt: u32): void {
  const key = load<u32>(pc, Random.key)
  const multiplier0 = v128.load32_splat(philox)
  const multiplier1 = v128.load32_splat(philox, 4)
  const step0 = v128.load32_splat(philox, 8)
  const step1 = v128.load32_splat(philox, 12)
  let k0 = v128.load32_splat(pc, Random.seedLow)
  let k1 = v128.load32_splat(pc, Random.seedHigh)
  let a = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3))
  let b = i32x4.splat(keyWord(key))
  let c = v128.load32_splat(pc, Random.purpose)
  let d = i32x4.splat(keyWord(key + 4) + (attempt << 24))
  let round = 0
  do {
    const a01 = i64x2.extmul_low_i32x4_u(a, multiplier0)
    const a23 = i64x2.extmul_high_i32x4_u(a, multiplier0)
    const c01 = i64x2.extmul_low_i32x4_u(c, multiplier1)
    const c23 = i64x2.extmul_high_i32x4_u(c, multiplier1)
    a = v128.xor(v128.xor(v128.shuffle<i32>(c01, c23, 1, 3, 5, 7), b), k0)
    b = v128.shuffle<i32>(c01, c23, 0, 2, 4, 6)
    c = v128.xor(v128.xor(v128.shuffle<i32>(a01, a23, 1, 3, 5, 7), d), k1)
    d = v128.shuffle<i32>(a01, a23, 0, 2, 4, 6)
    k0 = i32x4.add(k0, step0)
    k1 = i32x4.add(k1, step1)
    round++
  } while (round < 10)
  // A 4 × 4 transpose: the four words of a block become neighbours.
  const ab01 = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const ab23 = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cd01 = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const cd23 = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(drawn, v128.shuffle<i64>(ab01, cd01, 0, 2))
  v128.store(drawn, v128.shuffle<i64>(ab01, cd01, 1, 3), 16)
  v128.store(drawn, v128.shuffle<i64>(ab23, cd23, 0, 2), 32)
  v128.store(drawn, v128.shuffle<i64>(ab23, cd23, 1, 3), 48)
}

export function randomUniform(pc: usize, out: usize, size: u32, low: f64, range: f64): void {
  const end = out + (size << 2)
  const lows = f64x2.splat(low)
  const ranges = f64x2.splat(range)
  for (let block = firstBlock(pc); out < end; block += 4) {
    draw(pc, block, 0)
    for (let at: usize = 0; at < 64 && out < end; at += 16) {
      // The upper 24 bits, as a multiple of 2⁻²⁴.
      const whole = i32x4.shr_u(v128.load(drawn + at), 8)
      const unit = f32x4.mul(f32x4.convert_i32x4_s(whole), f32x4.splat(5.9604644775390625e-8))
      const first = f64x2.promote_low_f32x4(unit)
      const second = f64x2.promote_low_f32x4(v128.shuffle<i64>(unit, unit, 1, 1))
      v128.store(
        out,
        v128.shuffle<i64>(
          f32x4.demote_f64x2_zero(f64x2.add(lows, f64x2.mul(ranges, first))),
          f32x4.demote_f64x2_zero(f64x2.add(lows, f64x2.mul(ranges, second))),
          0,
          2,
        ),
      )
      out += 16
    }
  }
}

export function randomNormal(pc: usize, out: usize, size: u32): void {
  const end = out + (size << 2)
  const from = f64x2.splat(load<f64>(pc, RandomNormal.from))
  const range = f64x2.splat(load<f64>(pc, RandomNormal.range))
  const mean = f64x2.splat(load<f64>(pc, RandomNormal.mean))
  const deviation = f64x2.splat(load<f64>(pc, RandomNormal.deviation))
  for (let block = firstBlock(pc); out < end; block += 4) {
    draw(pc, block, 0)
    for (let at: usize = 0; at < 64 && out < end; at += 8) {
      const bits = f64x2.convert_low_i32x4_u(v128.load64_zero(drawn + at))
      const unit = f64x2.mul(f64x2.add(bits, f64x2.splat(0.5)), f64x2.splat(2.3283064365386963e-10))
      const z = quantiles(f64x2.add(from, f64x2.mul(range, unit)))
      const y = f32x4.demote_f64x2_zero(f64x2.add(mean, f64x2.mul(deviation, z)))
      v128.store64_lane(out, y, 0)
      out += 8
    }
  }
}

/**
 * The numbers under which shares `p` of the normal distribution lie: algorithm AS 241 of Wichura (1988), operation by
 * operation as core's `normalQuantile`. Here is the middle part of the distribution, that of 85 % of all numbers.
 */
// @ts-ignore: decorator
@inline
function quantiles(p: v128): v128 {
  const q = f64x2.sub(p, f64x2.splat(0.5))
  const r = f64x2.sub(f64x2.splat(0.180625), f64x2.mul(q, q))
  let y = f64x2.splat(2509.0809287301227)
  y = f64x2.add(f64x2.mul(y, r), f64x2.splat(33430.57558358813))
  y = f64x2.add(f64x2.mul(y, r), f64x2.splat(67265.7709270087))
  y = f64x2.add(f64x2.mul(y, r), f64x2.splat(45921.95393154987))
  y = f64x2.add(f64x2.mul(y, r), f64x2.splat(13731.69376550946))
  y = f64x2.add(f64x2.mul(y, r), f64x2.splat(1971.5909503065513))
  y = f64x2.add(f64x2.mul(y, r), f64x2.splat(133.14166789178438))
  y = f64x2.add(f64x2.mul(y, r), f64x2.splat(3.3871328727963665))
  let d = f64x2.splat(5226.495278852854)
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(28729.085735721943))
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(39307.89580009271))
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(21213.794301586597))
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(5394.196021424751))
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(687.1870074920579))
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(42.31333070160091))
  d = f64x2.add(f64x2.mul(d, r), f64x2.splat(1))
  let z = f64x2.div(f64x2.mul(q, y), d)
  const outer = f64x2.gt(f64x2.abs(q), f64x2.splat(0.425))
  if (v128.any_true(outer)) {
    if (i64x2.extract_lane(outer, 0) != 0)
      z = f64x2.replace_lane(z, 0, outerQuantile(f64x2.extract_lane(p, 0), f64x2.extract_lane(q, 0)))
    if (i64x2.extract_lane(outer, 1) != 0)
      z = f64x2.replace_lane(z, 1, outerQuantile(f64x2.extract_lane(p, 1), f64x2.extract_lane(q, 1)))
  }
  return z
}

// Wichura's coefficients for shares nearer to 0 or 1, eight each, highest power first.
const shoulder: usize = memory.data<f64>([
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
])
const shoulderDivisor: usize = memory.data<f64>([
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1.0,
])
const tail: usize = memory.data<f64>([
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
  0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
])
const tailDivisor: usize = memory.data<f64>([
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
  0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1.0,
])

function polynomial(coefficients: usize, x: f64): f64 {
  let sum = load<f64>(coefficients)
  for (let at = coefficients + 8; at < coefficients + 64; at += 8) sum = sum * x + load<f64>(at)
  return sum
}

function outerQuantile(p: f64, q: f64): f64 {
  const r = sqrt(-logarithm(q < 0 ? p : 1 - p))
  const x =
    r <= 5
      ? polynomial(shoulder, r - 1.6) / polynomial(shoulderDivisor, r - 1.6)
      : polynomial(tail, r - 5) / polynomial(tailDivisor, r - 5)
  return q < 0 ? -x : x
}

/** Natural logarithm of a number in (0, 1), operation by operation as in core's random.ts. */
function logarithm(x: f64): f64 {
  let exponent: f64 = 0
  while (x < 0.7071067811865476) {
    x *= 2
    exponent -= 1
  }
  const s = (x - 1) / (x + 1)
  const square = s * s
  let series: f64 = 1.0 / 21
  series = series * square + 1.0 / 19
  series = series * square + 1.0 / 17
  series = series * square + 1.0 / 15
  series = series * square + 1.0 / 13
  series = series * square + 1.0 / 11
  series = series * square + 1.0 / 9
  series = series * square + 1.0 / 7
  series = series * square + 1.0 / 5
  series = series * square + 1.0 / 3
  series = series * square + 1
  return 2 * s * series + exponent * 0.6931471805599453
}

/** Fisher-Yates (Durstenfeld 1964). */
export function randomPermutation(pc: usize, out: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) store<f32>(out + (i << 2), <f32>i)
  let there: u32 = 0xffffffff
  for (let last = size - 1; last > 0; last--) {
    // The last numbers that do not fill a whole round of `below` would favour small results.
    const below = <u64>last + 1
    const limit = <u64>0x100000000 - (<u64>0x100000000 % below)
    const block = (last >>> 4) << 2
    if (block != there) draw(pc, block, 0)
    there = block
    let bits = load<u32>(drawn + ((last & 15) << 2))
    for (let attempt: u32 = 1; <u64>bits >= limit; attempt++) {
      draw(pc, block, attempt)
      bits = load<u32>(drawn + ((last & 15) << 2))
      there = 0xffffffff
    }
    const a = out + (last << 2)
    const b = out + (<u32>(<u64>bits % below) << 2)
    const moved = load<f32>(a)
    store<f32>(a, load<f32>(b))
    store<f32>(b, moved)
  }
}

export function dropout(pc: usize, out: usize, size: u32, x: usize): void {
  const end = out + (size << 2)
  const threshold = v128.load32_splat(pc, Dropout.threshold)
  const scale = v128.load32_splat(pc, Dropout.scale)
  for (let block = firstBlock(pc); out < end; block += 4) {
    draw(pc, block, 0)
    for (let at: usize = 0; at < 64 && out < end; at += 16) {
      const stays = i32x4.ge_s(i32x4.shr_u(v128.load(drawn + at), 8), threshold)
      v128.store(out, v128.and(f32x4.mul(v128.load(x), scale), stays))
      out += 16
      x += 16
    }
  }
}
