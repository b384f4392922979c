// Datasets: generated, batched, shuffled, split, streamed, scaled.
import { describe, expect, test } from 'vitest'
import {
  batches,
  circle,
  collect,
  type Dataset,
  dataset,
  gauss,
  imputer,
  moons,
  normalizer,
  oneHotEncoder,
  prefetch,
  rings,
  shuffle,
  sine,
  spiral,
  split,
  standardizer,
  streamBatches,
} from '../src/index.js'

const list = (numbers: ArrayLike<number>, width: number) =>
  Array.from({ length: numbers.length / width }, (_, row) =>
    Array.from({ length: width }, (_, at) => numbers[row * width + at]!),
  )
const pointsOf = ({ inputs, targets, targetShape }: Dataset) => {
  const labels = list(targets, targetShape[0]!)
  return list(inputs, 2).map(([x, y], row) => ({ x: x!, y: y!, label: labels[row]!, r: Math.hypot(x!, y!) }))
}

describe('a generated set', () => {
  test('of a circle has 1 within and 0 around, evenly spread over the area', () => {
    const points = pointsOf(circle({ rows: 4000, seed: 1 }))
    for (const { r, label } of points)
      if (label[0] === 1) expect(r).toBeLessThanOrEqual(0.5 + 1e-6)
      else expect(Math.abs(r - 0.85)).toBeLessThanOrEqual(0.15 + 1e-6)
    // Half of a disc's area is within 1/√2 of its radius.
    const inner = points.filter(({ label }) => label[0] === 1)
    const share = inner.filter(({ r }) => r < 0.5 * Math.SQRT1_2).length / inner.length
    expect(Math.abs(share - 0.5)).toBeLessThan(0.03)
    expect(new Set(points.map(({ x, y }) => `${x > 0}${y > 0}`)).size).toBe(4)
  })

  test('of clouds has their means and deviations', () => {
    const points = pointsOf(gauss({ rows: 8000, noise: 0.3, seed: 2 }))
    for (const [label, centre] of [
      [1, 1],
      [0, -1],
    ]) {
      const xs = points.filter((point) => point.label[0] === label).map(({ x }) => x)
      const mean = xs.reduce((sum, x) => sum + x / xs.length, 0)
      const variance = xs.reduce((sum, x) => sum + (x - mean) ** 2 / xs.length, 0)
      expect(Math.abs(mean - centre!)).toBeLessThan(0.02)
      expect(Math.abs(Math.sqrt(variance) - 0.3)).toBeLessThan(0.01)
    }
  })

  test('of moons lies on two half circles', () => {
    for (const { x, y, label, r } of pointsOf(moons({ seed: 3 })))
      if (label[0] === 0) {
        expect(r).toBeCloseTo(1, 6)
        expect(y).toBeGreaterThanOrEqual(-1e-6)
      } else {
        expect(Math.hypot(x - 1, y - 0.5)).toBeCloseTo(1, 6)
        expect(y).toBeLessThanOrEqual(0.5 + 1e-6)
      }
  })

  test('of spirals has angles that grow with the radius, half a turn apart', () => {
    for (const { x, y, label, r } of pointsOf(spiral({ seed: 4 }))) {
      const angle = 2 * Math.PI * (1.75 * r + label[0]! / 2)
      expect(x).toBeCloseTo(r * Math.sin(angle), 4)
      expect(y).toBeCloseTo(r * Math.cos(angle), 4)
    }
  })

  test('of rings has a radius and a target for each class', () => {
    for (const { r, label } of pointsOf(rings({ rows: 30, seed: 5 }))) {
      expect(label.toSorted()).toEqual([0, 0, 1])
      expect(r).toBeCloseTo((label.indexOf(1) + 1) / 3, 6)
    }
  })

  test('of the sine is the sine', () => {
    const { inputs, targets } = sine({ rows: 500, seed: 6 })
    for (const [row, x] of inputs.entries()) expect(targets[row]).toBeCloseTo(Math.sin(Math.PI * x), 6)
    expect(Math.min(...inputs)).toBeLessThan(-0.95)
    expect(Math.max(...inputs)).toBeGreaterThan(0.95)
  })

  test('is another for another seed', () => {
    for (const make of [circle, gauss, moons, spiral, rings, sine]) {
      const [first, again, other] = [7, 7, 8].map((seed) => make({ rows: 101, noise: 0.1, seed }).inputs)
      expect(again).toEqual(first)
      expect(other).not.toEqual(first)
    }
  })
})

const numbered = (rows: number) =>
  dataset(
    Array.from({ length: rows }, (_, row) => [row, -row]),
    Array.from({ length: rows }, (_, row) => [row % 3]),
  )

test('a set takes nested or flat arrays', () => {
  const nested = dataset([[[1, 2]], [[3, 4]]], [0, 1])
  expect(nested).toMatchObject({ rows: 2, inputShape: [1, 2], targetShape: [] })
  const flat = dataset(Float32Array.of(1, 2, 3, 4), Float32Array.of(0, 1), 2)
  expect(flat).toMatchObject({ rows: 2, inputShape: [2], targetShape: [1] })
  expect(flat.inputs).toEqual(nested.inputs)
  expect(() => dataset([[1]], [1, 2])).toThrow('dataset: there are 1 rows of inputs and 2 of targets')
  expect(() => dataset([[1], [Number.NaN]], [1, 2])).toThrow('inputs hold NaN in row 1')
})

test('shuffling keeps every row with its target, and depends on the seed alone', () => {
  const [one, two] = [shuffle(numbered(50), 1), shuffle(numbered(50), 2)]
  for (const set of [one, two]) {
    expect([...set.inputs].filter((_, at) => at % 2 === 0).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, row) => row),
    )
    for (const [row, [x]] of list(set.inputs, 2).entries()) expect(set.targets[row]).toBe(x! % 3)
  }
  expect(one).toEqual(shuffle(numbered(50), 1))
  expect(one.inputs).not.toEqual(two.inputs)
})

test('batches are full except for a smaller last one', () => {
  const sets = [...batches(numbered(10), 4)]
  expect(sets.map(({ rows }) => rows)).toEqual([4, 4, 2])
  expect(sets.flatMap(({ targets }) => [...targets])).toEqual([...numbered(10).targets])
})

test('prefetched items come in order, no more than requested, with errors in their turn', async () => {
  let made = 0
  let closed = false
  async function* source() {
    try {
      for (; made < 6; made++) yield made
      throw new RangeError('the source broke')
    } finally {
      closed = true
    }
  }
  const seen: [number, number][] = []
  await expect(async () => {
    for await (const item of prefetch(source(), 2)) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      seen.push([item, made])
    }
  }).rejects.toThrow('the source broke')
  expect(seen.map(([item]) => item)).toEqual([0, 1, 2, 3, 4, 5])
  for (const [item, ahead] of seen) expect(ahead).toBe(Math.min(item + 2, 6))
  expect(closed).toBe(true)
  made = 0
  closed = false
  for await (const item of prefetch(source())) if (item === 2) break
  expect(closed).toBe(true)
})

test('a stream of rows and pieces of any size comes in equal batches', async () => {
  async function* source() {
    const all = [...batches(numbered(23), 5)]
    for (const piece of all.slice(0, 3)) yield piece
    for (const piece of all.slice(3))
      for (const row of batches(piece, 1)) yield { inputs: [...row.inputs], targets: [...row.targets] }
  }
  const seen: Dataset[] = []
  for await (const batch of streamBatches(source(), 4)) seen.push(batch)
  expect(seen.map(({ rows }) => rows)).toEqual([4, 4, 4, 4, 4, 3])
  expect(seen.flatMap(({ inputs }) => [...inputs])).toEqual([...numbered(23).inputs])
  expect(await collect(source())).toEqual(numbered(23))
  await expect(collect([])).rejects.toThrow('collect: the source has no rows')
  const mixed = [
    { inputs: [1], targets: [1] },
    { inputs: [1, 2], targets: [1] },
  ]
  await expect(collect(mixed)).rejects.toThrow('the first has inputs of [1], another of [2]')
})

describe('a split', () => {
  test('has every row once, with the requested fraction held out', () => {
    const { training, validation } = split(numbered(40), { validationSplit: 0.3, seed: 1 })
    expect([training.rows, validation.rows]).toEqual([28, 12])
    const rows = [...list(training.inputs, 2), ...list(validation.inputs, 2)].map(([x]) => x!)
    expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, row) => row))
  })

  test('that is stratified holds out the same fraction of each class', () => {
    const data = dataset(
      Array.from({ length: 100 }, (_, row) => [row]),
      Array.from({ length: 100 }, (_, row) => [Number(row < 20)]),
    )
    const { validation } = split(data, { validationSplit: 0.25, seed: 3, stratified: true })
    expect([...validation.targets].filter((label) => label === 1)).toHaveLength(5)
    expect(validation.rows).toBe(25)
  })
})

test('scalers, fillings and classes are those of the rows they were fitted to', () => {
  // Columns 2, 4, 6, 8 of mean 5 and variance 5, and 10, 10, 10, 10.
  const training = [2, 10, 4, 10, 6, 10, 8, 10]
  const standard = standardizer(training, 2)
  expect(standard.offsets).toEqual([5, 10])
  expect(standard.divisors).toEqual([Math.sqrt(5), 1])
  expect([...standard.apply([5, 11])]).toEqual([0, 1])
  expect([...standard.invert(standard.apply([3, 9]))]).toEqual([3, 9])
  expect([...normalizer(training, 2).apply([2, 10, 8, 10, 11, 12])]).toEqual([0, 0, 1, 0, 1.5, 2])
  const filled = imputer([1, Number.NaN, 3, 4], 2)
  expect(filled.fillings).toEqual([2, 4])
  expect([...filled.apply([Number.NaN, Number.NaN, 7, 8])]).toEqual([2, 4, 7, 8])
  const encoder = oneHotEncoder(['b', 'a', 10, 9])
  expect(encoder.classes).toEqual(['9', '10', 'a', 'b'])
  expect([...encoder.apply(['a', 9])]).toEqual([0, 0, 1, 0, 1, 0, 0, 0])
  expect(() => encoder.apply(['c'])).toThrow('oneHotEncoder: "c" is not one of the classes 9, 10, a, b')
  expect(() => standardizer([1, 2, 3], 2)).toThrow('standardizer: 3 numbers are not a multiple of 2 columns')
})
