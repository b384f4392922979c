// Inputs that hold indices: one out of range is refused, in every execution mode and both precisions.
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../src/graph/shape.js'
import {
  compile,
  compileStep,
  constant,
  evaluate,
  IndexError,
  input,
  sgd,
  type Tensor,
  variable,
} from '../src/index.js'
import { draw, generator } from './sampling.js'
import { call, trials } from './trials.js'

const picking = trials.filter(
  ({ op, inputs }) =>
    op.definition.indices &&
    inputs.every(({ name, shape }) => !(name in op.definition.indices!) || sizeOf(shape) > 0),
)

describe.each(picking.map((trial) => [trial.title, trial] as const))('%s', (_, trial) => {
  const { op, inputs, byInput, attributes } = trial
  const { sample, indices } = op.definition
  const values = inputs.map(({ shape, name }, at) => [
    ...draw(sample.domains[name]!, sizeOf(shape), generator(at + 1)),
  ])
  const usual = call(
    op,
    inputs.map(({ shape }) => input(shape)),
    attributes,
  ).attributes
  for (const [name, limitOf] of Object.entries(indices!)) {
    const which = inputs.findIndex((input) => input.name === name)
    const { shape } = inputs[which]!
    const limit = (limitOf as (...given: unknown[]) => number)(byInput, usual)
    const last = sizeOf(shape) - 1
    const withLast = (index: number) => values.map((own, at) => (at === which ? own.with(last, index) : own))
    const leaves = (
      given: readonly (readonly number[])[],
      leaf: (data: Float64Array, shape: readonly number[]) => Tensor,
    ) => given.map((data, at) => leaf(Float64Array.from(data), inputs[at]!.shape))
    const roads: Record<string, (given: readonly number[][]) => unknown> = {
      'f32 variables': (given) =>
        evaluate([
          call(
            op,
            leaves(given, (data, shape) => variable(data, { shape })),
            attributes,
          ),
        ]),
      'f64 variables': (given) =>
        evaluate([
          call(
            op,
            leaves(given, (data, shape) => variable(data, { shape, dtype: 'f64' })),
            attributes,
          ),
        ]),
      constants: (given) =>
        call(
          op,
          leaves(given, (data, shape) => constant(data, { shape })),
          attributes,
        ).data(),
      'constants beside a variable': (given) =>
        call(
          op,
          leaves(given, (data, shape) => constant(data, { shape })),
          attributes,
        )
          .mul(variable(1))
          .data(),
      'a compiled function': (given) =>
        compile((...tensors: Tensor[]) => call(op, tensors, attributes))(
          ...leaves(given, (data, shape) => constant(data, { shape })),
        ),
      'a training step': (given) => {
        const places = input(shape)
        const tensors = leaves(given, (data, shape) => variable(data, { shape }))
        const y = call(op, tensors.with(which, places), attributes)
        const w = variable(1)
        compileStep({
          inputs: { places },
          loss: y.mul(w).sum().add(w),
          optimizer: sgd({ learningRate: 0.1 }),
        }).run(1, { places: Float32Array.from(given[which]!) })
      },
    }
    test.each(Object.entries(roads))(`${name} by %s`, (_, road) => {
      for (const index of [
        limit,
        -1,
        Number.NaN,
        0.5,
        Number.POSITIVE_INFINITY,
        2 ** 31,
        2 ** 32,
        -(2 ** 32),
      ])
        expect(() => road(withLast(index)), `${index}`).toThrow(IndexError)
      for (const index of limit > 0 ? [0, -0, limit - 1] : []) road(withLast(index))
    })
  }
})

test('an empty tensor has no valid index', () => {
  for (const dtype of ['f32', 'f64'] as const)
    for (const [shape, axis] of [
      [[0, 3], 1],
      [[3, 0], 0],
      [[2, 3, 0], 1],
    ] as const) {
      const x = variable([], { shape, dtype })
      expect(() => x.gather([3], { axis }).data(), `${dtype} ${shape}`).toThrow(IndexError)
      expect([...x.gather([2], { axis }).data()]).toEqual([])
      const scatter = (index: number) => x.gather([0], { axis }).scatterAdd([index], { size: 3, axis }).data()
      expect(() => scatter(3), `${dtype} ${shape}`).toThrow(IndexError)
      expect([...scatter(2)]).toEqual([])
    }
})

test('f32 does not represent all integers beyond 2²⁴, so it does not index more', () => {
  const x = variable(new Float32Array(2 ** 24 + 1))
  expect(() => x.gather([1]).data()).toThrow(IndexError)
})
