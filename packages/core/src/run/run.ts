// A training run: its status, control and callbacks. The clock never influences results.
import {
  type Check,
  type Checks,
  check,
  checkCount,
  checkFraction,
  checkFunction,
  checkNotNegative,
  checkOptions,
  checkPositive,
  checkSeed,
  checkText,
  integerFrom,
  isRecord,
  oneOf,
  optional,
  optionsOf,
} from '../checks/check-options.js'
import { blamingCaller, DivergedError, ValueError } from '../checks/errors.js'
import type { Profile } from '../compile/profile.js'
import type { Columns, Dataset } from '../data/dataset.js'
import type { SymbolicTensor } from '../layers/layer.js'
import type { Each, Model, Symbolic } from '../layers/model.js'
import { checkOptimizer, type Optimizer } from '../training/optimizers.js'
import type { PlateauOptions } from '../training/schedules.js'
import { type Checkpoint, Engine, type Progress } from './engine.js'
import type { DatasetFor, ObjectiveOptions } from './objective.js'
import type { Score } from './score.js'

/** Options of `createRun`. */
export interface RunOptions<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor>
  extends ObjectiveOptions<O> {
  model: Model<I, O>
  optimizer: Optimizer
  /** Training data; for several inputs or outputs, by their names in the model. */
  data: DatasetFor<I, O>
  /** Validation data, or the fraction of the data to hold out for validation. */
  validation?: DatasetFor<I, O> | number
  /** Rows per step; all by default. */
  batchSize?: number
  /** Passes over the data. */
  epochs: number
  /** Seed of the order of rows and of the validation split. */
  seed: number
  /**
   * The value that decides which epoch is best: `loss` (default), `accuracy`, or the name of a metric, of the
   * validation rows if there are any. For one of several outputs, with its name: `left.accuracy`.
   */
  monitor?: string
  /** Whether lower or higher values of it are better; by default `min` for losses and `max` for all else. */
  mode?: 'min' | 'max'
  /**
   * Reduces the learning rate when the monitored value stops improving. It starts from that of the optimizer, which
   * must be a number.
   */
  plateau?: Omit<PlateauOptions, 'learningRate'>
  /** Ends the run when the monitored value stops improving, and always restores the weights of the best epoch. */
  earlyStopping?: EarlyStopping
  /** Saves the state of the run during training. */
  checkpoint?: CheckpointOptions
  /** Callbacks during training; they may change the run. */
  callbacks?: Callbacks
  /** The checkpoint of an earlier run to resume, with the same bits. */
  resume?: Checkpoint
}

/** Options of early stopping, which compares records; there is one per epoch up to 512 epochs. */
export interface EarlyStopping {
  /** Epochs without improvement before stopping. */
  patience: number
  /** Smallest change that counts as an improvement; default 0. */
  minDelta?: number
}

/** Options of checkpointing. */
export interface CheckpointOptions {
  /**
   * Receives plain data, which can be cloned and posted between threads. A promise is awaited. If it fails, the run
   * pauses, `start` rejects with the error, and starting again saves again.
   */
  save: (checkpoint: Checkpoint) => unknown
  /** Interval in epochs; by default at each record that is the best so far. */
  every?: number
  /** Called when `save` fails; training then continues. */
  onError?: (error: unknown) => unknown
}

/**
 * Each is called with the state of the run, and awaited if it returns a promise; one that throws pauses the run.
 * `onStep` and `onEpoch` are slower, since they limit the number of steps per call into the kernel.
 */
export interface Callbacks {
  onStep?: (state: RunState) => unknown
  onEpoch?: (state: RunState) => unknown
  /** After each record of the history. */
  onRecord?: (record: RunRecord, state: RunState) => unknown
  /** When the run is done, diverged or cancelled. */
  onEnd?: (state: RunState) => unknown
}

/** The score of the weights at the end of an epoch on all training rows. */
export interface RunRecord extends Score {
  readonly epoch: number
  readonly step: number
  /** The score on the validation rows. */
  readonly validation: Score | null
}

/** A snapshot of the state of a run. */
export interface RunState extends Progress {
  readonly status: 'idle' | 'running' | 'paused' | 'done' | 'diverged' | 'cancelled'
  readonly error: DivergedError | null
}

/**
 * A training run, which can be started, paused, stepped and stepped back. It has diverged when a loss, a gradient, a
 * parameter or optimizer state became NaN or infinite; its error names the first node that produced such a value, and
 * the run is before that step. Infinities that reach none of these, such as a mask of −Infinity, do not count.
 */
export interface Run<I extends Symbolic = SymbolicTensor, O extends Symbolic = SymbolicTensor> {
  readonly model: Model<I, O>
  getState(): RunState
  /** Calls `listener` after every change of the state; returns a function that unsubscribes. */
  subscribe(listener: (state: RunState) => void): () => void
  /**
   * Trains to the last epoch, yielding to other work of the thread in between. Resolves when done, paused or
   * cancelled; call it again after a pause to resume. It rejects with what a callback, `checkpoint.save` or a step
   * throws; the run is then paused after the last completed step, and resumes from there.
   * @throws DivergedError when a loss, a gradient or a parameter becomes NaN or infinite.
   */
  start(): Promise<RunState>
  /** Pauses after the steps in progress. */
  pause(): void
  /** Ends the run after the steps in progress, with the current weights. */
  cancel(): void
  /**
   * Does up to `count` steps synchronously; divergence is reported by the status. The rejection of a promise of a
   * callback is thrown by the next call.
   */
  step(count?: number): RunState
  /**
   * Undoes up to `count` steps, at most to where the run began or was resumed: weights, optimizer, history and order
   * of rows become what they were, to the bit. It restores the nearest snapshot before and repeats the steps from
   * there.
   */
  stepBack(count?: number): RunState
  /** The full state of the run, as plain data: pass it to `createRun` as `resume`. */
  save(): Checkpoint
  /** Predictions for rows of inputs, row by row: probabilities or values, according to the loss. */
  predict(inputs: Each<I, Float32Array>): Each<O, Float32Array>
  /** The score of the current weights on a dataset. */
  evaluate(data: DatasetFor<I, O>): Score
  /** All parameters in one array, in the order of the model. */
  weights(): Float32Array
  /**
   * Times every instruction of a training step, and the whole; leaves the run unchanged.
   * @throws ValueError while the run is running.
   */
  profile(): Profile
  /** May be set while training; nothing is recompiled. */
  learningRate: number
}

/** How long steps may block the thread, in ms. It has no influence on results. */
const sliceTime = 12

/**
 * Creates a training run. For a model with several inputs or outputs, data, losses and metrics are records by their
 * names in the model.
 * @throws ShapeError when data and model do not match; DataError for non-finite data; ValueError for invalid options.
 */
export function createRun<I extends Symbolic, O extends Symbolic>(options: RunOptions<I, O>): Run<I, O> {
  return blamingCaller(createRun, () => {
    const given = options as unknown as RunOptions<Symbolic, Symbolic>
    checkOptions('createRun', given, checks)
    return new ModelRun(given) as unknown as Run<I, O>
  })
}

/** Checked where it is used. */
const checkLater: Check<never> = (_caller, _name, value) => value as never

const checks: Checks<RunOptions<Symbolic, Symbolic>> = {
  model: check(
    'a model, e.g. sequential([…])',
    // Not `apply`: every function has it.
    (value) => typeof (value as Model | null)?.setWeights === 'function',
  ),
  optimizer: checkOptimizer,
  data: checkLater,
  validation: (caller, name, value) =>
    typeof value === 'number' ? checkFraction(caller, name, value) : (value as never),
  loss: checkLater,
  lossWeights: optional(check<never>('an object of weights by output name', isRecord)),
  metrics: optional(check<never>('an object of metrics by name', isRecord)),
  batchSize: optional(checkCount),
  epochs: checkCount,
  seed: checkSeed,
  monitor: optional(checkText),
  mode: optional(oneOf(['min', 'max'])),
  plateau: optional(
    optionsOf<Omit<PlateauOptions, 'learningRate'>>({
      factor: optional(checkPositive),
      patience: optional(integerFrom(0)),
      threshold: optional(checkNotNegative),
      cooldown: optional(integerFrom(0)),
      minLearningRate: optional(checkNotNegative),
      mode: optional(oneOf(['min', 'max'])),
    }),
  ),
  earlyStopping: optional(
    optionsOf<EarlyStopping>({ patience: checkCount, minDelta: optional(checkNotNegative) }),
  ),
  checkpoint: optional(
    optionsOf<CheckpointOptions>({
      save: checkFunction,
      every: optional(checkCount),
      onError: optional(checkFunction),
    }),
  ),
  callbacks: optional(
    optionsOf<Callbacks>({
      onStep: optional(checkFunction),
      onEpoch: optional(checkFunction),
      onRecord: optional(checkFunction),
      onEnd: optional(checkFunction),
    }),
  ),
  resume: optional(
    check<Checkpoint>(
      'a checkpoint, as returned by save() of a run',
      (value) =>
        isRecord(value) && ['state', 'sums', 'optimizer', 'weights'].every((part) => isRecord(value[part])),
    ),
  ),
}

/** A pending callback. */
interface Pending {
  readonly call: () => unknown
  /** Whether to call it again if it failed. */
  readonly retry: boolean
}

class ModelRun implements Run<Symbolic, Symbolic> {
  readonly model: Model<Symbolic, Symbolic>
  readonly #options: RunOptions<Symbolic, Symbolic>
  readonly #engine: Engine
  readonly #listeners = new Set<(state: RunState) => void>()
  #state: RunState
  #stop: 'pause' | 'cancel' | null = null
  /** Pending callbacks; some remain after one before them threw. */
  #pending: Pending[] = []
  /** Promises that callbacks returned while stepping. */
  #promises: Promise<unknown> = Promise.resolve()
  #failure: { readonly error: unknown } | null = null

  constructor(options: RunOptions<Symbolic, Symbolic>) {
    const { checkpoint, callbacks } = options
    this.#options = options
    this.#engine = new Engine(options, [
      ...(checkpoint?.every ? [checkpoint.every] : []),
      ...(callbacks?.onEpoch ? [1] : []),
    ])
    this.model = this.#engine.model
    const { done, progress } = this.#engine
    this.#state = { ...progress, status: done ? 'done' : progress.step > 0 ? 'paused' : 'idle', error: null }
  }

  getState(): RunState {
    return this.#state
  }

  subscribe(listener: (state: RunState) => void): () => void {
    checkFunction('subscribe', 'the listener', listener)
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async start(): Promise<RunState> {
    if (this.#isRunning()) throw new ValueError('start: the run is already running')
    await this.#promises
    this.#throwFailure()
    if (this.#state.error) throw this.#state.error
    if (this.#isOver()) return this.#state
    this.#stop = null
    try {
      this.#set('running')
      this.#notify()
      let count = 1
      while (this.#isRunning()) {
        const begin = performance.now()
        for (const answer of this.#advance(count)) if (isPromise(answer)) await answer
        const elapsed = performance.now() - begin
        // Approaches as many steps as fit the slice, by at most a factor of two at a time.
        count = Math.max(
          1,
          Math.round(count * Math.min(2, Math.max(0.5, sliceTime / Math.max(elapsed, 0.01)))),
        )
        await this.#applyStop()
        this.#notify()
        if (!this.#isRunning()) break
        await nextTurn()
        await this.#applyStop()
        if (!this.#isRunning()) this.#notify()
      }
    } catch (error) {
      this.#halt()
      throw error
    }
    if (this.#state.error) throw this.#state.error
    return this.#state
  }

  pause(): void {
    this.#stop ??= 'pause'
  }

  cancel(): void {
    this.#stop = 'cancel'
    if (this.#isRunning() || this.#isOver()) return
    this.#track(this.#applyStop())
    this.#notify()
  }

  step(count = 1): RunState {
    this.#checkStill('step', count)
    this.#throwFailure()
    if (this.#isOver()) return this.#state
    this.#stop = null
    try {
      this.#set('paused')
      for (const answer of this.#advance(count)) if (isPromise(answer)) this.#track(answer)
      this.#notify()
    } catch (error) {
      this.#halt()
      throw error
    }
    return this.#state
  }

  stepBack(count = 1): RunState {
    this.#checkStill('stepBack', count)
    this.#throwFailure()
    const target = Math.max(this.#engine.firstStep, this.#state.step - count)
    if (target === this.#state.step) return this.#state
    this.#pending = []
    this.#engine.goBackTo(target)
    this.#set(target === 0 ? 'idle' : 'paused')
    this.#notify()
    return this.#state
  }

  save(): Checkpoint {
    return this.#engine.save()
  }

  predict(inputs: Columns): Columns {
    return this.#engine.predict(inputs)
  }

  evaluate(data: Dataset<Columns, Columns>): Score {
    return this.#engine.evaluate(data)
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
    if (this.#isRunning()) throw new ValueError('profile: the run is running; pause it first')
    return this.#engine.profile()
  }

  get learningRate(): number {
    return this.#engine.learningRate
  }

  set learningRate(value: number) {
    this.#engine.learningRate = value
  }

  #isRunning(): boolean {
    return this.#state.status === 'running'
  }

  #isOver(): boolean {
    return ['done', 'diverged', 'cancelled'].includes(this.#state.status)
  }

  #checkStill(caller: string, count: number): void {
    checkCount(caller, 'the number of steps', count)
    if (this.#isRunning()) throw new ValueError(`${caller}: the run is running; pause it first`)
  }

  #set(status: RunState['status'], error: DivergedError | null = null): void {
    this.#state = { ...this.#engine.progress, status, error }
  }

  /** Calls all listeners, then throws the first error of any of them. */
  #notify(): void {
    const errors: unknown[] = []
    for (const listener of this.#listeners)
      try {
        listener(this.#state)
      } catch (error) {
        errors.push(error)
      }
    if (errors.length > 0) throw errors[0]
  }

  /** Pauses after an error, also where only callbacks are pending. */
  #halt(): void {
    if (!this.#isOver() || this.#pending.length > 0) this.#set('paused', this.#state.error)
    try {
      this.#notify()
    } catch {
      // The caller gets the first error.
    }
  }

  #track(answer: Promise<unknown>): void {
    const failed = answer.then(
      () => {},
      (error) => {
        this.#failure ??= { error }
      },
    )
    this.#promises = Promise.all([this.#promises, failed])
  }

  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = null
    if (failure) throw failure.error
  }

  /** Pauses or cancels if requested. */
  async #applyStop(): Promise<void> {
    if (this.#stop === null || this.#isOver()) return
    const cancelled = this.#stop === 'cancel'
    this.#set(cancelled ? 'cancelled' : 'paused')
    if (cancelled) await this.#options.callbacks?.onEnd?.(this.#state)
  }

  /** Does up to `count` steps, stopping where callbacks are due; yields what these return. */
  *#advance(count: number): Generator<unknown> {
    const { onStep, onRecord, onEpoch, onEnd } = this.#options.callbacks ?? {}
    const { save, every } = this.#options.checkpoint ?? {}
    const { status } = this.#state
    const queue = (callback: ((state: RunState) => unknown) | undefined) => {
      const state = this.#state
      if (callback) this.#pending.push({ call: () => callback(state), retry: false })
    }
    yield* this.#callPending()
    let left = count
    while (!this.#isOver() && !this.#engine.done) {
      if (!this.#engine.due && (left <= 0 || this.#stop !== null)) return
      try {
        const { steps, record, epochEnded } = this.#engine.advance(onStep ? 1 : left)
        left -= steps
        this.#set(this.#engine.done ? 'done' : status)
        if (steps > 0) queue(onStep)
        if (record) queue(onRecord && ((state) => onRecord(record, state)))
        const { epoch, step, best } = this.#state
        if (save && epochEnded && (every === undefined ? best?.step === step : epoch % every === 0))
          this.#pending.push({ call: () => this.#save(), retry: true })
        if (epochEnded) queue(onEpoch)
      } catch (error) {
        if (!(error instanceof DivergedError)) throw error
        this.#set('diverged', error)
      }
      if (this.#isOver()) queue(onEnd)
      yield* this.#callPending()
    }
    if (this.#engine.done) this.#set('done')
  }

  /** Calls pending callbacks. One that throws is not called again unless it must be. */
  *#callPending(): Generator<unknown> {
    for (let pending = this.#pending[0]; pending; pending = this.#pending[0]) {
      if (!pending.retry) this.#pending.shift()
      yield pending.call()
      if (pending.retry) this.#pending.shift()
    }
  }

  #save(): unknown {
    const { save, onError } = this.#options.checkpoint!
    if (!onError) return save(this.#engine.save())
    try {
      const answer = save(this.#engine.save())
      return isPromise(answer) ? answer.then(undefined, onError) : answer
    } catch (error) {
      return onError(error)
    }
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null)?.then === 'function'
}

/** Yields to other tasks of the thread. */
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
