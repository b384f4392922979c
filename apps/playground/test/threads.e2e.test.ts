// Threads and relaxed SIMD in a real browser, in a bundled page.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { build, type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from './launch-browser.js'
import type { KernelWindow } from './threads/page.js'
import { train } from './threads/train.js'

const inNode = train()

/** The headers that a page needs to share memory. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

let browser: Browser
let outDir: string
const servers: PreviewServer[] = []

beforeAll(async () => {
  browser = await launchBrowser()
  outDir = await mkdtemp(join(tmpdir(), 'threads-'))
  // With Vite's own settings, as users have them.
  const root = fileURLToPath(new URL('threads', import.meta.url))
  await build({ root, configFile: false, logLevel: 'error', build: { outDir } })
})
afterAll(async () => {
  await browser?.close()
  for (const server of servers) await server.close()
  await rm(outDir, { recursive: true })
})

async function open(headers: Record<string, string>) {
  const server = await preview({
    configFile: false,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, open: false, headers },
  })
  servers.push(server)
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  await page.goto(server.resolvedUrls!.local[0]!)
  await page.waitForFunction(() => 'kernel' in window)
  const kernel = await page.evaluateHandle(() => (window as unknown as KernelWindow).kernel)
  return {
    page,
    complaints,
    train: () => kernel.evaluate(({ train }) => train()),
    setThreads: (count: number) => kernel.evaluate(({ setThreads }, count) => setThreads(count), count),
    useRelaxedSimd: () => kernel.evaluate(({ useRelaxedSimd }) => useRelaxedSimd()),
  }
}

test('an isolated page trains to the bits of Node, on 1, 2 and 3 threads', async () => {
  const { page, complaints, train, setThreads } = await open(isolation)
  expect(await train()).toEqual(inNode)
  for (const count of [2, 3, 1]) {
    expect(await setThreads(count)).toBe(count)
    await expect.poll(() => page.workers().length).toBe(count - 1)
    expect(await train()).toEqual(inNode)
  }
  expect(complaints).toEqual([])
})

test('a page that is not isolated stays on one thread, and trains with relaxed SIMD', async () => {
  const { complaints, train, setThreads, useRelaxedSimd } = await open({})
  expect(await setThreads(2)).toBe(1)
  expect(await train()).toEqual(inNode)
  // Chromium has had it since version 114.
  expect(await useRelaxedSimd()).toBe(true)
  const relaxed = await train()
  expect(relaxed.length).toBe(inNode.length)
  expect(Math.max(...relaxed.map((value, index) => Math.abs(value - inNode[index]!)))).toBeLessThan(1e-4)
  expect(complaints).toEqual([])
})
