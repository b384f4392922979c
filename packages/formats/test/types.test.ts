// Arrays of every type in every array format: each is written in its own type.
import { BackpropagationError, layers, sequential } from '@bp/core'
import { describe, expect, test } from 'vitest'
import type { NamedArray, NumberArray } from '../src/elements.js'
import { readNpy, writeNpy } from '../src/npy.js'
import { readNpz, writeNpz } from '../src/npz.js'
import { readSafetensors, writeSafetensors } from '../src/safetensors.js'

const half = (globalThis as { Float16Array?: { from(values: number[]): NumberArray } }).Float16Array

/** Every typed array, with its smallest and largest value, and its type name in each format. */
const arrays: Readonly<Record<string, readonly [values: NumberArray, safetensors: string, npy: string]>> = {
  Float64Array: [Float64Array.of(-1e300, 0.1), 'F64', '<f8'],
  Float32Array: [Float32Array.of(-3.4e38, 1e-45), 'F32', '<f4'],
  BigInt64Array: [BigInt64Array.of(-(2n ** 53n) + 1n, 1n), 'I64', '<i8'],
  BigUint64Array: [BigUint64Array.of(0n, 2n ** 53n - 1n), 'U64', '<u8'],
  Int32Array: [Int32Array.of(-(2 ** 31), 1), 'I32', '<i4'],
  Uint32Array: [Uint32Array.of(1, 2 ** 32 - 1), 'U32', '<u4'],
  Int16Array: [Int16Array.of(-(2 ** 15), 1), 'I16', '<i2'],
  Uint16Array: [Uint16Array.of(1, 2 ** 16 - 1), 'U16', '<u2'],
  Int8Array: [Int8Array.of(-128, 1), 'I8', '|i1'],
  Uint8Array: [Uint8Array.of(1, 255), 'U8', '|u1'],
  Uint8ClampedArray: [Uint8ClampedArray.of(1, 255), 'U8', '|u1'],
  Buffer: [Buffer.from([1, 255]), 'U8', '|u1'],
  ...(half && { Float16Array: [half.from([-65504, 2 ** -24]), 'F16', '<f2'] }),
}

test('every typed array is in the table', () => {
  const typed = Object.getOwnPropertyNames(globalThis).filter((name) =>
    /^(Big)?(Ui|I|Fl).*\d(Clamped)?Array$/.test(name),
  )
  expect(Object.keys(arrays)).toEqual(expect.arrayContaining(typed))
})

const latin1 = (file: Uint8Array) => Buffer.from(file).toString('latin1')

interface Format {
  readonly write: (tensor: NamedArray) => Uint8Array
  readonly read: (file: Uint8Array) => { shape: readonly number[]; values: ArrayLike<number> }
  readonly says: (safetensors: string, npy: string) => string
}
const formats: Readonly<Record<string, Format>> = {
  safetensors: {
    write: (tensor) => writeSafetensors([tensor]),
    read: (file) => readSafetensors(file)[0]!,
    says: (dtype) => `"dtype":"${dtype}"`,
  },
  NPY: { write: writeNpy, read: readNpy, says: (_, descr) => `'descr': '${descr}'` },
  NPZ: {
    write: (tensor) => writeNpz([tensor]),
    read: (file) => readNpz(file)[0]!,
    says: (_, descr) => `'descr': '${descr}'`,
  },
}

describe.each(Object.entries(formats))('%s', (_, { write, read, says }) => {
  test.each(Object.entries(arrays))('stores a %s unchanged', (_, [values, dtype, descr]) => {
    const file = write({ name: 'x', shape: [2, 1], values })
    expect(latin1(file)).toContain(says(dtype, descr))
    const found = read(file)
    expect(found.shape).toEqual([2, 1])
    expect(Array.from(found.values)).toEqual(Array.from(values as unknown as ArrayLike<number>, Number))
  })

  test.each(Object.entries(arrays))('stores a part of a larger %s', (_, [values, , descr]) => {
    const one = (values as Float32Array).subarray(1)
    const found = read(write({ name: 'x', shape: [1], values: one }))
    expect(Array.from(found.values)).toEqual([Number(one[0])])
    expect(descr).toBeTruthy()
  })

  test.each<[string, unknown]>([
    ['an array of numbers', [1, 2]],
    ['a DataView', new DataView(new ArrayBuffer(2))],
    ['an ArrayBuffer', new ArrayBuffer(2)],
    ['nothing', undefined],
    ['text', '12'],
  ])('refuses %s as values, by name', (_, values) => {
    const attempt = () => write({ name: 'x', shape: [2], values: values as Float32Array })
    expect(attempt).toThrow(BackpropagationError)
    expect(attempt).toThrow(/typed array/)
  })

  test('refuses values without a shape', () => {
    const attempt = () => write({ name: 'x', values: Float32Array.of(1) } as unknown as NamedArray)
    expect(attempt).toThrow(BackpropagationError)
    expect(attempt).toThrow(/no shape/)
  })
})

const model = sequential([layers.dense({ units: 2 }), layers.batchNorm()], { inputShape: [3], seed: 1 })

describe.each([
  ['writeSafetensors', writeSafetensors, readSafetensors],
  ['writeNpz', writeNpz, readNpz],
] as const)('%s', (name, write, read) => {
  test('accepts a model, and writes its variables', () => {
    expect(write(model)).toEqual(write(model.variables))
    const again = sequential([layers.dense({ units: 2 }), layers.batchNorm()], { inputShape: [3], seed: 2 })
    again.setWeights(read(write(model)))
    expect(again.getWeights()).toEqual(model.getWeights())
  })

  test.each<[string, unknown, RegExp]>([
    ['weights by name', model.getWeights(), /pass the model itself/],
    ['a single tensor', model.variables[0], /expects a model, or a list/],
    ['an object', { a: 1 }, /got an object/],
    ['nothing', undefined, /got undefined/],
    ['null', null, /got/],
    ['numbers', [1, 2], /entry 0 has no name/],
    ['tensors without names', [{ shape: [1], values: Float32Array.of(1) }], /entry 0 has no name/],
  ])('refuses %s by name', (_, given, message) => {
    expect(() => write(given as [])).toThrow(BackpropagationError)
    expect(() => write(given as [])).toThrow(name)
    expect(() => write(given as [])).toThrow(message)
  })

  test('a tensor that is read keeps its values when copied under another name', () => {
    const [first] = read(write(model))
    const copy = { ...first!, name: 'other' }
    expect(Object.keys(copy).sort()).toEqual(['name', 'shape', 'values'])
    expect(copy.values).toEqual(first!.values)
    expect(copy.shape).toEqual(first!.shape)
    expect(read(write([copy]))[0]).toMatchObject({ name: 'other', values: first!.values })
    expect(structuredClone(first!)).toEqual({ ...first })
  })
})

test('tensors are in the order of the reference library: by type, then by name', () => {
  const one = (name: string, values: NumberArray) => ({ name, shape: [values.length], values })
  const file = writeSafetensors([
    one('b', Int32Array.of(1)),
    one('a', Uint8Array.of(1)),
    one('c', Float32Array.of(1)),
    one('a2', BigInt64Array.of(1n)),
    one('d', Float64Array.of(1)),
    one('b2', Float32Array.of(1)),
  ])
  expect(readSafetensors(file).map(({ name }) => name)).toEqual(['a2', 'd', 'b2', 'c', 'b', 'a'])
})
