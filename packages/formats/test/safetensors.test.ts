// Files that the format's own library writes, those that we write, and damaged ones.
import { readFileSync } from 'node:fs'
import { layers, type NamedValues, sequential, sizeOf } from '@bp/core'
import { describe, expect, test } from 'vitest'
import { readSafetensors, SafetensorsError, writeSafetensors } from '../src/safetensors.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

const fixture = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`fixtures/${name}.safetensors`, import.meta.url)))

/** What fixtures.py put into weights.safetensors, in another order. */
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

/** A file with a header as it is given and some bytes behind it. */
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
  test('the library writes are read: names, shapes, bits', () => {
    expect(byName(readSafetensors(fixture('weights')))).toEqual(byName(weights))
  })

  test('are written as the library writes them, byte by byte, whatever the order of the tensors', () => {
    expect(writeSafetensors(weights)).toEqual(fixture('weights'))
    expect(writeSafetensors([...weights].reverse())).toEqual(fixture('weights'))
  })

  test('of every type become numbers, past text that goes with them', () => {
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

  test('take a model to the same bits, in another with other weights', () => {
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

  test('do not load a matrix that is turned round', () => {
    const model = sequential([layers.dense({ units: 2, name: 'a' })], { inputShape: [3], seed: 1 })
    const turned = readSafetensors(
      writeSafetensors(
        model.variables.map(({ name, shape, values }) => ({ name, shape: [...shape].reverse(), values })),
      ),
    )
    expect(() => model.setWeights(turned)).toThrow('setWeights: "a/weights" is 3×2, 2×3 was given')
  })
})

test('a view into a larger buffer will do, and a file without tensors', () => {
  const file = fixture('weights')
  const outer = new Uint8Array(file.length + 3)
  outer.set(file, 3)
  expect(byName(readSafetensors(outer.subarray(3)))).toEqual(byName(weights))
  expect(readSafetensors(writeSafetensors([]))).toEqual([])
})

const x = tensor('F32', [2], 0, 8)
const entry = JSON.stringify(x)
test.each<[string, Uint8Array, string]>([
  ['no file', new Uint8Array(7), 'the file has 7 bytes, but 8 must say how long its header is'],
  ['a header cut off', withHeader({ x }).subarray(0, 20), 'the header should have 54 bytes, but 12 follow'],
  ['another format', new TextEncoder().encode('a,b\n1,2\n3,4\n'), 'the file is cut off or of another format'],
  ['a header too long', withHeader(' '.repeat(2 ** 24 + 1)), 'headers of up to 16777216 are read'],
  [
    'more tensors than a file may have',
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
  ['a header that is no text', withHeader('\xff').fill(255, 8), 'the header is not UTF-8 text'],
  ['no JSON', withHeader('[]'), 'the header has "[]" at byte 0, where "{" must be'],
  ['JSON cut off', withHeader('{"x":'), 'the header has the end at byte 5, where "{" must be'],
  [
    'text that is not closed',
    withHeader('{"x'),
    'the header has "\\"x" at byte 1, where text in quotes must be',
  ],
  ['text behind the header', withHeader(`{"x":${entry}}x`, 8), 'where the end must be'],
  ['a name twice', withHeader(`{"x":${entry},"\\u0078":${entry}}`, 8), 'the header has "x" twice'],
  ['a key twice', withHeader(`{"x":{"dtype":"F32",${entry.slice(1)}}`, 8), 'the header has "dtype" twice'],
  [
    'a key that is not known',
    withHeader({ x: { ...x, at: 1 } }, 8),
    'tensor "x" has "at", which is not known',
  ],
  [
    'a key that is missing',
    withHeader({ x: { ...x, shape: undefined } }, 8),
    'tensor "x" must have dtype, shape',
  ],
  ['one offset', withHeader({ x: { ...x, data_offsets: [0] } }, 8), 'two data_offsets'],
  ['three offsets', withHeader({ x: { ...x, data_offsets: [0, 8, 8] } }, 8), 'the end of at most 2 numbers'],
  [
    'nine dimensions',
    withHeader({ x: { ...x, shape: [1, 1, 1, 1, 1, 1, 1, 1, 2] } }, 8),
    'at most 8 numbers',
  ],
  ['a negative dimension', withHeader({ x: { ...x, shape: [-2] } }, 8), 'a whole number below 2^53 must be'],
  [
    'half a dimension',
    withHeader({ x: { ...x, shape: [1.5] } }, 8),
    '".5],\\"data_of" at byte 30, where "," must be',
  ],
  ['a dimension past 2^53', withHeader({ x: { ...x, shape: [2 ** 53] } }, 8), 'a whole number below 2^53'],
  [
    'sizes whose product is past any file',
    withHeader({ x: { ...x, shape: Array(8).fill(2 ** 52) } }, 8),
    'but lies from byte 0 to 8',
  ],
  [
    'a type that is not known',
    withHeader({ x: { ...x, dtype: 'F8_E4M3' } }, 8),
    'of type "F8_E4M3"; U64, I64, F64, F32',
  ],
  ['a type called like a property', withHeader({ x: { ...x, dtype: 'toString' } }, 8), 'of type "toString"'],
  [
    'too few bytes for the shape',
    withHeader({ x: tensor('F32', [3], 0, 8) }, 8),
    'tensor "x" is F32 of the shape [3], so 12 bytes, but lies from byte 0 to 8; the header is damaged',
  ],
  ['offsets turned round', withHeader({ x: tensor('F32', [2], 8, 0) }, 8), 'lies from byte 8 to 0'],
  [
    'an overlap',
    withHeader({ x, y: tensor('F32', [2], 4, 12) }, 12),
    'tensor "y" begins at byte 4, but the one before it ends at 8; there must be neither holes nor overlaps',
  ],
  ['a hole', withHeader({ x, y: tensor('F32', [1], 12, 16) }, 16), 'tensor "y" begins at byte 12'],
  ['a hole before the first', withHeader({ x: tensor('F32', [1], 4, 8) }, 8), 'the first must begin at 0'],
  ['numbers cut off', withHeader({ x }, 7), 'the tensors take 8 bytes, but 7 follow the header'],
  ['something behind the numbers', withHeader({ x }, 9), 'the tensors take 8 bytes, but 9 follow the header'],
  [
    'an integer that a number cannot hold',
    withHeader({ x: tensor('I64', [1], 0, 8) }, 8).fill(0x7f, -8),
    'tensor "x" holds 9187201950435738000, and whole numbers from 2^53 on cannot be told apart',
  ],
  [
    'a name without end',
    withHeader({ ['x'.repeat(5000)]: x }, 8),
    'a name of 5002 bytes; names of up to 4096 are read',
  ],
  ['an escape that JSON does not have', withHeader('{"__metadata__":{"a":"\\x41"}}'), 'where text in quotes'],
  ['a control character in text', withHeader('{"__metadata__":{"a":"\n"}}'), 'where text in quotes'],
  ['text twice', withHeader('{"__metadata__":{"a":"","a":""}}'), 'the header has "a" twice'],
  ['a number in the text that goes with it', withHeader({ __metadata__: { a: 1 } }), 'where text in quotes'],
])('%s is refused', (_, file, message) => {
  expect(() => readSafetensors(file)).toThrow(SafetensorsError)
  expect(() => readSafetensors(file)).toThrow(message)
})

test('numbers are made once, when they are first asked for', () => {
  const [read] = readSafetensors(withHeader({ x: tensor('U8', [2], 0, 2) }, 2))
  expect(read!.values).toEqual(Float32Array.of(0, 0))
  expect(read!.values).toBe(read!.values)
})

test.each<[string, readonly NamedValues[], string]>([
  ['a name twice', [weights[0]!, weights[0]!], 'tensor "layer1/weights" is there twice'],
  ['the name of the text', [{ ...weights[2]!, name: '__metadata__' }], 'which the format keeps for itself'],
  [
    'a shape of other size',
    [{ ...weights[0]!, shape: [3] }],
    'has the shape [3], so 3 numbers, but 6 were given',
  ],
  ['a name without end', [{ ...weights[2]!, name: 'ü'.repeat(2048) }], 'is too long; names of up to 4096'],
  [
    'more tensors than are read',
    Array.from({ length: 100_001 }, (_, at) => ({ ...weights[1]!, name: `${at}` })),
    'a file has up to 100000 tensors',
  ],
  ['a shape of no whole numbers', [{ ...weights[0]!, shape: [1.5, 4] }], 'at most 8 whole numbers'],
])('%s is not written', (_, tensors, message) => {
  expect(() => writeSafetensors(tensors)).toThrow(SafetensorsError)
  expect(() => writeSafetensors(tensors)).toThrow(message)
})

test(
  `${mutationCount} damaged files are refused with its own error, or read as what they say`,
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
