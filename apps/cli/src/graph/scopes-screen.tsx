// The graph of a training step on the full screen: a list of scopes that open and close.
import { type ScopeRow, scopeOutline } from '@bp/lab'
import { Box, useInput } from 'ink'
import { useEffect, useReducer } from 'react'
import stringWidth from 'string-width'
import { palette } from '../appearance.js'
import { cut, padEnd, visible } from '../fit.js'
import { showFullScreen } from '../full-screen.js'
import { around } from '../list.js'
import { exitInterrupted } from '../signals.js'
import type { Size } from '../terminal.js'
import { type Piece, Row, Rows } from '../text.js'
import { keysOf } from './keys.js'
import { rowTexts, type StepGraph } from './scopes.js'

/** Shows the graph until the user leaves. Returns the exit code. */
export const showScopes = (graph: StepGraph): Promise<number> =>
  showFullScreen((size, leave) => <ScopesScreen graph={graph} size={size} onLeave={leave} />)

export interface ScopesScreenProps {
  readonly graph: StepGraph
  readonly size: Size
  /** Called with an exit code. */
  readonly onLeave: (code: number) => void
}

interface State {
  readonly opened: ReadonlySet<string>
  /** Index of a row. */
  readonly chosen: number
  readonly leaving: number | null
}

export function ScopesScreen({ graph, size: { columns, rows }, onLeave }: ScopesScreenProps) {
  const [state, dispatch] = useReducer(
    (now: State, keys: readonly string[]) => keys.reduce((one, key) => press(graph, one, key), now),
    { opened: new Set<string>(), chosen: 0, leaving: null },
  )
  useInput((input, key) => dispatch(keysOf(input, key)))
  const { leaving } = state
  useEffect(() => {
    if (leaving !== null) onLeave(leaving)
  }, [leaving, onLeave])
  const all = scopeOutline(graph.operations, state.opened)
  const chosen = all[state.chosen]!
  const title = cut(`bp graph  ${visible(graph.title)}`, columns)
  if (rows < 6) return <Row pieces={[{ text: cut(chosen.name, columns - 1) }]} />
  const { shown, first } = around(all, state.chosen, rows - 5)
  return (
    <Box flexDirection="column" width={columns}>
      <Rows rows={[[{ text: title, bold: true }], []]} />
      <Box height={rows - 5} flexDirection="column">
        <Rows rows={shown.map((row, at) => line(row, first + at === state.chosen, columns))} />
      </Box>
      <Rows
        rows={[
          [{ text: cut(aboutRow(chosen), columns), bold: true }],
          [{ text: cut('enter open, close · ↑ ↓ · + all · - none · q quit', columns), dim: true }],
        ]}
      />
    </Box>
  )
}

function line(row: ScopeRow, chosen: boolean, columns: number): Piece[] {
  const [name, about, shape] = rowTexts(row)
  const right = [about, shape].filter(Boolean).join('  ')
  const room = Math.max(1, columns - 3 - Math.min(stringWidth(right), columns >> 1))
  return [
    { text: chosen ? '›' : ' ', bold: true, colour: palette.orange },
    { text: padEnd(cut(name, room), room), bold: chosen || row.kind === 'scope' },
    { text: ' ' },
    {
      text: cut(right, Math.max(0, columns - room - 2)),
      colour: row.kind === 'scope' ? undefined : palette.blue,
    },
  ]
}

function aboutRow(row: ScopeRow): string {
  if (row.kind === 'scope') return row.name
  const { name, inputs, of, derivative } = row.operation
  return [
    name,
    ...(inputs.length > 0 ? [`takes ${inputs.join(', ')}`] : []),
    ...(of === undefined ? [] : [`of ${of}`]),
    ...(derivative === undefined ? [] : [`derivative ${derivative}`]),
  ].join(' · ')
}

function press({ operations }: StepGraph, state: State, key: string): State {
  const all = scopeOutline(operations, state.opened)
  const to = (chosen: number) => ({ ...state, chosen: Math.min(Math.max(chosen, 0), all.length - 1) })
  const row = all[state.chosen]!
  switch (key) {
    case 'q':
    case 'escape':
      return { ...state, leaving: 0 }
    case 'ctrl-c':
      return { ...state, leaving: exitInterrupted }
    case 'down':
    case 'j':
      return to(state.chosen + 1)
    case 'up':
    case 'k':
      return to(state.chosen - 1)
    case 'page-down':
      return to(state.chosen + 10)
    case 'page-up':
      return to(state.chosen - 10)
    case 'home':
      return to(0)
    case 'end':
      return to(all.length - 1)
    case '-':
      return { ...state, opened: new Set(), chosen: 0 }
    case '+': {
      const scopes = scopeOutline(operations, null).flatMap(({ kind, name }) =>
        kind === 'scope' ? [name] : [],
      )
      return { ...state, opened: new Set(scopes), chosen: 0 }
    }
    case 'enter':
    case 'space':
    case 'right':
    case 'left': {
      if (row.kind !== 'scope' || (key === 'right' && row.open) || (key === 'left' && !row.open)) return state
      const opened = new Set(state.opened)
      if (row.open) opened.delete(row.name)
      else opened.add(row.name)
      return { ...state, opened }
    }
    default:
      return state
  }
}
