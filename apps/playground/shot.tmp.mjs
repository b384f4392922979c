import { chromium } from 'playwright-core'
import { preview } from 'vite'

const server = await preview({
  root: import.meta.dirname,
  preview: { port: 0, host: '127.0.0.1' },
  logLevel: 'error',
})
const url = server.resolvedUrls.local[0]
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
const what = process.argv.slice(2)
for (const [name, width, scheme] of [
  ['1280-light', 1280, 'light'],
  ['1280-dark', 1280, 'dark'],
  ['768-light', 768, 'light'],
  ['360-light', 360, 'light'],
]) {
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    deviceScaleFactor: width < 500 ? 2 : 1,
    colorScheme: scheme, forcedColors: name.includes('forced') ? 'active' : 'none',
  })
  page.on('console', (m) => console.log(name, m.type(), m.text()))
  page.on('pageerror', (e) => console.log(name, 'ERR', e.message))
  await page.goto(url)
  await page.waitForTimeout(400)
  if (what.includes('train')) {
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.waitForTimeout(3500)
  }
  if (what.includes('sigmoid')) {
    await page.getByRole('button', { name: 'sigmoid(w*x + b)' }).click()
    await page.waitForTimeout(200)
  }
  if (what.includes('fan')) {
    await page.getByRole('button', { name: 'x*x + x' }).click()
    await page.waitForTimeout(200)
  }
  if (what.includes('mid')) {
    for (let i = 0; i < 2; i++) await page.getByRole('button', { name: 'Back' }).click()
  }
  if (what.includes('err')) {
    await page.getByLabel('Expression').fill('f = wx + b')
    await page.waitForTimeout(100)
  }
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  if (over) console.log(name, 'overflow', over)
  await page.screenshot({ path: `/tmp/shots/${name}.png`, fullPage: true })
  if (what.includes('parts')) {
    await page.locator('.decision-map').screenshot({ path: `/tmp/shots/${name}-map.png` })
    await page.locator('#graph').screenshot({ path: `/tmp/shots/${name}-graph.png` })
  }
  await page.close()
}
await browser.close()
await server.close()
