// The benchmark cases: unit, amount of work, and the result the referee expects.
import { type Layout, type ProductProblem, problemOf } from './problems.js'
import { lossOfStep, type NetworkProblem, productChecksum } from './reference.js'

export type Unit = 'steps/s' | 'GFLOP/s' | 'ms' | 'bytes'

/** How the result of a case is verified before it is timed. */
export interface Check {
  /** Repetitions before the reading is taken. */
  count: number
  /** The float64 result. */
  expected: () => number
  /** Largest allowed difference. */
  tolerance: number
}

interface CaseBase {
  id: string
  /** One line for the table. */
  title: string
}

/** Work repeated in a long-lived process per contender, measured per second. */
export interface RateCase extends CaseBase {
  kind: 'rate'
  unit: 'steps/s' | 'GFLOP/s'
  /** What one repetition contributes to the unit's numerator. */
  worth: number
  check: Check
  /** The same on one thread, compared instead of the peers. */
  oneThread?: string
}

/** Figures that can be measured once per process; worker.ts measures them. */
export type FigureName = 'cold-start' | 'compile-time' | 'peak-memory' | 'wasm-memory'

/** A fresh process per measurement. */
export interface ProcessCase extends CaseBase {
  kind: 'process'
  unit: 'ms' | 'bytes'
  figure: FigureName
  /** The case it runs. */
  runs: string
  check: Check
}

/** Bytes a page has to load. */
export interface BundleCase extends CaseBase {
  kind: 'bundle'
  unit: 'bytes'
  /** For what XOR needs, or for everything. */
  of: 'xor' | 'all'
}

/** The rate of independent multiplications and additions, an upper bound for products. */
export interface PeakCase extends CaseBase {
  kind: 'peak'
  unit: 'GFLOP/s'
  relaxed: boolean
}

export type Case = RateCase | ProcessCase | BundleCase | PeakCase

/** A training case: the loss is checked after `count` steps. */
export function training(id: string, title: string, count: number, tolerance = 1e-3): RateCase {
  const expected = () => lossOfStep(problemOf(id) as NetworkProblem, count)
  return { kind: 'rate', id, title, unit: 'steps/s', worth: 1, check: { count, expected, tolerance } }
}

function onceInAProcess(
  id: string,
  title: string,
  unit: ProcessCase['unit'],
  figure: FigureName,
  runs: string,
  count: number,
): ProcessCase {
  const expected = () => lossOfStep(problemOf(runs) as NetworkProblem, count)
  return { kind: 'process', id, title, unit, figure, runs, check: { count, expected, tolerance: 1e-3 } }
}

function product(layout: Layout, side: number, relaxed = false): RateCase {
  const id = `gemm-${layout}-${side}${relaxed ? '-relaxed' : ''}`
  const problem = () => problemOf(id) as ProductProblem
  const { stack } = problem()
  return {
    kind: 'rate',
    id,
    title: `${formulas[layout]} of ${stack > 1 ? `${stack} pairs of ` : ''}${side}×${side} matrices${relaxed ? ', ours with relaxed SIMD' : ''}`,
    unit: 'GFLOP/s',
    worth: (2 * stack * side ** 3) / 1e9,
    // Float32 sums of 256 products differ by about 1e-3 here, one wrong element of the product by about 3.
    check: { count: 2, expected: () => productChecksum(problem()), tolerance: 1e-4 * Math.max(side, 256) },
  }
}

const formulas: Record<Layout, string> = { nn: 'A·B', nt: 'A·Bᵀ', tn: 'Aᵀ·B' }
const layouts: readonly Layout[] = ['nn', 'nt', 'tn']

export const cases: readonly Case[] = [
  // By then the loss has fallen from 0.76 to 0.13 and is falling fastest.
  training('xor-step', 'XOR 2-2-1, sigmoid, full batch of 4, cross-entropy, SGD', 1000),
  training('xor-8-step', 'XOR 2-8-1, sigmoid, full batch of 4, cross-entropy, SGD', 1000),
  // 40 steps revisit the first of the 32 batches; the loss falls from 2.5 to 0.4.
  training('mlp-784-128-10-b32', '784-128-10, ReLU, batches of 32, softmax cross-entropy, SGD', 40),
  // 9 steps revisit the first of 8 batches; fewer steps where the referee is slow.
  training('mlp-784-128-10-b128', '784-128-10, ReLU, batches of 128, softmax cross-entropy, SGD', 9),
  training('mlp-784-512-512-10-b128', '784-512-512-10, ReLU, batches of 128, softmax cross-entropy, SGD', 2),
  {
    ...training('mlp-784-512-512-10-b128-2threads', 'the same on two threads, against ours on one', 2),
    oneThread: 'mlp-784-512-512-10-b128',
  },
  training('adam-mlp-784-128-10-b32', '784-128-10, ReLU, batches of 32, softmax cross-entropy, Adam', 10),
  training(
    'cnn-28x28-b32',
    'conv 5×5×24, conv 3×3×32, each with ReLU and max-pool 2, 128 units, 10 classes, batches of 32, SGD',
    3,
  ),
  {
    ...training('cnn-28x28-b32-2threads', 'the same on two threads, against ours on one', 3),
    oneThread: 'cnn-28x28-b32',
  },
  training(
    'transformer-d64-t64-b16',
    'transformer, 2 blocks, 4 heads, width 64; next of 64 characters at 64 positions, batches of 16, Adam',
    3,
  ),
  ...[16, 64, 256, 1024].flatMap((side) => layouts.map((layout) => product(layout, side))),
  product('nn', 256, true),
  {
    kind: 'peak',
    id: 'peak',
    title: 'independent SIMD multiplications and additions in this engine: an upper bound for products',
    unit: 'GFLOP/s',
    relaxed: false,
  },
  // After the strict one, since the switch cannot be undone in a process.
  {
    kind: 'peak',
    id: 'peak-relaxed',
    title: 'the same with relaxed SIMD, which has fused multiply-add',
    unit: 'GFLOP/s',
    relaxed: true,
  },
  onceInAProcess(
    'cold-start',
    'fresh process, import to the end of the first XOR step',
    'ms',
    'cold-start',
    'xor-step',
    1,
  ),
  onceInAProcess(
    'compile-time',
    'from weights and data to a compiled step of 784-512-512-10: the first step minus a later one',
    'ms',
    'compile-time',
    'mlp-784-512-512-10-b128',
    1,
  ),
  onceInAProcess(
    'memory-mlp',
    'peak memory of the process after 40 steps of mlp-784-128-10-b32',
    'bytes',
    'peak-memory',
    'mlp-784-128-10-b32',
    40,
  ),
  onceInAProcess(
    'memory-mlp-wasm',
    'WebAssembly memory after 40 steps of mlp-784-128-10-b32, including data',
    'bytes',
    'wasm-memory',
    'mlp-784-128-10-b32',
    40,
  ),
  {
    kind: 'bundle',
    id: 'bundle-gzip',
    title: 'what a page loads to train XOR: bundled, minified, gzip -9',
    unit: 'bytes',
    of: 'xor',
  },
  {
    kind: 'bundle',
    id: 'bundle-gzip-all',
    title: 'what a page loads for the whole library: bundled, minified, gzip -9',
    unit: 'bytes',
    of: 'all',
  },
]

/** Higher is better for rates, lower for times and sizes. */
export const moreIsBetter = (unit: Unit) => unit === 'steps/s' || unit === 'GFLOP/s'
