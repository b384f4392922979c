// How many threads share the work of a network.
import { setThreads } from '@bp/core'
import { type Option, toNumber } from './options.js'
import { UsageError } from './usage-error.js'

export const threads: Option<number | 'auto'> = {
  value: 'N|auto',
  help: 'threads that share the work; the bits are the same (default auto: two for large networks, if that is quicker)',
  read: (text, name) => {
    const count = text === 'auto' ? text : toNumber(text)
    if (count !== 'auto' && !(Number.isInteger(count) && count >= 1 && count <= 64))
      throw new UsageError(`${name} must be an integer in [1, 64] or auto, got "${text}"`)
    return count
  },
}

/** Multiplications in a step from which two threads are tried: with less they are never quicker. */
const worthTrying = 2 ** 20

/**
 * Takes the option `--threads`, or else the environment variable BP_THREADS, or else what fits a network of so many
 * multiplications in a step.
 * @throws UsageError for another value of the variable.
 */
export async function useThreads(given: number | 'auto' | undefined, multiplications = 0): Promise<void> {
  const { BP_THREADS } = process.env
  const wanted = given ?? (BP_THREADS === undefined ? 'auto' : threads.read(BP_THREADS, 'BP_THREADS'))
  // A start takes some 50 ms.
  if (wanted !== 'auto' || multiplications >= worthTrying) await setThreads(wanted)
}
