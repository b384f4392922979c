// The error function and functions of the normal distribution: gelu and its derivative.
import { exp, exp64, unscaled } from './functions'

/**
 * Φ(−u) · e^(u²/2) for 0 ≤ u ≤ 14.7, Φ being the normal distribution: t · P(t) with t = 1 / (1 + u/4), fitted to a
 * largest relative error of 2⁻²⁶·⁷ (Lawson's iteration). It falls from ½ like 0.4/u, so no precision is lost far
 * out where Φ(−u) itself is denormal. In float64, since an error of t counts up to three times.
 */
// @ts-ignore: decorator
@inline
function scaledTail(u: v128): v128 {
  const low = scaledTailOfDoubles(f64x2.promote_low_f32x4(u))
  const high = scaledTailOfDoubles(f64x2.promote_low_f32x4(v128.shuffle<f32>(u, u, 2, 3, 2, 3)))
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5)
}

// @ts-ignore: decorator
@inline
function scaledTailOfDoubles(u: v128): v128 {
  const one = f64x2.splat(1)
  const t = f64x2.div(one, f64x2.add(one, f64x2.mul(u, f64x2.splat(0.25))))
  // In pairs (Estrin's scheme): one after another they would take longer than all the rest.
  const t2 = f64x2.mul(t, t)
  const t4 = f64x2.mul(t2, t2)
  const p01 = linear(t, 0.099745768, 0.099531856)
  const p23 = linear(t, 0.095205272, 0.0733825186)
  const p45 = linear(t, 0.0828216977, 0.0195872495)
  const p67 = linear(t, 0.020452897, 0.057451732)
  const p89 = linear(t, -0.0651884902, 0.0170095038)
  const p03 = f64x2.add(p01, f64x2.mul(t2, p23))
  const p47 = f64x2.add(p45, f64x2.mul(t2, p67))
  return f64x2.mul(t, f64x2.add(p03, f64x2.mul(t4, f64x2.add(p47, f64x2.mul(t4, p89)))))
}

// @ts-ignore: decorator
@inline
function linear(t: v128, a: f64, b: f64): v128 {
  return f64x2.add(f64x2.splat(a), f64x2.mul(t, f64x2.splat(b)))
}

/** 2⁶⁴ · e^(−u²/2) for 0 ≤ u ≤ 14.7: the square is split in two, since its rounding error would be multiplied by u². */
// @ts-ignore: decorator
@inline
function bell64(u: v128): v128 {
  const high = v128.and(u, i32x4.splat(0xfffff000)) // 12 bits, so its square is exact
  const rest = f32x4.mul(f32x4.sub(u, high), f32x4.add(u, high))
  const half = f32x4.splat(-0.5)
  return exp64(f32x4.mul(half, f32x4.mul(high, high)), f32x4.mul(half, rest))
}

/** |x|, but no more than where the tail of the normal distribution is 0 as a float32. */
// @ts-ignore: decorator
@inline
function tailArgument(x: v128): v128 {
  return f32x4.pmin(f32x4.abs(x), f32x4.splat(14.625))
}

/** erf x: an odd polynomial for |x| < 0.875 (error 2⁻²⁶·⁸), beyond it 1 − 2Φ(−√2·|x|). */
export function erf(x: v128): v128 {
  const magnitude = f32x4.pmin(f32x4.abs(x), f32x4.splat(4)) // erf 4 is 1 to the last bit
  const z = f32x4.mul(x, x)
  let p = f32x4.splat(-0.0006203269)
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.00503218427))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.0267914653))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.112824554))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.376125505))
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(0.128379157))
  const near = f32x4.add(x, f32x4.mul(x, p))
  const bell = exp(f32x4.neg(f32x4.mul(magnitude, magnitude)))
  const tail = f32x4.mul(scaledTail(f32x4.mul(magnitude, f32x4.splat(1.41421356))), bell)
  const far = f32x4.sub(f32x4.splat(1), f32x4.add(tail, tail))
  const y = v128.bitselect(near, far, f32x4.lt(magnitude, f32x4.splat(0.875)))
  return v128.bitselect(y, x, i32x4.splat(0x7fffffff))
}

/** x · Φ(x) = max(x, 0) − u · Φ(−u) with u = |x|, of Φ(−u) = tail · bell. */
// @ts-ignore: decorator
@inline
function timesNormal(x: v128, u: v128, tail: v128, bell: v128): v128 {
  return f32x4.sub(f32x4.max(x, f32x4.splat(0)), unscaled(f32x4.mul(f32x4.mul(u, tail), bell)))
}

/** Its derivative Φ(x) + x · φ(x), of which both parts are e^(−x²/2) times a number of moderate size. */
// @ts-ignore: decorator
@inline
function timesNormalGrad(x: v128, u: v128, tail: v128, bell: v128): v128 {
  const inner = f32x4.sub(tail, f32x4.mul(u, f32x4.splat(0.39894228)))
  const left = unscaled(f32x4.mul(inner, bell))
  return v128.bitselect(left, f32x4.sub(f32x4.splat(1), left), f32x4.lt(x, f32x4.splat(0)))
}

// @ts-ignore: decorator
@inline
export function gelu(x: v128): v128 {
  const u = tailArgument(x)
  return timesNormal(x, u, scaledTail(u), bell64(u))
}

// @ts-ignore: decorator
@inline
export function geluGrad(x: v128, dy: v128): v128 {
  const u = tailArgument(x)
  return f32x4.mul(dy, timesNormalGrad(x, u, scaledTail(u), bell64(u)))
}

/** Both, which need the same tail and bell. */
// @ts-ignore: decorator
@inline
export function geluWithDerivative(out: usize, derivative: usize, x: v128): void {
  const u = tailArgument(x)
  const tail = scaledTail(u)
  const bell = bell64(u)
  v128.store(derivative, timesNormalGrad(x, u, tail, bell))
  v128.store(out, timesNormal(x, u, tail, bell))
}
