// A paper on which a digit is drawn, what the network reads on it, and the digits that were added to the data.
import {
  countsOf,
  digitClasses,
  digitSide,
  limits,
  type NetworkDocument,
  paperSide,
  readPixels,
  type Stroke,
  unitName,
  writePixels,
} from '@bp/lab'
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { SignButton } from '../parts/sign-button.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import { Pixels } from './map-canvas.js'
import type { TrainerState } from './trainer.js'

interface PaperProps {
  readonly document: NetworkDocument
  readonly state: TrainerState
  readonly onDocument: (change: Partial<NetworkDocument>, merge?: string) => void
  readonly onSettings: (change: Partial<NetworkDocument>, merge?: string) => void
}

/** What an arrow key moves the pen by. */
const stride = 4

const pathOf = (stroke: Stroke) =>
  `M${stroke.map(([x, y]) => `${x + 0.5} ${y + 0.5}`).join('L')}${stroke.length === 1 ? 'h0.01' : ''}`

export function Paper({ document, state, onDocument, onSettings }: PaperProps) {
  const texts = useTexts().network
  const { paper } = document
  const { view } = state.training!
  const [pen, setPen] = useState<readonly [number, number] | null>(null)
  const [down, setDown] = useState(false)
  // Moves may come faster than the document changes.
  const latest = useRef(paper)
  latest.current = paper
  const gesture = useRef(0)
  const counts = countsOf(paper)
  const answers = view.paper
  const best = answers ? answers.indexOf(Math.max(...answers)) : null
  const [label, setLabel] = useState<number | null>(null)
  const chosen = label ?? best ?? 0

  const set = (strokes: readonly Stroke[], merge?: string) => {
    latest.current = strokes
    onDocument({ paper: strokes }, merge)
  }
  const begin = (at: readonly [number, number]) => {
    if (latest.current.length >= limits.strokes) return
    gesture.current++
    set([...latest.current, [at]], `stroke ${gesture.current}`)
  }
  const extend = (at: readonly [number, number]) => {
    const stroke = latest.current.at(-1)
    const end = stroke?.at(-1)
    if (!stroke || !end || stroke.length >= limits.stroke) return
    if (Math.abs(end[0] - at[0]) + Math.abs(end[1] - at[1]) < 2) return
    set([...latest.current.slice(0, -1), [...stroke, at]], `stroke ${gesture.current}`)
  }
  const placeOf = (event: PointerEvent<SVGSVGElement>): readonly [number, number] => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
    const along = (share: number) => Math.min(paperSide - 1, Math.max(0, Math.floor(share * paperSide)))
    return [along((event.clientX - left) / width), along((event.clientY - top) / height)]
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const [x, y] = pen ?? [paperSide / 2, paperSide / 4]
    const by = event.shiftKey ? 1 : stride
    const next = (
      {
        ArrowRight: [x + by, y],
        ArrowLeft: [x - by, y],
        ArrowDown: [x, y + by],
        ArrowUp: [x, y - by],
      } as Record<string, [number, number]>
    )[event.key]
    if (next) {
      const at = next.map((value) => Math.min(paperSide - 1, Math.max(0, value))) as [number, number]
      setPen(at)
      if (down) extend(at)
    } else if (event.key === ' ' || event.key === 'Enter') {
      setPen([x, y])
      if (!down) begin([x, y])
      setDown(!down)
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      setDown(false)
      set([])
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  const add = () => {
    if (!counts || document.data.drawn.length >= limits.drawn) return
    const drawn = [...document.data.drawn, { pixels: writePixels(counts), label: chosen }]
    onSettings({ data: { ...document.data, drawn }, paper: [] })
    setLabel(null)
  }

  return (
    <>
      <div className="network-head">
        <h2>{texts.drawDigit}</h2>
        <button type="button" className="quiet" aria-disabled={paper.length === 0} onClick={() => set([])}>
          {texts.clearPaper}
        </button>
      </div>
      <div className="network-paper">
        <svg
          viewBox={`0 0 ${paperSide} ${paperSide}`}
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the paper is drawn on with keys
          tabIndex={0}
          aria-label={texts.paper}
          onPointerDown={(event) => {
            if (event.button !== 0) return
            setPen(null)
            event.currentTarget.setPointerCapture(event.pointerId)
            begin(placeOf(event))
          }}
          onPointerMove={(event) => {
            if (event.currentTarget.hasPointerCapture(event.pointerId)) extend(placeOf(event))
          }}
          onKeyDown={onKeyDown}
          onBlur={() => {
            setPen(null)
            setDown(false)
          }}
        >
          {paper.map((stroke, index) => (
            <path key={index} d={pathOf(stroke)} />
          ))}
          {pen && <circle className={down ? 'down' : ''} cx={pen[0] + 0.5} cy={pen[1] + 0.5} r={2.6} />}
        </svg>
        <ol className="network-readings">
          {Array.from({ length: digitClasses }, (_, digit) => (
            <li key={digit} className={digit === best ? 'best' : ''}>
              <span aria-hidden="true">{digit}</span>
              <span className="network-reading" aria-hidden="true">
                <span style={{ width: `${100 * (answers?.[digit] ?? 0)}%` }} />
              </span>
              <Value
                of={answers?.[digit] ?? null}
                kind="network.reading"
                label={texts.reading(digit)}
                tone="forward"
                digits={2}
                from={() =>
                  onDocument({ selected: unitName(view.sizes, view.sizes.length - 1, digit) }, 'selected')
                }
              />
            </li>
          ))}
        </ol>
      </div>
      <p className="visually-hidden" role="status">
        {best !== null && texts.reads(best)}
        {pen && ` ${texts.penAt(pen[0], pen[1], down)}`}
      </p>
      <div className="network-add">
        <span className="network-seen" title={texts.seenAs}>
          {counts && <Pixels values={counts.map((count) => count / 16)} />}
        </span>
        <label>
          {texts.itIs}
          <select value={chosen} onChange={(event) => setLabel(Number(event.target.value))}>
            {Array.from({ length: digitClasses }, (_, digit) => (
              <option key={digit}>{digit}</option>
            ))}
          </select>
        </label>
        <button type="button" aria-disabled={!counts} onClick={add}>
          {texts.addDigit}
        </button>
      </div>
      <p className="network-note">{texts.paperNote(digitSide)}</p>
      {document.data.drawn.length > 0 && (
        <ul className="network-drawn">
          {document.data.drawn.map(({ pixels, label }, index) => (
            <li key={index}>
              <Pixels values={readPixels(pixels)!.map((count) => count / 16)} />
              <b>{label}</b>
              <SignButton
                className="quiet"
                title={texts.removeDigit(label)}
                sign="✕"
                onPress={() =>
                  onSettings({
                    data: {
                      ...document.data,
                      drawn: document.data.drawn.filter((_, other) => other !== index),
                    },
                  })
                }
              />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
