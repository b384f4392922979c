// Arranges boxes and the lines between them in layers (Sugiyama, Tagawa, Toda 1981). A label of a line is a box of a layer of its own, between those of the nodes, so that nothing overlaps whatever the sizes are.

/** `along` is the direction within a layer, `deep` that from layer to layer. */
export interface Extent {
  readonly along: number
  readonly deep: number
}

export interface Item {
  readonly id: string
  readonly size: Extent
  /** Length of the side at which lines arrive, around the middle. */
  readonly ports: number
  /** Where lines from some items arrive instead, from the middle of the side. */
  readonly entries?: ReadonlyMap<string, number>
  /** Where lines leave, from the middle of the side; 0 if absent. */
  readonly exit?: number
  /** It stays in the first layer: where lines come in from outside. */
  readonly isEntry?: boolean
}

export interface Link {
  readonly from: string
  readonly to: string
  /** By which `entries` of its target are looked up. */
  readonly key: string
  readonly label: Extent | null
  /** How much it matters that it is straight, compared with others; default 1. */
  readonly weight?: number
}

export interface Arrangement {
  readonly size: Extent
  /** Least corners. */
  readonly items: ReadonlyMap<string, Extent>
  /** In the order given: a polyline from border to border, and the least corner of the label. */
  readonly links: readonly { readonly points: readonly Extent[]; readonly label: Extent | null }[]
}

export interface Gaps {
  /** Between boxes of a layer. */
  readonly along: number
  /** Between layers; lines change their places here. */
  readonly deep: number
}

/** A member of a layer: a box, or a place where a line passes. */
interface Vertex {
  readonly along: number
  readonly layer: number
  /** In the layers of nodes before and after, by which the order within layers is chosen. */
  readonly before: Vertex[]
  readonly after: Vertex[]
  /** In any layers, by which places are chosen. */
  readonly ends: End[]
  /** Rank in its layer, from 0. */
  order: number
  /** Middle, along the layer. */
  at: number
}

/** The vertex at the other end of a line, and how far from there the middle is when the line is straight. */
interface End {
  readonly vertex: Vertex
  readonly offset: number
  readonly weight: number
}

type Layer = Vertex[]

/** A part of a line, from one layer of nodes to the next. */
interface Hop {
  readonly from: Vertex
  readonly to: Vertex
  readonly label: Extent | null
  /** Where it leaves and arrives, from the middles of its ends. */
  readonly exit: number
  readonly entry: number
  readonly weight: number
  /** Its vertex in the layer of labels, if there is one. */
  place: Vertex | null
}

/** What a link passes: the first hops of the line that all uses of its source share, then one of its own. */
interface Route {
  readonly shared: readonly Hop[]
  readonly count: number
  readonly own: Hop
}

/** A line that passes through a layer is straight there rather than a line to a label beside it. */
const trunkWeight = 4

/** The same items and links always give the same arrangement. `items` are in forward order. */
export function arrange(items: readonly Item[], links: readonly Link[], gaps: Gaps): Arrangement {
  if (items.length === 0) return { size: none, items: new Map(), links: [] }
  const depths = depthsOf(items, links)
  const labelled = links.some(({ label }) => label !== null)
  // With labels, layers of nodes and of labels alternate.
  const stride = labelled ? 2 : 1
  const count = Math.max(...depths.values()) * stride + 1
  const layers: Layer[] = Array.from({ length: count }, () => [])
  const thickness = new Array<number>(count).fill(0)
  const add = (layer: number, size: Extent): Vertex => {
    const members = layers[layer]!
    const vertex = { along: size.along, layer, before: [], after: [], ends: [], order: members.length, at: 0 }
    members.push(vertex)
    thickness[layer] = Math.max(thickness[layer]!, size.deep)
    return vertex
  }

  const byId = new Map(items.map((item) => [item.id, item]))
  const last = new Map<string, number>()
  for (const { from, to } of links) last.set(from, Math.max(last.get(from) ?? 0, depths.get(to)!))
  const vertices = new Map<string, Vertex>()
  const lines = new Map<string, Hop[]>()
  const hops: Hop[] = []
  const hop = (from: Vertex, to: Vertex, rest: Omit<Hop, 'from' | 'to' | 'place'>): Hop => {
    const made = { from, to, ...rest, place: null }
    from.after.push(to)
    to.before.push(from)
    hops.push(made)
    return made
  }
  // In the order of the items, which keeps a tree's branches apart and the first operand above the second.
  for (const { id, size, exit = 0 } of items) {
    const depth = depths.get(id)!
    let end = add(depth * stride, size)
    vertices.set(id, end)
    const line: Hop[] = []
    for (let next = depth + 1; next < (last.get(id) ?? 0); next++) {
      const passing = add(next * stride, none)
      const first = line.length === 0
      line.push(
        hop(end, passing, { label: null, exit: first ? exit : 0, entry: 0, weight: first ? 1 : trunkWeight }),
      )
      end = passing
    }
    lines.set(id, line)
  }
  const routes = links.map(({ from, to, key, label, weight = 1 }): Route => {
    const target = vertices.get(to)!
    const shared = lines.get(from)!
    const steps = depths.get(to)! - depths.get(from)! - 1
    const start = steps === 0 ? vertices.get(from)! : shared[steps - 1]!.to
    const exit = steps === 0 ? (byId.get(from)!.exit ?? 0) : 0
    const entry = byId.get(to)!.entries?.get(key) ?? 0
    return { shared, count: steps, own: hop(start, target, { label, exit, entry, weight }) }
  })

  orderLayers(layers.filter((_, layer) => layer % stride === 0))
  placeHops(hops, layers, labelled, add)
  assignPositions(layers, gaps.along)
  straighten(layers, gaps.along)
  const starts = new Array<number>(count).fill(0)
  for (let layer = 1; layer < count; layer++)
    starts[layer] = starts[layer - 1]! + thickness[layer - 1]! + gaps.deep
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  for (const layer of layers)
    for (const vertex of layer) {
      vertex.at = rounded(vertex.at)
      least = Math.min(least, vertex.at - vertex.along / 2)
      greatest = Math.max(greatest, vertex.at + vertex.along / 2)
    }

  const corners = new Map(
    items.map(({ id, size }): [string, Extent] => {
      const { layer, at, along } = vertices.get(id)!
      return [
        id,
        { along: at - along / 2 - least, deep: starts[layer]! + (thickness[layer]! - size.deep) / 2 },
      ]
    }),
  )
  const arriving = arrivals(links, byId, vertices, routes)
  return {
    size: { along: greatest - least, deep: starts[count - 1]! + thickness[count - 1]! },
    items: corners,
    links: links.map(({ from, to, label }, index) => {
      const source = byId.get(from)!
      const [start, end] = [vertices.get(from)!, vertices.get(to)!]
      const { shared, count: steps, own } = routes[index]!
      const line = new Line(least)
      line.to(corners.get(from)!.deep + source.size.deep, start.at + (source.exit ?? 0))
      line.to(starts[start.layer]! + thickness[start.layer]!, start.at + (source.exit ?? 0))
      // Within a layer a line keeps its place; it changes places only between layers, where no box is.
      const pass = ({ layer, at }: Vertex) => {
        line.to(starts[layer]!, at)
        line.to(starts[layer]! + thickness[layer]!, at)
      }
      for (let step = 0; step < steps; step++) {
        const { place, to: passing } = shared[step]!
        if (place) pass(place)
        pass(passing)
      }
      if (own.place) pass(own.place)
      line.to(starts[end.layer]!, arriving[index]!)
      line.to(corners.get(to)!.deep, arriving[index]!)
      const { place } = own
      return {
        points: line.points,
        label:
          label && place
            ? {
                along: place.at - least - label.along / 2,
                deep: starts[place.layer]! + (thickness[place.layer]! - label.deep) / 2,
              }
            : null,
      }
    }),
  }
}

/** A polyline without points in the middle of a straight part. */
class Line {
  readonly points: { along: number; deep: number }[] = []
  readonly #least: number

  constructor(least: number) {
    this.#least = least
  }

  to(deep: number, place: number): void {
    const along = place - this.#least
    const [before, last] = [this.points.at(-2), this.points.at(-1)]
    if (last && last.along === along && last.deep === deep) return
    if (before && before.along === along && last!.along === along) last!.deep = deep
    else this.points.push({ along, deep })
  }
}

/** Gives each hop its place between its ends: a vertex in the layer of labels, or none where there is no such layer. */
function placeHops(
  hops: readonly Hop[],
  layers: readonly Layer[],
  labelled: boolean,
  add: (layer: number, size: Extent) => Vertex,
): void {
  const join = (a: Vertex, b: Vertex, offset: number, weight: number): void => {
    a.ends.push({ vertex: b, offset, weight })
    b.ends.push({ vertex: a, offset: -offset, weight })
  }
  if (!labelled) {
    for (const { from, to, exit, entry, weight } of hops) join(from, to, exit - entry, weight)
    return
  }
  const between: Hop[][] = layers.map(() => [])
  for (const hop of hops) between[hop.to.layer - 1]!.push(hop)
  for (const [layer, members] of between.entries()) {
    // Lines that do not cross between the layers of nodes do not cross here either.
    members.sort(
      (a, b) => a.from.order + a.to.order - b.from.order - b.to.order || a.from.order - b.from.order,
    )
    for (const hop of members) {
      hop.place = add(layer, hop.label ?? none)
      join(hop.from, hop.place, hop.exit, hop.weight)
      join(hop.place, hop.to, -hop.entry, hop.weight)
    }
  }
}

/** Takes out bends that are too small to be meant. No vertex moves far enough to come near another. */
function straighten(layers: readonly Layer[], gap: number): void {
  for (const layer of layers)
    for (const vertex of layer) {
      let from: End | undefined
      for (const end of vertex.ends)
        if (end.vertex.layer < vertex.layer && end.weight > (from?.weight ?? 0)) from = end
      if (!from) continue
      const straight = from.vertex.at - from.offset
      if (Math.abs(straight - vertex.at) < straightEnough * gap) vertex.at = straight
    }
}

const none: Extent = { along: 0, deep: 0 }

/** To a hundredth of a unit, finer than any drawing shows. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

/**
 * An item comes one layer after the last of its inputs. Leaves, and chains on a single leaf, come right before their
 * first use, so that lines pass through no more layers than they must.
 */
function depthsOf(items: readonly Item[], links: readonly Link[]): Map<string, number> {
  const inputs = new Map<string, string[]>(items.map(({ id }) => [id, []]))
  for (const { from, to } of links) inputs.get(to)!.push(from)
  const entries = new Set(items.filter(({ isEntry }) => isEntry).map(({ id }) => id))
  const depths = new Map<string, number>()
  // A leaf shares its first layer with entries only if there are none.
  const first = entries.size > 0 ? 0 : -1
  for (const { id } of items)
    depths.set(
      id,
      entries.has(id) ? 0 : Math.max(first, ...inputs.get(id)!.map((input) => depths.get(input)!)) + 1,
    )
  const firstUse = new Map<string, number>()
  for (const { id } of [...items].reverse()) {
    const use = firstUse.get(id)
    const own = inputs.get(id)!
    const moves =
      !entries.has(id) &&
      own.filter((input) => inputs.get(input)!.length > 0 || entries.has(input)).length < 2
    if (use !== undefined && moves && !own.some((input) => entries.has(input))) depths.set(id, use - 1)
    for (const input of own)
      firstUse.set(input, Math.min(firstUse.get(input) ?? Number.POSITIVE_INFINITY, depths.get(id)!))
  }
  return depths
}

const orderSweeps = 12

/** Sorts each layer by the mean rank of its neighbours, forward and back, and keeps the order with fewest crossings. */
function orderLayers(layers: readonly Layer[]): void {
  let best = layers.map((layer) => [...layer])
  let fewest = countCrossings(layers)
  const middle = new Map<Vertex, number>()
  for (let sweep = 0; sweep < orderSweeps && fewest > 0; sweep++) {
    const forward = sweep % 2 === 0
    for (const layer of forward ? layers : [...layers].reverse()) {
      for (const vertex of layer) {
        const neighbours = forward ? vertex.before : vertex.after
        let total = 0
        for (const other of neighbours) total += other.order
        middle.set(vertex, neighbours.length > 0 ? total / neighbours.length : vertex.order)
      }
      // What pulls equally stays in its order in some sweeps and changes it in others: either may be better.
      const turns = sweep % 4 > 1 ? -1 : 1
      layer.sort((a, b) => middle.get(a)! - middle.get(b)! || (a.order - b.order) * turns)
      number(layer)
    }
    const crossings = countCrossings(layers)
    if (crossings < fewest) {
      fewest = crossings
      best = layers.map((layer) => [...layer])
    }
  }
  for (const [index, layer] of layers.entries()) {
    layer.splice(0, layer.length, ...best[index]!)
    number(layer)
  }
}

function number(layer: Layer): void {
  for (const [order, vertex] of layer.entries()) vertex.order = order
}

/** Pairs of lines between neighbouring layers that change their order: inversions, counted with a Fenwick tree. */
function countCrossings(layers: readonly Layer[]): number {
  let crossings = 0
  for (const [index, layer] of layers.entries()) {
    const next = layers[index + 1]
    if (!next) break
    const tree = new Int32Array(next.length + 1)
    let passed = 0
    for (const vertex of layer) {
      const ends = vertex.after.map((other) => other.order)
      for (const end of ends) {
        let notAfter = 0
        for (let at = end + 1; at > 0; at -= at & -at) notAfter += tree[at]!
        crossings += passed - notAfter
      }
      for (const end of ends) for (let at = end + 1; at <= next.length; at += at & -at) tree[at]!++
      passed += ends.length
    }
  }
  return crossings
}

const positionSweeps = 40
/** Finer than any drawing shows, as a share of the gap between boxes. */
const stillEnough = 0.01
const straightEnough = 0.1

/** Makes the lines short: each layer in turn gets its best positions while the others stay. */
function assignPositions(layers: readonly Layer[], gap: number): void {
  for (const layer of layers) spread(layer, gap)
  const backwards = [...layers].reverse()
  const pools = new Pools(Math.max(...layers.map(({ length }) => length)))
  for (let sweep = 0; sweep < positionSweeps; sweep++) {
    let moved = 0
    for (const layer of sweep % 2 === 0 ? layers : backwards)
      moved = Math.max(moved, align(layer, gap, pools))
    if (moved < stillEnough * gap) return
  }
}

/** Room for the pools of the longest layer; thousands of layers are aligned, dozens of times. */
class Pools {
  readonly offsets: Float64Array
  readonly totals: Float64Array
  readonly weights: Float64Array
  readonly counts: Int32Array

  constructor(length: number) {
    this.offsets = new Float64Array(length)
    this.totals = new Float64Array(length)
    this.weights = new Float64Array(length)
    this.counts = new Int32Array(length)
  }
}

/** Between middles; a line keeps half the distance that boxes do. */
function distance(a: Vertex, b: Vertex, gap: number): number {
  return (a.along + b.along) / 2 + (a.along > 0 && b.along > 0 ? gap : gap / 2)
}

function spread(layer: Layer, gap: number): void {
  let at = 0
  for (const [index, vertex] of layer.entries()) {
    if (index > 0) at += distance(layer[index - 1]!, vertex, gap)
    vertex.at = at
  }
  for (const vertex of layer) vertex.at -= at / 2
}

/**
 * Gives the vertices of a layer the positions that keep their distance and minimise the sum of squared distances to
 * their neighbours. Returns the largest move.
 */
function align(layer: Layer, gap: number, { offsets, totals, weights, counts }: Pools): number {
  // With the distances subtracted, this is isotonic regression: vertices that would change their order are pooled.
  let pools = 0
  for (let index = 0; index < layer.length; index++) {
    const vertex = layer[index]!
    offsets[index] = index === 0 ? 0 : offsets[index - 1]! + distance(layer[index - 1]!, vertex, gap)
    let ideal = 0
    let weight = 0
    for (const { vertex: other, offset, weight: own } of vertex.ends) {
      ideal += (other.at - offset) * own
      weight += own
    }
    ideal = weight > 0 ? ideal / weight : vertex.at
    if (weight === 0) weight = 1
    let total = (ideal - offsets[index]!) * weight
    let count = 1
    for (; pools > 0 && totals[pools - 1]! / weights[pools - 1]! >= total / weight; pools--) {
      total += totals[pools - 1]!
      weight += weights[pools - 1]!
      count += counts[pools - 1]!
    }
    totals[pools] = total
    weights[pools] = weight
    counts[pools++] = count
  }
  let moved = 0
  let index = 0
  for (let pool = 0; pool < pools; pool++)
    for (let member = 0; member < counts[pool]!; member++, index++) {
      const at = totals[pool]! / weights[pool]! + offsets[index]!
      moved = Math.max(moved, Math.abs(at - layer[index]!.at))
      layer[index]!.at = at
    }
  return moved
}

/** Where along the side of its target each link ends: evenly spaced, in the order of where they come from. */
function arrivals(
  links: readonly Link[],
  items: ReadonlyMap<string, Item>,
  vertices: ReadonlyMap<string, Vertex>,
  routes: readonly Route[],
): number[] {
  const sides = new Map<string, { index: number; from: number }[]>()
  const ends: number[] = []
  for (const [index, { to, key }] of links.entries()) {
    const entry = items.get(to)!.entries?.get(key)
    if (entry !== undefined) {
      ends[index] = vertices.get(to)!.at + entry
      continue
    }
    const side = sides.get(to) ?? []
    const { own } = routes[index]!
    side.push({ index, from: (own.place ?? own.from).at })
    sides.set(to, side)
  }
  for (const [to, side] of sides) {
    side.sort((a, b) => a.from - b.from || a.index - b.index)
    const { ports } = items.get(to)!
    const first = vertices.get(to)!.at - ports / 2
    for (const [rank, { index }] of side.entries())
      ends[index] = first + (ports * (rank + 1)) / (side.length + 1)
  }
  return ends
}
