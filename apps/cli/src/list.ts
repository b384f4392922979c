// Lists of which a part is shown: what words leave, and a window around what is chosen.

/** Those for which all words of a text hold; all of them for no words. */
export function byWords<T>(
  all: readonly T[],
  text: string,
  holds: (one: T, word: string) => boolean,
): readonly T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return all.filter((one) => words.every((word) => holds(one, word)))
}

/** A window of `rows` around one of many, and the index at which it begins. */
export function around<T>(
  all: readonly T[],
  chosen: number,
  rows: number,
): { shown: readonly T[]; first: number } {
  const first = Math.min(Math.max(chosen - Math.floor(rows / 2), 0), Math.max(0, all.length - rows))
  return { shown: all.slice(first, first + rows), first }
}
