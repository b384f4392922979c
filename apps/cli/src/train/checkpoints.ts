// Keeps what a run needs to go on in a folder, every few seconds and at the end, and finds it there again.
import type { Checkpoint, Run } from '@bp/core'
import { loadCheckpoint, saveCheckpoint } from '@bp/formats/checkpoint-folder'
import { separated } from '../options.js'
import { UsageError } from '../usage-error.js'
import { userPath } from '../user-path.js'

/** Between two checkpoints, in ms: as much training can be lost, and the disk is spared. */
const interval = 2000

export class Checkpoints {
  /** As the user names it. */
  readonly folder: string
  /** Where a run that went before it stopped. */
  readonly resume: Checkpoint | null
  readonly #path: string
  readonly #settings: string
  #last = performance.now()
  /** Of the newest state that was written or found; −1 for none. */
  #savedStep: number
  /** That of the best record, if it is not in the folder yet. */
  #best: Checkpoint | null = null
  /** Why the last attempt to write failed; `null` when it did not. */
  #problem: string | null = null

  /**
   * In a folder without checkpoints, or with `resume` in one that has some of a run with the same settings. A
   * checkpoint that lacks a setting has its default: it was written before there was one.
   * @throws UsageError otherwise, and CheckpointError when all that are there are damaged.
   */
  constructor(
    folder: string,
    resume: boolean,
    settings: Readonly<Record<string, unknown>>,
    defaults: Readonly<Record<string, unknown>>,
  ) {
    this.folder = folder
    this.#path = userPath(folder)
    this.#settings = JSON.stringify(settings)
    const found = loadCheckpoint(this.#path)
    if (!resume && found)
      throw new UsageError(
        `${folder} has checkpoints of an earlier run; go on with --resume ${folder}, or name another folder`,
      )
    if (resume && !found)
      throw new UsageError(`${folder} has no checkpoints to go on from; begin with --checkpoints ${folder}`)
    if (found) {
      const before = { ...defaults, ...settingsOf(found.about) }
      for (const [name, now] of Object.entries(settings))
        if (JSON.stringify(now) !== JSON.stringify(before[name]))
          throw new UsageError(
            `the run in ${folder} has ${separated(name, ' ')} ${before[name]}, this one ${now}; only epochs may differ`,
          )
    }
    this.resume = found?.checkpoint ?? null
    this.#savedStep = found?.checkpoint.state.step ?? -1
  }

  /**
   * Writes where the run begins, so that a folder which cannot be written is refused before anything is trained.
   * @throws CheckpointError saying why.
   */
  open(run: Run): void {
    saveCheckpoint(this.#path, run.save(), this.#settings)
    this.#savedStep = run.getState().step
  }

  /** Step of the newest state that the folder has now, whatever became of it meanwhile; `null` for none. */
  readSavedStep(): number | null {
    try {
      return loadCheckpoint(this.#path)?.checkpoint.state.step ?? null
    } catch {
      return null
    }
  }

  /** For the run, which calls it at each record that is better than all before. */
  readonly keep = (checkpoint: Checkpoint): void => {
    this.#best = checkpoint
  }

  /** To be called now and then; like `save`, when it is time. */
  tick(run: Run): string | null {
    return performance.now() - this.#last > interval ? this.save(run) : null
  }

  /**
   * Writes the state of the run, unless the folder is as far or further: a run that was restarted comes to the same bits
   * again. Returns what the user must hear: that writing failed, or that it works again; `null` for nothing new.
   */
  save(run: Run): string | null {
    this.#last = performance.now()
    const saved = this.#savedStep
    const { step, status } = run.getState()
    const best = this.#best
    this.#best = null
    if (step <= saved || status === 'diverged') return null
    const before = this.problem
    try {
      if (best && best.state.step > saved && best.state.step < step)
        saveCheckpoint(this.#path, best, this.#settings)
      saveCheckpoint(this.#path, run.save(), this.#settings)
      this.#savedStep = step
      this.#problem = null
    } catch (error) {
      this.#best = best
      this.#problem = (error as Error).message
    }
    if (this.problem === before) return null
    return this.problem ?? `checkpoints are written to ${this.folder} again`
  }

  /** What went wrong, for the user; `null` when nothing did. */
  get problem(): string | null {
    return this.#problem && `no checkpoint could be written: ${this.#problem}`
  }
}

/** The settings of the run that a checkpoint is of; none when another program wrote it. */
function settingsOf(about: string): Record<string, unknown> {
  try {
    return JSON.parse(about)
  } catch {
    return {}
  }
}
