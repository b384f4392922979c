// Reports of a run as lines of text, for logs and pipes.
import type { RunState } from '@bp/core'
import { drawProfile } from '../profile/table.js'
import type { Outline, Plan } from './plan.js'
import type { Reporter } from './reports.js'
import { summarize } from './summary.js'
import {
  describeBaseline,
  describeNetwork,
  describeRows,
  describeSettings,
  formatCount,
  reportedScores,
  rootMeanSquaredError,
} from './words.js'

export function plainReporter(write: (line: string) => void, profiled: boolean): Reporter {
  return {
    start(plan, { model }) {
      const parameters = model.parameters.reduce((total, { size }) => total + size, 0)
      write(`${plan.name}: ${describeRows(plan)}`)
      for (const line of tableLines(plan)) write(line)
      write(`${describeNetwork(plan)} · ${formatCount(parameters)} parameters · ${describeSettings(plan)}`)
      for (const note of plan.notes) write(`note: ${note}`)
      write('')
    },
    report(plan, state) {
      const pairs = Object.entries(figuresOf(plan, state))
      write(pairs.map(([key, value]) => `${key}=${Number(value.toPrecision(5))}`).join(' '))
    },
    warn: (message) => write(`warning: ${message}`),
    end(plan, run, initial, elapsed) {
      write('')
      for (const line of summarize(plan, run, initial, elapsed)) write(line)
      if (profiled) for (const line of ['', ...drawProfile(run.profile())]) write(line)
    },
  }
}

/** What the table is read as, and what is right without a network. */
export function tableLines({ table, target, validation }: Outline): string[] {
  if (table === null || target === null) return []
  const rows = validation ? `the ${formatCount(validation.rows)} held-back rows` : 'the training rows'
  return [...table.lines, `  without a network: ${describeBaseline(table.baseline, target)} (of ${rows})`, '']
}

function figuresOf({ target }: Plan, state: RunState) {
  const { epoch, step } = state
  const { loss, accuracy, validation } = reportedScores(state)
  const figures: Record<string, number> = { epoch, step }
  const add = (name: string, value: number | null) => {
    if (value !== null) figures[name] = value
  }
  add('loss', loss)
  add('accuracy', accuracy)
  if (validation) {
    add('held_back_loss', validation.loss)
    add('held_back_accuracy', validation.accuracy)
    add('held_back_error', rootMeanSquaredError(validation, target))
  }
  return figures
}
