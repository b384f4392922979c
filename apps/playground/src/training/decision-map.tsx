// The prediction of the network at every point of a square around the four examples, as a picture.
import type { Prediction } from '@bp/lab'
import { useEffect, useRef } from 'react'
import { contour } from './contour.js'
import { gridWidth, range } from './grid.js'

interface DecisionMapProps {
  /** Probabilities of 1 in the order of `predictGrid`; `null` before there are any. */
  readonly grid: Float32Array | null
  readonly predictions: readonly Prediction[]
}

export function DecisionMap({ grid, predictions }: DecisionMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)

  useEffect(() => {
    const element = canvas.current!
    const redraw = () => draw(element, grid, predictions)
    redraw()
    const resized = new ResizeObserver(redraw)
    resized.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', redraw)
    return () => {
      resized.disconnect()
      scheme.removeEventListener('change', redraw)
    }
  }, [grid, predictions])

  const correct = predictions.filter(({ correct }) => correct).length
  return (
    <canvas
      ref={canvas}
      className="decision-map"
      role="img"
      aria-label={`Decision map: what the network predicts for inputs from ${range[0]} to ${range[1]}. ${
        grid ? `${correct} of ${predictions.length} points are on the correct side.` : 'Not computed yet.'
      } The table of predictions holds the numbers.`}
    />
  )
}

function draw(
  canvas: HTMLCanvasElement,
  grid: Float32Array | null,
  predictions: readonly Prediction[],
): void {
  const side = canvas.clientWidth
  if (side === 0) return
  const ratio = devicePixelRatio || 1
  canvas.width = canvas.height = Math.round(side * ratio)
  const context = canvas.getContext('2d')!
  context.scale(ratio, ratio)
  const style = getComputedStyle(canvas)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const [zero, middle, one] = [colour('--map-zero'), colour('--map-middle'), colour('--map-one')]
  const ink = colour('--ink')
  const card = colour('--card')

  context.fillStyle = middle
  context.fillRect(0, 0, side, side)
  const [low, high] = range
  const place = (value: number) => ((value - low) / (high - low)) * side

  if (grid) {
    const width = gridWidth
    const cell = side / (width - 2)
    // One pixel per number, scaled up smoothly; the outermost ones lie beyond the border.
    const small = new OffscreenCanvas(width, width)
    const pixels = new ImageData(width, width)
    const colours = [zero, middle, one].map(channels)
    for (let row = 0; row < width; row++)
      for (let column = 0; column < width; column++) {
        const share = grid[row * width + column]! * 2
        const [from, to] = share < 1 ? [colours[0]!, colours[1]!] : [colours[1]!, colours[2]!]
        const between = share < 1 ? share : share - 1
        const at = (row * width + column) * 4
        for (let channel = 0; channel < 3; channel++)
          pixels.data[at + channel] = from[channel]! + (to[channel]! - from[channel]!) * between
        pixels.data[at + 3] = 255
      }
    small.getContext('2d')!.putImageData(pixels, 0, 0)
    context.imageSmoothingEnabled = true
    context.imageSmoothingQuality = 'high'
    context.drawImage(small, -cell, -cell, side + 2 * cell, side + 2 * cell)

    const line = new Path2D()
    for (const { from, to } of contour(grid, width, 0.5)) {
      line.moveTo((from[0] - 0.5) * cell, (from[1] - 0.5) * cell)
      line.lineTo((to[0] - 0.5) * cell, (to[1] - 0.5) * cell)
    }
    context.lineCap = 'round'
    // A band of the neutral colour keeps the line visible on either side.
    context.strokeStyle = middle
    context.lineWidth = 7
    context.stroke(line)
    context.strokeStyle = ink
    context.lineWidth = 2
    context.stroke(line)
  }

  const radius = Math.max(12, side / 24)
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (const prediction of predictions) {
    const x = place(prediction.inputs[0])
    const y = side - place(prediction.inputs[1])
    context.beginPath()
    context.arc(x, y, radius, 0, 2 * Math.PI)
    context.fillStyle = colour(prediction.target === 1 ? '--point-one' : '--point-zero')
    context.fill()
    context.lineWidth = 2.5
    context.strokeStyle = ink
    context.stroke()
    context.fillStyle = prediction.target === 1 ? '#ffffff' : '#000000'
    context.font = `700 ${radius * 1.1}px system-ui, sans-serif`
    context.fillText(String(prediction.target), x, y + 1)
    const { correct } = prediction
    const badge = radius * 0.62
    context.beginPath()
    context.arc(x + radius, y - radius, badge, 0, 2 * Math.PI)
    context.fillStyle = correct ? card : ink
    context.fill()
    context.lineWidth = 1.5
    context.stroke()
    context.fillStyle = correct ? ink : card
    context.font = `700 ${badge * 1.35}px system-ui, sans-serif`
    context.fillText(correct ? '✓' : '✗', x + radius, y - radius + 1)
  }
}

/** Red, green and blue of `#rrggbb`. */
function channels(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}
