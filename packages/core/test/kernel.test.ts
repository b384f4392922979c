// Threads and relaxed SIMD: the bits they must preserve, and their errors.
import { afterAll, expect, test, vi } from 'vitest'
import {
  adam,
  compileStep,
  constant,
  evaluate,
  input,
  layers,
  matmul,
  momentum,
  type Optimizer,
  Rows,
  random,
  sequential,
  setThreads,
  sgd,
  softmaxCrossEntropy,
  ThreadError,
  useKernelModule,
  useRelaxedSimd,
  variable,
} from '../src/index.js'

afterAll(() => setThreads(1))

const numbers = (name: string, length: number) =>
  Float32Array.from({ length }, (_, index) => random(8).stream(name).normal(index))

/** Weights and losses of a classifier after some steps; its products are large enough to be shared. */
function train(optimizer: Optimizer) {
  const model = sequential([layers.dense({ units: 100, activation: 'relu' }), layers.dense({ units: 10 })], {
    inputShape: [300],
    seed: 4,
  })
  const x = input([33, 300])
  const y = input([33, 10])
  const rows = new Rows(99, {
    x: numbers('x', 99 * 300),
    y: Float32Array.from({ length: 990 }, (_, index) => Number(index % 10 === Math.floor(index / 10) % 10)),
  })
  const step = compileStep({
    inputs: { x, y },
    loss: softmaxCrossEntropy(model.apply(x), y),
    optimizer,
    rows,
  })
  const losses = step.run(20)
  return { losses, weights: model.parameters.map(({ values }) => values.slice()) }
}

test.each([sgd({ learningRate: 0.1 }), momentum({ learningRate: 0.1 }), adam({ learningRate: 0.01 })])(
  'weights and losses under $name have the same bits on 1, 2 and 3 threads',
  async (optimizer) => {
    await setThreads(1)
    const alone = train(optimizer)
    for (const count of [2, 3, 1, 2]) {
      expect(await setThreads(count)).toBe(count)
      expect(train(optimizer)).toEqual(alone)
    }
  },
)

test.each([
  [1, 1000, 300],
  [1000, 1, 300],
  [5, 20, 3000],
  [131, 67, 41],
  [64, 17, 520],
])('a product of %i × %i over %i has the same bits on 1 and 3 threads, however it lies', async (m, n, k) => {
  const products = [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => {
      const a = variable(numbers('a', m * k), { shape: transposeA ? [k, m] : [m, k] })
      const b = variable(numbers('b', n * k), { shape: transposeB ? [n, k] : [k, n] })
      return matmul(a, b, { transposeA, transposeB })
    }),
  )
  await setThreads(1)
  const alone = evaluate(products)
  await setThreads(3)
  expect(evaluate(products)).toEqual(alone)
})

test('memory is preserved when threads start', async () => {
  const w = variable(numbers('w', 1000))
  const double = w.mul(2)
  const before = evaluate([double])[0]!.slice()
  await setThreads(2)
  expect(evaluate([double])[0]).toEqual(before)
})

test.each([0, 1.5, -1, 65, Number.NaN])('%d threads are refused', async (count) => {
  await expect(setThreads(count)).rejects.toThrow(
    `setThreads: count must be an integer in [1, 64] or 'auto', got ${count}`,
  )
})

test.each([
  [{ workerUrl: 3 }, 'setThreads: workerUrl must be a URL, got 3'],
  [{ workerURL: './worker.js' }, 'setThreads: unknown option "workerURL"; did you mean "workerUrl"?'],
  ['./worker.js', 'setThreads: expects an options object'],
])('%o is refused as thread options', async (options, message) => {
  await expect(setThreads(2, options as object)).rejects.toThrow(message)
})

test.each([
  ['that is not there', 'file:///nowhere/worker.js', /nowhere/],
  ['that is no thread', 'data:text/javascript,import "node:worker_threads"', /it ended/],
  [
    'of another version',
    'data:text/javascript,import { parentPort } from "node:worker_threads"; parentPort.postMessage("thread 0")',
    /another script or version/,
  ],
])(
  'a thread from a file %s is a ThreadError, and one thread continues with the same bits',
  async (_, url, reason) => {
    await setThreads(3)
    const before = train(sgd({ learningRate: 0.1 }))
    const failed = setThreads(2, { workerUrl: new URL(url) })
    await expect(failed).rejects.toBeInstanceOf(ThreadError)
    await expect(failed).rejects.toThrow(reason)
    await expect(failed).rejects.toThrow('setThreads(count, { workerUrl })')
    expect(train(sgd({ learningRate: 0.1 }))).toEqual(before)
    await useRelaxedSimd()
    expect(await setThreads(1)).toBe(1)
  },
)

test('a thread can be started from the file that the kernel ships', async () => {
  const workerUrl = new URL(import.meta.resolve('@bp/kernel/worker.js'))
  const alone = train(sgd({ learningRate: 0.1 }))
  expect(await setThreads(2, { workerUrl })).toBe(2)
  expect(train(sgd({ learningRate: 0.1 }))).toEqual(alone)
})

test('relaxed SIMD reports whether the engine has it, and products stay within their error budget', async () => {
  // i8x16.relaxed_swizzle on two empty vectors: the smallest module with a relaxed instruction.
  const smallest = Uint8Array.of(
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    5,
    1,
    96,
    0,
    1,
    123,
    3,
    2,
    1,
    0,
    10,
    15,
    1,
    13,
    0,
    65,
    1,
    253,
    15,
    65,
    2,
    253,
    15,
    253,
    128,
    2,
    11,
  )
  expect(await useRelaxedSimd()).toBe(WebAssembly.validate(smallest))
  const k = 700
  const a = numbers('a', 40 * k)
  const b = numbers('b', k * 30)
  const [found] = evaluate([matmul(variable(a, { shape: [40, k] }), variable(b, { shape: [k, 30] }))])
  for (let i = 0; i < 40; i++)
    for (let j = 0; j < 30; j++) {
      let total = 0
      let size = 0
      for (let p = 0; p < k; p++) {
        total += a[i * k + p]! * b[p * 30 + j]!
        size += Math.abs(a[i * k + p]! * b[p * 30 + j]!)
      }
      expect(Math.abs(found![i * 30 + j]! - total)).toBeLessThanOrEqual(2 * k * size * 2 ** -24)
    }
})

test('a module that is compiled already gives the same bits, before anything is computed', async () => {
  const { binary } = await import('../../kernel/src/binary.js')
  const module = await WebAssembly.compile(Buffer.from(binary, 'hex'))
  expect(() => useKernelModule(module)).toThrow(
    'useKernelModule: something was computed already; call it before that',
  )
  vi.resetModules()
  const fresh = await import('../src/index.js')
  expect(() => fresh.useKernelModule({} as never)).toThrow('module must be a WebAssembly.Module')
  fresh.useKernelModule(module)
  const product = (core: typeof fresh) =>
    core.evaluate([core.matmul(core.constant([[1.1, 2.2]]), core.constant([[3.3], [4.4]]))])
  expect(product(fresh)).toEqual([evaluate([matmul(constant([[1.1, 2.2]]), constant([[3.3], [4.4]]))])[0]])
})
