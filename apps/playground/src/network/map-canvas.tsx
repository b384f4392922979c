// Maps over both inputs, painted into a canvas: of one unit, or of the answers with the points on them.
import type { LabelledPoint, MapRange } from '@bp/lab'
import { type CanvasHTMLAttributes, useEffect, useRef } from 'react'
import { classColour, inkColour, type MapColours, type Rgb, signedColour, useMapColours } from './colours.js'
import { contour } from './contour.js'

/** Numbers at the points of a map: rows from the top, one point beyond each border. */
export interface Grid {
  readonly values: readonly Float32Array[]
  readonly resolution: number
}

/** How the numbers of a unit become a colour. */
export type Scale = 'probability' | 'bounded' | 'free' | { readonly label: number }

function scaled(values: Float32Array, scale: Scale): (value: number) => number {
  if (scale === 'probability') return (value) => 2 * value - 1
  if (scale === 'bounded') return (value) => value
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  return (value) => value / (most || 1)
}

/** Colours of every point of a map. */
function pixelsOf({ values, resolution }: Grid, scale: Scale, colours: MapColours): ImageData {
  const pixels = new ImageData(resolution, resolution)
  const put = (at: number, [red, green, blue]: Rgb) => {
    pixels.data[4 * at] = red
    pixels.data[4 * at + 1] = green
    pixels.data[4 * at + 2] = blue
    pixels.data[4 * at + 3] = 255
  }
  const [first] = values
  const count = values.length
  if (count > 1) {
    for (let at = 0; at < first!.length; at++) {
      let best = 0
      for (let label = 1; label < count; label++) if (values[label]![at]! > values[best]![at]!) best = label
      put(at, classColour(colours, best, (values[best]![at]! - 1 / count) / (1 - 1 / count)))
    }
    return pixels
  }
  if (typeof scale === 'object') {
    for (let at = 0; at < first!.length; at++) put(at, classColour(colours, scale.label, first![at]!))
    return pixels
  }
  const share = scaled(first!, scale)
  for (let at = 0; at < first!.length; at++) put(at, signedColour(colours, share(first![at]!)))
  return pixels
}

function paint(
  canvas: HTMLCanvasElement,
  grid: Grid | null,
  scale: Scale,
  colours: MapColours,
  over?: (context: CanvasRenderingContext2D, width: number, height: number) => void,
): void {
  const { clientWidth: width, clientHeight: height } = canvas
  if (width === 0 || height === 0) return
  const ratio = devicePixelRatio || 1
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide
    canvas.height = high
  }
  const context = canvas.getContext('2d')!
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.fillStyle = `rgb(${colours.paper.join()})`
  context.fillRect(0, 0, width, height)
  if (grid) {
    const { resolution } = grid
    const small = new OffscreenCanvas(resolution, resolution)
    small.getContext('2d')!.putImageData(pixelsOf(grid, scale, colours), 0, 0)
    // One pixel for each point, smoothly; the outermost ones lie beyond the border.
    const [cellX, cellY] = [width / (resolution - 2), height / (resolution - 2)]
    context.imageSmoothingEnabled = true
    context.imageSmoothingQuality = 'high'
    context.drawImage(small, -cellX, -cellY, width + 2 * cellX, height + 2 * cellY)
  }
  over?.(context, width, height)
}

interface PixelsProps {
  readonly values: ArrayLike<number>
  /** Drawn in the colours of both signs, as large as the largest; else from paper at 0 to ink at 1. */
  readonly signed?: boolean
}

/** A picture of few points, each with its colour; what it is is said by what it is in. */
export function Pixels({ values, signed = false }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const colours = useMapColours()
  const side = Math.sqrt(values.length)
  useEffect(() => {
    const pixels = new ImageData(side, side)
    const numbers = Array.from(values)
    const most = signed ? Math.max(1e-12, ...numbers.map(Math.abs)) : 1
    for (const [at, value] of numbers.entries()) {
      const colour = signed ? signedColour(colours, value / most) : inkColour(colours, value)
      pixels.data.set([...colour.map(Math.round), 255], 4 * at)
    }
    canvas.current!.getContext('2d')!.putImageData(pixels, 0, 0)
  }, [values, signed, side, colours])
  return <canvas ref={canvas} width={side} height={side} className="network-pixels" />
}

interface UnitMapProps {
  readonly grid: Grid | null
  readonly scale: Scale
}

/** The map of one unit; what it is is said by what it is in. */
export function UnitMap({ grid, scale }: UnitMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const colours = useMapColours()
  useEffect(() => {
    const element = canvas.current!
    const redraw = () => paint(element, grid, scale, colours)
    redraw()
    const resized = new ResizeObserver(redraw)
    resized.observe(element)
    return () => resized.disconnect()
  }, [grid, scale, colours])
  return <canvas ref={canvas} className="network-unit-map" />
}

export interface MapPoint {
  readonly x1: number
  readonly x2: number
  readonly label: number
  readonly wrong: boolean
  /** Rows held back are drawn hollow. */
  readonly heldBack: boolean
}

interface AnswerMapProps extends CanvasHTMLAttributes<HTMLCanvasElement> {
  readonly grid: Grid | null
  readonly range: MapRange
  readonly points: readonly MapPoint[]
  /** The row that is followed. */
  readonly marked?: number
  readonly cross?: readonly [number, number] | null
}

/** The answers everywhere, and the rows. */
export function AnswerMap({ grid, range, points, marked, cross, ...rest }: AnswerMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const colours = useMapColours()
  useEffect(() => {
    const element = canvas.current!
    const redraw = () =>
      paint(element, grid, 'probability', colours, (context, width, height) => {
        if (grid?.values.length === 1 && isUneven(grid.values[0]!))
          drawLine(context, grid, colours, width, height)
        const place = placing(range, width, height)
        for (const [index, point] of points.entries())
          drawPoint(context, point, place(point.x1, point.x2), colours, points.length, index === marked)
        if (cross) drawCross(context, place(...cross), colours)
      })
    redraw()
    const resized = new ResizeObserver(redraw)
    resized.observe(element)
    return () => resized.disconnect()
  }, [grid, range, points, marked, cross, colours])
  return <canvas ref={canvas} className="network-answer-map" {...rest} />
}

const placing =
  ({ x1, x2 }: MapRange, width: number, height: number) =>
  (a: number, b: number): readonly [number, number] => [
    ((a - x1[0]) / (x1[1] - x1[0])) * width,
    height - ((b - x2[0]) / (x2[1] - x2[0])) * height,
  ]

/** The inputs at a place of a map, in pixels of its box. */
export function inputsAt(range: MapRange, box: DOMRect, x: number, y: number): [number, number] {
  const along = ([low, high]: readonly [number, number], share: number) =>
    low + Math.min(1, Math.max(0, share)) * (high - low)
  return [along(range.x1, (x - box.left) / box.width), along(range.x2, 1 - (y - box.top) / box.height)]
}

/** Index of the nearest point within this share of the map's sides, or −1. */
export function nearestPoint(
  points: readonly (LabelledPoint | readonly [number, number])[],
  range: MapRange,
  [a, b]: readonly [number, number],
  within: number,
): number {
  let best = -1
  let least = within
  for (const [index, [x1, x2]] of points.entries()) {
    const distance = Math.hypot(
      (x1 - a) / (range.x1[1] - range.x1[0]),
      (x2 - b) / (range.x2[1] - range.x2[0]),
    )
    if (distance < least) [best, least] = [index, distance]
  }
  return best
}

/** Whether the answers differ by more than rounding, so that there is a line between them. */
function isUneven(values: Float32Array): boolean {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return high - low > 1e-6
}

function drawLine(
  context: CanvasRenderingContext2D,
  { values, resolution }: Grid,
  { ink, paper }: MapColours,
  width: number,
  height: number,
): void {
  const [cellX, cellY] = [width / (resolution - 2), height / (resolution - 2)]
  context.beginPath()
  for (const { from, to } of contour(values[0]!, resolution, 0.5)) {
    context.moveTo((from[0] - 0.5) * cellX, (from[1] - 0.5) * cellY)
    context.lineTo((to[0] - 0.5) * cellX, (to[1] - 0.5) * cellY)
  }
  context.lineCap = 'round'
  context.strokeStyle = `rgb(${paper.join(' ')} / 85%)`
  context.lineWidth = 4.5
  context.stroke()
  context.strokeStyle = ink
  context.lineWidth = 1.4
  context.stroke()
}

/** Each class has a shape of its own: circle, square, then polygons of more and more corners. */
function outline(
  context: CanvasRenderingContext2D,
  label: number,
  x: number,
  y: number,
  radius: number,
): void {
  context.beginPath()
  if (label === 0) {
    context.arc(x, y, radius, 0, 2 * Math.PI)
    return
  }
  const corners = label === 1 ? 4 : label === 2 ? 3 : label + 2
  const turn = label === 1 ? Math.PI / 4 : -Math.PI / 2
  for (let corner = 0; corner < corners; corner++) {
    const angle = turn + (2 * Math.PI * corner) / corners
    const reach = radius * (label <= 2 ? 1.2 : 1.1)
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle))
  }
  context.closePath()
}

function drawPoint(
  context: CanvasRenderingContext2D,
  { label, wrong, heldBack }: MapPoint,
  [x, y]: readonly [number, number],
  { classes, ink, paper }: MapColours,
  count: number,
  marked: boolean,
): void {
  const radius = count <= 12 ? 11 : count <= 60 ? 6 : 4
  const colour = `rgb(${classes[label]!.join()})`
  const light = `rgb(${paper.join()})`
  if (marked) {
    context.beginPath()
    context.arc(x, y, radius + 5, 0, 2 * Math.PI)
    context.strokeStyle = ink
    context.lineWidth = 2
    context.stroke()
  }
  outline(context, label, x, y, radius)
  context.fillStyle = heldBack ? light : colour
  context.fill()
  context.strokeStyle = heldBack ? colour : light
  context.lineWidth = radius > 8 ? 2.5 : 1.5
  context.stroke()
  if (radius > 8) {
    context.fillStyle = heldBack ? colour : light
    context.font = '600 13px system-ui, sans-serif'
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.fillText(String(label), x, y + 0.5)
  }
  if (!wrong) return
  // A cross over the corner says that the answer is wrong.
  const [cx, cy, arm] = radius > 8 ? [x + radius, y - radius, 4.5] : [x, y, radius * 0.9]
  if (radius > 8) {
    context.beginPath()
    context.arc(cx, cy, 8, 0, 2 * Math.PI)
    context.fillStyle = ink
    context.fill()
  }
  context.beginPath()
  context.moveTo(cx - arm, cy - arm)
  context.lineTo(cx + arm, cy + arm)
  context.moveTo(cx + arm, cy - arm)
  context.lineTo(cx - arm, cy + arm)
  context.strokeStyle = radius > 8 ? light : ink
  context.lineWidth = 1.8
  context.stroke()
}

function drawCross(
  context: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  { ink, paper }: MapColours,
): void {
  for (const [style, width] of [
    [`rgb(${paper.join()})`, 4],
    [ink, 1.6],
  ] as const) {
    context.beginPath()
    context.moveTo(x - 12, y)
    context.lineTo(x + 12, y)
    context.moveTo(x, y - 12)
    context.lineTo(x, y + 12)
    context.strokeStyle = style
    context.lineWidth = width
    context.stroke()
  }
}
