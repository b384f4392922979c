// Colours of classes as numbers, for pictures that are painted point by point.
import { useSyncExternalStore } from 'react'

export type Rgb = readonly [number, number, number]

export interface MapColours {
  readonly paper: Rgb
  readonly ink: string
  readonly classes: readonly Rgb[]
}

const classColours = [
  '--class-0',
  '--class-1',
  '--network-class-2',
  '--network-class-3',
  '--network-class-4',
  '--network-class-5',
  '--network-class-6',
  '--network-class-7',
]

/** A custom property may hold `light-dark()`, which only a computed colour resolves. */
function resolved(names: readonly string[]): string[] {
  const probe = document.createElement('span')
  // Forced colours know no maps: theirs would be black all over.
  probe.style.setProperty('forced-color-adjust', 'none')
  document.body.append(probe)
  const colours = names.map((name) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  })
  probe.remove()
  return colours
}

const channels = (colour: string): Rgb => {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number)
  return [red, green, blue]
}

function read(): MapColours {
  const [paper, ink, ...classes] = resolved(['--map-middle', '--ink', ...classColours])
  return { paper: channels(paper!), ink: ink!, classes: classes.map(channels) }
}

// One for all maps, read again when the theme changes.
let colours: MapColours | null = null
const listeners = new Set<() => void>()

function change(): void {
  colours = null
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  watch()
  listeners.add(listener)
  return () => listeners.delete(listener)
}

let watched = false

function watch(): void {
  if (watched) return
  watched = true
  for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'])
    matchMedia(query).addEventListener('change', change)
  new MutationObserver(change).observe(document.documentElement, { attributeFilter: ['data-theme'] })
}

/** The colours now; they change with the theme. */
export function useMapColours(): MapColours {
  return useSyncExternalStore(subscribe, () => (colours ??= read()))
}

const between = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
]

/** Strongest colour on a map: points and lines stay visible on it. */
const strength = 0.82

/** The colour of a number in [−1, 1]: class 0 at −1, paper at 0, class 1 at 1. */
export function signedColour({ paper, classes }: MapColours, value: number): Rgb {
  const share = Math.min(1, Math.abs(value)) * strength
  return between(paper, classes[value < 0 ? 0 : 1]!, Number.isNaN(share) ? 0 : share)
}

/** From paper at 0 to ink at 1. */
export const inkColour = ({ paper, ink }: MapColours, share: number): Rgb =>
  between(paper, channels(ink), Math.min(1, Math.max(0, share)))

/** The colour of a class whose probability is this. */
export function classColour({ paper, classes }: MapColours, label: number, share: number): Rgb {
  return between(paper, classes[label]!, Math.min(1, Math.max(0, share)) * strength)
}
