// The grammar: parses tokens into statements by precedence climbing (Pratt 1973).
import type { NestedArray } from '@bp/core/lean'
import { ExpressionError, excerpt } from './error.js'
import {
  familiarFunctions,
  findFunction,
  functionNames,
  isFunction,
  nearestFunction,
  tensorsOf,
} from './functions.js'
import { bindingPower, negationPower } from './precedence.js'
import type { Reason } from './reasons.js'
import { constants, ourName, readProducts } from './spelling.js'
import {
  constantNumber,
  type Expression,
  literalValue,
  type Reading,
  type Span,
  type Statement,
} from './syntax.js'
import { toText } from './text.js'
import { type Token, tokenize } from './tokens.js'

const maxDepth = 64
const maxNodes = 2000
/** A root reaches as far as a sign that is written over its argument would: √x² is (√x)², √2x is √2·x. */
const rootPower = 50
const axisNames = new Set(['axis', 'axes', 'dim'])

/** Parses one statement at a time; the caller handles separators. */
export class Parser {
  readonly source: string
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0
  #nodes = 0
  /** The open parentheses. */
  readonly #open: Span[] = []
  /** How many bars are open. */
  #bars = 0
  /** Names that are products, by their factors. */
  readonly #products: ReadonlyMap<string, readonly string[]>
  /** Names with a value or a definition. */
  readonly #settled: ReadonlySet<string>
  readonly #readings: Reading[] = []

  /** `given` are names that have a value outside the source. */
  constructor(source: string, given: Iterable<string> = []) {
    this.source = source
    this.#tokens = tokenize(source)
    const settled = new Set(given)
    const names = new Set<string>()
    for (const [index, token] of this.#tokens.entries()) {
      if (token.kind !== 'name' || token.foreign) continue
      if (this.#tokens[index + 1]?.kind === '=') settled.add(token.name)
      else names.add(token.name)
    }
    this.#settled = settled
    this.#products = readProducts(names, settled, isFunction)
  }

  /** What was read in one of several ways, in the order of the source. */
  get readings(): readonly Reading[] {
    return [...this.#readings].sort((a, b) => a.span.start - b.span.start)
  }

  /** The constants among the names: those that neither the source nor its user gives a value. */
  get constants(): ReadonlyMap<string, number> {
    return new Map([...constants].filter(([name]) => !this.#settled.has(name)))
  }

  #read(kind: Reading['kind'], span: Span, to: string): void {
    const from = this.source.slice(span.start, span.end)
    if (!this.#readings.some((reading) => reading.kind === kind && reading.from === from))
      this.#readings.push({ kind, from, to, span })
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
          ? {
              code: 'not-a-name',
              text: excerpt(this.source, { start: first.span.start, end: this.#endOfPrevious() }),
            }
          : { code: 'one-equals' },
      )
    return { name, expression, span: { start: first.span.start, end: this.#endOfPrevious() } }
  }

  /** An expression whose operators bind at least as tightly as `power`. */
  expression(power: number): Expression {
    if (++this.#depth > maxDepth) throw this.#error(this.token.span, { code: 'too-deep', limit: maxDepth })
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
      } else if (this.#multiplies(left, token)) {
        const { left: binds, right: passesOn } = bindingPower('*')
        if (binds < power) break
        const right = this.expression(passesOn)
        const span = { start: this.#startOf(left), end: this.#endOfPrevious() }
        left = this.#node({ kind: 'binary', operator: '*', left, right, span })
        this.#read('product', span, toText(left).replaceAll('*', '·'))
      } else if (token.kind === 'name' || token.kind === 'number' || token.kind === '(') {
        throw this.#missingProduct(left, token)
      } else if (token.kind === '[') {
        throw this.#error(token.span, { code: 'index' })
      } else break
    }
    this.#depth--
    return left
  }

  /** Throws an error for a token that can neither continue nor end a statement. */
  refuseAfterStatement(): never {
    const { token } = this
    if (token.kind === ')' || token.kind === ']')
      throw this.#error(
        token.span,
        { code: 'unmatched', bracket: token.kind },
        {
          fix: { ...token.span, replacement: '' },
        },
      )
    if (token.kind === ',')
      throw this.#error(
        token.span,
        { code: 'comma' },
        {
          fix: { ...token.span, replacement: ';' },
        },
      )
    throw this.#error(token.span, { code: 'unexpected', token: this.#describe(token) })
  }

  #operand(): Expression {
    const token = this.advance()
    if (token.kind === 'number') return this.#node({ kind: 'number', value: token.value, span: token.span })
    if (token.kind === 'name') return this.#named(token)
    if (token.kind === '|') {
      this.#bars++
      const inner = this.expression(0)
      if (this.token.kind !== '|')
        throw this.#error(
          token.span,
          { code: 'bar-never-closed' },
          {
            fix: { start: this.#endOfPrevious(), end: this.#endOfPrevious(), replacement: '|' },
          },
        )
      this.advance()
      this.#bars--
      const span = { start: token.span.start, end: this.#endOfPrevious() }
      return this.#node({ kind: 'call', name: 'abs', arguments: [inner], span })
    }
    if (token.kind === '√') {
      const inner = this.expression(rootPower)
      const span = { start: token.span.start, end: this.#endOfPrevious() }
      return this.#node({ kind: 'call', name: 'sqrt', arguments: [inner], span })
    }
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
          {
            code: 'empty-parentheses',
          },
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

  /** A name, a call, a constant or a product of names. */
  #named(token: Token & { kind: 'name' }): Expression {
    const { name, span } = token
    const factors = token.foreign ? undefined : this.#products.get(name)
    if (this.token.kind === '(' && !factors && !this.#isVariable(name)) return this.#call(token)
    if (token.foreign && !constants.has(name) && isFunction(name))
      throw this.#error(span, {
        code: 'needs-parentheses',
        text: excerpt(this.source, span),
        written: `${name}(…)`,
      })
    if (!factors) {
      const value = this.#settled.has(name) ? undefined : constants.get(name)
      if (value !== undefined) this.#read('constant', span, String(Number(value.toPrecision(6))))
      return this.#node({ kind: 'name', name, span })
    }
    this.#read('product', span, factors.join('·'))
    let end = span.start
    return factors
      .map((factor): Expression => {
        const start = end
        end += factor.length
        return this.#node({ kind: 'name', name: factor, span: { start, end } })
      })
      .reduce((left, right) =>
        this.#node({
          kind: 'binary',
          operator: '*',
          left,
          right,
          span: { start: span.start, end: right.span.end },
        }),
      )
  }

  /** Whether `name(…)` is a product: it has a value, or is a letter that no function has for its name. */
  #isVariable(name: string): boolean {
    return this.#settled.has(name) || (!isFunction(name) && /^\p{L}\p{M}*[\d₀-₉]*$/u.test(name))
  }

  /** Whether a value that follows another without a sign between them is a factor. */
  #multiplies(left: Expression, token: Token): boolean {
    if (this.#open.length > 0 && this.#atLineStart()) return false
    if (left.kind === 'name' && isFunction(left.name) && !this.#settled.has(left.name)) return false
    if (token.kind === '|') return this.#bars === 0
    return token.kind === 'name' || token.kind === '(' || token.kind === '√'
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
        // `axis=0`, as in other libraries.
        if (
          this.token.kind === 'name' &&
          axisNames.has(this.token.name) &&
          this.#tokens[this.#index + 1]?.kind === '='
        ) {
          this.advance()
          this.advance()
        }
        given.push(this.expression(0))
        if (this.token.kind !== ',') break
        this.advance()
      }
    this.#close(')', opening)
    this.#open.pop()
    const span = { start: name.span.start, end: this.#endOfPrevious() }
    this.#checkCall(name, opening, given, span)
    const ours = findFunction(name.name, given.length)!.name
    const changed = name.foreign || ourName(name.name) !== name.name
    if (changed) this.#read('function', name.span, ours)
    return this.#node({ kind: 'call', name: changed ? ours : name.name, arguments: given, span })
  }

  #checkCall(name: Token & { kind: 'name' }, opening: Span, given: readonly Expression[], span: Span): void {
    const found = findFunction(name.name, given.length)
    if (!found) {
      const meant = nearestFunction(name.name)
      throw this.#error(
        name.span,
        {
          code: 'unknown-function',
          name: name.name,
          meant,
          count: functionNames.length,
          familiar: familiarFunctions,
        },
        {
          fix: meant
            ? { ...name.span, replacement: meant }
            : { start: opening.start, end: opening.start, replacement: '*' },
        },
      )
    }
    const { inputs, ofList, shorthand } = found
    const tensors = tensorsOf(found, given).length
    const attribute = given[tensors]
    const form = `${name.name}(${ofList ? 'a, b' : inputs.join(', ')}${shorthand ? `, ${shorthand}` : ''})`
    if (tensors < inputs.length || given.length > tensors + (shorthand ? 1 : 0))
      throw this.#error(span, {
        code: 'argument-count',
        name: name.name,
        expected: inputs.length,
        shorthand: shorthand ?? null,
        given: given.length,
        form,
      })
    if (attribute && literalValue(attribute) === null)
      throw this.#error(attribute.span, { code: 'attribute-not-literal', shorthand: shorthand!, form })
  }

  /** The numbers up to and including the closing bracket; the opening one is already consumed. */
  #array(): NestedArray {
    const opening = this.#tokens[this.#index - 1]!.span
    if (++this.#depth > maxDepth) throw this.#error(opening, { code: 'too-deep-array', limit: maxDepth })
    const items: (number | NestedArray)[] = []
    let firstShape = ''
    for (;;) {
      const start = this.token.span.start
      const item = this.#arrayItem()
      const shape = JSON.stringify(shapeOf(item))
      if (items.length === 0) firstShape = shape
      else if (shape !== firstShape)
        throw this.#error(
          { start, end: this.#endOfPrevious() },
          {
            code: 'ragged',
            first: shapeOf(items[0]!),
            other: shapeOf(item),
          },
        )
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
    const { token } = this
    const next = this.#tokens[this.#index + 1]?.kind
    if (token.kind === 'number' && (next === ',' || next === ']')) {
      this.advance()
      return token.value
    }
    if (token.kind === '[') {
      this.advance()
      return this.#array()
    }
    if (token.kind === ']' || token.kind === ',' || token.kind === 'end' || token.kind === 'separator')
      throw this.#error(token.span, { code: 'missing-number' })
    const start = this.#index
    const expression = this.expression(0)
    const value = constantNumber(expression, this.constants)
    if (value !== null) return value
    const unsettled = this.#tokens
      .slice(start, this.#index)
      .find((one) => one.kind === 'name' && !this.constants.has(one.name))
    throw this.#error(unsettled?.span ?? expression.span, {
      code: 'not-a-number',
      text: unsettled ? this.#describe(unsettled) : excerpt(this.source, expression.span),
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
    throw this.#error(token.span, {
      code: 'wrong-bracket',
      bracket,
      token: this.#describe(token),
      opening: this.source[opening.start]!,
      position: opening.start + 1,
    })
  }

  #neverClosed(opening: Span, bracket: ')' | ']'): ExpressionError {
    const end = this.#endOfPrevious()
    return this.#error(
      opening,
      { code: 'never-closed', opening: this.source[opening.start]!, bracket },
      {
        fix: { start: end, end, replacement: bracket },
      },
    )
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
      return this.#error(
        right.span,
        {
          code: 'needs-parentheses',
          text: left.name,
          written: `${left.name}(${after})`,
        },
        {
          fix: { start: end, end: right.span.end, replacement: `(${after})` },
        },
      )
    const shown = excerpt(this.source, { start, end })
    return this.#error(
      right.span,
      {
        code: 'missing-product',
        left: shown,
        right: right.kind === '(' ? '(' : after,
        written: `${before.length > 32 ? '…' : shown}*${right.kind === '(' ? '(…)' : after}`,
      },
      {
        fix: { start: end, end: right.span.start, replacement: '*' },
      },
    )
  }

  #missingValue(token: Token): ExpressionError {
    const before = this.#tokens[this.#tokens.indexOf(token) - 1]
    const after =
      before && before.kind !== 'separator' && before.kind !== 'end' ? this.#describe(before) : null
    if (token.kind === 'end' || token.kind === 'separator')
      return this.#error({ start: token.span.start, end: token.span.start }, { code: 'missing-value', after })
    if (token.kind === '=')
      return this.#error(token.span, { code: before?.kind === '=' ? 'extra-equals' : 'missing-name' })
    if (token.kind === 'operator' && token.operator === '+')
      return this.#error(token.span, { code: 'leading-plus', after })
    return this.#error(token.span, { code: 'missing-value-before', after, before: this.#describe(token) })
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
      throw this.#error(this.token.span, { code: 'too-many-parts', limit: maxNodes })
  }

  #error(
    span: Span,
    reason: Reason,
    options?: ConstructorParameters<typeof ExpressionError>[3],
  ): ExpressionError {
    return new ExpressionError(this.source, span, reason, options)
  }
}

function shapeOf(item: number | NestedArray): number[] {
  return typeof item === 'number' ? [] : [item.length, ...shapeOf(item[0]!)]
}
