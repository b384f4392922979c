// Steps of a run in portions of a given time, so that keys and signals get their turn in between.
import type { Run } from '@bp/core'

/** Does steps of a run and learns how long they take. */
export class Slices {
  readonly run: Run
  #stepsPerMillisecond = 0

  constructor(run: Run) {
    this.run = run
  }

  /** Steps up to step number `until`, or for about `time` ms when that takes longer. */
  advance(until: number, time: number): void {
    const end = performance.now() + time
    for (;;) {
      const { step, steps, status } = this.run.getState()
      const left = Math.min(until, steps) - step
      const before = performance.now()
      if (left <= 0 || before >= end || status === 'done' || status === 'diverged') return
      // One step first, to see how long it takes; then as many as fit, but not trusting it too far.
      const fitting = Math.floor(this.#stepsPerMillisecond * Math.min(end - before, time / 2))
      this.run.step(Math.max(1, Math.min(left, fitting)))
      const took = Math.max(performance.now() - before, 1e-3)
      this.#stepsPerMillisecond = (this.run.getState().step - step) / took
    }
  }
}
