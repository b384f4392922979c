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
  // Not by spreading: a list of arguments has a limit, and a layer may have millions of weights.
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let at = 0; at < values.length; at++) {
    low = Math.min(low, values[at]!)
    high = Math.max(high, values[at]!)
  }
  const counts = new Array<number>(bins).fill(0)
  for (let at = 0; at < values.length; at++)
    counts[high > low ? Math.min(bins - 1, Math.floor(((values[at]! - low) / (high - low)) * bins)) : 0]!++
  return { low, high, counts }
}

/** The same in `bins` equal parts; what a bucket has is spread evenly over its width. `limits` are the upper ends of buckets. */
export function rebinned(
  low: number,
  high: number,
  limits: ArrayLike<number>,
  counts: ArrayLike<number>,
  bins: number,
): Histogram {
  const result = new Array<number>(bins).fill(0)
  let begin = low
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const end = Math.min(Math.max(limits[bucket]!, low), high)
    const count = counts[bucket]!
    const place = (at: number) => (high > low ? ((at - low) / (high - low)) * bins : 0)
    const [from, to] = [place(begin), place(end)]
    if (to > from)
      for (let bin = Math.floor(from); bin < to && bin < bins; bin++)
        result[bin]! += (count * (Math.min(to, bin + 1) - Math.max(from, bin))) / (to - from)
    else result[Math.min(bins - 1, Math.floor(from))]! += count
    begin = end
  }
  // A boundary that is not exact leaves a trace on its wrong side.
  return { low, high, counts: result.map((count) => Number(count.toFixed(3))) }
}
