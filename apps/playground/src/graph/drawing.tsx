// The graph as a picture: nodes that can be focused, edges with what flows along them.
import {
  type Numbers,
  operand,
  type Trace,
  type TraceEdge,
  type TraceNode,
  type TraceStep,
  type TraceView,
} from '@bp/lab'
import { useEffect, useMemo, useRef, useState } from 'react'
import { NumberField } from '../parts/number-field.js'
import { type Placed, place, shapeRadius, type TextWidths } from './geometry.js'
import { write, writeShort } from './words.js'

/** Text stays readable at this scale; a drawing that is still too wide scrolls. */
const smallestScale = 0.7

interface DrawingProps {
  readonly trace: Trace
  readonly view: TraceView
  /** Variables whose value can be changed in the drawing. */
  readonly editable: ReadonlySet<string>
  readonly onValue: (name: string, value: number) => void
  readonly onPosition: (position: number) => void
}

export function Drawing({ trace, view, editable, onValue, onPosition }: DrawingProps) {
  const holder = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(960)
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => setRoom(entry!.contentRect.width))
    resized.observe(holder.current!)
    return () => resized.disconnect()
  }, [])

  const placed = useMemo(() => place(trace, room, textWidths(trace)), [trace, room])
  const scale = Math.min(1.2, Math.max(smallestScale, room / placed.width))

  const { position, current, knownValues } = view
  const arrived = new Set(trace.steps.slice(0, position).flatMap(({ edge }) => edge ?? []))
  const width = placed.width * scale
  const inset = Math.max(0, (room - width) / 2)

  return (
    <div ref={holder} className="drawing" style={{ height: placed.height * scale }}>
      <div
        className={`stage ${placed.direction}`}
        style={{
          width: placed.width,
          height: placed.height,
          transform: `translateX(${inset}px) scale(${scale})`,
        }}
      >
        <Edges placed={placed} current={current} arrived={arrived} known={knownValues} />
        {trace.nodes.map((node) => (
          <Node
            key={node.id}
            node={node}
            trace={trace}
            view={view}
            placed={placed}
            editable={editable.has(node.name) && typeof node.value === 'number'}
            onValue={onValue}
            onPosition={onPosition}
          />
        ))}
      </div>
    </div>
  )
}

interface EdgesProps {
  readonly placed: Placed
  readonly current: TraceStep | null
  /** Edges along which a derivative has arrived. */
  readonly arrived: ReadonlySet<TraceEdge>
  readonly known: ReadonlySet<string>
}

// Hidden from screen readers: the list of steps says the same in words.
function Edges({ placed, current, arrived, known }: EdgesProps) {
  const stateOf = (edge: TraceEdge) => {
    if (edge === current?.edge) return 'active-backward'
    if (current?.phase === 'forward' && edge.to === current.node) return 'active-forward'
    return arrived.has(edge) ? 'backward' : known.has(edge.to) ? 'forward' : ''
  }
  return (
    <div aria-hidden="true">
      <svg className="edges" aria-hidden="true" width={placed.width} height={placed.height}>
        <defs>
          {['plain', 'forward', 'backward'].map((name) => (
            <marker
              key={name}
              id={`head-${name}`}
              className={`head ${name}`}
              viewBox="0 0 8 8"
              refX="6.5"
              refY="4"
              markerWidth="8"
              markerHeight="8"
              markerUnits="userSpaceOnUse"
              orient="auto-start-reverse"
            >
              <path d="M0 0.5L7.5 4L0 7.5z" />
            </marker>
          ))}
        </defs>
        {placed.edges.map(({ edge, path }) => {
          const state = stateOf(edge)
          return (
            <path
              key={`${edge.from} ${edge.to} ${edge.input}`}
              className={`edge ${state}`}
              d={path}
              markerStart={state.endsWith('backward') ? 'url(#head-backward)' : undefined}
              markerEnd={`url(#head-${state === '' ? 'plain' : 'forward'})`}
            />
          )
        })}
      </svg>
      {placed.edges.map(({ edge, label }) => {
        const text = contributionText(edge)
        if (!text || !arrived.has(edge)) return null
        return (
          <span
            key={`${edge.from} ${edge.to} ${edge.input}`}
            className={`edge-label ${stateOf(edge)}`}
            style={{ left: label.x, top: label.y }}
          >
            {text.join('\n')}
          </span>
        )
      })}
    </div>
  )
}

interface NodeProps extends Omit<DrawingProps, 'editable'> {
  readonly node: TraceNode
  readonly placed: Placed
  readonly editable: boolean
}

function Node({ node, trace, view, placed, editable, onValue, onPosition }: NodeProps) {
  const { id, name, kind, symbol, value } = node
  const middle = placed.middles.get(id)!
  const { current } = view
  const known = view.knownValues.has(id)
  const derivative = view.derivatives.get(id) ?? null
  const output = trace.output.title
  const positions = trace.steps.flatMap((step, index) => (step.node === id ? [index + 1] : []))
  const state = current?.node === id ? `current ${current.phase}` : ''

  const inWords = (numbers: Numbers) => write(numbers, node)
  const description = [
    // The visible symbol is part of the accessible name, for voice control (WCAG 2.5.3).
    node.label.includes(symbol) ? node.label : `${node.label}, shown as ${symbol}`,
    `value ${known ? inWords(value) : 'not computed yet'}`,
    ...(node.derivative === null && derivative === null && kind === 'constant'
      ? []
      : [
          `derivative of ${output} with respect to ${name || 'it'} ${derivative === null ? 'not computed yet' : inWords(derivative)}`,
        ]),
  ].join(', ')

  const shape = `shape ${kind}${symbol.length > 4 ? ' long' : ''}`
  return (
    <div className={`node ${kind} ${state}`} style={{ left: middle.x, top: middle.y }}>
      {positions.length > 0 ? (
        <button
          type="button"
          className={shape}
          style={{ width: 2 * shapeRadius, height: 2 * shapeRadius }}
          aria-label={`${description}. Go to its step.`}
          onClick={() => onPosition(positions.find((position) => position > view.position) ?? positions[0]!)}
        >
          {symbol}
        </button>
      ) : (
        <span className={shape} role="img" aria-label={description}>
          {symbol}
        </span>
      )}
      {kind !== 'constant' && (
        <span className="value" aria-hidden={!editable}>
          {editable ? (
            <>
              <span className="name">{name} =</span>
              <NumberField
                label={`value of ${name}`}
                value={value as number}
                step={1}
                onChange={(next) => onValue(name, next)}
              />
            </>
          ) : (
            <>
              <span className="name">{name} =</span>{' '}
              <span className="number">{known ? writeNode(value, node) : '—'}</span>
            </>
          )}
        </span>
      )}
      {(node.derivative !== null || kind === 'variable') && (
        <span className="derivative" aria-hidden="true">
          <span className="name">
            ∂{output}/∂{name} =
          </span>{' '}
          <span className="number">
            {derivative === null ? '—' : writeNode(derivative, node)}
            {typeof derivative === 'number' && derivative !== 0 && <Sign negative={derivative < 0} />}
          </span>
        </span>
      )}
    </div>
  )
}

/** Shows without colour whether increasing the node increases or decreases the output. */
function Sign({ negative }: { readonly negative: boolean }) {
  return <span className="sign">{negative ? '▼' : '▲'}</span>
}

/** Widths of a character of the monospaced font, at a node and on an edge, in pixels. */
const character = { node: 8.6, edge: 8 }

function textWidths(trace: Trace): TextWidths {
  const longest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length))
  const output = trace.output.title
  const derivatives = trace.nodes.flatMap((node) =>
    node.derivative === null ? [] : [`∂${output}/∂${node.name} = ${writeNode(node.derivative, node)} ▲`],
  )
  const values = trace.nodes.map((node) => `${node.name} = ${writeNode(node.value, node)}`)
  return {
    node: longest([...derivatives, ...values]) * character.node,
    // The border and padding of a label.
    edge: longest(trace.edges.flatMap((edge) => contributionText(edge) ?? [])) * character.edge + 18,
  }
}

function writeNode(numbers: Numbers, node: TraceNode): string {
  return typeof numbers === 'number' ? writeShort(numbers) : write(numbers, node)
}

/** Characters that fit into one line of a label on an edge. */
const longestLine = 12

/** `5 × 1 = 5`: local times upstream, on one line or two. */
function contributionText({ local, upstream, contribution }: TraceEdge): string[] | null {
  if (contribution === null) return null
  if (local === null || typeof upstream !== 'number' || typeof contribution !== 'number') return ['array']
  const product = `${writeShort(local)} × ${operand(writeShort(upstream))}`
  const result = `= ${writeShort(contribution)}`
  const line = `${product} ${result}`
  return line.length <= longestLine ? [line] : [product, result]
}
