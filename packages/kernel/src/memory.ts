// Allocates linear memory in blocks and frees a block when it is garbage, so there is no `dispose`.

/** A piece of linear memory, kept for as long as this object is reachable. */
export interface Block {
  /** Address of its first byte, a multiple of 16. */
  readonly address: number
  readonly bytes: number
  /** Numbers inside the block. The view is valid until memory grows, so do not keep it. */
  floats(offset: number, length: number): Float32Array
  words(offset: number, length: number): Int32Array
  doubles(offset: number, length: number): Float64Array
}

interface Range {
  address: number
  bytes: number
}

/** A memory, and which parts of it are in use. The memory may be replaced by one with the same contents. */
export interface Heap {
  memory: WebAssembly.Memory
  /** End of the last range that memory grew by. */
  end: number
  /** Unused ranges in order of address, never adjacent. */
  readonly free: Range[]
  readonly registry: FinalizationRegistry<Range>
}

const pageBytes = 65536
/** Loops read whole vectors, up to this many bytes past the last number of a block; nobody's, but it must exist. */
const slackBytes = 64

/** The module's initial memory is its own; everything that memory grows by is for blocks. */
export function makeHeap(memory: WebAssembly.Memory): Heap {
  const free: Range[] = []
  const registry = new FinalizationRegistry<Range>((range) => release(free, range))
  return { memory, end: memory.buffer.byteLength, free, registry }
}

export function allocate(heap: Heap, bytes: number): Block {
  const size = Math.max(16, Math.ceil(bytes / 16) * 16)
  const range = take(heap.free, size) ?? take(grow(heap, size), size)!
  const block: Block = {
    ...range,
    floats: (offset, length) => new Float32Array(heap.memory.buffer, range.address + offset, length),
    words: (offset, length) => new Int32Array(heap.memory.buffer, range.address + offset, length),
    doubles: (offset, length) => new Float64Array(heap.memory.buffer, range.address + offset, length),
  }
  new Uint8Array(heap.memory.buffer, range.address, size).fill(0)
  heap.registry.register(block, range)
  return block
}

/** First fit. */
function take(free: Range[], bytes: number): Range | undefined {
  const index = free.findIndex((range) => range.bytes >= bytes)
  const range = free[index]
  if (!range) return undefined
  const taken = { address: range.address, bytes }
  if (range.bytes === bytes) free.splice(index, 1)
  else {
    range.address += bytes
    range.bytes -= bytes
  }
  return taken
}

/** Grows by at least 1 MiB and an eighth of the present size, so that growing is rare. */
function grow(heap: Heap, bytes: number): Range[] {
  const { memory } = heap
  const before = memory.buffer.byteLength
  const pages = Math.ceil(Math.max(bytes + slackBytes, 2 ** 20, before / 8) / pageBytes)
  try {
    memory.grow(pages)
  } catch {
    throw new RangeError(
      `out of memory: ${Math.round(before / 2 ** 20)} MiB are in use and ${Math.round(bytes / 2 ** 20)} MiB more are needed, of the 4096 MiB that a WebAssembly memory can hold; use smaller batches or a smaller network`,
    )
  }
  const address = heap.end
  heap.end = memory.buffer.byteLength - slackBytes
  release(heap.free, { address, bytes: heap.end - address })
  return heap.free
}

/** Returns a range and merges it with adjacent ones. */
function release(free: Range[], range: Range): void {
  let index = free.findIndex((other) => other.address > range.address)
  if (index < 0) index = free.length
  free.splice(index, 0, { ...range })
  for (let left = Math.max(0, index - 1); left < free.length - 1 && left <= index; ) {
    const a = free[left]!
    const b = free[left + 1]!
    if (a.address + a.bytes === b.address) {
      a.bytes += b.bytes
      free.splice(left + 1, 1)
    } else left++
  }
}
