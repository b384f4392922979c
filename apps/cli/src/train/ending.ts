// The end of a run that was watched: what is waited for, and what stays on the terminal.
import { print } from '../output.js'
import { exitInterrupted, interruptible } from '../signals.js'
import { reportProblems } from './problems.js'
import type { Remote } from './remote.js'

/** What is waited for longer is said, in ms. */
const patience = 300

/** Waits for the step in progress, what is saved and the summary; a signal ends that at once. */
export async function finish(remote: Remote, code: number): Promise<number> {
  return interruptible(async (interrupted) => {
    remote.leave()
    const timer = setTimeout(
      () => process.stderr.write('bp: finishing the step and saving; ctrl-c leaves at once\n'),
      patience,
    )
    const gone = new Promise<null>((resolve) => interrupted.addEventListener('abort', () => resolve(null)))
    try {
      const end = await Promise.race([remote.ended, gone])
      if (end === null) {
        sayAborted(remote)
        return exitInterrupted
      }
      print(`${end.lines.join('\n')}\n`)
      const problems = reportProblems(end.problems)
      return code !== 0 ? code : problems
    } finally {
      clearTimeout(timer)
    }
  })
}

export function sayAborted(remote: Remote): number {
  const { view } = remote.getState()
  const savedAs = view?.savedAs
  print(
    `${view?.outline.name ?? 'the run'}: left without saving what was new${savedAs ? `; saved before as ${savedAs}: bp resume ${savedAs}` : ''}\n`,
  )
  return 0
}
