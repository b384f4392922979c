import { describe, expect, it } from 'vitest'
import { normalQuantile, philox, random } from '../src/numbers/random.js'

const draws = (length: number, draw: (index: number) => number) =>
  Array.from({ length }, (_, index) => draw(index))
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const moment = (values: readonly number[], power: number) => mean(values.map((value) => value ** power))
const correlation = (a: readonly number[], b: readonly number[]) => {
  const [ma, mb] = [mean(a), mean(b)]
  const covariance = mean(a.map((value, index) => (value - ma) * (b[index]! - mb)))
  return covariance / Math.sqrt(mean(a.map((v) => (v - ma) ** 2)) * mean(b.map((v) => (v - mb) ** 2)))
}

describe('Philox4x32-10', () => {
  // Known answers of the authors' Random123 distribution (tests/kat_vectors).
  it.each([
    ['zeros', [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      'ones',
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      'digits of pi',
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('gives the known answer for %s', (_, counter, key, expected) => {
    const out = new Uint32Array(4)
    philox(Uint32Array.from(counter), key[0]!, key[1]!, out)
    expect([...out]).toEqual(expected)
  })
})

describe('random', () => {
  it('gives these first numbers, on every engine', () => {
    const source = random(7)
    expect({
      uniform: draws(4, (index) => source.uniform(index)),
      normal: draws(4, (index) => source.normal(index)),
      integer: draws(8, (index) => source.integer(index, 10)),
      permutation: [...source.permutation(8)],
      named: source.stream('weights').uniform(0),
      numbered: source.stream(1).uniform(0),
    }).toMatchInlineSnapshot(`
      {
        "integer": [
          5,
          1,
          6,
          9,
          1,
          3,
          7,
          9,
        ],
        "named": 0.23796498775482178,
        "normal": [
          -0.012433711188729345,
          -0.9473297527802887,
          -0.49239012758991585,
          -0.7544322588059063,
        ],
        "numbered": 0.4246988892555237,
        "permutation": [
          0,
          2,
          3,
          4,
          6,
          7,
          1,
          5,
        ],
        "uniform": [
          0.9545971155166626,
          0.7501521706581116,
          0.11417734622955322,
          0.08565783500671387,
        ],
      }
    `)
  })

  it('is independent of the order of draws', () => {
    const forwards = draws(50, (index) => random(3).uniform(index))
    const source = random(3)
    const backwards = draws(50, (index) => source.uniform(49 - index)).reverse()
    expect(backwards).toEqual(forwards)
  })

  it('gives uniform numbers in [0, 1) that float32 holds exactly', () => {
    const values = draws(20_000, (index) => random(1).uniform(index))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    expect(values.every((value) => Math.fround(value) === value)).toBe(true)
    // Five standard errors.
    expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / 20_000))
    expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / 20_000))
  })

  it('gives normal numbers with the moments 0, 1, 0, 3', () => {
    const source = random(2)
    const values = draws(50_000, (index) => source.normal(index))
    const spread = [1, 2, 15, 96] // variances of x, x², x³, x⁴
    for (const [index, expected] of [0, 1, 0, 3].entries())
      expect(Math.abs(moment(values, index + 1) - expected)).toBeLessThan(
        5 * Math.sqrt(spread[index]! / 50_000),
      )
  })

  it.each([1, 2, 3, 7, 10, 1000])('gives integers below %i with equal chances', (below) => {
    const source = random(5)
    const total = below * 500
    const counts = new Float64Array(below)
    for (let index = 0; index < total; index++) counts[source.integer(index, below)]!++
    const chiSquare = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)
    const freedom = below - 1
    expect(chiSquare).toBeLessThanOrEqual(freedom + 5 * Math.sqrt(2 * freedom))
  })

  it('draws again where a remainder would favour small numbers', () => {
    // Three quarters of 2³²: without drawing again, the first quarter would come up half of the time.
    const source = random(6)
    const values = draws(10_000, (index) => source.integer(index, 3 * 2 ** 30))
    expect(Math.abs(mean(values.map((value) => Number(value < 2 ** 30))) - 1 / 3)).toBeLessThan(0.025)
  })

  it('permutes into each order equally often', () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 6000; seed++) {
      const order = random(seed).permutation(3).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210'])
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(6000 / 6))
  })

  it('permutes all numbers, also none and one', () => {
    expect([...random(1).permutation(1000)].sort((a, b) => a - b)).toEqual(draws(1000, (index) => index))
    expect([...random(1).permutation(0)]).toEqual([])
    expect([...random(1).permutation(1)]).toEqual([0])
  })

  it('shuffles a list in place as it permutes positions', () => {
    const list = [10, 11, 12, 13, 14]
    random(9).shuffle(list)
    expect(list).toEqual([...random(9).permutation(5)].map((position) => position + 10))
  })

  it('has streams that differ from each other, their parent and those of other seeds', () => {
    const parent = random(11)
    const sources = [
      parent,
      parent.stream(0),
      parent.stream(1),
      parent.stream('0'),
      parent.stream('a'),
      parent.stream('b'),
      parent.stream('a').stream('b'),
      random(12),
      random(12).stream('a'),
    ]
    const series = sources.map((source) => draws(4000, (index) => source.uniform(index)))
    for (const [i, a] of series.entries())
      for (const b of series.slice(i + 1))
        expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(4000))
  })

  it('draws uniform, normal and integers independently at the same index', () => {
    const source = random(13)
    const series = [
      draws(4000, (index) => source.uniform(index)),
      draws(4000, (index) => source.normal(index)),
      draws(4000, (index) => source.integer(index, 2 ** 32)),
    ]
    for (const [i, a] of series.entries())
      for (const b of series.slice(i + 1))
        expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(4000))
  })

  it('distinguishes seeds and indices above 2³² from those below', () => {
    expect(random(2 ** 32).uniform(0)).not.toBe(random(0).uniform(0))
    expect(random(1).uniform(2 ** 34)).not.toBe(random(1).uniform(0))
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => random(seed)).toThrow(`seed must be an integer in [0, 2^53), got ${seed}`)
  })
})

describe('normalQuantile', () => {
  // From SciPy 1.17, norm.ppf.
  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.9, 1.2815515655446004],
    [0.0001, -3.7190164854556804],
    [0.05, -1.6448536269514729],
    [1e-10, -6.361340902404056],
    [1e-13, -7.348796102800677],
  ])('of %d is %d', (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThanOrEqual(2e-15 * Math.abs(expected))
  })
})
