// The records of a run as lines of a file, CSV or JSON Lines: for `onRecord`, and for what reads the file later.
import type { RunRecord } from '@bp/core'
import papaparse from 'papaparse'
import { finiteOrText } from './json.js'
import { checkRecord, numbersIn } from './record-numbers.js'

/**
 * The first line of a CSV file of records, which names the columns as they are reached in a record: `epoch`, `step`,
 * `loss`, `accuracy`, `metrics.f1`, `validation.loss`. All records of a run have the same.
 *
 * ```ts
 * onRecord: (record, { history }) =>
 *   appendFileSync('run.csv', (history.length === 1 ? csvHeader(record) : '') + csvLine(record))
 * ```
 */
export function csvHeader(record: RunRecord): string {
  return line(cells('csvHeader', record).map(([name]) => name))
}

/** A record as a line of a CSV file: numbers with all digits that they need, an empty cell for none. */
export function csvLine(record: RunRecord): string {
  return line(cells('csvLine', record).map(([, value]) => value))
}

/** A record as a line of JSON, with what is not finite as text: `"NaN"`, since JSON has no number for it. */
export function jsonLine(record: RunRecord): string {
  return `${JSON.stringify(checkRecord('jsonLine', 'record', record), finiteOrText)}\n`
}

function cells(caller: string, record: RunRecord) {
  const { epoch, step, validation, ...score } = checkRecord(caller, 'record', record)
  const numbers = numbersIn({ epoch, step, ...score, ...(validation && { validation }) })
  return numbers.map(([path, value]) => [path.join('.'), value] as const)
}

function line(row: readonly (string | number | null)[]): string {
  return `${papaparse.unparse([[...row]])}\n`
}
