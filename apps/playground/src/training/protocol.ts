// The messages between the page and its training worker.
import type { RunState } from '@bp/core'
import type { Prediction } from '@bp/lab'
import type { Settings } from './settings.js'

/** From the page to the worker. */
export type Request =
  | { readonly type: 'create'; readonly generation: number; readonly settings: Settings }
  | { readonly type: 'start' }
  | { readonly type: 'pause' }
  | { readonly type: 'step' }
  /** Epochs per second; `null` for full speed. */
  | { readonly type: 'speed'; readonly speed: number | null }

/** From the worker to the page, each with the generation of its run, so that late reports of older runs are dropped. */
export type Report =
  | { readonly type: 'progress'; readonly generation: number; readonly progress: Progress }
  /** SHA-256 of the weights after this many steps, in hexadecimal. */
  | {
      readonly type: 'fingerprint'
      readonly generation: number
      readonly step: number
      readonly fingerprint: string
    }
  | { readonly type: 'refused'; readonly generation: number; readonly message: string }

export interface Progress {
  readonly status: RunState['status']
  readonly epoch: number
  readonly epochs: number
  readonly step: number
  /** `null` before the first step. */
  readonly loss: number | null
  readonly history: readonly LossPoint[]
  readonly predictions: readonly Prediction[]
  /** Probabilities over the square of inputs, in the order of `decisionGrid`. */
  readonly grid: Float32Array
  /** Mean since training was last started; `null` before that. */
  readonly stepsPerSecond: number | null
  /** Why it diverged. */
  readonly message: string | null
}

export interface LossPoint {
  readonly epoch: number
  readonly loss: number
}
