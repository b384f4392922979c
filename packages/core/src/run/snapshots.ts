// Earlier states of a run, dense near the present and sparse far back.

/** Bytes that all snapshots together may hold. */
const mostBytes = 2 ** 28

interface Snapshot<T> {
  readonly step: number
  readonly bytes: number
  readonly state: T
}

/**
 * Keeps the first state, the last, and between them so many that the gap around a step is at most as long as the
 * way back to it: about 2 · log₂ of the number of steps, and no more than fit the memory.
 */
export class Snapshots<T> {
  #list: Snapshot<T>[] = []

  /** Adds a state that is later than all others. */
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

  /** The latest state that is no later than `step`; later ones are forgotten. */
  backTo(step: number): T {
    while (this.#list.length > 1 && this.#list.at(-1)!.step > step) this.#list.pop()
    return this.#list.at(-1)!.state
  }

  /** Steps of the states that are kept, in order. */
  get steps(): number[] {
    return this.#list.map((snapshot) => snapshot.step)
  }
}
