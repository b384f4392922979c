// How the cells of a column are read: its kind and form, guessed from what they look like or as the user says.
import { counted, formatCount, quote, TableError } from '../errors.js'
import type { TableColumn } from '../read/read.js'
import type { DateForm, DateOrder, TimeForm } from './date.js'
import { Dictionary } from './dictionary.js'
import { isMissing } from './missing.js'
import { type NumberForm, plainForm } from './number.js'
import type { Survey } from './survey.js'

/** What the user can say that a column is; `dmy` and `mdy` are dates whose order of day and month is given. */
export const kindNames = ['number', 'category', 'yes-no', 'date', 'dmy', 'mdy', 'time', 'text', 'id'] as const

export type KindName = (typeof kindNames)[number]

/** What was seen in a column of the file that it was guessed from. */
export interface Seen {
  readonly rows: number
  /** Cells that are empty, hold a marker such as "NA", or cannot be read as what the column is. */
  readonly missing: number
  /** The markers among them. */
  readonly markers: readonly string[]
  /** Texts that cannot be read as what the column is, with their number. */
  readonly unreadable: readonly { readonly text: string; readonly count: number }[]
  /** Number of different texts that are not missing; `null` where they were not counted. */
  readonly distinct: number | null
  /** Of two readings of the same digits or dates, whether nothing in the column decides. */
  readonly ambiguous: boolean
  /** A cell that is not written as programs write numbers, such as "$1,204"; `null` if there is none. */
  readonly example: string | null
}

/** How a column is read; plain JSON. */
export type ColumnReading = {
  readonly name: string
  /** Texts that are missing values, if the user says so; otherwise the usual ones. */
  readonly markers: readonly string[] | null
  /** Whether the user said what kind it is. */
  readonly given: boolean
  /** Why it is of this kind, where that is not plain. */
  readonly reason: string | null
  readonly seen: Seen
} & (
  | { readonly kind: 'number'; readonly form: NumberForm }
  | { readonly kind: 'date'; readonly form: DateForm }
  | { readonly kind: 'time'; readonly form: TimeForm }
  | {
      readonly kind: 'yes/no'
      readonly form: { readonly yes: readonly string[]; readonly no: readonly string[] }
    }
  | { readonly kind: 'category' | 'text' | 'id' | 'constant' | 'empty'; readonly form: null }
)

export interface GuessOptions {
  readonly kind: KindName | null
  /** The decimal sign of numbers, if the user says so. */
  readonly decimal: '.' | ',' | null
  /** The sign of the other columns, where this one leaves it open. */
  readonly usualDecimal: '.' | ',' | null
  readonly markers: readonly string[] | null
  /** Whether the file has names for columns, but none for this one. */
  readonly unnamed: boolean
}

/** From this share of cells on, a column is of a kind, and others in it cannot be read. */
const mostly = 0.9
/** With so few different texts among numbers, they are markers of missing values of the table's own. */
const fewWords = 3
/** With more different texts, they are names or notes, from which nothing general can be learned. */
const mostCategories = 100

/** Pairs of words for no and yes, in lower case. */
const answers = [
  ['no', 'yes'],
  ['n', 'y'],
  ['false', 'true'],
  ['f', 't'],
  ['off', 'on'],
  ['nein', 'ja'],
  ['non', 'oui'],
  ['no', 'si'],
  ['no', 'sí'],
  ['nee', 'ja'],
  ['아니오', '예'],
] as const

/** The decimal sign that numbers of a column must have; `null` where they leave it open. */
export function decimalOf({ points, commas }: Survey): '.' | ',' | null {
  if (points.certain === commas.certain) return null
  return points.certain > commas.certain ? '.' : ','
}

export function readingOf(column: TableColumn, survey: Survey, options: GuessOptions): ColumnReading {
  const { kind } = options
  const { filled, numbers, dates, times } = survey
  const common = { name: column.name, markers: options.markers, given: kind !== null }
  if (kind === 'number') return numberReading(common, survey, options)
  if (kind === 'date' || kind === 'dmy' || kind === 'mdy')
    return dateReading(common, survey, kind === 'date' ? null : kind)
  if (kind === 'time') return timeReading(common, survey)
  if (kind !== null) return wordsReading(column, survey, options, null)
  if (filled === 0 && survey.markers.size === 0)
    return { ...common, kind: 'empty', form: null, reason: null, seen: seenBy(survey, 0, 0, false) }
  const few = survey.someWords.size <= fewWords && !survey.moreWords
  const isMostly = (count: number) =>
    count > 0 && count >= (few && count + survey.words === filled ? 0.5 : mostly) * filled
  if (isMostly(numbers)) {
    const problem = notOneForm(survey, options)
    if (problem) return wordsReading(column, survey, options, problem)
    if (
      survey.least === survey.most &&
      survey.numbers === survey.rows &&
      survey.prefixes.size + survey.suffixes.size === 0
    )
      return {
        ...common,
        kind: 'constant',
        form: null,
        reason: null,
        seen: seenBy(survey, numbers, 1, false),
      }
    const reason = idReason(column, survey, options)
    if (reason)
      return { ...common, kind: 'id', form: null, reason, seen: seenBy(survey, numbers, null, false) }
    return numberReading(common, survey, options)
  }
  const { dmy, mdy } = survey.orders
  if (isMostly(dates) && !(dmy > 0 && mdy > 0)) return dateReading(common, survey, null)
  if (isMostly(times)) return timeReading(common, survey)
  return wordsReading(column, survey, options, null)
}

type Common = Pick<ColumnReading, 'name' | 'markers' | 'given'>

/** Fewer different integers are not ids. */
const mostIds = 20

const looksLikeId = (name: string) =>
  /^(?:id|uuid|guid|key|index|rowid|#|unnamed: 0)$/i.test(name) ||
  /[_\s.-](?:id|uuid|guid|key)$/i.test(name) ||
  /[a-z]I[dD]$/.test(name)

/** Why integers only name their rows, or `null`. */
function idReason({ name, cells }: TableColumn, survey: Survey, { unnamed }: GuessOptions): string | null {
  const { rows, numbers, least, most } = survey
  if (!survey.allIntegers || rows <= mostIds) return null
  const named = looksLikeId(name)
  // What pandas writes before each row.
  const counts = unnamed && numbers === rows && most - least === rows - 1
  if (!named && !counts) return null
  const { size } = new Dictionary(cells)
  if (counts && size === rows) return 'it counts the rows'
  return named && size > mostIds ? `${formatCount(size)} different integers under that name` : null
}

/** Why numbers cannot be read together, or `null`. */
function notOneForm(survey: Survey, { decimal }: GuessOptions): string | null {
  const { prefixes, suffixes, codes, inexact, points, commas } = survey
  if (codes > 0) return 'leading zeros, as in codes'
  if (inexact > 0) return 'integers of more than 15 digits, as in codes'
  for (const [what, units] of [
    ['currencies', prefixes],
    ['units', suffixes],
  ] as const) {
    const different = new Set(Array.from(units.keys(), (unit) => unit.trim()))
    if (different.size > 1) return `numbers in different ${what}, ${[...different].slice(0, 3).join(', ')}`
  }
  const other = Math.min(points.certain, commas.certain)
  if (decimal === null && other > (1 - mostly) * survey.numbers)
    return 'numbers with decimal points and with decimal commas'
  return null
}

function numberReading(common: Common, survey: Survey, options: GuessOptions): ColumnReading {
  const { points, commas, prefixes, suffixes, thousands } = survey
  // Amounts of money have no three decimals: $1,204 and 1.204 € are thousands.
  const isMoney = [...prefixes.keys(), ...suffixes.keys()].some((unit) => /\p{Sc}/u.test(unit))
  const ofMoney =
    !isMoney || commas.either === points.either ? null : commas.either > points.either ? '.' : ','
  const own = options.decimal ?? decimalOf(survey) ?? ofMoney
  // 1,204 alone is a thousand; in a file with decimal commas, it is a decimal.
  const decimal = own ?? options.usualDecimal ?? '.'
  const either = decimal === '.' ? commas.either : points.either
  const separator =
    [...thousands.keys()].find((sign) => sign !== decimal) ??
    (either > 0 ? (decimal === '.' ? ',' : '.') : '')
  const [prefix = ''] = prefixes.keys()
  const [suffix = ''] = suffixes.keys()
  const asFraction = decimal === '.' ? points.either : commas.either
  return {
    ...common,
    kind: 'number',
    form: {
      ...plainForm,
      decimal,
      thousands: separator as NumberForm['thousands'],
      prefix,
      suffix,
      decimals: Math.max(survey.decimals, asFraction > 0 ? 3 : 0),
    },
    reason: null,
    seen: seenBy(
      survey,
      survey.numbers,
      null,
      own === null && (commas.either > 0 || (decimal === ',' && points.either > 0)),
    ),
  }
}

function dateReading(common: Common, survey: Survey, given: DateOrder | null): ColumnReading {
  const { orders, usualOrders, datesWithTime } = survey
  const open = usualOrders.mdy + usualOrders.dmy > 0
  const seenOrder = orders.dmy > 0 ? 'dmy' : orders.mdy > 0 ? 'mdy' : null
  const usual = open ? (usualOrders.mdy >= usualOrders.dmy ? 'mdy' : 'dmy') : 'ymd'
  return {
    ...common,
    kind: 'date',
    form: { order: given ?? seenOrder ?? usual, time: datesWithTime > 0 },
    reason: null,
    seen: seenBy(survey, survey.dates, null, open && given === null && seenOrder === null),
  }
}

function timeReading(common: Common, survey: Survey): ColumnReading {
  const form = { seconds: survey.timesWithSeconds > 0 }
  return { ...common, kind: 'time', form, reason: null, seen: seenBy(survey, survey.times, null, false) }
}

/** Texts as they stand: an answer of two, categories, ids, or text. */
function wordsReading(
  { name, cells }: TableColumn,
  survey: Survey,
  { kind, markers }: GuessOptions,
  reason: string | null,
): ColumnReading {
  const dictionary = new Dictionary(cells)
  const words: string[] = []
  const missingTexts: string[] = []
  let missing = 0
  for (let code = 0; code < dictionary.size && words.length <= 4; code++) {
    const text = dictionary.text(code)
    if (!isMissing(text, true, markers)) words.push(text)
  }
  let distinct = 0
  for (let code = 0; code < dictionary.size; code++) {
    const text = dictionary.text(code)
    if (!isMissing(text, true, markers)) distinct++
    else {
      missing += dictionary.count(code)
      if (text !== '') missingTexts.push(text)
    }
  }
  const filled = survey.rows - missing
  const seen = {
    rows: survey.rows,
    missing,
    markers: missingTexts,
    unreadable: [],
    distinct,
    ambiguous: false,
    example: null,
  }
  const common = { name, markers, given: kind !== null, reason, seen }
  if (distinct === 0) return { ...common, kind: 'empty', form: null }
  const pair = answers.find(
    (pair) =>
      words.length <= 4 &&
      words.every((word) => (pair as readonly string[]).includes(word.toLowerCase())) &&
      pair.every((answer) => words.some((word) => word.toLowerCase() === answer)),
  )
  if (kind === 'yes-no' || (kind === null && pair)) {
    if (!pair)
      throw new TableError(
        null,
        `column ${quote(name)} holds ${words.slice(0, 3).map(quote).join(', ')}; --type ${name}=yes-no expects two answers, e.g. yes and no`,
      )
    const [no, yes] = pair
    const spelled = (answer: string) => words.filter((word) => word.toLowerCase() === answer)
    return { ...common, kind: 'yes/no', form: { yes: spelled(yes), no: spelled(no) } }
  }
  if (kind === 'text' || kind === 'id' || kind === 'category') return { ...common, kind, form: null }
  if (distinct === 1 && missing === 0) return { ...common, kind: 'constant', form: null }
  if (distinct === filled && distinct > mostIds && (looksLikeId(name) || allAreHex(words)))
    return { ...common, kind: 'id', form: null, reason: reason ?? 'all are different' }
  // Each category needs rows to learn from.
  return {
    ...common,
    kind: distinct <= mostCategories && 2 * distinct <= filled ? 'category' : 'text',
    form: null,
  }
}

/** UUIDs and hashes. */
const allAreHex = (words: readonly string[]) => words.every((word) => /^[0-9a-f-]{16,}$/i.test(word))

function seenBy(survey: Survey, read: number, distinct: number | null, ambiguous: boolean): Seen {
  const unreadable = [...survey.someWords].slice(0, 3).map(([text, count]) => ({ text, count }))
  return {
    rows: survey.rows,
    missing: survey.rows - read,
    markers: [...survey.markers.keys()].slice(0, 8),
    unreadable: read === 0 ? [] : unreadable,
    distinct,
    ambiguous,
    example: survey.example,
  }
}

/** `"unknown" in 12 rows`. */
export function describeUnreadable({ unreadable }: Seen): string {
  return unreadable.map(({ text, count }) => `${quote(text)} in ${counted(count, 'row')}`).join(', ')
}
