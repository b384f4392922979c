// One pass over the cells of a column that counts what they look like.
import type { Cells } from '../read/cells.js'
import { plain, readPlain } from './number.js'
import { type Shape, shapeOf } from './shape.js'

/** What the cells of a column look like. */
export class Survey {
  readonly rows: number
  empty = 0
  /** Cells that hold a marker of a missing value, "None" included. */
  readonly markers = new Map<string, number>()
  numbers = 0
  least = Number.POSITIVE_INFINITY
  most = Number.NEGATIVE_INFINITY
  allIntegers = true
  decimals = 0
  /** Integers that begin with a zero, such as 007, and those that float64 cannot tell apart. */
  codes = 0
  inexact = 0
  /** Numbers whose decimal sign is certain, and those that may be read either way. */
  readonly points = { certain: 0, either: 0 }
  readonly commas = { certain: 0, either: 0 }
  readonly prefixes = new Map<string, number>()
  readonly suffixes = new Map<string, number>()
  readonly thousands = new Map<string, number>()
  dates = 0
  readonly orders = { ymd: 0, dmy: 0, mdy: 0 }
  readonly usualOrders = { ymd: 0, dmy: 0, mdy: 0 }
  datesWithTime = 0
  times = 0
  timesWithSeconds = 0
  words = 0
  /** Some of the words, and whether there are more. */
  readonly someWords = new Map<string, number>()
  moreWords = false
  /** The first number, date or time that is not written as programs write numbers. */
  example: string | null = null

  constructor(cells: Cells, markers: readonly string[] | null) {
    const { length, bytes, ends } = cells
    this.rows = length
    const known = new Map<string, Shape>()
    for (let row = 0, begin = 0; row < length; row++) {
      const end = ends[row]!
      if (end === begin) this.empty++
      else {
        const value = end - begin < 40 ? readPlain(bytes, begin, end) : Number.NaN
        if (!Number.isNaN(value) && !markers) this.#addPlain(value)
        else {
          const text = end - begin > maxBytes ? null : cells.at(row)
          const shape = text === null ? null : (known.get(text) ?? shapeOf(text, markers))
          if (text !== null && known.size < mostKnown) known.set(text, shape!)
          if (shape?.kind === 'number' && !Number.isNaN(value)) this.#addPlain(value)
          else this.#add(shape, text)
        }
      }
      begin = end
    }
  }

  /** Cells that are not missing. */
  get filled(): number {
    return this.numbers + this.dates + this.times + this.words
  }

  #addPlain(value: number): void {
    const { integer, decimals, leadingZero } = plain
    this.numbers++
    if (integer) {
      if (leadingZero) this.codes++
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER) this.inexact++
    } else {
      if (this.allIntegers && !Number.isInteger(value)) this.allIntegers = false
      if (decimals > 0) {
        const either = decimals === 3 && Math.abs(value) >= 1 && Math.abs(value) < 1000
        if (either) this.points.either++
        else this.points.certain++
      }
      if (decimals > this.decimals) this.decimals = decimals
    }
    if (value < this.least) this.least = value
    if (value > this.most) this.most = value
  }

  #add(shape: Shape | null, text: string | null): void {
    if (shape === null || shape.kind === 'word') {
      this.words++
      const word = text ?? '…'
      if (this.someWords.has(word) || this.someWords.size < 8) tally(this.someWords, word)
      else this.moreWords = true
    } else if (shape.kind === 'missing') tally(this.markers, text!)
    else this.#addWritten(shape, text!)
  }

  #addWritten(shape: Exclude<Shape, { kind: 'missing' | 'word' }>, text: string): void {
    this.example ??= text
    if (shape.kind === 'date') {
      this.dates++
      if (shape.order) this.orders[shape.order]++
      this.usualOrders[shape.usual]++
      if (shape.time) this.datesWithTime++
    } else if (shape.kind === 'time') {
      this.times++
      if (shape.seconds) this.timesWithSeconds++
    } else {
      const { parts, separators } = shape
      this.numbers++
      if (parts.prefix) tally(this.prefixes, parts.prefix)
      if (parts.suffix) tally(this.suffixes, parts.suffix)
      if (separators.thousands) tally(this.thousands, separators.thousands)
      if (separators.decimal) this[separators.decimal === '.' ? 'points' : 'commas'].certain++
      if (separators.either) this[separators.either === '.' ? 'points' : 'commas'].either++
      const fraction = /[.,](\d+)$/.exec(parts.body)?.[1]
      if (fraction && separators.decimal && parts.body.lastIndexOf(separators.decimal) >= 0) {
        this.allIntegers = false
        this.decimals = Math.max(this.decimals, fraction.length)
      }
      if (/^0\d+$/.test(parts.body)) this.codes++
    }
  }
}

/** Longer text, in bytes, is prose. */
const maxBytes = 160
/** Different texts whose shape is remembered. */
const mostKnown = 4096

function tally(counts: Map<string, number>, text: string): void {
  counts.set(text, (counts.get(text) ?? 0) + 1)
}
