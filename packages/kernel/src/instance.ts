// An instance of the WebAssembly module, and what threads agree on to run one instruction together.

export interface Exports {
  run(program: number, times: number): number
  /** Says how many threads there are, which of them this is, and where its panels of a product may lie. */
  joinThreads(count: number, part: number, panels: number): void
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

/** Bytes in which a thread makes a program of the one instruction. */
export const programBytes = 1024

/** What a thread is told when it starts. */
export interface Start {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly count: number
  readonly part: number
  /** Address of the words above. */
  readonly control: number
  /** Address of its own memory: its program, then its panels. */
  readonly own: number
  /** Where to say that it is ready. */
  readonly ready: MessagePort
}
