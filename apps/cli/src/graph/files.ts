// A graph as a file for other programs; the ending of its name says which.
import { toDot } from '@bp/expression'
import { type GraphPicture, toDerivation, toJson, toPyTorch, toTypeScript } from '@bp/lab'
import { writeNew } from '../new-file.js'
import { UsageError } from '../usage-error.js'

const writers: Readonly<Record<string, (picture: Pick<GraphPicture, 'graph' | 'trace'>) => string>> = {
  ts: ({ graph }) => toTypeScript(graph),
  py: ({ graph }) => toPyTorch(graph),
  tex: ({ trace }) => `${toDerivation(trace)}\n`,
  dot: ({ graph }) => toDot(graph),
  json: ({ trace }) => toJson(trace),
}

/** TypeScript, PyTorch, LaTeX, Graphviz and JSON. */
const endings: readonly string[] = Object.keys(writers)

/**
 * Writes a new file.
 * @throws UsageError for another ending, a file that exists, or one that cannot be written.
 */
export function saveGraph(name: string, picture: Pick<GraphPicture, 'graph' | 'trace'>): void {
  const ending = /\.([^./\\]+)$/.exec(name)?.[1] ?? ''
  const write = Object.hasOwn(writers, ending) ? writers[ending] : undefined
  if (!write)
    throw new UsageError(`the file must end in ${endings.map((one) => `.${one}`).join(', ')}; got "${name}"`)
  writeNew(name, write(picture), false, 'choose another name')
}
