// A training run in sentences, one after the other, for screen readers: nothing that was said is drawn over.
import { visible } from '../fit.js'
import { print } from '../output.js'
import { exitInterrupted, interruptible } from '../signals.js'
import { type Action, runActions } from './actions.js'
import { finish, sayAborted } from './ending.js'
import type { Remote } from './remote.js'
import { readRate } from './settings.js'
import type { View } from './view.js'
import { describeScore, formatCount, formatDuration, scoresOf, threeDigits } from './words.js'

/** Least time between sentences about the progress, in ms. */
const interval = 5000

const ownKeys = [
  ['i', 'how far it is'],
  ['l', 'change the learning rate'],
  ['X', 'leave at once without saving what is new'],
  ['?', 'these keys'],
  ['q', 'save and leave'],
] as const

/** Trains until the user leaves, or to the end with `exitOnDone`. Returns the exit code. */
export function trainSpoken(remote: Remote, exitOnDone: boolean): Promise<number> {
  return interruptible(async (interrupted) => {
    const say = (text: string) => print(`${visible(text)}\n`)
    const left = new Promise<number | 'at once'>((resolve, reject) => {
      remote.ended.catch(reject)
      interrupted.addEventListener('abort', () => resolve(0))
      watch(remote, say, exitOnDone, resolve)
      listen(remote, say, resolve)
    })
    const { stdin } = process
    stdin.setRawMode(true)
    try {
      const code = await left
      return code === 'at once' ? sayAborted(remote) : await finish(remote, code)
    } finally {
      stdin.setRawMode(false)
      stdin.pause()
      await remote.terminate()
    }
  })
}

/** Says what changes. */
function watch(
  remote: Remote,
  say: (text: string) => void,
  exitOnDone: boolean,
  leave: (code: number) => void,
): void {
  let before: View | null = null
  let said = Number.NEGATIVE_INFINITY
  let progress: string | null = null
  remote.subscribe(() => {
    const { view, progress: now } = remote.getState()
    if (now !== null && now.replace(/:.*/, '') !== progress) say(now)
    progress = now?.replace(/:.*/, '') ?? null
    if (!view) return
    const first = before === null
    if (first) {
      for (const line of view.outline.table?.lines ?? []) say(line.trim())
      say(`training ${view.outline.name}; question mark lists the keys`)
    }
    for (const { text } of view.log.slice(first ? 0 : newLines(before!, view))) say(text)
    const changed = !first && view.status !== before!.status && view.status !== 'training'
    if (changed) say(`${view.status} at step ${formatCount(view.step)}`)
    if (changed || (view.status === 'training' && performance.now() - said >= interval)) {
      say(describe(view))
      said = performance.now()
    }
    before = view
    if (view.status === 'stopped' || (exitOnDone && (view.status === 'done' || view.status === 'diverged')))
      leave(0)
  })
}

/** Where the lines begin that the log had not before; it keeps its end only. */
function newLines(before: View, now: View): number {
  const last = before.log.at(-1)
  const at = last ? now.log.findLastIndex(({ at, text }) => at === last.at && text === last.text) : -1
  return at + 1
}

/** `epoch 12 of 40, loss 0.031, 97.2 % …`. */
function describe(view: View): string {
  const { outline, epoch, epochs, loss, initial, history, status, error, remaining } = view
  if (error !== null) return error
  const scores = scoresOf(outline, view, initial)
  const [previous, last] = history.slice(-2)
  const trend =
    previous && last && previous.loss !== last.loss
      ? last.loss < previous.loss
        ? ', falling'
        : ', rising'
      : ''
  return [
    `epoch ${formatCount(epoch)} of ${formatCount(epochs)}`,
    `loss ${threeDigits(loss ?? initial.loss)}${trend}`,
    scores.heldBack && outline.validation
      ? `held back loss ${threeDigits(scores.heldBack.loss)}, ${describeScore(scores.heldBack, outline.validation, outline.target)}`
      : describeScore(scores.training, outline.data, outline.target),
    ...(status === 'training' && remaining !== null ? [`${formatDuration(remaining)} left`] : []),
  ].join(', ')
}

/** Obeys keys. */
function listen(
  remote: Remote,
  say: (text: string) => void,
  leave: (code: number | 'at once') => void,
): void {
  /** What is typed as a learning rate; `null` while nothing is. */
  let typed: string | null = null
  let sure = false
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    for (const key of text) {
      if (key === '\u0003') leave(exitInterrupted)
      else if (typed !== null) typed = typeRate(typed, key, remote, say)
      else if (key === 'q') leave(0)
      else if (key === 'X') {
        if (sure) leave('at once')
        else say('X again leaves at once; what is new since the last save is lost')
      } else if (key === 'l') {
        typed = ''
        say('type the learning rate, then enter; escape leaves it as it is')
      } else if (key === '?') {
        for (const [name, what] of [
          ...runActions.map(({ label, text }: Action) => [label, text]),
          ...ownKeys,
        ])
          say(`${name}: ${what}`)
      } else if (key === 'i') {
        const { view } = remote.getState()
        if (view) say(describe(view))
      } else {
        const action = runActions.find((one) => one.key === key)
        if (action?.command && remote.getState().view) remote.send(action.command)
      }
      sure = key === 'X'
    }
  })
}

function typeRate(typed: string, key: string, remote: Remote, say: (text: string) => void): string | null {
  if (key === '\u001b') {
    say('the learning rate stays')
    return null
  }
  if (key === '\u007f' || key === '\b') return typed.slice(0, -1)
  if (key !== '\r' && key !== '\n') return typed + key
  const learningRate = readRate(typed)
  if (learningRate !== null) remote.send({ do: 'rate', learningRate })
  else say('the learning rate must be a positive number, e.g. 0.001; it stays')
  return null
}
