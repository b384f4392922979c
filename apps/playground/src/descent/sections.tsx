// The curves of a cost of two parameters along each of them through the ball, with their tangents: what its two slopes are of.
import { type Curve, curveOf, including, type Range, type Slices, square } from '@bp/lab'
import { useRef } from 'react'
import { type Size, useSize } from '../parts/use-size.js'
import { useSlices } from '../parts/use-slices.js'
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import { lineOf } from './curve.js'
import { markPath } from './markers.js'
import type { PictureProps } from './picture.js'
import { ballOf, type Scene } from './scene.js'
import { Slope } from './update.js'

/** Samples of a curve. */
const samples = 120

/** Half of the tangent's length, in pixels. */
const tangent = 46

/** Of a picture, in pixels. */
const height = 76

interface Section {
  readonly range: Range
  readonly curve: Curve
}

function* sectionsOf({ bowl, ranges, lead, step }: Scene): Slices<readonly Section[]> {
  const { position, cost } = ballOf(lead, step)
  const sections: Section[] = []
  for (const [axis, range] of square(ranges as readonly [Range, Range], 1, 1).entries()) {
    const around = including(range, position[axis]!)
    sections.push({
      range: around,
      curve: yield* curveOf(bowl, { axis, position }, around, cost, samples),
    })
  }
  return sections
}

export function Sections({ scene, openGraph }: PictureProps) {
  const texts = useTexts().descent
  const holder = useRef<HTMLDivElement>(null)
  const size = useSize(holder)
  const { bowl, lead, step } = scene
  const ball = ballOf(lead, step)
  const { result: sections } = useSlices(() => sectionsOf(scene), [bowl, scene.ranges, ball])
  // One scale of heights, so that the steeper slope looks steeper.
  const heights =
    sections &&
    ([Math.min, Math.max].map((most, end) =>
      most(...sections.map(({ curve }) => curve.heights[end]!)),
    ) as unknown as Range)
  return (
    <div className="descent-sections">
      {bowl.parameters.map((parameter, axis) => {
        const other = 1 - axis
        const section = sections?.[axis]
        return (
          <figure key={parameter}>
            <figcaption>
              <Slope parameter={parameter} cost={bowl.name} /> ={' '}
              <Value
                of={ball.slopes[axis]!}
                kind="descent.slope"
                label={texts.slopeOf(parameter)}
                tone="backward"
                digits={4}
                from={openGraph}
              />
            </figcaption>
            <div ref={axis === 0 ? holder : undefined} className="descent-section">
              {size && section && heights && (
                <SectionPicture
                  section={section}
                  heights={heights}
                  size={size}
                  at={ball.position[axis]!}
                  cost={ball.cost}
                  slope={ball.slopes[axis]!}
                  rule={lead.racer.rule}
                  name={texts.sectionOf(bowl.name, parameter, bowl.parameters[other]!)}
                />
              )}
            </div>
            <p className="descent-held">
              <var>{parameter}</var>
              <span>
                <var>{bowl.parameters[other]}</var> ={' '}
                <Value
                  of={ball.position[other]!}
                  kind="descent.position"
                  label={bowl.parameters[other]!}
                  tone="forward"
                  digits={3}
                  from={openGraph}
                />{' '}
                {texts.held}
              </span>
            </p>
          </figure>
        )
      })}
    </div>
  )
}

interface SectionPictureProps {
  readonly section: Section
  readonly heights: Range
  readonly size: Size
  readonly at: number
  readonly cost: number
  readonly slope: number
  readonly rule: Scene['lead']['racer']['rule']
  readonly name: string
}

function SectionPicture({
  section,
  heights,
  size: { width },
  at,
  cost,
  slope,
  rule,
  name,
}: SectionPictureProps) {
  const [low, high] = section.range
  const [floor, ceiling] = heights
  const place = (x: number, cost: number): readonly [number, number] => [
    ((x - low) / (high - low)) * width,
    // What is far outside stays outside, without numbers that a drawing cannot hold.
    Math.min(Math.max(1 - (cost - floor) / (ceiling - floor), -3), 4) * height,
  ]
  const line = lineOf(section.curve.xs, section.curve.costs, place)
  const [x, y] = place(at, Number.isFinite(cost) ? cost : floor)
  const rise = (-slope * ((high - low) / width) * height) / (ceiling - floor)
  const reach = tangent / Math.sqrt(1 + rise * rise)
  return (
    <svg width={width} height={height} role="img" aria-label={name}>
      <path className="descent-axis" d={`M0 ${height - 0.5}H${width}`} />
      {line && <path className="descent-area" d={line.filled} />}
      {line && <path className="descent-cost" d={line.stroke} />}
      {Number.isFinite(rise) && (
        <path
          className="descent-tangent"
          d={`M${x - reach} ${y - reach * rise}L${x + reach} ${y + reach * rise}`}
        />
      )}
      <path className={`descent-ball ${rule}`} d={markPath(rule, x, y, 6)} />
    </svg>
  )
}
