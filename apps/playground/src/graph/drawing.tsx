// The graph as a picture: values above the nodes, derivatives below, and what flows along the edges.
import {
  type Box,
  boundsOf,
  type Cell,
  cellsOf,
  createStore,
  formatNumber,
  type GraphDocument,
  type Layout,
  type LayoutEdge,
  moveNodes,
  type Numbers,
  type Source,
  type Trace,
  type TraceEdge,
  type TraceNode,
  type TraceView,
  writeCellSum,
} from '@bp/lab'
import {
  type KeyboardEvent,
  memo,
  type PointerEvent,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { flushSync } from 'react-dom'
import { NumberField } from '../parts/number-field.js'
import { PanZoom } from '../parts/pan-zoom.js'
import { SignButton } from '../parts/sign-button.js'
import { Travelling, useStepped } from '../parts/travelling.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps } from './account-card.js'
import { Cells, writeNumberAt } from './cells.js'
import { Name } from './formula.js'
import { shapeSize, shapeWidth } from './sizes.js'
import { usePlacing } from './use-placing.js'

interface DrawingProps extends GraphPartProps {
  readonly onBreakpoint: (node: string) => void
}

/** What can be done with nodes; the same object as long as the drawing is there, so that only what changes is drawn. */
interface Actions {
  readonly select: (node: string) => void
  readonly openNode: (node: string) => void
  /** Adds the parts again, which makes the right derivative. */
  readonly mend: (node: string) => void
  readonly stop: (node: string) => void
  readonly set: (name: string, value: Numbers, merge: string) => void
  readonly from: (source: Source) => void
  readonly point: (nodes: readonly string[] | null) => void
  readonly pointCell: (cell: Cell | null) => void
  /** Moves the upper left corner of a node there. */
  readonly move: (node: string, x: number, y: number) => void
}

/** Pixels by which Alt and an arrow key move a node; Shift moves it as far as the second. */
const moves = [10, 50] as const

export function Drawing(props: DrawingProps) {
  const texts = useTexts().graph
  const { document, change, picture, lit } = props
  const { trace, view } = picture
  const laidOut = usePlacing(trace)
  const placed = useMemo(() => laidOut && moveNodes(laidOut, document.moved), [laidOut, document.moved])
  // What is fitted into the room stays the same while something is dragged.
  const frame = useMemo(() => placed && boundsOf(placed), [laidOut])
  const { variables } = picture
  const editable = useMemo(
    () => new Set(variables.filter(({ from }) => from !== 'source').map(({ name }) => name)),
    [variables],
  )
  const holder = useRef<HTMLFieldSetElement>(null)
  const [cell, setCell] = useState<Cell | null>(null)
  const whole = useWhole() || trace.nodes.length <= mostDrawn

  const latest = useRef(props)
  latest.current = props
  const drawn = useRef({ laidOut, placed })
  drawn.current = { laidOut, placed }
  const actions = useMemo((): Actions => {
    const now = () => latest.current
    return {
      select(node) {
        const { document, change } = now()
        change({ ...document, selected: document.selected === node ? null : node }, { merge: 'selected' })
      },
      openNode(node) {
        const { document, change } = now()
        change({ ...document, opened: [...document.opened, node] })
      },
      stop: (node) => now().onBreakpoint(node),
      mend(node) {
        const { document, change } = now()
        change({ ...document, broken: false, selected: node })
      },
      set(name, value, merge) {
        const { document, change } = now()
        change({ ...document, values: { ...document.values, [name]: value } }, { merge })
      },
      from: (source) => now().onFrom(source),
      point: (nodes) => now().onPoint(nodes),
      pointCell: setCell,
      move(node, x, y) {
        const { document, change } = now()
        const { laidOut, placed } = drawn.current
        const boxIn = ({ nodes }: Layout) => nodes.find(({ id }) => id === node)!
        const home = boxIn(laidOut!)
        const before = boxIn(placed!)
        const { [node]: _, ...others } = document.moved
        // A place that is taken is not entered; it slides along what is in the way.
        for (const [left, top] of [
          [x, y],
          [x, before.y],
          [before.x, y],
        ] as const) {
          const by = { x: Math.round(left - home.x), y: Math.round(top - home.y) }
          const moved = by.x === 0 && by.y === 0 ? others : { ...others, [node]: by }
          const after = boxIn(moveNodes(laidOut!, moved))
          if (after.x === home.x + by.x && after.y === home.y + by.y) {
            if (after.x !== before.x || after.y !== before.y)
              change({ ...document, moved }, { merge: `move ${node}` })
            return
          }
        }
      },
    }
  }, [])

  if (!placed || !frame) return <p className="graph-empty">{texts.placing(trace.nodes.length)}</p>
  const boxes = new Map(placed.nodes.map((box) => [box.id, box]))
  const chosen = document.selected ?? view.current?.node ?? trace.nodes[0]!.id
  const followed = boxes.get(document.selected ?? view.current?.node ?? '')
  const focus = followed ? { ...followed, x: followed.x - frame.x, y: followed.y - frame.y } : null
  const walk = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    if ((event.target as HTMLElement).matches('input, .graph-cells *')) return
    event.preventDefault()
    event.stopPropagation()
    const at = trace.nodes.findIndex(({ id }) => id === chosen)
    const next = trace.nodes[at + (event.key === 'ArrowDown' ? 1 : -1)]
    if (!next) return
    // It may be drawn only now.
    flushSync(() => change({ ...document, selected: next.id }, { merge: 'selected' }))
    holder
      .current!.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.id)}"] .graph-shape`)
      ?.focus({ preventScroll: true })
  }
  const drawnIn = (sight: Box) => {
    const inDrawing = { ...sight, x: sight.x + frame.x, y: sight.y + frame.y }
    return (box: Box) => whole || touches(box, inDrawing)
  }
  const isKnown = ({ node, of }: Cell) => (of === 'value' ? view.knownValues : view.derivatives).has(node)
  const shown = cell && isKnown(cell) ? cell : null
  const found = shown && cellsOf(trace, shown)
  const origin = found?.terms.flat().every(isKnown) ? found : null
  const sources = new Map<string, Set<string>>()
  for (const { node, of, cell } of origin?.terms.flat() ?? []) {
    const key = `${of} ${node}`
    sources.set(key, (sources.get(key) ?? new Set()).add(cell.join()))
  }
  return (
    <>
      <PanZoom width={frame.width} height={frame.height} focus={focus}>
        {(inSight) => (
          <fieldset
            ref={holder}
            className="graph-drawing"
            aria-label={texts.nodes}
            onKeyDown={walk}
            style={{ left: -frame.x, top: -frame.y, width: placed.width, height: placed.height }}
          >
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
            <Edges {...props} placed={placed} actions={actions} isDrawn={drawnIn(inSight)} />
            <Chains {...props} placed={placed} />
            {trace.nodes.map((node) => {
              const { id } = node
              const box = boxes.get(id)!
              // Whoever walks by keys, and the step, go out of sight.
              if (id !== chosen && id !== view.current?.node && !drawnIn(inSight)(box)) return null
              return (
                <Node
                  key={id}
                  node={node}
                  x={box.x}
                  y={box.y}
                  width={box.width}
                  height={box.height}
                  {...stateOf(node, document, trace, view)}
                  editable={editable.has(node.name)}
                  reachable={id === chosen}
                  lit={lit.includes(id)}
                  litValues={sources.get(`value ${id}`)}
                  litDerivatives={sources.get(`derivative ${id}`)}
                  actions={actions}
                />
              )
            })}
          </fieldset>
        )}
      </PanZoom>
      {shown && origin ? (
        <CellSum trace={trace} cell={shown} sum={writeCellSum(trace, origin)} />
      ) : (
        <p className="graph-legend" aria-hidden="true">
          <span className="forward">{texts.legend.value}</span>
          <span className="backward">{texts.legend.derivative(trace.target.title)}</span>
          <span>— {texts.legend.pending}</span>
        </p>
      )}
      {Object.keys(document.moved).length > 0 && (
        <button type="button" className="graph-tidy" onClick={() => change({ ...document, moved: {} })}>
          {texts.tidy}
        </button>
      )}
    </>
  )
}

/** Of a graph with more nodes only what is in sight is drawn. */
const mostDrawn = 120

const drawnWhole = createStore(false)
const useWhole = () => useSyncExternalStore(drawnWhole.subscribe, drawnWhole.getState)

/** Draws all of the graph, also what is out of sight, while `use` looks at it. */
export function withWhole<Result>(use: () => Result): Result {
  flushSync(() => drawnWhole.setState(true))
  const result = use()
  drawnWhole.setState(false)
  return result
}

const touches = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

/** The box around some points. */
function around(points: readonly Point[]): Box {
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
}

/** One cell, written with the numbers that make it. */
function CellSum({ trace, cell: { node, of, cell }, sum }: { trace: Trace; cell: Cell; sum: string | null }) {
  const { title, value, derivative } = trace.nodes.find(({ id }) => id === node)!
  const result = cell.reduce<Numbers>(
    (numbers, index) => (numbers as readonly Numbers[])[index]!,
    of === 'value' ? value : derivative!,
  )
  return (
    <p className={`graph-sum ${of === 'value' ? 'forward' : 'backward'}`} aria-live="polite">
      {of === 'derivative' && `∂${trace.target.title}/∂`}
      <Name title={title} />
      {cell.length > 0 && <sub>{cell.map((index) => index + 1).join(',')}</sub>}
      {sum !== null && <span> = {sum}</span>}
      <b> = {formatNumber(result as number, 4)}</b>
    </p>
  )
}

/** What a node shows at a step. */
function stateOf(node: TraceNode, document: GraphDocument, trace: Trace, view: TraceView) {
  const { id } = node
  const tangent = trace.mode === 'forward'
  const derivative = (tangent ? view.tangents : view.derivatives).get(id) ?? null
  const right = derivative === null ? null : trace.overwritten.find((one) => one.node === id)?.right
  return {
    known: view.knownValues.has(id),
    derivative,
    along: tangent ? trace.along : null,
    target: trace.target.title,
    differentiable: tangent ? node.tangent !== null : node.derivative !== null,
    right: typeof right === 'number' ? right : null,
    current: view.current?.node === id ? view.current.phase : null,
    selected: document.selected === id,
    stops: document.breakpoints.includes(id),
  }
}

/** Widths of an edge, in pixels, for nothing and for the largest flow. */
const thinnest = 1.5
const widest = 7

interface EdgesProps extends DrawingProps {
  readonly placed: Layout
  readonly actions: Actions
  readonly isDrawn: (box: Box) => boolean
}

function Edges({ picture, placed, actions, isDrawn }: EdgesProps) {
  const { trace, view } = picture
  const { current, passed, knownValues } = view
  const forward = current === null || current.phase === 'forward'
  const flow = (edge: TraceEdge) => magnitude(edge.contribution)
  const largest = Math.max(0, ...trace.edges.filter(({ id }) => passed.has(id)).map(flow))
  const nodes = useMemo(() => new Map(trace.nodes.map((node) => [node.id, node])), [trace])
  const stepped = useStepped(view.position)
  const edges = trace.edges.flatMap((edge, index) => {
    const drawn = placed.edges[index]!
    if (!isDrawn(around(drawn.points))) return []
    const back = !forward && passed.has(edge.id)
    return {
      edge,
      drawn,
      back,
      active: current?.edge
        ? current.edge.id === edge.id
        : current?.phase === 'forward' && edge.to === current.node,
      state: back ? 'back' : knownValues.has(edge.to) && forward ? 'there' : '',
      width:
        back && largest > 0 ? thinnest + (widest - thinnest) * Math.sqrt(flow(edge) / largest) : thinnest,
    }
  })
  return (
    <>
      <svg className="graph-edges" aria-hidden="true" width={placed.width} height={placed.height}>
        {edges.map(({ edge, drawn, back, active, state, width }) => (
          <Line key={edge.id} {...{ drawn, back, active, state, width }} />
        ))}
      </svg>
      {edges.map(({ edge, drawn, back, active }) => {
        const { shape } = nodes.get(edge.from)!
        return drawn.label && (shape.length > 0 || (back && edge.contribution !== null)) ? (
          <Label key={edge.id} {...{ edge, drawn, shape, active, actions }} />
        ) : null
      })}
      {stepped !== null &&
        edges.map(({ edge, drawn, back, active }) => {
          const travels = back ? edge.contribution : nodes.get(edge.from)!.value
          return (
            active &&
            travels !== null && (
              <Travelling
                key={`${edge.id} ${stepped}`}
                path={pathOf(drawn.points)}
                text={
                  typeof travels === 'number'
                    ? formatNumber(travels, 4)
                    : nodes.get(edge.from)!.shape.join('×')
                }
                tone={back ? 'backward' : 'forward'}
              />
            )
          )
        })}
    </>
  )
}

interface LineProps {
  readonly drawn: LayoutEdge
  /** Whether a derivative has gone back along it. */
  readonly back: boolean
  readonly active: boolean
  readonly state: string
  readonly width: number
}

const Line = memo(function Line({ drawn: { points }, back, active, state, width }: LineProps) {
  const [tip, from] = back ? points : points.slice(-2).reverse()
  return (
    <g className={`graph-edge ${state} ${active ? 'active' : ''}`}>
      <path d={pathOf(points)} strokeWidth={width} />
      <path className="head" d={headAt(tip!, from!, width)} />
    </g>
  )
})

interface LabelProps {
  readonly edge: TraceEdge
  readonly drawn: LayoutEdge
  readonly shape: readonly number[]
  readonly active: boolean
  readonly actions: Actions
}

const Label = memo(function Label({ edge, drawn, shape, active, actions }: LabelProps) {
  const texts = useTexts().graph
  const { x, y, width, height } = drawn.label!
  return (
    <div className={`graph-label ${active ? 'active' : ''}`} style={{ left: x, top: y, width, height }}>
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
            from={() => actions.from({ of: 'local', edge: edge.id })}
            tabIndex={-1}
          />
        </span>
      )}
    </div>
  )
})

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

interface NodeProps extends ReturnType<typeof stateOf> {
  readonly node: TraceNode
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly editable: boolean
  /** Whether the tab key gets here; up and down go on from node to node. */
  readonly reachable: boolean
  readonly lit: boolean
  /** Cells of its value and of its derivative that make the cell that is pointed at. */
  readonly litValues: ReadonlySet<string> | undefined
  readonly litDerivatives: ReadonlySet<string> | undefined
  readonly actions: Actions
}

/** Pixels of a press that make it a drag. */
const dragPixels = 4

const Node = memo(function Node({ node, x, y, width, height, reachable, actions, ...state }: NodeProps) {
  const texts = useTexts().graph
  const { known, derivative, along, target, differentiable, right, current, selected, stops, editable, lit } =
    state
  const { id, title, name, kind, symbol, value, shape } = node
  // The graph is one stop of the tab key: the node that is chosen, and its numbers.
  const tabIndex = reachable ? 0 : -1
  const className = [
    'graph-node',
    kind,
    current ? `current ${current}` : '',
    selected ? 'selected' : '',
    stops ? 'stop' : '',
    lit ? 'lit' : '',
  ].join(' ')
  const drag = useRef<{
    readonly x: number
    readonly y: number
    readonly scale: number
    moved: boolean
  } | null>(null)
  const movable = node.composite === null
  const grab = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0 || !movable) return
    const element = event.currentTarget
    const scale = element.getBoundingClientRect().width / element.offsetWidth
    drag.current = { x: event.clientX - x * scale, y: event.clientY - y * scale, scale, moved: false }
    element.setPointerCapture(event.pointerId)
  }
  const pull = (event: PointerEvent<HTMLElement>) => {
    const from = drag.current
    if (!from) return
    const [left, top] = [(event.clientX - from.x) / from.scale, (event.clientY - from.y) / from.scale]
    if (!from.moved && Math.hypot(left - x, top - y) < dragPixels) return
    from.moved = true
    actions.move(id, left, top)
  }
  const nudge = (event: KeyboardEvent<HTMLElement>) => {
    const [right, below] =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? []
    if (!event.altKey || right === undefined || !movable) return
    event.preventDefault()
    event.stopPropagation()
    const by = moves[event.shiftKey ? 1 : 0]
    actions.move(id, x + right * by, y + below! * by)
  }
  const tone = along === null ? 'graph.derivative' : 'graph.tangent'
  const derivativeLabel = along === null ? texts.derivativeBy(target, title) : texts.tangentOf(title, along)
  return (
    <div
      className={className}
      data-node={id}
      style={{ left: x, top: y, width, height }}
      onPointerEnter={() => actions.point([id])}
      onPointerLeave={() => actions.point(null)}
    >
      <div className="graph-value">
        {kind === 'constant' ? null : typeof value !== 'number' && known ? (
          <Cells
            of={value}
            shape={shape}
            kind="graph.value"
            label={texts.valueOf(title)}
            tone="forward"
            tabIndex={tabIndex}
            lit={state.litValues}
            from={() => actions.from({ of: 'value', node: id })}
            onPoint={(cell) => actions.pointCell(cell && { node: id, of: 'value', cell })}
            onChange={
              editable
                ? (cell, next) =>
                    actions.set(name, writeNumberAt(value, cell, next), `value ${name} ${cell.join()}`)
                : undefined
            }
          />
        ) : editable && typeof value === 'number' ? (
          <NumberField
            label={texts.valueOf(title)}
            value={value}
            step={1}
            scrub
            tabIndex={tabIndex}
            onChange={(next) => actions.set(name, next, `value ${name}`)}
          />
        ) : (
          <Value
            of={known && typeof value === 'number' ? value : null}
            kind="graph.value"
            label={texts.valueOf(title)}
            tone="forward"
            from={() => actions.from({ of: 'value', node: id })}
            tabIndex={tabIndex}
          />
        )}
      </div>
      <button
        type="button"
        className={kind === 'variable' || kind === 'constant' ? 'graph-shape round' : 'graph-shape'}
        style={{ width: shapeWidth(node), height: shapeSize }}
        tabIndex={tabIndex}
        aria-current={current ? 'step' : undefined}
        onPointerDown={grab}
        onPointerMove={pull}
        onPointerCancel={() => {
          drag.current = null
        }}
        onKeyDown={nudge}
        onFocus={() => actions.point([id])}
        onBlur={() => actions.point(null)}
        onClick={() => {
          if (!drag.current?.moved) actions.select(id)
          drag.current = null
        }}
        onDoubleClick={() => node.expandable && actions.openNode(id)}
        onContextMenu={(event) => {
          event.preventDefault()
          actions.stop(id)
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
        {kind === 'constant' || !(differentiable || derivative !== null) ? null : derivative !== null &&
          typeof derivative !== 'number' ? (
          <Cells
            of={derivative}
            shape={shape}
            kind={tone}
            label={derivativeLabel}
            tone="backward"
            tabIndex={tabIndex}
            lit={state.litDerivatives}
            from={() => actions.from({ of: along === null ? 'derivative' : 'tangent', node: id })}
            onPoint={(cell) =>
              along === null && actions.pointCell(cell && { node: id, of: 'derivative', cell })
            }
          />
        ) : (
          <Value
            of={derivative}
            kind={tone}
            label={derivativeLabel}
            tone="backward"
            from={() => actions.from({ of: along === null ? 'derivative' : 'tangent', node: id })}
            tabIndex={tabIndex}
          />
        )}
        {right !== null && (
          <span className="graph-wrong">
            ≠{' '}
            <Value
              of={right}
              kind="graph.derivative"
              label={derivativeLabel}
              from={() => actions.mend(id)}
              tabIndex={tabIndex}
            />
          </span>
        )}
      </div>
    </div>
  )
})

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
