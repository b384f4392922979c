// The loss of one row as an expression, held against the network that it is of.
import { layers, random, sequential } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { checkDerivative, initialGraph, insideRow, openGraph } from '../../src/index.js'

describe.each([
  ['one output, linear', [3], 1, 'linear', 'squaredError'],
  ['three outputs, softmax', [4, 5], 3, 'softmax', 'crossEntropy'],
  ['one output, named weights', [], 1, 'sigmoid', 'crossEntropy'],
  ['more layers than there are letters', Array(12).fill(2), 1, 'linear', 'squaredError'],
] as const)('a network of %s', (_, hidden, outputs, activation, loss) => {
  const model = sequential(
    [...hidden.map((units) => layers.dense({ units, activation: 'tanh' })), layers.dense({ units: outputs })],
    { inputShape: [4], seed: 3 },
  )
  model.outputActivation = activation
  const generator = random(5)
  const inputs = Float32Array.from({ length: 4 }, (_, at) => generator.normal(at))
  const targets = Float32Array.from({ length: outputs }, (_, at) => (at === 0 ? 1 : 0))
  const parameters = model.parameters.map(({ values }) => Float32Array.from(values))
  const { source, values } = insideRow({
    layers: [...hidden, outputs].map((_, layer) => ({
      weights: parameters[2 * layer]!,
      biases: parameters[2 * layer + 1]!,
      activation: layer === hidden.length ? activation : 'tanh',
    })),
    loss,
    inputs,
    targets,
  })
  const { picture, problem } = openGraph({ ...initialGraph, source, values })

  it('has its prediction', () => {
    expect(problem).toBeNull()
    const y = [picture!.trace.nodes.find(({ id }) => id === 'y')!.value].flat(3) as number[]
    for (const [at, value] of Array.from(model.predict(inputs)).entries())
      expect(y[at]!).toBeCloseTo(value, 5)
  })

  it('has derivatives that central differences confirm', () => {
    for (const name of picture!.graph.variables.keys())
      expect(checkDerivative(picture!.graph, name).passes || name === 't').toBe(true)
  })
})
