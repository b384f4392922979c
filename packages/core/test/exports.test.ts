// Every public function, called with all kinds of invalid arguments: it works, or throws an error of this library.
// Unknown options and values of wrong types are always refused, by name.
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import * as core from '../src/index.js'
import { samples } from './layer-samples.js'

const { BackpropagationError, ValueError, layers, metrics } = core

/** Values that a program may pass by mistake. */
const nonsense: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  0.5,
  NaN,
  Infinity,
  2 ** 53,
  '',
  'x',
  '__proto__',
  [],
  [0, 0],
  [NaN],
  ['0'],
  [[0]],
  new Array(2),
  {},
  { length: 1 },
  Object.create(null),
  () => 1,
  Symbol('s'),
  10n,
  new Date(0),
  new Map(),
  new DataView(new ArrayBuffer(8)),
  new BigInt64Array(2),
]

/** Values that no option accepts. */
const aliens = [
  null,
  NaN,
  Symbol('s'),
  10n,
  new Date(0),
  new DataView(new ArrayBuffer(8)),
  new BigInt64Array(2),
  new (class Settings {})(),
]

class Options {
  constructor(readonly given: Readonly<Record<string, unknown>>) {}
}
/** Marks the argument that is a record of options. */
const options = (given: Readonly<Record<string, unknown>> = {}) => new Options(given)

const rows = () =>
  core.dataset(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    [[0], [1], [1], [0]],
  )
const weights = core.variable([1, 2, 3], { name: 'w' })
const square = (x: core.TensorLike) => core.sum(core.mul(x, x))
const model = () => core.sequential([layers.dense({ units: 1 })], { inputShape: [2], seed: 1 })
const optimizer = core.sgd({ learningRate: 0.1 })
const x = core.input([2], { name: 'x' })
const symbolic = core.modelInput([2])
const rate = { learningRate: 0.1 }
const generated = [options({ rows: 8, seed: 1 })]
const loss = [[0.5, 0.2], [1, 0], options()]
const rowLoss = [[[0.5, 0.2]], [[1, 0]], options()]
const classes = [options({ classes: 2 })]

/** A valid call of each public function, with the required options. */
const calls: Readonly<Record<string, readonly unknown[]>> = {
  checkGradients: [square, [1, 2], options()],
  compile: [options({ inputs: { x }, outputs: { y: x.mul(2) } })],
  measurePeak: [],
  simplify: [[x.mul(2)]],
  compileStep: [options({ inputs: {}, loss: square(weights), optimizer })],
  batches: [rows(), 2],
  collect: [[rows()]],
  prefetch: [core.streamBatches([rows()], 2), 1],
  shuffle: [rows(), 1],
  streamBatches: [[rows()], 2],
  dataset: [
    [[1], [2]],
    [[1], [2]],
  ],
  circle: generated,
  gauss: generated,
  moons: generated,
  rings: generated,
  sine: generated,
  spiral: generated,
  xor: [options()],
  imputer: [[1, 2], 1],
  normalizer: [[1, 2], 1],
  oneHotEncoder: [['a', 'b']],
  standardizer: [[1, 2], 1],
  splitRows: [[[0, 1], [2]], options({ validationSplit: 0.5, seed: 1 })],
  split: [rows(), options({ validationSplit: 0.5, seed: 1 })],
  describe: [[weights.mul(2)], options()],
  evaluate: [[weights.mul(2)]],
  gradients: [square(weights), [weights]],
  constantInitializer: [1],
  setThreads: [1, options()],
  layer: ['own', {}, () => (_: unknown, x: core.Tensor) => x],
  modelInput: [[2]],
  functional: [options({ inputs: symbolic, outputs: layers.dense({ units: 1 })(symbolic), seed: 1 })],
  sequential: [[layers.dense({ units: 1 })], options({ inputShape: [2], seed: 1 })],
  binaryCrossEntropy: [[0.5], [1]],
  cosineLoss: rowLoss,
  hingeLoss: loss,
  huberLoss: loss,
  klDivergence: rowLoss,
  l1Penalty: [[weights], 0.1],
  l2Penalty: [[weights], 0.1],
  meanAbsoluteError: loss,
  meanSquaredError: loss,
  negativeLogLikelihood: rowLoss,
  poissonLoss: loss,
  sigmoidCrossEntropy: loss,
  softmaxCrossEntropy: rowLoss,
  sparseSoftmaxCrossEntropy: [[[0.5, 0.2]], [1], options()],
  adadelta: [options()],
  adagrad: [options(rate)],
  adam: [options(rate)],
  adamW: [options(rate)],
  adamax: [options(rate)],
  lion: [options(rate)],
  momentum: [options(rate)],
  nadam: [options(rate)],
  rmsProp: [options(rate)],
  sgd: [options(rate)],
  random: [1],
  createRun: [
    options({ model: model(), data: rows(), loss: 'meanSquaredError', optimizer, epochs: 1, seed: 1 }),
  ],
  cosineDecay: [options({ ...rate, steps: 5 })],
  cosineRestarts: [options({ ...rate, steps: 5 })],
  exponentialDecay: [options({ ...rate, factor: 0.5 })],
  oneCycle: [options({ ...rate, steps: 5 })],
  reduceOnPlateau: [options(rate)],
  stepDecay: [options({ ...rate, every: 5 })],
  warmUp: [options({ ...rate, steps: 5 })],
  constant: [[1, 2], options()],
  input: [[2], options()],
  variable: [[1, 2], options()],
  scope: ['name', () => 1],
  remat: [square],
  customGradient: [square, () => [null]],
  grad: [square],
  hessian: [square],
  jacobian: [square],
  valueAndGrad: [square],
  hvp: [square, [1, 2], [1, 0]],
  jvp: [square, [1, 2], [1, 0]],
  vjp: [square, [1, 2]],
  'layers.activation': ['relu', options()],
  'layers.compute': [square, options()],
  ...Object.fromEntries(
    Object.entries(samples).map(([kind, [given]]) => [`layers.${kind}`, [options({ ...given })]]),
  ),
  'metrics.auc': [options()],
  'metrics.binaryAccuracy': [options()],
  'metrics.categoricalAccuracy': classes,
  'metrics.confusionMatrix': classes,
  'metrics.f1': [options()],
  'metrics.meanAbsoluteError': [options()],
  'metrics.perplexity': classes,
  'metrics.precision': [options()],
  'metrics.rSquared': [options()],
  'metrics.recall': [options()],
  'metrics.sparseCategoricalAccuracy': classes,
  'metrics.topKAccuracy': [options({ k: 1, classes: 2 })],
}

/** Public functions that are not tried, and why. */
const apart: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(core.ops).map((name) => [
      name,
      'an operation: misuse.test.ts tries them with every attribute',
    ]),
  ),
  ...Object.fromEntries(
    [
      'byName',
      'inputAt',
      'isList',
      'caseInputs',
      'topological',
      'localProduct',
      'didYouMean',
      'nearest',
      'sizeOf',
      'nest',
    ].map((name) => [
      name,
      'for programs that read the op table or graphs; quick, and takes what the library made',
    ]),
  ),
  check: 'for packages that check what they take',
  isRecord: 'for packages that check what they take',
  blamingCaller: 'for packages that throw in the name of their caller',
  useKernelModule: 'works before anything is computed; kernel.test.ts has it',
  useRelaxedSimd: 'takes nothing, and cannot be undone in this process',
}

type Function = (...args: unknown[]) => unknown

const isClass = (value: unknown) => /^class\b/.test(Function.prototype.toString.call(value))
const functionsOf = (namespace: object, prefix = ''): [string, Function][] =>
  Object.entries(namespace).flatMap(([name, value]) =>
    typeof value === 'function' && !isClass(value) ? [[prefix + name, value as Function]] : [],
  )

const all = [
  ...functionsOf(core),
  ...functionsOf(layers, 'layers.'),
  ...functionsOf(metrics, 'metrics.'),
].filter(([name]) => !Object.hasOwn(apart, name))

test('there is a valid call of every public function', () => {
  const names = all.map(([name]) => name)
  expect(names.filter((name) => !Object.hasOwn(calls, name))).toEqual([])
  expect(Object.keys(calls).filter((name) => !names.includes(name))).toEqual([])
})

const plain = (args: readonly unknown[]) =>
  args.map((arg) => (arg instanceof Options ? { ...arg.given } : arg))

/** What the call throws or its promise rejects with; whatever it is, it must be of this library. */
async function refusal(f: Function, args: readonly unknown[]): Promise<Error | undefined> {
  try {
    const result = f(...args)
    if (result instanceof Promise) await result
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    return error
  }
  return undefined
}

/** With a title for what is no error of this library. */
async function tried(what: string, f: Function, args: readonly unknown[]): Promise<Error | undefined> {
  try {
    return await refusal(f, args)
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).stack}`)
  }
}

const title = (value: unknown) =>
  typeof value === 'object' ? `${Object.prototype.toString.call(value)} ${inspect(value)}` : String(value)

/** The names of the options that a function has, as it says itself. */
async function optionNames(f: Function, args: readonly unknown[], at: number): Promise<string[]> {
  const given = { ...(args[at] as object), ['?'.repeat(9)]: 1 }
  const error = await refusal(f, args.toSpliced(at, 1, given))
  expect(error).toBeInstanceOf(ValueError)
  expect(error?.message).toMatch(/unknown option "\?{9}"; (it has no options|options are )/)
  return error!.message.split('options are ')[1]?.split(', ') ?? []
}

describe.each(all.filter(([name]) => Object.hasOwn(calls, name)))('%s', (name, f) => {
  const args = plain(calls[name]!)

  test('works with valid arguments, and never throws a built-in error', async () => {
    expect(await tried('the right call', f, args)).toBeUndefined()
    await tried('no arguments', f, [])
    // One that takes none ignores whatever it is.
    for (const value of args.length > 0 ? nonsense : nonsense.slice(0, 1)) {
      await tried(title(value), f, [value])
      for (const at of args.keys()) await tried(`argument ${at} ${title(value)}`, f, args.with(at, value))
      await tried(`${title(value)} behind`, f, [...args.slice(0, 1), value])
    }
  })

  const at = calls[name]!.findIndex((arg) => arg instanceof Options)
  if (at < 0) return
  const record = args[at] as Record<string, unknown>

  test('refuses options that are not a record', async () => {
    const instance = Object.assign(new (class Settings {})(), record)
    for (const value of [null, 5, 'x', [record], instance, new Map(), Object.create(record)])
      expect(await tried(title(value), f, args.with(at, value)), title(value)).toBeInstanceOf(ValueError)
  })

  test('refuses unknown options, with the nearest valid name', async () => {
    const names = await optionNames(f, args, at)
    expect(Object.keys(record).filter((option) => !names.includes(option))).toEqual([])
    for (const option of names) {
      const misspelled = `${option.slice(0, -1)}${option.at(-1)!.repeat(2)}`
      const error = await tried(
        misspelled,
        f,
        args.with(at, { ...record, [misspelled]: record[option] ?? 1 }),
      )
      expect(error?.message).toContain(`unknown option "${misspelled}"; did you mean "${option.slice(0, 4)}`)
    }
    for (const key of ['toString', '__proto__', 'constructor', 'hasOwnProperty']) {
      const given = Object.defineProperty({ ...record }, key, { value: 1, enumerable: true })
      const error = await tried(key, f, args.with(at, given))
      expect(error?.message, key).toContain(`unknown option "${key}"`)
    }
  })

  test('refuses values of the wrong type, by option name', async () => {
    for (const option of await optionNames(f, args, at)) {
      for (const value of aliens) {
        // What prepareTable gives where no rows are held back.
        if (option === 'validation' && value === null) continue
        const what = `${option}: ${title(value)}`
        const error = await tried(what, f, args.with(at, { ...record, [option]: value }))
        expect(error, what).toBeInstanceOf(BackpropagationError)
        expect(error!.message, what).toContain(option)
      }
      for (const value of nonsense)
        await tried(`${option}: ${title(value)}`, f, args.with(at, { ...record, [option]: value }))
    }
  })
})

/** One of everything with methods that public functions return, created each time. */
const made: Readonly<Record<string, () => object>> = {
  run: () =>
    core.createRun({
      model: model(),
      loss: 'meanSquaredError',
      optimizer: core.sgd({ learningRate: 0.1 }),
      data: rows(),
      epochs: 1,
      seed: 1,
    }),
  model,
  layer: () => model().layers[0]!,
  step: () => {
    const w = core.variable([1, 2])
    return core.compileStep({
      inputs: {},
      loss: w.square().sum(),
      optimizer: core.sgd({ learningRate: 0.1 }),
    })
  },
  'state of a step': () => (made.step!() as core.TrainingStep).state,
  plateau: () => core.reduceOnPlateau({ learningRate: 1 }),
  metric: () => metrics.meanAbsoluteError(),
  scaler: () => core.standardizer([1, 2], 1),
  variable: () => core.variable([1, 2]),
}

/** Methods and settable properties, its own and those of its class, but not the operations of tensors. */
function facesOf(object: object): [name: string, settable: boolean][] {
  const found = new Map<string, boolean>()
  for (let at = object; at !== Object.prototype; at = Object.getPrototypeOf(at))
    for (const [name, { value, set }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (!/^constructor$/.test(name) && !Object.hasOwn(core.ops, name) && !found.has(name))
        if (set || typeof value === 'function') found.set(name, set !== undefined)
  return [...found]
}

/** Not tried, and why. */
const methodsApart: Readonly<Record<string, string>> = {
  'layer.apply': 'is called by models, with tensors that they made',
  'run.profile': 'takes nothing, and a second',
  'step.profile': 'takes nothing, and a second',
  'state of a step.save': 'is given nothing but by runs',
  'state of a step.sections': 'is internal',
  'state of a step.takeUp': 'is internal',
  'state of a step.fillRates': 'is internal',
  'state of a step.advance': 'is internal',
  'state of a step.include': 'is internal',
  'state of a step.addressOf': 'is internal',
  'step.diverged': 'is internal',
  'variable.moveTo': 'is internal',
}

test.each(Object.keys(made))(
  '%s never throws a built-in error, whatever its methods are passed',
  async (kind) => {
    const faces = facesOf(made[kind]!()).filter(([name]) => !Object.hasOwn(methodsApart, `${kind}.${name}`))
    expect(faces.length).toBeGreaterThan(0)
    for (const [name, settable] of faces) {
      const object = made[kind]!() as Record<string, unknown>
      const use = settable
        ? (given: unknown) => {
            object[name] = given
          }
        : (...given: unknown[]) => (object[name] as Function).call(object, ...given)
      for (const value of [...nonsense, ...aliens]) {
        const what = `${kind}.${name}(${title(value)})`
        await tried(what, use, [value])
        if (!settable) await tried(`${what} behind`, use, [value, value])
      }
    }
  },
)
