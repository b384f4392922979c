// What to train: data, network and settings, from the options; and the run that does it.
import { createRun, type Dataset, layers, type Run, type Score, sequential, xor } from '@bp/core'
import {
  type Baseline,
  describeTable,
  inspectTable,
  prepareTable,
  type ReportLine,
  type TableDescription,
  type Target,
} from '@bp/table'
import { findTable } from '../data-sets.js'
import { visible } from '../fit.js'
import { type Given, separated } from '../options.js'
import { inspectOptions, tableOptions } from '../table/options.js'
import { describeSize, reportBriefly } from '../table/report.js'
import { UsageError } from '../usage-error.js'
import { Checkpoints } from './checkpoints.js'
import type { trainOptions } from './options.js'
import { optimizers, type Settings, withDefaults } from './settings.js'
import { counted, formatCount } from './words.js'

type TrainOptions = Given<typeof trainOptions>

export interface Plan {
  /** What the data is called. */
  readonly name: string
  /** Things the user may not expect. */
  readonly notes: readonly string[]
  /** What is predicted; `null` for xor, whose output is a probability. */
  readonly target: Target | null
  /** The table that it was made from; `null` for xor. */
  readonly table: PlannedTable | null
  readonly data: Dataset
  readonly validation: Dataset | null
  readonly settings: Settings
  /** Where checkpoints are saved; `null` for nowhere. */
  readonly checkpoints: Checkpoints | null
}

export interface PlannedTable {
  /** How the table is read and encoded, and answers are written. */
  readonly description: TableDescription
  /** What each column is read as; in lines, the columns about which there is something to say. */
  readonly columns: readonly ReportLine[]
  readonly lines: readonly string[]
  /** What is right without any input. */
  readonly baseline: Baseline
}

/**
 * Finds the data and resolves all settings.
 * @throws UsageError, or an error of the library, if they cannot be used.
 */
export async function makePlan(subject: string, given: TrainOptions): Promise<Plan> {
  const plan = await makeProblem(subject, given)
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

async function makeProblem(subject: string, given: TrainOptions): Promise<Omit<Plan, 'checkpoints'>> {
  if (subject === 'xor') {
    for (const option of [...Object.keys(tableOptions), 'heldBack', 'patience'] as (keyof TrainOptions)[])
      if (given[option] !== undefined)
        throw new UsageError(
          `--${separated(option, '-')} does not apply to xor, which has four rows and one output; leave it out`,
        )
    return {
      name: 'xor',
      notes: [],
      target: null,
      table: null,
      data: xor(),
      validation: null,
      settings: withDefaults('xor', given),
    }
  }
  const wanted = withDefaults('table', given)
  if (wanted.heldBack === 0 && given.patience)
    throw new UsageError('--patience needs held-back rows; leave out --patience or --held-back 0')
  // Training rows do not say when to stop.
  const settings = wanted.heldBack === 0 ? { ...wanted, patience: 0 } : wanted
  const { name, table, usualTarget, note } = await findTable(subject, given)
  const names = table.columns.map((column) => column.name)
  const target = given.target ?? usualTarget
  if (target === null)
    throw new UsageError(
      `--target must name the column of ${name} to predict; the columns are ${visible(names.join(', '))}`,
    )
  const inspection = inspectTable(table, inspectOptions(given, target, names))
  const prepared = prepareTable(inspection, { heldBack: settings.heldBack, seed: settings.seed })
  const { description, training, heldBack, baseline, withoutTarget } = prepared
  return {
    name,
    notes: [
      ...(note === null ? [] : [note]),
      ...table.notes.map(visible),
      ...(withoutTarget > 0 ? [`${counted(withoutTarget, 'row')} without ${visible(target)} left out`] : []),
    ],
    target: description.target,
    table: {
      description,
      columns: describeTable(inspection, description),
      lines: [`  ${describeSize(inspection, formatCount)}`, ...reportBriefly(inspection, description)],
      baseline,
    },
    data: training,
    validation: heldBack,
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
  const { hidden, activation, optimizer, learningRate, batchSize, epochs, patience, seed } = settings
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
    ...(validation && patience > 0 && { earlyStopping: { patience } }),
    ...(checkpoints && { checkpoint: { save: checkpoints.keep } }),
    ...(checkpoints?.resume && !afresh && { resume: checkpoints.resume }),
    batchSize,
    epochs,
    seed,
  })
  return { run, initial: run.evaluate(data) }
}
