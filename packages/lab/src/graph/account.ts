// The one account of a step: what is computed, in symbols, in numbers, by which rule, and how it adds up.
import { inputAt, type Shape, type Tensor } from '@bp/core/lean'
import { operand, writeOperation } from './describe.js'
import { type Formula, type Mark, type Named, numberMarks, ruleMarks, text, writeFormula } from './formula.js'
import { formatNumbers, type Numbers } from './numbers.js'
import { type Relation, relationOf } from './relation.js'
import type { TraceContext, TraceEdge, TraceNode } from './trace.js'

export interface StepAccount {
  /** What the step computes: `g`, `∂f/∂w`, or a part of a derivative, `(∂f/∂x)₁`. */
  readonly left: Formula
  /** In symbols, what arrives times the local derivative: `∂f/∂g · ∂g/∂w`. Empty for the seed. */
  readonly symbols: Formula
  /** The same in numbers, `1 · 5`. Empty where it would only repeat the result, and for arrays. */
  readonly numbers: Formula
  readonly result: Numbers
  readonly shape: Shape
  /** The rule of the operation with the names of the source: `∂g/∂w = x`, for arrays `w̄ = ḡ · xᵀ`. */
  readonly rule: Formula
  /** What the input does to the operation, in a word; `null` for values and the seed. */
  readonly relation: Relation | null
  /** Axes of the operation's result over which a part is summed, since the input was repeated along them. */
  readonly summedOver: readonly number[]
  /** Where several derivatives arrive at one node: how far the sum is with this part. */
  readonly sum: PartialSum | null
}

export interface PartialSum {
  /** The derivative that the parts add up to. */
  readonly left: Formula
  /** Which part this is, from 1, of how many. */
  readonly part: number
  readonly parts: number
  /** The sum without this part; `null` if it is the first. */
  readonly before: Numbers | null
  readonly after: Numbers
  /** The part has replaced the sum instead of being added: the pass is broken on purpose. */
  readonly overwrites: boolean
}

const unrelated = { relation: null, summedOver: [], sum: null }

const named = ({ id, title }: TraceNode): Named => ({ node: id, title })
const nodeMark = (node: TraceNode): Mark => ({ kind: 'node', ...named(node) })
const derivative = (of: string, by: string, part: number | null = null): Mark => ({
  kind: 'derivative',
  of,
  by,
  part,
})

/** `g = w × x = −2 × 5 = −10`. */
export function accountOfValue({ node, tensor }: TraceContext, id: string): StepAccount {
  const own = node(id)
  const inputs = own.inputs.map(node)
  const of = tensor.get(id)!
  const result = formatNumbers(own.value, own.shape)
  const written = writeOperation(
    of,
    inputs.map(({ value, shape }) => formatNumbers(value, shape)),
  )
  // Leave out what adds nothing: f = 2 + 3 of constants, −x at x = 2, or an array too long to be written out.
  const informative =
    inputs.some(({ name }) => name !== '') && written !== result && !written.includes('numbers')
  return {
    left: [nodeMark(own)],
    symbols: applied(of, inputs, nodeMark),
    numbers: informative
      ? applied(of, inputs, ({ id: input, value, shape }) => ({
          kind: 'number',
          value,
          shape,
          source: { of: 'value', node: input },
        }))
      : [],
    result: own.value,
    shape: own.shape,
    rule: [],
    ...unrelated,
  }
}

// Private-use characters stand for the inputs while the operation is written; the last of them marks a minus sign that is
// only there so that the input takes the parentheses of a negative number.
const place = (index: number) => String.fromCharCode(0xe000 + index)
const mostPlaces = 0x18fe

/** The operation applied to its inputs, each of them as a mark. */
function applied(tensor: Tensor, inputs: readonly TraceNode[], mark: (node: TraceNode) => Mark): Mark[] {
  const marks = inputs.slice(0, mostPlaces).map(mark)
  // Whether an input takes parentheses depends on its sign.
  const words = marks.map((one, index) =>
    operand(writeFormula([one])).startsWith('(') ? `−\uf8ff${place(index)}` : place(index),
  )
  const parts = writeOperation(tensor, words)
    .replaceAll('−\uf8ff', '')
    .split(/([\ue000-\uf8fe])/)
  return parts.flatMap((part): Mark[] => {
    const code = part.charCodeAt(0) - 0xe000
    return part === '' ? [] : code >= 0 && code <= mostPlaces ? [marks[code]!] : [text(part)]
  })
}

/** `∂f/∂f = 1`, or in forward mode `∂x/∂x = 1`. */
export function accountOfSeed({ node, target, along }: TraceContext, id: string): StepAccount {
  const own = node(id)
  const result = (along === null ? own.derivative : own.tangent)!
  return {
    left: [along === null ? derivative(target.title, target.title) : derivative(own.title, along)],
    symbols: [],
    numbers: [],
    result,
    shape: own.shape,
    rule: [],
    ...unrelated,
  }
}

/** `∂f/∂w = ∂f/∂g · ∂g/∂w = 1 · 5 = 5`: what arrives along one edge. */
export function accountOfPart(
  { node, tensor, target }: TraceContext,
  edge: TraceEdge,
  {
    parts,
    before,
    after,
    overwrites,
  }: { parts: number; before: Numbers | null; after: Numbers; overwrites: boolean },
): StepAccount {
  const [own, to] = [node(edge.from), node(edge.to)]
  const operation = tensor.get(to.id)!
  const inputs = to.inputs.map(node)
  const index = inputIndex(operation, edge)
  const summedOver = sumAxes(own.shape, to.shape, operation.op!.definition.broadcasts === true)
  const scalar = edge.local !== null
  const bare = ruleMarks(operation, index, named(to), inputs.map(named), scalar)
  const right = summedOver.length > 0 && bare.length > 0 ? [text('Σ '), ...bare] : bare
  const local = derivative(to.title, own.title, repetition(operation, index))
  const atTarget = to.id === target.id
  const partial = parts > 1 ? edge.part : null
  return {
    left: [derivative(target.title, own.title, partial)],
    symbols: scalar
      ? atTarget
        ? // ∂f/∂f is the seed, not a factor.
          right
        : [derivative(target.title, to.title), text(' · '), local]
      : right,
    numbers:
      scalar && !atTarget
        ? [
            ...numberMarks(edge.upstream!, to.shape, { of: 'derivative', node: to.id }, false),
            text(' · '),
            ...numberMarks(edge.local!, [], { of: 'local', edge: edge.id }, true),
          ]
        : [],
    result: edge.contribution!,
    shape: own.shape,
    rule:
      right.length === 0
        ? []
        : [scalar ? local : ({ kind: 'adjoint', ...named(own) } as const), text(' = '), ...right],
    relation: relationOf(operation, index, to.inputs),
    summedOver,
    sum:
      parts === 1
        ? null
        : { left: [derivative(target.title, own.title)], part: edge.part!, parts, before, after, overwrites },
  }
}

/** `∂f/∂x = ∂f/∂g · ∂g/∂x + ∂f/∂h · ∂h/∂x`: forward mode, all inputs of one node at once. */
export function accountOfTangent(
  { node, tensor, along, alongNode, edgesInto }: TraceContext,
  id: string,
): StepAccount {
  const own = node(id)
  const operation = tensor.get(id)!
  const inputs = own.inputs.map(node)
  const symbols: Mark[] = []
  const numbers: Mark[] = []
  const scalar = edgesInto(id).every(({ local, contribution }) => contribution === null || local !== null)
  for (const edge of edgesInto(id)) {
    if (edge.contribution === null) continue
    const from = node(edge.from)
    const local = derivative(own.title, from.title, null)
    if (symbols.length > 0) {
      symbols.push(text(' + '))
      numbers.push(text(' + '))
    }
    const rule = ruleMarks(
      operation,
      inputIndex(operation, edge),
      named(own),
      inputs.map(named),
      edge.local !== null,
    )
    // At the variable itself the tangent is the seed, not a factor.
    if (from.id === alongNode) symbols.push(...(rule.length > 0 ? rule : [local]))
    else symbols.push(local, text(' · '), derivative(from.title, along!))
    if (edge.local === null) continue
    const factor = numberMarks(edge.local, [], { of: 'local', edge: edge.id }, numbers.length > 0)
    if (from.id === alongNode) numbers.push(...factor)
    else
      numbers.push(
        ...factor,
        text(' · '),
        ...numberMarks(edge.upstream!, [], { of: 'tangent', node: from.id }, true),
      )
  }
  return {
    left: [derivative(own.title, along!)],
    symbols,
    numbers: scalar && numbers.length > 1 ? numbers : [],
    result: own.tangent!,
    shape: own.shape,
    rule: [],
    ...unrelated,
  }
}

/** One line: `(∂f/∂x)₁ = ∂f/∂g · ∂g/∂x = 1 · 3 = 3; ∂f/∂x so far: 1 + 3 = 4`. */
export function writeAccount({ left, symbols, numbers, result, shape, sum }: StepAccount): string {
  const amount = formatNumbers(result, shape)
  const sides = [left, symbols, numbers].map(writeFormula).filter((side) => side !== '')
  if (sides.at(-1) !== amount || sides.length === 1) sides.push(amount)
  const adjoint = symbols.find((mark) => mark.kind === 'adjoint')
  const of = left[0]!.kind === 'derivative' ? left[0]!.of : ''
  const meaning = adjoint ? `, with ${writeFormula([adjoint])} = ∂${of}/∂${adjoint.title}` : ''
  return `${sides.join(' = ')}${meaning}${sum === null ? '' : writeSum(sum, amount, shape)}`
}

function writeSum(
  { left, part, parts, before, after, overwrites }: PartialSum,
  amount: string,
  shape: Shape,
): string {
  if (before === null) return ''
  const whole = writeFormula(left)
  const write = (numbers: Numbers) => formatNumbers(numbers, shape)
  if (amount.includes('numbers'))
    return `; ${whole}${part === parts ? '' : ' so far'}: ${overwrites ? 'this part, which overwrites the one before' : `the sum of parts 1 to ${part}`}`
  if (overwrites) return `; ${whole} = ${write(after)}, which overwrites ${write(before)}`
  return `; ${whole} ${part === parts ? '=' : 'so far:'} ${write(before)} + ${operand(amount)} = ${write(after)}`
}

function inputIndex(tensor: Tensor, { input }: TraceEdge): number {
  const { inputs } = tensor.op!.definition
  return tensor.inputs.findIndex((_, index) => inputAt(inputs, index).label === input)
}

/** In x·x both inputs are x, and each has a local derivative of its own: which of them, from 1. */
function repetition({ inputs }: Tensor, index: number): number | null {
  const input = inputs[index]!
  if (inputs.indexOf(input) === inputs.lastIndexOf(input)) return null
  return inputs.slice(0, index + 1).filter((other) => other === input).length
}

/** The axes of `to` along which `from` was repeated by broadcasting. */
function sumAxes(from: Shape, to: Shape, broadcasts: boolean): number[] {
  if (!broadcasts) return []
  const missing = to.length - from.length
  return to.flatMap((size, axis) =>
    axis < missing || (from[axis - missing] === 1 && size !== 1) ? [axis] : [],
  )
}
