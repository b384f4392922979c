// The plan of a step as it is printed, and the time that each instruction takes.
import { expect, test } from 'vitest'
import {
  compileStep,
  input,
  layers,
  measurePeak,
  Rows,
  random,
  sequential,
  sgd,
  softmaxCrossEntropy,
} from '../src/index.js'

const draws = random(3)
const rows = 96
const inputs = Float32Array.from({ length: rows * 20 }, (_, index) => draws.uniform(index))
const labels = Float32Array.from({ length: rows * 5 }, (_, index) =>
  Number(index % 5 === Math.floor(index / 5) % 5),
)

/** 20-16-5 on batches of 32. */
function makeStep() {
  const model = sequential([layers.dense({ units: 16, activation: 'relu' }), layers.dense({ units: 5 })], {
    inputShape: [20],
    seed: 1,
  })
  const x = input([32, 20], { name: 'x' })
  const y = input([32, 5], { name: 'y' })
  const loss = softmaxCrossEntropy(model.apply(x), y)
  const data = new Rows(rows, { x: inputs, y: labels })
  return {
    model,
    step: compileStep({ inputs: { x, y }, loss, optimizer: sgd({ learningRate: 0.1 }), rows: data }),
  }
}

/** Two layers forward, their weights' gradients, and what flows back through the second one: 2·m·n·k each. */
const products = 2 * (2 * 32 * 20 * 16) + 3 * (2 * 32 * 16 * 5)

test('a profile has a line for every instruction, and the operations of products are 2·m·n·k', () => {
  const { model, step } = makeStep()
  const before = model.parameters.map(({ values }) => [...values])
  const { lines, microseconds, peak } = step.profile()
  const matmuls = lines.filter(({ instruction }) => instruction.startsWith('Matmul'))
  expect(matmuls.reduce((total, { operations }) => total + operations, 0)).toBe(products)
  expect(lines.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 9)
  for (const line of lines) expect(line.microseconds, line.instruction).toBeGreaterThan(0)
  expect(microseconds).toBeGreaterThan(0)
  expect(peak).toBeGreaterThan(0)
  expect(model.parameters.map(({ values }) => [...values])).toEqual(before)
})

test('training after a profile continues as if there had been none', () => {
  const plain = makeStep().step
  const profiled = makeStep().step
  profiled.profile()
  expect(profiled.run(10)).toEqual(plain.run(10))
})

test('the plan names operations, bytes and nodes of each instruction, and adds them up', () => {
  const { step } = makeStep()
  const lines = step.describe().split('\n')
  expect(lines.find((line) => line.includes('layer1/matmul'))).toMatch(/^Matmul\w+ +20480 +\d+ /)
  const total = /^(\d+) instructions +(\d+) +(\d+)$/.exec(lines.at(-1)!)
  expect(Number(total![1])).toBe(lines.length - 2)
  expect(Number(total![2])).toBeGreaterThan(products)
})

test('the peak is a number of operations a second', () => {
  expect(measurePeak()).toBeGreaterThan(0)
})
