// Schedules against their formulas in `Math`.
import { describe, expect, test } from 'vitest'
import {
  cosineDecay,
  cosineRestarts,
  exponentialDecay,
  oneCycle,
  reduceOnPlateau,
  type Schedule,
  stepDecay,
  warmUp,
} from '../src/index.js'

const cosine = (from: number, to: number, share: number) =>
  to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2

test.each<[string, Schedule, (t: number) => number]>([
  [
    'stepDecay',
    stepDecay({ learningRate: 0.4, factor: 0.5, every: 30 }),
    (t) => 0.4 * 0.5 ** Math.floor(t / 30),
  ],
  ['exponentialDecay', exponentialDecay({ learningRate: 0.4, factor: 0.99 }), (t) => 0.4 * 0.99 ** t],
  [
    'exponentialDecay over several steps',
    exponentialDecay({ learningRate: 0.4, factor: 0.5, every: 7 }),
    (t) => 0.4 * 0.5 ** (t / 7),
  ],
  [
    'cosineDecay',
    cosineDecay({ learningRate: 0.4, end: 0.1, steps: 50 }),
    (t) => cosine(0.4, 0.1, Math.min(t, 50) / 50),
  ],
  ['cosineRestarts', cosineRestarts({ learningRate: 0.4, steps: 20 }), (t) => cosine(0.4, 0, (t % 20) / 20)],
  [
    'cosineRestarts, each twice as long',
    cosineRestarts({ learningRate: 0.4, end: 0.2, steps: 10, growth: 2 }),
    (t) => {
      // Falls begin at 0, 10, 30, 70 and 150.
      const begin = [150, 70, 30, 10, 0].find((first) => first <= t)!
      return cosine(0.4, 0.2, (t - begin) / (begin + 10))
    },
  ],
  ['warmUp to a rate', warmUp({ steps: 10, learningRate: 0.4 }), (t) => Math.min(1, t / 10) * 0.4],
  [
    'warmUp to a schedule',
    warmUp({ steps: 10, start: 0.1, learningRate: cosineDecay({ learningRate: 0.4, steps: 40 }) }),
    (t) => (t < 10 ? 0.1 + 0.03 * t : cosine(0.4, 0, Math.min(1, (t - 10) / 40))),
  ],
  [
    'oneCycle',
    oneCycle({ learningRate: 0.5, steps: 100 }),
    (t) => {
      if (t <= 29) return cosine(0.02, 0.5, t / 29)
      return cosine(0.5, 0.000002, Math.min(1, (t - 29) / 70))
    },
  ],
  [
    'oneCycle without a rise',
    oneCycle({ learningRate: 0.5, steps: 10, rise: 0, startDivisor: 10, endDivisor: 10 }),
    (t) => cosine(0.5, 0.005, Math.min(1, t / 9)),
  ],
])('%s follows its formula', (_, schedule, byHand) => {
  for (let t = 0; t < 200; t++) expect(schedule(t), `step ${t}`).toBeCloseTo(byHand(t), 13)
})

describe('reduceOnPlateau', () => {
  test('falls after more values without getting better than its patience, then waits', () => {
    const plateau = reduceOnPlateau({
      learningRate: 1,
      factor: 0.5,
      patience: 2,
      cooldown: 2,
      minLearningRate: 0.2,
    })
    const rates = [5, 4, 4, 4, 3.9999, 9, 9, 9, 9, 9, 3, 3, 3, 3, 3, 3, 3, 3].map((value) =>
      plateau.next(value),
    )
    //              better  waits 1, 2 and falls; cooling twice; waits 1, 2, falls; …
    expect(rates).toEqual([
      1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2,
    ])
  })

  test('goes up for metrics of which more is better, and on from what it saved', () => {
    const options = { learningRate: 1, patience: 0, mode: 'max' as const, threshold: 0 }
    const plateau = reduceOnPlateau(options)
    expect([0.5, 0.6, 0.7].map((value) => plateau.next(value))).toEqual([1, 1, 1])
    const other = reduceOnPlateau(options)
    other.restore(JSON.parse(JSON.stringify(plateau.save())))
    expect([plateau.next(0.65), other.next(0.65)]).toEqual([0.1, 0.1])
  })
})

const learningRate = 0.1
test.each<[() => unknown, string]>([
  [
    () => stepDecay({ learningRate: 0, every: 1 }),
    'stepDecay: learningRate must be a positive finite number, got 0',
  ],
  [() => stepDecay({ learningRate, every: 0 }), 'stepDecay: every must be an integer of at least 1, got 0'],
  [
    () => exponentialDecay({ learningRate, factor: -1 }),
    'exponentialDecay: factor must be a positive finite number',
  ],
  [
    () => cosineDecay({ learningRate, steps: 1.5 }),
    'cosineDecay: steps must be an integer of at least 1, got 1.5',
  ],
  [
    () => cosineDecay({ learningRate, steps: 1, end: -1 }),
    'cosineDecay: end must be a non-negative finite number, got -1',
  ],
  [() => cosineRestarts({ learningRate, steps: 5, growth: 0 }), 'cosineRestarts: growth must be an integer'],
  [
    () => warmUp({ steps: 5, learningRate: -0.1 }),
    'warmUp: learningRate must be a positive finite number, e.g. 0.01, or a schedule, got -0.1',
  ],
  [() => oneCycle({ learningRate, steps: 1 }), 'oneCycle: steps must be an integer of at least 2, got 1'],
  [() => oneCycle({ learningRate, steps: 9, rise: 1 }), 'oneCycle: rise must be a number in [0, 1), got 1'],
  [() => reduceOnPlateau({ learningRate, factor: 1 }), 'reduceOnPlateau: factor must be a number in (0, 1)'],
  [
    () => reduceOnPlateau({ learningRate, mode: 'up' as never }),
    'reduceOnPlateau: mode must be "min" or "max", got "up"',
  ],
  [
    () => reduceOnPlateau({ learningRate }).next(Number.NaN),
    'reduceOnPlateau: the value must be a number, got NaN',
  ],
])('an invalid option is refused: %#', (make, message) => {
  expect(make).toThrow(message)
})
