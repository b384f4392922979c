// The steps of a trace, as the timeline and the numbers of the page see them.
import type { Trace } from '@bp/lab'
import type { Segment } from '../parts/timeline.js'

/** The phases of the trace, those that have steps. */
export function segmentsOf({ steps }: Trace, names: Readonly<Record<Phase, string>>): Segment[] {
  return phases
    .map((phase) => ({
      name: names[phase],
      tone: phase,
      length: steps.filter((step) => step.phase === phase).length,
    }))
    .filter(({ length }) => length > 0)
}

const phases = ['forward', 'seed', 'backward'] as const
type Phase = (typeof phases)[number]
