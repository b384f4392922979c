// The Network place in a real browser: the lecture's bits, every step back and forth, a step from inside, true verdicts.
import { createHash } from 'node:crypto'
import { createNetworkRun, initialNetwork, type NetworkDocument } from '@bp/lab'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { accessibilityFaults, builtPage, overlaps, sideways } from './built-page.js'

const { open } = builtPage()
const network = (fields = '') => `#/network?v=1${fields}`

/** SHA-256 of the weights of a document at a step, computed here. */
function bitsInNode(step: number, change: Partial<NetworkDocument> = {}): string {
  const run = createNetworkRun({ ...initialNetwork, ...change })
  run.goTo(step)
  return createHash('sha256').update(run.weights()).digest('hex')
}

const shownBits = (page: Page) => page.locator('[data-figure=fingerprint]')
const slider = (page: Page) =>
  page.getByRole('slider', { name: 'Position' }).or(page.locator('.timeline input'))
const bits = (page: Page, expected: string) => shownBits(page).getByText(expected).waitFor()
const status = (page: Page) => page.locator('.network-verdict [role=status]')
const fullSpeed = '&speed=0'

describe('training', () => {
  test('ends with the bits of Node and the terminal, and goes back and forth to the same', async () => {
    const page = await open({ hash: network(fullSpeed) })
    await bits(page, bitsInNode(0))
    await page.getByRole('button', { name: 'Train ›' }).click()
    const end = bitsInNode(1000)
    expect(end).toMatch(/^9f8f8af9/)
    await bits(page, end)
    await status(page).getByText('Learned: all 4 rows are right, at a loss of 0.01282.').waitFor()
    await page.getByRole('button', { name: 'One step back' }).click()
    await bits(page, bitsInNode(999))
    await slider(page).fill('137')
    await bits(page, bitsInNode(137))
    await slider(page).fill('1000')
    await bits(page, end)
    await page.keyboard.press('Control+z')
    await bits(page, bitsInNode(999))
  })

  test('is whole in the address: another browser shows the same picture and bits', async () => {
    const fields =
      '&data=spiral&rows=60&held=0.2&layers=4.tanh_3.relu&optimizer=adam&rate=0.02&batch=16&seed=3&step=240'
    const first = await open({ hash: network(fields) })
    const page = await open({ hash: network(fields) })
    const expected = bitsInNode(240, {
      data: { ...initialNetwork.data, kind: 'spiral', rows: 60, heldBack: 0.2 },
      layers: [
        { units: 4, activation: 'tanh' },
        { units: 3, activation: 'relu' },
      ],
      optimizer: { kind: 'adam', learningRate: 0.02, momentum: 0.9 },
      batch: 16,
      seed: 3,
    })
    await bits(first, expected)
    await bits(page, expected)
    const picture = (page: Page) => page.locator('.network-drawing').screenshot()
    expect((await picture(first)).equals(await picture(page))).toBe(true)
  })

  test('goes on with a weight set by hand, which the address holds', async () => {
    const page = await open({ hash: network('&step=20') })
    await page.getByRole('button', { name: 'weight w21', exact: false }).click()
    await page.getByRole('spinbutton', { name: 'New value of w21' }).fill('0.25')
    await page.getByRole('button', { name: 'One step', exact: true }).click()
    const edits = [{ step: 20, layer: 0, from: 1, to: 0, value: 0.25 }]
    await bits(page, bitsInNode(21, { edits }))
    await expect.poll(() => page.url()).toContain('edits=20,0,1,0,0.25')
    await page.getByRole('button', { name: 'One step back' }).click()
    await page.getByRole('button', { name: 'One step back' }).click()
    await bits(page, bitsInNode(19))
  })

  test('goes on after its worker is gone, and says so', async () => {
    const page = await open({ hash: network('&step=300') })
    await bits(page, bitsInNode(300))
    await page.workers()[0]!.evaluate('setTimeout(() => { throw new Error("gone") })')
    await page.getByText('It was started again at step 300; nothing is lost.').waitFor()
    await bits(page, bitsInNode(300))
  })
})

describe('verdicts', () => {
  test('without a hidden layer: ln 2 is the floor', async () => {
    const page = await open({ hash: network('&layers=&step=1000') })
    await status(page).getByText('its floor is ln 2 = 0.693147, whatever the seed').waitFor()
    await expect
      .poll(() =>
        status(page)
          .getByText(/another seed|hollow/)
          .count(),
      )
      .toBe(0)

    // Six layers of sigmoids, and the same in Korean.
    await page.evaluate((hash) => {
      location.hash = hash
    }, network('&layers=6.sigmoid_6.sigmoid_6.sigmoid_6.sigmoid_6.sigmoid_6.sigmoid&step=1000'))
    await status(page).getByText('The gradient vanishes on its way back').waitFor()
    expect(await status(page).textContent()).toMatch(
      /of the derivative at the output, [\d.e−-]+ arrives at .*1,/,
    )
    await page.getByRole('button', { name: '한국어로' }).click()
    await status(page).getByText('기울기가 뒤로 가면서 사라집니다').waitFor()
  })

  test('of a rate of 1e38: too large, calmly', async () => {
    const page = await open({ hash: network('&rate=1e38&step=1000') })
    await status(page).getByText('The learning rate is too large').waitFor()
    await page.getByRole('button', { name: /^Optimizer/ }).click()
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('of an unlucky seed: another one is tried for real', async () => {
    const page = await open({ hash: network('&seed=10&steps=4000&step=4000') })
    await status(page).getByText('no direction curves down').waitFor()
    await page.getByRole('button', { name: 'Try other seeds' }).click()
    await page.getByText('seed 1: 4 of 4 right').waitFor()
    await page.getByRole('button', { name: 'Use seed 1' }).click()
    await expect.poll(() => page.url()).toContain('seed=1')
  })
})

test('a step is looked into in Graph, and one comes back to the same bits', async () => {
  const page = await open({ hash: network('&step=950') })
  await bits(page, bitsInNode(950))
  const run = createNetworkRun(initialNetwork)
  run.goTo(950)
  const weights = run.weights()
  await page.getByRole('button', { name: 'Look inside' }).click()
  // The real weights are the values of the graph's variables.
  await page.locator('[data-node=w21]').waitFor()
  await expect.poll(() => page.url()).toContain(`w21=${weights[2]}`)
  await page.goBack()
  await bits(page, bitsInNode(950))
  // A derivative leads to the step of the graph that made it.
  await page.getByRole('button', { name: 'derivative of the loss by w21' }).click()
  await page.locator('[data-node=w21]').waitFor()
  await expect.poll(() => page.url()).toMatch(/&at=w21&.*step=[1-9]/)
  await page.keyboard.press('Control+z')
  await bits(page, bitsInNode(950))
})

test('a step is taken apart, and nothing is told before it is computed', async () => {
  const page = await open({ hash: network('&step=40') })
  await page.getByRole('button', { name: 'Parts' }).click()
  const unit = (name: string) =>
    page.locator('.network-unit', { has: page.getByRole('button', { name: `${name}, its map` }) })
  await unit('h1').getByText('not computed yet').first().waitFor()
  await page.keyboard.press('ArrowRight')
  await unit('h1').getByText('0.367').waitFor()
  await page.getByText('= σ((−1.14)·0 + 1.02·0 + (−0.546))').waitFor()
  for (let part = 0; part < 5; part++) await page.keyboard.press('ArrowRight')
  await page.getByText('Update: each weight moves').waitFor()
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => page.url()).toContain('step=41')
})

test('own points are set, moved and erased by keys, and a table that is wrong says where', async () => {
  const page = await open({ hash: network('&tab=data') })
  await page.getByLabel('Map of the points').focus()
  for (const key of ['ArrowUp', 'ArrowUp', 'Enter']) await page.keyboard.press(key)
  await page.getByText('5 rows in 2 classes').waitFor()
  await page.keyboard.press('Delete')
  await page.getByText('4 rows in 2 classes').waitFor()
  const field = page.getByLabel('Paste a table: x1, x2, class')
  await field.fill('1,2,0\n3,x,1')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('line 2: column 2 is "x"; expected a number such as 0.5').waitFor()
  await field.fill('x1,x2,kind\n1,2,a\n3,4,b\n0,1,a')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('3 rows in 2 classes').waitFor()
  await expect.poll(() => page.url()).toContain('points=1,2,0_3,4,1_0,1,0')
})

test('everything is reached by keys', async () => {
  const page = await open({ hash: network() })
  await bits(page, bitsInNode(0))
  const reached: string[] = []
  await page.evaluate('document.activeElement.blur()')
  for (let stop = 0; stop < 90; stop++) {
    await page.keyboard.press('Tab')
    reached.push(
      await page.evaluate(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
      ),
    )
  }
  for (const one of [
    'weight w11',
    'derivative of the loss by w11',
    'x1, its map',
    'Parts',
    'Look inside',
    'Seed',
  ])
    expect(
      reached.some((label) => label?.includes(one)),
      one,
    ).toBe(true)
  await page.locator('#place').focus()
  await page.keyboard.press('ArrowRight')
  await bits(page, bitsInNode(1))
})

describe('the picture', () => {
  const sizes = [
    [360, 740],
    [1366, 768],
    [1920, 1080],
  ] as const

  for (const locale of ['en-US', 'ko-KR'])
    test(`covers no number and goes nowhere sideways, ${locale}`, async () => {
      const page = await open({ hash: network('&step=950'), locale })
      await shownBits(page).getByText(bitsInNode(950)).waitFor({ state: 'attached' })
      for (const [width, height] of sizes) {
        await page.setViewportSize({ width, height })
        // The layout follows the window a moment later.
        await expect
          .poll(
            () =>
              overlaps(
                page,
                '.network-label, .network-unit-button, .network-bias, .network-unit-name, .network-loss',
              ),
            { message: `${width}×${height}`, timeout: 5000 },
          )
          .toEqual([])
        expect(await sideways(page), `${width}×${height}`).toBe(0)
      }
    })

  test('has no faults of accessibility in any tab, light and dark', async () => {
    const page = await open({ hash: network('&step=300&at=h1') })
    await bits(page, bitsInNode(300))
    for (const [colorScheme, tabs] of [
      ['light', ['Answers', 'Loss', 'Layers', 'Data', 'Code']],
      ['dark', ['Layers']],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      for (const tab of tabs) {
        await page.getByRole('tab', { name: tab }).click()
        expect(await accessibilityFaults(page), `${tab}, ${colorScheme}`).toEqual([])
      }
    }
  }, 60_000)
})
