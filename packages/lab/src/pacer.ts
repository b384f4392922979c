// Steps a run at a given pace, in slices of time between which keys, messages and pictures get their turn.
import type { Run } from '@bp/core/lean'

/** Available in browsers, workers and Node. */
declare const performance: { now(): number }

/** More time than this, in ms, is not made up for, e.g. after the machine slept. */
const longestPassed = 1000

/** Whether no more steps can be done. */
export function isOver(status: string): status is 'done' | 'diverged' {
  return status === 'done' || status === 'diverged'
}

/** What can be stepped: a run. */
interface Steppable {
  getState(): { readonly step: number; readonly steps: number; readonly status: string }
  step(count: number): unknown
}

export class Pacer<Stepped extends Steppable = Run> {
  readonly run: Stepped
  /** Measured at the last steps. */
  #stepsPerMillisecond = 0
  /** Steps that the pace asks for and that are not done yet: one at once, so that a run visibly starts. */
  #due = 1

  constructor(run: Stepped) {
    this.run = run
  }

  /**
   * Does the steps that are due `passed` ms later at `rate` steps per ms, which may be Infinity, for about `time` ms at
   * most. Returns whether that was not enough; steps that did not fit are dropped.
   */
  keepUp(passed: number, rate: number, time: number): boolean {
    const { step, steps } = this.run.getState()
    this.#due += rate === Number.POSITIVE_INFINITY ? rate : Math.min(passed, longestPassed) * rate
    const until = Math.min(step + Math.floor(this.#due), steps)
    this.advance(until, time)
    const reached = this.run.getState().step
    const behind = reached < until
    this.#due = behind ? 0 : this.#due - (reached - step)
    return behind
  }

  /** Drops the steps that are due, before another rate applies. */
  drop(): void {
    this.#due = 0
  }

  /** Steps up to step number `until`, or for about `time` ms if that takes longer. */
  advance(until: number, time: number): void {
    const end = performance.now() + time
    for (;;) {
      const { step, steps, status } = this.run.getState()
      const left = Math.min(until, steps) - step
      const before = performance.now()
      if (left <= 0 || before >= end || isOver(status)) return
      // One step first, to see how long it takes; then as many as fit, but not trusting it too far.
      const fitting = Math.floor(this.#stepsPerMillisecond * Math.min(end - before, time / 2))
      this.run.step(Math.max(1, Math.min(left, fitting)))
      const took = Math.max(performance.now() - before, 1e-3)
      this.#stepsPerMillisecond = (this.run.getState().step - step) / took
    }
  }
}
