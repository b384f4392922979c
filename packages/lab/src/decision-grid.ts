// The points at which a decision map asks the network.
import { ValueError } from '@bp/core'

/**
 * The middles of the cells that a square from `low` to `high` is cut into, as pairs x, y: `resolution` rows from
 * the top (`high`) down, in each as many points from left to right.
 */
export function decisionGrid(resolution: number, low: number, high: number): Float32Array {
  if (!Number.isInteger(resolution) || resolution < 1)
    throw new ValueError(`decisionGrid: resolution must be a whole number from 1 up, got ${resolution}`)
  if (!(low < high) || !Number.isFinite(high - low))
    throw new ValueError(`decisionGrid: low must be less than high and both finite, got ${low} and ${high}`)
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
