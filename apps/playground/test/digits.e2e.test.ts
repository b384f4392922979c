// Digits in a real browser: loaded when chosen, learned, drawn by hand and read, and added to the data.
import { expect, test } from 'vitest'
import { accessibilityFaults, builtPage, overlaps, sideways } from './built-page.js'

const { open } = builtPage()
const trained =
  '#/network?v=1&data=digits&rows=1797&held=0.2&layers=16.relu&optimizer=adam&rate=0.01&batch=32&steps=2000&step=300&tab=data'

test('are loaded only when they are chosen, and learned', async () => {
  const page = await open({ hash: '#/network' })
  const fetched: string[] = []
  page.on('request', (request) => fetched.push(request.url()))
  await page.locator('.network-loss').waitFor()
  expect(fetched.filter((url) => url.includes('digits'))).toEqual([])
  await page.getByRole('button', { name: 'Data' }).click()
  await page.getByRole('combobox', { name: 'Data' }).selectOption('Digits')
  await page.getByRole('application', { name: 'Paper' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('0')
  await page.getByRole('tab', { name: 'Answers' }).click()
  await page.getByRole('button', { name: 'Train ›' }).click()
  await page.locator('.network-pictures button').first().waitFor()
  await expect
    .poll(async () => (await page.locator('.network-head span').first().textContent())!, { timeout: 15_000 })
    .toMatch(/^14\d\d of 1438 right · held back: 3[45]\d of 359$/)
})

test('drawn by the pointer or by keys are read, added to the data, and undone', async () => {
  const page = await open({ hash: trained })
  const paper = page.getByRole('application', { name: 'Paper' })
  const said = page.getByText('The network reads 7.')
  const box = (await paper.boundingBox())!
  const at = (x: number, y: number) => [box.x + (x / 64) * box.width, box.y + (y / 64) * box.height] as const
  await page.mouse.move(...at(14, 10))
  await page.mouse.down()
  for (const [x, y] of [
    [48, 10],
    [36, 32],
    [28, 54],
  ] as const)
    await page.mouse.move(...at(x, y), { steps: 5 })
  await page.mouse.up()
  await said.waitFor()
  await page.keyboard.press('Control+z')
  await said.waitFor({ state: 'detached' })
  // The same, by keys alone.
  await paper.focus()
  for (const key of [...Array(4).fill('ArrowLeft'), ' ', ...Array(8).fill('ArrowRight')])
    await page.keyboard.press(key)
  for (let step = 0; step < 10; step++)
    for (const key of ['ArrowDown', ...(step % 2 ? ['ArrowLeft'] : [])]) await page.keyboard.press(key)
  await page.keyboard.press(' ')
  await said.waitFor()
  await page.getByRole('button', { name: 'Add to the data' }).click()
  await page.getByRole('button', { name: 'Remove this 7' }).waitFor()
  await page.getByRole('tab', { name: 'Answers' }).click()
  await page.getByText('of 1439 right').waitFor()
  await expect.poll(() => page.url()).toMatch(/drawn=7|#\/network\?/)
  await page.reload()
  await page.getByText('of 1439 right').waitFor()
})

test('have no faults of accessibility, cover nothing and go nowhere sideways', async () => {
  const page = await open({ hash: trained })
  await page.locator('.network-loss').waitFor()
  for (const viewport of [
    { width: 1366, height: 768 },
    { width: 360, height: 740 },
  ])
    for (const tab of ['data', 'answers']) {
      await page.setViewportSize(viewport)
      await page.evaluate(
        (hash) => {
          location.hash = hash
        },
        trained.replace('tab=data', `tab=${tab}`),
      )
      await page.locator(`[role=tab][aria-selected=true][id$=${tab}]`).waitFor({ state: 'attached' })
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await overlaps(page, '.network-drawing .value, .network-loss')).toEqual([])
      expect(await sideways(page)).toBe(0)
    }
})
