// Sliding windows of convolutions and pooling: their options with defaults, and the size of the output.
import { type Check, check } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'

/** Values for the two dimensions of an image: height first, then width. */
export type Pair = readonly [vertical: number, horizontal: number]

/**
 * Padding of an image: none, what keeps the size at stride 1 (an odd cell goes below and right, as in TensorFlow), a
 * number of cells on each side, or above and below, left and right.
 */
export type Padding = 'valid' | 'same' | number | readonly [vertical: Pair, horizontal: Pair]

/** Options of sliding windows, with defaults. */
export interface Windows {
  readonly stride: Pair
  readonly padding: readonly [vertical: Pair, horizontal: Pair]
}

/** Options of a convolution, with defaults. */
export interface Convolution extends Windows {
  readonly dilation: Pair
  readonly groups: number
}

/** Sums of a few such numbers fit in 32 bits. */
const mostCells = 2 ** 28

function isCells(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= mostCells
}

const cellsText = (least: number) => `an integer in [${least}, ${mostCells}]`

/** A number of cells, at least `least`. */
export const cellsFrom = (least: number): Check<number> =>
  check(cellsText(least), (value) => isCells(value, least))

/** A number of cells, or a pair of them. */
export const pairFrom = (least: number): Check<number | Pair> =>
  check(
    `${cellsText(least)}, or two of them, [vertical, horizontal]`,
    (value) => isCells(value, least) || isPair(value, (one) => isCells(one, least)),
  )

function isPair(value: unknown, test: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length === 2 && [...value].every(test)
}

/** A number for both dimensions, or one for each. */
export function pairOf(op: string, option: string, given: number | Pair, least: number): Pair {
  const pair = pairFrom(least)(op, option, given)
  return typeof pair === 'number' ? [pair, pair] : [pair[0], pair[1]]
}

export const checkPadding: Check<Padding> = check(
  `"valid", "same", ${cellsText(0)}, or [[above, below], [left, right]]`,
  (value) =>
    value === 'valid' ||
    value === 'same' ||
    isCells(value, 0) ||
    isPair(value, (side) => isPair(side, (cells) => isCells(cells, 0))),
)

/** Padding of a sequence. */
export const checkPadding1d: Check<'valid' | 'same' | number> = check(
  `"valid", "same" or ${cellsText(0)}`,
  (value) => value === 'valid' || value === 'same' || isCells(value, 0),
)

/** The padding on each side of an image of size `input` for windows that cover `reach` cells. */
export function paddingOf(
  op: string,
  given: Padding,
  input: Pair,
  reach: Pair,
  stride: Pair,
): Windows['padding'] {
  if (given === 'valid') return [zero, zero]
  if (given === 'same') {
    const around = (axis: 0 | 1): Pair => {
      const steps = Math.ceil(input[axis] / stride[axis])
      const total = Math.max(0, (steps - 1) * stride[axis] + reach[axis] - input[axis])
      return [Math.floor(total / 2), Math.ceil(total / 2)]
    }
    return [around(0), around(1)]
  }
  const sides = checkPadding(op, 'padding', given)
  if (typeof sides === 'number')
    return [
      [sides, sides],
      [sides, sides],
    ]
  const [vertical, horizontal] = sides as Windows['padding']
  return [
    [vertical[0], vertical[1]],
    [horizontal[0], horizontal[1]],
  ]
}

const zero: Pair = [0, 0]

/**
 * Height and width of the output of windows that cover `reach` cells.
 * @throws ShapeError when no window fits.
 */
export function outputSize(op: string, input: Pair, reach: Pair, { stride, padding }: Windows): Pair {
  const along = (axis: 0 | 1): number => {
    const cells = input[axis] + padding[axis][0] + padding[axis][1]
    if (cells < reach[axis])
      throw new ShapeError(
        `${op}: the window covers ${reach[0]}×${reach[1]} cells, but x has ${input[0]}×${input[1]}${cells > input[axis] ? ' and its padding' : ''}; use a ${axis === 0 ? 'height' : 'width'} of at least ${reach[axis] - cells + input[axis]}, or padding "same"`,
      )
    return Math.floor((cells - reach[axis]) / stride[axis]) + 1
  }
  return [along(0), along(1)]
}
