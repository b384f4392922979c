// Edits of a graph at one of its nodes, as edits of the source that it is drawn from.
import { BackpropagationError } from '@bp/core/lean'
import { type Expression, type Program, parse, type Span, toText } from '@bp/expression'
import type { OpenedGraph } from './composite.js'
import { nodesAt } from './written.js'

export interface GraphEdit {
  /**
   * `replace`: another operation on the same inputs; `wrap`: an operation on the node; `keep`: one of its inputs in its
   * place.
   */
  readonly kind: 'replace' | 'wrap' | 'keep'
  /** What is written then: `sin(x)`, `w*x + a`. */
  readonly text: string
  /** The source after it. */
  readonly source: string
}

const functions = ['sin', 'exp', 'log', 'sigmoid', 'tanh', 'relu']
const operators = ['+', '-', '*', '/', '^'] as const
const letters = [...'abcdhkmnpqrstuv']

/** What can be done at a node. `given` are the names that have a value outside the source. */
export function editsAt(
  { program, graph }: { readonly program: Program; readonly graph: OpenedGraph },
  node: string,
  given: readonly string[],
): GraphEdit[] {
  const made = uses(program, (expression) => nodesAt({ program, graph }, expression.span).includes(node))
  // What has a name is changed where it is defined, a variable wherever it is used.
  const defined = made.filter(({ kind }) => kind !== 'name')
  const found = defined.length > 0 ? defined : made
  // A part of something opened stands where the whole does; there is nothing smaller to edit.
  const outermost = found.filter(
    (one) => !found.some((other) => other !== one && inside(one.span, other.span)),
  )
  const [first] = outermost
  if (!first) return []
  const free = letters.find((letter) => !program.names.includes(letter) && !graph.named.has(letter)) ?? 'a1'
  const other: Expression = { kind: 'name', name: free, span: nowhere }
  const call = (name: string, inner: Expression): Expression => ({
    kind: 'call',
    name,
    arguments: [inner],
    span: nowhere,
  })
  const edits: GraphEdit[] = []
  const add = (kind: GraphEdit['kind'], change: (expression: Expression) => Expression): void => {
    const source = rewrite(program, outermost, change, given)
    if (source !== null && source !== program.source && !edits.some((edit) => edit.source === source))
      edits.push({ kind, text: toText(change(first)), source })
  }

  if (first.kind === 'call' && first.arguments.length === 1)
    for (const name of functions)
      if (name !== first.name) add('replace', (own) => call(name, (own as typeof first).arguments[0]!))
  if (first.kind === 'binary')
    for (const operator of operators)
      if (operator !== first.operator && first.operator !== '@')
        add('replace', (own) => ({ ...(own as typeof first), operator }))
  if (first.kind === 'number') add('replace', () => other)
  for (const name of functions) add('wrap', (own) => call(name, own))
  for (const operator of ['+', '*', '^'] as const)
    add('wrap', (own) => ({
      kind: 'binary',
      operator,
      left: own,
      right: operator === '^' ? { kind: 'number', value: 2, span: nowhere } : other,
      span: nowhere,
    }))
  const inputs =
    first.kind === 'binary'
      ? [first.left, first.right]
      : first.kind === 'negation'
        ? [first.operand]
        : first.kind === 'call'
          ? first.arguments.slice(0, 2)
          : []
  for (const input of inputs) add('keep', () => input)
  return edits
}

const nowhere: Span = { start: 0, end: 0 }

const inside = (a: Span, b: Span) => b.start <= a.start && a.end <= b.end

/** The expressions of a program for which `test` holds, from left to right, outer ones first. */
function uses(program: Program, test: (expression: Expression) => boolean): Expression[] {
  const found: Expression[] = []
  const visit = (expression: Expression): void => {
    if (test(expression)) found.push(expression)
    for (const part of partsOf(expression)) visit(part)
  }
  for (const { expression } of program.statements) visit(expression)
  return found
}

function partsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'negation') return [expression.operand]
  if (expression.kind === 'binary') return [expression.left, expression.right]
  return expression.kind === 'call' ? expression.arguments : []
}

/**
 * The source with some expressions changed, and everything else as it was typed, with as few parentheses as it takes to
 * mean what is meant; `null` where there is no way.
 */
function rewrite(
  program: Program,
  places: readonly Expression[],
  change: (expression: Expression) => Expression,
  given: readonly string[],
): string | null {
  const meant = toText({
    ...program,
    statements: program.statements.map((statement) => ({
      ...statement,
      expression: replaced(statement.expression, places, change),
    })),
  })
  for (const wrap of [(text: string) => text, (text: string) => `(${text})`]) {
    let source = program.source
    for (const place of places.toReversed()) {
      const { start, end } = place.span
      source = source.slice(0, start) + wrap(toText(change(place))) + source.slice(end)
    }
    try {
      if (toText(parse(source, given)) === meant) return source
    } catch (error) {
      if (!(error instanceof BackpropagationError)) throw error
    }
  }
  try {
    parse(meant, given)
    return meant
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    return null
  }
}

function replaced(
  expression: Expression,
  places: readonly Expression[],
  change: (expression: Expression) => Expression,
): Expression {
  if (places.includes(expression)) return change(expression)
  const within = (part: Expression) => replaced(part, places, change)
  if (expression.kind === 'negation') return { ...expression, operand: within(expression.operand) }
  if (expression.kind === 'binary')
    return { ...expression, left: within(expression.left), right: within(expression.right) }
  return expression.kind === 'call'
    ? { ...expression, arguments: expression.arguments.map(within) }
    : expression
}
