// Dates and times as people write them. A date becomes days since 1970-01-01, a time minutes or seconds.

/** The order of day, month and year where all are numbers. */
export type DateOrder = 'ymd' | 'dmy' | 'mdy'

export interface DateForm {
  readonly order: DateOrder
  /** Whether there are times of day. */
  readonly time: boolean
}

export interface TimeForm {
  /** Whether times have seconds: 1:30 is 90 minutes, 1:30:00 is 5400 seconds. */
  readonly seconds: boolean
}

interface DateParts {
  /** The two first numbers where their order is open; otherwise month and day. */
  readonly first: number
  readonly second: number
  readonly year: number
  /** Whether day and month are numbers before the year. */
  readonly open: '/' | '-' | '.' | null
  /** Fraction of the day, or `null` without a time. */
  readonly time: number | null
}

const clock = String.raw`(?:[T, ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d{1,9})?))?\s?([ap]\.?m\.?)?\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?`
const yearFirst = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?${clock}$`, 'i')
const yearLast = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})${clock}$`, 'i')
const weekday = String.raw`(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+)?`
const dayFirst = new RegExp(
  String.raw`^${weekday}(\d{1,2})(?:st|nd|rd|th)?\.?[-\s](?:of )?([a-z]{3,9})\.?,?[-\s](\d{4}|\d{2})${clock}$`,
  'i',
)
const monthFirst = new RegExp(
  String.raw`^${weekday}([a-z]{3,9})\.?[-\s](?:(\d{1,2})(?:st|nd|rd|th)?,?[-\s])?(\d{4})${clock}$`,
  'i',
)
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const fullMonths = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

function monthNamed(name: string): number {
  const lower = name.toLowerCase()
  const short = lower === 'sept' ? 'sep' : lower
  return Math.max(months.indexOf(short), fullMonths.indexOf(short)) + 1
}

function timeOfDay(hour: string | undefined, minute = '0', second = '0', half = ''): number | null {
  if (hour === undefined) return null
  let hours = Number(hour)
  if (half) {
    if (hours < 1 || hours > 12) return Number.NaN
    hours = (hours % 12) + (/^p/i.test(half) ? 12 : 0)
  }
  const [minutes, seconds] = [Number(minute), Number(second.replace(',', '.'))]
  if (hours > 24 || minutes > 59 || seconds >= 61) return Number.NaN
  return (hours * 3600 + minutes * 60 + seconds) / 86400
}

/** Years of two digits, as in POSIX: 69 to 99 are of the twentieth century. */
const fullYear = (year: string) =>
  year.length === 2 ? Number(year) + (Number(year) >= 69 ? 1900 : 2000) : Number(year)

function partsOf(text: string): DateParts | null {
  if (text.length > 40) return null
  const digit = text.charCodeAt(0) >= 48 && text.charCodeAt(0) <= 57
  let found = digit ? yearFirst.exec(text) : null
  if (found) {
    const [, year, , month, day = '1', ...time] = found
    return checked(Number(month), Number(day), Number(year), null, timeOfDay(...(time as [string])))
  }
  found = digit ? yearLast.exec(text) : null
  if (found) {
    const [, a, mark, b, year, ...time] = found
    const [first, second] = [Number(a), Number(b)]
    const fraction = timeOfDay(...(time as [string]))
    if (Math.min(first, second) < 1 || Math.min(first, second) > 12 || Math.max(first, second) > 31)
      return null
    return Number.isNaN(fraction)
      ? null
      : { first, second, year: fullYear(year!), open: mark as '/' | '-' | '.', time: fraction }
  }
  found = dayFirst.exec(text)
  if (found) {
    const [, day, month, year, ...time] = found
    return checked(monthNamed(month!), Number(day), fullYear(year!), null, timeOfDay(...(time as [string])))
  }
  found = monthFirst.exec(text)
  if (!found) return null
  const [, month, day = '1', year, ...time] = found
  return checked(monthNamed(month!), Number(day), Number(year), null, timeOfDay(...(time as [string])))
}

function checked(
  month: number,
  day: number,
  year: number,
  open: null,
  time: number | null,
): DateParts | null {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(month, year) || Number.isNaN(time)) return null
  return { first: month, second: day, year, open, time }
}

const daysIn = (month: number, year: number) =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

/** What a date says about the column that it is in, or `null` if the text is none. */
export function dateShape(text: string): { order: DateOrder | null; usual: DateOrder; time: boolean } | null {
  const parts = partsOf(text)
  if (!parts) return null
  const { first, second, open, time } = parts
  if (open === null) return { order: null, usual: 'ymd', time: time !== null }
  return {
    order: first > 12 ? 'dmy' : second > 12 ? 'mdy' : null,
    // 3/4/2020 is mostly American, 3.4.2020 never.
    usual: open === '/' ? 'mdy' : 'dmy',
    time: time !== null,
  }
}

/** Days since 1970-01-01, or NaN. Offsets from UTC are left out: it is the time on the clock that matters. */
export function readDate(text: string, { order }: Pick<DateForm, 'order'>): number {
  const parts = partsOf(text)
  if (!parts) return Number.NaN
  const { first, second, year, open, time } = parts
  const [month, day] = open !== null && order === 'dmy' ? [second, first] : [first, second]
  if (month > 12 || day > daysIn(month, year)) return Number.NaN
  return dayNumber(year, month, day) + (time ?? 0)
}

/** Of the Gregorian calendar, counted from 1970-01-01. */
function dayNumber(year: number, month: number, day: number): number {
  // March is the first month, so that the leap day is the last of the year.
  const years = month <= 2 ? year - 1 : year
  const era = Math.floor(years / 400)
  const ofEra = years - era * 400
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468
}

export const dateParts = ['year', 'month', 'day', 'day of week', 'hour'] as const
export type DatePart = (typeof dateParts)[number]

/** A part of a date: months and days from 1, days of the week from Monday, 1; hours with a fraction. */
export function partOfDate(value: number, part: DatePart): number {
  const days = Math.floor(value)
  if (part === 'hour') return (value - days) * 24
  // 1970-01-01 was a Thursday.
  if (part === 'day of week') return ((((days + 3) % 7) + 7) % 7) + 1
  const shifted = days + 719468
  const era = Math.floor(shifted / 146097)
  const ofEra = shifted - era * 146097
  const years = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365,
  )
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  if (part === 'day') return ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return part === 'month' ? month : years + era * 400 + Number(month <= 2)
}

/** `2020-01-31`, with the time of day where the column has one. */
export function writeDate(value: number, { time }: Pick<DateForm, 'time'>): string {
  const rounded = time ? Math.round(value * 86400) / 86400 : Math.round(value)
  const two = (part: DatePart) => String(partOfDate(rounded, part)).padStart(2, '0')
  const date = `${String(partOfDate(rounded, 'year')).padStart(4, '0')}-${two('month')}-${two('day')}`
  if (!time) return date
  const seconds = Math.round((rounded - Math.floor(rounded)) * 86400)
  return `${date} ${clockOf(seconds, true)}`
}

function clockOf(seconds: number, withSeconds: boolean): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  const rest = withSeconds ? `:${two(Number((seconds % 60).toFixed(3)))}` : ''
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}${rest}`
}

const time = /^([-−])?(\d{1,4}):([0-5]\d)(?::([0-5]\d(?:\.\d{1,9})?))?(?:\s?([ap])\.?m\.?)?$/i

export function timeShape(text: string): TimeForm | null {
  const found = text.length <= 20 ? time.exec(text) : null
  return found && !Number.isNaN(readTime(text, { seconds: true }))
    ? { seconds: found[4] !== undefined }
    : null
}

/** Minutes, or seconds if the column has them; NaN if the text is no time. */
export function readTime(text: string, { seconds }: TimeForm): number {
  const [, sign, first, second, third, half] = time.exec(text) ?? []
  if (first === undefined) return Number.NaN
  let hours = Number(first)
  if (half) {
    if (hours < 1 || hours > 12) return Number.NaN
    hours = (hours % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  }
  const minutes = hours * 60 + Number(second)
  const value = seconds ? minutes * 60 + Number(third ?? 0) : minutes
  return sign ? -value : value
}

export function writeTime(value: number, { seconds }: TimeForm): string {
  const all = Math.round(Math.abs(value) * (seconds ? 1000 : 1)) / (seconds ? 1000 : 1)
  const text = clockOf(seconds ? all : all * 60, seconds).replace(/^0(?=\d:)/, '')
  return value < 0 && all !== 0 ? `-${text}` : text
}
