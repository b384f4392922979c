// The timeline of a place: step, play, and a slider over all steps in their phases.
import type { ReactNode } from 'react'
import { useTexts } from '../shell/language.js'
import { SignButton } from './sign-button.js'

export interface Segment {
  readonly name: string
  /** Steps in it. */
  readonly length: number
  readonly tone: 'forward' | 'seed' | 'backward' | 'plain'
}

export interface TimelineProps {
  /** Steps done, from 0 to the sum of the segments' lengths. */
  readonly position: number
  readonly segments: readonly Segment[]
  readonly onPosition: (position: number) => void
  /** What the position means, for screen readers: `backward 3 of 6: mul → w`. */
  readonly describe: (position: number) => string
  /** The inviting button, `Next ›`; without it, `onPosition` of the next step. */
  readonly next?: { readonly title: string; readonly run: () => void }
  /** A button for one step, where `next` does something else. */
  readonly onStep?: () => void
  readonly playing?: boolean
  readonly onPlay?: () => void
  /** Positions to mark: breakpoints. */
  readonly marks?: readonly number[]
  /** More controls, right of the buttons. */
  readonly children?: ReactNode
  readonly hint?: ReactNode
}

export function Timeline({
  position,
  segments,
  onPosition,
  describe,
  next,
  onStep,
  playing,
  onPlay,
  marks = [],
  children,
  hint,
}: TimelineProps) {
  const texts = useTexts().timeline
  const total = segments.reduce((sum, { length }) => sum + length, 0)
  const go = (to: number) => onPosition(Math.min(Math.max(to, 0), total))
  const starts: number[] = []
  for (const { length } of segments) starts.push((starts.at(-1) ?? 0) + length)
  return (
    <div className="timeline">
      <SignButton
        title={texts.first}
        sign="|‹"
        className="timeline-end"
        disabled={position === 0}
        onPress={() => go(0)}
      />
      <SignButton title={texts.back} sign="‹" disabled={position === 0} onPress={() => go(position - 1)} />
      <button
        type="button"
        className="primary"
        aria-disabled={!next && position === total}
        onClick={next ? next.run : () => go(position + 1)}
      >
        {next?.title ?? texts.next}
      </button>
      {onPlay && (
        <SignButton title={playing ? texts.pause : texts.play} sign={playing ? '❚❚' : '▶'} onPress={onPlay} />
      )}
      {onStep && <SignButton title={texts.step} sign="›" onPress={onStep} />}
      <SignButton
        title={texts.last}
        sign="›|"
        className="timeline-end"
        disabled={position === total}
        onPress={() => go(total)}
      />
      {children}
      <div className="timeline-track">
        <div className="timeline-segments" aria-hidden="true">
          {segments.map(({ name, length, tone }, index) => {
            const start = starts[index]! - length
            const done = length === 0 ? 0 : Math.min(Math.max((position - start) / length, 0), 1)
            return (
              <div
                key={index}
                className={`timeline-segment ${tone}`}
                style={{ flex: `${Math.max(length, 0.01)} 1 0` }}
              >
                <div className="timeline-done" style={{ width: `${done * 100}%` }} />
                {marks
                  .filter((mark) => mark > start && mark <= starts[index]!)
                  .map((mark) => (
                    <div
                      key={mark}
                      className="timeline-mark"
                      style={{ left: `${((mark - start) / length) * 100}%` }}
                    />
                  ))}
                {length / total > 0.07 && <span className="timeline-name">{name}</span>}
              </div>
            )
          })}
        </div>
        <input
          className="slider"
          type="range"
          min={0}
          max={total}
          step={1}
          value={position}
          aria-label={texts.position}
          aria-valuetext={describe(position)}
          onChange={(event) => go(Number(event.target.value))}
        />
      </div>
      {hint && <p className="timeline-hint">{hint}</p>}
    </div>
  )
}
