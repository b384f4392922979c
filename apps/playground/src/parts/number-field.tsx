// A field for one number: typed, or changed with the arrow keys.
import { formatNumber } from '@bp/lab'
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'

export interface NumberFieldProps {
  readonly id?: string
  readonly label: string
  readonly value: number
  /** What an arrow key adds; ten times as much with Shift. */
  readonly step: number
  readonly min?: number
  readonly max?: number
  /** Only integers. */
  readonly whole?: boolean
  /** Whether a sideways drag changes it, by `step` every few pixels. */
  readonly scrub?: boolean
  /** −1 where arrow keys lead to it instead of the tab key. */
  readonly tabIndex?: 0 | -1
  readonly onChange: (value: number) => void
}

/** Pixels of a drag that change the value by one step, and that make it a drag at all. */
const scrubPixels = 8

export function NumberField({
  id,
  label,
  value,
  step,
  min = -Infinity,
  max = Infinity,
  whole = false,
  scrub = false,
  tabIndex,
  onChange,
}: NumberFieldProps) {
  // What is being typed may not be a number yet: "-", "1e".
  const [draft, setDraft] = useState<string | null>(null)
  const allowed = (number: number) => number >= min && number <= max && (!whole || Number.isInteger(number))
  const invalid = draft !== null && readNumber(draft, allowed) === null

  const type = (text: string) => {
    setDraft(text)
    const number = readNumber(text, allowed)
    if (number !== null && number !== value) onChange(number)
  }
  const move = (from: number, steps: number) => {
    // Decimal steps must not leave 0.30000000000000004.
    const next = Math.min(max, Math.max(min, Number((from + steps * step).toPrecision(12))))
    setDraft(null)
    if (next !== value) onChange(next)
  }
  const nudge = (event: KeyboardEvent<HTMLInputElement>) => {
    const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
    if (direction === 0) return
    event.preventDefault()
    event.stopPropagation()
    move(value, direction * (event.shiftKey ? 10 : 1))
  }
  const drag = useRef<{ readonly x: number; readonly value: number; moved: boolean } | null>(null)
  const grab = (event: PointerEvent<HTMLInputElement>) => {
    // Where the field has the focus, a drag selects text.
    if (!scrub || event.button !== 0 || document.activeElement === event.currentTarget) return
    drag.current = { x: event.clientX, value, moved: false }
    event.currentTarget.setPointerCapture(event.pointerId)
    event.preventDefault()
  }
  const pull = (event: PointerEvent<HTMLInputElement>) => {
    if (!drag.current) return
    const steps = Math.trunc((event.clientX - drag.current.x) / scrubPixels)
    if (steps !== 0) drag.current.moved = true
    if (drag.current.moved) move(drag.current.value, steps)
  }
  const drop = (event: PointerEvent<HTMLInputElement>) => {
    if (drag.current && !drag.current.moved) event.currentTarget.focus()
    drag.current = null
  }

  return (
    <input
      id={id}
      type="text"
      tabIndex={tabIndex}
      inputMode="decimal"
      autoComplete="off"
      role="spinbutton"
      aria-label={label}
      aria-valuenow={withoutExponent(value)}
      aria-valuetext={formatNumber(value)}
      aria-valuemin={withoutExponent(min)}
      aria-valuemax={withoutExponent(max)}
      aria-invalid={invalid}
      value={draft ?? String(value).replace('-', '−')}
      onChange={(event) => type(event.target.value)}
      onKeyDown={nudge}
      onPointerDown={grab}
      onPointerMove={pull}
      onPointerUp={drop}
      onPointerCancel={drop}
      onFocus={(event) => event.target.select()}
      onBlur={() => setDraft(null)}
    />
  )
}

/** Parses a number, with any of the usual minus signs; `null` if it is none or not allowed. */
export function readNumber(text: string, allowed: (number: number) => boolean): number | null {
  const plain = text.trim().replace(/^[−–]/, '-').replace(',', '.')
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null
  const number = Number(plain)
  return Number.isFinite(number) && allowed(number) ? number : null
}

/** As a number that stands in an attribute, where `1e+38` is none; what has no digits this side of it is left out. */
function withoutExponent(value: number): number | undefined {
  return /e|Infinity/.test(String(value)) ? undefined : value
}
