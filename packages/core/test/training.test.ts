// Training steps and runs: against plain float64 programs, for the same bits, and for what goes wrong.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  adam,
  compileStep,
  createRun,
  type Dataset,
  DivergedError,
  input,
  layers,
  type Optimizer,
  Rows,
  random,
  sequential,
  sgd,
  softmaxCrossEntropy,
  variable,
  xor,
} from '../src/index.js'

/** Three blobs in four dimensions. */
function blobs(rows: number): Dataset {
  const draws = random(5).stream('blobs')
  const inputs = Float32Array.from(
    { length: rows * 4 },
    (_, index) => draws.normal(index) * 0.6 + (Math.floor(index / 4) % 3 === index % 4 ? 2 : 0),
  )
  const targets = Float32Array.from({ length: rows * 3 }, (_, index) =>
    Number(Math.floor(index / 3) % 3 === index % 3),
  )
  return { rows, inputs, inputShape: [4], targets, targetShape: [3] }
}

const classifier = (options: { optimizer?: Optimizer; batchSize?: number; epochs?: number } = {}) => {
  const model = sequential([layers.dense({ units: 9, activation: 'relu' }), layers.dense({ units: 3 })], {
    inputShape: [4],
    seed: 4,
  })
  return createRun({
    model,
    loss: 'softmaxCrossEntropy',
    optimizer: options.optimizer ?? adam({ learningRate: 0.02 }),
    data: blobs(50),
    validation: blobs(21),
    batchSize: options.batchSize ?? 16,
    epochs: options.epochs ?? 12,
    seed: 4,
  })
}

describe('a run', () => {
  test('learns, with a smaller last batch, and scores the rows it did not see', async () => {
    const run = classifier()
    expect(run.getState()).toMatchObject({
      status: 'idle',
      step: 0,
      steps: 48,
      loss: null,
      accuracy: null,
      validation: null,
    })
    const state = await run.start()
    expect(state).toMatchObject({ status: 'done', epoch: 12, step: 48 })
    expect(state.accuracy).toBeGreaterThan(0.9)
    expect(state.validation!.accuracy).toBeGreaterThan(0.9)
    expect(state.history).toHaveLength(12)
    expect(run.evaluate(blobs(50))).toEqual({ loss: state.loss, accuracy: state.accuracy })
  })

  test('has the same bits whether stepped one by one, in chunks, paused or run through', async () => {
    const hash = (run: ReturnType<typeof classifier>) =>
      createHash('sha256').update(run.weights()).digest('hex')
    const through = classifier()
    await through.start()
    const single = classifier()
    while (single.getState().status !== 'done') single.step()
    const pieces = classifier()
    for (const count of [5, 1, 20, 100]) pieces.step(count)
    const paused = classifier()
    const stop = paused.subscribe((state) => state.step > 3 && paused.pause())
    expect((await paused.start()).status).toBe('paused')
    stop()
    await paused.start()
    expect(new Set([through, single, pieces, paused].map(hash)).size).toBe(1)
    expect(single.getState().history).toEqual(through.getState().history)
  })

  test('stands still while paused', async () => {
    const run = classifier({ epochs: 100_000 })
    setTimeout(() => run.pause(), 20)
    const { status, step } = await run.start()
    expect(status).toBe('paused')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(run.getState().step).toBe(step)
  })

  test('keeps 512 records however long it is, and one of the end', () => {
    const model = sequential([layers.dense({ units: 1 })], { inputShape: [2], seed: 0 })
    const run = createRun({
      model,
      loss: 'sigmoidCrossEntropy',
      optimizer: sgd({ learningRate: 0.1 }),
      data: xor(),
      epochs: 10_000,
      seed: 0,
    })
    const { history } = run.step(10_000)
    expect(history.length).toBeLessThanOrEqual(513)
    expect(history.length).toBeGreaterThan(490)
    expect(history.at(-1)!.epoch).toBe(10_000)
  })

  test('that diverges reports the step, the first node and a cure, and stops there', async () => {
    const run = classifier({ optimizer: sgd({ learningRate: 1e30 }) })
    await expect(run.start()).rejects.toThrow(DivergedError)
    const state = run.getState()
    expect(state.status).toBe('diverged')
    expect(state.error!.message).toMatch(
      /^the loss became (NaN|Infinity) at step \d+: .*(matmul|add|variable).* A smaller learning rate \(now 1e\+30\)/,
    )
    expect(state.step).toBeLessThan(48)
    await expect(run.start()).rejects.toThrow(state.error!.message)
  })

  test('changes its learning rate without recompiling', () => {
    const run = classifier({ optimizer: sgd({ learningRate: 0.1 }) })
    run.step(3)
    const before = run.weights()
    run.learningRate = 1e-30
    run.step(3)
    expect(run.weights()).toEqual(before)
    expect(() => {
      run.learningRate = -1
    }).toThrow('sgd: learningRate must be a positive finite number, got -1')
  })
})

test('two parameters with one gradient, and a gradient that is constant, are both updated', () => {
  const a = variable([1, 2])
  const b = variable([3, 4])
  const c = variable([5, 6])
  const x = input([2])
  const step = compileStep({
    inputs: { x },
    loss: a.mul(x).add(b.mul(x)).add(c).sum(),
    optimizer: sgd({ learningRate: 0.5 }),
  })
  step.run(1, { x: [2, 4] })
  expect([a, b, c].map((tensor) => tensor.toArray())).toEqual([
    [0, 0],
    [2, 2],
    [4.5, 5.5],
  ])
})

test('parameters that were compiled elsewhere before, in another order, train all the same', () => {
  const make = () => {
    const w = variable([
      [0.5, -0.5],
      [0.25, 1],
    ])
    const b = variable([0.1, 0.2])
    const x = input([2, 2])
    const y = input([2, 2])
    return { w, b, inputs: { x, y }, loss: softmaxCrossEntropy(x.matmul(w).add(b), y) }
  }
  const values = {
    x: [
      [1, 2],
      [3, -1],
    ],
    y: [
      [1, 0],
      [0, 1],
    ],
  }
  const plain = make()
  const other = make()
  other.b.set([0.1, 0.2])
  compileStep({
    inputs: other.inputs,
    loss: other.loss,
    optimizer: sgd({ learningRate: 0.1 }),
    parameters: [other.b],
  })
  const train = ({ inputs, loss }: ReturnType<typeof make>) =>
    compileStep({ inputs, loss, optimizer: adam({ learningRate: 0.1 }) }).run(20, values)
  expect(train(other)).toEqual(train(plain))
})

describe('what a step watches', () => {
  const make = () => {
    const x = input([3])
    const w = variable([2])
    return compileStep({
      inputs: { x },
      loss: x.mul(w).sub(1).square().mean(),
      optimizer: sgd({ learningRate: 0.1 }),
      watch: { weight: w.sum(), large: x.mul(w).greater(1).sum() },
    })
  }

  test('is recorded for every step, as it was before its update', () => {
    const step = make()
    const expected: Record<string, number[]> = { losses: [], weight: [], large: [] }
    let w = 2
    for (let i = 0; i < 5; i++) {
      const y = [0.25, 0.5, 1].map((x) => x * w)
      expected.losses!.push(y.reduce((sum, y) => sum + (y - 1) ** 2, 0) / 3)
      expected.weight!.push(w)
      expected.large!.push(y.filter((y) => y > 1).length)
      w -= (0.1 * [0.25, 0.5, 1].reduce((sum, x, at) => sum + 2 * (y[at]! - 1) * x, 0)) / 3
    }
    const losses = step.run(5, { x: [0.25, 0.5, 1] })
    for (const [name, values] of Object.entries({ losses, ...step.watched }))
      for (const [at, value] of values.entries()) expect(value).toBeCloseTo(expected[name]![at]!, 5)
    expect(Object.keys(step.watched)).toEqual(['weight', 'large'])
  })

  test('can exceed the length of one kernel call', () => {
    const step = make()
    step.run(10_000, { x: [1, 1, 1] })
    expect(step.watched.weight).toHaveLength(10_000)
    expect(step.watched.weight!.at(-1)).toBeCloseTo(1, 5)
  })
})

test('a step takes rows in the given order', () => {
  const x = input([2, 1])
  const w = variable([[1]])
  const rows = new Rows(5, { x: Float32Array.of(1, 2, 4, 8, 16) })
  const step = compileStep({
    inputs: { x },
    loss: x.matmul(w).sum(),
    optimizer: sgd({ learningRate: 1e-12 }),
    rows,
  })
  expect([...step.run(3)]).toEqual([3, 12, 3])
  step.setOrder(Int32Array.of(4, 0, 3, 1))
  expect([...step.run(2)]).toEqual([17, 10])
  expect(() => step.setOrder(Int32Array.of(0, 1, 2, 5))).toThrow('row 5 does not exist; there are 5')
})
