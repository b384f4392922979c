// The graph of a saved run's network for one row of its table.
import { xor } from '@bp/core'
import { encodeInputs, encodeTargets, type TableDescription } from '@bp/table'
import type { Given } from '../options.js'
import { tableOfRun } from '../runs/data.js'
import { isRun, nameOf } from '../runs/home.js'
import type { RunSpec } from '../runs/spec.js'
import { loadTrained } from '../runs/trained.js'
import { UsageError } from '../usage-error.js'
import { subjectOfRow } from './of-row.js'
import type { runSubjectOptions, subjectOptions } from './options.js'
import type { Subject } from './source.js'

type GraphOptions = Given<typeof subjectOptions & typeof runSubjectOptions>

/** Whether the subject of `bp graph` is a run rather than an expression. */
export function meansRun(subject: string | undefined, { row, weights, data, set }: GraphOptions): boolean {
  if (row !== undefined || weights !== undefined || data !== undefined) return true
  return subject !== undefined && set === undefined && isRun(subject)
}

/** @throws UsageError if there is no such run or row, or its data is not what it was. */
export async function subjectOfRun(
  reference: string,
  { row = 1, weights = 'best', data, set }: GraphOptions,
): Promise<Subject> {
  if (set !== undefined)
    throw new UsageError(
      '--set gives values to the variables of an expression; those of a run are its weights and a row',
    )
  const { spec, model, folder, epoch, best } = loadTrained(reference, weights)
  const { table, settings } = spec
  const found = table === null ? rowOfXor(row) : await rowOfTable(reference, spec, table, row, data)
  return subjectOfRow(
    `${nameOf(folder)}, row ${row}, ${best ? 'best weights' : `weights of epoch ${epoch}`}`,
    { settings, target: table?.target ?? null, parameters: model.parameters, ...found },
  )
}

interface Row {
  readonly inputs: Float32Array
  readonly targets: Float32Array
}

function rowOfXor(row: number): Row {
  const { inputs, targets, rows } = xor()
  requireRow(row, rows, 'xor')
  return { inputs: inputs.subarray(2 * (row - 1), 2 * row), targets: targets.subarray(row - 1, row) }
}

async function rowOfTable(
  reference: string,
  spec: RunSpec,
  description: TableDescription,
  row: number,
  data: string | undefined,
): Promise<Row> {
  const { name, table } = await tableOfRun(reference, spec, description, data)
  requireRow(row, table.rows, name)
  const { inputs } = encodeInputs(table, description)
  const { targets, rows } = encodeTargets(table, description)
  const at = rows.indexOf(row - 1)
  if (at < 0)
    throw new UsageError(`row ${row} of ${name} has no known ${description.target.name}, so it has no loss`)
  return {
    inputs: inputs.subarray((row - 1) * spec.inputs, row * spec.inputs),
    targets: targets.subarray(at * spec.outputs, (at + 1) * spec.outputs),
  }
}

function requireRow(row: number, rows: number, name: string): void {
  if (row > rows)
    throw new UsageError(`--row must be an integer in [1, ${rows}], the rows of ${name}; got ${row}`)
}
