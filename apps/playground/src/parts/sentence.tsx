// Sentences with numbers in them, each of which leads to the step that made it.
import { formatNumber } from '@bp/lab'
import { Fragment } from 'react'
import type { Kind } from './kinds.js'
import { Value } from './value.js'

export interface SentenceNumber {
  readonly value: number
  readonly kind: Kind
  readonly label: string
  readonly from: () => void
  readonly tone?: 'forward' | 'backward' | 'plain'
  /** Significant digits, default 3. */
  readonly digits?: number
}

export interface Said {
  /** With `{name}` for each number. */
  readonly text: string
  readonly numbers: Readonly<Record<string, SentenceNumber>>
}

export function Sentence({ text, numbers }: Said) {
  return text.split(/\{(\w+)\}/).map((part, index) => {
    const number = index % 2 === 1 ? numbers[part] : undefined
    if (!number) return <Fragment key={index}>{part}</Fragment>
    return (
      <Value
        key={index}
        of={number.value}
        kind={number.kind}
        label={number.label}
        from={number.from}
        tone={number.tone ?? 'plain'}
        digits={number.digits ?? 3}
        className="in-words"
      />
    )
  })
}

/** The same as plain text, for screen readers. */
export function plainly({ text, numbers }: Said): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const number = numbers[name]
    return number ? formatNumber(number.value, number.digits ?? 3) : whole
  })
}
