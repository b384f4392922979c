// The engine of a run: steps forward and back, and keeps the history. It calls nobody; callbacks and status are in
// run.ts.

import { DivergedError, ShapeError, ValueError } from '../checks/errors.js'
import { didYouMean } from '../checks/nearest.js'
import type { Profile } from '../compile/profile.js'
import type { Columns, Dataset } from '../data/dataset.js'
import { splitChecked } from '../data/split.js'
import { Tensor } from '../graph/tensor.js'
import type { Model, Symbolic, Weights } from '../layers/model.js'
import { StepContext } from '../layers/training-context.js'
import { findNonFinite } from '../numbers/finite.js'
import { random } from '../numbers/random.js'
import type { OptimizerRecord } from '../training/optimizer-state.js'
import { Rows } from '../training/rows.js'
import { type Plateau, type PlateauRecord, reduceOnPlateau } from '../training/schedules.js'
import { compileStep, type TrainingStep } from '../training/step.js'
import { checkTargets } from './agreement.js'
import { Objective } from './objective.js'
import type { RunOptions, RunRecord } from './run.js'
import { addBatch, nameOf, type Part, type Score, type Sums, scoreOf } from './score.js'
import { Scorer } from './scorer.js'
import { checkSettings, type Settings, settingsOf } from './settings.js'
import { Snapshots } from './snapshots.js'

/** The progress of a run. */
export interface Progress {
  /** Completed epochs, and their total. */
  readonly epoch: number
  readonly epochs: number
  /** Completed steps, and their total. */
  readonly step: number
  readonly steps: number
  /**
   * Mean loss of the steps of this epoch so far, each before its update; once done, that of all rows with the final
   * weights. `null` before the first step.
   */
  readonly loss: number | null
  /** Accuracy of the last record; `null` before the first, and where there is no notion of correct. */
  readonly accuracy: number | null
  readonly validation: Score | null
  /** Up to 512 records, evenly spaced over the epochs, and one of the last epoch. */
  readonly history: readonly RunRecord[]
  /** The best record by the monitored value; `null` before the first. */
  readonly best: RunRecord | null
}

/** The full state of a run, as plain data. */
export interface Checkpoint {
  readonly seed: number
  readonly rows: number
  readonly batchSize: number
  /** The other settings that decide the bits of a run; it must be resumed with the same. */
  readonly settings: Settings
  readonly state: Progress & {
    readonly status: 'idle' | 'running' | 'paused' | 'done' | 'diverged' | 'cancelled'
  }
  /** Sums over the steps of the current epoch so far. */
  readonly sums: Sums
  /** Parameters, and the slots, counters and settings of the optimizer. */
  readonly optimizer: OptimizerRecord
  /** State of the plateau schedule, where the run has one. */
  readonly plateau: PlateauRecord | null
  /** Values of all variables of the model, by name. */
  readonly weights: Weights
  /** Those of the best record, with early stopping. */
  readonly bestWeights: Weights | null
  /** Those of the last step, where a run ended with the weights of its best record instead. */
  readonly lastWeights: Weights | null
}

type Snapshot = Omit<Checkpoint, 'settings'>
type ObjectivePart = ReturnType<Objective['graph']>['parts'][number]

/** The result of `advance`. */
export interface Advance {
  readonly steps: number
  /** Whether it completed an epoch (or several, of one step each). */
  readonly epochEnded: boolean
  readonly record: RunRecord | null
}

/** Maximum number of records in the history, plus a last one: more points than a chart can show. */
const historyLength = 512
/** Fraction of the time that snapshots may take. */
const snapshotShare = 0.01

export class Engine {
  readonly model: Model<Symbolic, Symbolic>
  readonly #scorer: Scorer
  readonly #objective: Objective
  progress: Progress
  /** Whether the last epoch, or early stopping, ended the run. */
  done = false
  readonly #options: RunOptions<Symbolic, Symbolic>
  readonly #data: Dataset<Columns, Columns>
  readonly #validation: Dataset<Columns, Columns> | null
  readonly #batchSize: number
  readonly #stepsPerEpoch: number
  /** Epochs between records. */
  readonly #recordInterval: number
  /** Intervals, in epochs, at whose ends callbacks observe the run. */
  readonly #observed: readonly number[]
  /** The step for full batches, and one for a smaller last batch. */
  readonly #whole: TrainingStep
  readonly #rest: TrainingStep | null
  /** The one that ran last. */
  #last: TrainingStep
  /** The scored parts of each output, in full batches and in the last one. */
  readonly #parts: readonly ObjectivePart[]
  readonly #restParts: readonly Part[]
  readonly #snapshots = new Snapshots<Snapshot>()
  /** When the last snapshot was taken and how long it took, in ms. */
  #snapshotTime = { at: Number.NEGATIVE_INFINITY, took: 0 }
  /** Changes of the learning rate from outside, in order; repeated when steps are. */
  #rates: { readonly step: number; readonly learningRate: number }[] = []
  readonly #plateau: Plateau | null
  /** Sums over the steps of this epoch so far. */
  #sums: Record<string, number> = {}
  #bestWeights: Weights | null = null
  #lastWeights: Weights | null = null
  #ownSettings: Settings | null = null

  /** `observed`: intervals, in epochs, at whose ends callbacks observe the run. */
  constructor(options: RunOptions<Symbolic, Symbolic>, observed: readonly number[]) {
    const { model, data, validation, epochs, seed, optimizer, plateau } = options
    this.model = model
    this.#options = options
    this.#objective = new Objective(model, options)
    this.#objective.checkFit('data', data)
    const split =
      typeof validation === 'number' ? splitChecked(data, { validationSplit: validation, seed }) : null
    this.#data = split?.training ?? data
    this.#validation = split?.validation ?? (validation as Dataset<Columns, Columns> | undefined) ?? null
    if (this.#validation && !split) this.#objective.checkFit('validation', this.#validation)
    const { rows } = this.#data
    const batchSize = Math.min(options.batchSize ?? rows, rows)
    const { monitor = 'loss' } = options
    const { all: monitors } = this.#objective.monitors
    if (!monitors.includes(monitor))
      throw new ValueError(
        `createRun: cannot monitor "${monitor}"; options are ${monitors.join(', ')}${didYouMean(monitor, monitors)}`,
      )
    if (plateau && typeof optimizer.learningRate === 'function')
      throw new ValueError(
        `createRun: plateau and the schedule of ${optimizer.name} both set the learning rate; use one of them`,
      )
    this.#batchSize = batchSize
    const remainder = rows % batchSize
    this.#stepsPerEpoch = Math.ceil(rows / batchSize)
    this.#recordInterval = Math.ceil(epochs / historyLength)
    this.#observed = observed
    this.#scorer = new Scorer(this.#objective, data.targetShape)

    const resident = new Rows(rows, this.#objective.columns(this.#data))
    const compiled = (count: number, state?: TrainingStep['state']) => {
      const context = new StepContext()
      const { inputs, parts, loss } = this.#objective.graph(count, data.targetShape, context)
      const watch: Record<string, Tensor> = {}
      for (const { name, lossOfBatch, meanWeight } of parts) {
        // The loss of a single output is that of the step.
        if (name !== '') watch[nameOf(name, 'loss')] = lossOfBatch
        if (meanWeight instanceof Tensor) watch[nameOf(name, 'weight')] = meanWeight
      }
      const step = { inputs, loss, watch, rows: resident, optimizer, context }
      return { parts, step: compileStep({ ...step, ...(state && { state }) }) }
    }
    const whole = compiled(batchSize)
    this.#whole = whole.step
    this.#parts = whole.parts
    checkTargets('data', this.#parts, data)
    if (this.#validation && !split) checkTargets('validation', this.#parts, this.#validation)
    const rest =
      remainder > 0 ? namingLastBatch(rows, batchSize, () => compiled(remainder, this.#whole.state)) : null
    this.#rest = rest?.step ?? null
    this.#restParts = rest?.parts ?? whole.parts
    this.#whole.state.period = this.#stepsPerEpoch
    this.#last = this.#whole
    this.#plateau = plateau
      ? reduceOnPlateau({ mode: this.#mode, ...plateau, learningRate: this.#whole.learningRate })
      : null
    for (const set of [this.#data, this.#validation]) if (set) this.#scorer.prepare(set.rows)
    this.progress = {
      epoch: 0,
      epochs,
      step: 0,
      steps: epochs * this.#stepsPerEpoch,
      loss: null,
      accuracy: null,
      validation: null,
      history: [],
      best: null,
    }
    if (options.resume) this.#resume(options.resume)
    this.#takeSnapshot()
  }

  /** The full state of the run. */
  save(): Checkpoint {
    return { ...this.#snapshot(), settings: this.#settings }
  }

  predict(inputs: Columns): Columns {
    return this.#scorer.predict(inputs)
  }

  evaluate(data: Dataset<Columns, Columns>): Score {
    this.#objective.checkFit('evaluate', data)
    checkTargets('evaluate', this.#parts, data)
    return this.#scorer.score(data)
  }

  get learningRate(): number {
    return this.#whole.learningRate
  }

  set learningRate(value: number) {
    this.#whole.learningRate = value
    const { step } = this.progress
    while (this.#rates.length > 0 && this.#rates.at(-1)!.step >= step) this.#rates.pop()
    this.#rates.push({ step, learningRate: value })
  }

  profile(): Profile {
    return this.#whole.profile()
  }

  /** Whether the last completed epoch still lacks its record. */
  get #recordDue(): boolean {
    const { step, epoch, epochs, history } = this.progress
    if (this.done || step === 0 || step % this.#stepsPerEpoch !== 0) return false
    return (epoch === epochs || epoch % this.#recordInterval === 0) && (history.at(-1)?.epoch ?? 0) < epoch
  }

  /** Whether the run ends at the last record. */
  get #endDue(): boolean {
    const { step, epoch, epochs, history } = this.progress
    if (this.done || history.at(-1)?.step !== step) return false
    return epoch === epochs || this.#isStopped()
  }

  /** Whether a record or the end of the run is due. */
  get due(): boolean {
    return this.#recordDue || this.#endDue
  }

  /**
   * Does what is due, or else up to `limit` steps, at most to the end of the epoch or to where callbacks observe the
   * run. When it throws, completed steps remain done, and the run can continue.
   * @throws DivergedError when a step produced non-finite values; the run is then before that step.
   */
  advance(limit: number): Advance {
    if (this.#recordDue) {
      const record = this.#record()
      const epochEnded = !this.#endDue
      this.#snapshotNowAndThen()
      return { steps: 0, epochEnded, record }
    }
    if (this.#endDue) {
      this.#end()
      return { steps: 0, epochEnded: true, record: null }
    }
    const begin = this.progress.step
    try {
      this.#run(Math.min(limit, this.progress.steps - begin))
      const { step, epoch } = this.progress
      const epochEnded = step % this.#stepsPerEpoch === 0
      const isObserved = epochEnded && this.#observed.some((interval) => epoch % interval === 0)
      if ((this.#recordDue || isObserved) && !this.#isFinite())
        throw new DivergedError('a parameter is not finite')
      this.#snapshotNowAndThen()
      return { steps: step - begin, epochEnded: epochEnded && !this.#recordDue, record: null }
    } catch (error) {
      if (error instanceof DivergedError) throw this.#firstDivergence() ?? error
      // Where a later step of the call failed, the weights are ahead of the counts here.
      const { steps } = this.#whole.state
      if (steps > this.progress.step) this.goBackTo(steps)
      throw error
    }
  }

  /** The earliest step that can be restored. */
  get firstStep(): number {
    return this.#snapshots.steps[0]!
  }

  /** Restores the run after `step` steps: from the nearest snapshot before, it repeats the steps from there. */
  goBackTo(step: number): void {
    this.#restore(this.#snapshots.backTo(step))
    this.#rates = this.#rates.filter((rate) => rate.step <= step)
    this.#repeat(step)
  }

  /** Repeats steps up to `step`, at their original learning rates. */
  #repeat(step: number): void {
    while (this.progress.step < step) this.advance(step - this.progress.step)
    while (this.due) this.advance(0)
    this.#setRate()
  }

  /** Runs up to `limit` steps in one call. */
  #run(limit: number): void {
    const perEpoch = this.#stepsPerEpoch
    const { step } = this.progress
    this.#setRate()
    const within = step % perEpoch
    if (within === 0) {
      this.#sums = {}
      this.#order(step)
    }
    const inRest = this.#rest !== null && within === perEpoch - 1
    this.#last = inRest ? this.#rest! : this.#whole
    const losses = this.#last.run(Math.min(limit, inRest ? 1 : this.#room(step)))
    const parts = inRest ? this.#restParts : this.#parts
    const { watched } = this.#last
    // Where an epoch is one step, only the last one counts.
    if (perEpoch === 1) this.#sums = {}
    for (let index = perEpoch === 1 ? losses.length - 1 : 0; index < losses.length; index++)
      for (const part of parts)
        addBatch(this.#sums, part, (name) => (name === 'loss' ? losses : watched[name]!)[index]!, false)
    const done = step + losses.length
    this.#set({
      step: done,
      epoch: Math.floor(done / perEpoch),
      loss: scoreOf(parts, this.#sums).loss,
    })
  }

  /** Steps from `step` on that one call can do: up to a smaller last batch, or to the end of an epoch. */
  #room(step: number): number {
    const perEpoch = this.#stepsPerEpoch
    const change = this.#rates.find((rate) => rate.step > step)
    const untilChange = (change?.step ?? Number.POSITIVE_INFINITY) - step
    if (perEpoch > 1) return Math.min(untilChange, (this.#rest ? perEpoch - 1 : perEpoch) - (step % perEpoch))
    // With one step per epoch the order never changes, so that one call can span many epochs.
    const intervals = [this.#recordInterval, ...this.#observed]
    return Math.min(untilChange, ...intervals.map((interval) => interval - (step % interval)))
  }

  /** Sets the row order of the epoch of `step`, starting with the rows of `step`. */
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

  /** Scores the current weights and adds a record to the history. */
  #record(): RunRecord {
    const { epoch, step, history, best } = this.progress
    const { earlyStopping } = this.#options
    const score = this.#scorer.score(this.#data)
    if (!Number.isFinite(score.loss))
      throw new DivergedError(
        `the loss of all rows is ${score.loss} after step ${step}. A smaller learning rate (now ${this.learningRate}), scaled inputs or a loss from logits usually cure it`,
      )
    const validation = this.#validation && this.#scorer.score(this.#validation)
    const record = { ...score, epoch, step, validation }
    const improved = best === null || this.#value(record) > this.#value(best) + (earlyStopping?.minDelta ?? 0)
    this.#set({ history: [...history, record], accuracy: score.accuracy, validation })
    if (improved) this.#set({ best: record })
    if (improved && earlyStopping) this.#bestWeights = this.model.getWeights()
    if (this.#plateau) this.#fall(this.#plateau, record)
    return record
  }

  /** Ends the run; with early stopping, at the weights of its best record. */
  #end(): void {
    const { history, best } = this.progress
    this.done = true
    let last = history.at(-1)!
    if (this.#bestWeights && best!.step !== last.step) {
      this.#lastWeights = this.model.getWeights()
      this.model.setWeights(this.#bestWeights)
      last = best!
    }
    const { loss, accuracy, validation } = last
    this.#set({ loss, accuracy, validation })
  }

  /** Whether early stopping ends the run now. */
  #isStopped(): boolean {
    const { epoch, best } = this.progress
    return best !== null && epoch - best.epoch >= (this.#options.earlyStopping?.patience ?? Infinity)
  }

  get #mode(): 'min' | 'max' {
    const { monitor = 'loss', mode } = this.#options
    return mode ?? (this.#objective.monitors.losses.includes(monitor) ? 'min' : 'max')
  }

  /** The monitored value. */
  #monitored(record: RunRecord): number {
    const { monitor = 'loss' } = this.#options
    const { loss, accuracy, metrics } = record.validation ?? record
    return monitor === 'loss' ? loss : (metrics?.[monitor] ?? accuracy!)
  }

  /** The same with its sign such that more is better. */
  #value(record: RunRecord): number {
    const value = this.#monitored(record)
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : this.#mode === 'max' ? value : -value
  }

  /** Reduces the learning rate on a plateau. */
  #fall(plateau: Plateau, record: RunRecord): void {
    const { learningRate } = this
    plateau.restore({ ...plateau.save(), learningRate })
    const next = plateau.next(this.#monitored(record))
    if (next !== learningRate) this.#whole.learningRate = next
  }

  #set(change: Partial<Progress>): void {
    this.progress = { ...this.progress, ...change }
  }

  /** Computed once, since it reads all data. */
  get #settings(): Settings {
    this.#ownSettings ??= settingsOf(this.#options, [this.#data, this.#validation])
    return this.#ownSettings
  }

  #snapshot(): Snapshot {
    const { step } = this.progress
    // Parameters are copied once, for both the optimizer state and the weights.
    const copies = new Map(
      this.model.variables.map((variable) => [variable, Float32Array.from(variable.values)]),
    )
    return {
      seed: this.#options.seed,
      rows: this.#data.rows,
      batchSize: this.#batchSize,
      state: { ...this.progress, status: this.done ? 'done' : step === 0 ? 'idle' : 'paused' },
      sums: { ...this.#sums },
      optimizer: this.#whole.state.save(copies),
      plateau: this.#plateau?.save() ?? null,
      weights: Object.fromEntries(Array.from(copies, ([{ name }, values]) => [name, values])),
      bestWeights: this.#bestWeights,
      lastWeights: this.#lastWeights,
    }
  }

  #takeSnapshot(): void {
    const begin = performance.now()
    const snapshot = this.#snapshot()
    const bytes = 4 * this.model.variables.reduce((total, { size }) => total + size, 0)
    this.#snapshots.add(this.progress.step, bytes * (2 + this.#options.optimizer.slots.length), snapshot)
    const end = performance.now()
    this.#snapshotTime = { at: end, took: end - begin }
  }

  #snapshotNowAndThen(): void {
    const { at, took } = this.#snapshotTime
    if (performance.now() - at > took / snapshotShare && !this.due && !this.done) this.#takeSnapshot()
  }

  /** Repeats a change of the learning rate at its step. */
  #setRate(): void {
    const change = this.#rates.find(({ step }) => step === this.progress.step)
    if (change) this.#whole.learningRate = change.learningRate
  }

  #restore(snapshot: Snapshot): void {
    const { state, sums, optimizer, plateau, weights, bestWeights, lastWeights } = snapshot
    this.model.setWeights(weights)
    this.#whole.state.restore(optimizer)
    if (plateau) this.#plateau?.restore(plateau)
    this.#sums = { ...sums }
    this.#bestWeights = bestWeights
    this.#lastWeights = lastWeights
    const { epochs, steps } = this.progress
    const { status, ...progress } = state
    this.progress = { ...progress, epochs, steps }
    this.done = status === 'done'
    this.#order(state.step)
  }

  #resume(checkpoint: Checkpoint): void {
    const own = { seed: this.#options.seed, rows: this.#data.rows, batchSize: this.#batchSize }
    const { seed, rows, batchSize } = checkpoint
    checkSettings({ ...checkpoint.settings, seed, rows, batchSize }, { ...this.#settings, ...own })
    const { state, bestWeights, lastWeights, weights } = checkpoint
    if (state.step > this.progress.steps)
      throw new ValueError(
        `createRun: the run to resume has completed ${state.epoch} epochs; set epochs to more than ${this.#options.epochs}`,
      )
    const { earlyStopping } = this.#options
    if (earlyStopping && state.best && !bestWeights && state.best.step !== state.step)
      throw new ValueError(
        'createRun: the run to resume had no earlyStopping and did not keep the weights of its best record; resume without earlyStopping, or from the checkpoint of that record',
      )
    this.#restore(checkpoint)
    this.#bestWeights = earlyStopping ? (bestWeights ?? (state.best ? weights : null)) : null
    if (this.done && this.progress.step < this.progress.steps && !this.#isStopped()) {
      this.done = false
      if (lastWeights) this.model.setWeights(lastWeights)
      this.#lastWeights = null
    }
  }

  /** Whether the whole state of the run is finite. */
  #isFinite(): boolean {
    return this.#variablesAreFinite() && this.#whole.state.isFinite()
  }

  #variablesAreFinite(): boolean {
    return this.model.variables.every(({ values }) => findNonFinite(values) < 0)
  }

  /**
   * Where it is not: repeats the steps since the last good snapshot one by one, and stops before the step that
   * diverged. Its error names the first node, which is one of the gradients if the loss was still finite.
   */
  #firstDivergence(): DivergedError | null {
    // The call that failed may have done steps that the run does not count, so the weights are ahead of the state.
    const end = this.#whole.state.steps
    let ahead = end > this.progress.step
    for (const step of this.#snapshots.steps.reverse()) {
      if (!ahead && this.#isFinite()) break
      this.#restore(this.#snapshots.backTo(step))
      ahead = false
    }
    while (this.progress.step < end && this.#isFinite()) {
      const before = this.#snapshot()
      this.#run(1)
      if (this.#isFinite()) {
        if (this.#recordDue) this.#record()
        continue
      }
      const what = this.#variablesAreFinite() ? `the state of ${this.#options.optimizer.name}` : 'a variable'
      this.#restore(before)
      return this.#last.diverged(`${what} became NaN or infinite`)
    }
    return null
  }
}

/** Where the smaller last batch is what fails, the error says so, and suggests a batch size that avoids it. */
function namingLastBatch<T>(rows: number, batchSize: number, compiled: () => T): T {
  try {
    return compiled()
  } catch (error) {
    if (error instanceof ShapeError) {
      let better = batchSize + 1
      while (rows % better === 1) better++
      error.message += `; ${rows} rows in batches of ${batchSize} leave ${rows % batchSize}; a batchSize of ${better} leaves ${rows % better}`
    }
    throw error
  }
}
