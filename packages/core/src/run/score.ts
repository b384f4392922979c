// Scores: loss, accuracy and metrics, from sums over batches.
import type { Tensor } from '../graph/tensor.js'

/** The score of a model on a dataset. */
export interface Score {
  /** For several outputs, the weighted sum of their losses. */
  readonly loss: number
  /** Fraction of correct predictions, one or more per row; `null` where there is no notion of correct. */
  readonly accuracy: number | null
  /**
   * The metrics of the run, by name. For several outputs also the loss and accuracy of each, all prefixed with the
   * name of the output: `left.loss`.
   */
  readonly metrics?: Readonly<Record<string, number>>
}

/** Sums over batches, by name. */
export type Sums = Readonly<Record<string, number>>

/** A number of each batch: a constant, or the tensor that computes it. */
type Known = number | Tensor

/** The scored parts of an output, in batches of one size. */
export interface Part {
  /** Name of the output; empty for a single one. */
  readonly name: string
  /** Weight of its loss in the sum of all. */
  readonly lossWeight: number
  /** Divisor of the mean in its loss; `sum` where the loss is not a mean. */
  readonly meanWeight: Known | 'sum'
  /** The number of correct predictions, and of those that count; `null` where there is no notion of correct. */
  readonly answers: { readonly right: Tensor; readonly counted: Known } | null
}

/**
 * Adds a batch to `sums`: its loss, times the divisor of its mean, and its predictions where `answered`. `read`
 * returns its computed values, by name.
 */
export function addBatch(
  sums: Record<string, number>,
  part: Part,
  read: (name: string) => number,
  answered: boolean,
): void {
  const add = (what: string, value: number) => {
    const name = nameOf(part.name, what)
    sums[name] = (sums[name] ?? 0) + value
  }
  const known = (what: string, value: Known) =>
    typeof value === 'number' ? value : read(nameOf(part.name, what))
  const loss = read(nameOf(part.name, 'loss'))
  if (part.meanWeight === 'sum') add('loss', loss)
  else {
    const weight = known('weight', part.meanWeight)
    add('loss', weight * loss)
    add('weight', weight)
  }
  if (!answered || !part.answers) return
  add('right', read(nameOf(part.name, 'right')))
  add('counted', known('counted', part.answers.counted))
}

/** The score of everything added to `sums`, with metrics by name. */
export function scoreOf(
  parts: readonly Part[],
  sums: Sums,
  metrics: Readonly<Record<string, number>> = {},
): Score {
  const several = parts[0]!.name !== ''
  const all: Record<string, number> = {}
  let loss = 0
  let accuracy: number | null = null
  for (const { name, lossWeight, meanWeight } of parts) {
    const sum = sums[nameOf(name, 'loss')]!
    const own = meanWeight === 'sum' ? sum : share(sum, sums[nameOf(name, 'weight')]!)
    loss += lossWeight * own
    if (several) all[nameOf(name, 'loss')] = own
    const counted = sums[nameOf(name, 'counted')]
    if (counted === undefined) continue
    const right = share(sums[nameOf(name, 'right')]!, counted)
    if (several) all[nameOf(name, 'accuracy')] = right
    else accuracy = right
  }
  Object.assign(all, metrics)
  return { loss, accuracy, ...(Object.keys(all).length > 0 && { metrics: all }) }
}

/** The quotient, or 0 where nothing counts. */
const share = (sum: number, weight: number) => (weight === 0 ? 0 : sum / weight)

/** `accuracy`, or `left.accuracy` for one of several outputs. */
export function nameOf(output: string, what: string): string {
  return output === '' ? what : `${output}.${what}`
}
