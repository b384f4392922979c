// What stands for a missing cell.

/** Missing in every column. Compared without case. */
const everywhere = ['na', 'n/a', '#n/a', '#na', '?', 'null', 'nan', '-', '--', '–', '—', '.', '<na>']
/** A word among words, such as a category of its own; missing among numbers, dates and times. */
const amongNumbers = ['none']

const missing = new Set(everywhere)
const missingAmongNumbers = new Set([...everywhere, ...amongNumbers])

/**
 * Whether a cell is missing: it is empty or one of the markers. `markers` are those that the user names; the usual ones
 * if `null`.
 */
export function isMissing(
  text: string,
  amongWords = false,
  markers: readonly string[] | null = null,
): boolean {
  if (text === '') return true
  if (markers) return markers.includes(text)
  return text.length <= 4 && (amongWords ? missing : missingAmongNumbers).has(text.toLowerCase())
}
