// `bp train`: trains on a full screen or with reports.
import { setThreads } from '@bp/core'
import { type Given, readArguments } from '../options.js'
import { print } from '../output.js'
import { interruptible } from '../signals.js'
import { chooseInterface, prepareInk } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import { jsonReporter } from './json.js'
import { type screenOptions, trainOptions } from './options.js'
import { plainReporter } from './plain.js'
import { makePlan, type Plan } from './plan.js'
import { reportProblems } from './problems.js'
import { trainWithReports } from './reports.js'

/** Runs the command and returns the exit code. */
export function train(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, trainOptions)
  if (rest.length > 1)
    throw new UsageError(
      `train takes one data set or file; got ${rest.map((word) => `"${word}"`).join(', ')}`,
    )
  return trainPlan(given, () => makePlan(rest[0] ?? 'xor', given))
}

/** Trains a plan in the interface that is wanted, and returns the exit code. */
export async function trainPlan(
  given: Given<typeof screenOptions>,
  makePlan: () => Promise<Plan>,
): Promise<number> {
  const form = chooseInterface(given.ui)
  if (given.threads !== undefined) await setThreads(given.threads)
  const plan = await makePlan()
  const profiled = given.profile ?? false
  if (form === 'tui') {
    prepareInk()
    const { trainOnScreen } = await import('./screen-session.js')
    return trainOnScreen(plan, given.exitOnDone ?? false, profiled)
  }
  const write = (line: string) => print(`${line}\n`)
  return interruptible(async (interrupted) => {
    const reporter = form === 'json' ? jsonReporter(write, profiled) : plainReporter(write, profiled)
    const { error } = await trainWithReports(plan, reporter, interrupted)
    return reportProblems(error?.message, plan.saver.failure)
  })
}
