// Small synthetic datasets.
import { checkCount, checkNotNegative, checkOptions, checkSeed, optional } from '../checks/check-options.js'
import { cosineOfTurns, sineOfTurns } from '../numbers/elementary.js'
import { type Random, random } from '../numbers/random.js'
import type { Dataset } from './dataset.js'

/** The four rows of exclusive or: 1 where exactly one of two inputs is 1. */
export function xor(options: Readonly<Record<string, never>> = {}): Dataset {
  checkOptions('xor', options, {})
  return {
    rows: 4,
    inputs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
    inputShape: [2],
    targets: Float32Array.of(0, 1, 1, 0),
    targetShape: [1],
  }
}

/** Options of synthetic datasets. */
export interface GeneratedOptions {
  /** Number of rows, alternating between classes; default 200. */
  rows?: number
  /** Standard deviation of the noise that is added to each coordinate. */
  noise?: number
  /** Seed of the draws. */
  seed: number
}

const checkGenerated = (name: string, options: GeneratedOptions, noise: number) =>
  checkOptions(name, options, {
    rows: optional(checkCount, 200),
    noise: optional(checkNotNegative, noise),
    seed: checkSeed,
  })

type Point = readonly [x: number, y: number]

/** Points in the plane by class: `at` returns the point of a row, given a uniform draw in [0, 1). */
function points(
  name: string,
  classes: number,
  options: GeneratedOptions,
  at: (label: number, u: number, draws: Random, row: number) => Point,
  usualNoise = 0,
): Dataset {
  const { rows, noise, seed } = checkGenerated(name, options, usualNoise)
  const draws = random(seed).stream(name)
  const noises = draws.stream('noise')
  const inputs = new Float32Array(2 * rows)
  // Two classes are one number, 0 or 1; more are one-hot.
  const width = classes === 2 ? 1 : classes
  const targets = new Float32Array(width * rows)
  for (let row = 0; row < rows; row++) {
    const label = row % classes
    const [x, y] = at(label, draws.uniform(row), draws, row)
    inputs[2 * row] = x + noise * noises.normal(2 * row)
    inputs[2 * row + 1] = y + noise * noises.normal(2 * row + 1)
    if (width === 1) targets[row] = label
    else targets[width * row + label] = 1
  }
  return { rows, inputs, inputShape: [2], targets, targetShape: [width] }
}

/** Uniform in a disc: 1 up to radius 0.5, 0 from 0.7 to 1. */
export function circle(options: GeneratedOptions): Dataset {
  return points('circle', 2, options, (label, u, draws, row) => {
    // Uniform in area is uniform in the square of the radius.
    const [from, to] = label === 1 ? [0, 0.25] : [0.49, 1]
    const radius = Math.sqrt(from + (to - from) * draws.stream('radius').uniform(row))
    return [radius * cosineOfTurns(u), radius * sineOfTurns(u)]
  })
}

/** Two Gaussian blobs, 1 at (1, 1) and 0 at (−1, −1), with standard deviation `noise`; default 0.5. */
export function gauss(options: GeneratedOptions): Dataset {
  return points('gauss', 2, options, (label) => (label === 1 ? [1, 1] : [-1, -1]), 0.5)
}

/** Two interleaving half circles: 0 from (1, 0) over (0, 1), 1 from (0, 0.5) under (1, −0.5). */
export function moons(options: GeneratedOptions): Dataset {
  return points('moons', 2, options, (label, u) => {
    const x = cosineOfTurns(u / 2)
    const y = sineOfTurns(u / 2)
    return label === 0 ? [x, y] : [1 - x, 0.5 - y]
  })
}

/** Two spiral arms of one and three quarter turns, to radius 1. */
export function spiral(options: GeneratedOptions): Dataset {
  return points('spiral', 2, options, (label, u) => {
    const turns = 1.75 * u + label / 2
    return [u * sineOfTurns(turns), u * cosineOfTurns(turns)]
  })
}

/** Three concentric rings of radius 1/3, 2/3 and 1: three classes, one-hot. */
export function rings(options: GeneratedOptions): Dataset {
  return points('rings', 3, options, (label, u) => {
    const radius = (label + 1) / 3
    return [radius * cosineOfTurns(u), radius * sineOfTurns(u)]
  })
}

/** x in [−1, 1] and one period of the sine, sin(πx), with noise on the sine only. */
export function sine(options: GeneratedOptions): Dataset {
  const { rows, noise, seed } = checkGenerated('sine', options, 0)
  const draws = random(seed).stream('sine')
  const inputs = Float32Array.from({ length: rows }, (_, row) => 2 * draws.uniform(row) - 1)
  const targets = inputs.map((x, row) => sineOfTurns(x / 2) + noise * draws.stream('noise').normal(row))
  return { rows, inputs, inputShape: [1], targets, targetShape: [1] }
}
