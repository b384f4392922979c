// Runs changed by hand and compared, in a real browser: what is frozen stays, what is compared is there after a reload.
import { createHash } from 'node:crypto'
import { createNetworkRun, initialNetwork, type NetworkDocument } from '@bp/lab'
import { expect, test } from 'vitest'
import { accessibilityFaults, builtPage } from './built-page.js'

const { open } = builtPage()

function bitsInNode(step: number, change: Partial<NetworkDocument> = {}): string {
  const run = createNetworkRun({ ...initialNetwork, ...change })
  run.goTo(step)
  return createHash('sha256').update(run.weights()).digest('hex')
}

test('a frozen weight is shown, in the address, undone, and has the bits of Node', async () => {
  const page = await open({ hash: '#/network?v=1&step=20' })
  const bits = (expected: string) => page.locator('[data-figure=fingerprint]').getByText(expected).waitFor()
  await page.getByRole('button', { name: 'weight w21', exact: false }).click()
  await page.getByRole('button', { name: 'Freeze', exact: true }).click()
  await page.locator('.network-label.frozen').waitFor()
  await expect.poll(() => page.url()).toContain('freezes=20,0,1,0,1')
  await page.getByRole('button', { name: 'One step', exact: true }).click()
  const freezes = [{ step: 20, layer: 0, from: 1, to: 0, frozen: true }]
  await bits(bitsInNode(21, { freezes }))
  await page.keyboard.press('Control+z')
  await page.keyboard.press('Control+z')
  await page.locator('.network-label.frozen').waitFor({ state: 'detached' })
  await bits(bitsInNode(20))
})

test('compared runs name what they have otherwise, are there after a reload, and can be gone on with', async () => {
  const page = await open({ hash: '#/network?v=1&step=300&tab=loss' })
  const runs = page.locator('.network-compared li')
  await page.locator('.network-loss').waitFor()
  await page.getByRole('button', { name: 'Compare' }).click()
  await page.getByRole('button', { name: 'Seed', exact: false }).first().click()
  await page.getByRole('spinbutton', { name: 'Seed' }).fill('3')
  await page.keyboard.press('Escape')
  await runs.getByRole('button', { name: 'seed 7' }).first().waitFor()
  const loss = await runs.locator('.value').textContent()
  expect(loss).toMatch(/^0\.\d+$/)
  await expect.poll(() => page.url()).toContain('compared=')
  await page.reload()
  await runs.locator('.value').getByText(loss!, { exact: true }).waitFor()
  expect(await page.locator('.network-chart-compared').getAttribute('points')).toMatch(/^\d.* \d/)
  expect(await accessibilityFaults(page)).toEqual([])
  // The cursor of the chart goes by keys, with the values of both.
  await page.getByRole('application', { name: 'The loss goes from', exact: false }).focus()
  await page.keyboard.press('Home')
  await page.locator('.network-chart-pointed').getByText('step 0').waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as CSV' }).click()
  expect((await download).suggestedFilename()).toBe('losses.csv')
  await runs.getByRole('button', { name: 'seed 7' }).first().click()
  await page.getByRole('tab', { name: 'Answers' }).click()
  await page.locator('[data-figure=fingerprint]').getByText(bitsInNode(300)).waitFor()
})

test('histograms over the steps lead to a step, and are there again after a reload', async () => {
  const page = await open({ hash: '#/network?v=1&step=600&tab=layers' })
  const strips = page.locator('.histogram-strip')
  await strips.first().waitFor()
  expect(await strips.count()).toBe(4)
  const picture = await strips.first().screenshot()
  const box = (await strips.first().boundingBox())!
  await strips.first().click({ position: { x: box.width / 4, y: 20 } })
  await expect.poll(() => page.url()).toMatch(/step=2[45]\d/)
  await page.keyboard.press('Control+z')
  await expect.poll(() => page.url()).toContain('step=600')
  await page.reload()
  await strips.first().waitFor()
  await expect.poll(async () => (await strips.first().screenshot()).equals(picture)).toBe(true)
  expect(await accessibilityFaults(page)).toEqual([])
})
