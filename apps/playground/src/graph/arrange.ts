// tmp
import { layout as old, type Trace } from '@bp/lab'
export function layout(
  trace: Trace,
  {
    nodeSize,
    labelSize,
  }: {
    nodeSize: (id: string) => { width: number; height: number }
    labelSize: (id: string) => { width: number; height: number }
  },
) {
  const sizes = trace.nodes.map(({ id }) => nodeSize(id))
  const w = Math.max(...sizes.map(({ width }) => width)),
    h = Math.max(...sizes.map(({ height }) => height))
  const { width, height, nodes, edges } = old(trace, { nodeWidth: w, nodeHeight: h })
  const boxes = nodes.map((n, i) => ({
    id: n.id,
    x: n.x + (w - sizes[i]!.width) / 2,
    y: n.y + (h - sizes[i]!.height) / 2,
    ...sizes[i]!,
  }))
  return {
    width,
    height,
    nodes: boxes,
    edges: edges.map((e, i) => {
      const a = nodes.find((n) => n.id === e.from)!,
        b = nodes.find((n) => n.id === e.to)!
      const from = { x: a.x + w / 2 + 34, y: a.y + h / 2 },
        to = { x: b.x + w / 2 - 34, y: e.points.at(-1)!.y * 0.3 + (b.y + h / 2) * 0.7 }
      const s = labelSize(trace.edges[i]!.id)
      return {
        from: e.from,
        to: e.to,
        points: [from, ...e.points.slice(1, -2), to],
        label: { x: to.x - s.width - 14, y: (to.y + e.points.at(-2)!.y) / 2 - s.height / 2, ...s },
      }
    }),
    groups: trace.composites.map(({ id, nodes: inside }) => {
      const b = boxes.filter((n) => inside.includes(n.id))
      const x = Math.min(...b.map((n) => n.x)) - 10,
        y = Math.min(...b.map((n) => n.y)) - 30
      return {
        id,
        x,
        y,
        width: Math.max(...b.map((n) => n.x + n.width)) + 10 - x,
        height: Math.max(...b.map((n) => n.y + n.height)) + 10 - y,
      }
    }),
  }
}
