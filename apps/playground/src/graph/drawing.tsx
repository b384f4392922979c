// The graph as a picture: nodes that can be focused, edges with what flows over them.
import { type Stepper, type Trace, type TraceEdge, type TraceNode, type TraceStep } from '@bp/lab'
import { useEffect, useMemo, useRef, useState } from 'react'
import { NumberField } from '../number-field.js'
import { type Placed, place, shapeRadius } from './geometry.js'
import { write, writeShort } from './words.js'

interface DrawingProps {
  readonly trace: Trace
  readonly stepper: Stepper
  /** Variables whose value can be changed in the drawing. */
  readonly editable: ReadonlySet<string>
  readonly onValue: (name: string, value: number) => void
  readonly onPosition: (position: number) => void
}

/** The drawing shrinks to this before it is turned from top to bottom. */
const smallestScale = 0.8

export function Drawing({ trace, stepper, editable, onValue, onPosition }: DrawingProps) {
  const holder = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState(960)
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => setRoom(entry!.contentRect.width))
    resized.observe(holder.current!)
    return () => resized.disconnect()
  }, [])

  const placed = useMemo(() => {
    const labelWidth = Math.max(0, ...trace.edges.map((edge) => (contributionText(edge) ?? '').length)) * 7.4
    const wide = place(trace, 'LR', labelWidth)
    return wide.width * smallestScale <= room ? wide : place(trace, 'TB', labelWidth)
  }, [trace, room])
  const scale = Math.min(1.15, room / placed.width)

  const done = trace.steps.slice(0, stepper.position)
  const current = stepper.current()
  const arrived = new Set(done.flatMap(({ edge }) => edge ?? []))
  const inset = Math.max(0, (room - placed.width * scale) / 2)

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
        <Edges placed={placed} current={current} arrived={arrived} known={stepper.knownValues} />
        {trace.nodes.map((node) => (
          <Node
            key={node.id}
            node={node}
            trace={trace}
            stepper={stepper}
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
  /** Edges that a derivative came over. */
  readonly arrived: ReadonlySet<TraceEdge>
  readonly known: ReadonlySet<string>
}

// The list of steps says the same in words, so this part is for the eye alone.
function Edges({ placed, current, arrived, known }: EdgesProps) {
  const stateOf = (edge: TraceEdge) => {
    if (edge === current?.edge) return 'active-backward'
    if (current?.phase === 'forward' && edge.to === current.node) return 'active-forward'
    return arrived.has(edge) ? 'backward' : known.has(edge.to) ? 'forward' : ''
  }
  return (
    <div aria-hidden="true">
      <svg className="edges" width={placed.width} height={placed.height}>
        <defs>
          {['plain', 'forward', 'backward'].map((name) => (
            <marker key={name} id={`head-${name}`} className={`head ${name}`} viewBox="0 0 8 8" refX="6.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
              <path d="M0 0.5L7.5 4L0 7.5z" />
            </marker>
          ))}
        </defs>
        {placed.edges.map(({ edge, path }) => (
          <path key={`${edge.from} ${edge.to} ${edge.input}`} className={`edge ${stateOf(edge)}`} d={path} />
        ))}
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
            {text}
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

function Node({ node, trace, stepper, placed, editable, onValue, onPosition }: NodeProps) {
  const { id, name, kind, symbol, value } = node
  const middle = placed.middles.get(id)!
  const current = stepper.current()
  const known = stepper.knownValues.has(id)
  const derivative = stepper.derivativeAt(id)
  const output = nameOf(trace)
  const positions = trace.steps.flatMap((step, index) => (step.node === id ? [index + 1] : []))
  const state = current?.node === id ? `current ${current.phase}` : ''

  const valueText = known ? write(value, node) : '—'
  const derivativeText = derivative === null ? '—' : write(derivative, node)
  const description = [
    node.label,
    `value ${known ? valueText : 'not computed yet'}`,
    ...(node.derivative === null && derivative === null && kind === 'constant'
      ? []
      : [`derivative of ${output} by ${name || 'it'} ${derivative === null ? 'not computed yet' : derivativeText}`]),
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
          onClick={() => onPosition(positions.find((position) => position > stepper.position) ?? positions[0]!)}
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
              <NumberField label={`value of ${name}`} value={value as number} step={1} onChange={(next) => onValue(name, next)} />
            </>
          ) : (
            <>
              <span className="name">{name} =</span> <span className="number">{valueText}</span>
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
            {derivativeText}
            {typeof derivative === 'number' && derivative !== 0 && <Sign negative={derivative < 0} />}
          </span>
        </span>
      )}
    </div>
  )
}

/** Whether moving the node up moves the output up or down, without colour. */
function Sign({ negative }: { readonly negative: boolean }) {
  return <span className="sign">{negative ? '▼' : '▲'}</span>
}

function nameOf({ nodes, output }: Trace): string {
  const node = nodes.find(({ id }) => id === output)!
  return node.name || node.label
}

/** `5 × 1 = 5`: local times upstream. */
function contributionText({ local, upstream, contribution }: TraceEdge): string | null {
  if (contribution === null) return null
  if (local === null || typeof upstream !== 'number' || typeof contribution !== 'number') return 'array'
  const factor = upstream < 0 ? `(${writeShort(upstream)})` : writeShort(upstream)
  return `${writeShort(local)} × ${factor} = ${writeShort(contribution)}`
}
