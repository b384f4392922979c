// What a parser costs: time and peak memory.
import { GCProfiler, getHeapStatistics } from 'node:v8'
import { expect } from 'vitest'

/** The bytes a parser may allocate beyond twice the file size. */
const slack = 2 ** 24

/** The most that may be allocated while reading a file of this many bytes. */
export const memoryFor = (fileBytes: number) => 2 * fileBytes + slack

/** Only `npm run check:parsers` prints times, and limits them to a second. */
export const timed = process.env.BP_MUTATIONS !== undefined

/** Checks a parser's cost for a file of this many bytes against its budget. */
export function expectToFit(what: string, fileBytes: number, { milliseconds, peak }: Measured): void {
  expect(peak, `bytes allocated for ${what}`).toBeLessThan(memoryFor(fileBytes))
  if (!timed) return
  const [file, most] = [fileBytes, peak].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`)
  process.stdout.write(`${what}: ${file}; ${milliseconds.toFixed(0)} ms and ${most}\n`)
  expect(milliseconds).toBeLessThan(1000)
}

/** Waits until nothing is left to collect; freed memory leaves the count some time after its collection. */
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
  /** CPU time, so that it does not depend on what else runs. */
  readonly milliseconds: number
  /** Growth of the JavaScript heap and of buffers outside it, in bytes, garbage included. */
  readonly peak: number
}

/** Memory only grows between collections, so the peak is just before one or at the end. */
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
