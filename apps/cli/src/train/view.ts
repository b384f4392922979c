// What is to be seen of a run, as plain data, and what a run can be told: both go between threads.
import type { RunState, Score } from '@bp/core'
import type { LayerFigures, Prediction } from '@bp/lab'
import type { Outline } from './plan.js'

/** Rows by class, true ones as rows of the matrix and predicted ones as columns. */
export interface Matrix {
  readonly kind: 'matrix'
  readonly title: string
  readonly counts: Uint32Array
}

/** Predictions of a number beside the truth, both as the network learns them: standardized. */
export interface Scatter {
  readonly kind: 'scatter'
  readonly title: string
  readonly truths: Float32Array
  readonly predictions: Float32Array
}

/** The answers of a network with two inputs over a rectangle, and rows of the table as points in it. */
export interface DecisionMap {
  readonly inputs: readonly [string, string]
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
  /** Cells along each side. */
  readonly size: number
  /**
   * Rows from the top. For two classes the probability of the second, for more the class, for a number its place between
   * the least and the greatest, in [0, 1].
   */
  readonly cells: Float32Array
  readonly classes: readonly string[] | null
  /** x, y and what is true, on the scale of the cells. */
  readonly points: readonly (readonly [number, number, number])[]
}

/** A change of the learning rate while training: it holds from the step after `step`. */
export interface RateChange {
  readonly step: number
  readonly learningRate: number
}

export interface LayerView extends LayerFigures {
  readonly name: string
  readonly inputs: number
  readonly units: number
  /** Norm of what a step added to the weights, relative to theirs; `null` before the first step that was looked at. */
  readonly updateRatio: number | null
}

/** A training row and the network that answers for it, to be opened as a graph. */
export interface RowInside {
  /** From 1. */
  readonly row: number
  readonly inputs: Float32Array
  readonly targets: Float32Array
  /** Weights and biases of each layer; `null` for more than a graph can show. */
  readonly parameters: readonly { readonly values: Float32Array }[] | null
}

/** How far the run is, as core says it, and what is to be seen of it. */
export interface View extends Omit<RunState, 'status' | 'error'> {
  readonly outline: Outline
  /** Score of the initial weights. */
  readonly initial: Score
  readonly status: 'training' | 'paused' | 'done' | 'diverged' | 'stopped'
  /** Why it diverged. */
  readonly error: string | null
  readonly learningRate: number
  readonly changes: readonly RateChange[]
  /** Steps per second that were asked for; Infinity for as fast as it goes. */
  readonly pace: number
  /** Time of training so far without pauses, in ms. */
  readonly elapsed: number
  /** Time to the end at this pace, in ms; `null` while unknown. */
  readonly remaining: number | null
  /** Steps per second as they are; `null` while unknown. */
  readonly stepsPerSecond: number | null
  readonly outcome: Matrix | Scatter | null
  readonly map: DecisionMap | null
  /** Of xor. */
  readonly predictions: readonly Prediction[] | null
  /** After which step these were looked at, and on how many rows; `null` before. */
  readonly layers: { readonly step: number; readonly rows: number; readonly of: readonly LayerView[] } | null
  /** Of a row that is looked at, with the weights of this step; until the next command. */
  readonly inside: RowInside | null
  /** What happened, with its time in ms. */
  readonly log: readonly { readonly at: number; readonly text: string }[]
  /** Why nothing is saved at the moment. */
  readonly problem: string | null
  /** What the run is saved as. */
  readonly savedAs: string | null
  /** Commands that have been obeyed. */
  readonly obeyed: number
  /** The command that waits for a step to end. */
  readonly waiting: Command['do'] | null
}

export type Command =
  | { readonly do: 'toggle' | 'step' | 'epoch' | 'back' | 'back epoch' | 'restart' | 'save' | 'fork' }
  /** At the end of this epoch. */
  | { readonly do: 'stop' }
  | { readonly do: 'pace'; readonly by: 1 | -1 }
  | { readonly do: 'rate'; readonly learningRate: number }
  /** `row` of the training rows, from 1. */
  | { readonly do: 'look inside'; readonly row: number }

/** A run that can be watched and told what to do. */
export interface Training {
  readonly getState: () => View
  /** Calls `listener` after every change; returns a function that ends this. */
  readonly subscribe: (listener: () => void) => () => void
  readonly send: (command: Command) => void
}
