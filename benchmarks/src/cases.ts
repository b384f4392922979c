// What is measured: every case with its unit, its amount of work, and what the referee expects of it.
import { type Layout, type ProductProblem, problemOf } from './problems.js'
import { lossOfStep, type NetworkProblem, productChecksum } from './reference.js'

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
  /** Instead of the peers: the same on one thread, as this case has it. */
  oneThread?: string
}

/** What can be measured once in a process's life; worker.ts says how. */
export type FigureName = 'cold-start' | 'compile-time' | 'peak-memory' | 'wasm-memory'

/** A new process per measurement. */
export interface ProcessCase extends CaseBase {
  kind: 'process'
  unit: 'ms' | 'bytes'
  figure: FigureName
  /** The case that it runs. */
  runs: string
  check: Check
}

/** Bytes that a page has to load. */
export interface BundleCase extends CaseBase {
  kind: 'bundle'
  unit: 'bytes'
  /** Of what XOR needs, or of everything. */
  of: 'xor' | 'all'
}

/** What independent multiplications and additions reach, which no product can pass. */
export interface PeakCase extends CaseBase {
  kind: 'peak'
  unit: 'GFLOP/s'
  relaxed: boolean
}

export type Case = RateCase | ProcessCase | BundleCase | PeakCase

/** A case of training a network: `count` steps lead to the loss that is checked. */
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
  // By then the loss has fallen from 0.76 to 0.13 and is on its steepest way down.
  training('xor-step', 'XOR 2-2-1, sigmoid, full batch of 4, cross-entropy, SGD', 1000),
  training('xor-8-step', 'XOR 2-8-1, sigmoid, full batch of 4, cross-entropy, SGD', 1000),
  // 40 steps come round to the first of the 32 batches again; the loss falls from 2.5 to 0.4.
  training('mlp-784-128-10-b32', '784-128-10, ReLU, batches of 32, softmax cross-entropy, SGD', 40),
  // So do 9 steps to the first of 8 batches; few steps where the referee takes long.
  training('mlp-784-128-10-b128', '784-128-10, ReLU, batches of 128, softmax cross-entropy, SGD', 9),
  training('mlp-784-512-512-10-b128', '784-512-512-10, ReLU, batches of 128, softmax cross-entropy, SGD', 2),
  {
    ...training('mlp-784-512-512-10-b128-2threads', 'the same on two threads, beside ours on one', 2),
    oneThread: 'mlp-784-512-512-10-b128',
  },
  training('adam-mlp-784-128-10-b32', '784-128-10, ReLU, batches of 32, softmax cross-entropy, Adam', 10),
  training(
    'cnn-28x28-b32',
    'conv 5×5×24, conv 3×3×32, each with ReLU and max-pool 2, 128 units, 10 classes, batches of 32, SGD',
    3,
  ),
  {
    ...training('cnn-28x28-b32-2threads', 'the same on two threads, beside ours on one', 3),
    oneThread: 'cnn-28x28-b32',
  },
  training(
    'transformer-d64-t64-b16',
    'transformer of 2 blocks, 4 heads, width 64; next of 64 characters at 64 positions, batches of 16, Adam',
    3,
  ),
  ...[16, 64, 256, 1024].flatMap((side) => layouts.map((layout) => product(layout, side))),
  product('nn', 256, true),
  {
    kind: 'peak',
    id: 'peak',
    title: 'independent SIMD multiplications and additions in this engine: what products can reach at most',
    unit: 'GFLOP/s',
    relaxed: false,
  },
  // After the strict one, since there is no way back in a process.
  {
    kind: 'peak',
    id: 'peak-relaxed',
    title: 'the same with relaxed SIMD, which multiplies and adds in one',
    unit: 'GFLOP/s',
    relaxed: true,
  },
  onceInAProcess(
    'cold-start',
    'new process, import to first finished XOR step',
    'ms',
    'cold-start',
    'xor-step',
    1,
  ),
  onceInAProcess(
    'compile-time',
    'from weights and data to a compiled step of 784-512-512-10: the first step less a later one',
    'ms',
    'compile-time',
    'mlp-784-512-512-10-b128',
    1,
  ),
  onceInAProcess(
    'memory-mlp',
    'most memory that the process has had after 40 steps of mlp-784-128-10-b32',
    'bytes',
    'peak-memory',
    'mlp-784-128-10-b32',
    40,
  ),
  onceInAProcess(
    'memory-mlp-wasm',
    'WebAssembly memory after 40 steps of mlp-784-128-10-b32, data included',
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
    title: 'what a page loads to have the whole library: bundled, minified, gzip -9',
    unit: 'bytes',
    of: 'all',
  },
]

/** More is better for rates, less for times and sizes. */
export const moreIsBetter = (unit: Unit) => unit === 'steps/s' || unit === 'GFLOP/s'
