// One cell followed through an operation: its terms give its number.
import { describe, expect, it } from 'vitest'
import {
  type Cell,
  type CellOrigin,
  cellsOf,
  cellsOfPart,
  cellsOfValue,
  type Numbers,
  type Trace,
  writeCellSum,
} from '../../src/index.js'
import { traced } from './graphs.js'

const values = {
  X: [
    [1, 2, 3],
    [4, 5, 6],
  ],
  W: [
    [1, -1],
    [0.5, 2],
    [-3, 4],
  ],
  b: [0.1, -0.2],
  S: [
    [1, 2],
    [3, 4],
  ],
}
const shapeOf = (numbers: Numbers): number[] =>
  typeof numbers === 'number' ? [] : [numbers.length, ...shapeOf(numbers[0]!)]
const at = (numbers: Numbers, cell: readonly number[]): number =>
  cell.reduce<Numbers>((entry, index) => (entry as readonly Numbers[])[index]!, numbers) as number
const cellsIn = (numbers: Numbers): number[][] =>
  shapeOf(numbers).reduce<number[][]>(
    (cells, size) => cells.flatMap((cell) => Array.from({ length: size }, (_, index) => [...cell, index])),
    [[]],
  )
const numberOf = (trace: Trace, { node, of, cell }: Cell): number => {
  const found = trace.nodes.find(({ id }) => id === node)!
  return at(of === 'value' ? found.value : found.derivative!, cell)
}
const compute = (trace: Trace, { terms, scale }: CellOrigin): number =>
  scale *
  terms.reduce(
    (sum, factors) => sum + factors.reduce((product, cell) => product * numberOf(trace, cell), 1),
    0,
  )

const sources = [
  'f = sum(X @ W)',
  'f = mean((X @ W + b)*S)',
  'f = sum(X @ W + b)',
  'f = sum(sum(X*X, 0)*[1, 2, 3])',
  'f = sum(mean(X, 1)*b)',
]

describe('the cells of a cell', () => {
  it.each(sources)('make its number, in values and in what goes back: %s', (source) => {
    const trace = traced(source, values)
    let followed = 0
    for (const node of trace.nodes) {
      if (node.op === null) continue
      for (const cell of cellsIn(node.value)) {
        const origin = cellsOfValue(trace, node.id, cell)
        if (origin?.kind !== 'products') continue
        expect(compute(trace, origin), `${node.id} ${cell}`).toBeCloseTo(at(node.value, cell), 12)
        followed++
      }
    }
    for (const edge of trace.edges) {
      if (edge.contribution === null) continue
      for (const cell of cellsIn(edge.contribution)) {
        const origin = cellsOfPart(trace, edge.id, cell)
        expect(origin?.kind, edge.id).toBe('products')
        expect(compute(trace, origin!), `${edge.id} ${cell}`).toBeCloseTo(at(edge.contribution, cell), 12)
        followed++
      }
    }
    expect(followed).toBeGreaterThan(10)
  })

  it('of a product of matrices are a row and a column', () => {
    const trace = traced('f = sum(X @ W)', values)
    expect(cellsOfValue(trace, 'g', [1, 0])!.terms).toEqual([
      [
        { node: 'X', of: 'value', cell: [1, 0] },
        { node: 'W', of: 'value', cell: [0, 0] },
      ],
      [
        { node: 'X', of: 'value', cell: [1, 1] },
        { node: 'W', of: 'value', cell: [1, 0] },
      ],
      [
        { node: 'X', of: 'value', cell: [1, 2] },
        { node: 'W', of: 'value', cell: [2, 0] },
      ],
    ])
    expect(cellsOfPart(trace, 'W>g.b', [2, 1])!.terms).toEqual([
      [
        { node: 'X', of: 'value', cell: [0, 2] },
        { node: 'g', of: 'derivative', cell: [0, 1] },
      ],
      [
        { node: 'X', of: 'value', cell: [1, 2] },
        { node: 'g', of: 'derivative', cell: [1, 1] },
      ],
    ])
  })

  it('of a bias are those of the rows that it was added to', () => {
    const trace = traced('f = sum(X @ W + b)', values)
    expect(cellsOfPart(trace, 'b>h.b', [1])!.terms.map(([cell]) => cell!.cell)).toEqual([
      [0, 1],
      [1, 1],
    ])
  })

  it('of other functions are the same cell, or not known', () => {
    const trace = traced('f = sum(sigmoid(X)); ', values)
    expect(cellsOfValue(trace, 'g', [0, 2])).toEqual({
      kind: 'function',
      terms: [[{ node: 'X', of: 'value', cell: [0, 2] }]],
      scale: 1,
    })
    expect(cellsOfValue(traced('f = sum(softmax(X))', values), 'g', [0, 0])).toBeNull()
  })
})

it('a cell of a product is written out with its numbers', () => {
  const trace = traced('f = sum(X @ W)', values)
  const sum = (of: 'value' | 'derivative', node: string, cell: number[]) =>
    writeCellSum(trace, cellsOf(trace, { of, node, cell })!)
  expect(sum('value', 'g', [1, 0])).toBe('4·1 + 5·0.5 + 6·(−3)')
  expect(sum('derivative', 'W', [2, 1])).toBe('3·1 + 6·1')
  const mean = traced('f = mean(X)', values)
  expect(writeCellSum(mean, cellsOf(mean, { of: 'value', node: 'f', cell: [] })!)).toBe(
    '(1 + 2 + 3 + 4 + 5 + 6) / 6',
  )
})
