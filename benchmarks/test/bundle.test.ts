// Which bytes of a bundle count, and how many those of the library are at most.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRun, layers, sequential, sgd, xor } from '@bp/core'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { bundleBytes } from '../src/bundle.js'
import { ours } from '../src/contenders.js'
import { packageFolder } from '../src/paths.js'

const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The programs of the README that train XOR, with all of the library and with what they reach. */
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const programs = [...readme.matchAll(/^```ts\n([^`]*createRun[^`]*run\.start\(\)[^`]*)^```$/gm)].map(
  ([, text]) => text!,
)
const [whole, lean] = [programs[0]!, programs.find((text) => text.includes('@bp/core/lean'))!]

test('dynamic imports do not count, static ones do', async () => {
  const whole = await bundleBytes(`export * from '@bp/core'`)
  expect(whole).toBeGreaterThan(10_000)
  expect(await bundleBytes(`export const load = () => import('@bp/core')`)).toBeLessThan(500)
  const shared = `export * from '@bp/core'; export const load = () => import('@bp/kernel')`
  expect(await bundleBytes(shared)).toBeGreaterThan(0.9 * whole)
})

test('files that are fetched count', async () => {
  const nothing = await bundleBytes('')
  expect(await bundleBytes('', ['esbuild/package.json'])).toBeGreaterThan(nothing + 100)
})

const { bundle } = ours as { bundle: { xor: string; all: string } }
test.each([
  ["the README's program", whole, 116],
  ["the README's lean program", lean, 80.5],
  ["the benchmark's program", bundle.xor, 53],
  ['the whole library', bundle.all, 129],
  [
    'four operations with values and derivatives',
    `export { add, constant, gradients, matmul } from '@bp/core/lean'`,
    45,
  ],
])('%s is at most that many kB', async (_, program, most) => {
  expect((await bundleBytes(program)) / 1000).toBeLessThan(most)
})

test.each([
  ['the whole library', whole],
  ['what it reaches', lean],
])('a bundle of %s trains XOR to the same bits, without a file beside it', async (_, program) => {
  const outfile = join(folder, 'program.mjs')
  await build({
    stdin: {
      contents: `${program}\nconsole.log(JSON.stringify(model.getWeights()))`,
      resolveDir: packageFolder,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outfile,
  })
  const { stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' })
  expect(stderr).toBe('')
  const model = sequential([layers.dense({ units: 2, activation: 'sigmoid' }), layers.dense({ units: 1 })], {
    inputShape: [2],
    seed: 1,
  })
  const optimizer = sgd({ learningRate: 2 })
  await createRun({
    model,
    loss: 'sigmoidCrossEntropy',
    optimizer,
    data: xor(),
    epochs: 2000,
    seed: 1,
  }).start()
  expect(stdout.trim()).toBe(JSON.stringify(model.getWeights()))
})
