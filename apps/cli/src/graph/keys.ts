// From keys to changes of the graph screen: the layer on top takes them first.
import { BackpropagationError } from '@bp/core'
import { ExpressionError } from '@bp/expression'
import { exitInterrupted } from '../signals.js'
import { UsageError } from '../usage-error.js'
import { actionOf, findActions } from './actions.js'
import {
  anotherVariable,
  askDelta,
  askValue,
  type Layer,
  moveCell,
  openDetails,
  type Session,
  selectBy,
} from './session.js'

/** What Ink tells of a key that is no character. */
export interface InkKey {
  readonly upArrow: boolean
  readonly downArrow: boolean
  readonly leftArrow: boolean
  readonly rightArrow: boolean
  readonly pageDown: boolean
  readonly pageUp: boolean
  readonly home: boolean
  readonly end: boolean
  readonly return: boolean
  readonly escape: boolean
  readonly ctrl: boolean
  readonly shift: boolean
  readonly tab: boolean
  readonly backspace: boolean
  readonly delete: boolean
  readonly meta: boolean
}

const named: readonly (readonly [keyof InkKey, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageDown', 'page-down'],
  ['pageUp', 'page-up'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['tab', 'tab'],
  // Terminals send for the key that deletes backwards what Ink calls delete.
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
  ['escape', 'escape'],
]

/** The keys of what Ink hands over: keys pressed quickly arrive together, and so does text that is pasted. */
export function keysOf(input: string, key: InkKey): string[] {
  const name = named.find(([field]) => key[field])?.[1]
  if (name) return [key.shift && name !== 'enter' ? `shift-${name}` : name]
  if (key.ctrl) return [`ctrl-${input}`]
  if (key.meta) return []
  const pasted = input.length > 1 && /[\r\n]/.test(input.slice(0, -1))
  return [...input].flatMap((character) => {
    if (character === '\r' || character === '\n') return pasted ? [' '] : ['enter']
    if (character === '\t') return ['tab']
    if (character === '\u007f' || character === '\b') return ['backspace']
    if (character === '\u0003') return ['ctrl-c']
    // Other control characters are not text.
    if (/\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/u.test(character)) return []
    return character === ' ' ? ['space'] : [character]
  })
}

/** The session after a key. Whatever is refused is said, and changes nothing. */
export function press(session: Session, key: string): Session {
  if (key === 'ctrl-c') return { ...session, leaving: exitInterrupted }
  const quiet = session.message === null ? session : { ...session, message: null }
  try {
    return quiet.layer === null ? run(quiet, key) : pressOn(quiet, quiet.layer, key)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof BackpropagationError)) throw error
    return { ...quiet, message: reasonOf(error) }
  }
}

/** In one line; where in a source it is can be seen in the prompt. */
function reasonOf(error: Error): string {
  if (!(error instanceof ExpressionError)) return error.message
  return error.hint === null ? error.problem : `${error.problem}; ${error.hint}`
}

function run(session: Session, key: string): Session {
  return actionOf(key)?.run(session) ?? session
}

function pressOn(session: Session, layer: Layer, key: string): Session {
  if (layer.kind === 'prompt') return pressOnPrompt(session, layer, key)
  if (layer.kind === 'palette') return pressOnPalette(session, layer, key)
  if (key === 'escape' || key === 'q') return { ...session, layer: null }
  if (key === '?' || key === ':' || key === 'ctrl-k') return run({ ...session, layer: null }, key)
  if (layer.kind === 'help') return { ...session, layer: { ...layer, top: scrolled(layer.top, key) } }
  if (layer.kind === 'details') return pressOnDetails(session, layer, key)
  if (key === 'up' || key === 'shift-tab') return anotherVariable(session, -1)
  if (key === 'down' || key === 'tab') return anotherVariable(session, 1)
  if (key === 'i' && layer.kind === 'nudge') return askDelta(session)
  return session
}

/** Beyond the end it is cut off where it is drawn. */
function scrolled(top: number, key: string): number {
  const by = { up: -1, k: -1, down: 1, j: 1, 'page-up': -10, 'page-down': 10, space: 10 }[key] ?? 0
  return key === 'home' ? 0 : key === 'end' ? 1000 : Math.max(0, Math.min(1000, top + by))
}

function pressOnDetails(session: Session, layer: Extract<Layer, { kind: 'details' }>, key: string): Session {
  if (key === 'tab' || key === ']') return openDetails(selectBy(session, 1))
  if (key === 'shift-tab' || key === '[') return openDetails(selectBy(session, -1))
  if (key === 'i') return askValue(session, layer.cell)
  if (key === 'enter') return { ...session, layer: null }
  if (layer.cell.length === 0) return { ...session, layer: { ...layer, top: scrolled(layer.top, key) } }
  const by = new Map([
    ['up', [-1, 0]],
    ['down', [1, 0]],
    ['left', [0, -1]],
    ['right', [0, 1]],
    ['page-up', [-10, 0]],
    ['page-down', [10, 0]],
    ['home', [0, Number.NEGATIVE_INFINITY]],
    ['end', [0, Number.POSITIVE_INFINITY]],
  ]).get(key)
  return by ? moveCell(session, by[0]!, by[1]!) : session
}

function pressOnPalette(session: Session, layer: Extract<Layer, { kind: 'palette' }>, key: string): Session {
  const found = findActions(layer.text)
  const choose = (chosen: number) => ({
    ...session,
    layer: { ...layer, chosen: Math.min(Math.max(chosen, 0), Math.max(0, found.length - 1)) },
  })
  if (key === 'escape') return { ...session, layer: null }
  if (key === 'enter') return found[layer.chosen]?.run({ ...session, layer: null }) ?? session
  if (key === 'down' || key === 'tab') return choose(layer.chosen + 1)
  if (key === 'up' || key === 'shift-tab') return choose(layer.chosen - 1)
  const text =
    key === 'backspace'
      ? [...layer.text].slice(0, -1).join('')
      : key === 'ctrl-u'
        ? ''
        : layer.text + characterOf(key)
  return { ...session, layer: { ...layer, text: text.slice(0, longestPalette), chosen: 0 } }
}

const longestPalette = 100
/** As long as sources may be. */
const longestPrompt = 4096

/** What a key writes; nothing if it is no character. */
const characterOf = (key: string): string => (key === 'space' ? ' ' : [...key].length === 1 ? key : '')

function pressOnPrompt(session: Session, layer: Extract<Layer, { kind: 'prompt' }>, key: string): Session {
  const letters = [...layer.text]
  const { cursor } = layer
  const edited = (text: readonly string[], next: number): Session => ({
    ...session,
    layer: {
      ...layer,
      text: text.join(''),
      cursor: Math.min(Math.max(next, 0), text.length),
      problem: null,
    },
  })
  switch (key) {
    case 'escape':
      return { ...session, layer: layer.under }
    case 'enter':
      try {
        return layer.submit({ ...session, layer: layer.under }, layer.text)
      } catch (error) {
        if (!(error instanceof UsageError || error instanceof BackpropagationError)) throw error
        return { ...session, layer: { ...layer, problem: reasonOf(error) } }
      }
    case 'left':
      return edited(letters, cursor - 1)
    case 'right':
      return edited(letters, cursor + 1)
    case 'home':
    case 'ctrl-a':
      return edited(letters, 0)
    case 'end':
    case 'ctrl-e':
      return edited(letters, letters.length)
    case 'backspace':
      return edited([...letters.slice(0, Math.max(0, cursor - 1)), ...letters.slice(cursor)], cursor - 1)
    case 'ctrl-u':
      return edited(letters.slice(cursor), 0)
    case 'ctrl-w': {
      const before = letters
        .slice(0, cursor)
        .join('')
        .replace(/\S+\s*$/, '')
      return edited([...before, ...letters.slice(cursor)], [...before].length)
    }
    case 'tab': {
      const { candidates, text } = layer
      // The next one after what is there, so that tab goes through all of them.
      const fitting = candidates.includes(text)
        ? candidates
        : candidates.filter((name) => name.toLowerCase().includes(text.toLowerCase()))
      const next = fitting[(fitting.indexOf(text) + 1) % fitting.length]
      return next === undefined ? session : edited([...next], [...next].length)
    }
    default: {
      const character = characterOf(key)
      if (character === '' || letters.length >= longestPrompt) return session
      return edited([...letters.slice(0, cursor), character, ...letters.slice(cursor)], cursor + 1)
    }
  }
}
