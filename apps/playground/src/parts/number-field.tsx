// A field for one number: typed, or changed with the arrow keys.
import { type KeyboardEvent, useState } from 'react'

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
  readonly onChange: (value: number) => void
}

export function NumberField({
  id,
  label,
  value,
  step,
  min = -Infinity,
  max = Infinity,
  whole = false,
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
  const nudge = (event: KeyboardEvent<HTMLInputElement>) => {
    const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
    if (direction === 0) return
    event.preventDefault()
    // Decimal steps must not leave 0.30000000000000004.
    const next = Number((value + direction * step * (event.shiftKey ? 10 : 1)).toPrecision(12))
    setDraft(null)
    onChange(Math.min(max, Math.max(min, next)))
  }

  return (
    <input
      id={id}
      type="text"
      inputMode="decimal"
      autoComplete="off"
      role="spinbutton"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={Number.isFinite(min) ? min : undefined}
      aria-valuemax={Number.isFinite(max) ? max : undefined}
      aria-invalid={invalid}
      value={draft ?? String(value).replace('-', '−')}
      onChange={(event) => type(event.target.value)}
      onKeyDown={nudge}
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
