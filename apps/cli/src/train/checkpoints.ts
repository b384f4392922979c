// Saves checkpoints of a run to a folder, every few seconds and at the end, and loads them to resume.
import type { Checkpoint, Run } from '@bp/core'
import { loadCheckpoint, saveCheckpoint } from '@bp/formats/checkpoint-folder'
import { separated } from '../options.js'
import { UsageError } from '../usage-error.js'
import { userPath } from '../user-path.js'

/** Time between checkpoints, in ms: at most this much training is lost. */
const interval = 2000

export class Checkpoints {
  /** As the user gave it. */
  readonly folder: string
  /** Where an earlier run stopped. */
  readonly resume: Checkpoint | null
  readonly #path: string
  readonly #settings: string
  #last = performance.now()
  /** Of the newest state that was saved or found; −1 for none. */
  #savedStep: number
  /** The best checkpoint, if it is not in the folder yet. */
  #best: Checkpoint | null = null
  /** Why the last attempt to save failed; `null` if it succeeded. */
  #problem: string | null = null

  /**
   * Takes a folder without checkpoints or, with `resume`, one with checkpoints of a run with the same settings. A
   * checkpoint that lacks a setting was saved before the setting existed and means its default.
   * @throws UsageError otherwise, and CheckpointError if all checkpoints in the folder are damaged.
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
        `${folder} has checkpoints of an earlier run; resume it with --resume ${folder}, or choose another folder`,
      )
    if (resume && !found)
      throw new UsageError(`${folder} has no checkpoints to resume from; start with --checkpoints ${folder}`)
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
   * Saves the initial state, so that a folder that cannot be written is refused before training.
   * @throws CheckpointError saying why.
   */
  open(run: Run): void {
    saveCheckpoint(this.#path, run.save(), this.#settings)
    this.#savedStep = run.getState().step
  }

  /** Step of the newest state in the folder as it is now; `null` for none. */
  readSavedStep(): number | null {
    try {
      return loadCheckpoint(this.#path)?.checkpoint.state.step ?? null
    } catch {
      return null
    }
  }

  /** The run calls it with each checkpoint that is better than all before. */
  readonly keep = (checkpoint: Checkpoint): void => {
    this.#best = checkpoint
  }

  /** To be called regularly: saves when it is time. */
  tick(run: Run): string | null {
    return performance.now() - this.#last > interval ? this.save(run) : null
  }

  /**
   * Saves the state of the run, unless the folder is as far or further: a restarted run reaches the same bits again.
   * Returns what the user must be told: that saving failed or works again; `null` for nothing new.
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
    return this.problem ?? `checkpoints are saved to ${this.folder} again`
  }

  /** What the user is told about a failure to save; `null` if there is none. */
  get problem(): string | null {
    return this.#problem && `no checkpoint could be saved: ${this.#problem}`
  }
}

/** The settings in a checkpoint; none if another program wrote it. */
function settingsOf(about: string): Record<string, unknown> {
  try {
    return JSON.parse(about)
  } catch {
    return {}
  }
}
