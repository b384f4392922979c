// Saves a run as it trains, every few seconds and at the end: its checkpoints, records and result.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Checkpoint, Run, Score } from '@bp/core'
import { loadCheckpoint, saveCheckpoint } from '@bp/formats/checkpoint-folder'
import { jsonLine } from '@bp/formats/run-log'
import type { Plan } from '../train/plan.js'
import type { RateChange } from '../train/view.js'
import { bestScores, endScores, type Scores, scoresOf } from '../train/words.js'
import { UsageError } from '../usage-error.js'
import { userPath } from '../user-path.js'
import { makeRunFolder, nameOf } from './home.js'
import {
  checkpointsIn,
  type RunSpec,
  readResult,
  readSpec,
  specFile,
  writeMetrics,
  writeResult,
  writeSpec,
} from './spec.js'

/** Time between checkpoints, in ms: at most this much training is lost. */
const interval = 2000

export class Saver {
  /** Where an earlier run stopped. */
  readonly resume: Checkpoint | null
  /** Where the user wants the run; `null` for the folder of all runs. */
  readonly #wanted: string | null
  #spec: RunSpec
  /** Once there is one. */
  #folder: string | null
  #last = performance.now()
  /** Of the newest state that was saved or found; −1 for none. */
  #savedStep: number
  /** The best checkpoint, if it is not in the folder yet. */
  #best: Checkpoint | null = null
  /** Why the last attempt to save failed; `null` if it succeeded. */
  #problem: string | null = null
  /** Of earlier parts of a resumed run. */
  readonly #elapsedBefore: number
  /** Of the learning rate, up to the state that was saved last. */
  changes: readonly RateChange[]

  /**
   * `folder` is where the user wants it, `null` for the folder of all runs; with `checkpoint`, the folder of the run that
   * goes on from there.
   */
  constructor(spec: RunSpec, folder: string | null, checkpoint: Checkpoint | null) {
    this.#spec = spec
    this.#wanted = folder
    this.#folder = checkpoint && folder
    this.resume = checkpoint
    this.#savedStep = checkpoint?.state.step ?? -1
    const before = checkpoint && folder ? readResult(folder) : null
    this.#elapsedBefore = before?.elapsed ?? 0
    this.changes = (before?.changes ?? []).filter(({ step }) => step < this.#savedStep)
  }

  /** What the user calls the run: its name, or its folder; `null` if there is none. */
  get name(): string | null {
    return this.#folder && nameOf(this.#folder)
  }

  /**
   * Saves the initial state. A folder of the user that cannot be written is refused before training; without the
   * folder of all runs one trains without saving.
   * @throws CheckpointError saying why.
   */
  open(plan: Plan, run: Run, initial: Score): void {
    if (this.#folder ?? this.#wanted) {
      this.#begin((this.#folder ?? this.#wanted)!, plan, run, initial)
      return
    }
    let folder: string | null = null
    try {
      folder = makeRunFolder(this.#spec.data.name)
      this.#begin(folder, plan, run, initial)
    } catch (error) {
      this.#folder = null
      this.#problem = (error as Error).message
      if (folder) rmSync(folder, { recursive: true, force: true })
    }
  }

  #begin(folder: string, plan: Plan, run: Run, initial: Score, elapsed = 0): void {
    this.#folder = folder
    saveCheckpoint(checkpointsIn(folder), run.save())
    // A resumed run may have more epochs than before.
    writeSpec(folder, this.#spec)
    this.#savedStep = run.getState().step
    this.#writeResult(plan, run, scoresOf(plan, run.getState(), initial), elapsed)
  }

  /** Whether what is saved took another course than that which led to `step` by these changes of the learning rate. */
  differs(step: number, changes: readonly RateChange[]): boolean {
    if (this.#folder === null) return false
    const common = Math.min(step, this.#savedStep)
    const before = (all: readonly RateChange[]) => JSON.stringify(all.filter((one) => one.step < common))
    return before(changes) !== before(this.changes)
  }

  /** What is saved stays as it is, and the run goes on in a folder of its own. Where that fails, `problem` says why. */
  fork(plan: Plan, run: Run, initial: Score, elapsed: number, changes: readonly RateChange[]): void {
    const before = this.#folder
    if (before === null) return
    try {
      const folder = this.#wanted === null ? makeRunFolder(this.#spec.data.name) : folderBeside(before)
      this.#spec = { ...this.#spec, started: new Date().toISOString() }
      this.changes = changes
      this.#best = null
      this.#begin(folder, plan, run, initial, elapsed)
      this.#last = performance.now()
      this.#problem = null
    } catch (error) {
      this.#problem = (error as Error).message
    }
  }

  /** Step of the newest state in the folder as it is now; `null` for none. */
  readSavedStep(): number | null {
    try {
      const found = this.#folder === null ? null : loadCheckpoint(checkpointsIn(this.#folder))
      return found?.checkpoint.state.step ?? null
    } catch {
      return null
    }
  }

  /** The run calls it with each checkpoint that is better than all before. */
  readonly keep = (checkpoint: Checkpoint): void => {
    this.#best = checkpoint
  }

  /** To be called regularly: saves when it is time. */
  tick(plan: Plan, run: Run, initial: Score, elapsed: number, changes = this.changes): string | null {
    return performance.now() - this.#last > interval
      ? this.save(plan, run, initial, elapsed, changes, false)
      : null
  }

  /**
   * Saves the state of the run, unless the folder is as far or further: a restarted run reaches the same bits again.
   * `ended` says that no more steps follow. Returns what the user must be told: that saving failed or works again; `null`
   * for nothing new.
   */
  save(
    plan: Plan,
    run: Run,
    initial: Score,
    elapsed: number,
    changes = this.changes,
    ended = true,
  ): string | null {
    this.#last = performance.now()
    if (this.#folder === null) return null
    const folder = checkpointsIn(this.#folder)
    const saved = this.#savedStep
    const { step, status } = run.getState()
    const best = this.#best
    this.#best = null
    if (step <= saved) return null
    const before = this.problem
    try {
      this.changes = changes
      if (status !== 'diverged') {
        if (best && best.state.step > saved && best.state.step < step) saveCheckpoint(folder, best)
        saveCheckpoint(folder, run.save())
        this.#savedStep = step
      }
      if (!existsSync(join(this.#folder, specFile))) writeSpec(this.#folder, this.#spec)
      this.#writeResult(
        plan,
        run,
        ended ? endScores(plan, run, initial) : scoresOf(plan, run.getState(), initial),
        elapsed,
      )
      this.#problem = null
    } catch (error) {
      this.#best = best
      this.#problem = (error as Error).message
    }
    if (this.problem === before) return null
    return this.problem ?? `the run is saved as ${this.name} again`
  }

  #writeResult(plan: Plan, run: Run, scores: Scores, elapsed: number): void {
    const state = run.getState()
    const { status, epoch, step, history } = state
    writeMetrics(this.#folder!, history.map(jsonLine))
    writeResult(this.#folder!, {
      status: status === 'done' || status === 'diverged' ? status : 'training',
      epoch,
      step,
      elapsed: Math.round(this.#elapsedBefore + elapsed),
      ...(this.changes.length > 0 && { changes: this.changes }),
      // A run that looks for the best weights answers with them, also where it was stopped.
      scores: bestScores(plan, state) ?? scores,
    })
  }

  /** What of a run that should be saved is lost; `null` if nothing is. */
  get failure(): string | null {
    return this.#folder === null ? null : this.problem
  }

  /** What the user is told about a failure to save; `null` if there is none. */
  get problem(): string | null {
    if (this.#problem === null) return null
    return this.#folder === null
      ? `this run is not saved: ${this.#problem}; choose a folder with --save`
      : `the run could not be saved: ${this.#problem}`
  }
}

/**
 * The folder that `--save` names, which must be empty, or not exist; a run in it is removed with `force`.
 * @throws UsageError
 */
export function folderToSave(given: string, force: boolean): string {
  const folder = userPath(given)
  let names: string[]
  try {
    names = existsSync(folder) ? readdirSync(folder) : []
  } catch (error) {
    throw new UsageError(`--save ${given} cannot be read: ${(error as Error).message}`)
  }
  if (names.length === 0) return folder
  if (!names.includes(specFile))
    throw new UsageError(`--save ${given} is a folder with other files; choose an empty or a new one`)
  const { data } = readSpec(folder)
  if (!force)
    throw new UsageError(
      `${given} has a run on ${data.name}; resume it with bp resume ${given}, choose another folder, or replace it with --force`,
    )
  for (const name of names)
    if (/^(checkpoints|(run|result)\.json|metrics\.jsonl)(\.unfinished)?$/.test(name))
      rmSync(join(folder, name), { recursive: true })
  return folder
}

/** The next folder beside that of a user's run that does not exist: `runs/a`, `runs/a-2`. */
function folderBeside(folder: string): string {
  const base = folder.replace(/-\d+$/, '')
  let count = 2
  while (existsSync(`${base}-${count}`)) count++
  return `${base}-${count}`
}
