// CSV (RFC 4180) to a table: commas, quoted cells with line breaks in them, any line ends, a byte order mark.
import { BackpropagationError, type Table } from '@bp/core'
import papaparse from 'papaparse'

/** Text that is not a CSV table; the message says where and what to do. */
export class CsvError extends BackpropagationError {
  override name = 'CsvError'
  /** Line of the file, from 1. */
  readonly line: number

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
    this.line = line
  }
}

/**
 * The table of a CSV file whose first line names the columns. Cells stay the text that they are, empty ones
 * become `null`; lines without any character are passed over.
 * @throws CsvError
 */
export function parseCsv(file: string | Uint8Array): Table {
  const text = toText(file)
  const columns: { name: string; cells: (string | null)[] }[] = []
  const lines: number[] = []
  let line = 1
  let headerLine = 1
  const take = (cells: readonly string[]) => {
    if (columns.length === 0) {
      const names = cells.map((name) => name.trim())
      checkHeader(names, line)
      headerLine = line
      for (const name of names) columns.push({ name, cells: [] })
      return
    }
    if (cells.length !== columns.length)
      throw new CsvError(
        line,
        `${counted(cells.length, 'cell')} where the first line names ${counted(columns.length, 'column')}; add or remove commas, or quote cells that contain some`,
      )
    lines.push(line)
    for (const [index, column] of columns.entries()) column.cells.push(cells[index] || null)
  }
  papaparse.parse<string[]>(text, {
    delimiter: ',',
    newline: '\n',
    // What it does by itself with a file without quotes takes twice the time and the memory.
    fastMode: false,
    step: ({ data, errors: [error] }) => {
      if (error) throw new CsvError(lineAt(text, error.index ?? 0), problemOf(error))
      if (data.length > 1 || data[0] !== '') take(data)
      for (const cell of data) line += count(cell, '\n')
      line++
    },
  })
  if (columns.length === 0) throw new CsvError(1, 'the file is empty; the first line must name the columns')
  if (lines.length === 0) throw new CsvError(headerLine, 'there are no rows under the names of the columns')
  return { columns, lines }
}

function toText(file: string | Uint8Array): string {
  if (
    typeof file !== 'string' &&
    ((file[0] === 0xff && file[1] === 0xfe) || (file[0] === 0xfe && file[1] === 0xff))
  )
    throw new CsvError(1, 'the file is UTF-16 text; save it as UTF-8')
  const decoded = typeof file === 'string' ? file : new TextDecoder().decode(file)
  // One kind of line end, since files with several exist and the parser knows but one.
  const text = decoded.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const binary = text.indexOf('\0')
  if (binary >= 0) throw new CsvError(lineAt(text, binary), 'holds a zero byte; this is no text file')
  const undecodable = text.indexOf('\uFFFD')
  if (undecodable >= 0)
    throw new CsvError(lineAt(text, undecodable), 'is not UTF-8 text; save the file as UTF-8')
  return text
}

function checkHeader(names: readonly string[], line: number): void {
  const other = names.length === 1 ? /[;\t|]/.exec(names[0]!)?.[0] : undefined
  if (other)
    throw new CsvError(
      line,
      `cells seem to be separated by ${other === '\t' ? 'tabs' : `"${other}"`}; separate them by commas`,
    )
  const numbers = names.filter((name) => name !== '' && Number.isFinite(Number(name)))
  if (numbers.length > names.length / 2)
    throw new CsvError(
      line,
      'holds numbers, but the first line must name the columns; put names above the data',
    )
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (name === '')
      throw new CsvError(line, `column ${index + 1} has no name; name it, or remove the column`)
    if (seen.has(name))
      throw new CsvError(line, `two columns are called ${JSON.stringify(name)}; give each a name of its own`)
    seen.add(name)
  }
}

function problemOf({ code, message }: papaparse.ParseError): string {
  if (code === 'MissingQuotes') return 'a quote opens here and is never closed; close it, or remove it'
  if (code === 'InvalidQuotes')
    return 'text follows a closing quote; end the cell there, or write a quote inside a quoted cell twice'
  return message
}

function lineAt(text: string, index: number): number {
  return 1 + count(text.slice(0, index), '\n')
}

function count(text: string, part: string): number {
  let found = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) found++
  return found
}

const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
