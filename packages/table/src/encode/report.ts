// What is made of a table, in one line a column, with what to say to have it otherwise.
import { writeDate } from '../columns/date.js'
import { isMissing } from '../columns/missing.js'
import { plainForm, writeNumber } from '../columns/number.js'
import { type ColumnReading, describeUnreadable } from '../columns/reading.js'
import { readValues } from '../columns/values.js'
import { counted, formatCount, quote } from '../errors.js'
import { cellsFrom } from '../read/cells.js'
import type { ColumnEncoding, TableDescription } from './description.js'
import {
  type InspectedColumn,
  type InspectedTarget,
  type Inspection,
  mostInputs,
  shellWord,
} from './inspect.js'

/** A column of the report. */
export interface ReportLine {
  readonly column: string
  readonly role: 'input' | 'target' | 'left out'
  /** What it is, e.g. `number as "$1,204"`. */
  readonly kind: string
  /** What becomes of it, and what to say to have it otherwise. */
  readonly becomes: string
}

/**
 * A line for each column: the target first, then the others in the order of the file. With the description of the
 * prepared table, it says what has become of them, not what is to become.
 */
export function describeTable(
  { columns, target, table }: Inspection,
  description?: TableDescription,
): ReportLine[] {
  const encodings = new Map(description?.inputs.map(({ reading, encoding }) => [reading.name, encoding]))
  const lines = columns.map((column): ReportLine => {
    const { reading, role } = column
    const { name } = reading
    if (role === 'target')
      return {
        column: name,
        role,
        kind: `what to learn: ${describeTask(target!)}`,
        becomes: describeShares(target!, reading),
      }
    const kind = describeKind(reading)
    const encoding = encodings.get(name) ?? null
    if (description && role === 'input' && !encoding)
      return {
        column: name,
        role: 'left out',
        kind,
        becomes: 'the same, or empty, in all training rows; left out',
      }
    return { column: name, role, kind, becomes: becomes(column, table.rows, encoding) }
  })
  return [...lines.filter(({ role }) => role === 'target'), ...lines.filter(({ role }) => role !== 'target')]
}

function describeTask({ task, labels }: InspectedTarget): string {
  return task === 'classification' ? `a class of ${formatCount(labels!.classes.length)}` : 'a number'
}

function describeShares({ labels, missing, given, task }: InspectedTarget, reading: ColumnReading): string {
  const parts: string[] = []
  if (labels) {
    const total = labels.counts.reduce((sum, count) => sum + count, 0)
    const shares = labels.classes
      .map((text, place) => ({ text, count: labels.counts[place]! }))
      .sort((a, b) => b.count - a.count)
    const shown = shares.slice(0, 4).map(({ text, count }) => `${plainText(text)} ${percent(count / total)}`)
    parts.push(shown.join('  ') + (shares.length > 4 ? `  and ${formatCount(shares.length - 4)} more` : ''))
    if (reading.kind === 'number' && !given) parts.push('--number learns the number')
  } else if (reading.kind === 'number' || reading.kind === 'date' || reading.kind === 'time') {
    const said = readAs(reading)
    if (said) parts.push(said)
    if (!given && reading.kind === 'number') parts.push('--class learns classes')
  }
  if (reading.reason) parts.push(reading.reason)
  if (missing > 0) parts.push(`${counted(missing, 'row')} without it left out`)
  if (reading.seen.unreadable.length > 0 && task === 'regression')
    parts.push(`no number: ${describeUnreadable(reading.seen)}`)
  return parts.join('; ')
}

function describeKind(reading: ColumnReading): string {
  const { kind, seen } = reading
  switch (kind) {
    case 'number':
    case 'time':
    case 'date':
      return seen.example !== null && kind !== 'date' ? `${kind} as ${quote(seen.example)}` : kind
    case 'category':
      return counted(seen.distinct!, 'category', 'categories')
    case 'text':
      return `text, ${formatCount(seen.distinct!)} different`
    case 'yes/no':
      return `${quote(reading.form.yes[0]!)} or ${quote(reading.form.no[0]!)}`
    default:
      return kind
  }
}

/** What becomes of a column that is not the target. */
function becomes(
  { reading, role, why }: InspectedColumn,
  rows: number,
  encoding: ColumnEncoding | null,
): string {
  if (role === 'left out')
    return [reading.kind === 'text' ? reading.reason : null, why].filter(Boolean).join('; ')
  const { kind, name, seen, given } = reading
  const parts: string[] = []
  const word = shellWord(name)
  if (kind === 'number' || kind === 'time') {
    const said = readAs(reading)
    if (said) parts.push(said)
    if (kind === 'number' && seen.ambiguous && !given)
      parts.push(`--decimal ${reading.form.decimal === '.' ? 'comma' : 'point'} reads it otherwise`)
  }
  if (kind === 'date') {
    parts.push(
      encoding?.as === 'date'
        ? `→ ${encoding.parts.map(({ part }) => part).join(', ')}`
        : `→ year, month, day, day of week${reading.form.time ? ', hour' : ''}, where they differ`,
    )
    const { order } = reading.form
    if (seen.ambiguous)
      parts.push(
        `${order === 'mdy' ? 'month' : 'day'} first; --type ${word}=${order === 'mdy' ? 'dmy' : 'mdy'} if not`,
      )
    else if (order !== 'ymd') parts.push(`${order === 'mdy' ? 'month' : 'day'} first`)
  }
  if (kind === 'category' || kind === 'text') {
    const different =
      encoding?.as === 'categories' && !encoding.other ? encoding.categories.length : seen.distinct!
    parts.push(
      different > mostInputs
        ? `→ ${mostInputs} inputs for the commonest, one for all others; --ignore ${word}`
        : `→ ${counted(different, 'input')}`,
    )
  }
  if (reading.reason)
    parts.push(
      kind === 'category'
        ? `${reading.reason}${/zeros|codes/.test(reading.reason) ? `; --type ${word}=number` : ''}`
        : reading.reason,
    )
  if (seen.missing > 0) {
    const share = `${percent(seen.missing / rows)} empty`
    const markers = seen.markers.length > 0 ? ` (${seen.markers.slice(0, 3).map(quote).join(', ')})` : ''
    const filling =
      kind === 'number' || kind === 'time'
        ? '→ median, and an input that says so'
        : kind === 'yes/no'
          ? '→ the commonest, and an input that says so'
          : '→ an input that says so'
    parts.push(`${share}${markers} ${filling}`)
  }
  if (seen.unreadable.length > 0)
    parts.push(`not a ${kind}, taken as empty: ${describeUnreadable(seen)}; --type ${word}=category`)
  return parts.join('; ')
}

/** `read as 1204`, where a number is not written as programs write it. */
function readAs(reading: ColumnReading): string | null {
  const { example } = reading.seen
  if (example === null || isMissing(example)) return null
  const [value] = readValues(cellsFrom([example]), reading)
  if (Number.isNaN(value)) return null
  if (reading.kind === 'date') return `read as ${writeDate(value!, reading.form)}`
  if (reading.kind === 'time')
    return `read as ${formatCount(value!)} ${reading.form.seconds ? 'seconds' : 'minutes'}`
  return `read as ${writeNumber(value!, plainForm)}`
}

const plainText = (text: string) => quote(text).slice(1, -1)

/** `89.4 %`. */
function percent(share: number): string {
  const shown = (share * 100).toFixed(1).replace(/\.0$/, '')
  return share > 0 && shown === '0' ? 'under 0.1 %' : `${shown} %`
}
