// Suggests the nearest name in messages about unknown ones.

/**
 * The candidate that `name` is most likely a misspelling of, or `null` when none is near: the optimal string alignment
 * distance (insertions, deletions, substitutions and transpositions of neighbours), ignoring case.
 */
export function nearest(name: string, candidates: Iterable<string>): string | null {
  const given = [...name.toLowerCase()]
  // Up to a third of the letters may differ; beyond that a suggestion is a guess.
  const limit = Math.max(1, Math.floor(given.length / 3))
  let best: string | null = null
  let least = limit + 1
  for (const candidate of candidates) {
    const letters = [...candidate.toLowerCase()]
    if (Math.abs(letters.length - given.length) >= least) continue
    const distance = alignment(given, letters)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** `; did you mean "x"?`, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const suggestion = nearest(name, candidates)
  return suggestion === null ? '' : `; did you mean "${suggestion}"?`
}

function alignment(a: readonly string[], b: readonly string[]): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let distance = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, before[j - 2]! + 1)
      row.push(distance)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
