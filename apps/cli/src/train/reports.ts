// Trains without a screen, with regular reports.
import type { Run, RunState, Score } from '@bp/core'
import { niceStep, Pacer } from '@bp/lab'
import { createPlannedRun, type Plan } from './plan.js'

/** Writes reports of a run. */
export interface Reporter {
  start(plan: Plan, run: Run): void
  report(plan: Plan, state: RunState): void
  /** Warns of a problem while training continues. */
  warn(message: string): void
  /** After the last step; `initial` is the score of the initial weights, `elapsed` the time in ms. */
  end(plan: Plan, run: Run, initial: Score, elapsed: number): void
}

/** At most this many reports of a run. */
const maxReports = 20
/** Longest time that steps may delay signals, in ms. */
const sliceTime = 50

/** Trains to the end, or until `interrupted`. */
export async function trainWithReports(
  plan: Plan,
  reporter: Reporter,
  interrupted: AbortSignal,
): Promise<RunState> {
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const { run, initial } = createPlannedRun(plan)
  const { saver } = plan
  saver.open(plan, run, initial)
  const pacer = new Pacer(run)
  reporter.start(plan, run)
  if (saver.problem) reporter.warn(saver.problem)
  const { epochs, step, steps } = run.getState()
  // By steps, not by time, so that the same run always gives the same reports.
  const every = niceStep(epochs / maxReports, 1) * (steps / epochs)
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
      warn(saver.tick(plan, run, initial, elapsed()))
      await new Promise(setImmediate)
    }
  } catch (error) {
    // E.g. a report could not be written.
    saver.save(plan, run, initial, elapsed())
    throw error
  }
  warn(saver.save(plan, run, initial, elapsed()))
  reporter.end(plan, run, initial, elapsed())
  return run.getState()
}
