// Numbers and settings of a training run as people read them.
import { createHash } from 'node:crypto'
import type { Run, RunState, Score } from '@bp/core'
import { formatNumber } from '@bp/lab'
import { type Baseline, type Target, writeValue } from '@bp/table'
import { visible } from '../fit.js'
import type { Extent, Outline, Plan } from './plan.js'
import { type Setting, type Settings, settings } from './settings.js'

/** `1,234,567`, the same under every locale. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 step`, `2,000 steps`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `1.24e6`, `12.5`: precise enough for a figure that keeps changing. */
export function threeDigits(value: number): string {
  return formatNumber(value, 3)
}

export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`
}

/** `0:07`, `1:02:03`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`
}

/** `2 → 2 sigmoid → 1`. */
export function describeNetwork({ data, settings }: Outline): string {
  return [
    data.inputShape[0],
    ...settings.hidden.map((units) => `${units} ${settings.activation}`),
    data.targetShape[0],
  ].join(' → ')
}

/** `adam · rate 0.003 · batches of 16 · seed 7`. */
export function describeSettings({ data, settings: values }: Outline): string {
  return Object.entries<Setting<unknown>>(settings)
    .flatMap(([name, { describe }]) => describe?.(values[name as keyof Settings], data.rows) || [])
    .join(' · ')
}

/** `275 rows, 69 held back`. */
export function describeRows({ data, validation }: Outline): string {
  return `${formatCount(data.rows)} rows, ${validation ? formatCount(validation.rows) : 'none'} held back`
}

/** Root mean squared error, in the unit of the target. */
export function rootMeanSquaredError({ loss }: Score, target: Target | null): number | null {
  return target?.task === 'regression' ? Math.sqrt(loss) * target.standardDeviation : null
}

/** `29 of 30 correct, 96.7 %`, or `off by 299 body_mass_g (RMSE)`. */
export function describeScore(score: Score, { rows }: Extent, target: Target | null): string {
  const error = rootMeanSquaredError(score, target)
  if (error !== null) return `off by ${threeDigits(error)} ${visible(target!.name)} (RMSE)`
  const accuracy = score.accuracy ?? 0
  return `${formatCount(accuracy * rows)} of ${formatCount(rows)} correct, ${formatShare(accuracy)}`
}

/** `always "Adelie" is right in 43.5 %`, or `always the mean, 4202, is off by 802`. */
export function describeBaseline({ answer, score }: Baseline, target: Target): string {
  return target.task === 'classification'
    ? `always "${visible(String(answer))}" is right in ${formatShare(score)}`
    : `always the mean, ${visible(writeValue(answer as number, target))}, is off by ${threeDigits(score)}`
}

/** What a network adds to the baseline: points of accuracy, or a share of the error; negative where it is worse. */
export function gainOver({ score }: Baseline, of: Score, target: Target): number {
  const error = rootMeanSquaredError(of, target)
  return error === null ? (of.accuracy ?? 0) - score : 1 - error / score
}

/** `+55.1 points`, or `63 % less error`. */
export function describeGain(baseline: Baseline, of: Score, target: Target): string {
  const gain = gainOver(baseline, of, target)
  const size = formatShare(Math.abs(gain)).replace(' %', '')
  if (target.task === 'classification') return `${gain < 0 ? '−' : '+'}${size} points`
  return `${size} % ${gain < 0 ? 'more' : 'less'} error`
}

/** Scores of the same weights on training and held-back rows, and after which epoch the network had these weights. */
export interface Scores {
  readonly training: Score
  readonly heldBack: Score | null
  readonly epoch: number
  /** Whether they are the best by the held-back loss, which the run ended with. */
  readonly best: boolean
}

/** Those of the best weights so far by the held-back loss; `null` for a run that does not look for them. */
export function bestScores(
  { settings, validation }: Outline,
  { best }: Pick<RunState, 'best'>,
): Scores | null {
  if (validation === null || settings.patience === 0 || best === null) return null
  return { training: best, heldBack: best.validation ?? null, epoch: best.epoch, best: true }
}

/** Those of the last epoch that was scored, or at the end, of the weights that the run ended with. */
export function scoresOf(
  { settings, validation }: Outline,
  state: Pick<RunState, 'history' | 'best'> & { readonly status: string },
  initial: Score,
): Scores {
  const { status, history, best } = state
  const stops = validation !== null && settings.patience > 0
  const record = status === 'done' && stops ? best : (history.at(-1) ?? null)
  return {
    training: record ?? initial,
    heldBack: record?.validation ?? null,
    epoch: record?.epoch ?? 0,
    best: status === 'done' && stops,
  }
}

/**
 * Those of the weights that a run has at its end. One that was stopped within an epoch is scored now, one that diverged
 * keeps its last scores.
 */
export function endScores(plan: Plan, run: Run, initial: Score): Scores {
  const state = run.getState()
  if (state.status === 'done' || state.status === 'diverged') return scoresOf(plan, state, initial)
  return {
    training: run.evaluate(plan.data),
    heldBack: plan.validation && run.evaluate(plan.validation),
    epoch: state.epoch,
    best: false,
  }
}

/** The figures of a report: those of the epoch if it was scored, and before that the mean loss of its steps. */
export function reportedScores(state: RunState): Pick<RunState, 'loss' | 'accuracy' | 'validation'> {
  const record = state.history.at(-1)
  return record && record.step === state.step ? record : state
}

/** SHA-256 of all weights as little-endian float32. */
export function hashWeights(run: Run): string {
  const weights = run.weights()
  const bytes = Buffer.alloc(weights.length * 4)
  for (const [index, weight] of weights.entries()) bytes.writeFloatLE(weight, index * 4)
  return createHash('sha256').update(bytes).digest('hex')
}
