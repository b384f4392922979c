// Graphs written as ONNX and run by another engine: the results are those of the operations' float64 references.
import { constant, evaluate, input, layers, type Model, sequential, variable } from '@bp/core'
import { Tensor as EngineTensor, InferenceSession } from 'onnxruntime-web'
import { describe, expect, test } from 'vitest'
import { generator } from '../../core/test/sampling.js'
import { OnnxError, writeOnnx } from '../src/onnx.js'
import { instance, keyed, type Numbers, table } from './table.js'

/** Operations that cannot be written, and those that decompose to them. */
const refused = new Set([
  ...['randomUniform', 'randomNormal', 'truncatedNormal', 'randomPermutation', 'bernoulli', 'categorical'],
  ...[
    'dropout',
    'atan2',
    'mod',
    'expm1',
    'log1p',
    'sigmoidCrossEntropyWithLogits',
    'scatterAdd',
    'sliceGrad',
  ],
  ...['clipGrad', 'conv2dWeightGrad', 'avgPool2dGrad', 'maxPool2dGrad', 'maxPool2dPick'],
])

/** The engine's output for the given inputs. */
async function run(file: Uint8Array, values: Readonly<Record<string, Numbers>>): Promise<Numbers> {
  // Errors only: it warns about unused initializers, which are expected.
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 })
  const { out } = await session.run(
    Object.fromEntries(
      Object.entries(values).map(([name, { data, shape }]) => [
        name,
        new EngineTensor('float32', data, shape),
      ]),
    ),
  )
  await session.release()
  return { data: out!.data as Float32Array, shape: out!.dims }
}

function expectClose(
  found: Numbers,
  expected: Numbers | { data: Float64Array; shape: readonly number[] },
): void {
  expect(found.shape).toEqual(expected.shape)
  const far = Array.from(found.data).findIndex((value, index) => {
    const reference = expected.data[index]!
    return (
      !Object.is(value, reference) &&
      value !== reference &&
      !(Math.abs(value - reference) <= 1e-5 + 1e-4 * Math.abs(reference))
    )
  })
  expect(far < 0 ? null : [far, found.data[far], expected.data[far]]).toBeNull()
}

test.each(table.filter(({ name }) => !refused.has(name)).map((op) => [op.name, op] as const))(
  '%s gives the same in another engine, for each of its samples',
  async (_, op) => {
    for (const number of op.definition.sample.cases.keys()) {
      const { drawn, build } = instance(op, number)
      const inputs = drawn.map(({ shape }) => input(shape))
      const found = await run(
        writeOnnx({ inputs: keyed(inputs), outputs: { out: build(inputs) } }),
        keyed(drawn),
      )
      const y = build(drawn.map(({ data, shape }) => constant(data, { shape })))
      expectClose(found, { data: evaluate([y])[0] as Float64Array, shape: y.shape })
    }
  },
)

test.each(table.filter(({ name }) => refused.has(name)).map((op) => [op.name, op] as const))(
  '%s is refused, since ONNX has no equivalent',
  (_, op) => {
    const { drawn, build } = instance(op, op.definition.sample.cases.length - 1)
    const inputs = drawn.map(({ shape }) => input(shape))
    const attempt = () => writeOnnx({ inputs: keyed(inputs), outputs: { out: build(inputs) } })
    expect(attempt).toThrow(OnnxError)
    expect(attempt).toThrow('ONNX has no operator for')
  },
)

describe('a model gives the same in another engine:', () => {
  const { dense } = layers
  test.each<[string, Model]>([
    [
      'dense layers',
      sequential([dense({ units: 8, activation: 'gelu' }), dense({ units: 2 })], {
        inputShape: [3],
        seed: 1,
      }),
    ],
    [
      'convolutions',
      sequential(
        [
          layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
          layers.batchNorm(),
          layers.maxPool2d({ size: 2 }),
          layers.depthwiseConv2d({ kernelSize: 2 }),
          layers.conv2dTranspose({ filters: 3, kernelSize: 3, stride: 2 }),
          layers.globalAveragePool(),
          dense({ units: 3, activation: 'softmax' }),
        ],
        { inputShape: [8, 8, 2], seed: 2 },
      ),
    ],
    [
      'attention',
      sequential([layers.transformerBlock({ heads: 2, causal: true })], { inputShape: [5, 8], seed: 3 }),
    ],
    [
      'a recurrent layer',
      sequential([layers.lstm({ units: 4 }), dense({ units: 1 })], { inputShape: [6, 3], seed: 4 }),
    ],
  ])('%s', async (_, model) => {
    const x = input([3, ...model.inputShape])
    const next = generator(7)
    const given = { shape: x.shape, data: Float32Array.from({ length: x.size }, () => 2 * next() - 1) }
    const y = model.apply(constant(given.data, { shape: given.shape }))
    const found = await run(writeOnnx({ inputs: { in: x }, outputs: { out: model.apply(x) } }), { in: given })
    expectClose(found, { data: Float32Array.from(y.data()), shape: y.shape })
  })
})

test('a repeated output, a constant and an input are valid outputs', async () => {
  const x = input([2])
  const y = x.mul(variable([2, 3], { name: 'in' }))
  const session = await InferenceSession.create(
    writeOnnx({ inputs: { in: x }, outputs: { a: y, b: y, c: constant([7]), x } }),
  )
  const results = await session.run({ in: new EngineTensor('float32', Float32Array.of(1, -1), [2]) })
  await session.release()
  expect(Object.entries(results).map(([name, { data }]) => [name, data])).toEqual([
    ['a', Float32Array.of(2, -3)],
    ['b', Float32Array.of(2, -3)],
    ['c', Float32Array.of(7)],
    ['x', Float32Array.of(1, -1)],
  ])
})

test.each<[string, () => unknown, string]>([
  [
    'an unlisted input',
    () => writeOnnx({ inputs: {}, outputs: { y: input([2], { name: 'x' }).neg() } }),
    'the outputs depend on input "x" of shape [2], which is not among the inputs; list it there',
  ],
  [
    'float64',
    () => {
      const x = input([2], { dtype: 'f64' })
      return writeOnnx({ inputs: { x }, outputs: { y: x.neg() } })
    },
    'is float64, but ONNX is written in float32; build the graph in float32',
  ],
  [
    'an input and an output with the same name',
    () => {
      const x = input([2])
      return writeOnnx({ inputs: { x }, outputs: { x: x.neg() } })
    },
    'an input and an output are both named "x"; rename one',
  ],
])('%s is refused', (_, attempt, message) => {
  expect(attempt).toThrow(OnnxError)
  expect(attempt).toThrow(message)
})
