// The settings of a training run. A row is a setting: its option, its defaults and how the screen shows it.
import { adam, momentum, sgd } from '@bp/core'
import { formatNumber, xorSettings } from '@bp/lab'
import { choice, type Given, integer, number, type Option, toNumber } from '../options.js'
import { UsageError } from '../usage-error.js'

/** A table is a bundled data set or a file; for xor the defaults are the lecture's. */
type Task = 'table' | 'xor'

export const optimizers = { sgd, momentum, adam }
type OptimizerName = keyof typeof optimizers

/** One value, or one for each optimizer. */
type Default<T> = T | Readonly<Record<OptimizerName, T>>

export interface Setting<T> extends Option<T> {
  /** Also what a checkpoint that lacks the setting means: it was saved before the setting existed. */
  readonly defaults: Readonly<Record<Task, Default<T>>>
  /** For the line under the title of a run on this many rows. */
  describe?(value: T, rows: number): string
}

function setting<T>(
  option: Option<T>,
  defaults: Readonly<Record<Task, Default<NoInfer<T>>>>,
  describe?: (value: T, rows: number) => string,
): Setting<T> {
  const [table, xor] = [inWords(defaults.table), inWords(defaults.xor)]
  const help = `${option.help} (default ${table}${xor === table ? '' : `; xor: ${xor}`})`
  return { ...option, help, defaults, ...(describe && { describe }) }
}

function inWords<T>(value: Default<T>): string {
  if (!isByOptimizer(value)) return String(value)
  return Object.entries(value)
    .map(([optimizer, each]) => `${optimizer} ${each}`)
    .join(', ')
}

function isByOptimizer<T>(value: Default<T>): value is Readonly<Record<OptimizerName, T>> {
  return typeof value === 'object' && value !== null && 'sgd' in value
}

// More would not fit into the memory of the kernel, or nobody would wait for it.
const maxUnits = 4096
const maxLayers = 16

const hidden: Option<readonly number[]> = {
  value: 'UNITS,…',
  help: 'units of each hidden layer, e.g. 16,16; or none',
  read: (text, name) => {
    const units = text === 'none' ? [] : text.split(',').map((part) => toNumber(part.trim()))
    if (
      units.length > maxLayers ||
      units.some((count) => !(Number.isInteger(count) && count >= 1 && count <= maxUnits))
    )
      throw new UsageError(
        `${name} must be up to ${maxLayers} comma-separated integers in [1, ${maxUnits}], or none; got "${text}"`,
      )
    return units
  },
}

/** 0 is none. */
const patience: Option<number> = {
  value: 'N|none',
  help: 'stop after N epochs in which the held-back loss does not improve, with the best weights',
  read: (text, name) => {
    const epochs = text === 'none' ? 0 : toNumber(text)
    if (text !== 'none' && !(Number.isInteger(epochs) && epochs >= 1 && epochs <= 1e9))
      throw new UsageError(`${name} must be an integer in [1, 1000000000], or none; got "${text}"`)
    return epochs
  },
}

/** With the defaults for tables, over 95 % of the held-back rows of each bundled set are predicted correctly. */
export const settings = {
  hidden: setting(hidden, { table: [32], xor: [xorSettings.hiddenUnits] }),
  activation: setting(choice(['relu', 'tanh', 'sigmoid'], 'of the hidden layers'), {
    table: 'relu',
    xor: 'sigmoid',
  }),
  optimizer: setting(
    choice(Object.keys(optimizers) as OptimizerName[], 'update rule of the weights'),
    { table: 'adam', xor: 'sgd' },
    (name) => name,
  ),
  learningRate: setting(
    number('X', 'step size', 'a positive number, e.g. 0.01', (rate) => rate > 0),
    {
      table: { sgd: 0.1, momentum: 0.01, adam: 0.003 },
      xor: { sgd: xorSettings.learningRate, momentum: 0.2, adam: 0.05 },
    },
    (rate) => `rate ${formatNumber(rate)}`,
  ),
  batchSize: setting(integer('N', 'rows in each step', 1, 1e9), { table: 16, xor: 4 }, (size, rows) =>
    size >= rows ? 'all rows at once' : `batches of ${size}`,
  ),
  epochs: setting(integer('N', 'passes over the training rows', 1, 1e9), {
    table: 40,
    xor: xorSettings.epochs,
  }),
  patience: setting(patience, { table: 10, xor: 0 }, (epochs) => (epochs === 0 ? '' : `patience ${epochs}`)),
  seed: setting(
    integer('N', 'decides initial weights, order and held-back rows', 0, Number.MAX_SAFE_INTEGER),
    { table: 7, xor: xorSettings.seed },
    (seed) => `seed ${seed}`,
  ),
  heldBack: setting(
    number(
      'SHARE',
      'share of the rows kept for testing',
      'in [0, 1), e.g. 0.2',
      (share) => share >= 0 && share < 1,
    ),
    { table: 0.2, xor: 0 },
  ),
}

/** A learning rate as it is typed while training; `null` for what is not a positive number in float32, as weights are. */
export function readRate(text: string): number | null {
  const rate = toNumber(text.trim())
  const single = Math.fround(rate)
  return single > 0 && Number.isFinite(single) ? rate : null
}

export type Settings = Required<Given<typeof settings>>

/** The given settings, and the defaults for the rest. */
export function withDefaults(task: Task, given: Given<typeof settings>): Settings {
  const optimizer = given.optimizer ?? (settings.optimizer.defaults[task] as OptimizerName)
  const values = Object.entries<Setting<unknown>>(settings).map(([name, { defaults }]) => {
    const value = defaults[task]
    return [name, given[name as keyof Settings] ?? (isByOptimizer(value) ? value[optimizer] : value)]
  })
  return Object.fromEntries(values) as Settings
}
