// Handwritten digits with a small convolutional network.
import { adamW, cosineDecay, createRun, layers, sequential } from '@bp/core'
import { digits } from './data/digits.js'

const epochs = 30
const model = sequential(
  [
    layers.conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu' }),
    layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
    layers.maxPool2d({ size: 2 }),
    layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
    layers.flatten(),
    layers.dropout({ rate: 0.3 }),
    layers.dense({ units: 10 }),
  ],
  { inputShape: [8, 8, 1], seed: 1 },
)
console.log(model.summary())
const run = createRun({
  model,
  loss: 'softmaxCrossEntropy',
  optimizer: adamW({
    learningRate: cosineDecay({ learningRate: 0.003, steps: 45 * epochs }),
    weightDecay: 0.01,
  }),
  ...digits([8, 8, 1]),
  batchSize: 32,
  epochs,
  seed: 1,
})
const { validation } = await run.start()
console.log(`validation accuracy: ${(validation!.accuracy! * 100).toFixed(1)} %`)
