// Builds the tensors of a parsed program.
import {
  BackpropagationError,
  constant,
  type Dtype,
  type NestedArray,
  nearest,
  ops,
  type Tensor,
  type Variable,
  variable,
} from '@bp/core/lean'
import { ExpressionError } from './error.js'
import { findFunction, isFunction, tensorsOf } from './functions.js'
import type { Graph } from './graph.js'
import { outputStatement } from './parse.js'
import type { Refusal } from './reasons.js'
import {
  type Expression,
  forEachName,
  literalValue,
  type Operator,
  type Program,
  type Span,
} from './syntax.js'

export interface BuildOptions {
  /** Precision of variables and numbers; default `f64`, so that results match those worked out by hand. */
  readonly dtype?: Dtype
}

/** Numbers and nested arrays by name. */
export type VariableValues =
  | ReadonlyMap<string, number | NestedArray>
  | { readonly [name: string]: number | NestedArray }

const binary = new Map<Operator, (a: Tensor, b: Tensor) => Tensor>([
  ['+', ops.add],
  ['-', ops.sub],
  ['*', ops.mul],
  ['/', ops.div],
  ['^', ops.pow],
  ['@', ops.matmul],
])

// 4 KB of text can blow up through broadcastTo or oneHot; this many are still computed and shown instantly.
const maxNumbers = 250_000

/**
 * The graph of a program. `values` override those in the source; values for names that the program does not use
 * (`program.names`) have no effect.
 * @throws ExpressionError for a variable without a value, and where shapes do not match.
 */
export function build(
  program: Program,
  values: VariableValues = {},
  { dtype = 'f64' }: BuildOptions = {},
): Graph {
  const { source, statements } = program
  const given = gather(program, values)
  const variables = new Map<string, Variable>()
  const named = new Map<string, Tensor>()
  const spans = new Map<Tensor, Span>()
  let numbers = 0
  const keep = (tensor: Tensor, span: Span): void => {
    numbers += tensor.size
    if (numbers > maxNumbers)
      throw new ExpressionError(source, span, { code: 'too-many-numbers', limit: maxNumbers })
    spans.set(tensor, span)
  }

  const missing = program.names.filter((name) => !given.has(name))
  if (missing.length > 0) throw missingValues(program, missing, given)
  // A constant that is given a value is a variable like any other.
  const own = [...program.constants.keys()].filter((name) => given.has(name))
  for (const name of [...program.names, ...own]) {
    const value = given.get(name)!
    const use = firstUse(program, name)
    const tensor = blame(source, use.span, { kind: 'value', name }, () => variable(value, { name, dtype }))
    if (!tensor.values.every(Number.isFinite))
      throw new ExpressionError(source, use.span, { code: 'not-finite', name })
    variables.set(name, tensor)
    named.set(name, tensor)
    keep(tensor, use.span)
  }

  const make = (expression: Expression): Tensor => {
    if (expression.kind === 'name') {
      const { name, span } = expression
      const value = named.has(name) ? undefined : program.constants.get(name)
      if (value !== undefined) {
        const tensor = constant(value, { name, dtype })
        named.set(name, tensor)
        keep(tensor, span)
      }
      return named.get(name)!
    }
    const tensor = makeNew(expression)
    keep(tensor, expression.span)
    return tensor
  }
  const makeNew = (expression: Exclude<Expression, { kind: 'name' }>): Tensor => {
    const value = literalValue(expression)
    const { span } = expression
    if (value !== null)
      return blame(source, span, { kind: 'value', name: null }, () => constant(value, { dtype }))
    switch (expression.kind) {
      case 'negation':
        return ops.neg(make(expression.operand))
      case 'binary': {
        const { operator, left, right } = expression
        if (isExponential(expression) && !variables.has('e')) return ops.exp(make(right))
        const operands = [make(left), make(right)] as const
        const refusal: Refusal = {
          kind: operator === '@' ? 'product' : 'broadcast',
          name: operator,
          shapes: operands.map(({ shape }) => shape),
        }
        return blame(source, span, refusal, () => binary.get(operator)!(...operands))
      }
      case 'call': {
        const entry = findFunction(expression.name, expression.arguments.length)!
        const tensors = tensorsOf(entry, expression.arguments).map(make)
        const last = expression.arguments[tensors.length]
        const attribute = last && literalValue(last)
        const refusal: Refusal = {
          kind: entry.broadcasts
            ? 'broadcast'
            : ['matmul', 'dot'].includes(entry.name)
              ? 'product'
              : entry.shorthand?.startsWith('ax') && attribute !== undefined
                ? 'axis'
                : 'call',
          name: expression.name,
          shapes: tensors.map(({ shape }) => shape),
        }
        return blame(source, span, refusal, () => entry.apply(tensors, attribute))
      }
      default:
        throw new TypeError(`unhandled ${expression.kind}`)
    }
  }

  const last = outputStatement(statements, program.values)
  let output: Tensor | undefined
  for (const statement of statements) {
    const { name, expression } = statement
    const tensor = name !== null && variables.has(name) ? variables.get(name)! : make(expression)
    if (name !== null) named.set(name, tensor)
    if (statement === last) output = tensor
  }
  return { output: output!, outputName: last.name ?? freeName(named), named, variables, spans }
}

/** e to a power is the function exp, whose derivative is itself. */
function isExponential({ operator, left }: Expression & { kind: 'binary' }): boolean {
  return operator === '^' && left.kind === 'name' && left.name === 'e'
}

/** The values in the source, overridden by those passed in. */
function gather(program: Program, values: VariableValues): Map<string, number | NestedArray> {
  const outside = values instanceof Map ? values.entries() : Object.entries(values)
  return new Map([...program.values, ...outside])
}

interface Use {
  readonly span: Span
  /** The name by itself is a divisor. */
  readonly divides: boolean
}

function firstUse({ statements }: Program, name: string): Use {
  for (const { expression } of statements) {
    let found: Span | undefined
    forEachName(expression, (used, span) => {
      if (used === name) found ??= span
    })
    if (found) return { span: found, divides: isDivisor(expression, found) }
  }
  return { span: statements.find((statement) => statement.name === name)!.span, divides: false }
}

function isDivisor(expression: Expression, span: Span): boolean {
  if (expression.kind === 'negation') return isDivisor(expression.operand, span)
  if (expression.kind === 'call') return expression.arguments.some((argument) => isDivisor(argument, span))
  if (expression.kind !== 'binary') return false
  const { operator, left, right } = expression
  return (operator === '/' && right.span === span) || isDivisor(left, span) || isDivisor(right, span)
}

/** All names without a value at once; a probable misspelling comes first, since it needs another cure. */
function missingValues(
  program: Program,
  missing: readonly string[],
  given: ReadonlyMap<string, unknown>,
): ExpressionError {
  const known = new Set(given.keys())
  for (const statement of program.statements) if (statement.name !== null) known.add(statement.name)
  const options = { unknown: missing }
  for (const name of missing) {
    const { span, divides } = firstUse(program, name)
    if (isFunction(name))
      return new ExpressionError(program.source, span, { code: 'no-value-function', name, divides }, options)
    // With one or two letters, any change makes a different word.
    const meant = name.length > 2 ? nearest(name, known) : null
    if (meant)
      return new ExpressionError(
        program.source,
        span,
        { code: 'no-value-meant', name, divides, meant },
        {
          ...options,
          fix: { ...span, replacement: meant },
        },
      )
  }
  const [first, ...others] = missing as [string, ...string[]]
  const { span, divides } = firstUse(program, first)
  if (others.length === 0)
    return new ExpressionError(program.source, span, { code: 'no-value', name: first, divides }, options)
  const names = missing.slice(0, mostListed)
  return new ExpressionError(
    program.source,
    span,
    { code: 'no-values', names, more: missing.length - names.length },
    options,
  )
}

const mostListed = 8

/** Runs `body`; errors of the core get a position in the source, and what they are about. */
function blame<T>(source: string, span: Span, refusal: Refusal, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof ExpressionError || !(error instanceof BackpropagationError)) throw error
    // Shapes that broadcast, with an attribute that is wrong.
    const isOther = refusal.kind === 'broadcast' && error.name !== 'ShapeError'
    const about: Refusal = isOther ? { ...refusal, kind: 'call' } : refusal
    throw new ExpressionError(
      source,
      span,
      { code: 'refused', refusal: about, message: error.message },
      {
        cause: error,
      },
    )
  }
}

/** A name for an unnamed output. */
function freeName(named: ReadonlyMap<string, Tensor>): string {
  let name = 'f'
  for (const next of ['y', 'output']) if (named.has(name)) name = next
  while (named.has(name)) name += '_'
  return name
}
