// All steps as lines of arithmetic: the forward pass, then the chain rule line by line.
import type { Trace } from '@bp/lab'
import { type KeyboardEvent, useRef } from 'react'

interface StepsListProps {
  readonly trace: Trace
  readonly position: number
  readonly onPosition: (position: number) => void
}

const titles = {
  forward: 'Forward: values',
  backward: 'Backward: derivatives, by the chain rule',
} as const

export function StepsList({ trace, position, onPosition }: StepsListProps) {
  const holder = useRef<HTMLDivElement>(null)
  const lines = trace.steps.map((step, index) => ({ ...step, position: index + 1 }))
  // One tab stop: the current line, or the first one at the start.
  const stop = Math.max(position, 1)

  const move = (event: KeyboardEvent) => {
    const direction = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (direction === 0) return
    event.preventDefault()
    const next = Math.min(Math.max(position + direction, 1), lines.length)
    onPosition(next)
    holder.current!.querySelectorAll('button')[next - 1]!.focus()
  }

  return (
    <div className="steps" ref={holder}>
      {(['forward', 'backward'] as const).map((pass) => {
        const own = lines.filter(({ phase }) => (phase === 'forward') === (pass === 'forward'))
        return (
          own.length > 0 && (
            <section key={pass} className={pass}>
              <h3>{titles[pass]}</h3>
              <ol start={own[0]!.position}>
                {own.map((line) => (
                  <li key={line.position}>
                    <button
                      type="button"
                      className={line.position > position ? 'ahead' : ''}
                      aria-current={line.position === position ? 'step' : undefined}
                      tabIndex={line.position === stop ? 0 : -1}
                      onClick={() => onPosition(line.position)}
                      onKeyDown={move}
                    >
                      {line.text}
                    </button>
                  </li>
                ))}
              </ol>
            </section>
          )
        )
      })}
    </div>
  )
}
