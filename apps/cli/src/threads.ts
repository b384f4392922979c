// How many threads share the work of a network.
import { setThreads } from '@bp/core'

/** Takes the option `--threads`, or else the environment variable BP_THREADS. */
export async function useThreads(given: number | undefined): Promise<void> {
  const { BP_THREADS } = process.env
  if (given !== undefined) await setThreads(given)
  else if (BP_THREADS !== undefined) await setThreads(Number(BP_THREADS))
}
