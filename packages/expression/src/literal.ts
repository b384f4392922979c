// Literal values: `-2`, `1/3`, `[[1, 2], [3, 4]]`, and lists of assignments, `w=-2,x=5`.
import type { NestedArray } from '@bp/core/lean'
import { ExpressionError } from './error.js'
import { Parser } from './parser.js'
import { constants } from './spelling.js'
import { constantNumber, type Expression, literalValue, type Span } from './syntax.js'

/**
 * The number or array that `source` spells out.
 * @throws ExpressionError for anything with a variable or a function in it.
 */
export function evaluateLiteral(source: string): number | NestedArray {
  const parser = new Parser(source)
  while (parser.at('separator')) parser.advance()
  const expression = parser.expression(0)
  while (parser.at('separator')) parser.advance()
  if (!parser.at('end')) parser.refuseAfterStatement()
  return requireLiteral(source, expression, expression.span, 'a value')
}

/**
 * Reads `w=-2,x=5,b=3`; semicolons and line breaks separate as commas do.
 * @throws ExpressionError for a value with a variable or a function in it, or a duplicate name.
 */
export function parseAssignments(source: string): Map<string, number | NestedArray> {
  const parser = new Parser(source)
  const assignments = new Map<string, number | NestedArray>()
  for (;;) {
    while (parser.at('separator', ',')) parser.advance()
    if (parser.at('end')) return assignments
    const { name, expression, span } = parser.statement()
    if (!parser.at('separator', ',', 'end')) parser.refuseAfterStatement()
    if (name === null) throw new ExpressionError(source, span, { code: 'expected-assignment' })
    if (assignments.has(name)) throw new ExpressionError(source, span, { code: 'duplicate-assignment', name })
    assignments.set(name, requireLiteral(source, expression, expression.span, name))
  }
}

function requireLiteral(
  source: string,
  expression: Expression,
  span: Span,
  name: string,
): number | NestedArray {
  const value = literalValue(expression) ?? constantNumber(expression, constants)
  if (value === null) throw new ExpressionError(source, span, { code: 'not-literal', name })
  return value
}
