// The settings of a training run on the page; the same ones give the same bits anywhere.
import { createRun, layers, type Run, sequential, sgd, xor } from '@bp/core'
import { xorSettings } from '@bp/lab'

/** The lecture's network, 2-2-1, as `bp train xor` in the terminal. */
export const { epochs, ...defaultSettings } = xorSettings

/** With 0 hidden units there is no hidden layer. */
export type Settings = Readonly<typeof defaultSettings>

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
