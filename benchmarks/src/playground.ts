// The suite `playground`: what the built page costs in Chromium. Each load is cold: a browser context of its own.
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createRun, dataset, layers, sequential, sgd } from '@bp/core'
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { UsageError } from './failure.js'
import { objectNetwork } from './object-network.js'
import { type AimedFigure, summarize } from './statistics.js'

const root = fileURLToPath(new URL('../../apps/playground/dist/', import.meta.url))
const loads = 9
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/** Serves the built page, gzipped, and counts the bytes. */
async function serve(): Promise<{ server: Server; url: string; sent: () => number; forget: () => void }> {
  let bytes = 0
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url!, 'http://x').pathname))
    const file = join(root, path === '/' ? 'index.html' : path)
    if (!file.startsWith(root) || !existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    const type = types[extname(file)] ?? 'application/octet-stream'
    const body = gzipSync(readFileSync(file), { level: 9 })
    bytes += body.length
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    server,
    url: `http://127.0.0.1:${port}/`,
    sent: () => bytes,
    forget: () => {
      bytes = 0
    },
  }
}

interface Visit {
  readonly page: Page
  readonly session: CDPSession
  close(): Promise<void>
}

async function visit(browser: Browser): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    // The service worker would fetch all places behind the first view.
    serviceWorkers: 'block',
  })
  const page = await context.newPage()
  return { page, session: await context.newCDPSession(page), close: () => context.close() }
}

/** Milliseconds from the request until the graph is drawn and answers a press. */
async function timeToGraph(page: Page, url: string): Promise<number> {
  await page.goto(url, { waitUntil: 'commit' })
  await page.locator('.graph-node').first().waitFor({ timeout: 60_000 })
  return (await page.evaluate(`new Promise((resolve) => {
    document.querySelector('.timeline .primary').click()
    requestAnimationFrame(() => resolve(performance.now()))
  })`)) as number
}

const metric = async (session: CDPSession, name: string): Promise<number> => {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find((one) => one.name === name)!.value
}

/** XOR's steps per second in Node, as the page trains it. */
function stepsInNode(): number {
  const data = dataset(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    [[0], [1], [1], [0]],
  )
  const model = sequential(
    [layers.dense({ units: 2, activation: 'sigmoid' }), layers.dense({ units: 1, activation: 'sigmoid' })],
    { inputShape: [2], seed: 7 },
  )
  const run = createRun({
    model,
    loss: 'binaryCrossEntropy',
    data,
    optimizer: sgd({ learningRate: 1 }),
    epochs: 1e8,
    seed: 7,
  })
  return perSecond(() => run.step(10_000), 10_000)
}

/** Calls per second, times `each`, over about a second. */
function perSecond(call: () => void, each: number): number {
  for (let warm = 0; warm < 20; warm++) call()
  const start = performance.now()
  let calls = 0
  while (performance.now() - start < 1000) {
    call()
    calls++
  }
  return (calls * each * 1000) / (performance.now() - start)
}

export async function measurePlayground(print: (line: string) => void): Promise<AimedFigure[]> {
  if (!existsSync(join(root, 'index.html')))
    throw new UsageError('The page is not built. Run: npx pnpm@10.34.9 --filter playground build')
  const { findBrowser } = (await import(new URL('../../scripts/browser.mjs', import.meta.url).href)) as {
    findBrowser: () => string
  }
  const { server, url, sent, forget } = await serve()
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--no-first-run',
      '--enable-precise-memory-info',
    ],
  })
  const figures: AimedFigure[] = []
  const report = (id: string, unit: string, sample: readonly number[], aim: string) => {
    const { median, spread } = summarize(sample)
    figures.push({ id, unit, median, spread, aim })
    const shown = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
    print(`${id.padEnd(34)} ${`${shown(median)} ± ${shown(spread)} ${unit}`.padEnd(30)} aim ${aim}`)
  }
  try {
    const bytes: number[] = []
    const ready: number[] = []
    const cpu: number[] = []
    for (let load = 0; load < loads; load++) {
      const { page, session, close } = await visit(browser)
      await session.send('Performance.enable')
      forget()
      ready.push(await timeToGraph(page, url))
      bytes.push(sent() / 1000)
      cpu.push(1000 * (await metric(session, 'TaskDuration')))
      await close()
    }
    report('graph-gzip', 'kB', bytes, 'at most 150')
    report('graph-interactive', 'ms', ready, 'at most 300')
    report('graph-cpu', 'ms', cpu, 'at most 150')

    const slow: number[] = []
    for (let load = 0; load < loads; load++) {
      const { page, session, close } = await visit(browser)
      await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
      await session.send('Network.enable')
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 150,
        downloadThroughput: 1.6e6 / 8,
        uploadThroughput: 0.75e6 / 8,
      })
      slow.push(await timeToGraph(page, url))
      await close()
    }
    report('graph-interactive-slow', 'ms', slow, 'at most 2,500; CPU 4 times slower, 1.6 Mb/s, 150 ms')

    const watched = await visit(browser)
    // Long enough to be watched for 6 s.
    await watched.page.goto(`${url}#/network?v=1&speed=0&layers=16.sigmoid,16.sigmoid&steps=10000000`)
    await watched.page.getByRole('button', { name: 'Train ›' }).click()
    await watched.page.waitForTimeout(2000)
    await watched.page.evaluate(`globalThis.longest = 0; new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration)
    }).observe({ type: 'longtask' })`)
    await watched.page.waitForTimeout(6000)
    // A task under 50 ms is not reported: 0 means that none was longer.
    report(
      'longest-task-training',
      'ms',
      [(await watched.page.evaluate('longest')) as number],
      'at most 50; 0: none above 50',
    )
    await watched.close()

    const rates: number[] = []
    for (let round = 0; round < 5; round++) {
      const { page, close } = await visit(browser)
      await page.goto(`${url}#/network?v=1&speed=0&steps=10000000`)
      await page.getByRole('button', { name: 'Train ›' }).click()
      await page.waitForTimeout(2500)
      rates.push(Number(await page.locator('[data-figure=rate]').getAttribute('data-value')))
      await close()
    }
    report('xor-page', 'steps/s', rates, 'at least half of Node')
    const node = Array.from({ length: 5 }, stepsInNode)
    report('xor-node', 'steps/s', node, '')
    report('xor-page-of-node', 'of 1', [summarize(rates).median / summarize(node).median], 'at least 0.5')
    const objects = objectNetwork()
    const object = Array.from({ length: 5 }, () => perSecond(objects, 1))
    report('xor-object-network', 'steps/s', object, "TensorFlow Playground's algorithm")
    report(
      'xor-page-of-object-network',
      'times',
      [summarize(rates).median / summarize(object).median],
      'at least 300',
    )

    const { page, session, close } = await visit(browser)
    await page.goto(`${url}#/network`)
    await page.locator('[data-figure=rate], .network-neuron, .place-card').first().waitFor()
    const heap = async () => {
      await session.send('HeapProfiler.collectGarbage')
      return ((await page.evaluate('performance.memory.usedJSHeapSize')) as number) / 1e6
    }
    const before = await heap()
    for (let reset = 0; reset < 300; reset++) {
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowRight')
    }
    report('heap-after-300-resets', 'MB more', [(await heap()) - before], 'flat')
    await close()

    const large = await visit(browser)
    const source = encodeURIComponent(`f = ${Array(1000).fill('x').join('+')}`)
    await large.page.goto(`${url}#/graph?v=1&e=${source}&x=2`)
    await large.page.locator('.graph-node').first().waitFor({ timeout: 60_000 })
    await large.page.mouse.move(400, 400)
    const frames = large.page.evaluate(`new Promise((resolve) => {
      let frames = 0
      const start = performance.now()
      const count = () => {
        frames++
        if (performance.now() - start < 2000) requestAnimationFrame(count)
        else resolve((1000 * frames) / (performance.now() - start))
      }
      requestAnimationFrame(count)
    })`)
    for (let wheel = 0; wheel < 100; wheel++) {
      await large.page.mouse.wheel(12, 4)
      await large.page.waitForTimeout(16)
    }
    report('graph-1000-panned', 'frames/s', [(await frames) as number], 'at least 50')
    await large.close()
  } finally {
    await browser.close()
    server.close()
  }
  return figures
}
