// A graph as one JSON object per line, for programs.
import { jsonLine } from '../output.js'
import type { Subject } from './source.js'

export function describeGraphInJson({ title, document, picture: { program, trace } }: Subject): string[] {
  const { nodes, edges, steps, composites, warnings, output, target, mode, along } = trace
  const variables = nodes.filter(({ kind }) => kind === 'variable')
  return [
    {
      type: 'start',
      expression: document.source,
      ...(title !== document.source && { title }),
      output: output.id,
      nodes: nodes.length,
      steps: steps.length,
      ...(target.id !== output.id && { of: target.id }),
      ...(mode === 'forward' && { mode, along }),
    },
    ...nodes.map(({ id, name, label, kind, op, shape, value, derivative, tangent, inputs }) => ({
      type: 'node',
      id,
      name,
      label,
      kind,
      op,
      shape,
      value,
      ...(mode === 'forward' ? { tangent } : { derivative }),
      inputs,
    })),
    ...edges.map(({ id, from, to, input, local, upstream, contribution }) => ({
      type: 'edge',
      id,
      from,
      to,
      input,
      local,
      upstream,
      contribution,
    })),
    ...composites.map(({ id, op, nodes, chain }) => ({ type: 'composite', id, op, nodes, chain })),
    ...steps.map(({ phase, node, text }) => ({ type: 'step', phase, node, text })),
    ...program.readings.map(({ kind, from, to }) => ({ type: 'reading', kind, from, to })),
    ...warnings.map((text) => ({ type: 'warning', text })),
    {
      type: 'end',
      value: output.value,
      derivatives: Object.fromEntries(variables.map(({ name, derivative }) => [name, derivative])),
    },
  ].map(jsonLine)
}
