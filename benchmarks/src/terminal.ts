// The suite `terminal`: what `bp` costs on a terminal: its first picture, what pictures take from training, keys, bytes.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { UsageError } from './failure.js'
import { type AimedFigure, summarize } from './statistics.js'

const program = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url))
const rounds = 9

/** The program on a terminal of 80 by 24, which `script` makes; what it writes is counted and read. */
class Terminal {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly began = performance.now()
  bytes = 0
  text = ''

  constructor(args: string, environment: Record<string, string> = {}) {
    const command = `stty cols 80 rows 24; exec ${process.execPath} ${program} ${args}`
    const { CI: _, ...env } = process.env
    this.#child = spawn('script', ['-qfec', command, '/dev/null'], {
      env: { ...env, TERM: 'xterm-256color', ...environment },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#ended = new Promise((resolve) => this.#child.on('close', resolve))
    this.#child.stdout!.on('data', (data: Buffer) => {
      this.bytes += data.length
      this.text += data
    })
  }

  press(keys: string): void {
    this.text = ''
    this.#child.stdin!.write(keys)
  }

  /** Time until it shows `expected`, in ms from now. */
  async until(expected: string): Promise<number> {
    const begin = performance.now()
    while (!this.text.includes(expected)) {
      if (performance.now() - begin > 60_000) throw new Error(`the terminal never showed "${expected}"`)
      await pause(1)
    }
    return performance.now() - begin
  }

  async end(): Promise<void> {
    this.#child.stdin!.end()
    this.#child.kill('SIGTERM')
    await this.#ended
  }

  ended(): Promise<unknown> {
    return this.#ended
  }
}

const enter = '\u001b[?1049h'

/** @throws UsageError without a build of the program, or without `script` of util-linux. */
export async function measureTerminal(write: (line: string) => void): Promise<AimedFigure[]> {
  if (!existsSync(program)) throw new UsageError('bp is not built: npx turbo run build --filter=cli')
  if (spawnSync('script', ['--version']).status !== 0)
    throw new UsageError('script of util-linux makes the terminal, and is not here: apt install bsdutils')
  const folder = mkdtempSync(join(tmpdir(), 'bp-bench-'))
  process.env.XDG_DATA_HOME = folder
  const figures: AimedFigure[] = []
  const report = (id: string, unit: string, values: readonly number[], aim: string) => {
    const { median, spread } = summarize(values)
    figures.push({ id, unit, median, spread, aim })
    write(
      `${id.padEnd(24)}${median.toPrecision(3).padStart(9)} ${unit.padEnd(8)} ± ${spread.toPrecision(2)}   aim: ${aim}`,
    )
  }
  try {
    const [nodes, frames]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now()
      spawnSync(process.execPath, ['-e', '0'])
      nodes.push(performance.now() - begin)
      const terminal = new Terminal('train iris --epochs 1000000 --patience none')
      await terminal.until(enter)
      await terminal.until('bp train')
      frames.push(performance.now() - terminal.began)
      await terminal.end()
    }
    report('first-frame', 'ms', frames, 'at most 400, with the start of Node')
    report('node-alone', 'ms', nodes, 'the start of Node, to compare with')

    const training = 'train digits --hidden 128 --epochs 1000 --patience none'
    const elapsed = (path: string) => JSON.parse(readFileSync(join(path, 'result.json'), 'utf8')).elapsed
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const [plain, drawn] = [join(folder, `plain-${round}`), join(folder, `drawn-${round}`)]
      spawnSync(process.execPath, [program, ...training.split(' '), '--ui', 'plain', '--save', plain])
      const terminal = new Terminal(`${training} --exit-on-done --save ${drawn}`)
      await terminal.ended()
      ratios.push(elapsed(drawn) / elapsed(plain))
    }
    report('cli-overhead', 'times', ratios, 'at most 1.02 of the time without a screen')

    const large = new Terminal(
      `train digits --hidden 2048,2048 --batch-size 1438 --save ${join(folder, 'large')}`,
    )
    await large.until('training')
    const keys: number[] = []
    for (let press = 0; press < 2 * rounds; press++) {
      large.press('?')
      keys.push(await large.until(press % 2 === 0 ? 'one step, then pause' : 'loss'))
      await pause(100)
    }
    await large.end()
    report('key-in-a-long-step', 'ms', keys, 'at most 50')

    const xor = new Terminal('train xor --epochs 100000000', { SSH_CONNECTION: '1' })
    await xor.until('training')
    const rates: number[] = []
    for (let round = 0; round < 5; round++) {
      const before = xor.bytes
      await pause(1000)
      rates.push((xor.bytes - before) / 1000)
    }
    await xor.end()
    report('xor-over-ssh', 'kB/s', rates, 'under 20')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return figures
}
