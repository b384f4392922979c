// Learning rates that change with the step: pure functions of the number of updates done before.
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
 * The learning rate of an update, by the number of updates done before it: 0 for the first. Any function may
 * serve, as long as it always gives the same for the same step; it must give finite numbers from 0 up.
 */
export type Schedule = (step: number) => number

/** A learning rate, or a schedule that gives one for each step. */
export const checkRate = check<number | Schedule>(
  'a positive finite number, such as 0.01, or a schedule',
  (value) => typeof value === 'function' || (Number.isFinite(value) && (value as number) > 0),
)

/** Options of `stepDecay`. */
export interface StepDecayOptions {
  /** The rate to begin with. */
  learningRate: number
  /** What the rate is multiplied by each time, 0.1 unless given. */
  factor?: number
  /** Steps from one change to the next. */
  every: number
}

/**
 * Falls by a factor every so many steps: η(t) = η₀ · factor^⌊t / every⌋.
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
  /** The rate to begin with. */
  learningRate: number
  /** What the rate is multiplied by over `every` steps. */
  factor: number
  /** Steps in which the rate changes by the factor, 1 unless given. */
  every?: number
}

/**
 * Falls evenly by a factor over so many steps: η(t) = η₀ · factor^(t / every).
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

/** From `start` to `end` along half a wave, `share` of 0 to 1 of the way. */
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
  /** The rate to begin with. */
  learningRate: number
  /** The rate to end with, 0 unless given. */
  end?: number
  /** Steps from one to the other. */
  steps: number
}

/**
 * Falls along half a cosine and stays at its end: η(t) = end + (η₀ − end) · (1 + cos(π · t / steps)) / 2
 * (Loshchilov and Hutter 2017, "SGDR").
 * @throws ValueError for options out of range.
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { learningRate, end, steps } = checkOptions('cosineDecay', options, cosineChecks)
  return (step) => alongCosine(learningRate, end, Math.min(1, step / steps))
}

/** Options of `cosineRestarts`. */
export interface CosineRestartsOptions extends CosineDecayOptions {
  /** Steps of the first fall. */
  steps: number
  /** How many times as long each fall is as the one before, a whole number, 1 unless given. */
  growth?: number
}

/**
 * `cosineDecay` again and again, each time from the first rate: warm restarts (Loshchilov and Hutter 2017).
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
  /** How long the rate rises. */
  steps: number
  /** The rate to begin with, 0 unless given: the first step then changes nothing. */
  start?: number
  /** What comes after: a rate, or a schedule that begins when the warm-up ends. */
  learningRate: number | Schedule
}

/**
 * Rises in a straight line to what comes after: η(t) = start + (η′(0) − start) · t / steps, then
 * η′(t − steps) (Goyal et al. 2017, "Accurate, large minibatch SGD").
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
  /** Steps of the whole cycle, 2 or more; the rate stays at its end after them. */
  steps: number
  /** Share of the steps in which the rate rises, 0.3 unless given. */
  rise?: number
  /** The first rate is the highest divided by this, 25 unless given. */
  startDivisor?: number
  /** The last rate is the first divided by this, 10,000 unless given. */
  endDivisor?: number
}

/**
 * Rises to the highest rate and falls far below the first, both along half a cosine (Smith and Topin 2018,
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

/** Infinity is no better than anything, so that a diverging metric lowers the rate. */
const checkMetric = check<number>('a number', (value) => typeof value === 'number' && !Number.isNaN(value))

/** Options of `reduceOnPlateau`. */
export interface PlateauOptions {
  /** The rate to begin with. */
  learningRate: number
  /** What the rate is multiplied by, between 0 and 1; 0.1 unless given. */
  factor?: number
  /** How many values in a row may be no better before the rate falls, 10 unless given. */
  patience?: number
  /** A value is better when it is below (or, for `max`, above) the best by this share of it, 1e-4 unless given. */
  threshold?: number
  /** How many values after a fall are not judged, 0 unless given. */
  cooldown?: number
  /** The rate does not fall below this, 0 unless given. */
  minLearningRate?: number
  /** Whether small or large values are good, `min` unless given. */
  mode?: 'min' | 'max'
}

/** What a plateau schedule goes by, for saving and resuming. */
export interface PlateauRecord {
  readonly learningRate: number
  /** `null` before the first value. */
  readonly best: number | null
  /** Values in a row that were no better. */
  readonly waited: number
  /** Values that will not be judged. */
  readonly cooling: number
}

/** A learning rate that falls when a metric stops getting better. */
export interface Plateau {
  /** Takes the next value of the metric; returns the rate from now on. */
  next(value: number): number
  save(): PlateauRecord
  restore(record: PlateauRecord): void
}

const checkRecord = check<PlateauRecord>('what save() gave', isRecord)
const recordChecks = {
  learningRate: checkNotNegative,
  best: check<number | null>('a number or null', (value) => value === null || typeof value === 'number'),
  waited: integerFrom(0),
  cooling: integerFrom(0),
}

/**
 * The rate falls by a factor when a metric has not become better for a while (as PyTorch's ReduceLROnPlateau).
 * It goes by values, not by steps, so call it between runs of steps:
 * `step.learningRate = plateau.next(validationLoss)`.
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
