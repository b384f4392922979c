// The options of the commands about the page.
import { dataKinds } from '@bp/lab'
import { runSubjectOptions, subjectOptions } from '../graph/options.js'
import { flag, integer, ui } from '../options.js'

/** Data sets that the page generates itself; the others need more than a name. */
export const pageDataSets: readonly string[] = dataKinds.filter(
  (kind) => kind !== 'formula' && kind !== 'points',
)

export const openOptions = {
  ...subjectOptions,
  ...runSubjectOptions,
  port: integer('N', 'port of this machine that serves the page (default: any that is free)', 1, 65535),
  print: flag('print the link alone and serve nothing'),
  ui,
}
