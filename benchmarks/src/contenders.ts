// Who takes part, and how each of them is started.
export interface Contender {
  name: string
  /** Module that exports `open`, as seen from dist/; `python` runs it if it is written in Python. */
  module: string
  python?: string
  /** npm packages whose versions belong to a result. */
  packages: readonly string[]
  /** What a page needs of it to train XOR; without it, why there is no bundle. */
  bundle: { source: string; sideFiles?: readonly string[] } | { reason: string }
  /** Why it has no cold start. */
  coldStart?: { reason: string }
  /**
   * Its step is not the referee's step: instead of the loss, it is checked that its own error falls below
   * `error` within `steps`.
   */
  mustLearn?: Record<string, { steps: number; error: number }>
}

const tfjs = `
  import '@tensorflow/tfjs-core/dist/register_all_gradients.js'
  export { add, matMul, mean, mul, ready, setBackend, sigmoid, softplus, sub, tensor1d, tensor2d, train, variable } from '@tensorflow/tfjs-core'
`

export const ours: Contender = {
  name: 'ours',
  module: 'contenders/ours.js',
  packages: ['@bp/core'],
  // The whole library, not only what XOR needs.
  bundle: { source: `export * from '@bp/core'` },
}

export const peers: readonly Contender[] = [
  {
    name: 'tfjs-wasm',
    module: 'bundled/tfjs-wasm.js',
    packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
    bundle: {
      source: `${tfjs}; export { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'`,
      // A page loads one of the three builds: this one where there is SIMD and no cross-origin isolation.
      sideFiles: ['@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'],
    },
  },
  {
    name: 'tfjs-cpu',
    module: 'bundled/tfjs-cpu.js',
    packages: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'],
    bundle: { source: `${tfjs}; import '@tensorflow/tfjs-backend-cpu'` },
  },
  {
    name: 'jax-js',
    module: 'contenders/jax-js.js',
    packages: ['@jax-js/jax'],
    bundle: {
      source: `export { defaultDevice, init, jit, nn, numpy, tree, valueAndGrad } from '@jax-js/jax'`,
    },
  },
  {
    name: 'brain.js',
    module: 'contenders/brain.js',
    packages: ['brain.js'],
    bundle: { source: `export { default } from 'brain.js/dist/neural-network.js'` },
    mustLearn: {
      'xor-step': { steps: 20_000, error: 0.01 },
      'xor-8-step': { steps: 20_000, error: 0.01 },
    },
  },
  {
    name: 'handwritten-js',
    module: 'contenders/handwritten.js',
    packages: [],
    bundle: { reason: 'is not a library: there is nothing to bundle' },
    coldStart: { reason: 'is not a library: there is nothing to import' },
  },
  {
    name: 'pytorch',
    module: '../src/contenders/pytorch.py',
    python: '/usr/bin/python3',
    packages: [],
    bundle: { reason: 'does not run in a browser' },
  },
]
