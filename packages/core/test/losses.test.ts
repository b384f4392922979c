// Losses against their formulas in plain float64, by value and gradient, and where logits are extreme.
import { describe, expect, test } from 'vitest'
import { describeShape } from '../src/graph/shape.js'
import {
  binaryCrossEntropy,
  checkGradients,
  cosineLoss,
  gradients,
  hingeLoss,
  huberLoss,
  input,
  klDivergence,
  type LossOptions,
  l1Penalty,
  l2Penalty,
  losses,
  meanAbsoluteError,
  meanSquaredError,
  negativeLogLikelihood,
  type Op,
  ops,
  poissonLoss,
  type Loss as RunLoss,
  type SparseLossOptions,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  type Tensor,
  type TensorLike,
  variable,
} from '../src/index.js'
import { meanWeightOf } from '../src/training/loss-origin.js'

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

/** A loss, values to test it with, and its formula for a row: a number, or one for each element. */
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
    'huberLoss with another delta',
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

  test('equals its formula, with each reduction', () => {
    expect(loss(double(outputs), targets).item()).toBeCloseTo(total(numbers) / numbers.length, 13)
    expect(loss(double(outputs), targets, { reduction: 'sum' }).item()).toBeCloseTo(total(numbers), 13)
    const none = loss(double(outputs), targets, { reduction: 'none' })
    expect(none.shape).toEqual(rows[0]!.length === 1 ? [2] : [2, 3])
    for (const [i, value] of [...none.data()].entries()) expect(value).toBeCloseTo(numbers[i]!, 13)
  })

  test('weights rows', () => {
    const mean = total(weighted) / (total(weights) * rows[0]!.length)
    expect(loss(double(outputs), targets, { weights }).item()).toBeCloseTo(mean, 13)
    expect(loss(double(outputs), targets, { weights, reduction: 'sum' }).item()).toBeCloseTo(
      total(weighted),
      13,
    )
    expect(loss(double(outputs), targets, { weights: [0, 0] }).item()).toBe(0)
  })

  test('has the derivatives of finite differences', () => {
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

test('class indices have the cross-entropy of their one-hot rows, with smoothing and class weights too', () => {
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

describe('ignored positions', () => {
  const rows = [...values, [5, -3, 0.5], [0.1, 0.2, 0.3]]
  const targets = [2, 0, 1, 0]
  const with3 = (ignored: number) => [2, ignored, ignored, 0]
  const options: Record<string, SparseLossOptions> = {
    plain: {},
    smoothed: { labelSmoothing: 0.1 },
    'weighted by class': { classWeights: [2, 5, 0.5] },
    'weighted by row': { weights: [1, 0.25, 3, 4] },
    'weighted by both': { weights: [1, 0.25, 3, 4], classWeights: [2, 5, 0.5], labelSmoothing: 0.2 },
  }
  const some = <T>(list: readonly T[]) => [list[0]!, list[3]!]

  test.each(Object.entries(options))('do not influence the loss: %s', (_, given) => {
    const { weights } = given as { weights?: number[] }
    const fewer = { ...given, ...(weights && { weights: some(weights) }) }
    // The class 1 is in no other row.
    for (const dtype of ['f32', 'f64'] as const)
      for (const reduction of ['mean', 'sum'] as const)
        for (const ignoreIndex of [undefined, -1, -100, 1]) {
          const all = variable(rows, { dtype })
          const two = variable(some(rows), { dtype })
          const found = sparseSoftmaxCrossEntropy(all, with3(ignoreIndex ?? -1), {
            ...given,
            reduction,
            ...(ignoreIndex !== undefined && { ignoreIndex }),
          })
          const expected = sparseSoftmaxCrossEntropy(two, some(targets), { ...fewer, reduction })
          const digits = dtype === 'f32' ? 5 : 13
          expect(found.item()).toBeCloseTo(expected.item(), digits)
          const [slopes, wanted] = [gradients(found, [all])[0]!, gradients(expected, [two])[0]!]
          const flat = [...slopes.data()]
          const fewerSlopes = [...wanted.data()]
          for (const [i, value] of [...flat.slice(0, 3), ...flat.slice(9)].entries())
            expect(value).toBeCloseTo(fewerSlopes[i]!, digits)
          expect(flat.slice(3, 9).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0])
        }
  })

  test('have loss 0 and gradient 0 where all are ignored', () => {
    for (const given of Object.values(options))
      for (const reduction of ['mean', 'sum'] as const) {
        const x = variable(rows)
        const loss = sparseSoftmaxCrossEntropy(x, [-1, -1, -1, -1], { ...given, reduction })
        expect(loss.item()).toBe(0)
        expect([...gradients(loss, [x])[0]!.data()].map(Math.abs)).toEqual(new Array(12).fill(0))
      }
  })

  test('leave weights of 1 without effect, to the bit', () => {
    const plain = sparseSoftmaxCrossEntropy(variable(rows), with3(-1)).item()
    for (const given of [{ classWeights: [1, 1, 1] }, { classWeights: [7, 7, 7] }, { weights: [1, 1, 1, 1] }])
      expect(sparseSoftmaxCrossEntropy(variable(rows), with3(-1), given).item()).toBe(plain)
  })

  test('do not make other targets out of range valid', () => {
    expect(() => sparseSoftmaxCrossEntropy(rows, with3(-1), { ignoreIndex: -100 }).item()).toThrow(
      'classes[1] is -1',
    )
    expect(() => sparseSoftmaxCrossEntropy(rows, with3(-1), { ignoreIndex: 0.5 })).toThrow(
      'sparseSoftmaxCrossEntropy: ignoreIndex must be an integer, got 0.5',
    )
  })
})

describe('weights', () => {
  const x = [0.3, -1.2, 2.1]
  const t = [1, 0, 1]
  const weighted = (weights: number[]) =>
    total(weights.map((w, i) => w * (x[i]! - t[i]!) ** 2)) / total(weights)

  test('count in proportion, however small or large they are, in value and derivative', () => {
    const proportions = [1, 2, 0.5]
    const expected = weighted(proportions)
    // 1e-31 was less than what a sum of weights had to be; 2^-140 is not a normal number in float32.
    for (const dtype of ['f32', 'f64'] as const)
      for (const scale of [1, 1e-31, 2 ** -140, 1e-12, 1e20, 1.5e38])
        for (const computed of [false, true]) {
          const p = variable(x, { dtype })
          const given = proportions.map((w) => w * scale)
          const weights = computed ? variable(given, { dtype }) : given
          const loss = meanSquaredError(p, t, { weights })
          expect(loss.item() / expected, `${dtype} ${scale}`).toBeCloseTo(1, 6)
          for (const [i, slope] of [...gradients(loss, [p])[0]!.data()].entries())
            expect(slope).toBeCloseTo((proportions[i]! * 2 * (x[i]! - t[i]!)) / 3.5, 6)
        }
  })

  test('have the derivatives that differences find, also a single one that counts', () => {
    for (const given of [
      [1, 2, 0.5],
      [2, 1e-3, 0.25],
    ]) {
      const weights = double(given)
      const report = checkGradients(meanSquaredError(double(x), t, { weights }), [weights])
      expect(report.ok, String(report)).toBe(true)
    }
    const weights = double([3, 0, 0])
    const loss = meanSquaredError(double(x), t, { weights })
    const slopes = [...gradients(loss, [weights])[0]!.data()]
    const squares = x.map((value, i) => (value - t[i]!) ** 2)
    for (const [i, slope] of slopes.entries()) expect(slope).toBeCloseTo((squares[i]! - squares[0]!) / 3, 13)
  })

  test('of classes and rows together do not underflow either', () => {
    const logits = variable(values)
    const of = (scale: number) =>
      sparseSoftmaxCrossEntropy(logits, [2, 0], {
        weights: [scale, 3 * scale],
        classWeights: [scale, 1, 2 * scale],
      }).item()
    expect(of(1e-25)).toBeCloseTo(of(1), 6)
    expect(of(1e25)).toBeCloseTo(of(1), 6)
  })

  test('are broadcast to the losses: one for all, one for each row, or a shape that broadcasts', () => {
    const mean = meanSquaredError(double(values), truth).item()
    const columns = values.map((row, r) => row.map((value, c) => (value - truth[r]![c]!) ** 2))
    const byColumn = (w: number[]) =>
      total(columns.flatMap((row) => row.map((value, c) => w[c]! * value))) / (2 * total(w))
    for (const weights of [1, [1], [[1]], [4], [2, 2], [[3], [3]], [[5, 5, 5]]])
      expect(meanSquaredError(double(values), truth, { weights }).item()).toBeCloseTo(mean, 13)
    expect(meanSquaredError(double(values), truth, { weights: [[1, 2, 3]] }).item()).toBeCloseTo(
      byColumn([1, 2, 3]),
      13,
    )
    expect(meanSquaredError(double(values), truth, { weights: [2], reduction: 'sum' }).item()).toBeCloseTo(
      12 * mean,
      13,
    )
  })

  test('that are computed and negative do not pass silently', () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const weights = variable([1, 2, 3], { dtype }).sub([0, 0, 4])
      for (const reduction of ['mean', 'sum'] as const)
        expect(meanSquaredError(variable(x, { dtype }), t, { weights, reduction }).item()).not.toSatisfy(
          Number.isFinite,
        )
    }
  })

  test('are the divisor of the mean', () => {
    const weight = (loss: Tensor) => {
      const found = meanWeightOf(loss, 17)
      return typeof found === 'object' ? found.item() : found
    }
    const weights = [0.5, 3]
    for (const [, loss, outputs, targets, byHand] of cases) {
      const columns = byHand(outputs[0]!, targets[0]!).length
      expect(weight(loss(outputs, targets))).toBe(2 * columns)
      expect(weight(loss(outputs, targets, { weights }))).toBe(3.5 * columns)
      expect(weight(loss(outputs, targets, { reduction: 'sum' }))).toBe('sum')
      expect(weight(loss(outputs, targets).add(l2Penalty([double(values)], 0.1)))).toBe(2 * columns)
    }
    expect(weight(binaryCrossEntropy([0.2, 0.9], [0, 1]))).toBe(2)
    expect(weight(sparseSoftmaxCrossEntropy(values, [2, -1]))).toBe(1)
    expect(weight(sparseSoftmaxCrossEntropy(values, [2, 1], { classWeights: [1, 2, 5], weights }))).toBe(8.5)
  })
})

test('any other target that is not a class is an error, not a loss of 0', () => {
  for (const wrong of [3, -2, 0.5])
    expect(() => sparseSoftmaxCrossEntropy(values, [2, wrong]).item()).toThrow(
      `sparseSoftmaxCrossEntropyWithLogits: classes[1] is ${wrong}, which must be an integer in [0, 3)`,
    )
})

test('zero vectors have cosine loss 1 and finite derivatives', () => {
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
    'meanSquaredError: reduction must be "mean", "sum" or "none", got "average"',
  ],
  [
    () => meanSquaredError([1], [1], { weight: [1] } as never),
    'ValueError',
    'meanSquaredError: unknown option "weight"; did you mean "weights"?',
  ],
  [
    () => binaryCrossEntropy([0.5], [1], { weights: [1] } as never),
    'ValueError',
    'binaryCrossEntropy: unknown option "weights"; it has no options',
  ],
  [
    () => meanSquaredError(values, truth, { weights: [1, 2, 3] }),
    'ShapeError',
    'meanSquaredError: weights are [3], the losses 2×3; pass one weight for each row, or weights that can be broadcast to the losses',
  ],
  [
    () => softmaxCrossEntropy(values, truth, { weights: [[1, 2]] }),
    'ShapeError',
    'softmaxCrossEntropy: weights are 1×2, the losses [2]; pass one weight for each row, or weights that can be broadcast to the losses',
  ],
  [
    () => softmaxCrossEntropy(values, truth, { classWeights: [1, 2] }),
    'ShapeError',
    'softmaxCrossEntropy: classWeights are [2], but must be [3]: one number for each class',
  ],
  [
    () => softmaxCrossEntropy(values, truth, { classWeights: [1, -1, 1] }),
    'ValueError',
    'softmaxCrossEntropy: classWeights must be non-negative finite numbers; element 1 is -1',
  ],
  [
    () => meanSquaredError(values, truth, { weights: variable([1, Number.NaN]) }),
    'ValueError',
    'meanSquaredError: weights must be non-negative finite numbers; element 1 is NaN',
  ],
  [
    () => softmaxCrossEntropy(values, truth, { labelSmoothing: 1 }),
    'ValueError',
    'softmaxCrossEntropy: labelSmoothing must be a number in [0, 1), got 1',
  ],
  [
    () => sparseSoftmaxCrossEntropy(values, truth),
    'ShapeError',
    'sparseSoftmaxCrossEntropy: outputs are 2×3, targets 2×3, but must be [2]; pass one class index for each row of outputs',
  ],
  [
    () => softmaxCrossEntropy(values, [2, 0]),
    'ShapeError',
    'softmaxCrossEntropy: outputs are 2×3, targets [2], but must be 2×3; turn class indices into rows with oneHot, or use sparseSoftmaxCrossEntropy',
  ],
  [
    () => meanSquaredError([[1], [2], [4]], [1, 2, 4]),
    'ShapeError',
    'meanSquaredError: outputs are 3×1, targets [3], but must be 3×1; reshape the targets to [3, 1], or the outputs to [3]',
  ],
  [() => cosineLoss(1, 1), 'ShapeError', 'cosineLoss: expects vectors along the last axis, got a scalar'],
  [() => l1Penalty([], 1), 'ValueError', 'l1Penalty: parameters must not be empty'],
  [
    () => l1Penalty(variable([1]) as never, 1),
    'ValueError',
    'l1Penalty: parameters must be an array, got a variable of shape [1]',
  ],
  [
    () => l2Penalty([variable(1)], -1),
    'ValueError',
    'l2Penalty: factor must be a positive finite number, got -1',
  ],
])('invalid arguments of a loss are refused: %#', (make, name, message) => {
  expect(make).toThrow(expect.objectContaining({ name, message }))
})

test('no loss broadcasts outputs with targets of another shape', () => {
  const shapes: [outputs: number[], targets: number[]][] = [
    [[3, 1], [3]],
    [[3], [3, 1]],
    [
      [3, 1],
      [1, 3],
    ],
    [
      [3, 2],
      [1, 2],
    ],
    [
      [3, 1],
      [3, 2],
    ],
    [[3, 2], []],
    [[3], [1]],
    [
      [2, 3, 1],
      [2, 3],
    ],
  ]
  let refused = 0
  for (const [name, { of, targetShape }] of Object.entries<RunLoss>(losses))
    for (const [outputs, targets] of shapes) {
      // Class numbers are for rows of outputs.
      if (targetShape && outputs.slice(0, -1).join() === targets.join()) continue
      const make = () => of(input(outputs), input(targets))
      expect(make, `${name} ${outputs} ${targets}`).toThrow(
        expect.objectContaining({
          name: 'ShapeError',
          message: expect.stringContaining(
            `${name}: outputs are ${describeShape(outputs)}, targets ${describeShape(targets)}`,
          ),
        }),
      )
      refused++
    }
  expect(refused).toBe(Object.keys(losses).length * shapes.length - 2)
})

test.each(Object.values<Op>(ops as never).filter(({ name }) => name.endsWith('CrossEntropyWithLogits')))(
  '%s does not broadcast either',
  (op) => {
    const entropy = op as unknown as (logits: Tensor, labels: Tensor) => Tensor
    for (const [logits, labels] of [
      [
        [3, 1],
        [3, 3],
      ],
      [[3, 1], [1]],
      [
        [4, 1],
        [4, 4],
      ],
      [[3], [1, 3]],
    ] as const)
      expect(() => entropy(input(logits), input(labels)), op.name).toThrow(
        expect.objectContaining({
          name: 'ShapeError',
          message: expect.stringContaining(describeShape(labels)),
        }),
      )
  },
)

test('binaryCrossEntropy is the mean cross-entropy of probabilities', () => {
  const h = [0.2, 0.9]
  expect(binaryCrossEntropy(double(h), [0, 1]).item()).toBeCloseTo(-(Math.log(0.8) + Math.log(0.9)) / 2, 14)
})
