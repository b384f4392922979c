// Runs: stepping back, early stopping, checkpoints, callbacks, metrics, and workers.
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import {
  type ActivationName,
  adam,
  add,
  type Checkpoint,
  compileStep,
  concat,
  createRun,
  DataError,
  type Dataset,
  DivergedError,
  dataset,
  functional,
  greater,
  input,
  type Loss,
  type LossName,
  layer,
  layers,
  losses,
  meanSquaredError,
  metrics,
  modelInput,
  mul,
  type OptimizerState,
  Rows,
  type Run,
  type RunOptions,
  type RunState,
  random,
  ShapeError,
  sequential,
  sgd,
  sigmoidCrossEntropy,
  type Tensor,
  ValueError,
} from '../src/index.js'
import { Snapshots } from '../src/run/snapshots.js'
import { noisy, noisyRun } from './noisy-run.js'

const { dense } = layers

const make = noisyRun

const stepsPerEpoch = 5

describe('stepping back', () => {
  test.each([1, 2, 3, 7, 31, 60, 200])('%d steps restores the bits', (count) => {
    const run = make()
    for (const part of [3, 1, 40, 16]) run.step(part)
    const back = Math.min(count, 60)
    const state = run.stepBack(count)
    const other = make()
    if (back < 60) other.step(60 - back)
    expect(state).toEqual(other.getState())
    expect(run.weights()).toEqual(other.weights())
    // And on from there.
    expect(run.step(50)).toEqual(other.step(50))
    expect(run.weights()).toEqual(other.weights())
    expect(run.save()).toEqual(other.save())
  })

  test('draws the same dropout again', () => {
    const dropping = () =>
      make({
        model: sequential(
          [dense({ units: 12, activation: 'tanh' }), layers.dropout({ rate: 0.5 }), dense({ units: 1 })],
          { inputShape: [2], seed: 1 },
        ),
      })
    const [run, other] = [dropping(), dropping()]
    run.step(33)
    run.stepBack(14)
    other.step(19)
    expect(run.weights()).toEqual(other.weights())
    run.step(20)
    other.step(20)
    expect(run.weights()).toEqual(other.weights())
  })

  test('goes through changes of the learning rate as they were made', () => {
    const run = make()
    const weights: Float32Array[] = []
    for (let step = 0; step < 30; step++) {
      if (step % 10 === 4) run.learningRate = 0.01 * (step + 1)
      run.step()
      weights.push(run.weights())
    }
    for (const back of [1, 3, 12, 4]) {
      run.stepBack(back)
      expect(run.weights()).toEqual(weights[run.getState().step - 1])
    }
    expect(run.getState().step).toBe(10)
    expect(run.learningRate).toBe(0.05)
  })

  test('undoes the end of a run', async () => {
    const run = make({ epochs: 4, earlyStopping: { patience: 1 } })
    const { step } = await run.start()
    expect(run.stepBack(2)).toMatchObject({ status: 'paused', step: step - 2 })
    const other = make({ epochs: 4, earlyStopping: { patience: 1 } })
    other.step(step - 2)
    expect(run.weights()).toEqual(other.weights())
  })

  test('needs few snapshots for long runs', () => {
    const snapshots = new Snapshots<number>()
    let longestReplay = 0
    for (let step = 0; step <= 100_000; step++) snapshots.add(step, 1, step)
    expect(snapshots.steps[0]).toBe(0)
    expect(snapshots.steps.length).toBeLessThan(2 * Math.log2(100_000) + 3)
    const kept = snapshots.steps
    for (const back of [0, 1, 10, 1000, 50_000]) {
      const nearest = kept.findLast((step) => step <= 100_000 - back)!
      longestReplay = Math.max(longestReplay, (100_000 - back - nearest) / Math.max(1, back))
    }
    expect(longestReplay).toBeLessThanOrEqual(1)
  })

  test('keeps within a bound of bytes', () => {
    const snapshots = new Snapshots<number>()
    for (let step = 0; step < 1000; step++) snapshots.add(step, 2 ** 26, step)
    expect(snapshots.steps).toHaveLength(4)
    expect(snapshots.steps.at(-1)).toBe(999)
  })
})

describe('a record', () => {
  test.each([
    ['of several steps', { batchSize: 8 }],
    ['of one step', { batchSize: 38, epochs: 1537 }],
  ])('of an epoch %s is scored with the weights at its end', (_, options) => {
    const data = noisy(38, 1)
    const run = make(options)
    const other = make(options)
    // In pieces that do not end with the epoch, and going through them again.
    while (run.getState().step < 60) {
      run.step(3)
      run.stepBack(1)
    }
    const { history } = run.getState()
    expect(history.length).toBeGreaterThan(10)
    for (const { step, loss, accuracy, validation } of history) {
      other.step(step - other.getState().step)
      expect({ loss, accuracy }).toEqual(other.evaluate(data))
      expect(validation).toEqual(other.evaluate(noisy(30, 2)))
    }
  })

  test('of the best epoch, the checkpoint and the end are of the weights that are kept, without validation', async () => {
    const { validation: _, ...options } = {
      validation: null,
      optimizer: adam({ learningRate: 0.3 }),
      epochs: 60,
      earlyStopping: { patience: 5 },
    }
    const data = noisy(38, 1)
    const saved: Checkpoint[] = []
    const run = createRun({
      model: make().model,
      loss: 'sigmoidCrossEntropy',
      data,
      batchSize: 8,
      seed: 2,
      checkpoint: { save: (checkpoint) => saved.push(checkpoint) },
      ...options,
    })
    const { loss, accuracy, best } = await run.start()
    expect({ loss, accuracy }).toEqual(run.evaluate(data))
    expect(loss).toBe(best!.loss)
    for (const { state, weights } of saved) {
      run.model.setWeights(weights)
      expect(run.evaluate(data).loss).toBe(state.best!.loss)
      expect(state.best!.step).toBe(state.step)
    }
    expect(saved.length).toBeGreaterThan(1)
  })
})

describe('each mean has the right divisor:', () => {
  const fixed = (targets: number[], options: Partial<RunOptions> = {}) =>
    createRun({
      // 0 for every row, whatever is trained.
      model: sequential([dense({ units: 1, weights: 'zeros' })], { inputShape: [1], seed: 1 }),
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 1e-20 }),
      data: dataset(
        targets.map(() => [1]),
        targets.map((target) => [target]),
      ),
      batchSize: 16,
      epochs: 1,
      seed: 3,
      ...options,
    })
  const seventeen = [...new Array(16).fill(0), 100]

  test.each([1, 2, 3, 4, 5, 6])('an epoch with a smaller last batch, in order %d', (seed) => {
    const run = fixed(seventeen, { seed })
    expect(run.step(2).loss).toBeCloseTo(10_000 / 17, 3)
    expect(run.getState().history[0]!.loss).toBeCloseTo(10_000 / 17, 3)
  })

  test('the steps so far of an epoch', () => {
    const order = [...random(3).stream('order').stream(0).permutation(10)]
    const run = fixed([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { batchSize: 4 })
    const mean = (rows: number[]) => rows.reduce((sum, row) => sum + (row + 1) ** 2, 0) / rows.length
    for (const end of [4, 8]) expect(run.step().loss).toBeCloseTo(mean(order.slice(0, end)), 3)
    expect(run.step().loss).toBeCloseTo(38.5, 3)
  })

  const chunks = Array.from({ length: 300 }, (_, row) => Number(row >= 256))
  test('an evaluation in chunks', () => {
    expect(fixed(chunks).evaluate(fixedData(chunks)).loss).toBeCloseTo(44 / 300, 6)
  })

  test('weighted rows, weighted classes, and a penalty', () => {
    const own = (of: Loss['of']) => ({ of, predictions: (x: Tensor) => x, correct: null })
    // Weight 3 for targets of 1, and 1 for those of 0.
    const weighted = own((outputs, targets) =>
      meanSquaredError(outputs, targets, { weights: add(1, mul(2, targets)) }),
    )
    const loss = (44 * 3) / (256 + 44 * 3)
    expect(fixed(chunks, { loss: weighted }).evaluate(fixedData(chunks)).loss).toBeCloseTo(loss, 6)
    const penalized = own((outputs, targets) => weighted.of(outputs, targets).add(0.5))
    expect(fixed(chunks, { loss: penalized }).evaluate(fixedData(chunks)).loss).toBeCloseTo(loss + 0.5, 6)
    const run = fixed(chunks, { loss: weighted, batchSize: 64 })
    expect(run.step(5).loss).toBeCloseTo(loss, 6)
  })

  test('a sum is no mean', () => {
    const sums = {
      of: (outputs: Tensor, targets: Tensor) => meanSquaredError(outputs, targets, { reduction: 'sum' }),
      predictions: (x: Tensor) => x,
      correct: null,
    }
    expect(fixed(chunks, { loss: sums }).evaluate(fixedData(chunks)).loss).toBeCloseTo(44, 4)
    expect(fixed(chunks, { loss: sums, batchSize: 64 }).step(5).loss).toBeCloseTo(44, 4)
  })

  test.each(['mean', 'sum'] as const)('accumulated batches are one batch, of a %s too', (reduction) => {
    const loss = {
      of: (outputs: Tensor, targets: Tensor) =>
        meanSquaredError(outputs, targets, { reduction, weights: add(1, mul(2, greater(targets, 5))) }),
      predictions: (x: Tensor) => x,
      correct: null,
    }
    const targets = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    const weightsAfter = (options: Partial<RunOptions>, steps: number) => {
      const run = fixed(targets, { loss, ...options })
      run.step(steps)
      return run.weights()
    }
    const whole = weightsAfter({ batchSize: 10, optimizer: sgd({ learningRate: 0.01 }) }, 1)
    // 4, 4 and 2 rows.
    const parts = weightsAfter({ batchSize: 4, optimizer: sgd({ learningRate: 0.01, accumulate: 3 }) }, 3)
    for (const [index, weight] of whole.entries()) expect(parts[index]).toBeCloseTo(weight, 6)
    expect(whole[0]).not.toBe(0)
  })

  test('gradients of the last batches of an epoch are applied at its end', async () => {
    const options = { batchSize: 1, epochs: 3, optimizer: sgd({ learningRate: 0.05, accumulate: 4 }) }
    const run = fixed([1, 2, 3, 4, 5, 6], options)
    await run.start()
    let [w, b] = [0, 0]
    for (let epoch = 0; epoch < 3; epoch++) {
      const order = [...random(3).stream('order').stream(epoch).permutation(6)]
      for (const group of [order.slice(0, 4), order.slice(4)]) {
        const g = group.reduce((sum, row) => sum + (2 * (w + b - (row + 1))) / group.length, 0)
        w -= 0.05 * g
        b -= 0.05 * g
      }
    }
    expect(run.weights()[0]).toBeCloseTo(w, 5)
    expect(run.weights()[1]).toBeCloseTo(b, 5)
    const pieces = fixed([1, 2, 3, 4, 5, 6], options)
    for (const count of [1, 4, 2]) pieces.step(count)
    const resumed = fixed([1, 2, 3, 4, 5, 6], { ...options, resume: structuredClone(pieces.save()) })
    for (const count of [3, 8]) resumed.step(count)
    expect(resumed.weights()).toEqual(run.weights())
  })
})

function fixedData(targets: number[]): Dataset {
  return dataset(
    targets.map(() => [1]),
    targets.map((target) => [target]),
  )
}

describe('early stopping', () => {
  test('ends with exactly the weights of the best epoch', async () => {
    const weights = new Map<number, Float32Array>()
    const run = make({
      optimizer: adam({ learningRate: 0.1 }),
      epochs: 400,
      earlyStopping: { patience: 6 },
      callbacks: { onRecord: ({ epoch }) => weights.set(epoch, run.weights()) },
    })
    const { status, epoch, best, history, validation } = await run.start()
    expect(status).toBe('done')
    const losses = history.map((record) => record.validation!.loss)
    expect(best!.validation!.loss).toBe(Math.min(...losses))
    expect(epoch).toBe(best!.epoch + 6)
    expect(epoch).toBeLessThan(400)
    expect(run.weights()).toEqual(weights.get(best!.epoch))
    expect(run.weights()).not.toEqual(weights.get(epoch))
    expect(validation).toEqual(best!.validation)
  })

  test('restores the best weights at the last epoch too, and respects minDelta', async () => {
    const weights: Float32Array[] = []
    const run = make({
      optimizer: adam({ learningRate: 0.1 }),
      epochs: 60,
      monitor: 'accuracy',
      earlyStopping: { patience: 60, minDelta: 0.05 },
      callbacks: { onRecord: () => weights.push(run.weights()) },
    })
    const { best, history } = await run.start()
    let expected = 0
    for (const [index, { validation }] of history.entries())
      if (validation!.accuracy! > history[expected]!.validation!.accuracy! + 0.05) expected = index
    expect(best).toEqual(history[expected])
    expect(run.weights()).toEqual(weights[expected])
  })
})

describe('a checkpoint', () => {
  test.each([1, stepsPerEpoch, 2 * stepsPerEpoch + 3, 3 * stepsPerEpoch - 1, 39 * stepsPerEpoch])(
    'after %d steps resumes to the bits of a run that was never interrupted',
    async (steps) => {
      const through = make()
      const end = await through.start()
      const first = make()
      first.step(steps)
      const saved = structuredClone(first.save())
      first.step(7)
      const resumed = make({ resume: saved })
      expect(await resumed.start()).toEqual(end)
      expect(resumed.weights()).toEqual(through.weights())
      expect(resumed.save()).toEqual(through.save())
    },
  )

  test('of a changed learning rate, and with early stopping, resumes to the same bits', async () => {
    const options = { earlyStopping: { patience: 3 }, epochs: 400 }
    const through = make(options)
    through.learningRate = 0.07
    through.step(22)
    const resumed = make({ ...options, resume: structuredClone(through.save()) })
    expect(resumed.learningRate).toBe(0.07)
    expect(await resumed.start()).toEqual(await through.start())
    expect(resumed.weights()).toEqual(through.weights())
  })

  test('is given at each improvement, or every so many epochs', async () => {
    const improvements: Checkpoint[] = []
    const run = make({ checkpoint: { save: (checkpoint) => improvements.push(checkpoint) } })
    const { history, best } = await run.start()
    let least = Number.POSITIVE_INFINITY
    const expected = history.filter(({ validation }) => {
      if (validation!.loss >= least) return false
      least = validation!.loss
      return true
    })
    expect(improvements.map(({ state }) => state.epoch)).toEqual(expected.map(({ epoch }) => epoch))
    expect(improvements.at(-1)!.state.best).toEqual(best)
    const epochs: number[] = []
    await make({
      checkpoint: { every: 7, save: ({ state }) => epochs.push(state.epoch) },
      batchSize: 38,
    }).start()
    expect(epochs).toEqual([7, 14, 21, 28, 35])
  })

  test('of another run is refused', () => {
    const saved = make().save()
    expect(() => make({ resume: saved, seed: 3 })).toThrow(
      'createRun: the run to resume has seed 2, this one 3; they must be the same',
    )
    expect(() => make({ resume: saved, batchSize: 9 })).toThrow('has batchSize 8, this one 9')
    const late = make()
    late.step(100)
    expect(() => make({ resume: late.save(), epochs: 10 })).toThrow(
      'has completed 20 epochs; set epochs to more than 10',
    )
  })
})

describe('callbacks', () => {
  test('see every step, epoch and record in order, and change no bits', async () => {
    const seen: string[] = []
    const run = make({
      epochs: 2,
      callbacks: {
        onStep: ({ step }) => seen.push(`step ${step}`),
        onEpoch: ({ epoch }) => seen.push(`epoch ${epoch}`),
        onRecord: ({ epoch }) => seen.push(`record ${epoch}`),
        onEnd: ({ status }) => seen.push(status),
      },
    })
    await run.start()
    const steps = (first: number) => Array.from({ length: 5 }, (_, index) => `step ${first + index}`)
    expect(seen).toEqual([...steps(1), 'record 1', 'epoch 1', ...steps(6), 'record 2', 'epoch 2', 'done'])
    const plain = make({ epochs: 2 })
    await plain.start()
    expect(run.weights()).toEqual(plain.weights())
  })

  test('can pause and cancel', async () => {
    const run = make({ callbacks: { onEpoch: ({ epoch }) => epoch === 2 && run.pause() } })
    expect(await run.start()).toMatchObject({ status: 'paused', step: 2 * stepsPerEpoch })
    const ends: RunState[] = []
    const other = make({
      callbacks: { onStep: ({ step }) => step === 3 && other.cancel(), onEnd: (state) => ends.push(state) },
    })
    expect(await other.start()).toMatchObject({ status: 'cancelled', step: 3 })
    expect(ends).toHaveLength(1)
    expect((await other.start()).status).toBe('cancelled')
    expect(other.step().step).toBe(3)
    expect(other.stepBack()).toMatchObject({ status: 'paused', step: 2 })
  })
})

test('metrics are those of the predictions at each record, and can be monitored', async () => {
  const run = make({
    metrics: { meanAbsolute: metrics.meanAbsoluteError() },
    monitor: 'meanAbsolute',
    mode: 'min',
    epochs: 8,
  })
  const { history, best, validation } = await run.start()
  const rows = noisy(30, 2)
  const predictions = run.predict(rows.inputs)
  const expected = predictions.reduce((sum, p, row) => sum + Math.abs(p - rows.targets[row]!) / 30, 0)
  expect(validation!.metrics!.meanAbsolute).toBeCloseTo(expected, 6)
  const values = history.map((record) => record.validation!.metrics!.meanAbsolute!)
  expect(best).toEqual(history[values.indexOf(Math.min(...values))])
  expect(() => make({ monitor: 'acuracy' })).toThrow(
    'createRun: cannot monitor "acuracy"; options are loss, accuracy; did you mean "accuracy"?',
  )
})

test('a custom loss trains like the equal named one', async () => {
  const [named, own] = [make(), make({ loss: { ...losses.sigmoidCrossEntropy } })]
  expect(await own.start()).toEqual(await named.start())
  expect(own.weights()).toEqual(named.weights())
})

test('a fraction of the rows can be held out', () => {
  const run = make({ validation: 0.25, data: noisy(40, 3) })
  expect(run.getState().steps).toBe(40 * 4)
  run.step(4)
  expect(run.getState().validation).not.toBeNull()
})

describe('a gradient that is not finite while the loss is', () => {
  // √(w·x) at x = 0 is 0, but its derivative by w is 0 · ∞.
  const root = layer('root', {}, (builder, shape) => {
    const w = builder.parameter('w', shape, 'ones')
    return (_, x) => x.mul(w).sqrt()
  })
  const run = (epochs: number) => {
    // Only the 14th row is 0, so that the steps before it are fine.
    const inputs = Float32Array.from({ length: 20 }, (_, row) => Number(row !== 13))
    return createRun({
      model: sequential([root], { inputShape: [1], seed: 0 }),
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.01 }),
      data: { rows: 20, inputs, inputShape: [1], targets: new Float32Array(20).fill(2), targetShape: [1] },
      batchSize: 1,
      epochs,
      seed: 0,
    })
  }

  test.each([
    ['at its own pace', (started: Run) => started.start()],
    ['in one call', (started: Run) => Promise.resolve(started.step(20))],
  ])(
    'stops the run %s, which names the node and the step and keeps the weights from before',
    async (how, go) => {
      const order = [...random(0).stream('order').stream(0).permutation(20)]
      const bad = order.indexOf(13) + 1
      for (const epochs of [1, 3]) {
        const diverged = run(epochs)
        const going = go(diverged)
        if (how === 'at its own pace') await expect(going).rejects.toThrow(DivergedError)
        const { status, error, step } = diverged.getState()
        expect(status).toBe('diverged')
        expect(error!.message).toMatch(
          new RegExp(
            `^a gradient became NaN or infinite at step ${bad}: .*"gradients/.* was the first to produce (NaN|-?Infinity)`,
          ),
        )
        expect(step).toBe(bad - 1)
        expect(Number.isFinite(diverged.weights()[0])).toBe(true)
      }
    },
  )
})

test('a run in a worker thread gives the same bits', async () => {
  const contents = `
    import { parentPort } from 'node:worker_threads'
    import { adam, createRun, layers, sequential } from '../src/index.js'
    parentPort.once('message', async ({ data, validation, resume }) => {
      const model = sequential(
        [layers.dense({ units: 12, activation: 'tanh' }), layers.dense({ units: 1 })],
        { inputShape: [2], seed: 1 },
      )
      const run = createRun({
        model, data, validation, resume,
        loss: 'sigmoidCrossEntropy', optimizer: adam({ learningRate: 0.03 }), batchSize: 8, epochs: 40, seed: 2,
      })
      parentPort.postMessage({ state: await run.start(), checkpoint: run.save() })
    })
  `
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@bp/source'],
    write: false,
  })
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`))
  const here = make()
  here.step(12)
  const [report] = await Promise.all([
    new Promise<{ state: RunState; checkpoint: Checkpoint }>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.postMessage({ data: noisy(38, 1), validation: noisy(30, 2), resume: here.save() })
    }),
    here.start(),
  ])
  await worker.terminate()
  expect(report.state).toEqual(here.getState())
  expect(report.checkpoint).toEqual(here.save())
})

test('class indices and log-probabilities train like one-hot labels', () => {
  const [classes, oneHot] = [Float32Array.of(0, 2, 1, 2), Float32Array.of(1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1)]
  const trained = (
    loss: LossName,
    targets: Float32Array,
    targetShape: number[],
    activation: ActivationName = 'linear',
  ) => {
    const plans = [dense({ units: 3, activation })]
    const run = createRun({
      model: sequential(plans, { inputShape: [2], seed: 1 }),
      loss,
      optimizer: sgd({ learningRate: 0.5 }),
      data: {
        rows: 4,
        inputs: Float32Array.of(0, 1, 1, 0, 1, 1, 0, 0),
        inputShape: [2],
        targets,
        targetShape,
      },
      epochs: 20,
      seed: 1,
    })
    return run.step(20)
  }
  const expected = trained('softmaxCrossEntropy', oneHot, [3])
  const sparse = trained('sparseSoftmaxCrossEntropy', classes, [])
  const logs = trained('negativeLogLikelihood', oneHot, [3], 'logSoftmax')
  for (const state of [sparse, logs]) {
    expect(state.loss).toBeCloseTo(expected.loss!, 5)
    expect(state.accuracy).toBe(expected.accuracy)
  }
  expect(() => trained('sparseSoftmaxCrossEntropy', oneHot, [3])).toThrow(
    'data: a row of targets is [3], the outputs of the model are [3], for which the loss expects targets of a scalar',
  )
})

describe('a model of two inputs and two outputs with shared weights', () => {
  const build = () => {
    const left = modelInput([2])
    const right = modelInput([2])
    const shared = dense({ units: 6, activation: 'tanh' })
    const [a, b] = [shared(left), shared(right)]
    const joined = layers.compute((a, b) => concat([a, b], -1))(a, b)
    return functional({
      inputs: { left, right },
      outputs: { larger: dense({ units: 1 })(joined), total: dense({ units: 2 })(joined) },
      seed: 3,
    })
  }
  const rows = 37
  const draws = random(5)
  const left = Float32Array.from({ length: rows * 2 }, (_, at) => draws.stream('left').normal(at))
  const right = Float32Array.from({ length: rows * 2 }, (_, at) => draws.stream('right').normal(at))
  const data = dataset(
    { left, right },
    {
      larger: Float32Array.from({ length: rows }, (_, row) => Number(left[2 * row]! > right[2 * row]!)),
      total: left.map((value, at) => value + right[at]!),
    },
    rows,
  )
  const options = {
    optimizer: adam({ learningRate: 0.02 }),
    data,
    loss: { larger: 'sigmoidCrossEntropy', total: 'meanSquaredError' },
    lossWeights: { total: 0.25 },
    batchSize: 8,
    epochs: 30,
    seed: 4,
  } as const
  const metricsOf = () => ({ total: { distance: metrics.meanAbsoluteError() } })
  const make = () => createRun({ ...options, model: build(), metrics: metricsOf() })

  test('learns, to the bits of steps that are compiled by hand', async () => {
    const run = make()
    const state = await run.start()
    expect(state.status).toBe('done')
    expect(state.history.at(-1)!.loss).toBeLessThan(0.5 * state.history[0]!.loss)

    const model = build()
    const whole = rows - (rows % 8)
    const stepOf = (count: number, state?: OptimizerState) => {
      const x = { left: input([count, 2]), right: input([count, 2]) }
      const y = { larger: input([count, 1]), total: input([count, 2]) }
      const outputs = model.apply(x)
      return compileStep({
        inputs: { ...x, ...y },
        loss: sigmoidCrossEntropy(outputs.larger, y.larger).add(
          meanSquaredError(outputs.total, y.total).mul(0.25),
        ),
        rows: new Rows(rows, { ...data.inputs, ...data.targets }),
        optimizer: options.optimizer,
        ...(state && { state }),
      })
    }
    const step = stepOf(8)
    const rest = stepOf(rows - whole, step.state)
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const order = Int32Array.from(random(options.seed).stream('order').stream(epoch).permutation(rows))
      step.setOrder(order.subarray(0, whole))
      rest.setOrder(order.subarray(whole))
      step.run(whole / 8)
      rest.run(1)
    }
    expect(run.model.getWeights()).toEqual(model.getWeights())
  })

  test('scores each output under its name, and their weighted sum', () => {
    const run = make()
    run.step(20)
    const { loss, accuracy, metrics } = run.evaluate(data)
    expect(accuracy).toBeNull()
    expect(Object.keys(metrics!)).toEqual(['larger.loss', 'larger.accuracy', 'total.loss', 'total.distance'])
    expect(loss).toBeCloseTo(metrics!['larger.loss']! + 0.25 * metrics!['total.loss']!, 5)
    const predicted = run.predict(data.inputs)
    const errors = predicted.total.map((value, at) => value - data.targets.total[at]!)
    const mean = (numbers: Float32Array) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length
    expect(metrics!['total.loss']).toBeCloseTo(mean(errors.map((error) => error * error)), 5)
    expect(metrics!['total.distance']).toBeCloseTo(mean(errors.map(Math.abs)), 5)
    const right = predicted.larger.map((value, row) =>
      Number(value >= 0.5 === data.targets.larger[row]! >= 0.5),
    )
    expect(metrics!['larger.accuracy']).toBeCloseTo(mean(right), 6)
  })

  test('counts the weight of an only output once, in a step as in a record', () => {
    const x = modelInput([2])
    const model = functional({ inputs: { x }, outputs: { y: dense({ units: 1 })(x) }, seed: 3 })
    const some = (chosen: number[]) =>
      dataset(
        { x: chosen.map((row) => [left[2 * row]!, left[2 * row + 1]!]) },
        { y: chosen.map((row) => [data.targets.larger[row]!]) },
      )
    const order = [...random(4).stream('order').stream(0).permutation(rows)]
    const run = createRun({
      model,
      loss: { y: 'meanSquaredError' },
      lossWeights: { y: 0.25 },
      optimizer: sgd({ learningRate: 1e-20 }),
      data: some([...order.keys()]),
      batchSize: 12,
      epochs: 1,
      seed: 4,
    })
    for (const end of [12, 24, 36]) {
      const { loss } = run.step()
      expect(loss).toBeCloseTo(run.evaluate(some(order.slice(0, end))).loss, 6)
    }
    expect(run.step().loss).toBe(run.evaluate(some([...order.keys()])).loss)
  })

  test('records what each output scores after an epoch', () => {
    const run = make()
    run.step(4)
    run.step(1)
    const { epoch, step, validation, ...score } = run.getState().history[0]!
    expect([epoch, step, validation]).toEqual([1, 5, null])
    expect(score).toEqual(run.evaluate(data))
    expect((score.metrics!['larger.accuracy']! * rows) % 1).toBe(0)
  })

  test('a metric that is passed twice is refused, since it would count both', () => {
    const metric = metrics.meanAbsoluteError()
    const twice = { larger: { distance: metric }, total: { distance: metric } }
    expect(() => createRun({ ...options, model: build(), metrics: twice })).toThrow(
      'createRun: metrics larger.distance and total.distance are the same object',
    )
  })

  test('steps back to the same bits, with rows held back and an output to monitor', () => {
    const held = () =>
      createRun({
        ...options,
        model: build(),
        validation: 0.2,
        monitor: 'larger.accuracy',
        earlyStopping: { patience: 9 },
      })
    const [run, other] = [held(), held()]
    run.step(33)
    run.stepBack(14)
    other.step(19)
    expect(run.save()).toEqual(other.save())
    expect(run.step(30)).toEqual(other.step(30))
    expect(run.weights()).toEqual(other.weights())
    expect(run.getState().best!.validation!.metrics!['larger.accuracy']).toBeGreaterThan(0.4)
  })

  test('expects data, losses and weights under its names', () => {
    const model = build()
    const { left: _, ...one } = data.inputs
    const full = { ...options, model }
    const withChange = (changed: object) => () => createRun({ ...full, ...changed } as typeof full)
    const { larger, total } = data.targets
    expect(withChange({ data: dataset({ ...one, lfet: left }, { larger, total }, rows) })).toThrow(
      'data: a row of inputs is right [2], lfet [2], the model expects left [2], right [2]',
    )
    expect(withChange({ data: dataset(left, { larger, total }, rows) })).toThrow(ShapeError)
    expect(withChange({ data: dataset(data.inputs, { larger: total, total }, rows) })).toThrow(
      'data: a row of targets is larger [2], total [2], the outputs of the model are larger [1], total [2]',
    )
    expect(withChange({ loss: { larger: 'sigmoidCrossEntropy' } })).toThrow(
      'unknown loss undefined for output "total"',
    )
    expect(withChange({ loss: 'meanSquaredError' })).toThrow(
      'loss must be given by name of output: larger, total',
    )
    expect(withChange({ lossWeights: { totla: 1 } })).toThrow(
      'createRun: lossWeights is given for "totla", which is not an output of the model; outputs are larger, total; did you mean "total"?',
    )
    expect(withChange({ lossWeights: { total: Number.NaN } })).toThrow(ValueError)
    const alone = sequential([layers.dense({ units: 1 })], { inputShape: [2], seed: 1 })
    expect(withChange({ model: alone, loss: 'meanSquaredError', lossWeights: {} })).toThrow(
      'the model has one',
    )
    expect(withChange({ monitor: 'accuracy' })).toThrow('larger.accuracy')
    expect(() => make().predict({ left: left.subarray(2), right })).toThrow(
      'predict: inputs must have the same number of rows, got 36, 37',
    )
    expect(() => dataset({ left }, { larger: larger.subarray(1) }, rows)).toThrow(DataError)
    expect(() => dataset({ left: [[1]] }, { larger: [[1], [2]] })).toThrow(
      'dataset: there are 1 rows of inputs "left" and 2 of targets "larger"',
    )
    expect(() => dataset({ left: [[1], [Number.NaN]] }, [1, 2])).toThrow('inputs "left" hold NaN in row 1')
  })
})
