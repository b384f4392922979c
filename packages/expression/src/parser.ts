// The grammar: parses tokens into statements by precedence climbing (Pratt 1973).
import { type NestedArray, nearest } from '@bp/core'
import { ExpressionError, excerpt } from './error.js'
import { familiarFunctions, findFunction, functionNames, isFunction, tensorsOf } from './functions.js'
import { bindingPower, negationPower } from './precedence.js'
import { type Expression, literalValue, type Span, type Statement } from './syntax.js'
import { type Token, tokenize } from './tokens.js'

const maxDepth = 64
const maxNodes = 2000

/** Parses one statement at a time; the caller handles separators. */
export class Parser {
  readonly source: string
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0
  #nodes = 0
  /** The open parentheses. */
  readonly #open: Span[] = []

  constructor(source: string) {
    this.source = source
    this.#tokens = tokenize(source)
  }

  private get token(): Token {
    return this.#tokens[this.#index]!
  }

  /** Whether the current token is of one of these kinds. */
  at(...kinds: Token['kind'][]): boolean {
    return kinds.includes(this.token.kind)
  }

  /** Consumes the current token; stays at the end. */
  advance(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#index++
    return token
  }

  statement(): Statement {
    const first = this.token
    const second = this.#tokens[this.#index + 1]
    let name: string | null = null
    if (first.kind === 'name' && second?.kind === '=') {
      name = first.name
      this.advance()
      this.advance()
    }
    const expression = this.expression(0)
    if (this.token.kind === '=')
      throw this.#error(
        name === null ? { start: first.span.start, end: this.#endOfPrevious() } : this.token.span,
        name === null
          ? `${excerpt(this.source, { start: first.span.start, end: this.#endOfPrevious() })} is not a name`
          : 'a statement can have only one =',
        {
          hint:
            name === null
              ? 'the left side of = is a single name, as in f = w*x'
              : 'separate statements with ; or a new line',
        },
      )
    return { name, expression, span: { start: first.span.start, end: this.#endOfPrevious() } }
  }

  /** An expression whose operators bind at least as tightly as `power`. */
  expression(power: number): Expression {
    if (++this.#depth > maxDepth)
      throw this.#error(this.token.span, `this is nested more than ${maxDepth} deep`, {
        hint: 'move part of it into its own statement',
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
        throw this.#missingProduct(left, token)
      } else if (token.kind === '[') {
        throw this.#error(token.span, 'a [ cannot follow a value', {
          hint: 'there is no indexing; an array such as [1, 2] is a separate value',
        })
      } else break
    }
    this.#depth--
    return left
  }

  /** Throws an error for a token that can neither continue nor end a statement. */
  refuseAfterStatement(): never {
    const { token } = this
    if (token.kind === ')' || token.kind === ']')
      throw this.#error(token.span, `unmatched ${token.kind}`, {
        hint: 'remove it, or open it first',
        fix: { ...token.span, replacement: '' },
      })
    if (token.kind === ',')
      throw this.#error(token.span, 'commas only separate arguments', {
        hint: 'separate statements with ;',
        fix: { ...token.span, replacement: ';' },
      })
    throw this.#error(token.span, `unexpected ${this.#describe(token)}`)
  }

  #operand(): Expression {
    const token = this.advance()
    if (token.kind === 'number') return this.#node({ kind: 'number', value: token.value, span: token.span })
    if (token.kind === 'name')
      return this.token.kind === '('
        ? this.#call(token)
        : this.#node({ kind: 'name', name: token.name, span: token.span })
    if (token.kind === 'operator' && token.operator === '-') {
      const operand = this.expression(negationPower)
      return this.#node({
        kind: 'negation',
        operand,
        span: { start: token.span.start, end: this.#endOfPrevious() },
      })
    }
    if (token.kind === '(') {
      if (this.token.kind === ')')
        throw this.#error({ start: token.span.start, end: this.token.span.end }, 'nothing between ( and )')
      this.#open.push(token.span)
      const inner = this.expression(0)
      this.#close(')', token.span)
      this.#open.pop()
      this.#outside.set(inner, token.span.start)
      return inner
    }
    if (token.kind === '[') {
      const value = this.#array()
      return this.#node({
        kind: 'array',
        value,
        span: { start: token.span.start, end: this.#endOfPrevious() },
      })
    }
    throw this.#missingValue(token)
  }

  // Where an expression starts including its parentheses, which its own span excludes.
  readonly #outside = new WeakMap<Expression, number>()

  #startOf(expression: Expression): number {
    return this.#outside.get(expression) ?? expression.span.start
  }

  #endOfPrevious(): number {
    return this.#tokens[this.#index - 1]!.span.end
  }

  #call(name: Token & { kind: 'name' }): Expression {
    const opening = this.advance().span
    const given: Expression[] = []
    this.#open.push(opening)
    if (this.token.kind !== ')')
      for (;;) {
        given.push(this.expression(0))
        if (this.token.kind !== ',') break
        this.advance()
      }
    this.#close(')', opening)
    this.#open.pop()
    const span = { start: name.span.start, end: this.#endOfPrevious() }
    this.#checkCall(name, opening, given, span)
    return this.#node({ kind: 'call', name: name.name, arguments: given, span })
  }

  #checkCall(name: Token & { kind: 'name' }, opening: Span, given: readonly Expression[], span: Span): void {
    const found = findFunction(name.name, given.length)
    if (!found) {
      // With one or two letters, any change makes a different word.
      const meant = name.name.length > 2 ? nearest(name.name, functionNames) : null
      throw this.#error(name.span, `unknown function ${name.name}`, {
        hint: `${meant ? `did you mean ${meant}? ` : `to multiply, write ${name.name}*(…). `}The ${functionNames.length} functions include ${familiarFunctions.join(', ')}`,
        fix: meant
          ? { ...name.span, replacement: meant }
          : { start: opening.start, end: opening.start, replacement: '*' },
      })
    }
    const { inputs, ofList, shorthand } = found
    const tensors = tensorsOf(found, given).length
    const attribute = given[tensors]
    const form = `${name.name}(${ofList ? 'a, b' : inputs.join(', ')}${shorthand ? `, ${shorthand}` : ''})`
    if (tensors < inputs.length || given.length > tensors + (shorthand ? 1 : 0))
      throw this.#error(
        span,
        `${name.name} takes ${inputs.length} argument${inputs.length === 1 ? '' : 's'}${shorthand ? ` and ${shorthand}` : ''}, not ${given.length}`,
        { hint: `write ${form}` },
      )
    if (attribute && literalValue(attribute) === null)
      throw this.#error(attribute.span, `${shorthand} must be a number or an array of numbers`, {
        hint: `it must be a literal; write ${form} with e.g. 0 or [0, 1] for ${shorthand}`,
      })
  }

  /** The numbers up to and including the closing bracket; the opening one is already consumed. */
  #array(): NestedArray {
    const opening = this.#tokens[this.#index - 1]!.span
    if (++this.#depth > maxDepth) throw this.#error(opening, `this is nested more than ${maxDepth} deep`)
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
      throw this.#error(token.span, 'missing number in this array', { hint: 'for example [1, 2]' })
    throw this.#error(token.span, `${this.#describe(token)} is not a number`, {
      hint: 'an array contains only numbers, as in [1, -2.5]',
    })
  }

  #close(bracket: ')' | ']', opening: Span): void {
    const { token } = this
    if (token.kind === bracket) {
      this.advance()
      return
    }
    if (token.kind === 'end' || token.kind === 'separator' || this.#atLineStart())
      throw this.#neverClosed(opening, bracket)
    throw this.#error(token.span, `expected ${bracket}, found ${this.#describe(token)}`, {
      hint: `${bracket} closes the ${this.source[opening.start]} at character ${opening.start + 1}`,
    })
  }

  #neverClosed(opening: Span, bracket: ')' | ']'): ExpressionError {
    const end = this.#endOfPrevious()
    return this.#error(opening, `this ${this.source[opening.start]} is never closed`, {
      hint: `add a ${bracket} where it should end`,
      fix: { start: end, end, replacement: bracket },
    })
  }

  /** Whether a line break, which is ignored inside brackets, precedes the current token. */
  #atLineStart(): boolean {
    return /[\r\n]/.test(this.source.slice(this.#endOfPrevious(), this.token.span.start))
  }

  #missingProduct(left: Expression, right: Token): ExpressionError {
    const opening = this.#open.at(-1)
    if (opening && this.#atLineStart()) return this.#neverClosed(opening, ')')
    const start = this.#startOf(left)
    const end = this.#endOfPrevious()
    const before = this.source.slice(start, end)
    const after = this.source.slice(right.span.start, right.span.end)
    if (left.kind === 'name' && isFunction(left.name) && right.kind !== '(')
      return this.#error(right.span, `${left.name} needs parentheses around its argument`, {
        hint: `write ${left.name}(${after})`,
        fix: { start: end, end: right.span.end, replacement: `(${after})` },
      })
    const shown = excerpt(this.source, { start, end })
    return this.#error(right.span, `missing * between ${shown} and ${right.kind === '(' ? '(' : after}`, {
      hint: `write ${before.length > 32 ? '…' : shown}*${right.kind === '(' ? '(…)' : after}`,
      fix: { start: end, end: right.span.start, replacement: '*' },
    })
  }

  #missingValue(token: Token): ExpressionError {
    const before = this.#tokens[this.#tokens.indexOf(token) - 1]
    const after =
      before && before.kind !== 'separator' && before.kind !== 'end' ? ` after ${this.#describe(before)}` : ''
    if (token.kind === 'end' || token.kind === 'separator')
      return this.#error({ start: token.span.start, end: token.span.start }, `missing value${after}`, {
        hint: 'add a name, a number or an expression',
      })
    if (token.kind === '=')
      return this.#error(token.span, before?.kind === '=' ? 'one = too many' : 'missing name before =', {
        hint: 'for example f = w*x',
      })
    if (token.kind === 'operator' && token.operator === '+')
      return this.#error(token.span, `missing value${after} before +`, {
        hint: 'omit a leading +',
      })
    return this.#error(token.span, `missing value${after} before ${this.#describe(token)}`)
  }

  #describe(token: Token): string {
    if (token.kind === 'end') return 'the end'
    if (token.kind === 'separator') return this.source[token.span.start] === ';' ? ';' : 'the end of the line'
    return excerpt(this.source, token.span)
  }

  #node<Node extends Expression>(node: Node): Node {
    this.#count()
    return node
  }

  #count(): void {
    if (++this.#nodes > maxNodes)
      throw this.#error(this.token.span, `the source has more than ${maxNodes} parts`, {
        hint: 'shorten it; use matrices instead of long sums',
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
      ? `a row of ${shape[0]}`
      : `an array of ${shape.join('×')}`
}
