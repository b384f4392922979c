// Numbers and settings of a training run as people read them.
import { createHash } from 'node:crypto'
import type { Dataset, PreparedTarget, Run, Score } from '@bp/core'
import { formatNumber } from '@bp/lab'
import type { Plan } from './plan.js'
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
export function describeNetwork({ data, settings }: Plan): string {
  return [
    data.inputShape[0],
    ...settings.hidden.map((units) => `${units} ${settings.activation}`),
    data.targetShape[0],
  ].join(' → ')
}

/** `adam · rate 0.003 · batches of 16 · seed 7`. */
export function describeSettings({ data, settings: values }: Plan): string {
  return Object.entries<Setting<unknown>>(settings)
    .flatMap(([name, { describe }]) => describe?.(values[name as keyof Settings], data.rows) ?? [])
    .join(' · ')
}

/** `275 rows, 69 held back`. */
export function describeRows({ data, validation }: Plan): string {
  return `${formatCount(data.rows)} rows, ${validation ? formatCount(validation.rows) : 'none'} held back`
}

/** Root mean squared error, in the unit of the target. */
export function rootMeanSquaredError({ loss }: Score, target: PreparedTarget | null): number | null {
  return target?.task === 'regression' ? Math.sqrt(loss) * target.standardDeviation : null
}

/** `29 of 30 correct, 96.7 %`, or `off by 299 body_mass_g (RMSE)`. */
export function describeScore(score: Score, { rows }: Dataset, target: PreparedTarget | null): string {
  const error = rootMeanSquaredError(score, target)
  if (error !== null) return `off by ${threeDigits(error)} ${target!.name} (RMSE)`
  const accuracy = score.accuracy ?? 0
  return `${formatCount(accuracy * rows)} of ${formatCount(rows)} correct, ${formatShare(accuracy)}`
}

/** SHA-256 of all weights as little-endian float32. */
export function hashWeights(run: Run): string {
  const weights = run.weights()
  const bytes = Buffer.alloc(weights.length * 4)
  for (const [index, weight] of weights.entries()) bytes.writeFloatLE(weight, index * 4)
  return createHash('sha256').update(bytes).digest('hex')
}
