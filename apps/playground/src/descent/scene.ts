// What the place draws, as it follows from the document: the cost, the paths, and what is known of both.
import {
  type Bowl,
  compileBowl,
  type DescentDocument,
  descend,
  frameOf,
  type Lowest,
  lowestOf,
  type Path,
  type Position,
  type Range,
  type Regimes,
  regimes,
  type Steepest,
  type Step,
  steepestOf,
} from '@bp/lab'
import { useMemo } from 'react'

export interface Scene {
  readonly bowl: Bowl
  readonly start: Position
  /** The part of the plane to show, before it is fitted to the shape of the picture. */
  readonly ranges: readonly Range[]
  readonly paths: readonly Path[]
  /** The one that the card explains. */
  readonly lead: Path
  /** Steps until the last ball has come to its end, at least 1. */
  readonly total: number
  readonly step: number
  readonly lowest: Lowest | null
  readonly steepest: Steepest | null
  readonly regimes: Regimes | null
}

/** A cost as it was compiled, or why it could not be. */
export type Compiled =
  | { readonly bowl: Bowl; readonly error: null }
  | { readonly bowl: null; readonly error: unknown }

export function compiled(cost: string, points: DescentDocument['points']): Compiled {
  try {
    return { bowl: compileBowl(cost, points), error: null }
  } catch (error) {
    return { bowl: null, error }
  }
}

/** The scene of a document whose cost is `bowl`. */
export function useScene(document: DescentDocument, bowl: Bowl): Scene {
  const { rate, racers } = document
  // A link may have a start of another cost: what is missing is 0.
  const start = useMemo(
    () => bowl.parameters.map((_, axis) => document.start[axis] ?? 0),
    [bowl, document.start],
  )
  const paths = useMemo(() => descend(bowl, { start, rate, racers }), [bowl, start, rate, racers])
  const lowest = useMemo(() => lowestOf(bowl), [bowl])
  const ranges = useMemo(
    () => (document.ranges?.length === start.length ? document.ranges : frameOf(bowl, start)),
    [bowl, start, document.ranges],
  )
  const steepest = useMemo(() => steepestOf(bowl, lowest, start), [bowl, lowest, start])
  const total = Math.max(1, ...paths.map(({ steps }) => steps.length - 1))
  const lead = paths[0]!
  return {
    bowl,
    start,
    ranges,
    paths,
    lead,
    total,
    step: Math.min(document.step, total),
    lowest,
    steepest,
    regimes: steepest && regimes(lead.racer, steepest.value),
  }
}

/** Number of the step at which a racer is, when the race is at `step`. */
export function reached({ steps }: Path, step: number): number {
  return Math.min(step, steps.length - 1)
}

/** Where a racer is, when the race is at `step`. */
export function ballOf(path: Path, step: number): Step {
  return path.steps[reached(path, step)]!
}

/** The step of a path that is nearest to a value of one parameter. */
export function nearestStep(path: Path, step: number, axis: number, value: number): number {
  let best = 0
  for (let index = 0; index <= reached(path, step); index++) {
    const away = (at: number) => Math.abs(path.steps[at]!.position[axis]! - value)
    if (away(index) <= away(best)) best = index
  }
  return best
}
