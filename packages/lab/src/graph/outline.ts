// A graph as an indented list: the output first, under each node what it is computed from.
import type { Trace, TraceNode } from './trace.js'

export interface OutlineRow {
  readonly node: TraceNode
  /** 0 for the output. */
  readonly depth: number
  /** The node was listed above with its inputs; here it is only named. */
  readonly repeated: boolean
}

/** Every node once, and named again under each further use. */
export function outlineOf({ nodes, output }: Pick<Trace, 'nodes' | 'output'>): OutlineRow[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const rows: OutlineRow[] = []
  const listed = new Set<string>()
  // A stack of its own: a chain may be longer than that of calls.
  const stack = [{ id: output.id, depth: 0 }]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { id, depth } = next
    const node = byId.get(id)!
    const repeated = listed.has(id)
    rows.push({ node, depth, repeated })
    if (repeated) continue
    listed.add(id)
    for (const input of [...new Set(node.inputs)].reverse()) stack.push({ id: input, depth: depth + 1 })
  }
  return rows
}
