// Every parser accepts bytes in every form JavaScript has, modifies none of them, and identifies files of other formats.
import { readdirSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { adam, BackpropagationError, createRun, input, layers, sequential, xor } from '@bp/core'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { readCheckpoint, writeCheckpoint } from '../src/checkpoint.js'
import { graphDefBytes, graphDefText, readGraphDefBytes, readGraphDefText } from '../src/graph-def.js'
import { parseIdx } from '../src/idx.js'
import { readModel, writeModel } from '../src/model.js'
import { readNpy, writeNpy } from '../src/npy.js'
import { readNpz, writeNpz } from '../src/npz.js'
import { writeOnnx } from '../src/onnx.js'
import { readSafetensors, writeSafetensors } from '../src/safetensors.js'
import { graphEvent, readEvents, scalarsEvent, versionEvent } from '../src/tfevents.js'

const model = sequential([layers.dense({ units: 3 }), layers.dense({ units: 1 })], {
  inputShape: [2],
  seed: 1,
})
const run = createRun({
  model,
  loss: 'sigmoidCrossEntropy',
  optimizer: adam({ learningRate: 0.1 }),
  data: xor(),
  epochs: 3,
  seed: 1,
})
run.step()

const utf8 = (text: string) => new TextEncoder().encode(text)
const values = Float32Array.of(1, -2, 3, 4, 5, 6)

const nodes = [
  { name: 'x', op: 'Placeholder', inputs: [], shape: [4, -1] },
  { name: 'größe/Mean', op: 'Mean', inputs: ['x'], shape: null },
]

interface Parser {
  readonly file: Uint8Array
  // Each takes its own kind of file.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly read: (file: any) => unknown
  readonly isText?: true
}

/** All parsers, each with a file and a way to read everything in it. */
const parsers: Readonly<Record<string, Parser>> = {
  parseIdx: { file: Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6), read: parseIdx },
  readNpy: { file: writeNpy({ shape: [2, 3], values }), read: readNpy },
  readNpz: {
    file: writeNpz([{ name: 'x', shape: [6], values }]),
    read: (file) => readNpz(file).map(({ name, shape, values }) => ({ name, shape, values })),
  },
  readSafetensors: {
    file: writeSafetensors([{ name: 'x', shape: [2, 3], values }]),
    read: (file) => readSafetensors(file).map(({ name, shape, values }) => ({ name, shape, values })),
  },
  readCheckpoint: { file: writeCheckpoint(run.save(), 'about'), read: readCheckpoint },
  readGraphDefText: { file: utf8(graphDefText(nodes)), read: readGraphDefText, isText: true },
  readGraphDefBytes: { file: Buffer.from(graphDefBytes(nodes)), read: readGraphDefBytes },
  readEvents: {
    file: Buffer.concat([
      versionEvent(1.5e9),
      graphEvent(nodes, 1.5e9),
      scalarsEvent({ epoch: 1, step: 2, loss: 0.5, accuracy: 1, validation: null }, 1.5e9),
    ]),
    read: readEvents,
  },
  readModel: {
    file: utf8(writeModel(model)),
    read: (file) => writeModel(readModel(file)),
    isText: true,
  },
}

test('every parser this package exports is in the table', () => {
  const source = new URL('../src/', import.meta.url)
  const exported = readdirSync(source).flatMap((name) =>
    name.endsWith('.ts')
      ? [
          ...readFileSync(new URL(name, source), 'utf8').matchAll(
            /^export function ((?:read|parse)[A-Z]\w*)/gm,
          ),
        ].map(([, parser]) => parser!)
      : [],
  )
  const internal = [
    'readElements',
    'readColumns',
    'readNpyHeader',
    'readSafetensorsWithText',
    'parseCheckpoint',
  ]
  expect(exported.filter((name) => !internal.includes(name)).sort()).toEqual(Object.keys(parsers).sort())
})

/** The same bytes within others, at an offset not aligned to four bytes. */
const within = (bytes: Uint8Array, buffer: ArrayBufferLike, at = 13) => {
  const all = new Uint8Array(buffer).fill(0xaa)
  all.set(bytes, at)
  return { buffer, at, length: bytes.length }
}
const forms: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  'a Uint8Array': (bytes) => Uint8Array.from(bytes),
  'a Buffer in a pool': (bytes) => {
    const { buffer, at, length } = within(bytes, new ArrayBuffer(bytes.length + 32))
    return Buffer.from(buffer as ArrayBuffer, at, length)
  },
  'a plain Buffer': (bytes) => Buffer.from(bytes),
  'a part of a larger Uint8Array': (bytes) => {
    const { buffer, at, length } = within(bytes, new ArrayBuffer(bytes.length + 32))
    return new Uint8Array(buffer, at, length)
  },
  'an Int8Array': (bytes) => Int8Array.from(bytes),
  'a Uint8ClampedArray': (bytes) => Uint8ClampedArray.from(bytes),
  'a DataView': (bytes) => {
    const { buffer, at, length } = within(bytes, new ArrayBuffer(bytes.length + 32))
    return new DataView(buffer, at, length)
  },
  'an ArrayBuffer': (bytes) => Uint8Array.from(bytes).buffer,
  'shared memory': (bytes) => {
    const buffer = new SharedArrayBuffer(bytes.length)
    new Uint8Array(buffer).set(bytes)
    return buffer
  },
  'a view of shared memory': (bytes) => {
    const { buffer, at, length } = within(bytes, new SharedArrayBuffer(bytes.length + 32))
    return new Uint8Array(buffer, at, length)
  },
}
const bytesOf = (form: unknown) =>
  ArrayBuffer.isView(form)
    ? new Uint8Array(form.buffer)
    : new Uint8Array(form as ArrayBuffer | SharedArrayBuffer)

describe.each(Object.entries(parsers))('%s', (name, { file, read, isText }) => {
  const expected = read(Uint8Array.from(file))

  test.each(Object.entries(forms))('accepts %s, and does not modify it', (_, make) => {
    const form = make(file)
    const before = Uint8Array.from(bytesOf(form))
    expect(read(form)).toEqual(expected)
    expect(Uint8Array.from(bytesOf(form))).toEqual(before)
  })

  test.runIf(isText)('accepts strings, with and without a byte order mark', () => {
    const text = new TextDecoder().decode(file)
    expect(read(text)).toEqual(expected)
    expect(read(`\uFEFF${text}`)).toEqual(expected)
    expect(read(utf8(`\uFEFF${text}`))).toEqual(expected)
  })

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /got undefined/],
    ['null', null, /got null/],
    ['a number', 7, /a value of type Number/],
    ['an array', [1, 2], /Uint8Array\.from\(array\)/],
    ['a promise', Promise.resolve(file), /a Promise; await it/],
    ['a response', new Response(''), /await response\.arrayBuffer\(\)/],
    ['a blob', new Blob([]), /await blob\.arrayBuffer\(\)/],
    ...(isText ? [] : [['a path', 'data/file', /readFileSync\(path\)/] as [string, unknown, RegExp]]),
  ])('refuses %s by name', (_, given, message) => {
    expect(() => read(given)).toThrow(BackpropagationError)
    expect(() => read(given)).toThrow(`${name} expects `)
    expect(() => read(given)).toThrow(message)
  })

  const strangers: Readonly<Record<string, readonly [bytes: Uint8Array, RegExp]>> = {
    'no bytes': [new Uint8Array(0), /the file is empty/],
    'a PyTorch file': [
      zipSync({ 'model/data.pkl': Uint8Array.of(0x80, 2), 'model/version': utf8('3') }),
      /PyTorch.*save the weights as safetensors/,
    ],
    // Files from torch.save before version 1.6 begin with a pickle of its magic number.
    'an old PyTorch file': [
      Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
      /PyTorch.*save the weights as safetensors/,
    ],
    'a pickle': [Uint8Array.of(0x80, 4, 0x95, 20, 0, 0, 0, 0, 0, 0, 0, 0x7d), /pickle/],
    'a Keras model': [zipSync({ 'metadata.json': utf8('{}') }), /Keras/],
    'a spreadsheet': [zipSync({ '[Content_Types].xml': utf8('<x/>') }), /export the table as CSV/],
    'a gzip file': [gzipSync(file), /gzip; decompress it first/],
    HDF5: [Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0, 0), /HDF5.*NPZ/],
    HTML: [utf8('\n<!DOCTYPE html><html><body>404</body></html>'), /an HTML page; check the URL/],
    'a Git LFS pointer': [
      utf8('version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n'),
      /git lfs pull/,
    ],
    'an ONNX model': [
      (() => {
        const x = input([1, 2])
        return writeOnnx({ inputs: { x }, outputs: { y: model.apply(x) } })
      })(),
      /ONNX/,
    ],
    'an event file': [versionEvent(1.5e9), /TensorBoard/],
    'an image': [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0), /an image/],
    PDF: [utf8('%PDF-1.7\n'), /PDF/],
    Parquet: [utf8('PAR1\x15\x04PAR1'), /Parquet/],
    SQLite: [utf8('SQLite format 3\0'), /SQLite/],
  }
  const unknown = Object.entries(strangers).filter(
    ([what]) => !(name === 'readEvents' && what === 'an event file'),
  )
  test.each(unknown)('recognizes %s', (_, [bytes, message]) => {
    expect(() => read(Buffer.from(bytes))).toThrow(BackpropagationError)
    if (isText && bytes.length === 0) return
    expect(() => read(Buffer.from(bytes))).toThrow(message)
  })

  const others = Object.entries(parsers).filter(
    ([other, { isText: text }]) => other !== name && other !== 'readCheckpoint' && !text,
  )
  test.each(others)('names the parser for a file for %s', (other, { file }) => {
    if (name === 'readCheckpoint' && other === 'readSafetensors') return
    expect(() => read(file)).toThrow(BackpropagationError)
    expect(() => read(file)).toThrow(`read it with ${other} of @bp/formats/`)
  })
})
