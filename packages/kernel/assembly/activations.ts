// Activations that are x times a function from 0 to 1, and their derivatives.
//
// All use t = e^(−|w|), which cannot overflow; far on the left, where the result is x·t and may be denormal, t has a
// factor of 2⁶⁴ that is removed last.
import { exp64, exp64OfDoubles, unscaled } from './functions'

// @ts-ignore: decorator
@inline
function isNegative(x: v128): v128 {
  return f32x4.lt(x, f32x4.splat(0))
}

/** |x|, but no more than where |x| · e^(−|x|) is 0 as a float32. */
// @ts-ignore: decorator
@inline
function tailArgument(x: v128): v128 {
  return f32x4.pmin(f32x4.abs(x), f32x4.splat(109))
}

/** x · σ(w) where t64 = 2⁶⁴ · e^(−|w|) and w has the sign of x; u is |x|, cut off. */
// @ts-ignore: decorator
@inline
function timesSigmoid(x: v128, u: v128, t64: v128): v128 {
  const denominator = f32x4.add(f32x4.splat(1), unscaled(t64))
  const numerator = v128.bitselect(f32x4.mul(f32x4.neg(u), t64), x, isNegative(x))
  return unscaledLeft(x, f32x4.div(numerator, denominator))
}

/** y without the factor of 2⁶⁴ that it has where x is negative. */
// @ts-ignore: decorator
@inline
function unscaledLeft(x: v128, y: v128): v128 {
  return v128.bitselect(unscaled(y), y, isNegative(x))
}

/** σ(w) · (1 + u · (1 − σ(w)) · w′) on either side: numerators over (1 + t)². */
// @ts-ignore: decorator
@inline
function timesSigmoidGrad(x: v128, u: v128, slope: v128, t64: v128): v128 {
  const t = unscaled(t64)
  const denominator = f32x4.add(f32x4.splat(1), t)
  const square = f32x4.mul(denominator, denominator)
  const change = f32x4.mul(u, slope)
  const left = f32x4.mul(t64, f32x4.sub(denominator, change))
  const right = f32x4.add(denominator, f32x4.mul(change, t))
  return unscaledLeft(x, f32x4.div(v128.bitselect(left, right, isNegative(x)), square))
}

/** x · σ(x). */
export function silu(x: v128): v128 {
  const u = tailArgument(x)
  return timesSigmoid(x, u, exp64(f32x4.neg(u), f32x4.splat(0)))
}

export function siluGrad(x: v128, dy: v128): v128 {
  const u = tailArgument(x)
  return f32x4.mul(dy, timesSigmoidGrad(x, u, f32x4.splat(1), exp64(f32x4.neg(u), f32x4.splat(0))))
}

/**
 * 2⁶⁴ · e^(−w), w = √(8/π) · (v + 0.044715 · v³), of the lower two lanes or, after a shuffle, the upper: w in
 * float64, since e^w multiplies a rounding error of w by w.
 */
// @ts-ignore: decorator
@inline
function cubic(v: v128): v128 {
  const x = f64x2.promote_low_f32x4(v)
  const square = f64x2.mul(x, x)
  const factor = f64x2.add(f64x2.splat(1.5957691216057308), f64x2.mul(square, f64x2.splat(0.07135481627159971)))
  return f64x2.mul(x, factor)
}

// @ts-ignore: decorator
@inline
function cubicBell64(u: v128): v128 {
  return exp64OfDoubles(f64x2.neg(cubic(u)), f64x2.neg(cubic(v128.shuffle<f32>(u, u, 2, 3, 2, 3))))
}

/** As `tailArgument`, for the steeper w. */
// @ts-ignore: decorator
@inline
function cubicTailArgument(x: v128): v128 {
  return f32x4.pmin(f32x4.abs(x), f32x4.splat(11))
}

/** x · σ(√(8/π) · (x + 0.044715 · x³)) (Hendrycks and Gimpel 2016, the approximation with tanh). */
// @ts-ignore: decorator
@inline
export function geluTanh(x: v128): v128 {
  const u = cubicTailArgument(x)
  return timesSigmoid(x, u, cubicBell64(u))
}

/** Its derivative, of u and t64 as above. */
// @ts-ignore: decorator
@inline
function cubicGrad(x: v128, u: v128, t64: v128): v128 {
  const square = f32x4.mul(u, u)
  const slope = f32x4.add(f32x4.splat(1.5957691), f32x4.mul(square, f32x4.splat(0.21406445)))
  return timesSigmoidGrad(x, u, slope, t64)
}

// @ts-ignore: decorator
@inline
export function geluTanhGrad(x: v128, dy: v128): v128 {
  const u = cubicTailArgument(x)
  return f32x4.mul(dy, cubicGrad(x, u, cubicBell64(u)))
}

/** Both, which need the same exponential. */
// @ts-ignore: decorator
@inline
export function geluTanhWithDerivative(out: usize, derivative: usize, x: v128): void {
  const u = cubicTailArgument(x)
  const t64 = cubicBell64(u)
  v128.store(derivative, cubicGrad(x, u, t64))
  v128.store(out, timesSigmoid(x, u, t64))
}

/** x · tanh(ln(1 + eˣ)); with t = e^(−|x|) the tanh is t(t + 2) / (t(t + 2) + 2) or (1 + 2t) / (1 + 2t + 2t²). */
export function mish(x: v128): v128 {
  const u = tailArgument(x)
  const t64 = exp64(f32x4.neg(u), f32x4.splat(0))
  const t = unscaled(t64)
  const one = f32x4.splat(1)
  const two = f32x4.splat(2)
  const plus = f32x4.add(t, two)
  const left = unscaled(
    f32x4.div(f32x4.mul(f32x4.neg(u), f32x4.mul(t64, plus)), f32x4.add(f32x4.mul(t, plus), two)),
  )
  const numerator = f32x4.add(one, f32x4.add(t, t))
  const right = f32x4.mul(x, f32x4.div(numerator, f32x4.add(numerator, f32x4.mul(two, f32x4.mul(t, t)))))
  return v128.bitselect(left, right, isNegative(x))
}

/** dy · eˣ · (4(x + 1) + 4e²ˣ + e³ˣ + eˣ(4x + 6)) / (2eˣ + e²ˣ + 2)², in t on either side (Misra 2019). */
export function mishGrad(x: v128, dy: v128): v128 {
  const u = tailArgument(x)
  const t64 = exp64(f32x4.neg(u), f32x4.splat(0))
  const t = unscaled(t64)
  const two = f32x4.splat(2)
  const four = f32x4.splat(4)
  const bounded = v128.bitselect(f32x4.neg(u), u, isNegative(x))
  const linear = f32x4.mul(four, f32x4.add(bounded, f32x4.splat(1)))
  const next = f32x4.add(linear, two)
  // Left: t · (linear + t · (next + t · (4 + t))); right: 1 + t · (4 + t · (next + t · linear)).
  const left = f32x4.mul(
    t64,
    f32x4.add(linear, f32x4.mul(t, f32x4.add(next, f32x4.mul(t, f32x4.add(four, t))))),
  )
  const right = f32x4.add(
    f32x4.splat(1),
    f32x4.mul(t, f32x4.add(four, f32x4.mul(t, f32x4.add(next, f32x4.mul(t, linear))))),
  )
  const leftRoot = f32x4.add(two, f32x4.mul(t, f32x4.add(two, t)))
  const rightRoot = f32x4.add(f32x4.splat(1), f32x4.mul(two, f32x4.mul(t, f32x4.add(f32x4.splat(1), t))))
  const y = v128.bitselect(
    unscaled(f32x4.div(left, f32x4.mul(leftRoot, leftRoot))),
    f32x4.div(right, f32x4.mul(rightRoot, rightRoot)),
    isNegative(x),
  )
  return f32x4.mul(dy, y)
}
