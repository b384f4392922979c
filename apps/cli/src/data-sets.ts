// Finds the data to train on: a bundled set by name, a file, or standard input.
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isatty } from 'node:tty'
import { didYouMean } from '@bp/core'
import { type Progress, type ReadOptions, readTable, type Table } from '@bp/table'
import { dataFolder } from './beside.js'
import { visible } from './fit.js'
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
  /** What finds it again from anywhere: a bundled name, an absolute path, or `-`. */
  readonly subject: string
  /** Of the bytes that were read. */
  readonly sha256: string
}

/**
 * Reads the bundled data set of that name, the file, or standard input for `-`. A missing file with the name of a
 * bundled set, such as `iris.csv`, means the bundled one.
 * @throws UsageError listing what can be used; TableError for the contents of the file.
 */
export async function findTable(
  argument: string,
  options: ReadOptions,
  onProgress: OnProgress = showProgress,
): Promise<TableSource> {
  if (targets.has(argument)) return readBundled(argument, null, options, onProgress)
  if (argument === '-') {
    if (isatty(0)) throw new UsageError('- reads standard input, which is the terminal; pipe a table into it')
    const hash = createHash('sha256')
    const table = await readTable(hashed(createReadStream('', { fd: 0, highWaterMark }), hash), options)
    const [name, sha256] = ['standard input', hash.digest('hex')]
    return { name, table, usualTarget: null, note: null, subject: '-', sha256 }
  }
  const path = userPath(argument)
  try {
    const read = await readFile(path, options, onProgress)
    return { name: visible(basename(path)), usualTarget: null, note: null, subject: path, ...read }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code !== 'ENOENT') throw new UsageError(`${path} cannot be read: ${reasons.get(code) ?? code}`)
  }
  const set = /^([^\\/]*)\.csv$/.exec(argument)?.[1] ?? ''
  if (targets.has(set))
    return readBundled(
      set,
      `${argument} is not in ${dirname(path)}; using the bundled data set`,
      options,
      onProgress,
    )
  throw new UsageError(
    `there is no file ${path}; expected a CSV file, xor or one of ${bundledNames.join(', ')}${didYouMean(argument, ['xor', ...bundledNames])}`,
  )
}

const reasons = new Map([
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
])

/** Bytes read at once. */
const highWaterMark = 2 ** 20

type TableRead = Pick<TableSource, 'table' | 'sha256'>

async function readFile(path: string, options: ReadOptions, onProgress: OnProgress): Promise<TableRead> {
  const hash = createHash('sha256')
  const size = statSync(path).size
  const name = visible(basename(path))
  const started = performance.now()
  let told = false
  const tell = ({ bytes }: Progress) => {
    if (performance.now() - started < patience) return
    told = true
    const share =
      size > 0 ? `${Math.min(100, Math.floor((100 * bytes) / size))} %` : `${Math.floor(bytes / 1e6)} MB`
    onProgress(`reading ${name}: ${share}`)
  }
  try {
    const table = await readTable(hashed(createReadStream(path, { highWaterMark }), hash), {
      ...options,
      ...(size > 0 && { size }),
      onProgress: tell,
    })
    return { table, sha256: hash.digest('hex') }
  } finally {
    if (told) onProgress(null)
  }
}

/** Reading that takes longer is shown, in ms. */
const patience = 500

/** Told what takes long while it does, and `null` once it is over. */
export type OnProgress = (text: string | null) => void

/** On standard error, if that is a terminal. */
export function showProgress(text: string | null): void {
  const { stderr } = process
  if (stderr.isTTY) stderr.write(text === null ? '\r\u001b[K' : `\r${text} `)
}

async function readBundled(
  name: string,
  note: string | null,
  options: ReadOptions,
  onProgress: OnProgress,
): Promise<TableSource> {
  const file = join(dataFolder, `${name}.csv`)
  const read = await readFile(file, options, onProgress)
  return { name, usualTarget: targets.get(name)!, note, subject: name, ...read }
}

/** The pieces of a file, which also go into a hash. */
async function* hashed(file: AsyncIterable<Uint8Array>, hash: Hash): AsyncIterable<Uint8Array> {
  for await (const piece of file) {
    hash.update(piece)
    yield piece
  }
}
