// Writes graphs in the DOT language of Graphviz.
import { Constant, inputAt, type Tensor, topological, Variable } from '@bp/core/lean'
import { symbolOf } from '@bp/core/notation'
import type { Graph } from './graph.js'

/** The graph with inputs on the left and the output on the right; variables are round, operations square. */
export function toDot(graph: Graph): string {
  const nodes = topological([graph.output])
  const identifiers = new Map(nodes.map((tensor, index) => [tensor, `n${index}`]))
  const names = new Map<Tensor, string>()
  for (const [name, tensor] of graph.named) if (!names.has(tensor)) names.set(tensor, name)
  names.set(graph.output, graph.outputName)

  const lines = nodes.map((tensor) => {
    const name = names.get(tensor)
    const label = tensor.op
      ? `${name ? `${name} = ` : ''}${symbolOf(tensor.op)}`
      : (name ?? (tensor instanceof Constant ? describeConstant(tensor) : ''))
    const shape =
      tensor === graph.output
        ? 'doublecircle'
        : tensor instanceof Variable
          ? 'ellipse'
          : tensor.op
            ? 'box'
            : 'plaintext'
    return `  ${identifiers.get(tensor)} [label=${quoted(label)}, shape=${shape}]`
  })
  for (const tensor of nodes)
    for (const [index, input] of tensor.inputs.entries()) {
      const { label } = inputAt(tensor.op!.definition.inputs, index)
      lines.push(
        `  ${identifiers.get(input)} -> ${identifiers.get(tensor)}${tensor.inputs.length > 1 ? ` [label=${quoted(label)}]` : ''}`,
      )
    }
  return `digraph ${quoted(graph.outputName)} {\n  rankdir=LR\n${lines.join('\n')}\n}\n`
}

function describeConstant({ shape, values }: Constant): string {
  return shape.length === 0 ? String(values[0]) : shape.join('×')
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
