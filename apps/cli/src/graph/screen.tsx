// The full screen of a graph: its drawing, the step that was done last in words, and keys to step and go back.
import type { Stepper } from '@bp/lab'
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
  readonly stepper: Stepper
  readonly size: Size
  /** Called with an exit code. */
  readonly onLeave: (code: number) => void
}

/** Under this size there is one line instead of a picture. */
const least = { columns: 40, rows: 15 }
const headRows = 3
const footRows = 6
/** Between steps while playing, in ms. */
const playInterval = 1200

export function GraphScreen({ subject, stepper, size, onLeave }: GraphScreenProps) {
  const [position, setPosition] = useState(stepper.position)
  const [playing, setPlaying] = useState(false)
  const go = (wanted: number) => {
    stepper.go(wanted)
    setPosition(stepper.position)
    setPlaying(false)
  }

  useInput((input, key) => {
    if (key.ctrl && input === 'c') onLeave(exitInterrupted)
    else if (key.rightArrow) go(stepper.position + 1)
    else if (key.leftArrow) go(stepper.position - 1)
    else if (key.home) go(0)
    else if (key.end) go(stepper.length)
    // Keys that are hit quickly arrive together.
    for (const letter of key.ctrl ? '' : input) {
      if (letter === 'q') onLeave(0)
      else if (letter === 'n') go(stepper.position + 1)
      else if (letter === 'p') go(stepper.position - 1)
      else if (letter === ' ') {
        if (stepper.position === stepper.length) go(0)
        setPlaying((before) => !before)
      }
    }
  })

  useEffect(() => {
    if (!playing) return
    if (position === stepper.length) return setPlaying(false)
    const timer = setTimeout(() => {
      stepper.go(position + 1)
      setPosition(stepper.position)
    }, playInterval)
    return () => clearTimeout(timer)
  }, [playing, position, stepper])

  const { columns, rows } = size
  const sentence = describeStep(subject, stepper)
  if (columns < least.columns || rows < least.rows)
    return <Row pieces={[{ text: cut(`${position}/${stepper.length} ${sentence}`, columns - 1) }]} />
  // One row stays free, or the terminal would scroll.
  const bodyRows = rows - 1 - headRows - footRows
  const drawing = drawGraph(subject.trace, stepper, columns)
  const focus = stepper.current()?.node ?? subject.trace.nodes[0]!.id
  const lines = wrap(sentence, columns, 2)
  return (
    <Box flexDirection="column" width={columns}>
      <Rows rows={head(subject, stepper, playing, columns)} />
      <Box height={bodyRows} flexDirection="column">
        <Rows rows={windowOf(drawing, focus, columns, bodyRows)} />
      </Box>
      <Rows
        rows={[
          [],
          ...[0, 1].map((index): Piece[] => [{ text: lines[index] ?? '', bold: true }]),
          timeline(subject, stepper, columns),
          [],
          [{ text: cut('→ n step · ← p back · space play · home · end · q quit', columns), dim: true }],
        ]}
      />
    </Box>
  )
}

function head(
  { expression, trace }: Subject,
  stepper: Stepper,
  playing: boolean,
  columns: number,
): Piece[][] {
  const phase = stepper.current()?.phase
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

function describeStep({ trace }: Subject, stepper: Stepper): string {
  const step = stepper.current()
  if (step) return step.text
  const operations = trace.nodes.filter(({ op }) => op !== null).length
  return operations === 0
    ? 'there is nothing to compute'
    : 'the variables have values; next, the operations are computed one after the other'
}

/** A mark for each step: those done, and those to come. */
function timeline({ trace }: Subject, stepper: Stepper, columns: number): Piece[] {
  const { position, length } = stepper
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

/** The part of the drawing that fits, around the node that the step is about. */
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
