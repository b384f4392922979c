// Learning rate schedules: pure functions of the number of updates done before.
import {
  check,
  checkCount,
  checkFraction,
  checkNotNegative,
  checkOptions,
  checkPositive,
  checkShare,
  integerFrom,
  isRecord,
  oneOf,
  optional,
} from '../checks/check-options.js'
import { cosineOfHalfTurn, power } from '../numbers/elementary.js'

/**
 * The learning rate of an update as a function of the number of updates done before it: 0 for the first. Any
 * deterministic function that returns non-negative finite numbers.
 */
export type Schedule = (step: number) => number

/** A learning rate, or a schedule. */
export const checkRate = check<number | Schedule>(
  'a positive finite number, e.g. 0.01, or a schedule',
  (value) => typeof value === 'function' || (Number.isFinite(value) && (value as number) > 0),
)

/** Options of `stepDecay`. */
export interface StepDecayOptions {
  /** The initial rate. */
  learningRate: number
  /** Multiplies the rate each time; default 0.1. */
  factor?: number
  /** Steps between changes. */
  every: number
}

/**
 * Multiplies the rate by `factor` every `every` steps: η(t) = η₀ · factor^⌊t / every⌋.
 * @throws ValueError for options out of range.
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  const { learningRate, factor, every } = checkOptions('stepDecay', options, {
    learningRate: checkPositive,
    factor: optional(checkPositive, 0.1),
    every: checkCount,
  })
  return (step) => learningRate * power(factor, Math.floor(step / every))
}

/** Options of `exponentialDecay`. */
export interface ExponentialDecayOptions {
  /** The initial rate. */
  learningRate: number
  /** Multiplies the rate over `every` steps. */
  factor: number
  /** Steps in which the rate changes by `factor`; default 1. */
  every?: number
}

/**
 * Multiplies the rate by `factor` over `every` steps, continuously: η(t) = η₀ · factor^(t / every).
 * @throws ValueError for options out of range.
 */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  const { learningRate, factor, every } = checkOptions('exponentialDecay', options, {
    learningRate: checkPositive,
    factor: checkPositive,
    every: optional(checkCount, 1),
  })
  return (step) => learningRate * power(factor, step / every)
}

/** Cosine interpolation from `start` to `end`, with `share` in [0, 1]. */
function alongCosine(start: number, end: number, share: number): number {
  return end + ((start - end) * (1 + cosineOfHalfTurn(share))) / 2
}

const cosineChecks = {
  learningRate: checkPositive,
  end: optional(checkNotNegative, 0),
  steps: checkCount,
}

/** Options of `cosineDecay`. */
export interface CosineDecayOptions {
  /** The initial rate. */
  learningRate: number
  /** The final rate; default 0. */
  end?: number
  /** Steps from the initial to the final rate. */
  steps: number
}

/**
 * Falls along half a cosine, then stays at `end`: η(t) = end + (η₀ − end) · (1 + cos(π · t / steps)) / 2 (Loshchilov
 * and Hutter 2017, "SGDR").
 * @throws ValueError for options out of range.
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { learningRate, end, steps } = checkOptions('cosineDecay', options, cosineChecks)
  return (step) => alongCosine(learningRate, end, Math.min(1, step / steps))
}

/** Options of `cosineRestarts`. */
export interface CosineRestartsOptions extends CosineDecayOptions {
  /** Steps of the first cycle. */
  steps: number
  /** Each cycle is this many times as long as the one before, an integer; default 1. */
  growth?: number
}

/**
 * Repeats `cosineDecay` from the initial rate: warm restarts (Loshchilov and Hutter 2017).
 * @throws ValueError for options out of range.
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const { learningRate, end, steps, growth } = checkOptions('cosineRestarts', options, {
    ...cosineChecks,
    growth: optional(checkCount, 1),
  })
  return (step) => {
    let length = steps
    let within = step
    if (growth === 1) within %= length
    else
      while (within >= length) {
        within -= length
        length *= growth
      }
    return alongCosine(learningRate, end, within / length)
  }
}

/** Options of `warmUp`. */
export interface WarmUpOptions {
  /** Steps of the warm-up. */
  steps: number
  /** The initial rate; default 0, with which the first step changes nothing. */
  start?: number
  /** The rate after the warm-up, or a schedule that starts when it ends. */
  learningRate: number | Schedule
}

/**
 * Rises linearly to the rate after the warm-up: η(t) = start + (η′(0) − start) · t / steps, then η′(t − steps) (Goyal
 * et al. 2017, "Accurate, large minibatch SGD").
 * @throws ValueError for options out of range.
 */
export function warmUp(options: WarmUpOptions): Schedule {
  const { steps, start, learningRate } = checkOptions('warmUp', options, {
    steps: checkCount,
    start: optional(checkNotNegative, 0),
    learningRate: checkRate,
  })
  const after = typeof learningRate === 'function' ? learningRate : () => learningRate
  return (step) => (step < steps ? start + ((after(0) - start) * step) / steps : after(step - steps))
}

/** Options of `oneCycle`. */
export interface OneCycleOptions {
  /** The highest rate. */
  learningRate: number
  /** Steps of the whole cycle, at least 2; the rate stays constant after them. */
  steps: number
  /** Fraction of the steps in which the rate rises; default 0.3. */
  rise?: number
  /** The initial rate is the highest divided by this; default 25. */
  startDivisor?: number
  /** The final rate is the initial one divided by this; default 10,000. */
  endDivisor?: number
}

/**
 * Rises to the highest rate, then falls far below the initial one, both along half a cosine (Smith and Topin 2018,
 * "Super-convergence", in the two-phase form of PyTorch's OneCycleLR).
 * @throws ValueError for options out of range.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { learningRate, steps, rise, startDivisor, endDivisor } = checkOptions('oneCycle', options, {
    learningRate: checkPositive,
    steps: integerFrom(2),
    rise: optional(checkShare, 0.3),
    startDivisor: optional(checkPositive, 25),
    endDivisor: optional(checkPositive, 1e4),
  })
  const start = learningRate / startDivisor
  const end = start / endDivisor
  const top = rise * steps - 1
  const last = steps - 1
  return (step) =>
    step < top
      ? alongCosine(start, learningRate, step / top)
      : alongCosine(learningRate, end, Math.min(1, (step - Math.max(top, 0)) / (last - Math.max(top, 0))))
}

/** Infinity never counts as better, so that a diverging metric lowers the rate. */
const checkMetric = check<number>('a number', (value) => typeof value === 'number' && !Number.isNaN(value))

/** Options of `reduceOnPlateau`. */
export interface PlateauOptions {
  /** The initial rate. */
  learningRate: number
  /** Multiplies the rate at each reduction, in (0, 1); default 0.1. */
  factor?: number
  /** Values without improvement before the rate is reduced; default 10. */
  patience?: number
  /** Relative improvement over the best value that counts; default 1e-4. */
  threshold?: number
  /** Values to skip after a reduction; default 0. */
  cooldown?: number
  /** Lower bound of the rate; default 0. */
  minLearningRate?: number
  /** Whether lower or higher values are better; default `min`. */
  mode?: 'min' | 'max'
}

/** The state of a plateau schedule, for saving and resuming. */
export interface PlateauRecord {
  readonly learningRate: number
  /** `null` before the first value. */
  readonly best: number | null
  /** Consecutive values without improvement. */
  readonly waited: number
  /** Values left to skip. */
  readonly cooling: number
}

/** A learning rate that is reduced when a metric stops improving. */
export interface Plateau {
  /** Takes the next value of the metric; returns the new rate. */
  next(value: number): number
  save(): PlateauRecord
  restore(record: PlateauRecord): void
}

const checkRecord = check<PlateauRecord>('what save() returned', isRecord)
const recordChecks = {
  learningRate: checkNotNegative,
  best: check<number | null>('a number or null', (value) => value === null || typeof value === 'number'),
  waited: integerFrom(0),
  cooling: integerFrom(0),
}

/**
 * Reduces the rate by a factor when a metric has stopped improving (like PyTorch's ReduceLROnPlateau). It counts
 * values, not steps, so call it between runs of steps: `step.learningRate = plateau.next(validationLoss)`.
 * @throws ValueError for options out of range; `next` for a value that is not a number.
 */
export function reduceOnPlateau(options: PlateauOptions): Plateau {
  const { learningRate, factor, patience, threshold, cooldown, minLearningRate, mode } = checkOptions(
    'reduceOnPlateau',
    options,
    {
      learningRate: checkPositive,
      factor: optional(checkFraction, 0.1),
      patience: optional(integerFrom(0), 10),
      threshold: optional(checkNotNegative, 1e-4),
      cooldown: optional(integerFrom(0), 0),
      minLearningRate: optional(checkNotNegative, 0),
      mode: optional(oneOf(['min', 'max']), 'min'),
    },
  )
  const sign = mode === 'min' ? 1 : -1
  let record: PlateauRecord = { learningRate, best: null, waited: 0, cooling: 0 }
  return {
    next(value) {
      checkMetric('reduceOnPlateau', 'the value', value)
      const { best } = record
      const better = best === null || sign * value < sign * best - threshold * Math.abs(best)
      const cooling = Math.max(0, record.cooling - 1)
      const waited = better || record.cooling > 0 ? 0 : record.waited + 1
      const falls = waited > patience
      record = {
        learningRate: falls ? Math.max(minLearningRate, record.learningRate * factor) : record.learningRate,
        best: better ? value : best,
        waited: falls ? 0 : waited,
        cooling: falls ? cooldown : cooling,
      }
      return record.learningRate
    },
    save: () => record,
    restore: (saved) => {
      record = checkOptions('restore', checkRecord('restore', 'the record', saved), recordChecks)
    },
  }
}
