// The network: units with their maps, weights as lines, and the numbers of both.
import {
  formatNumber,
  type NetworkDocument,
  type SubStep,
  subStepsOf,
  unitName,
  weightName,
  withSubscripts,
} from '@bp/lab'
import { type CSSProperties, type KeyboardEvent, useMemo, useRef } from 'react'
import { Travelling, useStepped } from '../parts/travelling.js'
import { useSize } from '../parts/use-size.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import {
  biasHeight,
  type EdgePlace,
  labelSizes,
  layoutNetwork,
  leastHeight,
  nameHeight,
  pictureSide,
} from './layout.js'
import { Pixels, type Scale, UnitMap } from './map-canvas.js'
import type { TrainingState } from './protocol.js'

interface NetworkDrawingProps {
  readonly document: NetworkDocument
  readonly training: TrainingState
  readonly onSelect: (name: string | null) => void
  readonly onInside: Inside
}

/** Looks into the step for a row, by default the followed one, where this number is made; `null` for the beginning. */
export type Inside = (name: string, of: 'value' | 'derivative' | null, row?: number) => void

/** What of the step is computed so far, and what it is about. */
interface Shown {
  readonly apart: boolean
  readonly now: SubStep | null
  /** Layers, from the first one with weights, whose outputs are computed. */
  readonly forward: number
  readonly loss: boolean
  /** The first layer whose derivatives are computed. */
  readonly backward: number
  readonly update: boolean
}

function shownAt(part: number, depth: number): Shown {
  if (part === 0) return { apart: false, now: null, forward: depth, loss: true, backward: 0, update: false }
  const done = subStepsOf(depth).slice(0, part - 1)
  const count = (phase: SubStep['phase']) => done.filter((one) => one.phase === phase).length
  return {
    apart: true,
    now: done.at(-1) ?? null,
    forward: count('forward'),
    loss: count('loss') > 0,
    backward: depth - count('backward'),
    update: count('update') > 0,
  }
}

/** Parts of a step of a network of this depth, with one before the first. */
export const partsOf = (depth: number) => subStepsOf(depth).length + 1

const unmeasured = { width: 0, height: 0 }

/** More numbers on their way at once would be a crowd. */
const mostTravelling = 24

export function NetworkDrawing({ document, training, onSelect, onInside }: NetworkDrawingProps) {
  const texts = useTexts().network
  const holder = useRef<HTMLDivElement>(null)
  const box = useSize(holder) ?? unmeasured
  const { view, parts } = training
  const { sizes } = view
  const shape = sizes.join()
  /** Rows are pictures: the inputs are drawn as one. */
  const isPicture = view.range === null
  // In a low window it scrolls.
  const height = Math.max(box.height, leastHeight(sizes, isPicture))
  const layout = useMemo(
    () => layoutNetwork(sizes, box.width, height, isPicture),
    [shape, box, height, isPicture],
  )
  const depth = sizes.length - 1
  const shown = shownAt(document.part, depth)
  const apart = shown.apart && parts?.row === view.sample.row ? parts : null
  const { selected } = document
  const { side } = layout

  const weightsOf = (layer: number) => view.layers[layer]!
  /** Value and derivative of a weight, or of a bias with `from` −1; `null` for what is not computed yet. */
  const numbersOf = (layer: number, from: number, to: number) => {
    const units = sizes[layer + 1]!
    const at = from < 0 ? to : from * units + to
    const { weights, biases, weightGradients, biasGradients } = weightsOf(layer)
    const value = (from < 0 ? biases : weights)[at]!
    if (!shown.apart) return { value, gradient: (from < 0 ? biasGradients : weightGradients)[at]! }
    const own = apart?.layers[layer]
    const known = own && layer >= shown.backward
    const gradient = known ? (from < 0 ? own.biasGradients : own.weightGradients)[at]! : null
    if (!shown.update || !apart?.after) return { value, gradient }
    let offset = 0
    for (let before = 0; before < layer; before++) offset += (sizes[before]! + 1) * sizes[before + 1]!
    return { value: apart.after[offset + (from < 0 ? sizes[layer]! * units : 0) + at]!, gradient }
  }
  const isFrozen = (layer: number, from: number, to: number) => {
    const { weightsFrozen, biasesFrozen } = weightsOf(layer)
    return (from < 0 ? biasesFrozen[to] : weightsFrozen[from * sizes[layer + 1]! + to]) === 1
  }
  const outputOf = (layer: number, unit: number): number | null => {
    if (layer === 0) {
      const row = view.rows[view.sample.row]!
      return isPicture ? null : unit === 0 ? row.x1 : row.x2
    }
    if (layer > shown.forward) return null
    return (apart ? apart.layers[layer - 1]!.outputs : view.sample.outputs[layer - 1]!)[unit]!
  }
  // Weights far below 1 are thin lines, however many of them there are.
  const greatest = Math.max(1, ...view.layers.flatMap(({ weights }) => Array.from(weights, Math.abs)))
  const greatestGradient = Math.max(
    1e-12,
    ...Array.from({ length: depth }, (_, layer) => layer).flatMap((layer) =>
      Array.from(
        shown.apart ? (apart?.layers[layer]?.weightGradients ?? []) : weightsOf(layer).weightGradients,
        Math.abs,
      ),
    ),
  )
  const isBackward = shown.now?.phase === 'backward'
  const active = shown.now && 'layer' in shown.now ? shown.now.layer : null

  const stepped = useStepped(document.part)
  /** What the sub-step that was just taken sends along lines: outputs forward, derivatives of sums back. */
  const travelling = () => {
    if (stepped === null || shown.now === null) return []
    const { now } = shown
    if (now.phase === 'loss')
      return layout.units.at(-1)!.map(({ x, y }, unit) => ({
        path: lossPath(x, y),
        number: outputOf(depth, unit),
        tone: 'forward' as const,
      }))
    if (now.phase === 'update') return []
    const edges = layout.edges.filter(({ layer }) => layer === now.layer)
    if (edges.length > mostTravelling) return []
    return edges.map(({ path, from, to }) =>
      now.phase === 'forward'
        ? { path, number: outputOf(now.layer, from), tone: 'forward' as const }
        : { path, number: apart?.layers[now.layer]?.sumGradients[to] ?? null, tone: 'backward' as const },
    )
  }
  const lossPath = (x: number, y: number) => `M${x + side / 2} ${y}L${layout.loss.x - 34} ${layout.loss.y}`

  /** Of the line that stands for all weights from a picture: their root mean squares. */
  const bundle = (to: number) => {
    const mean = (values: ArrayLike<number>) =>
      Math.sqrt(columnOf(values, sizes[1]!, to).reduce((sum, value) => sum + value * value, 0) / sizes[0]!)
    const gradients = shown.apart ? apart?.layers[0]?.weightGradients : weightsOf(0).weightGradients
    return { value: mean(weightsOf(0).weights), gradient: gradients ? mean(gradients) : null }
  }
  const isMany = layout.edges.length > 80
  const edgeStyle = ({ layer, from, to }: EdgePlace) => {
    const isBundle = isPicture && layer === 0
    const { value, gradient } = isBundle ? bundle(to) : numbersOf(layer, from, to)
    const name = isBundle ? unitName(sizes, 1, to) : weightName(sizes, layer, from, to)
    const backward = isBackward && layer >= shown.backward
    const size = backward ? Math.abs(gradient ?? 0) / greatestGradient : Math.abs(value) / greatest
    return {
      className: [
        'network-edge',
        isFrozen(layer, from, to) ? 'frozen' : '',
        backward ? 'backward' : isBundle ? 'bundle' : value < 0 ? 'negative' : 'positive',
        name === selected ? 'selected' : '',
        active !== null && active !== layer ? 'dimmed' : '',
      ].join(' '),
      strokeWidth: isMany ? 0.6 + 3.4 * Math.min(1, size) : 1 + 7 * Math.min(1, size),
    }
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const target = event.target as HTMLElement
    const at = target.dataset.unit?.split(' ').map(Number)
    if (!at) return
    const [layer, unit] = at as [number, number]
    const next = {
      ArrowRight: [layer + 1, unit],
      ArrowLeft: [layer - 1, unit],
      ArrowDown: [layer, unit + 1],
      ArrowUp: [layer, unit - 1],
    }[event.key]
    if (!next) return
    event.preventDefault()
    event.stopPropagation()
    const column = Math.min(depth, Math.max(0, next[0]!))
    const row = Math.min(layout.units[column]!.length - 1, Math.max(0, next[1]!))
    holder.current!.querySelector<HTMLElement>(`[data-unit="${column} ${row}"]`)?.focus()
  }
  const titleOf = (layer: number, unit: number) => {
    const name = unitName(sizes, layer, unit)
    if (!isPicture) return texts.unit(name)
    if (layer === 0) return texts.picture
    return layer === depth ? texts.digitOf(unit, name) : texts.unitOf(name)
  }
  const firstStop = useMemo(() => {
    for (const [layer, count] of sizes.entries())
      for (let unit = 0; unit < count; unit++)
        if (unitName(sizes, layer, unit) === selected) return `${layer} ${unit}`
    return '0 0'
  }, [sizes, selected])

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go from unit to unit
    <div ref={holder} className="network-drawing" onKeyDown={onKeyDown}>
      <svg
        className={isMany ? 'network-edges many' : 'network-edges'}
        width={box.width}
        height={height}
        aria-hidden="true"
      >
        <defs>
          <marker
            id="network-arrow"
            viewBox="0 0 8 8"
            refX="5"
            refY="4"
            markerWidth="10"
            markerHeight="10"
            markerUnits="userSpaceOnUse"
            orient="auto-start-reverse"
          >
            <path d="M0 0.6 8 4 0 7.4Z" />
          </marker>
        </defs>
        {layout.edges.map((edge) => {
          const { layer, from, to } = edge
          const { className, strokeWidth } = edgeStyle(edge)
          const key = `${layer} ${from} ${to}`
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: its label and the card of its unit are for keys
            <g
              key={key}
              className={className}
              onClick={() =>
                onSelect(
                  isPicture && layer === 0 ? unitName(sizes, 1, to) : weightName(sizes, layer, from, to),
                )
              }
            >
              <path
                className="network-edge-line"
                d={edge.path}
                strokeWidth={strokeWidth}
                markerStart={className.includes('backward') ? 'url(#network-arrow)' : undefined}
              />
              <path className="network-edge-hit" d={edge.path} />
            </g>
          )
        })}
        {layout.units.at(-1)!.map(({ x, y }, unit) => (
          <path key={unit} className="network-loss-line" d={lossPath(x, y)} />
        ))}
      </svg>
      {travelling().map(
        ({ path, number, tone }) =>
          number !== null && (
            <Travelling
              key={`${path} ${document.part}`}
              path={path}
              text={formatNumber(number, 3)}
              tone={tone}
            />
          ),
      )}
      {layout.units.map((column, layer) =>
        column.map(({ x, y }, unit) => {
          const picture = isPicture && layer === 0
          const own = picture ? pictureSide(box.width < 520) : side
          const name = picture ? 'x' : unitName(sizes, layer, unit)
          const stop = `${layer} ${unit}`
          const output = outputOf(layer, unit)
          const dimmed = shown.apart && layer > 0 && output === null
          const dead = layer > 0 && weightsOf(layer - 1).dead.includes(unit)
          return (
            <div key={name} className={dimmed ? 'network-unit dimmed' : 'network-unit'}>
              {layout.names && !picture && (
                <span
                  className="network-unit-name"
                  style={{ left: x, top: y - side / 2 - nameHeight, height: nameHeight }}
                >
                  <i>{withSubscripts(name)}</i>
                  {shown.apart && (
                    <>
                      {' = '}
                      <Value
                        of={output}
                        kind="network.output"
                        label={texts.outputOf(name)}
                        tone="forward"
                        digits={3}
                        from={() => onInside(name, 'value')}
                      />
                    </>
                  )}
                  {!shown.apart && layer > 0 && layout.biases && (
                    <small>
                      {layer === depth
                        ? sizes[depth] === 1
                          ? 'σ'
                          : 'softmax'
                        : texts.activations[document.layers[layer - 1]!.activation]}
                      {dead && ` · ${texts.dead(1).replace('1 ', '')}`}
                    </small>
                  )}
                </span>
              )}
              <button
                type="button"
                className={name === selected ? 'network-unit-button selected' : 'network-unit-button'}
                data-unit={stop}
                tabIndex={stop === firstStop ? 0 : -1}
                aria-label={titleOf(layer, unit)}
                aria-pressed={name === selected}
                style={{ left: x - own / 2, top: y - own / 2, width: own, height: own }}
                onClick={() => onSelect(name === selected || picture ? null : name)}
              >
                {isPicture ? (
                  <PictureUnit training={training} layer={layer} unit={unit} output={output} />
                ) : (
                  <UnitMap
                    grid={gridOf(training, layer, unit)}
                    scale={scaleOf(document, sizes, layer, unit)}
                  />
                )}
              </button>
              {layout.biases && layer > 0 && (
                <Numbers
                  style={{ left: x - 50, top: y + side / 2 + 1, width: 100, height: biasHeight }}
                  className="network-bias"
                  before={<small>{withSubscripts(weightName(sizes, layer - 1, -1, unit))}</small>}
                  frozen={isFrozen(layer - 1, -1, unit)}
                  name={weightName(sizes, layer - 1, -1, unit)}
                  numbers={numbersOf(layer - 1, -1, unit)}
                  isBias
                  twoLines
                  onSelect={onSelect}
                  onInside={onInside}
                />
              )}
            </div>
          )
        }),
      )}
      {layout.edges.map(({ layer, from, to, label }) => {
        if (!label) return null
        const name = weightName(sizes, layer, from, to)
        const size = layout.twoLines ? labelSizes.two : labelSizes.one
        return (
          <Numbers
            key={name}
            className={[
              'network-label',
              name === selected ? 'selected' : '',
              active !== null && active !== layer ? 'dimmed' : '',
            ].join(' ')}
            style={{ left: label.x - size.width / 2, top: label.y - size.height / 2, ...size }}
            name={name}
            numbers={numbersOf(layer, from, to)}
            twoLines={layout.twoLines}
            frozen={isFrozen(layer, from, to)}
            gradientFirst={isBackward}
            onSelect={onSelect}
            onInside={onInside}
          />
        )
      })}
      <div className="network-loss" style={{ left: layout.loss.x, top: layout.loss.y }}>
        <small>{shown.apart ? texts.lossOfRow : texts.lossLabel}</small>
        <Value
          of={shown.apart ? (shown.loss && apart ? apart.loss : null) : view.loss}
          kind="network.loss"
          label={texts.lossLabel}
          digits={box.width < 520 ? 3 : 4}
          className="network-loss-value"
          from={() => onInside('loss', 'value')}
        />
      </div>
    </div>
  )
}

/** The numbers of one column of rows of `width`. */
export const columnOf = (values: ArrayLike<number>, width: number, column: number): number[] =>
  Array.from({ length: values.length / width }, (_, row) => values[row * width + column]!)

/** A unit of a network that reads pictures: what it looks for, or how much it gives. */
function PictureUnit({
  training: { view },
  layer,
  unit,
  output,
}: {
  readonly training: TrainingState
  readonly layer: number
  readonly unit: number
  readonly output: number | null
}) {
  const { sizes, sample, layers } = view
  const last = layer === sizes.length - 1
  const { weights } = layers[0]!
  const looksFor = useMemo(
    () => (layer === 1 && !last ? columnOf(weights, sizes[1]!, unit) : null),
    [layer, last, weights, sizes, unit],
  )
  if (layer === 0) return <Pixels values={sample.inputs} />
  if (looksFor) return <Pixels values={looksFor} signed />
  const most = last ? 1 : Math.max(1e-12, ...Array.from(sample.outputs[layer - 1]!, Math.abs))
  return (
    <span className="network-gives">
      <span className="network-gives-share" style={{ height: `${(100 * Math.abs(output ?? 0)) / most}%` }} />
      {last && <b>{unit}</b>}
    </span>
  )
}

interface NumbersProps {
  readonly name: string
  readonly numbers: { readonly value: number; readonly gradient: number | null }
  readonly before?: React.ReactNode
  readonly isBias?: boolean
  readonly frozen: boolean
  readonly twoLines: boolean
  /** With one line, whether it is the derivative. */
  readonly gradientFirst?: boolean
  readonly className: string
  readonly style: CSSProperties
  readonly onSelect: (name: string) => void
  readonly onInside: Inside
}

/** The value of a weight and the derivative of the loss by it. */
function Numbers({
  name,
  numbers: { value, gradient },
  before,
  isBias = false,
  frozen,
  twoLines,
  gradientFirst = false,
  className,
  style,
  onSelect,
  onInside,
}: NumbersProps) {
  const texts = useTexts().network
  return (
    <div className={frozen ? `${className} frozen` : className} style={style}>
      {frozen && (
        <span className="network-frozen" title={texts.isFrozen}>
          <span aria-hidden="true">❄︎</span>
          <span className="visually-hidden">{texts.isFrozen}</span>
        </span>
      )}
      {(twoLines || !gradientFirst) && (
        <span>
          {before}
          <Value
            of={value}
            kind={isBias ? 'network.bias' : 'network.weight'}
            label={isBias ? texts.biasOf(name) : texts.weightOf(name)}
            tone="forward"
            digits={3}
            from={() => onSelect(name)}
          />
        </span>
      )}
      {(twoLines || gradientFirst) && (
        <span className="network-derivative">
          <span aria-hidden="true">∂</span>
          <Value
            of={gradient}
            kind="network.gradient"
            label={texts.gradientOf(name)}
            tone="backward"
            digits={2}
            from={() => onInside(name, 'derivative')}
          />
        </span>
      )}
    </div>
  )
}

/** The map of a unit; that of an input is the input itself. */
export function gridOf({ view }: TrainingState, layer: number, unit: number) {
  const { resolution, maps } = view
  if (layer > 0) return { values: [maps[layer - 1]![unit]!], resolution }
  return unit === 0 ? inputGrids(resolution)[0] : inputGrids(resolution)[1]
}

const known = new Map<number, { values: Float32Array[]; resolution: number }[]>()

function inputGrids(resolution: number) {
  let grids = known.get(resolution)
  if (!grids) {
    const along = (index: (at: number) => number) => ({
      values: [Float32Array.from({ length: resolution ** 2 }, (_, at) => index(at) / (resolution - 1))],
      resolution,
    })
    grids = [along((at) => at % resolution), along((at) => resolution - 1 - Math.floor(at / resolution))]
    known.set(resolution, grids)
  }
  return grids as [(typeof grids)[number], (typeof grids)[number]]
}

const labelScales = Array.from({ length: 8 }, (_, label) => ({ label }))

export function scaleOf(
  document: NetworkDocument,
  sizes: readonly number[],
  layer: number,
  unit: number,
): Scale {
  if (layer === 0) return 'probability'
  if (layer === sizes.length - 1) return sizes[layer] === 1 ? 'probability' : labelScales[unit]!
  const { activation } = document.layers[layer - 1] ?? { activation: 'linear' }
  return activation === 'sigmoid' ? 'probability' : activation === 'tanh' ? 'bounded' : 'free'
}
