// Lines of losses: smoothed, and as a table.
import { describe, expect, it } from 'vitest'
import { lossTable, smoothed } from '../../src/index.js'

describe('a smoothed line', () => {
  it('begins at the first value, and is the weighted mean of the past', () => {
    expect(smoothed([4, 0, 0], 0.5)).toEqual([4, (0.5 * 4) / 1.5, (0.25 * 4) / 1.75])
    expect(smoothed([3, 3, 3], 0.9).every((value) => Math.abs(value - 3) < 1e-12)).toBe(true)
    expect(smoothed([4, 1], 0)).toEqual([4, 1])
  })

  it('leaves what is not finite, and goes on', () => {
    expect(smoothed([4, Number.NaN, 4], 0.5)).toEqual([4, Number.NaN, 4])
  })
})

it('a table of losses has a row for every step, empty where a run has none', () => {
  const record = (step: number, loss: number, heldBack: number | null = null) => ({ step, loss, heldBack })
  expect(
    lossTable([
      { name: 'this run', history: [record(0, 0.7), record(2, 0.1)] },
      { name: 'seed 3, α "1"', history: [record(0, 0.5, 0.6), record(1, 0.25, 0.5)] },
    ]),
  ).toBe(
    'step,"this run, loss","seed 3, α ""1"", loss","seed 3, α ""1"", held back"\n0,0.7,0.5,0.6\n1,,0.25,0.5\n2,0.1,,\n',
  )
})
