// How the kernel computes: with how many threads, and with which instructions.
import { getKernel, ThreadStartError } from '@bp/kernel'
import { check, checkOptions, optional } from '../checks/check-options.js'
import { blamingCaller, ThreadError } from '../checks/errors.js'

/**
 * Has `count` threads, this one included, share the work of large arrays, from now on: products, convolutions, pooling,
 * attention, norms, what goes element by element, updates. Results keep their bits. Threads wait for work without keeping a process alive; with 1 they end. As many as there are idle
 * cores are useful; small networks stay on one thread, as handing work over would take longer than doing it.
 *
 * Resolves to how many threads there are: 1 where memory cannot be shared, as in a page that is not cross-origin
 * isolated (https://web.dev/articles/coop-coep). Views of a variable's `values` that were taken before are stale.
 *
 * In Node, Bun and Deno a thread needs no file. In a browser it is `worker.js` of `@bp/kernel`, where the page or its
 * bundler has put it, else a script made of text, which needs no file but which a strict Content-Security-Policy forbids.
 * @throws ValueError unless `count` is an integer from 1 to 64.
 * @throws ThreadError when a thread does not start; everything works on one thread then.
 */
export async function setThreads(count: number, options?: ThreadOptions): Promise<number> {
  const workerUrl = blamingCaller(setThreads, () => {
    checkThreads('setThreads', 'count', count)
    return checkOptions('setThreads', options, checks).workerUrl
  })
  return started('setThreads', () => getKernel().setThreads(count, workerUrl))
}

/** How threads are started. */
export interface ThreadOptions {
  /** Address of a copy of `worker.js` of `@bp/kernel`, of the same version; nothing else is tried then. */
  readonly workerUrl?: string | URL
}

const checkThreads = check<number>(
  'an integer in [1, 64]',
  (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 64,
)

const checks = {
  workerUrl: optional(
    check<string | URL>(
      'a URL',
      (value) => (typeof value === 'string' && value !== '') || value instanceof URL,
    ),
  ),
}

/** @throws ThreadError with the cure when `start` does not get its threads. */
async function started<T>(caller: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof ThreadStartError)) throw error
    throw new ThreadError(
      `${caller}: ${error.message}; all work is done by one thread now. In a page, serve worker.js of @bp/kernel from its own origin, with the header Cross-Origin-Embedder-Policy: require-corp, and pass its address: setThreads(count, { workerUrl })`,
    )
  }
}

/**
 * Goes on with relaxed SIMD: a product is added without rounding in between where the machine can, which is quicker
 * and at least as exact. But machines differ in it, so results are the same to the bit only on machines of a kind:
 * do not use it where a run must be reproduced elsewhere. There is no way back within a process.
 *
 * Resolves to whether the engine has relaxed SIMD; without (Node 20, Safari) nothing changes.
 * @throws ThreadError when threads were in use and do not start again; everything works on one thread then.
 */
export function useRelaxedSimd(): Promise<boolean> {
  return started('useRelaxedSimd', () => getKernel().useRelaxedSimd())
}
