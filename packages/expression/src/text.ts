// Writes expressions as text, with only the necessary parentheses.
import type { NestedArray } from '@bp/core/lean'
import { bindingPower, negationPower } from './precedence.js'
import type { Expression, Operator, Program } from './syntax.js'

/** Source text that parses to the same expression or program; a program has one statement per line. */
export function toText(tree: Expression | Program): string {
  if ('kind' in tree) return write(tree, 0)
  return tree.statements
    .map(({ name, expression }) =>
      name === null ? write(expression, 0) : `${name} = ${write(expression, 0)}`,
    )
    .join('\n')
}

/** The text of an expression where anything that binds less tightly than `power` needs parentheses. */
function write(expression: Expression, power: number): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value)
    case 'array':
      return writeArray(expression.value)
    case 'name':
      return expression.name
    case 'call':
      return `${expression.name}(${expression.arguments.map((argument) => write(argument, 0)).join(', ')})`
    case 'negation':
      return parenthesized(`-${write(expression.operand, negationPower)}`, negationPower < power)
    case 'binary': {
      const { operator, left, right } = expression
      const { left: binds, right: demands } = bindingPower(operator)
      const text = `${write(left, leftDemand(operator))}${spaced(operator)}${writeRight(right, demands)}`
      return parenthesized(text, binds < power)
    }
  }
}

/** A minus sign may begin the right operand of any operator, since nothing to its left can bind. */
function writeRight(right: Expression, demands: number): string {
  return right.kind === 'negation' ? write(right, 0) : write(right, demands)
}

/** `a^b^c` is `a^(b^c)`, so a power on the left of a power needs parentheses. */
function leftDemand(operator: Operator): number {
  const { left } = bindingPower(operator)
  return operator === '^' ? left + 1 : left
}

function spaced(operator: Operator): string {
  return operator === '*' || operator === '/' || operator === '^' ? operator : ` ${operator} `
}

function parenthesized(text: string, needed: boolean): string {
  return needed ? `(${text})` : text
}

function writeArray(value: NestedArray): string {
  return `[${value.map((item) => (typeof item === 'number' ? String(item) : writeArray(item))).join(', ')}]`
}
