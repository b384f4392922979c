// Numbers as people write them, and back: 1,204 and 1.204,5; 12.5 %, $9.50, (1.2), 3 cm, −4.

/** How the numbers of a column are written; plain JSON. */
export interface NumberForm {
  readonly decimal: '.' | ','
  /** What stands between thousands, or nothing. */
  readonly thousands: '' | ',' | '.' | ' ' | "'"
  /** What stands before each number, such as "$", and after it, such as " cm" or "%". */
  readonly prefix: string
  readonly suffix: string
  /** The most decimals that were seen. */
  readonly decimals: number
}

export const plainForm: NumberForm = { decimal: '.', thousands: '', prefix: '', suffix: '', decimals: 0 }

/** The parts of a written number. */
export interface NumberParts {
  readonly negative: boolean
  readonly prefix: string
  /** Digits with separators. */
  readonly body: string
  readonly exponent: string
  readonly suffix: string
}

// Currency signs, and the codes that stand where a sign would.
const currency = String.raw`[A-Z]{0,3}\p{Sc}|USD|EUR|GBP|CHF|JPY|CNY|KRW|INR|CAD|AUD|NZD|SEK|NOK|DKK`
const unit = String.raw`%|‰|\p{Sc}|°?[\p{L}µ°]+(?:[/·^][\p{L}µ°]+)*[²³23]?`
const minus = '[-−–]'
const written = new RegExp(
  String.raw`^(\()?(${minus}|\+)?((?:${currency})\s?)?(${minus})?(\d[\d.,'’ \u00a0\u202f]*\d|\d[.,]?|[.,]\d+)(e[+-]?\d{1,3})?(\s?(?:${unit}))?(\))?$`,
  'iu',
)

/** Longer text is not a number. */
const maxLength = 48

export function partsOf(text: string): NumberParts | null {
  if (text.length > maxLength) return null
  const found = written.exec(text)
  if (!found) return null
  const [, open, sign, prefix = '', inner, body, exponent = '', suffix = '', close] = found
  if ((open === undefined) !== (close === undefined) || (sign && (inner || open))) return null
  return {
    negative: open !== undefined || inner !== undefined || (sign !== undefined && sign !== '+'),
    prefix,
    body: body!.replace(/’/g, "'").replace(/[\u00a0\u202f]/g, ' '),
    exponent,
    suffix,
  }
}

/** What separators say about the column that a number is in. */
export interface Separators {
  /** The decimal sign that only can be meant; `null` where there is none, or where it may be either. */
  readonly decimal: '.' | ',' | null
  /** A single separator before three digits, as in 1,204: it may be either. */
  readonly either: '.' | ',' | null
  readonly thousands: NumberForm['thousands']
}

const grouped = (body: string, separator: string) => {
  const [first, ...rest] = body.split(separator)
  return (
    first!.length >= 1 &&
    first!.length <= 3 &&
    !/^0\d/.test(first!) &&
    rest.every((part) => /^\d{3}$/.test(part))
  )
}

/** `null` where the digits are no number in any reading. */
export function separatorsOf(body: string): Separators | null {
  const mark = / /.test(body) ? ' ' : /'/.test(body) ? "'" : null
  if (mark) {
    const [, whole, sign, rest = ''] = /^([^.,]*)([.,])?(\d*)$/.exec(body) ?? []
    if (whole === undefined || (mark === ' ' && whole.includes("'")) || !grouped(whole, mark)) return null
    return {
      decimal: (sign as '.' | ',' | undefined) ?? null,
      either: null,
      thousands: rest === '' && sign ? '' : mark,
    }
  }
  const commas = body.split(',').length - 1
  const dots = body.split('.').length - 1
  if (commas === 0 && dots === 0) return { decimal: null, either: null, thousands: '' }
  if (commas > 0 && dots > 0) {
    const decimal = body.lastIndexOf(',') > body.lastIndexOf('.') ? ',' : '.'
    const thousands = decimal === ',' ? '.' : ','
    const [whole, ...rest] = body.split(decimal)
    return rest.length === 1 && grouped(whole!, thousands) ? { decimal, either: null, thousands } : null
  }
  const sign = commas > 0 ? ',' : '.'
  const other = sign === ',' ? '.' : ','
  if (Math.max(commas, dots) > 1)
    return grouped(body, sign) ? { decimal: other, either: null, thousands: sign } : null
  const [before, after] = body.split(sign) as [string, string]
  const either = after.length === 3 && before.length >= 1 && before.length <= 3 && !before.startsWith('0')
  return either
    ? { decimal: null, either: sign, thousands: '' }
    : { decimal: sign, either: null, thousands: '' }
}

/** The number that a text spells in this form, or NaN. */
export function readNumber(text: string, form: NumberForm): number {
  const parts = partsOf(text)
  return parts === null ? Number.NaN : numberOf(parts, form.decimal)
}

function numberOf({ body, exponent, negative }: NumberParts, decimal: '.' | ','): number {
  const separators = separatorsOf(body)
  if (!separators || (separators.decimal !== null && separators.decimal !== decimal)) return Number.NaN
  const thousands = decimal === ',' ? '.' : ','
  if (separators.either === thousands && !grouped(body, thousands)) return Number.NaN
  const digits = body.replaceAll(thousands, '').replace(/[ ']/g, '').replace(decimal, '.')
  const value = Number(digits + exponent)
  return negative ? -value : value
}

/** A number in the form of its column. With `digits`, it is rounded to so many significant ones. */
export function writeNumber(value: number, form: NumberForm, digits?: number): string {
  if (!Number.isFinite(value)) return String(value)
  const rounded = digits === undefined ? value : Number(value.toPrecision(digits))
  const [mantissa, exponent] = String(Math.abs(rounded)).split('e') as [string, string?]
  const [whole, fraction] = mantissa.split('.') as [string, string?]
  const groups = form.thousands === '' || exponent ? whole : whole.replace(/\B(?=(\d{3})+$)/g, form.thousands)
  const body = groups + (fraction ? form.decimal + fraction : '') + (exponent ? `e${exponent}` : '')
  return (rounded < 0 ? '-' : '') + form.prefix + body + form.suffix
}

/** Powers of ten that are exact in float64. */
const powers = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))

/** What `readPlain` found besides the value. */
export const plain = { integer: false, leadingZero: false, decimals: 0 }

/**
 * The number that bytes spell as programs write it, such as -12.5e3, or NaN. Correctly rounded: a mantissa below 2⁵³
 * and a power of ten up to 10²² are exact, and their quotient is rounded once.
 */
export function readPlain(bytes: Uint8Array, begin: number, end: number): number {
  let at = begin
  let byte = at < end ? bytes[at]! : 0
  const negative = byte === 45
  if (negative || byte === 43) at++
  const digitsBegin = at
  let mantissa = 0
  let digits = 0
  let point = -1
  for (; at < end; at++) {
    byte = bytes[at]!
    if (byte >= 48 && byte <= 57) {
      mantissa = mantissa * 10 + byte - 48
      digits++
    } else if (byte === 46 && point < 0) point = at
    else break
  }
  if (digits === 0) return Number.NaN
  const decimals = point < 0 ? 0 : at - point - 1
  plain.integer = point < 0 && at === end
  plain.decimals = decimals
  plain.leadingZero = plain.integer && digits > 1 && bytes[digitsBegin] === 48
  if (at === end && digits <= 15) {
    const value = decimals === 0 ? mantissa : mantissa / powers[decimals]!
    return negative ? -value : value
  }
  if (at < end) {
    // An exponent.
    if ((byte | 32) !== 101) return Number.NaN
    let digit = at + 1
    if (bytes[digit] === 45 || bytes[digit] === 43) digit++
    if (digit >= end) return Number.NaN
    for (; digit < end; digit++) if (bytes[digit]! < 48 || bytes[digit]! > 57) return Number.NaN
  }
  let text = ''
  for (let index = begin; index < end; index++) text += String.fromCharCode(bytes[index]!)
  return Number(text)
}
