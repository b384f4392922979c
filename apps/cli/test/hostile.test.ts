// Input that nobody types on purpose, in every place of the commands about graphs, links and help: it works, or is refused
// as usage, and no control character of it reaches the terminal.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BackpropagationError } from '@bp/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { visibleLines } from '../src/fit.js'
import { check } from '../src/graph/check.js'
import { graph } from '../src/graph/command.js'
import { keysOf, press } from '../src/graph/keys.js'
import { openSession } from '../src/graph/session.js'
import { readSubject } from '../src/graph/source.js'
import { open } from '../src/shell/open.js'
import { UsageError } from '../src/usage-error.js'

const texts: readonly (readonly [name: string, text: string])[] = [
  ['nothing', ''],
  ['a space', ' '],
  ['escape codes', '\u001b[31mred\u001b]0;title\u0007'],
  ['a control character of eight bits', '\u009b31m'],
  ['other directions', 'a\u202eb'],
  ['line breaks', 'a\nb\r\n\u2028c'],
  ['NUL', 'a\0b'],
  ['half a letter', 'a\ud800b'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['toString', 'toString'],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['1e999', '1e999'],
  ['a negative number', '-1'],
  ['a file', '/etc/passwd'],
  ['a path up', '../../x'],
  ['1,000 terms', Array(1000).fill('x').join('+')],
  ['20,000 parentheses', '('.repeat(20_000)],
  ['a long name', 'x'.repeat(5000)],
  ['emoji', '👩‍👩‍👧 + x'],
  ['wide letters', '變數*x'],
]

const expression = 'f = sigmoid(w*x + b)'
const set = ['--set', 'w=-2,x=5,b=3']
const places: Readonly<Record<string, (text: string) => number | Promise<number>>> = {
  'bp graph TEXT': (text) => graph([text, '--set', 'x=1', '--ui', 'plain']),
  'bp graph --set TEXT': (text) => graph([expression, `--set=${text}`, '--ui', 'json']),
  'bp graph --set x=TEXT': (text) => graph(['f = x*2', `--set=x=${text}`, '--ui', 'plain']),
  'bp graph --of TEXT': (text) => graph([expression, ...set, `--of=${text}`, '--ui', 'plain']),
  'bp graph --expand TEXT': (text) => graph([expression, ...set, `--expand=${text}`, '--ui', 'plain']),
  'bp graph --forward TEXT': (text) => graph([expression, ...set, `--forward=${text}`, '--ui', 'plain']),
  'bp graph --row TEXT': (text) => graph(['last', `--row=${text}`, '--ui', 'plain']),
  'bp graph TEXT --row 1': (text) => graph(['--row=1', '--ui=plain', '--', text]),
  'bp graph TEXT --scopes': (text) => graph(['--scopes', '--ui=plain', '--', text]),
  'bp graph --output TEXT': (text) => graph([expression, ...set, `--output=${text}`, '--ui', 'plain']),
  'bp check TEXT': (text) => check([text, '--set', 'x=1']),
  'bp open TEXT --print': (text) => open(['--print', '--', text]),
  'bp open TEXT --row 1': (text) => open(['--print', '--row=1', '--', text]),
  'bp open --port TEXT': (text) => open(['f = 2', `--port=${text}`]),
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what may not reach the terminal
const forbidden = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

describe.each(Object.keys(places))('%s', (place) => {
  const folder = mkdtempSync(join(tmpdir(), 'bp-hostile-'))
  const before = { ...process.env }
  let printed = ''
  beforeAll(() => {
    Object.assign(process.env, { INIT_CWD: folder, XDG_DATA_HOME: join(folder, 'data') })
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += text
      return true
    })
  })
  afterAll(() => {
    vi.restoreAllMocks()
    process.env = before
    rmSync(folder, { recursive: true })
  })

  it.each(texts)('takes %s, or refuses it', async (_, text) => {
    printed = ''
    try {
      await places[place]!(text)
    } catch (error) {
      expect(error).toSatisfy((one) => one instanceof UsageError || one instanceof BackpropagationError)
      const message = visibleLines((error as Error).message)
      expect(message).not.toBe('')
      expect(message).not.toMatch(forbidden)
    }
    expect(printed).not.toMatch(forbidden)
  })
})

describe('every prompt of the graph screen', () => {
  const ink = Object.fromEntries(
    'upArrow downArrow leftArrow rightArrow pageDown pageUp home end return escape ctrl shift tab backspace delete meta'
      .split(' ')
      .map((name) => [name, false]),
  ) as never
  const prompts = ['i', 'w', 'g', 'x', ':']

  it.each(texts)('takes %s, or refuses it', (_, text) => {
    for (const prompt of prompts) {
      const typed = [prompt, 'ctrl-u', ...keysOf(text.slice(0, 300), ink), 'enter']
      const session = typed.reduce(press, openSession(readSubject(expression, { set: set[1]! })))
      expect(session.picture.trace.nodes.length).toBeGreaterThan(0)
      expect(session.leaving).toBeNull()
      for (const said of [session.message, session.layer?.kind === 'prompt' ? session.layer.problem : null])
        if (said !== null) expect(said).not.toMatch(forbidden)
    }
  })
})
