// Parses a source: its statements, and the names they define and need.
import type { NestedArray } from '@bp/core/lean'
import { ExpressionError, excerpt } from './error.js'
import { Parser } from './parser.js'
import { constantNumber, forEachName, literalValue, type Program, type Statement } from './syntax.js'

/**
 * Parses statements `name = expression`, separated by `;` or line breaks; the last that computes something is the output
 * and may be a bare expression. `w = -2` gives the variable `w` its value, wherever it appears.
 * `given` are names that have a value outside the source: `wx` is then a variable instead of w·x, and `e` no constant.
 * @throws ExpressionError for anything that is not in the language.
 */
export function parse(source: string, given: Iterable<string> = []): Program {
  const outside = new Set(given)
  const parser = new Parser(source, outside)
  const statements: Statement[] = []
  for (;;) {
    while (parser.at('separator')) parser.advance()
    if (parser.at('end')) break
    statements.push(parser.statement())
    if (!parser.at('separator', 'end')) parser.refuseAfterStatement()
  }
  if (statements.length === 0)
    throw new ExpressionError(source, { start: 0, end: source.length }, { code: 'nothing-to-compute' })
  const { constants, readings } = parser
  const used = new Set<string>()
  for (const { expression } of statements) forEachName(expression, (name) => used.add(name))
  return {
    source,
    statements,
    constants: new Map([...constants].filter(([name]) => used.has(name))),
    readings,
    ...resolveNames(source, statements, constants),
  }
}

/** The statement that computes the output: the last that is not just `name = number`. */
export function outputStatement(
  statements: readonly Statement[],
  values: ReadonlyMap<string, unknown>,
): Statement {
  return statements.findLast(({ name }) => name === null || !values.has(name)) ?? statements.at(-1)!
}

/**
 * The values that statements such as `w = -2` give. `w = 1/3` is one too, unless there would be nothing left to
 * compute.
 */
function valuesOf(
  statements: readonly Statement[],
  constants: ReadonlyMap<string, number>,
): Map<string, number | NestedArray> {
  const computes = statements.some(
    ({ name, expression }) =>
      name === null || (literalValue(expression) ?? constantNumber(expression, constants)) === null,
  )
  const values = new Map<string, number | NestedArray>()
  for (const { name, expression } of statements) {
    const value = literalValue(expression) ?? (computes ? constantNumber(expression, constants) : null)
    if (name !== null && value !== null && !values.has(name)) values.set(name, value)
  }
  return values
}

/** Checks definitions and uses of names, and finds the names that need a value. */
function resolveNames(
  source: string,
  statements: readonly Statement[],
  constants: ReadonlyMap<string, number>,
): Pick<Program, 'names' | 'values'> {
  const definitions = new Map<string, Statement>()
  const values = valuesOf(statements, constants)
  const output = outputStatement(statements, values)
  for (const statement of statements) {
    const { name, span } = statement
    if (name === null) {
      if (statement !== output)
        throw new ExpressionError(source, span, { code: 'never-used', text: excerpt(source, span) })
      continue
    }
    const nameSpan = { start: span.start, end: span.start + nameLength(source, span.start) }
    const first = definitions.get(name)
    if (first)
      throw new ExpressionError(source, nameSpan, {
        code: 'assigned-twice',
        name,
        before: excerpt(source, first.expression.span),
      })
    definitions.set(name, statement)
  }

  const names = new Set<string>()
  const computed = new Set<string>()
  for (const { name, expression } of statements) {
    if (name !== null && values.has(name)) continue
    forEachName(expression, (used, span) => {
      if (used === name) throw new ExpressionError(source, span, { code: 'in-terms-of-itself', name: used })
      if (computed.has(used) || constants.has(used)) return
      if (definitions.has(used) && !values.has(used))
        throw new ExpressionError(source, span, { code: 'used-before', name: used })
      names.add(used)
    })
    if (name !== null) computed.add(name)
  }
  for (const name of values.keys()) names.add(name)
  return { names: [...names], values }
}

function nameLength(source: string, start: number): number {
  return /^[\p{L}\p{M}\d_₀-₉]*/u.exec(source.slice(start))![0].length
}
