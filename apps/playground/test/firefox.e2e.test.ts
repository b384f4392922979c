// The built page in Firefox: every place opens, training ends with the bits of every other engine, and a reload keeps it.
import { fileURLToPath } from 'node:url'
import { type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findBrowser } from '../../../scripts/browser.mjs'
import { type Firefox, launchFirefox } from './launch-firefox.js'

const root = fileURLToPath(new URL('..', import.meta.url))

function pathOrReason(): { readonly path?: string; readonly reason?: string } {
  try {
    return { path: findBrowser('firefox') }
  } catch (error) {
    return { reason: (error as Error).message }
  }
}
const { path, reason } = pathOrReason()

describe.skipIf(path === undefined)(`in Firefox${reason ? ` (${reason})` : ''}`, () => {
  let server: PreviewServer
  let firefox: Firefox
  let url: string

  beforeAll(async () => {
    server = await preview({ root, logLevel: 'error', preview: { host: '127.0.0.1', port: 0, open: false } })
    url = server.resolvedUrls!.local[0]!
    firefox = await launchFirefox(path!)
  })
  afterAll(async () => {
    await firefox?.close()
    await server?.close()
  })

  const fingerprint = `[...document.querySelectorAll('[data-figure=fingerprint]')].map((one) => one.textContent).find((text) => text.startsWith('9f8f8af9'))`

  test('every place opens without a complaint, and XOR ends with the same bits and keeps them', async () => {
    const places = [
      ['graph', '#/graph?v=1&step=7', `document.querySelector('.account-symbols')`],
      ['descent', '#/descent?v=1&step=3', `document.querySelector('[data-kind="descent.slope"]')`],
      [
        'training-graph',
        '#/training-graph?v=1&step=3',
        `document.querySelector('[data-operation="layer1/MatMul"]')`,
      ],
      ['network', '#/network?v=1&speed=0', `document.querySelector('[data-kind="network.loss"]')`],
    ] as const
    for (const [name, hash, there] of places) {
      await firefox.open('about:blank')
      await firefox.open(url + hash)
      await firefox.until(`${there} !== null`)
      expect((await firefox.picture()).length, name).toBeGreaterThan(10_000)
    }
    await firefox.until(`(document.querySelector('.timeline .primary').click(), true)`)
    await firefox.until(fingerprint)
    await firefox.until(`location.hash.includes('step=1000')`)
    await firefox.reload()
    expect(await firefox.until(fingerprint)).toMatch(/^9f8f8af9/)
    expect(firefox.complaints).toEqual([])
  })
})
