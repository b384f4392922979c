// What is measured: every case with its unit, its amount of work, and what the referee expects of it.
import { classifierProblem, type ProductKind, productProblem, side, xorProblem } from './problems.js'
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

function product(kind: ProductKind, formula: string): RateCase {
  return {
    kind: 'rate',
    id: `gemm-${kind}-${side}`,
    title: `${formula}, ${side}×${side}×${side}, float32`,
    unit: 'GFLOP/s',
    worth: (2 * side ** 3) / 1e9,
    // Float32 sums of 256 products differ by about 1e-3 here, one wrong element of the product by about 3.
    check: { count: 2, expected: () => productChecksum(productProblem(), kind), tolerance: 0.02 },
  }
}

export const cases: readonly Case[] = [
  {
    kind: 'rate',
    id: 'xor-step',
    title: 'XOR 2-2-1, sigmoid, full batch of 4, cross-entropy, SGD',
    unit: 'steps/s',
    worth: 1,
    // By then the loss has fallen from 0.76 to 0.13 and is on its steepest way down.
    check: { count: 1000, expected: () => lossOfStep(xorProblem(), 1000), tolerance: 1e-3 },
  },
  {
    kind: 'rate',
    id: 'mlp-784-128-10-b32',
    title: '784-128-10, ReLU, batches of 32, softmax cross-entropy, SGD',
    unit: 'steps/s',
    worth: 1,
    // 40 steps come round to the first of the 32 batches again; the loss falls from 2.5 to 0.4.
    check: { count: 40, expected: () => lossOfStep(classifierProblem(), 40), tolerance: 1e-3 },
  },
  product('nn', 'A·B'),
  product('nt', 'A·Bᵀ'),
  product('tn', 'Aᵀ·B'),
  {
    kind: 'cold-start',
    id: 'cold-start',
    title: 'new process, import to first finished XOR step',
    unit: 'ms',
    starts: 'xor-step',
    check: { count: 1, expected: () => lossOfStep(xorProblem(), 1), tolerance: 1e-4 },
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
