// Files written by the reference library, files written by us, and damaged ones.
import { readFileSync } from 'node:fs'
import { layers, type NamedValues, sequential, sizeOf } from '@bp/core'
import { describe, expect, test } from 'vitest'
import { readSafetensors, SafetensorsError, writeSafetensors } from '../src/safetensors.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

const fixture = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`fixtures/${name}.safetensors`, import.meta.url)))

/** The contents that fixtures.py puts into weights.safetensors, in another order. */
const weights: readonly NamedValues[] = [
  {
    name: 'layer1/weights',
    shape: [2, 3],
    values: Float32Array.of(0, -0, 1.5, -2.25, Number.POSITIVE_INFINITY, 1e-45),
  },
  { name: 'empty', shape: [0, 3], values: new Float32Array(0) },
  { name: 'größe "a"\n', shape: [], values: Float32Array.of(7) },
  { name: 'layer2/bias', shape: [2], values: Float64Array.of(0.1, 1e-310) },
]
const byName = (tensors: Iterable<NamedValues>) =>
  new Map(Array.from(tensors, ({ name, shape, values }) => [name, { shape, values }]))

/** A file with the given header and some bytes after it. */
const withHeader = (header: string | object, data = 0) => {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const file = new Uint8Array(8 + json.length + data)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, 8)
  return file
}
const tensor = (dtype: string, shape: readonly number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

describe('safetensors', () => {
  test('written by the library are read: names, shapes, bits', () => {
    expect(byName(readSafetensors(fixture('weights')))).toEqual(byName(weights))
  })

  test('are written byte for byte as by the library, whatever the order of the tensors', () => {
    expect(writeSafetensors(weights)).toEqual(fixture('weights'))
    expect(writeSafetensors([...weights].reverse())).toEqual(fixture('weights'))
  })

  test('of every type are read, and metadata is skipped', () => {
    const read = Object.fromEntries(
      readSafetensors(fixture('types')).map(({ name, values }) => [name, values]),
    )
    const { POSITIVE_INFINITY, NEGATIVE_INFINITY, NaN: notANumber, MAX_SAFE_INTEGER } = Number
    expect(read).toEqual({
      f16: Float32Array.of(
        ...[0, 1, -2.5, 65504, 2 ** -24, 2 ** -14, POSITIVE_INFINITY, NEGATIVE_INFINITY, notANumber],
      ),
      i64: Float64Array.of(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
      i32: Float64Array.of(-(2 ** 31), 2 ** 31 - 1),
      i16: Float32Array.of(-(2 ** 15), 2 ** 15 - 1),
      i8: Float32Array.of(-128, 127),
      u64: Float64Array.of(0, MAX_SAFE_INTEGER),
      u32: Float64Array.of(0, 2 ** 32 - 1),
      u16: Float32Array.of(0, 2 ** 16 - 1),
      u8: Float32Array.of(0, 255),
      bool: Float32Array.of(1, 0),
    })
  })

  test('of bfloat16 are the upper halves of float32', () => {
    const file = withHeader({ x: tensor('BF16', [3], 0, 6) }, 6)
    file.set([0x80, 0x3f, 0x20, 0xc0, 0x01, 0x00], file.length - 6)
    expect(readSafetensors(file)[0]!.values).toEqual(Float32Array.of(1, -2.5, 2 ** -133))
  })

  test('keep the bits of NaN', () => {
    const values = new Float32Array(Uint32Array.of(0x7fc12345, 0xff800001).buffer)
    const [read] = readSafetensors(writeSafetensors([{ name: 'x', shape: [2], values }]))
    expect(new Uint32Array(read!.values.buffer)).toEqual(Uint32Array.of(0x7fc12345, 0xff800001))
  })

  test('carry weights to another model, to the bit', () => {
    const model = (seed: number) =>
      sequential(
        [
          layers.conv2d({ filters: 3, kernelSize: 3 }),
          layers.batchNorm({}),
          layers.flatten(),
          layers.dense({ units: 2 }),
        ],
        { inputShape: [5, 5, 1], seed },
      )
    const [from, to] = [model(1), model(2)]
    const rows = Array.from({ length: 2 }, (_, row) =>
      Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => [Math.sin(row + i * j)])),
    )
    expect(to.apply(rows).data()).not.toEqual(from.apply(rows).data())
    to.setWeights(readSafetensors(writeSafetensors(from.variables)))
    expect(to.getWeights()).toEqual(from.getWeights())
    expect(to.apply(rows).data()).toEqual(from.apply(rows).data())
  })

  test('do not load a transposed matrix', () => {
    const model = sequential([layers.dense({ units: 2, name: 'a' })], { inputShape: [3], seed: 1 })
    const turned = readSafetensors(
      writeSafetensors(
        model.variables.map(({ name, shape, values }) => ({ name, shape: [...shape].reverse(), values })),
      ),
    )
    expect(() => model.setWeights(turned)).toThrow('setWeights: "a/weights" is 3×2, got 2×3')
  })
})

test('a view of a larger buffer and a file without tensors are accepted', () => {
  const file = fixture('weights')
  const outer = new Uint8Array(file.length + 3)
  outer.set(file, 3)
  expect(byName(readSafetensors(outer.subarray(3)))).toEqual(byName(weights))
  expect(readSafetensors(writeSafetensors([]))).toEqual([])
})

const x = tensor('F32', [2], 0, 8)
const entry = JSON.stringify(x)
test.each<[string, Uint8Array, string]>([
  ['too few bytes', new Uint8Array(7), 'the file has 7 bytes, fewer than the 8 of its header length'],
  ['a truncated header', withHeader({ x }).subarray(0, 20), 'the header should have 54 bytes, but 12 follow'],
  [
    'another format',
    new TextEncoder().encode('a,b\n1,2\n3,4\n'),
    'the file is truncated or in another format',
  ],
  ['a header too long', withHeader(' '.repeat(2 ** 24 + 1)), 'more than 16777216; split the file'],
  [
    'too many tensors',
    withHeader(
      `{${Array.from({ length: 100_001 }, (_, at) => `"${at}":${JSON.stringify(tensor('U8', [0], 0, 0))}`)}}`,
    ),
    'the header has more than 100000 tensors or texts; split the file',
  ],
  [
    'more texts',
    withHeader(`{"__metadata__":{${Array.from({ length: 100_001 }, (_, at) => `"${at}":""`)}}}`),
    'the header has more than 100000 tensors or texts; split the file',
  ],
  ['a header that is not text', withHeader('\xff').fill(255, 8), 'the header is not UTF-8'],
  ['a header that is not an object', withHeader('[]'), 'the header has "[]" at byte 0, expected "{"'],
  ['truncated JSON', withHeader('{"x":'), 'the header has the end at byte 5, expected "{"'],
  ['an unterminated string', withHeader('{"x'), 'the header has "\\"x" at byte 1, expected a quoted string'],
  ['text after the header', withHeader(`{"x":${entry}}x`, 8), 'expected the end'],
  [
    'a duplicate name',
    withHeader(`{"x":${entry},"\\u0078":${entry}}`, 8),
    'the header has a duplicate key "x"',
  ],
  [
    'a duplicate key',
    withHeader(`{"x":{"dtype":"F32",${entry.slice(1)}}`, 8),
    'the header has a duplicate key "dtype"',
  ],
  ['an unknown key', withHeader({ x: { ...x, at: 1 } }, 8), 'tensor "x" has an unknown key "at"'],
  ['a missing key', withHeader({ x: { ...x, shape: undefined } }, 8), 'tensor "x" must have dtype, shape'],
  ['one offset', withHeader({ x: { ...x, data_offsets: [0] } }, 8), 'two data_offsets'],
  ['three offsets', withHeader({ x: { ...x, data_offsets: [0, 8, 8] } }, 8), 'at most 2 numbers'],
  [
    'nine dimensions',
    withHeader({ x: { ...x, shape: [1, 1, 1, 1, 1, 1, 1, 1, 2] } }, 8),
    'at most 8 numbers',
  ],
  ['a negative dimension', withHeader({ x: { ...x, shape: [-2] } }, 8), 'expected an integer in [0, 2^53)'],
  [
    'a fractional dimension',
    withHeader({ x: { ...x, shape: [1.5] } }, 8),
    '".5],\\"data_of" at byte 30, expected ","',
  ],
  ['a dimension past 2^53', withHeader({ x: { ...x, shape: [2 ** 53] } }, 8), 'an integer in [0, 2^53)'],
  [
    'a shape larger than any file',
    withHeader({ x: { ...x, shape: Array(8).fill(2 ** 52) } }, 8),
    'but spans bytes 0 to 8',
  ],
  [
    'an unknown type',
    withHeader({ x: { ...x, dtype: 'F8_E4M3' } }, 8),
    'type "F8_E4M3"; convert it to one of U64, I64, F64, F32',
  ],
  ['a type named like a property', withHeader({ x: { ...x, dtype: 'toString' } }, 8), 'has type "toString"'],
  [
    'too few bytes for the shape',
    withHeader({ x: tensor('F32', [3], 0, 8) }, 8),
    'tensor "x" is F32 of shape [3], i.e. 12 bytes, but spans bytes 0 to 8; the header is damaged',
  ],
  ['swapped offsets', withHeader({ x: tensor('F32', [2], 8, 0) }, 8), 'spans bytes 8 to 0'],
  [
    'an overlap',
    withHeader({ x, y: tensor('F32', [2], 4, 12) }, 12),
    'tensor "y" begins at byte 4, but the previous one ends at 8; gaps and overlaps are not allowed',
  ],
  ['a gap', withHeader({ x, y: tensor('F32', [1], 12, 16) }, 16), 'tensor "y" begins at byte 12'],
  ['a gap before the first', withHeader({ x: tensor('F32', [1], 4, 8) }, 8), 'the first must begin at 0'],
  ['truncated data', withHeader({ x }, 7), 'the tensors take 8 bytes, but 7 follow the header'],
  ['trailing bytes', withHeader({ x }, 9), 'the tensors take 8 bytes, but 9 follow the header'],
  [
    'an integer that float64 cannot represent',
    withHeader({ x: tensor('I64', [1], 0, 8) }, 8).fill(0x7f, -8),
    'tensor "x" contains 9187201950435738000, and integers of 2^53 or more are not exact',
  ],
  [
    'too long a name',
    withHeader({ ['x'.repeat(5000)]: x }, 8),
    'a name of 5002 bytes; at most 4096 are allowed',
  ],
  [
    'an escape that JSON does not have',
    withHeader('{"__metadata__":{"a":"\\x41"}}'),
    'expected a quoted string',
  ],
  ['a control character in text', withHeader('{"__metadata__":{"a":"\n"}}'), 'expected a quoted string'],
  [
    'duplicate metadata',
    withHeader('{"__metadata__":{"a":"","a":""}}'),
    'the header has a duplicate key "a"',
  ],
  ['a number in the metadata', withHeader({ __metadata__: { a: 1 } }), 'expected a quoted string'],
])('%s is refused', (_, file, message) => {
  expect(() => readSafetensors(file)).toThrow(SafetensorsError)
  expect(() => readSafetensors(file)).toThrow(message)
})

test('values are created once, on first access', () => {
  const [read] = readSafetensors(withHeader({ x: tensor('U8', [2], 0, 2) }, 2))
  expect(read!.values).toEqual(Float32Array.of(0, 0))
  expect(read!.values).toBe(read!.values)
})

test.each<[string, readonly NamedValues[], string]>([
  [
    'a duplicate name',
    [weights[0]!, weights[0]!],
    'duplicate tensor name "layer1/weights"; names must be unique',
  ],
  ['the name of the metadata', [{ ...weights[2]!, name: '__metadata__' }], 'is reserved by the format'],
  ['a shape of another size', [{ ...weights[0]!, shape: [3] }], 'has shape [3], i.e. 3 values, but got 6'],
  ['too long a name', [{ ...weights[2]!, name: 'ü'.repeat(2048) }], 'is too long; at most 4096'],
  [
    'too many tensors',
    Array.from({ length: 100_001 }, (_, at) => ({ ...weights[1]!, name: `${at}` })),
    'a file holds at most 100000 tensors',
  ],
  ['a fractional shape', [{ ...weights[0]!, shape: [1.5, 4] }], 'at most 8 non-negative integers'],
])('%s is not written', (_, tensors, message) => {
  expect(() => writeSafetensors(tensors)).toThrow(SafetensorsError)
  expect(() => writeSafetensors(tensors)).toThrow(message)
})

test(
  `${mutationCount} damaged files are refused with a SafetensorsError, or read as what they say`,
  () => {
    const sources = [fixture('weights'), fixture('types')]
    expectToBearDamage({
      parser: 'safetensors',
      make: (seed) => mutated(sources[seed % 2]!, seed),
      read: (file) => {
        for (const { shape, values } of readSafetensors(file)) expect(values).toHaveLength(sizeOf(shape))
      },
      ownError: SafetensorsError,
    })
  },
  mutationTime,
)
