// Metrics: accumulated batch by batch in float64, and independent of how rows are batched.
import {
  checkCount,
  checkFinite,
  checkInteger,
  checkNumbers,
  checkOptions,
  oneOf,
  optional,
} from '../checks/check-options.js'
import { blamingCaller, ShapeError, ValueError } from '../checks/errors.js'
import { exponential, logarithm } from '../numbers/elementary.js'

type Numbers = ArrayLike<number>

/** Of what has none. */
type NoOptions = Readonly<Record<string, never>>

/**
 * Compares predictions with targets. Add batches, one flat row-major array each; the value is that of all rows so far,
 * NaN before the first.
 */
export interface Metric<Value = number> {
  /**
   * Adds a batch; returns the metric itself, so that `accuracy().add(predictions, targets).value` evaluates two
   * arrays.
   * @throws ShapeError when the arrays do not match; ValueError for invalid targets. Nothing is added then.
   */
  add(predictions: Numbers, targets: Numbers): Metric<Value>
  /** The value over all rows added so far. */
  readonly value: Value
  /** Starts over. */
  reset(): void
}

/** A metric with a state: `begin` creates it, `add` adds a batch to it, `value` reads it. */
function metric<State, Value>(
  begin: () => State,
  check: (predictions: Numbers, targets: Numbers) => void,
  add: (state: State, predictions: Numbers, targets: Numbers) => void,
  value: (state: State) => Value,
): Metric<Value> {
  let state = begin()
  const self: Metric<Value> = {
    add: (predictions, targets) =>
      blamingCaller(self.add, () => {
        check(checkNumbers('add', 'predictions', predictions), checkNumbers('add', 'targets', targets))
        add(state, predictions, targets)
        return self
      }),
    get value() {
      return value(state)
    },
    reset: () => {
      state = begin()
    },
  }
  return self
}

/** As many predictions as targets. */
function paired(name: string) {
  return (predictions: Numbers, targets: Numbers) => {
    if (predictions.length !== targets.length)
      throw new ShapeError(
        `${name}: ${predictions.length} predictions and ${targets.length} targets; there must be one for each`,
      )
  }
}

/** As many predictions as targets; targets are 0 or 1. */
function pairedWithTruth(name: string) {
  const check = paired(name)
  return (predictions: Numbers, targets: Numbers) => {
    check(predictions, targets)
    for (let i = 0; i < targets.length; i++)
      if (targets[i] !== 0 && targets[i] !== 1)
        throw new ValueError(`${name}: target ${i} is ${targets[i]}; targets must be 0 or 1`)
  }
}

/** Rows with one number for each class; targets likewise, such as one-hot labels. */
function rowsOf(name: string, classes: number) {
  const check = paired(name)
  return (predictions: Numbers, targets: Numbers) => {
    check(predictions, targets)
    if (predictions.length % classes !== 0)
      throw new ShapeError(`${name}: ${predictions.length} numbers are not a multiple of ${classes} classes`)
  }
}

/** Options of metrics of class indices. */
export interface ClassNumberOptions {
  /** The number of classes. */
  classes: number
  /** The target of positions to ignore, such as padding; default −1. */
  ignoreIndex?: number
}

const classChecks = {
  classes: checkCount,
  ignoreIndex: optional(checkInteger, -1),
}

/** Rows with one number for each class; targets are class indices. */
function rowsWithClasses(name: string, classes: number, ignoreIndex: number) {
  return (predictions: Numbers, targets: Numbers) => {
    if (predictions.length !== targets.length * classes)
      throw new ShapeError(
        `${name}: ${targets.length} targets need as many rows of ${classes} classes, ${targets.length * classes} numbers; got ${predictions.length}`,
      )
    checkClasses(name, 'target', classes, targets, targets, ignoreIndex)
  }
}

/** Checks the class indices at all positions that count. */
function checkClasses(
  name: string,
  what: string,
  classes: number,
  given: Numbers,
  targets: Numbers,
  ignoreIndex: number,
): void {
  for (let i = 0; i < given.length; i++)
    if (targets[i] !== ignoreIndex && !(Number.isInteger(given[i]) && given[i]! >= 0 && given[i]! < classes))
      throw new ValueError(
        `${name}: ${what} ${i} is ${given[i]}; classes are integers in [0, ${classes}), and targets of ${ignoreIndex} (ignoreIndex) are ignored`,
      )
}

/** Index of the maximum of a row, the first of ties. */
function largest(rows: Numbers, row: number, columns: number): number {
  let best = 0
  for (let i = 1; i < columns; i++) if (rows[row * columns + i]! > rows[row * columns + best]!) best = i
  return best
}

interface Mean {
  sum: number
  count: number
}

/** The mean of what `of` returns for each row. */
function meanOf(
  check: (predictions: Numbers, targets: Numbers) => void,
  columns: number,
  of: (predictions: Numbers, targets: Numbers, row: number) => number,
  value: (mean: number) => number = (mean) => mean,
  /** The target of rows to ignore. */
  ignoreIndex?: number,
): Metric {
  return metric(
    (): Mean => ({ sum: 0, count: 0 }),
    check,
    (state, predictions, targets) => {
      const rows = predictions.length / columns
      for (let row = 0; row < rows; row++) {
        if (ignoreIndex !== undefined && targets[row] === ignoreIndex) continue
        state.sum += of(predictions, targets, row)
        state.count++
      }
    },
    ({ sum, count }) => value(sum / count),
  )
}

/** Fraction of predictions on the correct side of `threshold`, default 0.5; targets are 0 or 1. */
export function binaryAccuracy(options: { threshold?: number } = {}): Metric {
  const { threshold } = checkOptions('binaryAccuracy', options, { threshold: optional(checkFinite, 0.5) })
  return meanOf(pairedWithTruth('binaryAccuracy'), 1, (predictions, targets, row) =>
    Number(Number(predictions[row]! >= threshold) === targets[row]),
  )
}

/** Fraction of rows whose argmax is that of the target row; the first of ties counts. */
export function categoricalAccuracy(options: { classes: number }): Metric {
  const { classes } = checkOptions('categoricalAccuracy', options, { classes: checkCount })
  return meanOf(rowsOf('categoricalAccuracy', classes), classes, (predictions, targets, row) =>
    Number(largest(predictions, row, classes) === largest(targets, row, classes)),
  )
}

/** Fraction of rows whose argmax is the target, a class index; the first of ties counts. */
export function sparseCategoricalAccuracy(options: ClassNumberOptions): Metric {
  const { classes, ignoreIndex } = checkOptions('sparseCategoricalAccuracy', options, classChecks)
  return meanOf(
    rowsWithClasses('sparseCategoricalAccuracy', classes, ignoreIndex),
    classes,
    (predictions, targets, row) => Number(largest(predictions, row, classes) === targets[row]),
    undefined,
    ignoreIndex,
  )
}

/** Fraction of rows whose target, a class index, is among the `k` largest numbers. Smaller indices win ties. */
export function topKAccuracy(options: ClassNumberOptions & { k: number }): Metric {
  const { k, classes, ignoreIndex } = checkOptions('topKAccuracy', options, { ...classChecks, k: checkCount })
  return meanOf(
    rowsWithClasses('topKAccuracy', classes, ignoreIndex),
    classes,
    (predictions, targets, row) => {
      const target = targets[row]!
      const own = predictions[row * classes + target]!
      let before = 0
      for (let i = 0; i < classes; i++) {
        const other = predictions[row * classes + i]!
        if (other > own || (other === own && i < target)) before++
      }
      // A row with NaN has no order, so it counts as wrong.
      return Number(before < k && !Number.isNaN(own))
    },
    undefined,
    ignoreIndex,
  )
}

/**
 * Confusion matrix, true classes as rows and predicted ones as columns: `value[t][p]` counts the rows of class t for
 * which p was predicted. Predictions and targets are class indices.
 */
export function confusionMatrix(options: ClassNumberOptions): Metric<number[][]> {
  const { classes, ignoreIndex } = checkOptions('confusionMatrix', options, classChecks)
  return metric(
    () => counts(classes),
    classPairs('confusionMatrix', classes, ignoreIndex),
    addToCounts(ignoreIndex),
    (state) => state.map((row) => [...row]),
  )
}

function counts(classes: number): number[][] {
  return Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
}

function classPairs(name: string, classes: number, ignoreIndex: number) {
  const check = paired(name)
  return (predictions: Numbers, targets: Numbers) => {
    check(predictions, targets)
    checkClasses(name, 'prediction', classes, predictions, targets, ignoreIndex)
    checkClasses(name, 'target', classes, targets, targets, ignoreIndex)
  }
}

function addToCounts(ignoreIndex: number) {
  return (state: number[][], predictions: Numbers, targets: Numbers): void => {
    for (let i = 0; i < targets.length; i++)
      if (targets[i] !== ignoreIndex) state[targets[i]!]![predictions[i]!]!++
  }
}

/** Options of precision, recall and F1, for two classes or many. */
export interface ClassScoreOptions {
  /** For two classes: predictions from here on count as 1; default 0.5. */
  threshold?: number
  /** For many classes: their number; predictions and targets are then class indices. */
  classes?: number
  /** For many classes: the target of positions to ignore, such as padding; default −1. */
  ignoreIndex?: number
  /**
   * For many classes: `macro` (default) is the mean over the classes; `micro` pools all rows, which gives the
   * accuracy.
   */
  average?: 'macro' | 'micro'
}

interface Hits {
  truePositives: number
  /** False negatives and false positives of a class. */
  falseNegatives: number
  falsePositives: number
}

/** The quotient, or 0 where the divisor is 0. */
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

function classScore(name: string, options: ClassScoreOptions, of: (hits: Hits) => number): Metric {
  const { threshold, classes, ignoreIndex, average } = checkOptions(name, options, {
    threshold: optional(checkFinite, 0.5),
    classes: optional(checkCount),
    ignoreIndex: optional(checkInteger),
    average: optional(oneOf(['macro', 'micro']), 'macro'),
  })
  const hitsOf = (state: number[][], c: number): Hits => {
    const truePositives = state[c]![c]!
    return {
      truePositives,
      falseNegatives: state[c]!.reduce((total, count) => total + count, 0) - truePositives,
      falsePositives: state.reduce((total, row) => total + row[c]!, 0) - truePositives,
    }
  }
  if (classes === undefined && ignoreIndex !== undefined)
    throw new ValueError(`${name}: ignoreIndex requires classes`)
  if (classes === undefined)
    return metric(
      () => counts(2),
      pairedWithTruth(name),
      (state, predictions, targets) => {
        for (let i = 0; i < targets.length; i++) state[targets[i]!]![Number(predictions[i]! >= threshold)]!++
      },
      (state) => of(hitsOf(state, 1)),
    )
  return metric(
    () => counts(classes),
    classPairs(name, classes, ignoreIndex ?? -1),
    addToCounts(ignoreIndex ?? -1),
    (state) => {
      const all = state.map((_, c) => hitsOf(state, c))
      if (average === 'macro') return all.reduce((total, hits) => total + of(hits), 0) / classes
      const sum = (key: keyof Hits) => all.reduce((total, hits) => total + hits[key], 0)
      return of({
        truePositives: sum('truePositives'),
        falseNegatives: sum('falseNegatives'),
        falsePositives: sum('falsePositives'),
      })
    },
  )
}

/** Precision: true positives / (true positives + false positives); 0 without predicted positives. */
export function precision(options: ClassScoreOptions = {}): Metric {
  return classScore('precision', options, ({ truePositives, falsePositives }) =>
    share(truePositives, truePositives + falsePositives),
  )
}

/** Recall: true positives / (true positives + false negatives); 0 without positives. */
export function recall(options: ClassScoreOptions = {}): Metric {
  return classScore('recall', options, ({ truePositives, falseNegatives }) =>
    share(truePositives, truePositives + falseNegatives),
  )
}

/** F1, the harmonic mean of precision and recall; 0 where both are 0. */
export function f1(options: ClassScoreOptions = {}): Metric {
  return classScore('f1', options, ({ truePositives, falsePositives, falseNegatives }) =>
    share(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
  )
}

/**
 * Exact area under the ROC curve: the probability that a row of class 1 scores higher than one of class 0, ties
 * counting half (Hanley and McNeil 1982). NaN unless both classes occur. Keeps every score.
 */
export function auc(options: NoOptions = {}): Metric {
  checkOptions('auc', options, {})
  const check = pairedWithTruth('auc')
  return metric(
    () => ({ scores: [] as number[], targets: [] as number[] }),
    (scores, targets) => {
      check(scores, targets)
      for (let i = 0; i < scores.length; i++)
        if (Number.isNaN(scores[i])) throw new ValueError(`auc: score ${i} is NaN, which has no rank`)
    },
    (state, scores, targets) => {
      for (let i = 0; i < scores.length; i++) {
        state.scores.push(scores[i]!)
        state.targets.push(targets[i]!)
      }
    },
    ({ scores, targets }) => {
      const order = Uint32Array.from(scores.keys()).sort((a, b) =>
        scores[a]! < scores[b]! ? -1 : Number(scores[a]! > scores[b]!),
      )
      // Twice the number of concordant pairs, an integer, so that nothing is rounded before the end.
      let twice = 0
      let below = 0
      let positives = 0
      for (let start = 0; start < order.length; ) {
        let end = start
        let ones = 0
        while (end < order.length && scores[order[end]!] === scores[order[start]!])
          ones += targets[order[end++]!]!
        const zeros = end - start - ones
        twice += ones * (2 * below + zeros)
        below += zeros
        positives += ones
        start = end
      }
      return twice / (2 * positives * below)
    },
  )
}

/** Mean of absolute differences. */
export function meanAbsoluteError(options: NoOptions = {}): Metric {
  checkOptions('meanAbsoluteError', options, {})
  return meanOf(paired('meanAbsoluteError'), 1, (predictions, targets, i) =>
    Math.abs(predictions[i]! - targets[i]!),
  )
}

/**
 * Coefficient of determination R² = 1 − Σ(t − p)² / Σ(t − mean t)²: 1 for perfect predictions, 0 for the mean of the
 * targets. For constant targets −∞, or 1 if predictions are perfect.
 */
export function rSquared(options: NoOptions = {}): Metric {
  checkOptions('rSquared', options, {})
  return metric(
    () => ({ count: 0, mean: 0, variation: 0, error: 0 }),
    paired('rSquared'),
    (state, predictions, targets) => {
      for (let i = 0; i < targets.length; i++) {
        const t = targets[i]!
        // Welford 1962: the sum of squares about the running mean, without cancellation.
        const before = t - state.mean
        state.count++
        state.mean += before / state.count
        state.variation += before * (t - state.mean)
        state.error += (t - predictions[i]!) ** 2
      }
    },
    ({ count, variation, error }) => (count > 0 && error === 0 ? 1 : 1 - error / variation),
  )
}

/**
 * Perplexity: exp of the mean of −ln p, with p the probability that a row assigns to its target, a class index.
 * Infinite where a target has probability 0.
 */
export function perplexity(options: ClassNumberOptions): Metric {
  const { classes, ignoreIndex } = checkOptions('perplexity', options, classChecks)
  return meanOf(
    rowsWithClasses('perplexity', classes, ignoreIndex),
    classes,
    (probabilities, targets, row) => {
      const p = probabilities[row * classes + targets[row]!]!
      return p > 0 ? -logarithm(p) : p === 0 ? Infinity : Number.NaN
    },
    exponential,
    ignoreIndex,
  )
}
