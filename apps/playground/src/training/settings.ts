// What describes a training run of the page completely: the same settings give the same bits anywhere.
import { createRun, layers, type Run, sequential, sgd, xor } from '@bp/core'
import { xorSettings } from '@bp/lab'

export interface Settings {
  readonly seed: number
  /** Units of the hidden layer; 0 leaves the layer out. */
  readonly hiddenUnits: number
  readonly learningRate: number
}

/** The lecture's network, 2-2-1, as `bp train xor` in the terminal. */
export const { epochs, ...defaultSettings } = xorSettings

/** @throws ValueError for settings out of range. */
export function createXorRun({ seed, hiddenUnits, learningRate }: Settings): Run {
  const hidden = hiddenUnits > 0 ? [layers.dense({ units: hiddenUnits, activation: 'sigmoid' })] : []
  return createRun({
    model: sequential([...hidden, layers.dense({ units: 1 })], { inputShape: [2], seed }),
    loss: 'sigmoidCrossEntropy',
    optimizer: sgd({ learningRate }),
    data: xor(),
    epochs,
    seed,
  })
}
