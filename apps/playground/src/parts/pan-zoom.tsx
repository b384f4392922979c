// A drawing that can be moved and zoomed: by drag, wheel, pinch, keys and buttons. Until one does, it is fitted into the room.
import { type PointerEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useKeys } from '../shell/keys.js'
import { useTexts } from '../shell/language.js'
import { SignButton } from './sign-button.js'
import { type Size, useSize } from './use-size.js'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

interface Camera {
  readonly x: number
  readonly y: number
  readonly scale: number
}

interface PanZoomProps {
  /** Size of the drawing, in its own unit. */
  readonly width: number
  readonly height: number
  /** The part that is kept in sight, when it changes. */
  readonly focus: Box | null
  /** What a small picture of the whole shows, while not all is in sight. */
  readonly overview?: readonly Box[]
  /** A large drawing may draw only what is in sight. */
  readonly children: ReactNode | ((inSight: Box) => ReactNode)
}

const nothing: Size = { width: 0, height: 0 }
const smallest = 0.1
const largest = 4
/** A drawing is not blown up beyond this, nor shrunk below this, when it is fitted. */
const largestFitted = 1.35
const smallestFitted = 0.6
const margin = 20

export function PanZoom({ width, height, focus, overview, children }: PanZoomProps) {
  const texts = useTexts().panZoom
  const holder = useRef<HTMLDivElement>(null)
  const room = useSize(holder) ?? nothing
  // `null` while nobody has moved it.
  const [moved, setMoved] = useState<Camera | null>(null)
  // Another drawing is fitted anew
  useEffect(() => setMoved(null), [width, height])

  const fitted = fit(width, height, room)
  const followed = follow(fitted, focus, room)
  const camera = moved ?? followed
  const current = useRef(camera)
  current.current = camera

  // When the focus goes on, a view that was moved goes along with it.
  const focusKey = focus && `${focus.x} ${focus.y}`
  // Only when it is another focus
  useEffect(() => {
    setMoved((camera) => camera && follow(camera, focus, room))
  }, [focusKey])

  const zoom = useCallback(
    (factor: number, x = room.width / 2, y = room.height / 2) => {
      const { x: left, y: top, scale } = current.current
      const next = Math.min(largest, Math.max(smallest, scale * factor))
      const ratio = next / scale
      setMoved({ scale: next, x: x - (x - left) * ratio, y: y - (y - top) * ratio })
    },
    [room],
  )

  useEffect(() => {
    const element = holder.current!
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const { left, top } = element.getBoundingClientRect()
      const unit = event.deltaMode === 1 ? 16 : 1
      if (event.ctrlKey || event.metaKey)
        zoom(1.002 ** (-event.deltaY * unit * 4), event.clientX - left, event.clientY - top)
      else {
        const { x, y, scale } = current.current
        setMoved({ scale, x: x - event.deltaX * unit, y: y - event.deltaY * unit })
      }
    }
    // React listens passively, and then the page would zoom too.
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [zoom])

  const pointers = useRef(new Map<number, { x: number; y: number }>())
  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0 || (event.target as Element).closest('button, input, a, [data-drag]')) return
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
    holder.current!.setPointerCapture(event.pointerId)
  }
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId)
    if (!before) return
    const now = { x: event.clientX, y: event.clientY }
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1]
    pointers.current.set(event.pointerId, now)
    if (other) {
      const { left, top } = holder.current!.getBoundingClientRect()
      const factor =
        Math.hypot(now.x - other.x, now.y - other.y) /
        (Math.hypot(before.x - other.x, before.y - other.y) || 1)
      zoom(factor, (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top)
    } else {
      const { x, y, scale } = current.current
      setMoved({ scale, x: x + now.x - before.x, y: y + now.y - before.y })
    }
  }
  const onPointerEnd = (event: PointerEvent) => pointers.current.delete(event.pointerId)

  useKeys([
    { key: '+', title: texts.closer, run: () => zoom(1.25) },
    { key: '-', title: texts.farther, run: () => zoom(0.8) },
    { key: '0', title: texts.fit, run: () => setMoved(null) },
  ])

  return (
    <div
      ref={holder}
      className="pan-zoom"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerEnd}
      onPointerCancel={onPointerEnd}
    >
      {room.width > 0 && (
        <div
          className="pan-zoom-content"
          style={{
            width,
            height,
            transform: `translate(${camera.x}px, ${camera.y}px) scale(${camera.scale})`,
          }}
        >
          {typeof children === 'function' ? children(inSightOf(camera, room)) : children}
        </div>
      )}
      {overview && room.width >= narrowest && !fits(width, height, camera, room) && (
        <Overview
          boxes={overview}
          width={width}
          height={height}
          sight={{
            x: -camera.x / camera.scale,
            y: -camera.y / camera.scale,
            width: room.width / camera.scale,
            height: room.height / camera.scale,
          }}
          onCentre={(x, y) =>
            setMoved({
              scale: camera.scale,
              x: room.width / 2 - x * camera.scale,
              y: room.height / 2 - y * camera.scale,
            })
          }
        />
      )}
      <div className="pan-zoom-buttons">
        <SignButton title={texts.closer} sign="+" className="quiet" onPress={() => zoom(1.25)} />
        <SignButton title={texts.farther} sign="−" className="quiet" onPress={() => zoom(0.8)} />
        <SignButton
          title={texts.fit}
          sign="⤢"
          className="quiet"
          disabled={moved === null}
          onPress={() => setMoved(null)}
        />
      </div>
    </div>
  )
}

/** In narrower rooms an overview would cover the drawing. */
const narrowest = 600
/** Of the overview, in CSS pixels. */
const overviewSize = { width: 168, height: 112 }
const leastSide = 40

function fits(width: number, height: number, { x, y, scale }: Camera, room: Size): boolean {
  return x >= 0 && y >= 0 && x + width * scale <= room.width && y + height * scale <= room.height
}

interface OverviewProps {
  readonly boxes: readonly Box[]
  readonly width: number
  readonly height: number
  readonly sight: Box
  readonly onCentre: (x: number, y: number) => void
}

/** The whole as a small picture, with what is in sight; a press or drag goes there. Keys move the drawing itself. */
function Overview({ boxes, width, height, sight, onCentre }: OverviewProps) {
  const scale = Math.min(overviewSize.width / width, overviewSize.height / height)
  // A chain of a thousand layers would be a line: it is stretched.
  const across = Math.max(leastSide, width * scale) / width
  const down = Math.max(leastSide, height * scale) / height
  // One path, since there may be a thousand.
  const path = useMemo(
    () => boxes.map(({ x, y, width, height }) => `M${x} ${y}h${width}v${height}h${-width}z`).join(''),
    [boxes],
  )
  const centre = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons === 0) return
    const { left, top } = event.currentTarget.getBoundingClientRect()
    event.currentTarget.setPointerCapture(event.pointerId)
    onCentre((event.clientX - left) / across, (event.clientY - top) / down)
  }
  return (
    <svg
      className="pan-zoom-overview"
      aria-hidden="true"
      data-drag=""
      width={width * across}
      height={height * down}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      onPointerDown={centre}
      onPointerMove={centre}
    >
      <path d={path} />
      <rect {...sight} />
    </svg>
  )
}

/** What is in sight changes when it was moved as far as this, in the unit of the drawing. */
const sightStep = 512

/** The part of the drawing that is in sight, and somewhat more. */
function inSightOf({ x, y, scale }: Camera, room: Size): Box {
  const along = (offset: number, space: number) => {
    const low = (Math.floor(-offset / scale / sightStep) - 0.5) * sightStep
    const high = (Math.ceil((space - offset) / scale / sightStep) + 0.5) * sightStep
    return { low, size: high - low }
  }
  const [across, down] = [along(x, room.width), along(y, room.height)]
  return { x: across.low, y: down.low, width: across.size, height: down.size }
}

/** In the middle of the room, as large as it may be. */
function fit(width: number, height: number, room: Size): Camera {
  const wanted = Math.min((room.width - 2 * margin) / width, (room.height - 2 * margin) / height)
  const scale = Math.min(largestFitted, Math.max(smallestFitted, wanted))
  return {
    scale,
    // What does not fit begins at the edge.
    x: Math.max(margin, (room.width - width * scale) / 2),
    y: Math.max(margin, (room.height - height * scale) / 2),
  }
}

/** Moved as little as it takes to have the box in sight. */
function follow({ x, y, scale }: Camera, box: Box | null, room: Size): Camera {
  if (!box || room.width === 0) return { x, y, scale }
  const along = (from: number, size: number, offset: number, space: number) => {
    const low = from * scale + offset
    const high = low + size * scale
    if (high - low > space - 2 * margin) return offset + (space - high - low) / 2
    if (low < margin) return offset + margin - low
    if (high > space - margin) return offset + space - margin - high
    return offset
  }
  return {
    scale,
    x: along(box.x, box.width, x, room.width),
    y: along(box.y, box.height, y, room.height),
  }
}
