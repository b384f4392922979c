// The summary table of a model.
import { describeShape } from '../graph/shape.js'
import type { Variable } from '../graph/tensor.js'
import type { Layer, SymbolicTensor } from './layer.js'

const count = (variables: readonly Variable[]) => variables.reduce((total, { size }) => total + size, 0)

/** Layers with output shapes, parameter counts and floating-point operations per row. */
export function summarize(
  inputs: readonly (readonly [name: string, tensor: SymbolicTensor])[],
  layers: readonly Layer[],
) {
  const parameters = layers.flatMap((layer) => layer.parameters)
  const trained = count(parameters.filter(({ trainable }) => trainable))
  const fixed = count(parameters) - trained + count(layers.flatMap(({ state }) => state))
  const lines = [
    ['layer', 'kind', 'output', 'parameters', 'FLOPs'],
    ...inputs.map(([name, { shape }]) => [name, 'input', describeShape(shape!), '0', '0']),
    ...layers.map(({ name, kind, outputShape, parameters, state, flops }) => [
      name,
      kind,
      describeShape(outputShape),
      String(count([...parameters, ...state])),
      String(flops),
    ]),
    ['total', '', '', String(trained + fixed), String(layers.reduce((total, { flops }) => total + flops, 0))],
    ...(fixed > 0 ? [['not trained', '', '', String(fixed), '']] : []),
  ]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
