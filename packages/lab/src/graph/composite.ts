// Expands an operation into the chain of simpler ones it stands for.
import { byName, Tensor, topological, ValueError } from '@bp/core'
import type { Graph } from '@bp/expression'
import { identify } from './names.js'

/**
 * The same graph with one operation replaced by its decomposition: sigmoid becomes −x, exp, + 1 and 1 ÷ x. The
 * variables stay the same objects.
 * @param node The tensor, or its id in the trace of `graph`.
 * @throws ValueError for a node that is not in the graph or is already a basic operation.
 */
export function expandComposite(graph: Graph, node: Tensor | string): Graph {
  const identities = identify(graph)
  const composite =
    typeof node === 'string'
      ? [...identities].find(([, { id }]) => id === node)?.[0]
      : identities.has(node)
        ? node
        : undefined
  if (!composite) throw new ValueError(`expandComposite: ${node} is not a node of this graph`)
  const decompose = composite.op?.definition.decompose
  if (!decompose) {
    const { id } = identities.get(composite)!
    throw new ValueError(
      `expandComposite: ${id} is ${composite.op ? `${composite.op.name}, a basic operation` : 'not an operation'}; there is nothing to expand`,
    )
  }

  const order = topological([graph.output, ...graph.named.values()])
  const existing = new Set(order)
  const spans = new Map(graph.spans)
  const replaced = new Map<Tensor, Tensor>()
  for (const tensor of order) {
    const inputs = tensor.inputs.map((input) => replaced.get(input)!)
    if (tensor === composite) {
      const chain: Tensor = decompose(byName(tensor.op!.definition.inputs, inputs), tensor.attributes)
      const span = graph.spans.get(tensor)
      if (span) for (const part of topological([chain])) if (!existing.has(part)) spans.set(part, span)
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
  return {
    output: replaced.get(graph.output)!,
    outputName: graph.outputName,
    named: new Map([...graph.named].map(([name, tensor]) => [name, replaced.get(tensor)!])),
    variables: graph.variables,
    spans,
  }
}
