// Elementary functions in float64 with the same bits on every engine, unlike those of `Math`. They agree with `Math`
// at 0, at infinity and for NaN; the relative error is about 1e-15 unless stated otherwise.

/** `ln x`. */
export function logarithm(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x > 0 ? x : Number.NaN
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
  return 2 * inverseHyperbolicTangent((mantissa - 1) / (mantissa + 1)) + exponent * Math.LN2
}

/** `ln(1 + x)`, accurate near 0 too. */
export function logarithmOfOnePlus(x: number): number {
  return x > -0.29 && x < 0.41 ? 2 * inverseHyperbolicTangent(x / (2 + x)) : logarithm(1 + x)
}

/** For |x| ≤ 0.172, where x²¹ is the last term that matters. */
function inverseHyperbolicTangent(x: number): number {
  const square = x * x
  let series = 0
  for (let power = 21; power >= 1; power -= 2) series = series * square + 1 / power
  return x * series
}

// ln 2 in two parts; the first has 32 bits, so that integer multiples of it are exact.
const ln2High = 0.6931471803691238
const ln2Low = 1.9082149292705877e-10

/** `eˣ`; underflows to 0 and overflows to infinity. */
export function exponential(x: number): number {
  if (x > 710) return Infinity
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

/** `eˣ − 1`, accurate near 0 too. */
export function exponentialMinusOne(x: number): number {
  if (!(Math.abs(x) < 0.5)) return exponential(x) - 1
  let series = 1
  for (let n = 17; n >= 2; n--) series = 1 + (series * x) / n
  return x * series
}

/** `tanh x`. */
export function hyperbolicTangent(x: number): number {
  if (x > 20) return 1
  const growth = exponentialMinusOne(2 * x)
  return growth / (growth + 2)
}

/** `baseˣ`, with a relative error of about 1e-15 · |x · ln base|; subnormal results may be 0. */
export function power(base: number, x: number): number {
  if (x === 0) return 1
  const whole = Number.isInteger(x)
  const size = Math.abs(base)
  if (base < 0 && !whole && Number.isFinite(base) && Number.isFinite(x)) return Number.NaN
  const value = whole && Math.abs(x) < 2 ** 20 ? wholePower(size, x) : exponential(x * logarithm(size))
  const negative = base < 0 || Object.is(base, -0)
  return negative && whole && x % 2 !== 0 ? -value : value
}

function wholePower(base: number, x: number): number {
  let result = 1
  let square = base
  for (let left = Math.abs(x); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square
    square *= square
  }
  return x < 0 ? 1 / result : result
}

/** `sin x`. */
export function sine(x: number): number {
  const { quarters, angle } = quarterTurns(x)
  const value = quarters % 2 === 0 ? sineNear0(angle) : cosineNear0(angle)
  return quarters < 2 ? value : -value
}

/** `cos x`. */
export function cosine(x: number): number {
  const { quarters, angle } = quarterTurns(x)
  const value = quarters % 2 === 0 ? cosineNear0(angle) : sineNear0(angle)
  return quarters === 1 || quarters === 2 ? -value : value
}

/** `tan x`. */
export function tangent(x: number): number {
  const { quarters, angle } = quarterTurns(x)
  const ratio = sineNear0(angle) / cosineNear0(angle)
  return quarters % 2 === 0 ? ratio : -1 / ratio
}

/** `arctan x`. */
export function arctangent(x: number): number {
  if (Math.abs(x) > 1) return Math.sign(x) * (Math.PI / 2) - arctangent(1 / x)
  // The tangent of half the angle, then of a quarter: at most 0.199, so that its 25th power is the last that matters.
  const half = x / (1 + Math.sqrt(1 + x * x))
  const quarter = half / (1 + Math.sqrt(1 + half * half))
  const square = quarter * quarter
  let series = 0
  for (let power = 25; power >= 1; power -= 2) series = 1 / power - series * square
  return 4 * quarter * series
}

/** The angle of the point (x, y), in [−π, π]. */
export function angleOf(y: number, x: number): number {
  const infinite = Math.abs(x) === Infinity && Math.abs(y) === Infinity
  const quotient = infinite ? Math.sign(y) * Math.sign(x) : x === 0 && y === 0 ? y : y / x
  const left = x < 0 || Object.is(x, -0)
  const below = y < 0 || Object.is(y, -0)
  const angle = arctangent(quotient)
  return left ? angle + (below ? -Math.PI : Math.PI) : angle
}

/** `cos(π·t)` for t in [0, 1]. */
export function cosineOfHalfTurn(t: number): number {
  if (t > 0.5) return -cosineOfHalfTurn(1 - t)
  // Near a quarter turn, the sine of the rest.
  return t > 0.25 ? sineNear0(Math.PI * (0.5 - t)) : cosineNear0(Math.PI * t)
}

/** `cos(2π·t)`: t in turns. */
export function cosineOfTurns(t: number): number {
  const part = t - Math.floor(t)
  return cosineOfHalfTurn(part <= 0.5 ? 2 * part : 2 - 2 * part)
}

/** `sin(2π·t)`: t in turns. */
export function sineOfTurns(t: number): number {
  return cosineOfTurns(t - 0.25)
}

/** For angles up to π/4, where the 21st power is the last that matters. */
function sineNear0(angle: number): number {
  return angle * alternating(angle * angle, 21)
}

function cosineNear0(angle: number): number {
  return alternating(angle * angle, 20)
}

/** `1 − x/(k·(k − 1)) + x²/(k·(k − 1)·(k + 2)·(k + 1)) − …` up to `last`; k is 3 for an odd one, else 2. */
function alternating(x: number, last: number): number {
  let series = 1
  for (let n = last; n >= 2; n -= 2) series = 1 - (series * x) / (n * (n - 1))
  return series
}

/** An angle as quarter turns, modulo 4, and the rest, in [−π/4, π/4]. */
function quarterTurns(x: number): { quarters: number; angle: number } {
  if (!(Math.abs(x) > Math.PI / 4)) return { quarters: 0, angle: x }
  if (Math.abs(x) === Infinity) return { quarters: 0, angle: Number.NaN }
  // In integers, since the quarters of a large angle take up all bits of float64. From 2⁵³ on it is an integer, and
  // 2⁶⁴ times a smaller one is too.
  const small = Math.abs(x) < 2 ** 53
  const digits = fractionDigits + (small ? 64n : 0n)
  quartersPerRadian ??= (2n << (2n * fractionDigits)) / pi()
  const scaled = (BigInt(small ? x * 2 ** 64 : x) * quartersPerRadian) >> (digits - 128n)
  const quarters = (scaled + (1n << 127n)) >> 128n
  return {
    quarters: Number(quarters & 3n),
    angle: (Number(scaled - (quarters << 128n)) / 2 ** 128) * (Math.PI / 2),
  }
}

/** Fractional bits; enough to leave 200 for the largest float64. */
const fractionDigits = 1280n
let quartersPerRadian: bigint | undefined

/** π = 16 arctan(1/5) − 4 arctan(1/239) (Machin 1706), to that many bits. */
function pi(): bigint {
  const arctangentOfInverse = (n: bigint) => {
    let sum = 0n
    let power = (1n << fractionDigits) / n
    for (let k = 1n; power !== 0n; k += 2n) {
      sum += power / k
      power /= -n * n
    }
    return sum
  }
  return 16n * arctangentOfInverse(5n) - 4n * arctangentOfInverse(239n)
}
