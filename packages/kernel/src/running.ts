// The kernel that runs: there is one, over one linear memory, started at its first use.
import { hasGrown, kernelBytes, pages } from './bytes.js'
import { type Exports, type ForkJoin, instantiate } from './instance.js'
import { allocate, type Block, type Heap, makeHeap } from './memory.js'
import type { Threads } from './threads.js'

/** Its state; programs know addresses only, so they do not notice when an instance takes the place of another. */
export interface Running {
  readonly heap: Heap
  instance: Exports
  /** All of the binary, once more than one thread or another binary is in use; `undefined`: what programs can reach. */
  whole: Uint8Array<ArrayBuffer> | undefined
  readonly forkJoin: ForkJoin
  threads: Threads | undefined
  /** Threads that are wanted, and where their script is. */
  count: number
  workerUrl: string | URL | undefined
  /** Whether the threads share large instructions. */
  sharing: boolean
  shared: boolean
  scratchBytes: number
}

/** The running kernel. */
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
  /** How many threads there are. */
  readonly threads: number
  /** Whether they share large instructions, which they do from their start, or wait. */
  share(among: boolean): void
}

let running: Running | undefined
let kernel: Kernel | undefined
let given: WebAssembly.Module | undefined

/**
 * Has the kernel start from this module, compiled from `kernel.wasm`, instead of the inlined one. Returns false, and does
 * nothing, once it has started.
 */
export function useModule(module: WebAssembly.Module): boolean {
  if (running) return false
  given = module
  return true
}

/** Whether it has a part of the binary only. */
export const isPartial = (): boolean => !given && !running?.whole

/** The most that a WebAssembly memory can have. */
export const maximumPages = 65536

/** Starts the kernel at the first call; synchronously, since it is small and inlined. */
export function getRunning(): Running {
  if (!running) {
    const heap = makeHeap(new WebAssembly.Memory({ initial: pages, maximum: maximumPages }))
    const forkJoin: ForkJoin = {
      fork: (instruction) => running!.threads!.fork(instruction),
      join: () => running!.threads!.join(),
    }
    const module = given ?? new WebAssembly.Module(kernelBytes())
    running = {
      heap,
      instance: instantiate(module, heap.memory, forkJoin),
      whole: undefined,
      forkJoin,
      threads: undefined,
      count: 1,
      workerUrl: undefined,
      sharing: true,
      shared: false,
      scratchBytes: 0,
    }
  } else if (isPartial() && hasGrown()) {
    // A script that was loaded since can reach more.
    const module = new WebAssembly.Module(kernelBytes())
    running.instance = instantiate(module, running.heap.memory, running.forkJoin)
  }
  return running
}

/** Gives the other threads `bytes` each for temporaries. */
export function placeScratch(state: Running, bytes: number): void {
  const { threads, instance, heap, count } = state
  if (threads) {
    threads.scratch = allocate(heap, (count - 1) * bytes)
    instance.placeScratch(threads.scratch.address, bytes)
  }
  state.scratchBytes = bytes
}

/** The kernel. */
export function getKernel(): Kernel {
  const state = getRunning()
  kernel ??= {
    run: (program, times) => state.instance.run(program, times),
    allocate: (size) => allocate(state.heap, size),
    reserveScratch(bytes) {
      if (bytes > state.scratchBytes) placeScratch(state, bytes)
    },
    floats: (address, length) => new Float32Array(state.heap.memory.buffer, address, length),
    get size() {
      return state.heap.memory.buffer.byteLength
    },
    get threads() {
      return state.threads ? state.count : 1
    },
    share(among) {
      if (among !== state.sharing) state.threads?.share(among)
      state.sharing = among
    },
  }
  return kernel
}
