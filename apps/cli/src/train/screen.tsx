// The full screen of a training run. It draws what the trainer shows and hands keys on to it.
import { Box, useInput } from 'ink'
import { useMemo, useState, useSyncExternalStore } from 'react'
import { cut } from '../cut.js'
import type { Size } from '../terminal.js'
import { type Piece, palette, Row, Rows } from '../text.js'
import { drawChart, type Series } from './chart.js'
import { drawDecisionMap } from './decision-map.js'
import { drawMatrix, drawScatter, matrixWidth, mostClasses } from './outcome.js'
import type { Plan } from './plan.js'
import { formatFixed } from './summary.js'
import type { Trainer, View } from './trainer.js'
import {
  describeNetwork,
  describeScore,
  describeSettings,
  formatCount,
  formatDuration,
  formatShare,
  formatShort,
  predictRows,
} from './words.js'

export interface TrainScreenProps {
  readonly trainer: Trainer
  readonly size: Size
  /** Whether the terminal shows colours. */
  readonly colours: boolean
  /** Called with true for Ctrl-C, with false for a wish to leave. */
  readonly onLeave: (interrupted: boolean) => void
}

/** Under this size there is one line instead of a picture. */
const least = { columns: 48, rows: 15 }
/** Rows of the three lines of figures, what is around them, and the keys. */
const footRows = 6
/** Columns between the chart and what is beside it. */
const gap = 3

export function TrainScreen({ trainer, size, colours, onLeave }: TrainScreenProps) {
  const view = useSyncExternalStore(trainer.subscribe, trainer.view)
  const [logarithmic, setLogarithmic] = useState(false)
  const [helping, setHelping] = useState(false)

  useInput((input, key) => {
    if (key.ctrl && input === 'c') onLeave(true)
    else if (helping && (key.escape || input === '?')) setHelping(false)
    else if (input === 'q') onLeave(false)
    else if (input === '?') setHelping(true)
    else if (input === ' ') trainer.toggle()
    else if (input === '.') trainer.step()
    else if (input === '+' || input === '=') trainer.changeSpeed(1)
    else if (input === '-') trainer.changeSpeed(-1)
    else if (input === 'r') trainer.restart()
    else if (input === 'y') setLogarithmic(!logarithmic)
  })

  const { plan } = trainer
  if (size.columns < least.columns || size.rows < least.rows)
    return <Row pieces={[{ text: cut(statusLine(plan, view), size.columns - 1) }]} />
  const head = headRows(plan, view, size.columns)
  // One row stays free, or the terminal would scroll.
  const bodyRows = size.rows - 1 - head.length - footRows
  return (
    <Box flexDirection="column" width={size.columns}>
      <Rows rows={head} />
      <Box height={bodyRows} columnGap={gap}>
        {helping ? <Keys /> : <Body plan={plan} view={view} columns={size.columns} rows={bodyRows} logarithmic={logarithmic} colours={colours} />}
      </Box>
      <Rows rows={footLines(plan, view, size.columns)} />
    </Box>
  )
}

const marks: Readonly<Record<View['status'], Piece>> = {
  training: { text: '● training', colour: palette.blue },
  paused: { text: '‖ paused', colour: palette.orange },
  done: { text: '✓ done', colour: palette.green },
  diverged: { text: '✗ diverged', colour: palette.red },
}

function headRows(plan: Plan, { status }: View, columns: number): Piece[][] {
  const title = `bp train ${plan.name}`
  const mark = marks[status]
  const facts = `${describeNetwork(plan)} · ${describeSettings(plan)}`
  return [
    [{ text: title, bold: true }, { text: ' '.repeat(Math.max(1, columns - title.length - mark.text.length)) }, { ...mark, bold: true }],
    [{ text: facts, dim: true }],
    ...plan.notes.map((note) => [{ text: note, dim: true }]),
    [],
  ]
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the run changes with its state
  const side = useMemo(() => sideRows(plan, view, columns, rows, colours), [plan, state, columns, rows, colours])
  const sideColumns = side ? Math.max(...side.map((pieces) => pieces.reduce((total, { text }) => total + text.length, 0))) : 0
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
  const heldBack = history.flatMap(({ epoch, validation }) => (validation ? [{ x: epoch, y: validation.loss }] : []))
  return [
    { points: training, colour: palette.blue, dotted: false },
    ...(validation ? [{ points: heldBack, colour: palette.orange, dotted: true }] : []),
  ]
}

/** What stands beside the chart, or `null` where there is no room for it. */
function sideRows(plan: Plan, { run }: View, columns: number, rows: number, colours: boolean): Piece[][] | null {
  const most = Math.floor(columns * 0.5)
  const { target } = plan
  if (target === null) {
    const map = Math.min(rows - 6, Math.floor(most / 2))
    if (map < 6) return null
    return [
      [{ text: 'output', bold: true }, { text: '  0 ' }, { text: '■', colour: palette.blue }, { text: '  1 ' }, { text: '■', colour: palette.orange }],
      ...drawDecisionMap(run, plan.data, map, colours),
      [],
      ...predictionRows(plan, run),
    ]
  }
  if (target.task === 'regression') {
    const size = Math.min(rows, Math.floor(most / 2))
    return size < 8 ? null : drawScatter(plan, target, run, size * 2, size)
  }
  const fits = target.classes.length <= mostClasses && target.classes.length + 3 <= rows && matrixWidth(plan, target) <= most
  return fits ? drawMatrix(plan, target, run) : null
}

function predictionRows(plan: Plan, run: View['run']): Piece[][] {
  return predictRows(run, plan.data).map(({ inputs, wanted, predicted, right }) => [
    { text: `${inputs.join(' xor ')} = ${wanted}`, dim: true },
    { text: `  ${formatFixed(predicted)} ` },
    { text: right ? '✓' : '✗', colour: right ? palette.green : palette.red, bold: true },
  ])
}

/** Figures, and what keys do. */
function footLines(plan: Plan, view: View, columns: number): Piece[][] {
  const { status, run, initial, elapsed, remaining, speed, throughput } = view
  const { epoch, epochs, step, steps, loss, accuracy, validation, error } = run.getState()
  const keys: Piece[] = [{ text: cut(keyHints(status), columns), dim: true }]
  if (error !== null) {
    const lines = wrap(error.message, columns, 4)
    return [[], ...lines.map((text) => [{ text, colour: palette.red }]), ...Array.from({ length: footRows - 2 - lines.length }, () => []), keys]
  }
  const score = describeScore({ loss: loss ?? initial.loss, accuracy: accuracy ?? initial.accuracy }, plan.data, plan.target)
  const share = step / steps
  const before = `epoch ${formatCount(epoch)} of ${formatCount(epochs)} `
  const after = ` ${formatShare(Math.floor(share * 100) / 100)}`
  const bar = Math.max(0, columns - before.length - after.length)
  const filled = Math.round(bar * share)
  const rate = throughput === null ? '—' : formatCount(Number(throughput.toPrecision(2)))
  const left = remaining === null ? '—' : formatDuration(remaining)
  return [
    [],
    [
      { text: before },
      { text: '━'.repeat(filled), colour: status === 'done' ? palette.green : palette.blue },
      { text: '─'.repeat(bar - filled), dim: true },
      { text: after },
    ],
    [
      { text: 'loss ' },
      { text: formatShort(loss ?? initial.loss).padEnd(9), bold: true },
      { text: score },
    ],
    plan.validation
      ? [
          { text: 'held back ', dim: true },
          { text: validation ? `loss ${formatShort(validation.loss)}, ${describeScore(validation, plan.validation, plan.target)}` : '—' },
        ]
      : [{ text: `step ${formatCount(step)} of ${formatCount(steps)}`, dim: true }],
    [
      {
        text: `time ${formatDuration(elapsed)}, ${left} left · ${describeSpeed(speed)} · ${rate} steps/s of computing`,
        dim: true,
      },
    ],
    keys,
  ]
}

function describeSpeed(speed: number): string {
  if (speed === Number.POSITIVE_INFINITY) return 'full speed'
  return `speed ×${speed < 1 ? `1/${1 / speed}` : speed}`
}

function keyHints(status: View['status']): string {
  if (status === 'done' || status === 'diverged') return 'q quit · r train again · y scale · ? keys'
  return `space ${status === 'paused' ? 'go on' : 'pause'} · . step · + − speed · y scale · r restart · ? keys · q quit`
}

function statusLine({ name, data, target }: Plan, { status, run, initial }: View): string {
  const { step, steps, loss, accuracy } = run.getState()
  const score = { loss: loss ?? initial.loss, accuracy: accuracy ?? initial.accuracy }
  const mark = marks[status].text.slice(0, 1)
  return `${mark} ${name} ${formatShare(Math.floor((step / steps) * 100) / 100)} loss ${formatShort(score.loss)} ${describeScore(score, data, target)}`
}

const keyList = [
  ['space', 'pause, go on'],
  ['.', 'one step, then pause'],
  ['+  −', 'faster, slower'],
  ['y', 'linear or logarithmic scale of the loss'],
  ['r', 'restart from the same seed: it comes out the same'],
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

function wrap(text: string, columns: number, most: number): string[] {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + 1 + word.length > columns) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.slice(0, most).map((line, index) => cut(index === most - 1 && lines.length > most ? `${line} …` : line, columns))
}
