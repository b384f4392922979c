// The marks of the axes and the line of the decision map.
import { describe, expect, test } from 'vitest'
import { linearTicks, logarithmicTicks } from '../src/training/axis.js'
import { contour } from '../src/training/contour.js'

describe('ticks', () => {
  test.each([
    [0, 0.9, 5, [0, 0.2, 0.4, 0.6, 0.8]],
    [0, 1000, 6, [0, 200, 400, 600, 800, 1000]],
    [0, 10, 6, [0, 2, 4, 6, 8, 10]],
    [0, 0, 5, [0]],
  ])('from %d to %d, about %d of them', (low, high, count, expected) => {
    expect(linearTicks(low, high, count)).toEqual(expected)
  })

  test.each([
    [0.0001, 1, [0.0001, 0.001, 0.01, 0.1, 1]],
    [0.02, 0.7, [0.01, 0.1, 1]],
    [1, 1, [1, 10]],
  ])('powers of ten around %d and %d', (low, high, expected) => {
    expect(logarithmicTicks(low, high)).toEqual(expected)
  })
})

describe('the contour', () => {
  test('of a cone is a circle', () => {
    const width = 41
    const values = Array.from({ length: width * width }, (_, index) =>
      Math.hypot((index % width) - 20, Math.floor(index / width) - 20),
    )
    const segments = contour(values, width, 12)
    expect(segments.length).toBeGreaterThan(60)
    for (const { from, to } of segments)
      for (const [x, y] of [from, to]) expect(Math.hypot(x - 20, y - 20)).toBeCloseTo(12, 1)
  })

  test('of a saddle has two pieces in the cell', () => {
    expect(contour([1, 0, 0, 1], 2, 0.5)).toHaveLength(2)
  })

  test('is empty where the level is never reached', () => {
    expect(contour([0.1, 0.2, 0.3, 0.4], 2, 0.5)).toEqual([])
  })
})
