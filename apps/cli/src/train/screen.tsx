// The full screen of a training run: draws the state of the trainer and passes keys on to it.
import { isOver, predictXor } from '@bp/lab'
import { Box, useInput } from 'ink'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import stringWidth from 'string-width'
import { cut, wrap } from '../fit.js'
import { exitInterrupted } from '../signals.js'
import type { Size } from '../terminal.js'
import { type Piece, palette, Row, Rows } from '../text.js'
import { drawChart, type Series } from './chart.js'
import { drawDecisionMap } from './decision-map.js'
import { drawMatrix, drawScatter, matrixWidth, maxClasses } from './outcome.js'
import type { Plan, PlannedTable } from './plan.js'
import { formatFixed } from './summary.js'
import type { Trainer, View } from './trainer.js'
import {
  describeGain,
  describeNetwork,
  describeScore,
  describeSettings,
  formatCount,
  formatDuration,
  formatShare,
  scoresOf,
  threeDigits,
} from './words.js'

export interface TrainScreenProps {
  readonly trainer: Trainer
  readonly size: Size
  /** Whether the terminal shows colours. */
  readonly colours: boolean
  /** Leave when training is over. */
  readonly exitOnDone: boolean
  /** Called with an exit code. */
  readonly onLeave: (code: number) => void
}

/** A smaller terminal shows one line instead of a picture. */
const smallest = { columns: 48, rows: 15 }
/** Rows of the figures, the blank lines around them, and the keys. */
const footRows = 6
/** Columns between the chart and the picture beside it. */
const gap = 3

export function TrainScreen({ trainer, size, colours, exitOnDone, onLeave }: TrainScreenProps) {
  const view = useSyncExternalStore(trainer.subscribe, trainer.getState)
  const [logarithmic, setLogarithmic] = useState(false)
  const [page, setPage] = useState<'run' | 'keys' | 'table'>('run')
  const turn = (to: typeof page) => setPage((shown) => (shown === to ? 'run' : to))

  const { status } = view
  useEffect(() => {
    if (exitOnDone && isOver(status)) onLeave(0)
  }, [exitOnDone, status, onLeave])

  useInput((input, key) => {
    if (key.ctrl && input === 'c') return onLeave(exitInterrupted)
    if (key.escape) return setPage('run')
    // Keys that are pressed quickly arrive together.
    for (const letter of input) {
      if (letter === 'q') onLeave(0)
      else if (letter === '?') turn('keys')
      else if (letter === 'i') turn('table')
      else if (letter === ' ') trainer.toggle()
      else if (letter === '.') trainer.step()
      else if (letter === '+' || letter === '=') trainer.changeSpeed(1)
      else if (letter === '-') trainer.changeSpeed(-1)
      else if (letter === 'r') trainer.restart()
      else if (letter === 'y') setLogarithmic((chosen) => !chosen)
    }
  })

  const { plan } = trainer
  if (size.columns < smallest.columns || size.rows < smallest.rows)
    return <Row pieces={[{ text: cut(statusLine(plan, view), size.columns - 1) }]} />
  const head = headRows(plan, view, size.columns)
  // One row stays free, or the terminal would scroll.
  const bodyRows = size.rows - 1 - head.length - footRows
  return (
    <Box flexDirection="column" width={size.columns}>
      <Rows rows={head} />
      <Box height={bodyRows} columnGap={gap}>
        {page === 'keys' ? (
          <Keys />
        ) : page === 'table' && plan.table ? (
          <Box flexDirection="column">
            <Rows rows={tableRows(plan.table, size.columns, bodyRows)} />
          </Box>
        ) : (
          <Body
            plan={plan}
            view={view}
            columns={size.columns}
            rows={bodyRows}
            logarithmic={logarithmic}
            colours={colours}
          />
        )}
      </Box>
      <Rows rows={footLines(plan, view, size.columns, bodyRows)} />
    </Box>
  )
}

/** What the table is read as, as much as fits. */
function tableRows({ lines }: PlannedTable, columns: number, rows: number): Piece[][] {
  const shown = lines.length > rows ? [...lines.slice(0, rows - 1), '  … bp inspect shows all'] : lines
  return shown.map((text) => [{ text: cut(text, columns) }])
}

const marks: Readonly<Record<View['status'], Piece>> = {
  training: { text: '● training', colour: palette.blue },
  paused: { text: '‖ paused', colour: palette.orange },
  done: { text: '✓ done', colour: palette.green },
  diverged: { text: '✗ diverged', colour: palette.red },
}

function headRows(plan: Plan, { status }: View, columns: number): Piece[][] {
  const mark = marks[status]
  const title = cut(`bp train ${plan.name}`, columns - mark.text.length - 2)
  const facts = `${describeNetwork(plan)} · ${describeSettings(plan)}`
  return [
    [
      { text: title, bold: true },
      { text: ' '.repeat(Math.max(1, columns - stringWidth(title) - mark.text.length)) },
      { ...mark, bold: true },
    ],
    [{ text: facts, dim: true }],
    ...shownNotes(plan.notes).map((note) => [{ text: cut(note, columns), dim: true }]),
    ...(plan.saver.problem
      ? wrap(plan.saver.problem, columns, 2).map((text) => [{ text, colour: palette.red }])
      : []),
    [],
  ]
}

/** More would take the room of the chart. */
const mostNotes = 2

function shownNotes(notes: readonly string[]): readonly string[] {
  if (notes.length <= mostNotes) return notes
  return [...notes.slice(0, mostNotes - 1), `and ${notes.length - mostNotes + 1} more notes, in bp inspect`]
}

interface BodyProps {
  readonly plan: Plan
  readonly view: View
  readonly columns: number
  readonly rows: number
  readonly logarithmic: boolean
  readonly colours: boolean
}

function Body({ plan, view, columns, rows, logarithmic, colours }: BodyProps) {
  const state = view.run.getState()
  const side = useMemo(
    () => sideRows(plan, view, columns, rows, colours),
    [plan, state, columns, rows, colours],
  )
  const sideColumns = side
    ? Math.max(...side.map((pieces) => pieces.reduce((total, { text }) => total + stringWidth(text), 0)))
    : 0
  const chartColumns = columns - (side ? sideColumns + gap : 0)
  const series = lossSeries(plan, view)
  const legend: Piece[] = [
    { text: `loss${logarithmic ? ', logarithmic' : ''}  `, bold: true },
    ...(plan.validation
      ? [
          { text: '── training', colour: series[0]!.colour },
          { text: '  ' },
          { text: '·· held back', colour: series[1]!.colour },
        ]
      : []),
  ]
  const chart = drawChart({ series, xEnd: state.epochs, columns: chartColumns, rows: rows - 1, logarithmic })
  return (
    <>
      <Box flexDirection="column" width={chartColumns} flexShrink={0}>
        <Rows rows={[legend, ...chart]} />
      </Box>
      {side && (
        <Box flexDirection="column" width={sideColumns} flexShrink={0}>
          <Rows rows={side} />
        </Box>
      )}
    </>
  )
}

function lossSeries({ validation }: Plan, { run, initial }: View): Series[] {
  const { history, step, steps, epochs, loss } = run.getState()
  const training = [
    { x: 0, y: initial.loss },
    ...history.map((record) => ({ x: record.epoch, y: record.loss })),
    ...(loss === null ? [] : [{ x: (step / steps) * epochs, y: loss }]),
  ]
  const heldBack = history.flatMap(({ epoch, validation }) =>
    validation ? [{ x: epoch, y: validation.loss }] : [],
  )
  return [
    { points: training, colour: palette.blue, dotted: false },
    ...(validation ? [{ points: heldBack, colour: palette.orange, dotted: true }] : []),
  ]
}

/** The picture beside the chart, or `null` if there is no room for it. */
function sideRows(
  plan: Plan,
  { run }: View,
  columns: number,
  rows: number,
  colours: boolean,
): Piece[][] | null {
  const most = Math.floor(columns * 0.5)
  const { target } = plan
  if (target === null) {
    const table = hasRoomForTable(rows)
    const map = Math.min(rows - (table ? 6 : 1), Math.floor(most / 2))
    if (map < 6) return null
    const [zero, one]: Piece[] = colours
      ? [
          { text: '■', colour: palette.blue },
          { text: '■', colour: palette.orange },
        ]
      : [{ text: '░' }, { text: '█' }]
    return [
      [
        { text: 'output', bold: true },
        { text: '  0 ' },
        zero!,
        { text: '  1 ' },
        one!,
        ...(map >= 12 ? [{ text: '  x₁ → x₂ ↑', dim: true }] : []),
      ],
      ...drawDecisionMap(run, plan.data, map, colours),
      ...(table ? [[], ...predictionRows(run)] : []),
    ]
  }
  if (target.task === 'regression') {
    const size = Math.min(rows, Math.floor(most / 2))
    return size < 8 ? null : drawScatter(plan, target, run, size * 2, size)
  }
  const fits =
    target.classes.length <= maxClasses &&
    target.classes.length + 3 <= rows &&
    matrixWidth(plan, target, most) <= most
  return fits ? drawMatrix(plan, target, run, most) : null
}

/** Whether the predictions for xor are under the map rather than in a line of their own. */
function hasRoomForTable(bodyRows: number): boolean {
  return bodyRows >= 20
}

function predictionRows(run: View['run']): Piece[][] {
  return predictXor(run).map(({ inputs, target, probability, correct }) => [
    { text: `${inputs.join(' xor ')} = ${target}  `, dim: true },
    { text: `${formatFixed(probability)} ` },
    verdict(correct),
  ])
}

function predictionLine(run: View['run'], columns: number): Piece[] {
  const operator = columns < 80 ? ' ' : ' xor '
  return predictXor(run).flatMap(({ inputs, probability, correct }, index) => [
    { text: `${index > 0 ? '   ' : ''}${inputs.join(operator)}  `, dim: true },
    { text: columns < 80 ? probability.toFixed(2) : formatFixed(probability) },
    { text: ' ' },
    verdict(correct),
  ])
}

function verdict(correct: boolean): Piece {
  return { text: correct ? '✓' : '✗', colour: correct ? palette.green : palette.red, bold: true }
}

/** The figures and the keys. */
function footLines(plan: Plan, view: View, columns: number, bodyRows: number): Piece[][] {
  const { status, run, initial, elapsed, remaining, speed, stepsPerSecond } = view
  const { epoch, epochs, step, steps, loss, accuracy, error } = run.getState()
  const keys: Piece[] = [{ text: cut(keyHints(status, columns), columns), dim: true }]
  if (error !== null) {
    const lines = wrap(error.message, columns, 4)
    return [
      [],
      ...lines.map((text) => [{ text, colour: palette.red }]),
      ...Array.from({ length: footRows - 2 - lines.length }, () => []),
      keys,
    ]
  }
  const scores = scoresOf(plan, run.getState(), initial)
  // Of a table, both scores are of the same weights; xor shows each step.
  const training =
    plan.validation === null
      ? { loss: loss ?? initial.loss, accuracy: accuracy ?? initial.accuracy }
      : scores.training
  const { heldBack } = scores
  const score = describeScore(training, plan.data, plan.target)
  const share = step / steps
  const before = `epoch ${formatCount(epoch)} of ${formatCount(epochs)} `
  const after = ` ${formatShare(Math.floor(share * 100) / 100)}`
  const bar = Math.max(0, columns - before.length - after.length)
  const filled = Math.round(bar * share)
  const rate = stepsPerSecond === null ? '—' : formatCount(Number(stepsPerSecond.toPrecision(2)))
  const left = remaining === null ? '—' : formatDuration(remaining)
  const time = `time ${formatDuration(elapsed)}${status === 'done' ? '' : `, ${left} left`}`
  return [
    [],
    [
      { text: before },
      { text: '━'.repeat(filled), colour: status === 'done' ? palette.green : palette.blue },
      { text: '─'.repeat(bar - filled), dim: true },
      { text: after },
    ],
    [
      { text: plan.validation ? 'training   loss ' : 'loss ' },
      { text: threeDigits(training.loss).padEnd(10), bold: true },
      { text: score },
      ...(scores.best ? [{ text: `  weights of epoch ${formatCount(scores.epoch)}`, dim: true }] : []),
    ],
    plan.validation
      ? [
          { text: 'held back  loss ' },
          { text: (heldBack ? threeDigits(heldBack.loss) : '—').padEnd(10), bold: true },
          { text: heldBack ? describeScore(heldBack, plan.validation, plan.target) : '' },
          ...(heldBack && plan.table && plan.target
            ? [{ text: `  ${describeGain(plan.table.baseline, heldBack, plan.target)}`, dim: true }]
            : []),
        ]
      : plan.target === null && !hasRoomForTable(bodyRows)
        ? predictionLine(run, columns)
        : [{ text: `step ${formatCount(step)} of ${formatCount(steps)}`, dim: true }],
    [{ text: `${time} · ${describeSpeed(speed)} · ${rate} steps/s`, dim: true }],
    keys,
  ]
}

function describeSpeed(speed: number): string {
  if (speed === Number.POSITIVE_INFINITY) return 'full speed'
  return `speed ×${speed < 1 ? `1/${1 / speed}` : speed}`
}

/** The most important keys, as many as fit. */
function keyHints(status: View['status'], columns: number): string {
  const hints = isOver(status)
    ? ['r train again', 'y scale']
    : [`space ${status === 'paused' ? 'resume' : 'pause'}`, '. step', '+ − speed', 'y scale', 'r restart']
  let line = ''
  do line = [...hints, '? keys', 'q quit'].join(' · ')
  while (line.length > columns && hints.pop() !== undefined)
  return line
}

function statusLine({ name }: Plan, { status, run, initial }: View): string {
  const { step, steps, loss, accuracy } = run.getState()
  const score = { loss: loss ?? initial.loss, accuracy: accuracy ?? initial.accuracy }
  const mark = marks[status].text.slice(0, 1)
  const share = formatShare(Math.floor((step / steps) * 100) / 100)
  const accuracyText = score.accuracy === null ? '' : ` accuracy ${formatShare(score.accuracy)}`
  return `${mark} ${cut(name, 20)} ${share} loss ${threeDigits(score.loss)}${accuracyText}`
}

const keyList = [
  ['space', 'pause, resume'],
  ['.', 'one step, then pause'],
  ['+  −', 'faster, slower'],
  ['y', 'linear or logarithmic scale of the loss'],
  ['i', 'what the table is read as'],
  ['r', 'restart from the same seed, with the same result'],
  ['?  esc', 'close this list'],
  ['q', 'quit; a summary stays on the terminal'],
  ['ctrl-c', 'quit with exit code 130'],
] as const

function Keys() {
  return (
    <Box flexDirection="column">
      <Rows rows={keyList.map(([key, text]) => [{ text: key.padEnd(9), bold: true }, { text }])} />
    </Box>
  )
}
