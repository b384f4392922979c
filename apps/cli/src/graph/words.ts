// Values and derivatives of nodes as people read them.
import { formatNumbers, type Numbers, type Trace, type TraceNode } from '@bp/lab'

/** A value or derivative; — if it is not computed. */
export function write(numbers: Numbers | null, { shape }: TraceNode): string {
  return numbers === null ? '—' : formatNumbers(numbers, shape)
}

/** `∂f/∂w`. */
export function derivativeName({ output }: Trace, { name }: TraceNode): string {
  return `∂${output.title}/∂${name}`
}
