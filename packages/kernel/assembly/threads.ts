// Work that threads share: each runs the same instruction on a part of the output of its own. How an element is made
// does not depend on who makes it, so results do not depend on the number of threads.
//
// The threads meet in src/threads.ts, whose two functions are imported: what they cost is small beside any work that
// is worth sharing, and so the module has no atomic instructions and runs on any memory.

/** Has the other threads run the instruction at `pc` too. */
@external('env', 'fork')
declare function fork(pc: usize): void

/** Waits until they have. */
@external('env', 'join')
declare function join(): void

/** Multiplications, or as much else, from which sharing is quicker: it costs about 2 µs. */
export const worthSharing: u64 = 1 << 17

/** How many threads there are, and which of them this is; 0 is the one that runs programs. */
let threads: u32 = 1
let part: u32 = 0
/** How many share the instruction that is running. */
let parts: u32 = 1

export function enterThreads(count: u32, own: u32): void {
  threads = count
  part = own
  parts = own == 0 ? 1 : count
}

/** Shares the instruction at `pc` if it is not yet, and worth it: then `first` and `last` say which part is whose. */
// @ts-ignore: decorator
@inline
export function beginSharing(pc: usize, work: u64): bool {
  if (parts == threads || work < worthSharing) return false
  parts = threads
  fork(pc)
  return true
}

// @ts-ignore: decorator
@inline
export function endSharing(): void {
  if (parts > 1 && part == 0) {
    join()
    parts = 1
  }
}

/** Where this thread's part of `count` things begins, a multiple of `unit`. */
// @ts-ignore: decorator
@inline
export function first(count: u32, unit: u32): u32 {
  return boundary(count, unit, part)
}

/** Where it ends. */
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

/** Whether there is nobody to share with. */
// @ts-ignore: decorator
@inline
export function isAlone(): bool {
  return threads == 1
}

/** Address and bytes of the memory that threads but the first have for the temporaries of what they share. */
const scratches: usize = memory.data(8, 4)

export function placeScratch(address: usize, bytes: usize): void {
  store<u32>(scratches, address)
  store<u32>(scratches, bytes, 4)
}

/** Where that of this thread lies. */
// @ts-ignore: decorator
@inline
export function scratch(): usize {
  return load<u32>(scratches) + (part - 1) * load<u32>(scratches, 4)
}

/** Whether this thread is to do what only one should. */
// @ts-ignore: decorator
@inline
export function isFirst(): bool {
  return part == 0
}
