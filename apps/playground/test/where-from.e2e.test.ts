// Every number on every screen answers "where from?": pressed, it leads to the step or the place that made it.
import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type Kind, kinds } from '../src/parts/kinds.js'
import { builtPage } from './built-page.js'

const { open } = builtPage()

interface Screen {
  readonly hash: string
  /** The kinds that are looked for here. */
  readonly kinds: readonly Kind[]
  /** What is done before. */
  readonly first?: (page: Page) => Promise<void>
}

const bowl = `#/descent?v=1&step=4&e=${encodeURIComponent('a^2+3*b^2')}&data=&at=1,2&race=momentum`
const screens: readonly Screen[] = [
  { hash: '#/graph?v=1&step=99', kinds: ['graph.value', 'graph.derivative', 'graph.local', 'graph.part'] },
  { hash: '#/graph?v=1&step=99&mode=forward', kinds: ['graph.tangent'] },
  {
    hash: '#/graph?v=1&step=99&tab=nudge',
    kinds: ['graph.predicted', 'graph.real'],
  },
  { hash: '#/graph?v=1&step=99&tab=check', kinds: ['graph.measured', 'graph.error'] },
  { hash: '#/graph?v=1&step=99&tab=maths', kinds: ['graph.value'] },
  {
    hash: `#/graph?v=1&step=99&broken=yes&x=3&e=${encodeURIComponent('f = x*x + x')}`,
    kinds: ['graph.derivative'],
  },
  {
    hash: '#/descent?v=1&step=3',
    kinds: [
      'descent.position',
      'descent.cost',
      'descent.slope',
      'descent.rate',
      'descent.curvature',
      'descent.bound',
      'descent.factor',
      'descent.axis',
    ],
  },
  { hash: '#/descent?v=1&step=300', kinds: ['descent.step'] },
  { hash: bowl, kinds: ['descent.direction', 'descent.memory'] },
  {
    hash: '#/network?v=1&steps=1000&rate=0.001&speed=0',
    kinds: ['network.speed', 'network.share'],
    first: async (page) => {
      await page.locator('[data-kind="network.loss"]').first().waitFor()
      await page.getByRole('button', { name: 'Train ›' }).click()
    },
  },
  {
    hash: '#/network?v=1&step=3',
    kinds: ['network.weight', 'network.bias', 'network.gradient', 'network.loss', 'network.prediction'],
  },
  { hash: '#/network?v=1&step=3&tab=answers', kinds: ['network.count', 'network.input'] },
  { hash: '#/network?v=1&step=950&part=3', kinds: ['network.output'] },
  { hash: '#/network?v=1&step=3&tab=layers', kinds: ['network.norm', 'network.ratio'] },
  {
    hash: '#/network?v=1&data=digits&layers=8.relu&batch=32&steps=100&step=9&tab=data&paper=OKwKc2',
    kinds: ['network.reading'],
  },
  {
    hash: '#/training-graph?v=1&step=3&node=layer1/weights',
    kinds: ['training-graph.value', 'training-graph.derivative', 'training-graph.update'],
  },
  { hash: '#/training-graph?v=1&step=3&card=program', kinds: ['training-graph.count'] },
  { hash: '#/training-graph?v=1&step=3&card=curves', kinds: ['training-graph.scalar'] },
]

/** Digits that are no computed number, each with the reason. */
const others: Readonly<Record<string, string>> = {
  'input, textarea, select': 'what one types and sets',
  '.popover-button, .descent-on, .graph-nudge td:first-child, .timeline > button, .memory':
    'buttons that show what is set',
  '.network-follow': 'the input of a row, whose press follows the row',
  '.graph-steps button': 'a step, whose press leads to it',
  '.account-place, .timeline-name, .network-chart-pointed, .descent-step, .training-graph-curves p':
    'the number of the step where one is',
  '.network-gives, .network-readings li > span, .network-note': 'the digits that are told apart, and a size',
  'svg text': 'marks of axes, and the shapes of tensors',
  '.graph-extent, .training-graph-heading, .training-graph-cut': 'shapes and names',
  '.network-rows td, var, sub, h3, th, .training-graph-link, .training-graph-names, .training-graph-reference, .training-graph-scope, .training-graph-name, .training-graph-instruction':
    'names with a digit: h₁, layer1, class 0',
  'pre, code, .network-fingerprint': 'programs and bits',
  '.account-words, .graph-nudge-words, .graph-check > p, .network-verdict, .network-head, .training-graph-hint, .maths-plain':
    'the 1 of “moves by 1”, and how many rows there are',
}

/** Texts with digits that are neither numbers that can be pressed nor one of the others. */
const leftOut = (page: Page, exempt: string) =>
  page.evaluate((exempt) => {
    const found: string[] = []
    const walk = document.createTreeWalker(document.querySelector('#place')!, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) {
      const { data, parentElement } = walk.currentNode as Text
      const element = parentElement!
      if (!/\d/.test(data) || element.closest(`button[data-kind], .visually-hidden, ${exempt}`)) continue
      if (element.checkVisibility()) found.push(`${element.closest('[class]')!.className}: ${data}`)
    }
    return found
  }, exempt)

/** What one sees of where one is: it changes with a press on a number. */
const where = (page: Page) =>
  page.evaluate(() => {
    const focus = document.activeElement
    const marked = document.querySelectorAll(
      '.selected, .current, .followed, .lit, [aria-current], [aria-pressed=true], [aria-selected=true]',
    )
    return [
      document.querySelector('h1')!.textContent,
      location.hash,
      focus?.matches('[data-kind]') ? '' : (focus?.outerHTML.slice(0, 200) ?? ''),
      document.querySelector<HTMLInputElement>('.timeline input')?.value,
      ...[...marked].map((element) => element.outerHTML.slice(0, 200)),
    ].join('\n')
  })

/** Presses a number; what one saw before. */
async function press(number: Locator): Promise<string> {
  const page = number.page()
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  const before = await where(page)
  await number.evaluate((button) => (button as HTMLElement).click())
  return before
}

// It goes over some 20 screens.
test('every kind of number, pressed, leads to what made it, and no other computed number is on the screen', async () => {
  const page = await open({ hash: '#/graph?v=1' })
  const failures: string[] = []
  for (const { hash, kinds: wanted, first } of screens) {
    const show = async () => {
      await page.evaluate(async (hash) => {
        // The address of another screen between, since the page follows only what is not its own.
        location.hash = '#/graph?v=1&tab=code'
        await new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }))
        await new Promise((resolve) => setTimeout(resolve, 20))
        location.hash = hash
      }, hash)
      await first?.(page)
    }
    await show()
    for (const kind of wanted) {
      const numbers = page.locator(`button[data-kind="${kind}"]`)
      await numbers
        .first()
        .waitFor({ timeout: 3000 })
        .catch(() => {})
      if (kind === wanted[0])
        for (const text of await leftOut(page, Object.keys(others).join(', ')))
          failures.push(`${hash}: ${text}`)
      let led = false
      const count = Math.min(await numbers.count(), 4)
      for (let at = 0; at < count && !led; at++) {
        const before = await press(numbers.nth(at))
        for (let tries = 0; tries < 12 && !led; tries++) {
          await page.waitForTimeout(20 * tries)
          led = (await where(page)) !== before
        }
      }
      if (!led) failures.push(`${hash}: ${kind} leads nowhere`)
      else if (kind !== wanted.at(-1)) await show()
    }
  }
  expect(failures).toEqual([])
  // The screens have every kind of the table.
  const all = Object.entries(kinds).flatMap(([place, names]) => names.map((name) => `${place}.${name}`))
  expect([...new Set(screens.flatMap(({ kinds }) => kinds))].sort()).toEqual(all.sort())
}, 120_000)
