// Scalars as curves and histograms as strips: those of a file, or the losses of the network so far.
import { formatCount, type HistogramCurve, type NetworkDocument, type ScalarCurve } from '@bp/lab'
import { useMemo } from 'react'
import { HistogramStrip, rangeOf } from '../parts/histogram-strip.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { PartProps } from './drawing.js'

interface CurvesTabProps extends PartProps {
  readonly toNetwork: (own?: Partial<NetworkDocument>) => void
}

export function CurvesTab({ shown, toNetwork }: CurvesTabProps) {
  const texts = useTexts().trainingGraph
  const curves = shown.curves.filter(({ steps }) => steps.length > 0)
  if (curves.length + shown.histograms.length === 0)
    return <p className="training-graph-hint">{texts.noCurves}</p>
  return (
    <div className="training-graph-curves">
      {curves.map((curve) => (
        <Figure key={curve.tag} curve={curve} {...(shown.run && { from: () => toNetwork() })} />
      ))}
      {shown.histograms.map((curve) => (
        <Histograms key={curve.tag} curve={curve} />
      ))}
    </div>
  )
}

function Histograms({ curve: { tag, steps, histograms } }: { readonly curve: HistogramCurve }) {
  const texts = useTexts().trainingGraph
  const samples = useMemo(
    () => histograms.map((histogram, index) => ({ step: steps[index]!, histogram })),
    [steps, histograms],
  )
  const [first, last] = [steps[0]!, steps.at(-1)!]
  const [low, high] = rangeOf(histograms)
  return (
    <figure>
      <figcaption>
        <b>{tag}</b>
        <span>
          {low} – {high}
        </span>
      </figcaption>
      <HistogramStrip
        samples={samples}
        label={texts.histograms(tag, steps.length, low, high)}
        tone={/grad/i.test(tag) ? 'backward' : 'forward'}
        from={first}
        // The last is as wide as the others are on the average.
        to={last + (last - first) / (steps.length - 1) || last + 1}
      />
      <p>
        <span>{texts.atStep(formatCount(first))}</span>
        <span>{last > first && texts.atStep(formatCount(last))}</span>
      </p>
    </figure>
  )
}

const width = 320
const height = 92
const margin = 6

function Figure({ curve, from }: { readonly curve: ScalarCurve; readonly from?: () => void }) {
  const texts = useTexts().trainingGraph
  const { tag, steps, values } = curve
  const finite = values.filter(Number.isFinite)
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  const [first, last] = [steps[0]!, steps.at(-1)!]
  const x = (step: number) =>
    margin + (last > first ? (step - first) / (last - first) : 0.5) * (width - 2 * margin)
  const y = (value: number) =>
    height - margin - (high > low ? (value - low) / (high - low) : 0.5) * (height - 2 * margin)
  // What is not finite is a gap.
  let path = ''
  let drawing = false
  for (const [index, value] of values.entries()) {
    const here = Number.isFinite(value)
    if (here) path += `${drawing ? 'L' : 'M'}${x(steps[index]!).toFixed(1)} ${y(value).toFixed(1)}`
    drawing = here
  }
  const number = (of: number) => (
    <Value of={of} digits={4} kind="training-graph.scalar" label={tag} {...(from && { from })} />
  )
  return (
    <figure>
      <figcaption>
        <b>{tag}</b>
        <span>
          {texts.last} {number(values.at(-1)!)}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={texts.curve(tag, steps.length)}>
        <path d={path} />
        {steps.length === 1 && finite.length === 1 && <circle cx={x(first)} cy={y(finite[0]!)} r={3} />}
      </svg>
      {finite.length > 0 && (
        <p>
          <span>{texts.atStep(formatCount(first))}</span>
          <span>
            {number(low)} – {number(high)}
          </span>
          <span>{last > first && texts.atStep(formatCount(last))}</span>
        </p>
      )}
    </figure>
  )
}
