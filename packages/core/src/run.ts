// A training run: its state, and what starts, pauses and steps it. It draws nothing and knows no clock that
// could change a result.
import { compile } from './compile/function.js'
import { compileStep, Rows, type TrainingStep } from './compile/step.js'
import { checkDataset, type Dataset } from './data/dataset.js'
import { blamingCaller, DivergedError, ShapeError, ValueError } from './errors.js'
import type { Model } from './layers/model.js'
import { type LossName, losses } from './losses.js'
import type { Optimizer } from './optimizers.js'
import { random } from './random.js'
import { describeShape, sameShape, sizeOf } from './shape.js'
import { type Input, input } from './tensor.js'

export interface RunOptions {
  model: Model
  loss: LossName
  optimizer: Optimizer
  /** What to learn from. */
  data: Dataset
  /** What to be judged by: rows that training does not see. */
  validation?: Dataset
  /** Rows in a step; all of them unless given. */
  batchSize?: number
  /** How often to go through the data. */
  epochs: number
  /** Decides the order of the rows. */
  seed: number
}

/** How good a set of rows is predicted. */
export interface Score {
  readonly loss: number
  /** Share of rows that are right; `null` where right and wrong mean nothing. */
  readonly accuracy: number | null
}

export interface RunRecord extends Score {
  readonly epoch: number
  readonly step: number
  readonly validation: Score | null
}

export interface RunState {
  readonly status: 'idle' | 'running' | 'paused' | 'done' | 'diverged'
  /** Whole epochs done, and how many there will be. */
  readonly epoch: number
  readonly epochs: number
  /** Steps done, and how many there will be. */
  readonly step: number
  readonly steps: number
  /** Mean loss of the steps of this epoch so far; of all rows once done. `null` before the first step. */
  readonly loss: number | null
  /** As of the last record; of the final weights once done. */
  readonly accuracy: number | null
  readonly validation: Score | null
  /** Up to 512 records, evenly spaced over the epochs so far, and one of the last epoch. */
  readonly history: readonly RunRecord[]
  readonly error: DivergedError | null
}

export interface Run {
  readonly model: Model
  getState(): RunState
  /** Calls `listener` after every change of the state; returns what ends that. */
  subscribe(listener: (state: RunState) => void): () => void
  /**
   * Trains to the last epoch, letting other work of the thread go on in between. Resolves when done, paused or
   * diverged; called again after a pause it goes on.
   */
  start(): Promise<RunState>
  /** Stops after the steps that are under way. */
  pause(): void
  /** Does some steps at once, and no more than are left. */
  step(count?: number): RunState
  /** What the model predicts for rows of inputs, one behind the other: probabilities or values, by the loss. */
  predict(inputs: Float32Array): Float32Array
  /** The loss and accuracy of the present weights on some rows. */
  evaluate(data: Dataset): Score
  /** All parameters, in the order of the model, in one array. */
  weights(): Float32Array
  /** May change while training; nothing is compiled again. */
  learningRate: number
}

/** Rows that are predicted in one call. */
const predictionBatch = 256
/** Records in the history at most, but for a last one: more points than a chart can show. */
const historyLength = 512
/** How long steps may keep the thread before others get their turn, in ms. It has no influence on results. */
const sliceTime = 12

/**
 * Prepares a training run.
 * @throws ShapeError when data and model do not fit; DataError for numbers that are not finite; ValueError for
 * options out of range.
 */
export function createRun(options: RunOptions): Run {
  return blamingCaller(createRun, () => new ModelRun(options))
}

class ModelRun implements Run {
  readonly model: Model
  readonly #options: RunOptions
  readonly #batchSize: number
  readonly #stepsPerEpoch: number
  /** Epochs from one record to the next. */
  readonly #recordInterval: number
  /** Whole batches, and the smaller last one if there is one. */
  readonly #whole: TrainingStep
  readonly #rest: TrainingStep | null
  readonly #listeners = new Set<(state: RunState) => void>()
  /** Compiled functions by number of rows. */
  readonly #predictors = new Map<number, ReturnType<ModelRun['compilePredictor']>>()
  readonly #scorers = new Map<number, ReturnType<ModelRun['compileScorer']>>()
  #state: RunState
  /** Sum and number of the losses of this epoch so far. */
  #lossSum = 0
  #lossCount = 0
  #pausing = false

  constructor(options: RunOptions) {
    const { model, loss, data, validation, epochs, seed } = options
    if (!Object.hasOwn(losses, loss))
      throw new ValueError(
        `createRun: there is no loss "${loss}"; there are ${Object.keys(losses).join(', ')}`,
      )
    checkFit('data', model, data)
    if (validation) checkFit('validation', model, validation)
    checkCount('epochs', epochs)
    const batchSize = Math.min(options.batchSize ?? data.rows, data.rows)
    checkCount('batchSize', batchSize)
    random(seed)
    this.model = model
    this.#options = options
    this.#batchSize = batchSize
    const remainder = data.rows % batchSize
    this.#stepsPerEpoch = Math.ceil(data.rows / batchSize)
    this.#recordInterval = Math.ceil(epochs / historyLength)

    const rows = new Rows(data.rows, { x: data.inputs, y: data.targets })
    const graph = (count: number) => {
      const { x, y } = this.#inputs(count)
      return {
        inputs: { x, y },
        loss: losses[loss].of(model.apply(x), y),
        rows,
        optimizer: options.optimizer,
      }
    }
    this.#whole = compileStep(graph(batchSize))
    this.#rest = remainder > 0 ? compileStep({ ...graph(remainder), state: this.#whole.state }) : null
    this.#state = {
      status: 'idle',
      epoch: 0,
      epochs,
      step: 0,
      steps: epochs * this.#stepsPerEpoch,
      loss: null,
      accuracy: null,
      validation: null,
      history: [],
      error: null,
    }
  }

  getState(): RunState {
    return this.#state
  }

  subscribe(listener: (state: RunState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async start(): Promise<RunState> {
    if (this.#state.status === 'running') throw new ValueError('start: the run is running already')
    if (this.#isOver()) return this.#state
    this.#pausing = false
    this.#change({ status: 'running' })
    let count = 1
    while (this.#isRunning()) {
      const begin = performance.now()
      this.#advance(count)
      const elapsed = performance.now() - begin
      // Towards as many steps as fit the slice, by at most a factor of two at a time.
      count = Math.max(1, Math.round(count * Math.min(2, Math.max(0.5, sliceTime / Math.max(elapsed, 0.01)))))
      if (this.#pausing && !this.#isOver()) this.#change({ status: 'paused' })
      else this.#notify()
      if (this.#isRunning()) await nextTurn()
      if (this.#pausing && this.#isRunning()) this.#change({ status: 'paused' })
    }
    return this.#state
  }

  pause(): void {
    this.#pausing = true
  }

  step(count = 1): RunState {
    if (!Number.isInteger(count) || count < 1)
      throw new ValueError(`step: wants a whole number of steps from 1 up, got ${count}`)
    if (this.#state.status === 'running') throw new ValueError('step: the run is running; pause it first')
    if (this.#isOver()) return this.#state
    this.#set({ status: 'paused' })
    this.#advance(count)
    this.#notify()
    return this.#state
  }

  predict(inputs: Float32Array): Float32Array {
    const { model } = this
    const inputSize = sizeOf(model.inputShape)
    const outputSize = sizeOf(model.outputShape)
    if (inputs.length % inputSize !== 0)
      throw new ShapeError(
        `predict: a row has ${inputSize} numbers; ${inputs.length} are no whole number of rows`,
      )
    const rows = inputs.length / inputSize
    const predictions = new Float32Array(rows * outputSize)
    for (let first = 0; first < rows; first += predictionBatch) {
      const count = Math.min(predictionBatch, rows - first)
      const predict = cached(this.#predictors, count, () => this.compilePredictor(count))
      const { y } = predict({ x: inputs.subarray(first * inputSize, (first + count) * inputSize) })
      predictions.set(y, first * outputSize)
    }
    return predictions
  }

  evaluate(data: Dataset): Score {
    checkFit('evaluate', this.model, data)
    return this.#score(data)
  }

  weights(): Float32Array {
    const { parameters } = this.model
    const all = new Float32Array(parameters.reduce((total, { size }) => total + size, 0))
    let offset = 0
    for (const { values, size } of parameters) {
      all.set(values, offset)
      offset += size
    }
    return all
  }

  get learningRate(): number {
    return this.#whole.learningRate
  }

  set learningRate(value: number) {
    this.#whole.learningRate = value
  }

  #inputs(rows: number): { x: Input; y: Input } {
    return {
      x: input([rows, ...this.model.inputShape], { name: 'x' }),
      y: input([rows, ...this.#options.data.targetShape], { name: 'y' }),
    }
  }

  #isRunning(): boolean {
    return this.#state.status === 'running'
  }

  #isOver(): boolean {
    return this.#state.status === 'done' || this.#state.status === 'diverged'
  }

  #set(change: Partial<RunState>): void {
    this.#state = { ...this.#state, ...change }
  }

  #change(change: Partial<RunState>): void {
    this.#set(change)
    this.#notify()
  }

  #notify(): void {
    for (const listener of this.#listeners) listener(this.#state)
  }

  /** Does up to `count` steps, cut where an epoch ends and where a record is due. */
  #advance(count: number): void {
    const perEpoch = this.#stepsPerEpoch
    let left = Math.min(count, this.#state.steps - this.#state.step)
    try {
      while (left > 0) {
        const { step } = this.#state
        const within = step % perEpoch
        if (within === 0) this.#beginEpoch(step / perEpoch)
        const wholeSteps = this.#rest ? perEpoch - 1 : perEpoch
        let ran: number
        if (this.#rest && within === wholeSteps) {
          ran = 1
          this.#take(this.#rest.run(1))
        } else {
          // With one step to an epoch the order never changes, so many epochs fit one call.
          const room =
            perEpoch === 1 ? this.#recordInterval - (step % this.#recordInterval) : wholeSteps - within
          ran = Math.min(left, room)
          this.#take(this.#whole.run(ran))
        }
        left -= ran
        const done = step + ran
        this.#set({ step: done, epoch: Math.floor(done / perEpoch), loss: this.#lossSum / this.#lossCount })
        if (done % perEpoch === 0) this.#endEpoch()
      }
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error
      this.#set({ status: 'diverged', error })
    }
  }

  #beginEpoch(epoch: number): void {
    this.#lossSum = 0
    this.#lossCount = 0
    if (this.#stepsPerEpoch === 1) return
    const order = Int32Array.from(
      random(this.#options.seed).stream('order').stream(epoch).permutation(this.#options.data.rows),
    )
    const whole = order.length - (order.length % this.#batchSize)
    this.#whole.setOrder(order.subarray(0, whole))
    this.#rest?.setOrder(order.subarray(whole))
  }

  #take(losses: Float32Array): void {
    if (this.#stepsPerEpoch === 1) {
      this.#lossSum = losses[losses.length - 1]!
      this.#lossCount = 1
      return
    }
    for (const loss of losses) this.#lossSum += loss
    this.#lossCount += losses.length
  }

  #endEpoch(): void {
    const { epoch, epochs, step, loss } = this.#state
    const last = epoch === epochs
    if (!last && epoch % this.#recordInterval !== 0) return
    const { data, validation } = this.#options
    const score = this.#score(data)
    const held = validation ? this.#score(validation) : null
    const record = { epoch, step, loss: loss!, accuracy: score.accuracy, validation: held }
    const history = [...this.#state.history, record]
    this.#set({ history, accuracy: score.accuracy, validation: held })
    if (last) this.#set({ status: 'done', loss: score.loss })
  }

  #score({ inputs, targets, rows }: Dataset): Score {
    const inputSize = sizeOf(this.model.inputShape)
    const targetSize = sizeOf(this.#options.data.targetShape)
    let lossSum = 0
    let correctSum = 0
    for (let first = 0; first < rows; first += predictionBatch) {
      const count = Math.min(predictionBatch, rows - first)
      const score = cached(this.#scorers, count, () => this.compileScorer(count))
      const { loss, right } = score({
        x: inputs.subarray(first * inputSize, (first + count) * inputSize),
        y: targets.subarray(first * targetSize, (first + count) * targetSize),
      })
      lossSum += loss[0]! * count
      correctSum += right[0]!
    }
    return { loss: lossSum / rows, accuracy: losses[this.#options.loss].correct ? correctSum / rows : null }
  }

  private compilePredictor(rows: number) {
    const { x } = this.#inputs(rows)
    const y = losses[this.#options.loss].predictions(this.model.apply(x))
    return compile({ inputs: { x }, outputs: { y } })
  }

  private compileScorer(rows: number) {
    const { of, correct } = losses[this.#options.loss]
    const { x, y } = this.#inputs(rows)
    const outputs = this.model.apply(x)
    const loss = of(outputs, y)
    return compile({ inputs: { x, y }, outputs: { loss, right: correct?.(outputs, y).sum() ?? loss } })
  }
}

function cached<V>(map: Map<number, V>, key: number, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

/** Lets everything else that waits for the thread have its turn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

function checkFit(name: string, model: Model, data: Dataset): void {
  checkDataset(name, data)
  if (!sameShape(data.inputShape, model.inputShape))
    throw new ShapeError(
      `${name}: a row of inputs is ${describeShape(data.inputShape)}, the model takes ${describeShape(model.inputShape)}`,
    )
  if (!sameShape(data.targetShape, model.outputShape))
    throw new ShapeError(
      `${name}: a row of targets is ${describeShape(data.targetShape)}, the model puts out ${describeShape(model.outputShape)}`,
    )
}

function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ValueError(`createRun: ${name} must be a whole number from 1 up, got ${value}`)
}
