// Own data: a pasted table of two inputs and a class becomes points.
import { BackpropagationError } from '@bp/core/lean'
import { inspectTable, parseTable, readValues, type Table, TableError } from '@bp/table'
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

/**
 * Points from a table of three columns: two inputs and a class, which is a number or a word. It may be written in any
 * way that `@bp/table` reads, such as with semicolons and decimal commas, with or without names in the first line.
 * @throws PointsError
 */
export function parsePoints(text: string): PointsTable {
  const table = parsed(text)
  const { columns, rows, lineOf } = table
  if (columns.length !== 3)
    throw new PointsError(
      1,
      `${columns.length} columns; expected 3: two inputs and a class, as in x1,x2,class`,
    )
  if (rows > limits.points)
    throw new PointsError(lineOf(limits.points), `more than ${limits.points} rows; paste fewer`)
  const [first, second, last] = columns as [Column, Column, Column]
  const kinds = { [first.name]: 'number', [second.name]: 'number' } as const
  const inputs = inspectTable(table, { kinds })
    .columns.slice(0, 2)
    .map(({ column, reading }) => ({ column, values: readValues(column.cells, reading) }))
  const words: string[] = []
  for (let row = 0; row < rows; row++) {
    // Beyond float32 nothing is left to see.
    for (const { column, values } of inputs)
      if (!(Math.abs(values[row]!) < 1e30))
        throw new PointsError(
          lineOf(row),
          `${column.name} is ${shown(column, row)}; expected a number such as 0.5`,
        )
    const word = last.cells.at(row)
    if (word === '')
      throw new PointsError(lineOf(row), `${last.name} is empty; expected a class such as 0 or 1`)
    words.push(word)
  }
  const classes = [...new Set(words)]
  if (classes.every((word) => Number.isFinite(Number(word)))) classes.sort((a, b) => Number(a) - Number(b))
  if (classes.length < 2)
    throw new PointsError(1, `all rows are of class ${classes[0]}; expected at least two classes`)
  if (classes.length > limits.classes) {
    const row = words.indexOf(classes[limits.classes]!)
    throw new PointsError(lineOf(row), `${classes.length} classes; expected at most ${limits.classes}`)
  }
  return {
    points: words.map((word, row) => [
      inputs[0]!.values[row]!,
      inputs[1]!.values[row]!,
      classes.indexOf(word),
    ]),
    classes,
  }
}

type Column = Table['columns'][number]

function shown({ cells }: Column, row: number): string {
  return cells.at(row) === '' ? 'empty' : `"${cells.at(row)}"`
}

function parsed(text: string): Table {
  try {
    return parseTable(text)
  } catch (error) {
    if (!(error instanceof TableError)) throw error
    throw new PointsError(error.line ?? 1, error.message.replace(/^line \d+: /, ''))
  }
}
