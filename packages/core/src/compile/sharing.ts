// Whether threads share the work of a program: measured where the user leaves it to the library.
import { getKernel } from '@bp/kernel'

/** Available in browsers, workers and Node. */
declare const performance: { now(): number }

/** Calls that are timed, with one thread and with all in turn; the first two only warm up. */
const trials = 10

let measured = false

/** Whether programs are to be timed: only where there are threads. */
export const isMeasured = (): boolean => measured && getKernel().threads > 1

/** From now on each program is run both ways at first, and then in the quicker one. */
export function measureSharing(on: boolean): void {
  measured = on
}

export class Sharing {
  #calls = 0
  /** Shortest time of a run in ms, alone and shared. */
  readonly #shortest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]

  /** Runs the program `times` times by `run`. Results do not depend on the choice. */
  run(times: number, run: () => number): number {
    const kernel = getKernel()
    const isTrial = this.#calls < trials
    const shared = isTrial ? this.#calls % 2 === 1 : this.#shortest[1]! < this.#shortest[0]!
    kernel.share(shared)
    if (!isTrial) return run()
    const begin = performance.now()
    const result = run()
    const took = (performance.now() - begin) / times
    if (this.#calls >= 2) this.#shortest[Number(shared)] = Math.min(this.#shortest[Number(shared)]!, took)
    this.#calls++
    return result
  }
}
