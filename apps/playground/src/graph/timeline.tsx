// Moves through the steps: buttons, a slider, and a sentence about the current step.
import type { Trace } from '@bp/lab'
import { describePosition, describeStep } from './words.js'

interface TimelineProps {
  readonly trace: Trace
  readonly position: number
  readonly onPosition: (position: number) => void
}

const phases = ['forward', 'seed', 'backward'] as const

export function Timeline({ trace, position, onPosition }: TimelineProps) {
  const { steps } = trace
  const sentence = describeStep(trace, position)
  const phase = steps[position - 1]?.phase ?? 'start'
  // A button at the end keeps the focus, hence aria-disabled rather than disabled.
  return (
    <div className="timeline">
      <div className="steppers">
        <button type="button" onClick={() => onPosition(0)} aria-disabled={position === 0}>
          <span aria-hidden="true">⇤</span> First
        </button>
        <button type="button" onClick={() => onPosition(position - 1)} aria-disabled={position === 0}>
          <span aria-hidden="true">←</span> Back
        </button>
        <button
          type="button"
          className="primary"
          onClick={() => onPosition(position + 1)}
          aria-disabled={position === steps.length}
        >
          Next <span aria-hidden="true">→</span>
        </button>
        <button
          type="button"
          onClick={() => onPosition(steps.length)}
          aria-disabled={position === steps.length}
        >
          Last <span aria-hidden="true">⇥</span>
        </button>
        <div className="track">
          <input
            type="range"
            min={0}
            max={steps.length}
            step={1}
            value={position}
            aria-label="Step"
            aria-valuetext={`${describePosition(trace, position)}: ${sentence}`}
            onChange={(event) => onPosition(Number(event.target.value))}
          />
          <div className="phases" aria-hidden="true">
            {phases.map((name) => {
              const count = steps.filter((step) => step.phase === name).length
              return (
                count > 0 && (
                  <span
                    key={name}
                    className={`${name}${name === phase ? ' now' : ''}`}
                    style={{ flexGrow: count }}
                  >
                    {name}
                  </span>
                )
              )
            })}
          </div>
        </div>
      </div>
      <p className={`sentence ${phase}`} role="status">
        {sentence}
      </p>
    </div>
  )
}
