// Parallel work: each thread runs the same instruction on its own part of the output. How an element is computed does not
// depend on the thread, so results do not depend on the number of threads.
//
// The threads synchronize in src/threads.ts, whose two functions are imported: their cost is small beside any work that is
// worth splitting, and so the module has no atomic instructions and runs on any memory.

/** Has the other threads run the instruction at `pc` too. */
@external('env', 'fork')
declare function fork(pc: usize): void

/** Waits until they have. */
@external('env', 'join')
declare function join(): void

/** Multiplications, or as much other work, from which threads are quicker: starting them costs about 2 µs. */
export const worthSplitting: u64 = 1 << 17

/** How many threads there are, and which of them this is; 0 is the one that runs programs. */
let threads: u32 = 1
let part: u32 = 0
/** How many run the present instruction. */
let parts: u32 = 1

export function enterThreads(count: u32, own: u32): void {
  threads = count
  part = own
  parts = own == 0 ? 1 : count
}

/** Runs the instruction at `pc` on all threads, if worth it and not done yet; `first` and `last` then bound a thread's part. */
// @ts-ignore: decorator
@inline
export function beginParallel(pc: usize, work: u64): bool {
  if (parts == threads || work < worthSplitting) return false
  parts = threads
  fork(pc)
  return true
}

// @ts-ignore: decorator
@inline
export function endParallel(): void {
  if (parts > 1 && part == 0) {
    join()
    parts = 1
  }
}

/** Start of this thread's part of `count` items, a multiple of `unit`. */
// @ts-ignore: decorator
@inline
export function first(count: u32, unit: u32): u32 {
  return boundary(count, unit, part)
}

/** Its end. */
// @ts-ignore: decorator
@inline
export function last(count: u32, unit: u32): u32 {
  return boundary(count, unit, part + 1)
}

function boundary(count: u32, unit: u32, index: u32): u32 {
  if (parts == 1) return index == 0 ? 0 : count
  const units = (<u64>count + unit - 1) / unit
  return <u32>min(<u64>count, ((units * index) / parts) * unit)
}

/** Whether there is only one thread. */
// @ts-ignore: decorator
@inline
export function isAlone(): bool {
  return threads == 1
}

/** Address and bytes of the memory that all threads but the first have for temporaries. */
const scratches: usize = memory.data(8, 4)

export function placeScratch(address: usize, bytes: usize): void {
  store<u32>(scratches, address)
  store<u32>(scratches, bytes, 4)
}

/** Address of this thread's. */
// @ts-ignore: decorator
@inline
export function scratch(): usize {
  return load<u32>(scratches) + (part - 1) * load<u32>(scratches, 4)
}

/** Whether this thread does what only one should do. */
// @ts-ignore: decorator
@inline
export function isFirst(): bool {
  return part == 0
}
