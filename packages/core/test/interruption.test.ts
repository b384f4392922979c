// Interrupting and resuming a run: it continues with the bits of an undisturbed one, or is refused by name.
import { describe, expect, test } from 'vitest'
import {
  adam,
  type Checkpoint,
  compileStep,
  createRun,
  DivergedError,
  input,
  layer,
  meanSquaredError,
  type Run,
  type RunOptions,
  random,
  reduceOnPlateau,
  sequential,
  sgd,
  variable,
} from '../src/index.js'
import { noisy, noisyRun } from './noisy-run.js'

// Without noise it gets better at most records, so that it is saved often.
const make = (options: Partial<RunOptions> = {}): Run =>
  noisyRun({ data: noisy(38, 1, 0), validation: noisy(30, 2, 0), epochs: 12, ...options })

/** Throws at its `nth` call, once. */
function failing(nth: number, asynchronous: boolean) {
  let calls = 0
  return () => {
    calls++
    if (calls !== nth) return asynchronous ? Promise.resolve() : undefined
    if (asynchronous) return Promise.reject(new Error('disk full'))
    throw new Error('disk full')
  }
}

describe.each([
  ['that throws', false],
  ['whose promise is rejected', true],
])('a callback %s', (_, asynchronous) => {
  const places: [string, (fail: () => unknown) => Partial<RunOptions>][] = [
    ['onStep', (onStep) => ({ callbacks: { onStep } })],
    ['onEpoch', (onEpoch) => ({ callbacks: { onEpoch } })],
    ['onRecord', (onRecord) => ({ callbacks: { onRecord } })],
    ['checkpoint.save', (save) => ({ checkpoint: { save } })],
    ['checkpoint.save of every second epoch', (save) => ({ checkpoint: { save, every: 2 } })],
  ]
  test.each(places)(
    'in %s pauses the run, which resumes with the bits of an undisturbed one',
    async (_, given) => {
      const through = make()
      const end = await through.start()
      const run = make(given(failing(3, asynchronous)))
      await expect(run.start()).rejects.toThrow('disk full')
      expect(run.getState().status).toBe('paused')
      const { step } = run.getState()
      expect(run.step(1).step).toBe(step + 1)
      run.stepBack(1)
      expect(await run.start()).toEqual(end)
      expect(run.weights()).toEqual(through.weights())
    },
  )

  test('in onEnd leaves the run ended', async () => {
    const run = make({ callbacks: { onEnd: failing(1, asynchronous) } })
    await expect(run.start()).rejects.toThrow('disk full')
    expect(await run.start()).toEqual(await make().start())
  })

  test('in checkpoint.save is called again with the same checkpoint', async () => {
    const saved: Checkpoint[] = []
    const fail = failing(2, asynchronous)
    const save = (checkpoint: Checkpoint) => {
      saved.push(checkpoint)
      return fail()
    }
    const run = make({ checkpoint: { save } })
    await expect(run.start()).rejects.toThrow()
    await run.start()
    expect(saved[2]).toEqual(saved[1])
    const plain: Checkpoint[] = []
    await make({ checkpoint: { save: (checkpoint) => plain.push(checkpoint) } }).start()
    expect([saved[0], ...saved.slice(2)]).toEqual(plain)
  })

  test('in checkpoint.save is passed to onError, and training continues', async () => {
    const errors: unknown[] = []
    const run = make({
      checkpoint: { save: failing(2, asynchronous), onError: (error) => errors.push(error) },
    })
    expect((await run.start()).status).toBe('done')
    expect(errors.map(String)).toEqual(['Error: disk full'])
  })
})

test('callbacks and saves are awaited, in order', async () => {
  const seen: string[] = []
  const slowly = (what: string) => async () => {
    seen.push(`${what} begins`)
    await new Promise((resolve) => setTimeout(resolve, 2))
    seen.push(`${what} ends`)
  }
  const options = { onStep: slowly('step'), onRecord: slowly('record'), onEpoch: slowly('epoch') }
  await make({ epochs: 1, callbacks: options, checkpoint: { save: slowly('save') } }).start()
  const whole = [...new Array(5).fill('step'), 'record', 'save', 'epoch']
  expect(seen).toEqual(whole.flatMap((what) => [`${what} begins`, `${what} ends`]))
})

test('the rejection of a promise of a callback while stepping is thrown by the next call', async () => {
  const run = make({ callbacks: { onStep: failing(1, true) } })
  run.step()
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(() => run.step()).toThrow('disk full')
  expect(run.step().step).toBe(2)
})

test('a listener that throws pauses the run after all listeners were called', async () => {
  const run = make()
  let told = 0
  const stop = run.subscribe(() => {
    throw new Error('listener')
  })
  run.subscribe(() => told++)
  await expect(run.start()).rejects.toThrow('listener')
  expect(run.getState().status).toBe('paused')
  expect(told).toBeGreaterThan(0)
  stop()
  expect(await run.start()).toEqual(await make().start())
})

test.each([
  ['at once', (run: Run) => run.start()],
  ['step by step', async (run: Run) => run.step(1000)],
])('a step that throws leaves the run at the step before, %s', async (_, go) => {
  // Class 3 of 3 is read when the second epoch comes to its row, since the data are changed in between.
  const table = Float32Array.from({ length: 20 }, (_, row) => row % 3)
  const lookUp = layer('lookUp', {}, (builder) => {
    const w = builder.parameter('w', [3, 1], 'ones')
    return (_, x) => w.gather(x.reshape([x.shape[0]!]), 0)
  })
  const indices = Float32Array.from(table)
  const of = (bad: boolean) =>
    createRun({
      model: sequential([lookUp], { inputShape: [1], seed: 1 }),
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.1 }),
      data: {
        rows: 20,
        inputs: bad ? indices.with(13, 3) : indices,
        inputShape: [1],
        targets: table,
        targetShape: [1],
      },
      batchSize: 1,
      epochs: 2,
      seed: 4,
    })
  const order = [...random(4).stream('order').stream(0).permutation(20)]
  const run = of(true)
  await expect(go(run)).rejects.toThrow('gather: indices')
  expect(run.getState()).toMatchObject({ status: 'paused', step: order.indexOf(13) })
  const other = of(false)
  other.step(order.indexOf(13))
  expect(run.weights()).toEqual(other.weights())
  expect(run.getState()).toEqual(other.getState())
})

test('training that diverges with a finite loss rejects', async () => {
  const run = make({ loss: 'meanSquaredError', optimizer: sgd({ learningRate: 3 }), epochs: 500 })
  await expect(run.start()).rejects.toThrow(DivergedError)
  expect(run.getState().status).toBe('diverged')
})

describe('the trained variables are fixed when a step is compiled:', () => {
  const stepOf = (trainable: boolean, listed: boolean) => {
    const w = variable([1, 2], { name: 'w', trainable })
    const b = variable(0, { name: 'b' })
    const x = input([2])
    const step = compileStep({
      inputs: { x },
      loss: meanSquaredError(w.mul(x).add(b), [1, 1]),
      optimizer: sgd({ learningRate: 0.1 }),
      ...(listed && { parameters: [w, b] }),
    })
    return { w, b, step }
  }

  test('a variable that is listed but not trainable is refused', () => {
    expect(() => stepOf(false, true)).toThrow(
      'compileStep: parameters[0] must be a trainable variable, listed once; got variable "w"',
    )
  })

  test.each([true, false])('trainable that changes afterwards, from %s, is refused', (trainable) => {
    const { w, step } = stepOf(trainable, false)
    step.run(1, { x: [1, 2] })
    w.trainable = !trainable
    expect(() => step.run(1, { x: [1, 2] })).toThrow(
      `run: trainable of variable "w" of shape [2] was set to ${!trainable} after the step was compiled`,
    )
  })

  test('a layer that is frozen after createRun is refused, and one frozen before keeps its numbers', async () => {
    const late = make()
    late.model.layers[0]!.trainable = false
    await expect(late.start()).rejects.toThrow('was set to false after the step was compiled')
    const { model } = make()
    model.layers[0]!.trainable = false
    const before = model.getWeights()
    await make({ model }).start()
    const after = model.getWeights()
    expect(after['layer1/weights']).toEqual(before['layer1/weights'])
    expect(after['layer2/weights']).not.toEqual(before['layer2/weights'])
  })
})

describe('a run that is resumed', () => {
  const saved = () => {
    const run = make()
    run.step(20)
    return structuredClone(run.save())
  }

  test.each<[string, Partial<RunOptions>]>([
    ['learningRate 0.03, this one 0.1', { optimizer: adam({ learningRate: 0.1 }) }],
    ['settings of the optimizer', { optimizer: adam({ learningRate: 0.03, beta1: 0.8 }) }],
    ['optimizer adam, this one sgd', { optimizer: sgd({ learningRate: 0.03 }) }],
    ['weightDecay 0, this one 0.1', { optimizer: adam({ learningRate: 0.03, weightDecay: 0.1 }) }],
    ['clip', { optimizer: adam({ learningRate: 0.03, clip: { norm: 1 } }) }],
    ['accumulate 1, this one 2', { optimizer: adam({ learningRate: 0.03, accumulate: 2 }) }],
    ['ema none, this one 0.9', { optimizer: adam({ learningRate: 0.03, ema: 0.9 }) }],
    ['groups', { optimizer: adam({ learningRate: 0.03, groups: [{ parameters: /bias/, weightDecay: 1 }] }) }],
    ['learningRate 0.03, this one a schedule', { optimizer: adam({ learningRate: () => 0.03 }) }],
    ['loss sigmoidCrossEntropy, this one hingeLoss', { loss: 'hingeLoss' }],
    ['data', { data: noisy(38, 3) }],
    ['data', { validation: noisy(30, 3) }],
    ['monitor loss, this one accuracy', { monitor: 'accuracy' }],
    ['plateau', { plateau: { patience: 3 } }],
    ['seed 2, this one 3', { seed: 3 }],
    ['batchSize 8, this one 9', { batchSize: 9 }],
  ])('with another %s, is refused by that name', (what, options) => {
    expect(() => make({ ...options, resume: saved() })).toThrow(
      new RegExp(`^createRun: the run to resume has ${what}.*must be the same`),
    )
  })

  test('and ended by early stopping continues with more patience or none, with the bits of one run', async () => {
    const options = { optimizer: adam({ learningRate: 0.3 }), epochs: 60 }
    const short = make({ ...options, earlyStopping: { patience: 2 } })
    const { epoch } = await short.start()
    expect(epoch).toBeLessThan(50)
    const checkpoint = structuredClone(short.save())
    const same = make({ ...options, earlyStopping: { patience: 2 }, resume: checkpoint })
    expect(await same.start()).toEqual(short.getState())
    for (const earlyStopping of [{ patience: 9 }, undefined]) {
      const own = { ...options, ...(earlyStopping && { earlyStopping }) }
      const through = make(own)
      const resumed = make({ ...own, resume: checkpoint })
      expect(resumed.getState().status).toBe('paused')
      expect(await resumed.start()).toEqual(await through.start())
      expect(resumed.weights()).toEqual(through.weights())
    }
  })

  test('without the weights of its best record cannot stop early', () => {
    const run = make({ optimizer: adam({ learningRate: 0.3 }), epochs: 60 })
    run.step(200)
    expect(() =>
      make({
        optimizer: adam({ learningRate: 0.3 }),
        epochs: 60,
        earlyStopping: { patience: 2 },
        resume: run.save(),
      }),
    ).toThrow('had no earlyStopping and did not keep the weights of its best record')
  })
})

describe('a plateau', () => {
  const options = { optimizer: sgd({ learningRate: 2 }), plateau: { patience: 1, factor: 0.5 }, epochs: 40 }

  test('reduces the rate as reduceOnPlateau does for the records', async () => {
    const run = make(options)
    const { history } = await run.start()
    const plateau = reduceOnPlateau({ learningRate: 2, ...options.plateau })
    for (const { validation } of history) plateau.next(validation!.loss)
    expect(plateau.save().learningRate).toBeLessThan(1)
    expect(run.learningRate).toBe(plateau.save().learningRate)
  })

  test('goes back and is resumed with the run', async () => {
    const through = make(options)
    const end = await through.start()
    const run = make(options)
    run.step(170)
    run.stepBack(90)
    const resumed = make({ ...options, resume: structuredClone(run.save()) })
    expect(await resumed.start()).toEqual(end)
    expect(resumed.learningRate).toBe(through.learningRate)
    expect(resumed.weights()).toEqual(through.weights())
  })

  test('with a schedule is refused', () => {
    expect(() => make({ ...options, optimizer: sgd({ learningRate: () => 0.1 }) })).toThrow(
      'createRun: plateau and the schedule of sgd both set the learning rate',
    )
  })
})
