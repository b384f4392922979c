// Places the nodes, the labels of edges and the boxes of opened composites of a trace, from the variables to the output.
import { type Arrangement, arrange, type Extent, type Item, type Link } from './layers.js'
import type { Trace, TraceEdge } from './trace.js'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** `x` and `y` are the upper left corner. */
export interface Box extends Point, Size {}

export interface LayoutNode extends Box {
  /** Id in the trace. */
  readonly id: string
}

export interface LayoutEdge {
  /** Id in the trace. */
  readonly id: string
  readonly from: string
  readonly to: string
  readonly input: string
  /**
   * A polyline from the border of one node to that of the other. It passes through no box but those of the composites
   * that it enters and leaves; its parts within a layer are straight, those between layers lead to the next place.
   */
  readonly points: readonly Point[]
  /** The place of its label, in the middle of which it passes; `null` if it has none. */
  readonly label: Box | null
}

export interface LayoutComposite extends Box {
  /** Id in the trace; an outer composite comes before those inside it. */
  readonly id: string
}

export interface Layout extends Size {
  /** In the order of the trace. */
  readonly nodes: readonly LayoutNode[]
  readonly edges: readonly LayoutEdge[]
  readonly composites: readonly LayoutComposite[]
}

export interface LayoutOptions {
  /** From left to right (the default) or from top to bottom. */
  readonly direction?: 'LR' | 'TB'
  /**
   * Size of all that is drawn of a node, in the unit of the drawing. `ports` is the length of the side at which edges
   * arrive, around its middle; default the whole side.
   */
  readonly nodeSize: (id: string) => Size & { readonly ports?: number }
  /** Size of an edge's label; `null`, and no labels at all by default, for none. */
  readonly labelSize?: (edge: TraceEdge) => Size | null
  /** Least distance of boxes within a layer, and of layers; default 24 and 32. */
  readonly gaps?: { readonly along: number; readonly deep: number }
  /** Room around the nodes of an opened composite; default 20, 44 at the top for its title. */
  readonly padding?: {
    readonly top: number
    readonly right: number
    readonly bottom: number
    readonly left: number
  }
}

/** What of a trace is laid out: plain data, which can be sent to a worker. */
export type LayoutGraph = Pick<Trace, 'nodes' | 'edges' | 'composites'>

/**
 * Places depend on the structure and on the sizes alone: where sizes do not depend on values, neither does the layout.
 * No two boxes of nodes and labels overlap, and none overlaps a composite that it is not part of. An opened composite
 * is laid out by itself and takes the place of its closed node, so that the others stay in their order.
 */
export function layout(
  { nodes, edges, composites }: LayoutGraph,
  {
    direction = 'LR',
    nodeSize,
    labelSize = () => null,
    gaps = { along: 24, deep: 32 },
    padding = { top: 44, right: 20, bottom: 20, left: 20 },
  }: LayoutOptions,
): Layout {
  const across = direction === 'LR'
  const extent = ({ width, height }: Size): Extent =>
    across ? { along: height, deep: width } : { along: width, deep: height }
  const pad = across
    ? { along: padding.top, alongEnd: padding.bottom, deep: padding.left, deepEnd: padding.right }
    : { along: padding.left, alongEnd: padding.right, deep: padding.top, deepEnd: padding.bottom }

  // The inside of each composite, and what is in none, is a level of its own.
  const parents = new Map(composites.map(({ id, parent }) => [id, parent]))
  const constants = new Set(nodes.filter(({ kind }) => kind === 'constant').map(({ id }) => id))
  const homes = new Map(nodes.map(({ id, composite }) => [id, composite]))
  const levels = new Map<string | null, Level>([[null, new Level()]])
  for (const { id } of composites) levels.set(id, new Level())
  /** Levels that a node is in, from the inside out. */
  const around = (id: string): (string | null)[] => {
    const found: (string | null)[] = []
    for (let level = homes.get(id)!; level !== null; level = parents.get(level)!) found.push(level)
    return [...found, null]
  }
  for (const { id } of nodes) {
    const home = homes.get(id)!
    const { ports, ...size } = nodeSize(id)
    const own = extent(size)
    levels.get(home)!.items.push({ id, size: own, ports: ports ?? own.along })
    // The last node of a composite, which has its id, stands for it outside.
    if (home === id) levels.get(parents.get(id)!)!.items.push({ id, size: none, ports: 0 })
  }
  const segments = edges.map((edge): { level: string | null; index: number }[] => {
    const outside = around(edge.from)
    const inwards = around(edge.to).reverse()
    const label = labelSize(edge)
    // From the innermost level that has both ends down to that of the target.
    const common = inwards.findLastIndex((level) => outside.includes(level))
    return inwards.slice(common).map((level, depth, path) => {
      const inner = path[depth + 1]
      const enters = depth > 0
      return {
        level,
        index: levels.get(level)!.link({
          from: enters ? entryId(edge.from) : standIn(outside, level, edge.from),
          to: inner ?? edge.to,
          key: edge.from,
          label: inner === undefined && label ? extent(label) : null,
          // A line from a constant bends, not the chain beside it.
          weight: constants.has(edge.from) ? 0.001 : 1,
          shared: inner !== undefined,
          enters,
        }),
      }
    })
  })

  // From the inside out: a composite's size must be known before the level that it is in is arranged.
  const arranged = new Map<string | null, Arrangement>()
  const sizes = new Map<string, Item>()
  for (const id of [...composites.map((composite) => composite.id).reverse(), null]) {
    const level = levels.get(id)!
    const inside = arrange(
      [
        ...level.entries.values(),
        ...level.items.map((item) => (parents.get(item.id) === id ? sizes.get(item.id)! : item)),
      ],
      level.links,
      gaps,
    )
    arranged.set(id, inside)
    if (id === null) continue
    const along = inside.size.along + pad.along + pad.alongEnd
    const fromMiddle = (place: number) => place + pad.along - along / 2
    const last = level.items.find((item) => item.id === id)!
    sizes.set(id, {
      id,
      size: { along, deep: inside.size.deep + pad.deep + pad.deepEnd },
      ports: 0,
      entries: new Map(
        [...level.entries].map(([from, { id: entry }]) => [from, fromMiddle(inside.items.get(entry)!.along)]),
      ),
      exit: fromMiddle(inside.items.get(id)!.along + last.size.along / 2),
    })
  }

  const whole = arranged.get(null)!
  const origins = new Map<string | null, Extent>([[null, none]])
  for (const { id, parent } of composites) {
    const outer = origins.get(parent)!
    const corner = arranged.get(parent)!.items.get(id)!
    origins.set(id, {
      along: outer.along + corner.along + pad.along,
      deep: outer.deep + corner.deep + pad.deep,
    })
  }
  const place = (level: string | null, { along, deep }: Extent): Point => {
    const origin = origins.get(level)!
    const [x, y] = across
      ? [origin.deep + deep, origin.along + along]
      : [origin.along + along, origin.deep + deep]
    return { x: rounded(x), y: rounded(y) }
  }
  const boxed = (level: string | null, corner: Extent, { along, deep }: Extent): Box => ({
    ...place(level, corner),
    width: across ? deep : along,
    height: across ? along : deep,
  })

  return {
    width: rounded(across ? whole.size.deep : whole.size.along),
    height: rounded(across ? whole.size.along : whole.size.deep),
    nodes: nodes.map(({ id }) => {
      const home = homes.get(id)!
      return { id, ...boxed(home, arranged.get(home)!.items.get(id)!, extent(nodeSize(id))) }
    }),
    edges: edges.map((edge, index) => {
      const path = segments[index]!
      const points = path.flatMap(({ level, index: at }) =>
        arranged.get(level)!.links[at]!.points.map((point) => place(level, point)),
      )
      const home = homes.get(edge.from)!
      if (home !== path[0]!.level) {
        // It leaves the composites that its source is the last node of.
        const corner = arranged.get(home)!.items.get(edge.from)!
        const size = extent(nodeSize(edge.from))
        points.unshift(place(home, { along: corner.along + size.along / 2, deep: corner.deep + size.deep }))
      }
      const { level, index: at } = path.at(-1)!
      const corner = arranged.get(level)!.links[at]!.label
      const label = corner && labelSize(edge)
      const { id, from, to, input } = edge
      return { id, from, to, input, points, label: label && boxed(level, corner, extent(label)) }
    }),
    composites: composites.map(({ id, parent }) => ({
      id,
      ...boxed(parent, arranged.get(parent)!.items.get(id)!, sizes.get(id)!.size),
    })),
  }
}

const none: Extent = { along: 0, deep: 0 }

const entryId = (from: string) => `→${from}`

/** What stands for a node on a level: itself, or the outermost composite in which it is there. */
function standIn(around: readonly (string | null)[], level: string | null, id: string): string {
  const at = around.indexOf(level)
  return at === 0 ? id : around[at - 1]!
}

/** Items and links of one level, and where lines come in from outside. */
class Level {
  readonly items: Item[] = []
  readonly entries = new Map<string, Item>()
  readonly links: Link[] = []
  readonly #shared = new Map<string, number>()

  /** Adds a link and returns its index; those into the same composite from the same node are one line. */
  link({ shared, enters, ...link }: Link & { readonly shared: boolean; readonly enters: boolean }): number {
    if (enters && !this.entries.has(link.key))
      this.entries.set(link.key, { id: link.from, size: none, ports: 0, isEntry: true })
    const key = `${link.from}>${link.to}`
    const before = shared ? this.#shared.get(key) : undefined
    if (before !== undefined) return before
    const index = this.links.push(link) - 1
    if (shared) this.#shared.set(key, index)
    return index
  }
}

/** To a hundredth of a unit, finer than any drawing shows. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
