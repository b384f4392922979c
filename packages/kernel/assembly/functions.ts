// Exponential, logarithm and functions of them, four lanes at a time, bit-identical on every engine.

// In short code without a loop the engine takes four instructions to build a vector of a constant, and one to load it:
// constants of functions that small networks use are in memory.
const constants: usize = memory.data<f32>([
  89, -104, 1.44269504, 12582912, 0.693359375, -2.12194440e-4,
  0.5, 1.6666667e-1, 4.1666668e-2, 8.3333333e-3, 1.3888889e-3, 1.9841270e-4,
  1, 2, 0.6666667, 0.4, 0.2857143, 0.22222222, 0.18181819, 0.15384616, 0.13333334,
])

/** Names of the constants, in order. */
const enum Constant {
  Highest, Lowest, Log2E, Shift, Ln2High, Ln2Low,
  Half, Sixth, Over24, Over120, Over720, Over5040,
  One, Two, TwoOver3, TwoOver5, TwoOver7, TwoOver9, TwoOver11, TwoOver13, TwoOver15,
}

// @ts-ignore: decorator
@inline
function constant(name: Constant): v128 {
  return v128.load32_splat(constants + (<usize>name << 2))
}

/** x / ln 2, rounded to an integer that is in the low bits, since 1.5 · 2²³ was added. */
// @ts-ignore: decorator
@inline
function shiftedQuotient(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, constant(Constant.Log2E)), constant(Constant.Shift))
}

/** The integer n in it, as a float and as an integer. */
// @ts-ignore: decorator
@inline
function wholeFloat(shifted: v128): v128 {
  return f32x4.sub(shifted, constant(Constant.Shift))
}
// @ts-ignore: decorator
@inline
function wholeInteger(shifted: v128): v128 {
  return i32x4.sub(shifted, i32x4.splat(0x4b400000))
}

/**
 * x − n · ln 2. ln 2 is split in two, the larger part with trailing zeros, so that n times it is exact (Cody and
 * Waite, Software Manual for the Elementary Functions, 1980).
 */
// @ts-ignore: decorator
@inline
function remainder(x: v128, n: v128): v128 {
  const r = f32x4.sub(x, f32x4.mul(n, constant(Constant.Ln2High)))
  return f32x4.sub(r, f32x4.mul(n, constant(Constant.Ln2Low)))
}

/**
 * eʳ − 1 for |r| ≤ ln 2 / 2 by its Taylor polynomial of degree 7 (remainder below 2⁻²⁸ of eʳ), terms in pairs so
 * that they are computed side by side (Estrin's scheme).
 */
// @ts-ignore: decorator
@inline
function expm1OfRemainder(r: v128): v128 {
  return taylor(
    r, constant(Constant.Half), constant(Constant.Sixth), constant(Constant.Over24), constant(Constant.Over120),
    constant(Constant.Over720), constant(Constant.Over5040),
  )
}

// @ts-ignore: decorator
@inline
function taylor(r: v128, c2: v128, c3: v128, c4: v128, c5: v128, c6: v128, c7: v128): v128 {
  const r2 = f32x4.mul(r, r)
  const p23 = f32x4.add(c2, f32x4.mul(r, c3))
  const p45 = f32x4.add(c4, f32x4.mul(r, c5))
  const p67 = f32x4.add(c6, f32x4.mul(r, c7))
  const p = f32x4.add(p23, f32x4.mul(r2, f32x4.add(p45, f32x4.mul(r2, p67))))
  return f32x4.add(r, f32x4.mul(r2, p))
}

/** 2ⁿ for integers n in [−127, 127]; −127 gives 0. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23)
}

/** y · 2ⁿ in two factors, so that n from −252 to 254 does and denormal results are rounded once. */
// @ts-ignore: decorator
@inline
function scaled(y: v128, n: v128): v128 {
  const half = i32x4.shr_s(n, 1)
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)))
}

/** eˣ, denormal results included: x = n·ln 2 + r with |r| ≤ ln 2 / 2, then eʳ · 2ⁿ. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // Beyond these the result is infinity or 0 whatever x is, and n would not fit the exponent. NaN stays NaN.
  const clamped = f32x4.pmax(f32x4.pmin(x, constant(Constant.Highest)), constant(Constant.Lowest))
  const shifted = shiftedQuotient(clamped)
  const r = remainder(clamped, wholeFloat(shifted))
  return scaled(f32x4.add(constant(Constant.One), expm1OfRemainder(r)), wholeInteger(shifted))
}

/**
 * Bit-identical to `exp` for x ≤ 0, which may be −∞, and NaN. Where the result is 0 no intermediate value underflows, since that
 * costs as much as four exponentials.
 */
// @ts-ignore: decorator
@inline
export function expOfNonPositive(x: v128): v128 {
  const vanishing = f32x4.lt(x, constant(Constant.Lowest))
  const clamped = v128.andnot(x, vanishing)
  const shifted = shiftedQuotient(clamped)
  const r = remainder(clamped, wholeFloat(shifted))
  const y = scaled(f32x4.add(constant(Constant.One), expm1OfRemainder(r)), wholeInteger(shifted))
  return v128.andnot(y, vanishing)
}

/** eˣ − 1 = 2ⁿ · ((eʳ − 1) + (1 − 2⁻ⁿ)), of which the first is exact where n = 0 and the second always. */
export function expm1(x: v128): v128 {
  // Below −40 it is −1 to the last bit.
  const clamped = f32x4.pmax(f32x4.pmin(x, constant(Constant.Highest)), f32x4.splat(-40))
  const shifted = shiftedQuotient(clamped)
  const n = wholeInteger(shifted)
  const r = remainder(clamped, wholeFloat(shifted))
  const inverse = powerOfTwo(i32x4.max_s(i32x4.neg(n), i32x4.splat(-127)))
  const y = scaled(f32x4.add(expm1OfRemainder(r), f32x4.sub(constant(Constant.One), inverse)), n)
  return v128.bitselect(x, y, f32x4.eq(x, f32x4.splat(0))) // keeps the sign of 0
}

/**
 * 2⁶⁴ · eˣ⁺ᵗ for −110 ≤ x ≤ 0 and a small tail t: never denormal, so that what is multiplied with it loses
 * nothing before the factor is taken out again by `unscaled`.
 */
// @ts-ignore: decorator
@inline
export function exp64(x: v128, tail: v128): v128 {
  const shifted = shiftedQuotient(f32x4.add(x, tail))
  const r = f32x4.add(remainder(x, wholeFloat(shifted)), tail)
  const y = f32x4.add(constant(Constant.One), expm1OfRemainder(r))
  return f32x4.mul(y, powerOfTwo(i32x4.add(wholeInteger(shifted), i32x4.splat(64))))
}

/** The same for x in float64, given as lanes 0, 1 and lanes 2, 3. */
// @ts-ignore: decorator
@inline
export function exp64OfDoubles(low: v128, high: v128): v128 {
  // The whole numbers are in the low halves, since 1.5 · 2⁵² was added.
  const shiftedLow = f64x2.add(f64x2.mul(low, f64x2.splat(1.4426950408889634)), f64x2.splat(6755399441055744))
  const shiftedHigh = f64x2.add(f64x2.mul(high, f64x2.splat(1.4426950408889634)), f64x2.splat(6755399441055744))
  const n = v128.shuffle<f32>(shiftedLow, shiftedHigh, 0, 2, 4, 6)
  const r = v128.shuffle<f32>(remainderOfDoubles(low, shiftedLow), remainderOfDoubles(high, shiftedHigh), 0, 1, 4, 5)
  // What needs it is so long that constants from memory, which Node 20 loads all at the top of the loop, do not fit the
  // registers; those that the engine makes itself wait outside the loop.
  const y = taylor(
    r, f32x4.splat(0.5), f32x4.splat(1.0 / 6), f32x4.splat(1.0 / 24), f32x4.splat(1.0 / 120),
    f32x4.splat(1.0 / 720), f32x4.splat(1.0 / 5040),
  )
  return f32x4.mul(f32x4.add(f32x4.splat(1), y), powerOfTwo(i32x4.add(n, i32x4.splat(64))))
}

// @ts-ignore: decorator
@inline
function remainderOfDoubles(x: v128, shifted: v128): v128 {
  const n = f64x2.sub(shifted, f64x2.splat(6755399441055744))
  return f32x4.demote_f64x2_zero(f64x2.sub(x, f64x2.mul(n, f64x2.splat(0.6931471805599453))))
}

/** x · 2⁻⁶⁴. */
// @ts-ignore: decorator
@inline
export function unscaled(x: v128): v128 {
  return f32x4.mul(x, f32x4.splat(5.421010862427522e-20))
}

/**
 * ln x; −∞ at 0 and NaN below.
 *
 * x = 2ᵉ·m with m in [√½, √2); with f = m − 1 and s = f / (2 + f), ln m = f − f²/2 + s·(f²/2 + R(s²)), the
 * form of which the leading terms are exact (Sun's fdlibm, e_logf.c, gives the same split).
 */
export function log(x: v128): v128 {
  const denormal = f32x4.lt(x, f32x4.splat(1.17549435e-38))
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(33554432)), x, denormal)
  const bits = i32x4.sub(scaled, i32x4.splat(0x3f3504f3))
  const exponent = i32x4.sub(i32x4.shr_s(bits, 23), v128.and(denormal, i32x4.splat(25)))
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3))
  const e = f32x4.convert_i32x4_s(exponent)
  const f = f32x4.sub(m, f32x4.splat(1))
  const s = f32x4.div(f, f32x4.add(f32x4.splat(2), f))
  const z = f32x4.mul(s, s)
  // 2·(z/3 + z²/5 + z³/7 + z⁴/9), the series of the inverse hyperbolic tangent; z ≤ 0.0295.
  let r = f32x4.splat(0.22222222)
  r = f32x4.add(f32x4.mul(r, z), f32x4.splat(0.28571429))
  r = f32x4.add(f32x4.mul(r, z), f32x4.splat(0.4))
  r = f32x4.add(f32x4.mul(r, z), f32x4.splat(0.66666667))
  r = f32x4.mul(r, z)
  const halfSquare = f32x4.mul(f32x4.mul(f, f), f32x4.splat(0.5))
  // e·ln2 + f − (f²/2 − s·(f²/2 + R) − e·ln2_low), smallest first.
  let y = f32x4.add(
    f32x4.mul(s, f32x4.add(halfSquare, r)),
    f32x4.mul(e, f32x4.splat(9.05800061e-6)),
  )
  y = f32x4.sub(y, halfSquare)
  y = f32x4.add(y, f)
  y = f32x4.add(y, f32x4.mul(e, f32x4.splat(0.69313812)))
  const infinite = f32x4.eq(x, f32x4.splat(Infinity))
  y = v128.bitselect(x, y, infinite)
  y = v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)))
  // Negative or NaN.
  return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)))
}

/** ln(1 + x): the rounding error of 1 + x, divided by it, is added back. */
export function log1p(x: v128): v128 {
  const one = f32x4.splat(1)
  const u = f32x4.add(one, x)
  // x − (u − 1), in the order that is exact for either being the larger.
  const lost = v128.bitselect(
    f32x4.sub(one, f32x4.sub(u, x)),
    f32x4.sub(x, f32x4.sub(u, one)),
    f32x4.gt(x, one),
  )
  const main = log(u)
  const corrected = f32x4.add(main, f32x4.div(lost, u))
  // Where 1 + x = 1 the logarithm is x; where it is infinite, or 0, there is nothing to correct.
  const plain = v128.or(f32x4.eq(u, f32x4.splat(Infinity)), f32x4.le(u, f32x4.splat(0)))
  return v128.bitselect(x, v128.bitselect(main, corrected, plain), f32x4.eq(u, one))
}

/**
 * ln(1 + t) for 0 ≤ t ≤ 1, which needs no care for special values: 2·artanh(s) with s = t / (2 + t) ≤ 1/3, by its
 * series s + s³/3 + … + s¹⁵/15 (remainder below 2⁻²⁸ of the sum).
 */
// @ts-ignore: decorator
@inline
export function log1pOfUnit(t: v128): v128 {
  const s = f32x4.div(t, f32x4.add(constant(Constant.Two), t))
  const z = f32x4.mul(s, s)
  const z2 = f32x4.mul(z, z)
  const p01 = f32x4.add(constant(Constant.TwoOver3), f32x4.mul(z, constant(Constant.TwoOver5)))
  const p23 = f32x4.add(constant(Constant.TwoOver7), f32x4.mul(z, constant(Constant.TwoOver9)))
  const p45 = f32x4.add(constant(Constant.TwoOver11), f32x4.mul(z, constant(Constant.TwoOver13)))
  const high = f32x4.add(p45, f32x4.mul(z2, constant(Constant.TwoOver15)))
  const p = f32x4.add(p01, f32x4.mul(z2, f32x4.add(p23, f32x4.mul(z2, high))))
  return f32x4.add(f32x4.add(s, s), f32x4.mul(f32x4.mul(p, z), s))
}

/** 1 / (1 + e⁻ˣ) through e⁻|ˣ|, which cannot overflow and keeps the small values of the left side. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return sigmoidOf(x, exp(f32x4.neg(f32x4.abs(x))))
}

/** The same from t = e⁻|ˣ|. */
// @ts-ignore: decorator
@inline
export function sigmoidOf(x: v128, t: v128): v128 {
  const one = constant(Constant.One)
  const numerator = v128.bitselect(t, one, f32x4.lt(x, f32x4.splat(0)))
  return f32x4.div(numerator, f32x4.add(one, t))
}

/** tanh x: an odd polynomial for |x| < 0.625, beyond it 1 − 2 / (e²|ˣ| + 1) (Moshier, Cephes, tanhf). */
export function tanh(x: v128): v128 {
  const magnitude = f32x4.abs(x)
  const z = f32x4.mul(x, x)
  let p = f32x4.splat(-5.70498872745e-3)
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(2.06390887954e-2))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-5.37397155531e-2))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.33314422036e-1))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-3.33332819422e-1))
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, z), magnitude), magnitude)
  const one = f32x4.splat(1)
  const two = f32x4.splat(2)
  const far = f32x4.sub(one, f32x4.div(two, f32x4.add(exp(f32x4.add(magnitude, magnitude)), one)))
  const y = v128.bitselect(near, far, f32x4.lt(magnitude, f32x4.splat(0.625)))
  return v128.bitselect(y, x, i32x4.splat(0x7fffffff))
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e⁻|ˣ|). */
export function softplus(x: v128): v128 {
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), log1pOfUnit(exp(f32x4.neg(f32x4.abs(x)))))
}

/** s·b + c; in the relaxed build rounded once or twice, depending on the machine. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(s: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(s, b, c)
  return f32x4.add(c, f32x4.mul(s, b))
}

/** Sum of the four lanes, (0 + 1) + (2 + 3). */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  )
}

/** Stores the first `count` lanes, at most four. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(to, v)
  else if (count == 2) v128.store64_lane(to, v, 0)
  else if (count == 1) v128.store32_lane(to, v, 0)
  else {
    v128.store64_lane(to, v, 0)
    v128.store32_lane(to, v, 2, 8)
  }
}
