// Places what is seen of a training graph: forward from left to right, its last scope from top to bottom, and the
// derivatives below, from right to left, up to the updates of the weights.
import { type Arrangement, arrange, type Extent, type Item, type Link } from '../graph/layers.js'
import type { Box, Point, Size } from '../graph/layout.js'
import { scopesOf } from './operations.js'
import type { Seen, SeenEdge, SeenNode } from './scopes.js'

export interface PlacedNode extends SeenNode, Box {
  /** Room for what is attached, above the node itself. */
  readonly above: number
}

interface PlacedScope extends Box {
  readonly name: string
  readonly part: SeenNode['part']
  readonly count: number
}

export interface PlacedEdge extends SeenEdge {
  readonly points: readonly Point[]
  /** Where the shape is written: left of this point, above the line. */
  readonly labelAt: Point
}

export interface PlacedGraph extends Size {
  readonly nodes: readonly PlacedNode[]
  /** An outer scope before those inside it. */
  readonly scopes: readonly PlacedScope[]
  readonly edges: readonly PlacedEdge[]
  /** The scope that goes from top to bottom. */
  readonly down: string | null
}

export interface NodeSize extends Size {
  readonly above: number
}

const gapAlong = 18
/** Between layers there is room for the shape of a tensor, as a number of letters. */
const letter = 5.6
const leastGap = 26
const greatestGap = 60
const gapsDown = { along: 22, deep: 24 }
/** Room in a scope around what it holds. */
const padding = { top: 28, bottom: 12, side: 12 }
/** Between lines that run side by side. */
const lane = 11
/** Between the forward part and the derivatives. */
const between = 26
/** A scope that nothing comes after is laid out from top to bottom if it is deeper than this. */
const deepest = 4

/** Where lines come in from outside, and where they leave. */
const entryOf = (id: string) => `→${id}`
const exitOf = (id: string) => `${id}→`
/** Stands behind a scope for one of several that leave it. */
const portOf = (scope: string, id: string) => `${scope}⇥${id}`

interface Level {
  readonly items: string[]
  readonly entries: Set<string>
  readonly exits: Set<string>
  readonly links: { from: string; to: string; key: string; edge: SeenEdge | null }[]
}

interface Arranged extends Size {
  readonly isDown: boolean
  /** Room left of what is inside. */
  readonly start: number
  readonly arrangement: Arrangement
  readonly links: Level['links']
  /** For each link the lines of the arrangement that it takes; none for one that goes back. */
  readonly routes: readonly (readonly number[])[]
  /** From the top. */
  readonly entries: ReadonlyMap<string, number>
  readonly exits: ReadonlyMap<string, number>
}

export function placeGraph(seen: Seen, sizeOf: (node: SeenNode) => NodeSize): PlacedGraph {
  const isForward = new Map<string, boolean>([
    ...seen.nodes.map(({ id, part }): [string, boolean] => [id, part === 'forward']),
    ...seen.scopes.map(({ name, part }): [string, boolean] => [name, part === 'forward']),
  ])
  const longest = Math.max(0, ...seen.edges.map(({ label }) => label.length))
  const deep = Math.min(greatestGap, Math.max(leastGap, 10 + letter * longest))
  const forward = band(seen, (id) => isForward.get(id)!, sizeOf, deep, true)
  const backward = band(seen, (id) => !isForward.get(id)!, sizeOf, deep, false)
  if (!backward) return forward ?? { width: 0, height: 0, nodes: [], scopes: [], edges: [], down: null }
  if (!forward) return backward
  const mirrored = mirror(backward)
  // The end of the forward part reaches further down: the derivatives begin left of it.
  const open = forward.scopes.filter(({ name }) => !name.includes('/'))
  const boxes = [...open, ...forward.nodes.filter(({ scope }) => scope === '')]
  const end = forward.down ? forward.scopes.find(({ name }) => name === forward.down)! : null
  const right = end ? end.x - between : forward.width
  const left = right - mirrored.width
  const below = boxes.filter((box) => box !== end && box.x < right && box.x + box.width > left)
  const top = Math.max(0, ...below.map(({ y, height }) => y + height)) + between
  const shift = Math.max(0, -left)
  return {
    down: forward.down,
    width: Math.max(forward.width, right) + shift,
    height: Math.max(forward.height, top + mirrored.height),
    nodes: [...forward.nodes.map(moved(shift, 0)), ...mirrored.nodes.map(moved(left + shift, top))],
    scopes: [...forward.scopes.map(moved(shift, 0)), ...mirrored.scopes.map(moved(left + shift, top))],
    edges: [...forward.edges.map(movedEdge(shift, 0)), ...mirrored.edges.map(movedEdge(left + shift, top))],
  }
}

const moved =
  (dx: number, dy: number) =>
  <Placed extends Point>(box: Placed): Placed => ({ ...box, x: box.x + dx, y: box.y + dy })

const movedEdge =
  (dx: number, dy: number) =>
  (edge: PlacedEdge): PlacedEdge => ({
    ...edge,
    points: edge.points.map(moved(dx, dy)),
    labelAt: moved(dx, dy)(edge.labelAt),
  })

function mirror(graph: PlacedGraph): PlacedGraph {
  const { width } = graph
  const flip = <Placed extends Box>(box: Placed): Placed => ({ ...box, x: width - box.x - box.width })
  return {
    ...graph,
    nodes: graph.nodes.map(flip),
    scopes: graph.scopes.map(flip),
    edges: graph.edges.map((edge) => ({
      ...edge,
      points: edge.points.map(({ x, y }) => ({ x: width - x, y })),
      labelAt: { x: width - edge.labelAt.x, y: edge.labelAt.y },
    })),
  }
}

/** Lays out the nodes that are `mine`, from left to right. `down`: the scope that goes from top to bottom. */
function band(
  seen: Seen,
  mine: (id: string) => boolean,
  sizeOf: (node: SeenNode) => NodeSize,
  deep: number,
  mayGoDown: boolean,
): PlacedGraph | null {
  const nodes = new Map(seen.nodes.filter(({ id }) => mine(id)).map((node) => [node.id, node]))
  if (nodes.size === 0) return null
  const scopes = seen.scopes.filter(({ name }) => mine(name))
  const isOpen = new Set(scopes.map(({ name }) => name))
  const sizes = new Map([...nodes.values()].map((node) => [node.id, sizeOf(node)]))
  const levels = new Map<string, Level>([['', newLevel()]])
  for (const { name } of scopes) levels.set(name, newLevel())
  /** Open scopes around a node or scope, from the inside out. */
  const around = (id: string) => [
    ...scopesOf(id)
      .filter((scope) => isOpen.has(scope))
      .reverse(),
    '',
  ]
  const homes = new Map([...nodes.values()].map(({ id, scope }) => [id, scope]))
  const levelsOf = (id: string) => {
    const home = homes.get(id)!
    return home === '' ? [''] : [home, ...around(home)]
  }
  for (const node of seen.nodes) if (nodes.has(node.id)) levels.get(node.scope)!.items.push(node.id)
  for (const { name } of scopes) levels.get(around(name)[0]!)!.items.push(name)
  // Items come in the order of the graph.
  const edges = seen.edges.filter(({ from, to }) => nodes.has(from) && nodes.has(to))
  const rank = rankOf(edges, [...nodes.keys()], levelsOf)
  for (const level of levels.values()) level.items.sort((a, b) => rank(a) - rank(b))

  /** What an edge passes, level by level. */
  const paths = edges.map((edge) => {
    const out = levelsOf(edge.from)
    const into = levelsOf(edge.to)
    const common = out.find((level) => into.includes(level))!
    const outwards = out.slice(0, out.indexOf(common))
    const inwards = into.slice(0, into.indexOf(common)).reverse()
    const path: { level: string; link: number }[] = []
    const add = (name: string, from: string, to: string) => {
      const { links } = levels.get(name)!
      let link = links.findIndex((one) => one.from === from && one.to === to && one.key === edge.from)
      if (link < 0) link = links.push({ from, to, key: edge.from, edge }) - 1
      path.push({ level: name, link })
    }
    let source = edge.from
    for (const scope of outwards) {
      levels.get(scope)!.exits.add(edge.from)
      add(scope, source, exitOf(edge.from))
      source = scope
    }
    const targets = [...inwards, edge.to]
    add(common, source, targets[0]!)
    for (const [index, scope] of inwards.entries()) {
      levels.get(scope)!.entries.add(edge.from)
      add(scope, entryOf(edge.from), targets[index + 1]!)
    }
    return path
  })

  // From the inside out.
  const arranged = new Map<string, Arranged>()
  const isSource = new Set(edges.flatMap(({ from }) => levelsOf(from)))
  const endScopes = scopes.filter(({ name }) => !name.includes('/') && levels.get(name)!.exits.size === 0)
  const last = mayGoDown && isSource.size > 0 ? endScopes.at(-1)?.name : undefined
  let down: string | null = null
  for (const name of [...scopes.map((scope) => scope.name).reverse(), '']) {
    const level = levels.get(name)!
    const across = arrangeLevel(name, level, false, deep, sizes, arranged)
    if (name === last && across.width > 1.2 * across.height && level.items.length > deepest) {
      arranged.set(name, arrangeLevel(name, level, true, deep, sizes, arranged))
      down = name
    } else arranged.set(name, across)
  }

  if (down !== null) arranged.set('', raised(arranged.get('')!, down, deep))

  const origins = new Map<string, Point>([['', { x: 0, y: 0 }]])
  const placedScopes = scopes.map(({ name, part, count }): PlacedScope => {
    const outer = around(name)[0]!
    const corner = cornerIn(arranged.get(outer)!, name, outer === '')
    const origin = origins.get(outer)!
    const box = { x: origin.x + corner.x, y: origin.y + corner.y }
    origins.set(name, box)
    const { width, height } = arranged.get(name)!
    return { name, part, count, ...box, width, height }
  })
  const boxOf = new Map<string, Box>(placedScopes.map((box) => [box.name, box]))
  const placedNodes = [...nodes.values()].map((node): PlacedNode => {
    const own = arranged.get(node.scope)!
    const origin = origins.get(node.scope)!
    const corner = cornerIn(own, node.id, node.scope === '')
    const placed = { ...node, x: origin.x + corner.x, y: origin.y + corner.y, ...sizes.get(node.id)! }
    boxOf.set(node.id, placed)
    return placed
  })
  const all = [...placedNodes, ...placedScopes]
  return {
    down,
    width: arranged.get('')!.width,
    height: Math.max(...all.map(({ y, height }) => y + height)),
    nodes: placedNodes,
    scopes: placedScopes,
    edges: edges.map((edge, index) => {
      const points: Point[] = []
      for (const { level, link } of paths[index]!) {
        const own = arranged.get(level)!
        const origin = origins.get(level)!
        const inner = pointsOf(own, link, level === '').map(({ x, y }) => ({
          x: origin.x + x,
          y: origin.y + y,
        }))
        const { from } = own.links[link]!
        const scope = boxOf.get(from)
        // It leaves the scope where it did inside, not in the middle of its side.
        if (isOpen.has(from) && scope) {
          const exit = arranged.get(from)!.exits.get(edge.from)!
          inner[0] = { x: scope.x + scope.width, y: scope.y + exit }
        }
        const entered = boxOf.get(level)
        if (own.isDown && from === entryOf(edge.from) && entered)
          points.push({ x: inner[0]!.x, y: entered.y + own.entries.get(edge.from)! })
        points.push(...inner)
      }
      return { ...edge, points: tidy(points), labelAt: points[0]! }
    }),
  }
}

/** The last scope begins as high as the others: it reaches further down. */
function raised(whole: Arranged, id: string, gap: number): Arranged {
  const { items, links } = whole.arrangement
  const top = Math.min(...[...items].filter(([other]) => other !== id).map(([, { along }]) => along))
  const { along, deep } = items.get(id)!
  const by = along - top
  const arriving = new Set(
    whole.links.flatMap(({ to }, index) => (to === id ? whole.routes[index]!.slice(-1) : [])),
  )
  return {
    ...whole,
    arrangement: {
      ...whole.arrangement,
      items: new Map([...items, [id, { along: along - by, deep }]]),
      links: links.map((link, index) =>
        arriving.has(index)
          ? {
              ...link,
              points: [
                ...link.points.slice(0, -1),
                // Level up to the gap before the scope, where it goes up.
                { along: link.points.at(-1)!.along, deep: link.points.at(-1)!.deep - gap },
                { along: link.points.at(-1)!.along - by, deep: link.points.at(-1)!.deep },
              ],
            }
          : link,
      ),
    },
  }
}

const newLevel = (): Level => ({ items: [], entries: new Set(), exits: new Set(), links: [] })

/** A rank for every node and scope by which each comes after what it takes, as far as there is no circle of scopes. */
function rankOf(
  edges: readonly SeenEdge[],
  ids: readonly string[],
  levelsOf: (id: string) => readonly string[],
): (id: string) => number {
  const inputs = new Map<string, string[]>(ids.map((id) => [id, []]))
  for (const { from, to } of edges) inputs.get(to)!.push(from)
  const ranks = new Map<string, number>()
  const entered = new Set<string>()
  for (const root of ids) {
    const stack = [{ id: root, at: 0 }]
    if (entered.has(root)) continue
    entered.add(root)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = inputs.get(top.id)![top.at++]
      if (next === undefined) {
        ranks.set(top.id, ranks.size)
        stack.pop()
      } else if (!entered.has(next)) {
        entered.add(next)
        stack.push({ id: next, at: 0 })
      }
    }
  }
  for (const id of ids)
    for (const scope of levelsOf(id)) ranks.set(scope, Math.max(ranks.get(scope) ?? -1, ranks.get(id)!))
  return (id) => ranks.get(id)!
}

function arrangeLevel(
  name: string,
  level: Level,
  isDown: boolean,
  deepGap: number,
  sizes: ReadonlyMap<string, NodeSize>,
  arranged: ReadonlyMap<string, Arranged>,
): Arranged {
  const order = new Map(level.items.map((id, index) => [id, index]))
  const extent = ({ width, height }: Size): Extent =>
    isDown ? { along: width, deep: height } : { along: height, deep: width }
  const links: Link[] = []
  const ports: Item[] = []
  const own: Level['links'] = []
  /** Scopes may take from each other; what goes back then is drawn, but places nothing. */
  const goesOn = ({ from, to }: Level['links'][number]) =>
    !order.has(from) || !order.has(to) || order.get(from)! < order.get(to)!
  const leaving = new Map<string, Set<string>>()
  for (const link of level.links)
    if (arranged.has(link.from)) leaving.set(link.from, (leaving.get(link.from) ?? new Set()).add(link.key))
  const toPort = new Map<string, number>()
  const routes = level.links.map((link): number[] => {
    if (!goesOn(link)) return []
    own.push(link)
    const { from, to, key } = link
    if ((leaving.get(from)?.size ?? 0) < 2) return [links.push({ from, to, key, label: null }) - 1]
    const port = portOf(from, key)
    let first = toPort.get(port)
    if (first === undefined) {
      ports.push({ id: port, size: none, ports: 0 })
      first = links.push({ from, to: port, key, label: null }) - 1
      toPort.set(port, first)
    }
    return [first, links.push({ from: port, to, key, label: null }) - 1]
  })
  const items: Item[] = []
  for (const id of level.entries) items.push({ id: entryOf(id), size: none, ports: 0, isEntry: true })
  for (const id of level.items) {
    const inner = arranged.get(id)
    if (inner) {
      const middle = inner.height / 2
      const exits = [...inner.exits.values()]
      items.push({
        id,
        size: extent(inner),
        ports: 0,
        entries: new Map([...inner.entries].map(([key, at]) => [key, at - middle])),
        exit: exits.length === 1 ? exits[0]! - middle : 0,
      })
      items.push(...ports.filter((port) => port.id.startsWith(`${id}⇥`)))
      continue
    }
    const { width, height, above } = sizes.get(id)!
    // Lines go to the node itself, below what is attached.
    if (isDown || above === 0) {
      items.push({ id, size: extent({ width, height }), ports: isDown ? width * 0.7 : 26 })
      continue
    }
    const arriving = level.links.filter(({ to }) => to === id)
    const spread = Math.min(lane, 26 / Math.max(1, arriving.length))
    items.push({
      id,
      size: extent({ width, height }),
      ports: 0,
      entries: new Map(
        arriving.map(({ key }, index) => [key, above / 2 + (index - (arriving.length - 1) / 2) * spread]),
      ),
      exit: above / 2,
    })
  }
  // Lines that leave do so behind all nodes.
  const ends = level.items.filter((id) => !own.some(({ from, to }) => from === id && order.has(to)))
  for (const id of level.exits) {
    items.push({ id: exitOf(id), size: none, ports: 0 })
    for (const end of ends)
      if (!own.some(({ from, to }) => from === end && to === exitOf(id)))
        links.push({ from: end, to: exitOf(id), key: end, label: null, weight: 0 })
  }
  const arrangement = arrange(items, links, isDown ? gapsDown : { along: gapAlong, deep: deepGap })
  const isRoot = name === ''
  const { along, deep } = arrangement.size
  const inside = isDown ? { width: along, height: deep } : { width: deep, height: along }
  // Lines come in within a gap of their own.
  const start = !isDown && level.entries.size > 0 ? 0 : padding.side
  const lanes = isDown ? level.entries.size * lane : 0
  const placed = {
    isDown,
    arrangement,
    links: level.links,
    routes,
    start,
    width: isRoot ? inside.width : start + inside.width + padding.side,
    height: isRoot ? inside.height : inside.height + padding.top + padding.bottom,
  }
  const at = (id: string) => arrangement.items.get(id)!.along
  const exits = new Map([...level.exits].map((id) => [id, padding.top + at(exitOf(id))]))
  if (!isDown)
    return {
      ...placed,
      entries: new Map([...level.entries].map((id) => [id, padding.top + at(entryOf(id))])),
      exits,
    }
  // The one that goes furthest right runs above the others, so that they do not cross.
  const entries = [...level.entries].sort((a, b) => at(entryOf(b)) - at(entryOf(a)))
  return {
    ...placed,
    entries: new Map(entries.map((id, index) => [id, padding.top + 6 + index * lane - lanes / 2])),
    exits,
  }
}

const none: Extent = { along: 0, deep: 0 }

/** Least corner of a node or scope in the scope that it is in. */
function cornerIn(own: Arranged, id: string, isRoot: boolean): Point {
  return turned(own.arrangement.items.get(id)!, own, isRoot)
}

function turned({ along, deep }: Extent, { isDown, start }: Arranged, isRoot: boolean): Point {
  const [x, y] = isDown ? [along, deep] : [deep, along]
  return isRoot ? { x, y } : { x: x + start, y: y + padding.top }
}

/** The line of a link of a level; one that goes back is straight. */
function pointsOf(own: Arranged, index: number, isRoot: boolean): Point[] {
  const { links, routes, arrangement } = own
  const at = (extent: Extent) => turned(extent, own, isRoot)
  const route = routes[index]!
  if (route.length > 0) return route.flatMap((one) => arrangement.links[one]!.points).map(at)
  const { from, to } = links[index]!
  return [from, to].map((id) => at(arrangement.items.get(id)!))
}

/** Without points that are twice there, or in the middle of a straight piece. */
function tidy(points: readonly Point[]): Point[] {
  const kept: Point[] = []
  for (const point of points) {
    const [before, last] = [kept.at(-2), kept.at(-1)]
    if (last && last.x === point.x && last.y === point.y) continue
    if (before && last!.y === before.y && point.y === last!.y) kept.pop()
    kept.push(point)
  }
  return kept
}
