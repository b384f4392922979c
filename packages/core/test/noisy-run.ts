// A run that small tests of runs try: rows that a small network can learn, but not perfectly.
import {
  adam,
  createRun,
  type Dataset,
  layers,
  type Run,
  type RunOptions,
  random,
  sequential,
} from '../src/index.js'

/** The sign of a product, which is wrong in this share of the rows. */
export function noisy(rows: number, stream: number, wrong = 0.25): Dataset {
  const draws = random(11).stream(stream)
  const inputs = Float32Array.from({ length: rows * 2 }, (_, index) => draws.normal(index))
  const targets = Float32Array.from({ length: rows }, (_, row) => {
    const right = inputs[2 * row]! * inputs[2 * row + 1]! > 0
    return Number(draws.stream('noise').uniform(row) < wrong ? !right : right)
  })
  return { rows, inputs, inputShape: [2], targets, targetShape: [1] }
}

/** Five steps an epoch, of which the last is smaller. */
export function noisyRun(options: Partial<RunOptions> = {}): Run {
  const model = sequential([layers.dense({ units: 12, activation: 'tanh' }), layers.dense({ units: 1 })], {
    inputShape: [2],
    seed: 1,
  })
  return createRun({
    model,
    loss: 'sigmoidCrossEntropy',
    optimizer: adam({ learningRate: 0.03 }),
    data: noisy(38, 1),
    validation: noisy(30, 2),
    batchSize: 8,
    epochs: 40,
    seed: 2,
    ...options,
  })
}
