// The grammar: turns tokens into statements, by precedence climbing (Pratt 1973).
import { type NestedArray, nearest } from '@bp/core'
import { ExpressionError, excerpt } from './error.js'
import { familiarFunctions, findFunction, functionNames, isFunction, tensorsOf } from './functions.js'
import { bindingPower, negationPower } from './precedence.js'
import { type Expression, literalValue, type Span, type Statement } from './syntax.js'
import { type Token, tokenize } from './tokens.js'

const deepest = 64
const mostNodes = 2000

/** Reads one statement after the other; whoever uses it says what separates them. */
export class Parser {
  readonly source: string
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0
  #nodes = 0
  /** The parentheses that are open. */
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

  /** Takes the current token; at the end stays there. */
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
          : 'a statement has one =',
        {
          hint:
            name === null
              ? 'left of = stands one name, as in f = w*x'
              : 'separate statements by ; or a new line',
        },
      )
    return { name, expression, span: { start: first.span.start, end: this.#endOfPrevious() } }
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
        throw this.#error(
          { start: token.span.start, end: this.token.span.end },
          'there is nothing between ( and )',
        )
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

  // Where an expression with its parentheses starts; its own span is without them.
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
      // In one or two letters any change makes another word.
      const meant = name.name.length > 2 ? nearest(name.name, functionNames) : null
      throw this.#error(name.span, `there is no function ${name.name}`, {
        hint: `${meant ? `did you mean ${meant}? ` : `to multiply, write ${name.name}*(…). `}Among ${functionNames.length} functions are ${familiarFunctions.join(', ')}`,
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
        hint: `it cannot be computed; write ${form} with such as 0 or [0, 1] for ${shorthand}`,
      })
  }

  /** The numbers up to and with the closing bracket, whose opening one is taken. */
  #array(): NestedArray {
    const opening = this.#tokens[this.#index - 1]!.span
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
    if (token.kind === 'end' || token.kind === 'separator' || this.#atLineStart())
      throw this.#neverClosed(opening, bracket)
    throw this.#error(token.span, `${this.#describe(token)} stands where a ${bracket} is missing`, {
      hint: `it would close the ${this.source[opening.start]} at character ${opening.start + 1}`,
    })
  }

  #neverClosed(opening: Span, bracket: ')' | ']'): ExpressionError {
    const end = this.#endOfPrevious()
    return this.#error(opening, `this ${this.source[opening.start]} is never closed`, {
      hint: `put a ${bracket} behind what belongs to it`,
      fix: { start: end, end, replacement: bracket },
    })
  }

  /** Whether a line end, which counts for nothing inside of brackets, stands before the current token. */
  #atLineStart(): boolean {
    return /[\r\n]/.test(this.source.slice(this.#endOfPrevious(), this.token.span.start))
  }

  #missingTimes(left: Expression, right: Token): ExpressionError {
    const opening = this.#open.at(-1)
    if (opening && this.#atLineStart()) return this.#neverClosed(opening, ')')
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
    return this.#error(
      right.span,
      `a * is missing between ${shown} and ${right.kind === '(' ? '(' : after}`,
      {
        hint: `write ${before.length > 32 ? '…' : shown}*${right.kind === '(' ? '(…)' : after}`,
        fix: { start: end, end: right.span.start, replacement: '*' },
      },
    )
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
      return this.#error(
        token.span,
        before?.kind === '=' ? 'there is one = too many' : 'there is no name before =',
        {
          hint: 'write such as f = w*x',
        },
      )
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
      ? `a row of ${shape[0]}`
      : `an array of ${shape.join('×')}`
}
