// Own data: points set, moved and erased on a map, by pointer or keys, or pasted as a table.
import {
  formatNumber,
  type LabelledPoint,
  limits,
  type NetworkDocument,
  PointsError,
  parsePoints,
} from '@bp/lab'
import { type DragEvent, type KeyboardEvent, type PointerEvent, useId, useRef, useState } from 'react'
import { useTexts } from '../shell/language.js'
import { answersOf } from './card.js'
import { AnswerMap, inputsAt, nearestPoint } from './map-canvas.js'
import type { TrainerState } from './trainer.js'

interface PointsProps {
  readonly document: NetworkDocument
  readonly state: TrainerState
  readonly onSettings: (change: Partial<NetworkDocument>, merge?: string) => void
}

/** Points nearer than this share of the map's side are the one that is meant. */
const near = 0.05
/** What the arrow keys move the cross by, as a share of the map's side. */
const stride = 0.025

const rounded = (value: number) => Number(value.toPrecision(4))

export function Points({ document, state, onSettings }: PointsProps) {
  const texts = useTexts().network
  const { view } = state.training!
  const { classes } = view
  const range = view.range!
  const own = document.data.kind === 'points'
  const points: readonly LabelledPoint[] = own
    ? document.data.points
    : [...view.rows, ...view.heldBackRows].map(
        ({ x1, x2, label }) => [rounded(x1), rounded(x2), label] as const,
      )
  const [tool, setTool] = useState<number | 'erase'>(0)
  const [cross, setCross] = useState<readonly [number, number] | null>(null)
  const dragged = useRef(-1)

  const set = (points: readonly LabelledPoint[], merge?: string) =>
    onSettings({ data: { ...document.data, kind: 'points', points } }, merge)
  const add = ([x1, x2]: readonly [number, number]) => {
    if (points.length < limits.points) set([...points, [rounded(x1), rounded(x2), tool as number]])
  }
  const erase = (at: readonly [number, number], within: number) => {
    const index = nearestPoint(points, range, at, within)
    if (index >= 0) set(points.filter((_, other) => other !== index))
  }
  const placeOf = (event: PointerEvent<HTMLCanvasElement>) =>
    inputsAt(range, event.currentTarget.getBoundingClientRect(), event.clientX, event.clientY)

  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    setCross(null)
    const at = placeOf(event)
    if (tool === 'erase' || event.button === 2) return erase(at, near)
    dragged.current = nearestPoint(points, range, at, near)
    if (dragged.current >= 0) event.currentTarget.setPointerCapture(event.pointerId)
    else add(at)
  }
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const index = dragged.current
    if (index < 0) return
    const [x1, x2] = placeOf(event)
    set(
      points.map((point, other) => (other === index ? [rounded(x1), rounded(x2), point[2]] : point)),
      `point ${index}`,
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const [x1, x2] = cross ?? [(range.x1[0] + range.x1[1]) / 2, (range.x2[0] + range.x2[1]) / 2]
    const by = stride * (event.shiftKey ? 4 : 1)
    const [dx, dy] = [(range.x1[1] - range.x1[0]) * by, (range.x2[1] - range.x2[0]) * by]
    const within = (value: number, [low, high]: readonly [number, number]) =>
      Math.min(high, Math.max(low, value))
    const next = (
      {
        ArrowRight: [x1 + dx, x2],
        ArrowLeft: [x1 - dx, x2],
        ArrowUp: [x1, x2 + dy],
        ArrowDown: [x1, x2 - dy],
      } as Record<string, [number, number]>
    )[event.key]
    if (next) setCross([within(next[0], range.x1), within(next[1], range.x2)])
    else if (event.key === 'Enter' || event.key === ' ') {
      if (tool === 'erase') erase([x1, x2], 1)
      else add([x1, x2])
    } else if (event.key === 'Delete' || event.key === 'Backspace') erase([x1, x2], 1)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const labels = Array.from(
    {
      length: Math.min(
        limits.classes,
        Math.max(2, own ? Math.max(-1, ...points.map(([, , label]) => label)) + 2 : classes),
      ),
    },
    (_, label) => label,
  )
  const count = labels.filter((label) => points.some((point) => point[2] === label)).length

  return (
    <>
      <div className="network-head">
        <h2>{texts.dataKinds[document.data.kind]}</h2>
        <span>{texts.pastedRows(points.length, count)}</span>
      </div>
      <div className="network-tools" role="radiogroup" aria-label={texts.tool}>
        {[...labels, 'erase' as const].map((one) => (
          <label key={one}>
            <input type="radio" name="network-tool" checked={tool === one} onChange={() => setTool(one)} />
            <span>{one === 'erase' ? texts.erase : texts.classOf(one)}</span>
          </label>
        ))}
      </div>
      <AnswerMap
        grid={answersOf(view)}
        range={range}
        points={points.map(([x1, x2, label]) => ({ x1, x2, label, wrong: false, heldBack: false }))}
        cross={cross}
        tabIndex={0}
        role="application"
        aria-label={texts.editMap}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={() => {
          dragged.current = -1
        }}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={onKeyDown}
      />
      <p className="visually-hidden" role="status">
        {cross && texts.crossAt(formatNumber(cross[0], 3), formatNumber(cross[1], 3))}
      </p>
      <p className="network-note">
        {texts.drawPoints}
        {own && count < 2 && <> · {texts.needsClasses}</>}
      </p>
      <p>
        <button
          type="button"
          aria-disabled={points.length === 0}
          onClick={() => points.length > 0 && set([])}
        >
          {texts.clearPoints}
        </button>
      </p>
      <Paste onPoints={(points) => set(points)} />
    </>
  )
}

function Paste({ onPoints }: { readonly onPoints: (points: readonly LabelledPoint[]) => void }) {
  const texts = useTexts().network
  const id = useId()
  const [text, setText] = useState('')
  const [problem, setProblem] = useState('')
  const use = (text: string) => {
    try {
      onPoints(parsePoints(text).points)
      setProblem('')
    } catch (error) {
      if (!(error instanceof PointsError)) throw error
      setProblem(error.message)
    }
  }
  const drop = async (event: DragEvent) => {
    event.preventDefault()
    const file = event.dataTransfer.files[0]
    const dropped = file ? await file.text() : event.dataTransfer.getData('text')
    setText(dropped)
    use(dropped)
  }
  return (
    <div className="network-paste">
      <label htmlFor={id}>{texts.pasteTitle}</label>
      <textarea
        id={id}
        value={text}
        rows={4}
        spellCheck={false}
        placeholder={'0.5, 1, 0\n-1, 0.2, 1'}
        aria-invalid={problem !== ''}
        aria-describedby={problem ? `${id}-problem` : undefined}
        onChange={(event) => setText(event.target.value)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
      />
      {problem && (
        <p id={`${id}-problem`} className="warning" role="alert">
          {problem}
        </p>
      )}
      <button
        type="button"
        aria-disabled={text.trim() === ''}
        onClick={() => text.trim() !== '' && use(text)}
      >
        {texts.usePasted}
      </button>
    </div>
  )
}
