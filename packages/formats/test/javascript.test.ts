// Graphs written as JavaScript and run: the results are those of the operations' float64 references.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import {
  constant,
  createRun,
  evaluate,
  gradients,
  type Input,
  input,
  layers,
  type Model,
  ops,
  sequential,
  sgd,
  type Tensor,
  variable,
  xor,
} from '@bp/core'
import { transformSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { generator } from '../../core/test/sampling.js'
import { JavaScriptError, writeJavaScript } from '../src/javascript.js'
import { ofKind, samples } from './layer-samples.js'
import { instance, keyed, table } from './table.js'

const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

type Arrays = Readonly<Record<string, ArrayLike<number>>>

type Predict<R = Float64Array> = (given?: ArrayLike<number> | Arrays) => R

/** A module's export. */
const load = <R = Float64Array>(text: string): Predict<R> =>
  new Function(`${text.replace('\nexport function predict', '\nfunction predict')}\nreturn predict`)()

function expectClose(found: ArrayLike<number>, reference: ArrayLike<number>, error: number): void {
  expect(found.length).toBe(reference.length)
  const far = Array.from(found).findIndex((value, index) => {
    const expected = reference[index]!
    const near = Math.abs(value - expected) <= error * (1 + Math.abs(expected))
    return !(near || value === expected || Object.is(value, expected))
  })
  expect(far < 0 ? null : [far, found[far], reference[far]]).toBeNull()
}

const oneOrKeyed = (values: readonly ArrayLike<number>[]) =>
  values.length === 1 ? values[0]! : keyed(values)

/** Operations that cannot be written: engines share no random number generator. */
const refused = new Set([
  ...['randomUniform', 'randomNormal', 'truncatedNormal', 'randomPermutation'],
  ...['bernoulli', 'categorical', 'dropout'],
])
const written = table.filter(({ name }) => !refused.has(name))

test.each(written.map((op) => [op.name, op] as const))(
  '%s as JavaScript matches its float64 reference, for each of its samples',
  (_, op) => {
    for (const number of op.definition.sample.cases.keys()) {
      const { drawn, build } = instance(op, number)
      const inputs = keyed(drawn.map(({ shape }) => input(shape)))
      const predict = load(writeJavaScript({ inputs, outputs: { y: build(Object.values(inputs)) } }))
      const y = build(drawn.map(({ data, shape }) => constant(data, { shape, dtype: 'f64' })))
      expectClose(predict(oneOrKeyed(drawn.map(({ data }) => data))), evaluate([y])[0]!, 1e-12)
    }
  },
)

test.each([...refused])('%s is refused, since its numbers are random', (name) => {
  const op = table.find((op) => op.name === name)!
  const { drawn, build } = instance(op, op.definition.sample.cases.length - 1)
  const inputs = drawn.map(({ shape }) => input(shape))
  const attempt = () => writeJavaScript({ inputs: keyed(inputs), outputs: { y: build(inputs) } })
  expect(attempt).toThrow(JavaScriptError)
  expect(attempt).toThrow(
    /^a (random|truncated)\w+ of shape \[.*\] cannot be written as JavaScript and does not decompose into/,
  )
})

/**
 * The results of random operations applied to one another's results, and the derivatives of their means with respect to
 * the leaves. `leaf` creates these, in order.
 */
function program(seed: number, leaf: (data: Float64Array, shape: readonly number[]) => Tensor): Tensor[] {
  const next = generator(seed)
  const below = (count: number) => Math.floor(next() * count)
  const leaves: Tensor[] = []
  const results: Tensor[] = []
  for (let count = 0; count < 8; count++) {
    const op = written[below(written.length)]!
    const { vjp, sample } = op.definition
    const { drawn, build } = instance(op, below(sample.cases.length))
    if (drawn.some(({ data }) => data.length > 200)) continue
    const given = drawn.map(({ name, domain, data, shape }) => {
      const fitting = results.filter(({ size }) => size === data.length)
      if (vjp[name] !== null && !domain.whole && !domain.distinct && !domain.avoid && fitting.length > 0) {
        const middle = (domain.low + domain.high) / 2
        const source = fitting[below(fitting.length)]!.reshape(shape)
        return source
          .tanh()
          .mul((domain.high - domain.low) * 0.49)
          .add(middle)
      }
      const made = leaf(Float64Array.from(data), shape)
      leaves.push(made)
      return made
    })
    const result = build(given)
    if (result.size > 0 && result.size <= 400) results.push(result)
  }
  const total = results.reduce((total, result) => total.add(result.mean()), constant(0) as Tensor)
  return [...results, ...gradients(total, leaves)]
}

test('50 random programs and their derivatives match the references', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const inputs: Input[] = []
    const values: Float64Array[] = []
    const outputs = program(seed, (data, shape) => {
      values.push(data)
      inputs.push(input(shape))
      return inputs.at(-1)!
    })
    const truth = program(seed, (data, shape) => constant(data, { shape, dtype: 'f64' }))
    const named = Object.fromEntries(outputs.map((tensor, index) => [`out${index}`, tensor]))
    const predict = load<Arrays>(writeJavaScript({ inputs: keyed(inputs), outputs: named }))
    const found = predict(oneOrKeyed(values))
    for (const [index, reference] of evaluate(truth).entries())
      expectClose(found[`out${index}`]!, reference, 1e-9)
  }
})

const numbersFor = (size: number, seed: number) => {
  const next = generator(seed)
  return Float32Array.from({ length: size }, () => next())
}

/** Expects the model's predictions to float32 accuracy, for random weights. */
function expectSame(model: Model, x: Float32Array, rows = 1): void {
  // Positive, as variances are.
  for (const [index, variable] of model.variables.entries())
    variable.set(numbersFor(variable.size, index + 1).map((value) => value + 0.1))
  const shape = [rows, ...model.inputShape]
  const given = input(shape)
  const predict = load(writeJavaScript({ inputs: { x: given }, outputs: { y: model.apply(given) } }))
  expectClose(predict(x), model.apply(constant(x, { shape })).data(), 1e-5)
}

test.each(Object.entries(samples))(
  'a layer of %s gives the same predictions',
  (kind, [options, inputShape]) => {
    const model = sequential([ofKind(kind, options)], { inputShape, seed: 7 })
    const size = model.inputShape.reduce((product, length) => product * length, 1)
    const x = numbersFor(2 * size, 3)
    expectSame(model, kind === 'embedding' ? x.map((value) => Math.floor(5 * value)) : x, 2)
  },
)

test.each(Object.keys(layers.activations) as layers.ActivationName[])(
  'a layer with the activation %s gives the same predictions',
  (activation) =>
    expectSame(
      sequential([layers.dense({ units: 3, activation })], { inputShape: [4], seed: 1 }),
      Float32Array.of(1, -2, 3, -4),
    ),
)

test('a convolutional network gives the same predictions', () => {
  const plans = [
    layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same', activation: 'relu' }),
    layers.batchNorm(),
    layers.maxPool2d({ size: 2 }),
    layers.dropout({ rate: 0.5 }),
    layers.conv2d({ filters: 4, kernelSize: 3, stride: 2, padding: 'same', activation: 'silu' }),
    layers.flatten(),
    layers.dense({ units: 10, activation: 'softmax' }),
  ]
  expectSame(sequential(plans, { inputShape: [12, 12, 3], seed: 2 }), numbersFor(432, 1))
})

test('a trained XOR model, written out, is right four times out of four', () => {
  const { dense } = layers
  const model = sequential([dense({ units: 2, activation: 'sigmoid' }), dense({ units: 1 })], {
    inputShape: [2],
    seed: 7,
  })
  const optimizer = sgd({ learningRate: 1 })
  const run = createRun({ model, loss: 'sigmoidCrossEntropy', optimizer, data: xor(), epochs: 1000, seed: 7 })
  run.step(1000)
  const x = input([1, 2], { name: 'x' })
  const text = writeJavaScript({ inputs: { x }, outputs: { y: model.apply(x).sigmoid() } })
  const predict = load(text)
  const answers = [0, 1, 2, 3].map((index) => Math.round(predict([index >> 1, index & 1])[0]!))
  expect(answers).toEqual([0, 1, 1, 0])
  expect(text.slice(0, text.indexOf('\n\nconst'))).toMatchInlineSnapshot(`
    "// Written by @bp/formats; it needs nothing but the language.

    /**
     * @param {ArrayLike<number>} x 2 numbers
     * @returns {Float64Array} 1 number
     */
    export function predict(x) {
      x = numbers("x", x, 2)

      // matmul, add, sigmoid
      const layer1Sigmoid = new Float64Array(2)
      for (let i = 0; i < 2; i++) {
        let sum = 0
        for (let j = 0; j < 2; j++) sum += x[j] * layer1Weights[j * 2 + i]
        layer1Sigmoid[i] = sigmoid(sum + layer1Bias[i])
      }

      // matmul, add, sigmoid
      let sum = 0
      for (let i = 0; i < 2; i++) sum += layer1Sigmoid[i] * layer2Weights[i]
      const y = sigmoid(sum + layer2Bias[0])

      return Float64Array.of(y)
    }"
  `)
})

test('the text is an importable module with a readable signature', async () => {
  const x = input([3])
  const text = writeJavaScript({ inputs: { x }, outputs: { y: x.square().add(1) } })
  const module = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(text)}`)
  expect(Object.keys(module)).toEqual(['predict'])
  expect(module.predict([1, 2, 3])).toEqual(Float64Array.of(2, 5, 10))
})

describe('the text with all its helpers', () => {
  const x = input([4])
  const places = input([2])
  const words = variable(numbersFor(300, 1), { shape: [100, 3] })
  const outputs = {
    rows: ops.embedding(words, places),
    odd: x.erf().mod(2).round().sigmoid(),
    last: ops.cumsum(x).argMax(),
  }
  const text = writeJavaScript({ inputs: { x, places }, outputs })

  test('runs where there is nothing but the language', () => {
    const beyond = ['WebAssembly', 'console', 'SharedArrayBuffer', 'Atomics', 'escape', 'unescape']
    const script = `'use strict'
      for (const name of ${JSON.stringify(beyond)}) delete globalThis[name]
      ${text.replace('\nexport function predict', '\nfunction predict')}
      JSON.stringify(Object.entries(predict({ x: [1, -2, 3, 0], places: [0, 99] })).map(([, y]) => [...y]))`
    const [rows, odd, last] = JSON.parse(runInNewContext(script, Object.create(null)))
    expect(rows).toEqual([...words.values.slice(0, 3), ...words.values.slice(297)])
    expect(odd).toEqual([1, 1, 1, 0].map((value) => 1 / (1 + Math.exp(-value))))
    expect(last).toEqual([2])
  })

  test('is ES2020, and its types hold', () => {
    // Nothing needs to be transpiled.
    const [old, newest] = ['es2020', 'esnext'].map((target) => transformSync(text, { target }).code)
    expect(old).toBe(newest)
    const folder = mkdtempSync(join(tmpdir(), 'predict-'))
    const file = join(folder, 'predict.js')
    writeFileSync(file, text)
    const options = '--allowJs --checkJs --noEmit --strict false --target es2020 --lib es2020 --types'.split(
      ' ',
    )
    const { stdout, status } = spawnSync(process.execPath, [tsc, ...options, '', file], { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 })
  })
})

describe('weights are written exactly:', () => {
  const odd = [
    0,
    -0,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** -149,
    3.4028234663852886e38,
    0.1,
    1 / 3,
    -1e-7,
    16777216,
  ]
  const drawn = (size: number) =>
    Array.from(numbersFor(size, 5), (value) => (value - 0.5) * 10 ** (value * 20))
  test.each<[string, number[]]>([
    ['few', odd],
    ['the most that are spelled out', drawn(256)],
    ['one more', drawn(257)],
    ['a count that needs base64 padding', [...odd, ...drawn(400)]],
    ['none', []],
  ])('%s', (_, values) => {
    for (const dtype of ['f32', 'f64'] as const) {
      const w = variable(values, { shape: [values.length], dtype })
      const found = load(writeJavaScript({ inputs: {}, outputs: { w } }))()
      expect(found).toEqual(Float64Array.from(w.values))
    }
    const found = load(
      writeJavaScript({ inputs: {}, outputs: { w: constant(values, { shape: [values.length] }) } }),
    )()
    expect(found).toEqual(Float64Array.from(values))
  })
})

test('names are those of inputs, outputs and variables, as far as JavaScript allows', () => {
  const inputs = {
    'my input': input([2]),
    class: input([2]),
    Math: input([2]),
    i: input([2]),
    'a*/b': input([2]),
  }
  const w = variable([1, 2], { name: 'predict' })
  const sum = Object.values(inputs).reduce((total, x) => total.add(x), w as Tensor)
  const outputs = {
    sum,
    again: sum,
    'first one': inputs['my input'],
    'x²': inputs.i,
    σ: w,
    row: sum.reshape([1, 2]),
    '2': sum.sum(),
  }
  const predict = load<Arrays>(writeJavaScript({ inputs, outputs }))
  const found = predict({
    'my input': [1, 2],
    class: [10, 20],
    Math: [100, 200],
    i: [1000, 2000],
    'a*/b': [0, 0],
  })
  expect(found).toEqual({
    sum: Float64Array.of(1112, 2224),
    again: Float64Array.of(1112, 2224),
    'first one': Float64Array.of(1, 2),
    'x²': Float64Array.of(1000, 2000),
    σ: Float64Array.of(1, 2),
    row: Float64Array.of(1112, 2224),
    '2': Float64Array.of(3336),
  })
  expect(new Set(Object.values(found)).size).toBe(7)
})

test('steps of a recurrent layer share their text', () => {
  const textOf = (steps: number) => {
    const model = sequential([layers.lstm({ units: 4 })], { inputShape: [steps, 2], seed: 1 })
    const x = input([1, steps, 2])
    return writeJavaScript({ inputs: { x }, outputs: { y: model.apply(x) } })
  }
  const loops = (text: string) => text.match(/for \(/g)!.length
  expect(loops(textOf(40))).toBe(loops(textOf(5)))
})

test('a value read twice is computed once', () => {
  const x = input([2, 2])
  let y: Tensor = x
  for (let count = 0; count < 100; count++) y = y.add(y.transpose()).mul(0.25).add(y.mul(y).mul(0.5))
  const text = writeJavaScript({ inputs: { x }, outputs: { y } })
  expect(text.length).toBeLessThan(20_000)
  expect(load(text)([1, 1, 1, 1])).toEqual(Float64Array.of(1, 1, 1, 1))
})

test('a graph may be arbitrarily deep', () => {
  let y: Tensor = input([2])
  const x = y as Input
  for (let count = 0; count < 1000; count++) y = y.mul(0.5).add(1).expandDims(0).flip().reshape([2]).slice(0)
  expect(load(writeJavaScript({ inputs: { x }, outputs: { y } }))([7, -7])).toEqual(Float64Array.of(2, 2))
})

describe('the arguments of the function are checked:', () => {
  const x = input([3])
  const predict = load(
    writeJavaScript({ inputs: { x }, outputs: { y: ops.gather(constant([5, 6]), x) } }),
  ) as (...given: unknown[]) => Float64Array
  test.each<[string, unknown, string]>([
    ['too few', [1, 2], 'predict: x must be a flat array of 3 numbers, got 2'],
    ['none', undefined, 'predict: x must be a flat array of 3 numbers, got undefined'],
    ['text', [1, '0', 1], 'predict: x[1] must be a number, got a string'],
    ['rows', [[1], [0], [1]], 'predict: x[0] must be a number, got a object'],
    ['an index out of range', [0, 2, 1], 'index 2 is out of range; expected an integer in [0, 2)'],
    ['a fractional index', [0, 0.5, 1], 'index 0.5 is out of range; expected an integer in [0, 2)'],
  ])('%s', (_, given, message) => {
    expect(() => predict(given)).toThrow(message)
  })
  test('typed arrays are numbers', () => {
    expect(predict(Uint8Array.of(1, 0, 1))).toEqual(Float64Array.of(6, 5, 6))
  })
})

test('an unlisted input is refused', () => {
  const attempt = () => writeJavaScript({ inputs: {}, outputs: { y: input([2], { name: 'x' }).neg() } })
  expect(attempt).toThrow(JavaScriptError)
  expect(attempt).toThrow(
    'the outputs depend on input "x" of shape [2], which is not among the inputs; list it there',
  )
})
