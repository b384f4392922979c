// An instance of the WebAssembly module, and what threads agree on to run one instruction in parallel.

export interface Exports {
  run(program: number, times: number): number
  /** Runs a thread's part of an instruction. */
  runCopy(instruction: number): void
  /** Tells how many threads there are, which of them this is, and the addresses of its copies of instructions and panels. */
  joinThreads(count: number, part: number, copy: number, panels: number): void
  /** Tells where all threads but the first have memory for temporaries, `bytes` each. */
  placeScratch(address: number, bytes: number): void
  readonly panelBytes: WebAssembly.Global
}

/** What the module calls to run an instruction in parallel. */
export interface ForkJoin {
  /** Has the other threads run the instruction at an address too. */
  fork(instruction: number): void
  /** Waits until they have. */
  join(): void
}

export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  forkJoin: ForkJoin,
): Exports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, ...forkJoin } })
  return exports as unknown as Exports
}

/** Words of the memory through which threads synchronize. */
export const Control = {
  /** Counts the instructions that were started. */
  turn: 0,
  /** Address of the instruction; 0 ends the thread. */
  instruction: 1,
  /** Threads that have not finished it. */
  pending: 2,
  /** Threads that went to sleep while waiting. */
  asleep: 3,
  size: 4,
} as const

/** Bytes for a thread's copy of one instruction, followed by `End`. */
export const copyBytes = 16384

/** A thread's first message, so that no other script is taken for one; the number changes with `Start` and `Control`. */
export const greeting = 'backpropagation thread 1'

/** The answer to the greeting; a thread that waits for instructions sends `ready`. */
export interface Start {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly count: number
  readonly part: number
  /** Address of the words above. */
  readonly control: number
  /** Addresses of its own memory. */
  readonly copy: number
  readonly panels: number
}
