// Training steps and runs: against plain float64 programs, for the same bits, and for what goes wrong.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  adam,
  compileStep,
  createRun,
  type Dataset,
  dense,
  input,
  momentum,
  type Optimizer,
  Rows,
  random,
  sequential,
  sgd,
  softmaxCrossEntropy,
  variable,
  xor,
} from '../src/index.js'

const rules: [string, Optimizer][] = [
  ['sgd', sgd({ learningRate: 0.3 })],
  ['momentum', momentum({ learningRate: 0.1, momentum: 0.8 })],
  ['Nesterov momentum', momentum({ learningRate: 0.1, momentum: 0.8, nesterov: true })],
  ['adam', adam({ learningRate: 0.05 })],
]

/** Linear regression by hand: y = x·w + b, mean squared error over four rows, in float64. */
function trainByHand(steps: number, update: (p: number[], g: number[], t: number) => void): number[] {
  const xs = [
    [1, 2],
    [-1, 0.5],
    [0.25, -2],
    [2, 1],
  ]
  const ys = [1, -1, 0.5, 2]
  const p = [0.1, -0.2, 0.05]
  return Array.from({ length: steps }, (_, t) => {
    const g = [0, 0, 0]
    let loss = 0
    for (const [row, [x0, x1]] of xs.entries()) {
      const error = x0! * p[0]! + x1! * p[1]! + p[2]! - ys[row]!
      loss += error ** 2 / 4
      g[0]! += (2 * error * x0!) / 4
      g[1]! += (2 * error * x1!) / 4
      g[2]! += (2 * error) / 4
    }
    update(p, g, t + 1)
    return loss
  })
}

const byHand: Record<string, () => (p: number[], g: number[], t: number) => void> = {
  sgd: () => (p, g) =>
    p.forEach((_, i) => {
      p[i]! -= 0.3 * g[i]!
    }),
  momentum: () => {
    const v = [0, 0, 0]
    return (p, g) =>
      p.forEach((_, i) => {
        v[i] = 0.8 * v[i]! + g[i]!
        p[i]! -= 0.1 * v[i]!
      })
  },
  'Nesterov momentum': () => {
    const v = [0, 0, 0]
    return (p, g) =>
      p.forEach((_, i) => {
        v[i] = 0.8 * v[i]! + g[i]!
        p[i]! -= 0.1 * (g[i]! + 0.8 * v[i]!)
      })
  },
  adam: () => {
    const m = [0, 0, 0]
    const v = [0, 0, 0]
    return (p, g, t) =>
      p.forEach((_, i) => {
        m[i] = 0.9 * m[i]! + 0.1 * g[i]!
        v[i] = 0.999 * v[i]! + 0.001 * g[i]! ** 2
        p[i]! -= (0.05 * (m[i]! / (1 - 0.9 ** t))) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8)
      })
  },
}

test.each(rules)('%s gives the losses that its formula gives', (name, optimizer) => {
  const x = input([4, 2])
  const y = input([4, 1])
  const w = variable([[0.1], [-0.2]])
  const b = variable([0.05])
  const loss = x.matmul(w).add(b).squaredDifference(y).mean()
  const step = compileStep({ inputs: { x, y }, loss, optimizer })
  const losses = step.run(40, {
    x: [
      [1, 2],
      [-1, 0.5],
      [0.25, -2],
      [2, 1],
    ],
    y: [[1], [-1], [0.5], [2]],
  })
  const expected = trainByHand(40, byHand[name]!())
  for (const [index, value] of losses.entries())
    expect(Math.abs(value - expected[index]!)).toBeLessThan(2e-5 * Math.max(1, expected[index]!))
})

test('an optimizer gives the same in its float64 form', () => {
  for (const [name, { update, slots, settings }] of rules) {
    const parameters = Float64Array.of(0.1, -0.2, 0.05)
    const state = slots.map(() => new Float64Array(3))
    const numbers = Float64Array.from(settings)
    const expected = trainByHand(20, byHand[name]!())
    const found = trainByHand(20, (p, g) => {
      update(parameters, Float64Array.from(g), state, numbers)
      p.splice(0, 3, ...parameters)
    })
    for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index]!, 12)
  }
})

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
  const model = sequential([dense({ units: 9, activation: 'relu' }), dense({ units: 3 })], {
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

  test('ends with the same bits whether it is stepped one by one, in pieces, paused or run through', async () => {
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
    const model = sequential([dense({ units: 1 })], { inputShape: [2], seed: 0 })
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

  test('that diverges says at which step, which node was first, and what to do, and stops there', async () => {
    const run = classifier({ optimizer: sgd({ learningRate: 1e30 }) })
    const state = await run.start()
    expect(state.status).toBe('diverged')
    expect(state.error!.message).toMatch(
      /^the loss became (NaN|Infinity) at step \d+: .*(matmul|add|variable).* A smaller learning rate \(now 1e\+30\)/,
    )
    expect(state.step).toBeLessThan(48)
    expect((await run.start()).status).toBe('diverged')
  })

  test('changes its learning rate without compiling again', () => {
    const run = classifier({ optimizer: sgd({ learningRate: 0.1 }) })
    run.step(3)
    const before = run.weights()
    run.learningRate = 1e-30
    run.step(3)
    expect(run.weights()).toEqual(before)
    expect(() => {
      run.learningRate = -1
    }).toThrow('sgd: the learning rate must be a finite number above 0, got -1')
  })
})

// The promise of the same bits everywhere: these do not change unless arithmetic or drawing does.
test('one seed and 1,000 steps give the weights whose SHA-256 is written here', () => {
  const model = sequential(
    [
      dense({ units: 8, activation: 'tanh' }),
      dense({ units: 8, activation: 'sigmoid' }),
      dense({ units: 3 }),
    ],
    { inputShape: [4], seed: 7 },
  )
  const run = createRun({
    model,
    loss: 'softmaxCrossEntropy',
    optimizer: adam({ learningRate: 0.01 }),
    data: blobs(60),
    batchSize: 16,
    epochs: 250,
    seed: 7,
  })
  expect(run.step(1000).status).toBe('done')
  expect(createHash('sha256').update(run.weights()).digest('hex')).toBe(
    'dab48b3efac8df71a1ba51c11c373adf88d4b10dc48a365c983ace6db9aded50',
  )
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

test('a step picks the rows that its order says', () => {
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

test('memory stands still from step 10 to step 10,000', async () => {
  const { getKernel } = await import('@bp/kernel')
  const run = classifier({ epochs: 100_000 })
  run.step(10)
  const before = getKernel().size
  run.step(10_000)
  expect(getKernel().size).toBe(before)
})
