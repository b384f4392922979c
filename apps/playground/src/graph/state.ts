// The state of the graph half of the page, and how it changes. Everything on the screen follows from it.
import { BackpropagationError } from '@bp/core'
import { build, ExpressionError, type Fix, type Graph, type Program, parse } from '@bp/expression'
import { expandComposite, type Trace, trace } from '@bp/lab'

export interface Preset {
  readonly title: string
  readonly source: string
  readonly values: Readonly<Record<string, number>>
  readonly expanded: boolean
}

/** The lecture's graph, its sigmoid, and a variable that is used more than once. */
export const presets: readonly [Preset, ...Preset[]] = [
  { title: 'f = w*x + b', source: 'f = w*x + b', values: { w: -2, x: 5, b: 3 }, expanded: false },
  {
    title: 'sigmoid(w*x + b)',
    source: 'y = sigmoid(w*x + b)',
    values: { w: -2, x: 5, b: 10 },
    expanded: true,
  },
  { title: 'x*x + x', source: 'f = x*x + x', values: { x: 3 }, expanded: false },
]

/** A graph with all its numbers. */
export interface Picture {
  readonly graph: Graph
  readonly trace: Trace
  /** Variables whose value is set on the page; the others have theirs in the source. */
  readonly editable: ReadonlySet<string>
  /** Names of the operations that can be shown as a chain of simpler ones. */
  readonly composites: readonly string[]
}

/** Why a source has no graph. */
export interface Problem {
  readonly message: string
  readonly hint: string | null
  readonly fix: Fix | null
  /** Range of the source that is wrong; `null` if it is not a single place. */
  readonly span: { readonly start: number; readonly end: number } | null
  /** A name without a value that could become a variable. */
  readonly unknown: string | null
}

export interface GraphState {
  readonly source: string
  readonly values: ReadonlyMap<string, number>
  readonly expanded: boolean
  /** Of the last source without a problem. */
  readonly picture: Picture
  readonly problem: Problem | null
  /** Steps done. */
  readonly position: number
}

export type GraphAction =
  | { readonly type: 'preset'; readonly preset: Preset }
  | { readonly type: 'source'; readonly source: string }
  | { readonly type: 'value'; readonly name: string; readonly value: number }
  | { readonly type: 'expanded'; readonly expanded: boolean }
  | { readonly type: 'position'; readonly position: number }

export function initialState(preset: Preset = presets[0]): GraphState {
  const values = new Map(Object.entries(preset.values))
  const drawn = draw(preset.source, values, preset.expanded)
  if ('problem' in drawn) throw new Error(`preset ${preset.title}: ${drawn.problem.message}`)
  return {
    source: preset.source,
    expanded: preset.expanded,
    problem: null,
    position: drawn.picture.trace.steps.length,
    ...drawn,
  }
}

export function reduce(state: GraphState, action: GraphAction): GraphState {
  switch (action.type) {
    case 'preset':
      return initialState(action.preset)
    case 'source':
      return redraw(state, { source: action.source })
    case 'value':
      return redraw(state, { values: new Map(state.values).set(action.name, action.value) })
    case 'expanded':
      return redraw(state, { expanded: action.expanded })
    case 'position':
      return { ...state, position: clamp(action.position, state.picture) }
  }
}

function redraw(
  state: GraphState,
  change: Partial<Pick<GraphState, 'source' | 'values' | 'expanded'>>,
): GraphState {
  const next = { ...state, ...change }
  const drawn = draw(next.source, next.values, next.expanded)
  if ('problem' in drawn) return { ...next, problem: drawn.problem }
  const before = state.picture.trace.steps.length
  const after = drawn.picture.trace.steps.length
  const keep = before === after || state.position < before
  return { ...next, ...drawn, problem: null, position: keep ? clamp(state.position, drawn.picture) : after }
}

function clamp(position: number, { trace }: Picture): number {
  return Math.min(Math.max(position, 0), trace.steps.length)
}

type Drawn = { picture: Picture; values: ReadonlyMap<string, number> } | { problem: Problem }

function draw(source: string, values: ReadonlyMap<string, number>, expanded: boolean): Drawn {
  let program: Program | undefined
  try {
    program = parse(source, values.keys())
    // Values set in the source are not overridden.
    const own = program.values
    const given = new Map([...values].filter(([name]) => !own.has(name)))
    // A new letter is a new variable; a longer unknown name may be a typo, which the language catches.
    for (const name of program.names)
      if (name.length === 1 && !own.has(name) && !given.has(name)) given.set(name, 1)
    const graph = build(program, given)
    const compact = trace(graph)
    const composites = compact.nodes.filter(({ expandable }) => expandable)
    // Last first, since expanding an operation renames the unnamed ones after it.
    const chain = expanded
      ? [...composites].reverse().reduce((whole, { id }) => expandComposite(whole, id), graph)
      : graph
    const shown = chain === graph ? compact : trace(chain)
    return {
      picture: {
        graph: chain,
        trace: shown,
        editable: new Set(program.names.filter((name) => !own.has(name))),
        composites: [...new Set(composites.map(({ op }) => op!))],
      },
      values: new Map([...values, ...given]),
    }
  } catch (error) {
    if (!(error instanceof BackpropagationError)) throw error
    return { problem: describeProblem(error, program, values) }
  }
}

function describeProblem(
  error: BackpropagationError,
  program: Program | undefined,
  values: ReadonlyMap<string, number>,
): Problem {
  if (!(error instanceof ExpressionError))
    return { message: error.message, hint: null, fix: null, span: null, unknown: null }
  const span = { start: error.position, end: error.end }
  const name = program?.source.slice(span.start, span.end)
  const unknown =
    name !== undefined && program!.names.includes(name) && !program!.values.has(name) && !values.has(name)
      ? name
      : null
  return { message: error.problem, hint: error.hint, fix: error.fix, span, unknown }
}
