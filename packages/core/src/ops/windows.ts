// Windows that move over an image, of convolutions and of pooling: their options, checked and filled in, and the size of
// what comes out.
import { type Check, check } from '../checks/check-options.js'
import { ShapeError } from '../checks/errors.js'

/** Numbers for the two dimensions of an image: height first, then width. */
export type Pair = readonly [vertical: number, horizontal: number]

/**
 * What is put around an image: nothing, as much as keeps the size at stride 1 (the odd cell below and right, as in
 * TensorFlow), so many cells on each side, or above and below, left and right.
 */
export type Padding = 'valid' | 'same' | number | readonly [vertical: Pair, horizontal: Pair]

/** Options of moving windows, filled in. */
export interface Windows {
  readonly stride: Pair
  readonly padding: readonly [vertical: Pair, horizontal: Pair]
}

/** Options of a convolution, filled in. */
export interface Convolution extends Windows {
  readonly dilation: Pair
  readonly groups: number
}

/** Sums of a few such numbers are positions that fit 32 bits. */
const mostCells = 2 ** 28

function isCells(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= mostCells
}

const cellsText = (least: number) => `an integer in [${least}, ${mostCells}]`

/** So many cells, `least` or more. */
export const cellsFrom = (least: number): Check<number> =>
  check(cellsText(least), (value) => isCells(value, least))

/** So many cells, or a pair of such numbers. */
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

/** Of a sequence. */
export const checkPadding1d: Check<'valid' | 'same' | number> = check(
  `"valid", "same" or ${cellsText(0)}`,
  (value) => value === 'valid' || value === 'same' || isCells(value, 0),
)

/** The cells put on each side of an image of size `input` under windows that reach over `reach` cells. */
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
 * Height and width of what windows that reach over `reach` cells make of an image.
 * @throws ShapeError when not one window fits.
 */
export function outputSize(op: string, input: Pair, reach: Pair, { stride, padding }: Windows): Pair {
  const along = (axis: 0 | 1): number => {
    const cells = input[axis] + padding[axis][0] + padding[axis][1]
    if (cells < reach[axis])
      throw new ShapeError(
        `${op}: the window reaches over ${reach[0]}×${reach[1]} cells, but x has ${input[0]}×${input[1]}${cells > input[axis] ? ' and its padding' : ''}; a ${axis === 0 ? 'height' : 'width'} of ${reach[axis] - cells + input[axis]} or more, or padding "same", is needed`,
      )
    return Math.floor((cells - reach[axis]) / stride[axis]) + 1
  }
  return [along(0), along(1)]
}
