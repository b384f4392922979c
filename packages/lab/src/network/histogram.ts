// Histograms of weights and derivatives, at a step and over a run.

export interface Histogram {
  readonly low: number
  readonly high: number
  readonly counts: readonly number[]
}

/** The weights and derivatives of each layer, without biases, after some steps. */
export interface HistogramSample {
  readonly step: number
  readonly layers: readonly { readonly weights: Histogram; readonly gradients: Histogram }[]
}

/** How many of the values fall into each of `bins` equal parts from the least to the greatest. */
export function histogram(values: ArrayLike<number>, bins: number): Histogram {
  const numbers = Array.from(values)
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  const counts = new Array<number>(bins).fill(0)
  for (const value of numbers)
    counts[high > low ? Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins)) : 0]!++
  return { low, high, counts }
}
