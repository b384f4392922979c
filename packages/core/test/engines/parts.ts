// What must have the same bits in every engine: numbers that are drawn, prepared, computed and trained, part by part.

import { ofOne } from '../../src/graph/op.js'
import { type Shape, sizeOf } from '../../src/graph/shape.js'
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  circle,
  compileStep,
  constant,
  cosineDecay,
  cosineRestarts,
  createRun,
  type Dataset,
  dataset,
  evaluate,
  exponentialDecay,
  gauss,
  gradients,
  imputer,
  initializers,
  input,
  type LayerPlan,
  layers,
  lion,
  meanSquaredError,
  metrics,
  momentum,
  moons,
  nadam,
  normalizer,
  type Optimizer,
  oneCycle,
  oneHotEncoder,
  Rows,
  random,
  rings,
  rmsProp,
  sequential,
  sgd,
  sine,
  spiral,
  split,
  standardizer,
  stepDecay,
  Tensor,
  warmUp,
} from '../../src/index.js'
import { instance, type Trial, table, trials } from '../trials.js'

type Numbers = Float32Array | Float64Array | Uint32Array
/** Of each operation its own, so that a new one leaves the fingerprints of all others as they are. */
type ByOp = Readonly<Record<string, readonly Numbers[]>>

/** Of everything but the samples of the table. */
const seed = 7
/** Of each training. */
const steps = 1000

const listOf = (length: number, at: (index: number) => number) =>
  Float64Array.from({ length }, (_, i) => at(i))
const normal = (name: string, length: number) => {
  const draws = random(seed).stream(name)
  return Float32Array.from({ length }, (_, index) => draws.normal(index))
}

function draws(): Numbers[] {
  const source = random(seed)
  return [
    listOf(1000, (index) => source.uniform(index)),
    listOf(1000, (index) => source.normal(index)),
    listOf(1000, (index) => source.integer(index, 3 * 2 ** 30)),
    listOf(1000, (index) => source.stream(`${index}`).uniform(0)),
    source.permutation(1000),
    ...Object.values(initializers).map((begin) => begin([24, 24], 24, 24, source)),
  ]
}

function data(): Numbers[] {
  const rows = 300
  const sets = [circle, gauss, moons, spiral, rings, sine].map((make) => make({ rows, noise: 0.1, seed }))
  const values = normal('table', rows)
  const numbers = values.map((value, row) => (row % 17 === 0 ? Number.NaN : value * 1e3 + 1e5))
  const letters = Array.from(values, (_, row) => 'abcdefg'[(row * row) % 7]!)
  const filled = imputer(numbers, 1).apply(numbers)
  const targets = oneHotEncoder(letters).apply(letters)
  const { training, validation } = split(dataset(standardizer(filled, 1).apply(filled), targets, rows), {
    validationSplit: 0.2,
    seed,
    stratified: true,
  })
  const scores = values.map((value) => 1 / (1 + value * value))
  const classes = values.map((value) => Number(value > 0.3))
  return [
    ...[...sets, training, validation].flatMap(({ inputs, targets }) => [inputs, targets]),
    normalizer(values, 3).apply(values),
    Float64Array.of(
      metrics.auc().add(scores, classes).value,
      metrics.rSquared().add(scores, values).value,
      metrics.f1().add(scores, classes).value,
      metrics.perplexity({ classes: 2 }).add(
        Array.from(scores).flatMap((p) => [p, 1 - p]),
        classes,
      ).value,
    ),
  ]
}

const learningRate = 0.03
const schedules = {
  stepDecay: stepDecay({ learningRate, every: 70 }),
  exponentialDecay: exponentialDecay({ learningRate, factor: 0.97, every: 13 }),
  cosineDecay: cosineDecay({ learningRate, steps }),
  cosineRestarts: cosineRestarts({ learningRate, steps: 90, growth: 2 }),
  warmUp: warmUp({ steps: 30, learningRate: cosineDecay({ learningRate, steps }) }),
  oneCycle: oneCycle({ learningRate, steps }),
}

/** Every function of one number, over all of float32: every 100,003rd bit pattern, a prime. */
function functions(): ByOp {
  const bits = Uint32Array.from({ length: 2 ** 32 / 100_003 }, (_, index) => index * 100_003)
  const x = input([bits.length])
  const ofOneNumber = table.filter(({ definition }) => (definition.shape as unknown) === ofOne.shape)
  const given = new Map([[x, new Float32Array(bits.buffer)]])
  const values = evaluate(
    ofOneNumber.map((op) => op(x)),
    given,
  )
  return Object.fromEntries(ofOneNumber.map(({ name }, index) => [name, [values[index]!]]))
}

/** What comes of each trial, by operation. */
function byOp(compute: (trial: Trial) => readonly Numbers[]): ByOp {
  const found: Record<string, Numbers[]> = {}
  for (const trial of trials) found[trial.op.name] = [...(found[trial.op.name] ?? []), ...compute(trial)]
  return found
}

/** Every operation and its gradients, of every sample. */
const operations = () =>
  byOp((trial) => {
    const { inputs, values, y } = instance(trial, 'f32')
    const differentiable = Object.values(trial.op.definition.vjp).some((rule) => rule !== null)
    return evaluate([y, ...(differentiable ? gradients(y.mul(y).sum(), inputs) : [])], values)
  })

const float64 = () =>
  byOp((trial) => {
    const { values, y } = instance(trial, 'f64')
    return evaluate([y], values)
  })

/** Every operation of constants, which is computed when compiling, and what is whole but for the last digits. */
function constants(): ByOp {
  const one = input([])
  const compute = (folded: Tensor) => evaluate([folded.mul(one)], new Map([[one, [1]]]))
  const whole = constant(listOf(2000, (index) => index + 1))
  const rounded = [
    whole.log().exp().floor(),
    whole
      .pow(3)
      .pow(1 / 3)
      .floor(),
    whole.atan().tan().floor(),
  ]
  return {
    ...byOp((trial) => {
      const { inputs, values, y } = instance(trial, 'f32')
      const known = inputs.map((tensor) => constant(values.get(tensor)!, { shape: tensor.shape }))
      return compute(new Tensor({ op: y.op!, inputs: known, attributes: y.attributes, shape: y.shape }))
    }),
    rounded: rounded.flatMap(compute),
  }
}

/** Random rows, with integers below `classes` as targets. */
function rowsOf(name: string, rows: number, inputShape: Shape, targetShape: Shape, classes: number): Dataset {
  const inputs = normal(name, rows * sizeOf(inputShape))
  const draws = random(seed).stream(name)
  const targets = Float32Array.from({ length: rows * sizeOf(targetShape) }, (_, index) =>
    draws.integer(index, classes),
  )
  return { rows, inputs, inputShape, targets, targetShape }
}

/** Losses of the records of each training since they were taken last. */
const histories: Float64Array[] = []

/** The weights of a run of `steps` steps. */
function train(
  data: Dataset,
  batchSize: number,
  optimizer: Optimizer,
  plans: readonly LayerPlan[],
): Numbers[] {
  const run = createRun({
    model: sequential(plans, { inputShape: data.inputShape, seed }),
    loss: 'sparseSoftmaxCrossEntropy',
    optimizer,
    data,
    batchSize,
    epochs: steps / Math.ceil(data.rows / batchSize),
    seed,
  })
  const { step, history } = run.step(steps)
  if (step !== steps) throw new Error(`stopped at step ${step}`)
  histories.push(Float64Array.from(history, ({ loss }) => loss))
  return [run.weights()]
}

// Large enough for threads to share its products and updates; the last batch is smaller.
const mlp = () =>
  train(rowsOf('mlp', 620, [64], [], 10), 64, adam({ learningRate: 0.003 }), [
    layers.dense({ units: 128, activation: 'relu' }),
    layers.dropout({ rate: 0.2 }),
    layers.dense({ units: 32, activation: 'tanh' }),
    layers.dense({ units: 10 }),
  ])

const cnn = () =>
  train(rowsOf('cnn', 160, [12, 12, 1], [], 10), 32, momentum({ learningRate: 0.01 }), [
    layers.conv2d({ filters: 8, kernelSize: 3, padding: 'same' }),
    layers.batchNorm(),
    layers.activation('relu'),
    layers.maxPool2d({ size: 2 }),
    layers.conv2d({ filters: 16, kernelSize: 3, activation: 'silu' }),
    layers.globalAveragePool(),
    layers.dense({ units: 10 }),
  ])

function transformer(): Numbers[] {
  const [rows, positions, words] = [80, 16, 16]
  const { targets, ...set } = rowsOf('transformer', rows, [positions], [positions], words)
  const optimizer = adamW({ learningRate: oneCycle({ learningRate, steps }), clip: { globalNorm: 1 } })
  return train({ ...set, inputs: targets, targets }, 8, optimizer, [
    layers.embedding({ vocabularySize: words, units: 32 }),
    layers.positionalEmbedding({ kind: 'sinusoidal' }),
    layers.transformerBlock({ heads: 2, causal: true, hidden: 64, dropout: 0.1 }),
    layers.layerNorm(),
    layers.dense({ units: words }),
  ])
}

/** Every optimizer, each with all that surrounds it, over as many parameters as threads share. */
function optimizers(): Numbers[] {
  const options = {
    learningRate: schedules.warmUp,
    weightDecay: 0.01,
    clip: { globalNorm: 0.5 },
    accumulate: 2,
    ema: 0.99,
  }
  const rules = [
    sgd(options),
    momentum(options),
    momentum({ ...options, nesterov: true }),
    adam(options),
    adamW(options),
    adamax(options),
    nadam(options),
    rmsProp(options),
    rmsProp({ ...options, centered: true, momentum: 0.9 }),
    adagrad(options),
    adadelta(options),
    lion(options),
  ]
  const [batch, rows] = [4, 32]
  const [x, y] = [input([batch, 64]), input([batch, 1])]
  const columns = { x: normal('x', rows * 64), y: normal('y', rows) }
  return rules.flatMap((optimizer) => {
    const model = sequential([layers.dense({ units: 256, activation: 'tanh' }), layers.dense({ units: 1 })], {
      inputShape: [64],
      seed,
    })
    const step = compileStep({
      inputs: { x, y },
      loss: meanSquaredError(model.apply(x), y),
      optimizer,
      rows: new Rows(rows, columns),
    })
    const losses = step.run(steps)
    const weights = () => model.parameters.map(({ values }) => values.slice() as Float32Array)
    const last = weights()
    step.state.swapAverages()
    return [losses, ...last, ...weights()]
  })
}

/** By name, in order. */
const parts: Readonly<Record<string, () => readonly Numbers[] | ByOp>> = {
  draws,
  data,
  schedules: () => Object.values(schedules).map((schedule) => listOf(steps, schedule)),
  functions,
  operations,
  float64,
  constants,
  mlp,
  cnn,
  transformer,
  records: () => histories.splice(0),
  optimizers,
}

const isList = (found: readonly Numbers[] | ByOp): found is readonly Numbers[] => Array.isArray(found)

export const partNames = Object.keys(parts)

/** The SHA-256 of a part, or of each operation of it. */
export async function fingerprintOf(part: string): Promise<string | Record<string, string>> {
  const found = parts[part]!()
  if (isList(found)) return sha256(found)
  const ofEach: Record<string, string> = {}
  for (const [op, numbers] of Object.entries(found)) ofEach[op] = await sha256(numbers)
  return ofEach
}

/** Of all bits. Of a NaN, WebAssembly and JavaScript leave sign and payload to the machine, so all count as one. */
async function sha256(arrays: readonly Numbers[]): Promise<string> {
  const bytes = new Uint8Array(arrays.reduce((total, { byteLength }) => total + byteLength, 0))
  let end = 0
  for (const numbers of arrays) {
    const start = end
    end += numbers.byteLength
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), start)
    for (const [index, value] of numbers.entries())
      if (Number.isNaN(value)) {
        const at = start + index * numbers.BYTES_PER_ELEMENT
        bytes.fill(0xff, at, at + numbers.BYTES_PER_ELEMENT)
      }
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
