// The built page in a real browser: what a visitor sees and does.
// biome-ignore-all lint/performance/useDomNodeTextContent: what is seen, as it is laid out, is what counts here
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type PreviewServer, preview } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createXorRun, defaultSettings, epochs, type Settings } from '../src/training/settings.js'
import { launchBrowser } from './launch-browser.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let server: PreviewServer
let browser: Browser
let url: string

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

// What went wrong on any page of the current test: errors, policy violations, requests that failed or left the server.
let complaints: string[] = []
let close: (() => Promise<void>)[] = []

afterEach(async () => {
  const found = complaints
  for (const each of close) await each()
  complaints = []
  close = []
  expect(found).toEqual([])
})

async function open(options: BrowserContextOptions & { scripts?: string[] } = {}): Promise<Page> {
  const { scripts = [], ...rest } = options
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
    ...rest,
  })
  close.push(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`)
  })
  await page.exposeFunction('complain', (text: string) => complaints.push(text))
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => complain('policy: ' + event.violatedDirective + ' ' + event.blockedURI))",
  )
  for (const script of scripts) await page.addInitScript(script)
  await page.goto(url)
  await figure(page, 'epoch').getByText(`0 of ${epochs}`).waitFor()
  return page
}

const graph = (page: Page) => page.locator('#graph')
const training = (page: Page) => page.locator('#training')
const figure = (page: Page, name: string) => page.locator(`[data-figure=${name}]`)
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const example = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Examples' }).getByRole('button', { name }).click()

describe('the graph', () => {
  /** The node whose accessible name starts with its label. */
  const node = (page: Page, label: string) => graph(page).locator(`[aria-label^="${label},"]`)

  test('every node states its value and derivative', async () => {
    const page = await open()
    for (const [label, text] of [
      ['g = w × x', 'value −10, derivative of f with respect to g 1'],
      ['f = g + b', 'value −7, derivative of f with respect to f 1'],
      ['w', 'value −2, derivative of f with respect to w 5'],
      ['x', 'value 5, derivative of f with respect to x −2'],
      ['b', 'value 3, derivative of f with respect to b 1'],
    ] as const)
      expect(await node(page, label).getAttribute('aria-label')).toContain(text)
  })

  test('shows the lecture’s numbers at the nodes, on the edges and in the list of steps', async () => {
    const page = await open()
    const text = await graph(page).innerText()
    for (const wanted of ['g = −10', 'f = −7', '∂f/∂w = 5▲', '∂f/∂x = −2▼', '∂f/∂b = 1▲', '∂f/∂g = 1▲'])
      expect(text.replace(/\s+/g, ' ')).toContain(wanted)
    expect(await page.locator('.edge-label').allInnerTexts()).toEqual([
      '5 × 1 = 5',
      '−2 × 1 = −2',
      '1 × 1 = 1',
      '1 × 1 = 1',
    ])
    expect(await page.locator('.steps .backward li').allInnerTexts()).toEqual(
      expect.arrayContaining(['∂f/∂w = ∂f/∂g · ∂g/∂w = 1 · 5 = 5', '∂f/∂x = ∂f/∂g · ∂g/∂x = 1 · (−2) = −2']),
    )
    expect((await page.locator('.nudge-line').innerText()).replace(/\s+/g, ' ')).toBe(
      'If w changes by 1, f changes by 5; if x changes by 1, f changes by −2; if b changes by 1, f changes by 1.',
    )
  })

  test('forward and back, every step looks exactly the same', async () => {
    const page = await open()
    const slider = page.getByRole('slider', { name: 'Step' })
    // The picture first: taking it leaves marks in the markup.
    const screen = async () => {
      const picture = await graph(page).screenshot()
      return createHash('sha256')
        .update(picture)
        .update(await graph(page).innerHTML())
        .digest('hex')
    }
    await press(page, 'First')
    // Away from the buttons, whose focus and hover are part of the picture.
    await page.evaluate(() => (document.activeElement as HTMLElement).blur())
    await page.mouse.move(0, 0)
    const length = Number(await slider.getAttribute('max'))
    const there = [await screen()]
    for (let position = 1; position <= length; position++) {
      await page.keyboard.press('ArrowRight')
      there.push(await screen())
    }
    const back = [there[length]]
    for (let position = length - 1; position >= 0; position--) {
      await page.keyboard.press('ArrowLeft')
      back.unshift(await screen())
    }
    expect(new Set(there).size).toBe(length + 1)
    expect(back).toEqual(there)
  })

  test('before anything is computed there are dashes, not zeros', async () => {
    const page = await open()
    await press(page, 'First')
    const text = (await page.locator('.drawing').innerText()).replace(/\s+/g, ' ')
    for (const wanted of ['g = —', 'f = —', '∂f/∂w = —', '∂f/∂b = —']) expect(text).toContain(wanted)
    expect(await page.locator('.edge-label').count()).toBe(0)
    expect(await node(page, 'g = w × x').getAttribute('aria-label')).toContain('value not computed yet')
  })

  test('the slider, the buttons and the list show the current step', async () => {
    const page = await open()
    const slider = page.getByRole('slider', { name: 'Step' })
    await press(page, 'First')
    await press(page, 'Next')
    expect(await slider.getAttribute('aria-valuetext')).toBe(
      'forward 1 of 2: Forward: g = w × x = −2 × 5 = −10.',
    )
    await slider.focus()
    await page.keyboard.press('End')
    expect(await page.locator('.sentence').innerText()).toContain(
      'so f changes 1 × (−2) = −2 times as much as x',
    )
    await page.locator('.steps [aria-current=step]').focus()
    await page.keyboard.press('ArrowUp')
    expect(await page.locator('.steps [aria-current=step]').innerText()).toBe(
      '∂f/∂w = ∂f/∂g · ∂g/∂w = 1 · 5 = 5',
    )
    await press(page, 'Back')
    expect(await slider.inputValue()).toBe('5')
  })

  test('a node leads to its own step', async () => {
    const page = await open()
    await node(page, 'g = w × x').click()
    expect(await page.locator('.sentence').innerText()).toBe('Forward: g = w × x = −2 × 5 = −10.')
    await node(page, 'g = w × x').click()
    expect(await page.locator('.sentence').innerText()).toContain('1 × 1 = 1 goes to g')
  })

  test('changing b to 4 with the arrow key makes f −6, typing 10 makes it 0', async () => {
    const page = await open()
    const b = page.getByRole('spinbutton', { name: 'value of b' })
    await b.focus()
    await page.keyboard.press('ArrowUp')
    expect(await b.inputValue()).toBe('4')
    expect(await node(page, 'f = g + b').getAttribute('aria-label')).toContain('value −6,')
    await b.fill('10')
    expect(await node(page, 'f = g + b').getAttribute('aria-label')).toContain('value 0,')
    await b.fill('-')
    expect(await b.getAttribute('aria-invalid')).toBe('true')
  })

  test('a wrong expression is explained in place, and fixed with a button', async () => {
    const page = await open()
    const field = page.getByLabel('Expression')
    await field.fill('y = sigmod(x)')
    const problem = page.locator('.problem')
    expect(await problem.innerText()).toMatch(
      /unknown function sigmod \(column 5\)\s+y = sigmod\(x\)\s+\^\s+Did you mean sigmoid\?/,
    )
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    await page.getByRole('button', { name: 'Write sigmoid instead' }).click()
    expect(await field.inputValue()).toBe('y = sigmoid(x)')
    expect(await problem.innerText()).toBe('')
  })

  test('sigmoid is its chain: at 0 the value 0.5, the derivative 0.25', async () => {
    const page = await open()
    await example(page, 'sigmoid(w*x + b)')
    const symbols = () => page.locator('.drawing .shape').allInnerTexts()
    expect(await symbols()).toEqual(expect.arrayContaining(['−', 'exp', '1/x']))
    expect(await page.locator('.drawing').innerText()).toMatch(/y =\s0\.5/)
    expect(await node(page, 'b').getAttribute('aria-label')).toContain(
      'derivative of y with respect to b 0.25',
    )
    await page.getByLabel('Show sigmoid as a chain').uncheck()
    expect(await symbols()).toContain('σ')
    expect(await node(page, 'b').getAttribute('aria-label')).toContain(
      'derivative of y with respect to b 0.25',
    )
  })

  test('where f is curved a nudge differs from the prediction, less so when it is small', async () => {
    const page = await open()
    await example(page, 'x*x + x')
    const row = () => page.locator('.nudges tbody tr').innerText()
    expect((await row()).split(/\s+/)).toEqual(expect.arrayContaining(['7', '8']))
    await page.locator('.nudges').getByLabel('0.001').check()
    expect((await row()).split(/\s+/)).toEqual(expect.arrayContaining(['0.007', '0.007001']))
  })
})

describe('training', () => {
  const fingerprintInNode = (settings: Settings, steps: number) => {
    const run = createXorRun(settings)
    run.step(steps)
    return createHash('sha256').update(run.weights()).digest('hex')
  }
  const fingerprint = async (page: Page) => {
    const code = figure(page, 'fingerprint')
    await code.getByText(/^[0-9a-f]{64}$/).waitFor()
    return code.innerText()
  }
  const fast = (page: Page) => page.getByLabel('Speed').selectOption('full speed')
  const finish = async (page: Page) => {
    await fast(page)
    await press(page, 'Train')
    await figure(page, 'epoch').getByText(`${epochs} of ${epochs}`).waitFor()
  }

  test('learns XOR: all four correct, loss below 0.05, the same bits as in Node and in a second run', async () => {
    const page = await open()
    await finish(page)
    expect(await figure(page, 'correct').innerText()).toBe('4 of 4')
    expect(Number(await figure(page, 'loss').innerText())).toBeLessThan(0.05)
    const rows = await page.locator('.predictions tbody tr').allInnerTexts()
    expect(rows.map((row) => row.split(/\s+/).slice(0, 3).join(''))).toEqual(['000', '011', '101', '110'])
    for (const row of rows) expect(row).toContain('✓ yes')
    expect(await training(page).getByRole('status').innerText()).toContain('all four predictions are correct')
    const first = await fingerprint(page)
    expect(first).toBe(fingerprintInNode(defaultSettings, epochs))
    await press(page, 'Reset')
    await figure(page, 'epoch').getByText(`0 of ${epochs}`).waitFor()
    await finish(page)
    expect(await fingerprint(page)).toBe(first)
  })

  test('draws the decision map in two colours, each with the points of one class', async () => {
    const page = await open()
    await finish(page)
    const map = page.locator('.decision-map')
    expect(await map.getAttribute('aria-label')).toContain('4 of 4 points are on the correct side')
    // Farther out than the points, whose circles would be in the way.
    const hues = await map.evaluate((canvas: HTMLCanvasElement) => {
      const side = canvas.width
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, side, side)
      const at = (x: number, y: number) => {
        const pixel = (Math.round(y * side) * side + Math.round(x * side)) * 4
        return data[pixel + 2]! > data[pixel]! ? 'blue' : 'orange'
      }
      return [at(0.17, 0.83), at(0.17, 0.17), at(0.83, 0.83), at(0.83, 0.17)]
    })
    expect(hues).toEqual(['orange', 'blue', 'blue', 'orange'])
  })

  test('one step is one step', async () => {
    const page = await open()
    const before = await fingerprint(page)
    expect(before).toBe(createHash('sha256').update(createXorRun(defaultSettings).weights()).digest('hex'))
    for (let epoch = 1; epoch <= 3; epoch++) {
      await press(page, 'One step')
      await figure(page, 'epoch').getByText(`${epoch} of ${epochs}`).waitFor()
    }
    await page.waitForFunction((old) => {
      const text = document.querySelector('[data-figure=fingerprint]')!.textContent!
      return text.length === 64 && text !== old
    }, before)
    expect(await fingerprint(page)).toBe(fingerprintInNode(defaultSettings, 3))
  })

  test('pause holds every figure, and resuming continues from there', async () => {
    const page = await open()
    await press(page, 'Train')
    await figure(page, 'epoch')
      .getByText(/^[1-9]\d* of/)
      .waitFor()
    await press(page, 'Pause')
    await training(page).getByRole('button', { name: 'Resume' }).waitFor()
    const held = await training(page).innerText()
    const stopped = await fingerprint(page)
    await page.waitForTimeout(300)
    expect((await training(page).innerText()).replace(stopped, '—')).toBe(held.replace(stopped, '—'))
    const epoch = Number.parseInt(await figure(page, 'epoch').innerText(), 10)
    expect(stopped).toBe(fingerprintInNode(defaultSettings, epoch))
    await fast(page)
    await press(page, 'Resume')
    await figure(page, 'epoch').getByText(`${epochs} of ${epochs}`).waitFor()
    expect(await fingerprint(page)).toBe(fingerprintInNode(defaultSettings, epochs))
  })

  test('a reset during training leaves nothing of the old run', async () => {
    const page = await open()
    await page.getByLabel('Speed').selectOption('1000 epochs per second')
    await press(page, 'Train')
    await figure(page, 'epoch')
      .getByText(/^[1-9]\d* of/)
      .waitFor()
    await page.getByRole('spinbutton', { name: 'Seed' }).fill('11')
    await figure(page, 'epoch').getByText(`0 of ${epochs}`).waitFor()
    await page.waitForTimeout(300)
    expect(await figure(page, 'epoch').innerText()).toBe(`0 of ${epochs}`)
    expect(await figure(page, 'loss').innerText()).toBe('—')
    expect(await fingerprint(page)).toBe(
      createHash('sha256')
        .update(createXorRun({ ...defaultSettings, seed: 11 }).weights())
        .digest('hex'),
    )
  })

  test('continues without animation frames, as in a hidden tab', async () => {
    const page = await open({ scripts: ['globalThis.requestAnimationFrame = () => 0'] })
    await page.getByLabel('Speed').selectOption('1000 epochs per second')
    await press(page, 'Train')
    await page.waitForFunction(
      (wanted) => document.querySelector('[data-figure=epoch]')!.textContent === wanted,
      `${epochs} of ${epochs}`,
      { polling: 100 },
    )
  })

  test('without a hidden layer it says that it has not learned, and why', async () => {
    const page = await open()
    await page.getByRole('spinbutton', { name: 'Hidden units' }).fill('0')
    await finish(page)
    expect(Number(await figure(page, 'loss').innerText())).toBeGreaterThan(Math.LN2 - 0.0001)
    expect(await training(page).getByRole('status').innerText()).toContain('add hidden units')
  })

  test('a negative learning rate is refused with a message', async () => {
    const page = await open()
    await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('-1')
    expect(await training(page).getByRole('alert').innerText()).toContain(
      'learningRate must be a positive finite number, e.g. 0.01, or a schedule, got -1',
    )
    await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('0.1')
    await figure(page, 'epoch').getByText(`0 of ${epochs}`).waitFor()
    expect(await training(page).getByRole('alert').count()).toBe(0)
  })
})

describe('for everyone', () => {
  const violations = (page: Page) =>
    page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<AxeResults> } }
      const { violations } = await axe.run()
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })

  describe.each(['light', 'dark'] as const)('in %s mode', (colorScheme) => {
    test.each([1280, 360])('axe finds no violations at %d px', async (width) => {
      const page = await open({ colorScheme, viewport: { width, height: 800 }, scripts: [axeSource] })
      expect(await violations(page)).toEqual([])
      await example(page, 'sigmoid(w*x + b)')
      await press(page, 'Back')
      await page.getByLabel('Speed').selectOption('full speed')
      await press(page, 'Train')
      await figure(page, 'epoch').getByText(`${epochs} of ${epochs}`).waitFor()
      expect(await violations(page)).toEqual([])
      await page.getByLabel('Expression').fill('f = w*')
      await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('-1')
      await training(page).getByRole('alert').waitFor()
      expect(await violations(page)).toEqual([])
    })
  })

  test.each([360, 768, 1280])('at %d px nothing is wider than the page', async (width) => {
    const page = await open({ viewport: { width, height: 800 } })
    for (const name of ['f = w*x + b', 'sigmoid(w*x + b)', 'x*x + x']) {
      await example(page, name)
      const [content, window] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ])
      expect(content).toBeLessThanOrEqual(window!)
    }
  })

  test('the tab key reaches every control once, visibly', async () => {
    const page = await open()
    await fingerprintShown(page)
    const controls = await page.evaluate(() => {
      const found = [...document.querySelectorAll<HTMLElement>('a[href], button, input, select')].filter(
        (element) =>
          element.tabIndex >= 0 &&
          !(element as HTMLButtonElement).disabled &&
          // A group of radio buttons is one stop.
          !(element instanceof HTMLInputElement && element.type === 'radio' && !element.checked),
      )
      for (const [index, element] of found.entries()) element.dataset.stop = String(index)
      return found.length
    })
    expect(controls).toBeGreaterThan(25)
    const visited: string[] = []
    for (let press = 0; press < controls; press++) {
      await page.keyboard.press('Tab')
      const { stop, outline } = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement
        return {
          stop: element.dataset.stop ?? element.outerHTML,
          outline: getComputedStyle(element).outlineStyle,
        }
      })
      visited.push(stop)
      expect(outline).not.toBe('none')
    }
    expect(visited).toEqual(Array.from({ length: controls }, (_, index) => String(index)))
  })

  const fingerprintShown = (page: Page) =>
    page
      .locator('[data-figure=fingerprint]')
      .getByText(/^[0-9a-f]{64}$/)
      .waitFor()
})

test('the page’s policy refuses an injected script', async () => {
  const page = await open()
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'globalThis.intruded = true'
    document.head.append(script)
  })
  expect(await page.evaluate(() => 'intruded' in globalThis)).toBe(false)
  await expect
    .poll(() => complaints.some((complaint) => complaint.startsWith('policy: script-src')))
    .toBe(true)
  complaints = []
})
