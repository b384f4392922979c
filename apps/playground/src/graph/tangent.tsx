// A curve, its tangent at one point, and a move along both.
import type { ReactNode } from 'react'

interface TangentProps {
  readonly label: string
  readonly at: number
  readonly value: number
  readonly slope: number
  readonly delta: number
  /** Where the move really ends. */
  readonly real: number
  readonly curve: (low: number, high: number) => readonly { readonly x: number; readonly y: number }[]
  readonly caption: ReactNode
}

const width = 320
const height = 170
const margin = 14

export function Tangent({ label, at, value, slope, delta, real, curve, caption }: TangentProps) {
  const reach = Math.max(Math.abs(delta) * 1.6, Math.abs(at) * 0.02, 1e-6)
  const points = curve(at - reach, at + reach).filter(({ y }) => Number.isFinite(y))
  const ends = [at - reach, at + reach].map((x) => ({ x, y: value + slope * (x - at) }))
  const ys = [...points.map(({ y }) => y), value, value + slope * delta]
  const low = Math.min(...ys)
  const high = Math.max(...ys)
  const span = high - low || 1
  const place = ({ x, y }: { x: number; y: number }) => ({
    x: margin + ((x - at + reach) / (2 * reach)) * (width - 2 * margin),
    y: height - margin - ((y - low) / span) * (height - 2 * margin),
  })
  const line = (list: readonly { x: number; y: number }[]) =>
    list
      .map(place)
      .map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`)
      .join(' ')
  const here = place({ x: at, y: value })
  const predicted = place({ x: at + delta, y: value + slope * delta })
  const landed = Number.isFinite(real) ? place({ x: at + delta, y: real }) : null
  return (
    <figure className="graph-tangent">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        <polyline className="curve" points={line(points)} />
        <polyline className="tangent" points={line(ends)} />
        <line className="move" x1={here.x} y1={here.y} x2={predicted.x} y2={here.y} />
        <line className="move" x1={predicted.x} y1={here.y} x2={predicted.x} y2={predicted.y} />
        {landed && <circle className="landed" cx={landed.x} cy={landed.y} r={4.5} />}
        <circle className="predicted" cx={predicted.x} cy={predicted.y} r={4.5} />
        <circle className="here" cx={here.x} cy={here.y} r={5.5} />
      </svg>
      <figcaption>{caption}</figcaption>
    </figure>
  )
}
