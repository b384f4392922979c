// How good rows are predicted, made of what was added up over batches.

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

/** Added up over batches: the loss, and what the graph of a batch watches, by name. */
export type Sums = Readonly<Record<string, number>>

/** What is scored of an output. */
export interface Part {
  /** Name of the output, empty for one alone. */
  readonly name: string
  /** How many answers a row holds, `null` where right and wrong mean nothing. */
  readonly answers: number | null
  readonly metrics: readonly (readonly [name: string, metric: { readonly value: number }])[]
}

/**
 * The score of `rows` rows. Losses of batches count as much as they weigh, which is `weight` together; metrics have what
 * they were given.
 */
export function scoreOf(parts: readonly Part[], sums: Sums, weight: number, rows: number): Score {
  const accuracyOf = ({ name, answers }: Part) =>
    answers === null ? null : sums[nameOf(name, 'right')]! / (rows * answers)
  const several = parts[0]!.name !== ''
  const metrics: Record<string, number> = {}
  for (const part of parts) {
    const accuracy = accuracyOf(part)
    if (several) metrics[nameOf(part.name, 'loss')] = sums[nameOf(part.name, 'loss')]! / weight
    if (several && accuracy !== null) metrics[nameOf(part.name, 'accuracy')] = accuracy
    for (const [name, { value }] of part.metrics) metrics[nameOf(part.name, name)] = value
  }
  return {
    loss: sums.loss! / weight,
    accuracy: several ? null : accuracyOf(parts[0]!),
    ...(Object.keys(metrics).length > 0 && { metrics }),
  }
}

/** `accuracy`, or `left.accuracy` for one of several outputs. */
export function nameOf(output: string, what: string): string {
  return output === '' ? what : `${output}.${what}`
}
