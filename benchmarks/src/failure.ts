// Failures as one line for a table or a terminal.
import { rootFolder } from './paths.js'

/** What the user wrote makes no sense: shown as it is, with exit code 2. */
export class UsageError extends Error {}

/** First line of what went wrong, without the paths of this machine, which say nothing on another one. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const [first = '', second = ''] = message.split('\n').filter((line) => line.trim() !== '')
  // A heading says nothing without what it heads.
  const line = first.endsWith(':') ? `${first} ${second}` : first
  return (
    line.replaceAll(`file://${rootFolder}`, '').replaceAll(rootFolder, '').trim() ||
    'failed without a message'
  )
}

/** Why there is no figure with relaxed SIMD. */
export const withoutRelaxed = 'this engine has no relaxed SIMD; Node 24 has'
