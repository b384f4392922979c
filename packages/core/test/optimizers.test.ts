// Optimizers and what surrounds them: against plain float64 programs of their formulas, written out here.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  compileStep,
  cosineDecay,
  createRun,
  input,
  layers,
  lion,
  momentum,
  nadam,
  type Optimizer,
  type OptimizerRecord,
  type OptimizerState,
  oneCycle,
  Rows,
  type Run,
  rmsProp,
  sequential,
  setThreads,
  sgd,
  type TrainingStep,
  type Variable,
  variable,
  xor,
} from '../src/index.js'

const xs = [
  [1, 2],
  [-1, 0.5],
  [0.25, -2],
  [2, 1],
]
const ys = [1, -1, 0.5, 2]

/** An update of the three parameters in place, from their gradients, at the step with number t = 1, 2, … */
type Update = (p: number[], g: number[], t: number) => void

/** Linear regression by hand: y = x·w + b, mean squared error over some rows a step, in float64. */
function trainByHand(steps: number, update: Update, rowsOf: (step: number) => number[] = () => [0, 1, 2, 3]) {
  const p = [0.1, -0.2, 0.05]
  const losses = Array.from({ length: steps }, (_, step) => {
    const rows = rowsOf(step)
    const g = [0, 0, 0]
    let loss = 0
    for (const row of rows) {
      const [x0, x1] = xs[row] as [number, number]
      const error = x0 * p[0]! + x1 * p[1]! + p[2]! - ys[row]!
      loss += error ** 2 / rows.length
      g[0]! += (2 * error * x0) / rows.length
      g[1]! += (2 * error * x1) / rows.length
      g[2]! += (2 * error) / rows.length
    }
    update(p, g, step + 1)
    return loss
  })
  return { losses, parameters: p }
}

/** The same regression by the library. */
function compiled(
  optimizer: Optimizer,
  { batch = 4, state }: { batch?: number; state?: OptimizerState } = {},
) {
  const x = input([batch, 2])
  const y = input([batch, 1])
  const w = variable([[0.1], [-0.2]], { name: 'w' })
  const b = variable([0.05], { name: 'b' })
  const loss = x.matmul(w).add(b).squaredDifference(y).mean()
  const rows = new Rows(4, { x: Float32Array.from(xs.flat()), y: Float32Array.from(ys) })
  const step = compileStep({ inputs: { x, y }, loss, optimizer, rows, ...(state && { state }) })
  return { step, w, b, inputs: { x, y }, loss, rows }
}

const numbersOf = (w: Variable, b: Variable) => [...w.values, ...b.values]

function expectClose(found: ArrayLike<number>, expected: readonly number[], tolerance = 2e-5) {
  expect(found.length).toBe(expected.length)
  for (const [index, value] of expected.entries())
    expect(Math.abs(found[index]! - value), `number ${index}: ${found[index]} for ${value}`).toBeLessThan(
      tolerance * Math.max(1, Math.abs(value)),
    )
}

const each = (p: number[], f: (i: number) => void) => {
  for (let i = 0; i < p.length; i++) f(i)
}
const zeros = () => [0, 0, 0]

const rmsByHand =
  ({ centered = false, mu = 0 }) =>
  (): Update => {
    const [s, m, v] = [zeros(), zeros(), zeros()]
    return (p, g) =>
      each(p, (i) => {
        s[i] = 0.9 * s[i]! + 0.1 * g[i]! ** 2
        m[i] = 0.9 * m[i]! + 0.1 * g[i]!
        const root = Math.sqrt(centered ? s[i]! - m[i]! ** 2 : s[i]!)
        v[i] = mu * v[i]! + g[i]! / (root + 1e-3)
        p[i]! -= 0.01 * v[i]!
      })
  }
const adamByHand =
  ({ l2 = 0, decoupled = 0, rate = 0.05 }) =>
  (): Update => {
    const [m, v] = [zeros(), zeros()]
    return (p, g, t) =>
      each(p, (i) => {
        const gradient = g[i]! + l2 * p[i]!
        m[i] = 0.9 * m[i]! + 0.1 * gradient
        v[i] = 0.999 * v[i]! + 0.001 * gradient ** 2
        p[i]! -= rate * decoupled * p[i]!
        p[i]! -= (rate * (m[i]! / (1 - 0.9 ** t))) / (Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8)
      })
  }
const momentumByHand = (nesterov: boolean) => (): Update => {
  const v = zeros()
  return (p, g) =>
    each(p, (i) => {
      v[i] = 0.8 * v[i]! + g[i]!
      p[i]! -= 0.1 * (nesterov ? g[i]! + 0.8 * v[i]! : v[i]!)
    })
}

/** Optimizers with what their formulas say. */
const rules: [name: string, optimizer: Optimizer, byHand: () => Update][] = [
  ['sgd', sgd({ learningRate: 0.3 }), () => (p, g) => each(p, (i) => (p[i]! -= 0.3 * g[i]!))],
  [
    'sgd with weight decay',
    sgd({ learningRate: 0.1, weightDecay: 0.2 }),
    () => (p, g) => each(p, (i) => (p[i]! -= 0.1 * (g[i]! + 0.2 * p[i]!))),
  ],
  ['momentum', momentum({ learningRate: 0.1, momentum: 0.8 }), momentumByHand(false)],
  ['Nesterov momentum', momentum({ learningRate: 0.1, momentum: 0.8, nesterov: true }), momentumByHand(true)],
  ['adam', adam({ learningRate: 0.05 }), adamByHand({})],
  ['adam with weight decay', adam({ learningRate: 0.05, weightDecay: 0.1 }), adamByHand({ l2: 0.1 })],
  ['adamW', adamW({ learningRate: 0.05, weightDecay: 0.1 }), adamByHand({ decoupled: 0.1 })],
  ['adamW as it comes', adamW({ learningRate: 0.05 }), adamByHand({ decoupled: 0.01 })],
  [
    'adamax',
    adamax({ learningRate: 0.05 }),
    () => {
      const [m, u] = [zeros(), zeros()]
      return (p, g, t) =>
        each(p, (i) => {
          m[i] = 0.9 * m[i]! + 0.1 * g[i]!
          u[i] = Math.max(0.999 * u[i]!, Math.abs(g[i]!) + 1e-8)
          p[i]! -= ((0.05 / (1 - 0.9 ** t)) * m[i]!) / u[i]!
        })
    },
  ],
  [
    'nadam',
    nadam({ learningRate: 0.05, momentumDecay: 0.1 }),
    () => {
      const [m, v] = [zeros(), zeros()]
      let product = 1
      return (p, g, t) => {
        const mu = 0.9 * (1 - 0.5 * 0.96 ** (t * 0.1))
        const next = 0.9 * (1 - 0.5 * 0.96 ** ((t + 1) * 0.1))
        product *= mu
        each(p, (i) => {
          m[i] = 0.9 * m[i]! + 0.1 * g[i]!
          v[i] = 0.999 * v[i]! + 0.001 * g[i]! ** 2
          const denominator = Math.sqrt(v[i]! / (1 - 0.999 ** t)) + 1e-8
          p[i]! -= (0.05 * (1 - mu) * g[i]!) / (1 - product) / denominator
          p[i]! -= (0.05 * next * m[i]!) / (1 - product * next) / denominator
        })
      }
    },
  ],
  ['rmsProp', rmsProp({ learningRate: 0.01, alpha: 0.9, epsilon: 1e-3 }), rmsByHand({})],
  [
    'rmsProp, centered',
    rmsProp({ learningRate: 0.01, alpha: 0.9, epsilon: 1e-3, centered: true }),
    rmsByHand({ centered: true }),
  ],
  [
    'rmsProp with momentum',
    rmsProp({ learningRate: 0.01, alpha: 0.9, epsilon: 1e-3, momentum: 0.5 }),
    rmsByHand({ mu: 0.5 }),
  ],
  [
    'rmsProp, centered, with momentum',
    rmsProp({ learningRate: 0.01, alpha: 0.9, epsilon: 1e-3, momentum: 0.5, centered: true }),
    rmsByHand({ centered: true, mu: 0.5 }),
  ],
  [
    'adagrad',
    adagrad({ learningRate: 0.3 }),
    () => {
      const s = zeros()
      return (p, g) =>
        each(p, (i) => {
          s[i]! += g[i]! ** 2
          p[i]! -= (0.3 * g[i]!) / (Math.sqrt(s[i]!) + 1e-10)
        })
    },
  ],
  [
    'adadelta',
    adadelta({ learningRate: 2, epsilon: 1e-4 }),
    () => {
      const [s, a] = [zeros(), zeros()]
      return (p, g) =>
        each(p, (i) => {
          s[i] = 0.9 * s[i]! + 0.1 * g[i]! ** 2
          const step = (Math.sqrt(a[i]! + 1e-4) / Math.sqrt(s[i]! + 1e-4)) * g[i]!
          a[i] = 0.9 * a[i]! + 0.1 * step ** 2
          p[i]! -= 2 * step
        })
    },
  ],
  [
    'lion',
    lion({ learningRate: 0.01, weightDecay: 0.1 }),
    () => {
      const m = zeros()
      return (p, g) =>
        each(p, (i) => {
          p[i]! -= 0.01 * (Math.sign(0.9 * m[i]! + 0.1 * g[i]!) + 0.1 * p[i]!)
          m[i] = 0.99 * m[i]! + 0.01 * g[i]!
        })
    },
  ],
]

describe.each(rules)('%s', (_, optimizer, byHand) => {
  test('has the losses of its formula', () => {
    const { step, w, b } = compiled(optimizer)
    const expected = trainByHand(40, byHand())
    expectClose(step.run(40), expected.losses)
    expectClose(numbersOf(w, b), expected.parameters)
  })

  test('has the same losses in float64', () => {
    const { slots, settings, counters, weightDecay, learningRate } = optimizer
    const parameters = Float64Array.of(0.1, -0.2, 0.05)
    const arrays = slots.map((slot) => new Float64Array(slot === null ? 0 : 3))
    const numbers = Float64Array.of(learningRate as number, weightDecay, ...settings, ...counters)
    const found = trainByHand(20, (p, g) => {
      optimizer.update(parameters, Float64Array.from(g), arrays, numbers)
      p.splice(0, 3, ...parameters)
    })
    expectClose(found.losses, trainByHand(20, byHand()).losses, 1e-11)
  })

  test('resumes with the same bits from a saved state', () => {
    const through = compiled(optimizer)
    const first = through.step.run(7)
    const saved = structuredClone(through.step.state.save())
    const rest = through.step.run(9)
    const other = compiled(optimizer)
    expect(other.step.run(7)).toEqual(first)
    other.step.run(3)
    other.step.state.restore(saved)
    expect(other.step.run(9)).toEqual(rest)
    expect(other.step.state.save()).toEqual(through.step.state.save())
  })

  test('keeps no subnormal numbers when gradients end', () => {
    const x = input([3])
    const w = variable([0.1, -0.2, 0.3], { name: 'w' })
    const step = compileStep({ inputs: { x }, loss: w.mul(x).sum(), optimizer })
    step.run(3, { x: [1, -2, 1e-20] })
    step.run(100_000, { x: [0, 0, 0] })
    for (const [slot, numbers] of Object.entries(step.state.save().parameters.w!.slots))
      for (const number of numbers)
        expect(number === 0 || Math.abs(number) >= 2 ** -126, `${number} in ${slot}`).toBe(true)
  })
})

describe('on three threads', () => {
  const train = (optimizer: Optimizer) => {
    // Enough to be shared, in parts of no equal size.
    const w = variable(Float32Array.from({ length: 20_011 }, (_, index) => (index % 17) / 17 - 0.4))
    const step = compileStep({ inputs: {}, loss: w.mul(w).sum(), optimizer })
    step.run(5)
    return step.state.save()
  }
  const alone = rules.map(([, optimizer]) => train(optimizer))
  beforeAll(async () => expect(await setThreads(3)).toBe(3))
  afterAll(() => setThreads(1))

  test.each(rules.map(([name, optimizer], at) => [name, optimizer, alone[at]] as const))(
    '%s has the same bits',
    (_, optimizer, expected) => expect(train(optimizer)).toEqual(expected),
  )
})

test('centered rmsProp stays finite where a gradient never changes, whose variance is 0', () => {
  const w = variable([0.1, 0.2, 0.3])
  const optimizer = rmsProp({ learningRate: 1e-12, centered: true, alpha: 0.5 })
  const step = compileStep({ inputs: {}, loss: w.mul([0.1, 0.7, 1.3]).sum(), optimizer })
  step.run(5000)
  for (const value of w.values) expect(Number.isFinite(value)).toBe(true)
})

test('a run takes all of it, and gives the same bits in pieces and through', () => {
  const optimizer = adamW({
    learningRate: oneCycle({ learningRate: 0.2, steps: 200 }),
    clip: { norm: 1 },
    groups: [{ parameters: /bias/, weightDecay: 0 }],
    accumulate: 2,
    ema: 0.8,
  })
  const [through, pieces] = [1, 2].map(() =>
    createRun({
      model: sequential([layers.dense({ units: 4, activation: 'tanh' }), layers.dense({ units: 1 })], {
        inputShape: [2],
        seed: 1,
      }),
      loss: 'sigmoidCrossEntropy',
      optimizer,
      data: xor(),
      batchSize: 3,
      epochs: 200,
      seed: 1,
    }),
  ) as [Run, Run]
  through.step(400)
  for (const count of [1, 2, 3, 50, 344]) pieces.step(count)
  expect(pieces.weights()).toEqual(through.weights())
  expect(through.getState()).toMatchObject({ status: 'done', accuracy: 1 })
  expect(through.learningRate).toBeLessThan(1e-5)
})

const norm = (g: readonly number[]) => Math.sqrt(g.reduce((total, value) => total + value ** 2, 0))
const scaled = (g: readonly number[], limit: number) => g.map((value) => value * Math.min(1, limit / norm(g)))
const descend = (rate: number, p: number[], g: readonly number[]) => each(p, (i) => (p[i]! -= rate * g[i]!))

describe('clipping', () => {
  test.each<[string, Optimizer['clip'] & object, (g: number[]) => number[]]>([
    ['by value', { value: 0.7 }, (g) => g.map((value) => Math.max(-0.7, Math.min(0.7, value)))],
    [
      'by the norm of each parameter',
      { norm: 0.6 },
      ([a, b, c]) => [...scaled([a!, b!], 0.6), ...scaled([c!], 0.6)],
    ],
    ['by the norm of all', { globalNorm: 0.8 }, (g) => scaled(g, 0.8)],
  ])('%s changes gradients as its formula says, before weight decay', (_, clip, byHand) => {
    const { step, w, b } = compiled(sgd({ learningRate: 0.1, weightDecay: 0.05, clip }))
    const expected = trainByHand(30, (p, g) =>
      descend(
        0.1,
        p,
        byHand(g).map((value, i) => value + 0.05 * p[i]!),
      ),
    )
    expectClose(step.run(30), expected.losses)
    expectClose(numbersOf(w, b), expected.parameters)
  })

  test('holds for gradients whose squares no float32 holds, and sees every number of a long row once', () => {
    const lengths = [1, 3, 4, 5, 1001]
    const variables = lengths.map((length) => variable(new Float32Array(length)))
    const x = input([1])
    const loss = variables
      .map((v) => v.sum())
      .reduce((total, sum) => total.add(sum))
      .mul(x.sum())
    const step = compileStep({
      inputs: { x },
      loss,
      optimizer: sgd({ learningRate: 1, clip: { globalNorm: 2 } }),
    })
    step.run(1, { x: [1e30] })
    for (const v of variables)
      for (const value of v.values) expect(value).toBeCloseTo(-2 / Math.sqrt(1014), 7)
  })
})

test('accumulation updates with the mean over its steps, and the last losses are of old weights', () => {
  const { step, w, b } = compiled(adam({ learningRate: 0.05, accumulate: 4 }), { batch: 1 })
  const sums = zeros()
  const update = adamByHand({})()
  const expected = trainByHand(
    42,
    (p, g, t) => {
      each(g, (i) => (sums[i]! += g[i]! / 4))
      if (t % 4 !== 0) return
      update(p, sums, t / 4)
      sums.fill(0)
    },
    (step) => [step % 4],
  )
  expectClose([...step.run(5), ...step.run(1), ...step.run(36)], expected.losses)
  expectClose(numbersOf(w, b), expected.parameters)
  expect([step.state.steps, step.state.updates]).toEqual([42, 10])
})

test('groups have their own learning rate factor and weight decay', () => {
  const optimizer = sgd({
    learningRate: 0.1,
    weightDecay: 0.3,
    groups: [
      { parameters: /^b$/, weightDecay: 0 },
      { parameters: /./, learningRateFactor: 0.5 },
    ],
  })
  const { step, w, b } = compiled(optimizer)
  const byHand = (rate: number) => (p: number[], g: number[]) => {
    p[0]! -= 0.5 * rate * (g[0]! + 0.3 * p[0]!)
    p[1]! -= 0.5 * rate * (g[1]! + 0.3 * p[1]!)
    p[2]! -= rate * g[2]!
  }
  const expected = trainByHand(20, (p, g, t) => byHand(t <= 10 ? 0.1 : 0.2)(p, g))
  const losses = [...step.run(10)]
  step.learningRate = 0.2
  expectClose([...losses, ...step.run(10)], expected.losses)
  expectClose(numbersOf(w, b), expected.parameters)
})

test('a group that differs in weight decay alone is updated on its own', () => {
  const groups = [{ parameters: /^b$/, weightDecay: 0 }]
  const { step, w, b } = compiled(sgd({ learningRate: 0.1, weightDecay: 0.3, groups }))
  const expected = trainByHand(20, (p, g) =>
    each(p, (i) => (p[i]! -= 0.1 * (g[i]! + (i < 2 ? 0.3 * p[i]! : 0)))),
  )
  expectClose(step.run(20), expected.losses)
  expectClose(numbersOf(w, b), expected.parameters)
})

test('a group may list its parameters', () => {
  const w = variable([1, 2], { name: 'w' })
  const b = variable([1], { name: 'b' })
  const step = compileStep({
    inputs: {},
    loss: w.sum().add(b.sum()),
    optimizer: sgd({ learningRate: 1, groups: [{ parameters: [w], learningRateFactor: 0 }] }),
  })
  step.run(1)
  expect(numbersOf(w, b)).toEqual([1, 2, 0])
})

test('averages follow their formula, and swap with the parameters', () => {
  const { step, w, b } = compiled(sgd({ learningRate: 0.1, ema: 0.9 }))
  const a = [0.1, -0.2, 0.05]
  const { losses, parameters } = trainByHand(25, (p, g) => {
    descend(0.1, p, g)
    each(p, (i) => (a[i] = 0.9 * a[i]! + 0.1 * p[i]!))
  })
  expectClose(step.run(25), losses)
  step.state.swapAverages()
  expectClose(numbersOf(w, b), a)
  expect(() => step.run(1)).toThrow('parameters hold their averages; call state.swapAverages() before')
  expect(() => step.state.save()).toThrow('parameters hold their averages')
  step.state.swapAverages()
  expectClose(numbersOf(w, b), parameters)
})

describe('a schedule', () => {
  const schedule = cosineDecay({ learningRate: 0.15, steps: 40 })
  const rateAt = (t: number) => (0.15 * (1 + Math.cos((Math.PI * (t - 1)) / 40))) / 2
  const groups = [{ parameters: /^b$/, learningRateFactor: 0.5 }]

  test('sets the rate of each step of a call', () => {
    const { step, w, b } = compiled(momentum({ learningRate: schedule, momentum: 0.8, groups }))
    const v = zeros()
    const expected = trainByHand(40, (p, g, t) =>
      each(p, (i) => {
        v[i] = 0.8 * v[i]! + g[i]!
        p[i]! -= (i === 2 ? 0.5 : 1) * rateAt(t) * v[i]!
      }),
    )
    expectClose(step.run(40), expected.losses)
    expectClose(numbersOf(w, b), expected.parameters)
    expect(step.learningRate).toBe(0)
  })

  test('gives the same bits in one call, in many, and beyond what one call can hold', () => {
    const optimizer = sgd({ learningRate: (t) => 0.1 / (1 + t) })
    const whole = compiled(optimizer).step.run(20_000)
    const { step } = compiled(optimizer)
    const parts = [1, 1, 998, 9000, 10_000].flatMap((steps) => [...step.run(steps)])
    expect([...whole]).toEqual(parts)
  })

  test('counts updates where steps accumulate', () => {
    const optimizer = sgd({ learningRate: (t) => 0.1 * (t + 1), accumulate: 2 })
    const { step, w, b } = compiled(optimizer, { batch: 2 })
    const sums = zeros()
    const expected = trainByHand(
      7,
      (p, g, t) => {
        each(g, (i) => (sums[i]! += g[i]! / 2))
        if (t % 2 !== 0) return
        descend(0.1 * (t / 2), p, sums)
        sums.fill(0)
      },
      (step) => (step % 2 === 0 ? [0, 1] : [2, 3]),
    )
    expectClose([...step.run(3), ...step.run(4)], expected.losses)
    expectClose(numbersOf(w, b), expected.parameters)
    expect(step.learningRate).toBeCloseTo(0.4, 15)
  })

  test('ends where a rate is set', () => {
    const { step } = compiled(sgd({ learningRate: schedule }))
    step.run(5)
    step.learningRate = 0.01
    const losses = step.run(5)
    const expected = trainByHand(10, (p, g, t) => descend(t > 5 ? 0.01 : rateAt(t), p, g))
    expectClose(losses, expected.losses.slice(5))
  })

  test('that returns an invalid rate throws before anything changes', () => {
    const { step, w, b } = compiled(sgd({ learningRate: (t) => (t < 3 ? 0.1 : Number.NaN) }))
    const before = numbersOf(w, b)
    expect(() => step.run(5)).toThrow(
      'sgd: the schedule returned NaN for step 3; it must return non-negative finite numbers',
    )
    expect(numbersOf(w, b)).toEqual(before)
  })
})

describe('the state', () => {
  const optimizer = adam({ learningRate: 0.05 })

  test('of a parameter that is frozen for a while waits for it', () => {
    const { step, w, b, inputs, loss, rows } = compiled(optimizer)
    const { state } = step
    const train = (steps: number) => compileStep({ inputs, loss, rows, optimizer, state }).run(steps)
    const losses = [...step.run(5)]
    b.trainable = false
    losses.push(...train(10))
    b.trainable = true
    losses.push(...train(5), ...step.run(5))

    const [m, v, counts] = [zeros(), zeros(), zeros()]
    const expected = trainByHand(25, (p, g, step) =>
      each(p, (i) => {
        if (i === 2 && step > 5 && step <= 15) return
        counts[i]!++
        m[i] = 0.9 * m[i]! + 0.1 * g[i]!
        v[i] = 0.999 * v[i]! + 0.001 * g[i]! ** 2
        const root = Math.sqrt(v[i]! / (1 - 0.999 ** counts[i]!)) + 1e-8
        p[i]! -= (0.05 * (m[i]! / (1 - 0.9 ** counts[i]!))) / root
      }),
    )
    expectClose(losses, expected.losses)
    expectClose(numbersOf(w, b), expected.parameters)
    expect(state.save().parameters.w!.counters[0]).not.toBe(state.save().parameters.b!.counters[0])
  })

  test('of parameters that are added later starts then', () => {
    const first = compiled(optimizer)
    first.b.trainable = false
    const { inputs, loss, rows } = first
    const alone = compileStep({ inputs, loss, rows, optimizer })
    alone.run(10)
    first.b.trainable = true
    const both = compileStep({ inputs, loss, rows, optimizer, state: alone.state })
    both.run(10)
    const record = alone.state.save()
    expect(Object.keys(record.parameters)).toEqual(['w', 'b'])
    expect(record.parameters.b!.counters[0]).toBeCloseTo(0.9 ** 10, 12)
    expect(record.parameters.w!.counters[0]).toBeCloseTo(0.9 ** 20, 12)
    const resumed = compiled(optimizer)
    resumed.step.state.restore(record)
    expect(resumed.step.run(5)).toEqual(both.run(5))
  })

  test('can be saved amid accumulation, with averages and a schedule, and in JSON', () => {
    const rich = adam({ learningRate: cosineDecay({ learningRate: 0.1, steps: 9 }), accumulate: 3, ema: 0.5 })
    const through = compiled(rich, { batch: 1 })
    through.step.run(4)
    const saved: OptimizerRecord = JSON.parse(
      JSON.stringify(through.step.state.save(), (_, value) =>
        value instanceof Float32Array ? { floats: [...value] } : value,
      ),
      (_, value) => (value?.floats ? Float32Array.from(value.floats) : value),
    )
    const other = compiled(rich, { batch: 1 })
    other.step.state.restore(saved)
    expect(other.step.learningRate).toBe(through.step.learningRate)
    other.step.run(4)
    other.step.state.restore(saved)
    through.step.setOrder(Int32Array.of(0, 1, 2, 3))
    other.step.setOrder(Int32Array.of(0, 1, 2, 3))
    expect(other.step.run(8)).toEqual(through.step.run(8))
    expect(other.step.state.save()).toEqual(through.step.state.save())
  })

  test.each<[string, (step: TrainingStep, record: OptimizerRecord) => unknown, string]>([
    [
      'a parameter that is missing and one that is not known',
      (step, { parameters: { w, b }, ...record }) =>
        step.state.restore({ ...record, parameters: { w: w!, bias: b! } }),
      'restore: the record must hold each parameter by name; missing: b; unknown: bias',
    ],
    [
      'a parameter of another shape',
      (step, { parameters: { w, b }, ...record }) =>
        step.state.restore({ ...record, parameters: { w: { ...w!, shape: [1, 2] }, b: b! } }),
      'restore: "w" is 2×1, but the record has 1×2 and 2 numbers',
    ],
    [
      'too few numbers in a slot',
      (step, { parameters: { w, b }, ...record }) =>
        step.state.restore({
          ...record,
          parameters: { w: { ...w!, slots: { ...w!.slots, mean: Float32Array.of(1) } }, b: b! },
        }),
      'restore: "w" is 2×1, but the record has 2×1 and 1 numbers',
    ],
    [
      'a slot that is missing',
      (step, { parameters: { w, b }, ...record }) =>
        step.state.restore({
          ...record,
          parameters: { w: { ...w!, slots: { mean: w!.slots.mean! } }, b: b! },
        }),
      'restore: the record must hold each slot of "w" by name; missing: variance; unknown: none',
    ],
    [
      'another optimizer',
      (_, record) => compiled(lion({ learningRate: 0.1 })).step.state.restore(record),
      'restore: the record is of adam, this step uses lion',
    ],
    [
      'steps that are no number of steps',
      (step, record) => step.state.restore({ ...record, steps: -1 }),
      'restore: steps must be a non-negative integer, got -1',
    ],
  ])('refuses %s and changes nothing', (_, restore, message) => {
    const { step } = compiled(optimizer)
    step.run(2)
    const record = step.state.save()
    step.run(3)
    const before = step.state.save()
    expect(() => restore(step, record)).toThrow(message)
    expect(step.state.save()).toEqual(before)
  })

  test('with duplicate parameter names refuses to save', () => {
    const twins = [variable([1], { name: 'w' }), variable([2], { name: 'w' })]
    const step = compileStep({ inputs: {}, loss: twins[0]!.mul(twins[1]!).sum(), optimizer })
    expect(() => step.state.save()).toThrow('save: duplicate parameter name "w"; names must be unique')
  })
})

const learningRate = 0.1
test.each<[() => unknown, string]>([
  [
    () => sgd({ learningRate, weightDecay: -1 }),
    'sgd: weightDecay must be a non-negative finite number, got -1',
  ],
  [() => sgd({ learningRate, accumulate: 0 }), 'sgd: accumulate must be an integer of at least 1, got 0'],
  [() => sgd({ learningRate, ema: 1 }), 'sgd: ema must be a number in [0, 1), got 1'],
  [() => sgd({ learningRate, clip: { norm: 0 } }), 'sgd: clip.norm must be a positive finite number, got 0'],
  [
    () => sgd({ learningRate, clip: { norm: 1, value: 1 } }),
    'sgd: clip must have exactly one of value, norm, globalNorm, got 2',
  ],
  [() => adamW({ learningRate, beta2: 1 }), 'adamW: beta2 must be a number in [0, 1), got 1'],
  [() => rmsProp({ learningRate, alpha: -0.1 }), 'rmsProp: alpha must be a number in [0, 1)'],
  [() => adadelta({ epsilon: 0 }), 'adadelta: epsilon must be a positive finite number, got 0'],
  [
    () => nadam({ learningRate: 0 }),
    'nadam: learningRate must be a positive finite number, e.g. 0.01, or a schedule, got 0',
  ],
  [
    () => compiled(sgd({ learningRate, groups: [{ parameters: /gamma/ }] })),
    'sgd: the group /gamma/ matches no parameter; parameters are w, b',
  ],
  [
    () => compiled(sgd({ learningRate })).step.state.swapAverages(),
    'swapAverages: sgd keeps no averages; set ema, e.g. 0.999',
  ],
])('an invalid option is refused: %#', (make, message) => {
  expect(make).toThrow(message)
})
