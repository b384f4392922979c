// Copies between layouts, against the same by index arithmetic, at all sizes around blocks and vectors.
import { expect, test } from 'vitest'
import { runInstruction } from './run-instruction.js'

const numbers = (size: number) => Float32Array.from({ length: size }, (_, index) => index + 1)

/** Guards of −1 behind the end show writes that go too far. */
function check(
  sizes: number[],
  outStrides: number[],
  xStrides: number[],
  outSize: number,
  xSize: number,
  outOffset = 0,
  xOffset = 0,
): void {
  const x = numbers(xSize)
  const expected = new Float32Array(outSize + 8).fill(-1)
  const visit = (axis: number, to: number, from: number): void => {
    if (axis === sizes.length) expected[to] = x[from]!
    else
      for (let i = 0; i < sizes[axis]!; i++)
        visit(axis + 1, to + i * outStrides[axis]!, from + i * xStrides[axis]!)
  }
  visit(0, outOffset, xOffset)
  const layout = [...sizes, ...outStrides, ...xStrides]
  const out = new Float32Array(outSize + 8).fill(-1)
  expect(runInstruction('Copy', { out, x, outOffset, xOffset, rank: sizes.length, layout })).toEqual(expected)
}

const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 130]

test('rows are copied exactly, into place and out of place', () => {
  for (const rows of [1, 3])
    for (const columns of lengths)
      check(
        [rows, columns],
        [columns + 3, 1],
        [columns + 2, 1],
        rows * (columns + 3) + 2,
        rows * (columns + 2) + 1,
        2,
        1,
      )
})

test('a number is repeated along a row', () => {
  for (const columns of lengths) check([3, columns], [columns, 1], [1, 0], 3 * columns, 3)
})

test('matrices are transposed', () => {
  for (const rows of lengths)
    for (const columns of lengths)
      check([rows, columns], [columns, 1], [1, rows], rows * columns, rows * columns)
})

test('dimensions are walked backwards and by steps', () => {
  for (const columns of lengths) {
    check([2, columns], [columns, 1], [columns, -1], 2 * columns, 2 * columns, 0, columns - 1)
    check([2, columns], [2 * columns, 2], [columns, 1], 4 * columns, 2 * columns)
    check([2, columns], [columns, 1], [-1, 2], 2 * columns, 2 * columns, 0, 1)
  }
})

test('there may be more dimensions', () => {
  check([2, 3, 4, 5], [60, 20, 5, 1], [5, 10, 30, 1], 120, 120)
  check([2, 3, 4, 5], [60, 20, 5, 1], [60, 20, 1, 4], 120, 120)
})
