// What the place draws, as it follows from the document: the cost, the paths, and what is known of both.
import {
  type Bowl,
  compilingBowl,
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
  type Slices,
  type Steepest,
  type Step,
  steepestOf,
} from '@bp/lab'
import { useMemo, useRef } from 'react'
import { useSlices } from '../parts/use-slices.js'

export interface Scene {
  readonly bowl: Bowl
  readonly start: Position
  readonly rate: number
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

interface Read {
  readonly cost: string
  readonly points: DescentDocument['points']
  readonly compiled: Compiled
}

/** What was compiled last: the field compiles what is typed, and then the place draws it. */
let lastRead: Read | null = null

/** Compiles a cost. */
export function* compiling(cost: string, points: DescentDocument['points']): Slices<Compiled> {
  if (lastRead?.cost === cost && lastRead.points === points) return lastRead.compiled
  let compiled: Compiled
  try {
    compiled = { bowl: yield* compilingBowl(cost, points), error: null }
  } catch (error) {
    compiled = { bowl: null, error }
  }
  lastRead = { cost, points, compiled }
  return compiled
}

interface Raced {
  readonly bowl: Bowl
  readonly start: Position
  readonly rate: number
  readonly paths: readonly Path[]
  readonly lowest: Lowest | null
}

/** The scene of a document whose cost is `bowl`: null until it is there; while it is `busy`, the one before. */
export function useScene(
  document: DescentDocument,
  bowl: Bowl | null,
): { readonly scene: Scene | null; readonly busy: boolean } {
  const { rate, racers } = document
  // A link may have a start of another cost: what is missing is 0.
  const start = useMemo(
    () => bowl?.parameters.map((_, axis) => document.start[axis] ?? 0) ?? [],
    [bowl, document.start],
  )
  // Where the cost is lowest takes the longest, and does not depend on the race.
  const bottom = useRef<{ readonly bowl: Bowl; readonly lowest: Lowest | null } | null>(null)
  const { result: raced, busy } = useSlices<Raced | null>(
    function* () {
      if (!bowl) return null
      const paths = yield* descend(bowl, { start, rate, racers })
      if (bottom.current?.bowl !== bowl) bottom.current = { bowl, lowest: yield* lowestOf(bowl) }
      return { bowl, start, rate, paths, lowest: bottom.current.lowest }
    },
    [bowl, start, rate, racers],
  )
  const ranges = useMemo(() => raced && rangesOf(raced, document), [raced, document.ranges])
  const scene = useMemo(
    () => raced && ranges && sceneOf(raced, ranges, document.step),
    [raced, ranges, document.step],
  )
  return { scene, busy }
}

function rangesOf({ bowl, start }: Raced, { ranges }: DescentDocument): readonly Range[] {
  return ranges?.length === start.length ? ranges : frameOf(bowl, start)
}

function sceneOf({ bowl, start, rate, paths, lowest }: Raced, ranges: readonly Range[], step: number): Scene {
  const total = Math.max(1, ...paths.map(({ steps }) => steps.length - 1))
  const lead = paths[0]!
  const steepest = steepestOf(bowl, lowest, start)
  return {
    bowl,
    start,
    rate,
    ranges,
    paths,
    lead,
    total,
    step: Math.min(step, total),
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
