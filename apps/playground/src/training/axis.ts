// Where the marks of an axis stand, linear or logarithmic.

/** Round numbers (1, 2 or 5 times a power of ten) from `low` to `high`, about `count` of them. */
export function linearTicks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low]
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999)!
  const ticks: number[] = []
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high * (1 + 1e-9); index++)
    ticks.push(Number((index * step).toPrecision(12)))
  return ticks
}

/** The powers of ten from the one at or under `low` to the one at or above `high`. */
export function logarithmicTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low) + 1e-9)
  const last = Math.ceil(Math.log10(high) - 1e-9)
  return Array.from({ length: Math.max(last - first, 1) + 1 }, (_, index) => Number(`1e${first + index}`))
}
