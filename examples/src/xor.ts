// XOR: two hidden units learn what no straight line can separate; without them nothing is learned.
import { createRun, type LayerPlan, layers, sequential, sgd, xor } from '@bp/core'

function train(plans: readonly LayerPlan[]) {
  const model = sequential(plans, { inputShape: [2], seed: 7 })
  const run = createRun({
    model,
    loss: 'sigmoidCrossEntropy',
    optimizer: sgd({ learningRate: 1 }),
    data: xor(),
    epochs: 1000,
    seed: 7,
  })
  return { run, state: run.step(1000) }
}

const { run, state } = train([layers.dense({ units: 2, activation: 'sigmoid' }), layers.dense({ units: 1 })])
console.log(`with two hidden units: loss ${state.loss!.toFixed(4)}, ${state.accuracy! * 4} of 4 right`)
for (const [index, probability] of run.predict(xor().inputs).entries())
  console.log(`  ${index >> 1} xor ${index & 1}: ${probability.toFixed(3)}`)

const flat = train([layers.dense({ units: 1 })])
console.log(`without: loss ${flat.state.loss!.toFixed(6)}; guessing costs ln 2 = ${Math.LN2.toFixed(6)}`)
