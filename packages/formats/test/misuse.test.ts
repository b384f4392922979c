// Every function of every format, misused: it throws one of the library's errors, or works.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { BackpropagationError, createRun, dataset, input, layers, sequential, sgd } from '@bp/core'
import { afterAll, describe, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { writeCheckpoint } from '../src/checkpoint.js'
import { graphDefBytes, graphDefText } from '../src/graph-def.js'
import { writeModel } from '../src/model.js'
import { writeNpy } from '../src/npy.js'
import { writeNpz } from '../src/npz.js'
import { writeSafetensors } from '../src/safetensors.js'
import { versionEvent } from '../src/tfevents.js'

/** What a program may pass by mistake. */
const nonsense: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  NaN,
  '',
  'x',
  '__proto__',
  [],
  [0, 0],
  [[0]],
  new Array(2),
  {},
  { length: 1 },
  Object.create(null),
  () => 1,
  Symbol('s'),
  10n,
  new Date(0),
  new Map(),
  new Uint8Array(3),
  new DataView(new ArrayBuffer(8)),
  new BigInt64Array(2),
]

const x = input([2], { name: 'x' })
const graph = { inputs: { x }, outputs: { y: x.mul(2) } }
const model = sequential([layers.dense({ units: 1 })], { inputShape: [2], seed: 1 })
const run = createRun({
  model,
  data: dataset(
    [
      [0, 1],
      [1, 0],
    ],
    [[0], [1]],
  ),
  loss: 'meanSquaredError',
  optimizer: sgd({ learningRate: 0.1 }),
  epochs: 1,
  seed: 1,
})
run.step()
const record = run.getState().history[0]!
const array = { shape: [2], values: Float32Array.of(1, 2) }
// The mistakes include relative paths, so the tests run in a folder of their own.
const place = mkdtempSync(join(tmpdir(), 'misuse-'))
process.chdir(place)
afterAll(() => {
  process.chdir('/')
  rmSync(place, { recursive: true })
})
const folder = () => mkdtempSync(join(place, 'folder-'))

/** A correct call of each function. */
const calls: Readonly<Record<string, () => readonly unknown[]>> = {
  writeCheckpoint: () => [run.save(), 'about'],
  readCheckpoint: () => [writeCheckpoint(run.save())],
  saveCheckpoint: () => [folder(), run.save(), 'about'],
  loadCheckpoint: () => [folder()],
  checkpointWriter: () => [folder()],
  makeFolder: () => [join(folder(), 'a', 'b')],
  graphDefText: () => [graph],
  graphDefBytes: () => [graph],
  readGraphDefText: () => [graphDefText(graph)],
  readGraphDefBytes: () => [graphDefBytes(graph)],
  parseIdx: () => [Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7)],
  writeJavaScript: () => [graph],
  writeModel: () => [model],
  readModel: () => [writeModel(model)],
  writeNpy: () => [array],
  readNpy: () => [writeNpy(array)],
  writeNpz: () => [[{ ...array, name: 'a' }]],
  readNpz: () => [writeNpz([{ ...array, name: 'a' }])],
  writeOnnx: () => [graph],
  csvHeader: () => [record],
  csvLine: () => [record],
  jsonLine: () => [record],
  writeSafetensors: () => [[{ ...array, name: 'a' }]],
  readSafetensors: () => [writeSafetensors([{ ...array, name: 'a' }])],
  versionEvent: () => [1],
  scalarsEvent: () => [record, 1],
  graphEvent: () => [graph, 1],
  readEvents: () => [versionEvent(1)],
  histogramsEvent: () => [model.getWeights(), 1, 1],
}

/** Called only by other formats of this package, and by `@bp/table`, which check the arguments. */
const internal = new Set([
  'bytesOfFile',
  'textOfFile',
  'graphNodesOf',
  'sourceOf',
  'readNpyHeader',
  'safetensorsParts',
  'readSafetensorsWithText',
])

const functions = await Promise.all(
  Object.keys(manifest.exports).map(async (subpath) => {
    const all = (await import(`../src/${subpath.slice(2)}.ts`)) as Record<
      string,
      (...args: unknown[]) => unknown
    >
    return Object.entries(all).filter(
      ([name, value]) =>
        typeof value === 'function' && !(value.prototype instanceof Error) && !internal.has(name),
    )
  }),
)

describe.each(functions.flat())('%s', (name, f) => {
  const title = (value: unknown) => `${name}(${inspect(value)})`
  const refuses = (what: string, args: readonly unknown[]) => {
    try {
      f(...args)
    } catch (error) {
      if (!(error instanceof BackpropagationError)) throw new Error(`${what}: ${(error as Error).stack}`)
    }
  }

  test('works when called correctly, and never throws one of JavaScript’s own errors', () => {
    expect(calls, 'has a correct call here').toHaveProperty(name)
    f(...calls[name]!())
    refuses('no arguments', [])
    for (const value of nonsense) {
      refuses(title(value), [value])
      const args = calls[name]!()
      for (const at of args.keys()) refuses(`${title(value)} as argument ${at}`, args.with(at, value))
    }
  })
})
