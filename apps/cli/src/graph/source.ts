// Turns what was typed into a graph with all its values and derivatives.
import { didYouMean } from '@bp/core'
import { build, ExpressionError, type Graph, type Program, parse, parseAssignments } from '@bp/expression'
import { type Trace, trace } from '@bp/lab'
import { UsageError } from '../usage-error.js'

/** The first example of the lecture, shown by default. */
const lecture = { expression: 'f = w*x + b', assignments: 'w=-2,x=5,b=3' }

export interface Subject {
  readonly expression: string
  readonly graph: Graph
  readonly trace: Trace
  /** How spellings were read that could mean something else. */
  readonly readings: Program['readings']
}

/**
 * @throws ExpressionError if the expression cannot be parsed or computed, UsageError for values of unknown variables.
 */
export function readSubject(expression: string | undefined, assignments: string | undefined): Subject {
  const source = expression ?? lecture.expression
  const values = parseAssignments(assignments ?? (expression === undefined ? lecture.assignments : ''))
  const program = parse(source, values.keys())
  const graph = buildWith(program, values)
  const names = [...program.names]
  for (const name of values.keys())
    if (!names.includes(name))
      throw new UsageError(
        `--set gives ${name} a value, but the expression has ${names.length > 0 ? `only the variables ${names.join(', ')}` : 'no variables'}${didYouMean(name, names)}`,
      )
  return { expression: source, graph, trace: trace(graph), readings: program.readings }
}

function buildWith(program: Program, values: ReturnType<typeof parseAssignments>): Graph {
  try {
    return build(program, values)
  } catch (error) {
    const missing = program.names.filter((name) => !values.has(name) && !program.values.has(name))
    // An error with a fix is about a name that is probably a typo.
    if (!(error instanceof ExpressionError) || error.fix !== null || missing.length === 0) throw error
    throw new UsageError(`${error.message}: --set ${missing.map((name) => `${name}=…`).join(',')}`)
  }
}
