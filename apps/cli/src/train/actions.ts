// What can be done on the training screen: a row is an action, its key, and what the lists of keys say of it.
import type { Command } from './view.js'

export interface Action {
  /** As it is typed; `null` for what only the list of actions offers. */
  readonly key: string
  /** As it is shown. */
  readonly label: string
  readonly text: string
  /** In the line of keys, while there is room. */
  readonly hint?: string
  readonly command?: Command
}

/** Those of the run, which its thread obeys. */
export const runActions: readonly Action[] = [
  { key: ' ', label: 'space', text: 'pause, resume', hint: 'pause', command: { do: 'toggle' } },
  { key: '.', label: '.', text: 'one step, then pause', hint: 'step', command: { do: 'step' } },
  { key: ',', label: ',', text: 'one step back', hint: 'back', command: { do: 'back' } },
  { key: '>', label: '>', text: 'to the end of the epoch, then pause', command: { do: 'epoch' } },
  { key: '<', label: '<', text: 'back by an epoch', command: { do: 'back epoch' } },
  { key: '+', label: '+', text: 'faster', command: { do: 'pace', by: 1 } },
  { key: '-', label: '−', text: 'slower', hint: 'slower', command: { do: 'pace', by: -1 } },
  { key: 's', label: 's', text: 'save now', command: { do: 'save' } },
  { key: 'x', label: 'x', text: 'stop after this epoch, and leave', command: { do: 'stop' } },
  {
    key: 'r',
    label: 'r',
    text: 'restart from the same seed, with the same result',
    hint: 'restart',
    command: { do: 'restart' },
  },
  {
    key: 'f',
    label: 'f',
    text: 'fork: go on as a new run; this one stays as it is',
    command: { do: 'fork' },
  },
]

/** Those of the screen alone. */
export const screenActions = [
  { key: 'l', label: 'l', text: 'change the learning rate', hint: 'rate' },
  {
    key: 'g',
    label: 'g',
    text: 'look inside: a row and these weights as a graph, step by step',
    hint: 'inside',
  },
  { key: 'X', label: 'X', text: 'leave at once without saving what is new' },
  { key: 'y', label: 'y', text: 'linear or logarithmic scale of the loss', hint: 'scale' },
  { key: 'e', label: 'e', text: 'linear or logarithmic scale of the epochs' },
  { key: 'm', label: 'm', text: 'smooth the lines' },
  { key: 'z', label: 'z', text: 'see half of the epochs, around the cursor or at the end' },
  { key: 'Z', label: 'Z', text: 'see twice as many epochs' },
  { key: 'c', label: 'c', text: 'cursor: ← and → read the values of an epoch' },
  { key: 'i', label: 'i', text: 'what the table is read as' },
  { key: '\t', label: 'tab', text: 'next page; 1 to 6 choose one' },
  { key: ':', label: ':', text: 'find an action by its words' },
  { key: '?', label: '?', text: 'these keys', hint: 'keys' },
  { key: 'q', label: 'q', text: 'save and leave; a summary stays on the terminal', hint: 'quit' },
] as const satisfies readonly Action[]

export type ScreenKey = (typeof screenActions)[number]['key']

export const actions: readonly Action[] = [...runActions, ...screenActions]
