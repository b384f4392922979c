// The built page in a real browser, for the end-to-end tests of its places: each test ends with no complaint of the browser.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type PreviewServer, preview } from 'vite'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { launchBrowser } from './launch-browser.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface OpenOptions extends BrowserContextOptions {
  /** What comes after the page's address: `#/graph?v=1&step=3`. */
  readonly hash?: string
  /** Scripts that run before those of the page. */
  readonly scripts?: readonly string[]
}

interface Opened {
  /** The options as text; `null` for one that is not opened again. */
  readonly key: string | null
  readonly page: Page
}

export interface BuiltPage {
  /** Opens the page in a context of its own, which the test closes with its end. */
  open(options?: OpenOptions): Promise<Page>
  /** The page's own address. */
  url(): string
}

/** Serves the built page and starts a browser, for all tests of a file. */
export function builtPage(): BuiltPage {
  let server: PreviewServer
  let browser: Browser
  let url: string
  // What went wrong on any page of the current test: errors, policy violations, requests that failed or left the server.
  let complaints: string[] = []
  // What one test opened, the next with the same options opens again, emptied: a new context takes half a second.
  let used: Opened[] = []
  const free = new Map<string, Opened>()

  beforeAll(async () => {
    if (!existsSync(`${root}dist/index.html`))
      throw new Error('The page is not built. Run: pnpm --filter playground build')
    server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0, open: false } })
    url = server.resolvedUrls!.local[0]!
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })
  afterEach(async () => {
    const found = complaints
    for (const opened of used) {
      const { key, page } = opened
      const [, ...others] = page.context().pages()
      for (const other of others) await other.close()
      if (key === null || page.isClosed() || free.has(key)) await page.context().close()
      else {
        await page.goto(`${url}favicon.svg`)
        await page.evaluate('localStorage.clear(); sessionStorage.clear()')
        free.set(key, opened)
      }
    }
    complaints = []
    used = []
    expect(found).toEqual([])
  })

  return {
    url: () => url,
    async open({ hash = '', scripts = [], ...rest } = {}) {
      const options = {
        viewport: { width: 1280, height: 800 },
        reducedMotion: 'reduce' as const,
        locale: 'en-US',
        // Each test opens the page anew; what works offline has a test of its own.
        serviceWorkers: 'block' as const,
        ...rest,
      }
      const key = scripts.length > 0 || rest.serviceWorkers === 'allow' ? null : JSON.stringify(options)
      const again = key === null ? undefined : free.get(key)
      if (again) {
        free.delete(key!)
        used.push(again)
        await again.page.setViewportSize(options.viewport!)
        await again.page.goto(url + hash)
        await again.page.locator('.place-drawing').waitFor()
        return again.page
      }
      const context = await browser.newContext(options)
      const page = await context.newPage()
      used.push({ key, page })
      page.setDefaultTimeout(10_000)
      page.on('console', (message) => {
        // That service workers are blocked is our own doing.
        if (/Service Worker registration blocked/.test(message.text())) return
        // Chromium asks for it beside the file that a page is emptied with.
        if (message.location().url.endsWith('/favicon.ico')) return
        if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`)
      })
      page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
      page.on('request', (request) => {
        if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url()))
          complaints.push(`request to ${request.url()}`)
      })
      page.on('response', (response) => {
        if (response.status() >= 400 && !response.url().endsWith('/favicon.ico'))
          complaints.push(`${response.status()} for ${response.url()}`)
      })
      await page.exposeFunction('complain', (text: string) => complaints.push(text))
      await page.addInitScript(
        "addEventListener('securitypolicyviolation', (event) => complain('policy: ' + event.violatedDirective + ' ' + event.blockedURI))",
      )
      for (const script of scripts) await page.addInitScript(script)
      await page.goto(url + hash)
      await page.locator('.place-drawing').waitFor()
      return page
    },
  }
}

/** What axe finds wrong, a line each; `[]` if nothing. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  // To list what passes as well would take three times as long.
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResults
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** How far the page can be moved sideways, in pixels: never at all. */
export const sideways = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - innerWidth')

/**
 * The pairs of these elements that cover each other by more than a pixel both ways, as text.
 * `pairs` may skip those that belong together.
 */
export function overlaps(page: Page, selector: string): Promise<string[]> {
  return page.evaluate((selector) => {
    const boxes = [...document.querySelectorAll(selector)].map((element) => ({
      element,
      box: element.getBoundingClientRect(),
    }))
    const found: string[] = []
    for (const [index, { element, box }] of boxes.entries())
      for (const { element: other, box: its } of boxes.slice(index + 1)) {
        if (element.contains(other) || other.contains(element) || box.width === 0 || its.width === 0) continue
        const wide = Math.min(box.right, its.right) - Math.max(box.left, its.left)
        const high = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top)
        if (wide > 1 && high > 1)
          found.push(
            `${element.className} "${element.textContent}" and ${other.className} "${other.textContent}": ${wide.toFixed(1)} by ${high.toFixed(1)}`,
          )
      }
    return found
  }, selector)
}
