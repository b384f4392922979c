// How good rows are predicted, made of what was added up over batches.
import type { Tensor } from '../graph/tensor.js'

/** How good a set of rows is predicted. */
export interface Score {
  /** Of several outputs the weighted sum of their losses. */
  readonly loss: number
  /** Share of answers that are right, one to a row or more; `null` where right and wrong mean nothing. */
  readonly accuracy: number | null
  /**
   * The metrics that the run was given, by name. For several outputs also the loss and accuracy of each, and all
   * names begin with that of the output: `left.loss`.
   */
  readonly metrics?: Readonly<Record<string, number>>
}

/** Added up over batches, by name. */
export type Sums = Readonly<Record<string, number>>

/** A number of each batch: the number itself, where it is fixed, or what computes it. */
type Known = number | Tensor

/** What is scored of an output in batches of one size. */
export interface Part {
  /** Name of the output, empty for one alone. */
  readonly name: string
  /** What its loss counts in the sum of all. */
  readonly lossWeight: number
  /** What the mean in its loss divides by; `sum` where the loss is no mean. */
  readonly meanWeight: Known | 'sum'
  /** How many answers are right, and how many count; `null` where right and wrong mean nothing. */
  readonly answers: { readonly right: Tensor; readonly counted: Known } | null
}

/**
 * Adds a batch to `sums`: its loss, times what its mean divides by, and its answers where `answered`. `read` gives what
 * was computed of it, by name.
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

/** The score of everything that was added to `sums`, with metrics by name. */
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

/** 0 where nothing counts. */
const share = (sum: number, weight: number) => (weight === 0 ? 0 : sum / weight)

/** `accuracy`, or `left.accuracy` for one of several outputs. */
export function nameOf(output: string, what: string): string {
  return output === '' ? what : `${output}.${what}`
}
