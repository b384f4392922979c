// How the kernel computes: with how many threads, and with which instructions.
import { getKernel } from '@bp/kernel'
import { blamingCaller, ValueError } from './errors.js'

/**
 * Has `count` threads, this one included, share the work of large arrays, from now on: products, convolutions, pooling,
 * attention, norms, what goes element by element, updates. Results keep their bits. Threads wait for work without keeping a process alive; with 1 they end. As many as there are idle
 * cores are useful; small networks stay on one thread, as handing work over would take longer than doing it.
 *
 * Resolves to how many threads there are: 1 where memory cannot be shared, as in a page that is not cross-origin
 * isolated (https://web.dev/articles/coop-coep). Views of a variable's `values` that were taken before are stale.
 * @throws ValueError unless `count` is a whole number from 1 to 64.
 */
export async function setThreads(count: number): Promise<number> {
  blamingCaller(setThreads, () => {
    if (!Number.isInteger(count) || count < 1 || count > 64)
      throw new ValueError(`setThreads: wants a whole number of threads from 1 to 64, got ${count}`)
  })
  return getKernel().setThreads(count)
}

/**
 * Goes on with relaxed SIMD: a product is added without rounding in between where the machine can, which is quicker
 * and at least as exact. But machines differ in it, so results are the same to the bit only on machines of a kind:
 * do not use it where a run must be reproduced elsewhere. There is no way back within a process.
 *
 * Resolves to whether the engine has relaxed SIMD; without (Node 20, Safari) nothing changes.
 */
export function useRelaxedSimd(): Promise<boolean> {
  return getKernel().useRelaxedSimd()
}
