// What the page draws from a document, and what it says of a source that has no graph.
import { describe, expect, it } from 'vitest'
import { type GraphDocument, initialGraph, openGraph } from '../../src/index.js'

const picture = (change: Partial<GraphDocument>) => {
  const { picture, problem } = openGraph({ ...initialGraph, ...change })
  expect(problem).toBeNull()
  return picture!
}
const problem = (source: string) => openGraph({ ...initialGraph, values: {}, source }).problem!

describe('the picture of a document', () => {
  it('is the lecture at first', () => {
    const { trace, variables } = picture({})
    expect(trace.nodes.map(({ id, value, derivative }) => [id, value, derivative])).toEqual([
      ['w', -2, 5],
      ['x', 5, -2],
      ['g', -10, 1],
      ['b', 3, 1],
      ['f', -7, 1],
    ])
    expect(variables.map(({ from }) => from)).toEqual(['document', 'document', 'document'])
  })

  it('takes values from the source first, then from the document, then 1 for a letter', () => {
    const { variables } = picture({ source: 'f = w*x + b1; w = 1/4', values: { w: 7, x: 2, unused: 3 } })
    expect(variables).toEqual([
      { name: 'w', value: 0.25, from: 'source' },
      { name: 'x', value: 2, from: 'document' },
      { name: 'b1', value: 1, from: 'default' },
    ])
  })

  it('reads wx as a product until the document gives wx a value', () => {
    expect(picture({ source: 'f = wx + b' }).program.readings.map(({ to }) => to)).toEqual(['w·x'])
    expect(picture({ source: 'f = wx + b', values: { wx: 3, b: 1 } }).program.readings).toEqual([])
  })

  it('opens composites, differentiates the target and goes forward along a variable', () => {
    const source = 'h = sigmoid(w*x + b); f = h*h'
    const { trace } = picture({ source, opened: ['h'], target: 'h' })
    expect(trace.composites.map(({ id, nodes }) => [id, nodes])).toEqual([
      ['h', ['h₁', 'h₂', 'h#0', 'h₃', 'h']],
    ])
    expect([trace.target.id, trace.output.id]).toEqual(['h', 'f'])
    expect(picture({ source, mode: 'forward', along: 'x' }).trace.along).toBe('x')
  })

  it('forgets what the source no longer has', () => {
    const { trace } = picture({ opened: ['y'], target: 'q', mode: 'forward', along: 'z' })
    expect([trace.composites, trace.target.id, trace.along]).toEqual([[], 'f', 'w'])
    expect(picture({ mode: 'forward', along: 'w[7]' }).trace.along).toBe('w')
    expect(picture({ source: 'f = 2*3', values: {}, mode: 'forward' }).trace.mode).toBe('reverse')
  })
})

describe('a source without a graph', () => {
  it('has a place and a cure', () => {
    expect(problem('f = (w*x')).toEqual({
      message: 'this ( is never closed',
      hint: 'add a ) where it should end',
      reason: { code: 'never-closed', opening: '(', bracket: ')' },
      fix: { start: 8, end: 8, replacement: ')' },
      span: { start: 4, end: 5 },
      unknown: [],
    })
  })

  it('names all that could be made variables at once', () => {
    expect(problem('f = weight*input + bias*x').unknown).toEqual(['weight', 'input', 'bias'])
  })
})
