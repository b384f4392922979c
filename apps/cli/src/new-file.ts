// Writes files of the user's: nothing is replaced unless that is wanted.
import { closeSync, openSync, writeSync } from 'node:fs'
import { UsageError } from './usage-error.js'
import { userPath } from './user-path.js'

/**
 * @param cure What to do if the file exists: `replace it with --force`.
 * @throws UsageError if the file exists and may not be replaced, or cannot be written.
 */
export function writeNew(name: string, content: Uint8Array | string, force: boolean, cure: string): void {
  try {
    const file = openSync(userPath(name), force ? 'w' : 'wx')
    try {
      const bytes = Buffer.from(content)
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UsageError(
      code === 'EEXIST' ? `${name} exists; ${cure}` : `${name} cannot be written: ${message}`,
    )
  }
}
