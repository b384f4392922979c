// `bp graph`: shows the values and derivatives of a graph, all at once or step by step.
import { listed } from '@bp/lab'
import { visible } from '../fit.js'
import { type Given, readArguments } from '../options.js'
import { print } from '../output.js'
import { chooseInterface, type Interface, prepareInk } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import { saveGraph } from './files.js'
import { describeGraphInJson } from './json.js'
import { describeGraphInLines } from './lines.js'
import { meansRun, subjectOfRun } from './of-run.js'
import { graphOptions } from './options.js'
import { describeScopesInJson, describeScopesInLines, stepGraphOf } from './scopes.js'
import { readSubject, withChoices } from './source.js'

/** Runs the command and returns the exit code. */
export async function graph(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, graphOptions)
  if (rest.length > 1)
    throw new UsageError(`graph takes one expression; put quotes around it: "${rest.join(' ')}"`)
  const form = chooseInterface(given.ui)
  if (given.scopes) return scopesOf(rest[0], given, form)
  const subject = meansRun(rest[0], given)
    ? withChoices(await subjectOfRun(rest[0] ?? 'last', given), given)
    : readSubject(rest[0], given)
  if (given.output !== undefined) {
    saveGraph(given.output, subject.picture)
    print(`${visible(given.output)}: written\n`)
    return 0
  }
  if (form === 'tui') {
    prepareInk()
    const { stepOnScreen } = await import('./screen-session.js')
    return stepOnScreen(subject)
  }
  const lines = form === 'json' ? describeGraphInJson(subject) : describeGraphInLines(subject)
  print(`${lines.join('\n')}\n`)
  return 0
}

/** The graph of a training step instead of that of a row. */
async function scopesOf(
  reference = 'last',
  given: Given<typeof graphOptions>,
  form: Interface,
): Promise<number> {
  const others = (Object.keys(given) as (keyof typeof given)[]).filter(
    (key) => !['scopes', 'ui'].includes(key),
  )
  if (others.length > 0)
    throw new UsageError(
      `--scopes shows a whole training step; leave out ${listed(
        others.map((key) => `--${key}`),
        'and',
      )}`,
    )
  const step = stepGraphOf(reference)
  if (form === 'tui') {
    prepareInk()
    const { showScopes } = await import('./scopes-screen.js')
    return showScopes(step)
  }
  print(`${(form === 'json' ? describeScopesInJson(step) : describeScopesInLines(step)).join('\n')}\n`)
  return 0
}
