// The syntax tree of a program, and ways to traverse it.
import { constant, type NestedArray, ops } from '@bp/core/lean'

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

/** Something that could be read in more than one way, and how it was read. */
export interface Reading {
  /**
   * `product`: no sign is written, `wx` is w·x; `constant`: `e` is 2.71828; `function`: `tf.reduce_mean` is `mean`.
   */
  readonly kind: 'product' | 'constant' | 'function'
  /** As written. */
  readonly from: string
  readonly to: string
  /** Where it is first read like this. */
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
  /** The names in it that are numbers without being given a value: `e`, `pi`, `π`. */
  readonly constants: ReadonlyMap<string, number>
  /** How spellings were read that could mean something else, in their order in the source. */
  readonly readings: readonly Reading[]
}

/** The value of `-2`, `3.5` or `[[1, 2], [3, 4]]`; `null` for anything else. */
export function literalValue(expression: Expression): number | NestedArray | null {
  if (expression.kind === 'number' || expression.kind === 'array') return expression.value
  if (expression.kind === 'negation' && expression.operand.kind === 'number') return -expression.operand.value
  return null
}

/**
 * The value of arithmetic on numbers and the names in `constants`, such as `1/3` and `-2*pi`; `null` for anything else,
 * and for a result that is not finite.
 */
export function constantNumber(
  expression: Expression,
  constants: ReadonlyMap<string, number>,
): number | null {
  const value = arithmetic(expression, constants)
  return Number.isFinite(value) ? value : null
}

function arithmetic(expression: Expression, constants: ReadonlyMap<string, number>): number {
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'name':
      return constants.get(expression.name) ?? Number.NaN
    case 'negation':
      return -arithmetic(expression.operand, constants)
    case 'binary': {
      const a = arithmetic(expression.left, constants)
      const b = arithmetic(expression.right, constants)
      switch (expression.operator) {
        case '+':
          return a + b
        case '-':
          return a - b
        case '*':
          return a * b
        case '/':
          return a / b
        case '^':
          return ops.pow(constant(a, { dtype: 'f64' }), constant(b, { dtype: 'f64' })).item()
        default:
          return Number.NaN
      }
    }
    default:
      return Number.NaN
  }
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
