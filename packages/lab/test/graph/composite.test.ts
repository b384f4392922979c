// Operations expanded into the chains of simpler ones they stand for.
import { evaluate, gradients, type Tensor, ValueError } from '@bp/core'
import { describe, expect, it } from 'vitest'
import { expandComposite, openComposites, trace, writeFormula } from '../../src/index.js'
import { graphOf, indexed, tableGraphs } from './graphs.js'

const table = [...tableGraphs()]

describe('sigmoid at 0', () => {
  const graph = graphOf('y = sigmoid(x)', { x: 0 })
  const { nodes, edge, node } = indexed(expandComposite(graph, 'y'))

  it('is −x, exp, + 1 and 1 ÷ x', () => {
    expect(nodes.map(({ label }) => label)).toEqual([
      'x',
      'y₁ = −x',
      'y₂ = exp(y₁)',
      '1',
      'y₃ = y₂ + 1',
      'y = 1 ÷ y₃',
    ])
    expect(nodes.map(({ value }) => value)).toEqual([0, -0, 1, 1, 2, 0.5])
  })

  it('has the local derivatives −1/2², 1, e⁰, −1, last to first, and their product is 0.25', () => {
    const chain = [edge('y₃', 'y'), edge('y₂', 'y₃'), edge('y₁', 'y₂'), edge('x', 'y₁')]
    expect(chain.map(({ local }) => local)).toEqual([-1 / 2 ** 2, 1, Math.exp(0), -1])
    expect(chain.map(({ contribution }) => contribution)).toEqual([-0.25, -0.25, -0.25, 0.25])
    expect(node('x').derivative).toBe(0.25)
  })

  it('agrees at −7 with the fused operation', () => {
    const far = graphOf('y = sigmoid(x)', { x: -7 })
    const [fused, chain] = [indexed(far), indexed(expandComposite(far, 'y'))]
    expect((chain.node('x').derivative as number).toFixed(12)).toBe('0.000910221180')
    expect(chain.node('y').value).toBeCloseTo(fused.node('y').value as number, 15)
  })
})

describe('expanding', () => {
  it('keeps names, variables and spans', () => {
    const source = 's = sigmoid(w*x); f = s*s + b'
    const graph = graphOf(source, { w: 2, x: 1, b: 3 })
    const expanded = expandComposite(graph, graph.named.get('s')!)
    expect(expanded.variables).toBe(graph.variables)
    const { node, nodes } = indexed(expanded)
    expect(node('s').label).toMatch(/^s = 1 ÷ /)
    const text = (id: string) => source.slice(node(id).span!.start, node(id).span!.end)
    for (const { id, op } of nodes)
      if (op === 'exp' || op === 'reciprocal' || op === 'neg') expect(text(id)).toBe('sigmoid(w*x)')
    expect(text('f')).toBe('s*s + b')
    expect(node('w').derivative).toBeCloseTo(
      trace(graph).nodes.find(({ id }) => id === 'w')!.derivative as number,
      14,
    )
  })

  it('does not modify the graph', () => {
    const graph = graphOf('y = sigmoid(x)', { x: 0 })
    expandComposite(graph, 'y')
    expect(trace(graph).nodes.map(({ label }) => label)).toEqual(['x', 'y = sigmoid(x)'])
  })

  it('follows changes of a variable', () => {
    const graph = graphOf('y = sigmoid(x)', { x: 0 })
    const expanded = expandComposite(graph, 'y')
    graph.variables.get('x')!.set(-7)
    expect(expanded.output.item()).toBeCloseTo(0.000911051194, 12)
  })

  it.each([
    ['f', 'f is add, a basic operation'],
    ['x', 'x is not an operation'],
    ['q', 'q is not a node of this graph'],
  ])('%s is refused', (id, message) => {
    const graph = graphOf('f = x + 1', { x: 0 })
    expect(() => expandComposite(graph, id)).toThrow(ValueError)
    expect(() => expandComposite(graph, id)).toThrow(message)
  })

  // The root of a variance of 0 has no derivative; the operation passes back 0, its parts do not.
  const atKink = ({ op, tensor }: { op: { name: string }; tensor: Tensor }) =>
    op.name === 'std' && evaluate([tensor])[0]!.every((value) => value === 0)
  const composites = table.filter((one) => one.op.definition.decompose && !atKink(one))
  it.each(composites)('$title gives the same value and derivatives', ({ graph, tensor }) => {
    const expanded = expandComposite(graph, tensor)
    const numbers = ({ output, variables }: typeof graph) =>
      evaluate([output, ...gradients(output, [...variables.values()])]).flatMap((data) => [...data])
    const expected = numbers(graph)
    for (const [index, number] of numbers(expanded).entries()) expect(number).toBeCloseTo(expected[index]!, 8)
    // A decomposition may be the input itself, e.g. of einsum's '->'.
    if (expanded.output.op) expect(trace(expanded).output.name).toBe('f')
  })

  it('is offered exactly for operations with a decomposition', () => {
    const oneOfEach = new Map(table.map((entry) => [entry.op, entry]))
    for (const { graph, tensor, op } of oneOfEach.values()) {
      const node = trace(graph).nodes.find(
        (candidate) => candidate.op === op.name && candidate.shape === tensor.shape,
      )
      expect(node?.expandable).toBe(op.definition.decompose !== undefined)
    }
  })
})

describe('opening one by one', () => {
  const graph = graphOf('h = sigmoid(w*x); k = mish(h); f = tanh(k + h)', { w: 0.5, x: 2 })
  const ids = (...opened: string[]) => trace(openComposites(graph, opened)).nodes.map(({ id }) => id)

  it('leaves the ids of all others as they are, and closing gives back what was', () => {
    const closed = ids()
    const all = ids('h', 'k', 'f')
    for (const opened of [['h'], ['k'], ['f'], ['k', 'h'], ['f', 'h']]) {
      const shown = ids(...opened)
      expect(shown.filter((id) => closed.includes(id)).sort()).toEqual([...closed].sort())
      for (const id of shown) expect(all).toContain(id)
    }
    expect(ids('f', 'h')).toEqual(ids('h', 'f'))
    expect(ids()).toEqual(closed)
  })

  it('opens what is inside, and ignores what is not there', () => {
    const { composites } = openComposites(graph, ['k', 'k₁', 'nothing', 'w'])
    expect(composites.map(({ id, parent }) => [id, parent])).toEqual([
      ['k', null],
      ['k₁', 'k'],
    ])
    expect(composites[0]!.nodes).toEqual(expect.arrayContaining([...composites[1]!.nodes]))
  })

  it('has the running products of the lecture, and the rule of the closed form', () => {
    const { composites } = trace(openComposites(graphOf('y = sigmoid(x)', { x: 0 }), ['y']))
    const [{ chain, closed }] = composites as [(typeof composites)[0]]
    expect(chain.map(({ edge, local, product }) => [edge, local, product])).toEqual([
      ['y₃>y.x', -0.25, -0.25],
      ['y₂>y₃.a', 1, -0.25],
      ['y₁>y₂.x', 1, -0.25],
      ['x>y₁.x', -1, 0.25],
    ])
    expect(writeFormula(closed!.rule)).toBe('y · (1 − y)')
    expect(closed!.local).toBe(0.25)
  })

  it('has no chain where it branches', () => {
    const { composites } = trace(openComposites(graph, ['k']))
    expect(composites[0]).toMatchObject({ chain: [], closed: null })
  })
})
