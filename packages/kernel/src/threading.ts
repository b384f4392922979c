// How the kernel goes on with other threads, or with relaxed multiply-adds: what most programs do without.
import { decode, wholeBytes } from './bytes.js'
import { instantiate } from './instance.js'
import { allocate } from './memory.js'
import { getRunning, maximumPages, placeScratch, type Running } from './running.js'

/** Why threads did not start: what was tried and how it failed. */
export class ThreadStartError extends Error {}

/** A module of its own, since most programs have one thread. */
const loadThreads = () =>
  import('./threads.js').catch(({ message }) => {
    throw new ThreadStartError(message)
  })

/** What changes the instance, one after the other. */
let turn: Promise<unknown> = Promise.resolve()
function inTurn<T>(change: (state: Running) => Promise<T>): Promise<T> {
  const result = turn.then(() => change(getRunning()))
  turn = result.catch(() => {})
  return result
}

/**
 * Runs large instructions on `count` threads; resolves to the number of threads, 1 where memory cannot be shared.
 * Rejects with ThreadStartError if one does not start, and continues with one. `workerUrl`: address of `worker.js`, if it
 * is not found by itself.
 */
export function setThreads(count: number, workerUrl?: string | URL): Promise<number> {
  return inTurn(async (state) => {
    if (count > 1 && !state.shared) {
      if (!(await loadThreads()).canShareMemory()) return 1
      state.whole ??= await wholeBytes()
      const { heap } = state
      const { buffer } = heap.memory
      const initial = buffer.byteLength / 65536
      heap.memory = new WebAssembly.Memory({ initial, maximum: maximumPages, shared: true })
      new Uint8Array(heap.memory.buffer).set(new Uint8Array(buffer))
      state.shared = true
    }
    if (count === 1 && !state.threads) return 1
    state.count = count
    state.workerUrl = workerUrl
    await restart(state)
    return state.count
  })
}

/** Continues with relaxed multiply-adds; resolves to whether the engine has them. */
export function useRelaxedSimd(): Promise<boolean> {
  return inTurn(async (state) => {
    const relaxed = decode((await import('./binary-relaxed.js')).binary)
    if (!WebAssembly.validate(relaxed)) return false
    state.whole = relaxed
    await restart(state)
    return true
  })
}

async function restart(state: Running): Promise<void> {
  state.threads?.stop()
  state.threads = undefined
  state.whole ??= await wholeBytes()
  const { heap, count, workerUrl } = state
  const module = new WebAssembly.Module(forMemory(state.whole, state.shared))
  state.instance = instantiate(module, heap.memory, state.forkJoin)
  if (count === 1) return
  const reserve = (bytes: number) => allocate(heap, bytes)
  try {
    const { Threads } = await loadThreads()
    state.threads = await Threads.start(count, module, heap.memory, reserve, state.instance, workerUrl)
    state.sharing = true
    placeScratch(state, state.scratchBytes)
  } catch (error) {
    state.count = 1
    await restart(state)
    throw new ThreadStartError((error as Error).message)
  }
}

/** "env", "memory": what is imported as the memory. */
const memoryImport = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2]

/** The binary for a memory that threads share, or not, which is one bit in its import. */
function forMemory(binary: Uint8Array<ArrayBuffer>, shared: boolean): Uint8Array<ArrayBuffer> {
  const at = binary.findIndex((_, start) =>
    memoryImport.every((byte, index) => binary[start + index] === byte),
  )
  // A memory with a maximum: 0x01; 0x03 when shared.
  return binary.with(at + memoryImport.length, shared ? 3 : 1)
}
