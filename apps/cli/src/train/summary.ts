// The summary that stays on the terminal when a run is over.
import type { Run, Score } from '@bp/core'
import { formatNumber, predictXor } from '@bp/lab'
import type { Plan } from './plan.js'
import type { RateChange } from './view.js'
import {
  bestScores,
  counted,
  describeBaseline,
  describeGain,
  describeScore,
  endScores,
  formatCount,
  formatDuration,
  hashWeights,
  threeDigits,
} from './words.js'

/** Lines about the run: how far it got, its scores, for xor its predictions, and what is saved. */
export function summarize(
  plan: Plan,
  run: Run,
  initial: Score,
  elapsed: number,
  changes: readonly RateChange[] = plan.saver.changes,
): string[] {
  return [...describeResult(plan, run, initial, elapsed, changes), ...describeSaved(plan, run)]
}

function describeResult(
  plan: Plan,
  run: Run,
  initial: Score,
  elapsed: number,
  changes: readonly RateChange[],
): string[] {
  const { status, epoch, step, loss, error } = run.getState()
  if (error !== null || loss === null) return [`${plan.name}: ${error === null ? 'not started' : 'diverged'}`]
  const verb = status === 'done' ? 'trained' : 'stopped after'
  const time = elapsed < 9950 ? `${(elapsed / 1000).toFixed(1)} s` : formatDuration(elapsed)
  const lines = [`${plan.name}: ${verb} ${counted(epoch, 'epoch')}, ${counted(step, 'step')}, ${time}`]
  const ended = endScores(plan, run, initial)
  const { training, heldBack } = ended
  lines.push(
    `  training   loss ${threeDigits(initial.loss)} → ${threeDigits(training.loss)}, ${describeScore(training, plan.data, plan.target)}`,
  )
  if (plan.validation && heldBack)
    lines.push(
      `  held back  loss ${threeDigits(heldBack.loss)}, ${describeScore(heldBack, plan.validation, plan.target)}`,
    )
  if (plan.table && plan.target) {
    const { baseline } = plan.table
    const judged = heldBack ?? training
    lines.push(
      `  baseline   ${describeBaseline(baseline, plan.target)}: ${describeGain(baseline, judged, plan.target)}`,
      `  weights    ${ended.best ? `of epoch ${formatCount(ended.epoch)}, the best by the held-back loss` : 'of the last step'}, for both scores`,
    )
  }
  if (plan.target === null) {
    lines.push('', '  x₁  x₂  target  predicted')
    for (const { inputs, target, probability, correct } of predictXor(run))
      lines.push(
        `${inputs.map((input) => String(input).padStart(4)).join('')}${String(target).padStart(8)}${formatFixed(probability).padStart(11)}  ${correct ? '✓' : '✗'}`,
      )
    lines.push('')
  }
  lines.push(
    ...changes.map(
      ({ step, learningRate }) =>
        `  learning rate ${formatNumber(learningRate)} after step ${formatCount(step)}`,
    ),
    `  seed ${plan.settings.seed} gives these weights on every machine${changes.length > 0 ? ', with these rates' : ''}, SHA-256:`,
    `  ${hashWeights(run)}`,
  )
  return lines
}

function describeSaved(plan: Plan, run: Run): string[] {
  const { saver, table } = plan
  const { name } = saver
  const savedStep = saver.readSavedStep()
  if (name === null || savedStep === null) return ['', '  nothing of this run is saved']
  const { step, status } = run.getState()
  const what = step === savedStep ? 'saved' : `step ${formatCount(savedStep)} is saved`
  const use = [
    ...(table ? [`bp predict ${name} FILE`] : []),
    ...(status === 'done' ? [] : [`bp resume ${name}`]),
    `bp show ${name}`,
  ]
  const best = status === 'done' ? null : bestScores(plan, run.getState())
  return [
    '',
    `  ${what} as ${name}: ${use.join(' · ')}`,
    ...(best
      ? [
          `  bp predict answers with the weights of epoch ${formatCount(best.epoch)}, the best so far by the held-back loss`,
        ]
      : []),
  ]
}

/** A probability, to four places so that columns of them align. */
export function formatFixed(probability: number): string {
  return probability.toFixed(4)
}
