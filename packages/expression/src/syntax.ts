// The syntax tree of a program, and ways to traverse it.
import type { NestedArray } from '@bp/core'

/** A range of the source, [start, end) in UTF-16 units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** The binary operators. */
export type Operator = '+' | '-' | '*' | '/' | '^' | '@'

/** A parsed expression; each part has its position in the source. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number; readonly span: Span }
  | { readonly kind: 'array'; readonly value: NestedArray; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | { readonly kind: 'negation'; readonly operand: Expression; readonly span: Span }
  | {
      readonly kind: 'binary'
      readonly operator: Operator
      readonly left: Expression
      readonly right: Expression
      readonly span: Span
    }
  | {
      readonly kind: 'call'
      /** As written in the source. */
      readonly name: string
      readonly arguments: readonly Expression[]
      readonly span: Span
    }

/** `name = expression`, or a bare expression. */
export interface Statement {
  readonly name: string | null
  readonly expression: Expression
  readonly span: Span
}

/** A parsed source. */
export interface Program {
  readonly source: string
  readonly statements: readonly Statement[]
  /** The names that need a value, passed in or from a `w = -2` in the source, in order of first use. */
  readonly names: readonly string[]
  /** The values from statements like `w = -2`; those passed to `build` override them. */
  readonly values: ReadonlyMap<string, number | NestedArray>
}

/** The value of `-2`, `3.5` or `[[1, 2], [3, 4]]`; `null` for anything else. */
export function literalValue(expression: Expression): number | NestedArray | null {
  if (expression.kind === 'number' || expression.kind === 'array') return expression.value
  if (expression.kind === 'negation' && expression.operand.kind === 'number') return -expression.operand.value
  return null
}

/** Visits every name in the expression, from left to right. */
export function forEachName(expression: Expression, visit: (name: string, span: Span) => void): void {
  if (expression.kind === 'name') visit(expression.name, expression.span)
  else if (expression.kind === 'negation') forEachName(expression.operand, visit)
  else if (expression.kind === 'binary') {
    forEachName(expression.left, visit)
    forEachName(expression.right, visit)
  } else if (expression.kind === 'call')
    for (const argument of expression.arguments) forEachName(argument, visit)
}
