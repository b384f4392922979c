// Trains without a screen, with a report now and then.
import type { Run, RunState, Score } from '@bp/core'
import { niceStep, Pacer } from '@bp/lab'
import { begin, type Plan } from './plan.js'

/** Writes what happens in a run. */
export interface Reporter {
  start(plan: Plan, run: Run): void
  report(plan: Plan, state: RunState): void
  /** Of something that the user must hear while training goes on. */
  warn(message: string): void
  /** After the last step; `initial` is how good the first weights were, `elapsed` the time in ms. */
  end(plan: Plan, run: Run, initial: Score, elapsed: number): void
}

/** A run gives at most as many reports. */
const mostReports = 20
/** How long steps may keep signals waiting, in ms. */
const sliceTime = 50

/** Trains to the end, or until `interrupted`. */
export async function trainWithReports(
  plan: Plan,
  reporter: Reporter,
  interrupted: AbortSignal,
): Promise<RunState> {
  const started = performance.now()
  const { run, initial } = begin(plan)
  const { checkpoints } = plan
  checkpoints?.open(run)
  const pacer = new Pacer(run)
  reporter.start(plan, run)
  const { epochs, step, steps } = run.getState()
  // By steps and not by time, so that the same run always gives the same reports.
  const every = niceStep(epochs / mostReports, 1) * (steps / epochs)
  const warn = (message: string | null | undefined) => message && reporter.warn(message)
  try {
    for (let due = step - (step % every) + every; !interrupted.aborted; ) {
      pacer.advance(due, sliceTime)
      const state = run.getState()
      if (state.status === 'diverged') break
      if (state.step >= due || state.status === 'done') {
        reporter.report(plan, state)
        due += every
      }
      if (state.status === 'done') break
      warn(checkpoints?.tick(run))
      await new Promise(setImmediate)
    }
  } catch (error) {
    // Such as a report that could not be written.
    checkpoints?.save(run)
    throw error
  }
  warn(checkpoints?.save(run))
  reporter.end(plan, run, initial, performance.now() - started)
  return run.getState()
}
