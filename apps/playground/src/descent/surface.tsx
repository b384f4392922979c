// The surface of a cost of two parameters, turned by dragging or by keys, with the paths on it.
import {
  gridOf,
  heightsOf,
  type Patch,
  type Project,
  patchesOf,
  projection,
  type Range,
  square,
  tilts,
} from '@bp/lab'
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef } from 'react'
import { type Size, useSize } from '../parts/use-size.js'
import { useSlices } from '../parts/use-slices.js'
import { useTexts } from '../shell/language.js'
import { markPath } from './markers.js'
import type { PictureProps } from './picture.js'
import { ballOf, reached } from './scene.js'

/** Points of the surface along each side. */
const points = 45

export function Surface({ scene, busy, document, change }: PictureProps) {
  const texts = useTexts().descent
  const holder = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const size = useSize(holder)
  const { bowl, ranges, paths, step, lead } = scene
  const { turn, tilt } = document.look
  const { result: grid, busy: gridBusy } = useSlices(
    () => gridOf(bowl, square(ranges as readonly [Range, Range], 1, 1), points, points),
    [bowl, ranges],
  )
  const heights = useMemo(() => (grid ? heightsOf(grid) : null), [grid])
  const project = projection({ turn, tilt })
  const patches = useMemo(
    () => (grid && heights ? patchesOf(grid, heights, projection({ turn, tilt })) : []),
    [grid, heights, turn, tilt],
  )
  const { scale, middle } = fitted(project, patches, size)
  const pixel = ([x, y]: readonly [number, number, ...number[]]) =>
    [middle[0] + x * scale, middle[1] + y * scale] as const

  useEffect(() => {
    const target = canvas.current
    if (!target || !size) return
    const paint = () => {
      const ratio = Math.min(devicePixelRatio, 2)
      target.width = size.width * ratio
      target.height = size.height * ratio
      const pen = target.getContext('2d')!
      pen.scale(ratio, ratio)
      const style = getComputedStyle(target)
      const [low, high, line] = ['--descent-low', '--descent-high', '--descent-edge'].map((name) =>
        partsOf(style.getPropertyValue(name)),
      )
      pen.beginPath()
      for (const [x, y] of [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ] as const)
        pen.lineTo(...pixel(project(x, y, 0)))
      pen.closePath()
      pen.fillStyle = mixed(line!, line!, 0, 1, 0.07)
      pen.fill()
      pen.strokeStyle = mixed(line!, line!, 0, 1, 0.35)
      pen.stroke()
      for (const { corners, height, light } of patches) {
        pen.beginPath()
        for (const corner of corners) pen.lineTo(...pixel([corner[0], corner[1]]))
        pen.closePath()
        const shade = 0.55 + 0.45 * light
        pen.fillStyle = mixed(low!, high!, height, shade)
        pen.fill()
        pen.strokeStyle = mixed(line!, line!, 0, 1, 0.16)
        pen.lineWidth = 0.7
        pen.stroke()
      }
    }
    paint()
    // Colours follow the system and the page's own switch.
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', paint)
    const observer = new MutationObserver(paint)
    observer.observe(target.ownerDocument.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      scheme.removeEventListener('change', paint)
      observer.disconnect()
    }
  }, [patches, size])

  const look = (nextTurn: number, nextTilt: number) =>
    change(
      {
        look: {
          turn: Number((nextTurn % (2 * Math.PI)).toFixed(3)),
          tilt: Number(Math.min(Math.max(nextTilt, tilts[0]), tilts[1]).toFixed(3)),
        },
      },
      'look',
    )
  const begun = useRef<{ x: number; y: number; turn: number; tilt: number } | null>(null)
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    begun.current = { x: event.clientX, y: event.clientY, turn, tilt }
  }
  const onPointerMove = (event: PointerEvent) => {
    const from = begun.current
    if (!from) return
    look(from.turn + (event.clientX - from.x) / 160, from.tilt + (event.clientY - from.y) / 220)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-0.1, 0],
      ArrowRight: [0.1, 0],
      ArrowUp: [0, -0.07],
      ArrowDown: [0, 0.07],
    }
    const move = moves[event.key]
    if (!move) return
    event.preventDefault()
    look(turn + move[0], tilt + move[1])
  }

  const onSurface = (position: readonly number[], cost: number) => {
    if (!grid || !heights) return null
    const [x, y] = grid.ranges
    const across = (2 * (position[0]! - x[0])) / (x[1] - x[0]) - 1
    const away = (2 * (position[1]! - y[0])) / (y[1] - y[0]) - 1
    const inside = Math.abs(across) <= 1 && Math.abs(away) <= 1
    return inside ? pixel(project(across, away, heights.of(cost))) : null
  }
  const corner = (across: number, away: number) => pixel(project(across, away, 0))
  const degrees = (angle: number) => Math.round((angle * 180) / Math.PI)
  const names = bowl.parameters.map((name, axis) => {
    // On the side of the floor that is nearer.
    const near = axis === 0 ? (Math.cos(turn) > 0 ? -1 : 1) : Math.sin(turn) > 0 ? -1 : 1
    return { name, at: axis === 0 ? corner(0, near * 1.1) : corner(near * 1.1, 0) }
  })
  return (
    <div ref={holder} className="descent-picture surface" aria-busy={busy || gridBusy}>
      <div
        className="descent-turn"
        role="slider"
        tabIndex={0}
        aria-label={texts.turn}
        aria-valuemin={-360}
        aria-valuemax={360}
        aria-valuenow={degrees(turn)}
        aria-valuetext={texts.degrees(degrees(turn), degrees(tilt))}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => {
          begun.current = null
        }}
        onPointerCancel={() => {
          begun.current = null
        }}
      >
        <canvas ref={canvas} />
      </div>
      {size && (
        <svg
          className="descent-surface"
          width={size.width}
          height={size.height}
          role="img"
          aria-label={texts.pictureOf(bowl.source, bowl.parameters.join(', '))}
        >
          {names.map(({ name, at }) => (
            <text key={name} className="descent-axis-name" x={at[0]} y={at[1]} textAnchor="middle">
              {name}
            </text>
          ))}
          {[...paths].reverse().map((path) => {
            const { rule } = path.racer
            let line = ''
            let open = false
            for (const { position, cost } of path.steps.slice(0, reached(path, step) + 1)) {
              const at = onSurface(position, cost)
              if (at) line += `${open ? 'L' : 'M'}${at[0].toFixed(1)} ${at[1].toFixed(1)}`
              open = at !== null
            }
            const own = ballOf(path, step)
            const at = onSurface(own.position, own.cost)
            return (
              <g key={rule} className={path === lead ? 'descent-path lead' : 'descent-path'}>
                <path className={`descent-line ${rule}`} d={line} />
                {at && (
                  <path
                    className={`descent-ball ${rule}`}
                    d={markPath(rule, at[0], at[1], path === lead ? 9.5 : 7)}
                  />
                )}
              </g>
            )
          })}
        </svg>
      )}
      {heights?.logarithmic && <p className="descent-note">{texts.logarithmic}</p>}
    </div>
  )
}

/** The largest scale at which the whole surface, with the names of its axes, is in the picture; and where its middle is. */
function fitted(
  project: Project,
  patches: readonly Patch[],
  size: Size | null,
): { readonly scale: number; readonly middle: readonly [number, number] } {
  if (!size) return { scale: 1, middle: [0, 0] }
  const floor = [-1.1, 1.1].flatMap((x) => [-1.1, 1.1].map((y) => project(x, y, 0)))
  const ys = [...floor.map(([, y]) => y), ...patches.flatMap(({ corners }) => corners.map(([, y]) => y))]
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)]
  // As wide at every turn, so that it does not grow and shrink while it is turned.
  const widest = 2 * Math.SQRT2 * 0.68
  const scale = Math.min(
    (size.width - 40) / widest,
    (size.height - Math.min(56, size.height / 12)) / (bottom - top),
  )
  return { scale, middle: [size.width / 2, size.height / 2 - ((top + bottom) / 2) * scale] }
}

type Colour = readonly [red: number, green: number, blue: number]

/** The numbers of a computed colour: custom properties that are registered as colours are `rgb(…)`. */
function partsOf(colour: string): Colour {
  const [red, green, blue] = (colour.match(/[\d.]+/g) ?? []).map(Number)
  return [red ?? 0, green ?? 0, blue ?? 0]
}

function mixed(low: Colour, high: Colour, share: number, shade: number, alpha = 1): string {
  const parts = low.map((value, index) => Math.round((value + (high[index]! - value) * share) * shade))
  return `rgb(${parts.join(' ')} / ${alpha})`
}
