// A graph drawn with boxes and lines: layers from left to right, values and derivatives in the boxes.
import { type Layout, layout, type Trace, type TraceNode, type TraceView } from '@bp/lab'
import stringWidth from 'string-width'
import { cut } from '../fit.js'
import { type Piece, palette } from '../text.js'
import { derivativeName, write } from './words.js'

/** Widths of a box: the first with which the graph fits, else the last. */
const boxWidths = [20, 18, 16]
/** The name in the upper border, a row for the value, one for the derivative, the lower border. */
const boxHeight = 4
/** Columns between layers, in which lines change rows. */
const gapWidth = 5
/** Rows between boxes of a layer. */
const gapHeight = 2

/** A drawing, and where in it each node is. */
export interface Drawing {
  /** Pieces of one column each. */
  readonly rows: Piece[][]
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyMap<string, { readonly left: number; readonly top: number }>
  readonly boxWidth: number
}

// Lines leave a cell up, right, down, left: bits 1, 2, 4, 8.
const strokes = ' ╵╶└╷│┌├╴┘─┴┐┤┬┼'
const [up, right, down, left] = [1, 2, 4, 8] as const

/**
 * Draws what the view knows of the graph, with — for what is not known yet. The drawing fits into `columns` if possible.
 */
export function drawGraph(trace: Trace, view: TraceView, columns: number): Drawing {
  const place = (width: number) =>
    layout(trace, {
      nodeSize: () => ({ width, height: boxHeight }),
      gaps: { along: gapHeight, deep: gapWidth },
      padding: { top: 0, right: 0, bottom: 0, left: 0 },
    })
  const boxWidth = boxWidths.find((width) => place(width).width <= columns) ?? boxWidths.at(-1)!
  const placed = place(boxWidth)
  const { width } = placed
  const height = Math.ceil(placed.height)
  const boxes = new Map(
    placed.nodes.map(({ id, x, y }) => [id, { left: x, top: Math.min(toRow(y), height - boxHeight) }]),
  )
  const rows = Array.from({ length: height }, () =>
    Array.from({ length: width }, (): Piece => ({ text: ' ' })),
  )
  const masks = new Uint8Array(width * height)
  const ends = new Map(
    trace.nodes.map(({ id }): [string, Ends] => [id, { arrivals: new Set(), departures: new Set() }]),
  )
  const edge = view.current?.edge
  for (const segment of segmentsOf(placed, boxes)) {
    const { from, to, input } = segment.edge
    const active = edge?.from === from && edge.to === to && edge.input === input
    drawSegment(segment, (column, row, mask) => {
      masks[row * width + column]! |= mask
      const before = rows[row]![column]!
      const style = active || before.bold ? { colour: palette.orange, bold: true } : { dim: true }
      rows[row]![column] = { text: strokes[masks[row * width + column]!]!, ...style }
    })
    const [source, target] = [boxes.get(from)!, boxes.get(to)!]
    if (segment.from.column === source.left + boxWidth)
      ends.get(from)!.departures.add(segment.from.row - source.top)
    if (segment.to.column === target.left - 1) ends.get(to)!.arrivals.add(segment.to.row - target.top)
  }
  for (const node of trace.nodes) {
    const { left, top } = boxes.get(node.id)!
    for (const [row, pieces] of boxRows(trace, node, view, ends.get(node.id)!, boxWidth).entries())
      rows[top + row]!.splice(left, boxWidth, ...split(pieces))
  }
  return { rows, width, height, boxes, boxWidth }
}

/** Positions are the result of an iteration, so 2.99 means 3. */
function toRow(y: number): number {
  return Math.floor(y + 0.25)
}

/** Splits into pieces of one column each, so that any part of a drawing can be shown. */
function split(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap(({ text, ...style }) => {
    const cells: Piece[] = []
    for (const { segment } of new Intl.Segmenter('en').segment(text)) {
      cells.push({ text: segment, ...style })
      // A wide character takes two columns, the second of which has no text of its own.
      if (stringWidth(segment) === 2) cells.push({ text: '', ...style })
    }
    return cells
  })
}

/** Part of a line from one column to another, which changes rows in the column `turn`. */
interface Segment {
  readonly edge: Layout['edges'][number]
  readonly from: { readonly column: number; readonly row: number }
  readonly to: { readonly column: number; readonly row: number }
  turn: number
}

function segmentsOf(placed: Layout, boxes: Drawing['boxes']): Segment[] {
  const nodes = new Map(placed.nodes.map((node) => [node.id, node]))
  const segments = placed.edges.flatMap((edge): Segment[] => {
    const { points } = edge
    const rows = points.map(({ y }) => toRow(y))
    rows[0] = boxes.get(edge.from)!.top + boxHeight / 2
    const within = Math.floor(points.at(-1)!.y - nodes.get(edge.to)!.y)
    rows[rows.length - 1] = boxes.get(edge.to)!.top + Math.min(Math.max(within, 1), boxHeight - 2)
    return points.slice(1).map((point, index) => ({
      edge,
      from: { column: points[index]!.x, row: rows[index]! },
      to: { column: point.x - 1, row: rows[index + 1]! },
      turn: 0,
    }))
  })
  // Each source turns in a column of its own, so that lines cross only where they must.
  for (const column of new Set(segments.map(({ from }) => from.column))) {
    const turning = segments.filter(({ from, to }) => from.column === column && from.row !== to.row)
    const sources = [...new Set(turning.sort(byTurn).map(({ edge }) => edge.from))]
    for (const segment of turning) {
      const rank = sources.indexOf(segment.edge.from)
      segment.turn = column + 1 + Math.floor(((rank + 0.5) * (gapWidth - 2)) / sources.length)
    }
  }
  return segments
}

/** Lines that go down first, the lowest of them first; then those that go up, the highest first. */
function byTurn(a: Segment, b: Segment): number {
  const goesUp = ({ from, to }: Segment) => Number(to.row < from.row)
  return goesUp(a) - goesUp(b) || (goesUp(a) ? a.from.row - b.from.row : b.from.row - a.from.row)
}

function drawSegment(
  { from, to, turn }: Segment,
  mark: (column: number, row: number, mask: number) => void,
): void {
  if (from.row === to.row) {
    for (let column = from.column; column <= to.column; column++) mark(column, from.row, left | right)
    return
  }
  const [above, below] = [Math.min(from.row, to.row), Math.max(from.row, to.row)]
  const [away, back] = to.row > from.row ? [down, up] : [up, down]
  for (let column = from.column; column < turn; column++) mark(column, from.row, left | right)
  mark(turn, from.row, left | away)
  for (let row = above + 1; row < below; row++) mark(turn, row, up | down)
  mark(turn, to.row, back | right)
  for (let column = turn + 1; column <= to.column; column++) mark(column, to.row, left | right)
}

interface Border {
  readonly corners: readonly [string, string, string, string]
  readonly across: string
  readonly side: string
  readonly arriving: string
  readonly leaving: string
}

const plain: Border = { corners: ['┌', '┐', '└', '┘'], across: '─', side: '│', arriving: '┤', leaving: '├' }
/** Of the current node; visible without colours too. */
const double: Border = { corners: ['╔', '╗', '╚', '╝'], across: '═', side: '║', arriving: '╢', leaving: '╟' }

/** Rows of a box as pieces, `boxWidth` wide. */
function boxRows(
  trace: Trace,
  node: TraceNode,
  { current: step, knownValues, derivatives }: TraceView,
  { arrivals, departures }: Ends,
  boxWidth: number,
): Piece[][] {
  const current = step?.node === node.id
  const border = current ? double : plain
  const style: Omit<Piece, 'text'> = current
    ? { bold: true, colour: step.phase === 'forward' ? palette.blue : palette.orange }
    : {}
  const inner = boxWidth - 4
  // `f = σ` where `f = sigmoid(h)` is too long.
  const title = cut(
    stringWidth(node.label) <= inner || node.op === null ? node.label : `${node.name} = ${node.symbol}`,
    inner,
  )
  const [topLeft, topRight, bottomLeft, bottomRight] = border.corners
  const known = knownValues.has(node.id)
  const derivative = derivatives.get(node.id) ?? null
  const line = (row: number, name: string, text: string, colour: string | undefined): Piece[] => {
    const shown = cut(text, inner)
    const room = inner - stringWidth(shown)
    const label = stringWidth(name) < room ? name : ''
    return [
      { text: arrivals.has(row) ? border.arriving : border.side, ...style },
      { text: ` ${label}${' '.repeat(room - stringWidth(label))}`, dim: true },
      { text: shown, colour, bold: colour !== undefined },
      { text: ' ' },
      { text: departures.has(row) ? border.leaving : border.side, ...style },
    ]
  }
  return [
    [
      { text: `${topLeft}${border.across}`, ...style },
      { text: title, bold: true },
      { text: `${border.across.repeat(boxWidth - 3 - stringWidth(title))}${topRight}`, ...style },
    ],
    line(1, 'value', known ? write(node.value, node) : '—', known ? palette.blue : undefined),
    // A constant has no derivative, which is different from one that is not known yet.
    node.kind === 'constant'
      ? line(2, '', '', undefined)
      : line(
          2,
          derivativeName(trace, node),
          write(derivative, node),
          derivative === null ? undefined : palette.orange,
        ),
    [{ text: `${bottomLeft}${border.across.repeat(boxWidth - 2)}${bottomRight}`, ...style }],
  ]
}

/** Rows of a box, counted from its top, at which lines arrive and leave. */
interface Ends {
  readonly arrivals: Set<number>
  readonly departures: Set<number>
}
