// A training run's checkpoints as bytes, wherever JavaScript runs.
import type { Checkpoint } from '@bp/core/lean'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Bytes } from './bytes.js'
import { checkCheckpoint, checkpointParts, parseCheckpoint } from './checkpoint-layout.js'

export { CheckpointError } from './checkpoint-layout.js'

function digest(parts: Iterable<Uint8Array>): string {
  const hash = sha256.create()
  for (const part of parts) hash.update(part)
  return bytesToHex(hash.digest())
}

/**
 * A checkpoint, as passed on by `run.save()` and a run's `checkpoint.save`, as a safetensors file: tensors are named
 * `weights/…`, `best/…` and `slots/…` after the parameters. `about` is text stored with it.
 * @throws CheckpointError for anything but a checkpoint.
 */
export function writeCheckpoint(checkpoint: Checkpoint, about = ''): Uint8Array<ArrayBuffer> {
  checkCheckpoint('writeCheckpoint', checkpoint)
  const parts = checkpointParts(checkpoint, about, digest)
  const file = new Uint8Array(parts.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const part of parts) {
    file.set(part, at)
    at += part.length
  }
  return file
}

/**
 * The checkpoint in a file written by `writeCheckpoint`, for `createRun` as `resume`, and the text stored with it.
 * @throws CheckpointError if a single bit of the file has changed.
 */
export function readCheckpoint(file: Bytes): { checkpoint: Checkpoint; about: string } {
  return parseCheckpoint('readCheckpoint', file, digest)
}
