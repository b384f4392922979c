// Trains at a pace that can be watched; keys pause, step, speed up, slow down and restart it.
import type { Run, Score } from '@bp/core'
import { createStore, isOver, Pacer, type Store } from '@bp/lab'
import { createPlannedRun, type Plan } from './plan.js'

/** Length of a run at normal speed, in ms, unless the machine needs longer. */
const normalDuration = 5000
/** Time between ticks, and between pictures of 5 kB, in ms: over SSH under 20 kB/s. Keys are answered at once. */
const interval = process.env.SSH_CONNECTION ? 300 : 100
/** Longest time that steps may delay keys, in ms. */
const sliceTime = 25
/** Longest time between pictures at full speed, in ms. */
const longestInterval = 1500
/** Share of the time for pictures at full speed; what Ink writes later comes on top. */
const pictureShare = 0.015
/** For this long after a change of speed, an estimate of the time left would jump, in ms. */
const shortestMeasurement = 400

/** Multiples of the normal speed. */
const speeds = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, Number.POSITIVE_INFINITY] as const

export interface View {
  readonly run: Run
  /** Score of the initial weights. */
  readonly initial: Score
  readonly status: 'training' | 'paused' | 'done' | 'diverged'
  readonly speed: number
  /** Time of training so far without pauses, in ms. */
  readonly elapsed: number
  /** Time to the end at this pace, in ms; `null` while unknown. */
  readonly remaining: number | null
  /** Steps per second at this pace; `null` while unknown. */
  readonly stepsPerSecond: number | null
}

export class Trainer {
  readonly plan: Plan
  readonly #store: Store<View>
  #run!: Run
  #initial!: Score
  #pacer!: Pacer
  #speed = speeds.indexOf(1)
  #paused = false
  #elapsed = 0
  #last = 0
  /** Time and step from which the pace is measured. */
  #since = { elapsed: 0, step: 0 }
  #shown = 0
  /** How long the last picture took to draw, in ms. */
  #drawing = 0
  /** When the last steps ended, if the thread has been busy since. */
  #busySince: number | null = null
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null

  constructor(plan: Plan) {
    this.plan = plan
    this.#create(false)
    this.#store = createStore(this.#view())
  }

  readonly getState = (): View => this.#store.getState()

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  /** Starts or resumes. */
  start(): void {
    this.#paused = false
    this.#last = performance.now()
    this.#timer ??= setTimeout(this.#tick, 0)
    this.#show()
  }

  /** Stops where it is; `start` resumes. */
  pause(): void {
    this.#paused = true
    clearTimeout(this.#timer as NodeJS.Timeout)
    clearImmediate(this.#timer as NodeJS.Immediate)
    this.#timer = null
    this.#show()
  }

  toggle(): void {
    if (this.#paused) this.start()
    else this.pause()
  }

  step(): void {
    this.pause()
    this.#run.step()
    this.#show()
  }

  restart(): void {
    this.pause()
    this.#create(true)
    this.start()
  }

  changeSpeed(by: 1 | -1): void {
    this.#speed = Math.min(Math.max(this.#speed + by, 0), speeds.length - 1)
    this.#pacer.drop()
    this.#since = { elapsed: this.#elapsed, step: this.#run.getState().step }
    this.#show()
  }

  #create(afresh: boolean): void {
    const { run, initial } = createPlannedRun(this.plan, afresh)
    this.#run = run
    this.#initial = initial
    this.#pacer = new Pacer(run)
    this.#elapsed = 0
    this.#since = { elapsed: 0, step: run.getState().step }
  }

  readonly #tick = (): void => {
    const now = performance.now()
    const passed = now - this.#last
    this.#last = now
    if (this.#busySince !== null) this.#drawing = now - this.#busySince
    this.#busySince = null
    this.#elapsed += passed
    const rate = (this.#run.getState().steps / normalDuration) * speeds[this.#speed]!
    const behind = this.#pacer.keepUp(passed, rate, sliceTime)
    this.plan.saver.tick(this.plan, this.#run, this.#initial, this.#elapsed)
    const over = isOver(this.#run.getState().status)
    this.#timer = over ? null : behind ? setImmediate(this.#tick) : setTimeout(this.#tick, interval)
    const done = performance.now()
    const rest = behind
      ? Math.min(longestInterval, Math.max(interval, this.#drawing / pictureShare))
      : interval - 1
    if (!over && done - this.#shown < rest) return
    if (behind) this.#busySince = done
    this.#show()
  }

  #show(): void {
    this.#shown = performance.now()
    this.#store.setState(this.#view())
  }

  #view(): View {
    const { step, steps, status } = this.#run.getState()
    const measured = this.#elapsed - this.#since.elapsed
    const pace = measured < shortestMeasurement ? null : (step - this.#since.step) / measured
    return {
      run: this.#run,
      initial: this.#initial,
      status: isOver(status) ? status : this.#paused ? 'paused' : 'training',
      speed: speeds[this.#speed]!,
      elapsed: this.#elapsed,
      remaining: isOver(status) ? 0 : pace ? (steps - step) / pace : null,
      stepsPerSecond: pace === null ? null : pace * 1000,
    }
  }
}
