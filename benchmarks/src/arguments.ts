// Parses the command line, and refuses invalid arguments in one clear line.
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Case, cases } from './cases.js'
import { type Contender, peers } from './contenders.js'
import { UsageError } from './failure.js'
import { allOps } from './ops.js'
import { scalingCases, scalingPeers } from './scaling.js'

export interface Arguments {
  help: boolean
  suite: SuiteName
  cases: readonly Case[]
  peers: readonly Contender[]
  /** File for the figures. */
  json?: string
  /** File for the chart. */
  svg?: string
  seconds: number
  /** Of the suite `ops`. */
  ops: readonly string[]
}

const defaultSeconds = 2
/** Of the suite `ops`, whose cases are many and short. */
const secondsForOps = 0.2

/** Cases, and the default peers of each suite. */
const suites = {
  main: { cases, peers: peers.map(({ name }) => name) },
  scaling: { cases: scalingCases, peers: scalingPeers },
  ops: { cases: [], peers: [] },
  playground: { cases: [], peers: [] },
  terminal: { cases: [], peers: [] },
}

/** Options that do not apply to a suite. */
const unused = {
  main: ['only'],
  scaling: ['only'],
  ops: ['case', 'peer', 'svg'],
  playground: ['case', 'peer', 'svg', 'only', 'seconds'],
  terminal: ['case', 'peer', 'svg', 'only', 'seconds'],
} as const

type SuiteName = keyof typeof suites

export const help = `Measures @bp/core against its peers, on one thread each.

  npm run bench -- [options]

  --suite NAME  ${Object.keys(suites).join(', ')}; default main. scaling writes benchmarks/scaling.md;
                ops times every operation against plain loops;
                playground loads and trains the built page in Chromium;
                terminal starts and watches bp on a terminal
  --case ID     only this case; may be repeated
  --peer NAME   only this peer; may be repeated
  --only NAME   only this operation of the suite ops; may be repeated
  --seconds N   time per contender and case (default ${defaultSeconds}; in the suite ops ${secondsForOps})
  --json FILE   also write the figures to FILE
  --svg FILE    also draw a chart to FILE
  --help        this text

Cases: ${cases.map(({ id }) => id).join(', ')}
Peers: ${peers.map(({ name }) => name).join(', ')}
`

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        case: { type: 'string', multiple: true },
        peer: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true },
        seconds: { type: 'string' },
        json: { type: 'string' },
        svg: { type: 'string' },
        suite: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    // Node appends advice on escaping positional arguments, of which there are none here.
    const [first] = (error as Error).message.split('. ')
    throw new UsageError(`${first!.replace(/\.$/, '')}. See: npm run bench -- --help`)
  }
}

function pick<Item>(
  kind: string,
  all: readonly Item[],
  nameOf: (item: Item) => string,
  requested?: string[],
) {
  if (!requested) return all
  for (const name of requested)
    if (!all.some((item) => nameOf(item) === name))
      throw new UsageError(`Unknown ${kind} '${name}'. Choose from: ${all.map(nameOf).join(', ')}.`)
  return all.filter((item) => requested.includes(nameOf(item)))
}

function checkSeconds(text: string): number {
  const seconds = text.trim() === '' ? Number.NaN : Number(text)
  if (!(seconds >= 0.05 && seconds <= 600))
    throw new UsageError(`--seconds ${text}: must be a number in [0.05, 600].`)
  return seconds
}

/** Checked before the measurements, which take minutes. */
function checkFile(option: string, file: string): string {
  const kindOf = (path: string) => statSync(path, { throwIfNoEntry: false })
  if (file.trim() === '') throw new UsageError(`${option} needs a file name.`)
  if (kindOf(file)?.isDirectory())
    throw new UsageError(`${option} ${file}: is a folder; choose a file in it.`)
  const folder = dirname(resolve(file))
  if (!kindOf(folder)?.isDirectory())
    throw new UsageError(
      `${option} ${file}: folder '${dirname(file)}' does not exist. Create it first, or choose another file.`,
    )
  return file
}

export function parseArguments(args: readonly string[]): Arguments {
  const values = parse(args)
  const suite = checkSuite(values.suite ?? 'main')
  const { cases, peers: usual } = suites[suite]
  for (const option of unused[suite])
    if (values[option] !== undefined)
      throw new UsageError(`--${option} does not apply to the suite ${suite}. See: npm run bench -- --help`)
  return {
    help: values.help ?? false,
    suite,
    cases: pick('case', cases, ({ id }) => id, values.case),
    peers: pick('peer', peers, ({ name }) => name, values.peer ?? [...usual]),
    seconds:
      values.seconds !== undefined
        ? checkSeconds(values.seconds)
        : suite === 'ops'
          ? secondsForOps
          : defaultSeconds,
    ops: pick(
      'operation',
      allOps.map(({ name }) => name),
      (name) => name,
      values.only,
    ),
    ...(values.json === undefined ? {} : { json: checkFile('--json', values.json) }),
    ...(values.svg === undefined ? {} : { svg: checkFile('--svg', values.svg) }),
  }
}

function checkSuite(name: string): SuiteName {
  if (!Object.hasOwn(suites, name))
    throw new UsageError(`Unknown suite '${name}'. Choose from: ${Object.keys(suites).join(', ')}.`)
  return name as SuiteName
}
