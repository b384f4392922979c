// Sine, cosine and atan2, for every finite number.

/** 2/π = 0.A2F983… in words of 32 bits, as many as the largest float32 needs. */
const twoOverPi = memory.data<u32>([
  0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
])

/** Beyond this a float64 holds too little of x · 2/π. */
const largestShort: f32 = 4194304

/** The `count` (up to 32) bits of 2/π from `bit` on; `bit` may be negative, where there are zeros. */
function bitsOfTwoOverPi(bit: i32): u64 {
  const word = bit >> 5
  const shift = bit & 31
  const high: u64 = word < 0 ? 0 : load<u32>(twoOverPi + (word << 2))
  const low: u64 = load<u32>(twoOverPi + ((word + 1) << 2))
  return (((high << 32) | low) >> (32 - shift)) & 0xffffffff
}

/**
 * x · 2/π modulo 4 in units of 2⁻⁶², for x that is large: x = m · 2ᵉ with integer m, and only those 96 bits of 2/π matter
 * that contribute less than a whole turn (Payne and Hanek 1983).
 */
function turn(x: f32): u64 {
  const bits = reinterpret<u32>(x)
  const m: u64 = (bits & 0x007fffff) | 0x00800000
  const first = <i32>((bits >> 23) & 0xff) - 150 - 2
  const product =
    ((m * bitsOfTwoOverPi(first)) << 32) +
    m * bitsOfTwoOverPi(first + 32) +
    ((m * bitsOfTwoOverPi(first + 64)) >> 32)
  return <i32>bits < 0 ? 0 - product : product
}

// @ts-ignore: decorator
@inline
function quarterTurns(x: v128): v128 {
  return f64x2.nearest(f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.splat(0.6366197723675814)))
}

// @ts-ignore: decorator
@inline
function beyond(x: v128, n: v128): v128 {
  const r = f64x2.sub(f64x2.promote_low_f32x4(x), f64x2.mul(n, f64x2.splat(1.570796325802803)))
  return f32x4.demote_f64x2_zero(f64x2.sub(r, f64x2.mul(n, f64x2.splat(9.920935796805404e-10))))
}

// @ts-ignore: decorator
@inline
function quarterOf(turn: u64): i32 {
  return <i32>((turn + 0x2000000000000000) >> 62)
}

// @ts-ignore: decorator
@inline
function restOf(turn: u64): f32 {
  return <f32>(<f64>(<i64>(turn - ((<u64>quarterOf(turn)) << 62))) * 3.4061215800865545e-19)
}

/** sin r for |r| ≤ π/4, its Taylor polynomial of degree 9 (remainder 2⁻²⁸). */
// @ts-ignore: decorator
@inline
function sine(r: v128, z: v128): v128 {
  let p = f32x4.splat(2.7557319e-6)
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-1.984127e-4))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(8.3333333e-3))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-1.6666667e-1))
  return f32x4.add(r, f32x4.mul(f32x4.mul(p, z), r))
}

/** cos r for |r| ≤ π/4, its Taylor polynomial of degree 10 (remainder 2⁻³³). */
// @ts-ignore: decorator
@inline
function cosine(z: v128): v128 {
  let p = f32x4.splat(-2.7557319e-7)
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(2.4801587e-5))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-1.3888889e-3))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(4.1666668e-2))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.5))
  return f32x4.add(f32x4.splat(1), f32x4.mul(p, z))
}

/**
 * sin(x + quarters · π/2): x less the nearest multiple n of π/2, of which four make a turn. In float64 with π/2 in two
 * parts, the larger short enough that n times it is exact (Cody and Waite); lanes beyond 2²² one by one.
 */
function sineFrom(x: v128, quarters: i32): v128 {
  const bounded = v128.and(x, f32x4.lt(f32x4.abs(x), f32x4.splat(largestShort)))
  const high = v128.shuffle<f32>(bounded, bounded, 2, 3, 2, 3)
  const nLow = quarterTurns(bounded)
  const nHigh = quarterTurns(high)
  let n = v128.shuffle<f32>(i32x4.trunc_sat_f64x2_s_zero(nLow), i32x4.trunc_sat_f64x2_s_zero(nHigh), 0, 1, 4, 5)
  let r = v128.shuffle<f32>(beyond(bounded, nLow), beyond(high, nHigh), 0, 1, 4, 5)
  if (v128.any_true(v128.xor(x, bounded))) {
    const mask = i32x4.bitmask(f32x4.ge(f32x4.abs(x), f32x4.splat(largestShort)))
    if (mask & 1) {
      const t = turn(f32x4.extract_lane(x, 0))
      n = i32x4.replace_lane(n, 0, quarterOf(t))
      r = f32x4.replace_lane(r, 0, restOf(t))
    }
    if (mask & 2) {
      const t = turn(f32x4.extract_lane(x, 1))
      n = i32x4.replace_lane(n, 1, quarterOf(t))
      r = f32x4.replace_lane(r, 1, restOf(t))
    }
    if (mask & 4) {
      const t = turn(f32x4.extract_lane(x, 2))
      n = i32x4.replace_lane(n, 2, quarterOf(t))
      r = f32x4.replace_lane(r, 2, restOf(t))
    }
    if (mask & 8) {
      const t = turn(f32x4.extract_lane(x, 3))
      n = i32x4.replace_lane(n, 3, quarterOf(t))
      r = f32x4.replace_lane(r, 3, restOf(t))
    }
    // Infinity and NaN have no sine.
    r = v128.bitselect(r, f32x4.splat(NaN), f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity)))
  }
  // By n modulo 4 it is sin r, cos r, −sin r, −cos r.
  n = i32x4.add(n, i32x4.splat(quarters))
  const z = f32x4.mul(r, r)
  const odd = i32x4.eq(v128.and(n, i32x4.splat(1)), i32x4.splat(1))
  const y = v128.bitselect(cosine(z), sine(r, z), odd)
  return v128.xor(y, i32x4.shl(v128.and(n, i32x4.splat(2)), 30))
}

export function sin(x: v128): v128 {
  // The reduction turns −0 into 0.
  return v128.bitselect(x, sineFrom(x, 0), f32x4.eq(x, f32x4.splat(0)))
}

export function cos(x: v128): v128 {
  return sineFrom(x, 1)
}

/**
 * Angle of the point (x, y) from −π to π. The smaller over the larger coordinate, t ≤ 1, gives artan t, an odd
 * polynomial fitted to 2⁻²⁸·⁵; the octant does the rest. Signed zeros and infinities as in IEEE 754.
 */
export function atan2(y: v128, x: v128): v128 {
  const ax = f32x4.abs(x)
  const ay = f32x4.abs(y)
  const larger = f32x4.max(ax, ay)
  let t = f32x4.div(f32x4.min(ax, ay), larger)
  t = v128.bitselect(f32x4.splat(0), t, f32x4.eq(larger, f32x4.splat(0)))
  const both = v128.and(f32x4.eq(ax, f32x4.splat(Infinity)), f32x4.eq(ay, f32x4.splat(Infinity)))
  t = v128.bitselect(f32x4.splat(1), t, both)
  const z = f32x4.mul(t, t)
  let p = f32x4.splat(-0.00179362231)
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.0109146087))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.0311778518))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.0579576))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.0840345074))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.109521859))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.142642417))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.199985483))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.333332991))
  let angle = f32x4.add(t, f32x4.mul(f32x4.mul(p, z), t))
  angle = v128.bitselect(f32x4.sub(f32x4.splat(1.57079633), angle), angle, f32x4.gt(ay, ax))
  angle = v128.bitselect(f32x4.sub(f32x4.splat(3.14159265), angle), angle, i32x4.lt_s(x, i32x4.splat(0)))
  return v128.bitselect(angle, y, i32x4.splat(0x7fffffff))
}
