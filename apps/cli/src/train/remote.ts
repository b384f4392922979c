// A run in a thread of its own, so that keys and signals are answered whatever a step takes.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { createStore } from '@bp/lab'
import { trainerFile } from '../beside.js'
import { UsageError } from '../usage-error.js'
import type { FromTrainer, Job, ToTrainer } from './messages.js'
import type { Command, Training, View } from './view.js'

/** The thread that trains has ended before the run did. */
export class TrainerError extends Error {
  override name = 'TrainerError'
}

type End = Extract<FromTrainer, { type: 'end' }>

export interface RemoteState {
  /** What takes long at the moment. */
  readonly progress: string | null
  /** `null` until the run is there. */
  readonly view: View | null
}

/** Whether training and pictures share a core. */
const alone = availableParallelism() === 1
/** Then the time between pictures, relative to what a picture takes. */
const pause = 60

export class Remote {
  readonly #worker: Worker
  readonly #store = createStore<RemoteState>({ progress: null, view: null })
  readonly #ended: Promise<End>
  #sent = 0
  #waiting: Command['do'] | null = null

  /** `write` takes what is for standard output while it trains. */
  constructor(job: Job, write: (text: string) => void = () => {}) {
    this.#worker = new Worker(trainerFile, { workerData: job })
    this.#ended = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromTrainer) => {
        if (message.type === 'progress') this.#set({ progress: message.text })
        else if (message.type === 'lines') write(message.text)
        else if (message.type === 'view') this.#show(message.view)
        else if (message.type === 'end') resolve(message)
        else reject(message.expected ? new UsageError(message.message) : new Error(message.message))
      })
      this.#worker.on('error', (error) => reject(this.#lost(error.message)))
      this.#worker.on('exit', () => reject(this.#lost('it ended')))
    })
    // Whoever waits for the end is told.
    this.#ended.catch(() => {})
  }

  readonly getState = (): RemoteState => this.#store.getState()

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener)

  readonly send = (command: Command): void => {
    this.#sent++
    this.#waiting = command.do
    this.#post({ type: 'command', command })
    const { view } = this.getState()
    if (view) this.#set({ view: { ...view, waiting: command.do } })
  }

  /** The run, once it is there. */
  readonly training: Training = {
    getState: () => this.getState().view!,
    subscribe: this.subscribe,
    send: this.send,
  }

  /** The end of the run; rejects where its thread fails. */
  get ended(): Promise<End> {
    return this.#ended
  }

  /** Asks it to stop after this step, to save, and to end. */
  leave(): void {
    this.#post({ type: 'leave' })
  }

  /** Ends the thread where it is; what is saved stays. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #post(message: ToTrainer): void {
    this.#worker.postMessage(message)
  }

  #set(change: Partial<RemoteState>): void {
    this.#store.setState({ ...this.getState(), ...change })
  }

  #show(view: View): void {
    const begin = performance.now()
    this.#set({ progress: null, view: { ...view, waiting: view.obeyed < this.#sent ? this.#waiting : null } })
    // React and Ink draw before the next turn.
    setImmediate(() => {
      const took = performance.now() - begin
      const drawn = () => this.#post({ type: 'drawn' })
      if (alone) setTimeout(drawn, took * pause)
      else drawn()
    })
  }

  #lost(why: string): TrainerError {
    const savedAs = this.getState().view?.savedAs
    return new TrainerError(
      `the thread that trains was lost: ${why}${savedAs ? `; what is saved is ${savedAs}, go on with bp resume ${savedAs}` : ''}`,
    )
  }
}
