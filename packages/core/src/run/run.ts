// A training run: its state, and what starts, pauses and steps it. It draws nothing and knows no clock that
// could change a result.

import { checkCount, describeValue } from '../check-options.js'
import type { OptimizerRecord } from '../compile/optimizer-state.js'
import type { Profile } from '../compile/profile.js'
import { compileStep, Rows, type TrainingStep } from '../compile/step.js'
import type { Columns, Dataset } from '../data/dataset.js'
import { splitChecked } from '../data/split.js'
import { blamingCaller, DivergedError, ValueError } from '../errors.js'
import { findNonFinite } from '../finite.js'
import type { SymbolicTensor } from '../layers/layer.js'
import type { Each, Model, Symbolic, Weights } from '../layers/model.js'
import { didYouMean } from '../nearest.js'
import type { Optimizer } from '../optimizers.js'
import { random } from '../random.js'
import { StepContext } from '../training-context.js'
import { type DatasetFor, Objective, type ObjectiveOptions } from './objective.js'
import { type Part, type Score, type Sums, scoreOf } from './score.js'
import { Scorer } from './scorer.js'
import { Snapshots } from './snapshots.js'

/** What a run trains, on what, and for how long. */
export interface RunOptions<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor>
  extends ObjectiveOptions<O> {
  model: Model<I, O>
  optimizer: Optimizer
  /** What to learn from; for several inputs or outputs, by the names that the model has for them. */
  data: DatasetFor<I, O>
  /** What to be judged by: rows that training does not see, or the share of the data to hold back for that. */
  validation?: DatasetFor<I, O> | number
  /** Rows in a step; all of them unless given. */
  batchSize?: number
  /** How often to go through the data. */
  epochs: number
  /** Decides the order of the rows, and which are held back. */
  seed: number
  /**
   * What is looked at to tell which epoch was best, `loss` unless given: that, `accuracy`, or the name of a metric, of
   * the validation rows if there are any. For one of several outputs, with its name: `left.accuracy`.
   */
  monitor?: string
  /** Whether small or large values of it are good: `min` for losses and `max` for all else, unless given. */
  mode?: 'min' | 'max'
  /** Ends the run when it gets no better, and in any case with the weights of its best epoch. */
  earlyStopping?: EarlyStopping
  /** Where to keep the state of the run in between. */
  checkpoint?: CheckpointOptions
  /** What to call while training; changes to the run are made in between. */
  callbacks?: Callbacks
  /** What `save` of an earlier run gave: this one goes on from there, to the same bits. */
  resume?: Checkpoint
}

/** Records, of which a run has one each epoch up to 512 epochs, decide what is better. */
export interface EarlyStopping {
  /** How many epochs may pass without a better one. */
  patience: number
  /** By how much a value must be better to count; 0 unless given. */
  least?: number
}

/** What is saved during a run, and when. */
export interface CheckpointOptions {
  /** Takes plain data, which `structuredClone` and messages between threads can copy. */
  save: (checkpoint: Checkpoint) => void
  /** At the end of every so many epochs; at each record that is better than all before unless given. */
  every?: number
}

/** Each is called with the state of the run; `onStep` and `onEpoch` cost the speed of many steps in one call. */
export interface Callbacks {
  onStep?: (state: RunState) => void
  onEpoch?: (state: RunState) => void
  /** After each record of the history. */
  onRecord?: (record: RunRecord, state: RunState) => void
  /** When the run is done, diverged or cancelled. */
  onEnd?: (state: RunState) => void
}

/**
 * An epoch that is done. Loss and accuracy are those of its steps, each before its update; the metrics that the run was
 * given are of all rows and the weights that came of it.
 */
export interface RunRecord extends Score {
  readonly epoch: number
  readonly step: number
  /** Of the weights at the end of the epoch. */
  readonly validation: Score | null
}

/** What can be seen of a run at one time. */
export interface RunState {
  readonly status: 'idle' | 'running' | 'paused' | 'done' | 'diverged' | 'cancelled'
  /** Whole epochs done, and how many there will be. */
  readonly epoch: number
  readonly epochs: number
  /** Steps done, and how many there will be. */
  readonly step: number
  readonly steps: number
  /** Mean loss of the steps of this epoch so far; of all rows once done. `null` before the first step. */
  readonly loss: number | null
  /** Of the steps of the epoch of the last record; of all rows and the final weights once done. */
  readonly accuracy: number | null
  readonly validation: Score | null
  /** Up to 512 records, evenly spaced over the epochs so far, and one of the last epoch. */
  readonly history: readonly RunRecord[]
  /** The best record by what is monitored; `null` before the first. */
  readonly best: RunRecord | null
  readonly error: DivergedError | null
}

/** Everything that decides how a run goes on, as plain data. */
export interface Checkpoint {
  readonly seed: number
  readonly rows: number
  readonly batchSize: number
  readonly state: Omit<RunState, 'error'>
  /** What the steps of the present epoch so far add up to. */
  readonly sums: Sums
  /** What the optimizer changes: parameters, its slots, counters and settings. */
  readonly optimizer: OptimizerRecord
  /** Numbers of all variables of the model, by name. */
  readonly weights: Weights
  /** Those of the best record, where early stopping wants them. */
  readonly bestWeights: Weights | null
}

/**
 * A training run, which can be started, paused, stepped and stepped back. It has diverged when a loss, a gradient or
 * anything that is trained or kept for it became NaN or infinite; its error names the first node that made such a number,
 * and it stands before that step. What is infinite on the way and reaches none of these, such as a mask of −Infinity,
 * stops nothing.
 */
export interface Run<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor> {
  readonly model: Model<I, O>
  getState(): RunState
  /** Calls `listener` after every change of the state; returns what ends that. */
  subscribe(listener: (state: RunState) => void): () => void
  /**
   * Trains to the last epoch, letting other work of the thread go on in between. Resolves when done, paused,
   * cancelled or diverged; called again after a pause it goes on.
   */
  start(): Promise<RunState>
  /** Stops after the steps that are under way. */
  pause(): void
  /** Ends the run after the steps that are under way, with the weights that it has. */
  cancel(): void
  /** Does some steps at once, and no more than are left. */
  step(count?: number): RunState
  /**
   * Undoes some steps, and no more than were done since the run began or was resumed: weights, optimizer, history
   * and order of rows become what they were, bit by bit. It goes to the nearest snapshot before and does the steps
   * from there again, which takes no longer than they took at first.
   */
  stepBack(count?: number): RunState
  /** Everything that decides how the run goes on, as plain data: give it to `createRun` as `resume`. */
  save(): Checkpoint
  /** What the model predicts for rows of inputs, one behind the other: probabilities or values, by the loss. */
  predict(inputs: Each<I, Float32Array>): Each<O, Float32Array>
  /** The loss and accuracy of the present weights on some rows. */
  evaluate(data: DatasetFor<I, O>): Score
  /** All parameters, in the order of the model, in one array. */
  weights(): Float32Array
  /**
   * Times every instruction of a training step, and the whole; the run is afterwards as it was.
   * @throws ValueError while the run is running.
   */
  profile(): Profile
  /** May change while training; nothing is compiled again. */
  learningRate: number
}

/** Records in the history at most, but for a last one: more points than a chart can show. */
const historyLength = 512
/** How long steps may keep the thread before others get their turn, in ms. It has no influence on results. */
const sliceTime = 12
/** Snapshots may take this share of the time, so they are taken the more rarely the longer they take. */
const snapshotShare = 0.01

/**
 * Prepares a training run. A model of several inputs and outputs takes records of data, losses and metrics, by the
 * names that it has for them.
 * @throws ShapeError when data and model do not fit; DataError for numbers that are not finite; ValueError for
 * options out of range.
 */
export function createRun<I extends Symbolic, O extends Symbolic>(options: RunOptions<I, O>): Run<I, O> {
  return blamingCaller(
    createRun,
    () => new ModelRun(options as unknown as RunOptions<Symbolic, Symbolic>) as unknown as Run<I, O>,
  )
}

class ModelRun implements Run<Symbolic, Symbolic> {
  readonly model: Model<Symbolic, Symbolic>
  readonly #options: RunOptions<Symbolic, Symbolic>
  readonly #objective: Objective
  readonly #data: Dataset<Columns, Columns>
  readonly #validation: Dataset<Columns, Columns> | null
  readonly #batchSize: number
  readonly #stepsPerEpoch: number
  /** Epochs from one record to the next. */
  readonly #recordInterval: number
  /** Whole batches, and the smaller last one if there is one. */
  readonly #whole: TrainingStep
  readonly #rest: TrainingStep | null
  /** The one of them that ran last. */
  #last: TrainingStep
  /** What is scored of each output. */
  readonly #parts: readonly Part[]
  readonly #scorer: Scorer
  readonly #listeners = new Set<(state: RunState) => void>()
  readonly #snapshots = new Snapshots<Checkpoint>()
  /** When the last snapshot was taken and how long that took, in ms. */
  #snapshotTime = { at: Number.NEGATIVE_INFINITY, took: 0 }
  /** Changes of the learning rate from outside, in order, which a replay must make too. */
  #rates: { readonly step: number; readonly learningRate: number }[] = []
  #replaying = false
  #state: RunState
  /** What the steps of this epoch so far add up to. */
  #sums: Record<string, number> = {}
  #bestWeights: Weights | null = null
  #stop: 'pause' | 'cancel' | null = null

  constructor(options: RunOptions<Symbolic, Symbolic>) {
    const { model, data, validation, epochs, seed, earlyStopping, checkpoint } = options
    this.model = model
    this.#options = options
    if (typeof model?.apply !== 'function')
      throw new ValueError(
        `createRun: model must be one that sequential() or functional() made; got ${describeValue(model)}`,
      )
    this.#objective = new Objective(model, options)
    this.#objective.checkFit('data', data)
    const parts = typeof validation === 'number' ? splitChecked(data, { heldBack: validation, seed }) : null
    this.#data = parts?.training ?? data
    this.#validation = parts?.heldBack ?? (validation as Dataset<Columns, Columns> | undefined) ?? null
    if (this.#validation && !parts) this.#objective.checkFit('validation', this.#validation)
    checkCount('createRun', 'epochs', epochs)
    const { rows } = this.#data
    const batchSize = Math.min(options.batchSize ?? rows, rows)
    checkCount('createRun', 'batchSize', batchSize)
    if (earlyStopping) checkCount('createRun', 'earlyStopping.patience', earlyStopping.patience)
    if (checkpoint?.every !== undefined) checkCount('createRun', 'checkpoint.every', checkpoint.every)
    const { monitor = 'loss' } = options
    const { all: monitors } = this.#objective.monitors
    if (!monitors.includes(monitor))
      throw new ValueError(
        `createRun: there is no "${monitor}" to monitor; there are ${monitors.join(', ')}${didYouMean(monitor, monitors)}`,
      )
    random(seed)
    this.#batchSize = batchSize
    const remainder = rows % batchSize
    this.#stepsPerEpoch = Math.ceil(rows / batchSize)
    this.#recordInterval = Math.ceil(epochs / historyLength)
    this.#scorer = new Scorer(this.#objective, data.targetShape)

    const resident = new Rows(rows, this.#objective.columns(this.#data))
    const graph = (count: number) => {
      const context = new StepContext()
      const { inputs, parts, loss, watch } = this.#objective.graph(count, data.targetShape, context)
      return { inputs, parts, loss, watch, rows: resident, optimizer: options.optimizer, context }
    }
    const whole = graph(batchSize)
    this.#objective.checkTargets('data', data)
    if (this.#validation && !parts) this.#objective.checkTargets('validation', this.#validation)
    this.#parts = whole.parts
    this.#whole = compileStep(whole)
    this.#rest = remainder > 0 ? compileStep({ ...graph(remainder), state: this.#whole.state }) : null
    this.#last = this.#whole
    for (const set of [this.#data, this.#validation]) if (set) this.#scorer.prepare(set.rows)
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
      best: null,
      error: null,
    }
    if (options.resume) this.#resume(options.resume)
    this.#takeSnapshot()
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
    this.#stop = null
    this.#change({ status: 'running' })
    let count = 1
    while (this.#isRunning()) {
      const begin = performance.now()
      this.#advance(count)
      const elapsed = performance.now() - begin
      // Towards as many steps as fit the slice, by at most a factor of two at a time.
      count = Math.max(1, Math.round(count * Math.min(2, Math.max(0.5, sliceTime / Math.max(elapsed, 0.01)))))
      this.#settle()
      this.#notify()
      if (!this.#isRunning()) break
      await nextTurn()
      if (this.#settle()) this.#notify()
    }
    return this.#state
  }

  pause(): void {
    this.#stop ??= 'pause'
  }

  cancel(): void {
    this.#stop = 'cancel'
    if (this.#isRunning() || this.#isOver()) return
    this.#settle()
    this.#notify()
  }

  step(count = 1): RunState {
    this.#checkStill('step', count)
    if (this.#isOver()) return this.#state
    this.#stop = null
    this.#set({ status: 'paused' })
    this.#advance(count)
    this.#notify()
    return this.#state
  }

  stepBack(count = 1): RunState {
    this.#checkStill('stepBack', count)
    const target = Math.max(this.#snapshots.steps[0]!, this.#state.step - count)
    if (target === this.#state.step) return this.#state
    this.#goBackTo(target)
    this.#set({ status: this.#state.step === 0 ? 'idle' : 'paused' })
    this.#notify()
    return this.#state
  }

  save(): Checkpoint {
    const { error, status, ...state } = this.#state
    const copies = new Map(
      this.model.variables.map((variable) => [variable, Float32Array.from(variable.values)]),
    )
    return {
      seed: this.#options.seed,
      rows: this.#data.rows,
      batchSize: this.#batchSize,
      state: { ...state, status: status === 'done' || status === 'idle' ? status : 'paused' },
      sums: { ...this.#sums },
      optimizer: this.#whole.state.save(copies),
      weights: Object.fromEntries(Array.from(copies, ([{ name }, values]) => [name, values])),
      bestWeights: this.#bestWeights,
    }
  }

  predict(inputs: Columns): Columns {
    return this.#scorer.predict(inputs)
  }

  evaluate(data: Dataset<Columns, Columns>): Score {
    this.#objective.checkFit('evaluate', data)
    this.#objective.checkTargets('evaluate', data)
    return this.#scorer.score(data)
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

  profile(): Profile {
    if (this.#state.status === 'running') throw new ValueError('profile: the run is running; pause it first')
    return this.#whole.profile()
  }

  get learningRate(): number {
    return this.#whole.learningRate
  }

  set learningRate(value: number) {
    this.#whole.learningRate = value
    const { step } = this.#state
    while (this.#rates.length > 0 && this.#rates.at(-1)!.step >= step) this.#rates.pop()
    this.#rates.push({ step, learningRate: value })
  }

  #isRunning(): boolean {
    return this.#state.status === 'running'
  }

  #isOver(): boolean {
    return ['done', 'diverged', 'cancelled'].includes(this.#state.status)
  }

  #checkStill(caller: string, count: number): void {
    if (!Number.isInteger(count) || count < 1)
      throw new ValueError(`${caller}: wants a whole number of steps from 1 up, got ${count}`)
    if (this.#isRunning()) throw new ValueError(`${caller}: the run is running; pause it first`)
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

  /** Pauses or cancels where that was asked for; returns whether it did. */
  #settle(): boolean {
    if (this.#stop === null || this.#isOver()) return false
    const cancelled = this.#stop === 'cancel'
    this.#set({ status: cancelled ? 'cancelled' : 'paused' })
    if (cancelled) this.#options.callbacks?.onEnd?.(this.#state)
    return true
  }

  /** Does up to `count` steps, cut where an epoch ends, where a record is due and where someone wants to look. */
  #advance(count: number): void {
    const perEpoch = this.#stepsPerEpoch
    const { onStep } = this.#replaying ? {} : (this.#options.callbacks ?? {})
    let left = Math.min(count, this.#state.steps - this.#state.step)
    try {
      while (left > 0 && this.#stop === null && !this.#isOver()) {
        const { step } = this.#state
        if (this.#replaying) this.#repeatRate()
        const within = step % perEpoch
        if (within === 0) {
          this.#sums = {}
          this.#order(step)
        }
        const inRest = this.#rest !== null && within === perEpoch - 1
        this.#last = inRest ? this.#rest! : this.#whole
        const room = inRest ? 1 : this.#room(step)
        const ran = Math.min(left, onStep ? 1 : room)
        // Where an epoch is one step, no other counts than the one before a record.
        this.#last.watching = perEpoch > 1 || room === 1
        this.#take(this.#last.run(ran))
        left -= ran
        const done = step + ran
        const count = perEpoch === 1 ? 1 : within + ran
        this.#set({ step: done, epoch: Math.floor(done / perEpoch), loss: this.#sums.loss! / count })
        onStep?.(this.#state)
        if (done % perEpoch === 0) this.#endEpoch()
        this.#snapshotNowAndThen()
      }
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error
      this.#diverge(error)
    }
  }

  /** Steps from `step` on that one call can do: up to the smaller last batch, or to the end of an epoch. */
  #room(step: number): number {
    const perEpoch = this.#stepsPerEpoch
    const change = this.#replaying ? this.#rates.find((rate) => rate.step > step) : undefined
    const untilChange = (change?.step ?? Number.POSITIVE_INFINITY) - step
    if (perEpoch > 1) return Math.min(untilChange, (this.#rest ? perEpoch - 1 : perEpoch) - (step % perEpoch))
    // With one step to an epoch the order never changes, so many epochs fit one call; the last before someone looks is
    // one by itself.
    const { checkpoint, callbacks } = this.#options
    const intervals = [this.#recordInterval, checkpoint?.every ?? this.#recordInterval]
    if (callbacks?.onEpoch) intervals.push(1)
    const untilLook = intervals.map((interval) => interval - (step % interval))
    return Math.min(untilChange, Math.max(1, Math.min(this.#state.steps - step, ...untilLook) - 1))
  }

  /** Puts the rows into the order of the epoch that `step` belongs to, beginning with those of `step`. */
  #order(step: number): void {
    const perEpoch = this.#stepsPerEpoch
    if (perEpoch === 1) return
    const order = new Int32Array(
      random(this.#options.seed)
        .stream('order')
        .stream(Math.floor(step / perEpoch))
        .permutation(this.#data.rows),
    )
    const whole = order.length - (order.length % this.#batchSize)
    const begin = (step % perEpoch) * this.#batchSize
    this.#whole.setOrder(order.subarray(0, whole), begin < whole ? begin : 0)
    this.#rest?.setOrder(order.subarray(whole))
  }

  /** Adds steps to what their epoch adds up to; where an epoch is one step, the last of them is its own. */
  #take(losses: Float32Array): void {
    for (const [name, values] of Object.entries({ loss: losses, ...this.#last.watched }))
      if (this.#stepsPerEpoch === 1) this.#sums[name] = values.at(-1)!
      else for (const value of values) this.#sums[name] = (this.#sums[name] ?? 0) + value
  }

  #endEpoch(): void {
    const { epoch, epochs } = this.#state
    const { checkpoint, callbacks } = this.#options
    const last = epoch === epochs
    const recorded = last || epoch % this.#recordInterval === 0
    const saved = checkpoint?.every !== undefined && epoch % checkpoint.every === 0
    if ((recorded || saved) && !this.#replaying && !this.#isFinite())
      throw new DivergedError('what is trained is not finite')
    const improved = recorded && this.#record(last)
    if (this.#replaying) return
    if (saved || (improved && checkpoint?.every === undefined)) checkpoint?.save(this.save())
    callbacks?.onEpoch?.(this.#state)
    if (this.#isOver()) callbacks?.onEnd?.(this.#state)
  }

  /** Adds a record to the history; returns whether it is the best. */
  #record(last: boolean): boolean {
    const { epoch, step, history, best } = this.#state
    const { earlyStopping, callbacks } = this.#options
    const score = this.#scoreOfEpoch()
    const validation = this.#validation && this.#scorer.score(this.#validation)
    const record = { ...score, epoch, step, validation }
    this.#set({ history: [...history, record], accuracy: score.accuracy, validation })
    const improved = best === null || this.#value(record) > this.#value(best) + (earlyStopping?.least ?? 0)
    if (improved) {
      this.#set({ best: record })
      if (earlyStopping) this.#bestWeights = this.model.getWeights()
    }
    if (!this.#replaying) callbacks?.onRecord?.(record, this.#state)
    const stopped = earlyStopping && epoch - this.#state.best!.epoch >= earlyStopping.patience
    if (last || stopped) {
      const restored = !improved && this.#bestWeights
      if (restored) this.model.setWeights(restored)
      const { loss, accuracy } = this.#scorer.score(this.#data)
      this.#set({ status: 'done', loss, accuracy, validation: restored ? best!.validation : validation })
    }
    return improved
  }

  /** What the steps of the epoch were like, each before its update; other metrics are of the present weights. */
  #scoreOfEpoch(): Score {
    if (this.#parts.some(({ metrics }) => metrics.length > 0)) this.#scorer.score(this.#data)
    return scoreOf(this.#parts, this.#sums, this.#stepsPerEpoch, this.#data.rows)
  }

  /** What is monitored, turned so that more is better. */
  #value(record: RunRecord): number {
    const score = record.validation ?? record
    const { monitor = 'loss' } = this.#options
    const { mode = this.#objective.monitors.losses.includes(monitor) ? 'min' : 'max' } = this.#options
    const { loss, accuracy, metrics } = score
    const value = monitor === 'loss' ? loss : (metrics?.[monitor] ?? accuracy!)
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : mode === 'max' ? value : -value
  }

  #takeSnapshot(): void {
    const begin = performance.now()
    const snapshot = this.save()
    const bytes = 4 * this.model.variables.reduce((total, { size }) => total + size, 0)
    this.#snapshots.add(this.#state.step, bytes * (2 + this.#options.optimizer.slots.length), snapshot)
    const end = performance.now()
    this.#snapshotTime = { at: end, took: end - begin }
  }

  #snapshotNowAndThen(): void {
    const { at, took } = this.#snapshotTime
    if (performance.now() - at > took / snapshotShare && !this.#isOver()) this.#takeSnapshot()
  }

  /** Makes the run what it was after `step` steps. */
  #goBackTo(step: number): void {
    this.#restore(this.#snapshots.backTo(step))
    this.#rates = this.#rates.filter((rate) => rate.step <= step)
    this.#replay(step)
  }

  /** Goes on to `step` as it was done before: with the same learning rates, and without calling anyone. */
  #replay(step: number): void {
    this.#replaying = true
    this.#stop = null
    this.#advance(step - this.#state.step)
    this.#replaying = false
    this.#repeatRate()
  }

  /** Sets the learning rate again where it was set before. */
  #repeatRate(): void {
    const change = this.#rates.find(({ step }) => step === this.#state.step)
    if (change) this.#whole.learningRate = change.learningRate
  }

  #restore({ state, sums, optimizer, weights, bestWeights }: Checkpoint): void {
    this.model.setWeights(weights)
    this.#whole.state.restore(optimizer)
    this.#sums = { ...sums }
    this.#bestWeights = bestWeights
    const { epochs, steps } = this.#state
    this.#state = { ...state, epochs, steps, error: null }
    this.#order(state.step)
  }

  #resume(checkpoint: Checkpoint): void {
    const own = { seed: this.#options.seed, rows: this.#data.rows, batchSize: this.#batchSize }
    for (const name of ['seed', 'rows', 'batchSize'] as const)
      if (checkpoint[name] !== own[name])
        throw new ValueError(
          `createRun: the run to resume has ${name} ${checkpoint[name]}, this one ${own[name]}; they must be the same`,
        )
    if (checkpoint.state.step > this.#state.steps)
      throw new ValueError(
        `createRun: the run to resume did ${checkpoint.state.epoch} epochs already; give more than ${this.#options.epochs}`,
      )
    this.#restore(checkpoint)
    // Without early stopping a run that is done can go on for more epochs.
    const goesOn = this.#state.step < this.#state.steps && !checkpoint.bestWeights
    if (this.#state.status === 'done' && goesOn) this.#set({ status: 'paused' })
  }

  #diverge(error: DivergedError): void {
    this.#set({ status: 'diverged', error: this.#firstDivergence() ?? error })
    this.#options.callbacks?.onEnd?.(this.#state)
  }

  /** Whether all numbers that decide how the run goes on are finite. */
  #isFinite(): boolean {
    return this.#variablesAreFinite() && this.#whole.state.isFinite()
  }

  #variablesAreFinite(): boolean {
    return this.model.variables.every(({ values }) => findNonFinite(values) < 0)
  }

  /**
   * Where they are not, or steps not counted: does the steps since the last good snapshot again, one by
   * one, and stops before the step that made them so. Its error names the first node, which is one of the gradients
   * when the loss was finite still.
   */
  #firstDivergence(): DivergedError | null {
    // The call that failed may have done steps that the run does not count, so its weights are ahead of its state.
    const end = this.#whole.state.steps
    let ahead = end > this.#state.step
    for (const step of this.#snapshots.steps.reverse()) {
      if (!ahead && this.#isFinite()) break
      this.#restore(this.#snapshots.backTo(step))
      ahead = false
    }
    while (this.#state.step < end && this.#isFinite()) {
      const before = this.save()
      this.#replay(this.#state.step + 1)
      if (this.#isFinite()) continue
      const what = this.#variablesAreFinite() ? `what ${this.#options.optimizer.name} keeps` : 'a variable'
      this.#restore(before)
      return this.#last.diverged(`${what} became NaN or infinite`)
    }
    return null
  }
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
