// What is wrong with the numbers of a trace: where it began, why, and what cures it.
import type { Shape } from '@bp/core/lean'
import type { Numbers } from './numbers.js'
import type { Trace, TraceEdge, TraceNode } from './trace.js'

/** Why a number is not finite, or is 0 although it should not be. */
export type ProblemReason =
  | 'division by zero'
  | 'zero by zero'
  | 'logarithm of zero'
  | 'logarithm of a negative number'
  | 'root of a negative number'
  | 'power of a negative number'
  /** Larger than the largest number, about 1.8e308. */
  | 'overflow'
  /** Smaller than the smallest number, about 5e-324, and rounded to 0. */
  | 'underflow'
  /** The curve is vertical there: the root or logarithm at 0. */
  | 'vertical'
  /** The curve is flat to the last digit, and what should be a tiny derivative is 0. */
  | 'saturated'
  /** 0 · ∞ or ∞ − ∞. */
  | 'undefined'
  | 'other'

export type TraceProblem =
  | {
      readonly kind: 'not-finite' | 'underflow'
      readonly of: 'value' | 'derivative'
      readonly node: string
      /** Index of the step that computes it. */
      readonly step: number
      readonly reason: ProblemReason
      /** Inputs of the operation that make it so, `[['x', -1]]`: the first element that is wrong, if they are arrays. */
      readonly inputs: readonly { readonly node: string; readonly value: number }[]
      /** Index of the first element that is wrong; empty for a single number. */
      readonly cell: readonly number[]
      readonly value: number
    }
  /** The target is an array, which has no single derivative. */
  | { readonly kind: 'array-target'; readonly node: string; readonly shape: Shape }
  /** The variable's derivative is nowhere, since all ways to it lead through `ops`. */
  | { readonly kind: 'no-derivative'; readonly node: string; readonly ops: readonly string[] }

type Traced = Omit<Trace, 'problems' | 'warnings'>

export function problemsOf(traced: Traced, blockers: readonly string[]): TraceProblem[] {
  const { nodes, target } = traced
  const problems: TraceProblem[] = []
  const value = firstBadValue(traced)
  if (value) problems.push(value)
  if (value?.kind !== 'not-finite') {
    const derivative = firstBadDerivative(traced)
    if (derivative) problems.push(derivative)
  }
  if (traced.mode === 'forward') return problems
  if (target.derivative === null) {
    problems.push({ kind: 'array-target', node: target.id, shape: target.shape })
    return problems
  }
  if (target.id === traced.output.id)
    for (const { id, kind, derivative } of nodes)
      if (kind === 'variable' && derivative === null)
        problems.push({ kind: 'no-derivative', node: id, ops: blockers })
  return problems
}

type NumberProblem = TraceProblem & { readonly of: 'value' | 'derivative' }

function firstBadValue({ nodes, steps }: Traced): NumberProblem | null {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  let underflow: NumberProblem | null = null
  for (const node of nodes) {
    if (node.op === null) continue
    const inputs = node.inputs.map((id) => byId.get(id)!)
    const found = wrongElement(node, inputs)
    if (!found) continue
    const problem: NumberProblem = {
      kind: Number.isFinite(found.value) ? 'underflow' : 'not-finite',
      of: 'value',
      node: node.id,
      step: steps.findIndex((step) => step.phase === 'forward' && step.node === node.id),
      ...found,
    }
    if (problem.kind === 'not-finite') return problem
    underflow ??= problem
  }
  return underflow
}

interface Found {
  readonly reason: ProblemReason
  readonly inputs: readonly { readonly node: string; readonly value: number }[]
  readonly cell: readonly number[]
  readonly value: number
}

/** Looks at the first element that is not finite, else at the first that underflows. */
function wrongElement(node: TraceNode, inputs: readonly TraceNode[]): Found | null {
  let at: readonly number[] | null = null
  let reason: ProblemReason | null = null
  const broken = indexOf(node.value, (value) => !Number.isFinite(value))
  if (broken) at = broken
  else {
    const mayUnderflow = underflows.get(node.op!)
    if (!mayUnderflow) return null
    at = indexOf(node.value, (value, cell) => value === 0 && mayUnderflow(elements(inputs, cell)))
    if (!at) return null
    reason = 'underflow'
  }
  const value = elementAt(node.value, at)
  const given = elements(inputs, at)
  return {
    reason: reason ?? reasonOf(node.op!, given, value),
    inputs: inputs.map(({ id }, index) => ({ node: id, value: given[index]! })),
    cell: at,
    value,
  }
}

function reasonOf(op: string, given: readonly number[], value: number): ProblemReason {
  const [a = Number.NaN, b = Number.NaN] = given
  if (op === 'div') return b === 0 ? (a === 0 ? 'zero by zero' : 'division by zero') : 'overflow'
  if (op === 'reciprocal' || op === 'rsqrt')
    return a === 0 ? 'division by zero' : a < 0 ? 'root of a negative number' : 'overflow'
  if (op === 'mod') return 'division by zero'
  if (op === 'log' || op === 'log1p') {
    const from = op === 'log' ? a : a + 1
    return from === 0 ? 'logarithm of zero' : 'logarithm of a negative number'
  }
  if (op === 'sqrt') return 'root of a negative number'
  if (op === 'pow')
    return a === 0 ? 'division by zero' : Number.isNaN(value) ? 'power of a negative number' : 'overflow'
  if (Number.isNaN(value)) return 'undefined'
  return 'overflow'
}

/** Whether an exact result is not 0 although the computed one is. */
const underflows = new Map<string, (given: readonly number[]) => boolean>([
  ['exp', () => true],
  ['sigmoid', () => true],
  ['softplus', () => true],
  ['mul', ([a, b]) => a !== 0 && b !== 0],
  ['div', ([a, b]) => a !== 0 && Number.isFinite(b)],
  ['square', ([x]) => x !== 0],
  ['pow', ([a]) => a !== 0],
  ['reciprocal', ([x]) => Number.isFinite(x)],
])

function firstBadDerivative({ steps, nodes, edges, mode }: Traced): NumberProblem | null {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  let underflow: NumberProblem | null = null
  const look = (
    edge: TraceEdge,
    step: number,
    arriving: Numbers | null,
    gets: string,
  ): NumberProblem | null => {
    const { contribution, local } = edge
    if (contribution === null) return null
    const broken = indexOf(contribution, (value) => !Number.isFinite(value))
    const inputs = byId.get(edge.to)!.inputs.map((id) => ({ node: id, value: single(byId.get(id)!.value) }))
    const common = { of: 'derivative', node: gets, step, inputs } as const
    if (broken) {
      const value = elementAt(contribution, broken)
      const reason: ProblemReason =
        local !== null && !Number.isFinite(local)
          ? 'vertical'
          : Number.isNaN(value)
            ? 'undefined'
            : 'overflow'
      return { kind: 'not-finite', ...common, reason, cell: broken, value }
    }
    if (underflow || local === null || contribution !== 0 || arriving === 0) return null
    const saturated = local === 0 && saturating.has(byId.get(edge.to)!.op!)
    if (saturated || local !== 0)
      underflow = {
        kind: 'underflow',
        ...common,
        reason: saturated ? 'saturated' : 'underflow',
        cell: [],
        value: 0,
      }
    return null
  }
  if (mode === 'forward') {
    for (const [index, { phase, node }] of steps.entries()) {
      if (phase !== 'forward') continue
      for (const edge of edgesInto(edges, node)) {
        const found = look(edge, index, edge.upstream, node)
        if (found) return found
      }
    }
    return underflow
  }
  for (const [index, { edge }] of steps.entries()) {
    const found = edge && look(edge, index, edge.upstream, edge.from)
    if (found) return found
  }
  return underflow
}

/** Functions whose slope is never 0. */
const saturating = new Set(['sigmoid', 'tanh', 'exp', 'erf', 'softplus', 'expm1'])

const edgesInto = (edges: readonly TraceEdge[], node: string) => edges.filter(({ to }) => to === node)

const single = (numbers: Numbers): number => (typeof numbers === 'number' ? numbers : Number.NaN)

/** Index of the first element for which it holds, `[]` for a single number. */
function indexOf(
  numbers: Numbers,
  holds: (value: number, cell: readonly number[]) => boolean,
  cell: readonly number[] = [],
): readonly number[] | null {
  if (typeof numbers === 'number') return holds(numbers, cell) ? cell : null
  for (const [index, entry] of numbers.entries()) {
    const found = indexOf(entry, holds, [...cell, index])
    if (found) return found
  }
  return null
}

function elementAt(numbers: Numbers, cell: readonly number[]): number {
  let entry = numbers
  for (const index of cell) entry = (entry as readonly Numbers[])[index]!
  return entry as number
}

/** The elements of the inputs that an elementwise operation combines at `cell`, with broadcasting; NaN for others. */
function elements(inputs: readonly TraceNode[], cell: readonly number[]): number[] {
  return inputs.map(({ value, shape }) => {
    if (shape.length > cell.length) return Number.NaN
    const offset = cell.length - shape.length
    const own = shape.map((size, axis) => (size === 1 ? 0 : cell[offset + axis]!))
    return own.every((index, axis) => index < shape[axis]!) ? elementAt(value, own) : Number.NaN
  })
}

/** A problem as an English sentence. */
export function writeProblem(traced: Traced, problem: TraceProblem): string {
  const title = (id: string) => traced.nodes.find((node) => node.id === id)!.title
  const name = title(problem.node)
  switch (problem.kind) {
    case 'array-target':
      return `${name} is an array of ${problem.shape.join('×')}, so it has no single derivative; take sum(${name}) or mean(${name})`
    case 'no-derivative':
      return `no derivative reaches ${name}; none flows through ${problem.ops.join(', ')}`
    default: {
      const { text } = traced.steps[problem.step]!
      const cell = problem.cell.length > 0 ? `[${problem.cell.join(', ')}]` : ''
      const subject = problem.of === 'value' ? `${name}${cell}` : `∂${traced.target.title}/∂${name}${cell}`
      const what = problem.kind === 'underflow' ? 'is 0 only by rounding' : 'is not a finite number'
      return `${subject} ${what}: ${text}; ${because[problem.reason]}`
    }
  }
}

const because: Record<ProblemReason, string> = {
  'division by zero': 'a division by 0: keep the divisor away from 0',
  'zero by zero': '0 divided by 0: keep the divisor away from 0',
  'logarithm of zero': 'the logarithm of 0: keep its argument above 0',
  'logarithm of a negative number': 'the logarithm of a negative number: keep its argument above 0',
  'root of a negative number': 'the root of a negative number: keep its argument at 0 or above',
  'power of a negative number':
    'a negative base with an exponent that is not an integer: keep the base above 0',
  overflow: 'an overflow above 1.8e308: use smaller numbers',
  underflow: 'smaller than 5e-324, the smallest number: use inputs nearer to 0',
  vertical: 'the curve is vertical there: move the input away from that point',
  saturated: 'the curve is flat to the last digit there: use an input nearer to 0',
  undefined: '0 · ∞ or ∞ − ∞: use smaller numbers',
  other: 'by the rule of the operation',
}
