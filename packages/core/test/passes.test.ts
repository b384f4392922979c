// That products lose nothing of what they take over: what follows them is the same whether their result is kept or not. A
// kept result is finished before anything follows, so the two run different programs.
import { expect, test } from 'vitest'
import { plan } from '../src/compile/plan.js'
import { evaluate, gradients, input, type Tensor } from '../src/index.js'
import { draw, generator } from './sampling.js'
import { instance, type Trial, trials } from './trials.js'

/** What can follow a result: a bias of one number or of a row, an activation, both, and a sum of columns. */
const followers: Record<string, (result: Tensor, number: Tensor, row: Tensor) => Tensor> = {
  'a number': (result, number) => result.add(number),
  'a row': (result, _, row) => result.add(row),
  relu: (result) => result.relu(),
  'sigmoid of a sum with a row': (result, _, row) => result.add(row).sigmoid(),
  'tanh of a sum with a number': (result, number) => result.add(number).tanh(),
  'a sum over all but the last axis': (result) =>
    result.rank < 2 ? result : result.sum(Array.from({ length: result.rank - 1 }, (_, axis) => axis)),
}

/** The trial's result and its derivatives by all inputs that have one. */
function results(trial: Trial) {
  const { inputs, values, y } = instance(trial, 'f32')
  const variables = inputs.filter((_, index) => trial.op.definition.vjp[trial.inputs[index]!.name] !== null)
  return {
    values: new Map<Tensor, Float64Array>(values),
    variables,
    tensors: [y, ...(y.size > 0 ? gradients(y.sum(), variables) : [])],
  }
}

const products = trials.filter((trial) =>
  plan(results(trial).tensors).instructions.some(({ opcode }) =>
    /^(Matmul|Convolution|Depthwise)/.test(opcode),
  ),
)

test('matrix products and convolutions are among the operations with products', () => {
  const names = new Set(products.map(({ op }) => op.name))
  expect([...names]).toEqual(
    expect.arrayContaining(['matmul', 'linear', 'outer', 'conv2d', 'conv1dTranspose']),
  )
})

for (const trial of products)
  test(`what follows ${trial.title} and its derivatives is the same whether these are kept or not`, () => {
    const { values, variables, tensors } = results(trial)
    const next = generator(trial.title.length)
    for (const [index, result] of tensors.entries()) {
      const number = input([])
      const row = input([result.shape.at(-1) ?? 1])
      for (const leaf of [number, row]) values.set(leaf, draw({ low: 0.25, high: 1 }, leaf.size, next))
      for (const [title, follow] of Object.entries(followers)) {
        const followed = follow(result, number, row)
        const outputs = [followed, ...(followed.size > 0 ? gradients(followed.sum(), variables) : [])]
        const fused = evaluate(outputs, values)
        const apart = evaluate([...outputs, ...tensors], values)
        for (const [output, numbers] of fused.entries())
          for (const [element, value] of numbers.entries()) {
            // A bias begins a sum that is fused, and ends one that is not.
            const expected = apart[output]![element]!
            const name = `result ${index}, ${title}, output ${output}, element ${element}`
            expect(Math.abs(value - expected), name).toBeLessThanOrEqual(
              1e-4 * Math.max(1, Math.abs(expected)),
            )
          }
      }
    }
  })
