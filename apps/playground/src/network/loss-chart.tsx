// The loss by step, on linear or logarithmic axes, of this run and of those kept to compare.
import { decades, formatCount, formatNumber, type LossRecord, niceStep, smoothed, ticks } from '@bp/lab'
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from 'react'
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
  /** Share of the past in what is drawn, in [0, 1); default 0. */
  readonly smooth?: number
  readonly onStep: (step: number) => void
}

function withSmooth(history: readonly LossRecord[], share: number): readonly LossRecord[] {
  if (share === 0) return history
  const losses = smoothed(
    history.map(({ loss }) => loss),
    share,
  )
  return history.map((record, index) => ({ ...record, loss: losses[index]! }))
}

const nearestRecord = (history: readonly LossRecord[], step: number): LossRecord | undefined =>
  step > (history.at(-1)?.step ?? -1)
    ? undefined
    : history.reduce((best, record) =>
        Math.abs(record.step - step) < Math.abs(best.step - step) ? record : best,
      )

const margin = { top: 10, right: 12, bottom: 22, left: 44 }

export function LossChart({
  history: recorded,
  compared: others,
  guessing,
  logX,
  logY,
  height,
  smooth = 0,
  onStep,
}: LossChartProps) {
  const texts = useTexts().network
  const holder = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(320)
  const [pointed, setPointed] = useState<LossRecord | null>(null)
  const clip = useId()
  const history = withSmooth(recorded, smooth)
  const compared = others.map((line) => ({ ...line, history: withSmooth(line.history, smooth) }))
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
  const move = (by: number) => {
    const at = history.findIndex(({ step }) => step === mark.step)
    setPointed(history[Math.min(history.length - 1, Math.max(0, at + by))]!)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const far = Math.max(1, Math.round(history.length / 10))
    const by = {
      ArrowRight: 1,
      ArrowLeft: -1,
      PageUp: far,
      PageDown: -far,
      Home: -history.length,
      End: history.length,
    }[event.key]
    if (by !== undefined) move(by)
    else if (event.key === 'Enter' && pointed) onStep(pointed.step)
    else if (event.key === 'Escape') setPointed(null)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  /** The other lines at the cursor, where they have been. */
  const there = compared.flatMap(({ history }, index) => {
    const record = nearestRecord(history, mark.step)
    return record && pointed ? [{ index, record }] : []
  })

  return (
    <div ref={holder} className="network-chart">
      <svg
        width={width}
        height={height}
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its cursor is moved with keys
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => setPointed(null)}
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
          {pointed && (
            <line
              className="network-chart-cursor"
              x1={x(mark.step)}
              x2={x(mark.step)}
              y1={margin.top}
              y2={low}
            />
          )}
          {there.map(({ index, record }) => (
            <circle
              key={index}
              className={`network-chart-other line-${index}`}
              cx={x(record.step)}
              cy={y(record.loss)}
              r={3.5}
            />
          ))}
          <circle cx={x(mark.step)} cy={y(mark.loss)} r={4.5} />
        </g>
      </svg>
      <p className="network-chart-caption" role={pointed ? 'status' : undefined}>
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
          {there.map(({ index, record }) => (
            <span key={index}>
              {' '}
              <span className={`network-key line-${index}`} />{' '}
              <Value
                of={record.loss}
                kind="network.loss"
                label={compared[index]!.name}
                digits={4}
                from={() => onStep(record.step)}
              />
            </span>
          ))}
        </span>
      </p>
    </div>
  )
}
