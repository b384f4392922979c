// The thread that trains: reads the table, makes the run, and trains it for a screen or with reports.
import { parentPort, workerData } from 'node:worker_threads'
import { BackpropagationError } from '@bp/core'
import { readArguments } from '../options.js'
import { resumeOptions } from '../runs/options.js'
import { planResumed } from '../runs/resume.js'
import { useThreads } from '../threads.js'
import { UsageError } from '../usage-error.js'
import { jsonReporter } from './json.js'
import type { FromTrainer, Job, ToTrainer } from './messages.js'
import { trainOptions } from './options.js'
import { plainReporter, tableLines } from './plain.js'
import { makePlan, type Plan } from './plan.js'
import { trainWithReports } from './reports.js'
import { Session } from './session.js'

const port = parentPort!
const post = (message: FromTrainer) => port.postMessage(message)
const onProgress = (text: string | null) => post({ type: 'progress', text })

async function main({ command, args, form }: Job): Promise<void> {
  const { given, rest } = readArguments(args, command === 'train' ? trainOptions : resumeOptions)
  const plan =
    command === 'train'
      ? await makePlan(rest[0] ?? 'xor', given, { onProgress })
      : await planResumed(rest[0] ?? 'last', given, onProgress)
  await useThreads(given.threads, multiplicationsOf(plan))
  const profiled = given.profile ?? false
  if (form === 'tui') await onScreen(plan, profiled)
  else await inLines(plan, form, profiled)
}

/** Of a step: forward, and twice as many backward. */
function multiplicationsOf({ settings: { hidden, batchSize }, data }: Plan): number {
  const sizes = [data.inputShape[0]!, ...hidden, data.targetShape[0]!]
  const weights = sizes.slice(1).reduce((sum, units, at) => sum + units * sizes[at]!, 0)
  return 3 * weights * Math.min(batchSize, data.rows)
}

async function inLines(plan: Plan, form: 'plain' | 'json', profiled: boolean): Promise<void> {
  const leaving = new AbortController()
  port.on('message', ({ type }: ToTrainer) => {
    if (type === 'leave') leaving.abort()
  })
  const write = (line: string) => post({ type: 'lines', text: `${line}\n` })
  const reporter = form === 'json' ? jsonReporter(write, profiled) : plainReporter(write, profiled)
  const { error } = await trainWithReports(plan, reporter, leaving.signal)
  post({ type: 'end', lines: [], problems: problemsOf(error?.message, plan.saver.failure) })
}

async function onScreen(plan: Plan, profiled: boolean): Promise<void> {
  onProgress('preparing the first step')
  const session = new Session(plan)
  let drawn = true
  const show = () => {
    drawn = false
    post({ type: 'view', view: session.getState() })
  }
  session.subscribe(() => {
    // What was obeyed is shown at once.
    if (drawn || session.getState().status !== 'training') show()
  })
  port.on('message', (message: ToTrainer) => {
    if (message.type === 'drawn') drawn = true
    else if (message.type === 'command') {
      drawn = true
      session.send(message.command)
    } else {
      // What the table is read as stays above the summary.
      const report = tableLines(plan)
      const lines = [...(report.length > 0 ? [plan.name, ...report] : []), ...session.end(profiled)]
      const { error } = session.run.getState()
      post({ type: 'end', lines, problems: problemsOf(error?.message, plan.saver.failure) })
    }
  })
  session.begin()
  show()
}

const problemsOf = (...problems: readonly (string | null | undefined)[]) =>
  problems.filter((problem) => typeof problem === 'string')

main(workerData as Job).catch((error: unknown) => {
  const expected = error instanceof UsageError || error instanceof BackpropagationError
  post({ type: 'failure', message: error instanceof Error ? error.message : String(error), expected })
})
