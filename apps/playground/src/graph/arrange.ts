// Places of nodes, labels, edges and opened composites, in pixels: the layout, with edges that end at the shapes.
import { layout as layoutOf, type Trace } from '@bp/lab'
import { shapeSize, shapeWidth } from './sizes.js'

interface Size {
  readonly width: number
  readonly height: number
}

/** Between a shape and the end of an edge. */
const gap = 7
/** At the top there is the title of a composite, at the bottom its running products. */
const padding = { top: 40, right: 16, bottom: 40, left: 16 }

export function layout(
  trace: Trace,
  { nodeSize, labelSize }: { nodeSize: (id: string) => Size; labelSize: (id: string) => Size },
) {
  const placed = layoutOf(trace, {
    nodeSize: (id) => ({ ...nodeSize(id), ports: shapeSize * 0.8 }),
    labelSize: ({ id }) => (labelSize(id).width > 0 ? labelSize(id) : null),
    gaps: { along: 20, deep: 14 },
    padding,
  })
  const boxes = new Map(placed.nodes.map((box) => [box.id, box]))
  const shapes = new Map(trace.nodes.map((node) => [node.id, shapeWidth(node)]))
  const middle = (id: string) => boxes.get(id)!.x + boxes.get(id)!.width / 2
  const side = (id: string) => shapes.get(id)! / 2 + gap
  return {
    width: placed.width,
    height: placed.height,
    nodes: placed.nodes,
    edges: placed.edges.map(({ from, to, points, label }) => ({
      from,
      to,
      label,
      points: [
        { x: middle(from) + side(from), y: points[0]!.y },
        ...points.slice(1, -1),
        { x: middle(to) - side(to), y: points.at(-1)!.y },
      ],
    })),
    groups: placed.composites,
  }
}
