// The contenders, and how each is started.
import type { FigureName } from './cases.js'

export interface Contender {
  name: string
  /** Module that exports `open`, relative to dist/. */
  module: string
  /** For a Python contender: the module it needs, and Debian's package for it. */
  python?: { needs: string; debian: string }
  /** npm packages whose versions are reported. */
  packages: readonly string[]
  /** A page's code to train XOR, and for the whole library; or why there is no bundle. */
  bundle: { xor: string; all: string; sideFiles?: readonly string[] } | { reason: string }
  /** Why a figure does not apply. */
  without?: Partial<Record<FigureName, string>>
  /**
   * Its step is not the referee's: instead of the loss, its own error must fall below `error` within `steps`.
   */
  mustLearn?: Record<string, { steps: number; error: number }>
}

const tfjs = (backend: string, needed: string) => {
  const gradients = `import '@tensorflow/tfjs-core/dist/register_all_gradients.js'`
  return {
    xor: `${gradients}
      export { add, matMul, mean, mul, ready, setBackend, sigmoid, softplus, sub, tensor1d, tensor2d, train, variable } from '@tensorflow/tfjs-core'
      ${needed}`,
    all: `${gradients}; export * from '@tensorflow/tfjs-core'; export * from '${backend}'`,
  }
}

const compilesNothing = 'does not compile: every step executes its operations one by one'
const productsOnly = 'has only products'

export const ours: Contender = {
  name: 'ours',
  module: 'contenders/ours.js',
  packages: ['@bp/core'],
  bundle: {
    xor: `export { compileStep, input, matmul, mean, Rows, sgd, sigmoid, sigmoidCrossEntropyWithLogits, variable } from '@bp/core/lean'`,
    all: `export * from '@bp/core'`,
  },
}

export const peers: readonly Contender[] = [
  {
    name: 'tfjs-wasm',
    module: 'bundled/tfjs-wasm.js',
    packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
    without: { 'compile-time': compilesNothing },
    bundle: {
      ...tfjs(
        '@tensorflow/tfjs-backend-wasm',
        `export { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'`,
      ),
      // A page loads one of the three builds: this one, with SIMD and without cross-origin isolation.
      sideFiles: ['@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'],
    },
  },
  {
    name: 'tfjs-cpu',
    module: 'bundled/tfjs-cpu.js',
    packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'],
    without: { 'compile-time': compilesNothing },
    bundle: tfjs('@tensorflow/tfjs-backend-cpu', `import '@tensorflow/tfjs-backend-cpu'`),
  },
  {
    name: 'jax-js',
    module: 'contenders/jax-js.js',
    packages: ['@jax-js/jax'],
    bundle: {
      xor: `export { defaultDevice, init, jit, nn, numpy, tree, valueAndGrad } from '@jax-js/jax'`,
      all: `export * from '@jax-js/jax'`,
    },
  },
  {
    name: 'brain.js',
    module: 'contenders/brain.js',
    packages: ['brain.js'],
    without: { 'compile-time': compilesNothing },
    bundle: {
      xor: `export { default } from 'brain.js/dist/neural-network.js'`,
      all: `export * from 'brain.js'`,
    },
    mustLearn: {
      'xor-step': { steps: 20_000, error: 0.01 },
      'xor-8-step': { steps: 20_000, error: 0.01 },
    },
  },
  {
    name: 'handwritten-js',
    module: 'contenders/handwritten.js',
    packages: [],
    bundle: { reason: 'is not a library: nothing to bundle' },
    without: {
      'cold-start': 'is not a library: nothing to import',
      'compile-time': compilesNothing,
    },
  },
  {
    name: 'pytorch',
    module: '../src/contenders/pytorch.py',
    python: { needs: 'torch', debian: 'python3-torch' },
    packages: [],
    without: { 'compile-time': compilesNothing },
    bundle: { reason: 'does not run in a browser' },
  },
  {
    name: 'openblas',
    module: '../src/contenders/openblas.py',
    python: { needs: 'numpy', debian: 'python3-numpy libopenblas0-pthread' },
    packages: [],
    without: {
      'cold-start': productsOnly,
      'compile-time': productsOnly,
      'peak-memory': productsOnly,
      'wasm-memory': productsOnly,
    },
    bundle: { reason: 'does not run in a browser' },
  },
]
