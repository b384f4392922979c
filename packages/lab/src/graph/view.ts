// What is known of a graph after some of the steps of its trace.
import type { Numbers } from './numbers.js'
import type { Trace, TraceStep } from './trace.js'

export interface TraceView {
  /** How many steps are done: 0, when only variables and constants have values, up to all of them. */
  readonly position: number
  /** The step done last, or `null` at position 0. */
  readonly current: TraceStep | null
  /** Ids of the nodes whose value is known. */
  readonly knownValues: ReadonlySet<string>
  /** Derivatives accumulated so far, by id; a node that none has reached yet has no entry, not 0. */
  readonly derivatives: ReadonlyMap<string, Numbers>
  /** Forward mode: derivatives of nodes with respect to `Trace.along`, of those that depend on it. */
  readonly tangents: ReadonlyMap<string, Numbers>
  /** Ids of the edges along which a derivative has gone, in reverse or in forward mode. */
  readonly passed: ReadonlySet<string>
}

/** The view at a position, or at the nearest there is. Nothing is computed: going back is exact. */
export function viewAt({ nodes, edges, steps, mode }: Trace, position: number): TraceView {
  const nearest = Math.min(Math.max(Math.trunc(position) || 0, 0), steps.length)
  const done = steps.slice(0, nearest)
  const reached = new Set(done.map(({ node }) => node))
  return {
    position: nearest,
    current: done.at(-1) ?? null,
    knownValues: new Set([
      ...nodes.filter(({ op }) => op === null).map(({ id }) => id),
      ...done.filter(({ phase }) => phase === 'forward').map(({ node }) => node),
    ]),
    derivatives: new Map(
      done.flatMap(({ node, accumulatorAfter }) =>
        mode === 'forward' || accumulatorAfter === undefined ? [] : [[node, accumulatorAfter]],
      ),
    ),
    tangents: new Map(
      nodes.flatMap(({ id, tangent }) => (tangent !== null && reached.has(id) ? [[id, tangent]] : [])),
    ),
    passed: new Set(
      mode === 'forward'
        ? edges.filter(({ to, contribution }) => contribution !== null && reached.has(to)).map(({ id }) => id)
        : done.flatMap(({ edge }) => edge?.id ?? []),
    ),
  }
}
