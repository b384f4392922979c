#!/usr/bin/env node
// The program `bp`: finds the command, and turns errors into one line and an exit code.
import { BackpropagationError, didYouMean } from '@bp/core'
import { listed } from '@bp/lab'
import { commands } from './commands.js'
import { visible, visibleLines } from './fit.js'
import { describeCommand, describeProgram } from './help.js'
import { OutputError, print, watchOutput } from './output.js'
import { useThreads } from './threads.js'
import { TrainerError } from './train/remote.js'
import { UsageError } from './usage-error.js'
import { readVersion } from './version.js'

const exitFailed = 1
const exitUsage = 2

async function main(args: readonly string[]): Promise<number> {
  // `npm start -- …` and `pnpm start -- …` differ in whether they pass the dashes on.
  const words = args[0] === '--' ? args.slice(1) : args
  const [first = '', ...rest] = words
  if (first === '--version') print(`${readVersion()}\n`)
  else if (asksForHelp(first) || first === 'help') await help(rest)
  else if (!commands.has(first) && first !== '' && !first.startsWith('-')) throw unknownCommand(first)
  else {
    // Options alone, or nothing at all, mean `train`.
    const [name, given] = commands.has(first) ? [first, rest] : ['train', words]
    const { load, elsewhere = false } = commands.get(name)!
    if (!given.some(asksForHelp)) {
      if (!elsewhere) await useThreads(undefined)
      return (await load())(given)
    }
    print(describeCommand(name))
  }
  return 0
}

async function help([about, ...more]: readonly string[]): Promise<void> {
  if (more.length > 0) throw new UsageError(`help takes one command; got ${listed([about!, ...more], 'and')}`)
  if (about === undefined || asksForHelp(about) || about === 'help') print(describeProgram())
  else if (about === '--man') print((await import('./shell/man.js')).manPage())
  else if (!commands.has(about)) throw unknownCommand(about)
  else print(describeCommand(about))
}

const unknownCommand = (name: string) =>
  new UsageError(
    `unknown command "${visible(name)}"; the commands are ${listed([...commands.keys()], 'and')}; see --help${didYouMean(name, commands.keys())}`,
  )

const asksForHelp = (word: string) => word === '--help' || word === '-h'

function fail(error: unknown): number {
  const expected = error instanceof UsageError || error instanceof BackpropagationError
  const known = expected || error instanceof OutputError || error instanceof TrainerError
  const message = visibleLines(error instanceof Error ? error.message : String(error))
  process.stderr.write(
    known ? `bp: ${message}\n` : `bp: internal error: ${message}; this is a bug in bp, please report it\n`,
  )
  return expected ? exitUsage : exitFailed
}

process.on('uncaughtException', (error) => {
  // After the terminal is restored, or the message would disappear with the alternate screen.
  process.once('exit', () => {
    process.exitCode = fail(error)
  })
  process.exit(exitFailed)
})
watchOutput()
main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    process.exitCode = fail(error)
  },
)
