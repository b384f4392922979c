// What the keys of the graph screen do; the help and the palette are made from this table.
import { nextPhase } from '@bp/lab'
import { byWords } from '../list.js'
import {
  askExpression,
  askFile,
  askNode,
  askValue,
  at,
  differentiateBy,
  openCheck,
  openDetails,
  openNudge,
  type Session,
  saying,
  select,
  selectBy,
  selectedNode,
  toBreakpoint,
  toggleBreakpoint,
  toggleBroken,
  toggleComposite,
  toggleMode,
  toggleTarget,
  undone,
  type View,
  views,
} from './session.js'

export interface Action {
  /** Names as of `keyName`; the first is shown. */
  readonly keys: readonly string[]
  readonly title: string
  readonly group: 'steps' | 'nodes' | 'view' | 'edit' | 'derivatives' | 'screen'
  readonly run: (session: Session) => Session
}

const pan = (columns: number, rows: number) => (session: Session) => ({
  ...session,
  pan: { columns: session.pan.columns + columns, rows: session.pan.rows + rows },
})

const zoom = (by: number) => (session: Session) => {
  const next = views[views.indexOf(session.view) + by]
  return next
    ? toView(session, next)
    : saying(session, by > 0 ? 'this is the nearest' : 'this is the whole graph as a list')
}

const toView = (session: Session, view: View): Session => ({
  ...session,
  view,
  pan: { columns: 0, rows: 0 },
})

const input = (session: Session) => {
  const [first] = selectedNode(session).inputs
  return first === undefined ? saying(session, 'it has no inputs') : select(session, first)
}

const use = (session: Session) => {
  const { id } = selectedNode(session)
  const edge = session.picture.trace.edges.find(({ from }) => from === id)
  return edge ? select(session, edge.to) : saying(session, 'nothing uses it: it is the output')
}

const play = (session: Session): Session => {
  const { length } = session.picture.trace.steps
  if (session.playing) return { ...session, playing: false }
  const from = session.document.position === length ? at(session, 0) : session
  return { ...from, playing: true }
}

export const actions: readonly Action[] = [
  {
    keys: ['right', 'n'],
    title: 'one step',
    group: 'steps',
    run: (session) => at(session, session.document.position + 1),
  },
  {
    keys: ['left', 'p'],
    title: 'one step back',
    group: 'steps',
    run: (session) => at(session, session.document.position - 1),
  },
  { keys: ['home'], title: 'to the first step', group: 'steps', run: (session) => at(session, 0) },
  {
    keys: ['end'],
    title: 'to the last step',
    group: 'steps',
    run: (session) => at(session, session.picture.trace.steps.length),
  },
  { keys: ['space'], title: 'play and pause', group: 'steps', run: play },
  {
    keys: ['f'],
    title: 'to the next phase',
    group: 'steps',
    run: (session) => at(session, nextPhase(session.picture.trace, session.document.position)),
  },
  { keys: ['b'], title: 'breakpoint at the node', group: 'steps', run: toggleBreakpoint },
  { keys: ['c'], title: 'to the next breakpoint', group: 'steps', run: toBreakpoint },

  {
    keys: ['down', 'tab'],
    title: 'select the next node',
    group: 'nodes',
    run: (session) => selectBy(session, 1),
  },
  {
    keys: ['up', 'shift-tab'],
    title: 'select the node before',
    group: 'nodes',
    run: (session) => selectBy(session, -1),
  },
  { keys: ['['], title: 'to its first input', group: 'nodes', run: input },
  { keys: [']'], title: 'to its first use', group: 'nodes', run: use },
  { keys: ['g', '/'], title: 'go to a name', group: 'nodes', run: askNode },
  { keys: ['enter'], title: 'all about the node', group: 'nodes', run: openDetails },

  { keys: ['-'], title: 'zoom out, to a list', group: 'view', run: zoom(-1) },
  { keys: ['+', '='], title: 'zoom in', group: 'view', run: zoom(1) },
  {
    keys: ['o'],
    title: 'outline and back',
    group: 'view',
    run: (session) => toView(session, session.view === 'outline' ? 'boxes' : 'outline'),
  },
  { keys: ['h', 'shift-left'], title: 'pan left', group: 'view', run: pan(-8, 0) },
  { keys: ['j', 'shift-down'], title: 'pan down', group: 'view', run: pan(0, 4) },
  { keys: ['k', 'shift-up'], title: 'pan up', group: 'view', run: pan(0, -4) },
  { keys: ['l', 'shift-right'], title: 'pan right', group: 'view', run: pan(8, 0) },
  {
    keys: ['0'],
    title: 'the node into the middle',
    group: 'view',
    run: (session) => ({ ...session, pan: { columns: 0, rows: 0 } }),
  },

  { keys: ['i'], title: 'give a variable a value', group: 'edit', run: (session) => askValue(session) },
  { keys: ['w'], title: 'write another expression', group: 'edit', run: askExpression },
  {
    keys: ['e'],
    title: 'expand sigmoid and the like',
    group: 'edit',
    run: (session) => toggleComposite(session, false),
  },
  {
    keys: ['E'],
    title: 'collapse it again',
    group: 'edit',
    run: (session) => toggleComposite(session, true),
  },
  { keys: ['u'], title: 'undo', group: 'edit', run: (session) => undone(session, false) },
  { keys: ['U', 'ctrl-r'], title: 'redo', group: 'edit', run: (session) => undone(session, true) },
  { keys: ['x'], title: 'export to a file', group: 'edit', run: askFile },

  { keys: ['v'], title: 'nudge a variable', group: 'derivatives', run: openNudge },
  {
    keys: ['d'],
    title: 'check against differences',
    group: 'derivatives',
    run: (session) => openCheck(session),
  },
  { keys: ['t'], title: 'derivatives of this node', group: 'derivatives', run: toggleTarget },
  { keys: ['m'], title: 'forward or reverse mode', group: 'derivatives', run: toggleMode },
  { keys: ['a'], title: 'forward, by this variable', group: 'derivatives', run: differentiateBy },
  { keys: ['!'], title: 'break it: = instead of +=', group: 'derivatives', run: toggleBroken },

  {
    keys: ['?'],
    title: 'all keys',
    group: 'screen',
    run: (session) => ({ ...session, playing: false, layer: { kind: 'help', top: 0 } }),
  },
  {
    keys: [':', 'ctrl-k'],
    title: 'find a command',
    group: 'screen',
    run: (session) => ({ ...session, playing: false, layer: { kind: 'palette', text: '', chosen: 0 } }),
  },
  { keys: ['q', 'escape'], title: 'leave', group: 'screen', run: (session) => ({ ...session, leaving: 0 }) },
]

const byKey = new Map(actions.flatMap((action) => action.keys.map((key) => [key, action] as const)))

export const actionOf = (key: string): Action | undefined => byKey.get(key)

const signs = new Map([
  ['right', '→'],
  ['left', '←'],
  ['up', '↑'],
  ['down', '↓'],
  ['shift-left', '⇧←'],
  ['shift-right', '⇧→'],
  ['shift-up', '⇧↑'],
  ['shift-down', '⇧↓'],
  ['shift-tab', '⇧tab'],
  ['escape', 'esc'],
])

/** `→ n`. */
export const writeKeys = ({ keys }: Action): string => keys.map((key) => signs.get(key) ?? key).join(' ')

/** Those in whose title or keys the text occurs. */
export function findActions(text: string): readonly Action[] {
  return byWords(
    actions,
    text,
    ({ title, keys }, word) => title.toLowerCase().includes(word) || keys.includes(word),
  )
}
