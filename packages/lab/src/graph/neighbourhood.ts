// The part of a graph around one node, for a picture of a graph that is too large to be drawn whole.
import type { LayoutGraph } from './layout.js'

export interface Neighbourhood extends LayoutGraph {
  /** Of each node, how many of its inputs and uses are not part of it. */
  readonly hidden: ReadonlyMap<string, { readonly inputs: number; readonly uses: number }>
}

/**
 * The graph, or, if it has more than `most` nodes, those nearest to `focus`: by the number of edges, inputs before uses,
 * and in the order of the graph. Opened composites of a part have no box of their own.
 */
export function neighbourhoodOf(
  { nodes, edges, composites }: LayoutGraph,
  focus: string,
  most: number,
): Neighbourhood {
  if (nodes.length <= most)
    return {
      nodes,
      edges,
      composites,
      hidden: new Map(nodes.map(({ id }) => [id, { inputs: 0, uses: 0 }])),
    }
  const inputs = new Map<string, string[]>(nodes.map(({ id }) => [id, []]))
  const uses = new Map<string, string[]>(nodes.map(({ id }) => [id, []]))
  for (const { from, to } of edges) {
    inputs.get(to)!.push(from)
    uses.get(from)!.push(to)
  }
  const chosen = new Set([inputs.has(focus) ? focus : nodes.at(-1)!.id])
  // Breadth first; a set that grows is visited in the order in which it grew.
  for (const id of chosen)
    for (const next of [...inputs.get(id)!, ...uses.get(id)!]) if (chosen.size < most) chosen.add(next)
  const outside = (ids: readonly string[]) => new Set(ids.filter((id) => !chosen.has(id))).size
  return {
    nodes: nodes.filter(({ id }) => chosen.has(id)).map((node) => ({ ...node, composite: null })),
    edges: edges.filter(({ from, to }) => chosen.has(from) && chosen.has(to)),
    composites: [],
    hidden: new Map(
      [...chosen].map((id) => [id, { inputs: outside(inputs.get(id)!), uses: outside(uses.get(id)!) }]),
    ),
  }
}
