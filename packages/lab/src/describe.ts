// Writes an operation with its inputs, as names or as numbers.
import type { Tensor } from '@bp/core'

type Writer = (inputs: readonly string[]) => string

/** A number that begins with a minus sign cannot stand behind an operator or under a power as it is. */
const guarded = (text: string) => (text.startsWith('−') ? `(${text})` : text)
const between =
  (symbol: string): Writer =>
  ([a, b]) =>
    `${a} ${symbol} ${guarded(b!)}`

/** Operations that are not written as `name(inputs)`. */
const forms = new Map<string, Writer>([
  ['add', between('+')],
  ['sub', between('−')],
  ['mul', between('×')],
  ['div', between('÷')],
  ['matmul', between('@')],
  ['pow', ([a, b]) => `${guarded(a!)}^${guarded(b!)}`],
  ['neg', ([x]) => `−${guarded(x!)}`],
  ['reciprocal', ([x]) => `1 ÷ ${guarded(x!)}`],
  ['square', ([x]) => `${guarded(x!)}²`],
])

/** `g + b`, `sigmoid(x)`: what the tensor's operation does with inputs of these texts. */
export function writeOperation(tensor: Tensor, inputs: readonly string[]): string {
  const { name } = tensor.op!
  const form = forms.get(name)
  return form ? form(inputs) : `${name}(${inputs.join(', ')})`
}
