// A run's checkpoints in a folder, in Node: whatever happens during a write, an earlier checkpoint stays readable, and no
// other run or process removes it.
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Checkpoint, RunRecord } from '@bp/core/lean'
import { CheckpointError, checkCheckpoint, checkpointParts, parseCheckpoint } from './checkpoint-layout.js'
import { leaveFolder, processIn, takeFolder, unfinished } from './folder-lock.js'

/** Steps are padded to this width, so that names sort in step order. */
const digits = 16
const namePattern = new RegExp(`^step-(\\d{${digits}})\\.safetensors$`)

/** What this process knows about a folder: the run last saved to or loaded from it, and that run's files. */
interface Known {
  readonly run: Identity
  readonly names: Set<string>
}
const folders = new Map<string, Known>()

/** What distinguishes a run from others, without its large arrays. */
interface Identity {
  readonly options: readonly number[]
  readonly step: number
  readonly history: readonly RunRecord[]
}

const identityOf = ({ seed, rows, batchSize, state: { step, history } }: Checkpoint): Identity => ({
  options: [seed, rows, batchSize],
  step,
  history,
})

/**
 * Writes a checkpoint into a folder, creating the folder if needed. The previous checkpoint and that of the best record
 * are kept; older ones of the run are removed. The file gets its name only once all of it is on disk.
 *
 * A run continues from the files that this process saved or loaded. Files of another run, and those of later steps, such
 * as after `stepBack`, are moved to a subfolder `set-aside-1`, `set-aside-2` and so on. One process at a time writes to a
 * folder, until it exits or its run is done.
 * @throws CheckpointError when another process writes there, and for any file system failure, such as a full disk, with
 * the original error as `cause`; what was there before stays readable.
 */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint, about = ''): void {
  checkCheckpoint('saveCheckpoint', checkpoint)
  within('saveCheckpoint', folder, 'cannot be written', () => {
    makeParts(folder)
    const path = realpathSync(folder)
    const other = takeFolder(path)
    if (other)
      throw new CheckpointError(
        `${folder} is in use by ${other.process}, which saves checkpoints there; end it, choose another folder, or, if that process no longer exists, remove ${other.lock}`,
      )
    const parts = checkpointParts(checkpoint, about, sha256)
    try {
      const file = openSync(join(path, unfinished), 'w')
      try {
        for (const part of parts) for (let at = 0; at < part.length; ) at += writeSync(file, part, at)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      const own = setOthersAside(path, checkpoint)
      const name = nameOf(checkpoint.state.step)
      renameSync(join(path, unfinished), join(path, name))
      folders.set(path, { run: identityOf(checkpoint), names: own.add(name) })
    } catch (error) {
      rmSync(join(path, unfinished), { force: true })
      throw error
    }
    syncFolder(path)
    const best = checkpoint.state.best && nameOf(checkpoint.state.best.step)
    for (const old of namesIn(path).slice(0, -2)) if (old !== best) rmSync(join(path, old), { force: true })
    if (checkpoint.state.status === 'done') leaveFolder(path)
  })
}

/**
 * The newest intact checkpoint in a folder, and the text stored with it; `null` for a folder that has none or does not
 * exist.
 * @throws CheckpointError when there are checkpoints but all are damaged, and for a path that is not a folder or cannot
 * be read.
 */
export function loadCheckpoint(folder: string): { checkpoint: Checkpoint; about: string } | null {
  return within('loadCheckpoint', folder, 'cannot be read', () => {
    // Another process may remove files during the read; it then has newer ones.
    for (let attempt = 0; ; attempt++) {
      const names = isThere(folder) ? namesIn(folder) : []
      let first: unknown
      for (const [index, name] of names.toReversed().entries())
        try {
          const found = parseCheckpoint('loadCheckpoint', readFileSync(join(folder, name)), sha256)
          const whole = new Set(names.slice(0, names.length - index))
          folders.set(realpathSync(folder), { run: identityOf(found.checkpoint), names: whole })
          return found
        } catch (error) {
          first ??= error
        }
      if (names.length === 0) return null
      if (attempt < 3 && names.some((name) => !existsSync(join(folder, name)))) continue
      if (!(first instanceof CheckpointError)) throw first
      throw new CheckpointError(
        `${join(folder, names.at(-1)!)}: ${first.message}, and no other checkpoint is intact`,
      )
    }
  })
}

/** The process that saves checkpoints in a folder, such as `process 4711`; `null` if none does. */
export function checkpointWriter(folder: string): string | null {
  return within('checkpointWriter', folder, 'cannot be read', () =>
    isThere(folder) ? processIn(realpathSync(folder)) : null,
  )
}

function sha256(parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const nameOf = (step: number) => `step-${String(step).padStart(digits, '0')}.safetensors`

/** Names of checkpoints, oldest first. */
function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => namePattern.test(name))
    .sort()
}

/** Whether a folder exists. Throws when access is denied, which is no reason to start over. */
function isThere(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false }) !== undefined
}

/** Moves aside files that do not belong to this run up to this step; returns the names of the rest. */
function setOthersAside(folder: string, checkpoint: Checkpoint): Set<string> {
  const known = folders.get(folder)
  const own = known && continues(known.run, identityOf(checkpoint)) ? known.names : new Set<string>()
  const name = nameOf(checkpoint.state.step)
  const [kept, others] = [new Set<string>(), [] as string[]]
  for (const found of namesIn(folder))
    if (own.has(found) && found <= name) kept.add(found)
    else others.push(found)
  if (others.length === 0) return kept
  let number = 1
  while (existsSync(join(folder, `set-aside-${number}`))) number++
  const aside = join(folder, `set-aside-${number}`)
  mkdirSync(aside)
  for (const found of others) renameSync(join(folder, found), join(aside, found))
  syncFolder(aside)
  return kept
}

/** Whether it is the same run, further along or rewound: their histories agree up to the earlier step. */
function continues(before: Identity, now: Identity): boolean {
  const step = Math.min(before.step, now.step)
  const until = ({ options, history }: Identity) => [options, history.filter((record) => record.step <= step)]
  return isDeepStrictEqual(until(before), until(now))
}

/**
 * Creates a folder with its parents, as `mkdirSync` with `recursive` does, which in Node hangs where the system lets nobody
 * create a folder, such as in /proc.
 * @throws CheckpointError with the reason and the cure.
 */
export function makeFolder(folder: string): void {
  within('makeFolder', folder, 'cannot be created', () => makeParts(folder))
}

function makeParts(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeParts(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Flushes a folder's entries to disk, where the system can: Windows cannot, and need not. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** What to do about each file system error. */
const cures: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space, or choose a folder on another disk',
  EDQUOT: 'your disk quota is used up; free some space, or choose another folder',
  EROFS: 'the file system is read-only; choose another folder',
  EACCES: 'permission denied; change the permissions, or choose another folder',
  EPERM: 'permission denied; change the permissions, or choose another folder',
  ENOTDIR:
    'it is a file, or inside one; choose a folder (readCheckpoint of @bp/formats/checkpoint reads a file)',
  ENOENT: 'it was removed in the meantime, or cannot be created there; choose another folder',
  ENAMETOOLONG: 'the path is too long; choose another folder',
  EMFILE: 'too many files are open; close some',
  ENFILE: 'too many files are open; close some',
  EIO: 'the disk failed; choose a folder on another disk',
}

/** The result of `body`; file system errors are rethrown with the folder, the reason and the cure. */
function within<T>(caller: string, folder: string, problem: string, body: () => T): T {
  if (typeof folder !== 'string' || folder === '')
    throw new CheckpointError(
      `${caller} expects the path of a folder, got ${folder === '' ? 'an empty string' : typeof folder}`,
    )
  try {
    return body()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof CheckpointError || code === undefined) throw error
    throw new CheckpointError(`${folder} ${problem}: ${cures[code] ?? message} (${code})`, { cause: error })
  }
}
