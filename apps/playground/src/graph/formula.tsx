// Sets a formula of the lab as mathematics; each number in it leads to the step that made it.
import type { Formula as Marks, Numbers, Source } from '@bp/lab'
import { formatNumbers } from '@bp/lab'
import { Fragment } from 'react'
import type { Kind } from '../parts/kinds.js'
import { Value } from '../parts/value.js'

const kindOf: Readonly<Record<Source['of'], Kind>> = {
  value: 'graph.value',
  derivative: 'graph.derivative',
  tangent: 'graph.tangent',
  local: 'graph.local',
  part: 'graph.part',
}

const toneOf = (of: Source['of']) => (of === 'value' ? 'forward' : 'backward')

interface FormulaProps {
  readonly of: Marks
  readonly onFrom: (source: Source) => void
}

export function Formula({ of, onFrom }: FormulaProps) {
  return of.map((mark, index) => {
    const key = index
    switch (mark.kind) {
      case 'node':
        return <Name key={key} title={mark.title} />
      case 'adjoint':
        return (
          <span key={key} className="maths-adjoint">
            <Name title={mark.title} />
          </span>
        )
      case 'derivative':
        return (
          <span key={key} className="maths-derivative">
            {mark.part !== null && '('}∂<Name title={mark.of} />
            /∂
            <Name title={mark.by} />
            {mark.part !== null && (
              <>
                )<sub>{mark.part}</sub>
              </>
            )}
          </span>
        )
      case 'number': {
        const { value, shape, source } = mark
        if (typeof value !== 'number' || source === null)
          return <Fragment key={key}>{formatNumbers(value as Numbers, shape)}</Fragment>
        return (
          <Value
            key={key}
            of={value}
            kind={kindOf[source.of]}
            label={'node' in source ? source.node : source.edge}
            tone={toneOf(source.of)}
            from={() => onFrom(source)}
          />
        )
      }
      default:
        return <Fragment key={key}>{mark.text}</Fragment>
    }
  })
}

/** A name in italics, digits at its end as a subscript; a number as it is. */
export function Name({ title }: { readonly title: string }) {
  const [, letters, digits] = /^(\p{L}+)(\d+)$/u.exec(title) ?? [null, title, '']
  if (/^[\d(−-]/.test(title)) return title
  return (
    <var>
      {letters}
      {digits && <sub>{digits}</sub>}
    </var>
  )
}
