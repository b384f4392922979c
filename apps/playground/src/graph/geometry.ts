// Where nodes, edges and their labels stand, in pixels.
import { layout, type Point, type Trace, type TraceEdge } from '@bp/lab'

export interface Placed {
  readonly direction: 'LR' | 'TB'
  readonly width: number
  readonly height: number
  /** Middle of each node's shape. */
  readonly middles: ReadonlyMap<string, Point>
  readonly edges: readonly PlacedEdge[]
}

export interface PlacedEdge {
  readonly edge: TraceEdge
  /** SVG path from the border of one shape to that of the other. */
  readonly path: string
  readonly label: Point
}

/** Radius of a shape, with a little air for arrowheads. */
export const shapeRadius = 28
const air = 5

/** Half of what a node takes with its texts: above and below the shape, or beside it. */
const extent = {
  LR: { left: 52, right: 52, top: 64, bottom: 66 },
  TB: { left: 34, right: 122, top: 34, bottom: 40 },
} as const

/** Distance from shape to shape along the flow, where the labels stand, and across it. */
const pitch = { LR: { along: 190, across: 138 }, TB: { along: 132, across: 166 } } as const

/** `labelWidth` is the room that the longest label on an edge needs. */
export function place(trace: Trace, direction: 'LR' | 'TB', labelWidth: number): Placed {
  const across = direction === 'LR'
  const along = across ? Math.max(150, labelWidth + 2 * shapeRadius + 26) : pitch.TB.along
  // The layout keeps 1.75 widths or 2 heights from layer to layer, and 1.5 heights or 1.25 widths within one.
  const { nodes, edges } = layout(trace, {
    direction,
    nodeWidth: across ? along / 1.75 : pitch.TB.across / 1.25,
    nodeHeight: across ? pitch.LR.across / 1.5 : along / 2,
  })
  const { left, right, top, bottom } = extent[direction]
  const centres = nodes.map(({ id, x, y, width, height }) => ({ id, x: x + width / 2, y: y + height / 2 }))
  const minX = Math.min(...centres.map(({ x }) => x)) - left
  const minY = Math.min(...centres.map(({ y }) => y)) - top
  const shift = ({ x, y }: Point): Point => ({ x: x - minX, y: y - minY })
  const middles = new Map(centres.map(({ id, ...middle }) => [id, shift(middle)]))
  return {
    direction,
    width: Math.max(...centres.map(({ x }) => x)) + right - minX,
    height: Math.max(...centres.map(({ y }) => y)) + bottom - minY,
    middles,
    edges: trace.edges.map((edge, index) => {
      const twins = trace.edges.filter(({ from, to }) => from === edge.from && to === edge.to)
      const inner = edges[index]!.points.slice(1, -1).map(shift)
      return placeEdge(edge, middles, spread(inner, twins.indexOf(edge), twins.length, across), across)
    }),
  }
}

/** Moves edges between the same two nodes apart, so that their labels do not overlap. */
function spread(points: readonly Point[], index: number, count: number, across: boolean): Point[] {
  const distance = (index - (count - 1) / 2) * (across ? 30 : 56)
  return points.map(({ x, y }) => (across ? { x, y: y + distance } : { x: x + distance, y }))
}

function placeEdge(edge: TraceEdge, middles: ReadonlyMap<string, Point>, inner: readonly Point[], across: boolean): PlacedEdge {
  const from = middles.get(edge.from)!
  const to = middles.get(edge.to)!
  const begin = borderPoint(from, inner[0] ?? to)
  const end = borderPoint(to, inner.at(-1) ?? from)
  const points = [begin, ...inner, end]
  // On a straight edge the layout's point is half-way; from top to bottom, labels nearer to the source keep apart.
  const middle = inner[Math.floor(inner.length / 2)] ?? between(begin, end, 0.5)
  return { edge, path: smooth(points), label: across || inner.length > 1 ? middle : between(begin, middle, 0.9) }
}

function borderPoint(centre: Point, towards: Point): Point {
  const distance = Math.hypot(towards.x - centre.x, towards.y - centre.y) || 1
  return between(centre, towards, (shapeRadius + air) / distance)
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }
}

/** A curve through the first and last point that the others pull on. */
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
