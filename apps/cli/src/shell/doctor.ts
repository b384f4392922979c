// `bp doctor`: what this machine and terminal can do, and what is in the way.
import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { dirname } from 'node:path'
import { setThreads, useRelaxedSimd } from '@bp/core'
import { inColumns, noScreen } from '../lines.js'
import { lineOptions, readArguments } from '../options.js'
import { jsonLine, print } from '../output.js'
import { runNames, runsHome } from '../runs/home.js'
import { createPlannedRun, makePlan } from '../train/plan.js'
import { formatCount } from '../train/words.js'
import { UsageError } from '../usage-error.js'
import { readVersion } from '../version.js'
import { buildPage, pageIsBuilt } from './page-server.js'

interface Finding {
  readonly what: string
  readonly found: string
  /** What to do about it; `null` if nothing is in the way. */
  readonly cure: string | null
}

/** Runs the command and returns the exit code: 1 if something is in the way. */
export async function doctor(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, lineOptions)
  if (rest.length > 0) throw new UsageError('doctor takes no argument')
  const form = noScreen('doctor', given.ui)
  const findings = [...program(), ...terminal(), disk(), page(), ...(await speed())]
  print(
    `${(
      form === 'json'
        ? findings.map((finding) => jsonLine({ type: 'finding', ...finding }))
        : inColumns(
            findings.map(({ what, found, cure }) => [
              cure === null ? '✓' : '!',
              what,
              cure === null ? found : `${found}; ${cure}`,
            ]),
          )
    ).join('\n')}\n`,
  )
  return findings.every(({ cure }) => cure === null) ? 0 : 1
}

const fine = (what: string, found: string): Finding => ({ what, found, cure: null })

function program(): Finding[] {
  return [
    fine('bp', readVersion()),
    fine('Node', `${process.version} on ${process.platform} ${release()}, ${process.arch}`),
    fine('processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`),
  ]
}

function terminal(): Finding[] {
  const { stdin, stdout, env } = process
  const screen = stdin.isTTY && stdout.isTTY
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  const unicode = process.platform === 'win32' || /utf-?8/i.test(locale)
  return [
    fine(
      'terminal',
      screen
        ? `${env.TERM ?? 'unknown'}, ${stdout.columns}×${stdout.rows}, ${2 ** stdout.getColorDepth()} colours`
        : 'none, so output is lines of text',
    ),
    {
      what: 'characters',
      found: locale || 'no locale is set',
      cure: unicode || !screen ? null : 'charts need UTF-8: export LANG=C.UTF-8',
    },
  ]
}

function disk(): Finding {
  const home = runsHome()
  let folder = home
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(folder)
    const free = (bavail * bsize) / 2 ** 30
    return {
      what: 'runs',
      found: `${runNames().length} in ${home}, ${free.toFixed(1)} GiB free`,
      cure: free < 0.1 ? 'free some space, or save elsewhere with --save' : null,
    }
  } catch (error) {
    return {
      what: 'runs',
      found: `${home} cannot be written (${(error as NodeJS.ErrnoException).code})`,
      cure: 'set XDG_DATA_HOME to a folder of yours, or save with --save',
    }
  }
}

/** Only `bp open` needs it. */
const page = () => fine('page', pageIsBuilt() ? 'is built: bp open serves it' : `is not built; ${buildPage}`)

/** How long each measurement may take, in ms. */
const patience = 300

async function speed(): Promise<Finding[]> {
  const plan = await makePlan('xor', { epochs: 1_000_000_000 })
  const { run } = createPlannedRun(plan)
  run.step(10_000)
  const begin = performance.now()
  let steps = 0
  for (; performance.now() - begin < patience; steps += 10_000) run.step(10_000)
  const rate = (steps / (performance.now() - begin)) * 1000
  const threads = await setThreads(Math.min(2, availableParallelism()))
  await setThreads(1)
  const relaxed = await useRelaxedSimd()
  return [
    fine(
      'WebAssembly',
      `with SIMD${relaxed ? ', and relaxed SIMD' : '; no relaxed SIMD, which only some products gain from'}`,
    ),
    fine('threads', threads > 1 ? 'work; BP_THREADS=2 shares large networks' : 'one core, so one thread'),
    fine('speed', `${formatCount(Number(rate.toPrecision(2)))} steps of XOR per second`),
  ]
}
