// Work that may take long, done in slices between which keys and pictures get their turn.
import { goOn, type Slices } from '@bp/lab'
import { type DependencyList, useEffect, useMemo, useRef, useState } from 'react'

/** Of a slice in ms: with what React draws after it, well below 50, on a slow machine too. */
const slice = 8

/** Work that has had so many ms is dropped for newer inputs; until then it is finished first, so that a drag shows something. */
const patience = 200

class Work<Result> {
  readonly #slices: Slices<Result>
  done: { readonly result: Result } | null = null
  failed: { readonly error: unknown } | null = null
  /** In ms. */
  taken = 0

  constructor(slices: Slices<Result>) {
    this.#slices = slices
  }

  get over(): boolean {
    return this.done !== null || this.failed !== null
  }

  goOn(): void {
    try {
      const next = goOn(this.#slices, slice)
      if (next.done) this.done = { result: next.value }
    } catch (error) {
      this.failed = { error }
    }
    this.taken += slice
  }
}

export interface Sliced<Result> {
  /** The last that is whole: of earlier inputs while `busy`, null before the first. */
  readonly result: Result | null
  readonly busy: boolean
}

/**
 * What `begin` returns, computed anew when one of its inputs changes. What fits into one slice is there at once; longer work
 * goes on in slices.
 */
export function useSlices<Result>(begin: () => Slices<Result>, inputs: DependencyList): Sliced<Result> {
  const latest = useMemo(() => {
    const work = new Work(begin())
    work.goOn()
    return work
  }, inputs)
  const earlier = useRef<Work<Result> | null>(null)
  const [, redraw] = useState(0)
  const last = useRef<Result | null>(null)
  useEffect(() => {
    if (latest.over) {
      earlier.current = null
      return
    }
    if (!earlier.current || earlier.current.over || earlier.current.taken > patience) earlier.current = latest
    const timer = setInterval(() => {
      const work = earlier.current!
      work.goOn()
      if (!work.over) return
      if (work.done) last.current = work.done.result
      earlier.current = latest
      if (latest.over) clearInterval(timer)
      redraw((count) => count + 1)
    })
    return () => clearInterval(timer)
  }, [latest])
  if (latest.failed) throw latest.failed.error
  if (latest.done) last.current = latest.done.result
  return { result: last.current, busy: !latest.over }
}
