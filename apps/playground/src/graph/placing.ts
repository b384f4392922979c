// Where everything of a graph is drawn, in pixels.
import {
  type Layout,
  type LayoutEdge,
  type LayoutGraph,
  type LayoutNode,
  layout,
  type TraceNode,
} from '@bp/lab'
import { labelSize, nodeSize, shapeWidth } from './sizes.js'

/** The title of an opened composite above, its running products below. */
const padding = { top: 40, right: 16, bottom: 38, left: 16 }

const gaps = { along: 20, deep: 16 }

/** Between a shape and an arrow. */
const arrowGap = 7

/** An edge goes on to the shapes, between the numbers above and below them. */
function toShapes(
  edge: LayoutEdge,
  boxes: ReadonlyMap<string, LayoutNode>,
  nodes: ReadonlyMap<string, TraceNode>,
): LayoutEdge {
  const side = (id: string, direction: 1 | -1) => {
    const { x, width } = boxes.get(id)!
    return x + width / 2 + direction * (shapeWidth(nodes.get(id)!) / 2 + arrowGap)
  }
  const [first, ...between] = edge.points
  const last = between.pop()!
  const { label } = edge
  // One smooth line to the middle of the label and on, instead of a straight piece through it.
  const inner = between.filter(
    ({ x, y }) =>
      !label || x < label.x - 1 || x > label.x + label.width + 1 || y < label.y || y > label.y + label.height,
  )
  const middle = label && { x: label.x + label.width / 2, y: label.y + label.height / 2 }
  const points = middle ? [...inner, middle].sort((a, b) => a.x - b.x) : inner
  return {
    ...edge,
    points: [{ x: side(edge.from, 1), y: first!.y }, ...points, { x: side(edge.to, -1), y: last.y }],
  }
}

export function place(graph: LayoutGraph): Layout {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]))
  const placed = layout(graph, { nodeSize: (id) => nodeSize(nodes.get(id)!), labelSize, padding, gaps })
  const boxes = new Map(placed.nodes.map((box) => [box.id, box]))
  return { ...placed, edges: placed.edges.map((edge) => toShapes(edge, boxes, nodes)) }
}
