import { renderToString } from 'ink'
import { render } from 'ink-testing-library'
import stringWidth from 'string-width'
import { describe, expect, it, vi } from 'vitest'
import { describeGraphInJson } from '../src/graph/json.js'
import { describeGraphInLines } from '../src/graph/lines.js'
import { GraphScreen } from '../src/graph/screen.js'
import { readSubject } from '../src/graph/source.js'

const lecture = () => readSubject('f = w*x + b', { set: 'w=-2,x=5,b=3' })
const deep = 'h = sigmoid(w*x + b); g = tanh(v*h + c); (g - y)^2'

function screen(subject: ReturnType<typeof readSubject>, position: number, columns: number, rows: number) {
  return renderToString(
    <GraphScreen subject={subject} initialPosition={position} size={{ columns, rows }} onLeave={() => {}} />,
    { columns },
  )
}

describe('a graph in lines', () => {
  it("has the lecture's numbers", () => {
    expect(describeGraphInLines(lecture()).join('\n')).toMatchInlineSnapshot(`
      "f = w*x + b

      name  expression  value  ∂f/∂name
      w     variable       −2         5
      x     variable        5        −2
      g     w × x         −10         1
      b     variable        3         1
      f     g + b          −7         1

      forward
        g = w × x = −2 × 5 = −10
        f = g + b = −10 + 3 = −7

      backward: each derivative is the upstream one times the local one
        ∂f/∂f = 1
        ∂f/∂g = 1
        ∂f/∂b = 1
        ∂f/∂w = ∂f/∂g · ∂g/∂w = 1 · 5 = 5
        ∂f/∂x = ∂f/∂g · ∂g/∂x = 1 · (−2) = −2"
    `)
  })

  it('say how a spelling was read', () => {
    const subject = readSubject('f = wx + e', { set: 'w=-2,x=5' })
    expect(describeGraphInLines(subject).slice(0, 3)).toEqual([
      'f = wx + e',
      'note: wx is read as w·x',
      'note: e is read as 2.71828',
    ])
  })

  it('warns of a value that is not finite', () => {
    expect(describeGraphInLines(readSubject('1/x', { set: 'x=0' })).join('\n')).toContain(
      'note: f is not a finite number: f = 1 ÷ x = 1 ÷ 0 = ∞',
    )
  })

  it("is the lecture's by default", () => {
    expect(describeGraphInJson(readSubject(undefined, {}))).toEqual(describeGraphInJson(lecture()))
  })
})

describe('a graph in JSON', () => {
  it("has the lecture's numbers, one object per line", () => {
    const lines = describeGraphInJson(lecture()).map((line) => JSON.parse(line))
    expect(lines[0]).toEqual({ type: 'start', expression: 'f = w*x + b', output: 'f', nodes: 5, steps: 7 })
    const nodes = lines.filter(({ type }) => type === 'node')
    expect(nodes.map(({ name, value, derivative }) => [name, value, derivative])).toEqual([
      ['w', -2, 5],
      ['x', 5, -2],
      ['g', -10, 1],
      ['b', 3, 1],
      ['f', -7, 1],
    ])
    expect(lines.at(-1)).toEqual({ type: 'end', value: -7, derivatives: { w: 5, x: -2, b: 1 } })
  })
})

describe('the graph screen', () => {
  it.each([
    ['before the first step', 0],
    ['after the forward pass', 2],
    ['in the backward pass', 4],
    ['at the end', 7],
  ])("shows the lecture's graph %s", (_, position) => {
    expect(screen(lecture(), position, 80, 24)).toMatchSnapshot()
  })

  it.each([
    [120, 40],
    [60, 20],
    [40, 12],
  ])('fits %i by %i', (columns, rows) => {
    expect(screen(lecture(), 6, columns, rows)).toMatchSnapshot()
  })

  it('shows the part of a large graph around the current node, and never exceeds the terminal', () => {
    const subject = readSubject(deep, { set: 'w=1,x=2,b=-2,v=0.5,c=1,y=1' })
    const { steps } = subject.picture.trace
    for (const [columns, rows] of [
      [80, 24],
      [60, 20],
      [40, 15],
      [30, 8],
    ] as const)
      for (let position = 0; position <= steps.length; position += 3) {
        const shown = screen(subject, position, columns, rows)
        const lines = shown.split('\n')
        expect(lines.length).toBeLessThan(rows)
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
        if (position > 0 && rows >= 15) expect(shown).toMatch(/[╔╗╚╝╢╟]/)
      }
  })

  it('has no derivative, not 0, where none has arrived yet', () => {
    const derivativeOfW = (position: number) => /∂f\/∂w +(\S+)/.exec(screen(lecture(), position, 80, 24))?.[1]
    expect([0, 2, 5].map(derivativeOfW)).toEqual(['—', '—', '—'])
    expect(derivativeOfW(7)).toBe('5')
  })

  it('steps forward, back and to the ends, and leaves, by keys', async () => {
    const codes: number[] = []
    const { stdin, lastFrame, unmount } = render(
      <GraphScreen
        subject={lecture()}
        size={{ columns: 80, rows: 24 }}
        onLeave={(code) => codes.push(code)}
      />,
    )
    /** Keys are answered some time later. */
    const press = async (key: string, ...parts: string[]) => {
      stdin.write(key)
      await vi.waitFor(() => {
        for (const part of parts) expect(lastFrame()).toContain(part)
      }, 10_000)
    }
    // Input is taken once the first picture is there.
    await vi.waitFor(() => expect(stdin.listenerCount('readable')).toBeGreaterThan(0), 10_000)
    await press('p', 'step 0 of')
    await press('n', 'step 1 of')
    await press('\u001b[C', 'step 2 of', 'f = g + b = −10 + 3 = −7')
    await press('\u001b[D', 'step 1 of')
    await press('\u001b[F', 'step 7 of', '∂f/∂x = ∂f/∂g · ∂g/∂x = 1 · (−2) = −2')
    await press('n', 'step 7 of')
    await press('\u001b[H', 'step 0 of')
    await press(' ', '● playing')
    await press('n', 'step 1 of')
    expect(lastFrame()).not.toContain('● playing')
    stdin.write('q')
    stdin.write('\u0003')
    await vi.waitFor(() => expect(codes).toEqual([0]), 10_000)
    unmount()
  })
})

describe('a refused expression', () => {
  it.each([
    ['f = w*x', 'w=1', 'x has no value', '--set x=…'],
    ['f = w*x', 'w=1,x=2,q=3', '--set gives q a value', 'only the variables w, x'],
    ['f = w*x +', 'w=1,x=2', 'missing value after +', ''],
    ['f = weigth*x', 'weight=1,x=2', 'weigth has no value', 'did you mean weight'],
    ['f = w*x', 'w=a', 'w must be a number', ''],
    ['', '', '', ''],
  ])('%s with %s', (expression, assignments, ...parts) => {
    let message = ''
    try {
      readSubject(expression, { set: assignments })
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).not.toBe('')
    for (const part of parts) expect(message).toContain(part)
  })
})
