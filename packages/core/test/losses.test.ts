// Losses against their formulas in plain float64, by value and gradient, and where logits are extreme.
import { describe, expect, test } from 'vitest'
import {
  binaryCrossEntropy,
  checkGradients,
  cosineLoss,
  gradients,
  hingeLoss,
  huberLoss,
  klDivergence,
  type LossOptions,
  l1Penalty,
  l2Penalty,
  losses,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
  poissonLoss,
  type Loss as RunLoss,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  sum,
  type Tensor,
  type TensorLike,
  variable,
} from '../src/index.js'

type Rows = number[][]
type Loss = (outputs: TensorLike, targets: TensorLike, options?: LossOptions) => Tensor

const values: Rows = [
  [0.3, -1.2, 2.1],
  [-0.4, 0.9, 0.2],
]
const positive: Rows = values.map((row) => row.map((x) => Math.abs(x) + 0.1))
const truth: Rows = [
  [1, 0, 1],
  [0, 0, 1],
]
const distribution: Rows = [
  [0.2, 0.5, 0.3],
  [0, 1, 0],
]

const zip = (f: (x: number, t: number) => number) => (x: number[], t: number[]) =>
  x.map((value, i) => f(value, t[i]!))
const total = (numbers: number[]) => numbers.reduce((sum, value) => sum + value, 0)
const logSoftmax = (x: number[]) => x.map((value) => value - Math.log(total(x.map(Math.exp))))
const length = (x: number[]) => Math.sqrt(total(x.map((value) => value * value)))
const crossEntropy = (x: number[], t: number[]) => -total(zip((l, p) => p * l)(logSoftmax(x), t))

/** A loss, numbers to try it with, and what its formula gives for a row: a number, or one for each number. */
const cases: [
  name: string,
  loss: Loss,
  outputs: Rows,
  targets: Rows,
  (x: number[], t: number[]) => number[],
][] = [
  ['meanSquaredError', meanSquaredError, values, truth, zip((x, t) => (x - t) ** 2)],
  ['meanAbsoluteError', meanAbsoluteError, values, truth, zip((x, t) => Math.abs(x - t))],
  [
    'huberLoss',
    huberLoss,
    values,
    truth,
    zip((x, t) => (Math.abs(x - t) <= 1 ? (x - t) ** 2 / 2 : Math.abs(x - t) - 0.5)),
  ],
  [
    'huberLoss of another delta',
    (x, t, options) => huberLoss(x, t, { ...options, delta: 0.25 }),
    values,
    truth,
    zip((x, t) => (Math.abs(x - t) <= 0.25 ? (x - t) ** 2 / 2 : 0.25 * (Math.abs(x - t) - 0.125))),
  ],
  ['hingeLoss', hingeLoss, values, truth, zip((x, t) => Math.max(0, 1 - (t === 1 ? x : -x)))],
  ['poissonLoss', poissonLoss, positive, truth, zip((x, t) => x - t * Math.log(x))],
  [
    'cosineLoss',
    cosineLoss,
    values,
    distribution,
    (x, t) => [1 - total(zip((a, b) => a * b)(x, t)) / (length(x) * length(t))],
  ],
  [
    'sigmoidCrossEntropy',
    sigmoidCrossEntropy,
    values,
    truth,
    zip((x, t) => -t * Math.log(1 / (1 + Math.exp(-x))) - (1 - t) * Math.log(1 / (1 + Math.exp(x)))),
  ],
  [
    'sigmoidCrossEntropy, smoothed',
    (x, t, options) => sigmoidCrossEntropy(x, t, { ...options, labelSmoothing: 0.2 }),
    values,
    truth,
    zip((x, t) => Math.log(1 + Math.exp(x)) - (0.8 * t + 0.1) * x),
  ],
  ['softmaxCrossEntropy', softmaxCrossEntropy, values, distribution, (x, t) => [crossEntropy(x, t)]],
  [
    'softmaxCrossEntropy, smoothed',
    (x, t, options) => softmaxCrossEntropy(x, t, { ...options, labelSmoothing: 0.3 }),
    values,
    distribution,
    (x, t) => [
      crossEntropy(
        x,
        t.map((p) => 0.7 * p + 0.1),
      ),
    ],
  ],
  [
    'negativeLogLikelihood',
    negativeLogLikelihood,
    values,
    distribution,
    (x, t) => [-total(zip((l, p) => p * l)(x, t))],
  ],
  [
    'klDivergence',
    klDivergence,
    values,
    distribution,
    (x, t) => [crossEntropy(x, t) + total(t.map((p) => (p === 0 ? 0 : p * Math.log(p))))],
  ],
]

const double = (rows: Rows | number[]) => variable(rows, { dtype: 'f64' })

describe.each(cases)('%s', (_, loss, outputs, targets, byHand) => {
  const rows = outputs.map((x, row) => byHand(x, targets[row]!))
  const numbers = rows.flat()
  const weights = [0.5, 3]
  const weighted = rows.flatMap((row, r) => row.map((value) => weights[r]! * value))

  test('is its formula, by mean, by sum and as it is', () => {
    expect(loss(double(outputs), targets).item()).toBeCloseTo(total(numbers) / numbers.length, 13)
    expect(loss(double(outputs), targets, { reduction: 'sum' }).item()).toBeCloseTo(total(numbers), 13)
    const none = loss(double(outputs), targets, { reduction: 'none' })
    expect(none.shape).toEqual(rows[0]!.length === 1 ? [2] : [2, 3])
    for (const [i, value] of [...none.data()].entries()) expect(value).toBeCloseTo(numbers[i]!, 13)
  })

  test('counts rows by their weights', () => {
    const mean = total(weighted) / (total(weights) * rows[0]!.length)
    expect(loss(double(outputs), targets, { weights }).item()).toBeCloseTo(mean, 13)
    expect(loss(double(outputs), targets, { weights, reduction: 'sum' }).item()).toBeCloseTo(
      total(weighted),
      13,
    )
    expect(loss(double(outputs), targets, { weights: [0, 0] }).item()).toBe(0)
  })

  test('has the derivatives that differences find', () => {
    const x = double(outputs)
    const report = checkGradients(loss(x, targets, { weights }), [x])
    expect(report.ok, String(report)).toBe(true)
    expect(report.checks).toHaveLength(6)
  })

  test('is finite in value and derivative for numbers of 1e30', () => {
    for (const large of [1e30, -1e30]) {
      const x = variable([
        [large, 0, 1],
        [large, -large, large],
      ])
      const value = loss(x, targets)
      const [dx] = gradients(value, [x])
      // A square of 1e30 is infinite in float32: mean squared error takes no logits.
      if (loss !== meanSquaredError) expect(Number.isFinite(value.item()), `${value.item()}`).toBe(true)
      for (const number of dx!.data()) expect(Number.isFinite(number), `${number}`).toBe(true)
    }
  })
})

test('class numbers give the cross-entropy of their one-hot rows, with smoothing and class weights too', () => {
  const oneHot = [
    [0, 0, 1],
    [1, 0, 0],
  ]
  const classWeights = [2, 5, 0.5]
  for (const options of [{}, { labelSmoothing: 0.1 }, { classWeights }, { weights: [1, 4], classWeights }]) {
    const sparse = sparseSoftmaxCrossEntropy(double(values), [2, 0], options).item()
    expect(sparse).toBeCloseTo(softmaxCrossEntropy(double(values), oneHot, options).item(), 13)
  }
  const [first, second] = values.map((row, r) => crossEntropy(row, oneHot[r]!)) as [number, number]
  expect(softmaxCrossEntropy(double(values), oneHot, { classWeights }).item()).toBeCloseTo(
    (0.5 * first + 2 * second) / 2.5,
    13,
  )
})

test('padding, −1, gives its row no loss, and with a weight of 0 the row does not count', () => {
  const rows = variable(values, { dtype: 'f64' })
  const padded = sparseSoftmaxCrossEntropy(rows, [2, -1], { weights: [1, 0] })
  expect(padded.item()).toBeCloseTo(crossEntropy(values[0]!, [0, 0, 1]), 13)
  for (const options of [{}, { labelSmoothing: 0.1 }, { classWeights: [2, 5, 0.5] }]) {
    const losses = sparseSoftmaxCrossEntropy(rows, [2, -1], { ...options, reduction: 'none' })
    expect(losses.data()[1]).toBe(0)
    expect([...gradients(sum(losses), [rows])[0]!.data()].slice(3).map(Math.abs)).toEqual([0, 0, 0])
  }
})

test('any other number that is no class is an error, not a loss of 0', () => {
  for (const wrong of [3, -2, 0.5])
    expect(() => sparseSoftmaxCrossEntropy(values, [2, wrong]).item()).toThrow(
      `sparseSoftmaxCrossEntropyWithLogits: classes[1] is ${wrong}, which must be a whole number from 0 to 2`,
    )
})

test('vectors of zeros have the cosine loss 1 and finite derivatives', () => {
  const x = variable([[0, 0]])
  const loss = cosineLoss(x, [[1, 2]])
  expect(loss.item()).toBe(1)
  for (const number of gradients(loss, [x])[0]!.data()) expect(Number.isFinite(number)).toBe(true)
})

test('penalties are sums over all parameters', () => {
  const parameters = [double([1, -2]), double([[3]])]
  expect(l1Penalty(parameters, 0.5).item()).toBe(3)
  expect(l2Penalty(parameters, 0.5).item()).toBe(7)
  expect([...gradients(l2Penalty(parameters, 0.5), parameters)[0]!.data()]).toEqual([1, -2])
})

test('each loss that a run can have gives one number, predictions of its shape, and a truth for each row', () => {
  for (const [name, { of, predictions, correct, targetShape }] of Object.entries<RunLoss>(losses)) {
    const outputs = variable(name === 'binaryCrossEntropy' ? [[0.5, 0.2, 0.9]] : [[0.5, -2, 1]])
    const targets = targetShape ? variable([2]) : variable([[0, 0, 1]])
    if (targetShape) expect(targetShape([3]), name).toEqual([])
    expect(of(outputs, targets).shape, name).toEqual([])
    expect(predictions(outputs).shape, name).toEqual([1, 3])
    for (const right of correct?.(outputs, targets).data() ?? []) expect([0, 1], name).toContain(right)
  }
})

test.each<[() => unknown, string, string]>([
  [
    () => huberLoss([1], [1], { delta: 0 }),
    'ValueError',
    'huberLoss: delta must be a positive finite number, got 0',
  ],
  [
    () => meanSquaredError([1], [1], { reduction: 'average' as never }),
    'ValueError',
    'meanSquaredError: reduction must be mean, sum or none, got average',
  ],
  [
    () => meanSquaredError(values, truth, { weights: [1, 2, 3] }),
    'ShapeError',
    'meanSquaredError: weights are [3], the losses 2×3; give one weight for each row',
  ],
  [
    () => softmaxCrossEntropy(values, truth, { weights: [[1, 2]] }),
    'ShapeError',
    'softmaxCrossEntropy: weights are 1×2, the losses [2]; give one weight for each row',
  ],
  [
    () => softmaxCrossEntropy(values, truth, { labelSmoothing: 1 }),
    'ValueError',
    'softmaxCrossEntropy: labelSmoothing must be a number in [0, 1), got 1',
  ],
  [
    () => sparseSoftmaxCrossEntropy(values, truth),
    'ShapeError',
    'sparseSoftmaxCrossEntropy: logits are 2×3, targets 2×3; wants one class number for each row of logits',
  ],
  [() => cosineLoss(1, 1), 'ShapeError', 'cosineLoss: wants vectors along the last axis, got a scalar'],
  [() => l1Penalty([], 1), 'ValueError', 'l1Penalty: wants at least one parameter'],
  [
    () => l2Penalty([variable(1)], -1),
    'ValueError',
    'l2Penalty: factor must be a positive finite number, got -1',
  ],
])('what a loss cannot take is refused: %#', (make, name, message) => {
  expect(make).toThrow(expect.objectContaining({ name, message }))
})

test('the cost of the lecture is the mean cross-entropy of probabilities', () => {
  const h = [0.2, 0.9]
  expect(binaryCrossEntropy(double(h), [0, 1]).item()).toBeCloseTo(-(Math.log(0.8) + Math.log(0.9)) / 2, 14)
})
