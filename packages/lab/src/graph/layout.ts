// Lays out the nodes of a trace in layers, from the variables to the output (Sugiyama, Tagawa, Toda 1981).
import type { Trace } from './trace.js'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface LayoutNode extends Point {
  /** Id in the trace; `x` and `y` are the upper left corner. */
  readonly id: string
  readonly width: number
  readonly height: number
}

export interface LayoutEdge {
  readonly from: string
  readonly to: string
  readonly input: string
  /**
   * A polyline from the border of one node to that of the other, around the nodes between them. The second to last
   * point is the middle of the last segment, which no other edge shares: a place for a label.
   */
  readonly points: readonly Point[]
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** In the order of the trace. */
  readonly nodes: readonly LayoutNode[]
  readonly edges: readonly LayoutEdge[]
}

export interface LayoutOptions {
  /** From left to right (the default) or from top to bottom. */
  readonly direction?: 'LR' | 'TB'
  /** Size of every node, in the unit of the drawing; gaps are proportional to it. */
  readonly nodeWidth?: number
  readonly nodeHeight?: number
}

/** A member of a layer: a node, or a dummy where a line to a later layer passes. */
interface Vertex {
  readonly isNode: boolean
  readonly before: Vertex[]
  readonly after: Vertex[]
  /** Rank in its layer, from 0. */
  order: number
  /** Centre, along the layer. */
  at: number
}

type Layer = Vertex[]

/**
 * The same trace always gives the same layout, whatever its values. A node that is used in several layers sends one
 * line through them, from which each use branches off.
 */
export function layout(
  trace: Trace,
  { direction = 'LR', nodeWidth = 120, nodeHeight = 64 }: LayoutOptions = {},
): Layout {
  const across = direction === 'LR'
  // Along: within a layer. Deep: from layer to layer, with room for the labels of edges.
  const along = across ? nodeHeight : nodeWidth
  const deep = across ? nodeWidth : nodeHeight
  const pitch = deep + (across ? nodeWidth * 0.75 : nodeHeight)
  const distance = (a: Vertex, b: Vertex) =>
    ((a.isNode ? along : 0) + (b.isNode ? along : 0)) / 2 + along / (across ? 2 : 4)

  const depths = layersOf(trace)
  const { layers, nodes, routes } = connect(trace, depths)
  orderLayers(layers)
  assignPositions(layers, distance)
  const ends = arrivals(trace, nodes, routes, along)
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { at, isNode } of layers.flat()) {
    low = Math.min(low, at - (isNode ? along / 2 : 0))
    high = Math.max(high, at + (isNode ? along / 2 : 0))
  }
  const point = (depth: number, at: number): Point =>
    across ? { x: depth, y: rounded(at - low) } : { x: rounded(at - low), y: depth }

  return {
    width: across ? layers.length * pitch - (pitch - deep) : rounded(high - low),
    height: across ? rounded(high - low) : layers.length * pitch - (pitch - deep),
    nodes: trace.nodes.map(({ id }) => ({
      id,
      ...point(depths.get(id)! * pitch, nodes.get(id)!.at - along / 2),
      width: nodeWidth,
      height: nodeHeight,
    })),
    edges: trace.edges.map(({ from, to, input }, index) => {
      const depth = depths.get(from)!
      const passed = routes[index]!.flatMap(({ at }, count) => {
        const start = (depth + 1 + count) * pitch
        return [point(start, at), point(start + deep, at)]
      })
      const line = [point(depth * pitch + deep, nodes.get(from)!.at), ...passed]
      const end = point(depths.get(to)! * pitch, ends[index]!)
      return { from, to, input, points: [...line, halfway(line.at(-1)!, end), end] }
    }),
  }
}

/**
 * An operation comes one layer after the last of its inputs. Leaves, and chains of operations on a single leaf, come
 * right before their first use, so that lines pass through no more layers than they must.
 */
function layersOf({ nodes }: Trace): Map<string, number> {
  const depths = new Map<string, number>()
  const operations = new Set(nodes.filter(({ op }) => op !== null).map(({ id }) => id))
  for (const { id, inputs } of nodes)
    depths.set(id, Math.max(-1, ...inputs.map((input) => depths.get(input)!)) + 1)
  const firstUse = new Map<string, number>()
  for (const { id, inputs } of [...nodes].reverse()) {
    const use = firstUse.get(id)
    if (use !== undefined && inputs.filter((input) => operations.has(input)).length < 2)
      depths.set(id, use - 1)
    for (const input of inputs)
      firstUse.set(input, Math.min(firstUse.get(input) ?? Number.POSITIVE_INFINITY, depths.get(id)!))
  }
  return depths
}

/** Creates the vertices of all layers, and the route of each edge through the dummies between its ends. */
function connect(
  { nodes, edges }: Trace,
  depths: ReadonlyMap<string, number>,
): { layers: Layer[]; nodes: Map<string, Vertex>; routes: Vertex[][] } {
  const layers: Layer[] = Array.from({ length: Math.max(...depths.values()) + 1 }, () => [])
  const add = (depth: number, isNode: boolean): Vertex => {
    const layer = layers[depth]!
    const vertex = { isNode, before: [], after: [], order: layer.length, at: 0 }
    layer.push(vertex)
    return vertex
  }
  const join = (a: Vertex, b: Vertex): void => {
    a.after.push(b)
    b.before.push(a)
  }
  const last = new Map<string, number>()
  for (const { from, to } of edges) last.set(from, Math.max(last.get(from) ?? 0, depths.get(to)!))
  const vertices = new Map<string, Vertex>()
  const lines = new Map<string, Vertex[]>()
  // In the order of the trace, which keeps a tree's branches apart and the first operand above the second.
  for (const { id } of nodes) {
    const depth = depths.get(id)!
    const vertex = add(depth, true)
    vertices.set(id, vertex)
    const line = [vertex]
    for (let next = depth + 1; next < (last.get(id) ?? 0); next++) {
      const dummy = add(next, false)
      join(line.at(-1)!, dummy)
      line.push(dummy)
    }
    lines.set(id, line)
  }
  const routes = edges.map(({ from, to }) => {
    const route = lines.get(from)!.slice(0, depths.get(to)! - depths.get(from)!)
    join(route.at(-1)!, vertices.get(to)!)
    return route.slice(1)
  })
  return { layers, nodes: vertices, routes }
}

const orderSweeps = 8

/** Sorts each layer by the mean rank of its neighbours, forward and back, and keeps the order with fewest crossings. */
function orderLayers(layers: readonly Layer[]): void {
  let best = layers.map((layer) => [...layer])
  let fewest = countCrossings(layers)
  for (let sweep = 0; sweep < orderSweeps && fewest > 0; sweep++) {
    const forward = sweep % 2 === 0
    for (const layer of forward ? layers : [...layers].reverse()) {
      const middle = new Map(
        layer.map((vertex) => {
          const neighbours = forward ? vertex.before : vertex.after
          return [vertex, neighbours.length > 0 ? mean(neighbours.map(({ order }) => order)) : vertex.order]
        }),
      )
      layer.sort((a, b) => middle.get(a)! - middle.get(b)! || a.order - b.order)
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

function countCrossings(layers: readonly Layer[]): number {
  let crossings = 0
  for (const layer of layers) {
    const passed: number[] = []
    for (const vertex of layer) {
      const ends = vertex.after.map(({ order }) => order)
      for (const end of ends) for (const other of passed) if (other > end) crossings++
      passed.push(...ends)
    }
  }
  return crossings
}

const positionSweeps = 200

/** Makes the lines short: each layer in turn gets its best positions while the others stay. */
function assignPositions(layers: readonly Layer[], distance: (a: Vertex, b: Vertex) => number): void {
  for (let sweep = 0; sweep < positionSweeps; sweep++) {
    let moved = 0
    for (const layer of sweep % 2 === 0 ? layers : [...layers].reverse())
      moved = Math.max(moved, align(layer, distance))
    if (moved < 0.001) return
  }
}

/**
 * Gives the vertices of a layer the positions that keep their distance and minimise the sum of squared distances to
 * their neighbours. Returns the largest move, in distances between two nodes.
 */
function align(layer: Layer, distance: (a: Vertex, b: Vertex) => number): number {
  // With the distances subtracted, this is isotonic regression: vertices that would change their order are pooled.
  const offsets: number[] = []
  const pools: { total: number; weight: number; count: number }[] = []
  for (const [index, vertex] of layer.entries()) {
    offsets.push(index === 0 ? 0 : offsets[index - 1]! + distance(layer[index - 1]!, vertex))
    const neighbours = [...vertex.before, ...vertex.after]
    const weight = Math.max(neighbours.length, 1)
    const ideal = neighbours.length > 0 ? mean(neighbours.map(({ at }) => at)) : vertex.at
    let pool = { total: (ideal - offsets[index]!) * weight, weight, count: 1 }
    for (
      let last = pools.at(-1);
      last && last.total / last.weight >= pool.total / pool.weight;
      last = pools.at(-1)
    ) {
      pool = {
        total: pool.total + last.total,
        weight: pool.weight + last.weight,
        count: pool.count + last.count,
      }
      pools.pop()
    }
    pools.push(pool)
  }
  const unit = distance(layer[0]!, layer[0]!)
  let moved = 0
  let index = 0
  for (const { total, weight, count } of pools)
    for (let member = 0; member < count; member++, index++) {
      const at = total / weight + offsets[index]!
      moved = Math.max(moved, Math.abs(at - layer[index]!.at) / unit)
      layer[index]!.at = at
    }
  return moved
}

/** Where along the side of its target each edge ends: evenly spaced, in the order of where they come from. */
function arrivals(
  { edges }: Trace,
  nodes: ReadonlyMap<string, Vertex>,
  routes: readonly Vertex[][],
  along: number,
): number[] {
  const sides = new Map<string, { index: number; from: number }[]>()
  for (const [index, { from, to }] of edges.entries()) {
    const side = sides.get(to) ?? []
    side.push({ index, from: (routes[index]!.at(-1) ?? nodes.get(from)!).at })
    sides.set(to, side)
  }
  const ends: number[] = []
  for (const [to, side] of sides) {
    side.sort((a, b) => a.from - b.from || a.index - b.index)
    const top = nodes.get(to)!.at - along / 2
    for (const [rank, { index }] of side.entries())
      ends[index] = top + (along * (rank + 1)) / (side.length + 1)
  }
  return ends
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}

/** To a hundredth of a unit, finer than any drawing shows. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

function halfway(a: Point, b: Point): Point {
  return { x: rounded((a.x + b.x) / 2), y: rounded((a.y + b.y) / 2) }
}
