// The state of the graph screen, and what changes it. Nothing here draws.
import { BackpropagationError } from '@bp/core'
import { evaluateLiteral } from '@bp/expression'
import {
  checkDerivative,
  type DerivativeCheck,
  type GraphDocument,
  type GraphPicture,
  type Numbers,
  nextBreak,
  openGraph,
  type TraceNode,
  withCell,
  withValue,
} from '@bp/lab'
import { UsageError } from '../usage-error.js'
import { saveGraph } from './files.js'
import type { Subject } from './source.js'

export const views = ['outline', 'names', 'boxes'] as const
export type View = (typeof views)[number]

/** What lies over the drawing. */
export type Layer =
  | { readonly kind: 'help'; readonly top: number }
  | { readonly kind: 'palette'; readonly text: string; readonly chosen: number }
  | {
      readonly kind: 'prompt'
      readonly label: string
      readonly text: string
      readonly cursor: number
      /** Why what was entered is refused. */
      readonly problem: string | null
      /** What may complete the text. */
      readonly candidates: readonly string[]
      /** @throws an error that says what is wrong; the prompt stays. */
      readonly submit: (session: Session, text: string) => Session
      /** The layer to come back to. */
      readonly under: Layer | null
    }
  /** All about the selected node; `cell` is the one looked at in an array. */
  | { readonly kind: 'details'; readonly top: number; readonly cell: readonly number[] }
  | { readonly kind: 'nudge'; readonly name: string; readonly delta: number | null }
  | {
      readonly kind: 'check'
      readonly name: string
      readonly result: DerivativeCheck | null
      readonly problem: string | null
    }

export interface Session {
  readonly title: string
  readonly document: GraphDocument
  readonly picture: GraphPicture
  readonly view: View
  /** How far the drawing was moved from where the selected node is in the middle, in characters. */
  readonly pan: { readonly columns: number; readonly rows: number }
  readonly layer: Layer | null
  readonly past: readonly GraphDocument[]
  readonly future: readonly GraphDocument[]
  readonly playing: boolean
  /** What the last key did or why it did nothing. */
  readonly message: string | null
  /** Exit code, once the user leaves. */
  readonly leaving: number | null
}

/** Changes that can be undone. */
const mostUndone = 100

const centred = { columns: 0, rows: 0 }

export function openSession(
  { title, document, picture }: Subject,
  position = 0,
  view: View = 'boxes',
): Session {
  return {
    title,
    document: { ...document, position },
    picture,
    view,
    pan: centred,
    layer: null,
    past: [],
    future: [],
    playing: false,
    message: null,
    leaving: null,
  }
}

/** The node that keys act on: the chosen one, else that of the last step, else the first. */
export function selectedNode({ document, picture }: Session): TraceNode {
  const { nodes, steps } = picture.trace
  const id = document.selected ?? steps[document.position - 1]?.node ?? nodes[0]!.id
  return nodes.find((node) => node.id === id) ?? nodes.at(-1)!
}

/** The variable that keys act on: the selected one, else the first. */
export function selectedVariable(session: Session): TraceNode | null {
  const selected = selectedNode(session)
  if (selected.kind === 'variable') return selected
  const { nodes } = session.picture.trace
  return nodes.find(({ kind }) => kind === 'variable') ?? null
}

/** With a sentence for the user. */
export const saying = (session: Session, message: string): Session => ({ ...session, message })

/** After this many steps; the selection follows. */
export function at(session: Session, position: number): Session {
  const { length } = session.picture.trace.steps
  const nearest = Math.min(Math.max(position, 0), length)
  return {
    ...session,
    document: { ...session.document, position: nearest, selected: null },
    pan: centred,
    playing: false,
  }
}

export function select(session: Session, id: string): Session {
  return { ...session, document: { ...session.document, selected: id }, pan: centred }
}

export function selectBy(session: Session, offset: number): Session {
  const { nodes } = session.picture.trace
  const index = nodes.indexOf(selectedNode(session))
  return select(session, nodes[(index + offset + nodes.length) % nodes.length]!.id)
}

/**
 * The session with another document, as one step of undo. Steps done stay done as far as there are that many.
 * @throws BackpropagationError if the document has no graph.
 */
function changed(session: Session, document: GraphDocument): Session {
  const past = [...session.past, session.document].slice(-mostUndone)
  return { ...opened(session, document), past, future: [], message: null }
}

function opened(session: Session, document: GraphDocument): Session {
  const { picture, problem } = openGraph(document)
  if (!picture) throw new UsageError(problem.hint ? `${problem.message}; ${problem.hint}` : problem.message)
  const { nodes, steps } = picture.trace
  const { selected } = document
  return {
    ...session,
    document: {
      ...document,
      position: Math.min(document.position, steps.length),
      selected: nodes.some(({ id }) => id === selected) ? selected : null,
    },
    picture,
    playing: false,
  }
}

/** Takes back the last change, or makes it again. */
export function undone(session: Session, again: boolean): Session {
  const [from, to] = again ? [session.future, session.past] : [session.past, session.future]
  const document = from.at(-1)
  if (!document) return saying(session, again ? 'there is nothing to do again' : 'there is nothing to undo')
  const moved = [...to, session.document]
  const left = from.slice(0, -1)
  return {
    ...opened(session, { ...document, position: session.document.position }),
    past: again ? moved : left,
    future: again ? left : moved,
    message: again ? 'done again' : 'undone',
  }
}

export function toggleBreakpoint(session: Session): Session {
  const { id, title } = selectedNode(session)
  const { breakpoints } = session.document
  const had = breakpoints.includes(id)
  return {
    ...session,
    document: {
      ...session.document,
      breakpoints: had ? breakpoints.filter((one) => one !== id) : [...breakpoints, id],
    },
    message: had
      ? `no breakpoint at ${title} any more`
      : `breakpoint at ${title}: space and c stop when a value or derivative reaches it`,
  }
}

/** Goes on to the next breakpoint, or to the end. */
export function toBreakpoint(session: Session): Session {
  const { document, picture } = session
  if (document.breakpoints.length === 0)
    return saying(session, 'there is no breakpoint; b sets one at the selected node')
  return at(session, nextBreak(picture.trace, document.position, document.breakpoints))
}

/** One step while playing. */
export function played(session: Session): Session {
  const { position, breakpoints } = session.document
  const { trace } = session.picture
  const next = at(session, position + 1)
  const stops =
    breakpoints.length > 0 && nextBreak(trace, position, breakpoints) === position + 1 && position + 1 > 0
  return { ...next, playing: !stops && position + 1 < trace.steps.length }
}

/** Opens the selected composite, or closes the one that the selected node is in. */
export function toggleComposite(session: Session, close: boolean): Session {
  const node = selectedNode(session)
  const { document, picture } = session
  if (!close && node.expandable) {
    const next = changed(session, {
      ...document,
      opened: [...document.opened, node.id],
      selected: node.id,
      position: 0,
    })
    const composite = next.picture.trace.composites.find(({ id }) => id === node.id)
    const parts = composite?.nodes.filter((id) => !id.includes('#')).length ?? 0
    return saying(
      atSame(session, next),
      `${node.title} = ${node.symbol} is ${parts} operation${parts === 1 ? '' : 's'} now; E closes it`,
    )
  }
  const inside = picture.trace.composites.findLast(({ nodes }) => nodes.includes(node.id))
  if (!inside)
    return saying(
      session,
      close
        ? `${node.title} is not part of something opened`
        : node.op === null
          ? `${node.title} is a ${node.kind}; e opens composite operations such as sigmoid`
          : `${node.op} is a basic operation; there is nothing to open`,
    )
  // Whatever was opened inside it closes too.
  const within = new Set(inside.nodes)
  const next = changed(session, {
    ...document,
    opened: document.opened.filter((id) => !within.has(id)),
    selected: inside.id,
    position: 0,
  })
  return saying(atSame(session, next), `${inside.id} is one operation again`)
}

/** The position in a graph with other steps at which the same share of the phases is done: start, forward, end. */
function atSame(before: Session, after: Session): Session {
  const { position, selected } = after.document
  const { steps } = before.picture.trace
  const old = before.document.position
  const forward = after.picture.trace.steps.filter(({ phase }) => phase === 'forward').length
  const next =
    old === 0
      ? 0
      : old === steps.length
        ? after.picture.trace.steps.length
        : steps[old - 1]!.phase === 'forward' && steps[old]?.phase === 'forward'
          ? position
          : forward
  return { ...after, document: { ...after.document, position: next, selected } }
}

export function toggleTarget(session: Session): Session {
  const node = selectedNode(session)
  const { document, picture } = session
  const { target, output } = picture.trace
  if (node.kind === 'constant') return saying(session, `${node.title} is a constant; choose another node`)
  const id = target.id === node.id || node.id === output.id ? null : node.id
  const next = changed(session, { ...document, target: id, selected: node.id })
  return saying(next, `derivatives are of ${next.picture.trace.target.title} now`)
}

export function toggleMode(session: Session): Session {
  const { document, picture } = session
  if (picture.graph.variables.size === 0)
    return saying(session, 'there is no variable to differentiate by in forward mode')
  const mode = document.mode === 'forward' ? 'reverse' : 'forward'
  const variable = selectedVariable(session)
  const next = changed(session, {
    ...document,
    mode,
    along: mode === 'forward' ? (variable?.id ?? null) : document.along,
  })
  return saying(
    next,
    mode === 'forward'
      ? `forward mode: derivatives of every node by ${next.picture.trace.along}`
      : `reverse mode: derivatives of ${next.picture.trace.target.title} by every node`,
  )
}

/** In forward mode, differentiates by the selected variable. */
export function differentiateBy(session: Session): Session {
  const node = selectedNode(session)
  if (node.kind !== 'variable')
    return saying(session, `${node.title} is no variable; tab selects another node`)
  const next = changed(session, { ...session.document, mode: 'forward', along: node.id })
  return saying(next, `forward mode: derivatives of every node by ${next.picture.trace.along}`)
}

export function toggleBroken(session: Session): Session {
  const broken = !session.document.broken
  const next = changed(session, { ...session.document, broken })
  const { overwritten } = next.picture.trace
  if (!broken) return saying(next, 'derivatives of several uses are added again')
  return saying(
    next,
    overwritten.length === 0
      ? '= instead of +=: no node has several uses, so nothing is wrong here'
      : `= instead of +=: wrong now at ${overwritten.map(({ node }) => node).join(', ')}`,
  )
}

// Prompts

function ask(
  session: Session,
  prompt: Omit<Extract<Layer, { kind: 'prompt' }>, 'kind' | 'cursor' | 'problem' | 'under'>,
): Session {
  return {
    ...session,
    playing: false,
    layer: {
      kind: 'prompt',
      ...prompt,
      cursor: [...prompt.text].length,
      problem: null,
      under: session.layer,
    },
  }
}

/** Asks for a value of the selected variable, or of one cell of it. */
export function askValue(session: Session, cell: readonly number[] = []): Session {
  const node = selectedNode(session)
  if (node.kind !== 'variable') {
    const names = [...session.picture.graph.variables.keys()]
    return saying(
      session,
      `${node.title} is ${node.kind === 'constant' ? 'written in the expression, which w edits' : 'computed'}; values can be given to ${names.length === 0 ? 'variables, of which there are none' : `variables: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ' …' : ''}`}`,
    )
  }
  const value = cell.reduce<Numbers>((entry, index) => (entry as readonly Numbers[])[index]!, node.value)
  const title = cell.length > 0 ? `${node.title}[${cell.join(',')}]` : node.title
  const { before, position } = { before: session.layer, position: session.document.position }
  return ask(session, {
    label: `${title} =`,
    text: JSON.stringify(value).replaceAll('null', '0'),
    candidates: [],
    submit: (now, text) => {
      const typed = evaluateLiteral(text)
      if (cell.length > 0 && typeof typed !== 'number')
        throw new UsageError(`${title} is one number, got an array`)
      const finite = (numbers: Numbers): boolean =>
        typeof numbers === 'number' ? Number.isFinite(numbers) : numbers.every(finite)
      if (!finite(typed)) throw new UsageError(`a value must be a finite number, got ${text.trim()}`)
      const whole = cell.length > 0 ? withCell(node.value, cell, typed as number) : typed
      const next = changed(now, {
        ...withValue(now.document, now.picture, node.name, whole),
        selected: node.id,
        position,
      })
      return { ...saying(next, `${title} is ${text.trim()}; u takes it back`), layer: before }
    },
  })
}

export function askExpression(session: Session): Session {
  return ask(session, {
    label: 'expression',
    text: session.document.source,
    candidates: [],
    submit: (now, text) => ({
      ...changed(now, { ...now.document, source: text, selected: null, position: 0 }),
      title: now.title === now.document.source ? text : now.title,
      layer: null,
    }),
  })
}

export function askNode(session: Session): Session {
  const names = session.picture.trace.nodes.map(({ id }) => id)
  return ask(session, {
    label: 'go to',
    text: '',
    candidates: names,
    submit: (now, text) => {
      const wanted = text.trim()
      const found =
        names.find((name) => name === wanted) ??
        (wanted === '' ? undefined : names.find((name) => name.toLowerCase().includes(wanted.toLowerCase())))
      if (found === undefined) throw new UsageError(`there is no node "${wanted}"; tab shows those there are`)
      return { ...select(now, found), layer: null }
    },
  })
}

export function askFile(session: Session): Session {
  const name = /^[\p{L}\d_]+$/u.exec(session.picture.trace.output.name)?.[0] ?? 'graph'
  return ask(session, {
    label: 'save as',
    text: `${name}.ts`,
    candidates: ['ts', 'py', 'tex', 'dot', 'json'].map((ending) => `${name}.${ending}`),
    submit: (now, text) => {
      saveGraph(text.trim(), now.picture)
      return { ...saying(now, `${text.trim()} is written`), layer: null }
    },
  })
}

export function askDelta(session: Session): Session {
  const { layer } = session
  if (layer?.kind !== 'nudge') return session
  return ask(session, {
    label: `Δ${layer.name} =`,
    text: String(layer.delta ?? 1),
    candidates: [],
    submit: (now, text) => {
      const delta = evaluateLiteral(text)
      if (typeof delta !== 'number' || !Number.isFinite(delta))
        throw new UsageError(`a nudge must be a finite number, got ${text.trim()}`)
      return { ...now, layer: { ...layer, delta } }
    },
  })
}

// Layers about variables

export function openNudge(session: Session): Session {
  const variable = selectedVariable(session)
  if (!variable) return saying(session, 'there is no variable to nudge')
  return { ...session, playing: false, layer: { kind: 'nudge', name: variable.id, delta: null } }
}

export function openCheck(session: Session, name = selectedVariable(session)?.id): Session {
  if (name === undefined) return saying(session, 'there is no variable, so no derivative to check')
  const { picture, document } = session
  let result: DerivativeCheck | null = null
  let problem: string | null = null
  try {
    result = checkDerivative(picture.graph, name, document.target)
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    problem = error.message
  }
  return { ...session, playing: false, layer: { kind: 'check', name, result, problem } }
}

export function openDetails(session: Session): Session {
  const { shape } = selectedNode(session)
  return { ...session, playing: false, layer: { kind: 'details', top: 0, cell: shape.map(() => 0) } }
}

/** Another variable in a nudge or a check. */
export function anotherVariable(session: Session, offset: number): Session {
  const { layer } = session
  if (layer?.kind !== 'nudge' && layer?.kind !== 'check') return session
  const names = [...session.picture.graph.variables.keys()]
  const name = names[(names.indexOf(layer.name) + offset + names.length) % names.length]!
  const next = select(session, name)
  return layer.kind === 'check' ? openCheck(next, name) : { ...next, layer: { ...layer, name } }
}

/** Moves the cell looked at, row by row in an array of more than two axes. */
export function moveCell(session: Session, rows: number, columns: number): Session {
  const { layer } = session
  const { shape } = selectedNode(session)
  if (layer?.kind !== 'details' || shape.length === 0) return session
  const width = shape.at(-1)!
  const height = shape.slice(0, -1).reduce((count, size) => count * size, 1)
  const { cell } = layer
  const row = cell.slice(0, -1).reduce((index, place, axis) => index * shape[axis]! + place, 0)
  const clamp = (value: number, count: number) => Math.min(Math.max(value, 0), count - 1)
  const [nextRow, column] = [clamp(row + rows, height), clamp(cell.at(-1)! + columns, width)]
  const places: number[] = []
  let rest = nextRow
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    places.unshift(rest % shape[axis]!)
    rest = Math.floor(rest / shape[axis]!)
  }
  return { ...session, layer: { ...layer, cell: [...places, column] } }
}
