// The messages between the page and its training worker.
import type { InsideStep, NetworkDocument, NetworkView, SeedTrial, Stroke, SubSteps, Verdict } from '@bp/lab'

/** From the page to the worker. */
export type Request =
  /** A new run at the document's step, in place of the one there is. */
  | { readonly type: 'open'; readonly generation: number; readonly document: NetworkDocument }
  | { readonly type: 'train' }
  | { readonly type: 'pause' }
  | { readonly type: 'goTo'; readonly generation: number; readonly step: number }
  /** Steps per second; 0 for as fast as possible. */
  | { readonly type: 'speed'; readonly speed: number }
  /** The row to follow, what is drawn to be read, and whether the next step is to be taken apart. */
  | {
      readonly type: 'follow'
      readonly row: number
      readonly apart: boolean
      readonly paper: readonly Stroke[]
    }
  | { readonly type: 'inside'; readonly row: number }
  | { readonly type: 'programs' }
  /** Trains other seeds, until one learns; stopped by the next `open`. */
  | { readonly type: 'seeds' }
  /** Answered at once: a worker that does not is gone. */
  | { readonly type: 'ping' }

/** From the worker to the page, each with the generation of its run, so that late reports of older runs are dropped. */
export type Report = { readonly generation: number } & (
  | { readonly type: 'state'; readonly state: TrainingState }
  /** SHA-256 of the weights after this many steps, in hexadecimal. */
  | { readonly type: 'fingerprint'; readonly step: number; readonly fingerprint: string }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'inside'; readonly inside: InsideStep }
  | { readonly type: 'programs'; readonly programs: Programs }
  | { readonly type: 'seed'; readonly trial: SeedTrial; readonly over: boolean }
  | { readonly type: 'pong' }
)

export interface Programs {
  readonly step: number
  readonly typescript: string
  readonly pytorch: string
}

export interface TrainingState {
  readonly view: NetworkView
  readonly running: boolean
  /** Whether it is still on its way to the step that was asked for. */
  readonly seeking: boolean
  /** Measured since training was last started; `null` before that. */
  readonly stepsPerSecond: number | null
  /** `null` while running, and where nothing can be said. */
  readonly verdict: Verdict | null
  /** The parts of the next step, if they were asked for and it is at rest. */
  readonly parts: SubSteps | null
}
