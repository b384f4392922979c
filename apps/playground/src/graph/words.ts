// Says in plain words what a step of the trace does.
import {
  formatNumber,
  listed,
  type Numbers,
  operand,
  type Trace,
  type TraceNode,
  type TraceStep,
} from '@bp/lab'

/** A number in full, or the shape of an array. */
export function write(numbers: Numbers, { shape }: Pick<TraceNode, 'shape'>): string {
  return typeof numbers === 'number' ? formatNumber(numbers) : `array ${shape.join('×')}`
}

/** Four significant digits, integers in full: for where there is little room. */
export function writeShort(number: number): string {
  return formatNumber(number, Number.isInteger(number) ? 6 : 4)
}

/** Where a position is: `backward 3 of 4`. */
export function describePosition({ steps }: Trace, position: number): string {
  const step = steps[position - 1]
  if (!step) return 'start'
  const same = steps.filter(({ phase }) => phase === step.phase)
  return same.length === 1 ? step.phase : `${step.phase} ${same.indexOf(step) + 1} of ${same.length}`
}

/** One sentence about the step that leads to a position. */
export function describeStep(trace: Trace, position: number): string {
  const step = trace.steps[position - 1]
  if (!step) {
    const names = trace.nodes.filter(({ kind }) => kind === 'variable').map(({ name }) => name)
    const have =
      names.length === 0
        ? 'Only constants have values'
        : `${listed(names, 'and')} ${names.length > 1 ? 'have values' : 'has a value'}`
    return `${have}. Nothing else is computed yet.`
  }
  switch (step.phase) {
    case 'forward':
      return `Forward: ${step.text}.`
    case 'seed':
      return `The backward pass starts at the output: ${trace.output.title} changes exactly as much as itself, so ${step.text}.`
    case 'backward':
      return describeBackward(trace, step)
  }
}

function describeBackward(trace: Trace, step: TraceStep): string {
  const { from, to, local, upstream, contribution } = step.edge!
  if (local === null || typeof upstream !== 'number' || typeof contribution !== 'number')
    return `Backward: ${step.text}.`
  const output = trace.output.title
  const [inner, outer] = [titleOf(trace, from), titleOf(trace, to)]
  const chain =
    to === trace.output.id
      ? `Backward: if ${inner} changes a little, ${outer} changes ${times(local)}; the upstream derivative is ${formatNumber(upstream)}, so ${operand(formatNumber(upstream))} × ${operand(formatNumber(local))} = ${formatNumber(contribution)} goes to ${inner}.`
      : `Backward: if ${inner} changes a little, ${outer} changes ${times(local)}; if ${outer} changes, ${output} changes ${times(upstream)}; so ${output} changes ${operand(formatNumber(upstream))} × ${operand(formatNumber(local))} = ${formatNumber(contribution)} times as much as ${inner}.`
  if (typeof step.accumulatorBefore !== 'number') return chain
  return `${chain} ${inner} is used more than once, so the contributions add up: ${formatNumber(step.accumulatorBefore)} + ${operand(formatNumber(contribution))} = ${formatNumber(step.accumulatorAfter as number)}.`
}

function times(factor: number): string {
  if (factor === 0) return 'not at all'
  return factor === 1 ? 'just as much' : `${formatNumber(factor)} times as much`
}

function titleOf({ nodes }: Trace, id: string): string {
  return nodes.find((node) => node.id === id)!.title
}
