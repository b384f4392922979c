// An instance of the WebAssembly module, and what threads agree on to run one instruction together.

export interface Exports {
  run(program: number, times: number): number
  /** Runs a thread's part of an instruction. */
  runCopy(instruction: number): void
  /** Says how many threads there are, which of them this is, and where its copies of instructions and panels may lie. */
  joinThreads(count: number, part: number, copy: number, panels: number): void
  /** Says where the threads but the first have memory for programs, so many bytes each. */
  placeScratch(address: number, bytes: number): void
  readonly panelBytes: WebAssembly.Global
}

/** What the module calls to share an instruction with other threads. */
export interface Sharing {
  /** Has them run the instruction at an address too. */
  fork(instruction: number): void
  /** Waits until they have. */
  join(): void
}

export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  sharing: Sharing,
): Exports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, ...sharing } })
  return exports as unknown as Exports
}

/** Words of the block of memory in which threads meet. */
export const Control = {
  /** Counts the instructions that were handed over. */
  turn: 0,
  /** Address of the instruction; 0 ends the thread. */
  instruction: 1,
  /** Threads that have not finished it. */
  pending: 2,
  /** Threads that went to sleep over waiting. */
  asleep: 3,
  size: 4,
} as const

/** Bytes in which a thread makes a program of the one instruction, and its end. */
export const copyBytes = 16384

/** What a thread says first, so that no other script is taken for one; the number changes with `Start` and `Control`. */
export const greeting = 'backpropagation thread 1'

/** What a thread is told in answer; when it waits for instructions it says `ready`. */
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
