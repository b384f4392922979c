// Standard output and standard error: if a write is lost, the program says so and fails.
import { fstatSync, writeSync } from 'node:fs'

/** Standard output cannot be written, e.g. on a full disk. */
export class OutputError extends Error {
  override name = 'OutputError'

  constructor(cause: unknown) {
    super(`standard output could not be written: ${(cause as Error).message}`, { cause })
  }
}

/** @throws OutputError if standard output is a file that does not take all of it; pipes and terminals emit events. */
export function print(content: string | Uint8Array): void {
  if (!isFile()) {
    process.stdout.write(content)
    return
  }
  // Node's own stream considers a write complete when a disk that fills up has taken only its beginning.
  const bytes = Buffer.from(content)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(process.stdout.fd, bytes, at)
  } catch (error) {
    throw new OutputError(error)
  }
}

/** A line of JSON. Numbers that it lacks are texts, `"NaN"` or `"Infinity"`, so that `null` only means that there is none. */
export function jsonLine(fields: object): string {
  return JSON.stringify(fields, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )
}

let file: boolean | undefined
function isFile(): boolean {
  file ??= fstatSync(process.stdout.fd).isFile()
  return file
}

/** Makes the program fail if standard output does, and never end with exit code 0 if an error message was lost. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe may stop early, as `head` does.
    if (error.code === 'EPIPE') process.exit(0)
    throw new OutputError(error)
  })
  process.stderr.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return
    process.once('exit', (exitCode) => {
      process.exitCode = exitCode || 1
    })
  })
}
