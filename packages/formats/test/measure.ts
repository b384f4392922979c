// What a parser takes: time, and memory at its peak.
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { expect } from 'vitest'

/** What a parser may take beside twice the file, in bytes. */
const slack = 2 ** 24

/** The most that may be allocated while a file of so many bytes is read. */
export const memoryFor = (fileBytes: number) => 2 * fileBytes + slack

/** Times are shown and held to a second by `npm run check:parsers` alone. */
export const timed = process.env.BP_MUTATIONS !== undefined

/** Holds what a parser took for a file of so many bytes to what is promised. */
export function expectToFit(what: string, fileBytes: number, { milliseconds, peak }: Measured): void {
  expect(peak, `bytes that are allocated for ${what}`).toBeLessThan(memoryFor(fileBytes))
  if (!timed) return
  const [file, most] = [fileBytes, peak].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`)
  process.stdout.write(`${what}: ${file}; ${milliseconds.toFixed(0)} ms and ${most}\n`)
  expect(milliseconds).toBeLessThan(1000)
}

/** Waits until nothing is left to be collected; what is dropped is taken off the count a while after its collection. */
export async function settled(): Promise<void> {
  for (let last = Number.POSITIVE_INFINITY; ; ) {
    globalThis.gc!()
    await new Promise((resolve) => setTimeout(resolve, 1))
    const now = allocated(getHeapStatistics())
    if (now > last - 2 ** 16) return
    last = now
  }
}

interface Measured {
  /** Of the processor, so that it does not depend on what else runs. */
  readonly milliseconds: number
  /** Bytes on the JavaScript heap and in buffers outside of it, beyond those before, garbage included. */
  readonly peak: number
}

/** Between two collections memory grows, so the peak is before one of them or at the end. */
export function measure(body: () => void): Measured {
  const profiler = new GCProfiler()
  const before = allocated(getHeapStatistics())
  profiler.start()
  const begin = process.cpuUsage()
  body()
  const { user, system } = process.cpuUsage(begin)
  const after = allocated(getHeapStatistics())
  const { statistics } = profiler.stop()!
  const collections = statistics.map(({ beforeGC: { heapStatistics: found } }) =>
    allocated({ used_heap_size: found.usedHeapSize, external_memory: found.externalMemory }),
  )
  return { milliseconds: (user + system) / 1000, peak: Math.max(after, ...collections) - before }
}

function allocated(heap: { readonly used_heap_size: number; readonly external_memory: number }): number {
  return heap.used_heap_size + heap.external_memory
}
