// The page's side of the training worker: sends requests, keeps the latest report.
import { createStore, type Store } from '@bp/lab'
import type { Progress, Report, Request } from './protocol.js'
import type { Settings } from './settings.js'

export interface TrainerState {
  readonly settings: Settings
  /** `null` until the worker has prepared the run, and if it refused the settings. */
  readonly progress: Progress | null
  /** SHA-256 of the weights shown; `null` while they change. */
  readonly fingerprint: string | null
  /** Why the worker refused the settings. */
  readonly refusal: string | null
}

/** What a trainer talks to: a worker, or the port of one. */
export type Port = Pick<MessagePort, 'postMessage' | 'addEventListener'>

export class Trainer {
  readonly #port: Port
  readonly #store: Store<TrainerState>
  #generation = 0

  constructor(port: Port, settings: Settings) {
    this.#port = port
    this.#store = createStore<TrainerState>({
      settings,
      progress: null,
      fingerprint: null,
      refusal: null,
    })
    port.addEventListener('message', (event) => this.#receive((event as MessageEvent<Report>).data))
    port.addEventListener('error', () =>
      this.#change({
        progress: null,
        refusal:
          'Training could not be started in this browser. It needs module workers and WebAssembly with SIMD: update the browser, then reload the page.',
      }),
    )
    this.reset(settings)
  }

  readonly getState = (): TrainerState => this.#store.getState()

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  /** A new run at epoch 0, in place of the one there is. */
  reset(settings: Settings): void {
    this.#generation++
    this.#change({ settings, fingerprint: null, refusal: null })
    this.#send({ type: 'create', generation: this.#generation, settings })
  }

  start(): void {
    this.#send({ type: 'start' })
  }

  pause(): void {
    this.#send({ type: 'pause' })
  }

  step(): void {
    this.#send({ type: 'step' })
  }

  setSpeed(speed: number | null): void {
    this.#send({ type: 'speed', speed })
  }

  #send(request: Request): void {
    this.#port.postMessage(request)
  }

  #receive(report: Report): void {
    if (report.generation !== this.#generation) return
    const { progress, fingerprint } = this.getState()
    switch (report.type) {
      case 'progress': {
        const sameWeights = report.progress.step === progress?.step
        this.#change({
          progress: report.progress,
          fingerprint: sameWeights ? fingerprint : null,
        })
        break
      }
      case 'fingerprint':
        if (report.step === progress?.step) this.#change({ fingerprint: report.fingerprint })
        break
      case 'refused':
        this.#change({ progress: null, refusal: report.message })
    }
  }

  #change(change: Partial<TrainerState>): void {
    this.#store.setState({ ...this.getState(), ...change })
  }
}
