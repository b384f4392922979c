// The loss by step, on linear or logarithmic axes, of this run and of those kept to compare.
import { decades, formatCount, formatNumber, type LossRecord, niceStep, ticks } from '@bp/lab'
import { type PointerEvent, useEffect, useId, useRef, useState } from 'react'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'

export interface LossLine {
  readonly name: string
  readonly history: readonly LossRecord[]
}

interface LossChartProps {
  readonly history: readonly LossRecord[]
  readonly compared: readonly LossLine[]
  /** The loss of guessing, drawn as a dashed line. */
  readonly guessing: { readonly loss: number; readonly label: string } | null
  readonly logX: boolean
  readonly logY: boolean
  readonly height: number
  readonly onStep: (step: number) => void
}

const margin = { top: 10, right: 12, bottom: 22, left: 44 }

export function LossChart({ history, compared, guessing, logX, logY, height, onStep }: LossChartProps) {
  const texts = useTexts().network
  const holder = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(320)
  const [pointed, setPointed] = useState<LossRecord | null>(null)
  const clip = useId()
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => setWidth(Math.max(180, entry!.contentRect.width)))
    resized.observe(holder.current!)
    return () => resized.disconnect()
  }, [])

  const all = [history, ...compared.map((line) => line.history)]
  const last = history.at(-1)!
  const lastStep = Math.max(10, ...all.map((line) => line.at(-1)?.step ?? 0))
  const losses = all
    .flat()
    .flatMap(({ loss, heldBack }) => [loss, heldBack])
    .filter((loss): loss is number => loss !== null && Number.isFinite(loss) && loss > 0)
  const reference = guessing ? [guessing.loss] : []
  const highest = Math.max(...reference, ...losses)
  const lowest = Math.min(...reference, ...losses)
  const powers = logY ? decades(lowest, highest) : []
  const between = niceStep(powers.length / 5, 1)
  const marks = logY
    ? powers.filter((_, index) => index % between === 0).map((power) => Number(`1e${power}`))
    : ticks(0, highest * 1.06, 4)
  const [bottom, top] = logY ? [Number(`1e${powers[0]}`), Number(`1e${powers.at(-1)}`)] : [0, highest * 1.06]
  const right = width - margin.right
  const low = height - margin.bottom
  const y = (loss: number) => {
    const share = logY
      ? Math.log(Math.max(loss, bottom) / bottom) / Math.log(top / bottom)
      : (loss - bottom) / (top - bottom)
    return low - Math.min(1.2, share) * (low - margin.top)
  }
  const x = (step: number) => {
    const share = logX ? Math.log1p(step) / Math.log1p(lastStep) : step / lastStep
    return margin.left + share * (right - margin.left)
  }
  const steps = logX
    ? [0, ...decades(1, lastStep).map((power) => Number(`1e${power}`))].filter((step) => step <= lastStep)
    : ticks(0, lastStep, width > 300 ? 5 : 3)
  const path = (line: readonly LossRecord[], of: (record: LossRecord) => number | null) =>
    line
      .flatMap((record) => {
        const loss = of(record)
        return loss === null || !Number.isFinite(loss)
          ? []
          : [`${x(record.step).toFixed(1)},${y(loss).toFixed(1)}`]
      })
      .join(' ')
  const hasHeldBack = history.some(({ heldBack }) => heldBack !== null)
  const recordAt = (event: PointerEvent<SVGSVGElement>) => {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left
    return history.reduce((best, record) =>
      Math.abs(x(record.step) - at) < Math.abs(x(best.step) - at) ? record : best,
    )
  }
  const mark = pointed ?? last

  return (
    <div ref={holder} className="network-chart">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the slider of the timeline is for keys */}
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={texts.chartText(
          formatNumber(history[0]!.loss, 4),
          formatNumber(last.loss, 4),
          formatCount(last.step),
        )}
        onPointerMove={(event) => setPointed(recordAt(event))}
        onPointerLeave={() => setPointed(null)}
        onClick={() => pointed && onStep(pointed.step)}
      >
        <clipPath id={clip}>
          <rect x={margin.left} y={0} width={right - margin.left + 8} height={low + 1} />
        </clipPath>
        {marks.map((mark) => (
          <g key={mark}>
            <line className="network-chart-grid" x1={margin.left} x2={right} y1={y(mark)} y2={y(mark)} />
            <text x={margin.left - 7} y={y(mark) + 4} textAnchor="end">
              {formatNumber(mark, 3)}
            </text>
          </g>
        ))}
        {steps.map((step, index) => (
          <text
            key={step}
            x={x(step)}
            y={height - 5}
            textAnchor={index === 0 ? 'start' : x(step) > right - 16 ? 'end' : 'middle'}
          >
            {formatCount(step)}
          </text>
        ))}
        {guessing && (
          <>
            <line
              className="network-chart-guessing"
              x1={margin.left}
              x2={right}
              y1={y(guessing.loss)}
              y2={y(guessing.loss)}
            />
            <text className="network-chart-label" x={right} y={y(guessing.loss) - 5} textAnchor="end">
              {guessing.label}
            </text>
          </>
        )}
        <g clipPath={`url(#${clip})`}>
          {compared.map(({ name, history }, index) => (
            <polyline
              key={name}
              className={`network-chart-compared line-${index}`}
              points={path(history, ({ loss }) => loss)}
            />
          ))}
          {hasHeldBack && (
            <polyline className="network-chart-held" points={path(history, ({ heldBack }) => heldBack)} />
          )}
          <polyline className="network-chart-line" points={path(history, ({ loss }) => loss)} />
          <circle cx={x(mark.step)} cy={y(mark.loss)} r={4.5} />
        </g>
      </svg>
      <p className="network-chart-caption">
        {hasHeldBack && (
          <>
            <span className="network-key solid" /> {texts.trainingLine}{' '}
            <span className="network-key dashed" /> {texts.heldBackLine}{' '}
          </>
        )}
        <span className="network-chart-pointed">
          {texts.stepAt(formatCount(mark.step))}:{' '}
          <Value
            of={mark.loss}
            kind="network.loss"
            label={texts.stepAt(formatCount(mark.step))}
            digits={4}
            from={() => onStep(mark.step)}
          />
        </span>
      </p>
    </div>
  )
}
