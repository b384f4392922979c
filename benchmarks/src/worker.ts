// Runs in a contender's own process: opens its module for a case, then runs and times what it is asked to.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import type { Open, Program } from './contender.js'
import { describeFailure } from './failure.js'
import { type Problem, problemOf } from './problems.js'

const [modulePath, mode] = process.argv.slice(2)
if (modulePath === undefined) throw new Error('worker: the path of a contender is missing')

// Libraries greet on the console; the standard output is for answers only.
console.log = console.info = console.debug = console.error

const answer = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`)

async function open(problem: Problem): Promise<Program> {
  const contender = (await import(pathToFileURL(modulePath!).href)) as { open: Open }
  return contender.open(problem)
}

/** From before the import to the first finished step, whose reading is taken within the time. */
async function coldStart(problem: Problem) {
  const started = performance.now()
  const program = await open(problem)
  const reading = await program.run(1)
  return { milliseconds: performance.now() - started, reading }
}

let program: Program | undefined
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { do: 'open'; case: string } | { do: 'run'; count: number }
  try {
    if (request.do === 'open' && mode === 'cold') answer(await coldStart(problemOf(request.case)))
    else if (request.do === 'open') {
      program = await open(problemOf(request.case))
      answer({})
    } else {
      const started = performance.now()
      const reading = await program!.run(request.count)
      answer({ milliseconds: performance.now() - started, reading })
    }
  } catch (error) {
    answer({ error: describeFailure(error) })
  }
}
// Some libraries leave timers or ports open, which would keep this process alive.
process.exit()
