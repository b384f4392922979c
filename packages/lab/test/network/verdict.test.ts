// Verdicts on real trainings: each cause is told from the others by what was measured.
import { describe, expect, it } from 'vitest'
import { createNetworkRun, networkView, subSteps, trySeeds, type Verdict, verdict } from '../../src/index.js'
import { lecture, stepsUntil, withData, withRate } from './documents.js'

const relu = { layers: [{ units: 2, activation: 'relu' as const }], ...withRate(0.5) }

const deep = (layers: number, units: number, activation: 'sigmoid' | 'tanh' | 'relu') =>
  Array.from({ length: layers }, () => ({ units, activation }))

/** A training, and what is said of it. */
const trainings: readonly [string, ReturnType<typeof lecture>, Partial<Verdict> | null][] = [
  ['the lecture', lecture(), { kind: 'learned', rows: 4 }],
  ['no hidden layer', lecture({ layers: [] }), { kind: 'linear', floor: Math.LN2, proof: 'xor' }],
  [
    'a linear hidden layer',
    lecture({ layers: [{ units: 3, activation: 'linear' }] }),
    { kind: 'linear', proof: 'xor', hidden: true },
  ],
  [
    'a circle without a hidden layer',
    lecture({ ...withData('circle'), layers: [] }),
    { kind: 'linear', proof: 'convex' },
  ],
  ['zeros', lecture({ initialization: 'zeros' }), { kind: 'symmetric', layer: 0, units: 2 }],
  [
    'zeros with tanh',
    lecture({ initialization: 'zeros', layers: [{ units: 4, activation: 'tanh' }] }),
    { kind: 'symmetric' },
  ],
  ['a dead layer', lecture({ ...relu, seed: 3 }), { kind: 'dead', layer: 0, units: 2 }],
  [
    'ReLU at a rate of 5',
    lecture({ ...withRate(5), layers: deep(1, 6, 'relu') }),
    { kind: 'dead', layer: 0 },
  ],
  ['six layers of sigmoids', lecture({ layers: deep(6, 6, 'sigmoid') }), { kind: 'vanishing', layer: 0 }],
  [
    'six layers of sigmoids, after a few steps',
    lecture({ layers: deep(6, 6, 'sigmoid'), ...stepsUntil(5) }),
    { kind: 'vanishing', layer: 0 },
  ],
  ['six layers of tanh', lecture({ ...withRate(0.1), layers: deep(6, 6, 'tanh') }), { kind: 'learned' }],
  [
    'large initial weights in eight layers',
    lecture({ ...withRate(1e-9), ...stepsUntil(5), layers: deep(8, 16, 'relu'), initialization: 'normal' }),
    { kind: 'exploding', layer: 0 },
  ],
  ['a rate of 1e-9', lecture(withRate(1e-9)), { kind: 'rate-too-small' }],
  ['a rate of 1e-6', lecture(withRate(1e-6)), { kind: 'rate-too-small' }],
  ['a rate of 30', lecture(withRate(30)), { kind: 'rate-too-large' }],
  ['a rate of 1e4', lecture(withRate(1e4)), { kind: 'rate-too-large' }],
  ['a rate of 1e30', lecture(withRate(1e30)), { kind: 'rate-too-large' }],
  ['a rate of 1e38', lecture(withRate(1e38)), { kind: 'rate-too-large' }],
  [
    'numbers that run out',
    lecture({ ...withRate(1e30), layers: [{ units: 4, activation: 'relu' }] }),
    { kind: 'diverged', step: 2 },
  ],
  ['an unlucky seed', lecture({ seed: 10, ...stepsUntil(4000) }), { kind: 'minimum' }],
  ['another unlucky seed', lecture({ seed: 12, ...stepsUntil(4000) }), { kind: 'minimum' }],
  ['a plateau', lecture({ ...withRate(0.03), ...stepsUntil(1000) }), { kind: 'plateau' }],
  ['one that is not finished', lecture(stepsUntil(120)), { kind: 'falling' }],
  ['too few steps to tell', lecture(stepsUntil(20)), null],
]

describe('verdicts', () => {
  it.each(trainings)('%s', (_, document, expected) => {
    const run = createNetworkRun(document)
    run.step(document.until.steps)
    const said = verdict(run, networkView(run))
    if (expected === null) expect(said).toBeNull()
    else expect(said).toMatchObject(expected)
  })

  it('measure what vanishes row by row, where the derivatives of weights would cancel', () => {
    const run = createNetworkRun(lecture({ layers: deep(6, 6, 'sigmoid'), ...stepsUntil(1000) }))
    run.step(1000)
    const view = networkView(run)
    const said = verdict(run, view)
    // Root mean squares over the rows, each taken apart by itself.
    const squared = (layer: number) =>
      view.rows.reduce(
        (sum, _, row) =>
          sum +
          subSteps(run, row).layers[layer]!.sumGradients.reduce((total, value) => total + value * value, 0),
        0,
      )
    expect(said).toMatchObject({ kind: 'vanishing' })
    expect((said as { share: number }).share).toBeCloseTo(Math.sqrt(squared(0) / squared(6)), 9)
    const norms = view.layers.map(({ gradientNorm }) => gradientNorm)
    expect(norms[0]! / norms[6]!).toBeGreaterThan(1)
  })

  it('say nothing before the first step', () => {
    const run = createNetworkRun(lecture({ layers: [] }))
    expect(verdict(run, networkView(run))).toBeNull()
  })

  it('say ln 2 is the floor without a hidden layer, and no seed nor rate goes below', () => {
    for (const seed of [0, 1, 2, 3])
      for (const rate of [0.1, 1, 3]) {
        const run = createNetworkRun(lecture({ layers: [], seed, ...withRate(rate) }))
        for (let step = 0; step < 1000; step += 50) {
          run.step(50)
          // Float32 rounds the mean of four logarithms.
          expect(run.loss('training')!).toBeGreaterThan(Math.LN2 - 1e-6)
        }
      }
  })

  it('leave the run as it was', () => {
    const run = createNetworkRun(lecture({ seed: 10 }))
    run.step(1000)
    const before = run.weights()
    verdict(run, networkView(run))
    expect(run.weights()).toEqual(before)
  })

  it('of an unlucky seed is borne out: more steps do not help, another seed does', () => {
    const run = createNetworkRun(lecture({ seed: 10, ...stepsUntil(40_000) }))
    run.step(40_000)
    expect(run.right).toBeLessThan(4)
    const trials = trySeeds(lecture({ seed: 10, ...stepsUntil(4000) }))
    expect(trials.next().value).toMatchObject({ seed: 1, right: 4, rows: 4 })
  })

  it('of a plateau is borne out: more steps do help', () => {
    const run = createNetworkRun(lecture({ ...withRate(0.03), ...stepsUntil(60_000) }))
    run.step(60_000)
    expect(run.right).toBe(4)
  })
})
