// Every value and derivative of a graph, and the steps that compute them, as plain data.
import {
  Constant,
  constant,
  evaluate,
  type GradientRule,
  gradients,
  inputAt,
  localProduct,
  nest,
  type Shape,
  type Tensor,
} from '@bp/core'
import type { Graph, Span } from '@bp/expression'
import { formatNumber } from '../format-number.js'
import { operand, writeOperation } from './describe.js'
import { identify } from './names.js'
import { addNumbers, everyNumber, formatNumbers, type Numbers } from './numbers.js'

export interface TraceNode {
  /** The name, or `#0`, `#1` … for a constant; it depends on the source, not on values. */
  readonly id: string
  /** The name in the source; for an unnamed operation the next free letter, from g on; empty for a constant. */
  readonly name: string
  /** What to call it in text: the name, or for a constant its label. */
  readonly title: string
  /** `f = g + b` for an operation, `w` for a variable, `2` for a constant. */
  readonly label: string
  /** `output` is the last operation; a program that is only a variable ends in a `variable`. */
  readonly kind: 'variable' | 'constant' | 'operation' | 'output'
  /** What to draw in the node: `×`, `σ`, the variable's name, the constant's number. */
  readonly symbol: string
  /** Name in the op table, or `null` for a variable or constant. */
  readonly op: string | null
  /** The op's formula, `y = a · b`; empty for a variable or constant. */
  readonly formula: string
  readonly shape: Shape
  readonly value: Numbers
  /** Derivative of the output with respect to this node; `null` for constants and where no derivative arrives. */
  readonly derivative: Numbers | null
  /** Ids of its inputs, in order; one may occur twice. */
  readonly inputs: readonly string[]
  /** Whether `expandComposite` can show it as a chain of simpler operations. */
  readonly expandable: boolean
  /** Where it is in the source; `null` if it is not written there. */
  readonly span: Span | null
}

export interface TraceEdge {
  readonly from: string
  readonly to: string
  /** Which input of `to` it is: `a`, `b`, `x`. */
  readonly input: string
  /** The derivative rule as mathematics, `ā = ȳ · b`; empty when no derivative flows here. */
  readonly rule: string
  /** Derivative of `to` with respect to this input alone; `null` for tensors, and where no derivative flows. */
  readonly local: number | null
  /** Derivative of the output with respect to `to`. */
  readonly upstream: Numbers | null
  /** What is passed on to `from`: local × upstream. `null` where no derivative flows. */
  readonly contribution: Numbers | null
}

export interface TraceStep {
  readonly phase: 'forward' | 'seed' | 'backward'
  /** The node that gets its value (forward) or its derivative (seed, backward). */
  readonly node: string
  /** The edge along which the derivative arrives, in the backward phase. */
  readonly edge?: TraceEdge
  /** One plain sentence: `g = w × x = −2 × 5 = −10`. */
  readonly text: string
  /** Seed and backward: the sum of what other uses of the node have sent; `null` if this is the first. */
  readonly accumulatorBefore?: Numbers | null
  /** Seed and backward: the sum with this contribution added. */
  readonly accumulatorAfter?: Numbers
}

export interface Trace {
  /** In forward order: inputs before what uses them. */
  readonly nodes: readonly TraceNode[]
  /** In the order of the nodes they lead to. */
  readonly edges: readonly TraceEdge[]
  readonly output: TraceNode
  readonly steps: readonly TraceStep[]
  /** Sentences about what the numbers do not show: where a NaN first appears, an output without a derivative. */
  readonly warnings: readonly string[]
}

/** One input of one operation. */
interface Link {
  readonly from: Tensor
  readonly to: Tensor
  readonly index: number
  readonly input: string
  /** `null` when no derivative flows here. */
  readonly rule: GradientRule<string, object> | null
}

/**
 * Computes every value and derivative of `graph`, and the steps of the forward and backward passes. An output that is
 * not a single number gets no derivatives, only a warning.
 */
export function trace(graph: Graph): Trace {
  const { output } = graph
  const identities = identify(graph)
  const order = [...identities.keys()]
  const idOf = (tensor: Tensor) => identities.get(tensor)!.id
  const links = order.flatMap(linksInto)

  const reached = output.size === 1 ? reachedByDerivative(output, order, links) : new Set<Tensor>()
  const flows = ({ from, to, rule }: Link) => rule !== null && reached.has(to) && reached.has(from)
  const derivativeNodes = new Map(zip([...reached], reached.size > 0 ? gradients(output, [...reached]) : []))
  const shares = links.map((link) =>
    flows(link) ? localProduct(link.to, link.index, derivativeNodes.get(link.to)!) : null,
  )
  const locals = links.map((link) =>
    flows(link) && link.from.rank === 0 && link.to.rank === 0
      ? localProduct(link.to, link.index, constant(1))
      : null,
  )
  const numbersOf = evaluateAll([...order, ...derivativeNodes.values(), ...shares, ...locals])
  const derivativeOf = (tensor: Tensor): Numbers | null => {
    const node = derivativeNodes.get(tensor)
    return node ? numbersOf(node) : null
  }

  const nodes = order.map((tensor): TraceNode => {
    const { id, name } = identities.get(tensor)!
    const value = numbersOf(tensor)
    const inputs = tensor.inputs.map(idOf)
    const common = {
      id,
      name,
      shape: tensor.shape,
      value,
      derivative: derivativeOf(tensor),
      inputs,
      span: graph.spans.get(tensor) ?? null,
    }
    if (!tensor.op) {
      const text = name || formatNumbers(value, tensor.shape)
      const kind = tensor instanceof Constant ? 'constant' : 'variable'
      return {
        ...common,
        title: text,
        label: text,
        kind,
        symbol: text,
        op: null,
        formula: '',
        expandable: false,
      }
    }
    const { symbol, formula, decompose } = tensor.op.definition
    const operands = tensor.inputs.map((input) => {
      const { name } = identities.get(input)!
      return name || formatNumbers(numbersOf(input), input.shape)
    })
    return {
      ...common,
      title: name,
      label: `${name} = ${writeOperation(tensor, operands)}`,
      kind: tensor === output ? 'output' : 'operation',
      symbol,
      op: tensor.op.name,
      formula,
      expandable: decompose !== undefined,
    }
  })
  const edges = links.map(
    (link, index): TraceEdge => ({
      from: idOf(link.from),
      to: idOf(link.to),
      input: link.input,
      rule: link.rule?.formula ?? '',
      local: locals[index] ? (numbersOf(locals[index]) as number) : null,
      upstream: derivativeOf(link.to),
      contribution: shares[index] ? numbersOf(shares[index]) : null,
    }),
  )

  const byId = new Map(nodes.map((node) => [node.id, node]))
  const outputNode = byId.get(idOf(output))!
  const steps = [
    ...order.filter(({ op }) => op).map((tensor) => forwardStep(tensor, byId.get(idOf(tensor))!, byId)),
    ...backwardSteps(outputNode, nodes, edges, byId),
  ]
  const blockers = links.filter(({ from, to, rule }) => !rule && reached.has(to) && !from.isConstant)
  return {
    nodes,
    edges,
    output: outputNode,
    steps,
    warnings: warningsAbout(
      nodes,
      steps,
      outputNode,
      blockers.map(({ to }) => to.op!.name),
    ),
  }
}

function linksInto(to: Tensor): Link[] {
  if (!to.op) return []
  const { inputs, vjp } = to.op.definition
  return to.inputs.map((from, index) => {
    const { name, label } = inputAt(inputs, index)
    return { from, to, index, input: label, rule: vjp[name] ?? null }
  })
}

/** The output and every tensor that its derivative reaches. */
function reachedByDerivative(output: Tensor, order: readonly Tensor[], links: readonly Link[]): Set<Tensor> {
  const reached = new Set([output])
  for (const { from, to, rule } of [...links].reverse())
    if (rule && reached.has(to) && !from.isConstant) reached.add(from)
  return new Set(order.filter((tensor) => reached.has(tensor)))
}

/** Evaluates all tensors at once and returns a function that looks up their numbers. */
function evaluateAll(tensors: readonly (Tensor | null)[]): (tensor: Tensor) => Numbers {
  const present = [...new Set(tensors.filter((tensor) => tensor !== null))]
  const numbers = new Map(
    zip(present, evaluate(present)).map(([tensor, data]) => [tensor, nest(data, tensor.shape)]),
  )
  return (tensor) => numbers.get(tensor)!
}

function zip<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.map((item, index) => [item, b[index]!])
}

type Nodes = ReadonlyMap<string, TraceNode>

function forwardStep(tensor: Tensor, node: TraceNode, byId: Nodes): TraceStep {
  const operands = node.inputs.map((id) => byId.get(id)!)
  const result = formatNumbers(node.value, node.shape)
  const computed = writeOperation(
    tensor,
    operands.map(({ value, shape }) => formatNumbers(value, shape)),
  )
  // Leave out what adds nothing: f = 2 + 3 of constants, −x at x = 2, or an array too long to be written out.
  const informative =
    operands.some(({ name }) => name !== '') && computed !== result && !computed.includes('numbers')
  return {
    phase: 'forward',
    node: node.id,
    text: `${node.label} = ${informative ? `${computed} = ` : ''}${result}`,
  }
}

function backwardSteps(
  output: TraceNode,
  nodes: readonly TraceNode[],
  edges: readonly TraceEdge[],
  byId: Nodes,
): TraceStep[] {
  if (output.derivative === null) return []
  const f = output.title
  const steps: TraceStep[] = [
    {
      phase: 'seed',
      node: output.id,
      text: `∂${f}/∂${f} = ${formatNumbers(output.derivative, output.shape)}`,
      accumulatorBefore: null,
      accumulatorAfter: output.derivative,
    },
  ]
  const incoming = new Map<string, TraceEdge[]>(nodes.map(({ id }) => [id, []]))
  const uses = new Map<string, number>()
  for (const edge of edges) {
    if (edge.contribution === null) continue
    incoming.get(edge.to)!.push(edge)
    uses.set(edge.from, (uses.get(edge.from) ?? 0) + 1)
  }
  const arrived = new Map<string, Numbers>()
  const counts = new Map<string, number>()
  for (const { id } of [...nodes].reverse())
    for (const edge of incoming.get(id)!) {
      const { contribution } = edge
      if (contribution === null) continue
      const node = byId.get(edge.from)!
      const before = arrived.get(edge.from) ?? null
      const part = (counts.get(edge.from) ?? 0) + 1
      const parts = uses.get(edge.from)!
      // The last sum is the derivative itself, so that the last step shows exactly what the node does.
      const after =
        part === parts ? node.derivative! : before === null ? contribution : addNumbers(before, contribution)
      arrived.set(edge.from, after)
      counts.set(edge.from, part)
      steps.push({
        phase: 'backward',
        node: edge.from,
        edge,
        text: describeContribution(f, edge, node, byId.get(edge.to)!, { part, parts, before, after }),
        accumulatorBefore: before,
        accumulatorAfter: after,
      })
    }
  return steps
}

interface Accumulation {
  readonly part: number
  readonly parts: number
  readonly before: Numbers | null
  readonly after: Numbers
}

function describeContribution(
  f: string,
  { local, upstream, contribution, input, rule }: TraceEdge,
  node: TraceNode,
  to: TraceNode,
  { part, parts, before, after }: Accumulation,
): string {
  const left = `∂${f}/∂${node.name}`
  const write = (numbers: Numbers) => formatNumbers(numbers, node.shape)
  const amount = write(contribution!)
  // In x·x both inputs are x; the input's own name tells the two local derivatives apart.
  const twice = to.inputs.filter((id) => id === node.id).length > 1 ? ` (${node.name} as ${input})` : ''
  const product =
    local === null
      ? `${amount}, from ∂${f}/∂${to.name} by ${rule}`
      : `∂${f}/∂${to.name} · ∂${to.name}/∂${node.name}${twice} = ${formatNumber(upstream as number)} × ${operand(formatNumber(local))} = ${amount}`
  if (parts === 1) return `${left} = ${product}`
  const sum = before === null ? '' : `; total ${write(before)} + ${operand(amount)} = ${write(after)}`
  return `${left}, term ${part} of ${parts}: ${product}${sum}`
}

function warningsAbout(
  nodes: readonly TraceNode[],
  steps: readonly TraceStep[],
  output: TraceNode,
  blockers: readonly string[],
): string[] {
  const warnings: string[] = []
  const f = output.title
  const finite = (numbers: Numbers) => everyNumber(numbers, Number.isFinite)
  const odd = nodes.find(({ value }) => !finite(value))
  if (odd) {
    const step = steps.find(({ phase, node }) => phase === 'forward' && node === odd.id)
    warnings.push(`${odd.title} is not a finite number: ${step?.text ?? odd.label}`)
  } else {
    const step = steps.find(
      ({ accumulatorAfter }) => accumulatorAfter !== undefined && !finite(accumulatorAfter),
    )
    if (step) warnings.push(`a derivative is not a finite number: ${step.text}`)
  }
  if (output.derivative === null)
    warnings.push(
      `${f} is an array of ${output.shape.join('×')}, so it has no single derivative; take sum(${f}) or mean(${f})`,
    )
  else
    for (const { kind, name, derivative } of nodes)
      if (kind === 'variable' && derivative === null)
        warnings.push(
          `no derivative reaches ${name}; none flows through ${[...new Set(blockers)].join(', ')}`,
        )
  return warnings
}
