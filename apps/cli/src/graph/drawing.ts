// A graph drawn with boxes and lines: layers from left to right, values and derivatives in the boxes.
import {
  type Layout,
  layout,
  type Neighbourhood,
  type Numbers,
  type Trace,
  type TraceNode,
  type TraceView,
} from '@bp/lab'
import stringWidth from 'string-width'
import { palette } from '../appearance.js'
import { cut, padEnd, padStart } from '../fit.js'
import type { Piece } from '../text.js'
import { derivativeName, rowsOf, shortNumber, write, writeShape } from './words.js'

/** Widths of a box: the first with which the graph fits, else the last. */
const boxWidths = { boxes: [20, 18, 16], names: [18, 15, 12] }
/** Columns between layers, in which lines change rows. */
const gapWidth = 5
/** Rows between boxes of a layer. */
const gapHeights = { boxes: 2, names: 1 }
/** Rows of an array that a box shows. */
const mostRows = 3

/** `boxes` have a border, the value and the derivative; `names` are one row each, so that four times as many fit. */
export type DrawingStyle = keyof typeof boxWidths

export interface Drawn {
  readonly trace: Trace
  /** What of the graph is drawn. */
  readonly part: Neighbourhood
  /** What is known of it; the rest is —. */
  readonly view: TraceView
  /** Id of a node. */
  readonly selected: string | null
  readonly breakpoints: readonly string[]
}

interface Place {
  readonly left: number
  readonly top: number
  readonly height: number
}

/** A drawing, and where in it each node is. */
export interface Drawing {
  /** Pieces of one column each. */
  readonly rows: Piece[][]
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyMap<string, Place>
  readonly boxWidth: number
}

// Lines leave a cell up, right, down, left: bits 1, 2, 4, 8.
const strokes = ' ╵╶└╷│┌├╴┘─┴┐┤┬┼'
const [up, right, down, left] = [1, 2, 4, 8] as const

/** Draws part of a graph, in `columns` if possible. */
export function drawGraph(drawn: Drawn, style: DrawingStyle, columns: number): Drawing {
  const { part, view } = drawn
  const labels = labelsOf(drawn)
  const labelWidth = Math.max(0, ...[...labels.values()].map((label) => stringWidth(label)))
  const gap = gapWidth + (labelWidth > 0 ? labelWidth + 1 : 0)
  const nodes = new Map(part.nodes.map((node) => [node.id, node]))
  const place = (width: number) =>
    layout(part, {
      nodeSize: (id) => ({ width, height: heightOf(nodes.get(id)!, style) }),
      gaps: { along: gapHeights[style], deep: gap },
      padding: { top: 1, right: 1, bottom: 1, left: 1 },
    })
  // Narrow boxes show a single column of an array.
  const arrays = style === 'boxes' && part.nodes.some(({ shape }) => shape.length > 0)
  const widths = arrays ? boxWidths.boxes.slice(0, 1) : boxWidths[style]
  const boxWidth = widths.find((width) => place(width).width <= columns) ?? widths.at(-1)!
  const placed = place(boxWidth)
  const width = Math.ceil(placed.width)
  const height = Math.ceil(placed.height)
  const boxes = new Map(
    placed.nodes.map(({ id, x, y, height: own }) => [
      id,
      { left: Math.round(x), top: Math.min(toRow(y), height - own), height: own },
    ]),
  )
  const rows = Array.from({ length: height }, () =>
    Array.from({ length: width }, (): Piece => ({ text: ' ' })),
  )
  drawFrames(rows, placed, drawn)
  const masks = new Uint8Array(width * height)
  const ends = new Map(
    part.nodes.map(({ id }): [string, Ends] => [id, { arrivals: new Set(), departures: new Set() }]),
  )
  const edge = view.current?.edge
  const segments = segmentsOf(placed, boxes)
  for (const segment of segments) {
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
  for (const { edge: one, to } of segments) {
    const label = labels.get(one.id)
    if (label === undefined || to.column !== boxes.get(one.to)!.left - 1) continue
    const cells = split([{ text: label, bold: true }])
    rows[to.row]!.splice(to.column - cells.length, cells.length, ...cells)
  }
  for (const node of part.nodes) {
    const { left, top } = boxes.get(node.id)!
    const pieces =
      style === 'names'
        ? [nameRow(drawn, node, boxWidth)]
        : boxRows(drawn, node, ends.get(node.id)!, boxWidth)
    for (const [row, line] of pieces.entries()) rows[top + row]!.splice(left, boxWidth, ...split(line))
  }
  return { rows, width, height, boxes, boxWidth }
}

/** Even, so that the middles of all boxes are in rows of the same kind and lines between them are straight. */
function heightOf({ value, shape }: TraceNode, style: DrawingStyle): number {
  if (style === 'names') return 1
  return shape.length === 0 ? 4 : 2 + 2 * Math.min(rowsOf(value).length, mostRows)
}

/** On edges: L1, L2 … in an opened composite, else the shape of an array. */
function labelsOf({ trace, part }: Drawn): Map<string, string> {
  const labels = new Map<string, string>()
  const shapes = new Map(part.nodes.map(({ id, shape }) => [id, shape]))
  for (const { id, from } of part.edges) {
    const shape = writeShape(shapes.get(from)!)
    if (shape !== '') labels.set(id, shape)
  }
  for (const { chain } of trace.composites)
    for (const [index, { edge }] of chain.entries()) labels.set(edge, `L${index + 1}`)
  return labels
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

/** The boxes of opened composites, with their name above and, as far as the step is, the products of their factors below. */
function drawFrames(rows: Piece[][], placed: Layout, { trace: { composites }, view }: Drawn): void {
  for (const { id, x, y, width, height } of placed.composites) {
    const [first, last] = [Math.round(x), Math.round(x + width) - 1]
    const [top, bottom] = [Math.max(0, toRow(y)), Math.min(rows.length, toRow(y + height)) - 1]
    const put = (row: number, column: number, text: string) => {
      rows[row]![column] = { text, dim: true }
    }
    for (let column = first + 1; column < last; column++) {
      put(top, column, '╌')
      put(bottom, column, '╌')
    }
    for (let row = top + 1; row < bottom; row++) {
      put(row, first, '╎')
      put(row, last, '╎')
    }
    for (const [row, column, corner] of [
      [top, first, '╭'],
      [top, last, '╮'],
      [bottom, first, '╰'],
      [bottom, last, '╯'],
    ] as const)
      put(row, column, corner)
    const composite = composites.find((one) => one.id === id)!
    const title = split([{ text: cut(` ${id} is ${composite.op} `, width - 4), dim: true }])
    rows[top]!.splice(first + 2, title.length, ...title)
    const products = composite.chain
      .filter(({ edge }) => view.passed.has(edge))
      .map(({ product }, index) => {
        const factors = Array.from({ length: index + 1 }, (_, at) => `L${at + 1}`)
        return `${factors.join('·')} ${shortNumber(product)}`
      })
    if (products.length === 0) continue
    const below = split([{ text: cut(` ${products.join(' → ')} `, width - 4), colour: palette.orange }])
    rows[bottom]!.splice(first + 2, below.length, ...below)
  }
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
    const [source, target] = [boxes.get(edge.from)!, boxes.get(edge.to)!]
    rows[0] = source.top + Math.floor(source.height / 2)
    const within = Math.floor(points.at(-1)!.y - nodes.get(edge.to)!.y)
    // Not at a corner of the box.
    const inset = target.height > 2 ? 1 : 0
    rows[rows.length - 1] = target.top + Math.min(Math.max(within, inset), target.height - 1 - inset)
    return points.slice(1).map((point, index) => ({
      edge,
      from: { column: Math.round(points[index]!.x), row: rows[index]! },
      to: { column: Math.round(point.x) - 1, row: rows[index + 1]! },
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
/** Of the node of the last step; visible without colours too. */
const double: Border = { corners: ['╔', '╗', '╚', '╝'], across: '═', side: '║', arriving: '╢', leaving: '╟' }
/** Of the node that keys act on. */
const heavy: Border = { corners: ['┏', '┓', '┗', '┛'], across: '━', side: '┃', arriving: '┨', leaving: '┠' }

/** Rows of a box as pieces, `boxWidth` wide. */
function boxRows(drawn: Drawn, node: TraceNode, { arrivals, departures }: Ends, boxWidth: number): Piece[][] {
  const { trace, part, view, selected, breakpoints } = drawn
  const { current: step, knownValues, derivatives, tangents } = view
  const current = step?.node === node.id
  const border = current ? double : selected === node.id ? heavy : plain
  const style: Omit<Piece, 'text'> = current
    ? { bold: true, colour: step.phase === 'forward' ? palette.blue : palette.orange }
    : selected === node.id
      ? { bold: true }
      : {}
  const inner = boxWidth - 4
  const shape = writeShape(node.shape)
  // `f = σ` where `f = sigmoid(h)` is too long; of an array its name and shape.
  const wanted = shape === '' ? node.label : `${node.title} ${shape}`
  const marks = `${breakpoints.includes(node.id) ? '●' : ''}${selected === node.id ? '›' : ''}${trace.target.id === node.id && trace.target !== trace.output ? '◎' : ''}`
  const room = inner - stringWidth(marks)
  const title = cut(
    stringWidth(wanted) <= room || node.op === null || shape !== ''
      ? wanted
      : `${node.name} = ${node.symbol}`,
    room,
  )
  const [topLeft, topRight, bottomLeft, bottomRight] = border.corners
  const value = knownValues.has(node.id) ? node.value : null
  const derivative = (trace.mode === 'forward' ? tangents : derivatives).get(node.id) ?? null
  const framed = (row: number, pieces: readonly Piece[]): Piece[] => [
    { text: arrivals.has(row) ? border.arriving : border.side, ...style },
    ...pieces,
    { text: departures.has(row) ? border.leaving : border.side, ...style },
  ]
  const line = (row: number, name: string, text: string, colour: string | undefined): Piece[] => {
    const shown = cut(text, inner)
    const free = inner - stringWidth(shown)
    const label = stringWidth(name) < free ? name : ''
    return framed(row, [
      { text: ` ${padEnd(label, free)}`, dim: true },
      { text: shown, colour, bold: colour !== undefined },
      { text: ' ' },
    ])
  }
  const known = value !== null
  const { inputs, uses } = part.hidden.get(node.id)!
  const below = [inputs > 0 ? `⋯${inputs}` : '', uses > 0 ? `${uses}⋯` : ''] as const
  const between = boxWidth - 4 - stringWidth(below.join(''))
  const rows = heightOf(node, 'boxes') / 2 - 1
  return [
    [
      { text: `${topLeft}${border.across}`, ...style },
      { text: marks, bold: true, colour: palette.red },
      { text: title, bold: true },
      { text: `${border.across.repeat(boxWidth - 3 - stringWidth(marks + title))}${topRight}`, ...style },
    ],
    ...(node.shape.length > 0
      ? [
          ...gridRows(value, rows, ' ', boxWidth - 2, palette.blue).map((row, at) => framed(1 + at, row)),
          ...gridRows(derivative, rows, '∂', boxWidth - 2, palette.orange).map((row, at) =>
            framed(1 + rows + at, row),
          ),
        ]
      : [
          line(1, 'value', write(value, node), known ? palette.blue : undefined),
          // A constant has no derivative, which is different from one that is not known yet.
          node.kind === 'constant'
            ? line(2, '', '', undefined)
            : line(
                2,
                derivativeName(trace, node),
                write(derivative, node),
                derivative === null ? undefined : palette.orange,
              ),
        ]),
    [
      { text: `${bottomLeft}${border.across}`, ...style },
      { text: below[0], dim: true },
      { text: border.across.repeat(between), ...style },
      { text: below[1], dim: true },
      { text: `${border.across}${bottomRight}`, ...style },
    ],
  ]
}

/** The first rows and columns of an array, `count` rows of `width` columns; — where it is not known. */
function gridRows(
  numbers: Numbers | null,
  count: number,
  sign: string,
  width: number,
  colour: string,
): Piece[][] {
  const all = numbers === null ? [] : rowsOf(numbers)
  const shown = all.slice(0, count)
  const widths = columnWidths(shown, width - 2)
  return Array.from({ length: count }, (_, at): Piece[] => {
    const row = shown[at]
    const more = at === count - 1 && all.length > count
    const text =
      row === undefined
        ? at === 0
          ? '—'
          : ''
        : `${widths.map((own, column) => padStart(shortNumber(row[column]!), own)).join(' ')}${
            more ? ' ↓' : widths.length < row.length ? ' …' : ''
          }`
    return [
      { text: sign, dim: true },
      { text: padEnd(cut(text, width - 2), width - 2), colour: row === undefined ? undefined : colour },
      { text: ' ' },
    ]
  })
}

/** As many columns of numbers as fit, with room for a sign that there are more. */
function columnWidths(rows: readonly (readonly number[])[], width: number): number[] {
  const widths: number[] = []
  let used = 2
  for (let column = 0; column < (rows[0]?.length ?? 0); column++) {
    const own = Math.max(...rows.map((row) => stringWidth(shortNumber(row[column]!))))
    used += own + 1
    if (used > width + 1 && widths.length > 0) break
    widths.push(own)
  }
  return widths
}

/** `[g −10 ∂1    ]`: a node in one row. */
function nameRow({ trace, view, selected, breakpoints }: Drawn, node: TraceNode, boxWidth: number): Piece[] {
  const { current: step, knownValues, derivatives, tangents } = view
  const current = step?.node === node.id
  const [open, close] = current ? ['╢', '╟'] : selected === node.id ? ['▐', '▌'] : ['[', ']']
  const mark = breakpoints.includes(node.id) ? '●' : ''
  const number = (numbers: Numbers | null) =>
    numbers === null ? '—' : typeof numbers === 'number' ? shortNumber(numbers) : `${writeShape(node.shape)}`
  const value = number(knownValues.has(node.id) ? node.value : null)
  const derivative = (trace.mode === 'forward' ? tangents : derivatives).get(node.id) ?? null
  const room = boxWidth - 2
  const after = node.kind === 'constant' || derivative === null ? '' : ` ∂${number(derivative)}`
  const name = cut(`${mark}${node.title}`, Math.max(1, room - stringWidth(value) - 1))
  const both = node.name === '' ? name : `${name} ${value}`
  const left = room - stringWidth(both)
  const second = stringWidth(after) <= left ? after : ''
  const style = { bold: current || selected === node.id }
  return [
    { text: open, ...style },
    { text: cut(both, room), colour: palette.blue, ...style },
    { text: second, colour: palette.orange },
    { text: ' '.repeat(Math.max(0, left - stringWidth(second))) },
    { text: close, ...style },
  ]
}

/** Rows of a box, counted from its top, at which lines arrive and leave. */
interface Ends {
  readonly arrivals: Set<number>
  readonly departures: Set<number>
}
