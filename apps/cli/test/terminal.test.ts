import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

// A terminal of its own for each test, in tmux; on a server of its own, so that no other sessions are touched.
const server = `bp-test-${process.pid}`
const root = fileURLToPath(new URL('..', import.meta.url))
const tmux = (...args: string[]) =>
  spawnSync('tmux', ['-L', server, ...args], { encoding: 'utf8' }).stdout ?? ''
const present = spawnSync('tmux', ['-V']).status === 0
const bp = `${process.execPath} dist/main.js`
/** A run that does not end by itself soon. */
const long = `${bp} train iris --epochs 10000000 --patience none`

let session = 0
const target = () => ['-t', `terminal-${session}`]

const keys = (...names: string[]) => tmux('send-keys', ...target(), ...names)
const shown = () => tmux('capture-pane', '-p', ...target())
const flag = (name: string) => tmux('display-message', '-p', ...target(), `#{${name}}`).trim()

/** What the terminal shows as soon as it shows `expected`. */
async function until(expected: string | RegExp): Promise<string> {
  const end = Date.now() + 20_000
  for (;;) {
    const screen = shown()
    if (typeof expected === 'string' ? screen.includes(expected) : expected.test(screen)) return screen
    if (Date.now() > end) throw new Error(`timed out waiting for ${expected}; the terminal shows:\n${screen}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe.skipIf(!present)('on a terminal', { timeout: 60_000 }, () => {
  beforeEach(() => {
    session++
    const [, name] = target()
    // A plain shell, with the prompt `$`.
    const shell = 'env -u CI -u NO_COLOR PS1=$\\  sh'
    tmux('new-session', '-d', '-s', name!, '-x', '80', '-y', '24', '-c', root, shell)
    tmux('set', '-g', 'status', 'off')
  })
  afterAll(() => {
    tmux('kill-server')
  })

  const run = (command: string) => keys(`${command}; echo "code $?"`, 'Enter')

  it('xor trains until all four predictions are correct, and the summary stays on the terminal', async () => {
    run(bp)
    const done = await until('✓ done')
    expect(flag('alternate_on')).toBe('1')
    expect(flag('cursor_flag')).toBe('0')
    expect(done).toContain('4 of 4 correct, 100 %')
    expect(done.match(/✓/g)).toHaveLength(5)
    keys('q')
    const after = await until('code 0')
    expect(after).toContain('xor: trained 1,000 epochs, 1,000 steps')
    expect(flag('alternate_on')).toBe('0')
    expect(flag('cursor_flag')).toBe('1')
  })

  it('--exit-on-done leaves when done', async () => {
    run(`${bp} --exit-on-done`)
    await until('code 0')
    expect(flag('alternate_on')).toBe('0')
  })

  it('ctrl-z and SIGTSTP stop it, and after fg it goes on, with its keys', async () => {
    keys(long, 'Enter')
    await until('● training')
    for (const stop of [() => keys('C-z'), () => spawnSync('pkill', ['-TSTP', '-s', flag('pane_pid')])]) {
      stop()
      await until(/\$ *$/m)
      keys('fg', 'Enter')
      await until(/(● training|✓ done)/)
      expect(flag('alternate_on')).toBe('1')
      keys('?')
      await until('one step, then pause')
      keys('Escape')
    }
    keys('q')
    await until('saved as iris-')
    expect(flag('alternate_on')).toBe('0')
  })

  it('keys pause and step, and the picture follows the size of the terminal', async () => {
    run(long)
    await until('● training')
    keys('Space')
    const paused = await until('‖ paused')
    const epochIn = (screen: string) => Number(/epoch ([\d,]+) of/.exec(screen)![1]!.replaceAll(',', ''))
    const epoch = epochIn(paused)
    // Eight steps are an epoch of 120 rows in batches of 16.
    for (let step = 0; step < 8; step++) keys('.')
    await until(`epoch ${(epoch + 1).toLocaleString('en')} of`)
    for (const [columns, rows] of [
      [120, 40],
      [60, 20],
      [80, 24],
    ] as const) {
      tmux('resize-window', ...target(), '-x', String(columns), '-y', String(rows))
      const bar = new RegExp(`^epoch .{${columns - 10},}%$`, 'm')
      const lines = (await until(bar)).split('\n')
      expect(lines[0]).toMatch(/^bp train iris +‖ paused$/)
      expect(lines.filter((line) => line.includes('q quit'))).toHaveLength(1)
    }
    tmux('resize-window', ...target(), '-x', '40', '-y', '12')
    expect((await until(/^‖ iris/)).trimEnd().split('\n')).toHaveLength(1)
    keys('q')
    await until('code 0')
  })

  it.each([
    ['ctrl-c', () => keys('C-c'), 'code 130'],
    ['SIGINT', () => signal('INT'), 'code 130'],
    ['SIGTERM', () => signal('TERM'), 'code 143'],
  ])('%s restores the terminal', async (_, interrupt, code) => {
    run(long)
    await until('● training')
    interrupt()
    const after = await until(code)
    expect(after).toContain('iris: stopped after')
    expect(flag('alternate_on')).toBe('0')
    expect(flag('cursor_flag')).toBe('1')
    keys('echo still "here"', 'Enter')
    await until(/^still here/m)
  })

  /** Sends a signal to the program that runs in the terminal's shell. */
  function signal(name: string) {
    const shell = flag('pane_pid')
    const child = spawnSync('ps', ['-o', 'pid=', '--ppid', shell], { encoding: 'utf8' }).stdout.trim()
    process.kill(Number(child), `SIG${name}` as NodeJS.Signals)
  }

  it('answers keys while a step takes seconds; ctrl-c once waits for it and saves, twice leaves at once', async () => {
    run(`${bp} train digits --hidden 2048,2048 --batch-size 1438`)
    await until('● training')
    keys('?')
    await until('one step, then pause')
    keys('Space')
    await until(/… toggle, after this step|‖ paused/)
    keys('Space')
    keys('C-c')
    await until('finishing the step and saving; ctrl-c leaves at once')
    keys('C-c')
    await until('code 130')
    expect(flag('alternate_on')).toBe('0')
  })

  it('an error on the screen restores the terminal', async () => {
    const module = join(mkdtempSync(join(tmpdir(), 'bp-terminal-')), 'terminal.mjs')
    buildSync({
      entryPoints: [join(root, 'src/terminal.ts')],
      outfile: module,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    const broken = `import { onAlternateScreen } from '${module}'
      onAlternateScreen(() => new Promise(() => setTimeout(() => { throw new Error('broken') }, 300)))`
    keys(
      `${process.execPath} --input-type=module -e "${broken.replace(/\s+/g, ' ')}" 2>/dev/null; echo "code $?"`,
      'Enter',
    )
    await until('code 1')
    expect(flag('alternate_on')).toBe('0')
    expect(flag('cursor_flag')).toBe('1')
  })

  it('--screen-reader says what changes in lines, and takes the same keys', async () => {
    run(`${bp} train xor --screen-reader`)
    await until('done at step 1,000')
    expect(flag('alternate_on')).toBe('0')
    keys(',')
    await until('paused at step 999')
    keys('i')
    await until('epoch 999 of 1,000, loss 0.012')
    keys('q')
    await until('code 0')
  })

  it('without colours the map is in shades', async () => {
    run(`NO_COLOR=1 ${bp}`)
    expect(await until('✓ done')).toMatch(/█{5}.*▓.*░/)
    // Bold and dim remain; 38 and 48 would be colours.
    const styled = tmux('capture-pane', '-p', '-e', ...target())
    for (const colour of ['38;', '48;']) expect(styled).not.toContain(colour)
    keys('q')
    await until('code 0')
  })

  it('a graph is stepped through by keys', async () => {
    run(`${bp} graph "f = w*x + b" --set w=-2,x=5,b=3`)
    await until('step 0 of 7')
    keys('n')
    await until('g = w × x = −2 × 5 = −10')
    keys('Right')
    await until('f = g + b = −10 + 3 = −7')
    keys('Left')
    await until('step 1 of 7')
    keys('End')
    await until('step 7 of 7')
    // While a value is typed it stops and goes on, and takes any size.
    keys('i')
    await until('x = 5█')
    keys('C-z')
    await until(/\$ *$/m)
    keys('fg', 'Enter')
    await until('x = 5█')
    tmux('resize-window', ...target(), '-x', '10', '-y', '3')
    await until(/^x = 5█\n*$/)
    tmux('resize-window', ...target(), '-x', '80', '-y', '24')
    await until('bp graph  f = w*x + b')
    keys('BSpace', '6', 'Enter')
    await until('x is 6; u takes it back')
    keys('u', 'q')
    expect(await until(/\$ *\n*$/)).toContain('∂f/∂w = ∂f/∂g · ∂g/∂w = 1 · 5 = 5')
    expect(flag('alternate_on')).toBe('0')
  })
})
