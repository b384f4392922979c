// A network's run: any step of a document, forward and back, with the weights that were edited by hand.
import {
  adagrad,
  adam,
  adamW,
  add,
  type Checkpoint,
  compile,
  createRun,
  gradients,
  type InitializerName,
  input,
  type Loss,
  type LossName,
  l1Penalty,
  l2Penalty,
  layer,
  layers,
  losses,
  type Model,
  matmul,
  momentum,
  type Optimizer,
  ops,
  type Run,
  type RunState,
  random,
  rmsProp,
  StepContext,
  sequential,
  sgd,
  sigmoid,
  softmax,
  type Tensor,
  ValueError,
  type Variable,
} from '@bp/core/lean'
import { labelsOf, largest, type NetworkData, networkData } from './data.js'
import { inputsOf, type NetworkDocument, type WeightEdit } from './document.js'
import { type HistogramSample, histogram } from './histogram.js'
import { layerSizes } from './names.js'
import { normOf } from './norm.js'

/** Why a run has ended before its last step. */
export type Reached = 'loss' | 'gradient'

/** The weights are looked at, for `until`, at steps that are multiples of this. */
const lookInterval = 10

/** Histograms that are kept of a run, at equal distances, whatever its length; and their bins. */
const mostSamples = 48
const sampleBins = 24

const initializers: { readonly [name in NetworkDocument['initialization']]: InitializerName } = {
  xavier: 'glorotUniform',
  he: 'heUniform',
  normal: 'normal',
  zeros: 'zeros',
}

/** The steps from one edit of the weights to the next, which one run of core does. */
interface Segment {
  readonly from: number
  readonly run: Run
}

export class NetworkRun {
  readonly document: NetworkDocument
  readonly data: NetworkData
  /** Units of every layer, the inputs first. */
  readonly sizes: readonly number[]
  readonly model: Model
  readonly #loss: LossName | Loss
  readonly #segments: Segment[]
  /** The weights before the first step. */
  readonly start: Float32Array
  #reached: Reached | null = null
  /** By their steps; `null` while none are kept. */
  #samples: Map<number, HistogramSample> | null = null
  /** Compiled for each number of rows. */
  readonly #gradients = new Map<
    number,
    (x: Float32Array, y: Float32Array, key: Float32Array) => BatchGradients
  >()

  constructor(document: NetworkDocument) {
    if (document.freezes.length > 0 && !canFreeze(document))
      throw new ValueError(
        'freeze: the decay of adamW moves every weight of a layer; choose adam, with an L2 penalty, or freeze nothing',
      )
    this.document = document
    this.data = networkData(document)
    const { classes } = this.data
    this.sizes = layerSizes(document, classes)
    this.model = modelOf(document, classes)
    const penalized = this.model.parameters
      .filter(({ rank }) => rank === 2)
      .map((weights) => held(weights, frozenOf(this.model, weights)))
    this.#loss = lossOf(document, classes, penalized)
    this.#segments = [{ from: 0, run: this.#create() }]
    this.#edit()
    this.start = this.weights()
  }

  get #run(): Run {
    return this.#segments.at(-1)!.run
  }

  #create(resume?: Checkpoint): Run {
    const { training, heldBack } = this.data
    const { document } = this
    const rows = training.rows
    const batchSize = document.batch === 0 ? rows : Math.min(document.batch, rows)
    return createRun({
      model: this.model,
      loss: this.#loss,
      optimizer: optimizerOf(document),
      data: training,
      ...(heldBack && { validation: heldBack }),
      batchSize,
      epochs: Math.ceil(document.until.steps / Math.ceil(rows / batchSize)),
      seed: document.seed,
      ...(resume && { resume }),
    })
  }

  /** What the run of core says, with the steps of the document. */
  getState(): RunState & { readonly reached: Reached | null } {
    const state = this.#run.getState()
    const { steps } = this.document.until
    const over = this.#reached !== null || (state.step >= steps && state.status !== 'diverged')
    return { ...state, steps, ...(over && { status: 'done' as const }), reached: this.#reached }
  }

  /** All weights and biases, in the order of the model. */
  weights(): Float32Array {
    return this.#run.weights()
  }

  predict(inputs: Float32Array): Float32Array {
    return this.#run.predict(inputs)
  }

  /** Loss of the current weights, with penalties; `null` where nothing is held back. */
  loss(on: 'training' | 'heldBack'): number | null {
    const data = this.data[on]
    return data && this.#run.evaluate(data).loss
  }

  /** Indices of the training rows that the next step takes, in the order of the run. */
  get nextRows(): readonly number[] {
    const { rows } = this.data.training
    const { batch, seed } = this.document
    if (batch === 0 || batch >= rows) return Array.from({ length: rows }, (_, row) => row)
    const perEpoch = Math.ceil(rows / batch)
    const { step } = this.#run.getState()
    const order = random(seed)
      .stream('order')
      .stream(Math.floor(step / perEpoch))
      .permutation(rows)
    const begin = (step % perEpoch) * batch
    return Array.from(order.subarray(begin, begin + batch))
  }

  /**
   * Loss and gradients of the current weights on some training rows; of the next step by default, with what it drops.
   * Those of frozen weights are what they would be moved by.
   */
  gradients(rows: readonly number[] = this.nextRows): BatchGradients {
    const { training } = this.data
    const width = training.targetShape[0]!
    let compute = this.#gradients.get(rows.length)
    if (!compute) {
      const x = input([rows.length, this.data.inputs])
      const y = input([rows.length, width])
      const context = new StepContext()
      const { sums, outputs } = this.layersOf(
        x,
        (layer, rows) => this.#dropout(layer)?.apply(context, rows) ?? rows,
      )
      const last = (this.document.loss === 'squaredError' ? outputs : sums).at(-1)!
      const loss = this.lossOf(last, y)
      const parts = gradients(loss, this.model.parameters)
      const named = Object.fromEntries(parts.map((part, index) => [index, part]))
      const drops = this.#drops
      const compiled = compile({
        inputs: { x, y, ...(drops && { key: context.key }) },
        outputs: { loss, ...named },
      })
      compute = (x, y, key) => {
        const { loss, ...rest } = compiled({ x, y, ...(drops && { key }) } as never) as Record<
          string,
          Float32Array
        >
        return { loss: loss![0]!, gradients: parts.map((_, index) => rest[index]!) }
      }
      this.#gradients.set(rows.length, compute)
    }
    return compute(
      picked(training.inputs, rows, this.data.inputs),
      picked(training.targets, rows, width),
      this.#key,
    )
  }

  get #drops(): boolean {
    return this.document.layers.some(({ dropout }) => dropout !== undefined)
  }

  /** The layer that drops outputs of a hidden layer, if there is one. */
  #dropout(layer: number) {
    return this.model.layers.find(({ name }) => name === dropoutName(layer))
  }

  /** Key of the random numbers of the next step: its number in two parts. */
  get #key(): Float32Array {
    const { step } = this.#run.getState()
    return Float32Array.of(step % 2 ** 24, Math.floor(step / 2 ** 24))
  }

  /** What the next step multiplies the outputs of a row by, layer by layer: 0 for what is dropped. */
  droppedOf(row: number): (Float32Array | null)[] {
    const rows = this.nextRows
    const at = rows.indexOf(row)
    return this.document.layers.map(({ units }, layer) => {
      const dropout = this.#dropout(layer)
      if (!dropout || at < 0) return null
      const context = new StepContext()
      const ones = input([rows.length, units])
      const { mask } = compile({
        inputs: { ones, key: context.key },
        outputs: { mask: dropout.apply(context, ones) },
      })({ ones: new Float32Array(rows.length * units).fill(1), key: this.#key })
      return Float32Array.from(mask.subarray(at * units, (at + 1) * units))
    })
  }

  /** Which weights and biases stay as they are in the next step, 1 for each, in the order of the model. */
  frozen(): Float32Array[] {
    return frozenAt(this.document, this.model, this.#run.getState().step)
  }

  /** Euclidean norm of the gradient of the next step, of what is not frozen. */
  get gradientNorm(): number {
    const frozen = this.frozen()
    const free = this.gradients().gradients.map((part, index) =>
      part.map((value, at) => (frozen[index]![at] === 1 ? 0 : value)),
    )
    return normOf(...free)
  }

  /** The loss of outputs and targets of some rows as a graph, with its penalties. */
  lossOf(outputs: Tensor, targets: Tensor): Tensor {
    return (typeof this.#loss === 'string' ? losses[this.#loss] : this.#loss).of(outputs, targets)
  }

  /** The sums, outputs and predictions of every unit for rows of inputs, as graphs; the inputs' layer is left out. */
  layersOf(
    x: Tensor,
    dropped: (layer: number, outputs: Tensor) => Tensor = (_, outputs) => outputs,
  ): { sums: Tensor[]; outputs: Tensor[]; predictions: Tensor } {
    const { parameters } = this.model
    const sums: Tensor[] = []
    const outputs: Tensor[] = []
    let rows = x
    for (const [layer, { activation }] of [...this.document.layers, { activation: null }].entries()) {
      const sum = add(matmul(rows, parameters[2 * layer]!), parameters[2 * layer + 1]!)
      const last = this.sizes.at(-1) === 1 ? sigmoid(sum) : softmax(sum)
      rows = activation === null ? last : dropped(layer, activation === 'linear' ? sum : ops[activation](sum))
      sums.push(sum)
      outputs.push(rows)
    }
    return { sums, outputs, predictions: rows }
  }

  /** How many training rows the current weights get right. */
  get right(): number {
    const { training } = this.data
    const probabilities = this.predict(training.inputs)
    const width = probabilities.length / training.rows
    return labelsOf(training).filter(
      (label, row) => largest(probabilities.subarray(row * width, (row + 1) * width)) === label,
    ).length
  }

  /** Keeps histograms from here on, at steps that depend on the document alone. */
  keepSamples(): void {
    this.#samples ??= new Map()
    this.#sample()
  }

  samplesUntil(step: number): HistogramSample[] {
    return [...(this.#samples?.values() ?? [])]
      .filter((sample) => sample.step <= step)
      .sort((a, b) => a.step - b.step)
  }

  get #sampleInterval(): number {
    return Math.ceil(this.document.until.steps / mostSamples)
  }

  #sample(): void {
    const { step } = this.#run.getState()
    if (!this.#samples || this.#samples.has(step) || step % this.#sampleInterval !== 0) return
    const { gradients } = this.gradients()
    const layers = this.sizes.slice(1).map((_, layer) => ({
      weights: histogram(this.model.parameters[2 * layer]!.values, sampleBins),
      gradients: histogram(gradients[2 * layer]!, sampleBins),
    }))
    this.#samples.set(step, { step, layers })
  }

  /** Up to `count` steps, fewer where training ends. */
  step(count = 1): void {
    const target = Math.min(this.#run.getState().step + count, this.document.until.steps)
    const { until } = this.document
    const looks = until.loss > 0 || until.gradient > 0
    for (;;) {
      const { step, status } = this.#run.getState()
      if (step >= target || this.#reached !== null || status === 'diverged') return
      const { edits, freezes } = this.document
      const [edit, freeze] = [edits, freezes].map((changes) => changes.find((change) => change.step > step))
      const look = looks ? step - (step % lookInterval) + lookInterval : Number.POSITIVE_INFINITY
      const every = this.#sampleInterval
      const sample = this.#samples ? step - (step % every) + every : Number.POSITIVE_INFINITY
      this.#run.step(Math.min(target, edit?.step ?? target, freeze?.step ?? target, look, sample) - step)
      this.#edit()
      this.#sample()
      if (this.#run.getState().step === look) this.#look()
    }
  }

  /** Goes to a step, back or forward; the bits are those of a run that stopped there. */
  goTo(step: number): void {
    const { step: now, status } = this.#run.getState()
    if (step < now || status === 'diverged') this.#reached = null
    if (step < now) {
      while (this.#segments.length > 1 && this.#segments.at(-1)!.from > step) this.#segments.pop()
      const back = this.#run.getState().step - step
      if (back > 0) this.#run.stepBack(back)
    }
    this.step(Math.max(0, step - this.#run.getState().step))
  }

  /** Goes on with the weights that are set by hand at this step, if any. */
  #edit(): void {
    const { step, status } = this.#run.getState()
    const edits = this.document.edits.filter((edit) => edit.step === step)
    const freezes = this.document.freezes.some((freeze) => freeze.step === step)
    if ((edits.length === 0 && !freezes) || status === 'diverged') return
    if (this.#segments.length > 1 && this.#segments.at(-1)!.from === step) return
    const resume = withEdits(this.#run.save(), this.model, edits, this.frozen())
    this.#segments.push({ from: step, run: this.#create(resume) })
  }

  #look(): void {
    const { loss, gradient } = this.document.until
    if (loss > 0 && this.loss('training')! < loss) this.#reached = 'loss'
    else if (gradient > 0 && this.gradientNorm < gradient) this.#reached = 'gradient'
  }
}

export interface BatchGradients {
  readonly loss: number
  /** In the order of the model: weights and biases of each layer. */
  readonly gradients: readonly Float32Array[]
}

/** The values of some rows. */
export function picked(values: Float32Array, rows: readonly number[], width: number): Float32Array {
  const all = new Float32Array(rows.length * width)
  for (const [index, row] of rows.entries())
    all.set(values.subarray(row * width, (row + 1) * width), index * width)
  return all
}

/** Whether weights can be frozen to the bit: the decay of AdamW moves a weight without a derivative too. */
export const canFreeze = ({ optimizer }: NetworkDocument): boolean => optimizer.kind !== 'adamW'

/** @throws what the data of the document throws, and ValueError for settings out of range. */
export const createNetworkRun = (document: NetworkDocument): NetworkRun => new NetworkRun(document)

function withEdits(
  checkpoint: Checkpoint,
  model: Model,
  edits: readonly WeightEdit[],
  frozen: readonly Float32Array[],
): Checkpoint {
  const weights: Record<string, Float32Array> = Object.fromEntries(
    Object.entries(checkpoint.weights).map(([name, values]) => [name, values.slice()]),
  )
  for (const { layer, from, to, value } of edits) {
    const parameter = model.parameters[2 * layer + (from < 0 ? 1 : 0)]
    const at = from < 0 ? to : from * (parameter?.shape[1] ?? 0) + to
    if (!parameter || at >= parameter.size)
      throw new ValueError(
        `edit: layer ${layer} of this network has no weight from ${from} to ${to}; remove the edit`,
      )
    weights[parameter.name]![at] = value
  }
  for (const [index, parameter] of model.parameters.entries()) {
    const mask = frozenOf(model, parameter)
    if (mask) weights[mask.name] = frozen[index]!
  }
  const { optimizer } = checkpoint
  const parameters = Object.fromEntries(
    Object.entries(optimizer.parameters).map(([name, record]) => [
      name,
      {
        ...record,
        values: weights[name]!,
        slots: stopped(record.slots, frozen[model.parameters.findIndex((one) => one.name === name)]!),
      },
    ]),
  )
  return { ...checkpoint, weights, optimizer: { ...optimizer, parameters } }
}

/** Slots that carry a weight on without a derivative. */
const carrying = ['velocity', 'mean']

/** What is frozen has no way to go on: its direction is forgotten, the sizes of its derivatives are kept. */
const stopped = (slots: Readonly<Record<string, Float32Array>>, frozen: Float32Array) =>
  Object.fromEntries(
    Object.entries(slots).map(([name, values]) => [
      name,
      carrying.includes(name) ? values.map((value, at) => (frozen[at] === 1 ? 0 : value)) : values,
    ]),
  )

function modelOf(document: NetworkDocument, classes: number): Model {
  const weights = initializers[document.initialization]
  const outputs = classes === 2 ? 1 : classes
  // Cross-entropy takes logits, so that it is finite for each of them.
  const activation =
    document.loss === 'crossEntropy' ? 'linear' : classes === 2 ? 'sigmoid' : ('softmax' as const)
  return sequential(
    [
      ...document.layers.flatMap(({ units, activation, dropout }, index) => [
        denseOf(document, index, { units, activation, weights }),
        ...(dropout === undefined ? [] : [layers.dropout({ rate: dropout, name: dropoutName(index) })]),
      ]),
      denseOf(document, document.layers.length, { units: outputs, activation, weights }),
    ],
    { inputShape: [inputsOf(document)], seed: document.seed },
  )
}

const dropoutName = (layer: number) => `dropout${layer + 1}`

/** A layer with weights; where some of them are ever frozen, one that can hold them. */
function denseOf(
  { freezes }: NetworkDocument,
  index: number,
  { units, activation, weights }: { units: number; activation: DenseActivation; weights: InitializerName },
) {
  const name = `layer${index + 1}`
  if (!freezes.some((freeze) => freeze.layer === index))
    return layers.dense({ units, activation, weights, name })
  return layer('dense', { name }, (builder, shape) => {
    const inputs = shape[0]!
    const w = builder.parameter('weights', [inputs, units], weights, inputs, units)
    const b = builder.parameter('bias', [units], 'zeros', inputs, units)
    const [heldWeights, heldBiases] = [
      builder.state(`weights${heldSuffix}`, [inputs, units], 'zeros'),
      builder.state(`bias${heldSuffix}`, [units], 'zeros'),
    ]
    return (_, x) => {
      const sums = add(matmul(x, held(w, heldWeights)), held(b, heldBiases))
      return activation === 'linear' ? sums : ops[activation](sums)
    }
  })
}

type DenseActivation = NetworkDocument['layers'][number]['activation'] | 'softmax'

/** Of the name of the variable that says, 1 for each, which elements of a parameter are held. */
const heldSuffix = 'Frozen'

const frozenOf = (model: Model, { name }: Variable): Variable | undefined =>
  model.variables.find((variable) => variable.name === `${name}${heldSuffix}`)

/** A parameter, to which no derivative reaches where it is held: then every rule but decay leaves it to the bit. */
const held = (parameter: Variable, mask: Tensor | undefined): Tensor =>
  mask ? ops.where(mask, ops.stopGradient(parameter), parameter) : parameter

function frozenAt({ freezes }: NetworkDocument, { parameters }: Model, step: number): Float32Array[] {
  const masks = parameters.map(({ size }) => new Float32Array(size))
  for (const { step: from, layer, to, frozen, from: input } of freezes) {
    if (from > step) continue
    const [weights, biases] = [masks[2 * layer]!, masks[2 * layer + 1]!]
    if (to < 0) for (const mask of [weights, biases]) mask.fill(Number(frozen))
    else if (input < 0) biases[to] = Number(frozen)
    else weights[input * biases.length + to] = Number(frozen)
  }
  return masks
}

function lossName({ loss }: NetworkDocument, classes: number) {
  if (loss === 'squaredError') return 'meanSquaredError' as const
  return classes === 2 ? ('sigmoidCrossEntropy' as const) : ('softmaxCrossEntropy' as const)
}

function lossOf(document: NetworkDocument, classes: number, weights: readonly Tensor[]): LossName | Loss {
  const name = lossName(document, classes)
  const { l1, l2 } = document
  if (l1 === 0 && l2 === 0) return name
  return {
    ...losses[name],
    of(outputs, targets) {
      let loss: Tensor = losses[name].of(outputs, targets)
      if (l1 > 0) loss = add(loss, l1Penalty(weights, l1))
      if (l2 > 0) loss = add(loss, l2Penalty(weights, l2 / 2))
      return loss
    },
  }
}

export function optimizerOf({
  optimizer: { kind, learningRate, momentum: decay },
}: NetworkDocument): Optimizer {
  switch (kind) {
    case 'sgd':
      return sgd({ learningRate })
    case 'momentum':
      return momentum({ learningRate, momentum: decay })
    case 'nesterov':
      return momentum({ learningRate, momentum: decay, nesterov: true })
    case 'rmsProp':
      return rmsProp({ learningRate })
    case 'adagrad':
      return adagrad({ learningRate })
    case 'adam':
      return adam({ learningRate })
    case 'adamW':
      return adamW({ learningRate })
  }
}
