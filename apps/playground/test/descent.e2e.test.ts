// The Descent place in a real browser: the lecture's bowl from any start, in numbers, pictures and by keys.
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { kinds } from '../src/parts/kinds.js'
import { accessibilityFaults, builtPage, sideways } from './built-page.js'

const { open } = builtPage()

const line = '#/descent?v=1&e=mean((w*x%2Bb-y)^2)&at=-1.5,2.5&rate=0.16&race=sgd,momentum,rmsProp,adam&step=9'
const step = (page: Page) => page.getByRole('button', { name: 'Step ›' })

/** Goes to another address in the same page. */
async function visit(page: Page, hash: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash
  }, hash)
  await page.waitForFunction(
    (hash) => location.hash === hash && document.querySelector('.place-drawing'),
    hash,
  )
}

/** Waits until the picture stands still and is drawn in full. */
const settled = (page: Page) =>
  page.waitForFunction(
    () =>
      document.querySelector('.descent-band, .descent-curve, .descent-turn') &&
      !document.querySelector('.place-drawing [aria-busy=true]'),
  )

/** The numbers of a kind on the screen, whole. */
const numbers = (page: Page, kind: string, within = 'body') =>
  page
    .locator(`${within} [data-kind="descent.${kind}"]`)
    .evaluateAll((all) => all.map((element) => Number(element.getAttribute('title'))))

describe('the lecture’s bowl', () => {
  // cost = mean((wx − y)²) on (1, 1), (2, 2), (3, 3): its slope is 2·mean(x·(wx − y)).
  const points = [1, 2, 3]
  const mean = (f: (x: number) => number) => points.reduce((sum, x) => sum + f(x), 0) / 3
  const costOf = (w: number) => mean((x) => (w * x - x) ** 2)
  const slopeOf = (w: number) => 2 * mean((x) => x * (w * x - x))

  test('from any start shows the cost, the slope and the step of the closed forms', async () => {
    const page = await open({ hash: '#/descent' })
    for (const start of [-1.5, 0.5, 40]) {
      await visit(page, `#/descent?v=1&at=${start}&rate=0.05`)
      await page.getByRole('heading', { name: 'Dropped here' }).waitFor()
      await page.locator(`.descent-update [title="${start}"]`).waitFor()
      expect((await numbers(page, 'cost', '.descent-here'))[0]).toBeCloseTo(costOf(start), 9)
      expect((await numbers(page, 'slope', '.descent-here'))[0]).toBeCloseTo(slopeOf(start), 9)
      expect(await page.locator('.descent-update .result').textContent()).toBe('= ?')
      let w = start
      for (let index = 1; index <= 3; index++) {
        await step(page).click()
        await page.getByRole('heading', { name: `Step ${index}` }).waitFor()
        const before = w
        w -= 0.05 * slopeOf(w)
        const [from, to] = await numbers(page, 'position', '.descent-update')
        expect([from, to]).toEqual([expect.closeTo(before, 9), expect.closeTo(w, 9)])
        expect((await numbers(page, 'slope', '.descent-update'))[0]).toBeCloseTo(slopeOf(before), 9)
        expect((await numbers(page, 'cost', '.descent-here'))[0]).toBeCloseTo(costOf(w), 9)
      }
    }
  })

  test('tells learning rates that are too small, right and too large apart', async () => {
    const page = await open({ hash: '#/descent' })
    for (const [rate, word, reason, end] of [
      [0.003, 'creeps', 'It creeps', 'still moves after'],
      [0.06, 'straight in', 'still on the same side', 'this is the lowest point'],
      [0.18, 'zigzags', 'it landed on the other side, yet lower', 'this is the lowest point'],
      [0.23, 'flies out', 'no lower than before', 'from step 0 on, every step ended higher'],
    ] as const) {
      await visit(page, `#/descent?v=1&rate=${rate}&step=1`)
      await page.locator('.descent-reason', { hasText: reason }).waitFor()
      const slider = page.getByRole('slider', { name: 'Learning rate α' })
      expect(await slider.getAttribute('aria-valuetext')).toBe(`${rate}, ${word}`)
      await page.getByRole('button', { name: 'To the end' }).click()
      await page.locator('.descent-reason', { hasText: end }).waitFor()
      expect((await numbers(page, 'bound'))[0]).toBeCloseTo(2 / (28 / 3), 9)
      expect((await numbers(page, 'curvature'))[0]).toBeCloseTo(28 / 3, 9)
    }
  })
})

describe('the address', () => {
  // Six pictures in two browsers.
  test('gives the same picture and the same bits in another browser', { timeout: 60_000 }, async () => {
    const [page, other] = [await open(), await open()]
    const state = (one: Page) =>
      one.evaluate(() => ({
        numbers: [...document.querySelectorAll('.value')].map((value) => value.getAttribute('title')),
        // Ids that React makes differ in nothing else.
        drawing: document.querySelector('.place-drawing')!.innerHTML.replace(/_r_\w+_/g, ''),
        canvas: document.querySelector('canvas')?.toDataURL(),
      }))
    for (const hash of ['#/descent?v=1&at=3.3&rate=0.19&step=9', line, `${line}&view=surface&look=2.5,0.4`]) {
      await visit(page, hash)
      await page.getByRole('heading', { name: 'Step 9' }).waitFor()
      await step(page).click()
      await page.waitForFunction(() => location.hash.includes('step=10'))
      await visit(other, new URL(page.url()).hash)
      await other.getByRole('heading', { name: 'Step 10' }).waitFor()
      await Promise.all([settled(page), settled(other)])
      await expect.poll(() => state(other), { timeout: 10_000 }).toEqual(await state(page))
    }
  })

  test('with a cost that cannot be read is a message with its cure, and the field to mend it', async () => {
    const page = await open({ hash: '#/descent?v=1&e=a*b*c&data=' })
    await page.getByText('a, b, c are too many to draw').first().waitFor()
    await page.getByRole('textbox', { name: 'Cost' }).fill('a^2 + b^2')
    await page.locator('.descent-map').waitFor()
  })
})

describe('the map', () => {
  test('a press drops a ball, dragging moves the start, undo takes each back', async () => {
    const page = await open({ hash: '#/descent?v=1&e=x^2%2By^2&data=&at=-2,1&step=4' })
    const box = (await page.locator('.descent-picture').boundingBox())!
    const ball = async () => (await numbers(page, 'position', '.descent-update')).slice(0, 2)
    const before = await ball()
    await page.mouse.click(box.x + box.width * 0.7, box.y + box.height * 0.3)
    await page.getByRole('heading', { name: 'Dropped here' }).waitFor()
    await expect.poll(async () => Math.min(...(await ball()))).toBeGreaterThan(0.5)
    const [x, y] = await ball()
    await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.3)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6, { steps: 4 })
    await page.mouse.up()
    await expect.poll(async () => (await ball())[1]).toBeLessThan(0)
    await page.keyboard.press('Control+z')
    await expect.poll(ball).toEqual([x, y])
    await page.keyboard.press('Control+z')
    await page.getByRole('heading', { name: 'Step 4' }).waitFor()
    await expect.poll(ball).toEqual(before)
  })

  test('is panned and zoomed, and fits again', async () => {
    const page = await open({ hash: line })
    const drawn = async () => {
      await settled(page)
      return page.locator('.descent-map').innerHTML()
    }
    const [first, box] = [await drawn(), (await page.locator('.descent-picture').boundingBox())!]
    await page.mouse.move(box.x + 200, box.y + 400)
    await page.mouse.down()
    await page.mouse.move(box.x + 300, box.y + 300, { steps: 3 })
    await page.mouse.up()
    expect(await drawn()).not.toBe(first)
    await page.mouse.wheel(0, -200)
    await page.getByRole('button', { name: 'Zoom in' }).click()
    await page.getByRole('button', { name: 'Fit', exact: true }).click()
    expect(await drawn()).toBe(first)
  })
})

test('a cost of two variables is a curve along each, the other held, with the tangent at the ball', async () => {
  // The ball is at (1, −1) after no step: the slopes of a² + 3ab + b³ there are 2a + 3b = −1 and 3a + 3b² = 6.
  const page = await open({ hash: '#/descent?v=1&e=a^2%2B3*a*b%2Bb^3&data=&at=1,-1' })
  const sections = page.locator('.descent-sections figure')
  await sections.last().locator('.descent-tangent').waitFor()
  expect(await numbers(page, 'slope', '.descent-sections')).toEqual([-1, 6])
  expect(await numbers(page, 'position', '.descent-sections')).toEqual([-1, 1])
  // Both have one scale of heights, and ranges of one length: on the screen the tangents are as steep as the slopes say.
  const rises = await page.locator('.descent-sections .descent-tangent').evaluateAll((all) =>
    all.map((tangent) => {
      const [, x1, y1, x2, y2] = /^M(\S+) (\S+)L(\S+) (\S+)$/.exec(tangent.getAttribute('d')!)!.map(Number)
      return (y1! - y2!) / (x2! - x1!)
    }),
  )
  expect(rises[1]! / rises[0]!).toBeCloseTo(-6, 6)
  await page.getByRole('button', { name: 'Surface' }).click()
  await sections.last().locator('.descent-tangent').waitFor()
  await page.getByRole('textbox', { name: 'Cost' }).fill('a^2')
  await page.locator('.descent-curve').waitFor()
  expect(await page.getByRole('tab').allTextContents()).toEqual(['Race', 'Path', 'Data'])
})

test('by keys alone: drop, step, race, rate, turn', async () => {
  const page = await open({ hash: '#/descent?v=1&e=x^2%2By^2&data=&at=-2,1&rate=0.1' })
  await page.locator('.descent-start').focus()
  for (const key of ['ArrowRight', 'ArrowUp', 'Shift+ArrowUp']) await page.keyboard.press(key)
  expect(await page.locator('.descent-start').getAttribute('aria-label')).toMatch(
    /^Start: x = −1\.8\d*, y = 1\.\d+\./,
  )
  await page.locator('#place').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.getByRole('heading', { name: 'Step 2' }).waitFor()
  expect(await page.locator('.place-card [role=status]').textContent()).toMatch(/^Step 2: x = −1\.\d+, y = /)
  await page.keyboard.press('ArrowLeft')
  await page.getByRole('heading', { name: 'Step 1' }).waitFor()
  await page.keyboard.press(' ')
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await page.keyboard.press(' ')
  await page.keyboard.press('End')
  await page.getByText('this is the lowest point').first().waitFor()
  await page.keyboard.press('Home')
  await page.getByRole('tab', { name: 'Curves' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('checkbox', { name: 'Adam takes part' }).focus()
  await page.keyboard.press(' ')
  await page.locator('.descent-map .descent-ball.adam').waitFor()
  await page.getByRole('slider', { name: 'Learning rate α' }).focus()
  await page.keyboard.press('End')
  await page.locator('.descent-regimes .now', { hasText: 'flies out' }).waitFor()
  await page.getByRole('button', { name: 'Surface' }).press('Enter')
  const turn = page.getByRole('slider', { name: /^Side from which/ })
  await turn.focus()
  const before = await turn.getAttribute('aria-valuetext')
  await page.keyboard.press('ArrowRight')
  expect(await turn.getAttribute('aria-valuetext')).not.toBe(before)
})

test('while one types, the last good picture stays, and what is wrong is said calmly', async () => {
  const page = await open({ hash: '#/descent' })
  const field = page.getByRole('textbox', { name: 'Cost' })
  const drawn = () => page.locator('.descent-curve').innerHTML()
  const before = await drawn()
  await field.fill('mean((w*x - y)^')
  expect(await page.locator('.descent-problem').count()).toBe(0)
  await page.locator('.descent-problem').waitFor()
  expect(await drawn()).toBe(before)
  await field.fill('(w - 2)^2')
  expect(await page.locator('.descent-problem').count()).toBe(0)
  expect(await drawn()).not.toBe(before)
})

test('every number answers where it comes from', async () => {
  const page = await open({ hash: `${line.replace('race=sgd,momentum', 'race=momentum,sgd')}` })
  const seen = new Set<string>()
  for (const name of ['Curves', 'Path', 'Race']) {
    await page.getByRole('tab', { name }).click()
    const found = await page
      .locator('.place [data-kind]')
      .evaluateAll((all) =>
        all.map((element) => [element.getAttribute('data-kind')!, element.tagName] as const),
      )
    for (const [kind, tag] of found) {
      seen.add(kind)
      expect(tag, kind).toBe('BUTTON')
    }
  }
  // Its own slope and its own direction: what momentum multiplies is no slope.
  expect([...seen].sort()).toEqual(kinds.descent.map((kind) => `descent.${kind}`).sort())

  await page.locator('.descent-update [data-kind="descent.direction"]').first().click()
  await page.getByRole('heading', { name: 'Step 8' }).waitFor()
  await page.locator('.descent-update [data-kind="descent.rate"]').first().click()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('descent-rate')
  await page.locator('.descent-ticks [data-kind="descent.axis"]').first().click()
  await page.getByRole('heading', { name: /^(Step \d|Dropped here)/ }).waitFor()
  await page.locator('.descent-here [data-kind="descent.slope"]').first().click()
  await page.waitForFunction(() => location.hash.startsWith('#/graph'))
})

describe('no fault for axe, and nothing sideways', () => {
  const check = async (page: Page) => {
    expect(await accessibilityFaults(page)).toEqual([])
    expect(await sideways(page)).toBe(0)
  }

  test('the curve, and the map with the path in dark', async () => {
    const page = await open({ hash: '#/descent' })
    await check(page)
    await visit(page, line)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByRole('tab', { name: 'Path' }).click()
    await check(page)
  })

  test('the surface, and a phone in Korean', async () => {
    const page = await open({ hash: `${line}&view=surface` })
    await page.getByRole('tab', { name: 'Data' }).click()
    await check(page)
    await visit(page, '#/descent?v=1&race=adam,sgd&step=3')
    await page.setViewportSize({ width: 360, height: 740 })
    await page.getByRole('button', { name: '한국어로' }).click()
    await page.getByRole('tab', { name: '경로' }).click()
    await check(page)
  })
})
