// The frame that all places have: a bar of controls, the drawing, a card beside it and the timeline below.
import { createContext, type ReactNode, use, useState } from 'react'
import type { EmbedPart } from './embed.js'
import { useTexts } from './language.js'

/** What is shown besides the drawing in a frame of another page; `null` for all. */
export const EmbedContext = createContext<readonly EmbedPart[] | null>(null)

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
  return (
    <main id="place" className="place" tabIndex={-1}>
      <h1 className="visually-hidden">{title}</h1>
      {bar && shows('bar') && <div className="place-bar">{bar}</div>}
      <section className="place-drawing" aria-label={texts.shell.drawing}>
        {drawing}
      </section>
      {card && shows('card') && (
        <section className={open ? 'place-card open' : 'place-card'} aria-label={texts.shell.card}>
          <button
            type="button"
            className="sheet-handle"
            aria-expanded={open}
            aria-label={open ? texts.shell.lessOfCard : texts.shell.moreOfCard}
            onClick={() => setOpen(!open)}
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
