// Run specs: files that say what options say.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withSpec } from '../src/runs/spec-file.js'

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bp-spec-'))
afterAll(() => rmSync(folder, { recursive: true }))
const before = process.env.INIT_CWD
beforeAll(() => {
  process.env.INIT_CWD = folder
})
afterAll(() => {
  process.env.INIT_CWD = before
})

const write = (name: string, content: unknown) =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))

async function expanded(...args: string[]) {
  const notes: string[] = []
  return { args: await withSpec(args, (text) => notes.push(text)), notes }
}

function bp(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: folder, XDG_DATA_HOME: join(folder, 'data') },
  })
  return { stdout, stderr, status }
}

describe('a run spec', () => {
  it('says everything that options say, under the names that they have', async () => {
    write('all.json', {
      data: 'iris',
      learningRate: 0.01,
      'batch-size': 8,
      held_back: 0.25,
      hidden: [16, 4],
      type: { petal_width: 'category', 'a,b': 'number' },
      ignore: ['a', 'b,c'],
      number: false,
      class: true,
      patience: 'none',
      seed: null,
    })
    expect(await expanded('all.json')).toEqual({
      args: [
        '--learning-rate=0.01',
        '--batch-size=8',
        '--held-back=0.25',
        '--hidden=16,4',
        '--type=petal_width=category',
        '--type=a,b=number',
        '--ignore=a',
        '--ignore=b,c',
        '--class',
        '--patience=none',
        'iris',
      ],
      notes: [],
    })
  })

  it('yields to the command line, which is noted', async () => {
    write('some.json', { data: 'iris', epochs: 20, ignore: ['a'], hidden: [] })
    expect(
      await expanded('--epochs', '5', '--ignore', 'b', '--spec', 'some.json', 'wine', '--lr', '0.1'),
    ).toEqual({
      args: ['--hidden=none', '--epochs', '5', '--ignore', 'b', 'wine', '--lr', '0.1'],
      notes: [
        '--epochs on the command line wins over some.json',
        '--ignore on the command line wins over some.json',
        'wine on the command line wins over some.json',
      ],
    })
    expect((await expanded('--config=some.json', '--lr', '0.1')).args).toEqual([
      '--epochs=20',
      '--ignore=a',
      '--hidden=none',
      '--lr',
      '0.1',
      'iris',
    ])
  })

  it('names data as seen from its folder', async () => {
    mkdirSync(join(folder, 'deep'))
    write('deep/run.json', { data: '../table.csv' })
    expect((await expanded('deep/run.json')).args).toEqual([join(folder, 'table.csv')])
  })

  it('may be a module', async () => {
    write('run.mjs', 'export default { data: "iris", epochs: 10 * 2 }')
    expect((await expanded('run.mjs')).args).toEqual(['--epochs=20', 'iris'])
    write('run.ts', 'const epochs: number = 3\nexport default { data: "iris", epochs }')
    const strips = (process.features as { typescript?: unknown }).typescript
    if (strips) expect((await expanded('run.ts')).args).toEqual(['--epochs=3', 'iris'])
    else await expect(expanded('run.ts')).rejects.toThrow(/Node reads from version 22\.18 on, and this is v/)
  })

  it('is not looked for where none is named', async () => {
    expect(await expanded('iris', '--target', 'a.json')).toEqual({
      args: ['iris', '--target', 'a.json'],
      notes: [],
    })
  })

  it.each<[string, unknown, string]>([
    ['unknown.json', { epoch_count: 3 }, 'unknown.json: unknown option --epoch-count'],
    ['typo.json', { epochz: 3 }, 'did you mean --epochs'],
    ['prototype.json', '{"__proto__": 1}', 'unknown option'],
    ['constructor.json', { constructor: 1 }, 'unknown option --constructor'],
    ['value.json', { epochs: 'many' }, '--epochs must be an integer in [1, 1000000000], got "many"'],
    ['flag.json', { class: 'yes' }, 'class must be true or false, got "yes"'],
    ['boolean.json', { epochs: true }, 'epochs expects N, got true'],
    ['data.json', { data: 3 }, 'data must name a file or a data set, got 3'],
    ['list.json', [1], 'must hold an object'],
    ['broken.json', '{', 'is not JSON'],
    ['control.json', '\u001b[31m', 'is not JSON'],
    ['empty.json', '', 'is not JSON'],
    ['throws.mjs', 'throw new Error("no")', 'cannot be read: no'],
    ['no-default.mjs', 'export const a = 1', 'as its default export'],
    ['gone.json', null, 'cannot be read'],
  ])('%s is refused with the reason', async (name, content, why) => {
    if (content !== null) write(name, content)
    const failed = expanded('--spec', name)
    await expect(failed).rejects.toThrow(why)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach the terminal
    await expect(failed).rejects.not.toThrow(/\u001b/)
  })

  it('is one file', async () => {
    write('a.json', {})
    await expect(expanded('--spec', 'a.json', 'a.json')).rejects.toThrow('two run specs; give one')
    await expect(expanded('--spec', 'a.yaml')).rejects.toThrow('must end in .json, .js or .ts')
  })
})

describe('bp show --spec', () => {
  it.each([
    [
      [
        'iris',
        '--hidden',
        '8,4',
        '--epochs',
        '6',
        '--held-back',
        '0',
        '--lr',
        '0.02',
        '--ignore',
        'petal_width_cm',
      ],
    ],
    [['xor', '--epochs', '30', '--optimizer', 'adam']],
  ])('of %j, trained again, gives the same weights', (args) => {
    const end = ({ stdout }: { stdout: string }) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
    const first = end(bp('train', ...args, '--ui', 'json'))
    const { stdout } = bp('show', 'last', '--spec')
    write('again.json', stdout)
    const again = bp('train', 'again.json', '--ui', 'json')
    expect(again.stderr).toBe('')
    expect(end(again).weights_sha256).toBe(first.weights_sha256)
    expect(first.weights_sha256).toMatch(/^[0-9a-f]{64}$/)
  })
})
