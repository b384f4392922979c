// Graphs and event files for TensorBoard match its own libraries byte for byte (tensorboard-fixtures.py), and those that
// they wrote are read.
import { readFileSync } from 'node:fs'
import { gradients, input, layers, type RunRecord, scope, sequential, topological, variable } from '@bp/core'
import { expect, test } from 'vitest'
import { crc32c } from '../src/checksums.js'
import {
  GraphDefError,
  graphDefBytes,
  graphDefText,
  readGraphDefBytes,
  readGraphDefText,
} from '../src/graph-def.js'
import {
  EventsError,
  graphEvent,
  histogramsEvent,
  readEvents,
  scalarsEvent,
  versionEvent,
} from '../src/tfevents.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url))

/** Attributes of every kind, names already taken, and names that must be escaped. */
function graph() {
  const x = input([4, 2])
  const w = variable(new Float32Array(6), { shape: [2, 3], name: 'layer1/weights' })
  const b = variable([1, 2, 3], { name: 'größe "b\\"\n' })
  const y = scope('layer1', () => x.matmul(w).add(b).gelu({ approximate: 'tanh' })).leakyRelu({
    negativeSlope: 0.25,
  })
  const weights = variable(new Float32Array(25), { shape: [5, 5], name: 'y' })
  const padded = y.pad({
    paddings: [
      [0, 1],
      [2, 0],
    ],
    value: -1,
  })
  return { inputs: { 'x:0': x }, outputs: { y, cost: padded.mul(weights.mul(0.5)).mean() } }
}

test('a graph as text matches protobuf', () => {
  expect(graphDefText(graph())).toBe(fixture('graph.pbtxt').toString())
})

test('a graph has a node for each of its tensors, after those it is computed from', () => {
  const model = sequential(
    [layers.transformerBlock({ heads: 2 }), layers.conv1d({ filters: 3, kernelSize: 2 })],
    { inputShape: [5, 8], seed: 1 },
  )
  const x = input([3, 5, 8])
  const loss = model.apply(x).square().mean()
  const derivatives = gradients(loss, model.parameters)
  const outputs = { loss, ...Object.fromEntries(derivatives.map((dw, index) => [`dw${index}`, dw])) }
  const nodes = graphDefText({ inputs: { x }, outputs })
    .split(/^node \{$/m)
    .slice(1)
  const values = topological(Object.values(outputs))
  expect(nodes).toHaveLength(values.length + Object.keys(outputs).length)
  const before = new Set<string>()
  for (const node of nodes) {
    const [name, ...inputs] = Array.from(node.matchAll(/^ {2}(?:name|input): (.*)$/gm), ([, value]) => value!)
    expect(before).not.toContain(name)
    expect(inputs.filter((input) => !before.has(input))).toEqual([])
    before.add(name!)
  }
  expect(before).toContain('"layer1/attention/queries/weights"')
})

test('an event file matches TensorBoard', () => {
  const record: RunRecord = {
    epoch: 7,
    step: 2 ** 40,
    loss: 0.1,
    accuracy: null,
    metrics: { 'absolute, mean': Number.NaN, f1: 0.75 },
    validation: { loss: 1e-7, accuracy: 1 },
  }
  const arrays = {
    'layer1/weights': Float32Array.from({ length: 300 }, (_, index) => ((index * 37) % 98) / 16 - 2),
    'layer1/bias': Float32Array.of(0.5, 0.5, 0.5),
    'half lost': Float32Array.of(Number.NaN, -1, Number.POSITIVE_INFINITY, 2),
    lost: Float32Array.of(Number.NaN),
    empty: new Float32Array(0),
  }
  const events = [
    versionEvent(1700000000.25),
    graphEvent(graph(), 1700000001),
    scalarsEvent(record, 1700000002.5),
    histogramsEvent(arrays, 300, 1700000003),
  ]
  expect(Buffer.concat(events).equals(fixture('run.tfevents'))).toBe(true)
})

/** As in tensorboard-fixtures.py. */
const nodes: [name: string, op: string, inputs: string[], shape: number[]][] = [
  ['x_0', 'Placeholder', [], [4, 2]],
  ['layer1/weights', 'VariableV2', [], [2, 3]],
  ['layer1/matmul', 'MatMul', ['x_0', 'layer1/weights'], [4, 3]],
  ['größe "b\\"\n', 'VariableV2', [], [3]],
  ['layer1/add', 'Add', ['layer1/matmul', 'größe "b\\"\n'], [4, 3]],
  ['layer1/gelu', 'Gelu', ['layer1/add'], [4, 3]],
  ['leakyRelu', 'LeakyRelu', ['layer1/gelu'], [4, 3]],
  ['pad', 'Pad', ['leakyRelu'], [5, 5]],
  ['y_2', 'VariableV2', [], [5, 5]],
  ['constant', 'Const', [], []],
  ['mul', 'Mul', ['y_2', 'constant'], [5, 5]],
  ['mul_2', 'Mul', ['pad', 'mul'], [5, 5]],
  ['mean', 'Mean', ['mul_2'], []],
  ['y', 'Identity', ['leakyRelu'], [4, 3]],
  ['cost', 'Identity', ['mean'], []],
]
const read = nodes.map(([name, op, inputs, shape]) => ({ name, op, inputs, shape }))

test('a graph in text that protobuf wrote is read, and nodes are written as they were', () => {
  expect(readGraphDefText(fixture('graph.pbtxt'))).toEqual(read)
  expect(readGraphDefText(graphDefText(read))).toEqual(read)
})

test('a graph in bytes is read, and damage in it is told by its byte', () => {
  const bytes = graphDefBytes(read)
  expect(readGraphDefBytes(bytes)).toEqual(read)
  expect(() => readGraphDefBytes(bytes.subarray(0, -3))).toThrow(GraphDefError)
  expect(() => readGraphDefBytes(bytes.subarray(0, -3))).toThrow(/^byte \d+: field \d+ has \d+ bytes where/)
})

test('the text format is read with all that it allows', () => {
  const text = `# a graph
    versions < producer: 22 [x.y]: 3 numbers: [1, 2.5] >
    node { name: 'a' "b\\x41\\101\\u00e9\\n"; op: "Const",
      attr { key: "value" value { tensor { dtype: DT_FLOAT float_val: -1e+3 content: "\\000}" } } }
      attr: { key: "_output_shapes" value: { list { shape { dim { size: -1 } dim { } } shape { } } } } }
    node { name: "c" op: "Add" input: "abAA\\351\\n:1" input: "^abAAé\\n"
      attr { key: "_output_shapes" value { list { shape { unknown_rank: true } } } } }`
  expect(readGraphDefText(text)).toEqual([
    { name: 'abAAé\n', op: 'Const', inputs: [], shape: [-1, 0] },
    { name: 'c', op: 'Add', inputs: ['abAAé\n:1', '^abAAé\n'], shape: null },
  ])
})

test.each<[string, string, string]>([
  ['nothing', '', 'there are no nodes'],
  ['words', 'node {\n  name "a"\n}', 'line 2: expected ":" or "{" after name, got """'],
  ['an open string', 'node { name: "a\n" }', 'line 1: a string is never closed'],
  ['an open message', 'node {\n name: "a"', 'expected the name of a field, got the end'],
  ['no quotes', 'node { name: a }', 'name expects text in quotes, got "a"'],
  [
    'a size in words',
    'node { name: "a" attr { key: "_output_shapes" value { list { shape { dim { size: x } } } } } }',
    'size expects an integer',
  ],
  ['the same name twice', 'node { name: "a" } node { name: "a" }', 'two nodes are called "a"'],
  ['no name', 'node { }', 'a node has no name'],
  ['an input that is not there', 'node { name: "a" input: "b" }', 'takes "b", and there is no such node'],
  ['endless nesting', 'a {'.repeat(100), 'nested more than 50 deep'],
])('a graph in text with %s is refused', (_, text, message) => {
  expect(() => readGraphDefText(text)).toThrow(GraphDefError)
  expect(() => readGraphDefText(text)).toThrow(message)
})

test('an event file that TensorBoard wrote is read', () => {
  const { graph, scalars, histograms, complete } = readEvents(fixture('run.tfevents'))
  expect(graph).toEqual(read)
  expect(complete).toBe(true)
  expect(scalars).toEqual(
    Object.entries({
      loss: 0.1,
      'metrics/absolute, mean': Number.NaN,
      'metrics/f1': 0.75,
      'validation/loss': 1e-7,
      'validation/accuracy': 1,
    }).map(([tag, value]) => ({
      tag,
      steps: Float64Array.of(2 ** 40),
      values: Float32Array.of(value),
    })),
  )
  // As tensorboard-fixtures.py made them.
  const values = Array.from({ length: 300 }, (_, index) => ((index * 37) % 98) / 16 - 2)
  expect(histograms.map(({ tag, steps }) => [tag, ...steps])).toEqual([
    ['layer1/weights', 300],
    ['layer1/bias', 300],
    ['half lost', 300],
  ])
  const { min, max, limits, counts } = histograms[0]!.at(0)
  expect([min, max, limits.length]).toEqual([Math.min(...values), Math.max(...values), 30])
  let below = 0
  for (const [index, count] of counts.entries()) {
    below += count
    const limit = limits[index]!
    expect(below).toBe(values.filter((value) => (index === 29 ? value <= limit : value < limit)).length)
  }
  expect(histograms[1]!.at(0)).toEqual({
    min: 0.5,
    max: 0.5,
    limits: Float64Array.of(0.5),
    counts: Float64Array.of(3),
  })
})

/** An event with one histogram, tagged `a`, at step 7. */
function histogramRecord(...fields: readonly (readonly [number: number, ...values: number[]])[]): Buffer {
  const fieldOf = (tag: number, data: Uint8Array) => Buffer.concat([Uint8Array.of(tag, data.length), data])
  const histogram = Buffer.concat(
    fields.map(([number, ...values]) =>
      number > 5
        ? fieldOf(8 * number + 2, new Uint8Array(Float64Array.from(values).buffer))
        : Buffer.concat([Uint8Array.of(8 * number + 1), new Uint8Array(Float64Array.from(values).buffer)]),
    ),
  )
  const value = fieldOf(0x0a, Buffer.concat([Uint8Array.of(0x0a, 1, 0x61), fieldOf(0x2a, histogram)]))
  return framed(Buffer.concat([Uint8Array.of(0x10, 7), fieldOf(0x2a, value)]))
}

test('a histogram of TensorFlow reaches beyond all values, and one of nothing is passed over', () => {
  const endless = histogramRecord([1, -1], [2, 3], [6, 0, Number.MAX_VALUE], [7, 2, 5])
  const { histograms } = readEvents(Buffer.concat([versionEvent(1), endless, histogramRecord()]))
  expect(histograms.map(({ tag, steps }) => [tag, ...steps])).toEqual([['a', 7]])
  expect(histograms[0]!.at(0)).toEqual({
    min: -1,
    max: 3,
    limits: Float64Array.of(0, Number.MAX_VALUE),
    counts: Float64Array.of(2, 5),
  })
})

const record = (step: number, loss: number): RunRecord => ({
  epoch: 0,
  step,
  loss,
  accuracy: null,
  validation: null,
})

test('scalars of many records are series, and a record that is cut off ends them', () => {
  const events = [versionEvent(1), ...[1, 2, 3].map((step) => scalarsEvent(record(step, 1 / step), 1))]
  const file = Buffer.concat(events)
  const losses = [1, 1 / 2, 1 / 3].map(Math.fround)
  for (const [cut, count] of [
    [0, 3],
    [1, 2],
    [40, 2],
  ] as const) {
    const { scalars, complete, graph } = readEvents(file.subarray(0, file.length - cut))
    expect(complete).toBe(cut === 0)
    expect(graph).toBe(null)
    expect(scalars.map(({ tag, steps, values }) => [tag, [...steps], [...values]])).toEqual([
      ['loss', [1, 2, 3].slice(0, count), losses.slice(0, count)],
    ])
  }
})

test('scalars are read as TensorFlow 2 writes them, as tensors', () => {
  // As tf.summary.scalar('loss', 0.5, step=7) writes it: dtype float, no dimensions, its bytes or its number.
  const events = ['0801120022040000003f', '080112002d0000003f', '08011200 2a040000003f'].map((tensor) => {
    const bytes = Buffer.from(tensor.replace(' ', ''), 'hex')
    const value = Buffer.concat([Uint8Array.of(0x0a, 1, 0x61, 0x42, bytes.length), bytes])
    const summary = Buffer.concat([Uint8Array.of(0x0a, value.length), value])
    return framed(Buffer.concat([Uint8Array.of(0x10, 7, 0x2a, summary.length), summary]))
  })
  const { scalars } = readEvents(Buffer.concat([versionEvent(1), ...events]))
  expect(scalars).toEqual([
    { tag: 'a', steps: Float64Array.of(7, 7, 7), values: Float32Array.of(0.5, 0.5, 0.5) },
  ])
})

/** A record of its own with valid checksums. */
function framed(data: Uint8Array): Buffer {
  const mask = (bytes: Uint8Array) => {
    const crc = crc32c(bytes)
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
  }
  const record = Buffer.alloc(16 + data.length)
  record.writeBigUInt64LE(BigInt(data.length))
  record.writeUInt32LE(mask(record.subarray(0, 8)), 8)
  record.set(data, 12)
  record.writeUInt32LE(mask(data), 12 + data.length)
  return record
}

test.each<[string, () => Uint8Array, string]>([
  ['a flipped bit in a length', () => flipped(3), 'record 1, at byte 0: the checksum of its length'],
  ['a flipped bit in its data', () => flipped(60), 'record 2, at byte 40: the checksum of its data'],
  ['only a beginning', () => versionEvent(1).subarray(0, 20), 'record 1, at byte 0'],
  ['a field that is too long', () => framed(Uint8Array.of(0x22, 9, 0)), 'field 4 has 9 bytes where 1'],
  ['a number without an end', () => framed(new Uint8Array(11).fill(0x90)), 'more than 10 bytes'],
  ['an unknown kind of field', () => framed(Uint8Array.of(0x0b)), 'unknown kind 3'],
  ['more counts than limits', () => histogramRecord([6, 1], [7, 1, 2]), '1 limits for 2 counts'],
  ['a count below 0', () => histogramRecord([6, 1], [7, -1]), 'a count of -1; expected a finite number'],
  ['limits that fall', () => histogramRecord([6, 1, 0], [7, 1, 1]), 'limits that do not rise, 1 before 0'],
  ['a histogram of NaN', () => histogramRecord([1, Number.NaN], [6, 1], [7, 1]), 'values from NaN to 0'],
  ['half a count', () => framed(halfACount()), 'field 7 expects numbers of 8 bytes'],
  ['an empty graph', () => framed(Uint8Array.of(0x22, 0)), 'there are no nodes'],
])('an event file with %s is refused', (_, file, message) => {
  expect(() => readEvents(file())).toThrow(EventsError)
  expect(() => readEvents(file())).toThrow(message)
})

/** A histogram with a limit, and a count of 4 bytes. */
function halfACount(): Uint8Array {
  const histogram = [0x32, 8, ...new Array<number>(8).fill(0), 0x3a, 4, 0, 0, 0, 0]
  const value = [0x0a, 1, 0x61, 0x2a, histogram.length, ...histogram]
  return Uint8Array.of(0x2a, value.length + 2, 0x0a, value.length, ...value)
}

function flipped(at: number): Uint8Array {
  const file = Uint8Array.from(fixture('run.tfevents'))
  file[at]! ^= 1
  return file
}

test(
  `${mutationCount} damaged graphs in text are refused with a GraphDefError, or read as what they say`,
  () => {
    const source = Uint8Array.from(fixture('graph.pbtxt'))
    expectToBearDamage({
      parser: 'pbtxt',
      make: (seed) => mutated(source, seed),
      read: (file) => {
        const nodes = readGraphDefText(file)
        expect(readGraphDefText(graphDefText(nodes))).toEqual(nodes)
      },
      ownError: GraphDefError,
    })
  },
  mutationTime,
)

test(
  `${mutationCount} damaged event files are refused with an EventsError, or read as what they say`,
  () => {
    const source = Uint8Array.from(fixture('run.tfevents'))
    // Half of them with valid checksums, which hide the damage from the first check.
    const data = [graphEvent(graph(), 1), scalarsEvent(record(3, 0.5), 1)]
      .concat(histogramsEvent({ w: Float32Array.of(1, 2, 4) }, 3, 1))
      .map((event) => event.slice(12, -4))
    expectToBearDamage({
      parser: 'events',
      make: (seed) =>
        seed % 2 === 0
          ? mutated(source, seed)
          : Uint8Array.from(framed(mutated(data[(seed >> 1) % 3]!, seed))),
      read: (file) => {
        const { scalars, histograms } = readEvents(file)
        for (const { tag, steps, values } of scalars) {
          expect(typeof tag).toBe('string')
          expect(values).toHaveLength(steps.length)
        }
        for (const { steps, at } of histograms)
          for (const index of steps.keys()) expect(at(index).limits.length).toBeGreaterThan(0)
      },
      ownError: EventsError,
    })
  },
  mutationTime,
)

test('the default time is now', () => {
  const before = Date.now() / 1000
  const event = versionEvent()
  // After the length, its checksum and the field number.
  const wallTime = new DataView(event.buffer).getFloat64(8 + 4 + 1, true)
  expect(wallTime).toBeGreaterThanOrEqual(before)
  expect(wallTime).toBeLessThanOrEqual(Date.now() / 1000)
})

const ascending = Uint8Array.from({ length: 32 }, (_, index) => index)
const command =
  '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' + '0200000000000000'

// RFC 3720, B.4.
test.each<[string, Uint8Array, number]>([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', ascending, 0x46dd794e],
  ['31 to 0', ascending.toReversed(), 0x113fdb5c],
  ['an iSCSI read command', Buffer.from(command, 'hex'), 0xd9963a56],
])('the CRC-32C of %s is that of the standard', (_, bytes, crc) => {
  expect(crc32c(bytes)).toBe(crc)
})
