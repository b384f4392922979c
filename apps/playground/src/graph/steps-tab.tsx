// All steps as a list. What is not computed yet is only named.
import { writeFormula } from '@bp/lab'
import { useEffect, useRef } from 'react'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps } from './account-card.js'

/** Steps that are listed before and after the current one. */
const around = 50

export function StepsTab({
  picture,
  onStep,
  onPoint,
}: GraphPartProps & { readonly onStep: (position: number) => void }) {
  const { phases } = useTexts().graph
  const { trace, view } = picture
  // Of a long list, what is around the step; how many more there are is said.
  const from = Math.max(0, Math.min(view.position - 1, trace.steps.length) - around)
  const to = Math.min(trace.steps.length, view.position + around)
  const list = useRef<HTMLOListElement>(null)
  // The current step is kept in sight
  useEffect(() => {
    const panel = list.current!.closest<HTMLElement>('.tab-panel')!
    const step = list.current!.querySelector('[aria-current]')
    if (!step || getComputedStyle(panel).overflowY === 'visible') return
    const { top, bottom } = step.getBoundingClientRect()
    const room = panel.getBoundingClientRect()
    if (top < room.top) panel.scrollTop -= room.top - top
    else if (bottom > room.bottom) panel.scrollTop += bottom - room.bottom + 8
  }, [view.position])
  return (
    <ol ref={list} className="graph-steps">
      {from > 0 && <li className="graph-more">… {from}</li>}
      {trace.steps.slice(from, to).map((step, at) => {
        const { phase, node } = step
        const index = from + at
        const done = index < view.position
        const first = trace.steps[index - 1]?.phase !== phase
        return (
          <li key={index}>
            {first && <span className={`graph-phase ${phase}`}>{phases[phase]}</span>}
            <button
              type="button"
              className={`quiet ${phase} ${done ? '' : 'pending'}`}
              aria-current={index + 1 === view.position ? 'step' : undefined}
              onPointerEnter={() => onPoint([node])}
              onPointerLeave={() => onPoint(null)}
              onClick={() => onStep(index + 1)}
            >
              {done ? step.text : `${writeFormula(step.account.left)} = …`}
            </button>
          </li>
        )
      })}
      {to < trace.steps.length && <li className="graph-more">… {trace.steps.length - to}</li>}
    </ol>
  )
}
