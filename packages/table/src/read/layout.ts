// Finds out how a file is laid out, from its beginning: delimiter, comments, header.

import { isMissing } from '../columns/missing.js'
import { shapeOf } from '../columns/shape.js'
import { TableError } from '../errors.js'
import { Cells } from './cells.js'
import { maxColumns, type Sink, Tokenizer } from './tokens.js'

export const delimiters = [',', ';', '\t', '|'] as const

export type Delimiter = (typeof delimiters)[number]

/** How the cells of a file are arranged; plain JSON. */
export interface Layout {
  readonly delimiter: Delimiter
  /** What lines begin with that are skipped, or `null`. */
  readonly comment: string | null
  /** Whether a line names the columns. */
  readonly header: boolean
}

export interface LayoutOptions {
  readonly delimiter?: Delimiter
  readonly header?: boolean
  /** Names of columns that are expected, from an earlier file. */
  readonly expected?: readonly string[]
}

export interface FoundLayout {
  readonly layout: Layout
  /** Records before the data, the header included. */
  readonly skip: number
  /** As in the file; unique, and none is empty. */
  readonly names: readonly string[]
  /** What was done to the names, in words. */
  readonly notes: readonly string[]
}

/** Records that are looked at. */
const mostRecords = 200

/** `complete`: whether these are all bytes of the file. `null` if they are too few to tell. */
export function findLayout(begin: Uint8Array, complete: boolean, options: LayoutOptions): FoundLayout | null {
  const { lines, comments, separator } = leadingLines(begin)
  const given = options.delimiter ?? separator
  let found: { delimiter: Delimiter; records: string[][]; score: number; numbers: number } | null = null
  let problem: TableError | null = null
  for (const delimiter of given ? [given] : delimiters) {
    const { records, error } = recordsOf(begin, complete, delimiter)
    // In text before the table, quotes mean nothing.
    if (error && records.length < 2) {
      problem ??= error
      continue
    }
    const body = records.slice(lines)
    const known = options.expected ? body[0]?.filter((name) => options.expected!.includes(name)).length : 0
    const score = (known ?? 0) + regularity(body)
    const numbers = score === 0 ? 0 : shareOfNumbers(body)
    if (!found || score > found.score || (score === found.score && numbers > found.numbers))
      found = { delimiter, records, score, numbers }
  }
  // One column alone is less likely than a damaged table.
  if (problem && (found?.score ?? 0) === 0) throw problem
  if (!complete && found!.records.length < lines + 2) return null
  const { delimiter, records } = found!
  const body = records.slice(lines)
  const commentHeader = comments > 0 ? headerInComment(records[lines - 1] ?? [], body) : null
  const header = commentHeader !== null || (options.header ?? looksLikeHeader(body, options.expected))
  const first = commentHeader ?? (header ? (body[0] ?? []) : [])
  const data = commentHeader || !header ? body : body.slice(1)
  let width = first.length
  if (!header) width = Math.max(0, ...data.map((record) => record.length))
  // R's write.table names all columns but that of the names of the rows.
  const unnamed = header && data.length > 0 && data.every((record) => record.length === first.length + 1)
  const { names, notes } = uniqueNames(
    unnamed ? ['', ...first] : Array.from({ length: width }, (_, column) => first[column] ?? ''),
    header,
  )
  if (names.length > maxColumns)
    throw new TableError(1, `has more than ${maxColumns} columns; transpose or split the file`)
  return {
    layout: { delimiter, comment: comments > 0 && !commentHeader ? '#' : null, header },
    skip:
      comments > 0 && !commentHeader
        ? lines - comments + Number(header)
        : lines + Number(header && !commentHeader),
    names,
    notes,
  }
}

/** Lines at the beginning that are not part of the table: `sep=;` of Excel, and comments. */
function leadingLines(begin: Uint8Array): { lines: number; comments: number; separator: Delimiter | null } {
  const text = new TextDecoder().decode(begin.subarray(0, 2 ** 16))
  const rows = text.split(/\r\n?|\n/).filter((row) => row !== '')
  const separator = /^"?sep=([,;\t|])"?$/.exec(rows[0]?.trim() ?? '')?.[1] as Delimiter | undefined
  let lines = separator ? 1 : 0
  let comments = 0
  // A table may have a single column that begins with #, but not nothing else.
  while (rows[lines]?.startsWith('#') && !rows[lines]!.startsWith('#N/A')) {
    lines++
    comments++
  }
  return lines === rows.length
    ? { lines: 0, comments: 0, separator: null }
    : { lines, comments, separator: separator ?? null }
}

/** The last comment, if it names as many columns as there are. */
function headerInComment(comment: readonly string[], body: readonly (readonly string[])[]): string[] | null {
  const width = body[0]?.length ?? 0
  if (
    comment.length !== width ||
    width < 2 ||
    looksLikeHeader(body) ||
    comment.slice(1).some((name) => isNumber(name))
  )
    return null
  const first = comment[0]!.replace(/^#+\s*/, '')
  return [first === '' ? comment[0]! : first, ...comment.slice(1)]
}

/** The records of the beginning of a file up to where they cannot be read. */
function recordsOf(
  begin: Uint8Array,
  complete: boolean,
  delimiter: Delimiter,
): { records: string[][]; error: TableError | null } {
  const sample = new SampleSink()
  const { records } = sample
  const tokenizer = new Tokenizer(sample, delimiter, null)
  try {
    for (let at = 0; at < begin.length && records.length < mostRecords; at += 4096)
      tokenizer.write(begin.subarray(at, at + 4096))
    if (complete && records.length < mostRecords) tokenizer.end()
  } catch (error) {
    if (!(error instanceof TableError)) throw error
    return { records, error }
  }
  return { records, error: null }
}

class SampleSink implements Sink {
  readonly records: string[][] = []
  readonly row: readonly Cells[] = []
  readonly rest = new Cells()

  endRecord(_: number, cells: number, quoted: boolean): void {
    if (cells > 1 || quoted || !this.rest.isEmpty(0)) this.records.push([...this.rest])
    this.rest.cut(0)
  }
}

/** The share of records that have the usual number of cells; 0 if that is one. */
function regularity(records: readonly (readonly string[])[]): number {
  const widths = new Map<number, number>()
  for (const { length } of records) widths.set(length, (widths.get(length) ?? 0) + 1)
  let [usual, times] = [0, 0]
  for (const [width, count] of widths) if (count > times) [usual, times] = [width, count]
  if (usual < 2) return 0
  const first = records[0]!.length
  return (times / records.length) * (first === usual || first === usual - 1 ? 1 : 0.5)
}

const isNumber = (text: string) => {
  const { kind } = shapeOf(text)
  return kind === 'number' || kind === 'date' || kind === 'time'
}

function shareOfNumbers(records: readonly (readonly string[])[]): number {
  let [numbers, cells] = [0, 0]
  for (const record of records)
    for (const cell of record) {
      cells++
      if (isNumber(cell)) numbers++
    }
  return numbers / cells
}

/** Whether the first record names the columns. */
function looksLikeHeader(records: readonly (readonly string[])[], expected?: readonly string[]): boolean {
  const [first = [], ...rest] = records
  // As in the earlier file; names that are missing are told where the columns are looked up.
  if (expected) return true
  if (rest.length === 0) return true
  // Years or numbers as names of columns: each one more than the one before.
  const values = first
    .filter((name) => name !== '')
    .map(Number)
    .filter((value) => !Number.isNaN(value))
  const isRun = values.every((value, index) => index === 0 || value - values[index - 1]! === 1)
  if (isRun && values.length >= (values[0]! >= 1000 ? 3 : 5)) return true
  let votes = 0
  for (const [column, name] of first.entries()) {
    const below = rest.flatMap((record) => {
      const cell = record[column] ?? ''
      return isMissing(cell) ? [] : [cell]
    })
    if (below.length === 0) continue
    const numeric = below.filter(isNumber).length >= 0.8 * below.length
    if (numeric && isNumber(name)) votes--
    else if (numeric && !isMissing(name)) votes++
    // Words that recur, the name among them or not.
    else if (!numeric && 2 * new Set(below).size <= below.length) votes += below.includes(name) ? -1 : 1
  }
  return votes >= 0
}

function uniqueNames(given: readonly string[], header: boolean): { names: string[]; notes: string[] } {
  const names: string[] = []
  const notes: string[] = []
  const used = new Set(given)
  const seen = new Set<string>()
  const unnamed: string[] = []
  for (const [index, text] of given.entries()) {
    let name = text
    if (name === '') {
      name = `column ${index + 1}`
      while (used.has(name)) name += '_'
      unnamed.push(name)
    } else if (seen.has(name)) {
      let times = 2
      while (used.has(`${name} (${times})`)) times++
      name = `${name} (${times})`
      notes.push(
        `two columns are named "${text.slice(0, 40)}"; the later one is called "${name.slice(0, 44)}"`,
      )
    }
    used.add(name)
    seen.add(name)
    names.push(name)
  }
  if (header && unnamed.length > 0)
    notes.push(
      unnamed.length === 1
        ? `a column without a name is called "${unnamed[0]}"`
        : `${unnamed.length} columns without names are called "${unnamed[0]}" to "${unnamed.at(-1)}"`,
    )
  return {
    names,
    notes: notes.length > 5 ? [...notes.slice(0, 5), `and ${notes.length - 5} more like these`] : notes,
  }
}
