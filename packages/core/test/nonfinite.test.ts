// A non-finite value stops a run, which names the node that produced it, and the step: for every operation that can
// produce one, forward and backward, before and after every operation, with every optimizer.
import { describe, expect, test } from 'vitest'
import { evaluateReference } from '../src/graph/reference.js'
import { sizeOf } from '../src/graph/shape.js'
import { describeNode } from '../src/graph/tensor.js'
import { topological } from '../src/graph/traverse.js'
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  type Checkpoint,
  type Clip,
  compileStep,
  concat,
  constant,
  createRun,
  DivergedError,
  evaluate,
  gradients,
  input,
  type Loss,
  layer,
  lion,
  type Model,
  momentum,
  nadam,
  type Op,
  ops,
  type Run,
  type RunOptions,
  random,
  rmsProp,
  sequential,
  sgd,
  sigmoidCrossEntropy,
  softmax,
  type Tensor,
  type Variable,
  variable,
  where,
} from '../src/index.js'
import { StepContext } from '../src/layers/training-context.js'
import { draw, generator } from './sampling.js'
import { call, type Trial, table, trials } from './trials.js'

/** Takes the bad row at `badStep`, and rows that are fine before. */
const rows = 5
const bad = 3
const seed = 1
const badStep = [...random(seed).stream('order').stream(0).permutation(rows)].indexOf(bad) + 1

/** The sum of all that comes out. */
const sumOfAll: Loss = {
  of: (outputs) => outputs.sum(),
  predictions: (outputs) => outputs,
  correct: null,
  targetShape: () => [],
}

/**
 * A model of rows of numbers that computes `body` of each, with parameters that are 0 and are added to the numbers but
 * the last one.
 */
function modelOf(size: number, body: (numbers: Tensor, last: Tensor) => Tensor): Model {
  const probe = layer('probe', {}, (builder) => {
    const w = builder.parameter('w', [size], 'zeros')
    const ofRow = (row: Tensor) => {
      const [numbers, last] = row.reshape([size + 1]).split([size, 1])
      return body(numbers!.add(w), last!).reshape([1, -1])
    }
    return (_, x) => (x.shape[0] === 1 ? ofRow(x) : concat(x.split(x.shape[0]!).map(ofRow)))
  })
  return sequential([probe], { inputShape: [size + 1], seed: 1 })
}

/** A rate that is 0 as a float32, so that parameters stay 0 unless a gradient is not finite. */
const standing = { learningRate: 1e-50 }

/** Trains on five rows, one at a time; the last number of each is 1, of the bad one 0. */
function runOf(
  model: Model,
  rowOf: (row: number) => readonly number[],
  badRow: readonly number[],
  options: Partial<RunOptions> = {},
): Run {
  const numbers = Array.from({ length: rows }, (_, row) =>
    row === bad ? [...badRow, 0] : [...rowOf(row), 1],
  )
  return createRun({
    model,
    loss: sumOfAll,
    optimizer: sgd(standing),
    data: {
      rows,
      inputs: Float32Array.from(numbers.flat()),
      inputShape: model.inputShape,
      targets: new Float32Array(rows),
      targetShape: [],
    },
    batchSize: 1,
    epochs: 2,
    seed,
    ...options,
  })
}

/** What comes of a bad row, every node by itself in float64 and rounded. */
function truths(model: Model) {
  const x = input([1, ...model.inputShape])
  const loss = sumOfAll.of(model.apply(x, new StepContext()), x)
  const outputs = [loss, ...gradients(loss, model.parameters)]
  const order = topological(outputs)
  return (badRow: readonly number[]) => {
    const values = new Map<Tensor, Float64Array>([[x, Float64Array.of(...badRow, 0)]])
    const given = (tensor: Tensor) => new Map(tensor.inputs.map((input) => [input, values.get(input)!]))
    for (const tensor of order)
      if (tensor !== x)
        values.set(tensor, evaluateReference([tensor], given(tensor)).get(tensor)!.map(Math.fround))
    const isBad = (tensor: Tensor) => !values.get(tensor)!.every(Number.isFinite)
    return {
      /** Nodes that made numbers that are not finite of such that are. */
      origins: order.filter((tensor) => isBad(tensor) && !tensor.inputs.some(isBad)),
      lossIsBad: isBad(loss),
      /** Whether a sum is infinite on the kernel that is not in float64. */
      sumOverflows: () =>
        order.some(
          (tensor) =>
            (tensor.op === ops.sum || tensor.op === ops.mean) &&
            !isBad(tensor) &&
            !evaluate([tensor], given(tensor))[0]!.every(Number.isFinite),
        ),
      /** Whether anything comes of them. */
      stops: outputs.some(isBad),
      /** What the kernel computes, whose sums may be infinite where those in float64 are not. */
      lossOnKernel: () => evaluate([loss], new Map([[x, values.get(x)!]]))[0]![0]!,
    }
  }
}

/** That the run stops before the step of the bad row, and says that one of the nodes is to blame. */
function expectStop(run: Run, blamed: readonly Tensor[]): void {
  const { status, step, error } = run.step(2 * rows)
  expect(status).toBe('diverged')
  expect(error).toBeInstanceOf(DivergedError)
  const message = error!.message
  const [, at, node] =
    /^.* became .* at step (\d+): (.*) was the first to produce (?:NaN|-?Infinity)(?:, element \d+)?; its inputs: \S+ from \S+ to \S+.*\. A smaller learning rate .* cure it$/.exec(
      message,
    ) ?? []
  expect(blamed.map(describeNode), message).toContain(node)
  expect(Number(at)).toBe(badStep)
  expect(step).toBe(badStep - 1)
  expect(run.weights().every(Number.isFinite)).toBe(true)
}

/** An op in the smallest of its samples that has some numbers in it. */
function probeOf(op: Op) {
  const { sample, vjp, indices } = op.definition
  const sizesOf = ({ inputs }: Trial) => inputs.map(({ shape }) => sizeOf(shape))
  const total = (trial: Trial) => sizesOf(trial).reduce((sum, size) => sum + size, 0)
  const own = trials
    .filter((trial) => trial.op === op && !sizesOf(trial).includes(0))
    .sort((a, b) => total(a) - total(b))
  const trial = own.find((trial) => total(trial) >= 8) ?? own.at(-1)!
  const { inputs, attributes } = trial
  const sizes = sizesOf(trial)
  const domains = inputs.map(({ name }) => sample.domains[name]!)
  return {
    size: total(trial),
    /** Places of the inputs that may be any numbers and have derivatives. */
    free: inputs.flatMap(({ name }, at) =>
      vjp[name] !== null && !indices?.[name] && !domains[at]!.whole ? [at] : [],
    ),
    apply: (numbers: Tensor, change: (input: Tensor, at: number) => Tensor): Tensor => {
      const tensors = numbers.split(sizes).map((part, at) => change(part, at).reshape(inputs[at]!.shape))
      return call(op, tensors, attributes)
    },
    /** Numbers for all inputs as the sample says, or near a given one for those at some places: such as are alike cancel. */
    draw: (seed: number, filled: ReadonlyMap<number, number> = new Map()): number[] => {
      const next = generator(seed + 1)
      return domains.flatMap((domain, at) => [
        ...draw(domain, sizes[at]!, next).map((value, index) =>
          filled.has(at) ? filled.get(at)! * (1 - (index % 5) / 8) : value,
        ),
      ])
    },
  }
}

const unchanged = (tensor: Tensor) => tensor

const differentiable = table.filter(({ definition: { vjp } }) =>
  Object.values(vjp).some((rule) => rule !== null),
)

/** Where functions or their derivatives may not be finite, though these numbers are. */
const extremes = [3.4e38, -3.4e38, 1e30, 1e20, 100, -1, 0, 1e-30]

describe('an operation that produces a non-finite value is named, with the step', () => {
  const found = { forward: 0, backward: 0 }

  test.each(differentiable.map((op) => [op.name, op] as const))('%s', (_, op) => {
    const { size, free, apply, draw } = probeOf(op)
    const model = modelOf(size, (numbers) => apply(numbers, unchanged))
    const truthOf = truths(model)
    const left = new Set<keyof typeof found>(['forward', 'backward'])
    const tryWith = (filled: ReadonlyMap<number, number>) => {
      if (left.size === 0) return
      const badRow = draw(bad, filled)
      const { origins, lossIsBad, stops, lossOnKernel, sumOverflows } = truthOf(badRow)
      const origin = origins[0]!
      if (!stops) return
      const forward = origin.op === op && !origin.name.startsWith('gradients/')
      const way = forward ? 'forward' : lossIsBad ? undefined : 'backward'
      if (!way || !left.has(way)) return
      if (sumOverflows() || (!lossIsBad && !Number.isFinite(lossOnKernel()))) return
      left.delete(way)
      expectStop(runOf(model, draw, badRow), forward ? [origin] : origins)
      found[way]++
    }
    for (const first of extremes) {
      tryWith(new Map(free.map((place) => [place, first])))
      for (const a of free) {
        tryWith(new Map([[a, first]]))
        for (const b of free.filter((place) => place > a))
          for (const second of extremes)
            tryWith(
              new Map([
                [a, first],
                [b, second],
              ]),
            )
      }
    }
  })

  test('which many can, of finite numbers', () => {
    expect(found.forward).toBeGreaterThan(50)
    expect(found.backward).toBeGreaterThan(20)
  })
})

type Body = (numbers: Tensor, last: Tensor) => Tensor

/** Its derivative is infinite at 0, which the last number of the bad row makes of it. */
const withRoot =
  (body: (numbers: Tensor) => Tensor): Body =>
  (numbers, last) =>
    body(numbers).mul(last).square().add(last).sqrt()

const expectToStop = (body: Body, rowOf: (row: number) => readonly number[], badRow: readonly number[]) => {
  const model = modelOf(badRow.length, body)
  expectStop(runOf(model, rowOf, badRow), truths(model)(badRow).origins)
}

describe('a non-finite input, or upstream derivative, stops the run at the node that produced it', () => {
  test.each(differentiable.map((op) => [op.name, op] as const))('%s', (_, op) => {
    const { free, apply, draw } = probeOf(op)
    // By 0: NaN, and both infinities.
    for (const place of free)
      for (const value of [0, 1, -1])
        expectToStop(
          (numbers, last) => apply(numbers, (input, at) => (at === place ? input.div(last) : input)),
          draw,
          draw(bad, new Map([[place, value]])),
        )
    expectToStop(
      withRoot((numbers) => apply(numbers, unchanged)),
      draw,
      draw(bad),
    )
  })

  const matrix = constant([
    [1, 2, 3],
    [-1, 1, 2],
  ])
  /** What the compiler makes one instruction of, or a chain of blocks. */
  const fused: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    'a product, its bias and relu': (x) => x.reshape([2, 2]).matmul(matrix).add([1, 2, 3]).relu(),
    'a product, its bias and sigmoid': (x) => x.reshape([2, 2]).matmul(matrix).add([1, 2, 3]).sigmoid(),
    'a product, its bias and tanh': (x) => x.reshape([2, 2]).matmul(matrix).add([1, 2, 3]).tanh(),
    'gelu and its slope': (x) => x.gelu().mul(x),
    'cross-entropy and its mean': (x) => sigmoidCrossEntropy(x, constant([0, 1, 0, 1])),
    'a chain of blocks': (x) => x.reshape([4, 1]).broadcastTo([4, 5000]).mul(2).sigmoid().square().mean(1),
  }
  test.each(Object.entries(fused))('%s', (_, body) => {
    const row = (row: number) => [1, 2, -row, 1]
    for (const value of [0, 1, -1])
      expectToStop((numbers, last) => body(numbers.div(last)), row, [value, value, value, value])
    expectToStop(withRoot(body), row, row(bad))
  })
})

describe('whatever the optimizer', () => {
  const optimizers = { adadelta, adagrad, adam, adamW, adamax, lion, momentum, nadam, rmsProp, sgd }
  const clips: (Clip | undefined)[] = [undefined, { value: 1 }, { norm: 1 }, { globalNorm: 1 }]
  const cases = Object.entries(optimizers).flatMap(([name, make]) =>
    clips.map((clip) => [`${name}${clip ? `, clipped by ${Object.keys(clip)}` : ''}`, make, clip] as const),
  )
  /** Derivatives by the parameters: NaN, infinite, and finite with a square that is not. */
  const gradientsOf = {
    NaN: withRoot((numbers) => numbers),
    infinite: (numbers: Tensor, last: Tensor) => numbers.mul(constant(1).sub(last).mul(3e38).add(1)).mul(100),
    large: (numbers: Tensor, last: Tensor) => numbers.mul(constant(1).sub(last).mul(1e30).add(1)),
  }
  const row = () => [0]

  test.each(cases)('%s: a non-finite gradient stops the run at its step', (_, make, clip) => {
    for (const body of [gradientsOf.NaN, gradientsOf.infinite]) {
      const model = modelOf(1, body)
      const run = runOf(model, row, [0], { optimizer: make({ ...standing, ...(clip && { clip }) }) })
      expectStop(run, truths(model)([0]).origins)
    }
  })

  test.each(cases)('%s: a step by itself stops before it, with everything as it was', (_, make, clip) => {
    // Sizes that leave room behind, and a gradient that is made elsewhere.
    for (const size of [1, 7, 300]) {
      const x = input([size], { name: 'x' })
      const [w, b, c] = [[size], [3], []].map((shape) =>
        variable(new Float32Array(sizeOf(shape)).fill(0.5), { shape }),
      ) as [Variable, Variable, Variable]
      const loss = w.mul(x).square().sum().sqrt().add(b.square().sum()).add(c)
      const optimizer = make({ learningRate: 0.01, ...(clip && { clip }) })
      const step = compileStep({ inputs: { x }, loss, optimizer })
      const ones = new Float32Array(size).fill(1)
      expect(step.run(3, { x: ones }).every(Number.isFinite)).toBe(true)
      const before = step.state.save()
      // The derivative of the root of 0 is infinite; the loss is finite.
      expect(() => step.run(2, { x: ones.fill(0) })).toThrow(
        /^a gradient became NaN or infinite at step 4: .* "gradients\/.* was the first to produce (Infinity|NaN)/,
      )
      expect(step.state.save()).toEqual(before)
      expect(step.run(1, { x: ones.fill(1) }).every(Number.isFinite)).toBe(true)
    }
  })

  test('finite gradients do not stop a step, even if their sum overflows', () => {
    const w = variable(new Float32Array(9).fill(0))
    const loss = w.mul([3e38, 3e38, 3e38, 3e38, 3e38, -3e38, 3e38, 3e38, 3e38]).sum()
    const step = compileStep({ inputs: {}, loss, optimizer: sgd(standing) })
    expect([...step.run(3)]).toEqual([0, 0, 0])
  })

  test.each(Object.entries(optimizers))('%s: a square that overflows stops the run, too', (name, make) => {
    const run = runOf(modelOf(1, gradientsOf.large), row, [0], { optimizer: make(standing) })
    const { status, error } = run.step(2 * rows)
    if (['sgd', 'momentum', 'adamax', 'lion'].includes(name)) expect(status).toBe('done')
    else
      expect(error!.message).toMatch(
        new RegExp(
          `^the state of ${name} became NaN or infinite at step ${badStep}: every node is finite, so the update overflowed; derivatives from 1e\\+30 to 1e\\+30`,
        ),
      )
  })
})

describe('the node to blame', () => {
  test('is none that is infinite on purpose, on the way to what is finite', () => {
    const model = modelOf(2, (numbers, last) => {
      const seen = where(constant([1, 0]), numbers, constant(Number.NEGATIVE_INFINITY))
      return softmax(seen).mul(last).sum().log()
    })
    const run = runOf(model, () => [1, 2], [1, 2])
    expect(run.step(rows).error!.message).toContain(
      `at step ${badStep}: log "layer1/log" of shape [] was the first to produce -Infinity; its inputs: x from 0 to 0`,
    )
  })

  test('stops nothing where its infinity reaches neither loss nor gradients, and is found by looking at every node', () => {
    const model = modelOf(2, (numbers) =>
      softmax(where(constant([1, 0]), numbers, constant(Number.NEGATIVE_INFINITY))),
    )
    expect(runOf(model, () => [1, 2], [1, 2]).step(2 * rows).status).toBe('done')
    const y = model.apply(constant([[1, 2, 1]]), new StepContext())
    const infinite = topological([y]).filter(
      (node) => node.op && !evaluate([node])[0]!.every(Number.isFinite),
    )
    expect(infinite.map(({ op }) => op!.name)).toEqual(['where'])
  })

  test('may be one that only a running mean depends on', () => {
    const keeper = layer('keeper', {}, (builder) => {
      const w = builder.parameter('w', [1], 'zeros')
      const total = builder.state('total', [1], 'zeros')
      return (context, x) => {
        const first = x.slice({ begin: [0, 0], size: [x.shape[0]!, 1] })
        if (context.training) context.assign(total, total.add(first.mean(0).mul(1e10)))
        return x.mul(w).sum(1)
      }
    })
    const model = sequential([keeper], { inputShape: [2], seed: 1 })
    const run = runOf(model, () => [1], [3e38])
    expect(run.step(2 * rows).error!.message).toMatch(
      new RegExp(
        `^a variable became NaN or infinite at step ${badStep}: mul "layer1/mul" of shape \\[1\\] was the first to produce Infinity; its inputs: a from 3e\\+38 to 3e\\+38, b from 10000000000 to`,
      ),
    )
    expect(model.getWeights()['layer1/total']![0]).toBeLessThan(1e12)
  })

  test('is a variable where one held such a number before the step', () => {
    const w = variable([1, Number.NaN], { name: 'w' })
    const step = compileStep({ inputs: {}, loss: w.square().sum(), optimizer: sgd({ learningRate: 0.1 }) })
    expect(() => step.run(1)).toThrow(
      'the loss became NaN at step 1: variable "w" of shape [2] holds NaN, element 1, from before this step. A smaller',
    )
  })
})

test('no checkpoint holds a non-finite value, even if the loss is finite', () => {
  const checkpoints: Checkpoint[] = []
  const run = runOf(modelOf(1, withRoot(unchanged)), () => [0], [0], {
    // Its parameters follow the sign of a mean, which stays NaN.
    optimizer: lion(standing),
    // One record every second epoch.
    epochs: 1000,
    checkpoint: { every: 1, save: (checkpoint) => checkpoints.push(checkpoint) },
  })
  expect(run.step(3 * rows).error!.message).toContain(
    `a gradient became NaN or infinite at step ${badStep}: `,
  )
  expect(checkpoints).toEqual([])
})
