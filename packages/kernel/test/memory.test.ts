// The memory that the kernel hands out.
import { expect, test } from 'vitest'
import { getKernel } from '../src/index.js'

test('blocks start at multiples of 16, are zero and do not overlap', () => {
  const kernel = getKernel()
  const blocks = [1, 16, 17, 100, 4096, 3].map((bytes) => kernel.allocate(bytes))
  const ranges = blocks
    .map(({ address, bytes }) => [address, address + bytes] as const)
    .sort((a, b) => a[0] - b[0])
  for (const [index, [start, end]] of ranges.entries()) {
    expect(start % 16).toBe(0)
    expect(end).toBeLessThanOrEqual(ranges[index + 1]?.[0] ?? kernel.size)
  }
  for (const block of blocks) {
    expect(block.words(0, block.bytes / 4).every((word) => word === 0)).toBe(true)
    block.words(0, block.bytes / 4).fill(-1)
  }
})

test('memory grows when a block does not fit, and what it held stays', () => {
  const kernel = getKernel()
  const before = kernel.allocate(64)
  before.floats(0, 4).set([1, 2, 3, 4])
  const size = kernel.size
  const large = kernel.allocate(size)
  expect(kernel.size).toBeGreaterThan(size)
  expect([...before.floats(0, 4)]).toEqual([1, 2, 3, 4])
  expect(large.floats(0, size / 4).length).toBe(size / 4)
})

test('more than a WebAssembly memory can hold is refused with the sizes in the message', () => {
  expect(() => getKernel().allocate(2 ** 32)).toThrow(
    /out of memory: \d+ MiB are in use and 4096 MiB more are needed/,
  )
})

test('blocks that are garbage are handed out again', async () => {
  const { allocate, makeHeap } = await import('../src/memory.js')
  const heap = makeHeap(new WebAssembly.Memory({ initial: 1 }))
  const collect = await forcedCollection()
  const addresses = new Set<number>()
  for (let round = 0; round < 30; round++) {
    addresses.add(allocate(heap, 100_000).address)
    collect()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(addresses.size).toBeLessThan(10)
})

/** The engine's collector, which only a flag makes callable. */
async function forcedCollection(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
