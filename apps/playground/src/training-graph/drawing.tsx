// The graph as a picture: scopes as tinted boxes, operations with their numbers in them, lines with the shapes of tensors.
import {
  type Attached,
  isRun,
  type OperationNumbers,
  type PlacedEdge,
  type PlacedNode,
  scopesOf,
  type TrainingGraphDocument,
} from '@bp/lab'
import { type KeyboardEvent, memo, useMemo, useRef } from 'react'
import { type Box, PanZoom } from '../parts/pan-zoom.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { Shown } from './protocol.js'
import { above, inside, linesOf, stem, variableHeight } from './sizes.js'

export interface PartProps {
  readonly document: TrainingGraphDocument
  readonly go: (own: Partial<TrainingGraphDocument>, merge?: string) => void
  readonly shown: Shown
}

/** Names of operations that are lit: those found, or those of an instruction. */
function litBy({ document, shown }: PartProps): readonly string[] | null {
  const { instruction, search } = document
  if (instruction !== null && shown.run) return shown.run.program[instruction]?.nodes ?? null
  if (search !== '' && shown.found && shown.found.length > 0) return shown.found
  return null
}

export function Drawing(props: PartProps) {
  const texts = useTexts().trainingGraph
  const { document, go, shown } = props
  const { placed } = shown
  const holder = useRef<HTMLFieldSetElement>(null)
  const lit = litBy(props)
  const isLit = useMemo(() => {
    if (!lit) return () => null
    const names = new Set(lit.flatMap((name) => [name, ...scopesOf(name)]))
    return ({ id, attached }: PlacedNode) =>
      names.has(id) ||
      (isRun(id) && lit.some((name) => scopesOf(name).some((scope) => inRun(id, scope)))) ||
      attached.some(({ name, kind }) => kind !== 'reference' && names.has(name))
  }, [lit])
  const chosen = document.selected ?? placed.nodes[0]?.id
  const selectedBox = placed.nodes.find(
    ({ id, attached }) =>
      id === document.selected ||
      attached.some(({ name, kind }) => kind !== 'reference' && name === document.selected),
  )
  const select = (name: string) => go({ selected: name, instruction: null, tab: 'node' }, 'selected')
  const opened = () => document.opened ?? shown.placed.scopes.map(({ name }) => name)
  const openScope = (name: string) =>
    go({ opened: [...opened().filter((other) => other !== name), name], selected: name })
  const closeScope = (name: string) => go({ opened: opened().filter((other) => other !== name) })

  const walk = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by === 0) return
    event.preventDefault()
    event.stopPropagation()
    const next = placed.nodes[placed.nodes.findIndex(({ id }) => id === (selectedBox?.id ?? chosen)) + by]
    if (!next) return
    select(next.id)
    holder
      .current!.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.id)}"] .training-graph-name`)
      ?.focus()
  }
  return (
    <>
      <PanZoom
        width={placed.width}
        height={placed.height}
        focus={selectedBox ?? null}
        overview={placed.nodes}
      >
        <fieldset ref={holder} className="training-graph-drawing" aria-label={texts.nodes} onKeyDown={walk}>
          {placed.scopes.map(({ name, part, x, y, width, height }) => (
            <div
              key={name}
              className={`training-graph-scope ${part}`}
              style={{ left: x, top: y, width, height }}
            >
              <button
                type="button"
                className="quiet"
                aria-label={texts.close(name)}
                title={texts.close(name)}
                onClick={() => closeScope(name)}
              >
                {name.slice(name.lastIndexOf('/') + 1)} <span aria-hidden="true">−</span>
              </button>
            </div>
          ))}
          <Edges
            edges={placed.edges}
            width={placed.width}
            height={placed.height}
            down={placed.scopes.find(({ name }) => name === placed.down) ?? null}
            selected={document.selected}
          />
          {placed.nodes.map((node) => (
            <Node
              key={node.id}
              node={node}
              isInput={shown.operations.get(node.id)?.op === 'Placeholder'}
              numbers={shown.run?.numbers ?? null}
              selected={document.selected}
              lit={isLit(node)}
              reachable={node.id === (selectedBox?.id ?? chosen)}
              onSelect={select}
              onOpen={openScope}
            />
          ))}
        </fieldset>
      </PanZoom>
      <p className="training-graph-legend" aria-hidden="true">
        <span className="forward">{texts.legend.value}</span>
        <span className="backward">{texts.legend.derivative}</span>
        <span>{texts.legend.mean}</span>
        <span>— {texts.legend.pending}</span>
      </p>
    </>
  )
}

/** Whether a scope is one of those that a run stands for: they have its first name but for their numbers. */
function inRun(run: string, scope: string): boolean {
  const plain = (name: string) => name.replace(/‥.*$/, '').replace(/\d+/g, '#')
  return plain(run) === plain(scope)
}

const Edges = memo(function Edges({
  edges,
  width,
  height,
  down: downwards,
  selected,
}: {
  readonly edges: readonly PlacedEdge[]
  readonly width: number
  readonly height: number
  /** Where lines go from top to bottom. */
  readonly down: Box | null
  readonly selected: string | null
}) {
  const texts = useTexts().trainingGraph
  const labelled = new Set<string>()
  return (
    <svg className="training-graph-edges" aria-hidden="true" width={width} height={height}>
      {edges.map(({ from, to, points, label, count, labelAt }) => {
        const [start, next] = [points[0]!, points[1]!]
        const back = next.x < start.x
        const down = Math.abs(next.x - start.x) < 1
        const text = label === '' && count > 1 ? texts.repeated(count) : label
        // One word for all lines that leave together.
        const key = `${from} ${Math.round(start.y)}`
        const writes = text !== '' && !labelled.has(key)
        labelled.add(key)
        return (
          <g
            key={`${from} ${to}`}
            className={
              selected === from || selected === to ? 'training-graph-edge near' : 'training-graph-edge'
            }
            data-from={from}
            data-to={to}
          >
            <path d={pathOf(points, downwards)} />
            <path
              className="head"
              d={headAt(points.at(-1)!, points.at(-2)!, isIn(points.at(-1)!, downwards))}
            />
            {writes && (
              <text
                x={labelAt.x + (down ? 5 : (back ? -1 : 1) * (isRun(from) && !back ? 10 : 4))}
                y={labelAt.y + (down ? 14 : -4)}
                textAnchor={back ? 'end' : 'start'}
              >
                {text}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
})

interface NodeProps {
  readonly node: PlacedNode
  readonly isInput: boolean
  readonly numbers: ReadonlyMap<string, OperationNumbers> | null
  readonly selected: string | null
  /** `null` while nothing is lit. */
  readonly lit: boolean | null
  /** Whether the tab key gets here; up and down go on from node to node. */
  readonly reachable: boolean
  readonly onSelect: (name: string) => void
  readonly onOpen: (name: string) => void
}

function Node({ node, isInput, numbers, selected, lit, reachable, onSelect, onOpen }: NodeProps) {
  const texts = useTexts().trainingGraph
  const { id, kind, label, part, count, times, x, y, width, height } = node
  const place = { left: x, top: y, width, height }
  const tabIndex = reachable ? 0 : -1
  if (kind !== 'operation')
    return (
      <div
        className={`training-graph-node closed ${kind} ${part} ${lit === null ? '' : lit ? 'lit' : 'dim'} ${selected === id ? 'selected' : ''}`}
        style={place}
        data-node={id}
      >
        <button
          type="button"
          className="training-graph-name"
          tabIndex={tabIndex}
          aria-label={texts.open(label)}
          title={texts.open(label)}
          onClick={() => onOpen(id)}
        >
          <b>{label}</b>
          <small>
            {times > 1 && `${texts.repeated(times)} · `}
            {texts.operations(count)}
          </small>
        </button>
      </div>
    )
  const variables = above(node)
  return (
    <div
      className={`training-graph-node ${part} ${lit === null ? '' : lit ? 'lit' : 'dim'}`}
      style={place}
      data-node={id}
    >
      {variables.map((variable) => (
        <Shape
          key={variable.name}
          name={variable.name}
          lines={[variable.label]}
          className={`variable ${selected === variable.name ? 'selected' : ''}`}
          height={variableHeight}
          numbers={numbers}
          part="forward"
          tabIndex={tabIndex}
          onSelect={onSelect}
          gap={stem}
        />
      ))}
      <Shape
        name={id}
        lines={linesOf(label)}
        className={`operation ${isInput ? 'input' : ''} ${selected === id ? 'selected' : ''}`}
        numbers={numbers}
        part={part}
        tabIndex={tabIndex}
        onSelect={onSelect}
        attached={inside(node)}
      />
    </div>
  )
}

interface ShapeProps {
  readonly name: string
  readonly lines: readonly string[]
  readonly className: string
  readonly height?: number
  /** Length of the line below it. */
  readonly gap?: number
  readonly numbers: ReadonlyMap<string, OperationNumbers> | null
  readonly part: PlacedNode['part']
  readonly tabIndex: 0 | -1
  readonly attached?: readonly Attached[]
  readonly onSelect: (name: string) => void
}

function Shape({
  name,
  lines,
  className,
  height,
  gap,
  numbers,
  part,
  tabIndex,
  attached = [],
  onSelect,
}: ShapeProps) {
  const texts = useTexts().trainingGraph
  const own = numbers?.get(name)
  const kind = part === 'update' ? 'update' : part === 'gradients' ? 'derivative' : 'value'
  return (
    <div
      className={`training-graph-box ${className}`}
      style={height ? { height, marginBottom: gap } : { flex: 1 }}
      data-operation={name}
    >
      <button
        type="button"
        className="training-graph-name"
        tabIndex={tabIndex}
        aria-pressed={/\bselected\b/.test(className)}
        title={name}
        onClick={() => onSelect(name)}
      >
        {lines.map((line) => (
          <span key={line}>{line}</span>
        ))}
      </button>
      <Value
        of={own?.value?.mean ?? null}
        digits={3}
        tabIndex={tabIndex}
        kind={`training-graph.${kind}`}
        label={texts.meanOf(name)}
        tone={part === 'gradients' ? 'backward' : 'forward'}
        {...(own && { from: () => onSelect(name) })}
      />
      {part === 'forward' && (
        <Value
          of={own?.derivative?.mean ?? null}
          digits={3}
          tabIndex={tabIndex}
          kind="training-graph.derivative"
          label={texts.derivativeOf(name)}
          tone="backward"
          {...(own && { from: () => onSelect(name) })}
        />
      )}
      {attached.map((one) => (
        <button
          key={one.name}
          type="button"
          className={`training-graph-reference ${one.kind}`}
          tabIndex={tabIndex}
          title={one.name}
          onClick={() => onSelect(one.name)}
        >
          {one.label}
        </button>
      ))}
    </div>
  )
}

type Point = PlacedEdge['points'][number]

const isIn = ({ x, y }: Point, box: Box | null) =>
  box !== null && x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height

/** Straight within layers, smooth between them. */
function pathOf(points: readonly Point[], down: Box | null): string {
  let path = `M${points[0]!.x} ${points[0]!.y}`
  for (const [index, point] of points.entries()) {
    const before = points[index - 1]
    if (!before) continue
    const [dx, dy] = [point.x - before.x, point.y - before.y]
    if (Math.abs(dx) < 0.5 || Math.abs(dy) < 0.5) path += `L${point.x} ${point.y}`
    else if (isIn(before, down) && isIn(point, down))
      path += `C${before.x} ${before.y + dy / 2} ${point.x} ${before.y + dy / 2} ${point.x} ${point.y}`
    else path += `C${before.x + dx / 2} ${before.y} ${before.x + dx / 2} ${point.y} ${point.x} ${point.y}`
  }
  return path
}

/** A triangle whose tip is at `tip`. */
function headAt(tip: Point, from: Point, down: boolean): string {
  const size = 6
  if (down) return `M${tip.x} ${tip.y}l${-size * 0.55} ${-size}h${size * 1.1}z`
  const side = Math.sign(tip.x - from.x) || 1
  return `M${tip.x} ${tip.y}l${-side * size} ${size * 0.55}v${-size * 1.1}z`
}
