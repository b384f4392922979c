// What is measured: every case with its unit, its amount of work, and what the referee expects of it.
import { type Layout, type MlpProblem, type ProductProblem, problemOf } from './problems.js'
import { lossOfStep, productChecksum } from './reference.js'

export type Unit = 'steps/s' | 'GFLOP/s' | 'ms' | 'bytes'

/** How the readings of a case are judged before it is timed. */
export interface Check {
  /** Times that the work is done before the reading is taken. */
  count: number
  /** What float64 gives for that reading. */
  expected: () => number
  /** Largest difference from it. */
  tolerance: number
}

interface CaseBase {
  id: string
  /** One line for the table. */
  title: string
}

/** Work repeated in a long-lived process per contender, counted per second. */
export interface RateCase extends CaseBase {
  kind: 'rate'
  unit: 'steps/s' | 'GFLOP/s'
  /** What one repetition counts in the unit's numerator. */
  worth: number
  check: Check
}

/** A new process per measurement, from the import to the end of the first step. */
export interface ColdStartCase extends CaseBase {
  kind: 'cold-start'
  unit: 'ms'
  /** The case whose first step it is. */
  starts: string
  check: Check
}

/** Bytes that a page has to load. */
interface BundleCase extends CaseBase {
  kind: 'bundle'
  unit: 'bytes'
}

export type Case = RateCase | ColdStartCase | BundleCase

/** A case of training a network: `count` steps lead to the loss that is checked. */
function training(id: string, title: string, count: number, tolerance = 1e-3): RateCase {
  const expected = () => lossOfStep(problemOf(id) as MlpProblem, count)
  return { kind: 'rate', id, title, unit: 'steps/s', worth: 1, check: { count, expected, tolerance } }
}

function product(layout: Layout, side: number): RateCase {
  const id = `gemm-${layout}-${side}`
  const problem = () => problemOf(id) as ProductProblem
  const { stack } = problem()
  return {
    kind: 'rate',
    id,
    title: `${formulas[layout]} of ${stack > 1 ? `${stack} pairs of ` : ''}${side}×${side} matrices`,
    unit: 'GFLOP/s',
    worth: (2 * stack * side ** 3) / 1e9,
    // Float32 sums of 256 products differ by about 1e-3 here, one wrong element of the product by about 3.
    check: { count: 2, expected: () => productChecksum(problem()), tolerance: 1e-4 * Math.max(side, 256) },
  }
}

const formulas: Record<Layout, string> = { nn: 'A·B', nt: 'A·Bᵀ', tn: 'Aᵀ·B' }
const layouts: readonly Layout[] = ['nn', 'nt', 'tn']

export const cases: readonly Case[] = [
  // By then the loss has fallen from 0.76 to 0.13 and is on its steepest way down.
  training('xor-step', 'XOR 2-2-1, sigmoid, full batch of 4, cross-entropy, SGD', 1000),
  training('xor-8-step', 'XOR 2-8-1, sigmoid, full batch of 4, cross-entropy, SGD', 1000),
  // 40 steps come round to the first of the 32 batches again; the loss falls from 2.5 to 0.4.
  training('mlp-784-128-10-b32', '784-128-10, ReLU, batches of 32, softmax cross-entropy, SGD', 40),
  // So do 9 steps to the first of 8 batches; few steps where the referee takes long.
  training('mlp-784-128-10-b128', '784-128-10, ReLU, batches of 128, softmax cross-entropy, SGD', 9),
  training('mlp-784-512-512-10-b128', '784-512-512-10, ReLU, batches of 128, softmax cross-entropy, SGD', 2),
  training('adam-mlp-784-128-10-b32', '784-128-10, ReLU, batches of 32, softmax cross-entropy, Adam', 10),
  ...[16, 64, 256, 1024].flatMap((side) => layouts.map((layout) => product(layout, side))),
  {
    kind: 'cold-start',
    id: 'cold-start',
    title: 'new process, import to first finished XOR step',
    unit: 'ms',
    starts: 'xor-step',
    check: { count: 1, expected: () => lossOfStep(problemOf('xor-step') as MlpProblem, 1), tolerance: 1e-4 },
  },
  {
    kind: 'bundle',
    id: 'bundle-gzip',
    title: 'what a page loads to train XOR: bundled, minified, gzip -9',
    unit: 'bytes',
  },
]

/** More is better for rates, less for times and sizes. */
export const moreIsBetter = (unit: Unit) => unit === 'steps/s' || unit === 'GFLOP/s'
