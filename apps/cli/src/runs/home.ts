// Where runs are kept, and how one is named on the command line: by its name, `last`, or the path of its folder.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { didYouMean } from '@bp/core'
import { checkpointWriter, makeFolder } from '@bp/formats/checkpoint-folder'
import { UsageError } from '../usage-error.js'
import { userPath } from '../user-path.js'
import { checkpointsIn, readSpec, specFile } from './spec.js'

/** Older runs than these are removed when another one begins. */
const mostRuns = 50

/** The folder of all runs that are not saved elsewhere, which may not exist. */
export function runsHome(): string {
  const { XDG_DATA_HOME, LOCALAPPDATA } = process.env
  const data =
    XDG_DATA_HOME ||
    (process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Application Support')
      : process.platform === 'win32'
        ? LOCALAPPDATA || join(homedir(), 'AppData', 'Local')
        : join(homedir(), '.local', 'share'))
  return join(data, 'backpropagation', 'runs')
}

/** How to name the run in a folder on the command line. */
export function nameOf(folder: string): string {
  if (dirname(folder) === runsHome()) return basename(folder)
  const path = relative(userPath('.'), folder)
  return path.startsWith('..') ? folder : path
}

/** Names of the runs in the folder of all runs, newest first. */
export function runNames(): string[] {
  const home = runsHome()
  if (!existsSync(home)) return []
  return readdirSync(home)
    .flatMap((name) => {
      try {
        return [{ name, started: readSpec(join(home, name)).started }]
      } catch {
        // Not a run, or not readable: `bp show NAME` says why.
        return []
      }
    })
    .sort((a, b) => (a.started < b.started ? 1 : a.started > b.started ? -1 : 0))
    .map(({ name }) => name)
}

/**
 * The folder of a run.
 * @throws UsageError listing what there is.
 */
export function findRun(reference: string): string {
  const home = runsHome()
  const names = runNames()
  if (reference === 'last') {
    if (names.length === 0)
      throw new UsageError(`there is no run yet in ${home}; train one: bp train my-table.csv --target y`)
    return join(home, names[0]!)
  }
  const found = folderOf(reference)
  if (found !== null) return found
  throw new UsageError(
    `there is no run "${reference}", neither in ${home} nor as the folder ${userPath(reference)}; ${names.length === 0 ? 'train one first' : `see bp runs, or use last${didYouMean(reference, names)}`}`,
  )
}

/** The folder of the run of this name, or at this path; `null` if there is none. */
function folderOf(reference: string): string | null {
  const candidates = [
    ...(basename(reference) === reference ? [join(runsHome(), reference)] : []),
    userPath(reference),
  ]
  return candidates.find((folder) => existsSync(join(folder, specFile))) ?? null
}

/** Whether something names a run: also `last` if there is none yet. */
export const isRun = (reference: string): boolean => reference === 'last' || folderOf(reference) !== null

/** Makes a folder for a new run on this data, e.g. `iris-3`, and removes the oldest runs beyond the last 50. */
export function makeRunFolder(data: string): string {
  const home = runsHome()
  makeFolder(home)
  const stem = stemOf(data)
  const pattern = new RegExp(`^${stem}-(\\d+)$`)
  const taken = readdirSync(home).flatMap((name) => Number(pattern.exec(name)?.[1] ?? []))
  for (let number = Math.max(0, ...taken) + 1; ; number++)
    try {
      mkdirSync(join(home, `${stem}-${number}`))
      prune(home)
      return join(home, `${stem}-${number}`)
    } catch (error) {
      // Another process was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
}

/** `Bird strikes (2).csv` becomes `bird-strikes-2`. */
function stemOf(data: string): string {
  const words = data
    .toLowerCase()
    .replace(/(\.(csv|tsv|txt|gz))+$/, '')
    .match(/[\p{L}\p{N}]+/gu)
  return words?.join('-').slice(0, 40) || 'run'
}

function prune(home: string): void {
  for (const name of runNames().slice(mostRuns - 1)) {
    const folder = join(home, name)
    if (checkpointWriter(checkpointsIn(folder)) === null) rmSync(folder, { recursive: true, force: true })
  }
}
