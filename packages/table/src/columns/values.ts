// The cells of a column as numbers.
import type { Cells } from '../read/cells.js'
import { readDate, readTime } from './date.js'
import { isMissing } from './missing.js'
import { readNumber, readPlain } from './number.js'
import type { ColumnReading } from './reading.js'

/** Different texts whose value is remembered. */
const mostKnown = 4096

/**
 * The value of each cell of a column of numbers, dates, times or answers; NaN where it is missing or cannot be read.
 * `unreadable` is called for the latter.
 */
export function readValues(
  cells: Cells,
  reading: ColumnReading,
  unreadable: (text: string, row: number) => void = () => {},
): Float64Array {
  const { length, bytes, ends } = cells
  const values = new Float64Array(length)
  const read = reader(reading)
  // A point means thousands where commas are decimal.
  const fast = reading.kind === 'number' && reading.form.decimal === '.' && reading.markers === null
  const known = new Map<string, number>()
  for (let row = 0, begin = 0; row < length; row++) {
    const end = ends[row]!
    let value = Number.NaN
    if (end > begin) {
      if (fast && end - begin < 400) value = readPlain(bytes, begin, end)
      if (Number.isNaN(value)) {
        const text = cells.at(row)
        const before = known.get(text)
        if (before !== undefined) value = before
        else {
          value = isMissing(text, false, reading.markers) ? Number.NaN : read(text)
          // Beyond float64 is no number.
          if (!Number.isFinite(value)) value = Number.NaN
          if (known.size < mostKnown) known.set(text, value)
        }
        if (Number.isNaN(value) && !isMissing(text, false, reading.markers)) unreadable(text, row)
      } else if (!Number.isFinite(value)) {
        value = Number.NaN
        unreadable(cells.at(row), row)
      }
    }
    values[row] = value
    begin = end
  }
  return values
}

function reader(reading: ColumnReading): (text: string) => number {
  switch (reading.kind) {
    case 'number':
      return (text) => readNumber(text, reading.form)
    case 'date':
      return (text) => readDate(text, reading.form)
    case 'time':
      return (text) => readTime(text, reading.form)
    case 'yes/no': {
      const [yes, no] = [reading.form.yes, reading.form.no].map((words) =>
        words.map((word) => word.toLowerCase()),
      )
      return (text) => {
        const word = text.toLowerCase()
        return yes!.includes(word) ? 1 : no!.includes(word) ? 0 : Number.NaN
      }
    }
    default:
      return () => Number.NaN
  }
}
