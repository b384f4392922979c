// Operator precedence, for parsing and for writing.
import type { Operator } from './syntax.js'

const sum = 10
const product = 20
const power = 40

/** A minus sign binds less tightly than a power to its right: −x² is −(x²). */
export const negationPower = 30

/** The precedence required of the operand on either side; `^` is right-associative, the others left-associative. */
export function bindingPower(operator: Operator): { left: number; right: number } {
  if (operator === '+' || operator === '-') return { left: sum, right: sum + 1 }
  if (operator === '^') return { left: power, right: power }
  return { left: product, right: product + 1 }
}
