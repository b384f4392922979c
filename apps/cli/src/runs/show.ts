// `bp show`, `bp runs` and `bp compare`: what is kept of runs.

import { checkpointWriter } from '@bp/formats/checkpoint-folder'
import { inputNames } from '@bp/table'
import { visible } from '../fit.js'
import { inColumns, noScreen } from '../lines.js'
import { lineOptions, type Option, readArguments, separated } from '../options.js'
import { jsonLine, print } from '../output.js'
import { type Settings, settings } from '../train/settings.js'
import {
  counted,
  describeBaseline,
  describeGain,
  formatCount,
  formatDuration,
  formatShare,
  gainOver,
  rootMeanSquaredError,
  threeDigits,
} from '../train/words.js'
import { UsageError } from '../usage-error.js'
import { findRun, nameOf, runNames, runsHome } from './home.js'
import { showOptions } from './options.js'
import { checkpointsIn, type RunResult, type RunSpec, readMetrics, readResult, readSpec } from './spec.js'
import { specOf } from './spec-file.js'

interface Kept {
  readonly name: string
  readonly folder: string
  readonly spec: RunSpec
  readonly result: RunResult | null
  readonly status: string
}

function read(reference: string): Kept {
  const folder = findRun(reference)
  const [spec, result] = [readSpec(folder), readResult(folder)]
  const status =
    result === null
      ? 'not started'
      : result.status !== 'training'
        ? result.status
        : checkpointWriter(checkpointsIn(folder)) === null
          ? 'stopped'
          : 'training'
  return { name: nameOf(folder), folder, spec, result, status }
}

/** The score that counts: on the held-back rows, where there are any. */
function judged({ result }: Kept) {
  return result && (result.scores.heldBack ?? result.scores.training)
}

/** `96.7 %` for classes, `2.7` for a number: the error in the unit of the target. */
function score(kept: Kept): string {
  const found = judged(kept)
  if (!found) return '—'
  const error = rootMeanSquaredError(found, kept.spec.table?.target ?? null)
  return error === null ? formatShare(found.accuracy ?? 0) : threeDigits(error)
}

function gain({ spec: { baseline, table }, ...kept }: Kept): string {
  const found = judged({ spec: { baseline, table }, ...kept } as Kept)
  return baseline && table && found ? describeGain(baseline, found, table.target) : ''
}

const when = ({ started }: RunSpec) => started.slice(0, 16).replace('T', ' ')

function fields(kept: Kept): object {
  const { name, folder, spec, result, status } = kept
  const { data, table, baseline } = spec
  const found = judged(kept)
  return {
    run: name,
    folder,
    status,
    started: spec.started,
    data: data.name,
    data_sha256: data.sha256,
    rows: data.rows,
    held_back_rows: data.heldBackRows,
    target: table?.target.name ?? null,
    ...Object.fromEntries(Object.entries(spec.settings).map(([key, value]) => [separated(key, '_'), value])),
    epoch: result?.epoch ?? 0,
    step: result?.step ?? 0,
    elapsed: result?.elapsed ?? 0,
    scores: result?.scores ?? null,
    baseline,
    ...(baseline && table && found && { gain: gainOver(baseline, found, table.target) }),
  }
}

/** Runs `bp runs` and returns the exit code. */
export function listRuns(args: readonly string[]): number {
  const { given, rest } = readArguments(args, lineOptions)
  if (rest.length > 0) throw new UsageError('runs takes no argument; bp show RUN tells about one run')
  const form = noScreen('runs', given.ui)
  const all = runNames().map(read)
  if (form === 'json') print(all.map((kept) => `${jsonLine(fields(kept))}\n`).join(''))
  else if (all.length === 0)
    print(`there is no run yet in ${runsHome()}; train one: bp train my-table.csv --target y\n`)
  else
    print(
      `${inColumns([
        ['run', 'began (UTC)', 'target', 'state', 'epoch', 'score', 'over the baseline'],
        ...all.map((kept) => [
          kept.name,
          when(kept.spec),
          visible(kept.spec.table?.target.name ?? 'xor'),
          kept.status,
          formatCount(kept.result?.epoch ?? 0),
          score(kept),
          gain(kept),
        ]),
      ]).join('\n')}\n`,
    )
  return 0
}

/** Runs `bp show` and returns the exit code. */
export function show(args: readonly string[]): number {
  const { given, rest } = readArguments(args, showOptions)
  if (rest.length > 1) throw new UsageError('show takes one run; bp compare takes several')
  const form = noScreen('show', given.ui)
  if (given.spec) {
    print(`${JSON.stringify(specOf(readSpec(findRun(rest[0] ?? 'last'))), null, 2)}\n`)
    return 0
  }
  const kept = read(rest[0] ?? 'last')
  if (form === 'json')
    print(`${jsonLine({ ...fields(kept), table: kept.spec.table, records: readMetrics(kept.folder) })}\n`)
  else print(`${describe(kept).join('\n')}\n`)
  return 0
}

function describe(kept: Kept): string[] {
  const { name, folder, spec, result, status } = kept
  const { data, table, baseline } = spec
  const target = table?.target ?? null
  const found = judged(kept)
  const given = Object.keys(spec.options).filter((key) => key !== 'target')
  return [
    `${name}: ${status}, began ${when(spec)} UTC, ${counted(result?.epoch ?? 0, 'epoch')}, ${counted(result?.step ?? 0, 'step')}, ${formatDuration(result?.elapsed ?? 0)}`,
    `  folder     ${folder}`,
    `  data       ${data.subject}, ${formatCount(data.rows)} rows, ${formatCount(data.heldBackRows)} held back${data.sha256 ? `, SHA-256 ${data.sha256.slice(0, 12)}…` : ''}`,
    ...(table
      ? [
          `  target     ${visible(table.target.name)}, ${table.target.task === 'regression' ? 'a number' : `a class of ${table.target.classes.length}`}`,
          `  inputs     ${visible(namesOf(table.inputs.map(({ reading }) => reading.name)))}: ${counted(table.inputs.flatMap(inputNames).length, 'input')} of the network`,
          ...(table.leftOut.length > 0 ? [`  left out   ${visible(namesOf(table.leftOut))}`] : []),
          ...(given.length > 0
            ? [
                `  read with  ${given.map((key) => `--${separated(key, '-')} ${optionText(spec.options[key])}`).join(' ')}`,
              ]
            : []),
        ]
      : []),
    `  settings   ${settingsText(spec.settings)}`,
    ...(result
      ? [
          `  training   ${scoreText(result.scores.training, target)}`,
          ...(result.scores.heldBack ? [`  held back  ${scoreText(result.scores.heldBack, target)}`] : []),
          ...(baseline && target && found
            ? [`  baseline   ${describeBaseline(baseline, target)}: ${describeGain(baseline, found, target)}`]
            : []),
          `  weights    ${result.scores.best ? `of epoch ${formatCount(result.scores.epoch)}, the best by the held-back loss` : `of epoch ${formatCount(result.scores.epoch)}`}, for both scores`,
        ]
      : []),
  ]
}

const namesOf = (names: readonly string[]) =>
  names.length <= 8 ? names.join(', ') : `${names.slice(0, 7).join(', ')} and ${names.length - 7} more`

const optionText = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? value.join(',')
      : Object.entries(value)
          .map(([key, text]) => `${key}=${text}`)
          .join(',')
    : value === true
      ? ''
      : String(value)

const settingsText = (values: Settings) =>
  Object.entries<Option<unknown>>(settings)
    .map(([key]) => `--${separated(key, '-')} ${settingText(values[key as keyof Settings])}`)
    .join(' ')

const settingText = (value: unknown) => (Array.isArray(value) ? value.join(',') || 'none' : String(value))

function scoreText(
  found: RunResult['scores']['training'],
  target: Parameters<typeof rootMeanSquaredError>[1],
) {
  const error = rootMeanSquaredError(found, target)
  return `loss ${threeDigits(found.loss)}, ${error === null ? `${formatShare(found.accuracy ?? 0)} correct` : `off by ${threeDigits(error)} ${visible(target!.name)} (RMSE)`}`
}

/** Runs `bp compare` and returns the exit code. */
export function compare(args: readonly string[]): number {
  const { given, rest } = readArguments(args, lineOptions)
  if (rest.length < 2) throw new UsageError('compare takes two runs or more: bp compare iris-1 iris-2')
  const form = noScreen('compare', given.ui)
  const all = rest.map(read)
  if (form === 'json') {
    print(all.map((kept) => `${jsonLine(fields(kept))}\n`).join(''))
    return 0
  }
  const rows: (readonly [string, (kept: Kept) => string])[] = [
    ['data', ({ spec: { data } }) => `${data.name}${data.sha256 ? ` ${data.sha256.slice(0, 8)}` : ''}`],
    ['target', ({ spec: { table } }) => visible(table?.target.name ?? 'xor')],
    [
      'rows',
      ({ spec: { data } }) => `${formatCount(data.rows)} + ${formatCount(data.heldBackRows)} held back`,
    ],
    ['inputs', ({ spec }) => formatCount(spec.inputs)],
    ...Object.keys(settings).map(
      (key) =>
        [separated(key, ' '), ({ spec }: Kept) => settingText(spec.settings[key as keyof Settings])] as const,
    ),
    ['state', ({ status }) => status],
    ['trained epochs', ({ result }) => formatCount(result?.epoch ?? 0)],
    ['weights of epoch', ({ result }) => (result ? formatCount(result.scores.epoch) : '—')],
    ['time', ({ result }) => formatDuration(result?.elapsed ?? 0)],
    ['training loss', ({ result }) => (result ? threeDigits(result.scores.training.loss) : '—')],
    [
      'held-back loss',
      ({ result }) => (result?.scores.heldBack ? threeDigits(result.scores.heldBack.loss) : '—'),
    ],
    ['score', score],
    ['over the baseline', gain],
  ]
  const always = new Set(['score', 'over the baseline', 'held-back loss', 'training loss'])
  const lines = rows
    .map(([label, text]) => [label, ...all.map(text)])
    .filter(([label, ...texts]) => always.has(label!) || new Set(texts).size > 1)
  print(`${inColumns([['', ...all.map(({ name }) => name)], ...lines]).join('\n')}\n`)
  const alike = rows.filter(([label]) => !always.has(label) && !lines.some(([shown]) => shown === label))
  if (alike.length > 0) print(`the same: ${alike.map(([label]) => label).join(', ')}\n`)
  const bases = new Set(all.map(({ spec: { data } }) => data.sha256))
  if (bases.size > 1) print('note: the runs were trained on different data; their scores do not compare\n')
  return 0
}
