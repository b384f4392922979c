// The error function in float64, for reference implementations that use the normal distribution.
import { exponential } from './elementary.js'

/** erf x = 2/√π · ∫₀ˣ e^(−t²) dt: for |x| < 2 the series with positive terms (DLMF 7.6.2). */
export function erf(x: number): number {
  if (!(Math.abs(x) < 2)) return x < 0 ? erfc(-x) - 1 : 1 - erfc(x)
  let term = (2 / Math.sqrt(Math.PI)) * x * exponential(-x * x)
  let sum = term
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return sum
}

/** 1 − erf x without cancellation for large x: the continued fraction from x = 2 on (DLMF 7.9.1). */
function erfc(x: number): number {
  if (x < 2) return 1 - erf(x)
  let fraction = x
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction
  return exponential(-x * x) / Math.sqrt(Math.PI) / fraction
}

/** Φ(x), the cumulative distribution function of the standard normal distribution. */
export function normalCdf(x: number): number {
  return erfc(-x / Math.SQRT2) / 2
}
