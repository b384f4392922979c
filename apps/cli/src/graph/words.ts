// Values and derivatives of nodes as people read them.
import { formatNumber, formatNumbers, type Numbers, type Trace, type TraceNode } from '@bp/lab'

/** A value or derivative; — if it is not computed. */
export function write(numbers: Numbers | null, { shape }: Pick<TraceNode, 'shape'>): string {
  return numbers === null ? '—' : formatNumbers(numbers, shape)
}

/** `∂f/∂w`; in forward mode, by x, `∂w/∂x`. */
export function derivativeName({ target, along }: Trace, { title }: Pick<TraceNode, 'title'>): string {
  return along === null ? `∂${target.title}/∂${title}` : `∂${title}/∂${along}`
}

/** The derivative that the mode is about. */
export function derivativeOf({ mode }: Trace, { derivative, tangent }: TraceNode): Numbers | null {
  return mode === 'forward' ? tangent : derivative
}

/** A matrix of numbers: an array of more axes as the rows of its last one, a vector as one row. */
export function rowsOf(numbers: Numbers): number[][] {
  if (typeof numbers === 'number') return [[numbers]]
  if (numbers.every((entry) => typeof entry === 'number')) return [numbers as number[]]
  return (numbers as readonly Numbers[]).flatMap(rowsOf)
}

/** `3×2`; empty for a single number. */
export const writeShape = (shape: readonly number[]) => shape.join('×')

/** Numbers of a grid are short, so that many fit. */
export const shortNumber = (value: number) => formatNumber(value, 3)
