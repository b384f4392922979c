// The numbers of the lecture.
import { describe, expect, test } from 'vitest'
import {
  adam,
  binaryCrossEntropy,
  compileStep,
  createRun,
  gradients,
  input,
  layers,
  sequential,
  sgd,
  sigmoid,
  type Tensor,
  variable,
  xor,
} from '../src/index.js'

const point = () => ({ w: variable(-2), x: variable(5), b: variable(3) })

test('f = w·x + b at w = −2, x = 5, b = 3 has g = −10, f = −7 and derivatives 1, 1, 5, −2', () => {
  const { w, x, b } = point()
  const g = w.mul(x)
  const f = g.add(b)
  f.backward()
  expect([g, f].map((node) => node.item())).toEqual([-10, -7])
  expect([g, b, w, x].map((node) => node.grad.item())).toEqual([1, 1, 5, -2])
})

test.each([
  ['b', 1],
  ['w', 5],
  ['x', -2],
] as const)('moving %s by 1 moves f by %i', (name, change) => {
  const variables = point()
  const f = variables.w.mul(variables.x).add(variables.b)
  const before = f.item()
  variables[name].set(variables[name].item() + 1)
  expect(f.item() - before).toBe(change)
})

describe('sigmoid', () => {
  test.each([
    [0, 0.5, 0.25],
    [-7, 0.000911051194, 0.00091022118],
  ])('at %d is %d and its derivative %d', (z, value, derivative) => {
    for (const [dtype, digits] of [
      ['f64', 12],
      ['f32', 9],
    ] as const) {
      const x = variable(z, { dtype })
      const y = sigmoid(x)
      y.backward()
      expect(y.item()).toBeCloseTo(value, digits)
      expect(x.grad.item()).toBeCloseTo(derivative, digits)
    }
  })

  test('is the chain ×−1, exp, +1, 1/x, whose local derivatives multiply to 0.25 at 0', () => {
    const x = variable(0, { dtype: 'f64' })
    const negated = x.mul(-1)
    const power = negated.exp()
    const sum = power.add(1)
    const y = sum.reciprocal()
    y.backward()
    expect(y.item()).toBe(0.5)
    // L1 = −1/2², then × 1, × e⁰, × −1.
    expect([sum, power, negated, x].map((node) => node.grad.item())).toEqual([-0.25, -0.25, -0.25, 0.25])
  })
})

test('second derivatives come from the same graph: d²(x³)/dx² = 6x', () => {
  const x = variable(2, { dtype: 'f64' })
  const [first] = gradients(x.mul(x).mul(x), [x])
  const [second] = gradients(first!, [x])
  expect([first!.item(), second!.item()]).toEqual([12, 12])
})

test('the XOR network gets all four right with a cost under 0.05 from seed 1', () => {
  const model = sequential([layers.dense({ units: 2, activation: 'sigmoid' }), layers.dense({ units: 1 })], {
    inputShape: [2],
    seed: 1,
  })
  const run = createRun({
    model,
    loss: 'sigmoidCrossEntropy',
    optimizer: sgd({ learningRate: 2 }),
    data: xor(),
    epochs: 2000,
    seed: 1,
  })
  const { loss, accuracy } = run.step(2000)
  expect(loss).toBeLessThan(0.05)
  expect(accuracy).toBe(1)
  expect([...run.predict(xor().inputs)].map(Math.round)).toEqual([0, 1, 1, 0])
})

test('the cost as the lecture writes it, log by log, trains the same network', () => {
  const model = sequential(
    [layers.dense({ units: 2, activation: 'sigmoid' }), layers.dense({ units: 1, activation: 'sigmoid' })],
    { inputShape: [2], seed: 1 },
  )
  const x = input([4, 2])
  const y = input([4, 1])
  const hypothesis: Tensor = model.apply(x)
  const step = compileStep({
    inputs: { x, y },
    loss: binaryCrossEntropy(hypothesis, y),
    optimizer: adam({ learningRate: 0.05 }),
  })
  const losses = step.run(3000, { x: xor().inputs, y: xor().targets })
  expect(losses.at(-1)).toBeLessThan(0.05)
})

test('without a hidden layer XOR never costs less than ln 2', () => {
  const model = sequential([layers.dense({ units: 1 })], { inputShape: [2], seed: 3 })
  const x = input([4, 2])
  const y = input([4, 1])
  const step = compileStep({
    inputs: { x, y },
    loss: binaryCrossEntropy(model.apply(x).sigmoid(), y),
    optimizer: sgd({ learningRate: 0.5 }),
  })
  const losses = step.run(5000, { x: xor().inputs, y: xor().targets })
  // Rounding may take the last of seven digits.
  expect(Math.min(...losses)).toBeGreaterThan(Math.LN2 - 1e-6)
  expect(losses.at(-1)).toBeCloseTo(Math.LN2, 6)
})
