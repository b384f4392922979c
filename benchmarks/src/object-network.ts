// The network of TensorFlow Playground (github.com/tensorflow/playground, src/nn.ts), its algorithm written out for XOR:
// nodes and links are objects, and derivatives add up link by link. For a ratio in one run.

interface Link {
  readonly source: Node
  readonly target: Node
  weight: number
  /** Sum of derivatives since the last update, and how many. */
  sum: number
  count: number
}

interface Node {
  bias: number
  readonly inputs: Link[]
  readonly outputs: Link[]
  output: number
  outputDerivative: number
  inputDerivative: number
  sum: number
  count: number
}

const node = (): Node => ({
  bias: 0.1,
  inputs: [],
  outputs: [],
  output: 0,
  outputDerivative: 0,
  inputDerivative: 0,
  sum: 0,
  count: 0,
})

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

const rows = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
] as const

/** A network of 2, 2 and 1 sigmoid units; each call of what it returns is a step: four rows and one update. */
export function objectNetwork(): () => void {
  const layers: Node[][] = [[node(), node()], [node(), node()], [node()]]
  for (const [index, layer] of layers.entries())
    for (const target of layer)
      for (const source of layers[index - 1] ?? []) {
        const link = { source, target, weight: 0.3 * (layer.indexOf(target) + 1) - 0.4, sum: 0, count: 0 }
        source.outputs.push(link)
        target.inputs.push(link)
      }
  const [inputs, ...computed] = layers as [Node[], ...Node[][]]
  const output = layers.at(-1)![0]!

  const forward = (a: number, b: number) => {
    inputs[0]!.output = a
    inputs[1]!.output = b
    for (const layer of computed)
      for (const unit of layer) {
        let total = unit.bias
        for (const link of unit.inputs) total += link.weight * link.source.output
        unit.output = sigmoid(total)
      }
  }
  const backward = (target: number) => {
    output.outputDerivative = output.output - target
    for (let index = computed.length - 1; index >= 0; index--) {
      const layer = computed[index]!
      for (const unit of layer) {
        unit.inputDerivative = unit.outputDerivative * unit.output * (1 - unit.output)
        unit.sum += unit.inputDerivative
        unit.count++
      }
      for (const unit of layer)
        for (const link of unit.inputs) {
          link.sum += unit.inputDerivative * link.source.output
          link.count++
        }
      if (index === 0) continue
      for (const unit of computed[index - 1]!) {
        unit.outputDerivative = 0
        for (const link of unit.outputs) unit.outputDerivative += link.weight * link.target.inputDerivative
      }
    }
  }
  const update = (rate: number) => {
    for (const layer of computed)
      for (const unit of layer) {
        if (unit.count > 0) {
          unit.bias -= (rate * unit.sum) / unit.count
          unit.sum = 0
          unit.count = 0
        }
        for (const link of unit.inputs)
          if (link.count > 0) {
            link.weight -= (rate / link.count) * link.sum
            link.sum = 0
            link.count = 0
          }
      }
  }
  return () => {
    for (const [a, b, target] of rows) {
      forward(a, b)
      backward(target)
    }
    update(1)
  }
}
