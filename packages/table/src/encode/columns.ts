// Fits the encoding of a column to training rows, and encodes any rows.
import { dateParts, partOfDate } from '../columns/date.js'
import { Dictionary } from '../columns/dictionary.js'
import { isMissing } from '../columns/missing.js'
import type { ColumnReading } from '../columns/reading.js'
import { readValues } from '../columns/values.js'
import type { Cells } from '../read/cells.js'
import type { ColumnEncoding } from './description.js'
import { compareTexts, mostInputs } from './inspect.js'

/** The cells of a column as values, or as indices into its different texts. */
export type Content =
  /** NaN where it is missing. */
  | { readonly values: Float64Array; readonly unreadable: ReadonlyMap<string, number> }
  /** −1 where it is missing. */
  | { readonly codes: Int32Array; readonly texts: readonly string[] }

export function contentOf(cells: Cells, reading: ColumnReading): Content {
  const { kind, markers } = reading
  if (kind === 'number' || kind === 'date' || kind === 'time' || kind === 'yes/no') {
    const unreadable = new Map<string, number>()
    const values = readValues(cells, reading, (text) => {
      if (unreadable.size < 100 || unreadable.has(text)) unreadable.set(text, (unreadable.get(text) ?? 0) + 1)
    })
    return { values, unreadable }
  }
  const dictionary = new Dictionary(cells)
  const texts: string[] = []
  const places = Int32Array.from({ length: dictionary.size }, (_, code) => {
    const text = dictionary.text(code)
    return isMissing(text, true, markers) ? -1 : texts.push(text) - 1
  })
  const { codes } = dictionary
  for (let row = 0; row < codes.length; row++) codes[row] = places[codes[row]!]!
  return { codes, texts }
}

/** `null` if nothing can be learned from the training rows: all are missing, or equal. */
export function fitEncoding(
  content: Content,
  reading: ColumnReading,
  training: ArrayLike<number>,
): ColumnEncoding | null {
  if ('codes' in content) return fitCategories(content.codes, content.texts, training)
  const known = new Float64Array(training.length)
  let count = 0
  for (let index = 0; index < training.length; index++) {
    const value = content.values[training[index]!]!
    if (!Number.isNaN(value)) known[count++] = value
  }
  const values = known.subarray(0, count)
  const missingInput = count < training.length
  if (count === 0) return null
  if (reading.kind === 'date') {
    const parts = dateParts.flatMap((part) => {
      const numbers = values.map((value) => partOfDate(value, part))
      const { mean, standardDeviation, constant } = moments(numbers)
      return constant ? [] : [{ part, mean, standardDeviation }]
    })
    return parts.length === 0 ? null : { as: 'date', parts, missingInput }
  }
  const { mean, standardDeviation, constant } = moments(values)
  if (constant && !missingInput) return null
  if (reading.kind === 'yes/no') return { as: 'answer', mostFrequent: mean >= 0.5 ? 1 : 0, missingInput }
  values.sort()
  const middle = count >> 1
  const median = count % 2 === 1 ? values[middle]! : values[middle - 1]! / 2 + values[middle]! / 2
  return { as: 'number', mean, standardDeviation, median, missingInput }
}

function fitCategories(
  codes: Int32Array,
  texts: readonly string[],
  training: ArrayLike<number>,
): ColumnEncoding | null {
  const counts = new Uint32Array(texts.length)
  let missing = 0
  for (let index = 0; index < training.length; index++) {
    const code = codes[training[index]!]!
    if (code < 0) missing++
    else counts[code]!++
  }
  const seen = Array.from(counts, (count, code) => ({ count, text: texts[code]! })).filter(
    ({ count }) => count > 0,
  )
  if (seen.length === 0 || (seen.length === 1 && missing === 0)) return null
  const other = seen.length > mostInputs
  const taken = other
    ? seen.sort((a, b) => b.count - a.count || compareTexts(a.text, b.text)).slice(0, mostInputs)
    : seen
  return {
    as: 'categories',
    categories: taken.map(({ text }) => text).sort(compareTexts),
    other,
    // A single category says by itself where it is missing.
    missingInput: missing > 0 && seen.length > 1,
  }
}

/** Mean and standard deviation of the population; scaled, so that no square leaves the range of float64. */
export function moments(values: Float64Array): {
  mean: number
  standardDeviation: number
  constant: boolean
} {
  const { length } = values
  let scale = 0
  let constant = true
  for (let at = 0; at < length; at++) {
    scale = Math.max(scale, Math.abs(values[at]!))
    constant &&= values[at] === values[0]
  }
  // The rounded mean of equal numbers may differ from them, which would count as variance.
  if (constant || scale === 0) return { mean: values[0] ?? 0, standardDeviation: 1, constant: true }
  let sum = 0
  for (let at = 0; at < length; at++) sum += values[at]! / scale
  const mean = sum / length
  let squares = 0
  for (let at = 0; at < length; at++) squares += (values[at]! / scale - mean) ** 2
  const standardDeviation = Math.sqrt(squares / length) * scale
  return standardDeviation > 0
    ? { mean: mean * scale, standardDeviation, constant: false }
    : { mean: values[0]!, standardDeviation: 1, constant: true }
}

/** Standardized, without leaving the range of float64 on the way. */
function standardized(value: number, mean: number, standardDeviation: number): number {
  const difference = value - mean
  return Number.isFinite(difference)
    ? difference / standardDeviation
    : value / standardDeviation - mean / standardDeviation
}

export function widthOf(encoding: ColumnEncoding): number {
  const own =
    encoding.as === 'categories'
      ? encoding.categories.length + Number(encoding.other)
      : encoding.as === 'date'
        ? encoding.parts.length
        : 1
  return own + Number(encoding.missingInput)
}

/** Farther from the mean, in standard deviations, an input would drown all others. */
const farthest = 1e6

/** Writes the inputs of rows: row `rows[i]` at `out[i * stride + at]` and after. `out` must be zero there. */
export function writeInputs(
  content: Content,
  encoding: ColumnEncoding,
  rows: ArrayLike<number>,
  out: Float32Array,
  at: number,
  stride: number,
): void {
  const last = widthOf(encoding) - 1
  const { missingInput } = encoding
  if ('codes' in content) {
    if (encoding.as !== 'categories') return
    const places = new Map(encoding.categories.map((text, place) => [text, place]))
    const otherwise = encoding.other ? encoding.categories.length : -1
    const placeOf = Int32Array.from(content.texts, (text) => places.get(text) ?? otherwise)
    for (let index = 0, to = at; index < rows.length; index++, to += stride) {
      const code = content.codes[rows[index]!]!
      if (code < 0) {
        if (missingInput) out[to + last] = 1
      } else if (placeOf[code]! >= 0) out[to + placeOf[code]!] = 1
    }
    return
  }
  const { values } = content
  for (let index = 0, to = at; index < rows.length; index++, to += stride) {
    const value = values[rows[index]!]!
    const missing = Number.isNaN(value)
    if (missing && missingInput) out[to + last] = 1
    if (encoding.as === 'number') {
      const number = standardized(
        missing ? encoding.median : value,
        encoding.mean,
        encoding.standardDeviation,
      )
      out[to] = Math.max(-farthest, Math.min(farthest, number))
    } else if (encoding.as === 'answer') out[to] = missing ? encoding.mostFrequent : value
    else if (encoding.as === 'date' && !missing)
      for (const [place, { part, mean, standardDeviation }] of encoding.parts.entries())
        out[to + place] = (partOfDate(value, part) - mean) / standardDeviation
  }
}
