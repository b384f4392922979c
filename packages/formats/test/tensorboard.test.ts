// Graphs and event files for TensorBoard match its own libraries byte for byte (tensorboard-fixtures.py).
import { readFileSync } from 'node:fs'
import { gradients, input, layers, type RunRecord, scope, sequential, topological, variable } from '@bp/core'
import { expect, test } from 'vitest'
import { crc32c } from '../src/checksums.js'
import { graphDefText } from '../src/graph-def.js'
import { graphEvent, histogramsEvent, scalarsEvent, versionEvent } from '../src/tfevents.js'

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
