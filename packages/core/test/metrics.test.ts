// Metrics against counts and formulas by hand, in one batch and in many.
import { describe, expect, test } from 'vitest'
import { type Metric, metrics, random } from '../src/index.js'

const {
  auc,
  binaryAccuracy,
  categoricalAccuracy,
  confusionMatrix,
  f1,
  meanAbsoluteError,
  perplexity,
  precision,
  rSquared,
  recall,
  sparseCategoricalAccuracy,
  topKAccuracy,
} = metrics

const rows = 200
const classes = 4
const draws = random(3).stream('metrics')
/** Coarse, so that there are many ties. */
const scores = Array.from({ length: rows }, (_, i) => Math.round(draws.uniform(i) * 12) / 12)
const truth = Array.from({ length: rows }, (_, i) => Number(draws.stream('truth').uniform(i) < scores[i]!))
const classOf = Array.from({ length: rows }, (_, i) => draws.stream('class').integer(i, classes))
const guessOf = classOf.map((c, i) => (i % 3 === 0 ? draws.stream('guess').integer(i, classes) : c))
const logits = Array.from({ length: rows * classes }, (_, i) => Math.round(draws.normal(i) * 4) / 4)
const probabilities = Array.from({ length: rows }, (_, row) => {
  const own = logits.slice(row * classes, (row + 1) * classes).map(Math.exp)
  return own.map((value) => value / own.reduce((a, b) => a + b))
}).flat()
const oneHot = classOf.flatMap((c) => Array.from({ length: classes }, (_, i) => Number(i === c)))
const values = Array.from({ length: rows }, (_, i) => 1e3 + draws.stream('values').normal(i))
const estimates = values.map((value, i) => value + draws.stream('noise').normal(i) / 2)

const count = (of: (i: number) => boolean) =>
  Array.from({ length: rows }, (_, i) => of(i)).filter(Boolean).length
const rowOf = (i: number) => logits.slice(i * classes, (i + 1) * classes)
const best = (row: number[]) => row.indexOf(Math.max(...row))
const average = (numbers: number[]) => numbers.reduce((a, b) => a + b) / numbers.length

const hits = (c: number) => ({
  right: count((i) => guessOf[i] === c && classOf[i] === c),
  said: count((i) => guessOf[i] === c),
  there: count((i) => classOf[i] === c),
})
const macro = (of: (hits: { right: number; said: number; there: number }) => number) =>
  average(Array.from({ length: classes }, (_, c) => of(hits(c))))
const said = count((i) => scores[i]! >= 0.5)
const there = count((i) => truth[i] === 1)
const right = count((i) => scores[i]! >= 0.5 && truth[i] === 1)

const cases: [string, () => Metric<unknown>, number[], number[], unknown][] = [
  [
    'binaryAccuracy',
    binaryAccuracy,
    scores,
    truth,
    count((i) => scores[i]! >= 0.5 === (truth[i] === 1)) / rows,
  ],
  [
    'binaryAccuracy of logits',
    () => binaryAccuracy({ threshold: 0 }),
    logits.slice(0, rows),
    truth,
    count((i) => logits[i]! >= 0 === (truth[i] === 1)) / rows,
  ],
  [
    'categoricalAccuracy',
    () => categoricalAccuracy({ classes }),
    logits,
    oneHot,
    count((i) => best(rowOf(i)) === classOf[i]) / rows,
  ],
  [
    'sparseCategoricalAccuracy',
    () => sparseCategoricalAccuracy({ classes }),
    logits,
    classOf,
    count((i) => best(rowOf(i)) === classOf[i]) / rows,
  ],
  [
    'topKAccuracy',
    () => topKAccuracy({ k: 2, classes }),
    logits,
    classOf,
    count((i) =>
      [0, 1, 2, 3]
        .sort((a, b) => rowOf(i)[b]! - rowOf(i)[a]! || a - b)
        .slice(0, 2)
        .includes(classOf[i]!),
    ) / rows,
  ],
  ['precision', precision, scores, truth, right / said],
  ['recall', recall, scores, truth, right / there],
  ['f1', f1, scores, truth, 2 / (said / right + there / right)],
  ['macro precision', () => precision({ classes }), guessOf, classOf, macro((h) => h.right / h.said)],
  ['macro recall', () => recall({ classes }), guessOf, classOf, macro((h) => h.right / h.there)],
  ['macro f1', () => f1({ classes }), guessOf, classOf, macro((h) => (2 * h.right) / (h.said + h.there))],
  [
    'micro f1',
    () => f1({ classes, average: 'micro' }),
    guessOf,
    classOf,
    count((i) => guessOf[i] === classOf[i]) / rows,
  ],
  [
    'confusionMatrix',
    () => confusionMatrix({ classes }),
    guessOf,
    classOf,
    [0, 1, 2, 3].map((t) => [0, 1, 2, 3].map((p) => count((i) => classOf[i] === t && guessOf[i] === p))),
  ],
  [
    'auc',
    auc,
    scores,
    truth,
    (() => {
      let pairs = 0
      for (const [i, s] of scores.entries())
        for (const [j, other] of scores.entries())
          if (truth[i] === 1 && truth[j] === 0) pairs += s > other ? 1 : s === other ? 0.5 : 0
      return pairs / (there * (rows - there))
    })(),
  ],
  [
    'meanAbsoluteError',
    meanAbsoluteError,
    estimates,
    values,
    average(values.map((value, i) => Math.abs(value - estimates[i]!))),
  ],
  [
    'rSquared',
    rSquared,
    estimates,
    values,
    1 -
      average(values.map((value, i) => (value - estimates[i]!) ** 2)) /
        average(values.map((value) => (value - average(values)) ** 2)),
  ],
  [
    'perplexity',
    () => perplexity({ classes }),
    probabilities,
    classOf,
    Math.exp(average(classOf.map((c, i) => -Math.log(probabilities[i * classes + c]!)))),
  ],
]

describe.each(cases)('%s', (_, make, predictions, targets, expected) => {
  test('equals its formula', () => {
    const { value } = make().add(predictions, targets)
    if (typeof expected === 'number') expect(value).toBeCloseTo(expected, 11)
    else expect(value).toEqual(expected)
  })

  test('is bit-identical for any batches, and after a reset', () => {
    const whole = make().add(Float64Array.from(predictions), targets).value
    const metric = make().add(predictions, targets)
    metric.reset()
    const perRow = [predictions.length / rows, targets.length / rows] as const
    for (const [from, to] of [
      [0, 1],
      [1, 64],
      [64, 64],
      [64, rows],
    ] as const)
      metric.add(
        predictions.slice(from * perRow[0], to * perRow[0]),
        targets.slice(from * perRow[1], to * perRow[1]),
      )
    expect(metric.value).toEqual(whole)
  })
})

describe('ignored positions', () => {
  type Make = (options: { classes: number; ignoreIndex?: number }) => Metric<unknown>
  /** All metrics of class indices, with the number of predictions per target. */
  const metricsOfClasses: [string, Make, number[], number][] = [
    ['sparseCategoricalAccuracy', sparseCategoricalAccuracy, logits, classes],
    ['topKAccuracy', (options) => topKAccuracy({ k: 2, ...options }), logits, classes],
    ['perplexity', perplexity, probabilities, classes],
    ['confusionMatrix', confusionMatrix, guessOf, 1],
    ['precision', precision, guessOf, 1],
    ['recall', recall, guessOf, 1],
    ['f1', f1, guessOf, 1],
    ['micro f1', (options) => f1({ average: 'micro', ...options }), guessOf, 1],
  ]
  test.each(metricsOfClasses)('do not count in %s', (_, make, predictions, width) => {
    const kept = classOf.map((_, i) => i).filter((i) => i % 3 !== 1)
    const rowsOf = (indices: number[]) =>
      indices.flatMap((i) => predictions.slice(i * width, (i + 1) * width))
    const expected = make({ classes }).add(
      rowsOf(kept),
      kept.map((i) => classOf[i]!),
    ).value
    for (const ignoreIndex of [undefined, -1, -100, classes]) {
      const targets = classOf.map((c, i) => (i % 3 === 1 ? (ignoreIndex ?? -1) : c))
      expect(
        make({ classes, ...(ignoreIndex !== undefined && { ignoreIndex }) }).add(predictions, targets).value,
      ).toEqual(expected)
    }
    // What is predicted where it does not matter may be anything.
    const wild = predictions.map((value, at) => (Math.floor(at / width) % 3 === 1 ? Number.NaN : value))
    const padded = classOf.map((c, i) => (i % 3 === 1 ? -1 : c))
    expect(make({ classes }).add(wild, padded).value).toEqual(expected)
  })
})

test('where the divisor is 0, values are the documented ones', () => {
  expect(binaryAccuracy().value).toBeNaN()
  expect(auc().add([0.5, 0.7], [1, 1]).value).toBeNaN()
  expect(auc().add([Infinity, -Infinity, Infinity], [1, 0, 0]).value).toBe(0.75)
  expect([precision(), recall(), f1()].map((metric) => metric.add([0.1], [0]).value)).toEqual([0, 0, 0])
  expect(rSquared().add([2, 2], [2, 2]).value).toBe(1)
  expect(rSquared().add([1, 2], [2, 2]).value).toBe(-Infinity)
  expect(perplexity({ classes: 2 }).add([0, 1], [0]).value).toBe(Infinity)
  expect(topKAccuracy({ k: 2, classes: 2 }).add([Number.NaN, Number.NaN], [0]).value).toBe(0)
})

test.each<[() => unknown, string, string]>([
  [
    () => binaryAccuracy().add([1, 2], [1]),
    'ShapeError',
    'binaryAccuracy: 2 predictions and 1 targets; there must be one for each',
  ],
  [() => precision().add([1], [0.5]), 'ValueError', 'precision: target 0 is 0.5; targets must be 0 or 1'],
  [
    () => categoricalAccuracy({ classes: 3 }).add([1, 2], [1, 2]),
    'ShapeError',
    'categoricalAccuracy: 2 numbers are not a multiple of 3 classes',
  ],
  [
    () => sparseCategoricalAccuracy({ classes: 2 }).add([1, 2, 3], [0]),
    'ShapeError',
    'sparseCategoricalAccuracy: 1 targets need as many rows of 2 classes, 2 numbers; got 3',
  ],
  [
    () => confusionMatrix({ classes: 2 }).add([0, 2], [0, 1]),
    'ValueError',
    'confusionMatrix: prediction 1 is 2; classes are integers in [0, 2), and targets of -1 (ignoreIndex) are ignored',
  ],
  [
    () => topKAccuracy({ k: 0, classes: 2 }),
    'ValueError',
    'topKAccuracy: k must be an integer of at least 1, got 0',
  ],
  [
    () => perplexity({ classes: 2, ignoreIndex: -100 }).add([0.5, 0.5, 0.5, 0.5], [0, -1]),
    'ValueError',
    'perplexity: target 1 is -1; classes are integers in [0, 2), and targets of -100 (ignoreIndex) are ignored',
  ],
  [
    () => sparseCategoricalAccuracy({ classes: 2, ignoreIndex: 0.5 }),
    'ValueError',
    'sparseCategoricalAccuracy: ignoreIndex must be an integer, got 0.5',
  ],
  [() => f1({ ignoreIndex: 0 }), 'ValueError', 'f1: ignoreIndex requires classes'],
  [() => f1({ classes: 0 }), 'ValueError', 'f1: classes must be an integer of at least 1, got 0'],
  [
    () => f1({ average: 'weighted' as never }),
    'ValueError',
    'f1: average must be "macro" or "micro", got "weighted"',
  ],
  [() => auc().add([Number.NaN], [1]), 'ValueError', 'auc: score 0 is NaN, which has no rank'],
  [
    () => recall({ threshold: Number.NaN }),
    'ValueError',
    'recall: threshold must be a finite number, got NaN',
  ],
])('invalid arguments of a metric are refused: %#', (make, name, message) => {
  expect(make).toThrow(expect.objectContaining({ name, message }))
})
