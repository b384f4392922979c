// A graph as one JSON object per line, for programs.
import { jsonLine } from '../output.js'
import type { Subject } from './source.js'

export function describeGraphInJson({ expression, trace, readings }: Subject): string[] {
  const { nodes, steps, warnings, output } = trace
  const variables = nodes.filter(({ kind }) => kind === 'variable')
  return [
    { type: 'start', expression, output: output.id, nodes: nodes.length, steps: steps.length },
    ...nodes.map(({ id, name, label, kind, op, shape, value, derivative, inputs }) => ({
      type: 'node',
      id,
      name,
      label,
      kind,
      op,
      shape,
      value,
      derivative,
      inputs,
    })),
    ...steps.map(({ phase, node, text }) => ({ type: 'step', phase, node, text })),
    ...readings.map(({ kind, from, to }) => ({ type: 'reading', kind, from, to })),
    ...warnings.map((text) => ({ type: 'warning', text })),
    {
      type: 'end',
      value: output.value,
      derivatives: Object.fromEntries(variables.map(({ name, derivative }) => [name, derivative])),
    },
  ].map(jsonLine)
}
