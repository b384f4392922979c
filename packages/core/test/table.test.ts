// Checks every operation of the table against independent references, in one loop.
import { describe, expect, test } from 'vitest'
import { byName, inputAt } from '../src/graph/input-names.js'
import { ofOne } from '../src/graph/op.js'
import { evaluateReference } from '../src/graph/reference.js'
import { type Shape, sizeOf } from '../src/graph/shape.js'
import * as core from '../src/index.js'
import {
  checkGradients,
  compile,
  constant,
  DtypeError,
  evaluate,
  gradients,
  input,
  jvp,
  type Op,
  ops,
  type Tensor,
  variable,
} from '../src/index.js'
import { generator, ulps, unitInLastPlace } from './sampling.js'
import { call, instance, type Trial, table, trials } from './trials.js'

const budgetOf = ({ op: { definition }, byInput }: Trial): number =>
  typeof definition.ulp === 'function' ? definition.ulp(byInput) : definition.ulp

const differentiable = ({ op }: Trial) => Object.values(op.definition.vjp).some((rule) => rule !== null)

test.each(table.map((op) => [op.name, op.definition] as const))(
  '%s has a rule for each input, or a decomposition to differentiate',
  (_, { vjp, decompose }) => {
    expect(Object.values(vjp).every((own) => own === null || own?.rule || decompose)).toBe(true)
  },
)

describe('gradient rules agree with finite differences', () => {
  test.each(trials.filter(differentiable))('$title', (trial) => {
    const { inputs, values, y } = instance(trial, 'f64')
    const xs = inputs.filter((_, index) => trial.op.definition.vjp[trial.inputs[index]!.name] !== null)
    for (const order of [1, 2] as const) {
      if (y.size === 0) {
        // Nothing to differentiate; the graph must still be made and computed.
        for (const gradient of gradients(y.sum(), xs))
          expect(
            evaluateReference([gradient], values)
              .get(gradient)!
              .every((value) => value === 0),
          ).toBe(true)
        continue
      }
      const report = checkGradients(y, xs, { values, order })
      expect(report.ok, String(report)).toBe(true)
    }
  })
})

describe('the kernel stays within the error budget of float64', () => {
  test.each(trials)('$title', (trial) => {
    const { values, y } = instance(trial, 'f32')
    const budget = budgetOf(trial)
    const expected = evaluateReference([y], values).get(y)!
    const [found] = evaluate([y], values)
    expect(found).toHaveLength(expected.length)
    for (const [index, value] of found!.entries()) {
      const error = ulps(value, expected[index]!)
      if (!(error <= budget))
        expect.fail(
          `element ${index} is ${value}, expected ${expected[index]}: ${error} units in the last place, allowed ${budget}`,
        )
    }
  })
})

describe('the decomposition computes the same function', () => {
  test.each(trials.filter(({ op }) => op.definition.decompose))('$title', (trial) => {
    const { inputs, values, y } = instance(trial, 'f64')
    const { inputs: names, decompose } = trial.op.definition
    const composed: Tensor = decompose!(byName(names, inputs), y.attributes)
    expect(composed.shape).toEqual(y.shape)
    const results = evaluateReference([y, composed], values)
    for (const [index, value] of results.get(composed)!.entries()) {
      const expected = results.get(y)![index]!
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)))
    }
  })
})

describe('gradients on the kernel stay within the error budget of float64', () => {
  test.each(trials.filter(differentiable))('$title', (trial) => {
    const { inputs, values, y } = instance(trial, 'f32')
    const xs = gradients(y.mul(y).sum(), inputs)
    const expected = evaluateReference(xs, values)
    // A gradient is made of several operations, and its parts may cancel: so the budget is that of the operation twice
    // and 16 more, in units in the last place of the largest of the derivatives by one input. That unit is at least
    // that of 1, since derivatives through a normalization cancel altogether. Over a single number rmsNorm is nearly
    // its sign, of which the derivative is what is left of parts as large as 1/x: four times as much there.
    const budget = (2 * budgetOf(trial) + 16) * (trial.op.name === 'rmsNorm' ? 4 : 1)
    const results = evaluate(xs, values)
    expect(evaluate(gradients(y.mul(y).sum(), inputs), values), 'a second time').toEqual(results)
    for (const [index, found] of results.entries()) {
      const truth = expected.get(xs[index]!)!
      const unit = unitInLastPlace(truth.reduce((most, value) => Math.max(most, Math.abs(value)), 1))
      for (const [at, value] of found.entries()) {
        const error = Math.abs(value - truth[at]!) / unit
        if (!(error <= budget))
          expect.fail(
            `element ${at} by ${trial.op.definition.inputs[index]} is ${value}, expected ${truth[at]}: ${error} units in the last place, allowed ${budget}`,
          )
      }
    }
  })
})

const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

/** Numbers of a trial with one that is not finite in each input in turn, or in the first two. */
function planted(trial: Trial, { inputs, values }: ReturnType<typeof instance>) {
  const next = generator(trial.op.name.length)
  const places = inputs
    .map((tensor, index) => ({ tensor, ...trial.inputs[index]! }))
    .filter(({ tensor, name }) => tensor.size > 0 && !trial.op.definition.indices?.[name])
  const plant = (list: readonly { tensor: Tensor; label: string; special: number; at: number }[]) => ({
    what: list.map(({ special, at, label }) => `${special} as number ${at} of ${label}`).join(' and '),
    given: new Map([
      ...values,
      ...list.map(({ tensor, special, at }) => [tensor, values.get(tensor)!.with(at, special)] as const),
    ]),
  })
  const [first, second] = places
  return {
    alone: places.flatMap((place) =>
      specials.map((special) => plant([{ ...place, special, at: Math.floor(next() * place.tensor.size) }])),
    ),
    together: specials.flatMap((a) =>
      second
        ? specials.map((b) =>
            plant([
              { ...first!, special: a, at: 0 },
              { ...second, special: b, at: 0 },
            ]),
          )
        : [],
    ),
  }
}

const near = (found: number, expected: number) =>
  Object.is(found, expected) || Math.abs(found - expected) <= 1e-3 * Math.max(1, Math.abs(expected))

describe('the kernel returns NaN and infinity where float64 does', () => {
  test.each(trials)('$title', (trial) => {
    const made = instance(trial, 'f32')
    const { alone, together } = planted(trial, made)
    for (const { given, what } of [...alone, ...together]) {
      const expected = evaluateReference([made.y], given).get(made.y)!
      const [found] = evaluate([made.y], given)
      const wrong = expected.findIndex((value, at) => !near(found![at]!, value))
      expect(wrong, `${what}: is ${found![wrong]}, in float64 ${expected[wrong]}`).toBe(-1)
    }
  })
})

/** Numbers for which functions go different ways. */
const mixed = [0, -0, 1, -1, 0.3, -2.5, 7, 100, -100, 1e10, -1e20, 1e30, 1e-30, 1e-40, -1e-45, ...specials]

const attributesOf = ({ definition: { sample } }: Op): object | undefined =>
  sample.cases.find((example: { attributes?: object }) => example.attributes)?.attributes

/** Whether it takes numbers one by one: of a scalar, too, and to as many. */
function isElementwise(op: Op): boolean {
  const { inputs, broadcasts, indices } = op.definition
  if (broadcasts || inputs.length > 1) return Boolean(broadcasts) && !indices
  try {
    return [[], [3]].every((shape) => call(op, [input(shape)], attributesOf(op)).rank === shape.length)
  } catch {
    return false
  }
}

test.each(table.filter(isElementwise).map((op) => [op.name, op] as const))(
  '%s: neighbouring elements do not change a result',
  (_, op) => {
    const { length } = op.definition.inputs
    const rows = Array.from({ length: mixed.length ** Math.min(length, 2) }, (_, row) =>
      Array.from(
        { length },
        (_, at) => mixed[Math.floor(row / mixed.length ** at + at * row) % mixed.length]!,
      ),
    )
    const xs = Array.from({ length }, () => input([rows.length]))
    const y = call(op, xs, attributesOf(op))
    const resultsOf = (order: readonly number[][]) => {
      const given = xs.map((x, at) => [x, Float32Array.from(order, (row) => row[at]!)] as const)
      const [results] = evaluate([y], new Map(given))
      return new Map(order.map((row, at) => [row, results![at]!]))
    }
    const found = resultsOf(rows)
    for (const order of [
      rows.toReversed(),
      rows.toSorted((a, b) => a[0]! - b[0]!),
      [...rows.slice(1), rows[0]!],
    ])
      for (const [row, result] of resultsOf(order)) expect(result, `of ${row}`).toBe(found.get(row))
  },
)

describe('kernel gradients are non-finite where those in float64 are', () => {
  test.each(trials.filter(differentiable))('$title', (trial) => {
    const made = instance(trial, 'f32')
    const xs = made.inputs.filter((_, index) => trial.op.definition.vjp[trial.inputs[index]!.name] !== null)
    const dxs = gradients(made.y.sum(), xs)
    for (const { given, what } of planted(trial, made).alone) {
      const truths = evaluateReference(dxs, given)
      for (const [index, found] of evaluate(dxs, given).entries()) {
        const expected = truths.get(dxs[index]!)!
        const wrong = expected.findIndex((value, at) => !Number.isFinite(value) && Number.isFinite(found[at]))
        expect(wrong, `${what}: is ${found[wrong]}, in float64 ${expected[wrong]}`).toBe(-1)
      }
    }
  })
})

describe('an index out of range throws the same error on the kernel and in float64', () => {
  const picking = trials.filter(({ op, inputs }) =>
    inputs.some(({ name, shape }) => op.definition.indices?.[name] && sizeOf(shape) > 0),
  )
  test.each(picking)('$title', (trial) => {
    const { inputs, values, y } = instance(trial, 'f32')
    const { indices } = trial.op.definition
    for (const [at, tensor] of inputs.entries()) {
      const limitOf = indices![trial.inputs[at]!.name]
      if (!limitOf) continue
      for (const wrong of [limitOf(trial.byInput, y.attributes), -1, 0.5, Number.NaN]) {
        const given = new Map(values).set(tensor, values.get(tensor)!.with(tensor.size - 1, wrong))
        const message = (compute: () => unknown) => {
          try {
            compute()
          } catch (error) {
            return String(error)
          }
          return 'no error'
        }
        const found = message(() => evaluate([y], given))
        expect(found).toMatch(
          new RegExp(`^IndexError: ${trial.op.name}: ${trial.inputs[at]!.name}.* is ${wrong}, which must be`),
        )
        expect(message(() => evaluateReference([y], given))).toBe(found)
      }
    }
  })
})

test('every operation is complete: sampler, summary, formula, and a kernel or a decomposition', () => {
  for (const op of table) {
    const { sample, summary, formula, symbol, lower, decompose, vjp, inputs, attributes } = op.definition
    expect(sample.cases.length, op.name).toBeGreaterThanOrEqual(12)
    expect(summary.endsWith('.'), op.name).toBe(true)
    expect(formula && symbol, op.name).toBeTruthy()
    expect(lower ?? decompose, op.name).toBeTypeOf('function')
    expect(Object.keys(vjp), op.name).toEqual(
      inputs.map((_: string, index: number) => inputAt(inputs, index).name),
    )
    for (const text of Object.values(attributes ?? {})) expect(text, op.name).toMatch(/\.$/)
  }
})

/** Sizes around the four lanes of a vector, and shapes that are special, of what goes in or comes out. */
const classes: Readonly<Record<string, (shape: Shape) => boolean>> = {
  'no numbers': (shape) => sizeOf(shape) === 0,
  'one number': (shape) => sizeOf(shape) === 1,
  'a length of 4k − 1': (shape) => [...shape, sizeOf(shape)].some((length) => length % 4 === 3),
  'a length of 4k': (shape) => [...shape, sizeOf(shape)].some((length) => length > 0 && length % 4 === 0),
  'a length of 4k + 1': (shape) => [...shape, sizeOf(shape)].some((length) => length > 1 && length % 4 === 1),
}

test.each(table.map((op) => [op.name, op] as const))(
  'samples of %s are of every class of shapes',
  (_, op) => {
    const own = trials.filter((trial) => trial.op === op)
    const shapes = own.map((trial) => {
      const { inputs, y } = instance(trial, 'f32')
      return [...inputs.map(({ shape }) => shape), y.shape]
    })
    for (const [name, holds] of Object.entries(classes)) expect(shapes.flat().some(holds), name).toBe(true)
    const { inputs, broadcasts } = op.definition
    const scalars = (inputs as readonly string[]).map(() => input([]))
    const takesScalars = () => {
      try {
        return call(op, scalars).rank === 0
      } catch {
        return false
      }
    }
    if (takesScalars())
      expect(
        shapes.some((some) => some.every(({ length }) => length === 0)),
        'scalars',
      ).toBe(true)
    if (broadcasts && inputs.length > 1)
      for (const at of [0, 1])
        expect(
          shapes.some((some) => sizeOf(some[at]!) < sizeOf(some.at(-1)!)),
          `${inputs[at]} that repeats`,
        ).toBe(true)
  },
)

/** Budgets that are promised, in units in the last place, by the sizes that they depend on. */
const promised: [names: string, budget: number, shapes?: Record<string, Shape>][] = [
  [
    'reshape transpose slice pad concat broadcastTo where relu clip maximum minimum max min equal notEqual less lessEqual greater greaterEqual abs neg floor maxPool1d maxPool2d argMax argMin',
    0,
  ],
  ['add sub mul div sqrt reciprocal square', 0.5],
  ['exp log tanh sigmoid erf gelu softplus log1p expm1 silu', 4],
  ['pow', 16],
  ['matmul', 2 * 5, { a: [3, 5], b: [5, 4] }],
  ['conv2d', 2 * 3 * 2 * 7, { x: [1, 9, 9, 14], weights: [3, 2, 7, 4] }],
  ['softmax', 3 * 10 + 3, { x: [4, 10] }],
  ['sum', 15, { x: [3, 5] }],
  ['mean', 15 + 2, { x: [3, 5] }],
  ['logSumExp', 2 * 15 + 18, { x: [3, 5] }],
]

test.each(promised)('%s: the error budget is the documented one', (names, budget, shapes) => {
  for (const name of names.split(' ')) {
    const { ulp } = table.find((op) => op.name === name)!.definition
    expect(typeof ulp === 'function' ? ulp(shapes!) : ulp, name).toBe(budget)
  }
})

test('every operation that the library exports is in the table, under its own name', () => {
  const exported = Object.entries(core).filter(
    ([, value]) => typeof value === 'function' && 'definition' in value,
  )
  expect(exported.map(([name]) => name).sort()).toEqual(Object.keys(ops).sort())
  for (const [name, op] of exported) expect((op as Op).name).toBe(name)
})

describe('constants are folded to the bits of the kernel', () => {
  test.each(trials)('$title', (trial) => {
    const { inputs, values, y } = instance(trial, 'f32')
    const known = inputs.map((tensor) => constant(values.get(tensor)!, { shape: tensor.shape }))
    const folded = call(trial.op, known, trial.attributes)
    const one = variable(1)
    expect(evaluate([folded, folded.mul(one)])).toEqual(evaluate([y, y.mul(one)], values))
  })

  const exact = table.filter(
    ({ definition: { ulp, broadcasts, shape, attributes } }) =>
      (ulp as number) <= 0.5 && !attributes && (broadcasts || (shape as unknown) === ofOne.shape),
  )
  test.each(exact)('$name of any bits', (op) => {
    expect(exact.length).toBeGreaterThan(25)
    const next = generator(op.name.length)
    const inputs = op.definition.inputs.map((): Float32Array => {
      const bits = Uint32Array.from({ length: 4000 }, () => next() * 2 ** 32)
      return new Float32Array(bits.buffer)
    })
    const folded = call(
      op,
      inputs.map((values: Float32Array) => constant(values)),
    )
    const y = call(
      op,
      inputs.map((values: Float32Array) => variable(values)),
    )
    const one = variable(1)
    expect(evaluate([folded.mul(one)])).toEqual(evaluate([y.mul(one)]))
  })
})

describe('constants', () => {
  const sum = constant(0.1).add(0.2)

  test('alone are computed in f32, compiled or not', () => {
    const single = Math.fround(Math.fround(0.1) + Math.fround(0.2))
    expect(sum.data()).toEqual(Float32Array.of(single))
    expect(sum.item()).toBe(single)
    expect(compile({ inputs: {}, outputs: { sum } })({}).sum).toEqual(Float32Array.of(single))
    expect(compile(() => sum)().data()).toEqual(Float32Array.of(single))
    expect(sum.mul(variable(1)).item()).toBe(single)
    expect(constant(0.1).item()).toBe(Math.fround(0.1))
  })

  test('with f64 are computed in f64, and so are derivatives that consist of them', () => {
    const x = variable(1, { dtype: 'f64' })
    expect(x.mul(sum).item()).toBe(0.1 + 0.2)
    expect(gradients(x.mul(sum), [x])[0].item()).toBe(0.1 + 0.2)
    expect(gradients(x.mul(sum), [x], 0.1)[0].item()).toBe((0.1 + 0.2) * 0.1)
    expect(jvp((x) => x.mul(sum), x, 0.1).tangent.item()).toBe((0.1 + 0.2) * 0.1)
    expect(evaluate([sum, x])).toEqual([Float64Array.of(0.1 + 0.2), Float64Array.of(1)])
    expect(compile((x) => [x, sum])(x).map((result) => result.item())).toEqual([1, 0.1 + 0.2])
    expect(compile((x, y) => x.mul(y))(x, 0.1).item()).toBe(0.1)
  })

  test('with a dtype keep it, and do not mix with another', () => {
    const [double, single] = [constant(0.1, { dtype: 'f64' }), constant(0.1, { dtype: 'f32' })]
    expect(double.add(0.2).data()).toEqual(Float64Array.of(0.1 + 0.2))
    expect(single.values).toEqual(Float32Array.of(0.1))
    expect(() => double.add(single)).toThrow(DtypeError)
    expect(
      [double, single, double.add(1), variable(1), double.mul(variable(1, { dtype: 'f64' }))].map(
        ({ isConstant }) => isConstant,
      ),
    ).toEqual([true, true, true, false, false])
  })
})
