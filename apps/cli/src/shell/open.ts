// `bp open`: a link that opens the playground with a graph, a run or a data set, and the page for it.
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { bundledNames } from '../data-sets.js'
import { visible } from '../fit.js'
import { meansRun, subjectOfRun } from '../graph/of-run.js'
import { readSubject, withChoices } from '../graph/source.js'
import { noScreen } from '../lines.js'
import { type Given, readArguments } from '../options.js'
import { jsonLine, print } from '../output.js'
import { interruptible } from '../signals.js'
import { UsageError } from '../usage-error.js'
import { type Link, linkOfDataSet, linkOfGraph, linkOfRun } from './link.js'
import { openOptions, pageDataSets } from './options.js'
import { servePage, singlePage } from './page-server.js'

/** Runs the command and returns the exit code. */
export async function open(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, openOptions)
  if (rest.length > 1)
    throw new UsageError(
      `open takes a run, an expression or a data set; put quotes around an expression: "${rest.join(' ')}"`,
    )
  if (given.print && given.port !== undefined)
    throw new UsageError('--print serves nothing, so --port does not apply; leave one out')
  const form = noScreen('open', given.ui)
  const { hash, about } = await linkOf(rest[0], given)
  const show = (address: string) =>
    print(form === 'json' ? `${jsonLine({ type: 'link', link: address, about })}\n` : `${address}\n`)
  if (given.print) {
    show(existsSync(singlePage) ? `${pathToFileURL(singlePage)}${hash}` : hash)
    return 0
  }
  return interruptible(async (interrupted) => {
    const { address, close } = await servePage(given.port ?? 0)
    show(`${address}${hash}`)
    if (form === 'plain') print(`${visible(about)}; served to this machine until ctrl-c\n`)
    if (!interrupted.aborted)
      await new Promise<void>((resolve) => interrupted.addEventListener('abort', () => resolve()))
    await close()
    return 0
  })
}

async function linkOf(subject: string | undefined, given: Given<typeof openOptions>): Promise<Link> {
  if (subject !== undefined && pageDataSets.includes(subject)) return linkOfDataSet(subject)
  if (subject !== undefined && (bundledNames.includes(subject) || /\.(csv|tsv|txt|gz)$/.test(subject)))
    throw new UsageError(
      `the page takes data sets of two inputs: ${pageDataSets.join(', ')}; for ${subject}, train a run and open a row of it: bp train ${subject}, bp open last --row 1`,
    )
  if (meansRun(subject, given)) {
    const reference = subject ?? 'last'
    if (given.row === undefined) return linkOfRun(reference, given.data)
    const { document, title } = withChoices(await subjectOfRun(reference, given), given)
    return linkOfGraph(document, title)
  }
  const { document, title } = readSubject(subject, given)
  return linkOfGraph(document, title)
}
