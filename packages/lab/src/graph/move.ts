// Moves nodes of a laid out graph; edges and labels follow, and still nothing covers anything.
import type { Box, Layout, LayoutEdge, Point } from './layout.js'

/** How far nodes were moved, by id, in the unit of the drawing. */
export type MovedNodes = Readonly<Record<string, Point>>

/** Between boxes that were moved. */
const gap = 4

/**
 * The layout with some nodes moved. A node that would cover another, or a label that stays where it is, does not move,
 * nor does one inside an opened composite; ids that are not in the layout have no effect.
 */
export function moveNodes(layout: Layout, moved: MovedNodes): Layout {
  const wanted = new Map(Object.entries(moved))
  if (wanted.size === 0) return layout
  const boxes = new Map<string, Box>(layout.nodes.map((node) => [node.id, node]))
  const done = new Map<string, Point>()
  for (const { id, ...box } of layout.nodes) {
    const by = wanted.get(id)
    if (!by || layout.composites.some((composite) => overlap(composite, box))) continue
    const next = { ...box, x: box.x + by.x, y: box.y + by.y }
    const inTheWay = [
      ...[...boxes].filter(([other]) => other !== id).map(([, other]) => other),
      ...layout.edges.flatMap(({ label, from, to }) =>
        label && !wanted.has(from) && !wanted.has(to) ? [label] : [],
      ),
      ...layout.composites,
    ]
    if (inTheWay.some((other) => overlap(next, other))) continue
    boxes.set(id, next)
    done.set(id, by)
  }
  if (done.size === 0) return layout

  const follows = ({ from, to }: LayoutEdge) => wanted.has(from) || wanted.has(to)
  const taken: Box[] = [
    ...boxes.values(),
    ...layout.edges.flatMap((edge) => (edge.label && !follows(edge) ? [edge.label] : [])),
  ]
  return {
    ...layout,
    nodes: layout.nodes.map(({ id }) => ({ id, ...boxes.get(id)! })),
    edges: layout.edges.map((edge) => {
      if (!follows(edge)) return edge
      const start = shifted(edge.points[0]!, done.get(edge.from))
      const end = shifted(edge.points.at(-1)!, done.get(edge.to))
      if (!edge.label) return { ...edge, points: [start, end] }
      const { width, height } = edge.label
      const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 }
      const around = (point: Point): Box => ({
        x: point.x - width / 2,
        y: point.y - height / 2,
        width,
        height,
      })
      const free = nearestFree(middle, (point) => !taken.some((other) => overlap(around(point), other)))
      const label = around(free)
      taken.push(label)
      return { ...edge, points: [start, free, end], label }
    }),
  }
}

function shifted({ x, y }: Point, by: Point = { x: 0, y: 0 }): Point {
  return { x: x + by.x, y: y + by.y }
}

function overlap(a: Box, b: Box): boolean {
  return (
    a.x < b.x + b.width + gap &&
    b.x < a.x + a.width + gap &&
    a.y < b.y + b.height + gap &&
    b.y < a.y + a.height + gap
  )
}

function union(a: Box, b: Box): Box {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)]
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  }
}

/** The box around all of a layout, and around the place where it was before nodes were moved. */
export function boundsOf({ nodes, edges, width, height }: Layout): Box {
  const labels = edges.flatMap(({ label }) => (label ? [label] : []))
  return [...nodes, ...labels].reduce<Box>(union, { x: 0, y: 0, width, height })
}

const ringStep = 12
const onRing = 16

/** The nearest free place, up and down before sideways. */
function nearestFree({ x, y }: Point, free: (point: Point) => boolean): Point {
  for (let ring = 0; ; ring++)
    for (const [across, down] of ring === 0 ? [[0, 0] as const] : directions) {
      const point = { x: x + ring * ringStep * across, y: y + ring * ringStep * down }
      if (free(point)) return point
    }
}

/** Of a square, so that no function decides that rounds differently elsewhere. */
const directions = Array.from({ length: onRing }, (_, index): readonly [number, number] => {
  const along = ((index % 4) - 1.5) / 1.5
  return [[along, -1] as const, [along, 1] as const, [-1, along] as const, [1, along] as const][index >> 2]!
})
