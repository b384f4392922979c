// The lecture's XOR run, so that terminal and page train the same network to the same bits.
import { type Run, xor } from '@bp/core/lean'

/** Plain gradient descent over all four rows; with seed 7 all four predictions are correct and the loss ends at 0.013. */
export const xorSettings = {
  /** Sigmoid units of the one hidden layer. */
  hiddenUnits: 2,
  learningRate: 1,
  epochs: 1000,
  seed: 7,
}

/** What a network predicts for one row. */
export interface Prediction {
  readonly inputs: readonly [number, number]
  readonly target: number
  /** Probability of 1. */
  readonly probability: number
  readonly correct: boolean
}

const data = xor()

/** The predictions for the four rows. */
export function predictXor(run: Run): Prediction[] {
  return Array.from(run.predict(data.inputs), (probability, row) => {
    const target = data.targets[row]!
    return {
      inputs: [data.inputs[row * 2]!, data.inputs[row * 2 + 1]!],
      target,
      probability,
      correct: probability >= 0.5 === target >= 0.5,
    }
  })
}
