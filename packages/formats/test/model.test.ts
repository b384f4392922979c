// Models to JSON and back: the same layers, names and weights.
import {
  adam,
  constant,
  createRun,
  functional,
  input,
  layer,
  layers,
  type Model,
  modelInput,
  random,
  sequential,
  topological,
  xor,
} from '@bp/core'
import { expect, test } from 'vitest'
import { ModelFileError, readModel, sizes, writeModel } from '../src/model.js'
import { readSafetensors, writeSafetensors } from '../src/safetensors.js'
import { ofKind, samples } from './layer-samples.js'
import { expectToBearDamage, mutated, mutationCount, mutationTime } from './mutations.js'

const { dense, dropout } = layers

/** Expects the second to equal the first: layers, names, weights, and the outputs for some rows. */
function expectSame(model: Model, again: Model): void {
  expect(again.summary()).toBe(model.summary())
  expect(again.layers.map(({ kind, name, trainable }) => [kind, name, trainable])).toEqual(
    model.layers.map(({ kind, name, trainable }) => [kind, name, trainable]),
  )
  expect(again.getWeights()).toEqual(model.getWeights())
  const shape = [2, ...model.inputShape]
  const size = shape.reduce((product, dimension) => product * dimension)
  const x = constant(
    Float32Array.from({ length: size }, (_, index) => index % 3),
    { shape },
  )
  expect(again.apply(x).data()).toEqual(model.apply(x).data())
}

test('there is a sample of each layer except those that take functions or names', () => {
  const kinds = Object.entries(layers).flatMap(([name, value]) => (typeof value === 'function' ? name : []))
  expect(Object.keys(samples).sort()).toEqual(
    kinds.filter((kind) => kind !== 'activation' && kind !== 'compute').sort(),
  )
})

test.each(Object.entries(samples))('%s is read with its options', (kind, [options, inputShape]) => {
  const model = sequential([ofKind(kind, options)], { inputShape, seed: 7 })
  expectSame(model, readModel(writeModel(model)))
})

test.each(Object.keys(layers.activations))('the activation %s is read', (name) => {
  const plan = layers.activation(name as layers.ActivationName, { name: 'last' })
  const model = sequential([dense({ units: 3 }), plan], { inputShape: [2], seed: 7 })
  expectSame(model, readModel(writeModel(model)))
})

test('several inputs and outputs, shared layers, and unused inputs', () => {
  const [left, right, unused] = [modelInput([3]), modelInput([3]), modelInput([1])]
  const shared = dense({ units: 4, activation: 'tanh' })
  const attended = layers.multiHeadAttention({ heads: 1 })
  const rows = layers.reshape({ shape: [2, 2] })
  const [a, b] = [rows(shared(left)), rows(shared(right))]
  const model = functional({
    inputs: { left, right, unused },
    outputs: { mixed: attended(b, a), plain: dropout({ rate: 0.5 })(a) },
    seed: 5,
  })
  const again = readModel<typeof model.made.inputs, typeof model.made.outputs>(writeModel(model))
  expect(again.inputShape).toEqual({ left: [3], right: [3], unused: [1] })
  expect(again.summary()).toBe(model.summary())
  expect(again.getWeights()).toEqual(model.getWeights())
  const x = { left: [[1, 2, 3]], right: [[-1, 0, 1]], unused: [[0]] }
  expect(again.apply(x).mixed.data()).toEqual(model.apply(x).mixed.data())
  expect(again.apply(x).plain.data()).toEqual(model.apply(x).plain.data())
})

test('a trained model is restored with its weights, and training continues to the same bits', async () => {
  const plans = [
    dense({ units: 8, activation: 'tanh' }),
    layers.batchNorm(),
    dropout({ rate: 0.5 }),
    dense({ units: 1 }),
  ]
  const model = sequential(plans, { inputShape: [2], seed: 1 })
  const train = (trained: Model) =>
    createRun({
      model: trained,
      loss: 'sigmoidCrossEntropy',
      optimizer: adam({ learningRate: 0.1 }),
      data: xor(),
      epochs: 20,
      seed: 2,
    }).start()
  await train(model)
  model.layers[0]!.trainable = false
  const again = readModel(writeModel(model))
  expect(again.getWeights()).not.toEqual(model.getWeights())
  again.setWeights(readSafetensors(writeSafetensors(model.variables)))
  expectSame(model, again)
  const before = model.getWeights()
  await train(model)
  await train(again)
  expect(model.getWeights()).not.toEqual(before)
  expect(again.getWeights()).toEqual(model.getWeights())
})

const sized = { inputShape: [2], seed: 1 }
test.each<[string, Model, string]>([
  [
    'a function',
    sequential([layers.compute((x) => x.neg())], sized),
    'layer "layer1", compute, is not a built-in layer',
  ],
  [
    'a custom layer',
    sequential([layer('mine', {}, () => (_, x) => x)], sized),
    'layer "layer1", mine, is not',
  ],
  [
    'more layers than are read',
    sequential(
      Array.from({ length: 251 }, () => layers.lstm({ units: 1, returnSequences: true })),
      { inputShape: [2, 1], seed: 1 },
    ),
    'the model counts as 2008 layers and 252 inputs and layer calls; a file can have at most 2000 and 5000',
  ],
  [
    'a custom initializer',
    sequential([dense({ units: 1, name: 'a', weights: () => new Float32Array(2) })], sized),
    'layer "a", dense, has a function as weights, which JSON cannot represent; use a name or a number',
  ],
])('%s is not written', (_, model, message) => {
  expect(() => writeModel(model)).toThrow(ModelFileError)
  expect(() => writeModel(model)).toThrow(message)
})

const small = writeModel(sequential([dense({ units: 3, bias: 'ones' }), layers.batchNorm()], sized))
test.each<[string, string, string]>([
  ['invalid JSON', small.slice(1), 'the file is not JSON'],
  ['other JSON', '{"units": 3}', 'the file has no "format": "backpropagation-model"'],
  ['null', 'null', 'it was not written by writeModel'],
  ['a future version', small.replace('"version":1', '"version":2'), 'the file has version 2'],
  ['an unknown layer', small.replace('"dense"', '"densse"'), 'layers[0]: unknown layer "densse"'],
  ['a layer that takes functions', small.replace('"dense"', '"compute"'), 'unknown layer "compute"'],
  ['a property of objects', small.replace('"dense"', '"toString"'), 'unknown layer "toString"'],
  [
    'no options',
    small.replace(/"options":\{"units.*?\}/, '"options":3'),
    'layers[0]: options must be an object',
  ],
  ['options out of range', small.replace('3', '-3'), 'layers[0]: dense: units must be an integer'],
  [
    'options of another type',
    small.replace('"ones"', '{}'),
    'layers[0]: dense: bias must be "zeros", "ones"',
  ],
  [
    'a tensor that depends on itself',
    small.replace('"inputs":[0]', '"inputs":[1]'),
    'expects the index of one of 1 tensors, got 1',
  ],
  [
    'a layer past the last',
    small.replace('"layer":1', '"layer":2'),
    'tensors[2]: expects a shape, or the index of one of 2',
  ],
  [
    'a name that is not a string',
    small.replace('"units":3', '"name":7,"units":3'),
    'dense: name must be a non-empty string, got 7',
  ],
  [
    'a fractional boolean',
    small.replace('"units":3', '"trainable":0.5,"units":3'),
    'dense: trainable must be true or false',
  ],
  [
    'more elements than fit into memory',
    small.replace('"units":3', '"units":1000000000'),
    'the model: dense: weights would be 2×1000000000, more elements than fit into memory',
  ],
  [
    'too many steps',
    writeModel(sequential([layers.lstm({ units: 1 })], { inputShape: [2, 1], seed: 1 })).replace(
      '[2,1]',
      '[1e8,1]',
    ),
    'the model: lstm: rows of 100000000 steps are too long',
  ],
  [
    'too many sines',
    writeModel(
      sequential([layers.positionalEmbedding({ kind: 'sinusoidal' })], { inputShape: [2, 1], seed: 1 }),
    ).replace('[2,1]', '[1e8,1]'),
    'the model: positionalEmbedding: rows of 100000000×1 need more than 16777216 sines',
  ],
  [
    'more layers than are read',
    small.replace('"layers":[', `"layers":[${'{"kind":"lstm","options":{"units":1}},'.repeat(250)}`),
    'counts as 2002 layers and 3 inputs and layer calls; a file can have at most 2000 and 5000',
  ],
  [
    'more calls than are read',
    small.replace('"tensors":[', `"tensors":[${'{"shape":[2]},'.repeat(5000)}`),
    'counts as 2 layers and 5003 inputs and layer calls',
  ],
  ['too many values', `[${'0,'.repeat(50_000)}0]`, 'a model file has at most 50000 values'],
  ['deeply nested brackets', `${'['.repeat(101)}${']'.repeat(101)}`, 'nested at most 100 deep'],
  [
    'a shape of strings',
    small.replace('"shape":[2]', '"shape":["2"]'),
    'tensors[0]: modelInput: shape must be an array of non-negative integers, got ["2"]',
  ],
  [
    'layers whose shapes do not match',
    small.replace('"inputs":[0]', '"inputs":[0,0]'),
    'tensors[1]: dense: expects 1 input',
  ],
  ['no outputs', small.replace('"outputs"', '"output"'), 'outputs: expects the index of one of 3 tensors'],
  ['no seed', small.replace('"seed"', '"seeds"'), 'the model: '],
])('%s is refused', (_, text, message) => {
  expect(() => readModel(text)).toThrow(ModelFileError)
  expect(() => readModel(text)).toThrow(message)
})

test('weights are initialized on access, and never where a file supplies them', () => {
  const before = process.memoryUsage().arrayBuffers
  const model = readModel(small.replace('"units":3', '"units":100000000'))
  expect(model.parameters[0]!.size).toBe(200_000_000)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
})

/** JSON tokens swapped with one another and with invalid ones; in every second file, bytes. */
function damagedModel(text: string, seed: number): string {
  const source = random(seed)
  if (source.integer(0, 2) === 0)
    return new TextDecoder().decode(mutated(new TextEncoder().encode(text), seed))
  const words = text.match(/"(?:[^"\\\\]|\\\\.)*"|[-+.\w]+|[[\]{},:]/g)!
  const others = [
    ...words,
    ...'-1 0 0.5 7 1e9 268435456 1e300 null true "" "__proto__" [] {} [0,0]'.split(' '),
  ]
  const changes = 1 + source.integer(1, 2)
  for (let change = 0; change < changes; change++) {
    const draws = source.stream(change)
    words[draws.integer(0, words.length)] = others[draws.integer(1, others.length)]!
  }
  return words.join('')
}

test(
  `${mutationCount} damaged files are refused with a ModelFileError, or read`,
  () => {
    const sources = Object.entries(samples).map(([kind, [options, inputShape]]) =>
      writeModel(
        sequential([ofKind(kind, options), layers.flatten(), dense({ units: 2 })], { inputShape, seed: 7 }),
      ),
    )
    expectToBearDamage({
      parser: 'models as JSON',
      make: (seed) => damagedModel(sources[seed % sources.length]!, seed),
      read: (text) => {
        readModel(text).summary()
      },
      ownError: ModelFileError,
    })
  },
  mutationTime,
)

test.each(Object.entries(samples))(
  '%s counts for one layer, or more, for each ten nodes',
  (kind, [options, inputShape]) => {
    const model = sequential([ofKind(kind, options)], { inputShape, seed: 1 })
    const nodes = topological([model.apply(input([2, ...inputShape]))]).length
    expect(nodes).toBeLessThanOrEqual(10 * (sizes.get(kind) ?? 1))
  },
)
