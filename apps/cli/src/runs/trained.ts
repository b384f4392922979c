// The network of a run, with the weights that its scores are of.
import type { Model } from '@bp/core'
import type { TableDescription } from '@bp/table'
import { lossOf, makeModel } from '../train/plan.js'
import { UsageError } from '../usage-error.js'
import { findRun } from './home.js'
import { type RunSpec, readCheckpointOf, readSpec } from './spec.js'

export interface Trained {
  readonly folder: string
  readonly spec: RunSpec
  readonly model: Model
}

/**
 * Loads the weights that predict: the best by the held-back loss where the run looked for them, else the last.
 * @throws UsageError if there is no such run; RunError or CheckpointError if it cannot be read.
 */
export function loadTrained(reference: string): Trained {
  const folder = findRun(reference)
  const spec = readSpec(folder)
  const { weights, bestWeights, state } = readCheckpointOf(folder)
  const model = makeModel(spec.settings, spec.inputs, spec.outputs)
  // At its end a run has taken the best weights already.
  model.setWeights(state.status === 'done' ? weights : (bestWeights ?? weights))
  const loss = lossOf(spec.table?.target ?? null)
  model.outputActivation =
    loss === 'softmaxCrossEntropy' ? 'softmax' : loss === 'sigmoidCrossEntropy' ? 'sigmoid' : 'linear'
  return { folder, spec, model }
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
