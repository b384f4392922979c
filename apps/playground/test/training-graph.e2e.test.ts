// The Training graph place in a real browser: the lecture's operations with the network's own numbers, scopes, search, the
// program, TensorBoard files in and out, and a graph of 1,000 nodes.
// biome-ignore-all lint/performance/useDomNodeTextContent: what is seen is what counts here
import { graphDefText } from '@bp/formats/graph-def'
import { graphEvent, histogramsEvent, readEvents, scalarsEvent, versionEvent } from '@bp/formats/tfevents'
import { createNetworkRun, formatNumber, initialNetwork, networkView } from '@bp/lab'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { accessibilityFaults, builtPage, overlaps, sideways } from './built-page.js'

const { open } = builtPage()
const place = '#/training-graph?v=1'
const drawn = (page: Page) => page.locator('.training-graph-node').first().waitFor()
const shown = async (hash: string, options: Parameters<typeof open>[0] = {}) => {
  const page = await open({ hash, ...options })
  await drawn(page)
  return page
}
const box = (page: Page, name: string) => page.locator(`[data-operation="${name}"]`)
const ops = (page: Page) =>
  page
    .locator('[data-operation] .training-graph-name')
    .evaluateAll((names) => names.map((name) => (name as HTMLElement).title))
const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click()
const nodes = (page: Page) => page.locator('.training-graph-node').count()
const drop = (page: Page, name: string, bytes: Uint8Array) =>
  page.evaluate(
    ({ name, bytes }) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([Uint8Array.from(bytes)], name))
      for (const type of ['dragenter', 'dragover', 'drop'])
        document
          .querySelector('.training-graph-room')!
          .dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }))
    },
    { name, bytes: [...bytes] },
  )

const run = createNetworkRun(initialNetwork)
run.goTo(950)
const view = networkView(run)

test('XOR has the operations of the lecture, with the numbers that the network has at this step', async () => {
  const page = await shown(`${place}&step=950`)
  const names = await ops(page)
  for (const name of [
    ...['MatMul', 'Add', 'Sigmoid'].flatMap((op) => [`layer1/${op}`, `layer2/${op}`]),
    ...['Log', 'Log_1', 'Mul', 'Mul_1', 'Sub', 'Sub_1', 'Add', 'Mean', 'Neg'].map((op) => `cost/${op}`),
    'gradients/cost/SigmoidCrossEntropyGrad',
    'update/layer1_weights',
  ])
    expect(names).toContain(name)
  await box(page, 'layer1/weights').locator('.training-graph-name').click()
  const numbers = page.locator('.training-graph-numbers')
  const cells = (at: number) => numbers.nth(at).locator('td').allInnerTexts()
  const written = (values: Float32Array) => Array.from(values, (value) => formatNumber(value, 4))
  expect(await cells(0)).toEqual(written(view.layers[0]!.weights))
  expect(await cells(1)).toEqual(written(view.layers[0]!.weightGradients))
  await box(page, 'cost/Neg').locator('.training-graph-name').click()
  expect(await numbers.first().locator('.value').innerText()).toBe(formatNumber(view.loss))
  await page.getByText('SigmoidCrossEntropyWithLogits').waitFor()
  // A step back, and the numbers go back.
  await page.locator('#place').focus()
  await page.keyboard.press('ArrowLeft')
  run.goTo(949)
  await page
    .locator('.training-graph-large .value', { hasText: formatNumber(run.loss('training')!) })
    .waitFor()
  run.goTo(950)
})

test('scopes close into one node with a count and open again; parts are shown and hidden', async () => {
  const page = await shown(place)
  await page.getByRole('button', { name: 'Close layer1', exact: true }).click()
  await page.locator('[data-node="layer1"]', { hasText: '5 operations' }).waitFor()
  expect(await box(page, 'layer1/MatMul').count()).toBe(0)
  await page.getByRole('button', { name: 'Open layer1' }).click()
  await box(page, 'layer1/MatMul').waitFor()
  await page.getByRole('button', { name: 'Gradients', exact: true }).click()
  await box(page, 'gradients/layer1/MatMul').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Update', exact: true }).click()
  await box(page, 'update/layer1_bias').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Undo' }).click()
  await box(page, 'update/layer1_bias').waitFor()
})

test('search finds text and patterns, and goes from one to the next', async () => {
  const page = await shown(place)
  const field = page.getByRole('textbox', { name: /^Search/ })
  await field.fill('log')
  await page.getByText('2 found').waitFor()
  expect(await page.locator('.training-graph-node:not(.dim)').count()).toBe(2)
  await field.press('Enter')
  await page.getByRole('heading', { name: 'cost/ Log', exact: true }).waitFor()
  await field.press('Enter')
  await page.getByRole('heading', { name: 'cost/ Log_1' }).waitFor()
  await field.fill('/^layer\\d\\/bias$/')
  await page.getByText('2 found').waitFor()
  await field.fill('/(/')
  await page.getByText('not a pattern').waitFor()
})

test('the program has eight instructions, which light their operations, and operations lead to them', async () => {
  const page = await shown(place)
  await tab(page, 'Program')
  const instructions = page.locator('.training-graph-instruction')
  expect(await instructions.count()).toBe(8)
  await instructions.first().click()
  const lit = page.locator('.training-graph-node:not(.dim)')
  expect(await lit.evaluateAll((all) => all.map((node) => (node as HTMLElement).dataset.node))).toEqual([
    'layer1/MatMul',
    'layer1/Add',
    'layer1/Sigmoid',
  ])
  await box(page, 'gradients/layer1/Sum').locator('.training-graph-name').click()
  await page.getByRole('button', { name: '6 MatmulTile' }).click()
  expect(await instructions.nth(5).getAttribute('aria-pressed')).toBe('true')
})

test('every number answers where from: a weight in the graph of its step, an update in the network', async () => {
  const page = await shown(`${place}&step=950&node=layer1/weights`)
  await page.locator('.training-graph-numbers td button').first().click()
  await page.getByRole('heading', { level: 1, name: 'Graph', exact: true }).waitFor({ state: 'attached' })
  expect(await page.locator('[data-node="w11"] input').inputValue()).toBe(
    String(view.layers[0]!.weights[0]).replace('-', '−'),
  )
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('button', { name: 'Network', exact: true }).click()
  await page.getByText('step 950 of').first().waitFor()
  expect(new URL(page.url()).hash).toContain('#/network')
})

test('what is exported is an event file, which dropped shows the same graph and the losses', async () => {
  const page = await shown(`${place}&step=950`)
  const before = await ops(page)
  const places = () =>
    page.locator('.training-graph-node').evaluateAll((all) => all.map((node) => node.getAttribute('style')))
  const placed = await places()
  await page.getByRole('button', { name: 'File' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^Export to TensorBoard/ }).click(),
  ])
  const chunks: Uint8Array[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Uint8Array)
  const bytes = Buffer.concat(chunks)
  expect(download.suggestedFilename()).toContain('tfevents')
  expect(readEvents(bytes).scalars.map(({ tag }) => tag)).toContain('loss')
  await drop(page, 'mine.tfevents', bytes)
  await page.getByRole('button', { name: 'mine.tfevents' }).waitFor()
  await page.locator('[data-operation="cost/Neg"] .value', { hasText: '—' }).first().waitFor()
  expect(await ops(page)).toEqual(before)
  expect(await places()).toEqual(placed)
  await tab(page, 'Curves')
  await page.getByRole('img', { name: /^loss, \d+ points$/ }).waitFor()
  await page
    .getByRole('img', { name: /^layer2.*: a histogram of values from −?\d.* to / })
    .first()
    .waitFor()
  // The file is in the address: after a reload it is there.
  await page.waitForFunction(() => location.hash.includes('z=') || location.hash.includes('file='))
  await page.reload()
  await page.getByRole('button', { name: 'mine.tfevents' }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})

test('a damaged file says where, and the graph stays; a text is opened as well', async () => {
  const page = await shown(place)
  const events = Buffer.concat([
    versionEvent(1),
    scalarsEvent({ epoch: 1, step: 1, loss: 0.5, accuracy: null, validation: null }, 1),
  ])
  events[60]! ^= 1
  await drop(page, 'damaged.tfevents', events)
  await page
    .getByRole('alert')
    .filter({ hasText: 'record 2, at byte 40: the checksum of its data is wrong' })
    .waitFor()
  expect(await box(page, 'cost/Neg').count()).toBe(1)
  const text = graphDefText([{ name: 'a/b', op: 'Const', inputs: [], shape: [2] }])
  await drop(page, 'graph.pbtxt', new TextEncoder().encode(text))
  await page.getByRole('button', { name: 'graph.pbtxt' }).waitFor()
  await page.locator('[data-node="a/b"]').waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)

  const histograms = [1, 2, 3].map((step) =>
    histogramsEvent({ 'layer1/weights': Float32Array.of(-step, 0, 0.5, step) }, step, 1),
  )
  await drop(page, 'histograms.tfevents', Buffer.concat([versionEvent(1), ...histograms]))
  const strip = page.getByRole('img', { name: 'layer1/weights: 3 histograms of values from −3 to 3' })
  await strip.waitFor()
  await page.getByText('There is no graph in this file').waitFor()
  // Of each column of the strip, how many pixels are painted: more and more of them, as the range grows.
  const painted = await strip.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height)
    return [1, 3, 5].map((sixth) => {
      const column = Math.round((sixth * width) / 6)
      const rows = Array.from({ length: height }, (_, y) => y).filter(
        (y) => data[4 * (y * width + column) + 3]! > 0,
      )
      return rows.at(-1)! - rows[0]!
    })
  })
  expect(painted).toEqual([...painted].sort((a, b) => a - b))
  expect(painted[0]).toBeGreaterThan(0)
  expect(painted[2]).toBeGreaterThan(2 * painted[0]!)
})

/** A deep network of 1,000 operations. */
function deepNetwork() {
  const made: { name: string; op: string; inputs: string[]; shape: number[] }[] = []
  const add = (name: string, op: string, ...inputs: string[]) => {
    made.push({ name, op, inputs, shape: [32, 64] })
    return name
  }
  let at = add('X', 'Placeholder')
  for (let layer = 1; made.length < 1000; layer++) {
    const product = add(`layer${layer}/MatMul`, 'MatMul', at, add(`layer${layer}/weights`, 'VariableV2'))
    at = add(
      `layer${layer}/Relu`,
      'Relu',
      add(`layer${layer}/Add`, 'Add', product, add(`layer${layer}/bias`, 'VariableV2')),
    )
  }
  return made
}

test('1,000 nodes: repeated layers are one, and all of them open without a stall of the page', async () => {
  const page = await shown(place)
  const made = deepNetwork()
  await drop(page, 'deep.tfevents', Buffer.concat([versionEvent(1), graphEvent(made, 1)]))
  const layers = (made.length - 1) / 5
  await page.locator('.training-graph-node.repeated', { hasText: `×${layers}` }).waitFor()
  expect(await nodes(page)).toBeLessThanOrEqual(44)
  await page.getByRole('button', { name: 'Scopes' }).click()
  await page.getByRole('menuitemradio', { name: 'All open' }).click()
  await box(page, `layer${layers}/Relu`).waitFor()
  // Variables stand at their operations.
  expect(await page.locator('[data-operation]').count()).toBe(made.length)
  await page.getByRole('textbox', { name: /^Search/ }).fill(`layer${layers}/R`)
  await page.getByText('1 found').waitFor()
  await page.keyboard.press('Enter')
  const seen = await page.evaluate(
    (name) => document.querySelector(`[data-operation="${name}"]`)!.getBoundingClientRect().left,
    `layer${layers}/Relu`,
  )
  expect(seen).toBeGreaterThan(0)
  // The overview goes where it is pressed: back to the beginning.
  await page.locator('.pan-zoom-overview').click({ position: { x: 1, y: 20 } })
  const first = await page.evaluate(
    () => document.querySelector('[data-operation="layer1/Relu"]')!.getBoundingClientRect().left,
  )
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThan(1280)
  expect(seen).toBeLessThan(1280)
})

test('keys alone: from node to node, opening and closing, stepping', async () => {
  const page = await shown(place)
  await page.locator('.training-graph-node [tabindex="0"]').first().focus()
  await page.keyboard.press('ArrowDown')
  await page.getByRole('heading', { name: /MatMul/ }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowRight')
  await page.waitForFunction(() => location.hash.includes('step=1'))
  await page.getByRole('button', { name: 'Close layer1', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.locator('[data-node="layer1"] button').focus()
  await page.keyboard.press('Enter')
  await box(page, 'layer1/MatMul').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('neg')
  await page.getByText('1 found').waitFor()
})

test.each([
  [360, 'en-US', 'dark', '&node=cost/Log'],
  [1366, 'ko-KR', 'light', '&card=program&instruction=2'],
  [1920, 'en-US', 'dark', '&card=curves&find=layer1'],
] as const)(
  'at a width of %i, %s, %s: nothing covers anything else or is sideways, and axe finds nothing',
  async (width, locale, colorScheme, more) => {
    const page = await shown(`${place}&step=950${more}`, {
      viewport: { width, height: 768 },
      locale,
      colorScheme,
    })
    expect(await sideways(page)).toBeLessThanOrEqual(0)
    expect(await overlaps(page, '.training-graph-box')).toEqual([])
    expect(await accessibilityFaults(page)).toEqual([])
  },
)
