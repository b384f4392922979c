// Which part of the plane a picture shows: around the bottom of the bowl, with the start in it.
import type { Bowl, Position } from './bowl.js'

/** A range of one axis. */
export type Range = readonly [low: number, high: number]

/** Half of the smallest frame, in units of a parameter. */
const smallest = 3

/**
 * The range of each parameter. It depends on the cost, and on the start only where that lies outside, so that the picture
 * stands still while one drags a ball or changes the learning rate.
 */
export function frameOf(bowl: Bowl, start: Position): Range[] {
  const middle = bowl.quadratic?.lowest ?? bowl.parameters.map(() => 0)
  const half = Math.max(smallest, ...middle.map((value) => 1.5 * Math.abs(value)))
  return middle.map((value, axis) => including([value - half, value + half], start[axis]!))
}

/** The range, enlarged so that `value` lies inside it, an eighth of the range from its ends. */
export function including([low, high]: Range, value: number): Range {
  const margin = (high - low) / 8
  if (value < low + margin / 4) return [Math.min(low, value - margin), high]
  return value > high - margin / 4 ? [low, Math.max(high, value + margin)] : [low, high]
}

/** Ranges with the same length per pixel on both axes, so that a slope stands at right angles to its contour line. */
export function square([x, y]: readonly [Range, Range], width: number, height: number): [Range, Range] {
  const unit = Math.max((x[1] - x[0]) / width, (y[1] - y[0]) / height)
  return [resized(x, unit * width), resized(y, unit * height)]
}

/** A range of another length around the same middle. */
function resized([low, high]: Range, length: number): Range {
  const middle = low + (high - low) / 2
  return [middle - length / 2, middle + length / 2]
}

/** The range zoomed by `factor`, below 1 to see more of less, keeping `around` where it is. */
export function zoomed([low, high]: Range, factor: number, around: number): Range {
  return [around + (low - around) * factor, around + (high - around) * factor]
}

/** The range moved by a part of its length. */
export function panned([low, high]: Range, part: number): Range {
  const by = (high - low) * part
  return [low + by, high + by]
}
