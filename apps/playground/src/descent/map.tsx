// The map of a cost of two parameters: bands between contour lines, and the paths of the balls on it.
import { gridOf, type Loop, levelsOf, loopsBelow, type Range, type Slices, zoomed } from '@bp/lab'
import { type CSSProperties, useEffect, useState } from 'react'
import type { Size } from '../parts/use-size.js'
import { useSlices } from '../parts/use-slices.js'
import { useTexts } from '../shell/language.js'
import type { Axes } from './gestures.js'
import { markPath } from './markers.js'
import { type PictureProps, pixelOf } from './picture.js'
import { reached } from './scene.js'

/** Bands of a map. */
const bands = 14

/** Width of a cell of the grid, in pixels: lines between cells look smooth. */
const cell = 11

/** While the map moves, cells are this many times as wide: a frame may take no more than its 16 ms. */
const coarse = 2

/** After so many ms without a move, the map is drawn in full. */
const rest = 120

interface MapProps extends PictureProps {
  readonly axes: Axes
  readonly size: Size
}

export function ContourMap({ scene, busy, axes, size }: MapProps) {
  const texts = useTexts().descent
  const { bowl, paths, step, start, lowest } = scene
  const [[lowX, highX], [lowY, highY]] = axes.ranges as readonly [Range, Range]
  const shown = `${bowl.source} ${lowX} ${highX} ${lowY} ${highY} ${size.width} ${size.height}`
  const [settled, setSettled] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setSettled(shown), rest)
    return () => clearTimeout(timer)
  }, [shown])
  const moving = settled !== shown
  const { result: drawn, busy: drawing } = useSlices(
    () => regionsOf(bowl, axes.ranges as readonly [Range, Range], size, moving ? cell * coarse : cell),
    [bowl, lowX, highX, lowY, highY, size, moving],
  )
  const place = (position: readonly number[]) => pixelOf(axes, position, 0)
  const [startX, startY] = place(start)
  const ordered = [...paths].reverse()
  const ball = scene.lead.steps[reached(scene.lead, step)]!
  const [ballX, ballY] = place(ball.position)
  const steepness = Math.sqrt(ball.slopes[0]! ** 2 + ball.slopes[1]! ** 2)
  const bottom = lowest && place(lowest.position)
  // On the side away from the ball, unless that is the edge of the map.
  const labelLeft = startX > size.width - 120 || (ballX > startX && startX > 130)
  const labelled = step === 0 || Math.abs(ballX - startX) + Math.abs(ballY - startY) > 90
  const name = texts.pictureOf(bowl.source, bowl.parameters.join(', '))
  return (
    <svg
      className="descent-map"
      aria-busy={moving || busy || drawing}
      width={size.width}
      height={size.height}
      role="img"
      aria-label={name}
    >
      <rect className="descent-top" width={size.width} height={size.height} />
      <g transform={drawn ? movedSince(drawn, axes.ranges as readonly [Range, Range], size) : undefined}>
        {drawn?.regions.map(({ level, path, share }) => (
          <path
            key={level}
            className="descent-band"
            fillRule="evenodd"
            d={path}
            style={{ '--share': `${share}%` } as CSSProperties}
          />
        ))}
      </g>
      {bottom && (
        <g className="descent-lowest" transform={`translate(${bottom[0]} ${bottom[1]})`}>
          <path d="M-5 -5L5 5M-5 5L5 -5" />
          <text x="11" y="18">
            {texts.lowestHere}
          </text>
        </g>
      )}
      <g className="descent-dropped" transform={`translate(${startX} ${startY})`}>
        <circle r="11" />
        {labelled && (
          <text x={labelLeft ? -18 : 18} y="5" textAnchor={labelLeft ? 'end' : 'start'}>
            {texts.droppedHere}
          </text>
        )}
      </g>
      {ordered.map((path) => {
        const { rule } = path.racer
        const last = reached(path, step)
        const points = path.steps.slice(0, last + 1).map(({ position }) => place(position))
        const line = points
          .map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
          .join('')
        return (
          <g key={rule} className={path === scene.lead ? 'descent-path lead' : 'descent-path'}>
            <path className={`descent-line ${rule}`} d={line} />
            {path === scene.lead &&
              apart(points.slice(0, -1)).map(([x, y, index]) => (
                <circle key={index} className={`descent-footstep ${rule}`} cx={x} cy={y} r="3.6" />
              ))}
          </g>
        )
      })}
      {steepness > 0 && Number.isFinite(steepness) && (
        <SlopeArrow
          x={ballX}
          y={ballY}
          towards={[ball.slopes[0]! / steepness, -ball.slopes[1]! / steepness]}
        />
      )}
      {ordered.map((path) => {
        const { rule } = path.racer
        const [x, y] = place(path.steps[reached(path, step)]!.position)
        const lead = path === scene.lead
        return (
          <path
            key={rule}
            className={`descent-ball ${rule}${step === 0 ? ' held' : ''}`}
            d={markPath(rule, 0, 0, lead ? 9.5 : 7)}
            style={{ transform: `translate(${x}px, ${y}px)` }}
          />
        )
      })}
    </svg>
  )
}

/** Points at least so far from the last that their marks do not cover each other. */
function apart(
  points: readonly (readonly [number, number])[],
): (readonly [x: number, y: number, index: number])[] {
  const kept: (readonly [number, number, number])[] = []
  for (const [index, [x, y]] of points.entries()) {
    const last = kept.at(-1)
    if (!last || Math.abs(x - last[0]) + Math.abs(y - last[1]) > 9) kept.push([x, y, index])
  }
  return kept
}

function SlopeArrow({
  x,
  y,
  towards: [dx, dy],
}: {
  readonly x: number
  readonly y: number
  readonly towards: readonly [number, number]
}) {
  const tip = 62
  return (
    <g
      className="descent-slope"
      transform={`translate(${x} ${y}) rotate(${(Math.atan2(dy, dx) * 180) / Math.PI})`}
    >
      <path className="halo" d={`M14 0H${tip - 8}`} />
      <path className="shaft" d={`M14 0H${tip - 8}`} />
      <path className="head" d={`M${tip} 0L${tip - 11} -5.5V5.5Z`} />
    </g>
  )
}

interface Region {
  readonly level: number
  readonly path: string
  /** How low it is, in percent. */
  readonly share: number
}

/** A map as it was drawn, and of what. */
interface Drawn {
  readonly regions: readonly Region[]
  readonly ranges: readonly [Range, Range]
  readonly size: Size
}

/** Where a map is while a new one of these ranges is being drawn; nothing if it is of these ranges. */
function movedSince(drawn: Drawn, [x, y]: readonly [Range, Range], size: Size): string | undefined {
  const span = ([low, high]: Range) => high - low
  const [wide, high] = [size.width / span(x), size.height / span(y)]
  const across = (span(drawn.ranges[0]) / drawn.size.width) * wide
  const down = (span(drawn.ranges[1]) / drawn.size.height) * high
  const right = (drawn.ranges[0][0] - x[0]) * wide
  const below = (y[1] - drawn.ranges[1][1]) * high
  if (across === 1 && down === 1 && right === 0 && below === 0) return undefined
  return `matrix(${across} 0 0 ${down} ${right} ${below})`
}

function* regionsOf(
  bowl: PictureProps['scene']['bowl'],
  ranges: readonly [Range, Range],
  size: Size,
  cell: number,
): Slices<Drawn> {
  const { width, height } = size
  // A little more than is seen, so that the borders of the regions along the edges of the map are outside.
  const more = 1.06
  const [x, y] = ranges.map((range) => zoomed(range, more, range[0] + (range[1] - range[0]) / 2)) as [
    Range,
    Range,
  ]
  const columns = Math.ceil((width * more) / cell) + 1
  const rows = Math.ceil((height * more) / cell) + 1
  const grid = yield* gridOf(bowl, [x, y], columns, rows)
  const levels = levelsOf(grid, bands)
  const place = ([column, row]: Loop[number]): readonly [number, number] => [
    (column / (columns - 1)) * width * more - (width * (more - 1)) / 2,
    height - ((row / (rows - 1)) * height * more - (height * (more - 1)) / 2),
  ]
  const regions: Region[] = []
  for (const [index, level] of levels.toReversed().entries()) {
    yield
    const loops = loopsBelow(grid, level)
    // A valley narrower than the cells would fall to pieces.
    const points = loops.reduce((total, loop) => total + loop.length, 0)
    if (loops.length > 3 && points / loops.length < 12) continue
    const share = Math.round(((index + 1) / levels.length) * 100)
    regions.push({ level, path: regionPath(loops, place), share })
  }
  return { regions, ranges, size }
}

/** Loops as curves through the middles of their segments, so that the corners of the grid do not show. */
function regionPath(
  loops: readonly Loop[],
  place: (point: Loop[number]) => readonly [number, number],
): string {
  const text = ([x, y]: readonly [number, number]) => `${x.toFixed(1)} ${y.toFixed(1)}`
  return loops
    .map((loop) => {
      const points = loop.map(place)
      const middle = (index: number): readonly [number, number] => {
        const [x, y] = points[index % points.length]!
        const [nextX, nextY] = points[(index + 1) % points.length]!
        return [(x + nextX) / 2, (y + nextY) / 2]
      }
      const curves = points.map(
        (_, index) => `Q${text(points[(index + 1) % points.length]!)} ${text(middle(index + 1))}`,
      )
      return `M${text(middle(0))}${curves.join('')}Z`
    })
    .join('')
}
