// The full screen of a graph: its drawing, the last step in words, and keys to step forward and back.
import { type TraceView, viewAt } from '@bp/lab'
import { Box, useInput } from 'ink'
import { useEffect, useState } from 'react'
import { cut, wrap } from '../fit.js'
import { exitInterrupted } from '../signals.js'
import type { Size } from '../terminal.js'
import { type Piece, palette, Row, Rows } from '../text.js'
import { type Drawing, drawGraph } from './drawing.js'
import type { Subject } from './source.js'
import { write } from './words.js'

export interface GraphScreenProps {
  readonly subject: Subject
  readonly size: Size
  /** Steps done at first. */
  readonly initialPosition?: number
  /** Called with an exit code. */
  readonly onLeave: (code: number) => void
}

/** A smaller terminal shows one line instead of a picture. */
const smallest = { columns: 40, rows: 15 }
const headRows = 3
const footRows = 6
/** Time between steps while playing, in ms. */
const playInterval = 1200

export function GraphScreen({ subject, size, initialPosition = 0, onLeave }: GraphScreenProps) {
  const { length } = subject.trace.steps
  const [position, setPosition] = useState(initialPosition)
  const [playing, setPlaying] = useState(false)
  const go = (move: (position: number) => number) => {
    setPosition((before) => Math.min(Math.max(move(before), 0), length))
    setPlaying(false)
  }
  const next = () => go((position) => position + 1)
  const back = () => go((position) => position - 1)

  useInput((input, key) => {
    if (key.ctrl && input === 'c') onLeave(exitInterrupted)
    else if (key.rightArrow) next()
    else if (key.leftArrow) back()
    else if (key.home) go(() => 0)
    else if (key.end) go(() => length)
    // Keys that are pressed quickly arrive together.
    for (const letter of key.ctrl ? '' : input) {
      if (letter === 'q') onLeave(0)
      else if (letter === 'n') next()
      else if (letter === 'p') back()
      else if (letter === ' ') {
        setPosition((before) => (before === length ? 0 : before))
        setPlaying((before) => !before)
      }
    }
  })

  useEffect(() => {
    if (!playing) return
    if (position === length) return setPlaying(false)
    const timer = setTimeout(() => setPosition(position + 1), playInterval)
    return () => clearTimeout(timer)
  }, [playing, position, length])

  const { columns, rows } = size
  const view = viewAt(subject.trace, position)
  const sentence = describeStep(subject, view)
  if (columns < smallest.columns || rows < smallest.rows)
    return <Row pieces={[{ text: cut(`${position}/${length} ${sentence}`, columns - 1) }]} />
  // One row stays free, or the terminal would scroll.
  const bodyRows = rows - 1 - headRows - footRows
  const drawing = drawGraph(subject.trace, view, columns)
  const focus = view.current?.node ?? subject.trace.nodes[0]!.id
  const lines = wrap(sentence, columns, 2)
  return (
    <Box flexDirection="column" width={columns}>
      <Rows rows={head(subject, view, playing, columns)} />
      <Box height={bodyRows} flexDirection="column">
        <Rows rows={windowOf(drawing, focus, columns, bodyRows)} />
      </Box>
      <Rows
        rows={[
          [],
          ...[0, 1].map((index): Piece[] => [{ text: lines[index] ?? '', bold: true }]),
          timeline(subject, view, columns),
          [],
          [{ text: cut('→ n step · ← p back · space play · home · end · q quit', columns), dim: true }],
        ]}
      />
    </Box>
  )
}

function head(
  { expression, trace }: Subject,
  { current }: TraceView,
  playing: boolean,
  columns: number,
): Piece[][] {
  const phase = current?.phase
  const mark: Piece = playing
    ? { text: '● playing', colour: palette.blue }
    : phase === undefined
      ? { text: 'variables' }
      : phase === 'forward'
        ? { text: 'forward', colour: palette.blue }
        : { text: 'backward', colour: palette.orange }
  const room = columns - mark.text.length - 1
  const title = cut(`bp graph  ${expression.replace(/\s*\n\s*/g, '; ')}`, room)
  const variables = trace.nodes.filter(({ kind }) => kind === 'variable')
  const values = variables.map((node) => `${node.name} = ${write(node.value, node)}`).join(', ')
  const warning = trace.warnings[0]
  return [
    [{ text: title, bold: true }, { text: ' '.repeat(room - title.length + 1) }, { ...mark, bold: true }],
    [
      warning === undefined
        ? { text: cut(values, columns), dim: true }
        : { text: cut(warning, columns), colour: palette.red },
    ],
    [],
  ]
}

function describeStep({ trace }: Subject, { current }: TraceView): string {
  if (current) return current.text
  const operations = trace.nodes.filter(({ op }) => op !== null).length
  return operations === 0
    ? 'there is nothing to compute'
    : 'the variables have values; next, the operations are computed one by one'
}

/** A mark for each step, done or to come. */
function timeline({ trace }: Subject, { position }: TraceView, columns: number): Piece[] {
  const { length } = trace.steps
  const forward = trace.steps.filter(({ phase }) => phase === 'forward').length
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
    ...marks('  backward ', forward, length, palette.orange),
  ]
}

/** The part of the drawing that fits, around the current node. */
function windowOf(
  { rows, width, height, boxes, boxWidth }: Drawing,
  focus: string,
  columns: number,
  visible: number,
): Piece[][] {
  const box = boxes.get(focus)!
  const start = (middle: number, whole: number, part: number) =>
    Math.max(0, Math.min(Math.round(middle - part / 2), whole - part))
  const left = start(box.left + boxWidth / 2, width, columns)
  const top = start(box.top + 2, height, visible)
  return rows.slice(top, top + visible).map((pieces) => pieces.slice(left, left + columns))
}
