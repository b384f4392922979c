// A button that opens a short list of choices.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'

export interface MenuItem {
  readonly title: string
  readonly note?: string
  /** Whether it is what holds now; for items that choose one of several. */
  readonly selected?: boolean
  readonly run: () => void
}

/** `items` is called when the list opens, and while it is open. */
export function Menu({
  label,
  items,
}: {
  readonly label: ReactNode
  readonly items: () => readonly MenuItem[]
}) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const holder = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const choices = () => [...holder.current!.querySelectorAll<HTMLElement>('[role^=menuitem]')]

  useEffect(() => {
    if (!open) return
    choices()[0]?.focus()
    const outside = (event: PointerEvent) => {
      if (!holder.current!.contains(event.target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', outside)
    return () => removeEventListener('pointerdown', outside)
  }, [open])

  const close = () => {
    setOpen(false)
    button.current!.focus()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return
    const all = choices()
    const at = all.indexOf(document.activeElement as HTMLElement)
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key]
    if (event.key === 'Escape') close()
    else if (event.key === 'Tab') setOpen(false)
    else if (next !== undefined) all[next % all.length]?.focus()
    else return
    if (event.key !== 'Tab') event.preventDefault()
    event.stopPropagation()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the list inside
    <div ref={holder} className="menu" onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {label} <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <div id={id} className="menu-list" role="menu">
          {items().map(({ title, note, selected, run }) => (
            <button
              key={title}
              type="button"
              {...(selected === undefined
                ? { role: 'menuitem' }
                : { role: 'menuitemradio', 'aria-checked': selected })}
              tabIndex={-1}
              onClick={() => {
                close()
                run()
              }}
            >
              {title}
              {note && <small>{note}</small>}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
