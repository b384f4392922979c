// From the document of the Graph place to all that the page draws.
import { BackpropagationError } from '@bp/core/lean'
import { build, ExpressionError, type Fix, type Program, parse, type Reason, type Span } from '@bp/expression'
import { type OpenedGraph, openComposites } from './composite.js'
import type { GraphDocument } from './document.js'
import type { Numbers } from './numbers.js'
import { type Trace, trace } from './trace.js'

/** Why a source has no graph. */
export interface SourceProblem {
  readonly message: string
  readonly hint: string | null
  /** The same as a code with parameters; `null` for what the language did not refuse. */
  readonly reason: Reason | null
  /** The edit that the hint describes. */
  readonly fix: Fix | null
  /** Range of the source that is wrong; `null` if it is not a single place. */
  readonly span: Span | null
  /** All names that have no value and can be made variables at once. */
  readonly unknown: readonly string[]
}

/** A variable, and where its value is set. */
export interface GraphVariable {
  readonly name: string
  readonly value: Numbers
  /** `source`: written in the source, which wins; `document`: set on the page; `default`: 1, since a letter needs a value. */
  readonly from: 'source' | 'document' | 'default'
}

export interface GraphPicture {
  readonly program: Program
  readonly graph: OpenedGraph
  readonly trace: Trace
  readonly variables: readonly GraphVariable[]
}

/**
 * The picture of a document, or what is wrong with its source. What a document says of nodes that the source no longer
 * has (a target, a direction, an opened composite) has no effect.
 */
export function openGraph(
  document: GraphDocument,
):
  | { readonly picture: GraphPicture; readonly problem: null }
  | { readonly picture: null; readonly problem: SourceProblem } {
  try {
    const outside = new Map(Object.entries(document.values))
    const program = parse(document.source, outside.keys())
    const variables = program.names.flatMap((name): GraphVariable[] => {
      const own = program.values.get(name)
      if (own !== undefined) return [{ name, value: own, from: 'source' }]
      const value = outside.get(name)
      if (value !== undefined) return [{ name, value, from: 'document' }]
      return isLetter(name) ? [{ name, value: 1, from: 'default' }] : []
    })
    const graph = openComposites(
      build(program, new Map(variables.map(({ name, value }) => [name, value]))),
      document.opened,
    )
    const ids = new Set([...graph.identities.values()].map(({ id }) => id))
    const { target, mode, broken } = document
    const along = graph.variables.has(document.along?.replace(/\[.*$/, '') ?? '') ? document.along : null
    const traced = (direction: string | null) =>
      trace(graph, {
        target: target !== null && ids.has(target) ? target : null,
        mode: mode === 'forward' && graph.variables.size > 0 ? 'forward' : 'reverse',
        along: direction,
        broken,
      })
    let picture: Trace
    try {
      picture = traced(along)
    } catch (error) {
      // An element that the variable no longer has.
      if (along === null || !(error instanceof BackpropagationError)) throw error
      picture = traced(null)
    }
    return { picture: { program, graph, trace: picture, variables }, problem: null }
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    return { picture: null, problem: describe(error) }
  }
}

/** A new letter is a new variable; a longer unknown name may be a typo, which the language catches. */
function isLetter(name: string): boolean {
  return /^\p{L}\p{M}*[\d₀-₉]*$/u.test(name)
}

function describe(error: BackpropagationError): SourceProblem {
  if (!(error instanceof ExpressionError))
    return { message: error.message, hint: null, reason: null, fix: null, span: null, unknown: [] }
  return {
    message: error.problem,
    hint: error.hint,
    reason: error.reason,
    fix: error.fix,
    span: { start: error.position, end: error.end },
    unknown: error.unknown,
  }
}
