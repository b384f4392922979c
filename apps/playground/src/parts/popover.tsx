// A button that opens a small panel of controls below it.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'

interface PopoverProps {
  /** What it is about, in small letters. */
  readonly label: string
  /** What is set now. */
  readonly value: ReactNode
  readonly children: ReactNode
}

export function Popover({ label, value, children }: PopoverProps) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const holder = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!open) return
    holder.current!.querySelector<HTMLElement>('.popover-panel :is(input, select, button)')?.focus()
    const outside = (event: Event) => {
      if (!holder.current!.contains(event.target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', outside)
    addEventListener('focusin', outside)
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('focusin', outside)
    }
  }, [open])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return
    event.stopPropagation()
    setOpen(false)
    button.current!.focus()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes the panel inside
    <div ref={holder} className="popover" onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        className="popover-button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <small>{label}</small> <b>{value}</b> <span aria-hidden="true">▾</span>
      </button>
      {open && (
        <fieldset id={id} className="popover-panel" aria-label={label}>
          {children}
        </fieldset>
      )}
    </div>
  )
}
