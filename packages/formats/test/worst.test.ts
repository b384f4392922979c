// Adversarial files: a parser's memory is limited to twice the file plus 16 MiB.
import { createHash } from 'node:crypto'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { CheckpointError, readCheckpoint } from '../src/checkpoint.js'
import { crc32c } from '../src/checksums.js'
import { GraphDefError, readGraphDefText } from '../src/graph-def.js'
import { IdxError, parseIdx } from '../src/idx.js'
import { ModelFileError, readModel } from '../src/model.js'
import { NpyError, readNpy } from '../src/npy.js'
import { NpzError, readNpz, writeNpz } from '../src/npz.js'
import { readSafetensors, SafetensorsError } from '../src/safetensors.js'
import { EventsError, readEvents } from '../src/tfevents.js'
import { filled, size } from './filled.js'
import { expectToFit, measure, memoryFor, settled } from './measure.js'

/** Per test, in ms, most of which is spent creating the file. */
const patience = 60_000

const listOf = (length: number, entry: (index: string) => string, between = ',') =>
  Array.from({ length }, (_, index) => entry(index.toString(36))).join(between)

const header = (json: string, data = 0) => {
  const text = strToU8(json)
  const file = new Uint8Array(8 + text.length + data)
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true)
  file.set(text, 8)
  return file
}
const tensors = (entry: (index: string) => string) => header(`{${listOf(100_000, entry)}}`)
const npy = (descr: string, shape: string, data: number, fortran = 'False') => {
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`
  const file = new Uint8Array(10 + dictionary.length + data)
  file.set(Uint8Array.of(0x93, ...strToU8('NUMPY'), 1, 0, dictionary.length))
  file.set(strToU8(dictionary), 10)
  return file
}
const idx = (type: number, count: number, bytes: number) => {
  const file = new Uint8Array(8 + bytes)
  file.set([0, 0, type, 1])
  new DataView(file.buffer).setUint32(4, count)
  return file
}
const model = (layers: readonly (readonly [kind: string, options: object])[], shape: readonly number[]) =>
  JSON.stringify({
    format: 'backpropagation-model',
    version: 1,
    seed: 1,
    layers: layers.map(([kind, options]) => ({ kind, options })),
    tensors: [{ shape }, ...layers.map((_, index) => ({ layer: index, inputs: [index] }))],
    inputs: 0,
    outputs: layers.length,
  })
const stack = (times: number, kind: string, options: object, shape: readonly number[]) =>
  model(Array(times).fill([kind, options]), shape)
const inJson = (text: string) => `{"format":${text}}`

type Shapes<File> = Readonly<Record<string, readonly [make: () => File, outcome: 'read' | RegExp]>>

/** A checkpoint with a valid digest, of JSON text and tensors. */
const checkpoint = (run: string, tensors = '') => {
  const text = `"__metadata__":{"checkpoint":"1","sha256":"${'0'.repeat(64)}","run":${JSON.stringify(run)}}`
  const file = header(`{${text}${tensors}}`)
  const digest = createHash('sha256').update(file).digest('hex')
  file.set(strToU8(digest), Buffer.from(file).indexOf('0'.repeat(64)))
  return file
}
const checkpoints: Shapes<Uint8Array> = {
  '100,000 tensors': [
    () => checkpoint('{}', `,${listOf(99_999, (index) => `"weights/${index}":{${small}}`)}`),
    /does not describe its run/,
  ],
  'damage with a matching digest': [() => checkpoint('{}', '['), /expected ","/],
  'a run of the wrong type': [
    () => checkpoint(`[${listOf(100_000, () => '{}')}]`),
    /does not describe its run/,
  ],
  'a history of the wrong type': [
    () => checkpoint(`{"state":{"history":[${listOf(100_000, () => '1')}]}}`),
    /does not describe its run/,
  ],
  'a run of too many values': [
    () => checkpoint(`[${listOf(2_000_010, () => '1')}]`),
    /more than 2000000 values/,
  ],
  zeros: [() => new Uint8Array(size), /not a checkpoint/],
}

const small = '"dtype":"U8","shape":[0],"data_offsets":[0,0]'
const safetensors: Shapes<Uint8Array> = {
  '100,000 tensors': [() => tensors((index) => `"${index}":{${small}}`), 'read'],
  '100,000 tensors in reverse order': [
    () => {
      const json = `{${Array.from({ length: 100_000 }, (_, at) => {
        const begin = 99_999 - at
        return `"${at.toString(36)}":{"dtype":"U8","shape":[1],"data_offsets":[${begin},${begin + 1}]}`
      })}}`
      return header(json, 100_000)
    },
    'read',
  ],
  '100,000 tensors of eight dimensions': [
    () => tensors((index) => `"${index}":{${small.replace('[0]', '[0,0,0,0,0,0,0,0]')}}`),
    'read',
  ],
  '100,000 tensors with names of two bytes per character': [
    () => tensors((index) => `"이${index.padStart(95, '-')}":{${small}}`),
    'read',
  ],
  'one tensor too many': [
    () => header(`{${listOf(100_001, (index) => `"${index}":{${small}}`)}}`),
    /more than 100000 tensors/,
  ],
  metadata: [
    () => header(`{"__metadata__":{${listOf(100_000, (index) => `"${index}":"이${'x'.repeat(150)}"`)}}}`),
    'read',
  ],
  escapes: [() => header(`{"__metadata__":{"a":"${'\\u0041'.repeat(2_700_000)}"}}`), 'read'],
  'a long name': [() => header(`{"${'x'.repeat(16_000_000)}":{${small}}}`), /at most 4096 are allowed/],
  'a long name of escapes': [() => header(`{"${'\\n'.repeat(8_000_000)}":{${small}}}`), /at most 4096/],
  brackets: [() => header('['.repeat(16_000_000)), /expected "{"/],
  'brackets in a shape': [
    () => header(`{"a":{"dtype":"U8","shape":${'['.repeat(16_000_000)}`),
    /expected an integer/,
  ],
  'digits in a shape': [() => header(`{"a":{"shape":[${'9'.repeat(16_000_000)}`), /expected an integer/],
  spaces: [() => header(' '.repeat(16_000_000)), /the end/],
  'bytes of integers': [
    () => header(`{"a":{"dtype":"U8","shape":[${size}],"data_offsets":[0,${size}]}}`, size),
    'read',
  ],
  'integers of 64 bits': [
    () => header(`{"a":{"dtype":"I64","shape":[${size / 8}],"data_offsets":[0,${size}]}}`, size),
    'read',
  ],
}

const arrays: Shapes<Uint8Array> = {
  'bytes of integers': [() => npy('|u1', `(${size},)`, size), 'read'],
  'integers of 64 bits': [() => npy('>i8', `(${size / 8},)`, size), 'read'],
  'a header of brackets': [() => npy('['.repeat(65_000), '()', 0), /type|dictionary|header/],
}

const archives: Shapes<Uint8Array> = {
  'a thousand times its size': [() => zipSync({ 'a.npy': npy('|u1', `(${size},)`, size) }), 'read'],
  'many arrays': [
    () => {
      const values = new Float32Array(1)
      return writeNpz(Array.from({ length: 5000 }, (_, name) => ({ name: `${name}`, shape: [1], values })))
    },
    'read',
  ],
  'many packed arrays': [
    () => {
      const file = npy('|u1', '(0,)', 0)
      return zipSync(Object.fromEntries(Array.from({ length: 5000 }, (_, name) => [`${name}.npy`, file])))
    },
    'read',
  ],
  'almost an end record at every offset': [() => filled('', 'PK\x05'), /not a readable zip archive/],
}

const models: Shapes<string> = {
  'endless brackets': [() => '['.repeat(size), /a model file has at most/],
  brackets: [() => inJson('['.repeat(99) + ']'.repeat(99)), /no "format"/],
  'many small objects': [() => inJson(`[${listOf(24_000, () => '{}')}]`), /no "format"/],
  'many small lists': [() => inJson(`[${listOf(24_000, () => '[]')}]`), /no "format"/],
  'many kinds of objects': [() => inJson(`[${listOf(16_000, (index) => `{"${index}":0}`)}]`), /no "format"/],
  'many keys': [() => inJson(`{${listOf(24_000, (index) => `"${index}":0`)}}`), /no "format"/],
  'too many values': [() => `[${'{},'.repeat(5_000_000)}{}]`, /a model file has at most/],
  'one string': [() => Buffer.from(filled('["', 'x', '"]')).toString(), /no "format"/],
  'one string of two bytes per character': [
    () => Buffer.from(filled('["이', 'x', '"]')).toString(),
    /no "format"/,
  ],
  'dense layers': [() => stack(2000, 'dense', { units: 1 }, [1]), 'read'],
  'batch normalisation': [() => stack(2000, 'batchNorm', {}, [3]), 'read'],
  'group normalisation': [() => stack(2000, 'groupNorm', { groups: 1 }, [3, 1]), 'read'],
  convolutions: [() => stack(2000, 'conv2d', { filters: 1, kernelSize: 1 }, [3, 3, 1]), 'read'],
  'depthwise convolutions': [() => stack(2000, 'depthwiseConv2d', { kernelSize: 1 }, [3, 3, 1]), 'read'],
  attention: [() => stack(500, 'multiHeadAttention', { heads: 1, causal: true }, [9, 1]), 'read'],
  'transformer blocks': [() => stack(250, 'transformerBlock', { heads: 1, dropout: 0.5 }, [9, 2]), 'read'],
  ...Object.fromEntries(
    ['rnn', 'lstm', 'gru'].map((kind) => [
      `${kind} of 10,000 steps, the maximum number of times`,
      [() => stack(250, kind, { units: 1, returnSequences: true }, [10_000, 1]), 'read'] as const,
    ]),
  ),
  'sixteen million sines': [
    () => stack(2000, 'positionalEmbedding', { kind: 'sinusoidal' }, [4096, 4096]),
    'read',
  ],
  'attention of 16,384 positions': [
    () => model([['multiHeadAttention', { heads: 1, causal: true }]], [16_384, 16_384]),
    'read',
  ],
  'windows of 25 million cells': [
    () => stack(2000, 'maxPool2d', { size: 5000, stride: 1 }, [5000, 5000, 1]),
    /maxPool2d/,
  ],
  '65,536 groups': [
    () => model([['conv2d', { filters: 65_536, kernelSize: 1, groups: 65_536 }]], [1, 1, 65_536]),
    'read',
  ],
  'one layer called repeatedly': [
    () =>
      model([['flatten', {}]], [3]).replace(
        '],"inputs":0',
        `,${listOf(4998, () => '{"layer":0,"inputs":[0]}')}],"inputs":0`,
      ),
    'read',
  ],
}

function held<File extends string | Uint8Array>(
  parser: string,
  shapes: Shapes<File>,
  read: (file: File) => unknown,
  ownError: abstract new (...parameters: never[]) => Error,
): void {
  it.each(Object.entries(shapes))(
    `${parser}: %s`,
    async (shape, [make, outcome]) => {
      const file = make()
      const bytes = typeof file === 'string' ? Buffer.byteLength(file) : file.length
      await settled()
      let [found, error]: unknown[] = []
      const measured = measure(() => {
        try {
          found = read(file)
        } catch (thrown) {
          error = thrown
        }
      })
      if (outcome === 'read') expect(error).toBeUndefined()
      else {
        expect(found).toBeUndefined()
        expect(error).toBeInstanceOf(ownError)
        expect((error as Error).message).toMatch(outcome)
        expect((error as Error).message.length).toBeLessThan(1000)
      }
      expectToFit(`${parser}, ${shape}`, bytes, measured)
    },
    patience,
  )
}

const graphs: Shapes<string | Uint8Array> = {
  'nodes without a name': [() => filled('', 'node{}'), /no name/],
  'many nodes': [() => listOf(400_000, (index) => `node{name:"${index}"}`, ''), /more than 20000 nodes/],
  'many inputs': [() => filled('node{name:"a"', 'input:""', '}'), /more than 50000 inputs/],
  'many inputs of many nodes': [
    () => listOf(16_000, (index) => `node{name:"${index}"${'input:"0"'.repeat(3)}}`, ''),
    'read',
  ],
  'a long name': [() => filled('node{name:"', 'x', '"}'), /more than 4096 characters/],
  'a long value': [() => filled('node{name:"a" attr{key:"v" value{s:"', '\\000', '"}}}'), 'read'],
  'a comment': [() => filled('node{name:"a"}#', 'x'), 'read'],
  comments: [() => filled('node{name:"a"}', '#\n'), 'read'],
  'a list': [() => filled('node{name:"a" v:[0', ',0', ']}'), 'read'],
  'many fields': [() => filled('node{name:"a"', ' a:0', '}'), 'read'],
  'many shapes': [
    () => filled('node{name:"a" attr{key:"_output_shapes" value{list{', 'shape{dim{size:1}}', '}}}}'),
    'read',
  ],
  'many dimensions': [
    () => filled('node{name:"a" attr{key:"_output_shapes" value{list{shape{', 'dim{}', '}}}}}'),
    /more than 32 dimensions/,
  ],
  'endless brackets': [() => filled('', 'a{'), /nested more than/],
  'endless lists': [() => filled('a:', '['), /nested more than/],
}

/** A file of one piece of data, as many records as fit. */
const recordsOf = (data: Uint8Array, times = 1) => {
  const mask = (bytes: Uint8Array) => {
    const crc = crc32c(bytes)
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  }
  const record = Buffer.alloc(16 + data.length)
  record.writeBigUInt64LE(BigInt(data.length))
  record.writeUInt32LE(mask(record.subarray(0, 8)), 8)
  record.set(data, 12)
  record.writeUInt32LE(mask(data), 12 + data.length)
  return times === 1 ? record : Buffer.alloc(record.length * times, record)
}
/** A field of bytes: its tag, its length in five bytes, then pieces up to 16 MiB. */
const fieldOf = (tag: number, piece: Uint8Array) => {
  const { length } = piece
  const digits = Array.from(
    { length: 5 },
    (_, place) => (Math.floor(length / 128 ** place) % 128) | (place < 4 ? 128 : 0),
  )
  return Buffer.concat([Uint8Array.of(tag, ...digits), piece])
}
const repeated = (piece: Uint8Array) => Buffer.alloc(Math.floor(size / piece.length) * piece.length, piece)
const scalar = (tag: string) =>
  Buffer.concat([
    Uint8Array.of(0x0a, 7 + tag.length, 0x0a, tag.length),
    strToU8(tag),
    Uint8Array.of(0x15, 0, 0, 0, 0),
  ])
/** One of one value, the shortest that is read. */
const histogram = Buffer.concat([
  Uint8Array.of(0x0a, 25, 0x0a, 1, 0x61, 0x2a, 20, 0x32, 8),
  new Uint8Array(8),
  Uint8Array.of(0x3a, 8),
  new Uint8Array(8),
])
const events: Shapes<Uint8Array> = {
  'many histograms in a record': [() => recordsOf(fieldOf(0x2a, repeated(histogram))), 'read'],
  'one histogram of many buckets': [
    () =>
      recordsOf(
        fieldOf(
          0x2a,
          fieldOf(
            0x0a,
            fieldOf(
              0x2a,
              Buffer.concat([fieldOf(0x32, new Uint8Array(size)), fieldOf(0x3a, new Uint8Array(size))]),
            ),
          ),
        ),
      ),
    'read',
  ],
  'empty records': [() => recordsOf(new Uint8Array(0), size / 16), 'read'],
  'one scalar a record': [() => recordsOf(fieldOf(0x2a, scalar('a')), size / 40), 'read'],
  'many scalars in a record': [() => recordsOf(fieldOf(0x2a, repeated(scalar('a')))), 'read'],
  'many tags': [
    () =>
      recordsOf(
        fieldOf(
          0x2a,
          Buffer.concat(Array.from({ length: 500_000 }, (_, index) => scalar(index.toString(36)))),
        ),
      ),
    /more than 10000 tags/,
  ],
  'many inputs in a graph': [
    () => recordsOf(fieldOf(0x22, fieldOf(0x0a, repeated(Uint8Array.of(0x1a, 0))))),
    /more than 50000 inputs/,
  ],
  'many nodes in a graph': [
    () =>
      recordsOf(
        fieldOf(
          0x22,
          Buffer.concat(
            Array.from({ length: 400_000 }, (_, index) => {
              const name = strToU8(index.toString(36))
              return Uint8Array.of(0x0a, name.length + 2, 0x0a, name.length, ...name)
            }),
          ),
        ),
      ),
    /more than 20000 nodes/,
  ],
  'graphs one after the other': [
    () => recordsOf(fieldOf(0x22, Uint8Array.of(0x0a, 3, 0x0a, 1, 0x61)), size / 40),
    'read',
  ],
}

describe('adversarial files take at most twice their size plus 16 MiB', () => {
  held('safetensors', safetensors, readSafetensors, SafetensorsError)
  held('checkpoints', checkpoints, readCheckpoint, CheckpointError)
  held('NPY', arrays, readNpy, NpyError)
  held('NPZ', archives, (file) => readNpz(file)[0]!.shape, NpzError)
  held('graphs in text', graphs, readGraphDefText, GraphDefError)
  held('events', events, readEvents, EventsError)
  held('models as JSON', models, readModel, ModelFileError)
  held(
    'IDX',
    {
      bytes: [() => idx(8, size, size), 'read'],
      'numbers of 64 bits': [() => idx(14, size / 8, size), 'read'],
    },
    parseIdx,
    IdxError,
  )
})

describe('reading values takes only their own memory, plus what they are unpacked from', () => {
  it.each<[string, () => Uint8Array, (file: Uint8Array) => Float32Array | Float64Array, unpacked: number]>([
    ['bytes of NPY', arrays['bytes of integers']![0], (file) => readNpy(file).values, 0],
    ['columns of NPY', () => npy('|u1', `(4096, 4096)`, size, 'True'), (file) => readNpy(file).values, 0],
    [
      'bytes of safetensors',
      safetensors['bytes of integers']![0],
      (file) => readSafetensors(file)[0]!.values,
      0,
    ],
    ['a packed array', archives['a thousand times its size']![0], (file) => readNpz(file)[0]!.values, size],
  ])(
    '%s',
    async (_, make, read, unpacked) => {
      const file = make()
      await settled()
      let bytes = 0
      const { peak } = measure(() => {
        bytes = read(file).byteLength
      })
      expect(bytes).toBeGreaterThan(file.length)
      expect(peak - bytes - unpacked).toBeLessThan(memoryFor(file.length))
    },
    patience,
  )
})

it('memory dropped before the end is counted', async () => {
  await settled()
  const { peak } = measure(() => {
    for (let round = 0; round < 4; round++) {
      new Float64Array(2 ** 22).fill(round)
      globalThis.gc!()
    }
  })
  expect(peak).toBeGreaterThan(0.9 * 2 ** 25)
})
