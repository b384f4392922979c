// The learning rate: a slider whose track shows what each rate does, with its words, and a field for the number.
import { type Regime, type Regimes, regimeAt } from '@bp/lab'
import type { RefObject } from 'react'
import { NumberField } from '../parts/number-field.js'
import { Sentence } from '../parts/sentence.js'
import { useTexts } from '../shell/language.js'
import type { PictureProps } from './picture.js'

/** Positions of the slider. */
const positions = 1000

/** Where a rule has no bound, rates up to this are offered: a few steps across a picture. */
const largest = 1

/** Rates up to this many times the bound are offered, to see what happens. */
const beyond = 1.5

/** Square roots, so that small rates, of which there are more kinds, have more room. */
const shareOf = (rate: number, most: number) => Math.sqrt(Math.min(rate / most, 1))

export function Rate({
  scene,
  document,
  change,
  slider,
}: PictureProps & { readonly slider: RefObject<HTMLInputElement | null> }) {
  const texts = useTexts().descent
  const { regimes, steepest, lead } = scene
  const { rate } = document
  const most = regimes ? regimes.zigzags * beyond : largest
  const regime = regimes && regimeAt(regimes, rate)
  const set = (next: number) => change({ rate: next }, 'rate')
  const focus = () => slider.current?.focus()
  return (
    <div className="descent-rate">
      <div className="descent-rate-head">
        <label htmlFor="descent-rate">{texts.rate}</label>
        <NumberField
          label={texts.rate}
          value={rate}
          step={stepOf(rate)}
          min={Number.MIN_VALUE}
          onChange={set}
        />
      </div>
      <div className="descent-slider">
        <div className="track" aria-hidden="true" style={regimes ? trackOf(regimes, most) : undefined} />
        <input
          className="slider"
          ref={slider}
          id="descent-rate"
          type="range"
          min={1}
          max={positions}
          value={Math.max(1, Math.round(shareOf(rate, most) * positions))}
          aria-valuetext={regime ? `${rate}, ${texts.regimes[regime]}` : String(rate)}
          onChange={(event) => {
            const share = Number(event.target.value) / positions
            set(Number((share * share * most).toPrecision(3)))
          }}
        />
      </div>
      {regimes && (
        <div className="descent-regimes" aria-hidden="true">
          {partsOf(regimes, most).map(({ name, from, to }) => (
            <span
              key={name}
              className={name === regime ? `${name} now` : name}
              style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
            >
              {texts.regimes[name]}
            </span>
          ))}
        </div>
      )}
      <p className="descent-bound">
        {regimes && steepest ? (
          <Sentence
            text={texts.bound[steepest.where]}
            numbers={{
              bound: { value: regimes.zigzags, kind: 'descent.bound', label: texts.boundNumber, from: focus },
              curvature: {
                value: steepest.value,
                kind: 'descent.curvature',
                label: texts.curvature,
                tone: 'backward',
                from: focus,
              },
            }}
          />
        ) : lead.racer.rule === 'rmsProp' || lead.racer.rule === 'adam' ? (
          texts.noBound
        ) : (
          texts.noCurvature
        )}
      </p>
    </div>
  )
}

/** A hundredth of the rate's power of ten. */
function stepOf(rate: number): number {
  return Number((10 ** Math.floor(Math.log10(rate)) / 10).toPrecision(1))
}

interface Part {
  readonly name: Regime
  readonly from: number
  readonly to: number
}

/** The regimes that take up some of the track. */
function partsOf({ creeps, straight, zigzags }: Regimes, most: number): Part[] {
  const ends = [creeps, straight, zigzags, most].map((rate) => shareOf(rate, most))
  const names: readonly Regime[] = ['creeps', 'straight', 'zigzags', 'flies']
  return names
    .map((name, index) => ({ name, from: index === 0 ? 0 : ends[index - 1]!, to: ends[index]! }))
    .filter(({ from, to }) => to > from)
}

function trackOf(regimes: Regimes, most: number): { readonly background: string } {
  const stops = partsOf(regimes, most).map(({ name, from, to }) => {
    const soft = Math.min(0.02, (to - from) / 3) * 100
    return `var(--descent-${name}) ${from * 100 + soft}% ${to * 100 - soft}%`
  })
  return { background: `linear-gradient(90deg, ${stops.join(', ')})` }
}
