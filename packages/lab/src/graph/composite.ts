// Opens composite operations: shows the chain of simpler ones that each stands for.
import { byName, Constant, Tensor, topological, ValueError } from '@bp/core/lean'
import type { Graph } from '@bp/expression'
import { type IdentifiedGraph, type Identity, identify, namesInside } from './names.js'

/** An opened composite. */
export interface OpenedComposite {
  /** Id of the node that it is when closed; opened, the last node of the chain has it. */
  readonly id: string
  /** The composite itself: its operation, inputs and attributes. */
  readonly tensor: Tensor
  /** Ids of the operations and constants it stands for, in forward order, the last with its own id. */
  readonly nodes: readonly string[]
  /** Id of the opened composite that it is a part of. */
  readonly parent: string | null
}

export interface OpenedGraph extends IdentifiedGraph {
  /** In the order in which they were opened: an outer one before those inside it. */
  readonly composites: readonly OpenedComposite[]
}

/**
 * The same graph with some composites opened: sigmoid becomes −x, exp, + 1 and 1 ÷ x. Variables stay the same objects,
 * and every other node keeps its id, so that each can be opened and closed by itself. Ids that are not, or no longer,
 * those of composites have no effect: a source may change under what was opened.
 */
export function openComposites(graph: Graph, ids: Iterable<string>): OpenedGraph {
  const waiting = new Set(ids)
  let opened: OpenedGraph = { ...graph, identities: identify(graph), composites: [] }
  // What is inside a composite appears when it opens.
  for (let found = true; found; ) {
    found = false
    for (const [tensor, { id }] of opened.identities)
      if (waiting.has(id) && tensor.op?.definition.decompose) {
        waiting.delete(id)
        opened = expandComposite(opened, id)
        found = true
        break
      }
  }
  return opened
}

/**
 * The graph with one more composite opened.
 * @param node The tensor, or its id in the trace of `graph`.
 * @throws ValueError for a node that is not in the graph or is already a basic operation.
 */
export function expandComposite(graph: Graph | OpenedGraph, node: Tensor | string): OpenedGraph {
  const identities = identify(graph)
  const composite =
    typeof node === 'string'
      ? [...identities].find(([, { id }]) => id === node)?.[0]
      : identities.has(node)
        ? node
        : undefined
  if (!composite) throw new ValueError(`expandComposite: ${node} is not a node of this graph`)
  const { id } = identities.get(composite)!
  const decompose = composite.op?.definition.decompose
  if (!decompose)
    throw new ValueError(
      `expandComposite: ${id} is ${composite.op ? `${composite.op.name}, a basic operation` : 'not an operation'}; there is nothing to expand`,
    )

  const order = topological([graph.output, ...graph.named.values()])
  const existing = new Set(order)
  const spans = new Map(graph.spans)
  const replaced = new Map<Tensor, Tensor>()
  let inside: Tensor[] = []
  for (const tensor of order) {
    const inputs = tensor.inputs.map((input) => replaced.get(input)!)
    if (tensor === composite) {
      const chain: Tensor = decompose(byName(tensor.op!.definition.inputs, inputs), tensor.attributes)
      const span = graph.spans.get(tensor)
      inside = topological([chain], (part) => existing.has(part)).filter((part) => !existing.has(part))
      if (span) for (const part of inside) spans.set(part, span)
      replaced.set(tensor, chain)
    } else if (inputs.some((input, index) => input !== tensor.inputs[index])) {
      const { op, attributes, shape, name } = tensor
      const copy = new Tensor({ op: op!, inputs, attributes, shape, name })
      const span = graph.spans.get(tensor)
      if (span) spans.set(copy, span)
      existing.add(copy)
      replaced.set(tensor, copy)
    } else replaced.set(tensor, tensor)
  }

  const output = replaced.get(graph.output)!
  const last = replaced.get(composite)!
  const known = new Map<Tensor, Identity>()
  for (const [tensor, identity] of identities) {
    const now = replaced.get(tensor)!
    // A decomposition may be an input itself, which keeps its own name.
    if (!known.has(now)) known.set(now, identity)
  }
  const taken = new Set([...known.values(), ...identities.values()].map((identity) => identity.id))
  for (const name of graph.named.keys()) taken.add(name)
  const names = namesInside(id, taken)
  let constants = 0
  for (const part of inside) {
    if (part === last) continue
    const name = part instanceof Constant ? '' : (names.next().value as string)
    known.set(part, { id: name || `${id}#${constants++}`, name })
  }
  const inner = inside.map((part) => known.get(part)!.id)
  const before = 'composites' in graph ? graph.composites : []
  const parent = before.findLast(({ nodes }) => nodes.includes(id))
  return {
    output,
    outputName: graph.outputName,
    named: new Map([...graph.named].map(([name, tensor]) => [name, replaced.get(tensor)!])),
    variables: graph.variables,
    spans,
    identities: new Map(topological([output]).map((tensor) => [tensor, known.get(tensor)!])),
    composites: [
      ...before.map((other) =>
        other.nodes.includes(id)
          ? { ...other, nodes: other.nodes.flatMap((one) => (one === id ? inner : [one])) }
          : other,
      ),
      // A decomposition may be nothing but an input.
      ...(inner.length > 0 ? [{ id, tensor: composite, nodes: inner, parent: parent?.id ?? null }] : []),
    ],
  }
}
