// `bp train` and `bp resume`: train on a full screen or with reports, in a thread of their own.
import { setAppearance } from '../appearance.js'
import { showProgress } from '../data-sets.js'
import { type Given, readArguments } from '../options.js'
import { print } from '../output.js'
import { resumeOptions } from '../runs/options.js'
import { exitInterrupted, interruptible } from '../signals.js'
import { chooseInterface, prepareInk } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import type { Job } from './messages.js'
import { trainOptions } from './options.js'
import { reportProblems } from './problems.js'
import { Remote } from './remote.js'

/** Runs `bp train` and returns the exit code. */
export function train(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, trainOptions)
  if (rest.length > 1)
    throw new UsageError(
      `train takes one data set or file; got ${rest.map((word) => `"${word}"`).join(', ')}`,
    )
  return trainHere('train', args, given)
}

/** Runs `bp resume` and returns the exit code. */
export function resume(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, resumeOptions)
  if (rest.length > 1) throw new UsageError('resume takes one run: bp resume last')
  return trainHere('resume', args, given)
}

async function trainHere(
  command: Job['command'],
  args: readonly string[],
  given: Given<Pick<typeof trainOptions, 'ui' | 'exitOnDone' | 'theme' | 'charset' | 'screenReader'>>,
): Promise<number> {
  const form = chooseInterface(given.ui)
  const job = { command, args, form }
  if (form === 'tui' && given.screenReader) {
    const { trainSpoken } = await import('./spoken.js')
    return trainSpoken(new Remote(job), given.exitOnDone ?? false)
  }
  if (form === 'tui') {
    setAppearance(given.theme, given.charset)
    prepareInk(given.theme === 'mono')
    const remote = new Remote(job)
    const { trainOnScreen } = await import('./screen-session.js')
    return trainOnScreen(remote, given.exitOnDone ?? false)
  }
  return interruptible(async (interrupted, again) => {
    let lost: unknown = null
    const remote = new Remote(job, (text) => {
      if (lost) return
      try {
        print(text)
      } catch (error) {
        // What is trained is saved before the program ends.
        lost = error
        remote.leave()
      }
    })
    remote.subscribe(() => showProgress(remote.getState().progress))
    interrupted.addEventListener('abort', () => remote.leave())
    again.addEventListener('abort', () => void remote.terminate())
    try {
      const { problems } = await remote.ended
      if (lost) throw lost
      return reportProblems(problems)
    } catch (error) {
      if (again.aborted) return exitInterrupted
      throw error
    } finally {
      await remote.terminate()
    }
  })
}
