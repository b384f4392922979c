// What the keys of the graph screen do, held against the numbers that the graph then has; and its screens at every size.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Operation } from '@bp/lab'
import { renderToString } from 'ink'
import { render } from 'ink-testing-library'
import stringWidth from 'string-width'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { actions, findActions } from '../src/graph/actions.js'
import { keysOf, press } from '../src/graph/keys.js'
import { ScopesScreen } from '../src/graph/scopes-screen.js'
import { SessionScreen } from '../src/graph/screen.js'
import { openSession, played, type Session } from '../src/graph/session.js'
import { readSubject } from '../src/graph/source.js'

const open = (expression?: string, set?: string) =>
  openSession(readSubject(expression, set === undefined ? {} : { set }))
const lecture = () => open()
const neuron = () => open('f = sigmoid(w*x + b)', 'w=-2,x=5,b=3')
const layer = () =>
  open(
    'loss = mean((sigmoid(x@W + b) - t)^2)',
    'x=[[1,2],[3,4],[5,6]],W=[[0.5,-1.25],[0.25,0.75]],b=[0.1,-0.2],t=[[1,0],[0,1],[1,1]]',
  )

/** Keys by name; a word in quotes is typed letter by letter. */
function type(session: Session, ...keys: string[]): Session {
  return keys
    .flatMap((key) =>
      key.startsWith('"') ? [...key.slice(1)].map((one) => (one === ' ' ? 'space' : one)) : [key],
    )
    .reduce(press, session)
}

const clear = 'ctrl-u'
const node = ({ picture }: Session, id: string) => picture.trace.nodes.find((one) => one.id === id)!
const draw = (session: Session, columns = 80, rows = 24) =>
  renderToString(<SessionScreen session={session} size={{ columns, rows }} />, { columns })

describe('a value', () => {
  it('is typed, changes everything that depends on it, and is taken back and made again', () => {
    const moved = type(lecture(), 'end', 'g', '"b', 'enter', 'i', clear, '"1/4', 'enter')
    expect([node(moved, 'b').value, node(moved, 'f').value]).toEqual([0.25, -9.75])
    expect(moved.document.position).toBe(7)
    const back = type(moved, 'u')
    expect(node(back, 'f').value).toBe(-7)
    expect(node(type(back, 'U'), 'f').value).toBe(-9.75)
    expect(type(back, 'u').message).toBe('there is nothing to undo')
  })

  it('that the expression gives is changed there', () => {
    const session = type(open('f = w*x; w = -2; x = 5'), 'i', clear, '"3', 'enter')
    expect([session.document.source, node(session, 'f').value]).toEqual(['f = w*x; w = 3; x = 5', 15])
  })

  it('of an array is changed in one cell', () => {
    const session = type(layer(), 'g', '"W', 'enter', 'enter', 'right', 'down', 'i', clear, '"-4', 'enter')
    expect(node(session, 'W').value).toEqual([
      [0.5, -1.25],
      [0.25, -4],
    ])
    expect(session.layer).toMatchObject({ kind: 'details', cell: [1, 1] })
  })

  it.each([
    ['"q', 'must be a number or an array of numbers; for example -2, 1/3'],
    ['"1/0', 'must be a number'],
    ['"1e999', ''],
    ['"', ''],
    ['"[1,[2]]', ''],
    [`"${'['.repeat(300)}`, ''],
  ])('%s is refused, and nothing changes', (text, why) => {
    const before = lecture()
    const after = type(before, 'i', clear, text, 'enter')
    expect(after.layer).toMatchObject({ kind: 'prompt', problem: expect.stringContaining(why) })
    expect(after.document).toBe(before.document)
    expect(type(after, 'escape')).toMatchObject({ layer: null, document: before.document })
  })

  it('cannot be given to what is computed', () => {
    expect(type(lecture(), 'end', 'g', '"f', 'enter', 'i').message).toContain('f is computed')
  })
})

describe('a composite', () => {
  it('is σ as the lecture has it: −x, exp, + 1, 1 ÷ x, with factors whose running product is the derivative', () => {
    const session = type(neuron(), 'end', 'g', '"f', 'enter', 'e')
    const { composites, nodes, steps } = session.picture.trace
    expect(nodes.filter(({ composite }) => composite === 'f').map(({ op }) => op)).toEqual(
      expect.arrayContaining(['neg', 'exp', 'add', 'reciprocal']),
    )
    const sigma = 1 / (1 + Math.exp(7))
    expect(composites[0]!.chain.at(-1)!.product).toBeCloseTo(sigma * (1 - sigma), 15)
    expect(session.document.position).toBe(steps.length)
    const drawn = draw(session, 200, 40)
    expect(drawn).toMatch(/L1 \S+ → L1·L2 \S+ → L1·L2·L3 −0\.00091 → L1·L2·L3·L4 0\.00091 /)
    // Before the backward pass is there, nothing of it is shown.
    expect(draw(type(session, 'home', 'f'), 200, 40)).not.toContain('L1·L2')
    const shown = draw(type(session, 'enter'))
    expect(shown).toMatch(/L1·L2·L3·L4 = 0\.000910221/)
    const closed = type(session, 'g', '"f₁', 'enter', 'E')
    expect(closed.picture.trace.nodes).toEqual(type(neuron(), 'end').picture.trace.nodes)
    expect(closed.document.selected).toBe('f')
  })

  it('opens only where there is one', () => {
    expect(type(lecture(), 'e').message).toContain('e opens composite operations')
    expect(type(lecture(), 'n', 'e').message).toContain('mul is a basic operation')
    expect(type(lecture(), 'E').message).toContain('not part of something opened')
  })
})

describe('steps', () => {
  it('go to the next phase, to a breakpoint, and stop there while playing', () => {
    const positions = (...keys: string[]) => type(lecture(), ...keys).document.position
    expect([positions('f'), positions('f', 'f'), positions('f', 'f', 'f')]).toEqual([2, 3, 7])
    const stopped = type(lecture(), 'g', '"b', 'enter', 'b')
    expect(stopped.document.breakpoints).toEqual(['b'])
    expect(type(stopped, 'c').document.position).toBe(5)
    let playing = type(stopped, 'home', 'space')
    while (playing.playing) playing = played(playing)
    expect(playing.document.position).toBe(5)
    expect(type(lecture(), 'c').message).toContain('there is no breakpoint')
  })

  it('go on from the end with the first', () => {
    expect(type(lecture(), 'end', 'space').document.position).toBe(0)
  })
})

describe('derivatives', () => {
  it('are of the node that is chosen', () => {
    const session = type(lecture(), 'g', '"g', 'enter', 't')
    expect(node(session, 'w').derivative).toBe(5)
    expect(node(session, 'b').derivative).toBeNull()
    expect(session.picture.trace.target.id).toBe('g')
    expect(type(session, 't').picture.trace.target.id).toBe('f')
  })

  it('go forward from a variable', () => {
    const session = type(lecture(), 'g', '"x', 'enter', 'a')
    expect([node(session, 'f').tangent, session.picture.trace.along]).toEqual([-2, 'x'])
    expect(type(session, 'm').picture.trace.mode).toBe('reverse')
  })

  it('are compared with what a nudge really does', () => {
    const shown = draw(type(lecture(), 'v'))
    expect(shown).toContain('If w grows by 1, the derivative says that f changes by 5; it changes by 5.')
    const own = draw(type(neuron(), 'v', 'i', clear, '"0.5', 'enter'))
    const change = 1 / (1 + Math.exp(4.5)) - 1 / (1 + Math.exp(7))
    expect(own.replace(/\s+/g, ' ')).toContain(`it changes by ${change.toPrecision(6)}`)
  })

  it('are checked against differences for every variable', () => {
    const session = type(neuron(), 'd')
    expect(session.layer).toMatchObject({ kind: 'check', name: 'w', result: { passes: true } })
    expect(type(session, 'down').layer).toMatchObject({ name: 'x' })
    expect(draw(type(open('f = sign(x)', 'x=0'), 'd'))).toContain('✗ differs')
    expect(draw(type(open('f = x', 'x=[1,2]'), 'd'))).toContain('not a single number')
  })
})

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bp-graph-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const save = (name: string) => type(neuron(), 'x', clear, `"${join(folder, name)}`, 'enter')

  it.each([
    ['f.ts', 'ops.sigmoid'],
    ['f.py', 'torch.sigmoid'],
    ['f.tex', '\\begin{aligned}'],
    ['f.dot', 'digraph'],
    ['f.json', '"derivative"'],
  ])('%s is written, and never replaced', (name, part) => {
    expect(save(name).layer).toBeNull()
    expect(readFileSync(join(folder, name), 'utf8')).toContain(part)
    expect(save(name).layer).toMatchObject({
      problem: expect.stringContaining('exists; choose another name'),
    })
  })

  it.each([
    ['f.exe', 'must end in .ts, .py'],
    ['constructor', 'must end in'],
    ['f.__proto__', 'must end in'],
    ['nowhere/f.ts', 'cannot be written'],
  ])('%s is refused', (name, why) => {
    expect(save(name).layer).toMatchObject({ kind: 'prompt', problem: expect.stringContaining(why) })
  })
})

describe('keys', () => {
  const ink = {
    upArrow: false,
    downArrow: false,
    leftArrow: false,
    rightArrow: false,
    pageDown: false,
    pageUp: false,
    home: false,
    end: false,
    return: false,
    escape: false,
    ctrl: false,
    shift: false,
    tab: false,
    backspace: false,
    delete: false,
    meta: false,
  }

  it('that arrive together are taken one by one, and pasted lines are one text', () => {
    expect(keysOf('i5\r', ink)).toEqual(['i', '5', 'enter'])
    expect(keysOf('a = 1\nb = 2', ink)).toEqual([
      'a',
      'space',
      '=',
      'space',
      '1',
      ' ',
      'b',
      'space',
      '=',
      'space',
      '2',
    ])
    expect(keysOf('a\u0007\u202e\u0000b', ink)).toEqual(['a', 'b'])
  })

  it('have one meaning each, and all are in the help and found in the palette', () => {
    const keys = actions.flatMap((action) => action.keys)
    expect(new Set(keys).size).toBe(keys.length)
    let help = type(lecture(), '?')
    let shown = ''
    for (let page = 0; page < 6; page++) {
      shown += draw(help, 80, 24)
      help = type(help, 'page-down')
    }
    for (const { title } of actions) {
      expect(shown).toContain(title)
      expect(findActions(title).map((action) => action.title)).toContain(title)
    }
    const found = type(lecture(), ':', '"nudge', 'enter')
    expect(found.layer).toMatchObject({ kind: 'nudge', name: 'w' })
    expect(type(lecture(), 'ctrl-k', '"no such thing', 'enter').layer).toMatchObject({ kind: 'palette' })
  })

  it('leave by q and esc with 0 and by ctrl-c with 130, esc first closing what is open', () => {
    expect(type(lecture(), 'q').leaving).toBe(0)
    expect(type(lecture(), '?', 'escape')).toMatchObject({ leaving: null, layer: null })
    expect(type(lecture(), 'escape').leaving).toBe(0)
    expect(type(lecture(), 'i', 'ctrl-c').leaving).toBe(130)
  })

  it('that mean nothing change nothing', () => {
    const before = lecture()
    for (const key of ['Z', '~', '變', 'ctrl-x', 'page-up', 'backspace', 'constructor', '__proto__'])
      expect(type(before, key)).toBe(before)
  })

  it('edit what is typed at the cursor', () => {
    const text = (...keys: string[]) => (type(lecture(), 'i', clear, ...keys).layer as { text: string }).text
    expect(text('"12', 'left', '"3')).toBe('132')
    expect(text('"12', 'home', '"-', 'end', 'backspace')).toBe('-1')
    expect(text('"1 + 2', 'ctrl-w')).toBe('1 + ')
    expect(text('"變數', 'backspace', 'backspace', 'backspace')).toBe('')
    expect(text(`"${'1'.repeat(5000)}`)).toHaveLength(4096)
  })

  it('complete names by tab', () => {
    const goTo = (...keys: string[]) => (type(neuron(), 'g', ...keys).layer as { text: string }).text
    expect([goTo('"W', 'tab'), goTo('tab'), goTo('tab', 'tab')]).toEqual(['w', 'w', 'x'])
    expect(type(lecture(), 'g', '"nope', 'enter').layer).toMatchObject({
      problem: 'there is no node "nope"; tab shows those there are',
    })
  })
})

describe('names that objects have of their own', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    '%s is a variable like any other',
    (name) => {
      const session = type(open(`f = ${name}*2`, `${name}=3`), 'end')
      expect(node(session, name).derivative).toBe(2)
      const edited = type(session, 'g', `"${name}`, 'enter', 'i', clear, '"4', 'enter')
      expect(node(edited, 'f').value).toBe(8)
      expect(draw(edited)).toContain('value')
    },
  )
})

describe('numbers that are not finite', () => {
  it.each([
    ['f = log(x) + x', 'x=0', 'g is not a finite number: g = log(x) = log(0) = −∞'],
    ['f = (0*x)/x + 1', 'x=0', 'is not a finite number'],
    ['f = sqrt(x)', 'x=-1', 'the root of a negative number'],
    ['f = exp(x)*2', 'x=1000', 'an overflow'],
  ])('of %s are named where they began', (expression, set, sentence) => {
    expect(draw(type(open(expression, set), 'end'), 160, 24)).toContain(sentence)
  })
})

describe('a graph of many nodes', () => {
  const many = () => open(Array.from({ length: 480 }, () => 'x').join('+'), 'x=1')

  it('is drawn around the selected node, and listed as a whole', { timeout: 20_000 }, () => {
    const session = many()
    expect(session.picture.trace.nodes.length).toBe(480)
    for (const keys of [['end'], ['end', 'g', '"x', 'enter'], ['o'], ['-'], ['o', 'up', 'up']])
      expect(draw(type(session, ...keys)).split('\n').length).toBeLessThan(24)
    expect(draw(type(session, 'g', '"g100', 'enter'))).toMatch(/›g100/)
  })

  it('that is more than the language takes is refused with the cure', () => {
    expect(() => open(Array.from({ length: 1000 }, () => 'x*w').join('+'), 'x=1,w=1')).toThrow(
      'the source has more than 2000 parts',
    )
  })
})

describe('every screen', () => {
  const wide = () => open('結果 = sigmoid(重み*入力 + 偏り)', '重み=-2,入力=5,偏り=3')
  const states: [string, () => Session][] = [
    ['at first', lecture],
    ['at the end', () => type(neuron(), 'end')],
    ['opened', () => type(neuron(), 'end', 'g', '"f', 'enter', 'e')],
    ['panned out of sight', () => type(neuron(), ...Array.from({ length: 40 }, () => 'j'), 'l', 'l')],
    ['arrays', () => type(layer(), 'end')],
    ['arrays by name', () => type(layer(), 'end', '-')],
    ['a cell', () => type(layer(), 'end', 'g', '"W', 'enter', 'enter', 'end')],
    ['all about a node', () => type(neuron(), 'end', 'g', '"h', 'enter', 'enter')],
    ['outline', () => type(neuron(), 'end', 'o')],
    ['help', () => type(lecture(), '?')],
    ['palette', () => type(lecture(), ':')],
    ['nudge', () => type(neuron(), 'v')],
    ['check', () => type(neuron(), 'd')],
    ['a prompt', () => type(lecture(), 'i')],
    ['a long prompt', () => type(lecture(), 'w', `"${'變數+'.repeat(100)}`)],
    ['a refused prompt', () => type(lecture(), 'i', clear, '"q', 'enter')],
    ['a message', () => type(lecture(), 'u')],
    ['wide names', () => type(wide(), 'end')],
    ['wide names, details', () => type(wide(), 'end', 'enter')],
    ['a broken graph', () => type(open('f = x*x + x', 'x=3'), 'end', '!')],
    ['forward mode', () => type(neuron(), 'm', 'end')],
    ['not finite', () => type(open('f = log(x)', 'x=0'), 'end')],
  ]
  it.each(states)('fits every terminal: %s', (_, state) => {
    const session = state()
    for (const [columns, rows] of [
      [120, 40],
      [80, 24],
      [40, 12],
      [10, 3],
      [1, 1],
    ] as const) {
      const lines = draw(session, columns, rows).split('\n')
      expect(lines.length).toBeLessThan(Math.max(rows, 2))
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
    }
  })
})

describe('the graph of a training step', () => {
  const operation = (
    name: string,
    part: 'forward' | 'gradients',
    inputs: string[] = [],
  ): [string, Operation] => [name, { name, op: 'MatMul', inputs, shape: [2, 3], part }]
  const operations = new Map([
    operation('X', 'forward'),
    operation('layer1/a', 'forward', ['X']),
    operation('層/b', 'forward', ['layer1/a']),
    operation('gradients/層/c', 'gradients', ['層/b']),
    operation('gradients/層/d', 'gradients', ['gradients/層/c']),
  ])

  it.each([
    [80, 24],
    [40, 12],
    [10, 3],
  ])('opens and closes its scopes by keys, on %i by %i', async (columns, rows) => {
    const codes: number[] = []
    const { stdin, lastFrame, unmount } = render(
      <ScopesScreen
        graph={{ title: 'a step', operations }}
        size={{ columns, rows }}
        onLeave={(code) => codes.push(code)}
      />,
    )
    const press = async (key: string, expected: RegExp) => {
      stdin.write(key)
      await vi.waitFor(() => expect(lastFrame()).toMatch(expected), 10_000)
      for (const line of lastFrame()!.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns)
    }
    await vi.waitFor(() => expect(stdin.listenerCount('readable')).toBeGreaterThan(0), 10_000)
    if (rows < 6) await press('x', /^X$/)
    else {
      await press('x', /▸ gradients +2 operations/)
      await press('\u001b[F', /›▸ gradients/)
      await press('\r', /▾ gradients[\s\S]*▸ 層/)
      await press('\u001b[D', /^(?![\s\S]*▾ gradients)/)
      await press('+', /▾ 層[\s\S]*MatMul/)
      await press('-', /^[^▾]*$/)
    }
    stdin.write('q')
    await vi.waitFor(() => expect(codes).toEqual([0]), 10_000)
    unmount()
  })
})
