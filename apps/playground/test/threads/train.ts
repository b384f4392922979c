// A network whose products and updates are large enough to be shared by threads, trained for some steps.
import { compileStep, input, layers, momentum, Rows, random, sequential, softmaxCrossEntropy } from '@bp/core'

/** All losses, then all weights. */
export function train(): number[] {
  const numbers = (name: string, length: number) =>
    Float32Array.from({ length }, (_, index) => random(8).stream(name).normal(index))
  const model = sequential([layers.dense({ units: 100, activation: 'relu' }), layers.dense({ units: 10 })], {
    inputShape: [300],
    seed: 4,
  })
  const x = input([64, 300])
  const y = input([64, 10])
  const rows = new Rows(128, {
    x: numbers('x', 128 * 300),
    y: Float32Array.from({ length: 1280 }, (_, index) => Number(index % 10 === Math.floor(index / 10) % 10)),
  })
  const loss = softmaxCrossEntropy(model.apply(x), y)
  const step = compileStep({ inputs: { x, y }, loss, optimizer: momentum({ learningRate: 0.05 }), rows })
  return [...step.run(10), ...model.parameters.flatMap(({ values }) => [...values])]
}
