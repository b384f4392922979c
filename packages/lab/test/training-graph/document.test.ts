// The document of the training graph in an address, and files in and out.
import { graphDefBytes, graphDefText } from '@bp/formats/graph-def'
import { graphEvent, histogramsEvent, readEvents, scalarsEvent, versionEvent } from '@bp/formats/tfevents'
import { describe, expect, test } from 'vitest'
import { readAddress, writeAddress } from '../../src/link/address.js'
import { LinkError } from '../../src/link/codec.js'
import { initialNetwork } from '../../src/network/document.js'
import { histogram, rebinned } from '../../src/network/histogram.js'
import {
  initialTrainingGraph,
  type TrainingGraphDocument,
  trainingGraphCodec,
} from '../../src/training-graph/document.js'
import { writeEvents } from '../../src/training-graph/export.js'
import { GraphFileError, openGraphFile } from '../../src/training-graph/file.js'
import { NetworkOperations } from '../../src/training-graph/of-network.js'
import { nodesOf } from '../../src/training-graph/operations.js'

const { read, write } = trainingGraphCodec
const documents: readonly [string, TrainingGraphDocument][] = [
  ['as it begins', initialTrainingGraph],
  ['a network at a step', { ...initialTrainingGraph, network: { ...initialNetwork, step: 950, seed: 3 } }],
  [
    'everything else',
    {
      ...initialTrainingGraph,
      opened: ['layer1', 'gradients/layer1', 'layer2‥layer6'],
      gradients: false,
      update: false,
      search: '/^layer/',
      selected: 'cost/Neg',
      instruction: 2,
      tab: 'program',
    },
  ],
  ['all closed', { ...initialTrainingGraph, opened: [] }],
  [
    'a file',
    {
      ...initialTrainingGraph,
      file: {
        name: 'run, 1',
        nodes: [
          { name: 'a', op: 'Const', inputs: [], shape: [2, -1] },
          { name: 'b', op: 'Add', inputs: ['a', 'a:1', '^a'], shape: null },
        ],
        scalars: [{ tag: 'loss', steps: [1, 2], values: [0.5, Number.NaN] }],
        histograms: [
          {
            tag: 'w',
            steps: [7],
            histograms: [{ low: -1, high: 0.5, counts: Array.from({ length: 30 }, (_, bin) => bin) }],
          },
        ],
      },
    },
  ],
]

test.each(documents)('%s is the same after an address', async (_, document) => {
  const address = await readAddress(await writeAddress('training-graph', write(document)))
  expect(read(address!.fields)).toEqual(document)
})

test('as it begins it needs no field', () => {
  expect(write(initialTrainingGraph)).toEqual({})
})

test.each<[string, string, string]>([
  ['instruction', 'x', 'instruction expects the number of an instruction, got x'],
  ['gradients', 'maybe', 'gradients expects yes, no'],
  ['card', 'x', 'card expects node, program, curves'],
  ['file', '{', 'file expects the nodes of a graph'],
  ['file', '{"name":"x","nodes":[["a","b",[7],null]],"scalars":[]}', 'file expects the nodes of a graph'],
  ['file', '{"name":"x","nodes":[["a","b",[],[1.5]]],"scalars":[]}', 'file expects the nodes of a graph'],
  ['file', '{"name":"x","nodes":[["a","b",[],null],["a","b",[],null]],"scalars":[]}', 'file expects'],
  [
    'file',
    '{"name":"x","nodes":[],"scalars":[],"histograms":[["a",[1],[[1,0,3]]]]}',
    'file expects the nodes',
  ],
  ['find', 'x'.repeat(6000), 'find expects at most 5000 characters'],
  ['seed', '-1', 'seed expects'],
  ['nonsense', '1', 'nonsense is not one of'],
])('a field %s of %s is refused', (field, text, message) => {
  expect(() => read(new Map([[field, text]]))).toThrow(LinkError)
  expect(() => read(new Map([[field, text]]))).toThrow(message)
})

describe('files', () => {
  const nodes = [
    { name: 'X', op: 'Placeholder', inputs: [], shape: [4, 2] },
    { name: 'cost/Mean', op: 'Mean', inputs: ['X'], shape: [] },
  ]
  const bytesOf = (...events: Uint8Array[]) => Uint8Array.from(events.flatMap((event) => [...event]))
  const utf8 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

  test('an event file has graph and curves, a text only the graph, and a file may be cut off', () => {
    const scalars = scalarsEvent({ epoch: 1, step: 3, loss: 0.5, accuracy: null, validation: null }, 1)
    const events = bytesOf(versionEvent(1), graphEvent(nodes, 1), scalars)
    expect(openGraphFile('run', events)).toEqual({
      name: 'run',
      nodes,
      scalars: [{ tag: 'loss', steps: [3], values: [0.5] }],
      histograms: [],
      complete: true,
    })
    expect(openGraphFile('run', events.subarray(0, -5))).toMatchObject({
      nodes,
      scalars: [],
      complete: false,
    })
    expect(openGraphFile('graph.pbtxt', utf8(graphDefText(nodes))).nodes).toEqual(nodes)
    expect(openGraphFile('graph.pb', graphDefBytes(nodes)).nodes).toEqual(nodes)
  })

  test('a file of neither graph nor scalars nor histograms says what to write', () => {
    expect(() => openGraphFile('empty', versionEvent(1))).toThrow(GraphFileError)
  })

  test('a file may have nothing but histograms, which come back in equal parts', () => {
    const values = Float32Array.from({ length: 1000 }, (_, index) => (index / 1000) ** 2)
    const events = Array.from({ length: 100 }, (_, step) =>
      histogramsEvent({ 'layer1/weights': values.map((value) => value * (step + 1)) }, step, 1),
    )
    const file = openGraphFile('run', bytesOf(versionEvent(1), ...events))
    expect([file.nodes, file.scalars, file.histograms.length]).toEqual([[], [], 1])
    const { tag, steps, histograms } = file.histograms[0]!
    expect([tag, steps.length, steps.at(-1)]).toEqual(['layer1/weights', 48, 99])
    for (const [index, step] of steps.entries())
      expect(histograms[index]).toEqual(
        histogram(
          values.map((value) => value * (step + 1)),
          30,
        ),
      )
    const document = {
      ...initialTrainingGraph,
      file: { name: 'run', nodes: [], scalars: [], histograms: file.histograms },
    }
    expect(read(new Map(Object.entries(write(document)))).file).toEqual(document.file)
  })

  test.each([
    [
      [2, 3, 4],
      [8, 8, 0],
      [4, 4, 8, 0],
    ],
    // Beyond the greatest value there is nothing to spread.
    [
      [2, 1e308],
      [6, 6],
      [3, 3, 3, 3],
    ],
    [[4], [5], [1.25, 1.25, 1.25, 1.25]],
  ])(
    'buckets up to %j with %j values each are %j in four equal parts of [0, 4]',
    (limits, counts, expected) => {
      const { counts: parts } = rebinned(0, 4, limits, counts, 4)
      expect(parts).toEqual(expected)
    },
  )

  test('what is exported holds the graph that is drawn, the losses and the weights', () => {
    const graph = new NetworkOperations(initialNetwork)
    graph.run.goTo(700)
    const bytes = writeEvents(graph, 1.5e9)
    const { graph: nodes, scalars, complete } = readEvents(bytes)
    expect(complete).toBe(true)
    expect(nodes).toEqual(nodesOf(graph.graph.operations))
    const { history } = graph.run.getState()
    expect(scalars.find(({ tag }) => tag === 'loss')!.values).toEqual(
      Float32Array.from(history, ({ loss }) => loss),
    )
    expect(openGraphFile('x', bytes).nodes).toEqual(nodes)
  })

  test('a long curve keeps its extremes and its end', () => {
    const graph = new NetworkOperations({
      ...initialNetwork,
      until: { ...initialNetwork.until, steps: 5000 },
    })
    graph.run.goTo(5000)
    const { scalars } = openGraphFile('x', writeEvents(graph, 1))
    const curve = scalars.find(({ tag }) => tag === 'loss')!
    expect(curve.values.length).toBeLessThanOrEqual(500)
    const { history } = graph.run.getState()
    expect(curve.steps.at(-1)).toBe(history.at(-1)!.step)
    expect(Math.max(...curve.values)).toBe(Math.fround(Math.max(...history.map(({ loss }) => loss))))
  })
})
