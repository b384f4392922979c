// Finds the product that was probably meant by a name such as wx.

/** The known names that `name` is a concatenation of, `w` and `x` for `wx`; `null` if there are none. */
export function splitIntoNames(name: string, known: ReadonlySet<string>): string[] | null {
  // parts[end]: the first `end` letters, split into the fewest pieces.
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
