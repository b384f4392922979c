// The two statistics in a row of the table.

/** The quantile `at` of a sorted sample, linearly interpolated. */
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

/** Median and interquartile range, both robust to one disturbed round. */
export function summarize(sample: readonly number[]): Figure {
  return { median: quantile(sample, 0.5), spread: quantile(sample, 0.75) - quantile(sample, 0.25) }
}

/** Of a suite that has no peers, but something to aim at. */
export interface AimedFigure extends Figure {
  readonly id: string
  readonly unit: string
  /** In words. */
  readonly aim: string
}
