// Handwritten digits with one hidden layer.
import { adam, createRun, layers, sequential } from '@bp/core'
import { digits } from './data/digits.js'

const model = sequential([layers.dense({ units: 64, activation: 'relu' }), layers.dense({ units: 10 })], {
  inputShape: [64],
  seed: 1,
})
console.log(model.summary())
const run = createRun({
  model,
  loss: 'softmaxCrossEntropy',
  optimizer: adam({ learningRate: 0.003 }),
  ...digits([64]),
  batchSize: 32,
  epochs: 30,
  seed: 1,
})
const { validation } = await run.start()
console.log(`validation accuracy: ${(validation!.accuracy! * 100).toFixed(1)} %`)
