// Graphs for tests: of a source, and of every operation in the core's table.
import {
  byName,
  caseInputs,
  type NestedArray,
  type Op,
  ops,
  random,
  type Shape,
  type Tensor,
  type Variable,
  variable,
} from '@bp/core'
import { build, type Graph, parse } from '@bp/expression'
import { type TraceEdge, type TraceNode, trace } from '../../src/index.js'

export function graphOf(source: string, values: Record<string, number | NestedArray> = {}): Graph {
  return build(parse(source), values)
}

/** The trace of a source, with its nodes by id and its edges by the nodes they connect. */
export function traced(source: string, values: Record<string, number | NestedArray> = {}) {
  return indexed(graphOf(source, values))
}

export function indexed(graph: Graph) {
  const whole = trace(graph)
  const nodes = new Map<string, TraceNode>(whole.nodes.map((node) => [node.id, node]))
  const edge = (from: string, to: string): TraceEdge =>
    whole.edges.find((candidate) => candidate.from === from && candidate.to === to)!
  return { ...whole, node: (id: string) => nodes.get(id)!, edge }
}

/** For every operation, the sum of its output for the samples in its table entry. */
export function* tableGraphs(): Generator<{
  title: string
  op: Op
  attributes: object
  graph: Graph
  tensor: Tensor
}> {
  for (const op of Object.values(ops) as unknown as Op[]) {
    const { sample } = op.definition
    for (const { shapes, attributes } of sample.cases) {
      const inputs = caseInputs(op.definition.inputs, shapes)
      // Empty and long arrays show nothing that short ones do not.
      if (inputs.some(({ shape }) => product(shape) === 0 || product(shape) > 30)) continue
      const variables = new Map<string, Variable>(
        inputs.map(({ name, label, shape }) => {
          const { low, high, whole = false } = sample.domains[name]!
          const draw = random(3).stream(`${op.name} ${label}`)
          const values = Array.from({ length: product(shape) }, (_, at) => {
            const value = low + (high - low) * draw.uniform(at)
            return whole ? Math.floor(value) : value
          })
          return [label, variable(values, { shape, name: label, dtype: 'f64' })]
        }),
      )
      const call = op as unknown as (...args: unknown[]) => Tensor
      const given = Object.values(byName(op.definition.inputs, [...variables.values()]))
      const tensor = call(...given, ...(attributes ? [attributes] : []))
      const output = tensor.rank === 0 ? tensor : tensor.sum()
      yield {
        title: `${op.name} of ${JSON.stringify(shapes)} ${JSON.stringify(attributes ?? {})}`,
        op,
        attributes: attributes ?? {},
        tensor,
        graph: {
          output,
          outputName: 'f',
          named: new Map<string, Tensor>(variables),
          variables,
          spans: new Map(),
        },
      }
    }
  }
}

function product(shape: Shape): number {
  return shape.reduce((total, dimension) => total * dimension, 1)
}
