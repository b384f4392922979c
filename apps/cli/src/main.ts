#!/usr/bin/env node
// The program `bp`: finds the command, and turns what goes wrong into one line and an exit code.
import { BackpropagationError, didYouMean } from '@bp/core'
import { describeGraph, describeProgram, describeTrain } from './help.js'
import { flag, readArguments } from './options.js'
import { UsageError } from './usage-error.js'
import { readVersion } from './version.js'

const commands = new Map([
  ['train', { describe: describeTrain, load: async () => (await import('./train/command.js')).train }],
  ['graph', { describe: describeGraph, load: async () => (await import('./graph/command.js')).graph }],
])

const exitFailed = 1
const exitUsage = 2

async function main(args: readonly string[]): Promise<number> {
  // `npm start -- …` and `pnpm start -- …` differ in whether the dashes come along.
  const [first, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (first === undefined) return main(['train'])
  const command = commands.get(first)
  if (command) {
    const asksForHelp = rest.includes('--help') || rest.includes('-h')
    if (!asksForHelp) return (await command.load())(rest)
    process.stdout.write(command.describe())
    return 0
  }
  if (!first.startsWith('-'))
    throw new UsageError(
      `there is no command "${first}", only train and graph; see --help${didYouMean(first, commands.keys())}`,
    )
  const { given } = readArguments(first === '-h' ? ['--help'] : [first], {
    help: flag('what the program does'),
    version: flag('which version it is'),
  })
  process.stdout.write(given.version ? `${readVersion()}\n` : describeProgram())
  return 0
}

function fail(error: unknown): number {
  const expected = error instanceof UsageError || error instanceof BackpropagationError
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(expected ? `bp: ${message}\n` : `bp: internal error: ${message}; this is a mistake of bp, please report it\n`)
  return expected ? exitUsage : exitFailed
}

process.on('uncaughtException', (error) => process.exit(fail(error)))
// The reader of a pipe may stop early, as `head` does.
process.stdout.on('error', () => process.exit(0))
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    process.exitCode = fail(error)
  },
)
