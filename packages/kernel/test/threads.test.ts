// Threads of a program that a bundler has made one file of, and the file that threads in a page are made of.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import { workerText } from '../src/worker-text.js'

const folder = mkdtempSync(join(tmpdir(), 'threads-'))
afterAll(() => rmSync(folder, { recursive: true }))
const dist = (file: string) => fileURLToPath(new URL(`../dist/${file}`, import.meta.url))

test.each([
  ['node/index.js', 'esm', 'mjs'],
  ['node/index.js', 'cjs', 'cjs'],
  ['index.js', 'esm', 'mjs'],
] as const)(
  '%s, bundled as one %s file, has threads in Node, and the process ends by itself',
  async (entry, format, ending) => {
    const source = join(folder, 'source.mjs')
    const outfile = join(folder, `${entry.replace('/', '-')}.${ending}`)
    writeFileSync(
      source,
      `import { setThreads } from ${JSON.stringify(dist(entry))}
    setThreads(3).then((count) => console.log(count, 'threads'))`,
    )
    const { warnings } = await build({
      entryPoints: [source],
      bundle: true,
      platform: 'node',
      format,
      outfile,
    })
    expect(warnings).toEqual([])
    const { stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8', timeout: 50_000 })
    expect({ stdout, stderr }).toEqual({ stdout: '3 threads\n', stderr: '' })
  },
)

test('the worker is one script, which imports nothing and is the same as text', () => {
  const text = readFileSync(dist('worker.js'), 'utf8')
  expect(text.trim()).toBe(workerText)
  // It compiles as a script, so it has neither import nor export.
  expect(() => new Function(text)).not.toThrow()
  expect(text).not.toMatch(/import\(|require\(|importScripts/)
})

test('bundlers find the address of the worker as they know it', () => {
  const expected = "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })"
  expect(readFileSync(dist('threads.js'), 'utf8').split(expected)).toHaveLength(2)
})
