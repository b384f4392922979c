// Nothing grows with the number of steps: WebAssembly memory, its blocks, and the JavaScript heap.
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { getKernel } from '@bp/kernel'
import { expect, test, vi } from 'vitest'
import {
  adam,
  compile,
  compileStep,
  createRun,
  type Dataset,
  grad,
  input,
  layers,
  metrics,
  random,
  sequential,
  variable,
} from '../src/index.js'

const draws = random(3)
const rows = (count: number): Dataset => ({
  rows: count,
  inputs: Float32Array.from({ length: count * 2 }, (_, index) => draws.normal(index)),
  inputShape: [2],
  targets: Float32Array.from({ length: count }, (_, row) => row % 2),
  targetShape: [1],
})

/** A run with a smaller last batch and every option of a run. */
const makeRun = (data = rows(38)) =>
  createRun({
    model: sequential(
      [
        layers.dense({ units: 12, activation: 'tanh' }),
        layers.batchNorm(),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 1 }),
      ],
      { inputShape: [2], seed: 1 },
    ),
    loss: 'sigmoidCrossEntropy',
    optimizer: adam({ learningRate: 0.01, clip: { globalNorm: 1 }, ema: 0.9 }),
    data,
    validation: rows(20),
    metrics: { distance: metrics.meanAbsoluteError() },
    batchSize: 8,
    // Its history fills up evenly until the last epoch, so that these steps add a few records.
    epochs: 1_000_000,
    seed: 1,
    checkpoint: { every: 50, save() {} },
    callbacks: { onStep() {}, onEpoch() {}, onRecord() {} },
  })

/** Repeated actions, by name. */
const work: Readonly<Record<string, () => () => void>> = {
  'steps of a run': () => {
    const run = makeRun()
    return () => run.step()
  },
  'steps of a run that goes back, predicts, scores and is saved now and then': () => {
    const data = rows(38)
    const run = makeRun(data)
    let count = 0
    return () => {
      run.step()
      if (++count % 10 > 0) return
      run.stepBack(3)
      run.predict(data.inputs)
      run.evaluate(data)
      run.save()
    }
  },
  'steps that are compiled': () => {
    const [x, y] = [input([8, 2]), input([8, 1])]
    const w = variable([[1], [2]])
    const step = compileStep({
      inputs: { x, y },
      loss: x.matmul(w).sub(y).square().mean(),
      optimizer: adam({ learningRate: 0.01 }),
    })
    const values = { x: new Float32Array(16).fill(1), y: new Float32Array(8) }
    return () => step.run(1, values)
  },
  'calls of what is compiled': () => {
    const f = compile(grad((x) => x.square().sum()))
    return () => f([1, 2, 3])
  },
  'derivatives by new variables': () => {
    const w = variable([[1], [2]])
    return () => {
      const scale = variable(3)
      w.mul(scale).sum().backward()
      scale.grad.item()
    }
  },
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that live after a collection, and after what waits for one was done. */
async function living() {
  for (let round = 0; round < 4; round++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const { used_heap_size, external_memory } = getHeapStatistics()
  return { kernel: getKernel().size, script: used_heap_size + external_memory }
}

function repeat(body: () => void, times: number): void {
  for (let time = 0; time < times; time++) body()
}

/**
 * The engine makes tables larger now and then, so growth counts if it is there in each part of the steps, and again in
 * a second run: what takes memory does so each time.
 */
const parts = [2490, 2500, 2500, 2500]

test.each(Object.entries(work))(
  'from the 10th to the 10,000th, %s allocate no memory',
  { retry: 1 },
  async (_, make) => {
    // The engine compiles what is called often, and keeps that.
    repeat(make(), 10_000)
    const body = make()
    repeat(body, 10)
    const allocations = vi.spyOn(getKernel(), 'allocate').mockClear()
    const before = await living()
    let [last, least] = [before, Number.POSITIVE_INFINITY]
    for (const times of parts) {
      repeat(body, times)
      const now = await living()
      least = Math.min(least, (now.script - last.script) / times)
      last = now
    }
    expect(allocations).not.toHaveBeenCalled()
    expect(last.kernel).toBe(before.kernel)
    // No object takes fewer bytes than this.
    expect(least).toBeLessThan(12)
  },
)
