// Round numbers, for the axes of charts and the intervals of reports.

/** The least of 1, 2, 5, 10, 20, 50 … and their tenths that is not under `wanted`, nor under `least`. */
export function niceStep(wanted: number, least = 0): number {
  const atLeast = Math.max(wanted, least)
  const power = 10 ** Math.floor(Math.log10(atLeast))
  const digit = [1, 2, 5, 10].find((digit) => digit * power >= atLeast * (1 - 1e-9))!
  return digit * power
}

/** Round numbers from `low` to `high`, at most `most` of them, evenly spaced. */
export function ticks(low: number, high: number, most: number): number[] {
  const step = niceStep((high - low) / Math.max(most - 1, 1))
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // Rounded, since a sum of tenths is not a tenth.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}
