// The points of a decision map.
import { ValueError } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { decisionGrid } from '../../src/index.js'

describe('a decision grid', () => {
  it('has the centres of the cells, from the upper left', () => {
    expect([...decisionGrid(2, 0, 1)]).toEqual([0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.25])
    expect([...decisionGrid(1, -1, 3)]).toEqual([1, 1])
  })

  it.each([
    [0, 0, 1, 'resolution'],
    [1.5, 0, 1, 'resolution'],
    [4, 1, 1, 'low'],
    [4, Number.NaN, 1, 'low'],
    [4, 0, Number.POSITIVE_INFINITY, 'low'],
  ])('of resolution %s from %s to %s is refused', (resolution, low, high, what) => {
    expect(() => decisionGrid(resolution, low, high)).toThrow(ValueError)
    expect(() => decisionGrid(resolution, low, high)).toThrow(what)
  })
})
