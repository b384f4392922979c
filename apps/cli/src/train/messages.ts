// What the thread that trains and the thread that shows say to each other.
import type { Command, View } from './view.js'

/** What to do, as data: the arguments of `bp train` or `bp resume`. */
export interface Job {
  readonly command: 'train' | 'resume'
  readonly args: readonly string[]
  readonly form: 'tui' | 'plain' | 'json'
}

export type ToTrainer =
  | { readonly type: 'command'; readonly command: Command }
  /** The last view was drawn; another one may come. */
  | { readonly type: 'drawn' }
  /** Stop after this step, save, and end. */
  | { readonly type: 'leave' }

export type FromTrainer =
  /** What takes long at the moment; `null` once it is over. */
  | { readonly type: 'progress'; readonly text: string | null }
  /** For standard output, while it trains. */
  | { readonly type: 'lines'; readonly text: string }
  | { readonly type: 'view'; readonly view: View }
  | {
      readonly type: 'end'
      /** For standard output. */
      readonly lines: readonly string[]
      /** What went wrong. */
      readonly problems: readonly string[]
    }
  /** `expected`: the user can cure it. */
  | { readonly type: 'failure'; readonly message: string; readonly expected: boolean }
