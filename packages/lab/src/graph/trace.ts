// Every value and derivative of a graph, and the steps that compute them, as plain data.
import {
  add,
  broadcastTo,
  Constant,
  constant,
  evaluate,
  type GradientRule,
  gradients,
  inputAt,
  localProduct,
  mul,
  nest,
  type Shape,
  sizeOf,
  sum,
  type Tensor,
  ValueError,
  variable,
} from '@bp/core/lean'
import { ruleOf, symbolOf } from '@bp/core/notation'
import type { Graph, Span } from '@bp/expression'
import {
  accountOfPart,
  accountOfSeed,
  accountOfTangent,
  accountOfValue,
  type StepAccount,
  writeAccount,
} from './account.js'
import type { OpenedGraph } from './composite.js'
import { writeOperation } from './describe.js'
import { type Formula, ruleMarks, type Source } from './formula.js'
import { identify, targetOf } from './names.js'
import { addNumbers, formatNumbers, type Numbers } from './numbers.js'
import { problemsOf, type TraceProblem, writeProblem } from './problems.js'

export interface TraceNode {
  /** The name, or `#0`, `#1` … for a constant; it depends on the source, not on values or on what is opened. */
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
  readonly shape: Shape
  readonly value: Numbers
  /** Derivative of the target with respect to this node; `null` for constants and where no derivative arrives. */
  readonly derivative: Numbers | null
  /** In forward mode: derivative of this node with respect to `Trace.along`; `null` if it does not depend on it. */
  readonly tangent: Numbers | null
  /** Ids of its inputs, in order; one may occur twice. */
  readonly inputs: readonly string[]
  /** Whether it can be opened into a chain of simpler operations. */
  readonly expandable: boolean
  /** Id of the innermost opened composite that it is a part of. */
  readonly composite: string | null
  /** Where it is in the source; `null` if it is not written there. */
  readonly span: Span | null
}

export interface TraceEdge {
  /** `w>g.a`: from, to and input. */
  readonly id: string
  readonly from: string
  readonly to: string
  /** Which input of `to` it is: `a`, `b`, `x`. */
  readonly input: string
  /** The derivative rule as mathematics, `ā = ȳ · b`; empty when no derivative flows here. */
  readonly rule: string
  /** Derivative of `to` with respect to this input alone; `null` for tensors, and where no derivative flows. */
  readonly local: number | null
  /** What arrives: the derivative of the target with respect to `to`; in forward mode, the tangent of `from`. */
  readonly upstream: Numbers | null
  /** What is passed on, upstream · local: to `from`, in forward mode to `to`. `null` where no derivative flows. */
  readonly contribution: Numbers | null
  /** Which use of `from` this is, from 1, in the order in which parts of its derivative arrive; `null` for the only one. */
  readonly part: number | null
}

export interface TraceStep {
  readonly phase: 'forward' | 'seed' | 'backward'
  /** The node that gets its value (forward) or its derivative (seed, backward). */
  readonly node: string
  /** The edge along which the derivative arrives, in the backward phase. */
  readonly edge?: TraceEdge
  /** One plain sentence: `g = w × x = −2 × 5 = −10`. */
  readonly text: string
  /** The same as data. */
  readonly account: StepAccount
  /** Forward mode: how the node's tangent follows from those of its inputs; `null` where it does not depend on `along`. */
  readonly tangent: StepAccount | null
  /** Seed and backward: the sum of what other uses of the node have sent; `null` if this is the first. */
  readonly accumulatorBefore?: Numbers | null
  /** Seed and backward: the sum with this contribution added. */
  readonly accumulatorAfter?: Numbers
}

/** An opened composite, drawn as a box around its nodes. */
export interface TraceComposite {
  /** Id of the node that it is when closed. */
  readonly id: string
  readonly op: string
  readonly symbol: string
  /** Ids of the nodes it stands for, in forward order. */
  readonly nodes: readonly string[]
  /** The opened composite around it. */
  readonly parent: string | null
  /** The factors of its derivative, from the back: L1, L2, L3; empty where it is not a chain of scalars. */
  readonly chain: readonly ChainFactor[]
  /** Its derivative by the rule of the closed composite; `null` where it has no chain. */
  readonly closed: { readonly rule: Formula; readonly local: number } | null
}

/** One edge of an opened composite. */
export interface ChainFactor {
  readonly edge: string
  /** The edge's local derivative. */
  readonly local: number
  /** The product of the local derivatives up to this one. */
  readonly product: number
}

/** A derivative that came out wrong because uses overwrote each other. */
export interface Overwritten {
  readonly node: string
  readonly wrong: Numbers
  readonly right: Numbers
}

export interface Trace {
  readonly mode: 'reverse' | 'forward'
  /** In forward order: inputs before what uses them. */
  readonly nodes: readonly TraceNode[]
  /** In the order of the nodes they lead to. */
  readonly edges: readonly TraceEdge[]
  readonly output: TraceNode
  /** What is differentiated; the output if nothing else is chosen. */
  readonly target: TraceNode
  /** Forward mode: what it differentiates by, `x` or `W[0,1]`; else `null`. */
  readonly along: string | null
  readonly steps: readonly TraceStep[]
  readonly composites: readonly TraceComposite[]
  /** With `broken`: the derivatives that are wrong, in the order of the nodes. */
  readonly overwritten: readonly Overwritten[]
  readonly problems: readonly TraceProblem[]
  /** The problems as English sentences. */
  readonly warnings: readonly string[]
}

export interface TraceOptions {
  /** Id of the node to differentiate, a single number; default the output. */
  readonly target?: string | null
  /** Default `reverse`. */
  readonly mode?: 'reverse' | 'forward'
  /** Forward mode: a variable, `w`, or an element of one, `W[0,1]`; default the first variable. */
  readonly along?: string | null
  /** Overwrite instead of adding where several derivatives arrive at one node; default false. */
  readonly broken?: boolean
}

/** One input of one operation. */
interface Link {
  readonly from: Tensor
  readonly to: Tensor
  readonly index: number
  readonly input: string
  /** `null` when no derivative flows here. */
  readonly rule: GradientRule<string, object> | null
  /** The rule as mathematics. */
  readonly written: string
}

/**
 * Computes every value and derivative of `graph`, and the steps of the forward and backward passes. A target that is
 * not a single number gets no derivatives, only a problem.
 * @throws ValueError for a target or direction that is not in the graph.
 */
export function trace(
  graph: Graph | OpenedGraph,
  { target: targetId = null, mode = 'reverse', along = null, broken = false }: TraceOptions = {},
): Trace {
  const { output } = graph
  const identities = identify(graph)
  const order = [...identities.keys()]
  const idOf = (tensor: Tensor) => identities.get(tensor)!.id
  const target = targetOf('trace', graph, targetId)
  const links = new Map(order.map((tensor) => [tensor, linksInto(tensor)]))
  const all = order.flatMap((tensor) => links.get(tensor)!)

  const backward = mode === 'reverse' && target.size === 1 ? sendBack(target, order, links, broken) : nothing
  const right =
    broken && mode === 'reverse' && target.size === 1 ? sendBack(target, order, links, false) : backward
  const direction = mode === 'forward' ? readDirection(graph, along) : null
  const { tangents, terms } = direction ? sendForward(direction, order, links) : noTangents
  const flows = (link: Link) => backward.shares.has(link) || terms.has(link)
  const locals = new Map<Link, Tensor>()
  for (const link of all)
    if (flows(link) && link.from.rank === 0 && link.to.rank === 0)
      locals.set(link, localProduct(link.to, link.index, constant(1))!)

  const opened = 'composites' in graph ? graph.composites : []
  const closedLocals = new Map<string, Tensor>()
  for (const { id, tensor } of opened) {
    const local =
      tensor.inputs.length === 1 && tensor.rank === 0 ? localProduct(tensor, 0, constant(1)) : null
    if (local) closedLocals.set(id, local)
  }

  const numbersOf = evaluateAll([
    ...order,
    ...backward.derivatives.values(),
    ...backward.shares.values(),
    ...(right === backward ? [] : right.derivatives.values()),
    ...tangents.values(),
    ...terms.values(),
    ...locals.values(),
    ...closedLocals.values(),
  ])
  const numbersIn = (among: ReadonlyMap<Tensor, Tensor>, tensor: Tensor): Numbers | null => {
    const node = among.get(tensor)
    return node ? numbersOf(node) : null
  }

  const composite = new Map<string, string>()
  for (const { id, nodes } of opened) for (const node of nodes) composite.set(node, id)
  const nodes = order.map((tensor): TraceNode => {
    const { id, name } = identities.get(tensor)!
    const value = numbersOf(tensor)
    const common = {
      id,
      name,
      shape: tensor.shape,
      value,
      derivative: numbersIn(backward.derivatives, tensor),
      tangent: numbersIn(tangents, tensor),
      inputs: tensor.inputs.map(idOf),
      composite: composite.get(id) ?? null,
      span: graph.spans.get(tensor) ?? null,
    }
    if (!tensor.op) {
      const title = name || formatNumbers(value, tensor.shape)
      const kind = tensor instanceof Constant ? 'constant' : 'variable'
      return { ...common, title, label: title, kind, symbol: title, op: null, expandable: false }
    }
    const operands = tensor.inputs.map(
      (input) => identities.get(input)!.name || formatNumbers(numbersOf(input), input.shape),
    )
    return {
      ...common,
      title: name,
      label: `${name} = ${writeOperation(tensor, operands)}`,
      kind: tensor === output ? 'output' : 'operation',
      symbol: symbolOf(tensor.op),
      op: tensor.op.name,
      expandable: tensor.op.definition.decompose !== undefined && !opened.some((other) => other.id === id),
    }
  })
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const nodeOf = (tensor: Tensor) => byId.get(idOf(tensor))!

  const edges = new Map<Link, TraceEdge>()
  for (const link of all) {
    const [from, to] = [idOf(link.from), idOf(link.to)]
    const local = locals.get(link)
    const sent = backward.shares.get(link) ?? terms.get(link)
    edges.set(link, {
      id: `${from}>${to}.${link.input}`,
      from,
      to,
      input: link.input,
      rule: link.written,
      local: local ? (numbersOf(local) as number) : null,
      upstream: direction ? nodeOf(link.from).tangent : nodeOf(link.to).derivative,
      contribution: sent ? numbersOf(sent) : null,
      part: backward.parts.get(link) ?? null,
    })
  }

  const context: TraceContext = {
    node: (id) => byId.get(id)!,
    tensor: new Map(order.map((tensor) => [idOf(tensor), tensor])),
    target: nodeOf(target),
    along: direction?.title ?? null,
    alongNode: direction ? idOf(direction.variable) : null,
    edgesInto: (id) => links.get(context.tensor.get(id)!)!.map((link) => edges.get(link)!),
  }
  const edgeById = new Map([...edges.values()].map((edge) => [edge.id, edge]))
  const steps: TraceStep[] = []
  if (direction)
    steps.push(
      new Step(context, {
        phase: 'seed',
        node: idOf(direction.variable),
        accumulatorAfter: nodeOf(direction.variable).tangent!,
      }),
    )
  for (const tensor of order)
    if (tensor.op) steps.push(new Step(context, { phase: 'forward', node: idOf(tensor) }))
  const targetNode = nodeOf(target)
  if (targetNode.derivative !== null)
    steps.push(
      new Step(context, {
        phase: 'seed',
        node: targetNode.id,
        accumulatorBefore: null,
        accumulatorAfter: targetNode.derivative,
      }),
    )
  const arrived = new Map<Tensor, Numbers>()
  for (const link of backward.shares.keys()) {
    const edge = edges.get(link)!
    const before = arrived.get(link.from) ?? null
    const { parts } = backward.counts.get(link.from)!
    // The last sum is the derivative itself, so that the last step shows exactly what the node does.
    const after =
      parts === (edge.part ?? 1)
        ? nodeOf(link.from).derivative!
        : before === null || broken
          ? edge.contribution!
          : addNumbers(before, edge.contribution!)
    arrived.set(link.from, after)
    steps.push(
      new Step(context, {
        phase: 'backward',
        node: edge.from,
        edge,
        parts,
        overwrites: broken && before !== null,
        accumulatorBefore: before,
        accumulatorAfter: after,
      }),
    )
  }

  const traced = {
    mode,
    nodes,
    edges: [...edges.values()],
    output: nodeOf(output),
    target: targetNode,
    along: direction?.title ?? null,
    steps,
    composites: opened.map(({ id, tensor, nodes: inside, parent }) => {
      const chain = chainOf(id, new Set(inside), context.edgesInto)
      const local = closedLocals.get(id)
      const input = chain.length > 0 && local ? edgeById.get(chain.at(-1)!.edge)!.from : null
      return {
        id,
        op: tensor.op!.name,
        symbol: symbolOf(tensor.op!),
        nodes: inside,
        parent,
        chain,
        closed:
          input === null
            ? null
            : {
                rule: ruleMarks(
                  tensor,
                  0,
                  { node: id, title: context.node(id).title },
                  [{ node: input, title: context.node(input).title }],
                  true,
                ),
                local: numbersOf(local!) as number,
              },
      }
    }),
    overwritten:
      right === backward
        ? []
        : order.flatMap((tensor) => {
            const [wrong, correct] = [nodeOf(tensor).derivative, numbersIn(right.derivatives, tensor)]
            return wrong === null || correct === null || same(wrong, correct)
              ? []
              : [{ node: idOf(tensor), wrong, right: correct }]
          }),
  }
  const blockers = all.filter(
    ({ from, to, rule }) => !rule && backward.derivatives.has(to) && !from.isConstant,
  )
  const problems = problemsOf(traced, [...new Set(blockers.map(({ to }) => to.op!.name))])
  return { ...traced, problems, warnings: problems.map((problem) => writeProblem(traced, problem)) }
}

/** What accounts of steps are made from. */
export interface TraceContext {
  readonly node: (id: string) => TraceNode
  readonly tensor: ReadonlyMap<string, Tensor>
  readonly target: TraceNode
  readonly along: string | null
  readonly alongNode: string | null
  readonly edgesInto: (id: string) => readonly TraceEdge[]
}

interface StepFields {
  readonly phase: TraceStep['phase']
  readonly node: string
  readonly edge?: TraceEdge
  readonly parts?: number
  readonly overwrites?: boolean
  readonly accumulatorBefore?: Numbers | null
  readonly accumulatorAfter?: Numbers
}

/** Accounts are made when they are looked at: a long graph has thousands of steps, of which a page shows one. */
class Step implements TraceStep {
  readonly phase: TraceStep['phase']
  readonly node: string
  declare readonly edge?: TraceEdge
  declare readonly accumulatorBefore?: Numbers | null
  declare readonly accumulatorAfter?: Numbers
  readonly #context: TraceContext
  readonly #parts: number
  readonly #overwrites: boolean
  #account: StepAccount | undefined

  constructor(context: TraceContext, { parts = 1, overwrites = false, ...fields }: StepFields) {
    this.#context = context
    this.#parts = parts
    this.#overwrites = overwrites
    this.phase = fields.phase
    this.node = fields.node
    Object.assign(this, fields)
  }

  get account(): StepAccount {
    this.#account ??= this.#makeAccount()
    return this.#account
  }

  #makeAccount(): StepAccount {
    const context = this.#context
    if (this.phase === 'forward') return accountOfValue(context, this.node)
    if (this.phase === 'seed') return accountOfSeed(context, this.node)
    return accountOfPart(context, this.edge!, {
      parts: this.#parts,
      before: this.accumulatorBefore!,
      after: this.accumulatorAfter!,
      overwrites: this.#overwrites,
    })
  }

  get tangent(): StepAccount | null {
    const context = this.#context
    if (context.along === null || this.phase !== 'forward' || context.node(this.node).tangent === null)
      return null
    return accountOfTangent(context, this.node)
  }

  get text(): string {
    const tangent = this.tangent
    return `${writeAccount(this.account)}${tangent ? `; ${writeAccount(tangent)}` : ''}`
  }
}

/**
 * How many steps must be done for a number to be known: 0 for the value of a variable, `null` if no step makes it.
 */
export function stepOf({ steps, nodes, mode }: Trace, source: Source): number | null {
  if ('edge' in source) {
    const { edge: id } = source
    const at = steps.findIndex(({ phase, node, edge }) =>
      mode === 'reverse' ? edge?.id === id : phase === 'forward' && id.includes(`>${node}.`),
    )
    return at < 0 ? null : at + 1
  }
  const { of, node: id } = source
  const made = (step: TraceStep) =>
    step.node === id &&
    (of === 'value' ? step.phase === 'forward' : of === 'derivative' ? step.phase !== 'forward' : true)
  const at = of === 'derivative' ? steps.findLastIndex(made) : steps.findIndex(made)
  if (at >= 0) return at + 1
  return of === 'value' && nodes.some((node) => node.id === id && node.op === null) ? 0 : null
}

/** Steps done after the next one that touches a node with a breakpoint; all steps if there is none. */
export function nextBreak({ steps }: Trace, position: number, breakpoints: readonly string[]): number {
  const stops = new Set(breakpoints)
  const at = steps.findIndex(
    ({ node, edge }, index) =>
      index >= position && (stops.has(node) || (edge !== undefined && stops.has(edge.to))),
  )
  return at < 0 ? steps.length : at + 1
}

/** Where the next phase begins, else the end. */
export function nextPhase({ steps }: Pick<Trace, 'steps'>, position: number): number {
  const phase = steps[position]?.phase
  const index = steps.findIndex((step, at) => at > position && step.phase !== phase)
  return index < 0 ? steps.length : index
}

/** What reverse mode and forward mode cost on a graph. */
export interface Sweeps {
  /** One sweep gives the derivatives by all variables. */
  readonly reverse: { readonly sweeps: number; readonly products: number }
  /** One sweep for each number in the variables. */
  readonly forward: { readonly sweeps: number; readonly products: number }
}

/** Sweeps, and products upstream · local in them; a factor of 1 at the seed is not counted. */
export function countSweeps(graph: Graph | OpenedGraph, targetId: string | null = null): Sweeps {
  const identities = identify(graph)
  const order = [...identities.keys()]
  const target = targetOf('countSweeps', graph, targetId)
  const links = order.flatMap(linksInto).filter(({ rule, from }) => rule && !from.isConstant)
  const reached = new Set([target])
  let products = 0
  for (const { from, to } of [...links].reverse())
    if (reached.has(to)) {
      reached.add(from)
      if (to !== target) products++
    }
  const forward = { sweeps: 0, products: 0 }
  for (const start of graph.variables.values()) {
    if (!identities.has(start)) continue
    const touched = new Set<Tensor>([start])
    let count = 0
    for (const { from, to } of links)
      if (touched.has(from) && reached.has(to)) {
        touched.add(to)
        if (from !== start) count++
      }
    forward.sweeps += start.size
    forward.products += count * start.size
  }
  return { reverse: { sweeps: 1, products }, forward }
}

function linksInto(to: Tensor): Link[] {
  const { op } = to
  if (!op) return []
  const { inputs, vjp } = op.definition
  return to.inputs.map((from, index) => {
    const { name, label } = inputAt(inputs, index)
    return { from, to, index, input: label, rule: vjp[name] ?? null, written: ruleOf(op, name) ?? '' }
  })
}

interface Backward {
  readonly derivatives: ReadonlyMap<Tensor, Tensor>
  /** What each link passes back, in the order of the steps. */
  readonly shares: ReadonlyMap<Link, Tensor>
  /** Which part of its source's derivative a link carries, where there are several. */
  readonly parts: ReadonlyMap<Link, number>
  readonly counts: ReadonlyMap<Tensor, { readonly parts: number }>
}

const nothing: Backward = { derivatives: new Map(), shares: new Map(), parts: new Map(), counts: new Map() }

/** The backward pass as tensors, in the order in which the core does it: the sums are the same to the bit. */
function sendBack(
  target: Tensor,
  order: readonly Tensor[],
  links: ReadonlyMap<Tensor, readonly Link[]>,
  broken: boolean,
): Backward {
  const one = constant(1, target.dtype === 'f64' ? { dtype: 'f64' } : {})
  const derivatives = new Map<Tensor, Tensor>()
  const shares = new Map<Link, Tensor>()
  const arrived = new Map<Tensor, { links: Link[]; shares: Tensor[] }>()
  arrived.set(target, { links: [], shares: [target.rank === 0 ? one : broadcastTo(one, target.shape)] })
  for (const tensor of order.toReversed()) {
    const own = arrived.get(tensor)
    if (!own) continue
    const derivative = broken ? own.shares.at(-1)! : own.shares.reduce((total, share) => add(total, share))
    derivatives.set(tensor, derivative)
    for (const link of links.get(tensor)!) {
      const share = link.rule && !link.from.isConstant ? localProduct(link.to, link.index, derivative) : null
      if (!share) continue
      shares.set(link, share)
      const before = arrived.get(link.from)
      if (before) {
        before.shares.push(share)
        before.links.push(link)
      } else arrived.set(link.from, { shares: [share], links: [link] })
    }
  }
  const parts = new Map<Link, number>()
  const counts = new Map<Tensor, { parts: number }>()
  for (const [tensor, own] of arrived) {
    counts.set(tensor, { parts: own.links.length })
    if (own.links.length > 1) for (const [at, link] of own.links.entries()) parts.set(link, at + 1)
  }
  return { derivatives, shares, parts, counts }
}

interface Direction {
  readonly variable: Tensor
  readonly title: string
  /** Row-major index of the element that moves. */
  readonly element: number
}

function readDirection({ variables }: Graph, along: string | null): Direction {
  const wanted = along ?? variables.keys().next().value ?? ''
  const [, name, inside] = variables.has(wanted)
    ? [wanted, wanted]
    : (/^(.*)\[([\d,\s]*)\]$/.exec(wanted) ?? [])
  const moved = variables.get(name ?? '')
  if (!moved)
    throw new ValueError(
      `trace: there is no variable ${along ?? ''} to differentiate by; the variables are ${[...variables.keys()].join(', ')}`,
    )
  const { shape } = moved
  const at =
    inside === undefined
      ? shape.map(() => 0)
      : inside
          .split(',')
          .filter((part) => part.trim() !== '')
          .map(Number)
  if (at.length !== shape.length || at.some((index, axis) => index >= shape[axis]!))
    throw new ValueError(
      `trace: ${along} is not an element of ${name}, which is ${shape.join('×') || 'a number'}`,
    )
  return {
    variable: moved,
    title: shape.length === 0 ? name! : `${name}[${at.join(',')}]`,
    element: at.reduce((index, position, axis) => index * shape[axis]! + position, 0),
  }
}

const noTangents = { tangents: new Map<Tensor, Tensor>(), terms: new Map<Link, Tensor>() }

/** Forward mode as tensors: what each link adds to the tangent of the node it leads to, and the sums. */
function sendForward(
  { variable: start, element }: Direction,
  order: readonly Tensor[],
  links: ReadonlyMap<Tensor, readonly Link[]>,
): { tangents: Map<Tensor, Tensor>; terms: Map<Link, Tensor> } {
  const seed = new Float64Array(sizeOf(start.shape))
  seed[element] = 1
  const tangents = new Map<Tensor, Tensor>([
    [start, constant(seed, { shape: start.shape, dtype: start.dtype ?? 'f64' })],
  ])
  const terms = new Map<Link, Tensor>()
  for (const tensor of order) {
    const own: Tensor[] = []
    for (const link of links.get(tensor)!) {
      const arriving = tangents.get(link.from)
      if (!arriving || !link.rule) continue
      const term = jacobianProduct(link, arriving)
      terms.set(link, term)
      own.push(term)
    }
    if (own.length > 0)
      tangents.set(
        tensor,
        own.reduce((total, term) => add(total, term)),
      )
  }
  return { tangents, terms }
}

/** The Jacobian of the link's target by its source, times a tangent of the source. */
function jacobianProduct({ to, from, index }: Link, tangent: Tensor): Tensor {
  if (to.rank === 0 && from.rank === 0) return mul(localProduct(to, index, constant(1))!, tangent)
  // What is passed back, u · J, is linear in u; its derivative by u in the direction of the tangent is J · tangent.
  const u = variable(new Float64Array(to.size), { shape: to.shape, dtype: to.dtype ?? 'f64' })
  return gradients(sum(mul(localProduct(to, index, u)!, tangent)), [u])[0]
}

/** The factors from the back of an opened composite to its front; none if it branches or holds arrays. */
function chainOf(
  id: string,
  inside: ReadonlySet<string>,
  edgesInto: TraceContext['edgesInto'],
): ChainFactor[] {
  const chain: ChainFactor[] = []
  let product = 1
  for (let node = id; inside.has(node); ) {
    const [edge, ...others] = edgesInto(node).filter(({ contribution }) => contribution !== null)
    if (!edge || edge.local === null || others.length > 0) return []
    product *= edge.local
    chain.push({ edge: edge.id, local: edge.local, product })
    node = edge.from
  }
  return chain
}

/** Evaluates all tensors at once and returns a function that looks up their numbers. */
function evaluateAll(tensors: readonly Tensor[]): (tensor: Tensor) => Numbers {
  const present = [...new Set(tensors)]
  const results = evaluate(present)
  const numbers = new Map(present.map((tensor, index) => [tensor, nest(results[index]!, tensor.shape)]))
  return (tensor) => numbers.get(tensor)!
}

function same(a: Numbers, b: Numbers): boolean {
  if (typeof a === 'number') return Object.is(a, b)
  return a.every((entry, index) => same(entry, (b as readonly Numbers[])[index]!))
}
