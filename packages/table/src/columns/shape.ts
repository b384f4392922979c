// What a single text looks like.
import { type DateOrder, dateShape, timeShape } from './date.js'
import { isMissing } from './missing.js'
import { type NumberParts, partsOf, type Separators, separatorsOf } from './number.js'

export type Shape =
  | { readonly kind: 'missing' }
  | { readonly kind: 'word' }
  | { readonly kind: 'number'; readonly parts: NumberParts; readonly separators: Separators }
  | {
      readonly kind: 'date'
      readonly order: DateOrder | null
      readonly usual: DateOrder
      readonly time: boolean
    }
  | { readonly kind: 'time'; readonly seconds: boolean }

const missing: Shape = { kind: 'missing' }
const word: Shape = { kind: 'word' }

/** Longer text is prose. */
const maxLength = 48

/** Markers are those of numbers: "None" is missing here, and a word only in a column of words. */
export function shapeOf(text: string, markers: readonly string[] | null = null): Shape {
  if (isMissing(text, false, markers)) return missing
  if (text.length > maxLength) return word
  const parts = partsOf(text)
  if (parts) {
    const separators = separatorsOf(parts.body)
    if (separators) return { kind: 'number', parts, separators }
  }
  const date = dateShape(text)
  if (date) return { kind: 'date', ...date }
  const time = timeShape(text)
  return time ? { kind: 'time', ...time } : word
}
