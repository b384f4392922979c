// Histograms over the steps of a run, side by side: the darker, the more values; a press goes to the step.
import { formatCount, formatNumber, type Histogram } from '@bp/lab'
import { useEffect, useRef } from 'react'
import { useSize } from '../parts/use-size.js'
import { useTexts } from '../shell/language.js'

interface HistogramStripProps {
  readonly samples: readonly { readonly step: number; readonly histogram: Histogram }[]
  readonly what: string
  readonly tone: 'forward' | 'backward'
  /** Steps of the whole run, along its width as in the timeline. */
  readonly steps: number
  readonly step: number
  readonly onStep: (step: number) => void
}

const height = 56

export function HistogramStrip({ samples, what, tone, steps, step, onStep }: HistogramStripProps) {
  const texts = useTexts().network
  const holder = useRef<HTMLButtonElement>(null)
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
    for (const [index, { step, histogram }] of samples.entries()) {
      const left = (step / steps) * width
      const right = ((samples[index + 1]?.step ?? step + steps / 48) / steps) * width
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
  }, [samples, low, high, steps, width])
  return (
    <button
      ref={holder}
      type="button"
      className={`network-strip ${tone}`}
      aria-label={texts.overTime(what, formatNumber(low, 2), formatNumber(high, 2), formatCount(step))}
      onClick={(event) => {
        const { left, width } = event.currentTarget.getBoundingClientRect()
        // From the keyboard there is no place: the beginning.
        const share = event.detail === 0 ? 0 : (event.clientX - left) / width
        onStep(Math.min(steps, Math.max(0, Math.round(share * steps))))
      }}
    >
      <canvas ref={canvas} style={{ height }} />
      <span className="network-strip-now" style={{ left: `${(100 * step) / steps}%` }} />
    </button>
  )
}
