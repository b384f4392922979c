// The page's frame in a real browser: addresses, undo, languages, colours, storage, offline.
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { accessibilityFaults, builtPage, sideways } from './built-page.js'

const { open, url } = builtPage()
const source = '.graph-expression > input'

describe('the address', () => {
  test('holds what is on the screen, and another browser shows the same', async () => {
    const page = await open()
    await page.fill(source, 'f = a*b + 1')
    await page.keyboard.press('Enter')
    for (let step = 0; step < 3; step++) await page.getByRole('button', { name: 'Next ›' }).click()
    await page.waitForFunction(() => location.hash.includes('step=3'))
    const other = await open({ hash: new URL(page.url()).hash })
    expect(await other.inputValue(source)).toBe('f = a*b + 1')
    const drawn = (one: typeof page) => one.locator('.graph-drawing').innerHTML()
    // Ids that React makes differ in nothing else.
    expect(await drawn(other)).toBe(await drawn(page))
  })

  test('of a broken, hostile or newer link is a message over the place as it begins', async () => {
    const page = await open({ hash: '#/graph?v=99&e=x' })
    await page.getByRole('alert').filter({ hasText: 'of version 99' }).waitFor()
    expect(await page.inputValue(source)).toBe('f = w*x + b')
    for (const [hash, message] of [
      ['#/graph?v=1&z=%%%', 'not percent-encoded'],
      ['#/graph?v=1&z=AAAA', 'damaged'],
      ['#/graph?v=1&step=-1', 'step expects an integer'],
      ['#/nowhere?v=1', 'there is no place nowhere'],
      ['#/graph?v=1&mode=<img src=x onerror=alert(1)>', 'mode expects reverse, forward'],
      [`#/graph?v=1&e=${'x'.repeat(5000)}`, 'at most 4096 characters'],
    ]) {
      await page.evaluate((hash) => {
        location.hash = hash
      }, hash!)
      await page.getByRole('alert').filter({ hasText: message! }).waitFor()
      expect(await page.inputValue(source)).toBe('f = w*x + b')
    }
    await page.getByRole('button', { name: 'Dismiss' }).click()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('follows the browser back and forward', async () => {
    const page = await open()
    await page.getByRole('link', { name: 'Descent' }).click()
    await page.getByRole('heading', { level: 1, name: 'Descent' }).waitFor({ state: 'attached' })
    await page.goBack()
    await page.locator(source).waitFor()
    await page.goForward()
    await page.getByRole('heading', { level: 1, name: 'Descent' }).waitFor({ state: 'attached' })
  })
})

test('what one did is there again after a reload, and after leaving', async () => {
  const page = await open()
  // Before the address has followed, and about when it does: a reload may open the address that was just replaced.
  for (const [i, wait] of [0, 230, 245, 260].entries()) {
    await page.fill(source, `f = p + ${i}`)
    await page.waitForTimeout(wait)
    await page.reload()
    await page.locator(source).waitFor()
    expect(await page.inputValue(source)).toBe(`f = p + ${i}`)
  }
  await page.fill(source, 'f = p + q')
  await page.waitForFunction(() => location.hash.includes('e=f+=+p'))
  await page.goto('about:blank')
  await page.goto(url())
  await page.locator(source).waitFor()
  expect(await page.inputValue(source)).toBe('f = p + q')
})

test('everything can be undone and done again, by buttons and by keys', async () => {
  const page = await open()
  await page.fill(source, 'f = p + q')
  await page.getByRole('button', { name: 'Next ›' }).click()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('button', { name: 'Undo' }).click()
  expect(await page.inputValue(source)).toBe('f = w*x + b')
  await page.locator('#place').focus()
  await page.keyboard.press('Control+Shift+z')
  expect(await page.inputValue(source)).toBe('f = p + q')
  await page.keyboard.press('Control+z')
  expect(await page.inputValue(source)).toBe('f = w*x + b')
})

test('the whole page speaks Korean when asked, and stays so', async () => {
  const page = await open()
  await page.getByRole('button', { name: '한국어로' }).click()
  await page.getByRole('link', { name: '경사 하강' }).waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('ko')
  await page.reload()
  await page.getByRole('button', { name: '다음 ›' }).waitFor()
  const korean = await open({ locale: 'ko-KR' })
  await korean.getByRole('button', { name: '공유' }).waitFor()
})

test('share gives the link, and a frame with the parts that a teacher chooses', async () => {
  const page = await open({ hash: '#/graph?v=1&step=2' })
  await page.getByRole('button', { name: 'Share' }).click()
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue()
  expect(link).toContain('#/graph?v=1&step=2')
  const frame = page.getByRole('textbox', { name: 'Frame for a page' })
  expect(await frame.inputValue()).toContain('?embed=bar,card,timeline&v=1&step=2"')
  await page.getByRole('checkbox', { name: 'Controls' }).uncheck()
  await page.getByRole('checkbox', { name: 'Explanation' }).uncheck()
  expect(await accessibilityFaults(page)).toEqual([])
  const [, source] = /src="([^"]+)"/.exec(await frame.inputValue())!
  const kept = await page.evaluate(() => localStorage.getItem('backpropagation'))
  await page.goto('about:blank')
  await page.goto(source!)
  const shown = () =>
    page.evaluate(() =>
      ['.page-header', '.place-bar', '.place-card', '.place-drawing', '.place-timeline'].filter((part) =>
        document.querySelector(part),
      ),
    )
  await page.locator('.place-timeline').waitFor()
  expect(await shown()).toEqual(['.place-drawing', '.place-timeline'])
  const [width, whole] = await page.evaluate(() => [
    document.querySelector('.place-drawing')!.clientWidth,
    innerWidth,
  ])
  expect(width).toBe(whole)
  // It stays a frame while one steps, and after a reload; what one has elsewhere stays too.
  await page.getByRole('button', { name: 'Next ›' }).click()
  await page.waitForFunction(() => location.hash.includes('embed=timeline&v=1&step=3'))
  await page.reload()
  await page.locator('.place-timeline').waitFor()
  expect(await shown()).toEqual(['.place-drawing', '.place-timeline'])
  expect(await page.evaluate(() => localStorage.getItem('backpropagation'))).toBe(kept)
  await page.goto('about:blank')
  await page.goto(source!.replace('embed=timeline', 'embed=everything'))
  await page.getByText('expects drawing, or any of bar, card, timeline').waitFor()
})

test('the keys are listed by ?', async () => {
  const page = await open()
  await page.locator('#place').focus()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).getByText('step back').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.keyboard.press('Escape')
  expect(await page.getByRole('dialog').count()).toBe(0)
})

test('the page opens again without a network', async () => {
  const page = await open({ serviceWorkers: 'allow' })
  await page.evaluate('navigator.serviceWorker.ready')
  await page.reload()
  await page.context().setOffline(true)
  await page.reload()
  await page.locator(source).waitFor()
  await page.getByRole('link', { name: 'Descent' }).click()
  await page.getByRole('heading', { level: 1, name: 'Descent' }).waitFor({ state: 'attached' })
})

test('the page of one file opens from a disk, and trains', async () => {
  const page = await open()
  const file = pathToFileURL(fileURLToPath(new URL('../dist/single/index.html', import.meta.url))).href
  const single = await page.context().newPage()
  await single.goto(`${file}#/network?v=1`)
  await single.getByText('0.8276').first().waitFor()
})

test.each([
  ['graph', '#/graph?v=1&step=1', '[data-node=f]'],
  ['descent', '#/descent?v=1&step=1', '[data-kind="descent.slope"]'],
  ['network', '#/network?v=1&step=1', '[data-kind="network.loss"]'],
  ['training graph', '#/training-graph?v=1&step=1', '[data-operation="cost/Neg"]'],
])(
  'read aloud, %s names every control, says each step, and its tab key meets nothing hidden',
  async (_, hash, there) => {
    const page = await open({ hash })
    await page.locator(there).first().waitFor()
    const tree = await page.locator('body').ariaSnapshot()
    expect(
      tree
        .split('\n')
        .filter((line) =>
          /^\s*- (button|link|textbox|slider|spinbutton|combobox|tab|checkbox)( \[.*\])?:?$/.test(line),
        ),
    ).toEqual([])
    const hidden = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, [tabindex]')]
        .filter((one) => one.tabIndex >= 0 && !one.matches(':disabled') && one.getClientRects().length > 0)
        .filter(
          (one) =>
            one.closest('[aria-hidden=true], [inert]') || !one.checkVisibility({ visibilityProperty: true }),
        )
        .map((one) => one.outerHTML.slice(0, 100)),
    )
    expect(hidden).toEqual([])
    const said = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('#place [role=status]')].map((one) => one.textContent).join(' '),
      )
    const before = await said()
    await page.locator('#place').focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(said, { timeout: 5000 }).not.toBe(before)
    expect(await said()).toMatch(/\d/)
  },
)

test('in forced colours, progress, the step where one is and the maps of units are seen', async () => {
  const page = await open({ forcedColors: 'active', contrast: 'more', hash: '#/graph?v=1&step=5' })
  const seen = await page.evaluate(() => {
    const style = (selector: string) => getComputedStyle(document.querySelector(selector)!)
    return {
      done: style('.timeline-segment.forward .timeline-done').backgroundColor,
      left: style('.timeline-segment.forward').backgroundColor,
      step: style('.graph-steps [aria-current=step]').outlineStyle,
      edge: style('.graph-edge path').stroke,
    }
  })
  expect(seen.done).not.toBe(seen.left)
  expect(seen.step).toBe('solid')
  expect(seen.edge).not.toBe(seen.left)
  await page.evaluate(() => {
    location.hash = '#/network?v=1&step=20'
  })
  await page.locator('[data-kind="network.loss"]').first().waitFor()
  const colours = await page
    .locator('.place-drawing canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return new Set(new Uint32Array(data.buffer)).size
    })
  expect(colours).toBeGreaterThan(4)
})

test.each(['light', 'dark'] as const)(
  'nothing is sideways at any width, and axe finds nothing, %s',
  async (colorScheme) => {
    const page = await open({ colorScheme, hash: '#/graph?v=1&step=5' })
    for (const width of [360, 480, 768, 1024, 1366, 2560]) {
      await page.setViewportSize({ width, height: 780 })
      expect(await sideways(page), `at ${width}`).toBeLessThanOrEqual(0)
      if (width === 360 || width === 1366) expect(await accessibilityFaults(page), `at ${width}`).toEqual([])
    }
  },
)
