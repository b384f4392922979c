// Runs in a contender's own process: opens its module for a case, then runs and times what is requested.
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import type { FigureName } from './cases.js'
import { CannotRun, type Open, type Program } from './contender.js'
import { describeFailure } from './failure.js'
import { type Problem, problemOf } from './problems.js'
import { quantile } from './statistics.js'

const [modulePath] = process.argv.slice(2)
if (modulePath === undefined) throw new Error('worker: missing path of a contender')

// Libraries print greetings; standard output is only for responses.
console.log = console.info = console.debug = console.error

const answer = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`)

async function open(problem: Problem): Promise<Program> {
  const contender = (await import(pathToFileURL(modulePath!).href)) as { open: Open }
  return contender.open(problem)
}

const readingOf = async (program: Program, count: number) => program.run(count)

async function timed<Result>(work: () => Promise<Result>): Promise<[number, Result]> {
  const started = performance.now()
  const result = await work()
  return [performance.now() - started, result]
}

/** Peak memory of this process, in bytes. */
function peakMemory(): number {
  // Linux reports it directly; the other figure includes the parent's memory at the time of the fork.
  const peak =
    existsSync('/proc/self/status') && /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
  return 1024 * (peak ? Number(peak[1]) : process.resourceUsage().maxRSS)
}

/** Figures that can be measured once per process, by name; `count` is the work before the reading. */
const figures: Record<
  FigureName,
  (problem: Problem, count: number) => Promise<{ figure: number; reading: number }>
> = {
  /** ms from before the import to the end of the first step, including its reading. */
  async 'cold-start'(problem, count) {
    const [figure, reading] = await timed(async () => readingOf(await open(problem), count))
    return { figure, reading }
  },

  /** ms from the problem's data to the end of the first step, minus a later step; the library is already warm. */
  async 'compile-time'(problem, count) {
    await readingOf(await open(problemOf('xor-step')), 1)
    const [first, [program, reading]] = await timed(async () => {
      const opened = await open(problem)
      return [opened, await readingOf(opened, count)] as const
    })
    const later: number[] = []
    for (let index = 0; index < 5; index++) later.push((await timed(() => readingOf(program, count)))[0])
    return { figure: first - quantile(later, 0.5), reading }
  },

  async 'peak-memory'(problem, count) {
    const reading = await readingOf(await open(problem), count)
    return { figure: peakMemory(), reading }
  },

  async 'wasm-memory'(problem, count) {
    const program = await open(problem)
    const reading = await readingOf(program, count)
    const figure = program.wasmBytes?.()
    if (figure === undefined) throw new CannotRun('has no WebAssembly memory, or does not expose its size')
    return { figure, reading }
  },
}

type Request =
  | { do: 'open'; case: string }
  | { do: 'run'; count: number }
  | { do: FigureName; case: string; count: number }

let program: Program | undefined
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request
  try {
    if (request.do === 'open') {
      program = await open(problemOf(request.case))
      answer({})
    } else if (request.do === 'run') {
      const [milliseconds, reading] = await timed(() => readingOf(program!, request.count))
      answer({ milliseconds, reading })
    } else answer(await figures[request.do](problemOf(request.case), request.count))
  } catch (error) {
    answer({ error: describeFailure(error) })
  }
}
// Some libraries leave timers or ports open, which would keep the process alive.
process.exit()
