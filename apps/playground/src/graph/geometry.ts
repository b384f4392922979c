// Positions of nodes, edges and their labels, in pixels.
import { layout, type Point, type Trace, type TraceEdge } from '@bp/lab'

export interface Placed {
  readonly direction: 'LR' | 'TB'
  readonly width: number
  readonly height: number
  /** Centre of each node's shape. */
  readonly middles: ReadonlyMap<string, Point>
  readonly edges: readonly PlacedEdge[]
}

interface PlacedEdge {
  readonly edge: TraceEdge
  /** SVG path from the border of one shape to that of the other. */
  readonly path: string
  readonly label: Point
}

/** Radius of a shape, and the gap around it for arrowheads. */
export const shapeRadius = 28
const arrowGap = 5

/** Height of a label of two lines on an edge. */
const labelHeight = 42

/** Width of the widest text at a node and of the widest on an edge, in pixels. */
export interface TextWidths {
  readonly node: number
  readonly edge: number
}

/** The drawing shrinks to this scale before it is laid out from top to bottom instead. */
const smallestScale = 0.78

/** From left to right if that fits into `room`, else from top to bottom. */
export function place(trace: Trace, room: number, widths: TextWidths): Placed {
  const tight = Math.max(150, widths.edge + 2 * shapeRadius + 32)
  for (const along of [280, 240, 210, tight]) {
    const placed = placeAcross(trace, Math.max(along, tight), widths)
    if (placed.width <= room || (along === tight && placed.width * smallestScale <= room)) return placed
  }
  return placeDown(trace, widths)
}

/** Text is above and below the shapes. `along` is the distance between layers. */
function placeAcross(trace: Trace, along: number, { node, edge }: TextWidths): Placed {
  const side = Math.max(56, node / 2 + 8)
  // The layout keeps 1.75 widths from layer to layer, and 1.5 heights within one.
  const size = { nodeWidth: along / 1.75, nodeHeight: 148 / 1.5 }
  return arrange(trace, 'LR', size, { left: side, right: side, top: 72, bottom: 68 }, edge)
}

/** Text is to the right of the shapes, out of the way of the edges. */
function placeDown(trace: Trace, { node, edge }: TextWidths): Placed {
  const gap = 8
  const right = shapeRadius + gap + node
  // The layout keeps 2 heights from layer to layer, and 1.25 widths within one.
  const size = { nodeWidth: (right + shapeRadius + gap) / 1.25, nodeHeight: 146 / 2 }
  return arrange(trace, 'TB', size, { left: shapeRadius + gap, right, top: 40, bottom: 40 }, edge)
}

interface Margins {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

function arrange(
  trace: Trace,
  direction: 'LR' | 'TB',
  size: { nodeWidth: number; nodeHeight: number },
  margins: Margins,
  labelWidth: number,
): Placed {
  const { nodes, edges } = layout(trace, { direction, ...size })
  const middles = new Map(
    nodes.map(({ id, x, y, width, height }) => [id, { x: x + width / 2, y: y + height / 2 }]),
  )
  const lines = trace.edges.map((edge, index) => {
    const twins = trace.edges.filter(({ from, to }) => from === edge.from && to === edge.to)
    const inner = spread(
      edges[index]!.points.slice(1, -1),
      twins.indexOf(edge),
      twins.length,
      direction,
      labelWidth,
    )
    return routeEdge(edge, middles, inner, direction)
  })
  const boxes = [
    ...[...middles.values()].map((middle) => ({ middle, ...margins })),
    ...lines.map(({ label }) => ({
      middle: label,
      left: labelWidth / 2 + 4,
      right: labelWidth / 2 + 4,
      top: labelHeight / 2,
      bottom: labelHeight / 2,
    })),
  ]
  const minX = Math.min(...boxes.map(({ middle, left }) => middle.x - left))
  const minY = Math.min(...boxes.map(({ middle, top }) => middle.y - top))
  const shift = ({ x, y }: Point): Point => ({ x: x - minX, y: y - minY })
  return {
    direction,
    width: Math.max(...boxes.map(({ middle, right }) => middle.x + right)) - minX,
    height: Math.max(...boxes.map(({ middle, bottom }) => middle.y + bottom)) - minY,
    middles: new Map([...middles].map(([id, middle]) => [id, shift(middle)])),
    edges: lines.map(({ edge, points, label }) => ({
      edge,
      path: smooth(points.map(shift)),
      label: shift(label),
    })),
  }
}

/** Moves edges between the same two nodes apart, so that their labels do not overlap. */
function spread(
  points: readonly Point[],
  index: number,
  count: number,
  direction: 'LR' | 'TB',
  labelWidth: number,
): Point[] {
  const apart = direction === 'LR' ? labelHeight : labelWidth + 6
  const distance = (index - (count - 1) / 2) * apart
  return points.map(({ x, y }) => (direction === 'LR' ? { x, y: y + distance } : { x: x + distance, y }))
}

function routeEdge(
  edge: TraceEdge,
  middles: ReadonlyMap<string, Point>,
  inner: readonly Point[],
  direction: 'LR' | 'TB',
): { edge: TraceEdge; points: Point[]; label: Point } {
  const from = middles.get(edge.from)!
  const to = middles.get(edge.to)!
  const begin = borderPoint(from, inner[0] ?? to)
  const end = borderPoint(to, inner.at(-1) ?? from)
  // The layout's point is halfway along a straight edge; from top to bottom, labels overlap less nearer to the source.
  const middle = inner[Math.floor(inner.length / 2)] ?? between(begin, end, 0.5)
  return {
    edge,
    points: [begin, ...inner, end],
    label: direction === 'LR' ? middle : between(begin, middle, 0.8),
  }
}

function borderPoint(centre: Point, towards: Point): Point {
  const distance = Math.hypot(towards.x - centre.x, towards.y - centre.y) || 1
  return between(centre, towards, (shapeRadius + arrowGap) / distance)
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }
}

/** A curve through the first and last points, with the others as control points. */
function smooth(points: readonly Point[]): string {
  const text = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`
  const [first, ...rest] = points as [Point, ...Point[]]
  if (rest.length === 1) return `M${text(first)}L${text(rest[0]!)}`
  const curves = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1]!
    const end = index === rest.length - 2 ? next : between(point, next, 0.5)
    return `Q${text(point)} ${text(end)}`
  })
  return `M${text(first)}${curves.join('')}`
}
