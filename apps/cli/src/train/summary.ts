// What remains on the terminal when a run is over.
import type { Run, Score } from '@bp/core'
import type { Plan } from './plan.js'
import { describeScore, formatCount, formatDuration, formatShort, hashWeights, predictRows } from './words.js'

/** Lines about the run: how far it came, how good it is now, and for xor what it says to each row. */
export function summarize(plan: Plan, run: Run, initial: Score, elapsed: number): string[] {
  const { status, epoch, step, loss, accuracy, validation, error } = run.getState()
  const verb = status === 'done' ? 'trained' : status === 'diverged' ? 'diverged after' : 'stopped after'
  const time = elapsed < 9950 ? `${(elapsed / 1000).toFixed(1)} s` : formatDuration(elapsed)
  const lines = [`${plan.name}: ${verb} ${formatCount(epoch)} epochs, ${formatCount(step)} steps, ${time}`]
  if (error !== null || loss === null) return lines
  lines.push(
    `  training   loss ${formatShort(initial.loss)} → ${formatShort(loss)}, ${describeScore({ loss, accuracy: accuracy ?? initial.accuracy }, plan.data, plan.target)}`,
  )
  if (plan.validation && validation)
    lines.push(
      `  held back  loss ${formatShort(validation.loss)}, ${describeScore(validation, plan.validation, plan.target)}`,
    )
  if (plan.target === null) {
    lines.push('', '  x₁  x₂  wanted  predicted')
    for (const { inputs, wanted, predicted, right } of predictRows(run, plan.data))
      lines.push(
        `${inputs.map((input) => String(input).padStart(4)).join('')}${String(wanted).padStart(8)}${formatFixed(predicted).padStart(11)}  ${right ? '✓' : '✗'}`,
      )
    lines.push('')
  }
  lines.push(`  weights    sha256 ${hashWeights(run)}, the same on every machine for seed ${plan.settings.seed}`)
  return lines
}

/** A probability, to four places so that columns of them align. */
export function formatFixed(probability: number): string {
  return probability.toFixed(4)
}
