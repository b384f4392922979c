// Files written by NumPy, files written by us, and damaged ones.
import { readFileSync } from 'node:fs'
import { sizeOf } from '@bp/core'
import { expect, test } from 'vitest'
import { type NpyArray, NpyError, readNpy, writeNpy } from '../src/npy.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

const fixture = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`fixtures/${name}.npy`, import.meta.url)))
const { NaN: notANumber, POSITIVE_INFINITY, MAX_SAFE_INTEGER } = Number
const numbers = Float32Array.of(0, -0, 1.5, -2.25, POSITIVE_INFINITY, 1e-45)
const counts = Array.from({ length: 24 }, (_, index) => index)

/** A file with this dictionary as its header, in the given version, and some bytes after it. */
const withHeader = (header: string, data = 0, version = 1) =>
  Uint8Array.from(
    Buffer.concat([
      Uint8Array.of(0x93, ...Buffer.from('NUMPY'), version, 0, header.length & 255, header.length >> 8),
      new Uint8Array(version === 1 ? 0 : 2),
      Buffer.from(header),
      new Uint8Array(data),
    ]),
  )

test.each<[string, NpyArray]>([
  ['f4', { shape: [2, 3], values: numbers }],
  ['f8-scalar', { shape: [], values: Float64Array.of(0.1) }],
  ['f4-empty', { shape: [3, 0], values: new Float32Array(0) }],
  ['f8-vector', { shape: [3], values: Float64Array.of(0.1, -1e300, notANumber) }],
])('%s is read, and written byte for byte as by NumPy', (name, array) => {
  expect(readNpy(fixture(name))).toEqual(array)
  expect(writeNpy(array)).toEqual(fixture(name))
})

test.each<[string, NpyArray]>([
  ['version-2', { shape: [2, 3], values: numbers }],
  ['f4-big-endian', { shape: [2, 3], values: numbers }],
  ['f8-fortran', { shape: [2, 3, 4], values: Float64Array.from(counts) }],
  ['i8-fortran-big-endian', { shape: [2, 3, 4], values: Float64Array.from(counts, (count) => count - 12) }],
  ['f2', { shape: [2, 1], values: Float32Array.of(1.5, -0.25) }],
  ['i1', { shape: [2], values: Float32Array.of(-128, 127) }],
  ['u2-big-endian', { shape: [3], values: Float32Array.of(0, 258, 2 ** 16 - 1) }],
  ['i4', { shape: [1], values: Float64Array.of(-(2 ** 31)) }],
  ['u8', { shape: [1], values: Float64Array.of(MAX_SAFE_INTEGER) }],
  ['b1', { shape: [1, 2], values: Float32Array.of(1, 0) }],
])('%s is read in row-major order', (name, array) => {
  expect(readNpy(fixture(name))).toEqual(array)
})

test('keys may have any order and spacing, and a view of a larger buffer is accepted', () => {
  const file = withHeader("{ 'shape':(2,1 ) ,'fortran_order' : False,'descr':'|u1'}", 2)
  const outer = new Uint8Array(file.length + 3)
  outer.set(file, 3)
  expect(readNpy(outer.subarray(3))).toEqual({ shape: [2, 1], values: new Float32Array(2) })
})

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }`
test.each<[string, Uint8Array, string]>([
  ['too few bytes', new Uint8Array(9), 'does not begin with \\x93NUMPY'],
  ['another format', new Uint8Array(99), 'does not begin with \\x93NUMPY; it was not written by numpy.save'],
  ['a future version', withHeader(header("'<f4'", '()'), 4, 4), 'version 4; save it as version 1 to 3'],
  ['a truncated length', withHeader('', 0, 2).subarray(0, 11), 'ends inside the length of its header'],
  ['a truncated header', fixture('f4').subarray(0, 100), 'should have 118 bytes, but 90 follow'],
  ['a header too long', withHeader('', 99, 2).fill(1, 8, 12), 'at most 65536 are supported'],
  [
    'objects',
    fixture('O'),
    "type '|O'; convert it with astype to one of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1",
  ],
  ['strings', fixture('U1'), "the array has type '<U1'"],
  ['complex numbers', fixture('c8'), "the array has type '<c8'"],
  ['records', fixture('records'), 'the array contains records of several fields; save each field'],
  [
    'integers past 2^53',
    fixture('u8-too-large'),
    'contains 9007199254740992, and integers of 2^53 or more are not exact',
  ],
  ['a type named like a property', withHeader(header("'<toString'", '()')), "type '<toString'"],
  ['four bytes without byte order', withHeader(header("'|f4'", '()'), 4), "the array has type '|f4'"],
  [
    'a header that is not a dictionary',
    withHeader('x'.repeat(100)),
    'expected a dictionary; the file is damaged',
  ],
  ['a missing key', withHeader("{'descr': '<f4', 'shape': ()}", 4), 'descr, fortran_order and shape'],
  [
    'a duplicate key',
    withHeader("{'shape': (), 'shape': (), 'descr': '<f4'}", 4),
    'expected "shape" only once',
  ],
  ['an extra key', withHeader(`${header("'<f4'", '()').slice(0, -1)}'a': 'b'}`, 4), 'expected no other keys'],
  ['text after the dictionary', withHeader(`${header("'<f4'", '()')}x`, 4), 'expected no other keys'],
  ['an unknown memory order', withHeader(header("'<f4'", '()', "'C'"), 4), 'descr, fortran_order and shape'],
  ['a shape with a gap', withHeader(header("'<f4'", '(1,,2)'), 8), 'integers in [0, 2^53) as its shape'],
  ['a dimension past 2^53', withHeader(header("'<f4'", '(9007199254740992,)')), 'integers in [0, 2^53)'],
  ['nine dimensions', withHeader(header("'<f4'", `(${'1, '.repeat(9)})`), 4), '9 dimensions; at most 8'],
  ['truncated data', fixture('f4').subarray(0, -1), '2 × 3 elements of 4 bytes are 24 bytes, but 23 follow'],
  ['trailing bytes', Uint8Array.of(...fixture('f8-scalar'), 0), 'one elements of 8 bytes are 8 bytes'],
  [
    'a shape larger than any file',
    withHeader(header("'<f8'", `(${'9007199254740991, '.repeat(8)})`)),
    'but 0 follow',
  ],
])('%s is refused', (_, file, message) => {
  expect(() => readNpy(file)).toThrow(NpyError)
  expect(() => readNpy(file)).toThrow(message)
})

test('values that do not fill their shape are not written', () => {
  expect(() => writeNpy({ shape: [2, 2], values: numbers })).toThrow(NpyError)
  expect(() => writeNpy({ shape: [2, 2], values: numbers })).toThrow(
    'the array has shape [2, 2], i.e. 4 values, but got 6',
  )
})

test(
  `${mutationCount} damaged files are refused with an NpyError, or read as what they say`,
  () => {
    const sources = ['f4', 'i8-fortran-big-endian', 'b1', 'version-2'].map(fixture)
    expectToBearDamage({
      parser: 'NPY',
      make: (seed) => mutated(sources[seed % sources.length]!, seed),
      read: (file) => {
        const { shape, values } = readNpy(file)
        expect(values).toHaveLength(sizeOf(shape))
      },
      ownError: NpyError,
    })
  },
  mutationTime,
)
