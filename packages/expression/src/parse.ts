// The grammar: turns tokens into statements, by precedence climbing (Pratt 1973).
import type { NestedArray } from '@bp/core'
import { ExpressionError, printable } from './error.js'
import { findFunction, functionNames, isFunction } from './functions.js'
import { nearestName } from './nearest-name.js'
import { bindingPower, negationPower } from './precedence.js'
import type { Expression, Program, Span, Statement } from './syntax.js'
import { type Token, tokenize } from './tokens.js'

const deepest = 64
const mostNodes = 2000

/**
 * Reads statements `name = expression`, separated by `;` or line ends; the last that computes something may be
 * a bare expression and is the output. `w = -2` gives the variable `w` its value, wherever it stands.
 * @throws ExpressionError for whatever does not fit the language.
 */
export function parse(source: string): Program {
  const parser = new Parser(source)
  const statements: Statement[] = []
  for (;;) {
    while (parser.token.kind === 'separator') parser.advance()
    if (parser.token.kind === 'end') break
    statements.push(parser.statement())
    if (parser.token.kind !== 'separator' && parser.token.kind !== 'end') parser.refuseAfterStatement()
  }
  if (statements.length === 0)
    throw new ExpressionError(source, { start: 0, end: source.length }, 'there is nothing to compute', {
      hint: 'write an expression, such as f = w*x + b',
    })
  return { source, statements, ...resolveNames(source, statements) }
}

/** The value of `-2`, `3.5` or `[[1, 2], [3, 4]]`; `null` for anything else. */
export function literalValue(expression: Expression): number | NestedArray | null {
  if (expression.kind === 'number' || expression.kind === 'array') return expression.value
  if (expression.kind === 'negation' && expression.operand.kind === 'number') return -expression.operand.value
  return null
}

/** The statement that computes the output: the last that is not merely `name = number`. */
export function outputStatement(statements: readonly Statement[]): Statement {
  const computing = statements.filter(({ name, expression }) => name === null || literalValue(expression) === null)
  return computing.at(-1) ?? statements.at(-1)!
}

/** Calls `visit` with every name in the expression, from left to right. */
export function forEachName(expression: Expression, visit: (name: string, span: Span) => void): void {
  if (expression.kind === 'name') visit(expression.name, expression.span)
  else if (expression.kind === 'negation') forEachName(expression.operand, visit)
  else if (expression.kind === 'binary') {
    forEachName(expression.left, visit)
    forEachName(expression.right, visit)
  } else if (expression.kind === 'call') for (const argument of expression.arguments) forEachName(argument, visit)
}

/** Checks who defines which name and who uses it, and finds the names that need a value. */
function resolveNames(source: string, statements: readonly Statement[]): Pick<Program, 'names' | 'values'> {
  const definitions = new Map<string, Statement>()
  const values = new Map<string, number | NestedArray>()
  const output = outputStatement(statements)
  for (const statement of statements) {
    const { name, expression, span } = statement
    if (name === null) {
      if (statement !== output)
        throw new ExpressionError(source, span, 'the result of this expression is used nowhere', {
          hint: `give it a name, as in g = ${excerpt(source, span)}`,
        })
      continue
    }
    const nameSpan = { start: span.start, end: span.start + nameLength(source, span.start) }
    const first = definitions.get(name)
    if (first)
      throw new ExpressionError(source, nameSpan, `${name} is assigned twice`, {
        hint: `it is ${excerpt(source, first.expression.span)} already; take another name`,
      })
    definitions.set(name, statement)
    const value = literalValue(expression)
    if (value !== null) values.set(name, value)
  }

  const names = new Set<string>()
  const computed = new Set<string>()
  for (const { name, expression } of statements) {
    if (name !== null && values.has(name)) continue
    forEachName(expression, (used, span) => {
      if (used === name)
        throw new ExpressionError(source, span, `${name} is defined by itself`, {
          hint: 'take another name on the left of =',
        })
      if (computed.has(used)) return
      if (definitions.has(used) && !values.has(used))
        throw new ExpressionError(source, span, `${used} is used before it is defined`, {
          hint: `move ${used} = … in front of this statement`,
        })
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

/** A stretch of the source, short enough to be part of a sentence. */
function excerpt(source: string, { start, end }: Span): string {
  const text = printable(source.slice(start, end).replace(/\s+/g, ' '))
  return text.length > 32 ? `${text.slice(0, 31)}…` : text
}

export class Parser {
  readonly source: string
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0
  #nodes = 0

  constructor(source: string) {
    this.source = source
    this.#tokens = tokenize(source)
  }

  get token(): Token {
    return this.#tokens[this.#at]!
  }

  /** Takes the current token; at the end stays there. */
  advance(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#at++
    return token
  }

  statement(): Statement {
    const first = this.token
    const second = this.#tokens[this.#at + 1]
    let name: string | null = null
    if (first.kind === 'name' && second?.kind === '=') {
      name = first.name
      this.advance()
      this.advance()
    }
    const expression = this.expression(0)
    if (this.token.kind === '=')
      throw this.#error(
        name === null ? { start: first.span.start, end: expression.span.end } : this.token.span,
        name === null ? `${excerpt(this.source, expression.span)} is not a name` : 'a statement has one =',
        {
          hint:
            name === null
              ? 'left of = stands one name, as in f = w*x'
              : 'separate statements by ; or a new line',
        },
      )
    return { name, expression, span: { start: first.span.start, end: expression.span.end } }
  }

  /** An expression of operators that bind at least as strongly as `power`. */
  expression(power: number): Expression {
    if (++this.#depth > deepest)
      throw this.#error(this.token.span, `this is nested more than ${deepest} deep`, {
        hint: 'give a part of it a name in a statement of its own',
      })
    let left = this.#operand()
    for (;;) {
      const { token } = this
      if (token.kind === 'operator') {
        const { left: binds, right: passesOn } = bindingPower(token.operator)
        if (binds < power) break
        this.advance()
        const right = this.expression(passesOn)
        left = this.#node({
          kind: 'binary',
          operator: token.operator,
          left,
          right,
          span: { start: this.#startOf(left), end: this.#endOfPrevious() },
        })
      } else if (token.kind === 'name' || token.kind === 'number' || token.kind === '(') {
        throw this.#missingTimes(left, token)
      } else if (token.kind === '[') {
        throw this.#error(token.span, 'a [ cannot follow a value', {
          hint: 'there is no indexing; an array such as [1, 2] stands by itself',
        })
      } else break
    }
    this.#depth--
    return left
  }

  /** Throws what fits the token that can neither go on with a statement nor end it. */
  refuseAfterStatement(): never {
    const { token } = this
    if (token.kind === ')' || token.kind === ']')
      throw this.#error(token.span, `this ${token.kind} closes nothing`, {
        hint: 'take it out, or open it before',
        fix: { ...token.span, replacement: '' },
      })
    if (token.kind === ',')
      throw this.#error(token.span, 'a comma stands between arguments only', {
        hint: 'separate statements by ;',
        fix: { ...token.span, replacement: ';' },
      })
    throw this.#error(token.span, `${this.#describe(token)} was not expected here`)
  }

  #operand(): Expression {
    const token = this.advance()
    if (token.kind === 'number') return this.#node({ kind: 'number', value: token.value, span: token.span })
    if (token.kind === 'name')
      return this.token.kind === '(' ? this.#call(token) : this.#node({ kind: 'name', name: token.name, span: token.span })
    if (token.kind === 'operator' && token.operator === '-') {
      const operand = this.expression(negationPower)
      return this.#node({ kind: 'negation', operand, span: { start: token.span.start, end: this.#endOfPrevious() } })
    }
    if (token.kind === '(') {
      if (this.token.kind === ')') throw this.#error({ start: token.span.start, end: this.token.span.end }, 'there is nothing between ( and )')
      const inner = this.expression(0)
      this.#close(')', token.span)
      this.#outside.set(inner, token.span.start)
      return inner
    }
    if (token.kind === '[') {
      const value = this.#array()
      return this.#node({ kind: 'array', value, span: { start: token.span.start, end: this.#endOfPrevious() } })
    }
    throw this.#missingValue(token)
  }

  // Where an expression with its parentheses starts; its own span is without them.
  readonly #outside = new WeakMap<Expression, number>()

  #startOf(expression: Expression): number {
    return this.#outside.get(expression) ?? expression.span.start
  }

  #endOfPrevious(): number {
    return this.#tokens[this.#at - 1]!.span.end
  }

  #call(name: Token & { kind: 'name' }): Expression {
    const opening = this.advance().span
    const given: Expression[] = []
    if (this.token.kind !== ')')
      for (;;) {
        given.push(this.expression(0))
        if (this.token.kind !== ',') break
        this.advance()
      }
    this.#close(')', opening)
    const span = { start: name.span.start, end: this.#endOfPrevious() }
    this.#checkCall(name, opening, given, span)
    return this.#node({ kind: 'call', name: name.name, arguments: given, span })
  }

  #checkCall(name: Token & { kind: 'name' }, opening: Span, given: readonly Expression[], span: Span): void {
    const found = findFunction(name.name, given.length)
    if (!found) {
      const meant = nearestName(name.name, functionNames)
      throw this.#error(name.span, `there is no function ${name.name}`, {
        hint: `${meant ? `did you mean ${meant}? ` : `to multiply, write ${name.name}*(…). `}Functions: ${functionNames.join(', ')}`,
        fix: meant
          ? { ...name.span, replacement: meant }
          : { start: opening.start, end: opening.start, replacement: '*' },
      })
    }
    const { inputs, shorthand } = found
    const attribute = given[inputs.length]
    const form = `${name.name}(${inputs.join(', ')}${shorthand ? `, ${shorthand}` : ''})`
    if (given.length < inputs.length || given.length > inputs.length + (shorthand ? 1 : 0))
      throw this.#error(
        span,
        `${name.name} takes ${inputs.length} argument${inputs.length === 1 ? '' : 's'}${shorthand ? ` and ${shorthand}` : ''}, not ${given.length}`,
        { hint: `write ${form}` },
      )
    if (attribute && literalValue(attribute) === null)
      throw this.#error(attribute.span, `${shorthand} must be a number or an array of numbers`, {
        hint: `it cannot be computed; write ${form} with such as 0 or [0, 1] for ${shorthand}`,
      })
  }

  /** The numbers up to and with the closing bracket, whose opening one is taken. */
  #array(): NestedArray {
    const opening = this.#tokens[this.#at - 1]!.span
    if (++this.#depth > deepest) throw this.#error(opening, `this is nested more than ${deepest} deep`)
    const items: (number | NestedArray)[] = []
    let firstShape = ''
    for (;;) {
      const start = this.token.span.start
      const item = this.#arrayItem()
      const shape = JSON.stringify(shapeOf(item))
      if (items.length === 0) firstShape = shape
      else if (shape !== firstShape)
        throw this.#error({ start, end: this.#endOfPrevious() }, 'the rows of this array differ in length', {
          hint: `each entry must be like the first, ${describeItem(items[0]!)}; this one is ${describeItem(item)}`,
        })
      items.push(item)
      if (this.token.kind !== ',') break
      this.advance()
    }
    this.#close(']', opening)
    this.#depth--
    return items
  }

  #arrayItem(): number | NestedArray {
    this.#count()
    const token = this.advance()
    if (token.kind === 'number') return token.value
    if (token.kind === '[') return this.#array()
    if (token.kind === 'operator' && token.operator === '-') {
      const number = this.advance()
      if (number.kind === 'number') return -number.value
    }
    if (token.kind === ']' || token.kind === ',' || token.kind === 'end' || token.kind === 'separator')
      throw this.#error(token.span, 'a number is missing in this array', { hint: 'write such as [1, 2]' })
    throw this.#error(token.span, `${this.#describe(token)} is not a number`, {
      hint: 'an array holds numbers only, as in [1, -2.5]',
    })
  }

  #close(bracket: ')' | ']', opening: Span): void {
    const { token } = this
    if (token.kind === bracket) {
      this.advance()
      return
    }
    const open = bracket === ')' ? '(' : '['
    if (token.kind === 'end' || token.kind === 'separator')
      throw this.#error(opening, `this ${open} is never closed`, {
        hint: `put a ${bracket} behind what belongs to it`,
        fix: { start: token.span.start, end: token.span.start, replacement: bracket },
      })
    throw this.#error(token.span, `${this.#describe(token)} stands where a ${bracket} is missing`, {
      hint: `the ${open} was opened at character ${opening.start + 1}`,
    })
  }

  #missingTimes(left: Expression, right: Token): ExpressionError {
    const start = this.#startOf(left)
    const end = this.#endOfPrevious()
    const before = this.source.slice(start, end)
    const after = this.source.slice(right.span.start, right.span.end)
    if (left.kind === 'name' && isFunction(left.name) && right.kind !== '(')
      return this.#error(right.span, `the argument of ${left.name} stands in parentheses`, {
        hint: `write ${left.name}(${after})`,
        fix: { start: end, end: right.span.end, replacement: `(${after})` },
      })
    const shown = excerpt(this.source, { start, end })
    return this.#error(right.span, `a * is missing between ${shown} and ${right.kind === '(' ? '(' : after}`, {
      hint: `write ${before.length > 32 ? '…' : shown}*${right.kind === '(' ? '(…)' : after}`,
      fix: { start: end, end: right.span.start, replacement: '*' },
    })
  }

  #missingValue(token: Token): ExpressionError {
    const before = this.#tokens[this.#tokens.indexOf(token) - 1]
    const after =
      before && before.kind !== 'separator' && before.kind !== 'end' ? ` after ${this.#describe(before)}` : ''
    if (token.kind === 'end' || token.kind === 'separator')
      return this.#error({ start: token.span.start, end: token.span.start }, `a value is missing${after}`, {
        hint: 'write a name, a number or an expression there',
      })
    if (token.kind === '=')
      return this.#error(token.span, before?.kind === '=' ? 'there is one = too many' : 'there is no name before =', {
        hint: 'write such as f = w*x',
      })
    if (token.kind === 'operator' && token.operator === '+')
      return this.#error(token.span, `a value is missing${after} before +`, {
        hint: 'a sign + in front of a value can be left out',
      })
    return this.#error(token.span, `a value is missing${after} before ${this.#describe(token)}`)
  }

  #describe(token: Token): string {
    if (token.kind === 'end') return 'the end'
    if (token.kind === 'separator') return this.source[token.span.start] === ';' ? ';' : 'the line end'
    return excerpt(this.source, token.span)
  }

  #node<Node extends Expression>(node: Node): Node {
    this.#count()
    return node
  }

  #count(): void {
    if (++this.#nodes > mostNodes)
      throw this.#error(this.token.span, `the source has more than ${mostNodes} parts`, {
        hint: 'shorten it; matrices replace long sums',
      })
  }

  #error(
    span: Span,
    problem: string,
    options?: ConstructorParameters<typeof ExpressionError>[3],
  ): ExpressionError {
    return new ExpressionError(this.source, span, problem, options)
  }
}

function shapeOf(item: number | NestedArray): number[] {
  return typeof item === 'number' ? [] : [item.length, ...shapeOf(item[0]!)]
}

function describeItem(item: number | NestedArray): string {
  const shape = shapeOf(item)
  return shape.length === 0
    ? 'a number'
    : shape.length === 1
      ? `${shape[0]} number${shape[0] === 1 ? '' : 's'}`
      : shape.join('×')
}
