// The command `npm run bench`: measures the selected cases one by one, prints a table, writes the JSON.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { help, parseArguments } from './arguments.js'
import { chart } from './chart.js'
import { endAll } from './child.js'
import { ours } from './contenders.js'
import { describeFailure, UsageError } from './failure.js'
import { describeMachine } from './machine.js'
import { measure } from './measure.js'
import { measureOps, rounds as opRounds, slowerOnes } from './ops.js'
import { packageFolder } from './paths.js'
import { formatCase, formatMachine, type Report, reportCase } from './report.js'
import { scalingPage } from './scaling.js'
import { measureTerminal } from './terminal.js'

const rounds = 9
const processes = 5

/** Progress line, only on a terminal. */
function showProgress(text: string) {
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args)
  if (options.help) {
    process.stdout.write(help)
    return 0
  }
  const write = (figures: object) => {
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`)
  }
  if (options.suite === 'ops') {
    const machine = describeMachine([], new Map(), { seconds: options.seconds, rounds: opRounds })
    const cases = await measureOps(options.ops, options.seconds, (line) => process.stdout.write(`${line}\n`))
    process.stdout.write(formatMachine(machine))
    write({ machine, cases })
    return slowerOnes(cases).length > 0 ? 1 : 0
  }
  if (options.suite === 'playground') {
    // Only this suite needs a browser.
    const { measurePlayground } = await import('./playground.js')
    const cases = await measurePlayground((line) => process.stdout.write(`${line}\n`))
    const machine = describeMachine([], new Map(), { seconds: 1, rounds })
    process.stdout.write(formatMachine(machine))
    write({ machine, cases })
    return 0
  }
  if (options.suite === 'terminal') {
    const cases = await measureTerminal((line) => process.stdout.write(`${line}\n`))
    const machine = describeMachine([], new Map(), { seconds: 1, rounds })
    process.stdout.write(formatMachine(machine))
    write({ machine, cases })
    return 0
  }
  const contenders = [ours, ...options.peers]
  const settings = { seconds: options.seconds, rounds, processes, onProgress: showProgress }
  const versions = new Map<string, string>()
  const reported: Report['cases'] = []
  for (const measured of options.cases) {
    if (!process.stderr.isTTY) process.stderr.write(`${measured.id} …\n`)
    const result = await measure(measured, contenders, settings)
    for (const [name, version] of result.versions) versions.set(name, version)
    reported.push(reportCase(measured, result.outcomes))
    showProgress('')
    process.stdout.write(`${formatCase(measured, result.outcomes)}\n`)
  }
  const machine = describeMachine(contenders, versions, { seconds: options.seconds, rounds })
  process.stdout.write(formatMachine(machine))
  const report: Report = { machine, cases: reported }
  write(report)
  if (options.svg !== undefined) writeFileSync(options.svg, chart(report))
  if (options.suite === 'scaling') writeFileSync(join(packageFolder, 'scaling.md'), scalingPage(report))
  // A peer that cannot run is part of the result; if ours cannot, that is a failure.
  return reported.some(({ ours }) => 'error' in ours) ? 1 : 0
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => {
    endAll()
    process.exit(code)
  })

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  endAll()
  process.stderr.write(`${describeFailure(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
