// The paths of optimizers down a cost from one start, step by step, and how each ends.
import { adam, momentum, type Optimizer, rmsProp, sgd } from '@bp/core/lean'
import type { Slices } from '../slices.js'
import type { Bowl, Position } from './bowl.js'
import { curvatureOf, type Stationary, stationary } from './curvature.js'
import { longestPath } from './document.js'
import type { Racer } from './racers.js'

/** Slopes and moves below this count as standing still; slopes are as large as the cost per unit of a parameter. */
const still = 1e-6

/** Beyond this many times the start's size, a ball has left every picture. */
const farAway = 1e6

export interface Step {
  readonly position: Position
  readonly cost: number
  /** The derivative of the cost with respect to each parameter. */
  readonly slopes: readonly number[]
  /** What the optimizer has kept of earlier slopes: the arrays of its state, in the order of its slots. */
  readonly state: readonly (readonly number[])[]
}

/** How a path ends, with its last step. */
export type End =
  /** It stands still, at a place of this kind. */
  | { readonly kind: 'arrived'; readonly place: Stationary }
  /** It flies out: from step `from` on, every step ended higher than the one before. */
  | { readonly kind: 'flew'; readonly from: number }
  /** The cost falls for ever; from step `from` on, every step ended lower than the one before. */
  | { readonly kind: 'bottomless'; readonly from: number }
  /** The cost or a slope is not a finite number at the last step. */
  | { readonly kind: 'notFinite'; readonly text: string; readonly value: number }
  /** It still moves after `longestPath` steps. */
  | { readonly kind: 'moving' }

export interface Path {
  readonly racer: Racer
  /** From the start, which is step 0, to where it ends. */
  readonly steps: readonly Step[]
  readonly end: End
}

export interface Descent {
  readonly start: Position
  readonly rate: number
  readonly racers: readonly Racer[]
}

/** Core's optimizer for a racer. */
export function optimizerOf({ rule, settings }: Racer, learningRate: number): Optimizer {
  const [first, second] = settings
  switch (rule) {
    case 'sgd':
      return sgd({ learningRate })
    case 'momentum':
      return momentum({ learningRate, momentum: first! })
    case 'nesterov':
      return momentum({ learningRate, momentum: first!, nesterov: true })
    case 'rmsProp':
      return rmsProp({ learningRate, alpha: first! })
    case 'adam':
      return adam({ learningRate, beta1: first!, beta2: second! })
  }
}

interface Ball {
  readonly racer: Racer
  readonly optimizer: Optimizer
  readonly parameters: Float64Array
  readonly slots: readonly Float64Array[]
  readonly settings: Float64Array
  readonly steps: Step[]
  end: End | null
}

/** Lets all racers go from the start, one step of each at a time, in float64 by core's own rules. */
export function* descend(bowl: Bowl, { start, rate, racers }: Descent): Slices<Path[]> {
  const balls = racers.map((racer): Ball => {
    const optimizer = optimizerOf(racer, rate)
    const { slots, settings, counters } = optimizer
    return {
      racer,
      optimizer,
      parameters: Float64Array.from(start),
      slots: slots.flatMap((slot) => (slot === null ? [] : [new Float64Array(start.length)])),
      settings: Float64Array.from([rate, 0, ...settings, ...counters]),
      steps: [],
      end: null,
    }
  })
  const far = farAway * Math.max(1, ...start.map(Math.abs))
  for (let index = 0; index <= longestPath; index++) {
    const moving = balls.filter(({ end }) => end === null)
    if (moving.length === 0) break
    const columns = start.map((_, axis) => Float64Array.from(moving, ({ parameters }) => parameters[axis]!))
    const [costs, ...slopes] = yield* bowl.slopesAt(columns)
    for (const [ball, { parameters, slots, steps, optimizer, settings }] of moving.entries()) {
      const step: Step = {
        position: [...parameters],
        cost: costs![ball]!,
        slopes: slopes.map((values) => values[ball]!),
        state: slots.map((values) => [...values]),
      }
      steps.push(step)
      const own = moving[ball]!
      own.end = endOf(bowl, steps, far)
      if (own.end === null) optimizer.update(parameters, Float64Array.from(step.slopes), slots, settings)
    }
  }
  return balls.map(({ racer, steps, end }) => ({ racer, steps, end: end ?? endOfLongest(steps) }))
}

/** A cost that has risen in each of this many last steps will go on rising. */
const risingSteps = 50

function endOfLongest(steps: readonly Step[]): End {
  const from = fromWhere(steps, (before, after) => after > before)
  return steps.length - from > risingSteps ? { kind: 'flew', from } : { kind: 'moving' }
}

function endOf(bowl: Bowl, steps: readonly Step[], far: number): End | null {
  const { position, cost, slopes } = steps.at(-1)!
  const before = steps.at(-2)
  const finite = Number.isFinite(cost) && slopes.every(Number.isFinite)
  const out = position.some((value) => !(Math.abs(value) <= far))
  if (out && before) {
    // A ball that only rose flew out; one that only fell found no bottom. Numbers may have overflowed in the last step.
    const rising = fromWhere(steps, (from, to) => !(to < from))
    const falling = fromWhere(steps, (from, to) => to < from)
    return rising <= falling ? { kind: 'flew', from: rising } : { kind: 'bottomless', from: falling }
  }
  if (!finite) {
    const { text, value } = bowl.notFiniteAt(position) ?? { text: bowl.source, value: cost }
    return { kind: 'notFinite', text, value }
  }
  if (slopes.some((slope) => Math.abs(slope) > still)) return null
  const rests =
    !before ||
    position.every(
      (value, axis) => Math.abs(value - before.position[axis]!) <= still * Math.max(1, Math.abs(value)),
    )
  if (!rests) return null
  return { kind: 'arrived', place: stationary(curvatureOf(bowl.at(position).hessian)) }
}

/** The first step from which on every step to the last satisfies the condition. */
function fromWhere(steps: readonly Step[], condition: (from: number, to: number) => boolean): number {
  let from = steps.length - 1
  while (from > 0 && condition(steps[from - 1]!.cost, steps[from]!.cost)) from--
  return from
}

/** What multiplied by the learning rate is the move from a step to the next: the slopes, for plain descent. */
export function directionOf(racer: Racer, step: Step, next: Step, rate: number): readonly number[] {
  if (racer.rule === 'sgd') return step.slopes
  if (racer.rule === 'momentum') return next.state[0]!
  const mu = racer.settings[0]!
  if (racer.rule === 'nesterov') return step.slopes.map((slope, axis) => slope + mu * next.state[0]![axis]!)
  return step.position.map((value, axis) => (value - next.position[axis]!) / rate)
}
