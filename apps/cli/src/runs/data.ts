// The table that a run was trained on, found again.
import { readOptionsFor, type TableDescription } from '@bp/table'
import { findTable, type TableSource } from '../data-sets.js'
import { UsageError } from '../usage-error.js'
import type { RunSpec } from './spec.js'

/**
 * `data`: where the table is now, or another one with such rows.
 * @throws UsageError if it is gone or has changed.
 */
export async function tableOfRun(
  reference: string,
  spec: RunSpec,
  description: TableDescription,
  data: string | undefined,
): Promise<TableSource> {
  const subject = data ?? spec.data.subject
  if (subject === '-')
    throw new UsageError(
      `the run ${reference} read standard input, which is gone; give a file with such rows: --data FILE`,
    )
  const source = await findTable(subject, readOptionsFor(description))
  if (data === undefined && source.sha256 !== spec.data.sha256)
    throw new UsageError(
      `${source.name} has changed since the run ${reference}; take rows of it as it is now: --data ${subject}`,
    )
  return source
}
