// The network of a run, with the weights that its scores are of.
import type { Model } from '@bp/core'
import type { TableDescription } from '@bp/table'
import { lossOf, makeModel } from '../train/plan.js'
import { UsageError } from '../usage-error.js'
import { findRun } from './home.js'
import { type RunSpec, readCheckpointOf, readResult, readSpec } from './spec.js'

export interface Trained {
  readonly folder: string
  readonly spec: RunSpec
  readonly model: Model
  /** After which epoch it had these weights, and whether they are the best by the held-back loss. */
  readonly epoch: number
  /** Steps that the run had done then. */
  readonly step: number
  readonly best: boolean
}

/**
 * Loads the weights that predict: the best by the held-back loss where the run looked for them, else the last; or the
 * last in any case. At its end a run takes the best weights, so that those are its last.
 * @throws UsageError if there is no such run; RunError or CheckpointError if it cannot be read.
 */
export function loadTrained(reference: string, which: 'best' | 'last' = 'best'): Trained {
  const folder = findRun(reference)
  const spec = readSpec(folder)
  const { weights, bestWeights, state } = readCheckpointOf(folder)
  const model = makeModel(spec.settings, spec.inputs, spec.outputs)
  const done = state.status === 'done'
  const takesBest = !done && which === 'best' && bestWeights !== null && bestWeights !== undefined
  model.setWeights(takesBest ? bestWeights : weights)
  const loss = lossOf(spec.table?.target ?? null)
  model.outputActivation =
    loss === 'softmaxCrossEntropy' ? 'softmax' : loss === 'sigmoidCrossEntropy' ? 'sigmoid' : 'linear'
  const best = takesBest || (done && (readResult(folder)?.scores.best ?? false))
  return { folder, spec, model, epoch: state.epoch, step: state.step, best }
}

/** A run on a table, which can answer for the rows of another. */
export interface TrainedOnTable extends Trained {
  readonly table: TableDescription
}

/** @throws UsageError for xor, and as `loadTrained`. */
export function loadTrainedOnTable(reference: string): TrainedOnTable {
  const trained = loadTrained(reference)
  const { table } = trained.spec
  if (table === null)
    throw new UsageError(
      `the run ${reference} was trained on xor, which has no columns; use a run on a table, see bp runs`,
    )
  return { ...trained, table }
}
