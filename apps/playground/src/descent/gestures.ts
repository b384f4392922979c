// Pointers on the picture: a press drops a ball, dragging the start moves it, dragging elsewhere pans, two fingers or the
// wheel zoom.
import { type Position, panned, type Range, zoomed } from '@bp/lab'
import { type PointerEvent, type RefObject, useEffect, useRef } from 'react'

export interface Axes {
  /** The ranges in the picture: of x, and of y where it is a parameter. */
  readonly ranges: readonly Range[]
  /** Where the picture is in its element, in pixels. */
  readonly box: {
    readonly left: number
    readonly top: number
    readonly width: number
    readonly height: number
  }
}

interface Gestures {
  readonly axes: Axes
  readonly onDrop: (position: Position) => void
  readonly onDrag: (position: Position) => void
  readonly onRanges: (ranges: readonly Range[]) => void
}

/** A pointer that moves less, in pixels, presses. */
const slack = 5

function positionAt({ ranges, box }: Axes, x: number, y: number): Position {
  const shares = [(x - box.left) / box.width, 1 - (y - box.top) / box.height]
  return ranges.map(([low, high], axis) => rounded(low + shares[axis]! * (high - low), high - low))
}

/** To a thousandth of the range, so that numbers of a hand are as short as a hand is precise. */
export function rounded(value: number, range: number): number {
  const unit = 10 ** Math.floor(Math.log10(range / 300))
  return Number((Math.round(value / unit) * unit).toPrecision(12)) + 0
}

export function zoomedAround(axes: Axes, factor: number, around: Position): Range[] {
  return axes.ranges.map((range, axis) => zoomed(range, factor, around[axis]!))
}

export function useGestures(element: RefObject<HTMLElement | null>, gestures: Gestures) {
  const latest = useRef(gestures)
  latest.current = gestures
  const pointers = useRef(new Map<number, { x: number; y: number }>())
  const begun = useRef<{ kind: 'drag' | 'pan'; x: number; y: number; moved: boolean; axes: Axes } | null>(
    null,
  )
  const place = (event: { clientX: number; clientY: number }) => {
    const { left, top } = element.current!.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  useEffect(() => {
    const target = element.current!
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      const { left, top } = target.getBoundingClientRect()
      const { axes, onRanges } = latest.current
      const around = positionAt(axes, event.clientX - left, event.clientY - top)
      const factor = Math.exp(Math.min(Math.max(event.deltaY, -120), 120) / 400)
      onRanges(zoomedAround(axes, factor, around))
    }
    // React listens passively, which would scroll the page.
    target.addEventListener('wheel', onWheel, { passive: false })
    return () => target.removeEventListener('wheel', onWheel)
  }, [element])

  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      const target = event.target as Element
      const handle = target.closest('[data-start]')
      if (event.button !== 0 || (target.closest('button') && !handle)) return
      element.current!.setPointerCapture(event.pointerId)
      const at = place(event)
      pointers.current.set(event.pointerId, at)
      const { axes } = latest.current
      begun.current = { kind: handle ? 'drag' : 'pan', ...at, moved: pointers.current.size > 1, axes }
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const before = pointers.current.get(event.pointerId)
      const gesture = begun.current
      if (!before || !gesture) return
      const at = place(event)
      const others = [...pointers.current].filter(([id]) => id !== event.pointerId)
      pointers.current.set(event.pointerId, at)
      const { axes, onDrag, onRanges } = latest.current
      const other = others[0]?.[1]
      if (other) {
        const distance = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y)
        const middle = positionAt(axes, (at.x + other.x) / 2, (at.y + other.y) / 2)
        if (distance(at) > 10 && distance(before) > 10)
          onRanges(zoomedAround(axes, distance(before) / distance(at), middle))
        return
      }
      if (Math.hypot(at.x - gesture.x, at.y - gesture.y) > slack) gesture.moved = true
      if (!gesture.moved) return
      if (gesture.kind === 'drag') onDrag(positionAt(axes, at.x, at.y))
      else {
        const { width, height } = axes.box
        const parts = [(gesture.x - at.x) / width, (at.y - gesture.y) / height]
        onRanges(gesture.axes.ranges.map((range, axis) => panned(range, parts[axis]!)))
      }
    },
    onPointerUp(event: PointerEvent<HTMLElement>) {
      const gesture = begun.current
      if (!pointers.current.delete(event.pointerId) || !gesture) return
      if (pointers.current.size === 0) begun.current = null
      else gesture.moved = true
      if (gesture.moved || gesture.kind === 'drag') return
      const { axes, onDrop } = latest.current
      const { x, y } = place(event)
      onDrop(positionAt(axes, x, y))
    },
    onPointerCancel(event: PointerEvent<HTMLElement>) {
      pointers.current.delete(event.pointerId)
      begun.current = null
    },
  }
}
