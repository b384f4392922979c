// The page's side of the training worker: follows a document, keeps the latest report, and starts the worker again when
// it is gone.
import { createStore, type InsideStep, type NetworkDocument, type SeedTrial, type Store } from '@bp/lab'
import type { Programs, Report, Request, TrainingState } from './protocol.js'

export interface TrainerState {
  /** The last report, which stays while settings are refused; `null` before the first. */
  readonly training: TrainingState | null
  /** The document that it is of. */
  readonly shown: NetworkDocument | null
  /** SHA-256 of the weights shown; `null` while they change. */
  readonly fingerprint: string | null
  /** Why the worker refused the settings. */
  readonly refusal: string | null
  /** How often the worker was gone and was started again; `null` after so often that it was given up. */
  readonly restarts: number | null
  readonly programs: Programs | null
  readonly seeds: readonly SeedTrial[]
  readonly tryingSeeds: boolean
}

/** What a trainer talks to: a worker, or the port of one. */
export interface Port extends Pick<MessagePort, 'postMessage' | 'addEventListener'> {
  terminate?(): void
}

const initial: TrainerState = {
  training: null,
  shown: null,
  fingerprint: null,
  refusal: null,
  restarts: 0,
  programs: null,
  seeds: [],
  tryingSeeds: false,
}

/** Time between two questions whether the worker is there, in ms. */
const pingInterval = 1000
/** How long it may take to answer, in ms: at first, while it is loaded, and later. */
const longestLoading = 30_000
const longestSilence = 8000
/** The worker is not started again more often than this without a report in between. */
const mostRestarts = 3

/** What of a document decides the run, whatever its step and what is looked at. */
function settingsOf(document: NetworkDocument): string {
  const { step, speed, row, part, paper, compared, selected, tab, ...settings } = document
  return JSON.stringify(settings)
}

/** Whether the next step is to be taken apart: to be gone through, or for what it does to a weight. */
const isApart = ({ part, selected }: NetworkDocument): boolean => part > 0 || selected !== null

export class Trainer {
  readonly #create: () => Port
  readonly #store: Store<TrainerState>
  #port: Port
  #generation = 0
  /** Generation of the latest report. */
  #reported = 0
  #document: NetworkDocument | null = null
  /** The last step that the document took from the run. */
  #published: number | null = null
  /** Whether it should be running. */
  #wanted = false
  #failures = 0
  /** Whether this worker has said anything yet. */
  #isLoaded = false
  #lastHeard: number
  #timer: ReturnType<typeof setInterval> | undefined
  #onInside: ((inside: InsideStep) => void) | null = null

  constructor(create: () => Port) {
    this.#create = create
    this.#store = createStore(initial)
    this.#lastHeard = performance.now()
    this.#port = this.#connect()
  }

  readonly getState = (): TrainerState => this.#store.getState()

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  /** Asks, while the place is on the screen, whether the worker is there. Returns a function that ends this. */
  watch(): () => void {
    this.#lastHeard = performance.now()
    let asked = performance.now()
    this.#timer = setInterval(() => {
      const now = performance.now()
      // A page that slept has not asked, so it has no reason to expect an answer.
      if (now - asked > 2 * pingInterval) this.#lastHeard = now
      asked = now
      if (now - this.#lastHeard > (this.#isLoaded ? longestSilence : longestLoading)) this.#restart()
      else this.#send({ type: 'ping' })
    }, pingInterval)
    return () => clearInterval(this.#timer)
  }

  /** Shows this document: a new run if its settings are others, else its step. */
  /** Whether the worker has not yet said where the document that is followed has led. */
  get isBehind(): boolean {
    return this.#reported !== this.#generation
  }

  follow(document: NetworkDocument): void {
    const before = this.#document
    this.#document = document
    if (!before || settingsOf(before) !== settingsOf(document)) {
      this.#wanted = false
      this.#open(document)
      return
    }
    if (before.speed !== document.speed) this.#send({ type: 'speed', speed: document.speed })
    if (
      before.row !== document.row ||
      before.paper !== document.paper ||
      isApart(before) !== isApart(document)
    )
      this.#send({ type: 'follow', row: document.row, apart: isApart(document), paper: document.paper })
    if (before.step !== document.step && document.step !== this.#published) {
      this.#wanted = false
      this.#published = null
      this.#send({ type: 'goTo', generation: ++this.#generation, step: document.step })
    }
  }

  /** Says that the document takes this step from the run, so that it need not be gone to. */
  publish(step: number): void {
    this.#published = step
  }

  train(): void {
    this.#wanted = true
    this.#send({ type: 'train' })
  }

  pause(): void {
    this.#wanted = false
    this.#send({ type: 'pause' })
  }

  /** Calls back with the step of a row as an expression. */
  lookInside(row: number, use: (inside: InsideStep) => void): void {
    this.#onInside = use
    this.#send({ type: 'inside', row })
  }

  /** The reader knows that the worker was gone. */
  dismiss(): void {
    if (this.getState().restarts !== null) this.#change({ restarts: 0 })
  }

  askForPrograms(): void {
    this.#send({ type: 'programs' })
  }

  trySeeds(): void {
    this.#change({ seeds: [], tryingSeeds: true })
    this.#send({ type: 'seeds' })
  }

  #open(document: NetworkDocument): void {
    this.#generation++
    this.#published = null
    this.#change({ fingerprint: null, refusal: null, programs: null, seeds: [], tryingSeeds: false })
    this.#send({ type: 'open', generation: this.#generation, document })
  }

  #connect(): Port {
    const port = this.#create()
    this.#isLoaded = false
    port.addEventListener('message', (event) => {
      if (port === this.#port) this.#receive((event as MessageEvent<Report>).data)
    })
    port.addEventListener('error', () => {
      if (port === this.#port) this.#restart()
    })
    return port
  }

  /** A new worker goes on where the last report was. */
  #restart(): void {
    this.#port.terminate?.()
    this.#lastHeard = performance.now()
    this.#failures++
    const { restarts, training } = this.getState()
    if (restarts === null || this.#failures > mostRestarts) {
      this.#change({ restarts: null })
      return
    }
    this.#port = this.#connect()
    this.#change({ restarts: restarts + 1 })
    if (!this.#document) return
    const wanted = this.#wanted
    // At rest it is where the document is, or on its way there.
    const step = wanted && training ? training.view.step : this.#document.step
    this.#document = { ...this.#document, step }
    this.#open(this.#document)
    if (wanted) this.train()
  }

  #send(request: Request): void {
    this.#port.postMessage(request)
  }

  #receive(report: Report): void {
    this.#isLoaded = true
    this.#lastHeard = performance.now()
    if (report.type === 'pong' || report.generation !== this.#generation) return
    const { training, fingerprint, seeds } = this.getState()
    switch (report.type) {
      case 'state': {
        this.#failures = 0
        const sameWeights = report.state.view.step === training?.view.step
        if (!report.state.running && !report.state.seeking) this.#wanted = false
        this.#reported = this.#generation
        this.#change({
          training: report.state,
          shown: this.#document,
          fingerprint: sameWeights ? fingerprint : null,
        })
        break
      }
      case 'fingerprint':
        if (report.step === training?.view.step) this.#change({ fingerprint: report.fingerprint })
        break
      case 'refused':
        this.#wanted = false
        this.#change({ refusal: report.message })
        break
      case 'inside':
        this.#onInside?.(report.inside)
        this.#onInside = null
        break
      case 'programs':
        this.#change({ programs: report.programs })
        break
      case 'seed':
        this.#change({ seeds: [...seeds, report.trial], tryingSeeds: !report.over })
    }
  }

  #change(change: Partial<TrainerState>): void {
    this.#store.setState({ ...this.getState(), ...change })
  }
}
