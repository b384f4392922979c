// Checkpoints of a run in a folder, in Node: whatever happens while one is written, one that was written before can be
// read.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Checkpoint } from '@bp/core'
import { CheckpointError, readCheckpoint, writeCheckpoint } from './checkpoint.js'

/** Steps fill so many digits, so that names stand in their order. */
const digits = 16
const namePattern = new RegExp(`^step-(\\d{${digits}})\\.safetensors$`)

/**
 * Writes a checkpoint into a folder, which is made if need be. Beside it the one before and that of the best record
 * stay there; older ones are removed. The file has its name only when all of it is on the disk.
 * @throws the error of Node's file system, such as ENOSPC on a full disk; what was there before can still be read.
 */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint, about = ''): void {
  mkdirSync(folder, { recursive: true })
  const name = nameOf(checkpoint.state.step)
  const unfinished = join(folder, 'unfinished')
  try {
    const file = openSync(unfinished, 'w')
    try {
      const bytes = writeCheckpoint(checkpoint, about)
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(unfinished, join(folder, name))
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
  syncFolder(folder)
  const best = checkpoint.state.best && nameOf(checkpoint.state.best.step)
  for (const old of namesIn(folder).slice(0, -2)) if (old !== best) rmSync(join(folder, old))
}

/**
 * The newest checkpoint of a folder that is whole, and the text that was kept with it; `null` for a folder that has none
 * or does not exist.
 * @throws CheckpointError when there are checkpoints and all of them are damaged.
 */
export function loadCheckpoint(folder: string): { checkpoint: Checkpoint; about: string } | null {
  const names = namesIn(folder)
  let first: unknown
  for (const name of names.reverse())
    try {
      return readCheckpoint(readFileSync(join(folder, name)))
    } catch (error) {
      first ??= error
    }
  if (names.length === 0) return null
  throw new CheckpointError(
    `${join(folder, names[0]!)}: ${(first as Error).message}, and there is no other that is whole`,
  )
}

const nameOf = (step: number) => `step-${String(step).padStart(digits, '0')}.safetensors`

/** Names of checkpoints, the oldest first. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => namePattern.test(name))
      .sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
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
