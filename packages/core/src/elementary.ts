// Elementary functions in float64 with the same bits on every engine. Not those of `Math`, whose last bits differ.

/** `ln x` for x above 0, to about 1 part in 10¹⁵. */
export function logarithm(x: number): number {
  let mantissa = x
  let exponent = 0
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2
    exponent--
  }
  while (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent++
  }
  // ln m = 2 artanh((m - 1) / (m + 1)); the argument is at most 0.172, so s²¹ is the last power that counts.
  const s = (mantissa - 1) / (mantissa + 1)
  const square = s * s
  let series = 0
  for (let power = 21; power >= 1; power -= 2) series = series * square + 1 / power
  return 2 * s * series + exponent * Math.LN2
}

// ln 2 in two parts, of which the first has 32 digits, so that whole multiples of it are exact.
const ln2High = 0.6931471803691238
const ln2Low = 1.9082149292705877e-10

/** `eˣ`, to about 1 part in 10¹⁵; 0 and infinite outside of what float64 holds. */
export function exponential(x: number): number {
  if (x > 709.78) return Infinity
  if (x < -745.2) return 0
  const doublings = Math.round(x / Math.LN2)
  const r = x - doublings * ln2High - doublings * ln2Low
  // |r| is at most 0.347, so r¹⁵/15! is below the last digit of 1.
  let series = 1
  for (let n = 15; n >= 1; n--) series = 1 + (series * r) / n
  for (let left = doublings; left > 0; left--) series *= 2
  for (let left = doublings; left < 0; left++) series /= 2
  return series
}

/** `baseˣ` for a base above 0, to about |x| parts in 10¹⁶. */
export function power(base: number, x: number): number {
  if (!Number.isInteger(x)) return exponential(x * logarithm(base))
  let result = 1
  let square = base
  for (let left = Math.abs(x); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square
    square *= square
  }
  return x < 0 ? 1 / result : result
}

/** `cos(π·t)` for t from 0 to 1: half a turn. */
export function cosineOfHalfTurn(t: number): number {
  if (t > 0.5) return -cosineOfHalfTurn(1 - t)
  // cos near 0, and near a quarter turn the sine of what is left: the angle is at most π/4.
  const sine = t > 0.25
  const angle = Math.PI * (sine ? 0.5 - t : t)
  const square = angle * angle
  let series = 1
  for (let n = sine ? 21 : 20; n >= 2; n -= 2) series = 1 - (series * square) / (n * (n - 1))
  return sine ? angle * series : series
}

/** `cos(2π·t)`: t whole turns. */
export function cosineOfTurns(t: number): number {
  const part = t - Math.floor(t)
  return cosineOfHalfTurn(part <= 0.5 ? 2 * part : 2 - 2 * part)
}

/** `sin(2π·t)`: t whole turns. */
export function sineOfTurns(t: number): number {
  return cosineOfTurns(t - 0.25)
}
