// Finds the product that a name such as wx was meant as.

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
