// What lies over the drawing of a graph: help, palette, all about a node, a nudge, a check; and the graph as a list.
import { BackpropagationError, type Op, ops } from '@bp/core'
import { formulaOf } from '@bp/core/notation'
import {
  cellsOf,
  formatNumber,
  type Numbers,
  nudge,
  outlineOf,
  type TraceNode,
  type TraceView,
  writeCellSum,
} from '@bp/lab'
import stringWidth from 'string-width'
import { palette } from '../appearance.js'
import { cut, padEnd, padStart, visible, wrap } from '../fit.js'
import { inColumns } from '../lines.js'
import { around } from '../list.js'
import { fit, type Piece } from '../text.js'
import { type Action, actions, findActions, writeKeys } from './actions.js'
import { describeChain } from './lines.js'
import { type Layer, type Session, selectedNode } from './session.js'
import { derivativeName, rowsOf, shortNumber, write, writeShape } from './words.js'

type Line = readonly Piece[]

const plain = (text: string): Line => [{ text }]
const dim = (text: string): Line => [{ text, dim: true }]
const bold = (text: string): Line => [{ text, bold: true }]

/** The layer, at most `rows` lines of `columns`. */
export function layerLines(
  session: Session,
  layer: Layer,
  view: TraceView,
  columns: number,
  rows: number,
): Line[] {
  switch (layer.kind) {
    case 'help':
      return scrolling(helpLines(columns), layer.top, columns, rows)
    case 'palette':
      return paletteLines(layer, columns, rows)
    case 'details':
      return detailsLines(session, layer, view, columns, rows)
    case 'nudge':
      return fitted(nudgeLines(session, layer, columns), columns, rows)
    case 'check':
      return fitted(checkLines(layer, columns), columns, rows)
    case 'prompt':
      return layer.under === null ? [] : layerLines(session, layer.under, view, columns, rows)
  }
}

function fitted(lines: readonly Line[], columns: number, rows: number): Line[] {
  return lines.slice(0, rows).map((pieces) => fit(pieces, columns))
}

/** A window on lines, which says if there are more. */
function scrolling(lines: readonly Line[], top: number, columns: number, rows: number): Line[] {
  if (lines.length <= rows) return fitted(lines, columns, rows)
  const shown = Math.max(1, rows - 1)
  const first = Math.min(Math.max(top, 0), lines.length - shown)
  const last = first + shown
  return [
    ...fitted(lines.slice(first, last), columns, shown),
    dim(cut(`lines ${first + 1} to ${last} of ${lines.length} · ↑ ↓ page keys`, columns)),
  ].slice(0, rows)
}

function helpLines(columns: number): Line[] {
  const groups = [...new Set(actions.map(({ group }) => group))]
  const entry = (action: Action) => `${padEnd(writeKeys(action), 9)} ${action.title}`
  const width = Math.max(...actions.map((action) => stringWidth(entry(action)))) + 2
  const many = Math.max(1, Math.floor(columns / width))
  return groups.flatMap((group): Line[] => {
    const own = actions.filter((action) => action.group === group)
    const height = Math.ceil(own.length / many)
    return [
      bold(group),
      ...Array.from({ length: height }, (_, row) =>
        plain(
          Array.from({ length: many }, (_, column) => own[column * height + row])
            .map((action) => (action ? padEnd(entry(action), width) : ''))
            .join('')
            .trimEnd(),
        ),
      ),
    ]
  })
}

function paletteLines({ text, chosen }: Extract<Layer, { kind: 'palette' }>, columns: number, rows: number) {
  const found = findActions(text)
  const { shown, first } = around(found, chosen, Math.max(1, rows - 1))
  return fitted(
    [
      [{ text: ': ', dim: true }, { text: `${visible(text)}█` }],
      ...(found.length === 0 ? [dim('no command has these words')] : []),
      ...shown.map((action, at): Line => {
        const mark = first + at === chosen
        return [
          { text: mark ? '› ' : '  ', bold: true, colour: palette.orange },
          { text: padEnd(action.title, 36), bold: mark },
          { text: writeKeys(action), dim: true },
        ]
      }),
    ],
    columns,
    rows,
  )
}

function detailsLines(
  session: Session,
  layer: Extract<Layer, { kind: 'details' }>,
  view: TraceView,
  columns: number,
  rows: number,
): Line[] {
  const node = selectedNode(session)
  const { trace } = session.picture
  const from = session.picture.variables.find(({ name }) => name === node.id)?.from
  const what =
    node.op === null
      ? `${node.kind}${from === 'source' ? ', its value is in the expression' : from === 'default' ? ', 1 since it was given no value' : ''}`
      : `${node.op}: ${formulaOf(ops[node.op as keyof typeof ops] as unknown as Op)}`
  const head: Line[] = [
    bold(node.label),
    dim(`${what}${node.shape.length > 0 ? ` · ${writeShape(node.shape)}` : ''}`),
  ]
  if (node.shape.length > 0)
    return [
      ...fitted(head, columns, rows),
      ...arrayLines(session, node, layer.cell, view, columns, Math.max(1, rows - head.length)),
    ].slice(0, rows)
  const known = view.knownValues.has(node.id)
  const derivative = (trace.mode === 'forward' ? view.tangents : view.derivatives).get(node.id) ?? null
  const title = new Map(trace.nodes.map((one) => [one.id, one]))
  const flow = (id: string, numbers: Numbers | null) =>
    view.passed.has(id) && numbers !== null ? numbers : null
  const edges = trace.edges.filter((edge) => edge.from === node.id || edge.to === node.id)
  const table = edges.map((edge) => {
    const [source, target] = [title.get(edge.from)!, title.get(edge.to)!]
    const receiver = trace.mode === 'forward' ? target : source
    const sender = trace.mode === 'forward' ? source : target
    const [upstream, part] = [flow(edge.id, edge.upstream), flow(edge.id, edge.contribution)]
    return [
      `  ${source.title} → ${target.title}${edge.part === null ? '' : `, use ${edge.part}`}`,
      edge.rule === ''
        ? 'no derivative flows'
        : edge.local === null
          ? edge.rule
          : `local ${known || source.op === null ? formatNumber(edge.local) : '—'}`,
      edge.rule === '' ? '' : `× upstream ${write(upstream, sender)}`,
      edge.rule === '' ? '' : `= ${write(part, receiver)}`,
    ]
  })
  const composite = trace.composites.findLast(({ nodes }) => nodes.includes(node.id))
  const lines: Line[] = [
    ...head,
    [
      { text: 'value       ', dim: true },
      { text: write(known ? node.value : null, node), bold: true, colour: palette.blue },
    ],
    ...(node.kind === 'constant'
      ? []
      : [
          [
            { text: padEnd(derivativeName(trace, node), 12), dim: true },
            { text: write(derivative, node), bold: true, colour: palette.orange },
          ],
        ]),
    ...(table.length > 0 ? [[], ...inColumns(table).map(plain)] : []),
    ...(composite ? [[], ...describeChain(trace, composite).map(plain)] : []),
  ]
  return scrolling(lines, layer.top, columns, rows)
}

/** The array as a grid with one cell marked, and where the number in that cell comes from. */
function arrayLines(
  session: Session,
  node: TraceNode,
  cell: readonly number[],
  view: TraceView,
  columns: number,
  rows: number,
): Line[] {
  const { trace } = session.picture
  const value = view.knownValues.has(node.id) ? node.value : null
  const derivative = (trace.mode === 'forward' ? view.tangents : view.derivatives).get(node.id) ?? null
  const place = cell.map((index, axis) => Math.min(index, node.shape[axis]! - 1))
  const number = (numbers: Numbers | null) =>
    numbers === null
      ? '—'
      : formatNumber(
          place.reduce<Numbers>((entry, at) => (entry as readonly Numbers[])[at]!, numbers) as number,
        )
  const name = `[${place.join(',')}]`
  const origin = (of: 'value' | 'derivative') => {
    const found = cellsOf(trace, { node: node.id, of, cell: place })
    const sum = found && writeCellSum(trace, found)
    return sum === null ? '' : ` = ${sum}`
  }
  const about: Line[] = [
    [
      { text: `${node.title}${name} = `, dim: true },
      { text: number(value), bold: true, colour: palette.blue },
      { text: value === null || node.op === null ? '' : origin('value'), dim: true },
    ],
    [
      { text: `${derivativeName(trace, { title: `${node.title}${name}` })} = `, dim: true },
      { text: number(derivative), bold: true, colour: palette.orange },
      { text: derivative === null || trace.mode === 'forward' ? '' : origin('derivative'), dim: true },
    ],
  ]
  const room = Math.max(1, rows - about.length)
  const both = room >= 5 && derivative !== null
  const height = both ? Math.floor((room - 2) / 2) : Math.max(1, room - 1)
  const grid = (numbers: Numbers | null, words: string, colour: string): Line[] =>
    numbers === null
      ? [dim(`${words} —`)]
      : [dim(words), ...gridLines(rowsOf(numbers), place, node.shape, columns, height, colour)]
  return fitted(
    [
      ...grid(value, 'value', palette.blue),
      ...(both ? grid(derivative, derivativeName(trace, node), palette.orange) : []),
      ...about,
    ],
    columns,
    rows,
  )
}

function gridLines(
  all: readonly (readonly number[])[],
  cell: readonly number[],
  shape: readonly number[],
  columns: number,
  height: number,
  colour: string,
): Line[] {
  const width = all[0]!.length
  const marked = rowOf(cell, shape)
  const { shown, first } = around(all, marked, height)
  const digits = `${all.length - 1}`.length
  const cellWidth =
    Math.max(...shown.flatMap((row) => row.map((value) => stringWidth(shortNumber(value))))) + 2
  const fitting = Math.max(1, Math.floor((columns - digits - 3) / cellWidth))
  const begin = Math.min(Math.max(cell.at(-1)! - Math.floor(fitting / 2), 0), Math.max(0, width - fitting))
  return shown.map((row, at) => {
    const number = first + at
    return [
      { text: ` ${String(number).padStart(digits)}${begin > 0 ? '…' : ' '}`, dim: true },
      ...row.slice(begin, begin + fitting).map((value, index): Piece => {
        const here = number === marked && begin + index === cell.at(-1)
        const text = padStart(shortNumber(value), cellWidth - 2)
        return here ? { text: `[${text}]`, bold: true, colour } : { text: ` ${text} `, colour }
      }),
      { text: begin + fitting < width ? '…' : '', dim: true },
    ]
  })
}

/** Which of the rows of an array, its last axis across, the cell is in. */
function rowOf(cell: readonly number[], shape: readonly number[]): number {
  return cell.slice(0, -1).reduce((row, index, axis) => row * shape[axis]! + index, 0)
}

const deltas = [1, 0.1, 0.01, 0.001, -1]

function nudgeLines(
  session: Session,
  { name, delta }: Extract<Layer, { kind: 'nudge' }>,
  columns: number,
): Line[] {
  const { picture, document } = session
  const node = picture.trace.nodes.find(({ id }) => id === name)
  const target = picture.trace.target.title
  try {
    const tried = (delta === null ? deltas : [delta, ...deltas]).map((by) => ({
      by,
      ...nudge(picture.graph, name, by, document.target),
    }))
    const [first] = tried
    const slope = first!.predicted / first!.by
    const array = (node?.shape.length ?? 0) > 0
    const change = first!.by < 0 ? 'shrinks' : 'grows'
    const sentence = `If ${array ? `every element of ${name}` : name} ${change} by ${formatNumber(Math.abs(first!.by))}, the derivative says that ${target} changes by ${formatNumber(first!.predicted)}; it changes by ${formatNumber(first!.change)}.`
    return [
      bold(`nudge ${name}${array ? '' : ` = ${write(node?.value ?? null, { shape: [] })}`}`),
      ...wrap(sentence, columns).map(plain),
      [],
      ...inColumns([
        [`Δ${name}`, `predicted Δ${target}`, `real Δ${target}`, 'off by', `${target} then`],
        ...tried.map(({ by, predicted, change: real, after }) => [
          formatNumber(by),
          formatNumber(predicted),
          formatNumber(real),
          formatNumber(real - predicted, 3),
          formatNumber(after),
        ]),
      ]).map((line, at): Line => (at === 0 ? dim(line) : plain(line))),
      [],
      dim(`predicted: the derivative ${formatNumber(slope)} times Δ${name}`),
      dim('i another nudge · ↑ ↓ another variable · esc back'),
    ]
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    return [bold(`nudge ${name}`), ...wrap(error.message, columns).map(plain)]
  }
}

function checkLines({ name, result, problem }: Extract<Layer, { kind: 'check' }>, columns: number): Line[] {
  if (!result) return [bold(`check ${name}`), ...wrap(problem ?? '', columns).map(plain)]
  const { element, derivative, estimates, best, passes } = result
  const widest = Math.max(0, Math.min(24, columns - 46))
  const bar = (error: number) => {
    // Sixteen digits are all there are.
    const digits = error === 0 ? 16 : Math.min(16, Math.max(0, -Math.log10(error)))
    return Number.isNaN(error) ? '' : '█'.repeat(Math.round((widest * digits) / 16))
  }
  return [
    bold(`check ${name}${element > 0 ? `, element ${element}` : ''}: derivative ${formatNumber(derivative)}`),
    [
      {
        text: passes ? '✓ agrees with central differences' : '✗ differs: wrong, or not smooth here',
        bold: true,
        colour: passes ? palette.green : palette.red,
      },
      { text: `, best at h = ${formatNumber(best.h)}`, dim: true },
    ],
    ...inColumns([
      ['h', '(f(x+h) − f(x−h))/2h', 'off by', widest > 5 ? 'digits that agree' : ''],
      ...estimates.map(({ h, estimate, error }) => [
        formatNumber(h),
        formatNumber(estimate),
        formatNumber(error, 2),
        bar(error),
      ]),
    ]).map((line, at): Line => (at === 0 ? dim(line) : plain(line))),
    dim('large h: the curve bends; small h: rounding · ↑ ↓ another variable'),
  ]
}

/** The graph as a list, around the selected node. */
export function outlineLines(session: Session, view: TraceView, columns: number, rows: number): Line[] {
  const { trace } = session.picture
  const selected = selectedNode(session)
  const all = outlineOf(trace)
  const chosen = all.findIndex(({ node, repeated }) => node.id === selected.id && !repeated)
  const { shown, first } = around(all, chosen, Math.max(1, rows))
  const deepest = Math.floor(columns / 4)
  return shown.map(({ node, depth, repeated }, at) => {
    const mark = first + at === chosen
    const current = view.current?.node === node.id
    const value = write(view.knownValues.has(node.id) ? node.value : null, node)
    const derivative = (trace.mode === 'forward' ? view.tangents : view.derivatives).get(node.id) ?? null
    const indent =
      depth <= deepest / 2 ? '  '.repeat(depth) : `${' '.repeat(deepest - 5)}${`·${depth}`.padEnd(5)}`
    const numbers = repeated
      ? '↑ above'
      : `${value}${node.kind === 'constant' ? '' : `  ∂ ${write(derivative, node)}`}`
    const room = columns - 3 - stringWidth(numbers)
    const words = cut(`${indent}${repeated ? node.title : node.label}`, room)
    return fit(
      [
        { text: mark ? '›' : ' ', bold: true, colour: palette.orange },
        {
          text: session.document.breakpoints.includes(node.id) ? '●' : ' ',
          colour: palette.red,
          bold: true,
        },
        { text: padEnd(words, Math.max(0, room)), bold: mark || current, dim: repeated },
        { text: ` ${numbers}`, colour: repeated ? undefined : palette.blue, dim: repeated },
      ],
      columns,
    )
  })
}
