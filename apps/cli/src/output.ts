// Standard output and standard error: what is written is there, or the program says that it is not and fails.
import { fstatSync, writeSync } from 'node:fs'

/** Standard output cannot be written, as on a full disk. */
export class OutputError extends Error {
  override name = 'OutputError'

  constructor(cause: unknown) {
    super(`standard output could not be written: ${(cause as Error).message}`, { cause })
  }
}

/** @throws OutputError when it is a file that does not take all of it; failures of pipes and terminals are events. */
export function print(text: string): void {
  if (!isFile()) {
    process.stdout.write(text)
    return
  }
  // Node's own stream takes a write for complete of which a disk that fills up has taken the first part.
  const bytes = Buffer.from(text)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(process.stdout.fd, bytes, at)
  } catch (error) {
    throw new OutputError(error)
  }
}

let file: boolean | undefined
function isFile(): boolean {
  file ??= fstatSync(process.stdout.fd).isFile()
  return file
}

/** Has the program fail when standard output does, and lets no message that is lost go with exit code 0. */
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
