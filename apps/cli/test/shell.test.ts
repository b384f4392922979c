// Commands about expressions, the machine and the shell, typed as users type them.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commands } from '../src/commands.js'
import { separated } from '../src/options.js'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const bp = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })

it('bp check compares derivatives with central differences', () => {
  const { stdout, status } = bp('check', 'f = sigmoid(w*x + b)', '--set', 'w=1,x=2,b=1', '--ui', 'json')
  expect(status).toBe(0)
  const found = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const slope = 1 / (1 + Math.exp(-3)) / (1 + Math.exp(3))
  expect(found.map(({ name }) => name)).toEqual(['w', 'x', 'b'])
  for (const [at, factor] of [2, 1, 1].entries()) {
    expect(found[at].derivative).toBeCloseTo(factor * slope, 12)
    expect(found[at].passes).toBe(true)
  }
  // Left of the step the derivative is 0, but a difference over the step is not.
  const jump = bp('check', 'f = sign(x)', '--set', 'x=0')
  expect({ status: jump.status, wrong: jump.stdout.includes('✗ wrong, or not smooth here') }).toEqual({
    status: 1,
    wrong: true,
  })
})

it('bp doctor says what is there, and what to do where something is in the way', () => {
  const { stdout, status } = bp('doctor', '--ui', 'json')
  expect(status).toBe(0)
  const found = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(found.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['Node', 'terminal', 'runs', 'WebAssembly', 'threads', 'speed']),
  )
  const { stdout: lines, status: code } = spawnSync(process.execPath, [program, 'doctor'], {
    encoding: 'utf8',
    env: { ...process.env, XDG_DATA_HOME: '/dev/null' },
  })
  expect(code).toBe(1)
  expect(lines).toMatch(/^! {2}runs .*set XDG_DATA_HOME to a folder of yours/m)
})

it('bp completion completes every command, option and choice in bash', () => {
  const complete = (...words: string[]) =>
    spawnSync(
      'bash',
      [
        '-c',
        `eval "$1"; shift; COMP_WORDS=(bp "$@"); COMP_CWORD=$#; _bp; echo "\${COMPREPLY[@]}"`,
        '-',
        bp('completion', 'bash').stdout,
        ...words,
      ],
      { encoding: 'utf8' },
    )
      .stdout.trim()
      .split(' ')
  expect(complete('')).toEqual([...commands.keys(), 'help'])
  expect(complete('train', '--opti')).toEqual(['--optimizer'])
  expect(complete('train', '--optimizer', '')).toEqual(['sgd', 'momentum', 'adam'])
  expect(complete('export', 'last', '--to', 's')).toEqual(['safetensors'])
  expect(bp('completion', 'csh')).toMatchObject({ status: 2, stdout: '' })
  for (const shell of ['zsh', 'fish']) expect(bp('completion', shell).status).toBe(0)
})

describe('the manual page', () => {
  const page = readFileSync(fileURLToPath(new URL('../dist/bp.1', import.meta.url)), 'utf8')
  const programs = [
    ['groff', '-man', '-Tutf8', '-ww'],
    ['mandoc', '-T', 'utf8', '-W', 'warning'],
    ['man', '--warnings', '-l', '-'],
  ] as const
  const [name, ...args] = programs.find(([one]) => spawnSync(one, ['--version']).error === undefined) ?? ['']

  it('is what bp help --man writes, in plain ASCII', () => {
    expect(bp('help', '--man')).toMatchObject({ status: 0, stdout: page })
    expect(page).toMatch(/^[\n\x20-\x7e]*$/)
  })

  it.skipIf(name === '')('is set without warnings, with every command and option', () => {
    const { stdout, stderr } = spawnSync(name, args, {
      input: page,
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
    })
    expect(stderr).toBe('')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: bold and underlined letters
    const text = stdout.replace(/.\x08|\x1b\[[\d;]*m/g, '')
    for (const [command, { options }] of commands) {
      expect(text).toContain(`bp ${command}`)
      for (const key of Object.keys(options)) expect(text).toContain(`--${separated(key, '-')}`)
    }
  })

  it('has the same commands and options as the tables, whether or not it can be set here', () => {
    for (const { options } of commands.values())
      for (const key of Object.keys(options))
        expect(page).toContain(`\\fB\\-\\-${separated(key, '-').replaceAll('-', '\\-')}\\fR`)
  })
})

it('bp help of something that is no command is an error with a suggestion', () => {
  expect(bp('help', 'tran')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/unknown command "tran".*did you mean "?train/),
  })
  expect(bp('help', 'constructor')).toMatchObject({ status: 2, stdout: '' })
  expect(bp('help', 'train', 'more')).toMatchObject({ status: 2, stdout: '' })
  expect(bp('help', 'train').stdout).toBe(bp('train', '--help').stdout)
})

it('messages show control characters of what was typed instead of sending them', () => {
  const { stderr, status } = bp('graph', '--of', '\u001b[31mred\u0007')
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'bp: --of ␛[31mred␇: there is no such node; the nodes are w, x, g, b, f\n',
  })
})
