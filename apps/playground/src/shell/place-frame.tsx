// The frame that all places have: a bar of controls, the drawing, a card beside it and the timeline below.
import { createContext, type ReactNode, use, useRef, useState } from 'react'
import type { EmbedPart } from './embed.js'
import { useTexts } from './language.js'

/** What is shown besides the drawing in a frame of another page; `null` for all. */
export const EmbedContext = createContext<readonly EmbedPart[] | null>(null)

/** A finger that moves the handle of the card as far slides it. */
const slidePixels = 24

interface PlaceFrameProps {
  /** Title of the place, for screen readers. */
  readonly title: string
  readonly bar?: ReactNode
  readonly drawing: ReactNode
  readonly card?: ReactNode
  readonly timeline?: ReactNode
}

export function PlaceFrame({ title, bar, drawing, card, timeline }: PlaceFrameProps) {
  const texts = useTexts()
  const embed = use(EmbedContext)
  const shows = (part: EmbedPart) => embed === null || embed.includes(part)
  const [open, setOpen] = useState(false)
  const slide = useRef({ from: 0, slid: false })
  return (
    <main id="place" className="place" tabIndex={-1}>
      <h1 className="visually-hidden">{title}</h1>
      {bar && shows('bar') && <div className="place-bar">{bar}</div>}
      {/* What one goes to is not to be under the card. */}
      <section className="place-drawing" aria-label={texts.shell.drawing} onFocus={() => setOpen(false)}>
        {drawing}
      </section>
      {card && shows('card') && (
        <section className={open ? 'place-card open' : 'place-card'} aria-label={texts.shell.card}>
          <button
            type="button"
            className="sheet-handle"
            aria-expanded={open}
            aria-label={open ? texts.shell.lessOfCard : texts.shell.moreOfCard}
            onClick={() => {
              if (!slide.current.slid) setOpen(!open)
            }}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId)
              slide.current = { from: event.clientY, slid: false }
            }}
            onPointerMove={(event) => {
              const { from } = slide.current
              const by = event.clientY - from
              if (event.buttons === 0 || Math.abs(by) < slidePixels) return
              slide.current = { from, slid: true }
              setOpen(by < 0)
            }}
          />
          {card}
        </section>
      )}
      {timeline && shows('timeline') && (
        <section className="place-timeline" aria-label={texts.shell.timeline}>
          {timeline}
        </section>
      )}
    </main>
  )
}
