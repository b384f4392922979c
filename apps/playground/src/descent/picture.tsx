// The picture of a cost, curve or map, with what both have: the start that can be moved, axes, and zooming.
import { type DescentDocument, formatNumber, type Position, type Range, square, ticks } from '@bp/lab'
import { type CSSProperties, type KeyboardEvent, useRef } from 'react'
import { SignButton } from '../parts/sign-button.js'
import { type Size, useSize } from '../parts/use-size.js'
import { Value } from '../parts/value.js'
import { useKeys } from '../shell/keys.js'
import { useTexts } from '../shell/language.js'
import { Curve } from './curve.js'
import { type Axes, rounded, useGestures, zoomedAround } from './gestures.js'
import { ContourMap } from './map.js'
import { ballOf, nearestStep, type Scene } from './scene.js'

export interface PictureProps {
  readonly scene: Scene
  /** The scene is of an earlier document: a new one is being computed. */
  readonly busy: boolean
  readonly document: DescentDocument
  readonly change: (changes: Partial<DescentDocument>, merge?: string) => void
  readonly go: (step: number) => void
  readonly openGraph: () => void
}

export function Picture(props: PictureProps) {
  const { scene, busy, document, change, go } = props
  const texts = useTexts().descent
  const holder = useRef<HTMLDivElement>(null)
  const size = useSize(holder)
  const axes = size ? axesOf(scene, size) : { ranges: scene.ranges, box: unmeasured }
  const { parameters } = scene.bowl
  // Of the document: what is pressed moves at once, while the paths from there are still computed.
  const start = parameters.map((_, axis) => document.start[axis] ?? 0)

  const drop = (position: Position) => change({ start: position, step: 0 })
  const zoom = (factor: number) => change({ ranges: zoomedAround(axes, factor, middleOf(axes)) }, 'ranges')
  const gestures = useGestures(holder, {
    axes,
    onDrop: drop,
    onDrag: (position) => change({ start: position, step: 0 }, 'start'),
    onRanges: (ranges) => change({ ranges }, 'ranges'),
  })
  useKeys([
    { key: '+', title: texts.keys.zoomIn, run: () => zoom(0.8) },
    { key: '-', title: texts.keys.zoomOut, run: () => zoom(1.25) },
    { key: '0', title: texts.keys.fit, run: () => change({ ranges: null }) },
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, readonly [axis: number, sign: number]>> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowDown: [parameters.length - 1, -1],
      ArrowUp: [parameters.length - 1, 1],
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    const [axis, sign] = move
    const [low, high] = axes.ranges[axis]!
    const by = sign * (high - low) * (event.shiftKey ? 0.1 : 0.02)
    change({ start: start.with(axis, rounded(start[axis]! + by, high - low)), step: 0 }, 'start')
  }

  const at = pixelOf(axes, start, size ? heightOfStart(props, axes) : 0)
  return (
    <div ref={holder} className="descent-picture" aria-busy={busy} {...gestures}>
      {size &&
        (parameters.length === 1 ? (
          <Curve {...props} axes={axes} size={size} />
        ) : (
          <ContourMap {...props} axes={axes} size={size} />
        ))}
      {size && <Ticks axes={axes} scene={scene} go={go} />}
      <button
        type="button"
        data-start=""
        className="descent-start"
        style={{ left: at[0], top: at[1] }}
        aria-label={texts.start(described(parameters, start))}
        onKeyDown={onKeyDown}
      />
      {isOutside(axes, ballOf(scene.lead, scene.step).position) && (
        <p className="descent-outside">{texts.outside}</p>
      )}
      <div className="descent-zoom">
        <SignButton title={texts.zoomIn} sign="+" onPress={() => zoom(0.8)} />
        <SignButton title={texts.zoomOut} sign="−" onPress={() => zoom(1.25)} />
        <SignButton title={texts.fit} sign="⤢" onPress={() => change({ ranges: null })} />
      </div>
    </div>
  )
}

const unmeasured = { left: 0, top: 0, width: 1, height: 1 }

/** Room around a curve for its axes; a map goes to the edges. */
function axesOf({ ranges, bowl }: Scene, { width, height }: Size): Axes {
  if (bowl.parameters.length === 1) {
    const narrow = width < 500
    const [left, right, top, bottom] = narrow ? [14, 14, 40, 42] : [64, 40, 30, 88]
    return { ranges, box: { left, top, width: width - left - right, height: height - top - bottom } }
  }
  return {
    ranges: square(ranges as readonly [Range, Range], width, height),
    box: { left: 0, top: 0, width, height },
  }
}

function isOutside({ ranges }: Axes, position: Position): boolean {
  return position.some((value, axis) => !(value >= ranges[axis]![0] && value <= ranges[axis]![1]))
}

function heightOfStart({ scene }: PictureProps, axes: Axes): number {
  return scene.bowl.parameters.length === 1 ? axes.box.top + axes.box.height : 0
}

/** Where a position is in the picture; `below` is the height of positions of one parameter. */
export function pixelOf(
  { ranges, box }: Axes,
  position: Position,
  below: number,
): readonly [x: number, y: number] {
  const share = (axis: number) => {
    const [low, high] = ranges[axis]!
    // What is far outside stays outside, without numbers that a drawing cannot hold.
    return Math.min(Math.max((position[axis]! - low) / (high - low), -50), 50)
  }
  const x = box.left + share(0) * box.width
  return [x, position.length > 1 ? box.top + (1 - share(1)) * box.height : below]
}

function middleOf({ ranges }: Axes): Position {
  return ranges.map(([low, high]) => low + (high - low) / 2)
}

/** `w = −1, b = 2.5` */
export function described(parameters: readonly string[], position: Position): string {
  return parameters.map((name, axis) => `${name} = ${formatNumber(position[axis]!, 4)}`).join(', ')
}

function Ticks({
  axes,
  scene,
  go,
}: {
  readonly axes: Axes
  readonly scene: Scene
  readonly go: (step: number) => void
}) {
  const texts = useTexts().descent
  const { ranges, box } = axes
  const { parameters } = scene.bowl
  const plane = parameters.length > 1
  const below = box.top + box.height
  return (
    <div className={plane ? 'descent-ticks plane' : 'descent-ticks'}>
      {parameters.map((name, axis) => {
        const [low, high] = ranges[axis]!
        const room = axis === 0 ? box.width / 90 : box.height / 70
        return ticks(low, high, Math.max(2, Math.floor(room))).map((value) => {
          const share = (value - low) / (high - low)
          // At the very edge a number would be cut, or cover that of the other axis.
          if (share < 0.035 || share > 0.965) return null
          const style: CSSProperties =
            axis === 0
              ? { left: box.left + share * box.width, top: plane ? below - 34 : below + 17 }
              : { left: 6, top: box.top + (1 - share) * box.height }
          return (
            <span key={`${name} ${value}`} className={axis === 0 ? 'x' : 'y'} style={style}>
              <Value
                of={value}
                kind="descent.axis"
                label={texts.axisOf(name)}
                from={() => go(nearestStep(scene.lead, scene.step, axis, value))}
              />
            </span>
          )
        })
      })}
      <var
        className="descent-axis-name x"
        style={{ left: box.left + box.width - 22, top: plane ? below - 34 : below + 14 }}
      >
        {parameters[0]}
      </var>
      {plane && <var className="descent-axis-name y">{parameters[1]}</var>}
    </div>
  )
}
