// What to train: data, network and settings, from the options; and the run that does it.
import {
  type Checkpoint,
  createRun,
  type Dataset,
  layers,
  type Model,
  type Run,
  type Score,
  sequential,
  xor,
} from '@bp/core'
import {
  type Baseline,
  describeTable,
  inspectTable,
  prepareTable,
  type ReportLine,
  type TableDescription,
  type Target,
} from '@bp/table'
import { findTable, type OnProgress, type TableSource } from '../data-sets.js'
import { visible } from '../fit.js'
import { type Given, separated } from '../options.js'
import { folderToSave, Saver } from '../runs/saver.js'
import type { RunSpec } from '../runs/spec.js'
import { inspectOptions, readOptions, tableOptions } from '../table/options.js'
import { describeSize, reportBriefly } from '../table/report.js'
import { UsageError } from '../usage-error.js'
import type { trainOptions } from './options.js'
import { optimizers, type Settings, withDefaults } from './settings.js'
import { counted, formatCount } from './words.js'

type TrainOptions = Given<typeof trainOptions>

/** How many rows there are, and of what shape. */
export type Extent = Pick<Dataset, 'rows' | 'inputShape' | 'targetShape'>

/** What is said of a plan: all but its data, and what saves it. It can be posted between threads. */
export interface Outline {
  /** What the data is called. */
  readonly name: string
  /** Things the user may not expect. */
  readonly notes: readonly string[]
  /** What is predicted; `null` for xor, whose output is a probability. */
  readonly target: Target | null
  /** The table that it was made from; `null` for xor. */
  readonly table: PlannedTable | null
  readonly data: Extent
  readonly validation: Extent | null
  readonly settings: Settings
}

export interface Plan extends Outline {
  readonly data: Dataset
  readonly validation: Dataset | null
  /** Saves the run. */
  readonly saver: Saver
}

export function outlineOf({ name, notes, target, table, data, validation, settings }: Plan): Outline {
  const extent = ({ rows, inputShape, targetShape }: Dataset): Extent => ({ rows, inputShape, targetShape })
  return {
    name,
    notes,
    target,
    table,
    data: extent(data),
    validation: validation && extent(validation),
    settings,
  }
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

/** A run that is to go on. */
export interface Resumed {
  readonly folder: string
  readonly spec: RunSpec
  readonly checkpoint: Checkpoint
}

/**
 * Finds the data and resolves all settings.
 * @throws UsageError, or an error of the library, if they cannot be used.
 */
export async function makePlan(
  subject: string,
  given: TrainOptions,
  { resumed = null, onProgress }: { resumed?: Resumed | null; onProgress?: OnProgress } = {},
): Promise<Plan> {
  if (given.force && given.save === undefined)
    throw new UsageError('--force replaces the run in the folder that --save names; give both, or neither')
  const folder =
    resumed?.folder ?? (given.save === undefined ? null : folderToSave(given.save, given.force ?? false))
  const { source, ...plan } = await makeProblem(subject, given, onProgress)
  const sha256 = source?.sha256 ?? null
  if (resumed && resumed.spec.data.sha256 !== sha256)
    throw new UsageError(
      `${plan.name} is not the data that the run was trained on: its SHA-256 was ${resumed.spec.data.sha256?.slice(0, 8)}…, is ${sha256?.slice(0, 8)}…; give a copy of the old file with --data, or train anew`,
    )
  const spec: RunSpec = resumed
    ? { ...resumed.spec, settings: plan.settings }
    : {
        format: 'backpropagation-run',
        version: 1,
        started: new Date().toISOString(),
        data: {
          name: plan.name,
          subject: source?.subject ?? 'xor',
          sha256,
          rows: plan.data.rows,
          heldBackRows: plan.validation?.rows ?? 0,
        },
        options: Object.fromEntries(
          Object.keys(tableOptions)
            .map((name) => [name, given[name as keyof TrainOptions]])
            .filter(([, value]) => value !== undefined),
        ),
        settings: plan.settings,
        inputs: plan.data.inputShape[0]!,
        outputs: plan.data.targetShape[0]!,
        table: plan.table?.description ?? null,
        baseline: plan.table?.baseline ?? null,
      }
  return { ...plan, saver: new Saver(spec, folder, resumed?.checkpoint ?? null) }
}

type Problem = Omit<Plan, 'saver'> & { readonly source: TableSource | null }

async function makeProblem(
  subject: string,
  given: TrainOptions,
  onProgress: OnProgress | undefined,
): Promise<Problem> {
  if (subject === 'xor') {
    for (const option of [...Object.keys(tableOptions), 'heldBack', 'patience'] as (keyof TrainOptions)[])
      if (given[option] !== undefined)
        throw new UsageError(
          `--${separated(option, '-')} does not apply to xor, which has four rows and one output; leave it out`,
        )
    return {
      source: null,
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
  const source = await findTable(subject, readOptions(given), onProgress)
  const { name, table, usualTarget, note } = source
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
    source,
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
  { data, validation, target, settings, saver }: Plan,
  afresh = false,
): { run: Run; initial: Score } {
  const { optimizer, learningRate, batchSize, epochs, patience, seed } = settings
  const run = createRun({
    model: makeModel(settings, data.inputShape[0]!, data.targetShape[0]!),
    loss: lossOf(target),
    optimizer: optimizers[optimizer]({ learningRate }),
    data,
    ...(validation && { validation }),
    ...(validation && patience > 0 && { earlyStopping: { patience } }),
    checkpoint: { save: saver.keep },
    ...(saver.resume && !afresh && { resume: saver.resume }),
    batchSize,
    epochs,
    seed,
  })
  return { run, initial: run.evaluate(data) }
}

export function makeModel({ hidden, activation, seed }: Settings, inputs: number, outputs: number): Model {
  return sequential(
    [...hidden.map((units) => layers.dense({ units, activation })), layers.dense({ units: outputs })],
    { inputShape: [inputs], seed },
  )
}

/** `target`: `null` for xor. */
export function lossOf(target: Target | null) {
  if (target === null) return 'sigmoidCrossEntropy'
  return target.task === 'regression' ? 'meanSquaredError' : 'softmaxCrossEntropy'
}
