// The contour line of the decision map.
import { describe, expect, test } from 'vitest'
import { contour } from '../src/network/contour.js'

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

  test('of a saddle has two segments in the cell', () => {
    expect(contour([1, 0, 0, 1], 2, 0.5)).toHaveLength(2)
  })

  test('is empty where the level is never reached', () => {
    expect(contour([0.1, 0.2, 0.3, 0.4], 2, 0.5)).toEqual([])
  })
})
