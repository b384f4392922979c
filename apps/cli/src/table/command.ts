// `bp inspect`: what a table is read as, without training.
import { describeTable, type Inspection, inspectTable } from '@bp/table'
import { findTable } from '../data-sets.js'
import { noScreen } from '../lines.js'
import { readArguments } from '../options.js'
import { print } from '../output.js'
import { formatCount } from '../train/words.js'
import { UsageError } from '../usage-error.js'
import { inspectCommandOptions, inspectOptions, readOptions } from './options.js'
import { describeSize, reportTable } from './report.js'

/** Runs the command and returns the exit code. */
export async function inspect(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, inspectCommandOptions)
  if (rest.length !== 1)
    throw new UsageError(
      `inspect takes one data set or file${rest.length === 0 ? '' : `; got ${rest.map((word) => `"${word}"`).join(', ')}`}`,
    )
  const form = noScreen('inspect', given.ui)
  const { name, table, usualTarget, note } = await findTable(rest[0]!, readOptions(given))
  const names = table.columns.map((column) => column.name)
  const inspection = inspectTable(table, inspectOptions(given, given.target ?? usualTarget, names))
  const notes = [...(note === null ? [] : [note]), ...table.notes]
  const lines = form === 'json' ? inJson(name, inspection, notes) : inLines(name, inspection, notes)
  print(`${lines.join('\n')}\n`)
  return 0
}

const delimiterNames = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'pipes' }

function inLines(name: string, inspection: Inspection, notes: readonly string[]): string[] {
  const { layout, encoding } = inspection.table
  const header = layout.header ? 'with a header' : 'without a header'
  return [
    `${name}: ${describeSize(inspection, formatCount)} · separated by ${delimiterNames[layout.delimiter]}, ${header}, ${encoding.toUpperCase()}`,
    ...reportTable(inspection),
    ...notes.map((note) => `note: ${note}`),
  ]
}

/** One object a line: the table, then its columns. */
function inJson(name: string, { table, columns, target }: Inspection, notes: readonly string[]): string[] {
  const report = describeTable({ table, columns, target })
  return [
    {
      type: 'table',
      data: name,
      rows: table.rows,
      columns: columns.length,
      delimiter: table.layout.delimiter,
      header: table.layout.header,
      comment: table.layout.comment,
      encoding: table.encoding,
      target: target && {
        name: target.name,
        task: target.task,
        ...(target.labels && { classes: target.labels.classes, counts: target.labels.counts }),
        missing: target.missing,
      },
      notes,
    },
    ...columns.map(({ reading: { name, ...reading }, role }) => {
      const line = report.find(({ column }) => column === name)!
      return {
        type: 'column',
        name,
        role,
        ...reading,
        says: [line.kind, line.becomes].filter(Boolean).join('; '),
      }
    }),
  ].map((object) => JSON.stringify(object))
}
