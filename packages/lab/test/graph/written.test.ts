// The source and its graph point at each other.
import { expect, it } from 'vitest'
import { initialGraph, nodesAt, openGraph, spansOf } from '../../src/index.js'

const opened = (source: string, more = {}) =>
  openGraph({ ...initialGraph, values: {}, source, ...more }).picture!
const at = (source: string, part: string, more = {}) => {
  const start = source.indexOf(part)
  return nodesAt(opened(source, more), { start, end: start + part.length })
}

it('a caret points at the smallest part around it', () => {
  const picture = opened('f = w*x + b')
  const found = (caret: number) => nodesAt(picture, { start: caret, end: caret })
  expect([...Array(12).keys()].map((caret) => found(caret).join())).toEqual([
    'f',
    'f',
    '',
    '',
    'w',
    'w',
    'x',
    'x',
    'f',
    'f',
    'b',
    'b',
  ])
})

it.each([
  ['f = x*x + x', '+ x', 'f'],
  ['f = sin(x) + x^2', 'sin(x)', 'g'],
  ['f = sin(x) + x^2', 'x^2', 'h'],
  ['f = sin(x) + x^2', '2', '#0'],
  ['g = a + b\nf = g*g', 'g*', 'f'],
  ['g = a + b\nf = g*g', 'a +', 'g'],
  ['f = wx', 'w', 'w'],
  ['f = -2*x', '-2', '#0'],
])('in %j, %j is %s', (source, part, node) => {
  expect(at(source, part)).toEqual([node])
})

it('a variable is written where it is used, each time', () => {
  const source = 'f = x*x + x'
  expect(spansOf(opened(source), 'x').map(({ start }) => start)).toEqual([4, 6, 10])
  expect(spansOf(opened(source), 'g')).toEqual([{ start: 4, end: 7 }])
})

it('what is opened is written where it is when closed', () => {
  const nodes = at('y = sigmoid(x)', 'sigmoid(', { opened: ['y'] })
  expect(nodes).toContain('y')
  expect(nodes.length).toBeGreaterThan(3)
})

it('every node that is not a part of something opened is written somewhere, and found there', () => {
  const picture = opened('g = a*b; h = -log(g)/2; f = h^2 + tanh(g) + |a| + 3')
  for (const { id } of picture.trace.nodes) {
    const spans = spansOf(picture, id)
    expect(spans.length, id).toBeGreaterThan(0)
    for (const span of spans) expect(nodesAt(picture, span), id).toEqual([id])
  }
})
