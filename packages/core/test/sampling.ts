// Draws the numbers that the table's samplers describe, the same at each run.
import type { Domain } from '../src/graph/sample.js'

/** A small generator of its own, so that the tests do not lean on what they test (Marsaglia's xorshift32). */
export function generator(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 2 ** 32
  }
}

export function draw(domain: Domain, size: number, next: () => number): Float64Array<ArrayBuffer> {
  const { low, high, avoid, whole, distinct } = domain
  if (distinct !== undefined) {
    // Different multiples of a step, in a shuffled order.
    const step = (high - low) / size
    const order = Array.from({ length: size }, (_, index) => ({ index, key: next() })).sort(
      (a, b) => a.key - b.key,
    )
    return Float64Array.from(order, ({ index }) => low + (index + 0.5) * step)
  }
  return Float64Array.from({ length: size }, () => {
    for (;;) {
      const value = low + next() * (high - low)
      if (whole) return Math.floor(value)
      if (!avoid?.points.some((point) => Math.abs(value - point) < avoid.distance)) return value
    }
  })
}

/** Unit in the last place of a number as a float32. */
export function unitInLastPlace(value: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value) || Number.MIN_VALUE))) - 23)
}

/** Distance of two numbers in units in the last place of the expected one as a float32. */
export function ulps(found: number, expected: number): number {
  if (Object.is(found, expected) || found === expected || (Number.isNaN(found) && Number.isNaN(expected)))
    return 0
  if (!Number.isFinite(found) || !Number.isFinite(expected)) {
    // Beyond the largest float32 both mean the same.
    return Math.fround(expected) === found ? 0 : Number.POSITIVE_INFINITY
  }
  return Math.abs(found - expected) / unitInLastPlace(expected)
}
