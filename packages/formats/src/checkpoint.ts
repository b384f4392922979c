// Checkpoints of a training run as bytes, wherever JavaScript runs.
import type { Checkpoint } from '@bp/core'
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
 * A checkpoint, as `run.save()` and `checkpoint.save` of a run give it, as a safetensors file: tensors are called
 * `weights/…`, `best/…` and `slots/…` by the names of the parameters. `about` is text to be kept with it.
 * @throws CheckpointError for what is no checkpoint.
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
 * The checkpoint of a file that `writeCheckpoint` made, for `createRun` as `resume`, and the text that was kept with it.
 * @throws CheckpointError when a bit of the file is not as it was written.
 */
export function readCheckpoint(file: Bytes): { checkpoint: Checkpoint; about: string } {
  return parseCheckpoint('readCheckpoint', file, digest)
}
