// Turns what was typed into a graph with all its values and derivatives.
import { didYouMean } from '@bp/core'
import { build, ExpressionError, type Program, parse, parseAssignments } from '@bp/expression'
import { type GraphDocument, type GraphPicture, initialGraph, openGraph } from '@bp/lab'
import type { Given } from '../options.js'
import { UsageError } from '../usage-error.js'
import type { subjectOptions } from './options.js'

export interface Subject {
  /** What to call it: the expression, or what the graph is of. */
  readonly title: string
  readonly document: GraphDocument
  readonly picture: GraphPicture
}

/**
 * The graph of an expression; by default the lecture's.
 * @throws ExpressionError if the expression cannot be parsed or computed, UsageError for values of unknown variables, and
 * for choices of nodes that it does not have.
 */
export function readSubject(expression: string | undefined, given: Given<typeof subjectOptions>): Subject {
  const source = expression ?? initialGraph.source
  const values =
    given.set === undefined
      ? new Map(expression === undefined ? Object.entries(initialGraph.values) : [])
      : parseAssignments(given.set)
  const program = parse(source, values.keys())
  requireValues(program, values)
  const names = [...program.names]
  for (const name of values.keys())
    if (!names.includes(name))
      throw new UsageError(
        `--set gives ${name} a value, but the expression has ${names.length > 0 ? `only the variables ${names.join(', ')}` : 'no variables'}${didYouMean(name, names)}`,
      )
  return withChoices(
    openSubject(source, { ...initialGraph, source, values: Object.fromEntries(values) }),
    given,
  )
}

/** The subject with what options say of how to look at it. */
export function withChoices(
  whole: Subject,
  { expand = [], ...given }: Given<typeof subjectOptions>,
): Subject {
  const { title } = whole
  const of = given.of ?? null
  const forward = given.forward ?? null
  let subject = whole
  for (const id of expand) {
    const { nodes } = subject.picture.trace
    const node = nodes.find((one) => one.id === id)
    if (!node?.expandable) {
      const possible = nodes.filter(({ expandable }) => expandable).map((one) => one.id)
      throw new UsageError(
        `--expand ${id}: ${node ? 'it is not a composite operation' : 'there is no such node'}; ${possible.length === 0 ? 'there is none to expand' : `those are ${possible.join(', ')}${didYouMean(id, possible)}`}`,
      )
    }
    const before = subject.document
    subject = openSubject(title, { ...before, opened: [...before.opened, id] })
  }
  const { nodes } = subject.picture.trace
  const known = nodes.filter(({ kind }) => kind !== 'constant').map(({ id }) => id)
  if (of !== null && !known.includes(of))
    throw new UsageError(
      `--of ${of}: there is no such node; the nodes are ${few(known)}${didYouMean(of, known)}`,
    )
  const variables = [...subject.picture.graph.variables.keys()]
  if (forward !== null && !variables.includes(forward.replace(/\[.*$/, '')))
    throw new UsageError(
      `--forward ${forward}: there is no such variable; ${variables.length === 0 ? 'there is none' : `the variables are ${few(variables)}${didYouMean(forward, variables)}`}`,
    )
  if (of === null && forward === null) return subject
  const chosen = openSubject(title, {
    ...subject.document,
    target: of,
    ...(forward !== null && { mode: 'forward', along: forward }),
  })
  const { along } = chosen.picture.trace
  if (forward !== null && !variables.includes(forward) && along !== forward.replace(/\s/g, ''))
    throw new UsageError(`--forward ${forward}: there is no such element; the first one is ${along}`)
  return chosen
}

const few = (names: readonly string[]) =>
  names.length <= 12 ? names.join(', ') : `${names.slice(0, 11).join(', ')} and ${names.length - 11} more`

/** @throws UsageError if the document has no graph. */
export function openSubject(title: string, document: GraphDocument): Subject {
  const { picture, problem } = openGraph(document)
  if (!picture)
    throw new UsageError(problem.hint === null ? problem.message : `${problem.message}; ${problem.hint}`)
  return { title, document, picture }
}

/** On the page a letter without a value is 1; whoever types a command says what it is. */
function requireValues(program: Program, values: ReturnType<typeof parseAssignments>): void {
  try {
    build(program, values)
  } catch (error) {
    const missing = program.names.filter((name) => !values.has(name) && !program.values.has(name))
    // An error with a fix is about a name that is probably a typo.
    if (!(error instanceof ExpressionError) || error.fix !== null || missing.length === 0) throw error
    throw new UsageError(`${error.message}: --set ${missing.map((name) => `${name}=…`).join(',')}`)
  }
}
