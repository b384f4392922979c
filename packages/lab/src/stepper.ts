// Walks through the steps of a trace, forward and back.
import type { Numbers } from './numbers.js'
import type { Trace, TraceStep } from './trace.js'

/** A position among the steps of a trace. Stepping back is exact, since nothing is computed anew. */
export interface Stepper {
  /** How many steps are done: 0, when only variables and constants have values, up to `length`. */
  readonly position: number
  readonly length: number
  /** The step done last, or `null` at position 0. */
  current(): TraceStep | null
  /** Does a step and returns it; at the end stays there and returns `null`. */
  next(): TraceStep | null
  /** Undoes a step and returns the one that is current then; `null` at position 0. */
  back(): TraceStep | null
  /** Goes to a position, or to the nearest there is, and returns the step current there. */
  go(position: number): TraceStep | null
  /** Ids of the nodes whose value is known at this position. */
  readonly knownValues: ReadonlySet<string>
  /** The derivative as far as it is added up at this position; `null` while nothing has arrived: not 0. */
  derivativeAt(node: string): Numbers | null
}

/** A stepper before the first step. */
export function createStepper({ nodes, steps }: Trace): Stepper {
  const given = nodes.filter(({ op }) => op === null).map(({ id }) => id)
  let position = 0
  let known = new Set(given)
  let derivatives = new Map<string, Numbers>()

  const go = (wanted: number): TraceStep | null => {
    position = Math.min(Math.max(Math.trunc(wanted) || 0, 0), steps.length)
    const done = steps.slice(0, position)
    known = new Set([...given, ...done.filter(({ phase }) => phase === 'forward').map(({ node }) => node)])
    derivatives = new Map(
      done.flatMap(({ node, accumulatorAfter }) =>
        accumulatorAfter === undefined ? [] : [[node, accumulatorAfter]],
      ),
    )
    return steps[position - 1] ?? null
  }
  return {
    get position() {
      return position
    },
    length: steps.length,
    current: () => steps[position - 1] ?? null,
    next: () => (position === steps.length ? null : go(position + 1)),
    back: () => go(position - 1),
    go,
    get knownValues() {
      return known
    },
    derivativeAt: (node) => derivatives.get(node) ?? null,
  }
}
