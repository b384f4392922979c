// Guesses which name was meant.

/** The candidate that the fewest typing mistakes turn into `name`, or `null` when none is close. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  // One mistake in a short word, two in a longer one; in one or two letters any change makes another word.
  const allowed = name.length < 3 ? 0 : name.length < 6 ? 1 : 2
  let best: string | null = null
  let fewest = allowed + 1
  for (const candidate of candidates) {
    const mistakes = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(candidate, name)
    if (mistakes < fewest) {
      best = candidate
      fewest = mistakes
    }
  }
  return best
}

/** Letters to put in, take out or replace to get from one word to the other (Levenshtein 1965). */
export function editDistance(from: string, to: string): number {
  const a = [...from]
  const b = [...to]
  let row = b.map((_, index) => index + 1)
  row.unshift(0)
  for (const [i, letter] of a.entries()) {
    const next = [i + 1]
    for (const [j, other] of b.entries())
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === other ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}

/** The known names that `name` is written of one after the other, `w` and `x` for `wx`; `null` if it is not. */
export function splitIntoNames(name: string, known: ReadonlySet<string>): string[] | null {
  // parts[end]: how the first `end` letters can be cut, in the fewest pieces.
  const parts: (string[] | null)[] = [[]]
  for (let end = 1; end <= name.length; end++) {
    let shortest: string[] | null = null
    for (let start = 0; start < end; start++) {
      const piece = name.slice(start, end)
      const before = parts[start]
      if (before && known.has(piece) && (!shortest || before.length + 1 < shortest.length))
        shortest = [...before, piece]
    }
    parts.push(shortest)
  }
  const whole = parts[name.length]!
  return whole && whole.length > 1 ? whole : null
}
