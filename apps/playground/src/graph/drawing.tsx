// The graph as a picture: values above the nodes, derivatives below, and what flows along the edges.
import { formatNumber, type Layout, type Numbers, type TraceEdge, type TraceNode } from '@bp/lab'
import { type KeyboardEvent, useRef } from 'react'
import { NumberField } from '../parts/number-field.js'
import { PanZoom } from '../parts/pan-zoom.js'
import { SignButton } from '../parts/sign-button.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps } from './account-card.js'
import { Cells, type CellsProps } from './cells.js'
import { Name } from './formula.js'
import { shapeSize, shapeWidth } from './sizes.js'
import { usePlacing } from './use-placing.js'

interface DrawingProps extends GraphPartProps {
  readonly onBreakpoint: (node: string) => void
}

export function Drawing(props: DrawingProps) {
  const texts = useTexts().graph
  const { document, change, picture } = props
  const { trace, view } = picture
  const placed = usePlacing(trace)
  const holder = useRef<HTMLFieldSetElement>(null)
  if (!placed) return <p className="graph-empty">{texts.placing(trace.nodes.length)}</p>
  const boxes = new Map(placed.nodes.map((box) => [box.id, box]))

  const chosen = document.selected ?? view.current?.node ?? trace.nodes[0]!.id
  const focus = view.current ? (boxes.get(view.current.node) ?? null) : null
  const walk = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    if ((event.target as HTMLElement).matches('input')) return
    event.preventDefault()
    event.stopPropagation()
    const at = trace.nodes.findIndex(({ id }) => id === chosen)
    const next = trace.nodes[at + (event.key === 'ArrowDown' ? 1 : -1)]
    if (!next) return
    change({ ...document, selected: next.id }, { merge: 'selected' })
    holder.current!.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.id)}"] .graph-shape`)?.focus()
  }
  return (
    <>
      <PanZoom width={placed.width} height={placed.height} focus={focus}>
        <fieldset ref={holder} className="graph-drawing" aria-label={texts.nodes} onKeyDown={walk}>
          {placed.composites.map(({ id, x, y, width, height }) => {
            const { symbol } = trace.composites.find((composite) => composite.id === id)!
            return (
              <div key={id} className="graph-group" style={{ left: x, top: y, width, height }}>
                <span>{texts.opened(symbol)}</span>
                <SignButton
                  className="quiet"
                  title={texts.closeNode(symbol)}
                  sign="×"
                  onPress={() =>
                    change({ ...document, opened: document.opened.filter((other) => other !== id) })
                  }
                />
              </div>
            )
          })}
          <Edges {...props} placed={placed} />
          <Chains {...props} placed={placed} />
          {trace.nodes.map((node) => (
            <Node
              key={node.id}
              {...props}
              node={node}
              box={boxes.get(node.id)!}
              reachable={node.id === chosen}
            />
          ))}
        </fieldset>
      </PanZoom>
      <p className="graph-legend" aria-hidden="true">
        <span className="forward">{texts.legend.value}</span>
        <span className="backward">{texts.legend.derivative(trace.target.title)}</span>
        <span>— {texts.legend.pending}</span>
      </p>
    </>
  )
}

/** Widths of an edge, in pixels, for nothing and for the largest flow. */
const thinnest = 1.5
const widest = 7

function Edges({ picture, placed, onFrom }: DrawingProps & { readonly placed: Layout }) {
  const texts = useTexts().graph
  const { trace, view } = picture
  const { current, passed, knownValues } = view
  const forward = current === null || current.phase === 'forward'
  const flow = (edge: TraceEdge) => magnitude(edge.contribution)
  const largest = Math.max(0, ...trace.edges.filter(({ id }) => passed.has(id)).map(flow))
  const shapes = new Map(trace.nodes.map((node) => [node.id, node]))
  const edges = trace.edges.map((edge, index) => {
    const drawn = placed.edges[index]!
    const back = !forward && passed.has(edge.id)
    const isActive = current?.edge
      ? current.edge.id === edge.id
      : current?.phase === 'forward' && edge.to === current.node
    const state = back ? 'back' : knownValues.has(edge.to) && forward ? 'there' : ''
    const width =
      back && largest > 0 ? thinnest + (widest - thinnest) * Math.sqrt(flow(edge) / largest) : thinnest
    return { edge, drawn, back, isActive, state, width, path: pathOf(drawn.points) }
  })
  return (
    <>
      <svg className="graph-edges" aria-hidden="true" width={placed.width} height={placed.height}>
        {edges.map(({ edge, back, isActive, state, width, path, drawn }) => (
          <g key={edge.id} className={`graph-edge ${state} ${isActive ? 'active' : ''}`}>
            <path d={path} strokeWidth={width} />
            <path
              className="head"
              d={
                back
                  ? headAt(drawn.points[0]!, drawn.points[1]!, width)
                  : headAt(drawn.points.at(-1)!, drawn.points.at(-2)!, width)
              }
            />
          </g>
        ))}
      </svg>
      {edges.map(({ edge, isActive, back, drawn, path }) => {
        if (!drawn.label) return null
        const { shape } = shapes.get(edge.from)!
        if (shape.length === 0 && (!back || edge.contribution === null)) return null
        const { x, y, width, height } = drawn.label
        return (
          <div
            key={edge.id}
            className={`graph-label ${isActive ? 'active' : ''}`}
            style={{ left: x, top: y, width, height }}
          >
            {shape.length > 0 && <span className="graph-extent">{shape.join('×')}</span>}
            {shape.length === 0 && edge.local !== null && (
              <span className="graph-factor">
                <span aria-hidden="true">·</span>
                <Value
                  of={edge.local}
                  digits={3}
                  kind="graph.local"
                  label={texts.localOf(edge.to, edge.from)}
                  tone="backward"
                  from={() => onFrom({ of: 'local', edge: edge.id })}
                  tabIndex={-1}
                />
              </span>
            )}
            {isActive && (
              <span key={view.position} className="graph-pulse" style={{ offsetPath: `path("${path}")` }} />
            )}
          </div>
        )
      })}
    </>
  )
}

/** In an opened composite, the running products L₁, L₁·L₂, L₁·L₂·L₃ below the edges. */
function Chains({ picture, placed }: DrawingProps & { readonly placed: Layout }) {
  const { trace, view } = picture
  return trace.composites.flatMap(({ id, chain }) => {
    const group = placed.composites.find((one) => one.id === id)!
    return chain.map(({ edge, product }, index) => {
      if (!view.passed.has(edge)) return null
      const label = placed.edges[trace.edges.findIndex((one) => one.id === edge)]!.label
      if (!label) return null
      return (
        <span
          key={edge}
          className="graph-chain"
          title={formatNumber(product)}
          style={{ left: label.x + label.width / 2, top: group.y + group.height - 34 }}
        >
          {chain.slice(0, index + 1).map((factor, at) => (
            <span key={factor.edge}>
              {at > 0 && '·'}L<sub>{at + 1}</sub>
            </span>
          ))}
        </span>
      )
    })
  })
}

interface NodeProps extends DrawingProps {
  readonly node: TraceNode
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  /** Whether the tab key gets here; up and down go on from node to node. */
  readonly reachable: boolean
}

function Node({ node, box, reachable, document, change, picture, onFrom, onBreakpoint }: NodeProps) {
  const texts = useTexts().graph
  const { trace, view, variables } = picture
  const { id, title, name, kind, symbol, value, shape } = node
  const known = view.knownValues.has(id)
  const tangent = trace.mode === 'forward'
  const derivative = (tangent ? view.tangents : view.derivatives).get(id) ?? null
  const differentiable = tangent ? node.tangent !== null : node.derivative !== null
  const wrong = trace.overwritten.find((one) => one.node === id)
  const isCurrent = view.current?.node === id
  // The graph is one stop of the tab key: the node that is chosen, and its numbers.
  const tabIndex = reachable ? 0 : -1
  const state = [
    kind,
    isCurrent ? `current ${view.current!.phase}` : '',
    document.selected === id ? 'selected' : '',
    document.breakpoints.includes(id) ? 'stop' : '',
  ].join(' ')
  const set = (next: number) =>
    change({ ...document, values: { ...document.values, [name]: next } }, { merge: `value ${name}` })
  const derivativeLabel = tangent
    ? texts.tangentOf(title, trace.along!)
    : texts.derivativeBy(trace.target.title, title)
  return (
    <div
      className={`graph-node ${state}`}
      data-node={id}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
    >
      <div className="graph-value">
        {kind === 'constant' ? null : typeof value === 'number' &&
          variables.some((variable) => variable.name === name && variable.from !== 'source') ? (
          <NumberField
            label={texts.valueOf(title)}
            value={value}
            step={1}
            scrub
            tabIndex={tabIndex}
            onChange={set}
          />
        ) : (
          <Numeric
            of={known ? value : null}
            shape={shape}
            kind="graph.value"
            label={texts.valueOf(title)}
            tone="forward"
            from={() => onFrom({ of: 'value', node: id })}
            tabIndex={tabIndex}
          />
        )}
      </div>
      <button
        type="button"
        className={kind === 'variable' || kind === 'constant' ? 'graph-shape round' : 'graph-shape'}
        style={{ width: shapeWidth(node), height: shapeSize }}
        tabIndex={tabIndex}
        aria-current={isCurrent ? 'step' : undefined}
        onClick={() =>
          change({ ...document, selected: document.selected === id ? null : id }, { merge: 'selected' })
        }
        onDoubleClick={() => node.expandable && change({ ...document, opened: [...document.opened, id] })}
        onContextMenu={(event) => {
          event.preventDefault()
          onBreakpoint(id)
        }}
      >
        {node.op === null ? <Name title={symbol} /> : <span>{symbol}</span>}
        {node.op !== null && name && (
          <span className="graph-name">
            <Name title={name} />
          </span>
        )}
        {node.op !== null && <span className="visually-hidden">: {node.label}</span>}
      </button>
      <div className="graph-derivative">
        {kind !== 'constant' && (differentiable || derivative !== null) && (
          <Numeric
            of={derivative}
            shape={shape}
            kind={tangent ? 'graph.tangent' : 'graph.derivative'}
            label={derivativeLabel}
            tone="backward"
            from={() => onFrom({ of: tangent ? 'tangent' : 'derivative', node: id })}
            tabIndex={tabIndex}
          />
        )}
        {wrong && derivative !== null && typeof wrong.right === 'number' && (
          <span className="graph-wrong">≠ {formatNumber(wrong.right)}</span>
        )}
      </div>
    </div>
  )
}

/** A number, or an array as a grid; `null` while it is not computed. */
function Numeric({ of, shape, ...rest }: Omit<CellsProps, 'of'> & { readonly of: Numbers | null }) {
  if (of === null || typeof of === 'number') return <Value of={of} {...rest} />
  return <Cells of={of} shape={shape} {...rest} />
}

function magnitude(numbers: Numbers | null): number {
  if (numbers === null) return 0
  if (typeof numbers !== 'number') return Math.max(0, ...numbers.map(magnitude))
  return Number.isFinite(numbers) ? Math.abs(numbers) : 0
}

interface Point {
  readonly x: number
  readonly y: number
}

/** A smooth line through the points. */
function pathOf(points: readonly Point[]): string {
  const write = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`
  return points.slice(1).reduce(
    (path, point, index) => {
      const before = points[index]!
      const middle = (before.x + point.x) / 2
      return `${path}C${middle.toFixed(1)} ${before.y.toFixed(1)} ${middle.toFixed(1)} ${point.y.toFixed(1)} ${write(point)}`
    },
    `M${write(points[0]!)}`,
  )
}

/** A triangle whose tip is at `tip`, pointing away from `from`. */
function headAt(tip: Point, from: Point, width: number): string {
  const size = 7 + width
  const side = Math.sign(tip.x - from.x) || 1
  return `M${tip.x} ${tip.y}l${-side * size} ${size * 0.55}v${-size * 1.1}z`
}
