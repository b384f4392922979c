// Checkpoints of a run in a folder, in Node: whatever happens while one is written, one that was written before can be
// read; and neither another run nor another process takes them away.
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
import type { Checkpoint, RunRecord } from '@bp/core'
import { CheckpointError, checkCheckpoint, checkpointParts, parseCheckpoint } from './checkpoint-layout.js'
import { leaveFolder, takeFolder, unfinished } from './folder-lock.js'

/** Steps fill so many digits, so that names stand in their order. */
const digits = 16
const namePattern = new RegExp(`^step-(\\d{${digits}})\\.safetensors$`)

/** What this process knows of a folder: the run that it saved there or loaded from there last, and its files. */
interface Known {
  readonly run: Identity
  readonly names: Set<string>
}
const folders = new Map<string, Known>()

/** What tells a run from others, without its arrays, which are large. */
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
 * Writes a checkpoint into a folder, which is made if need be. Beside it the one before and that of the best record
 * stay there; older ones of the run are removed. The file has its name only when all of it is on the disk.
 *
 * A run goes on with the files that this process saved or loaded. Those of another run, and those of later steps than
 * this one, such as after `stepBack`, are moved into a folder `set-apart-1`, `set-apart-2` and so on within the folder.
 * One process at a time writes into a folder, until it ends or its run is done.
 * @throws CheckpointError when another process writes there, and for whatever the file system refuses, such as a full
 * disk, with what it said as `cause`; what was there before can still be read.
 */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint, about = ''): void {
  checkCheckpoint('saveCheckpoint', checkpoint)
  within('saveCheckpoint', folder, 'cannot be written', () => {
    makeFolder(folder)
    const path = realpathSync(folder)
    const other = takeFolder(path)
    if (other)
      throw new CheckpointError(
        `${folder} is in use by ${other.process}, which saves checkpoints there; end it, name another folder, or, if it is not that program any more, remove ${other.lock}`,
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
      const own = setOthersApart(path, checkpoint)
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
 * The newest checkpoint of a folder that is whole, and the text that was kept with it; `null` for a folder that has none
 * or does not exist.
 * @throws CheckpointError when there are checkpoints and all of them are damaged, and for what is no folder or cannot be
 * read.
 */
export function loadCheckpoint(folder: string): { checkpoint: Checkpoint; about: string } | null {
  return within('loadCheckpoint', folder, 'cannot be read', () => {
    // Another process may remove files while they are read, and has newer ones then.
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
        `${join(folder, names.at(-1)!)}: ${first.message}, and there is no other that is whole`,
      )
    }
  })
}

function sha256(parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const nameOf = (step: number) => `step-${String(step).padStart(digits, '0')}.safetensors`

/** Names of checkpoints, the oldest first. */
function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => namePattern.test(name))
    .sort()
}

/** Whether a folder exists; one that may not be looked for is no reason to begin anew. */
function isThere(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false }) !== undefined
}

/** Moves away what is not of this run up to this step; returns the names of the rest. */
function setOthersApart(folder: string, checkpoint: Checkpoint): Set<string> {
  const known = folders.get(folder)
  const own = known && goesOn(known.run, identityOf(checkpoint)) ? known.names : new Set<string>()
  const name = nameOf(checkpoint.state.step)
  const [kept, others] = [new Set<string>(), [] as string[]]
  for (const found of namesIn(folder))
    if (own.has(found) && found <= name) kept.add(found)
    else others.push(found)
  if (others.length === 0) return kept
  let number = 1
  while (existsSync(join(folder, `set-apart-${number}`))) number++
  const apart = join(folder, `set-apart-${number}`)
  mkdirSync(apart)
  for (const found of others) renameSync(join(folder, found), join(apart, found))
  syncFolder(apart)
  return kept
}

/** Whether a run is the same as before, further on or gone back: it has the same record of all that it did until then. */
function goesOn(before: Identity, now: Identity): boolean {
  const step = Math.min(before.step, now.step)
  const until = ({ options, history }: Identity) => [options, history.filter((record) => record.step <= step)]
  return isDeepStrictEqual(until(before), until(now))
}

/** Also the folders around it. Node's own way of that does not come back where a system lets nobody make a folder. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Puts the names of a folder on the disk, where the system can: Windows cannot, and does not need to. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** What to do about what the file system says. */
const cures: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space, or name a folder on another disk',
  EDQUOT: 'your quota of disk space is used up; free some space, or name another folder',
  EROFS: 'the file system is read-only; name another folder',
  EACCES: 'there is no permission; change it, or name another folder',
  EPERM: 'there is no permission; change it, or name another folder',
  ENOTDIR:
    'it is a file, or lies within one; name a folder (readCheckpoint of @bp/formats/checkpoint reads a file)',
  ENOENT: 'it was removed meanwhile, or cannot be made there; name another folder',
  ENAMETOOLONG: 'the path is too long; name another folder',
  EMFILE: 'too many files are open; close some',
  ENFILE: 'too many files are open; close some',
  EIO: 'the disk failed; name a folder on another disk',
}

/** What `body` gives; what the file system refuses is said with the folder, the reason and the cure. */
function within<T>(caller: string, folder: string, problem: string, body: () => T): T {
  if (typeof folder !== 'string' || folder === '')
    throw new CheckpointError(
      `${caller} expects the path of a folder, got ${folder === '' ? 'empty text' : typeof folder}`,
    )
  try {
    return body()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof CheckpointError || code === undefined) throw error
    throw new CheckpointError(`${folder} ${problem}: ${cures[code] ?? message} (${code})`, { cause: error })
  }
}
