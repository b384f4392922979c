// Writes an operation applied to its inputs, as names or as numbers.
import type { Tensor } from '@bp/core/lean'

type Writer = (inputs: readonly string[]) => string

/** A negative number takes parentheses after an operator and under a power. */
export const operand = (text: string) => (text.startsWith('−') ? `(${text})` : text)
const between =
  (symbol: string): Writer =>
  ([a, b]) =>
    `${a} ${symbol} ${operand(b!)}`

/** Operations that are not written as `name(inputs)`. */
const forms = new Map<string, Writer>([
  ['add', between('+')],
  ['sub', between('−')],
  ['mul', between('×')],
  ['div', between('÷')],
  ['matmul', between('@')],
  ['pow', ([a, b]) => `${operand(a!)}^${operand(b!)}`],
  ['neg', ([x]) => `−${operand(x!)}`],
  ['reciprocal', ([x]) => `1 ÷ ${operand(x!)}`],
  ['square', ([x]) => `${operand(x!)}²`],
])

/** `g + b`, `sigmoid(x)`: the tensor's operation applied to inputs written like this. */
export function writeOperation(tensor: Tensor, inputs: readonly string[]): string {
  const { name } = tensor.op!
  const form = forms.get(name)
  return form ? form(inputs) : `${name}(${inputs.join(', ')})`
}
