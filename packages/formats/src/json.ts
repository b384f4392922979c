// What JSON lacks: a limit on its size once parsed, and non-finite numbers.

/** A replacer for JSON.stringify that writes non-finite numbers as strings, e.g. `"NaN"`. */
export function finiteOrText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

/** Levels of nested brackets. */
export const maxDepth = 100

/**
 * Whether a text exceeds the limits on keys and values, or on nesting. JSON.parse makes objects of all of them, of 100
 * bytes or more for two in the text.
 */
export function isTooLarge(text: string, maxValues: number): boolean {
  let values = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
      continue
    }
    if (character === ']' || character === '}') depth--
    if (character === '[' || character === '{') depth++
    else if (character !== ',' && character !== ':') continue
    if (++values > maxValues || depth > maxDepth) return true
  }
  return false
}
