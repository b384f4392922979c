// Snapshots of a run, dense near the present and sparse far back.

/** Memory limit for all snapshots, in bytes. */
const mostBytes = 2 ** 28

interface Snapshot<T> {
  readonly step: number
  readonly bytes: number
  readonly state: T
}

/**
 * Keeps the first and last states, and as many between that the gap around a step is at most its distance from the
 * last: about 2 · log₂ of the number of steps, and no more than fit in memory.
 */
export class Snapshots<T> {
  #list: Snapshot<T>[] = []

  /** Adds a state, which must be later than all others. */
  add(step: number, bytes: number, state: T): void {
    this.#list.push({ step, bytes, state })
    for (let at = this.#list.length - 2; at > 0; at--) {
      const before = this.#list[at - 1]!
      const after = this.#list[at + 1]!
      if (after.step - before.step <= step - after.step) this.#list.splice(at, 1)
    }
    let total = this.#list.reduce((sum, snapshot) => sum + snapshot.bytes, 0)
    while (total > mostBytes && this.#list.length > 2) total -= this.#list.splice(1, 1)[0]!.bytes
  }

  /** The latest state at or before `step`; drops later ones. */
  backTo(step: number): T {
    while (this.#list.length > 1 && this.#list.at(-1)!.step > step) this.#list.pop()
    return this.#list.at(-1)!.state
  }

  /** Steps of the states, in order. */
  get steps(): number[] {
    return this.#list.map((snapshot) => snapshot.step)
  }
}
