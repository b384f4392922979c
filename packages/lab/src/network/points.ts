// Own data: a pasted table of two inputs and a class becomes points.
import { BackpropagationError } from '@bp/core'
import { CsvError, parseCsv } from '@bp/formats/csv'
import { type LabelledPoint, limits } from './document.js'

/** A table that cannot be used; the message says on which line, and what to do. */
export class PointsError extends BackpropagationError {
  override name = 'PointsError'
  readonly line: number

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`)
    this.line = line
  }
}

export interface PointsTable {
  readonly points: readonly LabelledPoint[]
  /** What the classes are called in the table, in order of their first row, or 0 to n for numbers. */
  readonly classes: readonly string[]
}

const header = 'x1,x2,class'

/**
 * Points from a table of three columns: two inputs and a class, which is a number or a word. Separated by commas,
 * semicolons or tabs; a first line with names is recognized by its words.
 * @throws PointsError
 */
export function parsePoints(text: string): PointsTable {
  const first = text.trimStart().split(/\r?\n/, 1)[0]!
  const separator = [',', '\t', ';'].find((one) => first.includes(one)) ?? ','
  const cells = first.split(separator)
  const named = cells.slice(0, 2).some((cell) => numberOf(cell) === undefined)
  const body = separator === ',' ? text : text.split(separator).join(',')
  // The line that is put before the text is not one of the text's.
  const shift = named ? 0 : 1
  if (text.trim() !== '' && cells.length !== 3)
    throw new PointsError(1, `${cells.length} columns; expected 3: two inputs and a class, as in ${header}`)
  const { columns, lines } = parsed(named ? body : `${header}\n${body}`, shift)
  const lineOf = (row: number) => lines!.at(row)! - shift
  const rows = columns[0]!.cells.length
  if (rows > limits.points)
    throw new PointsError(lineOf(limits.points), `more than ${limits.points} rows; paste fewer`)
  const words: string[] = []
  const inputs: [number, number][] = []
  for (let row = 0; row < rows; row++) {
    const line = lineOf(row)
    const read = (column: number): number => {
      const cell = columns[column]!.cells.at(row)
      const value = cell === null ? undefined : numberOf(String(cell))
      if (value === undefined)
        throw new PointsError(
          line,
          `${columns[column]!.name} is ${cell === null ? 'empty' : `"${cell}"`}; expected a number such as 0.5`,
        )
      return value
    }
    inputs.push([read(0), read(1)])
    const word = columns[2]!.cells.at(row)
    if (word === null)
      throw new PointsError(line, `${columns[2]!.name} is empty; expected a class such as 0 or 1`)
    words.push(String(word).trim())
  }
  const numeric = words.every((word) => numberOf(word) !== undefined)
  const classes = [...new Set(words)]
  if (numeric) classes.sort((a, b) => Number(a) - Number(b))
  if (classes.length < 2)
    throw new PointsError(1, `all rows are of class ${classes[0]}; expected at least two classes`)
  if (classes.length > limits.classes) {
    const row = words.indexOf(classes[limits.classes]!)
    throw new PointsError(lineOf(row), `${classes.length} classes; expected at most ${limits.classes}`)
  }
  return {
    points: inputs.map(([x1, x2], row) => [x1, x2, classes.indexOf(words[row]!)]),
    classes,
  }
}

function parsed(text: string, shift: number) {
  try {
    return parseCsv(text)
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = Math.max(1, error.line - shift)
    throw new PointsError(line, error.message.replace(/^line \d+: /, ''))
  }
}

function numberOf(cell: string): number | undefined {
  const text = cell.trim()
  const value = Number(text)
  return text !== '' && Number.isFinite(value) && Math.abs(value) < 1e30 ? value : undefined
}
