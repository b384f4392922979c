// Values and derivatives of nodes as people read them.
import { formatNumbers, type Numbers, type Trace, type TraceNode } from '@bp/lab'

/** A value or derivative; — for one that is not computed. */
export function write(numbers: Numbers | null, { shape }: TraceNode): string {
  return numbers === null ? '—' : formatNumbers(numbers, shape)
}

/** `f`, or `the output` where the source gives it no name. */
export function outputName({ nodes, output }: Trace): string {
  return nodes.find(({ id }) => id === output)!.name || 'output'
}

/** `∂f/∂w`. */
export function derivativeName(trace: Trace, { name }: TraceNode): string {
  return `∂${outputName(trace)}/∂${name}`
}
