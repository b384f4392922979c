// The records of a run as lines of CSV or JSON Lines, for use in `onRecord`.
import type { RunRecord } from '@bp/core/lean'
import papaparse from 'papaparse'
import { finiteOrText } from './json.js'
import { checkRecord, numbersIn } from './record-numbers.js'

/**
 * The header line of a CSV file of records, which names the columns by their path in a record: `epoch`, `step`, `loss`,
 * `accuracy`, `metrics.f1`, `validation.loss`. All records of a run have the same columns.
 *
 * ```ts
 * onRecord: (record, { history }) =>
 *   appendFileSync('run.csv', (history.length === 1 ? csvHeader(record) : '') + csvLine(record))
 * ```
 */
export function csvHeader(record: RunRecord): string {
  return line(cells('csvHeader', record).map(([name]) => name))
}

/** A record as a line of CSV: numbers in full precision, empty cells for `null`. */
export function csvLine(record: RunRecord): string {
  return line(cells('csvLine', record).map(([, value]) => value))
}

/** A record as a line of JSON, with non-finite numbers as strings, e.g. `"NaN"`, since JSON lacks them. */
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
