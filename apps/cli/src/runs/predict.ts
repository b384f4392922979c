// `bp predict`: the rows of a file with the answers of a trained network beside them, on standard output.
import { once } from 'node:events'
import { type Answer, answerOf, encodeInputs, readOptionsFor, type Table } from '@bp/table'
import { findTable } from '../data-sets.js'
import { visible } from '../fit.js'
import { noScreen } from '../lines.js'
import { readArguments } from '../options.js'
import { jsonLine, print } from '../output.js'
import { UsageError } from '../usage-error.js'
import { predictOptions } from './options.js'
import { loadTrainedOnTable, type TrainedOnTable } from './trained.js'

/** Rows that are predicted and written at once. */
const batch = 4096

/** Runs the command and returns the exit code. */
export async function predict(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, predictOptions)
  if (rest.length !== 2)
    throw new UsageError('predict takes a run and a file: bp predict last new.csv; - reads standard input')
  const form = noScreen('predict', given.ui)
  const trained = loadTrainedOnTable(rest[0]!)
  const { table } = await findTable(rest[1]!, readOptionsFor(trained.table))
  const { inputs, rows, notes } = encodeInputs(table, trained.table)
  for (const note of [...table.notes, ...notes]) process.stderr.write(`note: ${visible(note)}\n`)
  const lines =
    form === 'json' ? objects(trained, given.only ? null : table) : cells(trained, given.only ? null : table)
  if (lines.head !== null) print(`${lines.head}\n`)
  for (let from = 0; from < rows; from += batch) {
    const size = Math.min(batch, rows - from)
    const width = trained.spec.inputs
    const predictions = trained.model.predict(inputs.subarray(from * width, (from + size) * width))
    const answers = Array.from({ length: size }, (_, row) => answerOf(trained.table.target, predictions, row))
    print(answers.map((answer, row) => `${lines.row(answer, from + row)}\n`).join(''))
    // A reader that is slower than the network would fill the memory.
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
  }
  return 0
}

interface Lines {
  readonly head: string | null
  row(answer: Answer, row: number): string
}

/** As the file is delimited. `table`: the columns to repeat. */
function cells({ table: { target, layout } }: TrainedOnTable, table: Table | null): Lines {
  const columns = table?.columns ?? []
  const line = (texts: readonly string[]) =>
    texts.map((text) => quoted(text, layout.delimiter)).join(layout.delimiter)
  const names = columns.map(({ name }) => name)
  const added = [`predicted ${target.name}`, ...(target.task === 'classification' ? ['probability'] : [])]
  return {
    head: line([...names, ...added.map((name) => unused(name, names))]),
    row: ({ text, probability }, row) =>
      line([
        ...columns.map(({ cells }) => cells.at(row)),
        text,
        ...(probability === null ? [] : [String(Number(probability.toPrecision(6)))]),
      ]),
  }
}

function objects({ table: { target } }: TrainedOnTable, table: Table | null): Lines {
  return {
    head: null,
    row: ({ text, value, probability }, row) =>
      jsonLine({
        ...Object.fromEntries((table?.columns ?? []).map(({ name, cells }) => [name, cells.at(row)])),
        [`predicted ${target.name}`]: target.task === 'classification' ? text : value,
        ...(probability !== null && { probability }),
      }),
  }
}

function quoted(text: string, delimiter: string): string {
  return text.includes(delimiter) || /["\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function unused(name: string, taken: readonly string[]): string {
  let found = name
  for (let number = 2; taken.includes(found); number++) found = `${name} ${number}`
  return found
}
