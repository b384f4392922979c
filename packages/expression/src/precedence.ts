// How strongly operators bind, for reading and for writing.
import type { Operator } from './syntax.js'

const sum = 10
const product = 20
const power = 40

/** A minus sign binds weaker than a power on its right: −x² is −(x²). */
export const negationPower = 30

/** What an operator demands of the operand on either side; `^` groups to the right, the others to the left. */
export function bindingPower(operator: Operator): { left: number; right: number } {
  if (operator === '+' || operator === '-') return { left: sum, right: sum + 1 }
  if (operator === '^') return { left: power, right: power }
  return { left: product, right: product + 1 }
}
