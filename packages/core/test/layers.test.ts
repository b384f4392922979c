// Layers and models: shared weights, several inputs and outputs, freezing, names, assignments, the key of a step.
import { describe, expect, test } from 'vitest'
import {
  adam,
  compileStep,
  constant,
  createRun,
  functional,
  gradients,
  input,
  layer,
  layers,
  modelInput,
  ShapeError,
  StepContext,
  sequential,
  sgd,
  variable,
} from '../src/index.js'
import { inference } from '../src/layers/training-context.js'

const { dense } = layers

describe('a functional model', () => {
  test('with a shared layer has its weights once, and sums both gradients', () => {
    const [left, right] = [modelInput([3]), modelInput([3])]
    const shared = dense({ units: 2, name: 'shared' })
    const outputs = layers.compute((a, b) => a.mul(b))(shared(left), shared(right))
    const model = functional({ inputs: { left, right }, outputs, seed: 1 })
    expect(model.parameters.map(({ name }) => name)).toEqual(['shared/weights', 'shared/bias'])
    const [w, b] = model.parameters as [(typeof model.parameters)[0], (typeof model.parameters)[0]]
    b.set([0.5, -1])
    const x = [
      [1, 2, 3],
      [-1, 0, 1],
    ]
    const z = [
      [0.5, -2, 1],
      [3, 1, -1],
    ]
    const [dw, db] = gradients(model.apply({ left: x, right: z }).sum(), [w, b]).map((g) => g.data())
    // y = (xW + b) ∘ (zW + b), so W̄ = xᵀ(zW + b) + zᵀ(xW + b) and b̄ = Σ rows of both.
    const rows = (m: number[][]) =>
      m.map((row) => [0, 1].map((j) => row.reduce((s, v, i) => s + v * w.values[2 * i + j]!, b.values[j]!)))
    const [px, pz] = [rows(x), rows(z)]
    for (const j of [0, 1]) {
      expect(db![j]).toBeCloseTo(px[0]![j]! + px[1]![j]! + pz[0]![j]! + pz[1]![j]!, 5)
      for (const i of [0, 1, 2])
        expect(dw![2 * i + j]).toBeCloseTo(
          [0, 1].reduce((s, r) => s + x[r]![i]! * pz[r]![j]! + z[r]![i]! * px[r]![j]!, 0),
          5,
        )
    }
  })

  test('has several outputs by name, each with its declared shape', () => {
    const x = modelInput([4])
    const hidden = dense({ units: 5, activation: 'tanh' })(x)
    const model = functional({
      inputs: x,
      outputs: { value: dense({ units: 1 })(hidden), logits: dense({ units: 3 })(hidden) },
      seed: 2,
    })
    const { value, logits } = model.apply(new Float32Array(4).fill(1) && [[1, 2, 3, 4]])
    expect([value.shape, logits.shape]).toEqual([
      [1, 1],
      [1, 3],
    ])
    expect(model.outputShape).toEqual({ value: [1], logits: [3] })
    expect(model.layers.map(({ name }) => name)).toEqual(['layer1', 'layer2', 'layer3'])
  })

  test('equals the sequential one when its layers are a chain', () => {
    const plans = () =>
      [dense({ units: 4, activation: 'relu' }), layers.flatten(), dense({ units: 2 })] as const
    const [a, b, c] = plans()
    const inputs = modelInput([3])
    const chained = functional({ inputs, outputs: c(b(a(inputs))), seed: 9 })
    expect(chained.getWeights()).toEqual(sequential(plans(), { inputShape: [3], seed: 9 }).getWeights())
  })

  test.each([
    [
      'duplicate layer names',
      () => sequential([dense({ units: 1, name: 'a' }), dense({ units: 1, name: 'a' })], one),
      'functional: duplicate layer name "a"; names must be unique, since they prefix those of parameters',
    ],
    [
      'an input that is not listed',
      () => functional({ inputs: modelInput([1]), outputs: dense({ units: 1 })(modelInput([2])), seed: 0 }),
      'functional: an output depends on an input of rows of [2] that is not among the inputs; add it',
    ],
    [
      'a shared layer on rows of other shapes',
      () => {
        const [a, b] = [modelInput([2]), modelInput([3])]
        const shared = dense({ units: 1 })
        functional({ inputs: { a, b }, outputs: { a: shared(a), b: shared(b) }, seed: 0 })
      },
      'functional: layer "layer1" is shared and takes rows of [2], but here it is called on rows of [3]',
    ],
    [
      'too many inputs of a layer',
      () => dense({ units: 1 })(modelInput([1]), modelInput([1])),
      'dense: expects 1 input, got 2',
    ],
    [
      'a layer that mixes rows',
      () => sequential([layers.compute((x) => x.sum())], one),
      'compute: must return a row for each row, but its output for 1 row is a scalar',
    ],
    [
      'numbers of a variable that does not exist',
      () => sequential([dense({ units: 1 })], one).setWeights({ 'layer1/weight': Float32Array.of(1) }),
      'setWeights: the model has no variable "layer1/weight"; did you mean "layer1/weights"?',
    ],
    [
      'numbers that are missing',
      () => sequential([dense({ units: 1 })], one).setWeights({ 'layer1/weights': Float32Array.of(1) }),
      'setWeights: the values of "layer1/bias" are missing',
    ],
    [
      'too few numbers',
      () =>
        sequential([dense({ units: 2 })], one).setWeights({
          'layer1/weights': Float32Array.of(1),
          'layer1/bias': Float32Array.of(1, 2),
        }),
      'setWeights: "layer1/weights" holds 2 numbers, got 1',
    ],
    [
      'numbers of another shape',
      () =>
        sequential([dense({ units: 2, bias: false })], one).setWeights([
          { name: 'layer1/weights', shape: [2, 1], values: Float32Array.of(1, 2) },
        ]),
      'setWeights: "layer1/weights" is 1×2, got 2×1',
    ],
  ])('says what is wrong with %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})

const one = { inputShape: [1], seed: 0 }

test('a frozen layer does not change while the others train', () => {
  const model = sequential([dense({ units: 3, activation: 'tanh', trainable: false }), dense({ units: 1 })], {
    inputShape: [2],
    seed: 3,
  })
  const train = () => {
    const x = input([2, 2])
    const loss = model.apply(x).square().mean()
    compileStep({ inputs: { x }, loss, optimizer: sgd({ learningRate: 0.1 }) }).run(3, {
      x: [
        [1, 2],
        [3, 4],
      ],
    })
    return model.getWeights()
  }
  const before = model.getWeights()
  const frozen = train()
  expect(frozen['layer1/weights']).toEqual(before['layer1/weights'])
  expect(frozen['layer2/weights']).not.toEqual(before['layer2/weights'])
  model.layers[0]!.trainable = true
  expect(train()['layer1/weights']).not.toEqual(before['layer1/weights'])
})

test('getWeights and setWeights round-trip', () => {
  const make = (seed: number) =>
    sequential([dense({ units: 3, activation: 'tanh' }), dense({ units: 2 })], { inputShape: [2], seed })
  const [a, b] = [make(1), make(2)]
  b.setWeights(a.getWeights())
  expect(b.apply([[1, -2]]).data()).toEqual(a.apply([[1, -2]]).data())
})

test('a summary counts parameters, frozen ones, and FLOPs', () => {
  const model = sequential(
    [dense({ units: 10, activation: 'relu', name: 'hidden', trainable: false }), dense({ units: 3 })],
    { inputShape: [4, 6], seed: 0 },
  )
  expect(model.summary()).toMatchInlineSnapshot(`
    "layer        kind   output  parameters  FLOPs
                 input  4×6     0           0
    hidden       dense  4×10    70          480
    layer2       dense  4×3     33          240
    total                       103         720
    not trained                 70"
  `)
})

test('dense applies along the last dimension of its rows', () => {
  const model = sequential([dense({ units: 3, activation: 'sigmoid' })], { inputShape: [4, 2], seed: 5 })
  const x = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1)
  const all = model.apply(input([2, 4, 2])).shape
  expect(all).toEqual([2, 4, 3])
  const flat = sequential([dense({ units: 3, activation: 'sigmoid' })], { inputShape: [2], seed: 5 })
  const nested = variable(x, { shape: [2, 4, 2] })
  expect(model.apply(nested).data()).toEqual(flat.apply(variable(x, { shape: [8, 2] })).data())
})

describe('a training step', () => {
  test('assigns variables values computed from those at its beginning', () => {
    const [w, a, b, mean] = [variable([2]), variable([1]), variable([5]), variable([0])]
    for (const fixed of [a, b, mean]) fixed.trainable = false
    const context = new StepContext()
    const x = input([1])
    context.assign(mean, mean.mul(0.5).add(x.mul(w).mul(0.5)))
    context.assign(a, b)
    context.assign(b, a)
    const step = compileStep({
      inputs: { x },
      loss: w.mul(x).sum(),
      optimizer: sgd({ learningRate: 0.25 }),
      context,
    })
    step.run(3, { x: [4] })
    // w is 2, 1, 0 at the beginning of the three steps.
    expect(mean.item()).toBe(((0.5 * 8) / 2 + 0.5 * 4) / 2)
    expect([w, a, b].map((v) => v.item())).toEqual([-1, 5, 1])
  })

  test('assigns nothing when the loss is not finite', () => {
    const [w, seen] = [variable([1]), variable([7], { trainable: false })]
    const context = new StepContext()
    const x = input([1])
    context.assign(seen, x)
    const step = compileStep({
      inputs: { x },
      loss: w.div(x).sum(),
      optimizer: sgd({ learningRate: 1 }),
      context,
    })
    expect(() => step.run(1, { x: [0] })).toThrow(
      /^the loss became Infinity at step 1: a div of shape \[1\] was the first/,
    )
    expect(seen.item()).toBe(7)
  })

  test('has the step number as its key, beyond 24 bits and however steps are split into calls', () => {
    const key = variable([0, 0], { trainable: false })
    const context = new StepContext()
    context.assign(key, context.key)
    const w = variable([1])
    const step = compileStep({
      inputs: {},
      loss: w.square().sum(),
      optimizer: adam({ learningRate: 0.1 }),
      context,
    })
    step.run(1)
    expect(key.toArray()).toEqual([0, 0])
    step.run(5)
    expect(key.toArray()).toEqual([5, 0])
    step.state.restore({ ...step.state.save(), steps: 2 ** 24 - 2 })
    step.run(4)
    expect(key.toArray()).toEqual([1, 1])
    step.run(1)
    expect(key.toArray()).toEqual([2, 1])
  })
})

test('a custom layer creates its parameters when its shapes are known', () => {
  const scale = layer('scale', {}, (builder, shape) => {
    const factors = builder.parameter('factors', shape, 'ones')
    return (_, x) => x.mul(factors)
  })
  const model = sequential([scale], { inputShape: [2, 3], seed: 0 })
  expect(model.parameters.map(({ name, shape }) => [name, shape])).toEqual([['layer1/factors', [2, 3]]])
})

describe('dropout', () => {
  const model = () =>
    sequential([layers.dropout({ rate: 0.4 }), layers.dropout({ rate: 0.4 })], { inputShape: [50], seed: 3 })

  test('does nothing in evaluation', () => {
    const x = Array.from({ length: 50 }, (_, i) => i)
    expect([...model().apply([x]).data()]).toEqual(x)
  })

  test('in training drops at its rate, differently in each layer and step, and reproducibly', () => {
    const seen = variable(new Float32Array(4000), { shape: [80, 50], trainable: false })
    const w = variable([1])
    const make = () => {
      const context = new StepContext()
      const x = input([80, 50])
      const y = model().apply(x, context)
      context.assign(seen, y)
      const optimizer = sgd({ learningRate: 0.1 })
      return compileStep({ inputs: { x }, loss: y.mean().mul(w).sum(), optimizer, context })
    }
    const ones = new Float32Array(4000).fill(1)
    const step = make()
    const outputs = [0, 1, 2].map(() => {
      step.run(1, { x: ones })
      return [...seen.values]
    })
    // A number survives both with probability 0.36 and is then divided by it.
    for (const numbers of outputs) {
      const kept = numbers.filter((value) => value !== 0)
      expect(Math.abs(kept.length / 4000 - 0.36)).toBeLessThan(0.03)
      for (const value of kept) expect(value).toBeCloseTo(1 / 0.36, 5)
    }
    expect(outputs[0]).not.toEqual(outputs[1])
    const again = make()
    again.run(3, { x: ones })
    expect([...seen.values]).toEqual(outputs[2])
  })
})

describe('convolutional layers', () => {
  test('have the shapes, parameters and FLOPs of their formulas', () => {
    const model = sequential(
      [
        layers.conv2d({ filters: 24, kernelSize: 5, activation: 'relu' }),
        layers.maxPool2d({ size: 2 }),
        layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2, bias: false }),
        layers.conv2dTranspose({ filters: 8, kernelSize: [2, 3], stride: 2, padding: 'same' }),
        layers.avgPool2d({ size: [2, 4] }),
        layers.conv2d({ filters: 6, kernelSize: 1, groups: 2 }),
        layers.globalAveragePool(),
        dense({ units: 10 }),
      ],
      { inputShape: [28, 28, 1], seed: 0 },
    )
    const counts = model.layers.map(({ kind, outputShape, parameters, flops }) => [
      kind,
      outputShape,
      parameters.reduce((total, { size }) => total + size, 0),
      flops,
    ])
    expect(counts).toEqual([
      ['conv2d', [24, 24, 24], 25 * 24 + 24, 2 * 25 * 24 * 24 * 24],
      ['maxPool2d', [12, 12, 24], 0, 0],
      ['depthwiseConv2d', [12, 12, 48], 9 * 48, 2 * 9 * 48 * 12 * 12],
      ['conv2dTranspose', [24, 24, 8], 6 * 8 * 48 + 8, 2 * 6 * 8 * 48 * 12 * 12],
      ['avgPool2d', [12, 6, 8], 0, 0],
      ['conv2d', [12, 6, 6], 4 * 6 + 6, 2 * 4 * 6 * 12 * 6],
      ['globalAveragePool', [6], 0, 0],
      ['dense', [10], 70, 2 * 60],
    ])
  })

  test('of sequences compute what their weights say', () => {
    const model = sequential(
      [
        layers.conv1d({ filters: 2, kernelSize: 3, stride: 2, padding: 1, activation: 'tanh' }),
        layers.conv1dTranspose({ filters: 3, kernelSize: 2, stride: 2 }),
        layers.maxPool1d({ size: 2 }),
        layers.avgPool1d({ size: 2, stride: 1 }),
        layers.globalMaxPool(),
      ],
      { inputShape: [8, 2], seed: 4 },
    )
    const [w, b, v, c] = model.parameters.map(({ values }) => [...values]) as [
      number[],
      number[],
      number[],
      number[],
    ]
    const x = Array.from({ length: 8 }, (_, t) => [Math.sin(t), Math.cos(2 * t)])
    const hidden = [0, 1, 2, 3].map((t) =>
      [0, 1].map((o) => {
        let sum = b[o]!
        for (let u = 0; u < 3; u++)
          for (let i = 0; i < 2; i++) sum += (x[2 * t + u - 1]?.[i] ?? 0) * w[(u * 2 + i) * 2 + o]!
        return Math.tanh(sum)
      }),
    )
    const long = Array.from({ length: 8 }, (_, t) =>
      [0, 1, 2].map((o) =>
        [0, 1].reduce((sum, i) => sum + hidden[t >> 1]![i]! * v[((t & 1) * 3 + o) * 2 + i]!, c[o]!),
      ),
    )
    const pooled = [0, 1, 2, 3].map((t) =>
      [0, 1, 2].map((o) => Math.max(long[2 * t]![o]!, long[2 * t + 1]![o]!)),
    )
    const means = [0, 1, 2].map((t) => [0, 1, 2].map((o) => (pooled[t]![o]! + pooled[t + 1]![o]!) / 2))
    const expected = [0, 1, 2].map((o) => Math.max(...means.map((row) => row[o]!)))
    for (const [at, value] of model.apply([x]).data().entries()) expect(value).toBeCloseTo(expected[at]!, 5)
  })

  test('state the rows that they expect', () => {
    expect(() => sequential([layers.conv2d({ filters: 1, kernelSize: 1 })], one)).toThrow(
      'conv2d: expects rows of [height, width, channels], got rows of [1]',
    )
  })
})

describe('batch normalization', () => {
  const x = Array.from({ length: 6 }, (_, row) => [Math.sin(row), 3 + Math.cos(2 * row)])
  const statistics = [0, 1].map((channel) => {
    const values = x.map((row) => row[channel]!)
    const mean = values.reduce((sum, v) => sum + v / 6, 0)
    return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2 / 6, 0) }
  })
  const make = (trainable = true) => {
    const model = sequential([layers.batchNorm({ momentum: 0.8, trainable }), dense({ units: 1 })], {
      inputShape: [2],
      seed: 0,
    })
    const context = new StepContext()
    const input_ = input([6, 2])
    const loss = model.apply(input_, context).square().mean()
    const step = compileStep({
      inputs: { x: input_ },
      loss,
      optimizer: sgd({ learningRate: 1e-9 }),
      context,
    })
    return { model, step }
  }

  test('keeps running means and variances by its formula', () => {
    const { model, step } = make()
    step.run(3, { x })
    const weights = model.getWeights()
    for (const [channel, { mean, variance }] of statistics.entries()) {
      // r = 0.8 r + 0.2 v, three times, from 0 and from 1.
      expect(weights['layer1/mean']![channel]).toBeCloseTo(mean * (1 - 0.8 ** 3), 5)
      expect(weights['layer1/variance']![channel]).toBeCloseTo(variance * (1 - 0.8 ** 3) + 0.8 ** 3, 5)
    }
    expect(model.parameters.map(({ name }) => name)).not.toContain('layer1/mean')
    expect(model.variables.map(({ name }) => name)).toContain('layer1/mean')
  })

  test('uses batch statistics in training and running ones in evaluation', () => {
    const { model } = make()
    const normalise = model.layers[0]!.apply
    const batch = normalise(new StepContext(), constant(x)).data()
    const running = normalise(inference, constant(x)).data()
    for (const [at, value] of x.flat().entries()) {
      const { mean, variance } = statistics[at % 2]!
      expect(batch[at]).toBeCloseTo((value - mean) / Math.sqrt(variance + 1e-5), 5)
      expect(running[at]).toBeCloseTo(value / Math.sqrt(1 + 1e-5), 5)
    }
  })

  test('that is frozen keeps its running statistics', () => {
    const { model, step } = make(false)
    step.run(3, { x })
    expect([...model.getWeights()['layer1/mean']!]).toEqual([0, 0])
  })
})

test('normalizing layers use their parameters', () => {
  const x = [[1, 2, 4, 9]]
  const norm = (values: number[], centred: boolean) => {
    const mean = centred ? values.reduce((sum, v) => sum + v / values.length, 0) : 0
    const square = values.reduce((sum, v) => sum + (v - mean) ** 2 / values.length, 0)
    return values.map((v) => (v - mean) / Math.sqrt(square + 1e-5))
  }
  const cases = [
    [layers.layerNorm(), norm(x[0]!, true)],
    [layers.rmsNorm(), norm(x[0]!, false)],
    [layers.groupNorm({ groups: 2 }), [...norm([1, 2], true), ...norm([4, 9], true)]],
  ] as const
  for (const [plan, expected] of cases) {
    const model = sequential([plan], { inputShape: [4], seed: 0 })
    const scales = [1, 2, 3, 4]
    model.parameters[0]!.set(scales)
    for (const [at, value] of model.apply(x).data().entries())
      expect(value).toBeCloseTo(expected[at]! * scales[at]!, 4)
  }
})

describe('statistics of one value are refused before training:', () => {
  const runOf = (rows: number, batchSize: number, inputShape: number[] = [3]) => {
    const plans = [layers.batchNorm(), layers.flatten(), layers.dense({ units: 1 })]
    const size = inputShape.reduce((product, length) => product * length, 1)
    return createRun({
      model: sequential(plans, { inputShape, seed: 1 }),
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.1 }),
      data: {
        rows,
        inputs: Float32Array.from({ length: rows * size }, (_, at) => at % 7),
        inputShape,
        targets: new Float32Array(rows),
        targetShape: [1],
      },
      batchSize,
      epochs: 1,
      seed: 1,
    })
  }

  test('batchNorm with one row in the last batch, or in each', () => {
    expect(() => runOf(17, 16)).toThrow(
      'batchNorm: in a batch of 1 row each channel has one value, which normalization would make constant; use batches of at least 2 rows; 17 rows in batches of 16 leave 1; a batchSize of 17 leaves 0',
    )
    expect(() => runOf(17, 2)).toThrow('a batchSize of 3 leaves 2')
    expect(() => runOf(17, 1)).toThrow('use batches of at least 2 rows')
    expect(() => runOf(1, 1)).toThrow(ShapeError)
    // One row has several values a channel where there are several positions, and none is normalized in evaluation.
    expect(runOf(17, 16, [2, 3]).step().step).toBe(1)
    expect(runOf(18, 16).predict(new Float32Array(3))).toHaveLength(1)
  })

  test.each([
    [layers.layerNorm(), [1]],
    [layers.layerNorm(), [4, 1]],
    [layers.rmsNorm(), [1]],
    [layers.groupNorm({ groups: 4 }), [4]],
  ])('%o for rows of %o', (plan, inputShape) => {
    expect(() => sequential([plan], { inputShape, seed: 1 })).toThrow('has one value')
  })

  test('groupNorm with one channel per group and several positions is allowed', () => {
    expect(
      sequential([layers.groupNorm({ groups: 4 })], { inputShape: [3, 4], seed: 1 }).outputShape,
    ).toEqual([3, 4])
  })
})

test('a repeated layer in a sequential model is refused, since it would share its parameters', () => {
  const hidden = layers.dense({ units: 2 })
  expect(() =>
    sequential([hidden, layers.dropout({ rate: 0.5 }), hidden], { inputShape: [2], seed: 1 }),
  ).toThrow('sequential: plans[0] and plans[2] are the same layer')
})
