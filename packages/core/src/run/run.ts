// A training run: what starts, pauses and steps it, and who is told. It draws nothing and knows no clock that could
// change a result.
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
  /**
   * Lets the learning rate fall when what is monitored gets no better. It begins with that of the optimizer, which must
   * be a number.
   */
  plateau?: Omit<PlateauOptions, 'learningRate'>
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
  minDelta?: number
}

/** What is saved during a run, and when. */
export interface CheckpointOptions {
  /**
   * Takes plain data, which `structuredClone` and messages between threads can copy. A promise is awaited. When it fails
   * the run pauses, `start` rejects with the error, and starting again saves again.
   */
  save: (checkpoint: Checkpoint) => unknown
  /** At the end of every so many epochs; by default at each record that is better than all before. */
  every?: number
  /** Is told that `save` failed, and training goes on. */
  onError?: (error: unknown) => unknown
}

/**
 * Each is called with the state of the run, and awaited where it returns a promise; one that throws pauses the run.
 * `onStep` and `onEpoch` cost the speed of many steps in one call.
 */
export interface Callbacks {
  onStep?: (state: RunState) => unknown
  onEpoch?: (state: RunState) => unknown
  /** After each record of the history. */
  onRecord?: (record: RunRecord, state: RunState) => unknown
  /** When the run is done, diverged or cancelled. */
  onEnd?: (state: RunState) => unknown
}

/** An epoch that is done, measured with the weights that came of it, on all rows that are trained on. */
export interface RunRecord extends Score {
  readonly epoch: number
  readonly step: number
  /** The same of the rows that training does not see. */
  readonly validation: Score | null
}

/** What can be seen of a run at one time. */
export interface RunState extends Progress {
  readonly status: 'idle' | 'running' | 'paused' | 'done' | 'diverged' | 'cancelled'
  readonly error: DivergedError | null
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
   * Trains to the last epoch, letting other work of the thread go on in between. Resolves when done, paused or cancelled;
   * called again after a pause it goes on. It rejects with what a callback, `checkpoint.save` or a step throws; the run
   * is then paused at the last step done, and goes on from there when it is called again.
   * @throws DivergedError when a loss, a gradient or what is trained becomes NaN or infinite.
   */
  start(): Promise<RunState>
  /** Stops after the steps that are under way. */
  pause(): void
  /** Ends the run after the steps that are under way, with the weights that it has. */
  cancel(): void
  /**
   * Does some steps at once, and no more than are left; that a run diverges is said by its status. What the promise of a
   * callback is rejected with is thrown by the next call.
   */
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

/** How long steps may keep the thread before others get their turn, in ms. It has no influence on results. */
const sliceTime = 12
/**
 * Prepares a training run. A model of several inputs and outputs takes records of data, losses and metrics, by the
 * names that it has for them.
 * @throws ShapeError when data and model do not fit; DataError for numbers that are not finite; ValueError for
 * options out of range.
 */
export function createRun<I extends Symbolic, O extends Symbolic>(options: RunOptions<I, O>): Run<I, O> {
  return blamingCaller(createRun, () => {
    const given = options as unknown as RunOptions<Symbolic, Symbolic>
    checkOptions('createRun', given, checks)
    return new ModelRun(given) as unknown as Run<I, O>
  })
}

/** What is looked at more closely where it is used. */
const checkLater: Check<never> = (_caller, _name, value) => value as never

const checks: Checks<RunOptions<Symbolic, Symbolic>> = {
  model: check(
    'a model, e.g. sequential([…])',
    // Every function has `apply`.
    (value) => typeof (value as Model | null)?.setWeights === 'function',
  ),
  optimizer: checkOptimizer,
  data: checkLater,
  validation: (caller, name, value) =>
    typeof value === 'number' ? checkFraction(caller, name, value) : (value as never),
  loss: checkLater,
  lossWeights: optional(check<never>('an object of weights by name of output', isRecord)),
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
      'what save() of a run gives',
      (value) =>
        isRecord(value) && ['state', 'sums', 'optimizer', 'weights'].every((part) => isRecord(value[part])),
    ),
  ),
}

/** Something to be told. */
interface Event {
  readonly tell: () => unknown
  /** Whether it must be told again when telling it failed. */
  readonly again: boolean
}

class ModelRun implements Run<Symbolic, Symbolic> {
  readonly model: Model<Symbolic, Symbolic>
  readonly #options: RunOptions<Symbolic, Symbolic>
  readonly #engine: Engine
  readonly #listeners = new Set<(state: RunState) => void>()
  #state: RunState
  #stop: 'pause' | 'cancel' | null = null
  /** What happened and was not told yet, since someone who was told before threw. */
  #events: Event[] = []
  /** What those who were told while stepping have promised. */
  #held: Promise<unknown> = Promise.resolve()
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
    if (this.#isRunning()) throw new ValueError('start: the run is running already')
    await this.#held
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
        // Towards as many steps as fit the slice, by at most a factor of two at a time.
        count = Math.max(
          1,
          Math.round(count * Math.min(2, Math.max(0.5, sliceTime / Math.max(elapsed, 0.01)))),
        )
        await this.#settle()
        this.#notify()
        if (!this.#isRunning()) break
        await nextTurn()
        await this.#settle()
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
    this.#hold(this.#settle())
    this.#notify()
  }

  step(count = 1): RunState {
    this.#checkStill('step', count)
    this.#throwFailure()
    if (this.#isOver()) return this.#state
    this.#stop = null
    try {
      this.#set('paused')
      for (const answer of this.#advance(count)) if (isPromise(answer)) this.#hold(answer)
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
    this.#events = []
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

  /** Tells all listeners; the first error of one of them is thrown when all were told. */
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

  /** Pauses where something threw, also where nothing is left but to tell what happened. */
  #halt(): void {
    if (!this.#isOver() || this.#events.length > 0) this.#set('paused', this.#state.error)
    try {
      this.#notify()
    } catch {
      // What threw first is what the caller gets.
    }
  }

  #hold(answer: Promise<unknown>): void {
    const failed = answer.then(
      () => {},
      (error) => {
        this.#failure ??= { error }
      },
    )
    this.#held = Promise.all([this.#held, failed])
  }

  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = null
    if (failure) throw failure.error
  }

  /** Pauses or cancels where that was asked for. */
  async #settle(): Promise<void> {
    if (this.#stop === null || this.#isOver()) return
    const cancelled = this.#stop === 'cancel'
    this.#set(cancelled ? 'cancelled' : 'paused')
    if (cancelled) await this.#options.callbacks?.onEnd?.(this.#state)
  }

  /** Does up to `count` steps, cut where someone is to be told; yields what those who are told return. */
  *#advance(count: number): Generator<unknown> {
    const { onStep, onRecord, onEpoch, onEnd } = this.#options.callbacks ?? {}
    const { save, every } = this.#options.checkpoint ?? {}
    const { status } = this.#state
    const tell = (callback: ((state: RunState) => unknown) | undefined) => {
      const state = this.#state
      if (callback) this.#events.push({ tell: () => callback(state), again: false })
    }
    yield* this.#tell()
    let left = count
    while (!this.#isOver() && !this.#engine.done) {
      if (!this.#engine.due && (left <= 0 || this.#stop !== null)) return
      try {
        const { steps, record, epochEnded } = this.#engine.advance(onStep ? 1 : left)
        left -= steps
        this.#set(this.#engine.done ? 'done' : status)
        if (steps > 0) tell(onStep)
        if (record) tell(onRecord && ((state) => onRecord(record, state)))
        const { epoch, step, best } = this.#state
        if (save && epochEnded && (every === undefined ? best?.step === step : epoch % every === 0))
          this.#events.push({ tell: () => this.#save(), again: true })
        if (epochEnded) tell(onEpoch)
      } catch (error) {
        if (!(error instanceof DivergedError)) throw error
        this.#set('diverged', error)
      }
      if (this.#isOver()) tell(onEnd)
      yield* this.#tell()
    }
    if (this.#engine.done) this.#set('done')
  }

  /** Tells what happened. What throws is not told again, but for what must be. */
  *#tell(): Generator<unknown> {
    for (let event = this.#events[0]; event; event = this.#events[0]) {
      if (!event.again) this.#events.shift()
      yield event.tell()
      if (event.again) this.#events.shift()
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
