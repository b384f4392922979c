// Threads that run single instructions in parallel. They synchronize through a few words of shared memory, so starting
// an instruction takes no message.
import { Control, copyBytes, type Exports, type ForkJoin, greeting, type Start } from './instance.js'
import type { Block } from './memory.js'
import { workerText } from './worker-text.js'

/** What Node's and the web's workers have in common, and where they differ. */
interface AnyWorker {
  postMessage(message: Start): void
  terminate(): unknown
  unref?(): void
  on?(event: 'message' | 'error' | 'exit', listener: (value: never) => void): void
  onmessage?: unknown
  onerror?: unknown
}
interface Surroundings {
  readonly crossOriginIsolated?: boolean
  readonly process?: {
    getBuiltinModule?(name: 'node:worker_threads'): {
      readonly Worker: new (source: string | URL, options?: { eval: true }) => AnyWorker
    }
  }
}

const { crossOriginIsolated, process } = globalThis as unknown as Surroundings
// Bun and Deno have Node's too, and theirs of the web keep a process alive.
const NodeWorker = process?.getBuiltinModule?.('node:worker_threads')?.Worker

/** In ms: a script that is not a thread may never answer. */
const patience = 10_000

/** Whether threads can share memory here; a page must be cross-origin isolated. */
export function canShareMemory(): boolean {
  return (
    (NodeWorker !== undefined || typeof Worker === 'function') &&
    typeof SharedArrayBuffer === 'function' &&
    crossOriginIsolated !== false
  )
}

/** Ways of starting a worker, with their names in errors, in the order in which they are tried. */
function* waysToStart(workerUrl: string | URL | undefined): Generator<[string, () => AnyWorker]> {
  if (workerUrl !== undefined) {
    yield [
      `${workerUrl}`,
      () => (NodeWorker ? new NodeWorker(workerUrl) : new Worker(workerUrl, { type: 'module' })),
    ]
    return
  }
  if (NodeWorker) yield ['node:worker_threads', () => new NodeWorker(workerText, { eval: true })]
  if (typeof Worker !== 'function') return
  // Bundlers emit the file for exactly this expression, once for each occurrence. A strict Content-Security-Policy
  // allows nothing else. Other bundles, and those that are not modules, have no such file.
  yield ['worker.js', () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })]
  const blob = URL.createObjectURL(new Blob([workerText], { type: 'text/javascript' }))
  try {
    yield ['a blob: URL', () => new Worker(blob)]
  } finally {
    URL.revokeObjectURL(blob)
  }
}

/** Resolves when the worker has greeted, received its start message and waits for instructions. */
function begin(worker: AnyWorker, start: Start): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(reason))
    const timer = setTimeout(() => fail(`it did not answer for ${patience / 1000} s`), patience)
    const take = (message: unknown) => {
      if (message === greeting) worker.postMessage(start)
      else if (message === 'ready') resolve()
      else fail('it is another script or version')
      if (message !== greeting) clearTimeout(timer)
    }
    const failed = ({ message }: { message?: string }) => {
      clearTimeout(timer)
      fail(message || 'it could not be loaded')
    }
    if (worker.on) {
      worker.on('message', take)
      worker.on('error', failed)
      worker.on('exit', () => failed({ message: 'it ended' }))
    } else {
      worker.onmessage = ({ data }: { data: unknown }) => take(data)
      worker.onerror = failed
    }
  })
}

/** The threads beside the one that runs programs. */
export class Threads implements ForkJoin {
  /** Kept for as long as the threads use it. */
  readonly block: Block
  /** Kept likewise: their memory for temporaries. */
  scratch?: Block
  readonly #control: Int32Array
  readonly #workers: readonly AnyWorker[]
  readonly #first: Exports
  /** Address of the copies of instructions. */
  readonly #copies: number

  private constructor(block: Block, workers: readonly AnyWorker[], first: Exports, copies: number) {
    this.block = block
    this.#control = block.words(0, Control.size)
    this.#workers = workers
    this.#first = first
    this.#copies = copies
    this.share(true)
  }

  /** Whether they share the work from now on, or the first thread does all of it. */
  share(among: boolean): void {
    this.#first.joinThreads(among ? this.#workers.length + 1 : 1, 0, this.#copies, 0)
  }

  /**
   * Starts all but the first of `count`; resolves when they are waiting for work. If that fails, none is left running
   * and the error lists the ways that were tried.
   */
  static async start(
    count: number,
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    allocate: (bytes: number) => Block,
    first: Exports,
    workerUrl: string | URL | undefined,
  ): Promise<Threads> {
    const panelBytes = first.panelBytes.value
    const copiesBytes = count * copyBytes
    const failures: string[] = []
    for (const [name, startWorker] of waysToStart(workerUrl)) {
      const block = allocate(4 * Control.size + copiesBytes + (count - 1) * panelBytes)
      const copies = block.address + 4 * Control.size
      const workers: AnyWorker[] = []
      try {
        const starts: Promise<void>[] = []
        for (let part = 1; part < count; part++) {
          const worker = startWorker()
          workers.push(worker)
          const copy = copies + part * copyBytes
          const panels = copies + copiesBytes + (part - 1) * panelBytes
          starts.push(begin(worker, { module, memory, count, part, control: block.address, copy, panels }))
        }
        await Promise.all(starts)
        // So that they do not keep a process alive.
        for (const worker of workers) worker.unref?.()
        return new Threads(block, workers, first, copies)
      } catch (error) {
        for (const worker of workers) worker.terminate()
        failures.push(`${name}: ${(error as Error).message}`)
      }
    }
    throw new Error(`a thread did not start (${failures.join('; ')})`)
  }

  fork(instruction: number): void {
    const control = this.#control
    control[Control.instruction] = instruction
    Atomics.store(control, Control.pending, this.#workers.length)
    Atomics.add(control, Control.turn, 1)
    if (Atomics.load(control, Control.asleep) > 0) Atomics.notify(control, Control.turn)
  }

  /** Spins: a page's main thread may not sleep, and the wait is short. */
  join(): void {
    while (Atomics.load(this.#control, Control.pending) > 0);
  }

  stop(): void {
    this.fork(0)
    for (const worker of this.#workers) worker.terminate()
  }
}
