// The points at which a decision map evaluates the network.
import { ValueError } from '@bp/core/lean'

/**
 * Centres of the `resolution` × `resolution` cells of a square whose sides run from `low` to `high`, as pairs x, y:
 * rows from the top (`high`) down, each from left to right.
 */
export function decisionGrid(resolution: number, low: number, high: number): Float32Array {
  if (!Number.isInteger(resolution) || resolution < 1)
    throw new ValueError(`decisionGrid: resolution must be a positive integer, got ${resolution}`)
  if (!(low < high) || !Number.isFinite(high - low))
    throw new ValueError(`decisionGrid: low and high must be finite and low < high, got ${low} and ${high}`)
  const step = (high - low) / resolution
  const points = new Float32Array(2 * resolution * resolution)
  for (let row = 0; row < resolution; row++)
    for (let column = 0; column < resolution; column++) {
      const at = 2 * (row * resolution + column)
      points[at] = low + (column + 0.5) * step
      points[at + 1] = high - (row + 0.5) * step
    }
  return points
}
