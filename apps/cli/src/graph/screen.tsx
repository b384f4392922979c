// The full screen of a graph: its drawing, the last step in words, and keys for all that can be done with it.
import { neighbourhoodOf, type TraceView, viewAt } from '@bp/lab'
import { Box, useInput } from 'ink'
import { useEffect, useMemo, useReducer } from 'react'
import stringWidth from 'string-width'
import { palette } from '../appearance.js'
import { cut, padEnd, visible, wrap } from '../fit.js'
import type { Size } from '../terminal.js'
import { type Piece, Row, Rows } from '../text.js'
import { type Drawing, drawGraph } from './drawing.js'
import { type InkKey, keysOf, press } from './keys.js'
import { layerLines, outlineLines } from './panels.js'
import { type Layer, openSession, played, type Session, selectedNode, selectedVariable } from './session.js'
import type { Subject } from './source.js'
import { write } from './words.js'

export interface GraphScreenProps {
  readonly subject: Subject
  readonly size: Size
  /** Steps done at first. */
  readonly initialPosition?: number
  /** Called with an exit code, and with the graph as it is then. */
  readonly onLeave: (code: number, subject: Subject) => void
}

/** A smaller terminal shows one line instead of a picture. */
const smallest = { columns: 40, rows: 12 }
/** From here on there is room for everything. */
const roomy = 18
/** Time between steps while playing, in ms. */
const playInterval = 1200
/** A graph with more nodes is drawn around the selected one. */
const mostDrawn = 40

type Event = { readonly input: string; readonly key: InkKey } | 'tick'

function reduce(session: Session, event: Event): Session {
  if (event === 'tick') return played(session)
  return keysOf(event.input, event.key).reduce(
    (now, key) => (now.leaving === null ? press(now, key) : now),
    session,
  )
}

export function GraphScreen({ subject, size, initialPosition = 0, onLeave }: GraphScreenProps) {
  const [session, dispatch] = useReducer(reduce, null, () =>
    openSession(subject, initialPosition, size.rows < roomy ? 'names' : 'boxes'),
  )
  const { document, picture, title, playing, leaving } = session
  useInput((input, key) => dispatch({ input, key }))
  useEffect(() => {
    if (leaving !== null) onLeave(leaving, { title, document, picture })
  }, [leaving, onLeave, title, document, picture])
  useEffect(() => {
    if (!playing) return
    const timer = setTimeout(() => dispatch('tick'), playInterval)
    return () => clearTimeout(timer)
  })

  return <SessionScreen session={session} size={size} />
}

/** The picture of a session. */
export function SessionScreen({ session, size }: { readonly session: Session; readonly size: Size }) {
  const { document, picture } = session
  const { columns, rows } = size
  const view = viewAt(picture.trace, document.position)
  const sentence = describeStep(session, view)
  const asked = session.layer?.kind === 'prompt' ? session.layer : null
  if (columns < smallest.columns || rows < smallest.rows) {
    const line = asked
      ? promptLine(asked, columns - 1)
      : [
          {
            text: cut(
              session.message ?? `${document.position}/${picture.trace.steps.length} ${sentence}`,
              columns - 1,
            ),
          },
        ]
    return <Row pieces={line} />
  }
  const open = rows >= roomy
  const head = headLines(session, view, columns, open)
  const foot = footLines(session, view, sentence, columns, open)
  // One row stays free, or the terminal would scroll.
  const bodyRows = rows - 1 - head.length - foot.length
  return (
    <Box flexDirection="column" width={columns}>
      <Rows rows={head} />
      <Box height={bodyRows} flexDirection="column">
        <Body session={session} view={view} columns={columns} rows={bodyRows} />
      </Box>
      <Rows rows={foot} />
    </Box>
  )
}

interface BodyProps {
  readonly session: Session
  readonly view: TraceView
  readonly columns: number
  readonly rows: number
}

function Body({ session, view, columns, rows }: BodyProps) {
  const { layer, picture, document } = session
  const selected = selectedNode(session).id
  const part = useMemo(
    () => neighbourhoodOf(picture.trace, selected, mostDrawn),
    [picture, picture.trace.nodes.length > mostDrawn ? selected : null],
  )
  const under = layer?.kind === 'prompt' ? layer.under : layer
  if (under) return <Rows rows={layerLines(session, under, view, columns, rows)} />
  if (session.view === 'outline') return <Rows rows={outlineLines(session, view, columns, rows)} />
  const drawing = drawGraph(
    {
      trace: picture.trace,
      part,
      view,
      selected: document.selected,
      breakpoints: document.breakpoints,
    },
    session.view,
    columns,
  )
  return <Rows rows={windowOf(drawing, selected, session.pan, columns, rows)} />
}

function headLines(
  { title, picture: { trace }, playing, document }: Session,
  { current }: TraceView,
  columns: number,
  open: boolean,
): Piece[][] {
  const phase = current?.phase
  const mode = trace.mode === 'forward' ? ', forward mode' : ''
  const mark: Piece = playing
    ? { text: '● playing', colour: palette.blue }
    : phase === undefined
      ? { text: `variables${mode}` }
      : phase === 'forward'
        ? { text: trace.mode === 'forward' ? 'forward mode' : 'forward', colour: palette.blue }
        : { text: trace.mode === 'forward' ? `seed${mode}` : 'backward', colour: palette.orange }
  const room = columns - stringWidth(mark.text) - 1
  const name = cut(`bp graph  ${visible(title.replace(/\s*\n\s*/g, '; '))}`, room)
  const first: Piece[] = [
    { text: padEnd(name, room + 1), bold: true },
    { ...mark, bold: true },
  ]
  const warning = trace.warnings[0]
  if (!open)
    return warning === undefined ? [first] : [first, [{ text: cut(warning, columns), colour: palette.red }]]
  const variables = trace.nodes.filter(({ kind }) => kind === 'variable')
  const values = variables.map((node) => `${node.name} = ${write(node.value, node)}`).join(', ')
  const about = [
    ...(trace.target.id === trace.output.id ? [] : [`derivatives of ${trace.target.title}`]),
    ...(trace.along === null ? [] : [`by ${trace.along}`]),
    ...(document.broken ? ['= instead of +='] : []),
  ]
  return [
    first,
    warning === undefined
      ? [
          { text: about.length > 0 ? `${about.join(', ')}; ` : '', colour: palette.orange },
          {
            text: cut(values, columns - stringWidth(about.length > 0 ? `${about.join(', ')}; ` : '')),
            dim: true,
          },
        ]
      : [{ text: cut(warning, columns), colour: palette.red }],
    [],
  ]
}

function footLines(
  session: Session,
  view: TraceView,
  sentence: string,
  columns: number,
  open: boolean,
): Piece[][] {
  const { layer, message } = session
  const asked = layer?.kind === 'prompt' ? layer : null
  const lines = wrap(sentence, columns, open ? 2 : 1)
  const said: Piece[] = asked
    ? promptLine(asked, columns)
    : message === null
      ? [{ text: cut(hint(session), columns), dim: true }]
      : [{ text: cut(visible(message), columns), bold: true }]
  // What lies over the drawing has the room of the steps too.
  if (layer !== null && !asked)
    return message === null || !open
      ? [said]
      : [[], ...wrap(visible(message), columns, 2).map((text) => [{ text, bold: true }])]
  const time = timeline(session, view, columns)
  if (!open) {
    const below: Piece[] = asked?.problem
      ? [{ text: cut(visible(asked.problem), columns), colour: palette.red }]
      : [{ text: lines[0]!, bold: true }]
    return [below, asked || message !== null ? said : time]
  }
  const long = message === null ? [] : wrap(visible(message), columns, 2)
  return [
    [],
    ...[0, 1].map((index): Piece[] => [{ text: lines[index] ?? '', bold: true }]),
    time,
    asked?.problem
      ? [{ text: cut(visible(asked.problem), columns), colour: palette.red }]
      : long.length > 1 && !asked
        ? [{ text: long[0]!, bold: true }]
        : [],
    long.length > 1 && !asked ? [{ text: long[1]!, bold: true }] : said,
  ]
}

/** What is typed, with the end in sight, and the cursor. */
function promptLine(
  { label, text, cursor, problem, candidates }: Extract<Layer, { kind: 'prompt' }>,
  columns: number,
): Piece[] {
  const name = cut(`${label} `, Math.max(1, Math.floor(columns / 2)))
  const letters = [...visible(text)]
  const room = columns - stringWidth(name) - 1
  let first = 0
  while (first < cursor && stringWidth(letters.slice(first, cursor + 1).join('')) > room) first++
  const before = letters.slice(first, cursor).join('')
  const after = cut(letters.slice(cursor).join(''), Math.max(0, room - stringWidth(before)))
  const shown = [
    { text: name, bold: true, colour: problem ? palette.red : palette.blue },
    { text: before },
    { text: '█' },
    { text: after },
  ]
  const used = stringWidth(name + before + after) + 1
  const names = candidates.filter((one) => one.toLowerCase().includes(text.toLowerCase()))
  const help = names.length > 1 ? `  ${names.slice(0, 12).join(' ')}` : '  enter · esc'
  return columns - used > 12 ? [...shown, { text: cut(help, columns - used), dim: true }] : shown
}

/** The keys that make sense now. */
function hint(session: Session): string {
  const { layer, document } = session
  if (layer?.kind === 'palette') return 'type · ↑ ↓ choose · enter runs it · esc back'
  if (layer?.kind === 'details')
    return layer.cell.length > 0
      ? '↑ ↓ ← → cell · i value · tab next node · esc back'
      : 'tab next node · i value · ↑ ↓ scroll · esc back'
  if (layer) return 'esc back'
  const node = selectedNode(session)
  const keys = ['→ n step', '← p back', 'space play', '? keys', 'q quit', '↑ ↓ select']
  if (document.selected !== null) {
    const own = [
      'enter details',
      ...(node.kind === 'variable' ? ['i value', 'v nudge'] : []),
      ...(node.expandable ? ['e expand'] : node.composite === null ? [] : ['E collapse']),
      'b breakpoint',
      '? keys',
    ]
    return `${node.title}: ${own.join(' · ')}`
  }
  if (node.expandable) keys.push('e expand')
  else if (selectedVariable(session)) keys.push('i value')
  return keys.join(' · ')
}

function describeStep({ picture: { trace } }: Session, { current }: TraceView): string {
  if (current) return current.text
  const operations = trace.nodes.filter(({ op }) => op !== null).length
  return operations === 0
    ? 'there is nothing to compute'
    : 'the variables have values; next, the operations are computed one by one'
}

/** A mark for each step, done or to come. */
function timeline({ picture: { trace } }: Session, { position }: TraceView, columns: number): Piece[] {
  const { length } = trace.steps
  const forward = trace.steps.findLastIndex(({ phase }) => phase === 'forward') + 1
  const count = `step ${position} of ${length}  `
  if (length + count.length + 22 > columns) return [{ text: count, dim: true }]
  const marks = (name: string, from: number, to: number, colour: string): Piece[] => {
    const done = Math.min(Math.max(position - from, 0), to - from)
    return [
      { text: name, dim: true },
      { text: '●'.repeat(done), colour },
      { text: '○'.repeat(to - from - done), dim: true },
    ]
  }
  return [
    { text: count, dim: true },
    ...marks('forward ', 0, forward, palette.blue),
    ...(length > forward ? marks('  backward ', forward, length, palette.orange) : []),
  ]
}

/** The part of the drawing that fits, around the selected node and as far from there as it was panned. */
function windowOf(
  { rows, width, height, boxes, boxWidth }: Drawing,
  focus: string,
  pan: Session['pan'],
  columns: number,
  visible: number,
): Piece[][] {
  const box = boxes.get(focus)!
  const start = (middle: number, whole: number, part: number) =>
    Math.max(0, Math.min(Math.round(middle - part / 2), whole - part))
  const left = start(box.left + boxWidth / 2 + pan.columns, width, columns)
  // A box that is higher than the window is shown from its top.
  const top = start(box.top + Math.min(box.height, visible) / 2 + pan.rows, height, visible)
  return rows.slice(top, top + visible).map((pieces) => {
    const shown = pieces.slice(left, left + columns)
    // Half of a wide character cannot be shown.
    if (shown[0]?.text === '') shown[0] = { text: ' ' }
    if (shown.length > 0 && pieces[left + columns]?.text === '') shown[shown.length - 1] = { text: ' ' }
    return shown
  })
}
