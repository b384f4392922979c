// What is to be trained: data, network and settings, from the options; and the run that does it.
import {
  adam,
  createRun,
  type Dataset,
  layers,
  momentum,
  type Optimizer,
  type PreparedTarget,
  prepare,
  type Run,
  type Score,
  sequential,
  sgd,
  xor,
} from '@bp/core'
import { xorSettings } from '@bp/lab'
import { findTable } from '../data-sets.js'
import type { Given } from '../options.js'
import { UsageError } from '../usage-error.js'
import { Checkpoints } from './checkpoints.js'
import type { trainOptions } from './options.js'

type TrainOptions = Given<typeof trainOptions>
type OptimizerName = NonNullable<TrainOptions['optimizer']>
type Activation = NonNullable<TrainOptions['activation']>

const optimizers: Readonly<Record<OptimizerName, (settings: { learningRate: number }) => Optimizer>> = {
  sgd,
  momentum,
  adam,
}

interface Settings {
  readonly hidden: readonly number[]
  readonly activation: Activation
  readonly optimizer: OptimizerName
  readonly learningRate: number
  readonly batchSize: number
  readonly epochs: number
  readonly seed: number
  readonly heldBack: number
}

export interface Plan {
  /** What the data is called. */
  readonly name: string
  /** Things that the user may not expect. */
  readonly notes: readonly string[]
  /** What is predicted; `null` for xor, whose output is a probability. */
  readonly target: PreparedTarget | null
  readonly data: Dataset
  readonly validation: Dataset | null
  readonly settings: Settings
  /** Where to keep what it takes to go on; `null` for nowhere. */
  readonly checkpoints: Checkpoints | null
}

interface Defaults extends Omit<Settings, 'learningRate'> {
  readonly learningRates: Readonly<Record<OptimizerName, number>>
}

/** The lecture's network and plain gradient descent. */
const xorDefaults: Defaults = {
  hidden: [xorSettings.hiddenUnits],
  activation: 'sigmoid',
  optimizer: 'sgd',
  learningRates: { sgd: xorSettings.learningRate, momentum: 0.2, adam: 0.05 },
  batchSize: 4,
  epochs: xorSettings.epochs,
  seed: xorSettings.seed,
  heldBack: 0,
}

/** One choice for all tables; over 95 % of held-back rows right on each of the bundled sets. */
const tableDefaults: Defaults = {
  hidden: [32],
  activation: 'relu',
  optimizer: 'adam',
  learningRates: { sgd: 0.1, momentum: 0.01, adam: 0.003 },
  batchSize: 16,
  epochs: 40,
  seed: 7,
  heldBack: 0.2,
}

/**
 * Finds the data and settles all settings.
 * @throws UsageError, or an error of the library, when they cannot be used.
 */
export function makePlan(subject: string, given: TrainOptions): Plan {
  const plan = makeProblem(subject, given)
  const { checkpoints, resume } = given
  if (checkpoints !== undefined && resume !== undefined)
    throw new UsageError('--resume goes on in its own folder; leave --checkpoints out')
  const folder = checkpoints ?? resume
  const { epochs, ...settings } = plan.settings
  const fixed = { data: plan.name, rows: plan.data.rows, target: given.target ?? null, ...settings }
  return {
    ...plan,
    checkpoints: folder === undefined ? null : new Checkpoints(folder, resume !== undefined, fixed),
  }
}

function makeProblem(subject: string, given: TrainOptions): Omit<Plan, 'checkpoints'> {
  if (subject === 'xor') {
    for (const option of ['target', 'held-back'] as const)
      if (given[option] !== undefined)
        throw new UsageError(
          `--${option} does not go with xor, which has four rows and one output; leave it out`,
        )
    return {
      name: 'xor',
      notes: [],
      target: null,
      data: xor(),
      validation: null,
      settings: settle(xorDefaults, given),
    }
  }
  const { name, table, usualTarget, note } = findTable(subject)
  const settings = settle(tableDefaults, given)
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
      ...(dropped > 0 ? [`${dropped} row${dropped === 1 ? ' is' : 's are'} left out: no ${target}`] : []),
    ],
    target: prepared.target,
    data: prepared.training,
    validation: prepared.validation,
    settings,
  }
}

function settle({ learningRates, ...defaults }: Defaults, given: TrainOptions): Settings {
  const optimizer = given.optimizer ?? defaults.optimizer
  return {
    hidden: given.hidden ?? defaults.hidden,
    activation: given.activation ?? defaults.activation,
    optimizer,
    learningRate: given['learning-rate'] ?? learningRates[optimizer],
    batchSize: given['batch-size'] ?? defaults.batchSize,
    epochs: given.epochs ?? defaults.epochs,
    seed: given.seed ?? defaults.seed,
    heldBack: given['held-back'] ?? defaults.heldBack,
  }
}

/**
 * A run before its first step, and how good its first weights are; or where an earlier one stopped, unless it is to
 * begin `anew`.
 */
export function begin(
  { data, validation, target, settings, checkpoints }: Plan,
  anew = false,
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
    ...(checkpoints?.resume && !anew && { resume: checkpoints.resume }),
    batchSize,
    epochs,
    seed,
  })
  return { run, initial: run.evaluate(data) }
}
