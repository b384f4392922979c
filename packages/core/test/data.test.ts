import { describe, expect, it } from 'vitest'
import { splitRows, xor } from '../src/index.js'

describe('splitRows', () => {
  const groups = [
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
    [1, 3, 5, 7, 9],
  ]

  it('holds out the same fraction of each group, and keeps all other rows, in order', () => {
    const { kept, held } = splitRows(groups, { validationSplit: 0.4, seed: 1 })
    expect([...kept, ...held].sort((a, b) => a - b)).toEqual(groups.flat().sort((a, b) => a - b))
    for (const rows of [kept, held]) expect(rows).toEqual([...rows].sort((a, b) => a - b))
    expect(held.filter((row) => row % 2 === 0)).toHaveLength(4)
    expect(held.filter((row) => row % 2 === 1)).toHaveLength(2)
  })

  it('depends on the seed alone', () => {
    const held = (seed: number) => splitRows(groups, { validationSplit: 0.4, seed }).held
    expect(held(1)).toEqual(held(1))
    expect(held(1)).not.toEqual(held(2))
  })

  it('never holds out a whole group', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { kept } = splitRows([[0, 1], [2], [3, 4, 5]], { validationSplit: 0.9, seed })
      for (const group of [[0, 1], [2], [3, 4, 5]]) expect(group.some((row) => kept.includes(row))).toBe(true)
    }
  })

  it('keeps all rows with a fraction of 0', () => {
    expect(splitRows(groups, { validationSplit: 0, seed: 1 }).held).toEqual([])
  })
})

describe('xor', () => {
  it('is true where exactly one input is', () => {
    const { inputs, targets, rows } = xor()
    expect(rows).toBe(4)
    expect([...targets]).toEqual(
      Array.from({ length: 4 }, (_, row) => inputs[2 * row]! ^ inputs[2 * row + 1]!),
    )
  })
})
