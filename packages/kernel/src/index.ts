// The entry to the WebAssembly kernel: compiles and starts it, and allocates its memory.
import { binary, pages } from './binary.js'
import { copyBytes, type Exports, type ForkJoin, instantiate } from './instance.js'
import { allocate, type Block, makeHeap } from './memory.js'
import type { Threads } from './threads.js'

export { Activation } from './activation.js'
export { encode, type OpcodeName, type Operand, type OperandsOf, operandsOf } from './instructions.js'
export type { Block }

/** Most words of an instruction that can run in parallel. */
export const longestCopied = copyBytes / 4 - 1

/** Why threads did not start: what was tried and how it failed. */
export class ThreadStartError extends Error {}

/** The running kernel. There is one, over one linear memory, started at its first use. */
export interface Kernel {
  /**
   * Runs a program that starts at an address, up to `times` times, in one call. Returns 0, or the address of the
   * instruction that stopped it.
   */
  run(program: number, times: number): number
  /** Allocates bytes at a multiple of 16; they are freed once the block is garbage. */
  allocate(bytes: number): Block
  /** Gives every thread but the first at least `bytes`, a multiple of 16, for temporaries of a `Parallel`. */
  reserveScratch(bytes: number): void
  /** Numbers at an address. The view is valid until memory grows, so do not keep it. */
  floats(address: number, length: number): Float32Array
  /** Bytes of linear memory. */
  readonly size: number
  /**
   * Runs large instructions on `count` threads; resolves to the number of threads, 1 where memory cannot be shared.
   * Rejects with ThreadStartError if one does not start, and continues with one. `workerUrl`: address of `worker.js`, if it
   * is not found by itself.
   */
  setThreads(count: number, workerUrl?: string | URL): Promise<number>
  /** How many threads there are. */
  readonly threads: number
  /** Whether they share large instructions, which they do from their start, or wait. */
  share(among: boolean): void
  /** Continues with relaxed multiply-adds; resolves to whether the engine has them. */
  useRelaxedSimd(): Promise<boolean>
}

/** A module of its own, since most programs have one thread. */
const loadThreads = () =>
  import('./threads.js').catch(({ message }) => {
    throw new ThreadStartError(message)
  })

let kernel: Kernel | undefined

let given: WebAssembly.Module | undefined

/**
 * Has the kernel start from this module, compiled from `kernel.wasm`, instead of the inlined one. Returns false, and does
 * nothing, once it has started.
 */
export function useModule(module: WebAssembly.Module): boolean {
  if (kernel) return false
  given = module
  return true
}

/** Starts the kernel at the first call; synchronously, since it is small and inlined. */
export function getKernel(): Kernel {
  kernel ??= start()
  return kernel
}

/** The most that a WebAssembly memory can have. */
const maximumPages = 65536

function start(): Kernel {
  let code = binary
  let shared = false
  let count = 1
  let threads: Threads | undefined
  let sharing = true
  const forkJoin: ForkJoin = {
    fork: (instruction) => threads!.fork(instruction),
    join: () => threads!.join(),
  }
  let module = given ?? new WebAssembly.Module(bytesOf(code, shared))
  const heap = makeHeap(new WebAssembly.Memory({ initial: pages, maximum: maximumPages }))
  let instance: Exports = instantiate(module, heap.memory, forkJoin)

  /** What changes the instance, one after the other. Programs know addresses only, so they do not notice. */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const result = turn.then(change)
    turn = result.catch(() => {})
    return result
  }

  let workerUrl: string | URL | undefined
  const restart = async () => {
    threads?.stop()
    threads = undefined
    module = new WebAssembly.Module(bytesOf(code, shared))
    instance = instantiate(module, heap.memory, forkJoin)
    if (count === 1) return
    const reserve = (bytes: number) => allocate(heap, bytes)
    try {
      const { Threads } = await loadThreads()
      threads = await Threads.start(count, module, heap.memory, reserve, instance, workerUrl)
      sharing = true
      placeScratch(scratchBytes)
    } catch (error) {
      count = 1
      await restart()
      throw new ThreadStartError((error as Error).message)
    }
  }

  let scratchBytes = 0
  const placeScratch = (bytes: number) => {
    if (threads) {
      threads.scratch = allocate(heap, (count - 1) * bytes)
      instance.placeScratch(threads.scratch.address, bytes)
    }
    scratchBytes = bytes
  }

  return {
    run: (program, times) => instance.run(program, times),
    allocate: (size) => allocate(heap, size),
    reserveScratch(bytes) {
      if (bytes > scratchBytes) placeScratch(bytes)
    },
    floats: (address, length) => new Float32Array(heap.memory.buffer, address, length),
    get size() {
      return heap.memory.buffer.byteLength
    },
    get threads() {
      return threads ? count : 1
    },
    share(among) {
      if (among !== sharing) threads?.share(among)
      sharing = among
    },
    setThreads: (wanted, url) =>
      inTurn(async () => {
        if (wanted > 1 && !shared) {
          if (!(await loadThreads()).canShareMemory()) return 1
          const { buffer } = heap.memory
          const initial = buffer.byteLength / 65536
          heap.memory = new WebAssembly.Memory({ initial, maximum: maximumPages, shared: true })
          new Uint8Array(heap.memory.buffer).set(new Uint8Array(buffer))
          shared = true
        }
        count = wanted
        workerUrl = url
        await restart()
        return count
      }),
    useRelaxedSimd: () =>
      inTurn(async () => {
        const relaxed = (await import('./binary-relaxed.js')).binary
        if (!WebAssembly.validate(bytesOf(relaxed, shared))) return false
        code = relaxed
        await restart()
        return true
      }),
  }
}

/** `shared`: for a memory that threads share, which is one bit in the module's import of its memory. */
function bytesOf(code: string, shared: boolean): Uint8Array<ArrayBuffer> {
  // "env", "memory", a memory with a maximum: 0x01; 0x03 when shared.
  const hex = shared ? code.replace('656e76066d656d6f72790201', '656e76066d656d6f72790203') : code
  // Node reads hexadecimal by itself; done here that takes 5 ms of a cold start.
  const { Buffer } = globalThis as {
    Buffer?: { from(text: string, encoding: 'hex'): Uint8Array<ArrayBuffer> }
  }
  if (Buffer) return Buffer.from(hex, 'hex')
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (nibble(hex.charCodeAt(2 * i)) << 4) | nibble(hex.charCodeAt(2 * i + 1))
  return bytes
}

/** The number of a hexadecimal digit, 0 to 9 or a to f, by its character. Cold, it is twice as fast as `parseInt`. */
function nibble(character: number): number {
  return (character & 15) + 9 * (character >> 6)
}
