// Trains at a pace that can be watched, obeys commands, and says what is to be seen of it.
import type { Run, Score } from '@bp/core'
import {
  createStore,
  formatNumber,
  isOver,
  layerFigures,
  mostFigureRows,
  mostNumbersInside,
  normOf,
  Pacer,
  predictXor,
  type Store,
} from '@bp/lab'
import { drawProfile } from '../profile/table.js'
import { lookAtMap, lookAtOutcome } from './looks.js'
import { createPlannedRun, lossOf, outlineOf, type Plan } from './plan.js'
import { summarize } from './summary.js'
import type { Command, LayerView, RateChange, RowInside, Training, View } from './view.js'
import { counted, formatCount } from './words.js'

/** Time between ticks, and between pictures of 5 kB, in ms: over SSH under 20 kB/s. */
const interval = process.env.SSH_CONNECTION ? 300 : 100
/** Longest time that steps may delay commands, in ms; a single step may take longer. */
const sliceTime = 25
/** Share of the time for what is shown: pictures of the outcome, and figures of the layers. */
const lookShare = 0.01
/** Shortest time between figures of the layers while training, in ms. */
const layersInterval = 400
/** For this long after a change of pace, an estimate of the time left would jump, in ms. */
const shortestMeasurement = 400
/** Of a network of more weights, a step is not done again just to look at it. */
const mostStepsAgain = 1e6
/** Lines of the log that are kept. */
const longestLog = 200

/** Lengths of a whole run in ms, where it is slowed down; Infinity of them is full speed. */
const durations = [0, 5e3, 10e3, 20e3, 40e3, 80e3, 160e3, 320e3] as const

/** How often something may be looked at such that it takes a small share of the time. */
class Ration {
  #last = Number.NEGATIVE_INFINITY
  #took = 0
  readonly #least: number
  constructor(least: number) {
    this.#least = least
  }

  get due(): boolean {
    return performance.now() - this.#last >= Math.max(this.#least, this.#took / lookShare)
  }

  spend<T>(look: () => T): T {
    const begin = performance.now()
    const result = look()
    this.#last = performance.now()
    this.#took = this.#last - begin
    return result
  }
}

export class Session implements Training {
  readonly plan: Plan
  readonly #store: Store<View>
  run!: Run
  initial!: Score
  #pacer!: Pacer
  /** Index into the durations. */
  #slowness = 0
  #paused = true
  /** Where a command said to pause, and whether the run is left there. */
  #until: { readonly step: number; readonly stop: boolean } | null = null
  #stopped = false
  elapsed = 0
  /** Step at which this run began here. */
  #first = 0
  #last = 0
  /** Time and step from which the pace is measured. */
  #since = { elapsed: 0, step: 0 }
  #shown = 0
  #pictures = new Ration(0)
  #layers = new Ration(layersInterval)
  #look!: () => readonly ReturnType<ReturnType<typeof layerFigures>>[number][]
  #figures: View['layers'] = null
  /** How far a step moved the weights of each layer, relative to theirs; and which. */
  #moved: { readonly step: number; readonly ratios: readonly (number | null)[] } = { step: 0, ratios: [] }
  #changes: RateChange[] = []
  #inside: RowInside | null = null
  #log: View['log'] = []
  #obeyed = 0
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null

  constructor(plan: Plan) {
    this.plan = plan
    this.#create(false)
    this.#changes = [...plan.saver.changes]
    for (const note of plan.notes) this.#say(note)
    this.#store = createStore(this.#view(null))
  }

  readonly getState = (): View => this.#store.getState()

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  /** Saves the initial state, and begins. */
  begin(): void {
    const { saver } = this.plan
    saver.open(this.plan, this.run, this.initial)
    if (saver.name) this.#say(`saved as ${saver.name}`)
    this.#resume()
    // Before the first step, which may take long.
    this.#store.setState(this.#view(this.getState()))
  }

  /** Ends: saves, and returns the lines of the summary. */
  end(profiled = false): string[] {
    this.#pause()
    this.#save('at the end')
    const { plan, run, initial, elapsed } = this
    return [
      ...summarize(plan, run, initial, elapsed, this.#changes),
      ...(profiled ? ['', ...drawProfile(run.profile())] : []),
    ]
  }

  readonly send = (command: Command): void => {
    this.#obey(command)
    this.#obeyed++
    this.#show(true)
  }

  #obey(command: Command): void {
    const over = isOver(this.run.getState().status)
    this.#inside = null
    switch (command.do) {
      case 'toggle':
        if (!this.#paused) this.#pause()
        else if (!over) this.#resume()
        break
      case 'step':
        this.#pause()
        this.#stepOnce()
        break
      case 'epoch':
      case 'stop':
        if (over) break
        this.#until = { step: this.#endOfEpoch(), stop: command.do === 'stop' }
        if (command.do === 'stop') this.#say(`stops after step ${formatCount(this.#until.step)}`)
        this.#resume()
        break
      case 'back':
        this.#back(1)
        break
      case 'back epoch': {
        const { step } = this.run.getState()
        this.#back(step % this.#perEpoch || Math.min(step, this.#perEpoch))
        break
      }
      case 'restart':
        this.#pause()
        this.#create(true)
        this.#changes = []
        this.#say('restarted from the same seed')
        this.#resume()
        break
      case 'save':
        this.#save('now')
        this.#say(this.plan.saver.problem ?? `saved at step ${formatCount(this.run.getState().step)}`)
        break
      case 'fork':
        this.#fork()
        break
      case 'pace':
        this.#slowness = Math.min(Math.max(this.#slowness - command.by, 0), durations.length - 1)
        this.#pacer.drop()
        this.#measureFromHere()
        break
      case 'rate':
        if (over) this.#say('the run is over; go back with , before the learning rate is changed')
        else this.#changeRate(command.learningRate)
        break
      case 'look inside':
        this.#pause()
        this.#inside = this.#rowInside(command.row)
    }
  }

  #rowInside(row: number): RowInside {
    const { inputs, inputShape, targets, targetShape } = this.plan.data
    const of = (values: Float32Array, width: number) => values.slice((row - 1) * width, row * width)
    const { parameters } = this.run.model
    const count = parameters.reduce((total, { size }) => total + size, 0)
    return {
      row,
      inputs: of(inputs, inputShape[0]!),
      targets: of(targets, targetShape[0]!),
      parameters:
        count > mostNumbersInside
          ? null
          : parameters.map(({ values }) => ({ values: Float32Array.from(values) })),
    }
  }

  get #perEpoch(): number {
    const { steps, epochs } = this.run.getState()
    return steps / epochs
  }

  #endOfEpoch(): number {
    return (Math.floor(this.run.getState().step / this.#perEpoch) + 1) * this.#perEpoch
  }

  #resume(): void {
    this.#paused = false
    this.#stopped = false
    this.#last = performance.now()
    this.#measureFromHere()
    this.#timer ??= setTimeout(this.#tick, 0)
  }

  #pause(): void {
    this.#paused = true
    this.#until = null
    clearTimeout(this.#timer as NodeJS.Timeout)
    clearImmediate(this.#timer as NodeJS.Immediate)
    this.#timer = null
  }

  /** One step, of which it is measured how far it moved the weights. */
  #stepOnce(): void {
    const { run } = this
    if (isOver(run.getState().status)) return
    const before = run.model.parameters.map(({ values }) => Float32Array.from(values))
    run.step()
    const ratios = run.model.layers.map(({ parameters }) => {
      if (parameters.length === 0) return null
      const own = parameters.map((parameter) => run.model.parameters.indexOf(parameter))
      const moved = own.map((index) => {
        const after = run.model.parameters[index]!.values
        return before[index]!.map((value, at) => after[at]! - value)
      })
      return normOf(...moved) / normOf(...own.map((index) => before[index]!))
    })
    this.#moved = { step: run.getState().step, ratios }
  }

  /** Does the last step again, to see how far it moved the weights. */
  #stepAgain(): void {
    const { run } = this
    const { step, status } = run.getState()
    const weights = run.model.parameters.reduce((total, { size }) => total + size, 0)
    if (step === 0 || status === 'diverged' || weights > mostStepsAgain) return
    // A run that was resumed here cannot go back.
    if (run.stepBack().step === step - 1) this.#stepOnce()
  }

  #back(count: number): void {
    this.#pause()
    const { step, status } = this.run.getState()
    if (step === 0) return
    // A run that diverged is before the step that did; what led there is what one goes back for.
    this.run.stepBack(count)
    const now = this.run.getState().step
    if (now === step && status !== 'diverged') this.#say('the run was resumed here; there is nothing before')
    this.#changes = this.#changes.filter((change) => change.step <= now)
    this.#measureFromHere()
  }

  #changeRate(learningRate: number): void {
    const { step } = this.run.getState()
    const before = this.run.learningRate
    this.run.learningRate = learningRate
    this.#changes = [...this.#changes.filter((change) => change.step < step), { step, learningRate }]
    this.#say(
      `learning rate ${formatNumber(before)} → ${formatNumber(learningRate)} after step ${formatCount(step)}`,
    )
  }

  #fork(): void {
    const { saver } = this.plan
    const before = saver.name
    if (before === null) {
      this.#say('nothing of this run is saved, so there is nothing to fork')
      return
    }
    this.#save('now')
    saver.fork(this.plan, this.run, this.initial, this.elapsed, this.#changes)
    this.#say(saver.problem ?? `${before} stays as it is at its last step; this goes on as ${saver.name}`)
  }

  /** What is saved of another course than that which led here, by another learning rate, stays as it is. */
  #save(when: 'when it is time' | 'now' | 'at the end'): void {
    const { saver } = this.plan
    const { step } = this.run.getState()
    if (saver.differs(step, this.#changes)) {
      const before = saver.name
      saver.fork(this.plan, this.run, this.initial, this.elapsed, this.#changes)
      this.#say(saver.problem ?? `${before} keeps its other course; this goes on as ${saver.name}`)
      return
    }
    const said =
      when === 'when it is time'
        ? saver.tick(this.plan, this.run, this.initial, this.elapsed, this.#changes)
        : saver.save(this.plan, this.run, this.initial, this.elapsed, this.#changes, when === 'at the end')
    if (said) this.#say(said)
  }

  #say(text: string): void {
    this.#log = [...this.#log.slice(1 - longestLog), { at: this.elapsed, text }]
  }

  #create(afresh: boolean): void {
    const { run, initial } = createPlannedRun(this.plan, afresh)
    this.run = run
    this.initial = initial
    this.#pacer = new Pacer(run)
    this.elapsed = 0
    this.#first = run.getState().step
    this.#figures = null
    this.#moved = { step: 0, ratios: [] }
    const { plan } = this
    this.#look = layerFigures(run.model, lossOf(plan.target), plan.settings.activation, plan.data)
    this.#measureFromHere()
  }

  #whole(): number {
    return ((this.run.getState().step - this.#first) / this.elapsed) * 1000
  }

  #measureFromHere(): void {
    this.#since = { elapsed: this.elapsed, step: this.run.getState().step }
  }

  /** Steps per ms that are asked for. */
  get #rate(): number {
    const duration = durations[this.#slowness]!
    return duration === 0 ? Number.POSITIVE_INFINITY : this.run.getState().steps / duration
  }

  readonly #tick = (): void => {
    const now = performance.now()
    const passed = now - this.#last
    this.#last = now
    this.elapsed += passed
    const before = this.run.getState()
    if (this.#layers.due && before.step > 0) this.#layers.spend(() => this.#lookAtLayers(true))
    let behind = true
    if (this.#until) this.#pacer.advance(this.#until.step, sliceTime)
    else behind = this.#pacer.keepUp(passed, this.#rate, sliceTime)
    const { step, status } = this.run.getState()
    if (isOver(status)) this.elapsed += performance.now() - now
    this.#save('when it is time')
    const reached = this.#until !== null && step >= this.#until.step
    if (isOver(status) || reached) {
      this.#stopped = reached && this.#until!.stop
      if (isOver(status)) this.#say(this.#describeEnd())
      this.#pause()
      this.#show(true)
      return
    }
    this.#timer = behind ? setImmediate(this.#tick) : setTimeout(this.#tick, interval)
    if (performance.now() - this.#shown >= (behind ? interval : interval - 1)) this.#show(false)
  }

  #describeEnd(): string {
    const { status, epoch, step, best } = this.run.getState()
    const { settings, validation } = this.plan
    const chosen = status === 'done' && validation && settings.patience > 0 ? best : null
    const end = `${status} after ${counted(epoch, 'epoch')}, ${counted(step, 'step')}`
    return chosen ? `${end}, with the weights of epoch ${formatCount(chosen.epoch)}, the best` : end
  }

  /** `moving`: while training, a step more shows how far a step moves the weights. */
  #lookAtLayers(moving: boolean): void {
    if (moving) this.#stepOnce()
    else if (this.#moved.step !== this.run.getState().step) this.#stepAgain()
    const { run, plan } = this
    const moved = this.#moved.step === run.getState().step ? this.#moved.ratios : []
    const figures = this.#look()
    this.#figures = {
      step: run.getState().step,
      rows: Math.min(mostFigureRows, plan.data.rows),
      of: figures.map((each, at): LayerView => {
        const layer = run.model.layers[at]!
        return {
          ...each,
          name: layer.name,
          inputs: layer.inputShapes[0]![0]!,
          units: layer.outputShape[0]!,
          updateRatio: moved[at] ?? null,
        }
      }),
    }
  }

  /** `whole`: what is still is shown as it is, whatever it takes. */
  #show(whole: boolean): void {
    this.#shown = performance.now()
    const before = this.getState()
    const { step } = this.run.getState()
    if (whole && this.#paused && this.#figures?.step !== step) this.#lookAtLayers(false)
    this.#store.setState(this.#view(whole || this.#pictures.due ? null : before))
  }

  /** With the pictures of `before`, or with new ones. */
  #view(before: View | null): View {
    const { run, plan } = this
    const { status, error, ...progress } = run.getState()
    const { step, steps } = progress
    const measured = this.elapsed - this.#since.elapsed
    const pace = measured < shortestMeasurement ? null : (step - this.#since.step) / measured
    const pictures =
      before ??
      this.#pictures.spend(() => ({
        outcome: lookAtOutcome(plan, run),
        map: lookAtMap(plan, run),
        predictions: plan.target === null ? predictXor(run) : null,
      }))
    return {
      ...progress,
      outline: before?.outline ?? outlineOf(plan),
      initial: this.initial,
      status: isOver(status) ? status : this.#stopped ? 'stopped' : this.#paused ? 'paused' : 'training',
      error: error?.message ?? null,
      learningRate: run.learningRate,
      changes: this.#changes,
      pace: this.#rate * 1000,
      elapsed: this.elapsed,
      remaining: isOver(status) ? 0 : pace ? (steps - step) / pace : null,
      // At the end, of the whole run.
      stepsPerSecond: isOver(status) && this.elapsed > 0 ? this.#whole() : pace === null ? null : pace * 1000,
      outcome: pictures.outcome,
      map: pictures.map,
      predictions: pictures.predictions,
      layers: this.#figures,
      inside: this.#inside,
      log: this.#log,
      problem: plan.saver.problem,
      savedAs: plan.saver.name,
      obeyed: this.#obeyed,
      waiting: null,
    }
  }
}
