// Work in slices of time: a generator pauses wherever it may be interrupted, and returns the result.

/** Available in browsers, workers and Node. */
declare const performance: { now(): number }

export type Slices<Result> = Generator<void, Result>

/** All of it at once. */
export function whole<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const next = slices.next()
    if (next.done) return next.value
  }
}

/** Goes on for about `time` ms, for one slice at least. The result is there once it is `done`. */
export function goOn<Result>(slices: Slices<Result>, time: number): IteratorResult<void, Result> {
  const end = performance.now() + time
  for (;;) {
    const next = slices.next()
    if (next.done || performance.now() >= end) return next
  }
}
