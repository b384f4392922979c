// What a run's folder says of it: what was trained on which data and how (run.json), how far it got (result.json), its
// records (metrics.jsonl) and its weights (checkpoints).
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { BackpropagationError, type Checkpoint, type RunRecord, type Score } from '@bp/core'
import { loadCheckpoint } from '@bp/formats/checkpoint-folder'
import type { Baseline, TableDescription } from '@bp/table'
import type { Settings } from '../train/settings.js'
import type { RateChange } from '../train/view.js'

/** A folder that is no run, or a damaged one; the message says which file, and what to do. */
class RunError extends BackpropagationError {
  override name = 'RunError'
}

export interface RunSpec {
  readonly format: 'backpropagation-run'
  readonly version: 1
  /** When it began, in ISO 8601. */
  readonly started: string
  readonly data: {
    readonly name: string
    /** As `bp train` finds it: a bundled name or an absolute path; `-` for standard input. */
    readonly subject: string
    /** Of the bytes of the file; `null` for xor. */
    readonly sha256: string | null
    /** For training. */
    readonly rows: number
    readonly heldBackRows: number
  }
  /** Options that say how the table is read, as they were given. */
  readonly options: Readonly<Record<string, unknown>>
  readonly settings: Settings
  readonly inputs: number
  readonly outputs: number
  /** How rows become inputs and answers; `null` for xor. */
  readonly table: TableDescription | null
  readonly baseline: Baseline | null
}

/** How far a run got. */
export interface RunResult {
  readonly status: 'training' | 'done' | 'diverged'
  readonly epoch: number
  readonly step: number
  /** Time of training without pauses, in ms. */
  readonly elapsed: number
  /** Of the learning rate, while it trained; none where it is absent. */
  readonly changes?: readonly RateChange[]
  /** Of the same weights: after which epoch the network had them, and whether they are the best by the held-back loss. */
  readonly scores: {
    readonly training: Score
    readonly heldBack: Score | null
    readonly epoch: number
    readonly best: boolean
  }
}

export const specFile = 'run.json'
const resultFile = 'result.json'
const metricsFile = 'metrics.jsonl'

export const checkpointsIn = (folder: string): string => join(folder, 'checkpoints')

/** @throws RunError for a folder that is no run, or of a newer version of bp. */
export function readSpec(folder: string): RunSpec {
  const spec = readJson<Partial<RunSpec>>(folder, specFile)
  if (spec?.format !== 'backpropagation-run')
    throw new RunError(`${folder} is not a run: ${specFile} is not of bp; see bp runs`)
  if (spec.version !== 1)
    throw new RunError(
      `the run in ${folder} is of version ${spec.version}, which a newer bp writes; this one reads version 1; update bp`,
    )
  return spec as RunSpec
}

/** `null` before anything is saved. */
export function readResult(folder: string): RunResult | null {
  return readJson(folder, resultFile)
}

export function readMetrics(folder: string): RunRecord[] {
  const text = readText(folder, metricsFile)
  return (text ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

export const writeSpec = (folder: string, spec: RunSpec) => writeWhole(folder, specFile, inLines(spec))
export const writeResult = (folder: string, result: RunResult) =>
  writeWhole(folder, resultFile, inLines(result))
export const writeMetrics = (folder: string, lines: readonly string[]) =>
  writeWhole(folder, metricsFile, lines.join(''))

/**
 * The newest checkpoint of a run.
 * @throws RunError if nothing was saved; CheckpointError if it cannot be read.
 */
export function readCheckpointOf(folder: string): Checkpoint {
  const found = loadCheckpoint(checkpointsIn(folder))
  if (!found) throw new RunError(`nothing was saved of the run in ${folder}; train again`)
  return found.checkpoint
}

const inLines = (value: object) => `${JSON.stringify(value, null, 1)}\n`

function readText(folder: string, file: string): string | null {
  try {
    return readFileSync(join(folder, file), 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new RunError(`${join(folder, file)} cannot be read: ${message}`, { cause: error })
  }
}

function readJson<T>(folder: string, file: string): T | null {
  const text = readText(folder, file)
  try {
    return text === null ? null : JSON.parse(text)
  } catch {
    throw new RunError(`${join(folder, file)} is damaged: it is not JSON; train again`)
  }
}

/** The file has its name only once all of it is on the disk. */
function writeWhole(folder: string, name: string, text: string): void {
  const path = join(folder, name)
  const file = openSync(`${path}.unfinished`, 'w')
  try {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.unfinished`, path)
}
