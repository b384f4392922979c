// The two numbers that a row of the table shows, of many measurements.

/** Value below which the fraction `at` of the sorted sample lies, between neighbours on a straight line. */
export function quantile(sample: readonly number[], at: number): number {
  if (sample.length === 0) throw new Error('quantile: the sample is empty')
  const sorted = [...sample].sort((left, right) => left - right)
  const position = (sorted.length - 1) * at
  const below = Math.floor(position)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (position - below)
}

export interface Figure {
  median: number
  spread: number
}

/** Median and interquartile range: neither moves when one round is disturbed by something else on the machine. */
export function summarize(sample: readonly number[]): Figure {
  return { median: quantile(sample, 0.5), spread: quantile(sample, 0.75) - quantile(sample, 0.25) }
}
