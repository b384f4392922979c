// From an inspected table to training and held-back rows, with everything measured on the training rows alone.
import { type Dataset, splitRows } from '@bp/core/lean'
import { readValues } from '../columns/values.js'
import { counted, listed, quote, TableError } from '../errors.js'
import { type Content, contentOf, fitEncoding, moments, widthOf, writeInputs } from './columns.js'
import type { InputColumn, TableDescription, Target } from './description.js'
import { type InspectedColumn, type Inspection, shellWord } from './inspect.js'

export interface PrepareOptions {
  /** Fraction of the rows to hold back, in [0, 1). */
  readonly heldBack: number
  /** Seed of the split. */
  readonly seed: number
}

/** What is right without any input: always the commonest class, or always the mean. */
export interface Baseline {
  /** The class in words, or the mean. */
  readonly answer: string | number
  /** Share of correct rows for a class; root mean squared error, in the unit of the target, for a number. */
  readonly score: number
}

/** A table prepared for training. */
export interface PreparedTable {
  readonly description: TableDescription
  readonly training: Dataset
  /** `null` with a `heldBack` of 0. */
  readonly heldBack: Dataset | null
  /** The rows of the table in each, in order. */
  readonly rows: { readonly training: ArrayLike<number>; readonly heldBack: ArrayLike<number> }
  /** Fitted to the training rows, scored on the held-back rows, or on the training rows if there are none. */
  readonly baseline: Baseline
  /** Number of rows that are left out because their target is missing. */
  readonly withoutTarget: number
}

/**
 * Prepares an inspected table for training. The same share of each class is held back.
 * @throws TableError if there is too little to learn from.
 */
export function prepareTable(inspection: Inspection, { heldBack, seed }: PrepareOptions): PreparedTable {
  const { table, columns, target: inspected } = inspection
  const targetColumn = columns.find(({ role }) => role === 'target')
  if (!inspected || !targetColumn)
    throw new TableError(
      null,
      `--target must name the column to predict; the columns are ${listed(columns.map(({ column }) => column.name))}`,
    )
  const { labels } = inspected
  const { reading, column } = targetColumn
  const values = labels ? null : readValues(column.cells, reading)
  const groups: number[][] = labels ? labels.classes.map(() => []) : [[]]
  for (let row = 0; row < table.rows; row++) {
    const group = labels ? labels.codes[row]! : Number.isNaN(values![row]) ? -1 : 0
    if (group >= 0) groups[group]!.push(row)
  }
  const filled = groups.reduce((total, { length }) => total + length, 0)
  const { kept, held } = splitRows(groups, { validationSplit: heldBack, seed })
  if (kept.length < 2 || (heldBack > 0 && held.length === 0))
    throw new TableError(
      null,
      `${counted(filled, 'row')} with a target ${filled === 1 ? 'is' : 'are'} too few to hold back ${heldBack} of them; provide more rows, or train on all with --held-back 0`,
    )
  const fitted: { column: InputColumn; content: Content }[] = []
  const leftOut: string[] = []
  for (const each of columns) {
    if (each.role === 'input') {
      const content = contentOf(each.column.cells, each.reading)
      const encoding = fitEncoding(content, each.reading, kept)
      if (encoding) fitted.push({ column: { reading: each.reading, encoding }, content })
      else leftOut.push(each.column.name)
    } else if (each.role === 'left out') leftOut.push(each.column.name)
  }
  if (fitted.length === 0) throw new TableError(null, nothingLeft(columns))
  const target: Target = labels
    ? { name: inspected.name, reading, task: 'classification', classes: labels.classes }
    : { name: inspected.name, reading, task: 'regression', ...scaleOf(values!, kept, inspected.name) }
  const width = fitted.reduce((total, { column: { encoding } }) => total + widthOf(encoding), 0)
  const dataset = (rows: readonly number[]): Dataset => {
    const inputs = new Float32Array(rows.length * width)
    let at = 0
    for (const {
      column: { encoding },
      content,
    } of fitted) {
      writeInputs(content, encoding, rows, inputs, at, width)
      at += widthOf(encoding)
    }
    const targets = targetsOf(target, labels ? labels.codes : values!, rows)
    return {
      rows: rows.length,
      inputs,
      inputShape: [width],
      targets,
      targetShape: [targets.length / rows.length],
    }
  }
  const training = dataset(kept)
  const validation = heldBack > 0 ? dataset(held) : null
  return {
    description: {
      format: 'backpropagation-table',
      version: 1,
      layout: table.layout,
      inputs: fitted.map(({ column }) => column),
      target,
      leftOut,
    },
    training,
    heldBack: validation,
    rows: { training: kept, heldBack: held },
    baseline: baselineOf(target, training, validation ?? training),
    withoutTarget: table.rows - filled,
  }
}

function nothingLeft(columns: readonly InspectedColumn[]): string {
  const [first] = columns.filter(
    ({ role, reading }) => role === 'left out' && (reading.kind === 'text' || reading.kind === 'id'),
  )
  const cure = first
    ? `use one that was left out, e.g. --use ${shellWord(first.column.name)}`
    : 'provide columns that differ between rows'
  return `no column is left to predict from: ${listed(columns.filter(({ role }) => role !== 'target').map(({ column, reading }) => `${quote(column.name)} (${reading.kind})`))}; ${cure}`
}

function scaleOf(values: Float64Array, rows: readonly number[], name: string) {
  const { mean, standardDeviation, constant } = moments(Float64Array.from(rows, (row) => values[row]!))
  if (constant)
    throw new TableError(
      null,
      `column ${quote(name)} is ${values[rows[0]!]} in every training row; provide more rows, or use another --seed`,
    )
  return { mean, standardDeviation }
}

/** Targets of rows: one-hot classes, or standardized numbers. */
export function targetsOf(target: Target, values: ArrayLike<number>, rows: ArrayLike<number>): Float32Array {
  if (target.task === 'regression') {
    const targets = new Float32Array(rows.length)
    const { mean, standardDeviation } = target
    for (let index = 0; index < rows.length; index++)
      targets[index] = values[rows[index]!]! / standardDeviation - mean / standardDeviation
    return targets
  }
  const width = target.classes.length
  const targets = new Float32Array(rows.length * width)
  for (let index = 0; index < rows.length; index++) targets[index * width + values[rows[index]!]!] = 1
  return targets
}

function baselineOf(target: Target, training: Dataset, scored: Dataset): Baseline {
  if (target.task === 'regression') {
    let sum = 0
    for (const value of scored.targets) sum += value * value
    return { answer: target.mean, score: Math.sqrt(sum / scored.rows) * target.standardDeviation }
  }
  const size = target.classes.length
  const count = ({ targets }: Dataset) => {
    const counts = new Float64Array(size)
    for (let at = 0; at < targets.length; at++) counts[at % size]! += targets[at]!
    return counts
  }
  const counts = count(training)
  const commonest = counts.indexOf(Math.max(...counts))
  return { answer: target.classes[commonest]!, score: count(scored)[commonest]! / scored.rows }
}
