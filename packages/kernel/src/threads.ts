// Threads that share the work of single instructions. They meet in a few words of shared memory, so handing over an
// instruction takes no message.
import { Control, copyBytes, type Exports, type Sharing, type Start } from './instance.js'
import type { Block } from './memory.js'

/** What Node's workers and the web's have in common, and where they differ. */
interface AnyWorker {
  postMessage(message: Start, transfer: readonly MessagePort[]): void
  terminate(): unknown
  unref?(): void
  on?(event: 'error', listener: (error: Error) => void): void
  onerror?: (event: { message: string }) => void
}
interface Surroundings {
  readonly Worker?: new (url: URL, options: { type: 'module' }) => AnyWorker
  readonly crossOriginIsolated?: boolean
  readonly process?: {
    getBuiltinModule?(name: 'node:worker_threads'): Pick<Required<Surroundings>, 'Worker'>
  }
}

const { Worker: WebWorker, crossOriginIsolated, process } = globalThis as unknown as Surroundings
const Worker = WebWorker ?? process?.getBuiltinModule?.('node:worker_threads').Worker

/** Whether threads can share memory here: a page must be cross-origin isolated for it. */
export function canShareMemory(): boolean {
  return Worker !== undefined && typeof SharedArrayBuffer === 'function' && crossOriginIsolated !== false
}

/** The threads beside the one that runs programs. */
export class Threads implements Sharing {
  /** Kept for as long as the threads use it. */
  readonly block: Block
  /** The same: what they have for programs. */
  scratch?: Block
  readonly #control: Int32Array
  readonly #workers: readonly AnyWorker[]

  private constructor(block: Block, workers: readonly AnyWorker[]) {
    this.block = block
    this.#control = block.words(0, Control.size)
    this.#workers = workers
  }

  /** Starts all but the first of `count`; resolves when they are waiting for work. */
  static async start(
    count: number,
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    allocate: (bytes: number) => Block,
    first: Exports,
  ): Promise<Threads> {
    const panelBytes = first.panelBytes.value
    const block = allocate(4 * Control.size + count * copyBytes + (count - 1) * panelBytes)
    const copies = block.address + 4 * Control.size
    const workers: AnyWorker[] = []
    const starts = Array.from({ length: count - 1 }, (_, index) => {
      const worker = new Worker!(new URL('./worker.js', import.meta.url), { type: 'module' })
      workers.push(worker)
      // A process that has nothing else to do may end.
      worker.unref?.()
      return new Promise<void>((resolve, reject) => {
        const fail = ({ message }: { message: string }) =>
          reject(new Error(`a thread did not start: ${message}`))
        worker.on?.('error', fail)
        worker.onerror = fail
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => {
          port1.close()
          resolve()
        }
        const part = index + 1
        const copy = copies + part * copyBytes
        const panels = copies + count * copyBytes + index * panelBytes
        worker.postMessage(
          { module, memory, count, part, control: block.address, copy, panels, ready: port2 },
          [port2],
        )
      })
    })
    const threads = new Threads(block, workers)
    try {
      await Promise.all(starts)
    } catch (error) {
      threads.stop()
      throw error
    }
    first.joinThreads(count, 0, copies, 0)
    return threads
  }

  fork(instruction: number): void {
    const control = this.#control
    control[Control.instruction] = instruction
    Atomics.store(control, Control.pending, this.#workers.length)
    Atomics.add(control, Control.turn, 1)
    if (Atomics.load(control, Control.asleep) > 0) Atomics.notify(control, Control.turn)
  }

  /** Without sleeping: a page's main thread may not, and it is not for long. */
  join(): void {
    while (Atomics.load(this.#control, Control.pending) > 0);
  }

  stop(): void {
    this.fork(0)
    for (const worker of this.#workers) worker.terminate()
  }
}
