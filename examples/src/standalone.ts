// Trains a network on XOR and prints it as a self-contained JavaScript module.
import { createRun, input, layers, sequential, sgd, xor } from '@bp/core'
import { writeJavaScript } from '@bp/formats/javascript'

const { dense } = layers
const model = sequential([dense({ units: 2, activation: 'sigmoid' }), dense({ units: 1 })], {
  inputShape: [2],
  seed: 7,
})
createRun({
  model,
  loss: 'sigmoidCrossEntropy',
  optimizer: sgd({ learningRate: 1 }),
  data: xor(),
  epochs: 1000,
  seed: 7,
}).step(1000)

// One row; the loss takes logits, predictions are probabilities.
const x = input([1, 2])
console.log(writeJavaScript({ inputs: { x }, outputs: { probability: model.predictions(x) } }))
