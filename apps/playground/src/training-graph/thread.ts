// What the page knows of its worker: the graph that is shown, and what was asked for.
import { createStore, type InsideStep, type TrainingGraphDocument } from '@bp/lab'
import type { Report, Request, Shown } from './protocol.js'

export interface ThreadState {
  readonly shown: Shown | null
  /** Why the document cannot be shown. */
  readonly refusal: string | null
}

type Opened = Extract<Report, { type: 'opened' | 'unreadable' }>

/** A worker that fails more often in a row is not started again. */
const mostRestarts = 3

export class Thread {
  readonly #create: () => Worker
  readonly #store = createStore<ThreadState>({ shown: null, refusal: null })
  #port: Worker | null = null
  #failures = 0
  #number = 0
  #waiting: TrainingGraphDocument | null = null
  /** The document that the worker is at. */
  #current: TrainingGraphDocument | null = null
  onOpened: (opened: Opened) => void = () => {}
  onExported: (bytes: Uint8Array<ArrayBuffer>, step: number) => void = () => {}
  onInside: (inside: InsideStep) => void = () => {}

  constructor(create: () => Worker) {
    this.#create = create
  }

  readonly getState = (): ThreadState => this.#store.getState()
  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  /** Shows a document as soon as the one before is done; those in between are left out. */
  show(document: TrainingGraphDocument): void {
    if (this.#current) {
      this.#waiting = document
      return
    }
    this.#current = document
    this.send({ type: 'show', number: ++this.#number, document })
  }

  send(request: Request): void {
    this.#connected().postMessage(request)
  }

  #connected(): Worker {
    if (this.#port) return this.#port
    const port = this.#create()
    port.addEventListener('message', ({ data }: MessageEvent<Report>) => this.#receive(data))
    port.addEventListener('error', (event) => {
      port.terminate()
      this.#port = null
      const document = this.#waiting ?? this.#current
      this.#current = this.#waiting = null
      if (document && ++this.#failures <= mostRestarts) this.show(document)
      else this.#store.setState({ ...this.getState(), refusal: event.message })
    })
    this.#port = port
    return port
  }

  #receive(report: Report): void {
    switch (report.type) {
      case 'shown':
        this.#failures = 0
        this.#store.setState({ shown: report.shown, refusal: null })
        this.#next(report.number)
        break
      case 'refused':
        this.#store.setState({ ...this.getState(), refusal: report.message })
        this.#next(report.number)
        break
      case 'opened':
      case 'unreadable':
        this.onOpened(report)
        break
      case 'exported':
        this.onExported(report.bytes, report.step)
        break
      case 'inside':
        this.onInside(report.inside)
    }
  }

  #next(number: number): void {
    if (number !== this.#number) return
    const document = this.#waiting
    this.#current = this.#waiting = null
    if (document) this.show(document)
  }
}
