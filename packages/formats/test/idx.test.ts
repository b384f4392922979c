// IDX files as written by other programs, and damaged ones.
import { sizeOf } from '@bp/core'
import { expect, test } from 'vitest'
import { IdxError, parseIdx } from '../src/idx.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

/** A file with the given type, dimensions and data bytes. */
const idx = (type: number, shape: readonly number[], numbers: readonly number[]) =>
  Uint8Array.of(
    0,
    0,
    type,
    shape.length,
    ...shape.flatMap((dimension) => [dimension >>> 24, dimension >>> 16, dimension >>> 8, dimension]),
    ...numbers,
  )

test.each([
  [8, Uint8Array.of(1, 255), [1, 255]],
  [9, Int8Array.of(1, -1), [1, 255]],
  [11, Int16Array.of(258, -2), [1, 2, 255, 254]],
  [12, Int32Array.of(16909060, -1), [1, 2, 3, 4, 255, 255, 255, 255]],
  [13, Float32Array.of(1, -0.5), [0x3f, 0x80, 0, 0, 0xbf, 0, 0, 0]],
  [14, Float64Array.of(1, -2), [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0]],
])('elements of type %i are read big-endian', (type, expected, bytes) => {
  expect(parseIdx(idx(type, [2], bytes))).toEqual({ shape: [2], data: expected })
})

test('dimensions are those of the file, and a view of a larger buffer is accepted', () => {
  const inner = idx(8, [2, 1, 3], [1, 2, 3, 4, 5, 6])
  const outer = new Uint8Array(inner.length + 3)
  outer.set(inner, 3)
  expect(parseIdx(outer.subarray(3))).toEqual({ shape: [2, 1, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) })
})

test('an empty array is valid', () => {
  expect(parseIdx(idx(8, [0, 28], [])).data).toHaveLength(0)
})

test.each([
  [Uint8Array.of(), 'the file is empty'],
  [Uint8Array.of(1, 0, 8, 1), 'does not begin with two zero bytes'],
  [Uint8Array.of(0x1f, 0x8b, 8, 0), 'the file is compressed with gzip; decompress it first'],
  [Uint8Array.of(0, 0, 10, 1, 0, 0, 0, 0), 'unknown type 0xa'],
  [Uint8Array.of(0, 0, 8, 0), '0 dimensions; expected 1 to 8'],
  [Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1), 'ends inside its dimensions'],
  [idx(8, [3], [1, 2]), '3 elements of 1 bytes are 3 bytes, but 2 follow'],
  [idx(8, [1], [1, 2]), '1 elements of 1 bytes are 1 bytes, but 2 follow'],
  [idx(14, [0xffffffff, 0xffffffff], []), 'but 0 follow'],
])('%o is refused: %s', (file, message) => {
  expect(() => parseIdx(file)).toThrow(IdxError)
  expect(() => parseIdx(file)).toThrow(message)
})

test(
  `${mutationCount} damaged files are refused with an IdxError, or read as what they say`,
  () => {
    const sources = [idx(8, [2, 3], [1, 2, 3, 4, 5, 6]), idx(13, [1, 2, 1], [0x3f, 0x80, 0, 0, 0, 0, 0, 0])]
    expectToBearDamage({
      parser: 'IDX',
      make: (seed) => mutated(sources[seed % 2]!, seed),
      read: (file) => {
        const { shape, data } = parseIdx(file)
        expect(data).toHaveLength(sizeOf(shape))
      },
      ownError: IdxError,
    })
  },
  mutationTime,
)
