// The loss over the epochs as a line, on a linear or logarithmic axis.
import { decades, formatNumber, ticks } from '@bp/lab'
import { useEffect, useId, useRef, useState } from 'react'
import type { LossPoint } from './protocol.js'

interface LossCurveProps {
  readonly points: readonly LossPoint[]
  readonly logarithmic: boolean
  /** A loss to compare with, drawn as a dashed line. */
  readonly reference: { readonly loss: number; readonly label: string }
}

const height = 300
const margin = { top: 16, right: 22, bottom: 34, left: 56 }

export function LossCurve({ points, logarithmic, reference }: LossCurveProps) {
  const holder = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(480)
  const clip = useId()
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => setWidth(Math.max(200, entry!.contentRect.width)))
    resized.observe(holder.current!)
    return () => resized.disconnect()
  }, [])

  const lastEpoch = Math.max(points.at(-1)?.epoch ?? 0, 10)
  const losses = points.map(({ loss }) => loss).filter((loss) => Number.isFinite(loss) && loss > 0)
  const highest = Math.max(reference.loss, ...losses)
  const lowest = Math.min(reference.loss, ...losses)
  const lossTicks = logarithmic
    ? decades(lowest, highest).map((power) => Number(`1e${power}`))
    : ticks(0, highest * 1.08, 6)
  const top = logarithmic ? lossTicks.at(-1)! : highest * 1.08
  const bottom = logarithmic ? lossTicks[0]! : 0
  const scale = (loss: number) =>
    logarithmic
      ? Math.log(Math.max(loss, bottom) / bottom) / Math.log(top / bottom)
      : (loss - bottom) / (top - bottom)
  const x = (epoch: number) => margin.left + (epoch / lastEpoch) * (width - margin.left - margin.right)
  const y = (loss: number) => height - margin.bottom - scale(loss) * (height - margin.top - margin.bottom)
  const line = points.map(({ epoch, loss }) => `${x(epoch).toFixed(1)},${y(loss).toFixed(1)}`).join(' ')
  const last = points.at(-1)

  return (
    <div ref={holder} className="loss-curve">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={
          points.length > 1
            ? `Loss by epoch, ${logarithmic ? 'logarithmic' : 'linear'} axis: from ${formatNumber(points[0]!.loss)} to ${formatNumber(last!.loss)} at epoch ${last!.epoch}.`
            : 'Loss by epoch: not trained yet.'
        }
      >
        <clipPath id={clip}>
          <rect
            x={margin.left}
            y={0}
            width={width - margin.left - margin.right + 8}
            height={height - margin.bottom + 2}
          />
        </clipPath>
        {lossTicks.map((tick) => (
          <g key={tick}>
            <line
              className="grid-line"
              x1={margin.left}
              x2={width - margin.right}
              y1={y(tick)}
              y2={y(tick)}
            />
            <text className="tick" x={margin.left - 8} y={y(tick)} textAnchor="end" dominantBaseline="middle">
              {formatNumber(tick)}
            </text>
          </g>
        ))}
        {ticks(0, lastEpoch, width > 420 ? 7 : 4).map((tick) => (
          <text key={tick} className="tick" x={x(tick)} y={height - margin.bottom + 18} textAnchor="middle">
            {formatNumber(tick)}
          </text>
        ))}
        <text className="tick" x={width - margin.right} y={height - 2} textAnchor="end">
          epoch
        </text>
        <line
          className="reference"
          x1={margin.left}
          x2={width - margin.right}
          y1={y(reference.loss)}
          y2={y(reference.loss)}
        />
        <text className="reference-label" x={width - margin.right} y={y(reference.loss) - 6} textAnchor="end">
          {reference.label}
        </text>
        <g clipPath={`url(#${clip})`}>
          <polyline className="loss" points={line} />
          {last && <circle className="loss-end" cx={x(last.epoch)} cy={y(last.loss)} r={4} />}
        </g>
      </svg>
    </div>
  )
}
