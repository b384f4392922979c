// All steps as a list. What is not computed yet is only named.
import { writeFormula } from '@bp/lab'
import { useEffect, useRef } from 'react'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps } from './account-card.js'

export function StepsTab({
  picture,
  onStep,
  onPoint,
}: GraphPartProps & { readonly onStep: (position: number) => void }) {
  const { phases } = useTexts().graph
  const { trace, view } = picture
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
      {trace.steps.map(({ phase, node, text, account }, index) => {
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
              {done ? text : `${writeFormula(account.left)} = …`}
            </button>
          </li>
        )
      })}
    </ol>
  )
}
