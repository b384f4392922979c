// Does the steps of a run, forward and back, and keeps its records. It calls nobody: what is told of it, and when, is
// the session's.

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
import { type Plateau, type PlateauRecord, reduceOnPlateau } from '../training/schedules.js'
import { compileStep, Rows, type TrainingStep } from '../training/step.js'
import { checkTargets } from './agreement.js'
import { Objective } from './objective.js'
import type { RunOptions, RunRecord } from './run.js'
import { addBatch, nameOf, type Part, type Score, type Sums, scoreOf } from './score.js'
import { Scorer } from './scorer.js'
import { checkSettings, type Settings, settingsOf } from './settings.js'
import { Snapshots } from './snapshots.js'

/** How far a run is, and how good. */
export interface Progress {
  /** Whole epochs done, and how many there will be. */
  readonly epoch: number
  readonly epochs: number
  /** Steps done, and how many there will be. */
  readonly step: number
  readonly steps: number
  /**
   * Mean loss of the steps of this epoch so far, each before its update; of all rows and the final weights once done.
   * `null` before the first step.
   */
  readonly loss: number | null
  /** Of the last record; `null` before the first, and where right and wrong mean nothing. */
  readonly accuracy: number | null
  readonly validation: Score | null
  /** Up to 512 records, evenly spaced over the epochs so far, and one of the last epoch. */
  readonly history: readonly RunRecord[]
  /** The best record by what is monitored; `null` before the first. */
  readonly best: RunRecord | null
}

/** Everything that decides how a run goes on, as plain data. */
export interface Checkpoint {
  readonly seed: number
  readonly rows: number
  readonly batchSize: number
  /** What else decides the bits of a run, which is resumed with the same. */
  readonly settings: Settings
  readonly state: Progress & {
    readonly status: 'idle' | 'running' | 'paused' | 'done' | 'diverged' | 'cancelled'
  }
  /** What the steps of the present epoch so far add up to. */
  readonly sums: Sums
  /** What the optimizer changes: parameters, its slots, counters and settings. */
  readonly optimizer: OptimizerRecord
  /** What the fall of the learning rate goes by, where the run has a plateau. */
  readonly plateau: PlateauRecord | null
  /** Numbers of all variables of the model, by name. */
  readonly weights: Weights
  /** Those of the best record, where early stopping wants them. */
  readonly bestWeights: Weights | null
  /** Those of the last step, of a run that ended with the weights of its best record instead. */
  readonly lastWeights: Weights | null
}

type Snapshot = Omit<Checkpoint, 'settings'>
type JudgedPart = ReturnType<Objective['graph']>['parts'][number]

/** What one call of `advance` did. */
export interface Advance {
  readonly steps: number
  /** Whether it ended an epoch, or several of one step each. */
  readonly epochEnded: boolean
  readonly record: RunRecord | null
}

/** Records in the history at most, but for a last one: more points than a chart can show. */
const historyLength = 512
/** Snapshots may take this share of the time, so they are taken the more rarely the longer they take. */
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
  /** Epochs from one record to the next. */
  readonly #recordInterval: number
  /** Epochs from one look at the run to the next, of everyone who wants to look. */
  readonly #looks: readonly number[]
  /** Whole batches, and the smaller last one if there is one. */
  readonly #whole: TrainingStep
  readonly #rest: TrainingStep | null
  /** The one of them that ran last. */
  #last: TrainingStep
  /** What is scored of each output, in whole batches and in the last one. */
  readonly #parts: readonly JudgedPart[]
  readonly #restParts: readonly Part[]
  readonly #snapshots = new Snapshots<Snapshot>()
  /** When the last snapshot was taken and how long that took, in ms. */
  #snapshotTime = { at: Number.NEGATIVE_INFINITY, took: 0 }
  /** Changes of the learning rate from outside, in order, which are made again when steps are. */
  #rates: { readonly step: number; readonly learningRate: number }[] = []
  readonly #plateau: Plateau | null
  /** What the steps of this epoch so far add up to. */
  #sums: Record<string, number> = {}
  #bestWeights: Weights | null = null
  #lastWeights: Weights | null = null
  #ownSettings: Settings | null = null

  /** `looks`: at the end of every how many epochs someone looks at the run. */
  constructor(options: RunOptions<Symbolic, Symbolic>, looks: readonly number[]) {
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
        `createRun: there is no "${monitor}" to monitor; there are ${monitors.join(', ')}${didYouMean(monitor, monitors)}`,
      )
    if (plateau && typeof optimizer.learningRate === 'function')
      throw new ValueError(
        `createRun: plateau changes the learning rate, and so does the schedule of ${optimizer.name}; give one of them`,
      )
    this.#batchSize = batchSize
    const remainder = rows % batchSize
    this.#stepsPerEpoch = Math.ceil(rows / batchSize)
    this.#recordInterval = Math.ceil(epochs / historyLength)
    this.#looks = looks
    this.#scorer = new Scorer(this.#objective, data.targetShape)

    const resident = new Rows(rows, this.#objective.columns(this.#data))
    const compiled = (count: number, state?: TrainingStep['state']) => {
      const context = new StepContext()
      const { inputs, parts, loss } = this.#objective.graph(count, data.targetShape, context)
      const watch: Record<string, Tensor> = {}
      for (const { name, lossOfBatch, meanWeight } of parts) {
        // The loss of one output alone is that of the step.
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

  /** Everything that decides how the run goes on. */
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

  /** Whether the epoch that ended last still lacks its record. */
  get #recordDue(): boolean {
    const { step, epoch, epochs, history } = this.progress
    if (this.done || step === 0 || step % this.#stepsPerEpoch !== 0) return false
    return (epoch === epochs || epoch % this.#recordInterval === 0) && (history.at(-1)?.epoch ?? 0) < epoch
  }

  /** Whether the last record ends the run. */
  get #endDue(): boolean {
    const { step, epoch, epochs, history } = this.progress
    if (this.done || history.at(-1)?.step !== step) return false
    return epoch === epochs || this.#isStopped()
  }

  /** Whether something is to be done that is no step. */
  get due(): boolean {
    return this.#recordDue || this.#endDue
  }

  /**
   * Does what is due, or else up to `most` steps, which end with the epoch or where someone looks. When it throws, the
   * steps that were done are done, and it can go on.
   * @throws DivergedError when a step gave numbers that are not finite; the run stands before that step then.
   */
  advance(most: number): Advance {
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
      this.#run(Math.min(most, this.progress.steps - begin))
      const { step, epoch } = this.progress
      const epochEnded = step % this.#stepsPerEpoch === 0
      const looked = epochEnded && this.#looks.some((interval) => epoch % interval === 0)
      if ((this.#recordDue || looked) && !this.#isFinite())
        throw new DivergedError('what is trained is not finite')
      this.#snapshotNowAndThen()
      return { steps: step - begin, epochEnded: epochEnded && !this.#recordDue, record: null }
    } catch (error) {
      if (error instanceof DivergedError) throw this.#firstDivergence() ?? error
      // Where a later step of one call failed, the weights are ahead of what is counted here.
      const { steps } = this.#whole.state
      if (steps > this.progress.step) this.goBackTo(steps)
      throw error
    }
  }

  /** The first step that can be gone back to. */
  get firstStep(): number {
    return this.#snapshots.steps[0]!
  }

  /** Makes the run what it was after `step` steps: the nearest snapshot before, and the steps from there again. */
  goBackTo(step: number): void {
    this.#restore(this.#snapshots.backTo(step))
    this.#rates = this.#rates.filter((rate) => rate.step <= step)
    this.#repeat(step)
  }

  /** Does steps again up to `step`, at the learning rates that they had. */
  #repeat(step: number): void {
    while (this.progress.step < step) this.advance(step - this.progress.step)
    while (this.due) this.advance(0)
    this.#setRate()
  }

  /** Does steps in one call, no more than there is room for. */
  #run(most: number): void {
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
    const losses = this.#last.run(Math.min(most, inRest ? 1 : this.#room(step)))
    const parts = inRest ? this.#restParts : this.#parts
    const { watched } = this.#last
    // Where an epoch is one step, it adds up to the last of them.
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

  /** Steps from `step` on that one call can do: up to the smaller last batch, or to the end of an epoch. */
  #room(step: number): number {
    const perEpoch = this.#stepsPerEpoch
    const change = this.#rates.find((rate) => rate.step > step)
    const untilChange = (change?.step ?? Number.POSITIVE_INFINITY) - step
    if (perEpoch > 1) return Math.min(untilChange, (this.#rest ? perEpoch - 1 : perEpoch) - (step % perEpoch))
    // With one step to an epoch the order never changes, so many epochs fit one call.
    const intervals = [this.#recordInterval, ...this.#looks]
    return Math.min(untilChange, ...intervals.map((interval) => interval - (step % interval)))
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

  /** Measures the present weights and adds that to the history. */
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

  /** Ends the run, with early stopping at the weights of its best record. */
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

  /** What is monitored. */
  #monitored(record: RunRecord): number {
    const { monitor = 'loss' } = this.#options
    const { loss, accuracy, metrics } = record.validation ?? record
    return monitor === 'loss' ? loss : (metrics?.[monitor] ?? accuracy!)
  }

  /** The same, turned so that more is better. */
  #value(record: RunRecord): number {
    const value = this.#monitored(record)
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : this.#mode === 'max' ? value : -value
  }

  /** Lets the learning rate fall where the record is no better. */
  #fall(plateau: Plateau, record: RunRecord): void {
    const { learningRate } = this
    plateau.restore({ ...plateau.save(), learningRate })
    const next = plateau.next(this.#monitored(record))
    if (next !== learningRate) this.#whole.learningRate = next
  }

  #set(change: Partial<Progress>): void {
    this.progress = { ...this.progress, ...change }
  }

  /** Worked out once, since it reads all data. */
  get #settings(): Settings {
    this.#ownSettings ??= settingsOf(this.#options, [this.#data, this.#validation])
    return this.#ownSettings
  }

  #snapshot(): Snapshot {
    const { step } = this.progress
    // Parameters are copied once, for what the optimizer keeps and for the weights.
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

  /** Sets the learning rate again where it was set before. */
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
        `createRun: the run to resume did ${state.epoch} epochs already; give more than ${this.#options.epochs}`,
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
      const what = this.#variablesAreFinite() ? `what ${this.#options.optimizer.name} keeps` : 'a variable'
      this.#restore(before)
      return this.#last.diverged(`${what} became NaN or infinite`)
    }
    return null
  }
}

/** Where the smaller last batch is what does not fit, says so, and which size of batches leaves none of one row. */
function namingLastBatch<T>(rows: number, batchSize: number, compiled: () => T): T {
  try {
    return compiled()
  } catch (error) {
    if (error instanceof ShapeError) {
      let better = batchSize + 1
      while (rows % better === 1) better++
      error.message += `; ${rows} rows in batches of ${batchSize} leave ${rows % batchSize}, a batchSize of ${better} leaves ${rows % better}`
    }
    throw error
  }
}
