// What to train: data, network and settings, from the options; and the run that does it.
import {
  createRun,
  type Dataset,
  layers,
  type PreparedTarget,
  prepare,
  type Run,
  type Score,
  sequential,
  xor,
} from '@bp/core'
import { findTable } from '../data-sets.js'
import { type Given, separated } from '../options.js'
import { UsageError } from '../usage-error.js'
import { Checkpoints } from './checkpoints.js'
import type { trainOptions } from './options.js'
import { optimizers, type Settings, withDefaults } from './settings.js'

type TrainOptions = Given<typeof trainOptions>

export interface Plan {
  /** What the data is called. */
  readonly name: string
  /** Things the user may not expect. */
  readonly notes: readonly string[]
  /** What is predicted; `null` for xor, whose output is a probability. */
  readonly target: PreparedTarget | null
  readonly data: Dataset
  readonly validation: Dataset | null
  readonly settings: Settings
  /** Where checkpoints are saved; `null` for nowhere. */
  readonly checkpoints: Checkpoints | null
}

/**
 * Finds the data and resolves all settings.
 * @throws UsageError, or an error of the library, if they cannot be used.
 */
export function makePlan(subject: string, given: TrainOptions): Plan {
  const plan = makeProblem(subject, given)
  const { checkpoints, resume } = given
  if (checkpoints !== undefined && resume !== undefined)
    throw new UsageError('--resume saves to the same folder; leave --checkpoints out')
  const folder = checkpoints ?? resume
  const fixed = { data: plan.name, rows: plan.data.rows, target: given.target ?? null }
  const { epochs: _, ...settings } = plan.settings
  const defaults = withDefaults(plan.target === null ? 'xor' : 'table', {})
  return {
    ...plan,
    checkpoints:
      folder === undefined
        ? null
        : new Checkpoints(folder, resume !== undefined, { ...fixed, ...settings }, defaults),
  }
}

function makeProblem(subject: string, given: TrainOptions): Omit<Plan, 'checkpoints'> {
  if (subject === 'xor') {
    for (const option of ['target', 'heldBack'] as const)
      if (given[option] !== undefined)
        throw new UsageError(
          `--${separated(option, '-')} does not apply to xor, which has four rows and one output; leave it out`,
        )
    return {
      name: 'xor',
      notes: [],
      target: null,
      data: xor(),
      validation: null,
      settings: withDefaults('xor', given),
    }
  }
  const { name, table, usualTarget, note } = findTable(subject)
  const settings = withDefaults('table', given)
  const target = given.target ?? usualTarget
  if (target === null)
    throw new UsageError(
      `--target must name the column of ${name} to predict; the columns are ${table.columns.map((column) => column.name).join(', ')}`,
    )
  const prepared = prepare(table, { target, validationSplit: settings.heldBack, seed: settings.seed })
  const dropped = prepared.withoutTarget
  return {
    name,
    notes: [
      ...(note === null ? [] : [note]),
      ...(dropped > 0 ? [`${dropped} row${dropped === 1 ? '' : 's'} without ${target} left out`] : []),
    ],
    target: prepared.target,
    data: prepared.training,
    validation: prepared.validation,
    settings,
  }
}

/**
 * A run before its first step, or where an earlier one stopped unless it is to start `afresh`; and the score of its
 * initial weights.
 */
export function createPlannedRun(
  { data, validation, target, settings, checkpoints }: Plan,
  afresh = false,
): { run: Run; initial: Score } {
  const { hidden, activation, optimizer, learningRate, batchSize, epochs, seed } = settings
  const model = sequential(
    [
      ...hidden.map((units) => layers.dense({ units, activation })),
      layers.dense({ units: data.targetShape[0]! }),
    ],
    { inputShape: data.inputShape, seed },
  )
  const run = createRun({
    model,
    loss:
      target === null
        ? 'sigmoidCrossEntropy'
        : target.task === 'regression'
          ? 'meanSquaredError'
          : 'softmaxCrossEntropy',
    optimizer: optimizers[optimizer]({ learningRate }),
    data,
    ...(validation && { validation }),
    ...(checkpoints && { checkpoint: { save: checkpoints.keep } }),
    ...(checkpoints?.resume && !afresh && { resume: checkpoints.resume }),
    batchSize,
    epochs,
    seed,
  })
  return { run, initial: run.evaluate(data) }
}
