// The curve of a cost of one parameter: balls on it, the tangent at the leading one, and its steps along the axis.
import { curveOf, ticks } from '@bp/lab'
import { type CSSProperties, useId } from 'react'
import type { Size } from '../parts/use-size.js'
import { useSlices } from '../parts/use-slices.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { Axes } from './gestures.js'
import { markPath } from './markers.js'
import { type PictureProps, pixelOf } from './picture.js'
import { ballOf, reached } from './scene.js'

/** Samples of the curve. */
const samples = 400

/** Half of the tangent's length, in pixels. */
const tangent = 120

interface CurveProps extends PictureProps {
  readonly axes: Axes
  readonly size: Size
}

export function Curve({ scene, axes, size, go, openGraph }: CurveProps) {
  const texts = useTexts().descent
  const clip = useId()
  const { bowl, paths, step, start, lead, lowest } = scene
  const { box } = axes
  const [low, high] = axes.ranges[0]!
  const startCost = lead.steps[0]!.cost
  const { result: curve } = useSlices(
    () => curveOf(bowl, { axis: 0, position: start }, [low, high], startCost, samples),
    [bowl, low, high, startCost],
  )
  if (!curve) return null
  const [floor, ceiling] = curve.heights
  const heightOf = (cost: number) => {
    const share = Math.min(Math.max((cost - floor) / (ceiling - floor), -3), 3)
    return box.top + (1 - share) * box.height
  }
  const below = box.top + box.height
  const place = (position: readonly number[], cost: number): readonly [number, number] => [
    pixelOf(axes, position, 0)[0],
    // A cost that is no number has no height: its ball lies on the axis.
    Number.isFinite(cost) ? heightOf(cost) : below,
  ]
  const line = lineOf(curve.xs, curve.costs, (x, cost) => place([x], cost))
  const ball = ballOf(lead, step)
  const [ballX, ballY] = place(ball.position, ball.cost)
  const at = reached(lead, step)
  const inside = Number.isFinite(ball.cost) && ballX >= box.left - 1 && ballX <= box.left + box.width + 1
  const slope = ball.slopes[0]!
  // Rise per pixel, and how far the tangent goes to each side.
  const rise = (-slope * ((high - low) / box.width) * box.height) / (ceiling - floor)
  const reach = tangent / Math.sqrt(1 + rise * rise)
  const bottom = lowest && place(lowest.position, lowest.cost)
  const [startX, startY] = place(start, startCost)
  const name = texts.pictureOf(bowl.source, bowl.parameters[0]!)
  // Beside the ball, on the side where its tangent leaves room.
  const side = slope > 0 ? -1 : 1
  const level = Math.abs(rise) < 0.5
  return (
    <>
      <svg className="descent-curve" width={size.width} height={size.height} role="img" aria-label={name}>
        <defs>
          <clipPath id={clip}>
            <rect x={box.left} y={0} width={box.width} height={below} />
          </clipPath>
        </defs>
        <path className="descent-axis" d={`M${box.left} ${below}H${box.left + box.width}`} />
        <g clipPath={`url(#${clip})`}>
          {line && <path className="descent-area" d={`${line.filled}`} />}
          {line && <path className="descent-cost" d={line.stroke} />}
          {bottom && (
            <g className="descent-lowest" transform={`translate(${bottom[0]} ${bottom[1]})`}>
              <path d={`M0 0V${below - bottom[1]}`} className="drop" />
              <path d="M-5 -5L5 5M-5 5L5 -5" />
            </g>
          )}
          <path className="descent-plumb" d={`M${startX} ${startY}V${below}`} />
          {lead.steps.slice(0, at).map(({ position, cost }, index) => {
            const [x, y] = place(position, cost)
            return (
              <g key={index}>
                <circle className={`descent-footstep ${lead.racer.rule}`} cx={x} cy={y} r="4.5" />
                <path className="descent-footmark" d={`M${x} ${below - 5}V${below + 5}`} />
              </g>
            )
          })}
          {inside && Number.isFinite(rise) && (
            <path
              className="descent-tangent"
              d={`M${ballX - reach} ${ballY - reach * rise}L${ballX + reach} ${ballY + reach * rise}`}
            />
          )}
        </g>
        {at > 0 && (
          <Move
            from={place(lead.steps[at - 1]!.position, 0)[0]}
            to={ballX}
            y={below}
            rule={lead.racer.rule}
          />
        )}
        <g clipPath={`url(#${clip})`}>
          {[...paths].reverse().map((path) => {
            const { rule } = path.racer
            const own = ballOf(path, step)
            const [x, y] = place(own.position, own.cost)
            return (
              <path
                key={rule}
                className={`descent-ball ${rule}${step === 0 ? ' held' : ''}`}
                d={markPath(rule, 0, 0, path === lead ? 11 : 7.5)}
                style={{ transform: `translate(${x}px, ${y}px)` }}
              />
            )
          })}
        </g>
      </svg>
      <div className="descent-ticks">
        {ticks(floor, ceiling, Math.max(2, Math.floor(box.height / 80))).map((value) => {
          const style: CSSProperties = { left: box.left > 40 ? box.left - 8 : 2, top: heightOf(value) }
          const near = step
          return value < floor || (box.left <= 40 && value === 0) ? null : (
            <span key={value} className="y" style={style}>
              <Value
                of={value}
                kind="descent.axis"
                label={texts.costAxis}
                from={() => go(nearestCost(lead.steps.slice(0, near + 1), value))}
              />
            </span>
          )
        })}
      </div>
      {inside && Number.isFinite(slope) && (
        <div
          className={`descent-slope-label ${level ? 'above' : side < 0 ? 'left' : 'right'}`}
          style={
            level
              ? { left: Math.min(Math.max(ballX, box.left + 50), box.left + box.width - 50), top: ballY - 36 }
              : { left: ballX + side * 22, top: Math.min(Math.max(ballY, 34), below - 24) }
          }
        >
          <span aria-hidden="true">{slope > 0 ? '▲' : slope < 0 ? '▼' : ''}</span>
          <Value
            of={slope}
            kind="descent.slope"
            label={texts.slopeOf(bowl.parameters[0]!)}
            tone="backward"
            digits={4}
            from={openGraph}
          />
        </div>
      )}
      {bottom && size.width >= 500 && bottom[0] > box.left + 30 && bottom[0] < box.left + box.width - 30 && (
        <span className="descent-lowest-label" style={{ left: bottom[0], top: below + 42 }}>
          {texts.lowestHere}
        </span>
      )}
    </>
  )
}

function nearestCost(steps: readonly { readonly cost: number }[], value: number): number {
  let best = 0
  for (const [index, { cost }] of steps.entries())
    if (Math.abs(cost - value) < Math.abs(steps[best]!.cost - value)) best = index
  return best
}

/** The curve, broken where it is not finite; and the area under it. */
export function lineOf(
  xs: Float64Array,
  costs: Float64Array,
  place: (x: number, cost: number) => readonly [number, number],
): { readonly stroke: string; readonly filled: string } | null {
  let stroke = ''
  let filled = ''
  let first: string | null = null
  let last = ''
  const close = () => {
    if (first !== null) filled += `L${last} 9999L${first} 9999Z`
    first = null
  }
  for (const [index, x] of xs.entries()) {
    const cost = costs[index]!
    if (!Number.isFinite(cost)) {
      close()
      continue
    }
    const [left, top] = place(x, cost)
    const command = `${first === null ? 'M' : 'L'}${left.toFixed(1)} ${top.toFixed(1)}`
    first ??= left.toFixed(1)
    last = left.toFixed(1)
    stroke += command
    filled += command
  }
  close()
  return stroke === '' ? null : { stroke, filled }
}

/** The last step, as an arrow along the axis. */
function Move({
  from,
  to,
  y,
  rule,
}: {
  readonly from: number
  readonly to: number
  readonly y: number
  readonly rule: string
}) {
  const sign = Math.sign(to - from)
  const head = Math.min(9, Math.abs(to - from))
  if (!(head > 0.5)) return null
  return (
    <g className={`descent-move ${rule}`}>
      <path d={`M${from} ${y}H${to - sign * head}`} />
      <path className="head" d={`M${to} ${y}l${-sign * head} ${-head * 0.6}v${head * 1.2}Z`} />
    </g>
  )
}
