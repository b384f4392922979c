// Which part of a source makes which node of its graph, both ways.
import type { Expression, Program, Span } from '@bp/expression'
import type { OpenedGraph } from './composite.js'

interface Written {
  readonly program: Program
  readonly graph: OpenedGraph
}

interface Part {
  readonly span: Span
  readonly node: string
}

/** The nodes that the smallest part of the source around a range makes: several if what is written there is opened. */
export function nodesAt(written: Written, { start, end }: Span): string[] {
  const around = partsOf(written).filter(({ span }) => span.start <= start && end <= span.end)
  const least = Math.min(...around.map(({ span }) => span.end - span.start))
  const smallest = around.find(({ span }) => span.end - span.start === least)
  return around
    .filter(({ span }) => span.start === smallest?.span.start && span.end === smallest.span.end)
    .map(({ node }) => node)
}

/** Where a node is written: each use of a name, and what an operation is made from. */
export function spansOf(written: Written, node: string): Span[] {
  return partsOf(written)
    .filter((part) => part.node === node)
    .map(({ span }) => span)
}

function partsOf({ program, graph }: Written): Part[] {
  const made = new Map<string, string[]>()
  for (const [tensor, { id }] of graph.identities) {
    const span = graph.spans.get(tensor)
    if (span) made.set(keyOf(span), [...(made.get(keyOf(span)) ?? []), id])
  }
  const parts: Part[] = []
  const named = (name: string, span: Span): void => {
    const tensor = graph.named.get(name)
    const identity = tensor && graph.identities.get(tensor)
    if (identity) parts.push({ span, node: identity.id })
  }
  const visit = (expression: Expression): void => {
    const { span } = expression
    if (expression.kind === 'name') {
      named(expression.name, span)
      return
    }
    for (const node of made.get(keyOf(span)) ?? []) parts.push({ span, node })
    if (expression.kind === 'negation') visit(expression.operand)
    else if (expression.kind === 'binary') {
      visit(expression.left)
      visit(expression.right)
    } else if (expression.kind === 'call') expression.arguments.forEach(visit)
  }
  for (const { name, expression, span } of program.statements) {
    if (name !== null) named(name, { start: span.start, end: span.start + name.length })
    visit(expression)
  }
  return parts
}

const keyOf = ({ start, end }: Span): string => `${start}-${end}`
