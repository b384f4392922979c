// Holds the referee against finite differences, and the handwritten programs against the referee.
import { describe, expect, test } from 'vitest'
import { cases } from '../src/cases.js'
import { addProduct, open } from '../src/contenders/handwritten.js'
import {
  checksum,
  classifierProblem,
  type ProductKind,
  productProblem,
  side,
  type TrainingProblem,
  xorProblem,
} from '../src/problems.js'
import { uniform } from '../src/random.js'
import {
  initialParameters,
  lossAndGradient,
  lossOfStep,
  type Parameters,
  productChecksum,
} from '../src/reference.js'

/** A classifier small enough to move each of its weights in turn. */
const smallClassifier: TrainingProblem = {
  inputs: 8,
  hidden: 4,
  outputs: 3,
  activation: 'relu',
  batch: 4,
  rows: 8,
  learningRate: 0.1,
  weights: {
    hiddenWeights: uniform(1, 32, -1, 1),
    hiddenBias: uniform(2, 4, -1, 1),
    outputWeights: uniform(3, 12, -1, 1),
    outputBias: uniform(4, 3, -1, 1),
  },
  data: uniform(5, 64, 0, 1),
  targets: Float32Array.from({ length: 24 }, (_, index) => (index % 3 === Math.floor(index / 3) % 3 ? 1 : 0)),
}

describe.each([
  ['XOR', xorProblem(), 0],
  ['a small classifier', smallClassifier, 4],
] as const)('the referee on %s', (_, problem, firstRow) => {
  const parameters = initialParameters(problem)
  const { gradient } = lossAndGradient(problem, parameters, firstRow)
  test.each(Object.keys(parameters) as (keyof Parameters)[])('derives by every one of the %s', (name) => {
    for (let index = 0; index < parameters[name].length; index++) {
      const lossAt = (distance: number) => {
        const moved = initialParameters(problem)
        moved[name][index]! += distance
        return lossAndGradient(problem, moved, firstRow).loss
      }
      const difference = (lossAt(1e-5) - lossAt(-1e-5)) / 2e-5
      expect(gradient[name][index]).toBeCloseTo(difference, 8)
    }
  })
})

test('the problems can be learned, and the referee takes its reading on the way down', () => {
  expect(lossOfStep(xorProblem(), 1)).toBeCloseTo(0.758, 3)
  expect(lossOfStep(xorProblem(), 1000)).toBeCloseTo(0.134, 3)
  expect(lossOfStep(xorProblem(), 5000)).toBeLessThan(0.01)
})

describe('the handwritten program', () => {
  test.each(cases.filter(({ kind }) => kind === 'rate').map(({ id }) => id))('of %s agrees', async (id) => {
    const rate = cases.find((candidate) => candidate.id === id)
    if (rate?.kind !== 'rate') throw new Error(`${id} is not a rate`)
    const program = await open(id)
    const reading = await program.run(rate.check.count)
    expect(Math.abs(reading - rate.check.expected())).toBeLessThan(rate.check.tolerance)
  })

  test('of the classifier goes on where it was', async () => {
    const whole = await open('mlp-784-128-10-b32')
    const parted = await open('mlp-784-128-10-b32')
    const reading = await whole.run(5)
    await parted.run(3)
    expect(await parted.run(2)).toBe(reading)
  })
})

describe('the referee notices', () => {
  test('a step too few', () => {
    const { tolerance, count } = rateCheck('xor-step')
    const missed = Math.abs(lossOfStep(xorProblem(), count - 2) - lossOfStep(xorProblem(), count))
    expect(missed).toBeGreaterThan(tolerance / 2)
  })

  test('a learning rate that is off by a hundredth', () => {
    const problem = classifierProblem()
    const { tolerance } = rateCheck('mlp-784-128-10-b32')
    const full = lossOfStep({ ...problem, rows: 64 }, 3)
    const other = lossOfStep({ ...problem, rows: 64, learningRate: problem.learningRate * 0.99 }, 3)
    expect(Math.abs(full - other)).toBeGreaterThan(tolerance)
  })

  test.each(['nn', 'nt', 'tn'] as ProductKind[])('one element of the %s product', (kind) => {
    const { a, b } = productProblem()
    const c = new Float32Array(side * side)
    const viewOf = (values: Float32Array, transposed: boolean) => ({
      values,
      start: 0,
      row: transposed ? 1 : side,
      column: transposed ? side : 1,
    })
    addProduct(c, side, side, side, 0, 1, viewOf(a, kind === 'tn'), viewOf(b, kind === 'nt'))
    const expected = productChecksum({ a, b }, kind)
    const { tolerance } = rateCheck(`gemm-${kind}-256`)
    expect(Math.abs(checksum(c) - expected)).toBeLessThan(tolerance)
    c[12345] = 0
    expect(Math.abs(checksum(c) - expected)).toBeGreaterThan(tolerance)
  })
})

function rateCheck(id: string) {
  const found = cases.find((candidate) => candidate.id === id)
  if (found?.kind !== 'rate') throw new Error(`${id} is not a rate`)
  return found.check
}
