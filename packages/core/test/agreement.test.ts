// Which outputs, losses and targets agree, checked against the outputs of activations.
import { describe, expect, test } from 'vitest'
import {
  type ActivationName,
  add,
  createRun,
  type Dataset,
  dataset,
  functional,
  type Loss,
  type LossName,
  layer,
  layers,
  losses,
  metrics,
  modelInput,
  mul,
  oneHot,
  reshape,
  sequential,
  sgd,
  sigmoid,
  sigmoidCrossEntropy,
  softmax,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  sub,
  type Tensor,
  variable,
} from '../src/index.js'
import { activations } from '../src/layers/activation.js'

const { dense } = layers
const names = Object.keys(losses) as LossName[]

/** Valid targets of each loss, for a row of three outputs or one. */
const right = (name: LossName, units: number): number | number[] => {
  if (name === 'sparseSoftmaxCrossEntropy') return 0
  return Array.from({ length: units }, (_, i) => Number(i === 0))
}
const inputs = [
  [0.5, 1],
  [-1, 2],
  [3, 0.25],
]
const rows = (name: LossName, units: number) =>
  dataset<number[][], number[][]>(inputs, inputs.map(() => right(name, units)) as number[][])

const run = (
  loss: LossName | Loss,
  data: Dataset,
  units: number,
  activation: ActivationName = 'linear',
  validation?: Dataset,
) =>
  createRun({
    model: sequential([dense({ units, activation })], { inputShape: [2], seed: 1 }),
    loss,
    data,
    ...(validation && { validation }),
    optimizer: sgd({ learningRate: 0.1 }),
    epochs: 1,
    seed: 1,
  })

/** A suitable activation for each loss. */
const activationFor = (name: LossName): ActivationName =>
  (
    ({ binaryCrossEntropy: 'sigmoid', negativeLogLikelihood: 'logSoftmax', poissonLoss: 'softplus' }) as const
  )[name as 'poissonLoss'] ?? 'linear'

describe('outputs of each activation', () => {
  /** Outputs that each loss must accept or refuse, judged by their values. */
  const fits: Record<LossName, (numbers: readonly number[]) => boolean> = {
    meanSquaredError: () => true,
    meanAbsoluteError: () => true,
    huberLoss: () => true,
    cosineLoss: () => true,
    poissonLoss: (numbers) => numbers.every((x) => x >= 0),
    hingeLoss: (numbers) => numbers.some((x) => x < 0) && numbers.some((x) => x > 0),
    sigmoidCrossEntropy: (numbers) => numbers.some((x) => x < 0) && numbers.some((x) => x > 0),
    binaryCrossEntropy: (numbers) => numbers.every((x) => x >= 0 && x <= 1),
    negativeLogLikelihood: (numbers) => numbers.every((x) => x <= 0),
    softmaxCrossEntropy: (numbers) => numbers.some((x) => x < 0 || x > 1),
    sparseSoftmaxCrossEntropy: (numbers) => numbers.some((x) => x < 0 || x > 1),
    klDivergence: (numbers) => numbers.some((x) => x < 0 || x > 1),
  }
  const sample = variable(Array.from({ length: 101 }, (_, i) => [(i - 50) / 4, (50 - i) / 5, i % 7]))

  test.each(Object.keys(activations) as ActivationName[])(
    '%s: each unsuitable loss is refused',
    (activation) => {
      const numbers = [...activations[activation](sample).data()]
      for (const name of names) {
        const make = () => run(name, rows(name, 3), 3, activation)
        const what = `${activation} with ${name}`
        if (fits[name](numbers)) expect(make, what).not.toThrow()
        else
          expect(make, what).toThrow(
            expect.objectContaining({
              name: 'ValueError',
              message: expect.stringMatching(new RegExp(`^createRun: ${name} expects .*; \\w`)),
            }),
          )
      }
    },
  )

  test('are found in custom layers, behind a reshape, under a wrapped loss, and for one of several outputs', () => {
    const own = layer('own', {}, () => (_, x: Tensor) => reshape(sigmoid(x), [x.shape[0]!, 1, 1]))
    const x = modelInput([2])
    const model = functional({
      inputs: x,
      outputs: { left: dense({ units: 1 })(x), right: own(dense({ units: 1 })(x)) },
      seed: 1,
    })
    const wrapped: Loss = {
      ...losses.sigmoidCrossEntropy,
      of: (outputs, targets) => sigmoidCrossEntropy(outputs, targets, { labelSmoothing: 0.1 }).mul(2).add(1),
    }
    for (const loss of ['sigmoidCrossEntropy', wrapped] as const)
      expect(() =>
        createRun({
          model,
          loss: { left: 'meanSquaredError', right: loss },
          data: dataset(inputs, { left: [[1], [0], [1]], right: [[[1]], [[0]], [[1]]] }),
          optimizer: sgd({ learningRate: 0.1 }),
          epochs: 1,
          seed: 1,
        }),
      ).toThrow(
        /^createRun: sigmoidCrossEntropy expects logits, but output "right" is sigmoid "layer\d\/sigmoid" .*, in \[0, 1\]; remove that activation/,
      )
  })

  test('of unknown range are accepted', () => {
    // A mixture of two softmaxes holds probabilities, and ends in a sum.
    const mixture = layer('mixture', {}, (builder, [units]) => {
      const share = builder.parameter('share', [units!], 'zeros')
      return (_, x: Tensor) => {
        const p = sigmoid(share)
        return add(mul(p, softmax(x)), mul(sub(1, p), softmax(mul(2, x))))
      }
    })
    const make = () =>
      createRun({
        model: sequential([dense({ units: 3 }), mixture], { inputShape: [2], seed: 1 }),
        loss: 'binaryCrossEntropy',
        data: rows('binaryCrossEntropy', 3),
        optimizer: sgd({ learningRate: 0.1 }),
        epochs: 1,
        seed: 1,
      })
    expect(make).not.toThrow()
  })
})

test('a single output is refused where a loss compares several, and softmax of one always', () => {
  const several = [
    'cosineLoss',
    'softmaxCrossEntropy',
    'sparseSoftmaxCrossEntropy',
    'negativeLogLikelihood',
    'klDivergence',
  ]
  for (const name of names) {
    const make = () => run(name, rows(name, 1), 1, activationFor(name))
    if (several.includes(name)) expect(make, name).toThrow(`createRun: ${name} expects`)
    else expect(make, name).not.toThrow()
  }
  for (const activation of ['softmax', 'logSoftmax'] as const)
    expect(() => run('meanSquaredError', rows('meanSquaredError', 1), 1, activation)).toThrow(
      'with one number per row',
    )
})

describe('targets', () => {
  /** Rows that are invalid targets of a loss. */
  const wrong: [name: LossName, row: number | number[], message: string][] = [
    ['sigmoidCrossEntropy', [-1, 1, 1], 'is -1; sigmoidCrossEntropy expects numbers in [0, 1]'],
    ['sigmoidCrossEntropy', [0, 2, 1], 'is 2;'],
    ['binaryCrossEntropy', [1, -1, 1], 'is -1;'],
    ['hingeLoss', [-1, 1, 1], 'is -1; hingeLoss expects 0 or 1'],
    ['hingeLoss', [0.5, 1, 1], 'is 0.5;'],
    ['poissonLoss', [1, -2, 0], 'is -2; poissonLoss expects counts'],
    ['softmaxCrossEntropy', [1, 1, 0], 'is a row that sums to 2;'],
    ['softmaxCrossEntropy', [0, 0, 0], 'is a row that sums to 0;'],
    ['softmaxCrossEntropy', [-1, 1, 1], 'is -1;'],
    ['negativeLogLikelihood', [0.2, 0.2, 0.2], 'sums to 0.6;'],
    ['klDivergence', [2, -1, 0], 'is 2;'],
    ['sparseSoftmaxCrossEntropy', 3, 'is 3; sparseSoftmaxCrossEntropy expects class indices'],
    ['sparseSoftmaxCrossEntropy', -2, 'is -2;'],
    ['sparseSoftmaxCrossEntropy', 0.5, 'is 0.5;'],
  ]

  test.each(wrong)('%s: %s is refused in data, validation and evaluate', (name, row, message) => {
    const good = rows(name, 3)
    const bad = dataset(inputs, [right(name, 3), right(name, 3), row] as number[][])
    const activation = activationFor(name)
    const wrapped: Loss = {
      ...losses[name],
      of: (outputs, targets) => losses[name].of(outputs, targets).mul(0.5),
    }
    for (const loss of [name, wrapped]) {
      for (const [caller, make] of [
        ['data', () => run(loss, bad, 3, activation)],
        ['validation', () => run(loss, good, 3, activation, bad)],
        ['evaluate', () => run(loss, good, 3, activation).evaluate(bad)],
      ] as const)
        expect(make, caller).toThrow(
          expect.objectContaining({ name: 'DataError', message: expect.stringContaining(message) }),
        )
      expect(() => run(loss, bad, 3, activation)).toThrow(/^data: the target of row 2 is/)
    }
  })

  test('of every loss with a declared kind have a case here', () => {
    const checked = names.filter((name) => losses[name].targets !== 'numbers')
    expect(new Set(wrong.map(([name]) => name))).toEqual(new Set(checked))
  })

  test('to ignore are no classes, and those that a loss makes others of are left alone', () => {
    const of = (classes: number[], loss: Loss['of']) => () =>
      run(
        { ...losses.sparseSoftmaxCrossEntropy, of: loss },
        dataset<number[][], number[]>(inputs, classes),
        3,
      )
    expect(of([0, -1, 2], sparseSoftmaxCrossEntropy)).not.toThrow()
    const ignoring: Loss['of'] = (x, t) => sparseSoftmaxCrossEntropy(x, t, { ignoreIndex: 255 })
    expect(of([0, 255, 2], ignoring)).not.toThrow()
    expect(of([0, -1, 2], ignoring)).toThrow('is -1')
    expect(of([1, 2, 3], (x, t) => sparseSoftmaxCrossEntropy(x, sub(t, 1)))).not.toThrow()
    expect(of([0, 1, 2], (x, t) => softmaxCrossEntropy(x, oneHot(t, 3)))).not.toThrow()
  })
})

describe('targets of another shape', () => {
  const scalars = (units: number) =>
    dataset<number[][], number[] | number[][]>(inputs, units === 1 ? [1, 0, 1] : [[1], [0], [1]])
  const elementwise = names.filter(
    (name) => losses[name].outputs !== 'class logits' && name !== 'negativeLogLikelihood',
  )

  test.each(elementwise)(
    'are not broadcast under %s, by name or wrapped, for one output or several',
    (name) => {
      const options = { optimizer: sgd({ learningRate: 0.1 }), epochs: 1, seed: 1 }
      const wrapped: Loss = { ...losses[name], of: (outputs, targets) => losses[name].of(outputs, targets) }
      const square: Loss = {
        of: (outputs, targets) => sub(outputs, targets).square().mean(),
        predictions: (outputs) => outputs,
        correct: null,
      }
      for (const units of [1, 3])
        for (const loss of [name, wrapped, ...(units === 1 ? [square] : [])]) {
          expect(() => run(loss, scalars(units), units, activationFor(name))).toThrow(
            expect.objectContaining({ name: 'ShapeError' }),
          )
          const x = modelInput([2])
          const end = dense({ units, activation: activationFor(name) })
          const model = functional({ inputs: x, outputs: { a: end(x), b: dense({ units: 1 })(x) }, seed: 1 })
          expect(() =>
            createRun({
              ...options,
              model,
              loss: { a: loss, b: 'meanSquaredError' },
              data: dataset(inputs, {
                a: [
                  [1, 0, 1],
                  [[1], [0], [1]],
                ][Number(units > 1)]!,
                b: [[1], [2], [3]],
              }),
            }),
          ).toThrow(expect.objectContaining({ name: 'ShapeError' }))
        }
    },
  )

  test('are accepted by a custom loss', () => {
    const own: Loss = {
      of: (outputs, targets) =>
        sub(outputs.reshape([-1]), targets)
          .square()
          .mean(),
      predictions: (outputs) => outputs,
      correct: null,
      targetShape: () => [],
    }
    expect(() => run(own, scalars(1), 1)).not.toThrow()
  })
})

describe('a run over sequences of different lengths', () => {
  const [steps, classes] = [4, 3]
  const padded = (ignored: number): Dataset<Float32Array, Float32Array> => {
    const words = Float32Array.from({ length: 10 * steps }, (_, at) => (at * 7 + (at >> 2)) % classes)
    // The later a row, the more positions are padding; the batches have 4, 4 and 2 rows.
    const targets = words.map((word, at) => (at % steps > (at / steps) % steps ? ignored : word))
    return { rows: 10, inputs: words, inputShape: [steps], targets, targetShape: [steps] }
  }
  const start = (loss: LossName | Loss, ignoreIndex: number) =>
    createRun({
      model: sequential([layers.embedding({ vocabularySize: classes, units: classes })], {
        inputShape: [steps],
        seed: 1,
      }),
      loss,
      data: padded(ignoreIndex),
      optimizer: sgd({ learningRate: 0.5 }),
      metrics: {
        share: metrics.sparseCategoricalAccuracy({ classes, ignoreIndex }),
        perplexity: metrics.perplexity({ classes, ignoreIndex }),
      },
      batchSize: 4,
      epochs: 3,
      seed: 1,
    })
  const ignoring = (ignoreIndex: number): Loss => ({
    ...losses.sparseSoftmaxCrossEntropy,
    of: (outputs, targets) => sparseSoftmaxCrossEntropy(outputs, targets, { ignoreIndex }),
  })

  test('has the loss and the accuracy of the known positions', async () => {
    const run = start('sparseSoftmaxCrossEntropy', -1)
    await run.start()
    const data = padded(-1)
    const { loss, accuracy, metrics } = run.evaluate(data)
    const p = run.predict(data.inputs)
    const known = [...data.targets.keys()].filter((at) => data.targets[at] !== -1)
    const own = known.map((at) => p[at * classes + data.targets[at]!]!)
    const mean = own.reduce((total, p) => total - Math.log(p), 0) / known.length
    const right = known.filter(
      (at, i) => Math.max(...p.subarray(at * classes, (at + 1) * classes)) === own[i],
    )
    expect(loss).toBeCloseTo(mean, 5)
    expect(accuracy).toBeCloseTo(right.length / known.length, 6)
    expect(metrics!.share).toBeCloseTo(accuracy!, 6)
    expect(metrics!.perplexity).toBeCloseTo(Math.exp(mean), 4)
  })

  test('is the same for any ignoreIndex', async () => {
    const expected = start('sparseSoftmaxCrossEntropy', -1)
    const state = await expected.start()
    for (const ignoreIndex of [-100, 255]) {
      const run = start(ignoring(ignoreIndex), ignoreIndex)
      expect(await run.start()).toEqual(state)
      expect(run.weights()).toEqual(expected.weights())
    }
  })
})
