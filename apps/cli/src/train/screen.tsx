// The full screen of a training run: draws its view, and passes keys on.
import { createStore, isOver, type Store } from '@bp/lab'
import { Box, type Key, useInput } from 'ink'
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react'
import stringWidth from 'string-width'
import { palette } from '../appearance.js'
import { cut, visible, wrap } from '../fit.js'
import { byWords } from '../list.js'
import { toNumber } from '../options.js'
import { exitInterrupted } from '../signals.js'
import type { Size } from '../terminal.js'
import { fit, type Piece, Row, Rows, widthOf } from '../text.js'
import { UsageError } from '../usage-error.js'
import { type Action, actions, runActions, type ScreenKey, screenActions } from './actions.js'
import { isEnded, type Look, metricTable, type PageName, pageNames, pages, verdict } from './pages.js'
import type { Outline } from './plan.js'
import { readRate } from './settings.js'
import { formatFixed } from './summary.js'
import type { RowInside, Training, View } from './view.js'
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
  readonly training: Training
  readonly size: Size
  /** Whether the terminal shows colours. */
  readonly colours: boolean
  /** Leave when training is over. */
  readonly exitOnDone: boolean
  /** What the machine does, e.g. `cpu 101 % · 182 MB`. */
  readonly system?: () => string
  /** Called with an exit code. */
  readonly onLeave: (code: number) => void
  /** Leaves at once, without saving what is new. */
  readonly onAbort: () => void
}

/** A smaller terminal shows one line instead of a picture. */
const smallest = { columns: 48, rows: 15 }
/** From so many rows on a blank row sets the page off. */
const roomy = 22
/** From so many rows on there is a table of scores, and the end of the log. */
const tall = 34

/** From so many rows on the predictions for xor are under its map. */
const tallForPredictions = 30

const smoothings: readonly number[] = [0, 0.6, 0.9]

/** What the keys are for at the moment, besides the run. */
type Mode =
  | { readonly name: 'run' | 'keys' | 'abort' }
  | { readonly name: 'rate' | 'row'; readonly text: string; readonly problem: string | null }
  /** From the command until the graph is there. */
  | { readonly name: 'opening' }
  | { readonly name: 'inside'; readonly draw: (size: Size, back: (code: number) => void) => ReactNode }
  | { readonly name: 'find'; readonly text: string; readonly chosen: number }

interface ScreenState {
  readonly look: Look
  readonly page: PageName
  readonly mode: Mode
}

const initialState: ScreenState = {
  look: { logarithmic: false, xLogarithmic: false, smoothing: 0, zoom: 0, cursor: null },
  page: 'run',
  mode: { name: 'run' },
}

export function TrainScreen(props: TrainScreenProps) {
  const { training, size, colours, exitOnDone, system, onLeave, onAbort } = props
  const view = useSyncExternalStore(training.subscribe, training.getState)
  // Not React's own state: keys can arrive before it has drawn what the last one did.
  const [store] = useState(() => createStore(initialState))
  const { look, page, mode } = useSyncExternalStore(store.subscribe, store.getState)

  const { status } = view
  useEffect(() => {
    if ((exitOnDone && isOver(status)) || status === 'stopped') onLeave(0)
  }, [exitOnDone, status, onLeave])

  const { inside, outline, step } = view
  useEffect(() => {
    if (mode.name !== 'opening' || !inside) return
    const set = (next: Mode) => store.setState({ ...store.getState(), mode: next })
    open(inside, outline, step).then(
      (draw) => set({ name: 'inside', draw }),
      (error: Error) => set({ name: 'row', text: '', problem: error.message }),
    )
  }, [mode, inside, outline, step, store])

  useInput((input, key) => press(input, key, { training, store, onLeave, onAbort }), {
    isActive: mode.name !== 'inside',
  })
  if (mode.name === 'inside')
    return mode.draw(size, (code) => {
      if (code === exitInterrupted) onLeave(code)
      else store.setState({ ...store.getState(), mode: { name: 'run' } })
    })

  if (size.columns < smallest.columns || size.rows < smallest.rows)
    return <Row pieces={[{ text: cut(statusLine(view), size.columns - 1) }]} />
  const { columns } = size
  const head = headRows(view, page, size)
  const foot = footRows(view, mode, size, system)
  // One row stays free, or the terminal would scroll.
  const rows = size.rows - 1 - head.length - foot.length
  const body =
    mode.name === 'keys'
      ? keyRows(rows, columns)
      : mode.name === 'find'
        ? findRows(mode, rows)
        : pages[page]({ view, columns, rows, look, colours })
  // Rows that the page leaves empty keep the keys at the bottom.
  const filled = Array.from({ length: rows }, (_, row) => body[row] ?? [])
  return (
    <Box flexDirection="column" width={columns}>
      <Rows rows={[...head, ...filled, ...foot].map((pieces) => fit(pieces, columns))} />
    </Box>
  )
}

/** The graph of a row, drawn as by `bp graph`. */
async function open({ row, inputs, targets, parameters }: RowInside, outline: Outline, step: number) {
  if (parameters === null)
    throw new UsageError('the network is too large to be a graph; train one with fewer units')
  const [{ subjectOfRow }, { GraphScreen }] = await Promise.all([
    import('../graph/of-row.js'),
    import('../graph/screen.js'),
  ])
  const { settings, target, name } = outline
  const title = `${name}, row ${formatCount(row)}, step ${formatCount(step)}`
  const subject = subjectOfRow(title, { settings, target, parameters, inputs, targets })
  return (size: Size, back: (code: number) => void) => (
    <GraphScreen subject={subject} size={size} onLeave={back} />
  )
}

interface Pressed extends Pick<TrainScreenProps, 'training' | 'onLeave' | 'onAbort'> {
  readonly store: Store<ScreenState>
}

function press(input: string, key: Key, pressed: Pressed): void {
  const { store, onLeave } = pressed
  const set = (change: Partial<ScreenState>) => store.setState({ ...store.getState(), ...change })
  const { mode, look } = store.getState()
  const typing = mode.name === 'rate' || mode.name === 'row' || mode.name === 'find'
  if (key.ctrl && input === 'c') onLeave(exitInterrupted)
  else if (key.ctrl && input === 'k') set({ mode: { name: 'find', text: '', chosen: 0 } })
  else if (key.escape && typing) set({ mode: { name: 'run' } })
  else if (mode.name === 'rate' || mode.name === 'row') typeNumber(mode, input, key, pressed)
  else if (mode.name === 'find') typeWords(mode, input, key, pressed)
  else if (key.escape) set({ mode: { name: 'run' }, page: 'run', look: { ...look, cursor: null } })
  else if (look.cursor !== null && (key.leftArrow || key.rightArrow)) {
    const last = pressed.training.getState().history.length - 1
    const cursor = Math.min(Math.max(look.cursor + (key.leftArrow ? -1 : 1), 0), last)
    set({ look: { ...look, cursor } })
  } else {
    // Keys that are pressed quickly arrive together.
    for (const letter of key.tab ? '\t' : input) {
      const page = pageNames[Number(letter) - 1]
      const action = actions.find((one) => one.key === (letter === '=' ? '+' : letter))
      if (letter !== 'X' && store.getState().mode.name === 'abort') set({ mode: { name: 'run' } })
      if (page) set({ page })
      else if (action) act(action, pressed)
    }
  }
}

function act({ key, command }: Action, { training, store, onLeave, onAbort }: Pressed): void {
  if (command) {
    training.send(command)
    return
  }
  const { look, page, mode } = store.getState()
  const set = (change: Partial<ScreenState>) => store.setState({ ...store.getState(), ...change })
  const see = (change: Partial<Look>) => set({ look: { ...look, ...change } })
  const own: Record<ScreenKey, () => void> = {
    l: () => set({ mode: { name: 'rate', text: '', problem: null } }),
    g: () => set({ mode: { name: 'row', text: '', problem: null } }),
    X: () => (mode.name === 'abort' ? onAbort() : set({ mode: { name: 'abort' } })),
    y: () => see({ logarithmic: !look.logarithmic }),
    e: () => see({ xLogarithmic: !look.xLogarithmic }),
    m: () => see({ smoothing: smoothings[(smoothings.indexOf(look.smoothing) + 1) % smoothings.length]! }),
    z: () => see({ zoom: Math.min(look.zoom + 1, 10) }),
    Z: () => see({ zoom: Math.max(look.zoom - 1, 0) }),
    c: () => {
      const last = training.getState().history.length - 1
      set({ page: 'charts', look: { ...look, cursor: look.cursor === null && last >= 0 ? last : null } })
    },
    i: () => set({ page: page === 'table' ? 'run' : 'table' }),
    '\t': () => set({ page: pageNames[(pageNames.indexOf(page) + 1) % pageNames.length]! }),
    ':': () => set({ mode: { name: 'find', text: '', chosen: 0 } }),
    '?': () => set({ mode: { name: mode.name === 'keys' ? 'run' : 'keys' } }),
    q: () => onLeave(0),
  }
  own[key as ScreenKey]()
}

/** The text after a key. */
function edited(text: string, input: string, key: Key): string {
  return key.backspace || key.delete ? text.slice(0, -1) : text + typed(input)
}

type NumberMode = Extract<Mode, { name: 'rate' | 'row' }>

function typeNumber({ name, text }: NumberMode, input: string, key: Key, pressed: Pressed): void {
  const { store, training } = pressed
  const set = (mode: Mode) => store.setState({ ...store.getState(), mode })
  const now = edited(text, input, key)
  if (!key.return && !input.includes('\r')) {
    set({ name, text: now, problem: null })
    return
  }
  if (name === 'rate') {
    const learningRate = readRate(now)
    if (learningRate !== null) {
      training.send({ do: 'rate', learningRate })
      set({ name: 'run' })
    } else set({ name, text: now, problem: 'must be a positive number, e.g. 0.001' })
    return
  }
  const { rows } = training.getState().outline.data
  const row = now.trim() === '' ? 1 : toNumber(now.trim())
  if (Number.isInteger(row) && row >= 1 && row <= rows) {
    set({ name: 'opening' })
    training.send({ do: 'look inside', row })
  } else set({ name, text: now, problem: `must be an integer in [1, ${formatCount(rows)}]` })
}

function typeWords(mode: Extract<Mode, { name: 'find' }>, input: string, key: Key, pressed: Pressed): void {
  const { store } = pressed
  const set = (next: Mode) => store.setState({ ...store.getState(), mode: next })
  const found = find(mode.text)
  if (key.return) {
    set({ name: 'run' })
    const action = found[mode.chosen]
    if (action) act(action, pressed)
  } else if (key.upArrow || key.downArrow) {
    const chosen = mode.chosen + (key.downArrow ? 1 : -1)
    set({ ...mode, chosen: Math.min(Math.max(chosen, 0), Math.max(found.length - 1, 0)) })
  } else set({ name: 'find', text: edited(mode.text, input, key), chosen: 0 })
}

/** What was typed, without control characters. */
const typed = (input: string) => input.replace(/\p{Cc}/gu, '')

const marks: Readonly<Record<View['status'], () => Piece>> = {
  training: () => ({ text: '● training', colour: palette.blue }),
  paused: () => ({ text: '‖ paused', colour: palette.orange }),
  stopped: () => ({ text: '‖ stopped', colour: palette.orange }),
  done: () => ({ text: '✓ done', colour: palette.green }),
  diverged: () => ({ text: '✗ diverged', colour: palette.red }),
}

function headRows(view: View, page: PageName, { columns, rows }: Size): Piece[][] {
  const { outline, status, waiting, problem } = view
  const mark = waiting ? { text: `… ${waiting}, after this step`, colour: palette.orange } : marks[status]()
  const width = stringWidth(mark.text)
  const title = cut(`bp train ${outline.name}`, columns - width - 2)
  const facts = `${describeNetwork(outline)} · ${describeSettings(outline)}`
  return [
    [
      { text: title, bold: true },
      { text: ' '.repeat(Math.max(1, columns - stringWidth(title) - width)) },
      { ...mark, bold: true },
    ],
    [{ text: cut(facts, columns), dim: true }],
    tabs(page, columns),
    ...shownNotes(outline.notes).map((note) => [{ text: cut(note, columns), dim: true }]),
    ...(problem ? wrap(problem, columns, 2).map((text) => [{ text, colour: palette.red }]) : []),
    ...(rows >= roomy ? [[]] : []),
  ]
}

/** The pages; where there is no room for all names, that of this one. */
function tabs(page: PageName, columns: number): Piece[] {
  const row = (named: (name: PageName) => boolean): Piece[] =>
    pageNames.flatMap((name, at): Piece[] => {
      const here = name === page
      return [
        ...(at > 0 ? [{ text: '   ' }] : []),
        { text: String(at + 1), dim: !here },
        ...(named(name)
          ? [{ text: ` ${name}`, bold: here, dim: !here, ...(here && { colour: palette.blue }) }]
          : []),
      ]
    })
  const all = row(() => true)
  return widthOf(all) <= columns ? all : row((name) => name === page)
}

/** More would take the room of the chart. */
const mostNotes = 2

function shownNotes(notes: readonly string[]): readonly string[] {
  if (notes.length <= mostNotes) return notes
  return [...notes.slice(0, mostNotes - 1), `and ${notes.length - mostNotes + 1} more notes, on page 6`]
}

function predictionLine({ predictions }: View, columns: number): Piece[] {
  const operator = columns < 80 ? ' ' : ' xor '
  return predictions!.flatMap(({ inputs, probability, correct }, index) => [
    { text: `${index > 0 ? '   ' : ''}${inputs.join(operator)}  `, dim: true },
    { text: columns < 80 ? probability.toFixed(2) : formatFixed(probability) },
    { text: ' ' },
    verdict(correct),
  ])
}

/** The figures and the keys. */
function footRows(
  view: View,
  mode: Mode,
  { columns, rows }: Size,
  system: TrainScreenProps['system'],
): Piece[][] {
  const isTall = rows >= tall
  const { outline, status, epoch, epochs, step, steps, elapsed, remaining, stepsPerSecond, error } = view
  const share = step / steps
  const before = `epoch ${formatCount(epoch)} of ${formatCount(epochs)} `
  const after = ` ${formatShare(Math.floor(share * 100) / 100)}`
  const bar = Math.max(0, columns - before.length - after.length)
  const filled = Math.round(bar * share)
  const progress: Piece[] = [
    { text: before },
    { text: '━'.repeat(filled), colour: status === 'done' ? palette.green : palette.blue },
    { text: '─'.repeat(bar - filled), dim: true },
    { text: after },
  ]
  const rate = stepsPerSecond === null ? '—' : formatCount(Number(stepsPerSecond.toPrecision(2)))
  const left = remaining === null ? '—' : formatDuration(remaining)
  const time = [
    `time ${formatDuration(elapsed)}${isEnded(status) ? '' : `, ${left} left`}`,
    ...(Number.isFinite(view.pace) ? [`slowed to ${formatCount(view.pace)} steps/s`] : []),
    `${rate} steps/s`,
    ...(view.changes.length > 0 ? [`rate ${threeDigits(view.learningRate)}`] : []),
    ...(view.savedAs ? [view.savedAs] : []),
    ...(system ? [system()] : []),
  ].join(' · ')
  const lines =
    error === null
      ? [
          ...(isTall && outline.target ? metricTable(view) : scoreRows(view, columns, rows)),
          ...(isTall ? [[], ...logRows(view, columns)] : []),
        ]
      : wrap(error, columns, 4).map((text): Piece[] => [{ text, colour: palette.red }])
  return [
    [],
    progress,
    ...lines,
    [{ text: cut(time, columns), dim: true }],
    fit(promptOf(mode, view, columns), columns),
  ]
}

function scoreRows(view: View, columns: number, rows: number): Piece[][] {
  const { outline, initial, loss, accuracy, step, steps } = view
  const scores = scoresOf(outline, view, initial)
  // Of a table, both scores are of the same weights; xor shows each step.
  const training =
    outline.validation === null
      ? { loss: loss ?? initial.loss, accuracy: accuracy ?? initial.accuracy }
      : scores.training
  const { heldBack } = scores
  const { target, table, validation, data } = outline
  return [
    [
      { text: validation ? 'training   loss ' : 'loss ' },
      { text: threeDigits(training.loss).padEnd(10), bold: true },
      { text: describeScore(training, data, target) },
      ...(scores.best ? [{ text: `  weights of epoch ${formatCount(scores.epoch)}`, dim: true }] : []),
    ],
    validation
      ? [
          { text: 'held back  loss ' },
          { text: (heldBack ? threeDigits(heldBack.loss) : '—').padEnd(10), bold: true },
          { text: heldBack ? describeScore(heldBack, validation, target) : '' },
          ...(heldBack && table && target
            ? [{ text: `  ${describeGain(table.baseline, heldBack, target)}`, dim: true }]
            : []),
        ]
      : view.predictions && rows < tallForPredictions
        ? predictionLine(view, columns)
        : [{ text: `step ${formatCount(step)} of ${formatCount(steps)}`, dim: true }],
  ]
}

/** The end of the log, in a terminal that has room for it. */
function logRows({ log }: View, columns: number): Piece[][] {
  return Array.from({ length: 2 }, (_, at) => {
    const line = log.at(at - 2)
    return line
      ? fit(
          [
            { text: `${formatDuration(line.at)}  `, dim: true },
            { text: visible(line.text), dim: true },
          ],
          columns,
        )
      : []
  })
}

/** The last line: what is being typed, or the keys. */
function promptOf(mode: Mode, view: View, columns: number): Piece[] {
  if (mode.name === 'rate')
    return [
      { text: `learning rate ${threeDigits(view.learningRate)} → `, bold: true },
      { text: `${mode.text}▏` },
      mode.problem
        ? { text: ` ${mode.problem}`, colour: palette.red }
        : { text: '  enter applies it after this step, esc leaves it', dim: true },
    ]
  if (mode.name === 'row')
    return [
      { text: 'look inside row ', bold: true },
      { text: `${mode.text}▏` },
      mode.problem
        ? { text: ` ${mode.problem}`, colour: palette.red }
        : {
            text: `  of ${formatCount(view.outline.data.rows)} training rows; enter alone is 1, esc`,
            dim: true,
          },
    ]
  if (mode.name === 'opening') return [{ text: 'opening the graph …', dim: true }]
  if (mode.name === 'find')
    return [
      { text: ': ', bold: true },
      { text: `${mode.text}▏` },
      { text: '  ↑ ↓ choose, enter does it, esc', dim: true },
    ]
  if (mode.name === 'abort')
    return [
      {
        text: `X again leaves at once; what is new since the last save is lost. Any other key stays.`,
        colour: palette.red,
      },
    ]
  return [{ text: cut(keyHints(view.status, columns), columns), dim: true }]
}

/** The most important keys, as many as fit. */
function keyHints(status: View['status'], columns: number): string {
  const over = isEnded(status)
  const hints = [...runActions, ...screenActions].flatMap(({ key, label, hint }: Action) => {
    if (hint === undefined || key === '?' || key === 'q') return []
    if (over && ' .-l'.includes(key)) return []
    return [`${label} ${key === ' ' && status === 'paused' ? 'resume' : hint}`]
  })
  let line = ''
  do line = [...hints, '? keys', 'q quit'].join(' · ')
  while (line.length > columns && hints.pop() !== undefined)
  return line
}

function statusLine({ outline, status, step, steps, loss, accuracy, initial }: View): string {
  const score = { loss: loss ?? initial.loss, accuracy: accuracy ?? initial.accuracy }
  const mark = marks[status]().text.slice(0, 1)
  const share = formatShare(Math.floor((step / steps) * 100) / 100)
  const accuracyText = score.accuracy === null ? '' : ` accuracy ${formatShare(score.accuracy)}`
  return `${mark} ${cut(outline.name, 20)} ${share} loss ${threeDigits(score.loss)}${accuracyText}`
}

function keyRows(rows: number, columns: number): Piece[][] {
  const all = actions.map(({ label, text }): Piece[] => [{ text: label.padEnd(7), bold: true }, { text }])
  if (all.length <= rows) return all
  // In two columns where they do not fit one under the other.
  const half = Math.ceil(all.length / 2)
  const width = Math.floor(columns / 2)
  return Array.from({ length: half }, (_, at) => {
    const left = fit(all[at]!, width - 2)
    const used = left.reduce((total, { text }) => total + stringWidth(text), 0)
    return [...left, { text: ' '.repeat(width - used) }, ...fit(all[half + at] ?? [], columns - width)]
  })
}

const find = (text: string) =>
  byWords(actions, text, (action, word) => action.text.toLowerCase().includes(word))

function findRows({ text, chosen }: Extract<Mode, { name: 'find' }>, rows: number): Piece[][] {
  const found = find(text)
  if (found.length === 0) return [[{ text: 'no action has these words', dim: true }]]
  const first = Math.max(0, Math.min(chosen - rows + 1, found.length - rows))
  return found.slice(first, first + rows).map((action, at): Piece[] => {
    const here = first + at === chosen
    return [
      { text: here ? '▶ ' : '  ', colour: palette.blue },
      { text: action.label.padEnd(7), bold: true },
      { text: action.text, bold: here },
    ]
  })
}
