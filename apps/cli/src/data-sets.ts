// Finds the data to train on: a bundled set by name, or a file.
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { didYouMean, type Table } from '@bp/core'
import { parseCsv } from '@bp/formats/csv'
import { UsageError } from './usage-error.js'
import { userPath } from './user-path.js'

/** The bundled data sets and the column of each that is usually predicted. */
const targets = new Map([
  ['iris', 'species'],
  ['penguins', 'species'],
  ['digits', 'digit'],
  ['wine', 'class'],
  ['breast-cancer', 'diagnosis'],
])

export const bundledNames: readonly string[] = [...targets.keys()]

export interface TableSource {
  /** What to call it. */
  readonly name: string
  readonly table: Table
  /** Column that is usually predicted, or `null` for a file of the user. */
  readonly usualTarget: string | null
  /** Something the user may not expect. */
  readonly note: string | null
}

/**
 * Reads the bundled data set of that name, or the file. A missing file with the name of a bundled set, such as
 * `iris.csv`, means the bundled one.
 * @throws UsageError listing what can be used; CsvError for the contents of the file.
 */
export function findTable(argument: string): TableSource {
  if (targets.has(argument)) return readBundled(argument, null)
  const path = userPath(argument)
  try {
    return { name: basename(path), table: parseCsv(readFileSync(path)), usualTarget: null, note: null }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code !== 'ENOENT') throw new UsageError(`${path} cannot be read: ${reasons.get(code) ?? code}`)
  }
  const set = /^([^\\/]*)\.csv$/.exec(argument)?.[1] ?? ''
  if (targets.has(set))
    return readBundled(set, `${argument} is not in ${dirname(path)}; using the bundled data set`)
  throw new UsageError(
    `there is no file ${path}; expected a CSV file, xor or one of ${bundledNames.join(', ')}${didYouMean(argument, ['xor', ...bundledNames])}`,
  )
}

const reasons = new Map([
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['ERR_FS_FILE_TOO_LARGE', 'it is larger than 2 GiB'],
])

function readBundled(name: string, note: string | null): TableSource {
  const file = fileURLToPath(new URL(`../../../data/${name}.csv`, import.meta.url))
  return { name, table: parseCsv(readFileSync(file)), usualTarget: targets.get(name)!, note }
}
