// Archives written by NumPy, archives written by us, and damaged ones.
import { readFileSync } from 'node:fs'
import { layers, type NamedValues, sequential, sizeOf } from '@bp/core'
import { strToU8, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { NpzError, readNpz, writeNpz } from '../src/npz.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

const fixture = (name: string) => Uint8Array.from(readFileSync(new URL(`fixtures/${name}`, import.meta.url)))
const npy = fixture('f4.npy')
/** The contents that fixtures.py puts into both archives. */
const arrays: readonly NamedValues[] = [
  {
    name: 'layer1/weights',
    shape: [2, 3],
    values: Float32Array.of(0, -0, 1.5, -2.25, Number.POSITIVE_INFINITY, 1e-45),
  },
  { name: 'größe', shape: [2], values: Float64Array.of(0.1, 1e-310) },
  { name: 'empty', shape: [0, 3], values: new Float32Array(0) },
]

/** Everything in an archive, which is otherwise read lazily. */
const readAll = (file: Uint8Array): NamedValues[] =>
  readNpz(file).map(({ name, shape, values }) => ({ name, shape, values }))

test.each(['stored.npz', 'deflated.npz'])('%s from NumPy is read', (name) => {
  expect(readAll(fixture(name))).toEqual(arrays)
})

test('an archive is read back, contains the bytes of NumPy, and does not depend on the time', () => {
  const file = writeNpz(arrays)
  expect(readAll(file)).toEqual(arrays)
  expect(Buffer.from(file).includes(Buffer.from(npy))).toBe(true)
  expect(writeNpz(arrays)).toEqual(file)
  expect(readNpz(writeNpz([]))).toEqual([])
})

test('a model takes another’s weights to the bit', () => {
  const model = (seed: number) =>
    sequential([layers.dense({ units: 3, activation: 'tanh' }), layers.dense({ units: 1 })], {
      inputShape: [2],
      seed,
    })
  const [from, to] = [model(1), model(2)]
  to.setWeights(readNpz(writeNpz(from.variables)))
  expect(to.getWeights()).toEqual(from.getWeights())
})

/** Changes 32 bits of the directory entry at the end of an archive of one file. */
const withDirectory = (file: Uint8Array, offset: number, value: number) => {
  const changed = Uint8Array.from(file)
  new DataView(changed.buffer).setUint32(Buffer.from(file).lastIndexOf('PK\x01\x02') + offset, value, true)
  return changed
}
/** The same archive with a file renamed to a name of the same length. */
const renamed = (file: Uint8Array, from: string, to: string) => {
  const changed = Buffer.from(file)
  for (let at = changed.indexOf(from); at >= 0; at = changed.indexOf(from)) changed.write(to, at)
  return changed
}
const [packedSize, unpackedSize] = [20, 24]
const zeros = new Uint8Array(100_000)

test.each<[string, Uint8Array, string]>([
  ['no bytes', new Uint8Array(0), 'the file is empty'],
  ['another format', new Uint8Array(99), 'the file is not a readable zip archive'],
  ['a single array', npy, 'the file is an NPY array; read it with readNpy'],
  ['a truncated archive', fixture('stored.npz').subarray(0, -30), 'the file is not a readable zip archive'],
  [
    'another kind of file in it',
    zipSync({ 'a.npy': npy, 'b.txt': npy }),
    'file "b.txt" is not a .npy file; remove it',
  ],
  [
    'a file named like a property of objects',
    renamed(zipSync({ prototype: npy }), 'prototype', '__proto__'),
    'file "__proto__" is not a .npy file',
  ],
  [
    'a .npy file that is not one',
    zipSync({ 'a.npy': strToU8('text') }),
    'array "a": the file does not begin',
  ],
  ['objects', zipSync({ 'a.npy': fixture('O.npy') }), `array "a": the array has type '|O'`],
  [
    'a wrong size',
    withDirectory(zipSync({ 'a.npy': zeros }), unpackedSize, 99_999_999),
    'file "a.npy" cannot unpack to 99999999 bytes from',
  ],
  [
    'more bytes than the archive has',
    withDirectory(zipSync({ 'a.npy': npy }), packedSize, 99_999),
    'the archive is damaged',
  ],
  [
    'too large a size',
    withDirectory(zipSync({ 'a.npy': npy }), unpackedSize, 2 ** 30 + 1),
    'the archive unpacks to more than 100000 arrays or 1073741824 bytes; split it',
  ],
])('%s is refused', (_, file, message) => {
  expect(() => readAll(file)).toThrow(NpzError)
  expect(() => readAll(file)).toThrow(message)
})

test('a duplicate name is neither read nor written', () => {
  const twice = renamed(zipSync({ 'a.npy': npy, 'b.npy': npy }), 'b.npy', 'a.npy')
  expect(() => readNpz(twice)).toThrow('duplicate array name "a"; names must be unique')
  expect(() => writeNpz([arrays[0]!, arrays[0]!])).toThrow(
    'duplicate array name "layer1/weights"; names must be unique',
  )
  expect(() => writeNpz([{ ...arrays[0]!, shape: [5] }])).toThrow(NpzError)
  expect(() => writeNpz([{ ...arrays[0]!, shape: [5] }])).toThrow(
    'array "layer1/weights": the array has shape [5]',
  )
})

test('every changed bit is detected, in the values and in the shape', () => {
  const file = zipSync({ 'a.npy': npy }, { level: 0 })
  const begin = Buffer.from(file).indexOf(npy)
  for (let bit = 0; bit < 8 * npy.length; bit++) {
    const damaged = Uint8Array.from(file)
    damaged[begin + (bit >> 3)]! ^= 1 << (bit & 7)
    expect(() => readNpz(damaged)[0]!.values).toThrow(
      'array "a" does not match its checksum; the archive is damaged',
    )
  }
})

test('an archive with a zip64 end record is read', () => {
  const file = fixture('stored.npz')
  const at = file.length - 22
  const old = new DataView(file.buffer, at)
  // APPNOTE.TXT, 4.3.14 and 4.3.15: the zip64 end record and its locator.
  const more = new DataView(new ArrayBuffer(56 + 20))
  more.setUint32(0, 0x06064b50, true)
  more.setUint32(32, old.getUint16(10, true), true)
  more.setUint32(40, old.getUint32(12, true), true)
  more.setUint32(48, old.getUint32(16, true), true)
  more.setUint32(56, 0x07064b50, true)
  more.setUint32(64, at, true)
  const end = file.slice(at).fill(255, 8, 20)
  expect(readAll(Uint8Array.of(...file.subarray(0, at), ...new Uint8Array(more.buffer), ...end))).toEqual(
    arrays,
  )
})

test('too many arrays for an archive are not written', () => {
  const many = Array.from({ length: 65_536 }, (_, at) => ({ ...arrays[2]!, name: `${at}` }))
  expect(() => writeNpz(many)).toThrow('65536 arrays, but an archive holds at most 65535; write several')
})

test(
  `${mutationCount} damaged archives are refused with an NpzError, or read as what they were`,
  () => {
    const sources = ['stored.npz', 'deflated.npz'].map(fixture)
    const known = new Map(arrays.map(({ name, values }) => [name, values]))
    expectToBearDamage({
      parser: 'NPZ',
      make: (seed) => mutated(sources[seed % 2]!, seed),
      read: (file) => {
        // Names have no checksum, and an entry may be lost from the directory.
        for (const { name, shape, values } of readNpz(file)) {
          expect(values).toHaveLength(sizeOf(shape))
          if (known.has(name)) expect(values).toEqual(known.get(name))
        }
      },
      ownError: NpzError,
    })
  },
  mutationTime,
)
