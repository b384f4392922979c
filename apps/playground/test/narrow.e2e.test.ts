// Every place in narrow windows, by touch, and at 200 % zoom: nothing sideways, cut off, too small, covered or hidden.
import type { CDPSession, Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { builtPage, sideways } from './built-page.js'

const { open } = builtPage()

const plane = '#/descent?v=1&e=mean((w*x%2Bb-y)^2)&at=-1.5,2.5&rate=0.16&step=3'
/** Every place, and what is there once it is drawn. */
const places = {
  graph: ['#/graph?v=1&step=5', '[data-node=f]'],
  curve: ['#/descent?v=1&step=3', '.descent-curve'],
  map: [plane, '.descent-band'],
  surface: [`${plane}&view=surface`, '.descent-surface'],
  network: ['#/network?v=1&step=20', '[data-kind="network.loss"]'],
  parts: ['#/network?v=1&step=20&part=3', '.network-loss'],
  digits: ['#/network?v=1&data=digits&step=2', '.network-pixels'],
  'training graph': ['#/training-graph?v=1&step=5', '[data-operation="cost/Neg"]'],
  'a search': ['#/training-graph?v=1&step=5&find=layer', '.training-graph-search button'],
} as const

/** Goes to another place in the same page. */
async function visit(page: Page, [hash, there]: readonly [string, string]): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash
  }, hash)
  await page.locator(there).first().waitFor()
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'))
}

/** What is wrong with the controls on the screen, a line each. */
function faultsOfControls(): string[] {
  const faults: string[] = []
  const nameOf = (element: Element) =>
    `${element.tagName} .${element.getAttribute('class')} "${(element.getAttribute('aria-label') ?? element.textContent).slice(0, 40)}"`
  const controls = [
    ...document.querySelectorAll<HTMLElement>(
      'a[href], button, input, select, textarea, [role=slider], [role=application]',
    ),
  ].filter(
    (one) =>
      one.checkVisibility({ visibilityProperty: true }) &&
      one.getBoundingClientRect().width > 0 &&
      !one.closest('.visually-hidden'),
  )
  const measuring = document.createElement('canvas').getContext('2d')!
  const boxOf = (one: HTMLElement) => (one.closest('label') ?? one).getBoundingClientRect()
  /** A drawing that is zoomed is measured as it is at 100 %. */
  const zoomOf = (one: Element) => {
    const content = one.closest<HTMLElement>('.pan-zoom-content')
    return content ? content.getBoundingClientRect().width / content.offsetWidth : 1
  }
  /** The part of its box that is not cut off by what it scrolls in. */
  const seen = (one: HTMLElement) => {
    let { left, top, right, bottom } = boxOf(one)
    for (let around = one.parentElement; around; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around)
      if (overflowX === 'visible' && overflowY === 'visible') continue
      const box = around.getBoundingClientRect()
      ;[left, top] = [Math.max(left, box.left), Math.max(top, box.top)]
      ;[right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)]
    }
    return { left, top, right, bottom }
  }
  for (const one of controls) {
    const zoom = zoomOf(one)
    const { width, height } = boxOf(one)
    // Numbers within sentences are as high as their line.
    const inText = one.matches('.value') && one.closest('p, li, td, dd, figcaption, span')
    const least = Math.min(width, inText ? 24 : height) / zoom
    // A thousand operations are dense: search leads to each, and the card has its numbers, all of them large enough.
    const isElsewhere = one.closest('.training-graph-node') !== null
    if (least < 23.9 && !isElsewhere)
      faults.push(`small, ${width.toFixed(1)} by ${height.toFixed(1)}: ${nameOf(one)}`)
    // Text fields scroll, and what may end in … says so.
    const cut =
      one instanceof HTMLSelectElement
        ? (() => {
            measuring.font = getComputedStyle(one).font
            return measuring.measureText(one.selectedOptions[0]?.text ?? '').width + 16 - one.clientWidth
          })()
        : one instanceof HTMLInputElement
          ? one.inputMode === 'decimal'
            ? one.scrollWidth - one.clientWidth
            : 0
          : one.scrollWidth - one.clientWidth
    if (cut > 1 && !one.matches('canvas, svg, [role=application]'))
      faults.push(`cut by ${cut.toFixed(1)}: ${nameOf(one)}`)
  }
  for (const row of document.querySelectorAll('.places, .tabs'))
    if (row.scrollWidth > row.clientWidth + 1)
      faults.push(`${row.className} cut by ${row.scrollWidth - row.clientWidth}`)
  const below = document.querySelector('.place-timeline')!.getBoundingClientRect().bottom - innerHeight
  if (below > 1) faults.push(`the timeline is ${below} below the window`)
  const regions = '.page-header, .place-bar, .pan-zoom-content, .place-drawing, .place-card, .place-timeline'
  for (const [index, one] of controls.entries())
    for (const other of controls.slice(index + 1)) {
      // A drawing is moved below its own buttons, and the card slides over it.
      if (one.contains(other) || other.contains(one) || one.closest(regions) !== other.closest(regions))
        continue
      // A press on a picture is a press on what lies on it, if there is something.
      if (one.matches('[role=slider], [role=application]')) continue
      const [a, b] = [seen(one), seen(other)]
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      if (wide > 1 && high > 1)
        faults.push(`${wide.toFixed(1)} by ${high.toFixed(1)}: ${nameOf(one)} and ${nameOf(other)}`)
    }
  return faults
}

/** What the tab key would reach though nobody sees it. */
function hiddenStops(): string[] {
  return [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, [tabindex]')]
    .filter((one) => one.tabIndex >= 0 && !one.matches(':disabled') && one.getClientRects().length > 0)
    .filter(
      (one) =>
        one.closest('[aria-hidden=true], [inert]') || !one.checkVisibility({ visibilityProperty: true }),
    )
    .map((one) => one.outerHTML.slice(0, 100))
}

describe('in every place all controls can be hit and read', () => {
  // A phone, and a window of 640 pixels at 200 %.
  test.each([
    [360, 740, 'ko-KR'],
    [320, 568, 'en-US'],
  ] as const)('in a window of %i by %i, %s', async (width, height, locale) => {
    const page = await open({ viewport: { width, height }, locale, hash: '#/graph' })
    for (const [name, place] of Object.entries(places)) {
      await visit(page, place)
      expect(await sideways(page), name).toBeLessThanOrEqual(0)
      expect(await page.evaluate(faultsOfControls), name).toEqual([])
      expect(await page.evaluate(hiddenStops), name).toEqual([])
      await page.locator('.sheet-handle').press('Enter')
      expect(await page.evaluate(faultsOfControls), `${name}, with its card open`).toEqual([])
      await page.locator('.sheet-handle').press('Enter')
    }
  })
})

describe('by touch', () => {
  type Finger = readonly [x: number, y: number]

  /** Fingers that go down, move in steps from place to place, and are lifted. */
  async function gesture(session: CDPSession, ...fingers: readonly (readonly [from: Finger, to: Finger])[]) {
    const at = (share: number) =>
      fingers.map(([from, to], id) => ({
        id,
        x: from[0] + share * (to[0] - from[0]),
        y: from[1] + share * (to[1] - from[1]),
      }))
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) })
    for (const share of [0.25, 0.5, 0.75, 1])
      await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(share) })
    // It rests before it is lifted: after a fling the browser takes the next tap as the end of that.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(1) })
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }

  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true }
  const camera = (page: Page) =>
    page.locator('.pan-zoom-content').evaluate((content) => {
      const { a, e, f } = new DOMMatrix(getComputedStyle(content).transform)
      return { scale: a, x: e, y: f }
    })
  const middleOf = async (page: Page, selector: string): Promise<Finger> => {
    const { x, y, width, height } = (await page.locator(selector).first().boundingBox())!
    return [x + width / 2, y + height / 2]
  }

  test('a finger pans, two zoom, a value is dragged, a number is pressed, the card slides', async () => {
    const page = await open({ ...phone, hash: '#/graph?v=1&step=7' })
    const session = await page.context().newCDPSession(page)
    await visit(page, places.graph)
    for (const place of [places.graph, places['training graph']]) {
      await visit(page, place)
      const { x, y, height } = (await page.locator('.pan-zoom').boundingBox())!
      const before = await camera(page)
      const corner: Finger = [x + 6, y + height - 8]
      await gesture(session, [corner, [corner[0] + 40, corner[1] - 30]])
      const panned = await camera(page)
      expect(panned.x - before.x).toBeCloseTo(40, 0)
      expect(panned.y - before.y).toBeCloseTo(-30, 0)
      expect(panned.scale).toBe(before.scale)
      const other: Finger = [corner[0] + 20, corner[1]]
      await gesture(session, [corner, corner], [other, [corner[0] + 40, corner[1]]])
      expect((await camera(page)).scale / panned.scale).toBeCloseTo(2, 1)
      await page.getByRole('button', { name: 'Show all' }).tap()
    }

    await visit(page, places.graph)
    const value = page.locator('[data-node=w] input')
    const number = Number((await value.inputValue()).replace('−', '-'))
    const on = await middleOf(page, '[data-node=w] input')
    await gesture(session, [on, [on[0] + 60, on[1]]])
    expect(Number((await value.inputValue()).replace('−', '-'))).toBeGreaterThan(number)
    await page.locator('[data-node=g] .graph-value .value').tap()
    await page.waitForFunction(() => location.hash.includes('step=1'))

    const card = page.locator('.place-card')
    const heightOf = async () => (await card.boundingBox())!.height
    const [low, handle] = [await heightOf(), await middleOf(page, '.sheet-handle')]
    await gesture(session, [handle, [handle[0], handle[1] - 200]])
    await expect.poll(heightOf).toBeGreaterThan(1.5 * low)
    const up = await middleOf(page, '.sheet-handle')
    await gesture(session, [up, [up[0], up[1] + 200]])
    await expect.poll(heightOf).toBe(low)
    // What the card covers is uncovered for whoever goes there by keys.
    await page.locator('.sheet-handle').tap()
    await expect.poll(heightOf).toBeGreaterThan(1.5 * low)
    await page.locator('[data-node=b] input').focus()
    await expect.poll(heightOf).toBe(low)
  })

  test('a ball is dropped and dragged, a surface turned, a unit and a weight are chosen, a digit is drawn', async () => {
    const page = await open({ ...phone, hash: plane })
    const session = await page.context().newCDPSession(page)
    await visit(page, places.map)
    const { x, y, width, height } = (await page.locator('.descent-picture').boundingBox())!
    await page.touchscreen.tap(x + 0.3 * width, y + 0.7 * height)
    await page.getByRole('heading', { name: 'Dropped here' }).waitFor()
    const start = () => page.locator('.descent-start').getAttribute('aria-label')
    const dropped = await start()
    const ball = await middleOf(page, '.descent-start')
    await gesture(session, [ball, [ball[0] + 50, ball[1] - 40]])
    expect(await start()).not.toBe(dropped)

    await visit(page, places.surface)
    const turn = page.getByRole('slider', { name: /^Side from which/ })
    const side = await turn.getAttribute('aria-valuetext')
    const on = await middleOf(page, '.descent-turn')
    await gesture(session, [on, [on[0] + 70, on[1]]])
    expect(await turn.getAttribute('aria-valuetext')).not.toBe(side)

    await visit(page, places.network)
    await page.locator('[data-unit="1 0"]').tap()
    await page.waitForFunction(() => location.hash.includes('at=h1'))

    await visit(page, places.digits)
    await page.getByRole('tab', { name: 'Data' }).tap()
    await page.locator('.sheet-handle').tap()
    await page.locator('.network-paper svg').scrollIntoViewIfNeeded()
    const paper = await middleOf(page, '.network-paper svg')
    await gesture(session, [
      [paper[0], paper[1] - 30],
      [paper[0], paper[1] + 30],
    ])
    expect(await page.locator('.network-paper svg path').count()).toBe(1)
  })
})
