// Every file system failure while saving or loading a checkpoint is a typed error that names the folder, the reason and
// the cure, and loses nothing that was there.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRun, layers, sequential, sgd, xor } from '@bp/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CheckpointError } from '../src/checkpoint.js'
import { loadCheckpoint, saveCheckpoint } from '../src/checkpoint-folder.js'

/** Which file system function fails, from which call on, and how. */
const failing = { name: '', code: '', calls: 0, from: 0 }

const source = fs.readFileSync(new URL('../src/checkpoint-folder.ts', import.meta.url), 'utf8')
const used = /import \{([^}]+)\} from 'node:fs'/.exec(source)![1]!.match(/\w+/g)!

type Functions = Record<string, (...parameters: unknown[]) => unknown>
const functions = fs as unknown as Functions
const real = Object.fromEntries(used.map((name) => [name, functions[name]!]))
beforeAll(() => {
  for (const name of used)
    functions[name] = (...parameters) => {
      if (name === failing.name && ++failing.calls > failing.from)
        throw Object.assign(new Error(`${failing.code}: refused`), { code: failing.code })
      return real[name]!(...parameters)
    }
  syncBuiltinESMExports()
})
afterAll(() => {
  Object.assign(functions, real)
  syncBuiltinESMExports()
})

const run = createRun({
  model: sequential([layers.dense({ units: 1 })], { inputShape: [2], seed: 1 }),
  loss: 'sigmoidCrossEntropy',
  optimizer: sgd({ learningRate: 0.1 }),
  data: xor(),
  epochs: 9,
  seed: 1,
})
const folder = fs.mkdtempSync(join(tmpdir(), 'refused-'))
const here = join(folder, 'run')
afterAll(() => fs.rmSync(folder, { recursive: true }))
beforeEach(() => {
  Object.assign(failing, { name: '', calls: 0, from: 0 })
  fs.rmSync(here, { recursive: true, force: true })
})

const codes = ['ENOSPC', 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'EDQUOT', 'EIO', 'EMFILE', 'ENOENT', 'EOTHER']
test('these are the functions that the folder uses', () => {
  expect(used).toEqual(expect.arrayContaining(['openSync', 'writeSync', 'fsyncSync', 'renameSync']))
})

describe.each(used.filter((name) => name !== 'existsSync'))('%s', (name) => {
  test.each(codes)('that fails with %s is reported, and what was there can be read', (code) => {
    run.step()
    saveCheckpoint(here, run.save())
    const before = run.save()
    // Another run, so that files are set aside too.
    const after = { ...before, seed: 2, state: { ...before.state, step: before.state.step + 1 } }
    let told = 0
    for (let from = 0; from < 4; from++) {
      Object.assign(failing, { name, code, calls: 0, from })
      let error: unknown
      try {
        saveCheckpoint(here, after)
        loadCheckpoint(join(here))
      } catch (thrown) {
        error = thrown
      }
      Object.assign(failing, { name: '' })
      if (error === undefined) break
      told++
      expect(error).toBeInstanceOf(CheckpointError)
      expect((error as Error).message).toContain(here)
      expect((error as Error).message).toContain(`(${code})`)
      expect((error as Error).cause).toMatchObject({ code })
    }
    expect(told).toBeGreaterThan(name === 'rmSync' || name === 'mkdirSync' || name === 'statSync' ? -1 : 0)
    const kept = [here, join(here, 'set-aside-1')]
      .filter((path) => fs.existsSync(path))
      .flatMap((path) => loadCheckpoint(path) ?? [])
    expect(kept.map(({ checkpoint }) => checkpoint.weights)).toContainEqual(before.weights)
  })
})

test('a file in place of a folder, or of its parent, is refused by both', () => {
  const file = join(folder, 'file')
  fs.writeFileSync(file, '')
  for (const path of [file, join(file, 'below')])
    for (const attempt of [() => loadCheckpoint(path), () => saveCheckpoint(path, run.save())]) {
      expect(attempt).toThrow(CheckpointError)
      expect(attempt).toThrow(`${path} cannot be `)
      expect(attempt).toThrow('it is a file, or inside one; choose a folder')
    }
})

test.runIf(process.platform === 'linux')('a folder where the system allows none is refused at once', () => {
  expect(() => saveCheckpoint('/proc/checkpoints/run', run.save())).toThrow(CheckpointError)
})

test.each<[string, unknown]>([
  ['no path', undefined],
  ['empty text', ''],
  ['a number', 7],
])('%s is refused by name', (_, path) => {
  expect(() => saveCheckpoint(path as string, run.save())).toThrow(
    /saveCheckpoint expects the path of a folder/,
  )
  expect(() => loadCheckpoint(path as string)).toThrow(/loadCheckpoint expects the path of a folder/)
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a run', run],
  ['weights', run.model.getWeights()],
])('%s is not a checkpoint', (_, given) => {
  expect(() => saveCheckpoint(here, given as never)).toThrow(CheckpointError)
  expect(() => saveCheckpoint(here, given as never)).toThrow('saveCheckpoint expects a checkpoint')
})
