// Formats failures as one line for a table or a terminal.
import { rootFolder } from './paths.js'

/** An invalid command line: printed as is, with exit code 2. */
export class UsageError extends Error {}

/** The first line of the error, without this machine's paths. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [first = '', second = ''] = message.split('\n').filter((line) => line.trim() !== '')
  // A line that ends in a colon is useless without the next.
  const line = first.endsWith(':') ? `${first} ${second}` : first
  return (
    line.replaceAll(`file://${rootFolder}`, '').replaceAll(rootFolder, '').trim() ||
    'failed without a message'
  )
}

/** The reason for a missing figure with relaxed SIMD. */
export const withoutRelaxed = 'this engine lacks relaxed SIMD; Node 24 has it'
