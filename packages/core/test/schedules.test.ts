// Schedules against their formulas in `Math`, and the elementary functions that they are made of.
import { describe, expect, test } from 'vitest'
import { cosineOfHalfTurn, exponential, logarithm, power } from '../src/elementary.js'
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

describe('elementary functions are those of Math to a few last digits', () => {
  const spread = (from: number, to: number) =>
    Array.from({ length: 2001 }, (_, index) => from + ((to - from) * index) / 2000)
  test.each<[string, (x: number) => number, (x: number) => number, number[]]>([
    ['exponential', exponential, Math.exp, [...spread(-3, 3), ...spread(-700, 700)]],
    [
      'logarithm',
      logarithm,
      Math.log,
      [...spread(1e-3, 5).filter((x) => Math.abs(x - 1) > 1e-3), 1e-300, 1e300],
    ],
    ['power of a fraction', (x) => power(0.97, x), (x) => 0.97 ** x, spread(-50, 50)],
    ['power of a whole number', (x) => power(0.9, x), (x) => 0.9 ** x, [0, 1, 2, 3, 10, 99, -4]],
    [
      'cosine',
      cosineOfHalfTurn,
      (t) => Math.cos(Math.PI * t),
      spread(0, 1).filter((t) => Math.abs(t - 0.5) > 0.01),
    ],
  ])('%s', (_, own, theirs, xs) => {
    for (const x of xs) expect(Math.abs(own(x) / theirs(x) - 1), `at ${x}`).toBeLessThan(2e-14)
  })

  test('at the ends', () => {
    expect([exponential(0), exponential(1000), exponential(-1000)]).toEqual([1, Infinity, 0])
    expect([logarithm(1), power(2, 0), power(2, 10)]).toEqual([0, 1, 1024])
    expect([0, 0.5, 1].map(cosineOfHalfTurn)).toEqual([1, 0, -1])
  })
})

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
    const plateau = reduceOnPlateau({ learningRate: 1, factor: 0.5, patience: 2, cooldown: 2, least: 0.2 })
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
    'stepDecay: learningRate must be a finite number above 0, got 0',
  ],
  [() => stepDecay({ learningRate, every: 0 }), 'stepDecay: every must be a whole number from 1 up, got 0'],
  [
    () => exponentialDecay({ learningRate, factor: -1 }),
    'exponentialDecay: factor must be a finite number above 0',
  ],
  [
    () => cosineDecay({ learningRate, steps: 1.5 }),
    'cosineDecay: steps must be a whole number from 1 up, got 1.5',
  ],
  [
    () => cosineDecay({ learningRate, steps: 1, end: -1 }),
    'cosineDecay: end must be a finite number from 0 up, got -1',
  ],
  [
    () => cosineRestarts({ learningRate, steps: 5, growth: 0 }),
    'cosineRestarts: growth must be a whole number',
  ],
  [
    () => warmUp({ steps: 5, learningRate: -0.1 }),
    'warmUp: learningRate must be a finite number above 0, got -0.1',
  ],
  [() => oneCycle({ learningRate, steps: 1 }), 'oneCycle: steps must be a whole number from 2 up, got 1'],
  [
    () => oneCycle({ learningRate, steps: 9, rise: 1 }),
    'oneCycle: rise must be from 0 up to but without 1, got 1',
  ],
  [() => reduceOnPlateau({ learningRate, factor: 1 }), 'reduceOnPlateau: factor must be from 0 up to but'],
  [
    () => reduceOnPlateau({ learningRate, mode: 'up' as never }),
    'reduceOnPlateau: mode must be min or max, got up',
  ],
  [() => reduceOnPlateau({ learningRate }).next(Number.NaN), 'reduceOnPlateau: the value is not a number'],
])('an option out of range is refused: %#', (make, message) => {
  expect(make).toThrow(message)
})
