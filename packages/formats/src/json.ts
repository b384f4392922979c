// What JSON cannot say by itself: how much would come of it, and numbers that are not finite.

/** For JSON.stringify: `"NaN"`, since JSON has no number for what is not finite. */
export function finiteOrText(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

/** Brackets within brackets. */
export const deepest = 100

/**
 * Whether a text has more keys and values, or deeper brackets, than there may be. JSON.parse makes objects of all of them,
 * of a hundred bytes and more where two stand in the text.
 */
export function isTooLarge(text: string, mostValues: number): boolean {
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
    if (++values > mostValues || depth > deepest) return true
  }
  return false
}
