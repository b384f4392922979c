// `bp eval`: how well a trained network does on the rows of a file, beside the baseline.
import { answerOf, encodeInputs, encodeTargets, readOptionsFor, type Target } from '@bp/table'
import stringWidth from 'string-width'
import { findTable } from '../data-sets.js'
import { padEnd, padStart, visible } from '../fit.js'
import { noScreen } from '../lines.js'
import { lineOptions, readArguments } from '../options.js'
import { jsonLine, print } from '../output.js'
import { formatCount, formatShare, threeDigits } from '../train/words.js'
import { UsageError } from '../usage-error.js'
import { loadTrainedOnTable } from './trained.js'

/** Runs the command and returns the exit code. */
export async function evaluate(args: readonly string[]): Promise<number> {
  const { given, rest } = readArguments(args, lineOptions)
  if (rest.length !== 2)
    throw new UsageError('eval takes a run and a file: bp eval last test.csv; - reads standard input')
  const form = noScreen('eval', given.ui)
  const { table: description, model, spec } = loadTrainedOnTable(rest[0]!)
  const { target } = description
  const { table } = await findTable(rest[1]!, readOptionsFor(description))
  const { inputs, notes } = encodeInputs(table, description)
  const { targets, rows, notes: more } = encodeTargets(table, description)
  if (rows.length === 0)
    throw new UsageError(`no row of the file has a known ${visible(target.name)}; nothing can be compared`)
  const predictions = model.predict(inputs)
  const [said, score] =
    target.task === 'classification'
      ? scoreClasses(target, predictions, targets, rows)
      : scoreNumbers(target, predictions, targets, rows)
  if (form === 'json')
    print(
      `${jsonLine({ type: 'score', rows: rows.length, ...score, notes: [...table.notes, ...notes, ...more] })}\n`,
    )
  else {
    const from = `${formatCount(rows.length)} of ${formatCount(table.rows)} rows, trained on ${formatCount(spec.data.rows)} rows of ${visible(spec.data.name)}`
    print(
      `${[from, ...said, ...[...table.notes, ...notes, ...more].map((note) => `note: ${visible(note)}`)].join('\n')}\n`,
    )
  }
  return 0
}

type Scored = readonly [lines: string[], fields: object]

function scoreClasses(
  target: Extract<Target, { task: 'classification' }>,
  predictions: Float32Array,
  targets: Float32Array,
  rows: Uint32Array,
): Scored {
  const size = target.classes.length
  const counts = target.classes.map(() => new Array<number>(size).fill(0))
  for (const [at, row] of rows.entries()) {
    const actual = targets.subarray(at * size, (at + 1) * size).indexOf(1)
    counts[actual]![answerOf(target, predictions, row).value]!++
  }
  const right = counts.reduce((total, row, at) => total + row[at]!, 0)
  const perClass = counts.map((row) => row.reduce((total, count) => total + count, 0))
  const commonest = perClass.indexOf(Math.max(...perClass))
  const [accuracy, baseline] = [right / rows.length, perClass[commonest]! / rows.length]
  const names = target.classes.map((name) => visible(name))
  const width = Math.max(...names.map((name) => stringWidth(name)), String(rows.length).length) + 2
  const label = Math.max(...names.map((name) => stringWidth(name)), 18)
  return [
    [
      `  ${formatCount(right)} correct, ${formatShare(accuracy)}`,
      `  baseline   always "${names[commonest]}" is right in ${formatShare(baseline)}`,
      '',
      `  ${'true ↓ predicted →'.padEnd(label)}${names.map((name) => padStart(name, width)).join('')}`,
      ...counts.map(
        (row, at) =>
          `  ${padEnd(names[at]!, label)}${row.map((count) => (count === 0 ? '·' : String(count)).padStart(width)).join('')}`,
      ),
    ],
    { accuracy, baseline, classes: target.classes, confusion: counts },
  ]
}

function scoreNumbers(
  target: Extract<Target, { task: 'regression' }>,
  predictions: Float32Array,
  targets: Float32Array,
  rows: Uint32Array,
): Scored {
  const { mean, standardDeviation } = target
  const truths = Array.from(targets, (value) => mean + standardDeviation * value)
  const average = truths.reduce((total, value) => total + value, 0) / truths.length
  let [squares, distances, spread] = [0, 0, 0]
  for (const [at, row] of rows.entries()) {
    const off = answerOf(target, predictions, row).value - truths[at]!
    squares += off * off
    distances += Math.abs(off)
    spread += (truths[at]! - average) ** 2
  }
  const count = rows.length
  const [error, meanError, baseline] = [squares, distances ** 2 / count, spread].map((sum) =>
    Math.sqrt(sum / count),
  ) as [number, number, number]
  const name = visible(target.name)
  return [
    [
      `  off by ${threeDigits(error)} ${name} (root mean squared error), ${threeDigits(meanError)} on average`,
      `  baseline   always the mean of these rows is off by ${threeDigits(baseline)}: ${spread === 0 ? '' : `R² ${threeDigits(1 - squares / spread)}`}`,
    ],
    {
      root_mean_squared_error: error,
      mean_absolute_error: meanError,
      baseline,
      ...(spread > 0 && { r2: 1 - squares / spread }),
    },
  ]
}
