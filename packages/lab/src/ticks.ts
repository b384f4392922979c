// Round numbers, for the axes of charts and the intervals of reports.

/** The smallest of 1, 2, 5, 10, 20, 50 … and their tenths that is at least `target` and at least `minimum`. */
export function niceStep(target: number, minimum = 0): number {
  const bound = Math.max(target, minimum)
  const power = 10 ** Math.floor(Math.log10(bound))
  const digit = [1, 2, 5, 10].find((digit) => digit * power >= bound * (1 - 1e-9))!
  return digit * power
}

/** Round numbers in [low, high], evenly spaced, at most `most` of them. */
export function ticks(low: number, high: number, most: number): number[] {
  if (!(high > low)) return [low]
  const step = niceStep((high - low) / Math.max(most - 1, 1))
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // Rounded, since a sum of tenths is not a tenth.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}

/** Exponents of the powers of ten around [low, high], in order; at least two of them. */
export function decades(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9)
  const last = Math.max(Math.ceil(Math.log10(high) - 1e-9), first + 1)
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
