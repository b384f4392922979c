// The referee against finite differences, and the handwritten programs against the referee.
import { describe, expect, test } from 'vitest'
import { cases } from '../src/cases.js'
import { addProduct, open } from '../src/contenders/handwritten.js'
import {
  type CnnProblem,
  checksum,
  type Layout,
  type MlpProblem,
  type ProductProblem,
  problemOf,
  type TransformerProblem,
} from '../src/problems.js'
import { uniform } from '../src/random.js'
import { initialParameters, lossAndGradient, lossOfStep, productChecksum } from '../src/reference.js'

const xor = problemOf('xor-step') as MlpProblem

/** A classifier small enough to perturb each of its weights in turn. */
const smallClassifier: MlpProblem = {
  kind: 'mlp',
  parameters: [[8, 4], [4], [4, 5], [5], [5, 3], [3]].map((shape, index) => ({
    shape,
    values: uniform(1 + index, shape[0]! * (shape[1] ?? 1), -1, 1),
  })),
  inputs: 8,
  outputs: 3,
  activation: 'relu',
  threads: 1,
  batch: 4,
  rows: 8,
  data: uniform(7, 64, 0, 1),
  targets: Float32Array.from({ length: 24 }, (_, index) => (index % 3 === Math.floor(index / 3) % 3 ? 1 : 0)),
  optimizer: 'sgd',
  learningRate: 0.1,
}

/** Two convolutions of 4×4 images, to 2×2 and to 1×1. */
const smallCnn: CnnProblem = {
  ...smallClassifier,
  kind: 'cnn',
  activation: 'relu',
  parameters: [[3, 3, 1, 2], [2], [3, 3, 2, 3], [3], [3, 3], [3]].map((shape, index) => ({
    shape,
    values: uniform(
      11 + index,
      shape.reduce((size, length) => size * length, 1),
      -1,
      1,
    ),
  })),
  inputs: 16,
  data: uniform(17, 8 * 16, 0, 1),
}

/** One block of two heads, for four characters at three positions. */
const smallTransformer: TransformerProblem = {
  ...smallClassifier,
  kind: 'transformer',
  parameters: [
    [
      [4, 6],
      [3, 6],
    ],
    [[6], [6], ...[0, 1, 2, 3].flatMap(() => [[6, 6], [6]]), [6], [6], [6, 5], [5], [5, 6], [6]],
    [[6], [6], [6, 4], [4]],
  ]
    .flat()
    .map((shape, index) => ({ shape, values: uniform(31 + index, shape[0]! * (shape[1] ?? 1), -1, 1) })),
  inputs: 3,
  outputs: 3,
  blocks: 1,
  heads: 2,
  batch: 2,
  rows: 4,
  data: Float32Array.of(0, 1, 3, 2, 2, 1, 3, 3, 0, 1, 0, 2),
  targets: Float32Array.of(1, 3, 2, 2, 1, 0, 3, 0, 1, 0, 2, 3),
}

test.each([
  ['XOR', xor, 0],
  ['a small convolutional network', smallCnn, 4],
  ['a small classifier', smallClassifier, 4],
  ['a small transformer', smallTransformer, 2],
] as const)('the referee’s gradient on %s is right for every parameter', (_, problem, firstRow) => {
  const { gradient } = lossAndGradient(problem, initialParameters(problem), firstRow)
  for (const [index, derivatives] of gradient.entries())
    for (const [at, derivative] of derivatives.entries()) {
      const lossAt = (distance: number) => {
        const moved = initialParameters(problem)
        moved[index]![at]! += distance
        return lossAndGradient(problem, moved, firstRow).loss
      }
      expect(derivative).toBeCloseTo((lossAt(1e-5) - lossAt(-1e-5)) / 2e-5, 8)
    }
})

test('the problems can be learned, and the referee reads the loss while it falls', () => {
  expect(lossOfStep(xor, 1)).toBeCloseTo(0.758, 3)
  expect(lossOfStep(xor, 1000)).toBeCloseTo(0.134, 3)
  expect(lossOfStep(xor, 5000)).toBeLessThan(0.01)
})

test('the referee’s Adam changes every weight by the learning rate in its first step', () => {
  const problem: MlpProblem = { ...smallClassifier, rows: 4, optimizer: 'adam', learningRate: 1e-6 }
  const { gradient } = lossAndGradient(problem, initialParameters(problem), 0)
  const slope = gradient.reduce(
    (sum, values) => values.reduce((total, value) => total + Math.abs(value), sum),
    0,
  )
  expect((lossOfStep(problem, 1) - lossOfStep(problem, 2)) / 1e-6).toBeCloseTo(slope, 3)
})

/** Plain loops take seconds for the largest matrices, and lack convolution, attention and threads. */
const quickRates = cases.flatMap(({ kind, id }) =>
  kind === 'rate' && !/-1024$|^cnn-|^transformer-|threads$/.test(id) ? [id] : [],
)

describe('the handwritten program', () => {
  test.each(quickRates)('of %s agrees', async (id) => {
    const rate = cases.find((candidate) => candidate.id === id)
    if (rate?.kind !== 'rate') throw new Error(`${id} is not a rate`)
    const program = await open(problemOf(id))
    const reading = await program.run(rate.check.count)
    expect(Math.abs(reading - rate.check.expected())).toBeLessThan(rate.check.tolerance)
  })

  test('accepts any number of rows, inputs and units', async () => {
    for (const optimizer of ['sgd', 'adam'] as const) {
      const problem: MlpProblem = { ...smallClassifier, batch: 2, rows: 6, optimizer }
      const program = await open(problem)
      expect(await program.run(4)).toBeCloseTo(lossOfStep(problem, 4), 5)
    }
  })

  test('of the classifier continues where it stopped', async () => {
    const whole = await open(problemOf('mlp-784-128-10-b32'))
    const parted = await open(problemOf('mlp-784-128-10-b32'))
    const reading = await whole.run(5)
    await parted.run(3)
    expect(await parted.run(2)).toBe(reading)
  })
})

describe('the referee notices', () => {
  test('a missing step', () => {
    const { tolerance, count } = rateCheck('xor-step')
    const missed = Math.abs(lossOfStep(xor, count - 2) - lossOfStep(xor, count))
    expect(missed).toBeGreaterThan(tolerance / 2)
  })

  test('a learning rate that is off by 1 %', () => {
    const problem = problemOf('mlp-784-128-10-b32') as MlpProblem
    const { tolerance } = rateCheck('mlp-784-128-10-b32')
    const full = lossOfStep({ ...problem, rows: 64 }, 3)
    const other = lossOfStep({ ...problem, rows: 64, learningRate: problem.learningRate * 0.99 }, 3)
    expect(Math.abs(full - other)).toBeGreaterThan(tolerance)
  })

  test.each(['nn', 'nt', 'tn'] as Layout[])(
    'one wrong element of a %s product, and two swapped ones',
    (layout) => {
      const problem = problemOf(`gemm-${layout}-256`) as ProductProblem
      const { side } = problem
      const c = new Float32Array(side * side)
      const viewOf = (values: Float32Array, transposed: boolean) => ({
        values,
        start: 0,
        row: transposed ? 1 : side,
        column: transposed ? side : 1,
      })
      addProduct(
        c,
        side,
        side,
        side,
        0,
        1,
        viewOf(problem.a, layout === 'tn'),
        viewOf(problem.b, layout === 'nt'),
      )
      const expected = productChecksum(problem)
      const { tolerance } = rateCheck(`gemm-${layout}-256`)
      expect(Math.abs(checksum(problem, c) - expected)).toBeLessThan(tolerance)
      const swapped = c.slice()
      swapped.set([c[12346]!, c[12345]!], 12345)
      expect(Math.abs(checksum(problem, swapped) - expected)).toBeGreaterThan(tolerance)
      c[12345] = 0
      expect(Math.abs(checksum(problem, c) - expected)).toBeGreaterThan(tolerance)
    },
  )
})

function rateCheck(id: string) {
  const found = cases.find((candidate) => candidate.id === id)
  if (found?.kind !== 'rate') throw new Error(`${id} is not a rate`)
  return found.check
}
