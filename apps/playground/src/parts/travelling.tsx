// A number on its way along a line when a step is taken; it stands nowhere, takes no press, and is not read aloud.
import { useRef } from 'react'

/** The position if a step of one led to it, so that nothing travels when one jumps, goes back or opens a link; else null. */
export function useStepped(position: number): number | null {
  const before = useRef(position)
  const stepped = useRef(false)
  if (before.current !== position) {
    stepped.current = position === before.current + 1
    before.current = position
  }
  return stepped.current ? position : null
}

interface TravellingProps {
  /** An SVG path, in the coordinates of the element around it. */
  readonly path: string
  readonly text: string
  readonly tone: 'forward' | 'backward'
}

/** Values go along the path, derivatives against it. Mounted anew, it goes again. */
export function Travelling({ path, text, tone }: TravellingProps) {
  return (
    <span className={`travelling ${tone}`} aria-hidden="true" style={{ offsetPath: `path("${path}")` }}>
      {text}
    </span>
  )
}
