// How good predictions are: counted batch by batch in float64, and always the same for the same rows in any batches.
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
 * A measure of predictions against targets. Add batches of it, in one array each, row by row; the value is that of
 * all rows so far, NaN where nothing was added.
 */
export interface Metric<Value = number> {
  /**
   * Adds a batch; returns the metric itself, so that `accuracy().add(predictions, targets).value` is that of two
   * arrays.
   * @throws ShapeError when the arrays do not fit; ValueError for targets that do not exist. Nothing is added then.
   */
  add(predictions: Numbers, targets: Numbers): Metric<Value>
  /** The value over everything that was added. */
  readonly value: Value
  /** Forgets everything that was added. */
  reset(): void
}

/** A metric of sums: `begin` makes them, `add` adds a batch to them, `value` is made of them. */
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
        `${name}: ${predictions.length} predictions and ${targets.length} targets; wants one for each`,
      )
  }
}

/** As many predictions as targets, which are 0 or 1. */
function pairedWithTruth(name: string) {
  const check = paired(name)
  return (predictions: Numbers, targets: Numbers) => {
    check(predictions, targets)
    for (let i = 0; i < targets.length; i++)
      if (targets[i] !== 0 && targets[i] !== 1)
        throw new ValueError(`${name}: target ${i} is ${targets[i]}; targets must be 0 or 1`)
  }
}

/** Rows of one number for each class; targets likewise, such as one-hot labels. */
function rowsOf(name: string, classes: number) {
  const check = paired(name)
  return (predictions: Numbers, targets: Numbers) => {
    check(predictions, targets)
    if (predictions.length % classes !== 0)
      throw new ShapeError(`${name}: ${predictions.length} numbers are no whole rows of ${classes} classes`)
  }
}

/** What metrics of class numbers share. */
export interface ClassNumberOptions {
  /** How many classes there are, numbered from 0. */
  classes: number
  /** The target of positions that count nowhere, such as padding, default −1. */
  ignoreIndex?: number
}

const classChecks = {
  classes: checkCount,
  ignoreIndex: optional(checkInteger, -1),
}

/** Rows of one number for each class; targets are class numbers. */
function rowsWithClasses(name: string, classes: number, ignoreIndex: number) {
  return (predictions: Numbers, targets: Numbers) => {
    if (predictions.length !== targets.length * classes)
      throw new ShapeError(
        `${name}: ${targets.length} targets want as many rows of ${classes} classes, ${targets.length * classes} numbers; got ${predictions.length}`,
      )
    checkClasses(name, 'target', classes, targets, targets, ignoreIndex)
  }
}

/** Checks the classes at all positions that count. */
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
        `${name}: ${what} ${i} is ${given[i]}; classes are integers from 0 to ${classes - 1}, and targets of ${ignoreIndex} (ignoreIndex) do not count`,
      )
}

/** Position of the largest of a row, the first at a tie. */
function largest(rows: Numbers, row: number, columns: number): number {
  let best = 0
  for (let i = 1; i < columns; i++) if (rows[row * columns + i]! > rows[row * columns + best]!) best = i
  return best
}

interface Mean {
  sum: number
  count: number
}

/** The mean of what `of` gives for each row. */
function meanOf(
  check: (predictions: Numbers, targets: Numbers) => void,
  columns: number,
  of: (predictions: Numbers, targets: Numbers, row: number) => number,
  value: (mean: number) => number = (mean) => mean,
  /** The target of rows that do not count. */
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

/** Share of numbers that are on the right side of a threshold, 0.5 unless given; targets are 0 or 1. */
export function binaryAccuracy(options: { threshold?: number } = {}): Metric {
  const { threshold } = checkOptions('binaryAccuracy', options, { threshold: optional(checkFinite, 0.5) })
  return meanOf(pairedWithTruth('binaryAccuracy'), 1, (predictions, targets, row) =>
    Number(Number(predictions[row]! >= threshold) === targets[row]),
  )
}

/** Share of rows whose largest number stands where that of the target row does; the first counts at a tie. */
export function categoricalAccuracy(options: { classes: number }): Metric {
  const { classes } = checkOptions('categoricalAccuracy', options, { classes: checkCount })
  return meanOf(rowsOf('categoricalAccuracy', classes), classes, (predictions, targets, row) =>
    Number(largest(predictions, row, classes) === largest(targets, row, classes)),
  )
}

/** Share of rows whose largest number stands at the target, a class number; the first counts at a tie. */
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

/**
 * Share of rows whose target, a class number, is among the `k` largest numbers. At a tie smaller class numbers come
 * first.
 */
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
      // A row with NaN has no order, so nothing in it is right.
      return Number(before < k && !Number.isNaN(own))
    },
    undefined,
    ignoreIndex,
  )
}

/**
 * Rows of true classes, columns of predicted ones: `value[t][p]` counts the rows of class t for which p was
 * predicted. Predictions and targets are class numbers.
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

/** What precision, recall and F1 are made of, for two classes or many. */
export interface ClassScoreOptions {
  /** For two classes: from where on a prediction says 1, 0.5 unless given. */
  threshold?: number
  /** For many classes, whose numbers predictions and targets then are. */
  classes?: number
  /** For many classes: the target of positions that count nowhere, such as padding, default −1. */
  ignoreIndex?: number
  /**
   * For many classes: `macro`, unless given, is the mean over the classes; `micro` counts all rows together and so
   * is the accuracy.
   */
  average?: 'macro' | 'micro'
}

interface Hits {
  right: number
  /** Rows of the class that were not found, and rows that were wrongly said to be of it. */
  missed: number
  wrong: number
}

/** 0 where there is nothing to divide by. */
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

function classScore(name: string, options: ClassScoreOptions, of: (hits: Hits) => number): Metric {
  const { threshold, classes, ignoreIndex, average } = checkOptions(name, options, {
    threshold: optional(checkFinite, 0.5),
    classes: optional(checkCount),
    ignoreIndex: optional(checkInteger),
    average: optional(oneOf(['macro', 'micro']), 'macro'),
  })
  const hitsOf = (state: number[][], c: number): Hits => {
    const right = state[c]![c]!
    return {
      right,
      missed: state[c]!.reduce((total, count) => total + count, 0) - right,
      wrong: state.reduce((total, row) => total + row[c]!, 0) - right,
    }
  }
  if (classes === undefined && ignoreIndex !== undefined)
    throw new ValueError(`${name}: ignoreIndex is for class numbers; give classes too`)
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
      return of({ right: sum('right'), missed: sum('missed'), wrong: sum('wrong') })
    },
  )
}

/** Of what was said to be of a class, the share that is: right / (right + wrong); 0 when nothing was said to be. */
export function precision(options: ClassScoreOptions = {}): Metric {
  return classScore('precision', options, ({ right, wrong }) => share(right, right + wrong))
}

/** Of what is of a class, the share that was found: right / (right + missed); 0 when there is nothing. */
export function recall(options: ClassScoreOptions = {}): Metric {
  return classScore('recall', options, ({ right, missed }) => share(right, right + missed))
}

/** Harmonic mean of precision and recall: 2·right / (2·right + wrong + missed); 0 when there is nothing. */
export function f1(options: ClassScoreOptions = {}): Metric {
  return classScore('f1', options, ({ right, wrong, missed }) => share(2 * right, 2 * right + wrong + missed))
}

/**
 * Area under the receiver operating characteristic, exactly: the chance that a row of class 1 has a larger score than
 * one of class 0, ties counting half (Hanley and McNeil 1982). NaN unless both classes were seen. It keeps every
 * score.
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
      // Twice the number of pairs in order, a whole number, so that nothing is rounded before the end.
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

/** Mean of the absolute differences. */
export function meanAbsoluteError(options: NoOptions = {}): Metric {
  checkOptions('meanAbsoluteError', options, {})
  return meanOf(paired('meanAbsoluteError'), 1, (predictions, targets, i) =>
    Math.abs(predictions[i]! - targets[i]!),
  )
}

/**
 * Share of the targets' variance that predictions explain: R² = 1 − Σ(t − p)² / Σ(t − mean t)². 1 for predictions
 * that are all right, 0 for the mean of the targets; −∞, or 1 when all are right, for targets that are all the same.
 */
export function rSquared(options: NoOptions = {}): Metric {
  checkOptions('rSquared', options, {})
  return metric(
    () => ({ count: 0, mean: 0, variation: 0, error: 0 }),
    paired('rSquared'),
    (state, predictions, targets) => {
      for (let i = 0; i < targets.length; i++) {
        const t = targets[i]!
        // Welford 1962: the variation about the running mean, without a difference of large squares.
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
 * e to the mean of −ln p, with p what a row of probabilities gives to its target, a class number: of how many classes
 * an equally unsure guess would be one. Infinite where a target got the probability 0.
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
