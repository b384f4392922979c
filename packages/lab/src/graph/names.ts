// Gives every node of a graph a name and an id that stay the same whatever is opened and whatever the values are.
import { Constant, type Tensor, topological, ValueError } from '@bp/core/lean'
import type { Graph } from '@bp/expression'

export interface Identity {
  readonly id: string
  /** Empty for a constant without a name. */
  readonly name: string
}

/** A graph whose nodes have their identities already: one with opened composites. */
export interface IdentifiedGraph extends Graph {
  readonly identities: ReadonlyMap<Tensor, Identity>
}

// In the lecture, the node between the variables and f is called g.
const letters = ['g', 'h', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'u', 'v']

/** The nodes that the output depends on, in forward order, each with its name. */
export function identify(graph: Graph | IdentifiedGraph): ReadonlyMap<Tensor, Identity> {
  if ('identities' in graph) return graph.identities
  const nodes = topological([graph.output])
  const names = new Map<Tensor, string>()
  const taken = new Set<string>()
  const give = (tensor: Tensor, name: string) => {
    if (name === '' || names.has(tensor) || taken.has(name)) return
    names.set(tensor, name)
    taken.add(name)
  }
  // A name of the source is never given to another node, even if its own node is not part of the graph.
  if (graph.output.op) give(graph.output, graph.outputName)
  for (const [name, tensor] of graph.named) give(tensor, name)
  for (const name of graph.named.keys()) taken.add(name)
  for (const tensor of nodes) give(tensor, tensor.name)

  const free = freeNames(taken)
  let constants = 0
  return new Map(
    nodes.map((tensor) => {
      if (tensor instanceof Constant && !names.has(tensor))
        return [tensor, { id: `#${constants++}`, name: '' }]
      const name = names.get(tensor) ?? (free.next().value as string)
      return [tensor, { id: name, name }]
    }),
  )
}

/**
 * The node that is differentiated, by its id; `null` is the output.
 * @throws ValueError for an id that is not in the graph.
 */
export function targetOf(caller: string, graph: Graph | IdentifiedGraph, id: string | null): Tensor {
  if (id === null) return graph.output
  for (const [tensor, identity] of identify(graph)) if (identity.id === id) return tensor
  throw new ValueError(`${caller}: there is no node ${id} in this graph`)
}

function* freeNames(taken: ReadonlySet<string>): Generator<string> {
  for (const letter of letters) if (!taken.has(letter)) yield letter
  for (let number = 1; ; number++) if (!taken.has(`g${number}`)) yield `g${number}`
}

/** Names for the nodes inside the composite `id`: `y₁`, `y₂`, …; its constants are `y#0`, `y#1`, … */
export function* namesInside(id: string, taken: ReadonlySet<string>): Generator<string> {
  for (let number = 1; ; number++) {
    const name = `${id}${subscript(number)}`
    if (!taken.has(name)) yield name
  }
}

/** `₁₂` for 12. */
export function subscript(number: number): string {
  return String(number).replace(/\d/g, (digit) => String.fromCodePoint(0x2080 + Number(digit)))
}
