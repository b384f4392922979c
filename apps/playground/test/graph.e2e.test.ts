// The Graph place in a real browser: the lecture's numbers, and nothing told early, covered or lost.
// biome-ignore-all lint/performance/useDomNodeTextContent: what is seen, as it is laid out, is what counts here
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { accessibilityFaults, builtPage, overlaps } from './built-page.js'

const { open } = builtPage()
const next = (page: Page) => page.getByRole('button', { name: 'Next ›' }).click()
const account = (page: Page) => page.locator('.account').innerText()
const numberOf = (page: Page, node: string) => page.locator(`[data-node="${node}"] .graph-value`)
const derivativeOf = (page: Page, node: string) => page.locator(`[data-node="${node}"] .graph-derivative`)
const text = async (locator: ReturnType<typeof numberOf>) => (await locator.innerText()).trim()

const link = (source: string, values: Record<string, unknown> = {}, more = '') =>
  `#/graph?v=1&e=${encodeURIComponent(source)}${Object.entries(values)
    .map(([name, value]) => `&${name}=${encodeURIComponent(JSON.stringify(value))}`)
    .join('')}${more}`

test('the lecture’s graph, step by step, with the lecture’s numbers', async () => {
  const page = await open()
  // Nothing is told before it is computed.
  for (const node of ['g', 'f']) expect(await text(numberOf(page, node))).toContain('not computed yet')
  expect(await page.locator('.graph-steps').innerText()).not.toMatch(/−7|−10|= 5/)
  await next(page)
  expect(await text(numberOf(page, 'g'))).toBe('−10')
  await next(page)
  expect(await text(numberOf(page, 'f'))).toBe('−7')
  for (let step = 0; step < 5; step++) await next(page)
  const derivatives = { f: '1', g: '1', b: '1', w: '5', x: '−2' }
  for (const [node, value] of Object.entries(derivatives))
    expect(await text(derivativeOf(page, node)), node).toBe(value)
  await page.keyboard.press('ArrowLeft')
  expect(await text(derivativeOf(page, 'x'))).toContain('not computed yet')
})

test('the card says each step in symbols, numbers and words', async () => {
  const page = await open({ hash: '#/graph?v=1&step=6' })
  const said = await account(page)
  expect(said).toContain('∂f/∂w = ∂f/∂g · ∂g/∂w')
  expect(said.replace(/\s+/g, ' ')).toContain('= 1 · 5 = 5')
  expect(said).toContain('w is multiplied by x, so g moves 5 times as much as w.')
})

test('sigmoid opens into the lecture’s chain and closes again, and every node keeps its numbers', async () => {
  const page = await open({ hash: link('y = sigmoid(w*x + b)', { w: -2, x: 5, b: 10 }, '&step=99') })
  expect(await text(numberOf(page, 'y'))).toBe('0.5')
  expect(await text(derivativeOf(page, 'b'))).toBe('0.25')
  await page.locator('[data-node=y] .graph-shape').dblclick()
  expect(await page.locator('.graph-shape > span:first-child').allInnerTexts()).toEqual(
    expect.arrayContaining(['exp', '1/x', '−', '+']),
  )
  expect(await page.locator('.graph-chain').allInnerTexts()).toEqual(
    expect.arrayContaining(['L1', 'L1·L2', 'L1·L2·L3', 'L1·L2·L3·L4']),
  )
  expect(await text(derivativeOf(page, 'b'))).toBe('0.25')
  await page.getByRole('button', { name: 'Close σ' }).click()
  expect(await page.locator('.graph-chain').count()).toBe(0)
  expect(await text(derivativeOf(page, 'b'))).toBe('0.25')
})

test('values change by keys, typing and dragging, and nothing moves', async () => {
  const page = await open({ hash: link('y = sigmoid(w*x + b)', { w: -2, x: 5, b: 10 }, '&step=99') })
  const places = () =>
    page
      .locator('.graph-node')
      .evaluateAll((nodes) =>
        nodes.map((node) => [node.getBoundingClientRect().x, node.getBoundingClientRect().y]),
      )
  const before = await places()
  const field = page.getByRole('spinbutton', { name: 'value of b' })
  await field.focus()
  await page.keyboard.press('ArrowDown')
  expect(await places()).toEqual(before)
  expect(await text(numberOf(page, 'y'))).toBe('0.268941')
  await field.fill('0.5')
  expect(await places()).toEqual(before)
  await page.locator('#place').focus()
  const box = (await field.boundingBox())!
  await page.mouse.move(box.x + 10, box.y + 10)
  await page.mouse.down()
  await page.mouse.move(box.x + 52, box.y + 10, { steps: 5 })
  await page.mouse.up()
  expect(await field.inputValue()).toBe('5.5')
  await page.keyboard.press('Control+z')
  expect(await field.inputValue()).toBe('0.5')
})

test('parts of a derivative are told apart from it, and broken accumulation shows what is lost', async () => {
  const page = await open({ hash: link('f = x*x + x', { x: 3 }, '&step=99') })
  expect(await text(derivativeOf(page, 'x'))).toBe('7')
  const steps = (await page.locator('.graph-steps').innerText()).split('\n')
  expect(steps.filter((step) => /^∂f\/∂x = [13]$/.test(step))).toEqual([])
  await page.getByRole('button', { name: '∂f', exact: true }).click()
  await page.getByRole('menuitemradio', { name: 'Break it: = instead of +=' }).click()
  expect(await text(derivativeOf(page, 'x'))).toMatch(/^3\s*≠ 7$/)
})

test('forward mode carries one variable’s derivative along, and another target can be chosen', async () => {
  const page = await open()
  await page.getByRole('button', { name: '∂f', exact: true }).click()
  await page.getByRole('menuitemradio', { name: 'forward: along with the values, by w' }).click()
  await page.getByRole('button', { name: 'To the end' }).first().click()
  expect(await text(derivativeOf(page, 'f'))).toBe('5')
  await page.getByRole('button', { name: '∂f/∂w', exact: true }).click()
  await page.getByRole('menuitemradio', { name: /^reverse/ }).click()
  await page.getByRole('button', { name: '∂f', exact: true }).click()
  await page.getByRole('menuitemradio', { name: /^Derivative of g/ }).click()
  await page.getByRole('button', { name: 'To the end' }).first().click()
  expect(await text(derivativeOf(page, 'w'))).toBe('5')
  expect(await derivativeOf(page, 'b').innerText()).toBe('')
})

test('typing stays calm: the last picture stays, and what is wrong is said after a while with a cure', async () => {
  // Time stands still while one types, also for whoever would open this page again.
  const page = await open({ scripts: [''] })
  await page.clock.install()
  await page.evaluate(() => {
    const note = document.querySelector('.graph-note')!
    Object.assign(globalThis, { announced: 0 })
    new MutationObserver(() =>
      Object.assign(globalThis, { announced: (globalThis as never as { announced: number }).announced + 1 }),
    ).observe(note, { childList: true, subtree: true })
  })
  const field = page.locator('.graph-expression > input')
  await field.fill('')
  await field.pressSequentially('f = sigmoid(w*x + b)')
  await page.locator('[data-node=f] .graph-shape').filter({ hasText: 'σ' }).waitFor()
  expect(await page.evaluate('announced')).toBe(0)
  await field.fill('f = sinn(x)')
  await page.clock.runFor(1000)
  await page
    .getByText(/sinn/)
    .filter({ hasText: /function/ })
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Write sin' }).click()
  expect(await field.inputValue()).toBe('f = sin(x)')
  await field.fill('f = alpha*beta + gamma')
  await page.clock.runFor(1000)
  await page.getByRole('button', { name: 'Make alpha, beta, gamma variables' }).click()
  await page.locator('[data-node=gamma]').waitFor()
})

test('where numbers go wrong is said, with the cure, and shown', async () => {
  const page = await open({ hash: link('f = 1/(x - x)', { x: 2 }, '&step=99') })
  await page.getByRole('alert').filter({ hasText: 'division by 0' }).waitFor()
  await page.getByRole('button', { name: 'Show where it began' }).first().click()
  expect(await text(numberOf(page, 'f'))).toBe('∞')
})

const nodesLit = (page: Page) =>
  page.locator('.graph-node.lit').evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node')))
const textLit = (page: Page) => page.locator('.graph-mirror mark').allInnerTexts()
const codeLit = (page: Page) => page.locator('.graph-code .lit').allInnerTexts()

test('the text, the graph and the code point at each other', async () => {
  const page = await open({ hash: '#/graph?v=1&step=99&tab=code' })
  const field = page.locator('.graph-expression > input')
  await field.evaluate((input: HTMLInputElement) => {
    input.focus()
    input.setSelectionRange(5, 5)
  })
  await field.press('ArrowRight')
  await page.locator('[data-node=x].lit').waitFor()
  expect(await textLit(page)).toEqual(['x'])
  expect((await codeLit(page))[0]).toContain('const x = ')
  await page.locator('[data-node=g] .graph-shape').hover()
  expect(await textLit(page)).toEqual(['w*x'])
  expect((await codeLit(page)).map((line) => line.trim())).toEqual(['const g = ops.mul(w, x) // w × x'])
  await page.locator('.graph-code span', { hasText: 'ops.add' }).hover()
  expect(await nodesLit(page)).toEqual(['f'])
  await page.locator('.graph-code span', { hasText: 'variable(3' }).click()
  await page.locator('[data-node=b].selected').waitFor()
  await page.getByRole('combobox', { name: 'Format' }).selectOption('latex')
  await page.locator('.graph-code span', { hasText: 'partial g' }).last().hover()
  expect(await nodesLit(page)).toEqual(['x'])
})

const product = link(
  'f = sum(W @ x)',
  {
    W: [
      [1, 2],
      [3, 4],
    ],
    x: [[5], [6]],
  },
  '&step=99',
)

test('a cell of a product lights the row and the column that make it, and is written with their numbers', async () => {
  const page = await open({ hash: product })
  const litIn = (node: string) =>
    page
      .locator(`[data-node=${node}] .graph-value td.lit :is(input, button)`)
      .evaluateAll((cells) => cells.map((cell) => (cell as HTMLInputElement).value || cell.textContent))
  await page.locator('[data-node=g] .graph-value td').nth(1).hover()
  expect([await litIn('W'), await litIn('x')]).toEqual([
    ['3', '4'],
    ['5', '6'],
  ])
  expect((await page.locator('.graph-sum').innerText()).replace(/\s+/g, '')).toBe('g2,1=3·5+4·6=39')
  await page.locator('[data-node=x] .graph-derivative td').nth(1).locator('button').focus()
  expect((await page.locator('.graph-sum').innerText()).replace(/\s+/g, '')).toBe('∂f/∂x2,1=2·1+4·1=6')
})

test('a matrix is edited cell by cell, in the drawing and in the card, and undo takes each back', async () => {
  const page = await open({ hash: product })
  const cells = page.locator('[data-node=W] .graph-value input')
  await cells.first().focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await page.keyboard.type('7')
  expect(await cells.evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value))).toEqual([
    '1',
    '3',
    '3',
    '7',
  ])
  expect(await text(numberOf(page, 'f'))).toBe(String(5 + 18 + 15 + 42))
  await page.locator('[data-node=W] .graph-shape').click()
  await page.locator('.account-array input').first().fill('-1')
  expect(await text(numberOf(page, 'f'))).toBe(String(-5 + 18 + 15 + 42))
  await page.locator('#place').focus()
  await page.keyboard.press('Control+z')
  expect(await text(numberOf(page, 'f'))).toBe('80')
  await page.keyboard.press('Control+z')
  await page.keyboard.press('Control+z')
  expect(await text(numberOf(page, 'f'))).toBe(String(5 + 18 + 15 + 24))
})

test('nodes are moved by drag and by keys, keep their places over a reload, and are tidied up', async () => {
  const page = await open()
  const place = async (node: string) => {
    const { x, y } = (await page.locator(`[data-node=${node}] .graph-shape`).boundingBox())!
    return [Math.round(x), Math.round(y)]
  }
  const before = { w: await place('w'), x: await place('x') }
  const [x, y] = before.w as [number, number]
  await page.mouse.move(x + 20, y + 20)
  await page.mouse.down()
  await page.mouse.move(x + 5, y - 30, { steps: 4 })
  await page.mouse.up()
  expect(await place('w')).toEqual([x - 15, y - 50])
  expect(await place('x')).toEqual(before.x)
  await page.locator('[data-node=x] .graph-shape').focus()
  await page.keyboard.press('Alt+ArrowDown')
  expect((await place('x'))[1]).toBeGreaterThan(before.x[1]!)
  // Onto another node it does not go.
  await page.mouse.move(x + 5, y - 30)
  await page.mouse.down()
  const [gx, gy] = (await place('g')) as [number, number]
  await page.mouse.move(gx + 20, gy + 20, { steps: 12 })
  await page.mouse.up()
  expect(
    await overlaps(page, '.graph-value > *, .graph-derivative > *, .graph-shape, .graph-factor'),
  ).toEqual([])
  await page.waitForFunction(() => location.hash.includes('moved='))
  const apart = async () => {
    const [w, f] = [(await place('w')) as [number, number], (await place('f')) as [number, number]]
    return (w[1] - f[1]) / (w[0] - f[0])
  }
  const kept = await apart()
  await page.reload()
  await page.locator('[data-node=w]').waitFor()
  expect(await apart()).toBeCloseTo(kept, 1)
  await page.getByRole('button', { name: 'Tidy up' }).click()
  await page.waitForFunction(() => !location.hash.includes('moved='))
  await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: 'Tidy up' }).waitFor()
})

test('a node is replaced, wrapped and taken out by a menu, which edits the text; undo takes it back', async () => {
  const page = await open()
  const field = page.locator('.graph-expression > input')
  const edit = async (node: string, title: string) => {
    await page.locator(`[data-node=${node}] .graph-shape`).click()
    await page.getByRole('button', { name: `Change ${node}` }).click()
    await page.getByRole('menuitem', { name: title }).click()
  }
  await edit('g', 'sin(w·x) around it')
  expect(await field.inputValue()).toBe('f = sin(w*x) + b')
  await page.locator('.graph-shape', { hasText: 'sin' }).waitFor()
  await edit('f', 'sin(w·x) − b in its place')
  expect(await field.inputValue()).toBe('f = sin(w*x) - b')
  await edit('f', 'b only this stays')
  expect(await field.inputValue()).toBe('f = b')
  await page.locator('#place').focus()
  await page.keyboard.press('Control+z')
  expect(await field.inputValue()).toBe('f = sin(w*x) - b')
})

test('keys go to the next phase and to where the gradient reaches w, and change the speed', async () => {
  const page = await open()
  const position = () => page.getByRole('slider', { name: 'Step' }).inputValue()
  const places: string[] = []
  for (let press = 0; press < 3; press++) {
    await page.keyboard.press('F8')
    places.push(await position())
  }
  expect(places).toEqual(['2', '3', '7'])
  await page.locator('[data-node=w] .graph-shape').click()
  await page.keyboard.press('b')
  await page.keyboard.press('r')
  await page.keyboard.press('F9')
  expect(await position()).toBe('6')
  for (const [key, speed] of [
    [']', '2'],
    ['[', '1'],
    ['[', '0.5'],
  ] as const) {
    await page.keyboard.press(key)
    await page.getByRole('button', { name: `Speed ${speed}×`, exact: true }).waitFor()
  }
})

test('a breakpoint stops the play', async () => {
  const page = await open()
  await page.locator('[data-node=f] .graph-shape').click()
  await page.getByRole('button', { name: 'Stop at f' }).click()
  for (let press = 0; press < 5; press++) await page.keyboard.press(']')
  await page.getByRole('button', { name: 'Play' }).click()
  await page.getByRole('button', { name: 'Play' }).waitFor()
  expect(await page.getByRole('slider', { name: 'Step' }).inputValue()).toBe('2')
})

test('the tab key stops once in a graph of 100 variables, and up and down go from node to node', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `v${index}`)
  const page = await open({
    hash: link(`f = ${names.join(' + ')}`, Object.fromEntries(names.map((name) => [name, 1]))),
  })
  await page.locator('[data-node=v0]').waitFor({ state: 'attached' })
  const stops = await page
    .locator('.graph-drawing [tabindex="0"], .graph-drawing button:not([tabindex])')
    .count()
  expect(stops).toBeLessThanOrEqual(2)
  await page.locator('[data-node=v0] .graph-shape').focus()
  await page.keyboard.press('ArrowDown')
  expect(await page.evaluate('document.activeElement.closest("[data-node]").dataset.node')).toBe('v1')
})

test('a sum of 1,000 terms is drawn, placed beside the page', async () => {
  const page = await open({ hash: link(`f = ${Array(1000).fill('x').join('+')}`, { x: 2 }) })
  await page.locator('[data-node=x]').waitFor({ state: 'attached', timeout: 20_000 })
  // What is out of sight is not drawn: it would take longer than a frame at each step.
  expect(await page.locator('.graph-node').count()).toBeLessThan(100)
  await page.keyboard.press('End')
  expect(await text(derivativeOf(page, 'x'))).toBe('1000')
}, 60_000)

const expressions: readonly [source: string, values?: Record<string, unknown>][] = [
  ['f = w*x + b'],
  ['y = sigmoid(w*x + b)'],
  ['f = x*x + x'],
  ['f = (a + b)*(a - b)'],
  ['f = a*b*c*d*e1'],
  ['f = x^3 - 2*x^2 + x'],
  ['f = sin(x)*cos(x)/x'],
  ['y = tanh(w1*tanh(w2*x))'],
  ['cost = (w*x + b - y)^2'],
  ['f = log(x)/(1 + exp(-x))'],
  ['f = sqrt(x^2 + y^2)'],
  ['f = max(a, b) + min(a, b)'],
  ['g = a + b; h = a*b; f = g*h + g'],
  ['h1 = sigmoid(w11*x1 + w21*x2 + b1); h2 = sigmoid(w12*x1 + w22*x2 + b2); y = sigmoid(v1*h1 + v2*h2 + c)'],
  ['cost = -(Y*log(H) + (1 - Y)*log(1 - H))', { Y: 1, H: 0.7 }],
  [
    'f = sum(W @ x)',
    {
      W: [
        [1, 2],
        [3, 4],
      ],
      x: [[5], [6]],
    },
  ],
  [
    'f = mean((X @ W - Y)^2)',
    {
      X: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      W: [[1], [-1]],
      Y: [[1], [2], [3]],
    },
  ],
  ['f = sum(softmax(x))', { x: [1, 2, 3] }],
  ['f = relu(a) + relu(-a) + abs(a)', { a: -0.5 }],
  ['f = a/(b + c/(d + a))'],
]

describe.each([
  [360, 'en-US'],
  [768, 'ko-KR'],
  [1366, 'en-US'],
  [1366, 'ko-KR'],
  [2560, 'en-US'],
])('at a width of %i, %s', (width, locale) => {
  test('nothing in any drawing covers anything else', async () => {
    const page = await open({ viewport: { width, height: 800 }, locale })
    for (const [source, values] of expressions) {
      await page.evaluate(
        (hash) => {
          location.hash = hash
        },
        link(source, values ?? {}, '&step=999').slice(1),
      )
      await page.waitForFunction((source) => document.querySelector('input')?.value === source, source)
      expect(
        await overlaps(
          page,
          '.graph-value > *, .graph-derivative > *, .graph-shape, .graph-name, .graph-factor, .graph-chain',
        ),
        source,
      ).toEqual([])
    }
  })
})

test.each(['light', 'dark'] as const)(
  'axe finds nothing in any state, %s',
  async (colorScheme) => {
    const page = await open({ colorScheme })
    for (const hash of [
      '#/graph',
      '#/graph?v=1&step=99&tab=nudge',
      '#/graph?v=1&step=99&tab=check',
      '#/graph?v=1&tab=code',
      link('f = 1/(x - x)', { x: 2 }, '&step=99'),
      link('f = mean(X @ W)', { X: [[1, 2]], W: [[1], [2]] }, '&step=99'),
    ]) {
      await page.evaluate((hash) => {
        location.hash = hash
      }, hash)
      await page.waitForTimeout(150)
      expect(await accessibilityFaults(page), hash).toEqual([])
    }
  },
  60_000,
)

test('a step lets its number travel along its edge, unless motion is unwanted, and keys do not wait for it', async () => {
  const page = await open({ reducedMotion: 'no-preference', hash: '#/graph?v=1&step=3' })
  const moving = () =>
    page.evaluate(() =>
      document
        .getAnimations()
        .flatMap(({ effect }) => ((effect as KeyframeEffect).target as Element).closest('.travelling') ?? [])
        .map((one) => [one.textContent, one.classList.contains('backward')]),
    )
  const next = async (times = 1) => {
    for (let time = 0; time < times; time++) await page.keyboard.press('ArrowRight')
  }
  await page.locator('[data-node=f]').waitFor()
  // Opened at step 3: nothing has travelled.
  expect(await page.locator('.travelling').count()).toBe(0)
  await page.locator('#place').focus()
  await next(3)
  expect(await moving()).toEqual([['5', true]])
  await page.keyboard.press('ArrowLeft')
  expect(await page.locator('.travelling').count()).toBe(0)
  await page.keyboard.press('Home')
  await next(2)
  // f = g + b, with −10 and 3.
  expect(await moving()).toEqual([
    ['−10', false],
    ['3', false],
  ])
  await page.waitForFunction(() => location.hash.includes('step=2'))
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await next()
  await next()
  expect(await page.locator('.travelling').first().isVisible()).toBe(false)
  expect(await moving()).toEqual([])
  await page.emulateMedia({ reducedMotion: 'no-preference' })

  // In Network, outputs go on to the next layer, and derivatives of sums come back.
  await page.evaluate(() => {
    location.hash = '#/network?v=1&step=20&part=2'
  })
  await page.locator('.network-unit-name .value', { hasText: /\d/ }).nth(3).waitFor()
  await page.locator('#place').focus()
  await next()
  await expect.poll(async () => (await moving()).length).toBe(2)
  expect(await moving()).toEqual(
    (await page.locator('.network-unit-name .value').allTextContents())
      .slice(2, 4)
      .map((text) => [text, false]),
  )
  await next(2)
  await expect.poll(async () => (await moving()).map(([, backward]) => backward)).toEqual([true, true])
})
