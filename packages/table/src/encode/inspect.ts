// Decides how each column of a table is read, and which of them are used.
import { didYouMean } from '@bp/core/lean'
import { Dictionary } from '../columns/dictionary.js'
import { isMissing } from '../columns/missing.js'
import { type ColumnReading, decimalOf, type KindName, readingOf } from '../columns/reading.js'
import { Survey } from '../columns/survey.js'
import { readValues } from '../columns/values.js'
import { counted, listed, quote, TableError } from '../errors.js'
import type { Cells } from '../read/cells.js'
import type { Table, TableColumn } from '../read/read.js'

export interface InspectOptions {
  /** Name of the column to predict. */
  readonly target?: string
  /** What it is; guessed by default. */
  readonly task?: 'classification' | 'regression'
  /** Kinds of columns by name, instead of guesses. */
  readonly kinds?: Readonly<Record<string, KindName>>
  /** Columns to leave out. */
  readonly ignore?: readonly string[]
  /** Columns to use that would be left out. */
  readonly use?: readonly string[]
  /** The decimal sign of all numbers. */
  readonly decimal?: '.' | ','
  /** All texts that stand for missing values, besides nothing. */
  readonly missing?: readonly string[]
}

export interface InspectedColumn {
  readonly column: TableColumn
  readonly reading: ColumnReading
  readonly role: 'input' | 'target' | 'left out'
  /** Why it is left out, in words; `null` if it is not. */
  readonly why: string | null
}

export interface InspectedTarget {
  readonly name: string
  readonly task: 'classification' | 'regression'
  /** Whether the task was given, not guessed. */
  readonly given: boolean
  /** The class of each row as an index into `classes`, −1 where it is missing; `null` for a regression. */
  readonly labels: Labels | null
  /** Rows without a target. */
  readonly missing: number
}

/** Classes of rows. */
export interface Labels {
  /** Numbers by value, then other texts. */
  readonly classes: readonly string[]
  /** Number of rows of each class. */
  readonly counts: readonly number[]
  readonly codes: Int32Array
}

/** A table with a decision for each column. */
export interface Inspection {
  readonly table: Table
  readonly columns: readonly InspectedColumn[]
  readonly target: InspectedTarget | null
}

/**
 * Decides how to read and use a table. Nothing is encoded yet.
 * @throws TableError for names that are no columns, and for a target from which nothing can be learned.
 */
export function inspectTable(table: Table, options: InspectOptions = {}): Inspection {
  const { target, kinds = {}, ignore = [], use = [], task } = options
  const markers = options.missing ?? null
  const names = table.columns.map(({ name }) => name)
  const known = new Set(names)
  for (const [what, given] of [
    ['--target', target === undefined ? [] : [target]],
    ['--type', Object.keys(kinds)],
    ['--ignore', ignore],
    ['--use', use],
  ] as const)
    for (const name of given)
      if (!known.has(name))
        throw new TableError(
          null,
          `${what}: no column ${quote(name)} among ${listed(names.map(quote))}${didYouMean(name, names)}${table.layout.header ? '' : '; if the first line names the columns, say --header yes'}`,
        )
  if (target !== undefined && ignore.includes(target))
    throw new TableError(
      null,
      `--ignore: ${quote(target)} is the column to predict; leave it out of --ignore`,
    )
  if (target !== undefined && names.length === 1)
    throw new TableError(
      null,
      `${quote(target)} is the only column; there is nothing to predict it from. If there are more, say what separates them with --delimiter`,
    )
  const surveys = table.columns.map(({ cells }) => new Survey(cells, markers))
  const usualDecimal = vote(surveys)
  const readings = table.columns.map((column, index) => {
    const guess = {
      kind: Object.hasOwn(kinds, column.name) ? kinds[column.name]! : null,
      decimal: options.decimal ?? null,
      usualDecimal,
      markers,
      unnamed: table.layout.header && column.name === `column ${index + 1}`,
    }
    const survey = surveys[index]!
    // Codes such as 007 are numbers if the user says so.
    if (
      column.name === target &&
      task === 'regression' &&
      guess.kind === null &&
      survey.numbers > survey.filled / 2
    )
      return { ...readingOf(column, survey, { ...guess, kind: 'number' }), given: false }
    const reading = readingOf(column, survey, guess)
    // An id that is to be used, or predicted, is the number or the categories that it looks like.
    const asked = column.name === target || use.includes(column.name)
    if (reading.kind !== 'id' || reading.given || !asked) return reading
    const kind = survey.numbers > 0 && survey.codes === 0 ? 'number' : 'category'
    return { ...readingOf(column, survey, { ...guess, kind }), given: false }
  })
  const columns = table.columns.map((column, index): InspectedColumn => {
    const reading = readings[index]!
    if (column.name === target) return { column, reading, role: 'target', why: null }
    const why = whyLeftOut(reading, ignore, use)
    return { column, reading, role: why === null ? 'input' : 'left out', why }
  })
  const targetColumn = columns.find(({ role }) => role === 'target')
  return { table, columns, target: targetColumn ? inspectTarget(table, targetColumn, task ?? null) : null }
}

/** The decimal sign of most columns that have a certain one. */
function vote(surveys: readonly Survey[]): '.' | ',' | null {
  const votes = surveys.filter(({ numbers }) => numbers > 0).map(decimalOf)
  const commas = votes.filter((sign) => sign === ',').length
  const points = votes.filter((sign) => sign === '.').length
  return commas === points ? null : commas > points ? ',' : '.'
}

/** The most frequent categories become inputs, the others one together. */
export const mostInputs = 30

function whyLeftOut(
  { name, kind, reason, seen, given }: ColumnReading,
  ignore: readonly string[],
  use: readonly string[],
): string | null {
  if (ignore.includes(name)) return 'left out, as you say'
  const used = use.includes(name)
  switch (kind) {
    case 'empty':
      if (used) throw new TableError(null, `--use: column ${quote(name)} is empty in all rows`)
      return 'left out'
    case 'constant':
      if (used)
        throw new TableError(
          null,
          `--use: column ${quote(name)} is the same in all rows; nothing can be learned from it`,
        )
      return 'the same in every row; left out'
    case 'text':
      if (used) return null
      return given
        ? 'left out, as you say'
        : `left out; --use ${shellWord(name)} takes its ${Math.min(mostInputs, seen.distinct ?? mostInputs)} commonest`
    case 'id':
      if (used) return null
      return given ? 'left out, as you say' : `${reason}; left out; --use ${shellWord(name)} takes it`
    default:
      return null
  }
}

/** A name as it is typed on a command line. */
export function shellWord(name: string): string {
  return /^[\w.:@%+,-]+$/.test(name) ? name : `'${name.replaceAll("'", String.raw`'\''`)}'`
}

/** At most this many different integers from 0 or 1 up are class indices rather than amounts. */
const mostNumberedClasses = 10
/** More classes would need more outputs than anyone waits for. */
const mostClasses = 1000

function inspectTarget(
  table: Table,
  { column: { name, cells }, reading }: InspectedColumn,
  task: 'classification' | 'regression' | null,
): InspectedTarget {
  const numeric = reading.kind === 'number' || reading.kind === 'date' || reading.kind === 'time'
  if (reading.kind === 'empty')
    throw new TableError(null, `column ${quote(name)} is empty in all rows; choose another --target`)
  if (task === 'regression' && !numeric)
    throw new TableError(
      null,
      `column ${quote(name)} is not a number in most rows, e.g. ${quote(exampleOf(cells))}; leave --number out, or read what there is with --type ${shellWord(name)}=number`,
    )
  const values = numeric ? readValues(cells, reading) : null
  const isClass =
    task === 'classification' ||
    (task === null && (values === null || (reading.kind === 'number' && areIndices(values, reading))))
  if (!isClass) {
    let [missing, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let row = 0; row < values!.length; row++) {
      const value = values![row]!
      if (Number.isNaN(value)) missing++
      else if (value < least) least = value
      if (value > most) most = value
    }
    if (!(most > least)) throw sameInEveryRow(name, exampleOf(cells))
    return { name, task: 'regression', given: task !== null, labels: null, missing }
  }
  const labels =
    values && reading.kind === 'number' ? labelsOfNumbers(cells, values) : labelsOfTexts(cells, reading)
  const { classes, counts } = labels
  const filled = counts.reduce((total, count) => total + count, 0)
  const cure = numeric
    ? 'learn it as a number, with --number'
    : reading.kind === 'text' || reading.kind === 'category'
      ? 'choose another --target, or group its texts'
      : 'choose another --target'
  if (classes.length < 2) throw sameInEveryRow(name, classes[0] ?? '')
  if (classes.length > filled / 2)
    throw new TableError(
      null,
      `column ${quote(name)} has ${counted(classes.length, 'different value')} in ${counted(filled, 'row')}; as a class, each needs at least two rows on average: ${cure}`,
    )
  if (classes.length > mostClasses)
    throw new TableError(
      null,
      `column ${quote(name)} has ${counted(classes.length, 'class', 'classes')}; at most ${mostClasses} can be learned: ${cure}`,
    )
  return { name, task: 'classification', given: task !== null, labels, missing: table.rows - filled }
}

const sameInEveryRow = (name: string, text: string) =>
  new TableError(
    null,
    `column ${quote(name)} is ${quote(text)} in every row; the target must have different values`,
  )

function exampleOf(cells: Cells): string {
  for (const text of cells) if (!isMissing(text)) return text
  return ''
}

/** Whether numbers are class indices: two different ones, or a few from 0 or 1 up without a gap. */
function areIndices(values: Float64Array, reading: ColumnReading & { kind: 'number' }): boolean {
  if (reading.form.prefix || reading.form.suffix) return false
  const different = new Set<number>()
  let filled = 0
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (Number.isNaN(value)) continue
    if (!Number.isInteger(value) || (!different.has(value) && different.size === mostNumberedClasses))
      return false
    different.add(value)
    filled++
  }
  if (different.size * 2 > filled) return false
  const least = Math.min(...different)
  const most = Math.max(...different)
  return different.size === 2 || ((least === 0 || least === 1) && most - least === different.size - 1)
}

/** 1 and 1.0 are one class, whose name is the text that comes first. */
function labelsOfNumbers(cells: Cells, values: Float64Array): Labels {
  const found = new Map<number, number>()
  const texts: string[] = []
  const codes = new Int32Array(values.length).fill(-1)
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (Number.isNaN(value)) continue
    let code = found.get(value)
    if (code === undefined) {
      code = found.size
      found.set(value, code)
      texts.push(cells.at(row))
    }
    codes[row] = code
  }
  const order = [...found].sort(([a], [b]) => a - b).map(([, code]) => code)
  return inOrder(texts, codes, order)
}

function labelsOfTexts(cells: Cells, reading: ColumnReading): Labels {
  const dictionary = new Dictionary(cells)
  const places = new Map<string, number>()
  const texts: string[] = []
  // Answers are one class however they are spelled.
  const same = (text: string) => (reading.kind === 'yes/no' ? text.toLowerCase() : text)
  const placeOf = Int32Array.from({ length: dictionary.size }, (_, code) => {
    const text = dictionary.text(code)
    if (isMissing(text, true, reading.markers)) return -1
    const key = same(text)
    const place = places.get(key) ?? texts.push(text) - 1
    places.set(key, place)
    return place
  })
  const codes = dictionary.codes.map((code) => placeOf[code]!)
  const order = Array.from(texts, (_, place) => place).sort((a, b) => compareTexts(texts[a]!, texts[b]!))
  return inOrder(texts, codes, order)
}

/** Numbers by value before other texts, and texts by their letters. */
export function compareTexts(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1
  return x - y || (a < b ? -1 : Number(a > b))
}

function inOrder(texts: readonly string[], codes: Int32Array, order: readonly number[]): Labels {
  const places = new Int32Array(texts.length)
  for (const [place, code] of order.entries()) places[code] = place
  const counts: number[] = order.map(() => 0)
  for (let row = 0; row < codes.length; row++) {
    if (codes[row]! < 0) continue
    codes[row] = places[codes[row]!]!
    counts[codes[row]!]!++
  }
  return { classes: order.map((code) => texts[code]!), counts, codes }
}
