// Keeps what a run needs to go on in a folder, every few seconds and at the end, and finds it there again.
import { mkdirSync } from 'node:fs'
import type { Checkpoint, Run } from '@bp/core'
import { loadCheckpoint, saveCheckpoint } from '@bp/formats/checkpoint-folder'
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
  /** That of the best record, if it is not in the folder yet. */
  #best: Checkpoint | null = null
  /** Why nothing could be written; `null` while all could. */
  #problem: string | null = null
  #left = false

  /**
   * In a folder without checkpoints, or with `resume` in one that has some of a run with the same settings.
   * @throws UsageError otherwise, and CheckpointError when all that are there are damaged.
   */
  constructor(folder: string, resume: boolean, settings: Readonly<Record<string, unknown>>) {
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
      const before = settingsOf(found.about)
      for (const [name, now] of Object.entries(settings))
        if (JSON.stringify(now) !== JSON.stringify(before[name]))
          throw new UsageError(
            `the run in ${folder} has ${name} ${before[name]}, this one ${now}; only epochs may differ`,
          )
    }
    this.resume = found?.checkpoint ?? null
    try {
      mkdirSync(this.#path, { recursive: true })
    } catch (error) {
      throw new UsageError(`${folder} cannot be made: ${(error as Error).message}`)
    }
  }

  /** For the run, which calls it at each record that is better than all before. */
  readonly keep = (checkpoint: Checkpoint): void => {
    this.#best = checkpoint
  }

  /** To be called now and then. */
  tick(run: Run): void {
    if (performance.now() - this.#last > interval) this.save(run)
  }

  /** Writes nothing any more: the run began anew, and what is in the folder is ahead of it. */
  leave(): void {
    this.#left = true
  }

  save(run: Run): void {
    if (this.#left) return
    try {
      if (this.#best) saveCheckpoint(this.#path, this.#best, this.#settings)
      if (this.#best?.state.step !== run.getState().step)
        saveCheckpoint(this.#path, run.save(), this.#settings)
      this.#best = null
      this.#problem = null
    } catch (error) {
      this.#problem = (error as Error).message
    }
    this.#last = performance.now()
  }

  /** What went wrong, for the user; `null` when nothing did. */
  get problem(): string | null {
    return this.#problem && `no checkpoint could be written to ${this.folder}: ${this.#problem}`
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
