// How the kernel computes: with how many threads, and with which instructions.
import * as kernel from '@bp/kernel'
import { check, checkOptions, optional } from '../checks/check-options.js'
import { blamingCaller, ThreadError, ValueError } from '../checks/errors.js'
import { measureSharing } from './sharing.js'

/**
 * Runs large operations on `count` threads, this one included, from now on: products, convolutions, pooling, attention,
 * norms, elementwise chains, updates. Results keep their bits. Threads wait for work without keeping a process alive; with
 * 1 they end. Use at most as many as there are idle cores; small networks stay on one thread, since starting the others
 * would take longer than the work.
 *
 * `'auto'` is two threads where there are two cores: each program is timed with one and with both in its first runs, and
 * then takes the quicker way. Starting a thread costs some 50 ms and 20 MB, so leave it for networks of some size.
 *
 * Resolves to the number of threads: 1 where memory cannot be shared, as in a page that is not cross-origin isolated
 * (https://web.dev/articles/coop-coep). Earlier views of a variable's `values` are stale.
 *
 * In Node, Bun and Deno a thread needs no file. In a browser it is `worker.js` of `@bp/kernel`, wherever the page or its
 * bundler has put it, or else a script from text, which a strict Content-Security-Policy forbids.
 * @throws ValueError if `count` is neither an integer in [1, 64] nor 'auto'.
 * @throws ThreadError if a thread does not start; everything then works on one thread.
 */
export async function setThreads(count: number | 'auto', options?: ThreadOptions): Promise<number> {
  const workerUrl = blamingCaller(setThreads, () => {
    checkThreads('setThreads', 'count', count)
    return checkOptions('setThreads', options, checks).workerUrl
  })
  measureSharing(count === 'auto')
  const wanted = count === 'auto' ? Math.min(cores(), 2) : count
  return started('setThreads', () => kernel.setThreads(wanted, workerUrl))
}

/** Cores of this machine that the process may use. */
function cores(): number {
  const { process, navigator } = globalThis as {
    process?: { getBuiltinModule?(name: 'node:os'): { availableParallelism(): number } }
    navigator?: { hardwareConcurrency?: number }
  }
  return process?.getBuiltinModule?.('node:os').availableParallelism() ?? navigator?.hardwareConcurrency ?? 1
}

/** How threads are started. */
export interface ThreadOptions {
  /** Address of a copy of `worker.js` of `@bp/kernel`, of the same version; nothing else is tried then. */
  readonly workerUrl?: string | URL
}

const checkThreads = check<number | 'auto'>(
  "an integer in [1, 64] or 'auto'",
  (value) =>
    value === 'auto' || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 64),
)

const checks = {
  workerUrl: optional(
    check<string | URL>(
      'a URL',
      (value) => (typeof value === 'string' && value !== '') || value instanceof URL,
    ),
  ),
}

/** @throws ThreadError, which names the cure, if the threads do not start. */
async function started<T>(caller: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (error) {
    if (!(error instanceof kernel.ThreadStartError)) throw error
    throw new ThreadError(
      `${caller}: ${error.message}; everything now runs on one thread. In a page, serve worker.js of @bp/kernel from its own origin, with the header Cross-Origin-Embedder-Policy: require-corp, and pass its address: setThreads(count, { workerUrl })`,
    )
  }
}

/**
 * Uses relaxed SIMD from now on: fused multiply-adds where the machine has them, which are faster and at least as
 * accurate. But machines differ in them, so results are bit-identical only on machines of a kind: do not use it where a
 * run must be reproduced elsewhere. It cannot be undone within a process.
 *
 * Resolves to whether the engine has relaxed SIMD; without it (Node 20, Safari) nothing changes.
 * @throws ThreadError if threads were in use and do not restart; everything then works on one thread.
 */
export function useRelaxedSimd(): Promise<boolean> {
  return started('useRelaxedSimd', kernel.useRelaxedSimd)
}

/**
 * Has the kernel start from a module that is compiled already, `kernel.wasm` of `@bp/kernel`, before anything is computed:
 * in a page, to compile it while it is loaded (`WebAssembly.compileStreaming`); and where an engine compiles no code at run
 * time, as Cloudflare's workerd. Results are the same to the bit.
 * @throws ValueError if `module` is no `WebAssembly.Module`, or something has been computed already.
 */
export function useKernelModule(module: WebAssembly.Module): void {
  blamingCaller(useKernelModule, () => {
    check<WebAssembly.Module>('a WebAssembly.Module', (value) => value instanceof WebAssembly.Module)(
      'useKernelModule',
      'module',
      module,
    )
    if (!kernel.useModule(module))
      throw new ValueError('useKernelModule: something was computed already; call it before that')
  })
}
