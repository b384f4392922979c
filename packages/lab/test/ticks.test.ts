import { describe, expect, it } from 'vitest'
import { decades, niceStep, ticks } from '../src/index.js'

describe('ticks', () => {
  it.each([
    [0, 1000, 6, [0, 200, 400, 600, 800, 1000]],
    [0, 1, 3, [0, 0.5, 1]],
    [0, 0.7, 8, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
    [0, 0.9, 6, [0, 0.2, 0.4, 0.6, 0.8]],
    [0, 40, 5, [0, 10, 20, 30, 40]],
    [0, 1, 2, [0, 1]],
    [-4, 1, 6, [-4, -3, -2, -1, 0, 1]],
    [0, 0, 5, [0]],
  ])('in [%d, %d], at most %d', (low, high, most, expected) => {
    expect(ticks(low, high, most)).toEqual(expected)
  })

  it.each([
    [0.9, 0, 1],
    [1, 0, 1],
    [1.1, 0, 2],
    [3, 0, 5],
    [51, 0, 100],
    [0.03, 0, 0.05],
    [0.3, 1, 1],
  ])('the nice step for %d and at least %d is %d', (wanted, least, expected) => {
    expect(niceStep(wanted, least)).toBeCloseTo(expected, 12)
  })

  it.each([
    [0.0001, 1, [-4, -3, -2, -1, 0]],
    [0.02, 0.7, [-2, -1, 0]],
    [1, 1, [0, 1]],
  ])('decades around [%d, %d]', (low, high, expected) => {
    expect(decades(low, high)).toEqual(expected)
  })
})
