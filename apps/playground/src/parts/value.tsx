// A number on the screen. Pressed, it leads to the step that made it.
import { formatNumber } from '@bp/lab'
import { useTexts } from '../shell/language.js'
import type { Kind } from './kinds.js'

export interface ValueProps {
  /** `null` while it is not computed: never shown as 0. */
  readonly of: number | null
  readonly kind: Kind
  /** What it is, for screen readers: `slope of the cost`. */
  readonly label: string
  /** Goes to where the number comes from. */
  readonly from?: () => void
  readonly tone?: 'forward' | 'backward' | 'plain'
  /** Significant digits, default 6. */
  readonly digits?: number
  readonly className?: string
  /** −1 where arrow keys lead to it instead of the tab key. */
  readonly tabIndex?: 0 | -1
}

export function Value({
  of,
  kind,
  label,
  from,
  tone = 'plain',
  digits,
  className = '',
  tabIndex,
}: ValueProps) {
  const { notComputed, whereFrom } = useTexts().shell
  if (of === null)
    return (
      <span className={`value ${className}`} title={notComputed}>
        <span aria-hidden="true">—</span>
        <span className="visually-hidden">{`${label}: ${notComputed}`}</span>
      </span>
    )
  const text = formatNumber(of, digits)
  const shared = { className: `value ${tone} ${className}`, title: String(of), 'data-kind': kind }
  if (!from) return <span {...shared}>{text}</span>
  return (
    <button type="button" {...shared} tabIndex={tabIndex} aria-label={whereFrom(label, text)} onClick={from}>
      {text}
    </button>
  )
}
