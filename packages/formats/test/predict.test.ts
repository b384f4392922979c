// A saved and loaded model predicts what the run that trained it predicts, to the bit, and so do its exports.
import {
  adam,
  BackpropagationError,
  createRun,
  functional,
  input,
  type LossName,
  layers,
  losses,
  type Model,
  modelInput,
  outputActivations,
  random,
  sequential,
} from '@bp/core'
import { Tensor as EngineTensor, InferenceSession } from 'onnxruntime-web'
import { describe, expect, test } from 'vitest'
import { writeJavaScript } from '../src/javascript.js'
import { ModelFileError, readModel, writeModel } from '../src/model.js'
import { writeOnnx } from '../src/onnx.js'
import { readSafetensors, writeSafetensors } from '../src/safetensors.js'

/** More than two prediction batches, plus a partial one. */
const rows = 600
const draws = random(4)
const inputs = Float32Array.from({ length: 2 * rows }, (_, at) => draws.normal(at))
const { dense } = layers

/** Layers for losses that a plain network's outputs do not fit. */
const last: Partial<Record<LossName, layers.ActivationName>> = {
  binaryCrossEntropy: 'sigmoid',
  negativeLogLikelihood: 'logSoftmax',
  poissonLoss: 'softplus',
}

function trained(loss: LossName) {
  const plans = [dense({ units: 5, activation: 'tanh' }), dense({ units: 3 })]
  const end = last[loss]
  if (end) plans.push(layers.activation(end))
  const model = sequential(plans, { inputShape: [2], seed: 1 })
  const sparse = loss === 'sparseSoftmaxCrossEntropy'
  const targets = new Float32Array(sparse ? rows : 3 * rows)
  for (let row = 0; row < rows; row++) {
    const label = inputs[2 * row]! > 0 ? 1 : 2
    if (sparse) targets[row] = label
    else targets[3 * row + label] = 1
  }
  const run = createRun({
    model,
    loss,
    optimizer: adam({ learningRate: 0.01 }),
    data: { rows, inputs, inputShape: [2], targets, targetShape: sparse ? [] : [3] },
    batchSize: 100,
    epochs: 3,
    seed: 1,
  })
  run.step(5)
  return { run, model }
}

function again(model: Model): Model {
  const read = readModel(writeModel(model))
  read.setWeights(readSafetensors(writeSafetensors(model)))
  return read
}

describe.each(Object.keys(losses) as LossName[])('trained by %s', (name) => {
  test('a model, and its saved and loaded copy, predict what the run does', () => {
    const { run, model } = trained(name)
    const expected = run.predict(inputs)
    expect(expected).toHaveLength(3 * rows)
    expect(model.predict(inputs)).toEqual(expected)
    expect(again(model).predict(inputs)).toEqual(expected)
    const { predictions } = losses[name]
    expect(outputActivations[model.outputActivation as keyof typeof outputActivations]).toBe(predictions)
  })
})

test('plain outputs stay as they are, and predictions follow the weights', () => {
  const { run, model } = trained('softmaxCrossEntropy')
  const read = again(model)
  expect(read.apply([[1, 2]]).data()).toEqual(model.apply([[1, 2]]).data())
  expect(read.apply([[1, 2]]).data()).not.toEqual(read.predict([1, 2]))
  const before = model.predict(inputs)
  run.step(3)
  expect(model.predict(inputs)).not.toEqual(before)
  expect(model.predict(inputs)).toEqual(run.predict(inputs))
  expect(read.predict(inputs)).toEqual(before)
})

test('rows may be nested, and of any numeric type', () => {
  const { model } = trained('sigmoidCrossEntropy')
  const expected = model.predict(Float32Array.of(1, 2, 3, 4))
  expect(model.predict([1, 2, 3, 4])).toEqual(expected)
  expect(
    model.predict([
      [1, 2],
      [3, 4],
    ]),
  ).toEqual(expected)
  expect(model.predict(Float64Array.of(1, 2, 3, 4))).toEqual(expected)
  expect(model.predict(new Float32Array(0))).toEqual(new Float32Array(0))
})

test('several outputs each have their own activation', () => {
  const [left, right] = [modelInput([2]), modelInput([1])]
  const make = () =>
    functional({
      inputs: { left, right },
      outputs: { kind: dense({ units: 3 })(left), size: dense({ units: 1 })(right) },
      seed: 3,
    })
  const model = make()
  const given = { left: inputs.subarray(0, 8), right: inputs.subarray(0, 4) }
  const run = createRun({
    model,
    loss: { kind: 'softmaxCrossEntropy', size: 'meanSquaredError' },
    optimizer: adam({ learningRate: 0.1 }),
    data: {
      rows: 4,
      inputs: given,
      inputShape: { left: [2], right: [1] },
      targets: { kind: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0), size: new Float32Array(4) },
      targetShape: { kind: [3], size: [1] },
    },
    epochs: 2,
    seed: 1,
  })
  run.step(2)
  const read = readModel<typeof model.made.inputs, typeof model.made.outputs>(writeModel(model))
  read.setWeights(readSafetensors(writeSafetensors(model)))
  expect(read.outputActivation).toEqual({ kind: 'softmax', size: 'linear' })
  expect(read.predict(given)).toEqual(run.predict(given))
})

describe('predict', () => {
  const model = () => sequential([dense({ units: 1 })], { inputShape: [2], seed: 1 })

  test('of a model without an output activation asks for one', () => {
    const silent = again(model())
    expect(silent.outputActivation).toBeNull()
    expect(() => silent.predict([1, 2])).toThrow(BackpropagationError)
    expect(() => silent.predict([1, 2])).toThrow(
      /the activation of the outputs is unknown.*model\.outputActivation/,
    )
    silent.outputActivation = 'linear'
    expect(silent.predict([1, 2])).toEqual(silent.apply([[1, 2]]).data())
    silent.outputActivation = 'sigmoid'
    expect(silent.predict([1, 2])).toEqual(
      silent
        .apply([[1, 2]])
        .sigmoid()
        .data(),
    )
  })

  test('accepts a custom function, which a file leaves out', () => {
    const own = model()
    own.outputActivation = (outputs) => outputs.mul(2)
    expect(own.predict([1, 2])[0]).toBe(2 * own.apply([[1, 2]]).item())
    expect(again(own).outputActivation).toBeNull()
  })

  test.each<[string, (of: Model) => unknown, RegExp]>([
    ['a part of a row', (of) => of.predict([1, 2, 3]), /a row is \[2\].*got \[3\]/],
    ['rows of another shape', (of) => of.predict([[1], [2]]), /a row is \[2\].*got 2×1/],
    ['nothing', (of) => of.predict(undefined as never), /are missing/],
    ['a record', (of) => of.predict({ x: [1, 2] } as never), /expects the rows of one input/],
    ['text', (of) => of.predict('1,2' as never), /predict/],
    [
      'an unknown activation',
      (of) => {
        of.outputActivation = 'sigmiod' as never
        return of.predict([1, 2])
      },
      /sigmiod.*sigmoid/,
    ],
  ])('refuses %s by name', (_, act, message) => {
    const of = model()
    of.outputActivation = 'sigmoid'
    expect(() => act(of)).toThrow(BackpropagationError)
    expect(() => act(of)).toThrow(message)
  })
})

test('a file with an unknown output activation is refused', () => {
  const { model } = trained('sigmoidCrossEntropy')
  const text = writeModel(model)
  expect(text).toContain('"outputActivation":"sigmoid"')
  const odd = text.replace('"outputActivation":"sigmoid"', '"outputActivation":"toString"')
  expect(() => readModel(odd)).toThrow(ModelFileError)
  expect(() => readModel(odd)).toThrow('outputActivation: expects one of linear, sigmoid, softmax, exp')
  const before = text.replace(',"outputActivation":"sigmoid"', '')
  expect(readModel(before).outputActivation).toBeNull()
})

test('ONNX and JavaScript exports give the same predictions', async () => {
  const { model } = trained('softmaxCrossEntropy')
  const x = input([1, 2])
  const graph = { inputs: { x }, outputs: { y: model.predictions(x) } }
  const expected = model.predict([0.5, -1])
  const session = await InferenceSession.create(writeOnnx(graph), { logSeverityLevel: 3 })
  const { y } = await session.run({ x: new EngineTensor('float32', Float32Array.of(0.5, -1), [1, 2]) })
  await session.release()
  const module = await import(`data:text/javascript,${encodeURIComponent(writeJavaScript(graph))}`)
  for (const found of [y!.data as Float32Array, module.predict([0.5, -1]) as Float64Array])
    for (const [index, value] of expected.entries()) expect(found[index]).toBeCloseTo(value, 6)
})
