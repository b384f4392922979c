// Histograms over steps, side by side: the darker, the more values; a press goes to the step, where there is a run.
import { formatNumber, type Histogram } from '@bp/lab'
import { type MouseEvent, useEffect, useRef } from 'react'
import { useSize } from './use-size.js'

interface HistogramStripProps {
  readonly samples: readonly { readonly step: number; readonly histogram: Histogram }[]
  readonly label: string
  readonly tone: 'forward' | 'backward'
  /** The steps along its width. */
  readonly from: number
  readonly to: number
  /** Where the run is, and how to go elsewhere; a file has neither. */
  readonly run?: { readonly step: number; readonly onStep: (step: number) => void } | undefined
}

const height = 56

/** The least and the greatest of all values, as text. */
export function rangeOf(histograms: readonly Histogram[]): readonly [low: string, high: string] {
  return [
    formatNumber(Math.min(...histograms.map(({ low }) => low)), 2),
    formatNumber(Math.max(...histograms.map(({ high }) => high)), 2),
  ]
}

export function HistogramStrip({ samples, label, tone, from, to, run }: HistogramStripProps) {
  const holder = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = Math.round(useSize(holder)?.width ?? 0)
  const low = Math.min(...samples.map(({ histogram }) => histogram.low))
  const high = Math.max(...samples.map(({ histogram }) => histogram.high))
  useEffect(() => {
    const element = canvas.current!
    const ratio = devicePixelRatio || 1
    element.width = Math.max(1, width * ratio)
    element.height = height * ratio
    const context = element.getContext('2d')!
    context.scale(ratio, ratio)
    context.fillStyle = getComputedStyle(element).color
    const range = high - low || 1
    // A run goes on behind its last histogram.
    const ends = !run
    for (const [index, { step, histogram }] of samples.entries()) {
      const place = (step: number) => ((step - from) / (to - from)) * width
      const left = place(step)
      const right = place(samples[index + 1]?.step ?? (ends ? to : step + (to - from) / 48))
      const total = histogram.counts.reduce((sum, count) => sum + count)
      const size = (histogram.high - histogram.low) / histogram.counts.length
      for (const [bin, count] of histogram.counts.entries()) {
        if (count === 0) continue
        const top = height - ((histogram.low + (bin + 1) * size - low) / range) * height
        // A few values among many are still to be seen.
        context.globalAlpha = 0.12 + 0.88 * Math.sqrt(count / total)
        context.fillRect(
          left,
          Math.min(height - 1, top),
          Math.max(1, right - left),
          Math.max(1, (size / range) * height),
        )
      }
    }
  }, [samples, low, high, from, to, width])
  const picture = (
    <div ref={holder}>
      <canvas ref={canvas} style={{ height }} />
    </div>
  )
  const className = `histogram-strip ${tone}`
  if (!run)
    return (
      <div className={className} role="img" aria-label={label}>
        {picture}
      </div>
    )
  const { step, onStep } = run
  const go = (event: MouseEvent<HTMLButtonElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    // From the keyboard there is no place: the beginning.
    const share = event.detail === 0 ? 0 : (event.clientX - left) / width
    onStep(Math.min(to, Math.max(from, Math.round(from + share * (to - from)))))
  }
  return (
    <button type="button" className={className} aria-label={label} onClick={go}>
      {picture}
      <span className="histogram-strip-now" style={{ left: `${(100 * (step - from)) / (to - from)}%` }} />
    </button>
  )
}
